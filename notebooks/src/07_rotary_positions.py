# %% [markdown]
# # 07 · How does today's default work?
#
# Needs: 03, 06 · 45 minutes, exercises apart · CPU
#
# Most open language models of the last years turn their queries and keys.
# The method is called RoPE, rotary position embedding.
# You know all its parts already.
#
# After this notebook you can
#
# - derive RoPE from one demand, and write it in seven lines;
# - carry weights from one layout of channels to the other, and say what happens if you forget;
# - tell what is true of "it decays with distance", and read a model's settings.

# %%
import copy

import torch

import posenc
from posenc import check, plots, training, widgets

F64 = torch.float64  # proofs need the digits

# %% [markdown]
# Two pairs of channels of one query and one key: left the fast pair, right the slow one.
# The query stands at position $m$, the key at $n$.
#
# Compare $m=3$, $n=5$ with 13 and 15, then with 3 and 13.
# **Which is as before, each time: the arrows, the angles between them, the score?**

# %%
two_pairs = posenc.build("rope", posenc.Dims(d_model=4, n_heads=1), base=100)
query = torch.tensor([[1.0, 0.5, 0.9, -0.3]], dtype=F64)
key = torch.tensor([[0.8, -0.7, 0.9, 0.6]], dtype=F64)


# %%
def arrows(m, n):
    q_m, k_n = two_pairs.rotate(
        query, key, torch.tensor([m]), torch.tensor([n]))
    score = (q_m * k_n).sum()
    right = torch.tensor([3.0, 0.0], dtype=F64)  # where the slow pair stands
    tips = {"q, fast": q_m[0, :2], "k, fast": k_n[0, :2],
            "q, slow": q_m[0, 2:], "k, slow": k_n[0, 2:]}
    lines = {name: torch.stack([0 * tip, tip]) + ("slow" in name) * right
             for name, tip in tips.items()}
    said = f"n − m = {n - m}: the score is {score:+.3f}"
    return plots.path(lines, xlabel="", ylabel="", title=said, alt=said,
                      arrows=True, limits=(-1.3, 4.3, -1.3, 1.3), size="wide")


widgets.explore(arrows, m=(0, 40, 1, 3), n=(0, 40, 1, 5),
                stills=[{"m": 13, "n": 15}, {"m": 3, "n": 13}],
                labels={"m": "query position m", "n": "key position n"})

# %% [markdown]
# From 3 and 5 to 13 and 15, both arrows of a pair turn by the same angle.
# So the angle between them is as before, and so is the score.
# At 3 and 13 the difference is 10, not 2: other angles, another score.
#
# That is the whole method; the rest of this notebook is what follows from it.

# %% [markdown]
# ## 1 · One demand
#
# A bias (06) knows the distance, but not the words.
# An added code knows both, but the score falls into four terms, and three of them see the places themselves.
#
# We want a score that depends on the two *words* and the *difference* of their places, no more.
# So put something in front of $q$ and $k$ that knows the place:
#
# $$(R_m\,q)\cdot(R_n\,k)=q\cdot R_m^\top R_n\,k .$$

# %% [markdown]
# In $R_m^\top R_n$ only $n-m$ may survive.
# Notebook 03 had matrices that can do that: turns.
# They compose, $R_jR_k=R_{j+k}$, and the transpose turns back, $R_m^\top=R_{-m}$:
#
# $$q\cdot R_m^\top R_n\,k = q\cdot R_{n-m}\,k .$$
#
# There the shift matrix moved a *code*.
# Now there is no code at all: the matrix itself has moved into $q$ and $k$.

# %% [markdown]
# A test: a query and a key of random numbers, 64 channels each, are turned to the positions 3 and 8.
# Then both go on by 1000.


# %%
def random(*shape, seed=0):
    g = torch.Generator().manual_seed(seed)
    return torch.randn(*shape, dtype=F64, generator=g)


def turned(x, p):  # 03's M turns with the clock, x @ M against it
    return x @ posenc.shift_matrix(p, x.shape[-1], dtype=F64)


def score(q, k, m, n):
    return (turned(q, m) * turned(k, n)).sum(-1)


