# %% [markdown]
# # 07 · How does today's default work?
#
# Needs: 03, 06 · 45 minutes, boxes and exercises apart · CPU
#
# Most open language models of recent years rotate their queries and keys by an angle that grows with the position.
# This positional encoding is called **RoPE** (rotary position embedding).
# You know its parts already: the pairs and rotations of lesson 03, and the relative distance of lesson 06.
#
# After this lesson you can
#
# - **derive** RoPE from one demand, and write it in seven lines,
# - **convert** weights from one layout of channels to the other, and say what fails without the conversion,
# - **judge** when “attention decays with distance” is true, and **read** a model's settings.
#
# A section that is marked *Box* is folded. You can skip it, because only other boxes need it.

# %% [markdown]
# Two questions on earlier lessons. Answer in your head before you look.
#
# **Recall 1** · From 03: you rotate a pair of channels by $\omega j$, and then by $\omega k$. Which single rotation does the same, and which matrix undoes a rotation?
#
# <details><summary>Answer</summary>
#
# The rotation by $\omega(j+k)$, because the angles of rotations in a plane add up.
# The transposed matrix undoes a rotation, because it rotates by the opposite angle.
#
# </details>
#
# **Recall 2** · From 06: the bias of T5 depends only on the distance. Why can one layer with this bias not learn to attend to a position that a token names?
#
# <details><summary>Answer</summary>
#
# If all other tokens are the same, their keys are the same, so the name adds the same number to all their scores.
# Only the bias tells these keys apart, and the bias does not depend on the name.
#
# </details>

# %%
import copy

import torch

import posenc
from posenc import check, plots, training, widgets

F64 = torch.float64  # proofs need the digits

# %% [markdown]
# The figure shows two pairs of channels of one query and one key, drawn as arrows: the fast pair (the higher frequency) on the left, the slow pair on the right.
# Each arrow is a clock hand of lesson 03, except that it rotates counter-clockwise, as angles are counted in mathematics.
# The query has position $m$ and the key position $n$.
#
# Compare $m=3$, $n=5$ first with 13 and 15, then with 3 and 13.
# **What stays the same in each comparison: the arrows, the angles between them, the score?**

# %% jupyter={"source_hidden": true}
two_pairs = posenc.build("rope", posenc.Dims(d_model=4, n_heads=1), base=100)
query = torch.tensor([[1.0, 0.5, 0.9, -0.3]], dtype=F64)
key = torch.tensor([[0.8, -0.7, 0.9, 0.6]], dtype=F64)


# %% jupyter={"source_hidden": true}
def arrows(m, n):
    q_m, k_n = two_pairs.rotate(
        query, key, torch.tensor([m]), torch.tensor([n]))
    right = torch.tensor([3.0, 0.0], dtype=F64)  # where the slow pair is drawn
    tips = {"q, fast": q_m[0, :2], "k, fast": k_n[0, :2],
            "q, slow": q_m[0, 2:], "k, slow": k_n[0, 2:]}
    lines = {name: torch.stack([0 * tip, tip]) + ("slow" in name) * right
             for name, tip in tips.items()}
    q_pairs, k_pairs = (torch.view_as_complex(x.unflatten(-1, (2, 2)))[0]
                        for x in (q_m, k_n))
    fast, slow = (q_pairs / k_pairs).angle().abs().rad2deg().tolist()
    said = (f"m − n = {m - n}: angles {fast:.0f}° (fast) and {slow:.0f}° "
            f"(slow), score {(q_m * k_n).sum():.2f}").replace("-", "−")
    return plots.path(lines, xlabel="first channel (fast left, slow right)",
                      ylabel="second channel", title=said, alt=said,
                      xticks=dict(enumerate(["−1", "0", "1"] * 2, start=-1)),
                      arrows=True, limits=(-1.3, 4.3, -1.3, 1.3), size="wide")


widgets.explore(arrows, m=(0, 40, 1, 3), n=(0, 40, 1, 5),
                stills=[{"m": 13, "n": 15}, {"m": 3, "n": 13}],
                labels={"m": "query position m", "n": "key position n"})

# %% [markdown]
# From 3 and 5 to 13 and 15, both arrows of a pair rotate by the same angle.
# So the angle between them stays the same, and so does the score.
# With 3 and 13 the relative distance is −10 instead of −2, so the angles and the score are different.
#
# That is all of RoPE; the rest of this lesson follows from it.

# %% [markdown] id="one-demand"
# ## 1 · One demand
#
# The biases of T5 and ALiBi (lesson 06) depend only on the distance and not on the tokens.
# With added position vectors the score depends on the tokens, but it is **absolute**: three of its four terms contain the positions themselves.
#
# We want a score that depends only on the two *tokens* and on their *relative distance* $m-n$ (query minus key, as in lesson 06).
# We multiply $q$ and $k$ by matrices that depend on their positions:
#
# $$(R_m\,q)\cdot(R_n\,k)=q\cdot R_m^\top R_n\,k .$$

# %% [markdown]
# The matrix $R_m^\top R_n$ must depend only on the relative distance.
# The rotations of lesson 03 have this property.
# They add up, $R_jR_k=R_{j+k}$, and the transpose rotates back, $R_m^\top=R_{-m}$:
#
# $$q\cdot R_m^\top R_n\,k = q\cdot R_{n-m}\,k=(R_{m-n}\,q)\cdot k .$$
#
# In lesson 03 the shift matrix advanced a *position vector*.
# **RoPE** has no position vector: the matrix rotates $q$ and $k$ themselves.

# %% [markdown]
# As a test, we rotate a random query and a random key, with 64 channels each, to the positions 3 and 8.
# Does the score change when both positions grow by 1000?
# (A clock hand of lesson 03 rotates clockwise, and here angles grow counter-clockwise, so $R_p$ is the matrix $M_{-p}$ of lesson 03. As in lesson 03, a row vector is multiplied by the transpose of the matrix.)


# %%
def random(*shape, seed=0):
    g = torch.Generator().manual_seed(seed)
    return torch.randn(*shape, dtype=F64, generator=g)


def rotated(x, p):
    R_p = posenc.shift_matrix(-p, x.shape[-1], dtype=F64)  # (d, d)
    return x @ R_p.T  # (n, d)


def score(q, k, m, n):
    return (rotated(q, m) * rotated(k, n)).sum(-1)


