# %% [markdown]
# # 06 · What if only the distance counts?
#
# Needs: 05 · 40 minutes, exercises apart · CPU
#
# "Three words back" means the same everywhere in a text.
# So why give every place a code of its own?
# Add one number to the score, for the distance alone.
#
# After this notebook you can
#
# - write what Shaw, T5 and ALiBi add to a score, and check it;
# - prove what a model cannot do from the shape of its bias;
# - tell a bias for an encoder from one for a decoder.

# %%
import torch

import posenc
from posenc import check, functional, model, plots, training, widgets

p = torch.arange(8)

# %% [markdown]
# Distance is query minus key, in words: above 0, the key stands *before* the query.
# Along each diagonal it is the same.

# %%
apart = p[:, None] - p  # (q, k)
plots.heatmap(apart, xlabel="key", ylabel="query", label="distance",
              values=True, alt="Distances of 8 words: 0 on the diagonal, "
              "above 0 below it, each diagonal one number.")

# %% [markdown]
# A score that depends on the distance alone has this pattern.
# Mathematicians call it a Toeplitz matrix.
# Did the sinusoids of 03 have it already?

# %% [markdown]
# ## 1 · Four terms
#
# A word $e$ with the code $c$ asks; a word $e'$ with the code $c'$ answers.
# With $M=W_q^\top W_k$ the score, before the root divides it, is a sum of four:
#
# $$(e+c)^\top M(e'+c')=
# e^\top Me'+e^\top Mc'+c^\top Me'+c^\top Mc'.$$
#
# Let a head with random weights read a sentence.


# %%
def random(*shape, seed):
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(*shape, generator=generator, dtype=torch.float64)


text = "the dog saw the cat and the cat saw the dog".split()
table = {word: random(64, seed=text.index(word) + 1) for word in text}
e = torch.stack([table[word] for word in text])  # (n, d)
place = posenc.sinusoidal(torch.arange(11), 64, dtype=torch.float64)
M = random(64, 64, seed=0) / 64

# %%
terms = {
    "word · word": e @ M @ e.T,
    "word · place": e @ M @ place.T,
    "place · word": place @ M @ e.T,
    "place · place": place @ M @ place.T,
}
check.claim("four terms", "the four terms add up to the score",
            (sum(terms.values()) - (e + place) @ M @ (e + place).T).abs(),
            "<", 1e-12)

# %% [markdown]
# **Predict.** In 03 two sinusoidal codes had a product that knows the distance alone.
# With random weights between them, which of the four terms still does?

# %%
check.predict("four terms", "The distance alone decides",
              ["the last term", "the last three", "none of them"],
)

# %%
plots.heatmaps(terms, xlabel="key", ylabel="query", label="score", size="tall",
               own_scales=True,
               alt="Four score matrices of 11 words: patches, rows, columns, "
                   "soft waves; none is constant along its diagonals.",
)


# %%
def share_of_distance(S):
    """How much of the variance a number for each distance explains."""
    n = len(S)
    means = [S.diagonal(-t).mean() for t in range(1 - n, n)]
    i = torch.arange(n)
    by_distance = torch.stack(means)[i[:, None] - i + n - 1]
    return 1 - (S - by_distance).var() / S.var()


check.claim("none", "with random weights no term knows the distance alone",
            torch.stack([share_of_distance(S) for S in terms.values()]), "<",
            0.5, settles={"four terms": "none of them"})
check.claim("kernel", "without weights between, the last term does",
            share_of_distance(place @ place.T), ">", 1 - 1e-9)

# %% [markdown]
# None: words make patches and stripes, places make waves; no panel is one number along its diagonals.
# The sinusoids *offer* the distance; training must find an $M$ that takes it.
#
# The other way round: keep the first term, and *put in* the distance,
# as a vector, a number learned, or a number given.

# %% [markdown]
# ## 2 · One number for each distance
#
# Take any list of numbers, one for each distance from $-(n-1)$ to $n-1$.
# Looking them up makes the whole bias.

# %%
numbers = random(15, seed=1)  # 2n - 1 of them
bias = numbers[apart + 7]  # (q, k)
check.claim("toeplitz", "two words further on the bias is the same",
            (bias[2:, 2:] - bias[:-2, :-2]).abs(), "==", 0)