# %%
q, k = random(2, 1, 64)
check.claim("difference", "the score knows the difference alone",
            (score(q, k, 3, 8) - score(q, k, 1003, 1008)).abs(), "<", 1e-9)

# %%
check.claim("one turn", "turning one of them, by the difference, is enough",
            (score(q, k, 3, 8) - (q * turned(k, 5)).sum(-1)).abs(), "<",
            1e-9)

# %% [markdown]
# And the words?
#
# **Predict.** One query, three words as keys: draw the score of each over the distance.

# %%
check.predict("words", "The three curves have",
              ["one shape, moved up or down", "their peak at distance 0",
               "three shapes"])

# %%
reach = torch.arange(-40, 41)
curves = {
    f"word {i}": torch.stack([score(q, word, 0, r)[0] for r in reach])
    for i, word in enumerate(random(3, 1, 64, seed=1))
}
plots.lines(curves, x=reach, xlabel="key's position − query's position",
            ylabel="score (not divided by √64)",
            alt="Three different curves: how distance counts depends on "
                "the word.")

# %%
others = curves["word 0"] - torch.stack([curves["word 1"], curves["word 2"]])
check.claim("shapes", "the gaps between the curves change with distance",
            others.std(-1), ">", 3, settles={"words": "three shapes"})

# %% [markdown]
# A bias would give all three the same curve, moved up or down.
# Here pair $i$ adds $|q_i||k_i|\cos(\varphi_i+\omega_i r)$ at distance $r$: the words set the size and the start $\varphi_i$, the distance turns at the speed $\omega_i$.
#
# And not every curve is highest near 0.
# Remember that for section 6.

# %% [markdown]
# ## 2 · Without matrices
#
# A matrix for each position is a waste: it is zero but for 2 × 2 blocks.
# A pair of channels is a point in the plane, and a turn of the plane by $\theta$ is one product of complex numbers, with $e^{i\theta}$.
# So, in the open, all of RoPE:


# %%
def rotary(x, pos, base=10_000):
    """(..., n, dh), (n,) -> (..., n, dh)"""
    dh = x.shape[-1]  # the width of a *head*
    speeds = base ** -(torch.arange(0, dh, 2, dtype=F64) / dh)
    theta = pos[:, None] * speeds  # (n, dh/2)
    pairs = torch.view_as_complex(x.unflatten(-1, (-1, 2)))
    return torch.view_as_real(pairs * (1j * theta).exp()).flatten(-2)


# %%
x, pos = random(2, 4, 10, 16), torch.arange(10)  # (b, h, n, dh)
theirs, _ = posenc.build("rope").rotate(x, x, pos, pos)
check.claim("posenc", "posenc's rope gives the same numbers",
            (rotary(x, pos) - theirs).abs().max(), "<", 1e-5)

# %%
check.claim("matrix", "so do the matrices of section 1",
            (rotary(x, pos)[..., 7, :] - turned(x[..., 7, :], 7)).abs().max(),
            "<", 1e-9)

# %%
check.claim("length", "no query gets longer or shorter",
            (rotary(x, pos).norm(dim=-1) - x.norm(dim=-1)).abs().max(), "<",
            1e-9)

# %% [markdown]
# What to notice:
#
# - The speeds are 03's, made for the width of one **head**, not of the model.
# - Nothing is learned, and no length is built in.
# - Nothing is added to the stream: every layer turns its queries and keys anew.

# %% [markdown]
# **Exercise 1** · difficulty 3 of 5 · 10 minutes
#
# Not every chip and compiler knows complex numbers.
# Write the same with sines and cosines, base 10 000.
# The pair $(a, b)$ in the channels $2i$, $2i+1$ becomes
# $(a\cos\theta-b\sin\theta,\; a\sin\theta+b\cos\theta)$, with $\theta=\text{pos}\cdot 10000^{-2i/d_h}$.
# For a quarter turn, $(1, 0)$ becomes $(0, 1)$.
#
# <details><summary>Hint</summary>
#
# `x[..., 0::2]` and `x[..., 1::2]` are the two channels of all pairs.
# At the end `torch.stack((…, …), dim=-1).flatten(-2)` puts neighbours together again;
# `torch.cat` would make two halves.
# </details>