# %%
q, k = random(2, 1, 64)
check.claim("difference", "the score of a rotated query and a rotated key "
            "does not change when both positions grow by 1000",
            (score(q, k, 3, 8) - score(q, k, 1003, 1008)).abs(), "<", 1e-9)
check.claim("one rotation", "rotating only the query, by the relative "
            "distance, gives the score of rotating both",
            (score(q, k, 3, 8) - (rotated(q, 3 - 8) * k).sum(-1)).abs(),
            "<", 1e-9)

# %% [markdown]
# So the score depends on the positions only through their relative distance.
# How does it depend on the tokens?
# Take one query and three keys with random channels, and plot the score of each key against the relative distance.

# %%
check.predict(
    "words", "The three curves have",
    ["the same shape, shifted up or down",
     "different shapes with the peak at distance 0",
     "different shapes with peaks at different distances"],
    kind="reason",
    beliefs={"the same shape, shifted up or down": "no source found",
             "different shapes with the peak at distance 0":
                 "ROCm/flash-attention#83"},
)

# %%
reach = torch.arange(-40, 41)
curves = {
    f"key {i}": torch.stack([score(q, one_key, r, 0)[0] for r in reach])
    for i, one_key in enumerate(random(3, 1, 64, seed=1))
}
peaks = [int(reach[curve.argmax()]) for curve in curves.values()]
plots.lines(curves, x=reach, xlabel="relative distance (query minus key)",
            ylabel="score (not divided by √64)",
            alt=f"The three highest scores are at the distances {peaks}.")

# %%
check.claim("shapes", "three random keys have their highest scores at three "
            "relative distances other than 0",
            torch.tensor([len(set(peaks) - {0})]), "==", 3,
            settles={"words": "different shapes with peaks at different "
                              "distances"})

# %% [markdown]
# A bias would give all three keys the same curve, shifted up or down.
# With RoPE, pair $i$ adds $|q_i||k_i|\cos(\varphi_i+\omega_i r)$ to the score at relative distance $r$.
# The tokens set the amplitude of this wave and its angle $\varphi_i$ at distance 0, and the distance advances the angle with frequency $\omega_i$.

# %% [markdown] id="without-matrices"
# ## 2 · Without matrices
#
# A full matrix for each position is wasteful, because it is zero outside its 2 × 2 blocks.
# A pair of channels is a point in the plane, that is, a complex number, and rotating it by $\theta$ means multiplying it by $e^{i\theta}$.
# So RoPE needs no matrices:


# %%
def rotary(x, pos, base=10_000):
    """(..., n, dh), (n,) -> (..., n, dh)"""
    dh = x.shape[-1]  # the width of a *head*
    frequencies = base ** -(torch.arange(0, dh, 2, dtype=F64) / dh)
    theta = pos[:, None] * frequencies  # (n, dh/2)
    pairs = torch.view_as_complex(x.unflatten(-1, (-1, 2)))
    return torch.view_as_real(pairs * (1j * theta).exp()).flatten(-2)


# %%
x, pos = random(2, 4, 10, 16), torch.arange(10)  # (b, h, n, dh)
theirs, _ = posenc.build("rope").rotate(x, x, pos, pos)
check.claim("posenc", "seven lines of RoPE give the same numbers as posenc",
            (rotary(x, pos) - theirs).abs().max(), "<", 1e-5)
check.claim("matrix", "RoPE by complex numbers gives what rotation matrices "
            "give", (rotary(x, pos)[..., 7, :]
                     - rotated(x[..., 7, :], 7)).abs().max(), "<", 1e-9)
check.claim("length", "RoPE keeps the norm of every query",
            (rotary(x, pos).norm(dim=-1) - x.norm(dim=-1)).abs().max(), "<",
            1e-9)

# %% [markdown] id="inv-freq"
# Note three things:
#
# - The frequencies are those of lesson 03, computed from the width of one **head**, not of the model.
# - Nothing is learned, and there is no maximum length.
# - Nothing is added to the residual stream: every layer rotates its own queries and keys.
#
# <details><summary>Is it d or d_head, d/2 or d, minus or plus?</summary>
#
# The width is that of a head, or of its rotated part (section 7).
# `arange(0, dh, 2) / dh` and `arange(dh // 2) / (dh // 2)` are the same numbers; only the mixture `arange(dh // 2) / dh` is wrong, because it halves the exponent.
# `base ** -x` and `1 / base ** x` are the same, too.
# This minus makes the frequencies fall from 1 towards 1/base. A minus before the *angle* reverses the direction of the rotation instead (next box).
#
# Programs call the result `inv_freq`, although these numbers *are* the frequencies, in radians per position.
# “Inverse” refers to $\text{base}^{2i/d_h}$, which is the wavelength divided by $2\pi$ (lesson 03).
# </details>

# %% [markdown]
# **Exercise 1** · difficulty 3 of 5 · 10 minutes
#
# Not every chip and compiler supports complex numbers.
# Write the same function with sines and cosines, for base 10 000.
# The pair $(a, b)$ in the channels $2i$, $2i+1$ becomes
# $(a\cos\theta-b\sin\theta,\; a\sin\theta+b\cos\theta)$, with $\theta=\text{pos}\cdot 10000^{-2i/d_h}$.
# With a quarter turn, $(1, 0)$ becomes $(0, 1)$.
#
# <details><summary>Hint</summary>
#
# `x[..., 0::2]` and `x[..., 1::2]` are the first and the second channels of all pairs.
# At the end `torch.stack((…, …), dim=-1).flatten(-2)` puts the two channels of a pair side by side again;
# `torch.cat` would put all first channels before all second ones.
# </details>


# %% tags=["exercise"]
def rotary_real(x, pos):
    """(..., n, dh), (n,) -> (..., n, dh)"""
    ### BEGIN SOLUTION
    frequencies = posenc.inverse_frequencies(x.shape[-1], dtype=x.dtype)
    theta = pos[:, None] * frequencies  # (n, dh/2)
    cos, sin = theta.cos(), theta.sin()
    a, b = x[..., 0::2], x[..., 1::2]
    pairs = torch.stack((a * cos - b * sin, a * sin + b * cos), dim=-1)
    return pairs.flatten(-2)
    ### END SOLUTION


check.rotary(rotary_real)