# %% [markdown]
# So a text of $n$ words needs $2n-1$ numbers a head, not $n^2$.

# %% [markdown]
# ## 3 · A vector for each distance: Shaw
#
# Shaw et al. (2018) learn a vector $a_t$ for each distance $t$ and add it to the key:
#
# $$s_{ij}=\frac{q_i\cdot(k_j+a_{i-j})}{\sqrt{d_\text{head}}}.$$
#
# From the *clip* on, all distances of a side share one vector.
# (The paper counts $j-i$; we keep query minus key.)
#
# **Predict.** They trained translators, marked in BLEU (0 to 100), with a clip from 64 down to 1:
# before me, me, after me, and nothing else.

# %%
check.predict("clip", "From clip 64 to clip 1 the translation loses",
              ["less than 1 BLEU", "about 5 BLEU", "more than 10 BLEU"],
)

# %%
clips, bleu = [0, 1, 2, 4, 16, 64], [12.5, 25.5, 25.8, 25.9, 25.8, 25.9]
plots.lines({"Shaw": bleu}, x=clips, logx=True, xlabel="clip",
            ylabel="BLEU, English to German", ylim=(0, 30), size="small",
            alt="BLEU 12.5 at clip 0, then 25.5 at clip 1, flat to clip 64.",
)

# %%
check.claim("clip", "Shaw: one step of distance serves nearly as well as many",
            bleu[-1] - bleu[1], "<", 1,
            settles={"clip": "less than 1 BLEU"})

# %% [markdown]
# That is table 2 of the paper (newstest2013).
# Clip 0 is one vector for all: no order.
# *Some* order is worth 13 points there; which distance exactly, almost nothing.
# One guess: who knows the neighbours can pass news along, layer by layer.

# %% [markdown]
# **Exercise 1** · difficulty 3 of 5 · 10 minutes
#
# Write the scores $s_{ij}$ of this section, root included, for one head.
# Row `clip + t` of `table` is $a_t$, for $t$ from `-clip` to `clip`.
# With three words and `clip=1` the rows to look up are
# `[[1, 0, 0], [2, 1, 0], [2, 2, 1]]`.
#
# <details><summary>Hint</summary>
#
# Clip the matrix of distances, add `clip`, and `table[rows]` is `(n, n, dh)`.
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
# What the vectors add is a bias, but one that the *query* reads out:
# the distance alone decides only where all queries are the same.
# Section 8 needs that.

# %%
shaw = posenc.build("shaw", posenc.Dims(d_model=16, n_heads=1), clip=2)
queries = random(8, 16, seed=2)
one, own = (shaw.bias(q[None, None], q, p, p)[0, 0].detach()  # (q, k)
            for q in (queries[:1].expand(8, 16), queries))
check.claim("one query", "Shaw: with one query everywhere, distance decides",
            share_of_distance(one), ">", 1 - 1e-9)
check.claim("shaw", "with a query of its own at each place, it does not",
            share_of_distance(own), "<", 0.9)

# %% [markdown]
# ## 4 · A number for each bucket: T5
#
# T5 (Raffel et al. 2020) drops the vector: one learned *number* for each head and distance.
# Far distances share a bucket.
# A decoder has 32 buckets, and $t$ falls into
#
# $$\begin{cases}t & t<16\\
# 16+\left\lfloor16\,\dfrac{\ln(t/16)}{\ln(128/16)}\right\rfloor,
# \text{ at most }31 & t\ge16\end{cases}$$
#
# Keys after the query (distance below 0) are masked anyway; they get bucket 0.

# %%
check.predict("bucket", "The nearest distances that share a bucket are",
              ["8 and 9", "16 and 17", "64 and 65"])

# %%
t = torch.arange(161)
buckets = {
    "decoder, 32 buckets": functional.t5_bucket(t),
    "encoder, 16 a side": functional.t5_bucket(t, causal=False),
}
plots.lines(buckets, x=t, xlabel="distance, in words", ylabel="bucket",
            alt="Buckets climb one a word, up to 16 or 8, then ever more "
                "slowly, and stay at 31 or 15 from 113 and 91 on.",
)