# %% tags=["exercise"]
def rotary_real(x, pos):
    """(..., n, dh), (n,) -> (..., n, dh)"""
    ### BEGIN SOLUTION
    speeds = posenc.inverse_frequencies(x.shape[-1], dtype=x.dtype)
    theta = pos[:, None] * speeds  # (n, dh/2)
    cos, sin = theta.cos(), theta.sin()
    a, b = x[..., 0::2], x[..., 1::2]
    turned = torch.stack((a * cos - b * sin, a * sin + b * cos), dim=-1)
    return turned.flatten(-2)
    ### END SOLUTION


check.rotary(rotary_real)

# %% [markdown]
# ### Which way round?
#
# Some code turns clockwise, by $-\theta$.
# Is that a bug?
# Then the score depends on $m-n$ in place of $n-m$.
#
# Flip the sign of the second channel of each pair, in $q$ and in $k$: a mirror.
# In a mirror every clock runs backwards, and no dot product changes.

# %%
mirror = torch.tensor([1.0, -1.0], dtype=F64).repeat(8)  # (dh,)
check.claim("mirror", "turning by −θ is turning by θ, seen in a mirror",
            (rotary(x, -pos) - mirror * rotary(mirror * x, pos)).abs().max(),
            "<", 1e-9)

# %% [markdown]
# The mirror can sit in $W_q$ and $W_k$, which are learned anyway.
# So from scratch either direction will do; but a checkpoint knows only its own.
# (The question came up at nanochat, pull request 489; it kept its direction for that reason.)

# %% [markdown]
# ## 3 · Does a model learn with it?
#
# `back1` of notebook 05: every position names the letter before it.
# There, trained on 16 letters, sinusoids and learned tables were mostly wrong at 64.
#
# Three models, one layer each, heads of 8 channels: four pairs.
# They differ in one number, the base.
#
# **Predict.** Which base gets `back1` right at 64 letters?

# %%
check.predict("base", "Trained on 16 letters, asked about 64: the best base",
              ["10", "100", "10 000", "all alike"])


# %% tags=["trained"]
def trained(base, seed):
    encoding = posenc.build("rope", training.DIMS, base=base)
    setting = training.Setting(steps=200)
    return training.train_on_task(encoding, "back1", seed=seed,
                                  setting=setting)


def right_at(model, n):
    return training.accuracy(model, posenc.TASKS["back1"], n, texts=64)

# %% tags=["trained"]
models = {base: [trained(base, seed) for seed in range(3)]
          for base in (10, 100, 10_000)}

# %% tags=["trained"]
lengths = (16, 32, 48, 64)
right = {f"base {base}": torch.tensor([[right_at(m, n) for n in lengths]
                                       for m in found])
         for base, found in models.items()}
plots.lines(right, x=lengths, xlabel="letters (trained on 16)",
            ylabel="right", percent=True, chance=0.1, ylim=(0, 1.05),
            trained_to=16,
            alt="Base 10 000 stays near 100 %, base 10 just below; base 100 "
                "falls to about half.")

# %% tags=["trained"]
check.claim("learned", "at the trained length all three are right",
            torch.cat([rows[:, 0] for rows in right.values()]), ">", 0.95,
            seeds=3)

# %% tags=["trained"]
check.claim("far", "with base 10 000, also at four times that length",
            right["base 10000"][:, -1], ">", 0.95, seeds=3,
            settles={"base": "10 000"})

# %% tags=["trained"]
check.claim("not far", "with base 100, not by a long way",
            right["base 100"][:, -1], "<", 0.75, seeds=3)

# %% [markdown]
# With base 10 000 nearly all is right at four times the length.
# With base 100 the same method falls to about a half.
# The middle base is the worst, so it is not "the larger, the better" either.
#
# This is a toy: one layer, ten letters, three seeds.
# What the base does beyond the trained length, and in large models, is the subject of 08.

# %% [markdown]
# ## 4 · Neighbours or halves?
#
# RoPE needs pairs of channels.
# Which?
# The paper takes **neighbours**: (0, 1), (2, 3), …
# Most code today takes **halves**: channel $i$ with channel $i+d_h/2$.
#
# **Predict.** The same $q$ and $k$, the same positions, the two layouts.