# %% [markdown] id="which-way" jp-MarkdownHeadingCollapsed=true
# ### Box: Which way round?
#
# *(2 minutes.)* Some programs rotate clockwise, by $-\theta$, so their score depends on $n-m$ instead of $m-n$.
# Is that a bug?
#
# Flip the sign of the second channel of each pair, in $q$ and in $k$.
# This is a reflection in a mirror, where every clock runs backwards and no dot product changes.

# %%
mirror = torch.tensor([1.0, -1.0], dtype=F64).repeat(8)  # (dh,)
check.claim("mirror", "rotating by −θ equals rotating by θ in a mirror",
            (rotary(x, -pos) - mirror * rotary(mirror * x, pos)).abs().max(),
            "<", 1e-9)

# %% [markdown]
# The weights $W_q$ and $W_k$ can learn this reflection.
# So a model that is trained from scratch can use either direction, but a checkpoint works only with its own.
# (nanochat rotates clockwise. When this was reported as a bug, the direction was kept because of the trained checkpoints: pull request 489.)

# %% [markdown] id="learns"
# ## 3 · Does a model learn with it?
#
# The task `back1` of lesson 05 asks for the letter one position earlier.
# There, models with sinusoidal or learned encodings that were trained on texts of 16 letters were mostly wrong on texts of 64.
#
# Now we train one-layer models with RoPE, whose heads have 8 channels, that is, four pairs.
# They differ only in the base: 10, 100 or 10 000.

# %%
check.predict(
    "base",
    "Models are trained on 16 letters and tested on 64. Which base gives the "
    "lowest accuracy on `back1`?",
    ["the smallest base", "the middle base", "the largest base",
     "all three are equally good"],
    sure=True, kind="surprise",
    beliefs={
        "the smallest base": "“absolute lower bound for the base value”: "
                             "Men et al. 2024, abstract",
        "the largest base": "of fine-tuning, from a paper: "
                            "axolotl-ai-cloud/axolotl#810",
        "all three are equally good": "no source found",
    },
)


# %% tags=["trained"] jupyter={"source_hidden": true}
def trained(base, seed):
    encoding = posenc.build("rope", training.DIMS, base=base)
    return training.train_on_task(
        encoding, "back1", seed=seed, setting=training.Setting(steps=200))


def accuracy_at(model, n):
    return training.accuracy(model, posenc.TASKS["back1"], n, texts=64)

# %% tags=["trained"]
models = {base: [trained(base, seed) for seed in range(3)]
          for base in (10, 100, 10_000)}

# %% tags=["trained"] jupyter={"source_hidden": true}
lengths = (16, 32, 48, 64)
accuracies = {
    f"base {plots.grouped(base)}":
        torch.tensor([[accuracy_at(m, n) for n in lengths] for m in found])
    for base, found in models.items()}
plots.lines(accuracies, x=lengths, xlabel="letters in the text",
            ylabel="accuracy", percent=True, chance=0.1, ylim=(0, 1.05),
            trained_to=16)

# %% tags=["trained"]
small, middle, large = accuracies.values()  # (seeds, lengths)
check.claim("learned", "at the training length RoPE solves `back1` with each "
            "of three bases", torch.cat([small, middle, large])[:, 0], ">",
            0.95, seeds=3)
check.claim("far", "RoPE with base 10 000 still solves `back1` at four times "
            "the training length", large[:, -1], ">", 0.95, seeds=3)
check.claim("middle", "in every seed the accuracy at 64 letters is lower with "
            "base 100 than with base 10 and with base 10 000",
            torch.minimum(small, large)[:, -1] - middle[:, -1], "in",
            (0.1, 0.9), seeds=3, settles={"base": "the middle base"})

# %% [markdown]
# Base 10 000 keeps nearly all of its accuracy at four times the training length, and base 10 most of it.
# With base 100, the accuracy falls to about one half.
# So neither a larger nor a smaller base is always better.
#
# This is a toy result: one layer, an alphabet of ten letters, three seeds.
# Lesson 08 explains why, and what the base does in large models.

# %% [markdown] id="two-layouts"
# ## 4 · Interleaved or half-split?
#
# Which two channels form a pair?
# The RoFormer paper takes neighbouring channels, (0, 1), (2, 3), …; this is the **interleaved layout** (GPT-J style).
# Most programs today pair channel $i$ with channel $i+d_h/2$; this is the **half-split layout** (GPT-NeoX style, or `rotate_half` after its function).
#
# Both layouts rotate the same five queries and five keys to the positions 0 to 4.

# %%
check.predict(
    "layouts", "The scores of the two layouts are",
    ["equal for all queries and keys",
     "equal only if query and key have the same position",
     "different for all queries and keys"],
    kind="reason",
    beliefs={
        "equal for all queries and keys":
            "asks why it would matter: lucidrains/rotary-embedding-torch#47",
        "different for all queries and keys":
            "“differs from official meta implementation”: "
            "huggingface/transformers#31859",
    },
)

# %%
dims = posenc.Dims(d_model=8, n_heads=1)
layouts = {
    "interleaved": posenc.build("rope", dims, layout="interleaved"),
    "half-split": posenc.build("rope", dims, layout="halves"),
}
queries, keys, five = random(5, 8), random(5, 8, seed=1), torch.arange(5)


def scores(layout, q, k):
    q, k = layouts[layout].rotate(q, k, five, five)
    return q @ k.T  # (q, k)


# %%
both = {name: scores(name, queries, keys) for name in layouts}
gap = (both["interleaved"] - both["half-split"]).abs()  # (q, k)
plots.heatmaps(both, xlabel="key", ylabel="query", values=True, label="score",
               alt=f"Two score matrices that agree in {(gap < 1e-9).sum()} "
                   f"of 25 cells.")

# %%
check.claim("mixed", "the two layouts of RoPE agree on the diagonal of the "
            "score matrix and nowhere else",
            (gap < 1e-9).double() - torch.eye(5, dtype=F64), "==", 0,
            settles={"layouts":
                     "equal only if query and key have the same position"})

# %% [markdown]
# At relative distance 0 query and key rotate by the same angles, which cancel, so the layouts agree.
# Elsewhere they differ, and no error is raised.
#
# Is one of them wrong?
# We put the first channels of all pairs before all second ones, in queries and keys, and then use the half-split layout.

# %%
order = torch.cat([torch.arange(0, 8, 2), torch.arange(1, 8, 2)])
order