# %%
decoder = buckets["decoder, 32 buckets"]
check.claim("exact", "T5: below sixteen each distance has its own bucket",
            decoder[:17].diff(), "==", 1)
check.claim("shared", "sixteen and seventeen share one",
            decoder[17] - decoder[16], "==", 0,
            settles={"bucket": "16 and 17"})
[int((decoder == b).nonzero()[0]) for b in range(16, 32)]

# %% [markdown]
# These are the first distances of the shared buckets.
# From 113 on all is one bucket: at length 100 000 no distance is new.
#
# An encoder gives half of its buckets to each side, so its exact ones end at 7.

# %% [markdown]
# **Exercise 2** · difficulty 3 of 5 · 10 minutes
#
# Write the decoder's buckets, for whole distances of any sign.
# `[-2, 0, 15, 16, 19, 113, 900]` gives `[0, 0, 15, 16, 17, 31, 31]`.
#
# <details><summary>Hint</summary>
#
# `torch.where` computes both sides: keep the logarithm from 0 with `.clamp(min=16)`.
# `.long()` rounds down what is above 0.
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

# %% [markdown]
# ## 5 · A number given: ALiBi
#
# Press et al. (2022) fix the bias before training.
# A score loses $m$ points for each word of distance: $-m\,(i-j)$, in an encoder $-m\,|i-j|$.
# Only the slope $m$ differs between heads:
# with $H=8$ or 16 heads, $m_h=2^{-8h/H}$ for $h=1,\dots,H$.
#
# When all words are alike, how far does a head see?
# Move `head`, or compare the pictures.


# %%
def look(n_heads, head, form):
    slope = functional.alibi_slopes(n_heads)[head - 1].double()
    t = torch.arange(-32, 33)
    scores = -slope * t.abs()
    if form == "decoder":
        scores = scores.where(t >= 0, -torch.inf)
    share = scores.softmax(0)
    return plots.lines(
        {f"slope {slope:.4f}": share}, x=t, xlabel="distance of the key",
        ylabel="weight", ylim=(0, 0.55), alt=f"Head {head} of {n_heads} gives "
        f"{100 * share[t.abs() <= 8].sum():.0f} % to words within 8.")


widgets.explore(look, stills=[{"head": 4}, {"head": 8}], n_heads=[8, 16],
                head=(1, 8, 1), form=["encoder", "decoder"],
                labels={"n_heads": "number of heads"})

# %% [markdown]
# Of 8 heads the first looks at neighbours, the last over nearly everything.
# With 16 heads every second slope is new: first a steeper one, then one between each two of the 8.
#
# **Predict.** With 12 heads the published models do not take $2^{-8h/12}$.
# How does their slope go on after head 8?

# %%
check.predict("twelve", "With 12 heads, the slope of head 9 is",
              ["smaller than that of head 8", "larger than that of head 8"],
)

# %%
slopes = functional.alibi_slopes(12)
check.claim("twelve", "the ninth slope of twelve is larger than the eighth",
            slopes[8] / slopes[7], ">", 100,
            settles={"twelve": "larger than that of head 8"})
slopes

# %% [markdown]
# The paper speaks of one geometric series.
# The authors' code does otherwise: the 8 slopes of 8 heads,
# then every second slope of 16 heads until there are 12.
# BLOOM, a published model, follows the code.
# Which *set* of slopes is better is not measured here.

# %% [markdown]
# **Exercise 3** · difficulty 2 of 5 · 5 minutes
#
# Write the slopes for any number of heads, as published:
# `8 -> 1/2, 1/4, … 1/256`; `3 -> 1/16, 1/256, 1/4`
# (two of 2 heads, one of 4).
#
# <details><summary>Hint</summary>
#
# `2 ** (n.bit_length() - 1)` is the greatest power of two up to n.
# `series[::2]` begins with the first.
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

# %% [markdown]
# ### Why is there no distance in the code?
#
# The authors' code adds $+m\,j$: a number for the key, whoever asks.
# Is that a bug?
# $-m(i-j)=m\,j-m\,i$, and $m\,i$ is one constant for the whole row.
# Softmax does not see it.

