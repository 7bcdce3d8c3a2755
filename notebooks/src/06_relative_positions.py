# %% [markdown] id="relative"
# # 06 · What if only the distance counts?
#
# Needs: 05 · 40 minutes, boxes and exercises apart · CPU (about half a minute of training)
#
# An **absolute positional encoding** gives each token a vector for its position.
# But “the token before this one” means the same everywhere in a text.
# A **relative positional encoding** lets positions enter the scores only as differences, so that moving the whole text by some positions changes no score.
#
# After this lesson you can
#
# - **write** what Shaw, T5 and ALiBi add to a score, and check it,
# - **prove** from the form of a bias what a model with this bias cannot do,
# - **choose** a bias for an encoder, for a decoder, and between two sequences.
#
# A section that is marked *Box* is folded: click on the triangle beside its title to open it. Nothing later needs it.

# %% [markdown]
# Two questions from earlier lessons. Answer in your head before you look.
#
# **Recall 1** · From 03: the score of two positions is $c(p)\,W_q\,(c(j)\,W_k)^\top$. For which weights does it have its peak exactly $k$ positions earlier?
#
# <details><summary>Answer</summary>
#
# Let $W_q$ take the query's vector from $p$ to $p-k$ (a shift matrix), and let $W_k$ be the identity.
# Then the score is $c(p-k)\cdot c(j)$, which is greatest at $j=p-k$.
#
# </details>
#
# **Recall 2** · From 05: sinusoidal models were trained on at most 16 letters. Why did they fail at position 33, although one matrix advances the vectors everywhere?
#
# <details><summary>Answer</summary>
#
# Training did not find this matrix. It found weights that suffice for 16 keys.
# In longer texts, the position vectors are new, and keys that look similar to the correct one (25 positions away, for example) take attention weight from it.
#
# </details>

# %%
import torch
from torch import nn

import posenc
from posenc import check, functional, model, plots, training, widgets

p = torch.arange(8)

# %% [markdown]
# The **relative distance** is $i-j$: the position of the query minus the position of the key.
# It is positive where the key comes *before* the query.
# (Some papers and programs use $j-i$ instead.)

# %%
apart = p[:, None] - p  # (q, k)
plots.heatmap(
    apart, xlabel="key", ylabel="query", label="relative distance",
    values=True,
    alt=f"The first query has the relative distances {apart[0].tolist()}, "
        f"the last one {apart[-1].tolist()}.")

# %% [markdown]
# Along each diagonal, all entries are equal.
# Scores that depend only on the relative distance always form such a **Toeplitz matrix**.
# Do the scores of a sinusoidal model form one, too?

# %% [markdown]
# ## 1 · Four terms
#
# A query is computed from a token's embedding $e$ plus the vector $c$ of its position, and a key from $e'+c'$.
# With $M=W_qW_k^\top$, the score, before the division by $\sqrt{d_\text{head}}$, is the sum of four terms:
#
# $$(e+c)^\top M(e'+c')=
# e^\top Me'+e^\top Mc'+c^\top Me'+c^\top Mc'.$$
#
# We take a head with random weights and a sentence of 11 words, each a token (the code is folded).


# %% jupyter={"source_hidden": true}
def random(*shape, seed):
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(*shape, generator=generator, dtype=torch.float64)


text = "the dog saw the cat and the cat saw the dog".split()
table = {word: random(64, seed=text.index(word) + 1) for word in text}
e = torch.stack([table[word] for word in text])  # (n, d)
c = posenc.sinusoidal(torch.arange(11), 64, dtype=torch.float64)  # (n, d)
M = random(64, 64, seed=0) / 64  # (d, d)

# %%
terms = {
    "token · token": e @ M @ e.T,
    "token · position": e @ M @ c.T,
    "position · token": c @ M @ e.T,
    "position · position": c @ M @ c.T,
}

# %%
check.claim("four terms",
            "a score with added position vectors is the sum of four terms",
            (sum(terms.values()) - (e + c) @ M @ (e + c).T).abs(), "<", 1e-12)

# %% [markdown]
# In lesson 03, the dot product of two sinusoidal position vectors depended only on their relative distance.
# In a head, the matrix $M$ comes between them.

# %%
check.predict(
    "four terms",
    "With random weights, which of the four terms depend only on the "
    "relative distance?",
    ["the last one", "the last three", "none of them"],
    sure=True, kind="reason",
    beliefs={
        "the last one": "of the vectors without weights: www.nirmata.dev/blogs"
            "/transformers/concepts/positional-embeddings"
            "/01-dot-product-and-translation-invariance",
        "the last three": "no source found",
    },
)

# %%
plots.heatmaps(
    terms, xlabel="key", ylabel="query", label="score", size="tall",
    own_scales=True,
    alt="Scores of 11 tokens. " + "; ".join(
        f"{name}: from {S.min():.1f} to {S.max():.1f}"
        for name, S in terms.items()))


# %% [markdown]
# How much of a term's variance can one number per relative distance explain?
# The folded function replaces each diagonal by its mean and returns the explained fraction.


# %% jupyter={"source_hidden": true}
def explained_by_distance(S):
    n = len(S)
    means = [S.diagonal(-t).mean() for t in range(1 - n, n)]
    i = torch.arange(n)
    by_diagonal = torch.stack(means)[i[:, None] - i + n - 1]  # (q, k)
    return 1 - (S - by_diagonal).var() / S.var()


# %%
check.claim("none", "the relative distance explains less than half of the "
            "variance of each of the four terms, if the weights are random",
            torch.stack([explained_by_distance(S) for S in terms.values()]),
            "in", (0, 0.5), settles={"four terms": "none of them"})

# %%
check.claim("kernel", "the relative distance explains the dot products of "
            "sinusoidal vectors completely, if no weights are in between",
            explained_by_distance(c @ c.T), ">", 1 - 1e-9)

# %% [markdown]
# In the figure, tokens produce patches and stripes, and positions waves, but no term is constant along its diagonals.
# The sinusoids *offer* the relative distance, and training must find a matrix $M$ that uses it.
#
# The encodings of this lesson keep the first term and *add* the relative distance directly: as a learned vector, as a learned number, or as a number from a formula.