# %% id="reordered"
again = scores("half-split", queries[:, order], keys[:, order])
check.claim("reordered", "reordered channels in the half-split layout have "
            "the scores of the interleaved layout",
            (both["interleaved"] - again).abs().max(), "<", 1e-9)

# %% [markdown]
# So both layouts are correct, and a model that is trained from scratch can use either.
# A *checkpoint* fits only the layout that it was trained with.
# We run the models of section 3 in the other layout:


# %% tags=["trained"]
def in_half_split(model):
    other = copy.deepcopy(model)
    other.encoding = posenc.build("rope", training.DIMS, layout="halves")
    return other


mixed = [accuracy_at(in_half_split(m), 16) for m in models[10_000]]
check.claim("gibberish", "in the half-split layout, models that were trained "
            "interleaved fall below 50 % accuracy on `back1`",
            mixed, "<", 0.5, seeds=3, show="{:.2f}")

# %% [markdown]
# The weights are unchanged, but most answers are wrong.
# A channel of $q$ is computed by a *row* of $W_q$, so we reorder these rows within each head, and those of $W_k$ in the same way.
# Values are not rotated, so $W_v$ stays as it is.


# %%
def to_halves(weight, n_heads):
    """(h · dh, d) -> the same rows, first channels first in each head"""
    pairs = weight.unflatten(0, (n_heads, -1, 2))  # (h, dh/2, 2, d)
    return pairs.transpose(1, 2).flatten(0, 2)


# %% tags=["trained"] id="converted"
def converted(model):
    other = in_half_split(model)
    with torch.no_grad():  # one matrix holds W_q, W_k and W_v
        W_q, W_k, _ = other.blocks[0].attention.qkv.weight.chunk(3)
        for weight in (W_q, W_k):
            weight.copy_(to_halves(weight, n_heads=4))
    return other


check.claim("converted", "models trained interleaved solve `back1` in the "
            "half-split layout once the rows of W_q and W_k are reordered",
            [accuracy_at(converted(m), 16) for m in models[10_000]],
            ">", 0.95, seeds=3, show="{:.2f}")

# %% [markdown]
# The checkpoints of Llama 1 to 3 on Hugging Face were converted in this way.
# Meta's program is interleaved and Hugging Face's is half-split, so the conversion script applies a function `permute` to $W_q$ and $W_k$ but not to $W_v$.
# A wrong `permute`, or a missing one, gives gibberish and no error (TinyLlama#24 on GitHub).
# The layout is fixed in the program and seldom stated in the settings.

# %% [markdown]
# **Exercise 2** · difficulty 3 of 5 · 10 minutes
#
# Write the inverse: `to_pairs(weight, n_heads)` takes rows in half-split order, head by head, and returns them in interleaved order.
# For one head of six channels, `[a0, a1, a2, b0, b1, b2]` becomes
# `[a0, b0, a1, b1, a2, b2]`.
#
# <details><summary>Hint</summary>
#
# `to_halves` moves the axis of length 2 from the end of a head to its front.
# Applying it once more does not undo it, except in heads of at most four channels.
# </details>


# %% tags=["exercise"]
def to_pairs(weight, n_heads):
    """(h · dh, d) -> (h · dh, d)"""
    ### BEGIN SOLUTION
    halves = weight.unflatten(0, (n_heads, 2, -1))  # (h, 2, dh/2, d)
    return halves.transpose(1, 2).flatten(0, 2)
    ### END SOLUTION


check.to_pairs(to_pairs)

# %% [markdown] id="grouped-heads" jp-MarkdownHeadingCollapsed=true
# ### Box: What else has to be reordered?
#
# *(3 minutes.)* In **grouped-query attention (GQA)** several query heads share one key head, so $W_k$ has fewer heads than $W_q$.
# `to_halves(W_k, n_heads)` needs the number of *key* heads.
# With the number of query heads it runs without an error, because the sizes are still divisible.
# Here are 8 query heads and 2 key heads of 16 channels:

# %%
wide = posenc.Dims(d_model=16, n_heads=1)
wide_layouts = {
    "interleaved": posenc.build("rope", wide, layout="interleaved"),
    "half-split": posenc.build("rope", wide, layout="halves"),
}
tokens, W_8, W_2 = (random(n, 32, seed=n) for n in (5, 128, 32))


def grouped(layout, W_q, W_k):
    q, k = ((tokens @ W.T).unflatten(-1, (-1, 16)).transpose(0, 1)
            for W in (W_q, W_k))  # (8, n, dh), (2, n, dh)
    q, k = wide_layouts[layout].rotate(q, k, five, five)
    return q @ k.repeat_interleave(4, dim=0).mT  # (8, q, k)


# %%
wanted = grouped("interleaved", W_8, W_2)
tried = {
    "2 key heads": grouped("half-split", to_halves(W_8, 8), to_halves(W_2, 2)),
    "8 key heads": grouped("half-split", to_halves(W_8, 8), to_halves(W_2, 8)),
    "not reordered": grouped("half-split", W_8, W_2)}
errors = {name: (found - wanted).std() / wanted.std()
          for name, found in tried.items()}
check.claim("key heads", "reordering W_k by the number of key heads keeps the "
            "scores of grouped-query attention", errors["2 key heads"], "<",
            1e-9)
check.claim("query heads", "reordering W_k by the number of query heads "
            "changes the scores of grouped-query attention by more than half "
            "of their standard deviation", errors["8 key heads"], ">", 0.5)
{name: f"{error:.0%}" for name, error in errors.items()}

# %% [markdown]
# The output gives the error of the scores as a percentage of their standard deviation.
# With the wrong number of heads even the scores at distance 0 are wrong.
# Test a conversion on *scores after the rotation*, with grouped heads: queries and keys themselves may change, but the scores must not.
#
# Everything else that belongs to the channels of $q$ and $k$ must be reordered, too: their **biases** (Qwen2), the weights of a norm on queries and keys (`q_norm` and `k_norm` in Qwen3 and Gemma 3, one weight per channel of a head), and the output side of a LoRA adapter on $W_q$ or $W_k$ (its matrix B).

# %% [markdown] id="values"
# ## 5 · Why not the values?
#
# RoPE rotates queries and keys but not values.
# What happens if it rotates the values as well?
# Here is one head with two switches: `rotate_v` rotates the values, and `rotate_back` rotates each output back by the position of its query.

# %%
W = random(3, 16, 16, seed=2) / 4