# %%
past = apart >= 0
by_distance = (-0.5 * apart.abs()).where(past, -torch.inf).softmax(-1)
by_key = (0.5 * p.expand(8, 8)).where(past, -torch.inf).softmax(-1)
check.claim("key only", "under a causal mask a number for the key will do",
            (by_distance - by_key).abs(), "<", 1e-6)

# %%
seen = (-0.5 * apart.abs()).softmax(-1) - (0.5 * p.expand(8, 8)).softmax(-1)
check.claim("no mask", "without the mask it will not", seen.abs().max(), ">",
            0.3)

# %% [markdown]
# So the trick belongs to decoders.
# Copied into an encoder, it makes every word look towards the end of the text,
# and no error is raised.

# %% [markdown]
# **Exercise 4** · difficulty 2 of 5 · 5 minutes
#
# Write the decoder's bias for all heads, for queries and keys at *any* positions;
# `functional.alibi_slopes(n_heads)` has the slopes.
# With 2 heads (slopes 1/16 and 1/256), one query at 9 and keys at 7 and 9 it is
# `[[[-1/8, 0]], [[-1/128, 0]]]`: that is $-m(i-j)$.
# For keys after the query write what the formula gives; the mask hides them.
#
# The form $+m\,j$ has other numbers, and is accepted, too: with ≈ in place of ✓.
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

# %% [markdown]
# ## 6 · An input that stays in bounds: FIRE
#
# At length 100 000 the slope 1/2 subtracts up to 50 000 points: a number never met in training.
# FIRE (Li et al. 2023) feeds a small learned network with
#
# $$\frac{\psi(i-j)}{\psi(\max(L,i))},\qquad\psi(x)=\ln(1+c\,x),$$
#
# which stays within 0 and 1.
# $L$ and $c$ are learned; here $L=16$ and $c=1$.


# %%
def fire_input(i, distance, L=16):
    i, distance = torch.as_tensor(i).double(), torch.as_tensor(distance)
    return distance.log1p() / i.clamp(min=L).log1p()


i = 2 ** torch.arange(6, 18)
plots.lines({f"distance {t}": fire_input(i, t) for t in (1, 8, 64)}, x=i,
            logx=True, xlabel="position of the query i", ylim=(0, 1.05),
            ylabel="what the network gets",
            alt="1, 8 and 64 words back: three falling curves between 0 and "
                "1; the same distance is less and less.")

# %%
check.claim("bounded", "FIRE's input stays within one, in very long texts",
            fire_input(100_000, torch.arange(100_001)), "<=", 1)
check.claim("not distance alone", "but the same distance is another input",
            fire_input(64, 8) - fire_input(65_536, 8), ">", 0.2)

# %% [markdown]
# The price: a distance is no longer one number.
# FIRE's bias is not Toeplitz, it knows where the query stands,
# and this formula, without distances below 0, is for decoders.

# %% [markdown]
# ## 7 · What a symmetric bias cannot tell
#
# ALiBi in an encoder is $-m\,|i-j|$: the same to the left and to the right.
# Read a text backwards.
# All distances keep their size, so every word sees the same words equally far away.

# %%
mirror = {}
for name in ("alibi", "t5"):
    task = posenc.TASKS["back1"]
    net = training.task_model(name, task).double()
    tokens, _ = task.sample(4, 12, torch.Generator().manual_seed(0))
    backwards = net(tokens.flip(1)).flip(1)
    mirror[name] = (net(tokens) - backwards).detach().abs().max()

# %%
check.claim("mirror", "ALiBi: the text backwards gives the answers backwards",
            mirror["alibi"], "<", 1e-12)
check.claim("no mirror", "T5 with its two sides does not", mirror["t5"], ">",
            0.1)

# %% [markdown]
# Whatever the weights, and however many layers: each layer keeps the symmetry.
#
# **Predict.** Now ask for the letter to the *left* (`back1`).
# Of 10 letters, chance is 10 %.
# What can the best symmetric model reach?

# %%
check.predict("symmetric",
              "On back1, in a long text, a symmetric bias reaches at most",
              ["chance", "a little over half", "100 %"])