# %% [markdown] id="one-per-distance"
# ## 2 · One number for each distance
#
# A **relative position bias** is a number that is added to a score and depends on the relative distance.
# The simplest bias has one number per distance, from $-(n-1)$ to $n-1$, and we look up each entry of the matrix in this list:

# %%
numbers = random(15, seed=1)  # (2n - 1,)
bias = numbers[apart + 7]  # (q, k)

# %%
check.claim("toeplitz", "a bias that is looked up by relative distance does "
            "not change if query and key both move by two positions",
            (bias[2:, 2:] - bias[:-2, :-2]).abs(), "==", 0)

# %% [markdown]
# For a text of $n$ tokens, a head needs $2n-1$ numbers instead of $n^2$.
#
# **Where does a bias enter?** It is added to the scores of *every* self-attention layer.
# Position vectors are added once, at the input, and the residual stream carries them on; a bias is never added to this stream.

# %% [markdown] id="shaw"
# ## 3 · A vector for each distance: Shaw
#
# Shaw et al. (2018) learn a vector $a_t$ for each relative distance $t$ and add it to the key:
#
# $$s_{ij}=\frac{q_i\cdot(k_j+a_{i-j})}{\sqrt{d_\text{head}}}.$$
#
# A setting, the *clip*, limits the number of vectors: keys at this distance or further away share a vector, one for all earlier keys and another one for all later keys.
# With clip 1 there are three vectors: for all tokens before, for the token itself, and for all tokens after.
# With clip 0 there is one vector for all distances, so it says nothing about the order.
#
# Shaw et al. trained models with several clips to translate from English to German.
# **BLEU** scores the translations (0 to 100, higher is better). With clip 64 it is 25.9.

# %%
check.predict_curve(
    "clip",
    "How does the BLEU score grow with the clip, up to 25.9 at 64?",
    x=(0, 1, 4, 16, 64), low=0, high=30, xlabel="clip",
    ylabel="BLEU, English to German", kind="surprise",
)

# %%
clips = [0, 1, 4, 16, 64]
bleu = torch.tensor([12.5, 25.5, 25.9, 25.8, 25.9],
                    dtype=torch.float64)  # (clips,)

# %%
plots.lines(
    {"shaw": bleu}, x=clips, logx=True, xlabel="clip",
    ylabel="BLEU, English to German", ylim=(0, 30), size="small",
    guess=check.drawn("clip"),
    alt="BLEU against the clip: " + ", ".join(
        f"{score:.1f} at {clip}"
        for clip, score in zip(clips, bleu, strict=True)))

# %%
check.claim("clip", "in the table of Shaw et al., the BLEU scores of five "
            "clips lie between 12 and 26", bleu, "in", (12, 26),
            settles={"clip": "measured"})

# %%
check.claim("one step", "in the table of Shaw et al., BLEU rises by less "
            "than 1 from clip 1 to clip 64", bleu[-1] - bleu[1], "<", 1)

# %% [markdown]
# (Table 2 of the paper, measured on newstest2013; clip 2 has 25.8.)
# Telling *before* from *after* is worth 13 points there, and exact distances beyond one token almost nothing.
# The authors suggest a reason (§4.3): through several layers, precise relative positions may propagate beyond the clip.
#
# Their models had a table of vectors per layer and head, and also vectors for the *values*.
# Without the vectors for the values, the models reached 25.8 (Table 3), so this lesson leaves those vectors out.

# %% [markdown]
# **Exercise 1** · difficulty 3 of 5 · 10 minutes
#
# Compute the scores $s_{ij}$ of this section for one head, with the division by the root.
# Row `clip + t` of `table` is $a_t$, for $t$ from `-clip` to `clip`.
# With three tokens and `clip=1` the rows to look up are `[[1, 0, 0], [2, 1, 0], [2, 2, 1]]`.
#
# <details><summary>Hint</summary>
#
# Clip the matrix of relative distances and add `clip`: these are the `rows`, and `table[rows]` is `(n, n, dh)`.
# </details>


# %% tags=["exercise"]
def shaw_scores(q, k, table, clip):
    """(n, dh), (n, dh), (2 * clip + 1, dh) -> (n, n)"""
    ### BEGIN SOLUTION
    p = torch.arange(len(q))
    rows = (p[:, None] - p).clamp(-clip, clip) + clip
    keys = k[None] + table[rows]  # (q, k, dh)
    return (q[:, None] * keys).sum(-1) / q.shape[-1] ** 0.5
    ### END SOLUTION


check.shaw_scores(shaw_scores)

# %% [markdown]
# Shaw's vectors also give a bias, namely $q_i\cdot a_{i-j}/\sqrt{d_\text{head}}$.
# But the *query* is a factor of it, so at one distance, different queries get different numbers (section 8 uses this).

# %%
shaw = posenc.build("shaw", posenc.Dims(d_model=16, n_heads=1), clip=2)
queries = random(8, 16, seed=2)
equal, different = (
    shaw.bias(q[None, None], q, p, p)[0, 0].detach()  # (q, k)
    for q in (queries[:1].expand(8, 16), queries))

# %%
check.claim("one query", "Shaw's bias depends only on the relative distance "
            "if all queries are equal",
            explained_by_distance(equal), ">", 1 - 1e-9)

# %%
check.claim("shaw", "Shaw's bias depends on more than the relative distance "
            "if the queries differ",
            explained_by_distance(different), "<", 0.9)

# %% [markdown] id="t5-bias"
# ## 4 · A number for each bucket: T5
#
# The **T5 bias** (Raffel et al. 2020) is a learned *number* per head and relative distance. Distances with the same number form a **bucket**.
# A **decoder**, whose causal mask hides the keys after the query, has 32 buckets.
# The first 16 hold one distance each, and the others grow wider: distance $t$ is in bucket
#
# $$\begin{cases}t & t<16\\
# 16+\left\lfloor16\,\dfrac{\ln(t/16)}{\ln(128/16)}\right\rfloor,
# \text{ at most }31 & t\ge16\end{cases}$$
#
# (Keys after the query get bucket 0.)
# An **encoder**, which attends to both sides, has 16 buckets per side, of which 8 hold one distance each.

# %%
t = torch.arange(161)
buckets = {
    "decoder, 32 buckets": functional.t5_bucket(t),
    "encoder, 16 per side": functional.t5_bucket(t, causal=False),
}