# %%
check.predict("layouts", "With neighbours and with halves, the scores are",
              ["equal", "equal but for the sign", "different"])

# %%
dims = posenc.Dims(d_model=8, n_heads=1)
layouts = {
    "neighbours": posenc.build("rope", dims, layout="interleaved"),
    "halves": posenc.build("rope", dims, layout="halves"),
}
queries, keys, five = random(5, 8), random(5, 8, seed=1), torch.arange(5)


def scores(layout, q, k):
    q, k = layouts[layout].rotate(q, k, five, five)
    return q @ k.T  # (q, k)


# %%
plots.heatmaps(
    {name: scores(name, queries, keys) for name in layouts}, xlabel="key",
    ylabel="query", values=True, label="score",
    alt="Equal on the diagonal, where nothing has turned; elsewhere "
        "different.")

# %% [markdown]
# Different, and no error.
# Only the diagonal agrees, where the difference of the positions is 0.

# %%
neighbours = scores("neighbours", queries, keys)  # (q, k)
gap = (neighbours - scores("halves", queries, keys)).abs()
check.claim("mixed", "the same channels in the other layout: other scores",
            gap.max(), ">", 1, settles={"layouts": "different"})

# %% [markdown]
# Is one of them wrong?
# Take the neighbours apart, first all first ones, then all second ones, and use halves:

# %%
order = torch.cat([torch.arange(0, 8, 2), torch.arange(1, 8, 2)])
order

# %%
again = scores("halves", queries[:, order], keys[:, order])
check.claim("reordered", "with the channels reordered, the same scores",
            (neighbours - again).abs().max(), "<", 1e-9)

# %% [markdown]
# So both are right, and a model trained from scratch will not notice.
# A *checkpoint* will.
# Run a model of section 3 in the other layout:

# %% tags=["trained"]
mixed = copy.deepcopy(models[10_000][0])
mixed.encoding = posenc.build("rope", training.DIMS, layout="halves")
check.claim("gibberish", "in the other layout the trained model is lost",
            right_at(mixed, 16), "<", 0.5)


# %% [markdown]
# A good model, and gibberish.
# Channels of $q$ come from *rows* of $W_q$, so reorder these, within each head; and $W_k$ alike.
# The values do not turn: $W_v$ stays.


# %%
def to_halves(weight, n_heads):
    """(h · dh, d) -> the same rows, first channels first in each head"""
    pairs = weight.unflatten(0, (n_heads, -1, 2))  # (h, dh/2, 2, d)
    return pairs.transpose(1, 2).flatten(0, 2)


# %% tags=["trained"]
mended = copy.deepcopy(mixed)
with torch.no_grad():  # one matrix holds W_q, W_k and W_v
    W_q, W_k, _ = mended.blocks[0].attention.qkv.weight.chunk(3)
    for W in (W_q, W_k):
        W.copy_(to_halves(W, n_heads=4))

check.claim("mended", "with reordered rows it is right again",
            right_at(mended, 16), ">", 0.95)

# %% [markdown]
# This is what happens to Llama: Meta's code turns neighbours, Hugging Face's halves, and the script that converts the weights has a `permute` in it, for q and k, not for v.
# A wrong `permute`, or none, gives gibberish and no error (TinyLlama#24 on GitHub).
# The layout stands in the code, seldom in the settings.

# %% [markdown]
# **Exercise 2** · difficulty 3 of 5 · 10 minutes
#
# The way back: `to_pairs(weight, n_heads)` takes rows in the order of halves, head by head, and returns them in the order of neighbours.
# For one head of six channels, `[a0, a1, a2, b0, b1, b2]` becomes
# `[a0, b0, a1, b1, a2, b2]`.
#
# <details><summary>Hint</summary>
#
# In `to_halves` the axis of 2 came last and moved forward.
# Doing the same once more is not the way back, except for heads of four.
# </details>


# %% tags=["exercise"]
def to_pairs(weight, n_heads):
    """(h · dh, d) -> (h · dh, d)"""
    ### BEGIN SOLUTION
    halves = weight.unflatten(0, (n_heads, 2, -1))  # (h, 2, dh/2, d)
    return halves.transpose(1, 2).flatten(0, 2)
    ### END SOLUTION