# %%
lengths, short = (4, 6, 8), training.Setting(steps=150, length=8)
left = training.compare(["alibi", "t5"], "back1", seeds=3, lengths=lengths,
                        setting=short)

# %% tags=["trained"]
plots.lines(left, x=lengths, percent=True, chance=0.1, ylim=(0, 1.05),
            xlabel="words in the text", ylabel="left letter named",
            alt="T5 near 100 %; ALiBi, with its symmetric bias, falls from "
                "about 60 to 40 %, far above chance.")

# %% [markdown]
# Why does ALiBi get no further?
# Say it answers "left" rightly at place $i$ of a text.
# Read backwards, at the mirrored place, it gives the same answer; but there left is the
# old right.
# Both are right only if both neighbours are equal (1 in 10).
# So over each such pair of places it scores at most $(1+0.1)/2=55\,\%$.
# Only the last word has no right neighbour to be mistaken for.
# This is the ceiling for 4, 6 and 8 words:

# %%
# back1 asks n - 1 words; all but the last have two neighbours.
mirrored = torch.tensor([(0.55 * (n - 2) + 1) / (n - 1) for n in lengths])
mirrored

# %%
check.claim("ceiling", "ALiBi in an encoder stays below the mirror's ceiling",
            left["alibi"] - mirrored, "<", 0.03, seeds=3,
            settles={"symmetric": "a little over half"})
check.claim("half", "but far above chance", left["alibi"], ">", 0.3, seeds=3)
check.claim("T5 left", "T5 with its two sides tells left from right",
            left["t5"], ">", 0.75, seeds=3)

# %% [markdown]
# By the mirror, ALiBi names the later neighbour as often as the earlier.
# More training might bring it nearer to the ceiling; no weights bring it over.
#
# In a decoder the mask hides the right side, and so breaks the mirror by itself.

# %%
causal = model.Transformer(posenc.build("alibi"), vocab_size=11).double()
there, back = causal(tokens), causal(tokens.flip(1)).flip(1)
check.claim("mask", "under a causal mask ALiBi has no mirror",
            (there - back).detach().abs().max(), ">", 0.1)

# %% [markdown]
# ## 8 · What a bias cannot fetch
#
# Task `index`: the first token names a place, and asks what stands there.
# *Where to look* now depends on a **word**: the term $e^\top Mc'$ of section 1.
# T5 has dropped it.
# Shaw has kept a form of it: the query reads the vectors out.
#
# **Predict.** All 11 letters are the same.
# We change the first token from "place 3" to "place 9".
# How do the letters share the weight that T5 gives them?

# %%
check.predict("fetch", "When another place is named, the letters' shares",
              ["move to that place", "do not change at all", "spread out"],
)

# %%
setting = training.Setting(steps=140, lr=0.02, length=12)
trained = {
    name: [training.train_on_task(name, "index", seed=seed, setting=setting)
           for seed in range(3)]
    for name in ("t5", "shaw", "sinusoidal")
}

# %%
names = 10 + torch.arange(1, 12)  # the tokens "place 1" … "place 11"
place_texts = torch.full((11, 12), 7)
place_texts[:, 0] = names  # one text a name, all letters alike


def where_it_looks(net):
    _, weights = net(place_texts, return_weights=True)
    on_letters = weights[0, :, :, 0, 1:].detach()  # (name, h, k)
    return on_letters / on_letters.sum(-1, keepdim=True)


# %% tags=["trained"]
looks = {name: where_it_looks(nets[0]).mean(1)
         for name, nets in trained.items()}
plots.heatmaps(looks, x=range(1, 12), y=range(1, 12), xlabel="letter at place",
               ylabel="place named", label="share",
               alt="T5: every row is the same. Shaw: a bright diagonal, the "
                   "named place. Sinusoidal: a diagonal too, blurred.")

# %%
moved = [(where_it_looks(net) - where_it_looks(net)[:1]).abs().max()
         for net in trained["t5"]]
check.claim("fetch", "T5: whatever place is named, the shares stay",
            torch.stack(moved), "<", 1e-5, seeds=3,
            settles={"fetch": "do not change at all"})