# %%
first_of_last = {name: int((found == found.max()).nonzero()[0])
                 for name, found in buckets.items()}
plots.lines(
    buckets, x=t, steps=True, xlabel="relative distance, in tokens",
    ylabel="bucket",
    alt="; ".join(f"{name}: the last bucket begins at distance {start}"
                  for name, start in first_of_last.items()))

# %%
decoder = buckets["decoder, 32 buckets"]
check.claim("exact", "T5's decoder has a bucket of its own for each "
            "distance up to 15",
            decoder[:17].diff(), "==", 1)

# %%
check.claim("shared", "T5's decoder puts distances 16 and 17 into one bucket",
            decoder[17] - decoder[16], "==", 0)
[int((decoder == b).nonzero()[0]) for b in range(16, 32)]

# %% [markdown]
# The list holds the smallest distance of each shared bucket.
# All distances from 113 on share the last one: even at length 100 000 each has a number, but 200 and 20 000 have the same one.

# %% [markdown] id="t5-tables"
# ### How many of these tables does a T5 model have?
#
# T5-small is an encoder of 6 blocks and a decoder of 6 blocks.
# Each block has a self-attention layer, and each block of the decoder also has a **cross-attention** layer, in which the decoder attends to the output of the encoder.
# A table of bucket numbers has 32 numbers for each of the 8 heads.

# %%
check.predict(
    "tables",
    "How many tables of bucket numbers does T5-small learn?",
    ["18, one for each attention layer",
     "12, one for each self-attention layer",
     "3: encoder, decoder, cross-attention", "2: encoder, decoder"],
    kind="surprise",
    beliefs={
        "18, one for each attention layer": "no source found",
        "12, one for each self-attention layer":
            "as in Shaw et al. 2018, §4.1: per layer and head",
        "3: encoder, decoder, cross-attention":
            "huggingface/transformers#2334",
    },
)

# %% [markdown]
# The number of parameters gives the answer: T5-small has 60 506 624.
# We subtract everything but the tables (encoder, decoder and output share one embedding table).

# %%
d, mlp, vocabulary = 512, 2048, 32_128
attention, norm = 4 * d * d, d  # T5's layers have no additive biases
encoder = 6 * (attention + 2 * d * mlp + 2 * norm) + norm
decoder_size = 6 * (2 * attention + 2 * d * mlp + 3 * norm) + norm
rest = 60_506_624 - (vocabulary * d + encoder + decoder_size)

# %%
check.claim("tables", "what is left of T5-small's parameter count is a "
            "whole number of tables of 32 × 8", rest / (32 * 8), "==", 2,
            show="{:.0f}", settles={"tables": "2: encoder, decoder"})

# %% [markdown]
# There are two tables: one for the encoder, one for the decoder, and no bias in cross-attention (section 9 asks why).
#
# The library `transformers` stores each table in the *first* block, as if only that block used it.
# But this block passes the bias on to all others, so the bias differs between heads and is the same in all layers.

# %% [markdown]
# **Exercise 2** · difficulty 3 of 5 · 10 minutes
#
# Compute the decoder's buckets, for integer distances of either sign.
# `[-2, 0, 15, 16, 19, 113, 900]` gives `[0, 0, 15, 16, 17, 31, 31]`.
#
# <details><summary>Hint</summary>
#
# `torch.where` computes both branches: keep 0 out of the logarithm with `.clamp(min=16)`.
# `.long()` rounds positive numbers down.
# </details>


# %% tags=["exercise"]
def t5_bucket(distance):
    """(m,) -> (m,), whole numbers from 0 to 31"""
    ### BEGIN SOLUTION
    near = distance.clamp(min=0)
    ratio = torch.log(distance.clamp(min=16) / 16) / torch.log(
        torch.tensor(128 / 16))
    far = (16 + (16 * ratio).long()).clamp(max=31)
    return torch.where(near < 16, near, far)
    ### END SOLUTION


check.t5_bucket(t5_bucket)

# %% [markdown] id="alibi"
# ## 5 · A number given: ALiBi
#
# **ALiBi** (Press et al. 2022) learns nothing: its bias is fixed before training.
# In a decoder, head $h$ subtracts $m_h\,(i-j)$ from the score, so each further token of distance lowers the score by $m_h$.
# Only the **slope** $m_h$ differs between the heads.
# With $H=8$ or 16 heads it is $m_h=2^{-8h/H}$ for $h=1,\dots,H$.
#
# The paper has only this causal form.
# Its first author later proposed forms for encoders, the simplest of which is $-m_h\,|i-j|$ (issue 5 of his repository).
#
# How far does a head attend if all tokens are equal, so that only the bias decides?
# Move `head`, or compare the figures.


# %% jupyter={"source_hidden": true}
def look(n_heads, head, form):
    slope = functional.alibi_slopes(n_heads)[head - 1].double()
    t = torch.arange(-32, 33)
    scores = -slope * t.abs()
    if form == "decoder":
        scores = scores.where(t >= 0, -torch.inf)
    weight = scores.softmax(0)
    return plots.lines(
        {f"slope {slope:.4f}": weight}, x=t, ylim=(0, 0.42),
        xlabel="relative distance of the key", ylabel="attention weight",
        alt=f"Head {head} of {n_heads} gives "
        f"{100 * weight[t.abs() <= 8].sum():.0f} % of its attention weight to "
        "tokens at most 8 positions away.")


widgets.explore(look, stills=[{"head": 4}, {"head": 8}], n_heads=[8, 16],
                head=(1, 8, 1), form=["encoder", "decoder"],
                labels={"n_heads": "number of heads",
                        "form": "model"})

# %% [markdown]
# The first of 8 heads attends to the nearest tokens, and the last one almost equally to all tokens shown.
#
# Why is the bias linear?
# The author also tried exponential and other functions, and the linear one worked best (he gives no numbers).
#
# Many models have 12 heads, which is not a power of two.
# What does the authors' program do then?

# %%
check.predict(
    "twelve",
    "With 12 heads, which slope does the authors' program give to head 9?",
    ["0.016, from the formula above with H = 12",
     "0.002, half the slope of head 8",
     "0.71, larger than each of the slopes for 8 heads"],
    kind="surprise",
    beliefs={
        "0.016, from the formula above with H = 12": "ml-explore/mlx#343",
        "0.002, half the slope of head 8": "no source found",
    },
)