check.to_pairs(to_pairs)

# %% [markdown]
# ## 5 · Why not the values?
#
# Queries and keys turn, values do not.
# What if they did?
# One head, with two switches:

# %%
W = random(3, 16, 16, seed=2) / 4


def attend(x, pos, turn_v=False, turn_back=False):
    q, k, v = (x @ w for w in W)
    v = rotary(v, pos) if turn_v else v
    scores = rotary(q, pos) @ rotary(k, pos).T / 4  # (q, k)
    out = scores.softmax(-1) @ v
    return rotary(out, -pos) if turn_back else out


# %%
check.predict(
    "values", "All positions go on by 100. The output changes",
    ["never", "if the values turn", "if the values turn and are turned back"],
)


# %%
def change(**switches):
    x, pos = random(12, 16), torch.arange(12)
    moved = attend(x, pos + 100, **switches)
    return (moved - attend(x, pos, **switches)).abs().max()

# %%
check.claim("plain", "q and k turn: the output stays", change(), "<",
            1e-9)

# %%
check.claim("v too", "the values turn too: it changes", change(turn_v=True),
            ">", 0.1, settles={"values": "if the values turn"})

# %%
check.claim("back", "… and the output is turned back: it stays",
            change(turn_v=True, turn_back=True), "<", 1e-9)

# %% [markdown]
# A score is a relation between *two* places, and $R_m^\top R_n$ makes a difference of them.
# A value is only averaged: turned by its own place, it carries that place, $R_n v$, into the sum.
# Turn the sum by the query's place, backwards, and $R_{n-m}\,v$ is relative again.
#
# That can be done, and has been: RoVE (García-Castellanos et al. 2026) reports gains for GPT-2 models of 124M and 354M parameters.

# %% [markdown]
# ## 6 · Claim on trial: attention decays with distance
#
# The abstract of the paper promises "decaying inter-token dependency with increasing relative distances", and since then it is said that RoPE makes far words weak.
#
# **Predict.** Random queries, random keys, 128 channels.
# How large is a typical score at distance 4000, compared with distance 0?

# %%
check.predict("decay", "A typical score at distance 4000 is",
              ["next to nothing", "about half", "just as large"])

# %%
far = torch.logspace(0, 3.6, 60).round().long()
far = torch.cat([far, torch.tensor([0, 499, 500, 501])]).unique()
qs, ks = random(2, 1000, 1, 128)
apart = rotary(qs.expand(-1, len(far), -1), far)  # (1000, far, dh)


def typical(keys):  # root of the mean square over the 1000
    return (apart * keys).sum(-1).square().mean(0).sqrt() / 128**0.5


# %%
there = rotary(qs, torch.tensor([500]))  # the query, turned on by 500
sizes = {"random key": typical(ks), "key = query": typical(qs),
         "key = query, turned by 500": typical(there)}
plots.lines(
    sizes, x=far, logx=True, xlabel="distance", ylabel="size of the score",
    alt="Random keys: level at 1. Equal keys: falls from 11 to 1. Turned by "
        "500: a peak at 500.")

# %%
check.claim("level", "random keys: the same size at every distance",
            (sizes["random key"] - 1).abs().max(), "<", 0.1,
            settles={"decay": "just as large"})

# %%
fall = sizes["key = query"]
check.claim("falls", "a key equal to the query: down to a random one's size",
            fall[-1], "<", 1.3)

# %%
peak = sizes["key = query, turned by 500"]
check.claim("peak", "a key turned beforehand: the greatest score far away",
            far[peak.argmax()], "==", 500)

# %% [markdown]
# Three keys, three answers.
#
# - *Random*: a turn does not change what a random vector looks like.
# - *Aligned*: at distance $r$ each pair adds $|q_i|^2\cos\omega_i r$.
#   That is 03's kernel again, and 03 showed how it falls, and ripples.
# - *Turned*: any distance can have the greatest score.
#   A head learns $W_k$, so it can choose.

# %%
ones = torch.ones(1, 128, dtype=F64)  # the simplest aligned pair
fading = (rotary(ones.expand(len(far), -1), far) * ones).sum(-1) / 128
check.claim("kernel", "a query and key of ones: the kernel of 03",
            (fading - posenc.kernel(far, 128)).abs().max(), "<", 1e-9)