# %% [markdown]
# For one layer no training can change that.
# Alike letters have alike keys, so a name adds the same to all their scores.
# What is left is the bias, and the bias has not read the name.
# Shaw's rows are nearly all brightest at the named place; the sinusoids blur it.
#
# And on texts with all kinds of letters?

# %% tags=["trained"]
task = posenc.TASKS["index"]
right = {name: torch.tensor([training.accuracy(net, task, 12) for net in nets])
         for name, nets in trained.items()}
plots.dots(right, xlabel="named letter right, 12 words", percent=True,
           chance=0.1, alt="T5 at about 20 %, Shaw near 100 %; the three "
           "sinusoidal seeds lie between, far apart.")

# %%
texts, asked = task.sample(4096, 12, torch.Generator().manual_seed(0))
counting = (texts[:, 1:].mode().values == asked[:, 0]).double().mean()
check.claim("T5 fetch", "T5 hardly beats naming the most frequent letter",
            right["t5"] - counting, "<", 0.1, seeds=3)
check.claim("Shaw fetch", "Shaw fetches the named letter", right["shaw"], ">",
            0.7, seeds=3)

# %%
best = right["sinusoidal"].max()
check.claim("sinusoidal fetch", "sinusoids can fetch it: their best seed does",
            best - counting, ">", 0.15, seeds=3)

# %% [markdown]
# A toy of one layer, 140 steps, 3 seeds; the sinusoidal ones differ most.
# That T5's *answers* fail is measured, not proved: a blur of all letters might be decoded,
# and a second layer might first write distances into the words.

# %% [markdown]
# ## 9 · Encoder or decoder?
#
# "Can fetch": can a named place move the shares, in one layer?
# ALiBi's bias and FIRE's read no word either, so the proof is the same.

# %%
COLUMNS = ("relative", "left from right", "can fetch", "learned")
TOLD = {
    "t5": (True, "yes", False, "yes"),
    "alibi": (True, "decoder only", False, "no"),
    "fire": (False, "decoder only", False, "yes"),
    "shaw": (True, "yes", True, "yes"),
    "sinusoidal": (False, "yes", True, "no"),
}
ticks = {name: dict(zip(COLUMNS, TOLD[name], strict=True)) for name in TOLD}
plots.tick_table(ticks, alt="Only Shaw is relative, tells left from right and "
                 "can fetch; ALiBi and FIRE need a decoder.")

# %% [markdown]
# ALiBi's paper is about decoders:
# 1.3 billion parameters, trained at 1024 tokens and tested at 2048,
# equal a sinusoidal model trained at 2048 (abstract).
#
# Shaw's vectors pay for their ticks:
# a learned table, clipped, which every query must read for every key.
# Can the distance act on queries and keys without any table?
# That is 07.

# %% [markdown]
# ## What you can now do
#
# - Split a score into four terms and say which a scheme keeps.
# - Write Shaw's vectors, T5's buckets, and ALiBi's slopes and bias, also for 12 heads.
# - Prove by mirroring a text, or by changing one word, what a bias cannot do.

# %% [markdown]
# ## References
#
# - P. Shaw, J. Uszkoreit, A. Vaswani 2018, *Self-Attention with Relative Position
#   Representations*, arXiv 1803.02155: equation of section 3, BLEU by clipping distance
#   (table 2). Its vectors for the values are left out here.
# - C. Raffel et al. 2020, *Exploring the Limits of Transfer Learning with a Unified
#   Text-to-Text Transformer*, arXiv 1910.10683, section 2.1; bucket formula as in the T5 of `transformers`.
# - O. Press, N. Smith, M. Lewis 2022, *Train Short, Test Long: Attention with Linear Biases
#   Enables Input Length Extrapolation*, arXiv 2108.12409: slopes, abstract. The rule for
#   12 heads and $+m\,j$: the authors' code, `fairseq/models/transformer.py` in
#   [attention_with_linear_biases](https://github.com/ofirpress/attention_with_linear_biases);
#   BLOOM: `modeling_bloom.py` in `transformers`.
# - S. Li et al. 2023, *Functional Interpolation for Relative Positions Improves Long Context
#   Transformers*, arXiv 2310.04418: FIRE.