# %%
slopes = functional.alibi_slopes(12)
by_rule = torch.cat([functional.alibi_slopes(8),
                     functional.alibi_slopes(16)[::2][:4]])

# %% id="twelve-heads"
check.claim("twelve", "ALiBi's slopes for 12 heads are the slopes for 8 "
            "heads, followed by every second slope for 16 heads",
            (slopes - by_rule).abs(),
            "in", (0, 1e-7),
            settles={"twelve": "0.71, larger than each of the slopes for "
                               "8 heads"})
slopes

# %% [markdown]
# The paper describes *one* geometric sequence for any number of heads.
# The authors' program takes the slopes for 8 heads and then every second slope for 16 heads, until there are 12.
# (These are new: the first is steeper than all 8, and each of the others lies between two of them.)
#
# BLOOM and Baichuan2-13B follow this program, so you need its rule to run their checkpoints.
# We did not measure which rule is better.

# %% [markdown]
# **Exercise 3** · difficulty 2 of 5 · 5 minutes
#
# Compute the slopes for any number of heads, as the authors' program does:
# `8 -> 1/2, 1/4, … 1/256`.
# For 3 heads they are `1/16, 1/256, 1/4`: the two slopes of 2 heads, and then the first slope of 4 heads.
#
# <details><summary>Hint</summary>
#
# `2 ** (n.bit_length() - 1)` is the greatest power of two up to n.
# `series[::2]` takes every second slope, from the first on.
# </details>


# %% tags=["exercise"]
def alibi_slopes(n_heads):
    """n_heads -> a list of as many slopes"""
    ### BEGIN SOLUTION
    lower = 2 ** (n_heads.bit_length() - 1)
    first = [2 ** (-8 * h / lower) for h in range(1, lower + 1)]
    more = [2 ** (-4 * h / lower) for h in range(1, 2 * lower + 1)]
    return first + more[::2][: n_heads - lower]
    ### END SOLUTION


check.alibi_slopes(alibi_slopes)

# %% [markdown] id="plus-m-j"
# ### Why does the program add $+m\,j$?
#
# In the authors' program the bias is $+m\,j$: one number per *key*, without the position of the query.
# Is that a bug?
# The formula is $-m(i-j)=m\,j-m\,i$, and $m\,i$ is the same for a whole row of scores.
# A constant that is added to a whole row does not change its softmax.

# %%
past = apart >= 0  # (q, k)
by_distance = (-0.5 * apart.abs()).where(past, -torch.inf).softmax(-1)
by_key = (0.5 * p.expand(8, 8)).where(past, -torch.inf).softmax(-1)

# %%
check.claim("key only", "under a causal mask, +m·j and −m·(i − j) give the "
            "same attention weights",
            (by_distance - by_key).abs(), "<", 1e-6)

# %%
seen = (-0.5 * apart.abs()).softmax(-1) - (0.5 * p.expand(8, 8)).softmax(-1)
check.claim("no mask", "the attention weights of +m·j and −m·|i − j| differ "
            "by more than 0.3 if no mask hides the later keys",
            seen.abs().max(), ">", 0.3)

# %% [markdown]
# So this shortcut is correct only in decoders.
# In an encoder, every token favours the end of the text, and no error is raised.

# %% [markdown]
# **Exercise 4** · difficulty 2 of 5 · 5 minutes
#
# Compute the decoder's bias for all heads, for queries and keys at *any* positions; `functional.alibi_slopes(n_heads)` has the slopes.
# The bias is $-m(i-j)$: with 2 heads (slopes 1/16 and 1/256), a query at position 9 and keys at positions 7 and 9, it is `[[[-1/8, 0]], [[-1/128, 0]]]`.
# For keys after the query, return what the formula gives; the mask hides them.
#
# The form $+m\,j$ gives other numbers. It is accepted, too, with ≈ instead of ✓.
#
# <details><summary>Hint</summary>
#
# `q_pos[:, None] - k_pos` is `(q, k)`, `slopes[:, None, None]` is `(h, 1, 1)`.
# </details>


# %% tags=["exercise"]
def alibi_bias(n_heads, q_pos, k_pos):
    """n_heads, (q,), (k,) -> (h, q, k)"""
    ### BEGIN SOLUTION
    slopes = functional.alibi_slopes(n_heads)
    distance = q_pos[:, None] - k_pos  # (q, k)
    return -slopes[:, None, None] * distance
    ### END SOLUTION


check.alibi_bias(alibi_bias)

# %% [markdown] id="fire" jp-MarkdownHeadingCollapsed=true
# ## 6 · Box: An input that stays in bounds: FIRE
#
# *(2 minutes.)* At length 100 000, ALiBi with the slope 1/2 lowers scores by up to 50 000, a value that training never met.
# **FIRE** (Li et al. 2023) computes the bias with a small learned MLP, from the input
#
# $$\frac{\psi(i-j)}{\psi(\max(L,i))},\qquad\psi(x)=\ln(1+c\,x),$$
#
# which stays between 0 and 1 at every length.
# $L$ and $c$ are learned; here $L=16$ and $c=1$.


# %%
def fire_input(i, distance, L=16):
    i, distance = torch.as_tensor(i).double(), torch.as_tensor(distance)
    return distance.log1p() / i.clamp(min=L).log1p()


# %%
i = 2 ** torch.arange(6, 18)
inputs = {f"distance {t}": fire_input(i, t) for t in (1, 8, 64)}
plots.lines(
    inputs, x=i, logx=True, xlabel="position i of the query", ylim=(0, 1.05),
    ylabel="input of the MLP",
    alt="; ".join(f"{name}: from {curve.max():.2f} down to {curve.min():.2f}"
                  for name, curve in inputs.items()))

# %%
check.claim("bounded", "FIRE's input is at most 1 for a query at position "
            "100 000",
            fire_input(100_000, torch.arange(100_001)), "<=", 1)

# %%
check.claim("not distance alone", "FIRE's input at distance 8 is larger for a "
            "query at position 64 than for one at position 65 536",
            fire_input(64, 8) - fire_input(65_536, 8), ">", 0.2)