# %%
check.verdict(
    "B7", "holds only if",
    because="query and key are aligned, pair by pair. Random ones are as "
        "large at 4000 as at 0. Barbero et al. 2024 prove that for any "
        "distance some key has its greatest score there, and that Gaussian "
        "ones do not decay in the mean; in Gemma 7B heads that look at the "
        "word before do it with the fastest pairs, not by decay.",
)

# %% [markdown]
# ## 7 · Turning only a part
#
# Some models turn only a quarter of each head.
# The rest compares words at any distance alike: content, without place.
# The score is a sum of the two kinds.
#
# The setting is called `partial_rotary_factor`, say 0.25.
# Two recipes answer to that name.
# Take a head of 128 channels and base 1 000 000:

# %% [markdown]
# - **Partial**: the first 32 channels make a small RoPE of their own, 16 pairs from fast to slow.
# - **p-RoPE** (`"rope_type": "proportional"`): of the whole head's 64 pairs, the 16 fastest turn.
#
# **Predict.** In each, how many tokens does the slowest turning pair need for a turn?

# %%
check.predict("quarter", "The slowest turning pair goes round in",
              ["the same number of tokens in both",
               "millions of tokens (partial), hundreds (p-RoPE)",
               "hundreds of tokens (partial), millions (p-RoPE)"],
)

# %%
pair = torch.arange(16, dtype=F64)
waves = {"partial 0.25": 2 * torch.pi * 1e6 ** (2 * pair / 32),
         "p-RoPE 0.25": 2 * torch.pi * 1e6 ** (2 * pair / 128)}
plots.lines(waves, x=pair.int(), logy=True, xlabel="turning pair",
            ylabel="wavelength in tokens",
            alt="Partial climbs from 6 to 2.6 million tokens, p-RoPE from 6 "
                "to 160.")

# %%
check.claim("slow", "partial: over two million tokens for the slowest turn",
            waves["partial 0.25"][-1], ">", 2e6)

# %%
check.claim("fast", "p-RoPE: less than two hundred for the slowest turn",
            waves["p-RoPE 0.25"][-1], "<", 200, settles={
                "quarter": "millions of tokens (partial), hundreds (p-RoPE)"},
)

# %%
head = posenc.Dims(d_model=128, n_heads=1)
partial = posenc.build("rope", head, base=1e6, partial=0.25).inv_freq()
kept = posenc.build("rope", head, base=1e6, keep=0.25).inv_freq()[:16]
turn = torch.stack([partial, kept]) * torch.stack([*waves.values()])
check.claim("options", "posenc has both: partial=0.25 and keep=0.25",
            (turn / (2 * torch.pi) - 1).abs(), "<", 1e-5)

# %% [markdown]
# p-RoPE comes from Barbero et al. (section 6).
# They found that Gemma 7B prefers the slow pairs, and suspect that these carry content.
# But slow is not still: over a long text they turn after all.
# So they stop them; Gemma 4 does it in its global layers.

# %% [markdown]
# **Exercise 3** · difficulty 2 of 5 · 5 minutes
#
# Write the *partial* recipe, base 10 000: the first `share` of the channels turns, the rest comes back as it was.
# `rotary` of section 2 may help.
# With 8 channels and share 0.5, the channels 0 and 1 turn at speed 1, 2 and 3 at speed 0.01.
#
# <details><summary>Hint</summary>
#
# How wide is the part that turns? Its speeds are made for that width.
# </details>


# %% tags=["exercise"]
def partial_rotary(x, pos, share):
    """(n, dh), (n,) -> (n, dh)"""
    ### BEGIN SOLUTION
    width = int(x.shape[-1] * share)
    turned = rotary(x[..., :width], pos)
    return torch.cat((turned, x[..., width:]), dim=-1)
    ### END SOLUTION


check.partial_rotary(partial_rotary)

# %% [markdown]
# ## 8 · How exact must the angles be?
#
# Large models compute in bfloat16, which keeps 8 significant bits.
#
# **Predict.** `torch.arange(8000, 8016)` in bfloat16: how many different positions are left of the 16?