def attend(x, pos, rotate_v=False, rotate_back=False):
    q, k, v = (x @ w for w in W)  # (n, dh) each
    v = rotary(v, pos) if rotate_v else v
    logits = rotary(q, pos) @ rotary(k, pos).T / 4  # (q, k)
    out = logits.softmax(-1) @ v
    return rotary(out, -pos) if rotate_back else out


# %%
check.predict(
    "values", "All positions grow by 100. For which settings of the two "
    "switches does the output of the head change?",
    ["for none of the four", "if exactly one switch is on",
     "if `rotate_v` is on", "if both switches are on"],
    kind="reason",
    beliefs={"for none of the four": "no source found",
             "if `rotate_v` is on":
                 "of rotated values alone, which bring absolute positions: "
                 "lucidrains/x-transformers#182",
             "if both switches are on": "no source found"},
)

# %% id="with-values"
settings = [(v, back) for v in (False, True) for back in (False, True)]


def change(rotate_v, rotate_back):
    x, pos = random(12, 16), torch.arange(12)
    moved = attend(x, pos + 100, rotate_v, rotate_back)
    return (moved - attend(x, pos, rotate_v, rotate_back)).abs().max()


changes = torch.stack([change(*setting) for setting in settings])
expected = torch.tensor([v != back for v, back in settings])
check.claim("values", "attention with RoPE depends on absolute positions if "
            "only the values or only the output is rotated, and not if the "
            "values are rotated and the output is rotated back",
            ((changes > 0.1) != expected).sum(), "==", 0,
            settles={"values": "if exactly one switch is on"})
check.claim("relative", "attention with RoPE is exactly relative, without "
            "rotated values and with values that are rotated back",
            changes[~expected], "<", 1e-9)

# %% [markdown]
# A score relates *two* positions, and $R_m^\top R_n$ leaves only their difference.
# A value is only averaged: if it is rotated, $R_n v$ carries its absolute position into the output.
# An output that is rotated back by the position $m$ of its query contains that position.
# With both switches on, the value becomes $R_m^\top R_n\,v=R_{n-m}\,v$, which is relative again.
#
# How do positions reach the output if the values do not contain them?
# Through the attention weights, which decide *which* values are averaged.

# %% [markdown] id="rotated-values"
# Some models rotate the values and rotate the output back.
# RoVE (García-Castellanos et al. 2026) reports gains over RoPE for GPT-2 models of 124M and 354M parameters.
# In DeepSeek-V4 (2026) one vector is both key and value, so the value is rotated with the key (64 of its 512 channels), and the output is rotated back by the position of its query.

# %% [markdown] id="decay"
# ## 6 · Does attention decay with distance?
#
# The abstract of the RoFormer paper promises “decaying inter-token dependency with increasing relative distances”, and explanations of RoPE repeat that distant tokens count less (ROCm/flash-attention#83, for example).
#
# Take random queries and random keys of 128 channels, and divide their scores by $\sqrt{128}$.
# At distance 0 the typical size of a score (its root mean square) is 1.

# %%
check.predict_curve(
    "decay", "How large is the typical score of a random query and a random "
    "key at these relative distances?",
    x=(1, 10, 100, 1000, 4000), low=0, high=1.2,
    xlabel="relative distance", ylabel="typical size of the score",
    kind="surprise",
)

# %%
asked = torch.tensor([1, 10, 100, 1000, 4000])
far = torch.logspace(0, 3.6, 60).round().long()
far = torch.cat([far, asked, torch.tensor([499, 500, 501])]).unique()
qs, ks = random(2, 1000, 1, 128)
apart = rotary(qs.expand(-1, len(far), -1), far)  # (1000, far, dh)


def typical(keys):  # root of the mean square of 1000 scores
    return (apart * keys).sum(-1).square().mean(0).sqrt() / 128**0.5


# %%
sizes = {"random key": typical(ks)}
of_asked = sizes["random key"][torch.isin(far, asked)]  # (5,)
plots.lines({"random key": of_asked}, x=asked, logx=True, ylim=(0, 1.25),
            xlabel="relative distance", ylabel="typical size of the score",
            guess=check.drawn("decay"),
            alt=", ".join(f"at {r}: {size:.2f}"
                          for r, size in zip(asked, of_asked, strict=True)))

# %% id="level"
check.claim("level", "under RoPE the typical score of random queries and keys "
            "stays within 10 % from distance 1 to 4000", of_asked, "in",
            (0.9, 1.1), settles={"decay": "measured"})

# %% [markdown]
# There is no decay, because a rotation does not change the distribution of these random vectors.
#
# Now take two other keys: the query itself, and the query rotated by 500 positions.
# Do their scores decay?

# %% jupyter={"source_hidden": true}
sizes["key = query"] = typical(qs)
sizes["key = query rotated by 500"] = typical(rotary(qs, torch.tensor([500])))
plots.lines(
    sizes, x=far, logx=True, xlabel="relative distance", ylim=(0, 12),
    ylabel="typical size of the score",
    alt="; ".join(f"{name}: {size[0]:.1f} at 1, {size.max():.1f} at "
                  f"{far[size.argmax()]}, {size[-1]:.1f} at 4000"
                  for name, size in sizes.items()))

# %%
check.claim("falls", "under RoPE the score of a key that equals the query "
            "falls to the size of a random key's score by distance 4000",
            sizes["key = query"][-1], "in", (0.7, 1.3))

# %%
peak = sizes["key = query rotated by 500"]
check.claim("peak", "under RoPE a key that equals the query rotated by 500 "
            "positions has its highest score at distance 500",
            far[peak.argmax()], "==", 500)

# %% [markdown]
# - *Random*: the size of the score stays the same.
# - *Equal to the query*: at distance $r$ each pair adds $|q_i|^2\cos\omega_i r$. The sum is the kernel of lesson 03 with the weights $|q_i|^2$, and it falls with ripples.
# - *Rotated*: the highest score can be at any distance. A head can learn this distance with $W_q$ and $W_k$.

# %%
ones = torch.ones(1, 128, dtype=F64)  # the simplest equal query and key
fading = (rotary(ones.expand(len(far), -1), far) * ones).sum(-1) / 128
check.claim("kernel", "under RoPE a query and a key of ones have the "
            "sinusoidal kernel as their score",
            (fading - posenc.kernel(far, 128)).abs().max(), "<", 1e-9)