# %% [markdown]
# The price is that equal distances no longer have equal biases.
# FIRE's bias depends on the position of the query, so it is not a Toeplitz matrix.
# This formula is for decoders: for keys after the query, $1+c\,(i-j)$ is below 1 and can be negative. (`posenc` treats such keys as if their distance were 0.)

# %% [markdown] id="mirror"
# ## 7 · What a symmetric bias cannot tell
#
# ALiBi's bias for an encoder, $-m\,|i-j|$, is symmetric: it is the same to the left and to the right.
# If a text is reversed, the relative distances only change their signs, so every token attends to the same tokens as before, with the same weights.

# %%
backwards = {}
for name in ("alibi", "t5"):
    task = posenc.TASKS["back1"]
    net = training.task_model(name, task).double()
    tokens, _ = task.sample(4, 12, torch.Generator().manual_seed(0))
    mirrored = net(tokens.flip(1)).flip(1)  # (b, n, vocab)
    backwards[name] = (net(tokens) - mirrored).detach().abs().max()

# %%
check.claim("mirror", "if a text is reversed, an encoder with ALiBi returns "
            "the same outputs in reverse order", backwards["alibi"],
            "<", 1e-12)

# %%
check.claim("no mirror", "if a text is reversed, an encoder with T5's bias "
            "returns other outputs", backwards["t5"], ">", 0.1)

# %% [markdown]
# ALiBi's symmetry holds for all weights and any number of layers, because each layer preserves it.
#
# Now such a model must name the letter to the *left* (`back1`).
# The letters are drawn at random from ten, so guessing is correct in 10 % of the cases.
# We count only letters with a neighbour on each side.

# %%
check.predict_number(
    "symmetric",
    "What is the highest accuracy on `back1` that a model with a symmetric "
    "bias can reach, for letters that have a neighbour on each side?",
    unit="%", low=0, high=100, near=0.05, sure=True, kind="reason",
)

# %% [markdown]
# Look at the letter A in a text and in its reverse, which is just as likely:
#
# | | | | | |
# |:--|:-:|:-:|:-:|:-:|
# | text | C | **A** | F | E |
# | reversed text | E | F | **A** | C |
#
# The model gives the same answer at both A.
# But the letter to the left is C in the first text and F in the second, so at most one of the two answers is correct unless both neighbours are the same letter.
# How often does that happen?

# %%
letters, _ = task.sample(10_000, 12, torch.Generator().manual_seed(1))
same = (letters[:, :-2] == letters[:, 2:]).double().mean()
ceiling = (1 + same) / 2

# %%
check.claim("symmetric", "no model with a symmetric bias exceeds this "
            "percentage on `back1`, at letters with two neighbours",
            100 * ceiling, "in", (54.5, 55.5), show="{:.0f}",
            settles={"symmetric": "measured"})

# %% [markdown]
# In one case out of ten both answers can be correct, in the other nine at most one.
# So no model with a symmetric bias exceeds $(1+0.1)/2=55\,\%$.
#
# The last letter has a neighbour only on its left, so a model can always name it.
# These two facts give the ceilings for 4, 6 and 8 letters, with which we compare trained models:

# %%
lengths, short = (4, 6, 8), training.Setting(steps=150, length=8)
# back1 asks n - 1 letters, of which all but the last have two neighbours
ceilings = torch.tensor([(0.55 * (n - 2) + 1) / (n - 1) for n in lengths])
left = training.compare(["alibi", "t5"], "back1", seeds=3, lengths=lengths,
                        setting=short)

# %% tags=["trained"]
plots.lines(
    {**left, "ceiling if symmetric": ceilings}, x=lengths, percent=True,
    chance=0.1, ylim=(0, 1.05), xlabel="letters in the text",
    ylabel="accuracy on back1")

# %% tags=["trained"]
check.claim("ceiling", "an encoder with ALiBi stays below the ceiling of "
            "symmetric biases on `back1`",
            left["alibi"] - ceilings, "<", 0.03, seeds=3)

# %% tags=["trained"]
check.claim("half", "an encoder with ALiBi is far above chance on `back1`",
            left["alibi"], ">", 0.3, seeds=3)

# %% tags=["trained"]
check.claim("T5 left", "an encoder with T5's bias tells left from right on "
            "`back1`", left["t5"], ">", 0.75, seeds=3)

# %% [markdown]
# More training may bring ALiBi closer to the ceiling (lesson 11 trains four times as long), but no weights bring it higher.
#
# In a decoder, the mask hides the right side, and this breaks the symmetry:

# %%
causal = model.Transformer(posenc.build("alibi"), vocab_size=11).double()
there, back = causal(tokens), causal(tokens.flip(1)).flip(1)

# %%
check.claim("mask", "if a text is reversed, a decoder with ALiBi returns "
            "other outputs", (there - back).detach().abs().max(), ">", 0.1)

# %% [markdown] id="two-explanations"
# **Exercise 5 · explain** · difficulty 3 of 5 · 8 minutes
#
# A colleague trains an encoder with the bias $-m\,|i-j|$. Asked for the letter to the left, it is correct in 44 % of the cases (guessing: 10 %).
# There are two explanations: “it is not trained enough” and “its bias is symmetric”.
# Three runs are proposed: (a) train ten times as long; (b) give the trained model texts and their reverses, and compare the outputs; (c) train a new model for as long, with one slope for earlier keys and another for later ones.
#
# What does each explanation predict for each run? Which runs separate the two, and which one needs no training?
# Answer in five sentences at most. No program checks the answer; there is a rubric.

# %% [markdown] tags=["explain"]
# *Your answer goes here (in a notebook: double-click this line).*

# %% [markdown] tags=["rubric"]
# <details><summary>Rubric for exercise 5, for after you have written</summary>
#
# Half a point for each:
#
# 1. A run separates two explanations only if they predict different results.
# 2. Run (a) separates them only if the accuracy rises above the ceiling. If it ends at 50 %, both explanations survive: perhaps ten times was still too short.
# 3. Run (b) needs no training. The second explanation predicts the same outputs in reverse order, up to rounding, and then the ceiling holds for all weights. The first predicts nothing of the kind: a model with another bias that is not trained enough returns different outputs.
# 4. Run (c) separates them: “not trained enough” predicts about 44 % again, “symmetric” predicts a clear rise.
#
# </details>