# %%
check.predict("bits", "Of the positions 8000 to 8015, bfloat16 keeps",
              ["all 16", "4", "1"])

# %%
left = torch.arange(8000, 8016).bfloat16().unique()
check.claim("one left", "the sixteen positions become one", len(left), "==",
            1, settles={"bits": "1"})

# %%
torch.arange(250, 262).bfloat16().int()

# %% [markdown]
# Above 256 it skips numbers, at 8000 it counts in steps of 32.
# If the *angles* are computed like that, what becomes of "the difference alone"?
# One query, one key 5 places on, the pair moved through the text:


# %%
speeds = posenc.inverse_frequencies(64, dtype=F64)
q, k = random(2, 1, 64)
start = torch.arange(0, 8001, 100)


def score_with(dtype, start):
    def turn(x, pos):
        theta = pos.to(dtype)[:, None] * speeds.to(dtype)
        return posenc.functional.rotate_pairs(x, theta.to(F64))

    return (turn(q, start) * turn(k, start + 5)).sum(-1) / 8


# %%
drift = {"bfloat16 angles": score_with(torch.bfloat16, start),
         "float32 angles": score_with(torch.float32, start)}
plots.lines(drift, x=start, xlabel="position of the query",
            ylabel="score, key 5 places on",
            alt="float32: a level line; bfloat16: up and down, by more than "
                "the score itself.")

# %%
spans = {name: line.max() - line.min() for name, line in drift.items()}
check.claim("broken", "with bfloat16 angles the score depends on the place",
            spans["bfloat16 angles"], ">", 0.5)

# %%
check.claim("whole", "with float32 angles it does not",
            spans["float32 angles"], "<", 1e-3)

# %%
check.claim("merged", "at the end, for bfloat16, both stand at one place",
            (drift["bfloat16 angles"][-1] - (q * k).sum() / 8).abs(), "<",
            1e-9)

# %% [markdown]
# Late in the text the bfloat16 line is often level, at the wrong height.
# There the two places have become one: that is the score at distance 0.
#
# **The rule**: positions, angles, sine and cosine in float32; cast afterwards.
# Then $q$ and $k$ themselves can be bfloat16:


# %%
def score_of_bf16(start):
    rope = posenc.build("rope", posenc.Dims(d_model=64, n_heads=1))
    pair = q.bfloat16(), k.bfloat16()
    pair = rope.rotate(*pair, torch.tensor([start]), torch.tensor([start + 5]))
    return (pair[0].double() * pair[1].double()).sum() / 8

# %%
moved = torch.stack([score_of_bf16(p) for p in range(0, 8001, 1000)])
check.claim("cast last", "bfloat16 words, float32 angles: hardly any drift",
            moved.max() - moved.min(), "<", 0.1)

# %% [markdown]
# `transformers` mended this for Llama and Gemma in 2024 (pull request 29285).
# Something remains: Wang et al. 2024 report that RoPE in bfloat16 deviates from being relative, the more so the longer the text.
#
# And float32?
# It keeps 24 bits: near one million its numbers are 1/16 apart.

# %%
million = torch.arange(1_000_000, 1_000_064)[:, None]
slip = (million.float() * speeds.float()).double() - million * speeds
check.claim("float32", "at a million, float32 angles are off by a hundredth",
            slip.abs().max(), ">", 0.01)

# %%
check.claim("float32 small", "… but by no more than a tenth",
            slip.abs().max(), "<", 0.1)

# %% [markdown]
# A few hundredths of a radian, where bfloat16 loses whole turns.