# %% id="verdict-b7"
check.verdict(
    "B7", "holds only if",
    because="query and key are aligned pair by pair. Random queries and "
        "keys have scores as large at distance 4000 as at 0. Barbero et al. "
        "2024 prove that for any distance some key has its highest score "
        "there, and that the mean score of Gaussian queries and keys does "
        "not decay; in Gemma 7B, heads that attend to the previous token do "
        "so with the fastest pairs, and not by decay.",
)

# %% [markdown] id="xpos" jp-MarkdownHeadingCollapsed=true
# ### Box: xPos, RoPE with a decay that is built in
#
# *(3 minutes.)* After the rotation **xPos** (Sun et al. 2022) multiplies pair $i$ of a query at position $m$ by $\zeta_i^{m/512}$, and pair $i$ of a key at position $n$ by $\zeta_i^{-n/512}$, with $\zeta_i=\dfrac{2i+0.4\,d_h}{1.4\,d_h}<1$.
# The absolute positions cancel again, and the score of each pair is multiplied by $\zeta_i^{(m-n)/512}$.

# %%
xpos = posenc.build("xpos", wide)
zeta = (torch.arange(0, 16, 2, dtype=F64) + 0.4 * 16) / (1.4 * 16)
one_q, one_k = random(2, 1, 16)
pos_m, pos_n = torch.tensor([2000]), torch.tensor([1000])


def pair_scores(encoding):
    q_m, k_n = encoding.rotate(one_q, one_k, pos_m, pos_n)
    return (q_m * k_n).unflatten(-1, (-1, 2)).sum(-1)  # (1, dh/2)


with_decay = pair_scores(wide_layouts["interleaved"]) * zeta ** (1000 / 512)
check.claim("xpos", "xPos multiplies the score of each pair by a factor that "
            "depends only on the relative distance",
            (pair_scores(xpos) - with_decay).abs().max(), "<", 1e-5)
shrunk, grown = xpos.rotate(one_q, one_k, pos_m, pos_m)
check.claim("xpos keys", "at position 2000 xPos has shrunk the query and has "
            "made the key larger",
            torch.stack([one_q.norm() / shrunk.norm(),
                         grown.norm() / one_k.norm()]), ">", 1.5)

# %% [markdown]
# Because keys grow with their position, their fastest pair overflows float32 beyond about 36 000 positions, and float16 beyond about 4500.
# If a key comes *after* the query, the exponent is negative, so the factor exceeds 1 and grows without bound: xPos is for causal models.
# No model family of `transformers` 5.23.0 uses it; lessons 09 and 11 compare it with the others.

# %% [markdown] id="part"
# ## 7 · Rotate only a part
#
# Some models rotate only a quarter of each head.
# The **unrotated channels** compare the content of two tokens in the same way at every distance, and the score is the sum of both parts.
#
# The setting `partial_rotary_factor`, here 0.25, stands for one of two recipes.
# Take a head of 128 channels and base 1 000 000:

# %% [markdown] id="two-recipes"
# - **Partial RoPE**: the first 32 channels form a small RoPE of their own, with 16 pairs from fast to slow.
# - **p-RoPE** (`"rope_type": "proportional"`): of the 64 pairs of the whole head, the 16 fastest rotate.
#
# In each recipe, how many tokens does the slowest of the 16 rotating pairs need for a full turn?

# %%
check.predict(
    "quarter", "For a full turn the slowest rotating pair needs",
    ["equally many tokens in both recipes",
     "millions of tokens with partial RoPE and hundreds with p-RoPE",
     "hundreds of tokens with partial RoPE and millions with p-RoPE"],
    kind="reason",
    beliefs={
        "equally many tokens in both recipes":
            "the program in pie-project/pie#602",
        "hundreds of tokens with partial RoPE and millions with p-RoPE":
            "no source found"},
)

# %%
pair = torch.arange(16, dtype=F64)
waves = {"partial RoPE": 2 * torch.pi * 1e6 ** (2 * pair / 32),
         "p-RoPE": 2 * torch.pi * 1e6 ** (2 * pair / 128)}
plots.lines(waves, x=pair.int(), logy=True, xlabel="rotating pair",
            ylabel="wavelength in tokens",
            alt="; ".join(f"{name}: {wave[0]:.1f} to "
                          f"{plots.grouped(round(float(wave[-1])))} tokens"
                          for name, wave in waves.items()))

# %%
slowest = {name: wave[-1] for name, wave in waves.items()}
check.claim("slowest", "the slowest rotating pair of partial RoPE is over a "
            "thousand times as slow as that of p-RoPE (factor 0.25)",
            slowest["partial RoPE"] / slowest["p-RoPE"], "in", (1e3, 1e5),
            settles={"quarter": "millions of tokens with partial RoPE and "
                                "hundreds with p-RoPE"})
{name: int(wave) for name, wave in slowest.items()}

# %% jupyter={"source_hidden": true}
head = posenc.Dims(d_model=128, n_heads=1)
partial = posenc.build("rope", head, base=1e6, partial=0.25).inv_freq()
kept = posenc.build("rope", head, base=1e6, keep=0.25).inv_freq()[:16]
turn = torch.stack([partial, kept]) * torch.stack([*waves.values()])
check.claim("options", "posenc has both recipes, as partial=0.25 and as "
            "keep=0.25", (turn / (2 * torch.pi) - 1).abs(), "<", 1e-5)

# %% [markdown]
# Partial RoPE spreads its 16 pairs over the whole range of frequencies, and p-RoPE keeps the fastest quarter of it.
# p-RoPE comes from Barbero et al. (section 6).
# They found that Gemma 7B uses its slowest pairs most, and suspect that these carry content.
# In a long text, however, even slow pairs rotate far, which disturbs the content.
# So p-RoPE does not rotate them. Gemma 4 uses it in its global layers.

# %% [markdown]
# **Exercise 3** · difficulty 2 of 5 · 5 minutes
#
# Write *partial RoPE* with base 10 000: the first `share` of the channels is rotated, and the rest is returned unchanged.
# `rotary` of section 2 may help.
# With 8 channels and share 0.5, the channels 0 and 1 rotate with frequency 1, and the channels 2 and 3 with frequency 0.01.
#
# <details><summary>Hint</summary>
#
# How wide is the part that rotates? Its frequencies are computed for that width.
# </details>