# %% [markdown] id="cannot-fetch"
# ## 8 · Can a bias fetch?
#
# In the task `index`, the first token names a position, and the model must *fetch* the letter from there: its output at the first token must be this letter.
# So *where to look* depends on a **token**: that is the term $e^\top Mc'$ of section 1.
#
# We train a model with T5's bias on this task.
# Then we give it texts of 11 equal letters, change the first token from “position 3” to “position 9”, and compare how it attends to the letters.

# %%
check.predict(
    "fetch",
    "What happens to the attention weights of the 11 letters, relative to "
    "each other?",
    ["they move towards position 9", "they do not change at all",
     "they become more even"],
    kind="reason",
    beliefs={"they move towards position 9": "no source found",
             "they become more even": "no source found"},
)

# %%
setting = training.Setting(steps=140, lr=0.02, length=12)
trained = {
    name: [training.train_on_task(name, "index", seed=seed, setting=setting)
           for seed in range(3)]
    for name in ("t5", "shaw", "sinusoidal")
}

# %% jupyter={"source_hidden": true}
names = 10 + torch.arange(1, 12)  # the tokens for positions 1 to 11
equal_texts = torch.full((11, 12), 7)  # (name, n)
equal_texts[:, 0] = names  # one text per name, all letters equal


def where_it_looks(net):
    _, weights = net(equal_texts, return_weights=True)
    on_letters = weights[0, :, :, 0, 1:].detach()  # (name, h, k)
    return on_letters / on_letters.sum(-1, keepdim=True)


# %% tags=["trained"]
looks = {name: where_it_looks(nets[0]).mean(1)
         for name, nets in trained.items()}
plots.heatmaps(
    looks, x=range(1, 12), y=range(1, 12), xlabel="position of the letter",
    ylabel="position named", label="fraction of the attention weight")

# %% tags=["trained"]
moved = [(where_it_looks(net) - where_it_looks(net)[:1]).abs().max()
         for net in trained["t5"]]
check.claim("fetch", "in one layer with T5's bias, the relative attention "
            "weights of equal letters do not depend on the named position",
            torch.stack(moved), "in", (0, 1e-5), seeds=3,
            settles={"fetch": "they do not change at all"})

# %% [markdown]
# In one layer, no training can change that.
# Equal letters have equal keys, so another first token adds the same number to all their scores, which does not change their relative weights.
# Only the bias differs between them, and it does not depend on the token: T5 has dropped the term $e^\top Mc'$.
#
# Shaw's vectors keep something like it, because the query is a factor of the bias: nearly all rows are brightest at the named position. With sinusoids, this peak is blurred.
# What happens with different letters? (Naming the most frequent one is correct in a quarter of the cases.)

# %% tags=["trained"]
task_index = posenc.TASKS["index"]
correct = {
    name: torch.tensor([training.accuracy(net, task_index, 12)
                        for net in nets])
    for name, nets in trained.items()
}

# %% tags=["trained"]
plots.dots(correct, xlabel="accuracy on index, 12 tokens", percent=True,
           chance=0.1)

# %% tags=["trained"]
texts, asked = task_index.sample(4096, 12, torch.Generator().manual_seed(0))
counting = (texts[:, 1:].mode().values == asked[:, 0]).double().mean()

# %% tags=["trained"]
check.claim("T5 fetch", "a layer with T5's bias is at most 10 points better "
            "on `index` than naming the most frequent letter",
            correct["t5"] - counting, "<", 0.1, seeds=3)

# %% tags=["trained"]
check.claim("Shaw fetch", "a layer with Shaw's vectors solves `index`",
            correct["shaw"], ">", 0.7, seeds=3)

# %% tags=["trained"]
check.claim("sinusoidal fetch", "the best of three sinusoidal models is 15 "
            "points better on `index` than naming the most frequent letter",
            correct["sinusoidal"].max() - counting, ">", 0.15, seeds=3)

# %% [markdown]
# These are toy models of one layer, trained for 140 steps with 3 seeds; the sinusoidal ones vary most.
# We *proved* that T5's relative attention weights do not change. That its *answers* are wrong is only measured: a model might decode a mixture of all letters, and a second layer could use positions that the first wrote into the tokens.

# %% [markdown] id="encoder-or-decoder"
# ## 9 · Encoder or decoder?
#
# The table sums up what we proved and measured.
# “Only the distance counts” means that moving the whole text changes no score.
# “Can fetch” means that a token can move the attention weights to a named position, in one layer.
# The proof of section 8 holds for ALiBi and FIRE, whose biases do not depend on tokens either.

# %% jupyter={"source_hidden": true}
WORDS = {True: "yes", False: "no"}
COLUMNS = ("only the distance counts", "tells left from right", "can fetch",
           "is learned")
TOLD = {
    "t5": (True, True, False, True),
    "alibi": (True, "decoder only", False, False),
    "fire": (False, "decoder only", False, True),
    "shaw": (True, True, True, True),
    "sinusoidal": (False, True, True, False),
}
ticks = {name: dict(zip(COLUMNS, TOLD[name], strict=True)) for name in TOLD}
plots.tick_table(ticks, alt="; ".join(
    f"{name}: " + ", ".join(
        f"{column} – {WORDS.get(mark, mark)}"
        for column, mark in marks.items())
    for name, marks in ticks.items()))

# %% [markdown]
# ALiBi's paper is about decoders.
# Its model of 1.3 billion parameters, trained on 1024 tokens and tested on 2048, is as good as a sinusoidal model trained on 2048 (abstract).

# %% [markdown] id="two-sequences"
# ### And between two sequences?
#
# In cross-attention the queries come from one sequence, the target, and the keys from another, the source.
# T5 has no bias there (section 4).
#
# An encoder with a bias reads the source, and the targets attend to its output *without* a bias.
# Suppose that we exchange two tokens of the source.

# %%
check.predict(
    "source",
    "Which outputs of the cross-attention change?",
    ["no output, because it sees an unordered set",
     "those of targets that attend to one of the two tokens",
     "every output"],
    kind="reason",
    beliefs={
        "no output, because it sees an unordered set":
            "Tencent-Hunyuan/HunyuanDiT#66; the worry of "
            "OpenNMT/OpenNMT-py#2599",
        "those of targets that attend to one of the two tokens":
            "no source found",
    },
)