# %% [markdown]
# ## 9 · What real models ship
#
# *Base* is called `rope_theta` in most settings.
# *Turns* is the part of a head that turns, in channels; *length* is what the settings allow.
# Where *besides* does not say neighbours, `transformers` turns halves.
#
# Sources: **L** a checkpoint's entry in `litgpt` 0.5.13; **T** the *class default* in `transformers` 5.23.0, which a checkpoint may override; **O** the maker's own code.
#
# | model | base | turns | length | besides | from |
# |---|---|---|---|---|---|
# | GPT-J | 10⁴ | 64 of 256 | 2 048 | neighbours | T |
# | Pythia 6.9B | 10⁴ | 32 of 128 | 2 048 | | L |
# | Llama 2 7B | 10⁴ | all 128 | 4 096 | | L |
# | Phi-2 | 10⁴ | 32 of 80 (0.4) | 2 048 | | L |
# | Mistral 7B v0.1 | 10⁴ | all 128 | 32 768 | window 4 096 | L |
# | Llama 3 8B | 5 · 10⁵ | all 128 | 8 192 | | L |
# | Llama 3.1 8B | 5 · 10⁵ | all 128 | 131 072 | slow pairs ÷ 8, from 8 192 | L |
# | OLMo 2 7B | 5 · 10⁵ | all 128 | 4 096 | | L |
# | Qwen2.5 7B 1M | 10⁷ | all 128 | 1 010 000 | | L |
# | Qwen3 8B | 10⁶ | all 128 | 40 960 | | L |
# | DeepSeek-V3 | 10⁴ | 64 of 192 | 4 096 | neighbours; YaRN × 40 in its own code | T, O |
# | Gemma 3 4B | 10⁴ local, 10⁶ global | all 256 | 131 072 | 5 local to 1 global; ÷ 8 in global | L |
# | Gemma 4 | 10⁴ local, 10⁶ global | all 256; global 128 of 512 | 131 072 | p-RoPE in global layers | T |
# | gpt-oss 120B | 1.5 · 10⁵ | all 64 | 131 072 | YaRN × 32, from 4 096; every other layer sees 128 tokens | O, T |
# | Llama 4 | 5 · 10⁵ | all 128 | 131 072 | neighbours; every 4th layer without positions, the others in chunks of 8 192 | T |
# | Cohere 2 (Command) | 10⁴ | all 128 | 8 192 | neighbours; only in layers with a window of 4 096 | T |

# %% [markdown]
# What the table says:
#
# - Longer texts mostly came with a larger base, from 10⁴ to 10⁷. Why, and what ÷ 8 and YaRN mean, is the subject of 08.
# - All of a head or a part of it: both are shipped.
# - Some newer models mix layers: some turn for near words, others turn more slowly, or in part, or not at all.
#
# Read a row: in Gemma 4's global layers, how slow is the slowest pair that turns?

# %%
gemma = posenc.build("rope", posenc.Dims(d_model=512, n_heads=1), base=1e6,
                     keep=0.25).inv_freq()
check.claim("gemma", "it goes round within two hundred tokens",
            2 * torch.pi / gemma[gemma > 0][-1], "<", 200)

# %% [markdown]
# ## What you can now do
#
# - Derive RoPE: $R_m^\top R_n=R_{n-m}$, so turning $q$ and $k$ makes the score relative.
# - Write it in both layouts, and convert $W_q$ and $W_k$ between them.
# - Say why values do not turn, and when a score decays.
# - Read a model's settings: base, share and recipe, length; and keep the angles in float32.

# %% [markdown]
# ## References
#
# - Su et al. 2021, *RoFormer*, arXiv 2104.09864: the method, the layout of neighbours, the decay claimed in the abstract.
# - Barbero et al. 2024, *Round and Round We Go!*, arXiv 2410.06205: abstract, propositions 3.1 (any distance) and 3.2 (Gaussian queries and keys), p-RoPE in section 6.1.
# - García-Castellanos et al. 2026, *RoVE*, arXiv 2606.11275, abstract: values that turn and are turned back.
# - Wang et al. 2024, *When Precision Meets Position*, arXiv 2411.13476, abstract; huggingface/transformers#29285: angles in bfloat16.
# - Layouts: huggingface/transformers#25199, naklecha/llama3-from-scratch#20 (`permute`), jzhang38/TinyLlama#24 (gibberish). Why q and k, not v: InternLM/lmdeploy#2639. Direction: karpathy/nanochat#489.
# - The table: `litgpt` 0.5.13 `litgpt/config.py`; `transformers` 5.23.0 `models/*/configuration_*.py` (Cohere 2: `modeling_cohere2.py`), `modeling_rope_utils.py` for "proportional"; openai/gpt-oss `gpt_oss/torch/model.py`; deepseek-ai/DeepSeek-V3 `inference/model.py`.