# %% tags=["exercise"]
def partial_rotary(x, pos, share):
    """(n, dh), (n,) -> (n, dh)"""
    ### BEGIN SOLUTION
    width = int(x.shape[-1] * share)
    part = rotary(x[..., :width], pos)
    return torch.cat((part, x[..., width:]), dim=-1)
    ### END SOLUTION


check.partial_rotary(partial_rotary)

# %% [markdown] id="exact"
# ## 8 · How exact must the angles be?
#
# Most large models compute in bfloat16, which keeps 8 significant bits.

# %%
check.predict_number(
    "bits", "How many different numbers do the 16 positions 8000, 8001, …, "
    "8015 become in bfloat16?",
    unit="numbers", low=1, high=16, near=0, sure=True, kind="surprise",
)

# %%
left = torch.arange(8000, 8016).bfloat16().unique()
step = 2**12 * torch.finfo(torch.bfloat16).eps  # of the numbers from 4096 on
by_rounding = {round(p / step) for p in range(8000, 8016)}
check.claim("left", "in bfloat16, the positions 8000 to 8015 become as many "
            "different numbers as rounding to the bfloat16 step gives",
            len(left), "==", len(by_rounding), show="{:.0f}",
            settles={"bits": "measured"})
torch.arange(250, 262).bfloat16().int(), step

# %% [markdown]
# Above 256, bfloat16 skips integers; at 8000 its step is 32, so all 16 positions become 8000.
#
# If a program computes the *angles* in bfloat16, is the score still relative?
# We keep one query and one key at a fixed relative distance of −5, and move both through the text:


# %%
frequencies = posenc.inverse_frequencies(64, dtype=F64)
start = torch.arange(0, 8001, 100)


def score_with(dtype, start):
    def rotate(x, pos):
        theta = pos.to(dtype)[:, None] * frequencies.to(dtype)
        return posenc.functional.rotate_pairs(x, theta.to(F64))  # (n, 64)

    return (rotate(q, start) * rotate(k, start + 5)).sum(-1) / 8


# %%
drift = {"bfloat16 angles": score_with(torch.bfloat16, start),
         "float32 angles": score_with(torch.float32, start)}
plots.lines(drift, x=start, xlabel="position of the query",
            ylabel="score at distance −5",
            alt="; ".join(f"{name}: from {line.min():.2f} to {line.max():.2f}"
                          for name, line in drift.items()))

# %% id="drift"
spans = {name: line.max() - line.min() for name, line in drift.items()}
check.claim("broken", "bfloat16 angles make the score at a fixed distance "
            "depend on the position", spans["bfloat16 angles"], ">", 0.5)
check.claim("whole", "the score at a fixed distance varies by less than 0.001 "
            "up to position 8000 if the angles are float32",
            spans["float32 angles"], "<", 1e-3)
check.claim("merged", "at position 8000, bfloat16 angles give a query and a "
            "key five positions later the score of distance 0",
            (drift["bfloat16 angles"][-1] - (q * k).sum() / 8).abs(), "<",
            1e-9)

# %% [markdown]
# Late in the text the bfloat16 line is often flat at a wrong value: both positions are rounded to the same number, so the score is that of distance 0.
#
# **The rule**: compute positions, angles, sines and cosines in float32, and cast afterwards.
# Queries and keys themselves may be bfloat16:


# %% jupyter={"source_hidden": true}
def score_of_bf16(start):
    rope = posenc.build("rope", posenc.Dims(d_model=64, n_heads=1))
    both = q.bfloat16(), k.bfloat16()
    both = rope.rotate(*both, torch.tensor([start]), torch.tensor([start + 5]))
    return (both[0].double() * both[1].double()).sum() / 8

# %%
moved = torch.stack([score_of_bf16(p) for p in range(0, 8001, 1000)])
check.claim("cast last", "bfloat16 queries and keys with float32 angles drift "
            "by less than 0.1", moved.max() - moved.min(), "<", 0.1)

# %% [markdown]
# `transformers` fixed the angles of Llama and Gemma in 2024 ([pull request 29285](https://github.com/huggingface/transformers/pull/29285)).
# A small drift remains, as in our last run: Wang et al. 2024 report that RoPE in bfloat16 deviates from a relative encoding, and more so in longer texts.
#
# float32 angles are exact to 0.001 radians up to position 10 000 and off by a few hundredths at a million ([lesson 04, section 15](04_the_pytorch_module.ipynb)).
# Such an error hardly changes a score, whereas bfloat16 loses whole turns.

# %% [markdown] id="real-models"
# ## 9 · What real models ship
#
# *Base* is called `rope_theta` in most settings, *rotated* is the number of channels of a head that RoPE rotates, and *length* is the maximum **context length** of the settings.
# Where the remarks do not say “interleaved”, `transformers` uses the half-split layout.
#
# The last column says where the values come from: **C** the checkpoint's own settings; **D** only the *class default* in `transformers` 5.23.0, which a checkpoint may override; **M** the maker's own program or model card.
#
# | model | base | rotated | length | remarks | from |
# |---|---|---|---|---|---|
# | GPT-J 6B | 10⁴ | 64 of 256 | 2048 | interleaved | D |
# | Pythia 6.9B | 10⁴ | 32 of 128 | 2048 | | C |
# | Llama 2 7B | 10⁴ | all 128 | 4096 | | C |
# | Phi-2 | 10⁴ | 32 of 80 | 2048 | | C |
# | Mistral 7B v0.1 | 10⁴ | all 128 | 32 768 | window of 4096 | C |
# | Llama 3 8B | 5 · 10⁵ | all 128 | 8192 | | C |
# | Llama 3.1 8B | 5 · 10⁵ | all 128 | 131 072 | slow pairs ÷ 8, from 8192 | C |
# | OLMo 2 7B | 5 · 10⁵ | all 128 | 4096 | | C |
# | Qwen2.5 7B 1M | 10⁷ | all 128 | 1 010 000 | | C |
# | Qwen3 8B | 10⁶ | all 128 | 40 960 | | C |
# | DeepSeek-V3 | 10⁴ | 64 of 192 | 163 840 | interleaved; **YaRN** × 40, from 4096 | C, M |
# | Gemma 3 4B | 10⁴ local, 10⁶ global | all 256 | 131 072 | 5 local layers to 1 global; ÷ 8 in global | C |
# | Gemma 4 E2B | 10⁴ local, 10⁶ global | all 256 local, 128 of 512 global | 131 072 | p-RoPE in global layers (slowest rotating wavelength: 188 tokens); the larger models: 256K (M) | D |
# | gpt-oss 120B | 1.5 · 10⁵ | all 64 | 131 072 | YaRN × 32, from 4096; every other layer has a window of 128 | M, D |
# | Llama 4 Scout | 5 · 10⁵ | all 128 | 10M | interleaved; slow pairs ÷ 16; every fourth layer is a **NoPE layer**, the others attend in chunks of 8192 | M, D |
# | Command R7B | 5 · 10⁴ | all 128 | 8192 (model card: 128K) | interleaved; RoPE only in layers with a window of 4096; every fourth layer is a NoPE layer | C |