# %%
def attend(x, memory, bias=0.0):  # (q, d), (k, d), (q, k) -> (q, d)
    scores = x @ memory.T / x.shape[-1] ** 0.5 + bias
    return scores.softmax(-1) @ memory


# %%
source, target = random(8, 16, seed=3), random(5, 16, seed=4)  # (k, d), (q, d)
swapped = source[[0, 1, 5, 3, 4, 2, 6, 7]]


def change(bias):  # of each target's output, (q,)
    outputs = [attend(target, attend(x, x, bias)) for x in (source, swapped)]
    return (outputs[1] - outputs[0]).norm(dim=-1)


# %%
check.claim("order of the source", "exchanging two source tokens changes "
            "each output of a cross-attention without bias if the encoder "
            "has a bias", change(bias), "in", (0.01, 10),
            settles={"source": "every output"})

# %%
check.claim("set of the source", "exchanging two source tokens changes no "
            "output of a cross-attention without bias if the encoder has no "
            "positions", change(0.0), "<", 1e-12)

# %% [markdown]
# By itself, cross-attention treats the source as a set.
# But the encoder has already written the order into its output vectors: if two tokens are exchanged, all these vectors change.
# (The model of 2017 adds sinusoids to both inputs, with the same effect.)
#
# What would a bias measure here?
# The index $i$ counts tokens of the target and $j$ those of the source, so $i-j$ is not a distance in either text.
# Ask yourself: if a prefix moves the whole source by 100 positions, should the answer change? If not, leave positions out of cross-attention.
# They make sense there only if both sides share a coordinate, as when a decoder fills gaps in the encoder's sequence.

# %% [markdown]
# Shaw's vectors have a price: every query must be multiplied by learned vectors, and the clip makes large distances equal.
# Lesson 07 asks whether queries and keys can carry the relative distance without such vectors.

# %% [markdown] id="window" jp-MarkdownHeadingCollapsed=true
# ## 10 · Box: Why not put a window over sinusoids?
#
# *(4 minutes.)* **Sliding-window attention** is a mask: each token may attend only to tokens that are at most a few positions away.
# Does it make a sinusoidal model work on longer texts?


# %%
class Windowed(nn.Module):
    def __init__(self, net, reach):
        super().__init__()
        self.net, self.reach = net, reach

    def forward(self, tokens):
        place = torch.arange(tokens.shape[1])
        near = (place[:, None] - place).abs() <= self.reach  # (q, k)
        return self.net(tokens, mask=near)


# %% [markdown]
# The mask limits which keys a query attends to, but not which position vectors the tokens get.
# A learned position table still has no row for a position beyond its end, and sinusoids beyond the training length are still new.
# ALiBi's author reports in the FAQ of his repository that sinusoidal models with such a window become unstable at untrained positions.
#
# We train sinusoidal models on up to 16 letters, with a reach of 64 (in effect, no window) or 4, and test them on 64 letters.

# %% tags=["trained"]
reached = {}
for reach in (64, 4):
    rows = []
    for seed in range(3):
        net = Windowed(training.task_model("sinusoidal", task, seed=seed),
                       reach)
        training.fit(net, task.sample, training.Setting(steps=150, lr=0.02),
                     seed=seed)
        rows.append([training.accuracy(net, task, n) for n in (16, 64)])
    reached[f"reach {reach}"] = torch.tensor(rows)  # (seeds, lengths)

# %% tags=["trained"]
plots.dots(
    {f"{n} letters": {name: rows[:, column]
                      for name, rows in reached.items()}
     for column, n in enumerate((16, 64))},
    xlabel="accuracy on back1", percent=True, chance=0.1, one_scale=True)

# %% tags=["trained"]
gain = reached["reach 4"][:, 1] - reached["reach 64"][:, 1]
check.claim("window", "a window of ±4 raises the accuracy of sinusoidal "
            "models on `back1` at 64 letters by more than 15 points",
            gain, ">", 0.15, seeds=3)

# %% [markdown]
# Here the window helps, and lesson 05 explains why: it hides the keys 25 positions away that take attention weight from the correct one.
# So our toy model does *not* show the failure that the author reports.
# His models are deep: the residual stream carries the new position vectors to every layer and every MLP, while ours has one layer and one letter to find.
# Lesson 08 returns to windows in real models, where only some layers have one.

# %% [markdown] id="shift-trick" jp-MarkdownHeadingCollapsed=true
# ## 11 · Box: The shift trick, and the mask that it needs
#
# *(4 minutes.)* Exercise 1 makes a tensor of `(n, n, dh)`. It is cheaper to multiply the queries by the vector of each *distance*, which gives `(n, distances)` numbers.
# Then each row must be shifted so that column $j$ of row $i$ belongs to distance $i-j$.
# Transformer-XL and the Music Transformer do so without indexing: they add a column of zeros and read the same numbers with another row length.
#
# In the next figure, 43 stands for the dot product of query 4 (counted from 1, so $i=3$) and the vector of distance 3.

# %%
row = 1 + torch.arange(5)[:, None]  # (n, 1)
products = 10 * row + torch.arange(4, -1, -1)  # (n, distances 4 … 0)
padded = torch.cat([0 * row, products], dim=1)  # (n, n + 1)
shifted = padded.flatten()[5:].view(5, 5)  # (q, k)

# %%
plots.heatmaps(
    {"before": products, "after the shift": shifted}, values=True,
    xlabel="column", ylabel="query", label="query and distance",
    y=range(1, 6),
    alt=f"Before: {products.tolist()}. After: {shifted.tolist()}.")

# %%
wanted = 10 * row + apart[:5, :5]  # (q, k): query, and distance i - j
upper = torch.ones(5, 5, dtype=torch.bool).triu(1)
check.claim("shift", "the shift trick puts the correct distances on and below "
            "the diagonal", (shifted - wanted)[~upper].abs(), "==", 0)

# %%
check.claim("next query", "above the diagonal, the shift trick leaves zeros "
            "and products of the next query",
            (shifted[:4].triu(2) // 10 - (row[:4] + 1)
             * upper[:4].triu(2)).abs(), "==", 0)

# %% [markdown]
# A causal mask hides the upper triangle, so in a decoder the trick is correct.
# A speech library used it in encoders, without the mask, and no error was raised (espnet/espnet#2684).
# Attention to both sides needs all $2n-1$ distances; then the same trick is correct everywhere:

# %%
both_sides = 100 * row - torch.arange(-4, 5)  # (n, distances 4 … -4)
padded_2 = torch.cat([0 * row, both_sides], dim=1)  # (n, 2n)
shifted_2 = padded_2.flatten()[5:].view(5, 9)[:, :5]  # (q, k)

# %%
check.claim("two sides", "the shift trick is correct for keys on both sides, "
            "if all 2n − 1 distances are given",
            (shifted_2 - (100 * row + apart[:5, :5])).abs(), "==", 0)

# %% [markdown]
# If you are not sure which distances your matrix has, look up each entry by its distance, as in section 2.

# %% [markdown] id="fused" jp-MarkdownHeadingCollapsed=true
# ## 12 · Box: What a fused kernel never writes down
#
# *(4 minutes.)* A fused **GPU kernel** for attention, such as FlashAttention, computes softmax and the weighted sum tile by tile.
# It never writes the n × n scores into memory: for 8192 tokens and 32 heads in bfloat16, these would take 4 GiB.
#
# A relative position bias is awkward there.
# As a matrix it has exactly the size that the kernel avoids.
# If it is learned, the backward pass must also add up the gradients of all pairs at the same distance.
# **RoPE** (lesson 07) rotates queries and keys *before* the kernel, and a **NoPE layer** needs nothing.
#
# A kernel can compute a bias itself if it is a formula of two positions; FlashAttention does so for ALiBi.
# PyTorch's **FlexAttention** (from version 2.5) takes such a formula as a function, `score_mod`, and compiles it into the kernel.
# Does it reproduce the biases of this lesson?

# %%
slopes_4 = functional.alibi_slopes(4)  # (h,)
t5 = posenc.build("t5")
bucket_of = functional.t5_bucket(torch.arange(-7, 8), causal=False)


def alibi_mod(score, b, h, i, j):
    return score - slopes_4[h] * (i - j).abs()


def t5_mod(score, b, h, i, j):
    return score + t5.table[bucket_of[i - j + 7], h]


# %% jupyter={"source_hidden": true}
import warnings

q, k, v = random(3, 1, 4, 8, 16, seed=5).float()  # each (b, h, n, dh)


@torch.no_grad()
def plain(encoding):
    scores = q @ k.mT / 16**0.5 + encoding.bias(q, k, p, p)  # (b, h, q, k)
    return scores.softmax(-1) @ v


@torch.no_grad()
def flex(score_mod):
    try:
        from torch.nn.attention.flex_attention import flex_attention

        # it warns that it is not compiled, which we know
        with warnings.catch_warnings(record=True):
            return flex_attention(q, k, v, score_mod=score_mod)
    except (ImportError, RuntimeError):  # older than 2.5, or not for this CPU
        return None


# %%
flex_alibi, flex_t5 = flex(alibi_mod), flex(t5_mod)
if flex_alibi is None or flex_t5 is None:
    print("FlexAttention does not run here; it needs PyTorch 2.5.")
else:
    check.claim("flex ALiBi", "FlexAttention with a score_mod for ALiBi "
                "returns the same as attention with ALiBi's bias",
                (flex_alibi - plain(posenc.build("alibi"))).abs(), "<", 1e-5)
    check.claim("flex T5", "FlexAttention with a score_mod for T5 returns "
                "the same as attention with T5's bias",
                (flex_t5 - plain(t5)).abs(), "<", 1e-5)

# %% [markdown]
# Three warnings:
#
# - The indices $i$ and $j$ count the rows of the tensors. If a decoder keeps the keys of earlier tokens (in a **KV cache**, lesson 09), the query's row is not its position: add the offset.
# - A ready-made `score_mod` may have other slopes: attention-gym uses the single sequence of the paper, so for 12 heads its slopes differ from those of the authors' program.
# - Without `torch.compile`, as here, FlexAttention writes the scores after all. So we checked its numbers and not its memory.

# %% [markdown]
# ## What surprised you
#
# The next cell lists your predictions of this lesson that turned out wrong; in JupyterLab, each has a link to the cell that settled it.
# Explain each result to yourself before you continue.

# %%
check.surprises("06")

# %% [markdown]
# ## What you can now do
#
# - Split a score into four terms, and say which of them an encoding keeps.
# - Write Shaw's vectors, T5's buckets, and ALiBi's slopes and bias, also for 12 heads.
# - Prove what a bias cannot do, by reversing a text or by changing one token.
# - Say where a bias belongs: in the scores of every self-attention layer, and not between two sequences.

# %% [markdown]
# ## References
#
# - P. Shaw, J. Uszkoreit, A. Vaswani 2018, *Self-Attention with Relative Position Representations*, arXiv 1803.02155: section 3, BLEU by clipping distance (Table 2), with and without vectors for the values (Table 3).
# - C. Raffel et al. 2020, *Exploring the Limits of Transfer Learning with a Unified Text-to-Text Transformer*, arXiv 1910.10683, section 2.1. The formula of the buckets, and the table that the first block stores: `modeling_t5.py` in `transformers` (asked in huggingface/transformers#13397). The number of parameters: `t5_presets.py` in `keras_hub`.
# - O. Press, N. Smith, M. Lewis 2022, *Train Short, Test Long*, arXiv 2108.12409: slopes, abstract. In [attention_with_linear_biases](https://github.com/ofirpress/attention_with_linear_biases): the rule for 12 heads and $+m\,j$ (`fairseq/models/transformer.py`), forms for encoders (issue 5), windows and other curves (FAQ). BLOOM: `modeling_bloom.py` in `transformers`; Baichuan2: baichuan-inc/Baichuan2#225.
# - S. Li et al. 2023, *Functional Interpolation for Relative Positions Improves Long Context Transformers*, arXiv 2310.04418: FIRE.
# - The shift trick: Z. Dai et al. 2019, *Transformer-XL*, arXiv 1901.02860, appendix B; C.-Z. A. Huang et al. 2018, *Music Transformer*, arXiv 1809.04281.
# - Cross-attention without positions: lucidrains/x-transformers#247 and #258. Where both sides share a coordinate: lucidrains/x-transformers#303.
# - Kernels and biases: Dao-AILab/flash-attention#332, meta-pytorch/attention-gym#20 and `attn_gym/mods/alibi.py` there.