# %% [markdown] id="layer-pattern"
# What does the table show?
#
# - Longer contexts mostly came with a larger base. Why, and what “÷ 8” and YaRN mean, is the subject of lesson 08.
# - Newer models have a **layer pattern**. Local layers, with a window or with chunks, meet only short distances at any sequence length, so their RoPE can stay as it was trained. Global layers attend to the whole text: they rotate more slowly, or in part, or not at all. (A NoPE layer meets no new angle in a longer text.)
#
# <details><summary>Why does DeepSeek-V3 rotate 64 of 192 channels?</summary>
#
# Its multi-head latent attention (**MLA**) caches one short vector $c$ per token, from which each head computes its keys, $W_{UK}\,c$.
# Without a rotation, $q^\top W_{UK}\,c=(W_{UK}^\top q)^\top c$: the matrix is absorbed into the query, and the keys are never built.
# With RoPE on these keys the score would be $q^\top R_{n-m}W_{UK}\,c$. The rotation is between the two factors and differs for each distance, so no single matrix can be absorbed.
# Therefore the 128 channels that come from $c$ stay unrotated, and the 64 rotated channels have a separate key, which all heads share.
# The cache holds 512 + 64 = 576 numbers per token and layer; full keys and values of all 128 heads would be 40 960 numbers.
# </details>

# %% [markdown] id="judge"
# ## 10 · Judge for yourself
#
# **Exercise 4 · explain** · difficulty 3 of 5 · 8 minutes
#
# A model is moved to another program. With short prompts its answers look correct, but beyond a few hundred tokens it writes nonsense.
# One colleague says: “The base is wrong, because a missing setting has been replaced by 10 000.”
# Another says: “The angles are computed in bfloat16.”
# Both add: “That is why long texts fail.”
#
# You can take any query and key of a head before the rotation and ask the new program for their score at positions $m$ and $n$ of your choice.
# Which runs separate the two explanations, and which do not?
# Say what each explanation predicts for your run, and which result would leave the question open.
# Answer in five sentences at most. No program checks this answer: it has a rubric.

# %% [markdown] tags=["explain"]
# *Write here: double-click, replace this line, press Shift+Enter.*

# %% [markdown] tags=["rubric"]
# <details><summary>Rubric for exercise 4, for after you have written</summary>
#
# Half a point for each:
#
# 1. A longer or a shorter prompt does not separate them: both explanations predict that short texts look correct and long ones fail.
# 2. A run that does: the same query and key at a fixed distance and at several positions, for example (5, 0), (1005, 1000) and (8005, 8000). With a wrong base the score is still relative, so all three are equal; with bfloat16 angles they differ.
# 3. Equal scores rule out the bfloat16 angles, but they do not prove that the base is wrong: a wrong layout or a wrong scaling is relative, too. Different scores prove that the angles are not exact, and do not prove that the base is correct.
# 4. So a second run is needed: compare the scores with those of the original program at small distances and small positions, where rounding is small and a wrong base shows in the pairs that are neither fast nor slow. (A score at distance 0 never helps: it is correct with any base and any layout.)
#
# </details>

# %% [markdown]
# ## What surprised you
#
# The next cell lists your predictions of this lesson that turned out wrong, each with a link to the cell that settled it.
# Explain each result to yourself before you continue.

# %%
check.surprises("07")

# %% [markdown]
# ## What you can now do
#
# - Derive RoPE: $R_m^\top R_n=R_{n-m}$, so rotating $q$ and $k$ makes the score relative.
# - Write it in both layouts, and convert $W_q$ and $W_k$ between them.
# - Say why values are not rotated, and when a score decays with distance.
# - Read a model's settings: base, rotated part and recipe, length, layer pattern; and keep the angles in float32.

# %% [markdown]
# ## References
#
# - Su et al. 2021, *RoFormer*, arXiv 2104.09864: the method, the interleaved layout, the decay claimed in the abstract.
# - Barbero et al. 2024, *Round and Round We Go!*, arXiv 2410.06205: abstract, propositions 3.1 (any distance) and 3.2 (Gaussian queries and keys), p-RoPE in section 6.1.
# - Sun et al. 2022, *A Length-Extrapolatable Transformer*, arXiv 2212.10554, §3: xPos.
# - García-Castellanos et al. 2026, *RoVE*, arXiv 2606.11275, abstract: rotated values. DeepSeek-V4: arXiv 2606.19348 and `models/deepseek_v4/modeling_deepseek_v4.py` of `transformers` 5.23.0.
# - Wang et al. 2024, *When Precision Meets Position*, arXiv 2411.13476, abstract; huggingface/transformers#29285: angles in bfloat16.
# - Layouts: huggingface/transformers#25199, naklecha/llama3-from-scratch#20 (`permute`), jzhang38/TinyLlama#24 (gibberish), huggingface/transformers#31788 (grouped heads). Why q and k and not v: InternLM/lmdeploy#2639. Direction: karpathy/nanochat#489.
# - The table. C: `litgpt` 0.5.13, `litgpt/config.py` (for Mistral, all values except the length), and the files `config.json` on Hugging Face of Mistral 7B v0.1, DeepSeek-V3 and Command R7B. D: `transformers` 5.23.0, `models/*/configuration_*.py`, and `modeling_rope_utils.py` for “proportional”. M: openai/gpt-oss `gpt_oss/torch/model.py`; deepseek-ai/DeepSeek-V3 `inference/model.py`; meta-llama/llama-models `models/llama4/args.py` and its model card; ai.google.dev/gemma/docs/core.
# - MLA: the author's answer in fxmeng/TransMLA#2.
