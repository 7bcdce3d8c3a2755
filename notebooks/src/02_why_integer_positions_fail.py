# %% [markdown]
# # 02 · Why not just number the words?
#
# Needs: 01 · 35 minutes, exercises apart · CPU
#
# Word 0, word 1, word 2: add the number to the word's vector, and order is in.
# Everybody has this idea first, and nearly everybody is told that it fails.
# It does not simply fail.
#
# After this notebook you can …
#
# - **show** what no attention head can do with one number a word,
# - **compute** what a norm leaves of a big number, and of the word beside it,
# - **judge** any code of positions by six requirements, each with a test.

# %%
import torch

import posenc
from posenc import analysis, check, plots, training, widgets

# %% [markdown]
# ## 1 · One number draws a straight line
#
# Let a head see nothing of each word but its number, and a constant 1.
# Its weights $a, b, c, e$ make of them the query of word $i$ and the key of word $j$:
#
# $$\text{score}(i, j) = (a + b\,i)\,(c + e\,j).$$
#
# We ask of the head the simplest job: **look at the word before you.**

# %%
check.predict(
    "one number",
    "With one number a word, every word of nine can look most at",
    ["the word before it", "the first or the last word", "any word you like"],
)

# %% [markdown]
# Try it.
# In row $i$ the $c$ adds $(a + b\,i)\,c$ to every score alike, and softmax ignores that.
# So the row is $(a + b\,i)\,j$, with $e = 1$.
# Which $a$ and $b$ give the lines of words 2, 5 and 8 their tops at 1, 4 and 7?
# Move the sliders, or compare the pictures.


# %%
def draw(a, b, n=9):
    j = torch.arange(n, dtype=torch.float64)
    lines = {f"word {i}": (a + b * i) * j for i in (2, 5, 8)}
    return plots.lines(lines, j, xlabel="key j", ylabel="score",
                       marks={f"word {i}": i - 1 for i in (2, 5, 8)},
                       alt="Looks most: " + ", ".join(
                           f"{word} at {y.argmax() if y.std() else 'no one'}"
                           for word, y in lines.items()) + "; wanted: 1, 4, 7")


widgets.explore(draw, a=(-8, 8, 1, 4), b=(-2, 2, 1, -1),
                stills=[{"a": 6, "b": -1}, {"a": -4, "b": 1}])

# %% [markdown]
# Other $a$ and $b$ turn the lines, and that is all they do.
# A straight line has its top at an end: the first word or the last.

# %% [markdown]
# Is our head too small to count?
# Take a full one: width 64, random weights, the number along *any* direction.
# All words are the same, so that only positions differ.


# %%
def random_head(direction, n=9):
    p = torch.arange(n, dtype=torch.float64)[:, None]
    word = torch.randn(64, dtype=torch.float64)
    W_q, W_k = torch.randn(2, 64, 16, dtype=torch.float64) / 8
    x = word + p * direction  # (n, d)
    return (x @ W_q) @ (x @ W_k).T  # (q, k)


# %%
torch.manual_seed(0)
scores = random_head(torch.randn(64, dtype=torch.float64))
bend = scores.diff(n=2, dim=1)  # how much the slope changes: 0 on a line

check.claim("line", "a head's scores are a straight line over the keys",
            bend.abs().max() / scores.abs().max(), "<", 1e-12,
            settles={"one number": "the first or the last word"})

# %% [markdown]
# With different words each score also has a part for the words.
# The part for the *number* stays a line, in every head.
# More heads are more lines.
# Only what *bends* the number could help; section 6 meets such a thing.

# %% [markdown]
# **Exercise 1** · difficulty 2 of 5 · 5 minutes
#
# Write `previous_word_weights(n)`: for $n$ words return `(a, b, c, e)` with which
# every word but word 0 scores strictly highest at the word before it.
# Where no weights do this, return instead the number of the first word that none can serve.
#
# For example, with 2 words only word 1 has a wish: `score(1, 0) > score(1, 1)`.
#
# <details><summary>Hint</summary>
# Of which two scores is word 1's the mean?
# For whom does that matter first?
# </details>


# %% tags=["exercise"]
def previous_word_weights(n):
    """n words -> (a, b, c, e), or the first word that cannot be served"""
    ### BEGIN SOLUTION
    if n <= 2:
        return 1, 0, 0, -1  # the score is -j: prefer the first word
    return 2  # it wants word 1, whose score is the mean of 0's and 2's
    ### END SOLUTION


check.previous_word_weights(previous_word_weights)

# %% [markdown]
# Word 1 scores *the mean* of words 0 and 2, and a mean is never the largest.

# %% [markdown]
# ## 2 · Two numbers draw a parabola
#
# What shape would serve?
# One with its top at $i - 1$:
#
# $$-\bigl(j-(i-1)\bigr)^2 = \underbrace{2(i-1)\,j - j^2}_{\text{query}\,\cdot\,\text{key}}
# \;-\;(i-1)^2 .$$
#
# The last term is one constant a row: softmax ignores it.
# The rest is the query $(2(i-1),\,-1)$ times the key $(j,\,j^2)$.
# So give each word two numbers, $p$ and $p^2$.


# %%
def look_one_back(n):
    p = torch.arange(n, dtype=torch.float64)
    query = torch.stack((2 * (p - 1), -torch.ones_like(p)), 1)  # (n, 2)
    key = torch.stack((p, p**2), 1)  # (n, 2)
    return query @ key.T  # (q, k)


plots.attention(look_one_back(9).softmax(-1),
                alt="Each word looks most at the word before it")

# %%
missed = look_one_back(64)[1:].argmax(1) - torch.arange(63)

check.claim("parabola", "with p and p², every word looks at the one before",
            missed.abs(), "==", 0)

# %% [markdown]
# The number alone cannot find the neighbour; the number *and its square* can.
# The price: a code that grows without bound.
# In half precision, float16, numbers end at 65 504.

# %%
check.predict(
    "half precision",
    "In float16, p² is infinite from word … on",
    ["256", "4 096", "65 505"],
)

# %%
p = torch.arange(300, dtype=torch.float16)
finite = p.square().isfinite().sum()

check.claim("overflow", "in float16 the squares end within the first page",
            finite, "==", 256, settles={"half precision": "256"})

# %% [markdown]
# ### Search all heads at once
#
# For other codes we shall not find weights by hand, or prove that there are none.
# `analysis.best_head(code, k)` searches: it returns the share of words
# that one head can make look $k$ back.
# The search is convex: it goes down in a bowl and cannot get stuck.
# So **less than 1 means that no weights serve all.**

# %%
p = torch.arange(16.0)[:, None]
both = torch.cat((p, p**2), 1)  # (n, 2)

check.claim("search", "p and p²: a head can look one back, and three",
            [analysis.best_head(both, k) for k in (1, 3)],
            "==", 1)
check.claim("no head", "p alone: no head can, nor with half steps",
            [analysis.best_head(q) for q in (p, p / 2)], "<", 1)

# %% [markdown]
# A line in smaller units is a line: 0, ½, 1, … fail as well, though they are not whole.

# %% [markdown]
# **Exercise 2** · difficulty 3 of 5 · 8 minutes
#
# Write `look_back(k)`: two matrices `W_q, W_k` of shape `(3, m)`, $m$ of your choice.
# The codes are rows $(1, p, p^2)$; the scores are `(x @ W_q) @ (x @ W_k).T`.
# Every word $i \ge k$ must score highest at word $i - k$.
#
# For $k = 1$ the query is $(2i - 2,\,-1)$ and the key $(j,\,j^2)$, as above.
#
# <details><summary>Hint</summary>
# Row 0 of a matrix is multiplied by 1, row 1 by p, row 2 by p².
# Put the top of the parabola at i − k.
# </details>


# %% tags=["exercise"]
def look_back(k):
    """k -> W_q, W_k, each (3, m), for codes 1, p, p²"""
    ### BEGIN SOLUTION
    W_q = torch.tensor([[-2.0 * k, -1], [2, 0], [0, 0]])  # 2(i - k), -1
    W_k = torch.tensor([[0.0, 0], [1, 0], [0, 1]])  # j, j²
    return W_q, W_k
    ### END SOLUTION


check.look_back(look_back)

# %% [markdown]
# ## 3 · A big number and a norm do not go together
#
# Back to the plain number, now inside a model.
# Add it to each of the 64 channels: word 7 gets a 7 everywhere.
# A block of GPT-2 begins with LayerNorm.

# %%
check.predict(
    "broadcast",
    "Of a 7 added to every channel, LayerNorm lets through",
    ["all of it", "a little", "nothing"],
)

# %%
norm = torch.nn.LayerNorm(64, dtype=torch.float64)
words = torch.randn(256, 64, dtype=torch.float64)  # (n, d)
difference = (norm(words + 7) - norm(words)).abs().max()

check.claim("erased", "LayerNorm erases a number added to every channel",
            difference, "<", 1e-12,
            settles={"broadcast": "nothing"})

# %% [markdown]
# Nothing.
# LayerNorm subtracts from each word the mean of its channels,
# and a number in *all* channels is part of that mean:
#
# $$\mathrm{LN}(x + p\,\mathbf 1)
# = \frac{x + p\,\mathbf 1 - (\bar x + p)\,\mathbf 1}{\sigma(x)} = \mathrm{LN}(x).$$

# %% [markdown]
# The number lives on in the sum that skips the norm, but blocks and output read that sum through a norm.
# So we need not train this model: it *is* the model without positions, whatever its weights.
# Here are both, of the same weights, on texts that section 6 will use.

# %%
task = posenc.TASKS["back1"]
tokens, _ = task.sample(4, 16, torch.Generator().manual_seed(0))
numbered = training.task_model("integer", task).double()
without = training.task_model("none", task).double()
difference = (numbered(tokens) - without(tokens)).abs().max()

check.claim("same model", "numbered in every channel = not numbered at all",
            difference, "<", 1e-9)

# %% [markdown]
# **Other norms do not save it.**
# RMSNorm subtracts no mean, so the 7 stays.
# But it divides by the length of the sum, which is now mostly 7.
# And a number in *one* channel escapes LayerNorm's mean, but not its division.
#
# How much of the words is left at word $p$?


# %%
def one_channel(p):
    x = words.clone()
    x[:, 0] += p
    return norm(x)  # (n, d)


def every_channel_rms(p):
    return torch.nn.functional.rms_norm(words + p, (64,))


places = (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000)

# %%
check.predict(
    "half",
    "In one channel of 64, half of the words' spread is gone at word",
    ["14", "140", "1 400"],
)


# %%
def left(f):
    return [f(p)[:, 1:].std() / f(0)[:, 1:].std() for p in places]


plots.lines(
    {"one channel, LayerNorm": left(one_channel),
     "every channel, RMSNorm": left(every_channel_rms)},
    places, logx=True, percent=True, ylim=(0, 1.02), levels={"half": 0.5},
    xlabel="position p", ylabel="what is left of the words",
    alt="In one channel half is gone by 14; under RMSNorm by 2",
)

# %% [markdown]
# The norm makes room for the big number by shrinking the word beside it:
# by $1/\sqrt{1+p^2/d}$ in one channel, by $1/\sqrt{1+p^2}$ in all.
# That is for words of spread 1.
# Half is left where $p = \sqrt{3d}$: at 14 for 64 channels, at 48 for 768; smaller words drown sooner.

# %%
p = torch.tensor(places, dtype=torch.float64)
measured = torch.stack(left(one_channel))
by_formula = 1 / (1 + p**2 / 64).sqrt()

check.claim("squashed", "the formula for one channel is right within 3 %",
            (measured / by_formula - 1).abs(), "<", 0.03)
check.claim("half left", "at the square root of 3 d about half is left",
            (one_channel(14)[:, 1:].std() - 0.5).abs(), "<", 0.05,
            settles={"half": "14"})

# %% [markdown]
# **And with the norm after the block (post-norm), as in 2017?**
# There the first block meets the sum as it is, big number and all.
# Its scores hold the product of two positions. What does softmax make of the scores of word 31, before any training?

# %%
tokens = torch.randint(10, (8, 32))


def largest_weight(name):
    post = posenc.Transformer(posenc.build(name), vocab_size=10,
                              causal=False, norm="post")
    _, weights = post(tokens, return_weights=True)
    return weights[0, :, :, 31].amax(-1).median()  # layer 0, word 31


check.claim("numbered", "post-norm: word 31 sees a single word",
            largest_weight("integer"), ">", 0.9)
check.claim("unnumbered", "… and without numbers it sees several",
            largest_weight("none"), "<", 0.6)

# %% [markdown]
# The line of section 1, too steep to see more than one word.
#
# Three causes, then: the number is a *line*; bent into shape it *grows*;
# and what is big does not pass a *norm* together with a word.

# %% [markdown]
# ## 4 · Divide by the length?
#
# `p / L` stays between 0 and 1, and no norm suffers.
# $L$ is the number of words in the text.
# Now a model writes: a text of 10 words gets an eleventh.

# %%
check.predict(
    "one more word",
    "Codes of the ten old words that change",
    ["none", "the last one's", "all but the first's"],
)


# %%
def code_of(name, n, d=64):
    zeros = torch.zeros(1, n, d, dtype=torch.float64)
    encoding = posenc.build(name)
    return encoding.embed(zeros, torch.arange(n))[0]  # (n, d)


# %%
old, new = code_of("normalized", 10), code_of("normalized", 11)[:10]
changed = (old != new).any(1).sum()

check.claim("rewritten", "one more word changes every code but the first",
            changed, "==", 9,
            settles={"one more word": "all but the first's"})

# %% [markdown]
# Every new word rewrites the past.
# Keys and values kept from earlier steps are wrong, so nothing can be cached:
# each step of a generation starts again from word 0.
#
# And one step means another thing in every text: a tenth here, a thousandth there.

# %% [markdown]
# **"Then divide by a fixed length, and pad."**
# Then nothing is rewritten, and we are back at the plain number in smaller units: a line.
# With $L = 5000$ two neighbours differ by 0.0002, beside words of size 1;
# and word 5001 is outside again.

# %% [markdown]
# **Exercise 3** · difficulty 2 of 5 · 5 minutes
#
# Write the test: `same_in_every_text(code)`.
# `code(n)` returns the codes of a text of $n$ words, shape `(n, d)`.
# Return `True` if a longer text leaves the codes of the earlier words as they are,
# for texts of up to 20 words; else `False`.
#
# For $p/L$: `code(2)` is $(0, \tfrac12)$ and `code(3)` begins $(0, \tfrac13)$: `False`.
#
# <details><summary>Hint</summary>
# Compare each text with the beginning of one long text, every row and every channel.
# </details>


# %% tags=["exercise"]
def same_in_every_text(code):
    """code(n) -> (n, d); True if longer texts keep the earlier codes"""
    ### BEGIN SOLUTION
    longest = code(20)
    return all(torch.equal(code(n), longest[:n]) for n in range(1, 20))
    ### END SOLUTION


check.same_in_every_text(same_in_every_text)

# %% [markdown]
# ## 5 · More channels: one each, or digits
#
# There are 64 channels, and we have used one.
# **One-hot** gives each position a channel of its own.
# **Binary** writes the number in digits, one a channel, the fastest digit first.

# %% tags=["large"]
digits = code_of("binary", 16)[:, :4]

plots.heatmap(digits.T, xlabel="position p", ylabel="digit", values=True,
              alt="From 7 to 8 all four digits change")

# %% [markdown]
# Both are bounded, both are the same in every text.
# One-hot has a longest text, and says so:

# %% tags=["raises-exception"]
code_of("onehot", 65)

# %% [markdown]
# One-hot is strong where it reaches: one matrix, with ones beside its diagonal, shifts every code by one.
# But each entry is a weight of its own: what is learned for word 20 says nothing about word 21.
#
# And binary? Search its heads.

# %%
check.claim("one-hot", "one-hot: a head can look one back, and three",
            [analysis.best_head(code_of("onehot", 16), k) for k in (1, 3)],
            "==", 1)
check.claim("binary", "binary: no head can look one back",
            analysis.best_head(digits), "<", 1)

# %% [markdown]
# Why not?
# The codes are all patterns of 0 and 1. The best key has its 1s where the query is positive, so the query's signs must spell $i-1$.
# Digit 1 of $i-1$ is 1 exactly when digits 0 and 1 of $i$ are equal: compare the columns above.
# "Equal or not" is XOR, which no single linear layer can compute
# (Minsky and Papert 1969), and a query is one linear layer.

# %% [markdown]
# ## 6 · What a model makes of them
#
# One head is not yet a model.
# Train small ones: 1 layer, 4 heads, width 32, pre-norm, 300 steps, texts of 4 to 16 words.
#
# - `before`: does A come *before* B?
# - `back1`: which letter stands *one place to the left*?
#
# The number goes into one channel, where LayerNorm lets it pass.

# %%
check.predict(
    "two tasks",
    "A model with p in one channel solves",
    ["neither", "before, not back1", "back1, not before", "both"],
)

# %% tags=["trained"]
before = training.compare(["integer_channel"], "before", lengths=(16,))
models = {
    name: [training.train_on_task(name, "back1", seed=s) for s in range(3)]
    for name in ("integer_channel", "onehot", "binary")
}

# %% [markdown]
# Chance on `back1` is 10 %, but a model that knows no order at all does better:
# it names the letter that is most frequent in the text.
# That is the level to beat, called *counting letters* in the pictures.
# One-hot and binary are asked `back1` only.

# %%
tokens, _ = task.sample(2000, 16, torch.Generator().manual_seed(1))
counts = torch.nn.functional.one_hot(tokens).sum(1)  # (b, letters)
counting = (counts.amax(1) / 16).double().mean().item()

# %% tags=["trained"]
back1 = {
    name: [training.accuracy(model, task, 16) for model in models[name]]
    for name in models
}
plots.dots(
    {"before": {name: rows[:, 0] for name, rows in before.items()},
     "back1": {**back1, "counting letters": [counting]}},
    xlabel="right, at 16 words", percent=True,
    chance={"before": 0.5, "back1": 0.1},
    alt="The number solves `before`; only one-hot solves `back1`",
)

# %% tags=["trained"]
check.claim("earlier", "p in one channel solves `before`",
            before["integer_channel"][:, 0], ">", 0.9, seeds=3)
check.claim("how many", "p in one channel does not solve `back1`",
            back1["integer_channel"], "<", 0.75, seeds=3,
            settles={"two tasks": "before, not back1"})
check.claim("one-hot learns", "one-hot does",
            back1["onehot"], ">", 0.95, seeds=3)

# %% [markdown]
# The number says *earlier*. It does not say *how many earlier*.
#
# But the number does better than counting, though a line sees only ends,
# and so does binary, though no head can do it.
# *Where* do they get it right?

# %%
check.predict(
    "carry",
    "Binary digits: the left neighbour is hard to find for word",
    ["1", "8", "9"],
)


# %% tags=["trained"]
def right_by_place(model):
    tokens, targets = task.sample(256, 16, torch.Generator().manual_seed(2))
    with torch.no_grad(), training.one_thread():
        right = model(tokens).argmax(-1) == targets  # (b, n)
    return right[:, 1:].float().mean(0)  # of words 1 … 15


by_word = {
    n: torch.stack([right_by_place(m) for m in models[n]]) for n in models
}
plots.lines(
    {**by_word, "counting letters": [counting] * 15}, range(1, 16),
    xlabel="word", ylabel="left neighbour found",
    percent=True, ylim=(0, 1.05), chance=0.1,
    alt="One-hot is right everywhere, the number fades, binary drops at 8",
)

# %% tags=["trained"]
binary, number = by_word["binary"], by_word["integer_channel"]

check.claim("carry", "binary: word 8 finds its neighbour more rarely than 9",
            binary[:, 8] - binary[:, 7], ">", 0.05, seeds=3,
            settles={"carry": "8"})
check.claim("fades", "the number serves the first words better than the last",
            number[:, :5].mean(1) - number[:, -5:].mean(1), ">", 0.1,
            seeds=3)

# %% [markdown]
# Binary is worst where many digits flip at once, at 4, 8 and 12: from 7 to 8 all four, from 8 to 9 only one.
# Digits that *turned* instead of jumping would not have this trouble: keep that for notebook 03.

# %% [markdown]
# The plain number works for word 1 and fades.
# How can it, if a line sees only ends?
# LayerNorm *bends the line*.
# Follow one word through the norm, at positions 0, 1, 2, 4, ….

# %%
word = torch.ones(64, dtype=torch.float64)
word[1::2] = -1
word[:2] = 0  # mean 0, empty channel 0


def after_norm(p):
    channel_0 = torch.eye(64, dtype=torch.float64)[0]
    return norm(word + p[:, None] * channel_0).detach()  # (n, d)


# %%
p = torch.tensor([0, 1, 2, 4, 8, 16, 32, 64])
x = after_norm(p) / 8  # each of length 1
arc = torch.stack((x @ word / word.norm(), x[:, 0]), 1)
plots.path({"one word": arc}, labels=p.tolist(),
           xlabel="what is left of the word", ylabel="channel of the number",
           alt="A quarter circle, on which late positions crowd")

# %% [markdown]
# An arc!
# It has no line's limits: on an arc a place between the ends can be the top.

# %%
bent = after_norm(torch.arange(16))  # (n, d)
check.claim("arc", "after LayerNorm, a head could look one back",
            analysis.best_head(bent), "==", 1)

# %% [markdown]
# It could; in 300 steps it learned that in part, best for the first words.
# The arc is a quarter circle and no more: the later the words, the closer they crowd,
# and the less is left of the word itself.
#
# Keep the picture. What if an arc did not end?

# %% [markdown]
# ## 7 · Two claims on trial
#
# **A2: numbering fails because the numbers are *discrete*.**
# If so, half steps should have helped, and did not (section 2).
# And the most discrete code of all, one-hot, should fail worst. It solved the task.

# %%
check.verdict(
    "A2", "does not hold",
    because="One number is a *line* to a head, whole or not; p² bends it and "
    "grows without bound; and a norm erases a big number or drowns the word. "
    "One-hot, as discrete as can be, solves `back1` (toy size, 3 seeds).",
)

# %% [markdown]
# Codes of words are read at whole positions, all of them: "discrete" cannot tell a good one from a bad one.

# %% [markdown]
# **A6: numbering makes the model learn a *size order* that it does not need.**
# `before` needs just that order.
# The fair test is a task that needs none: `majority` asks which letter is more frequent.
# Is it harmed by the order? Try p, which grows, and p / L, which does not.

# %% tags=["trained"]
majority = training.compare(
    ["integer_channel", "normalized"], "majority", lengths=(16, 32),
    setting=training.Setting(steps=100),
)
plots.dots(
    {f"{n} words": {name: rows[:, i] for name, rows in majority.items()}
     for i, n in enumerate((16, 32))},
    xlabel="right", percent=True, chance=0.5,
    alt="Harmless at the trained length; at twice it p loses, p / L does not",
)

# %% tags=["trained"]
check.claim("harmless", "at the trained length neither number harms the vote",
            [rows[:, 0].min() for rows in majority.values()], ">", 0.9,
            seeds=3)
check.claim("growth harms", "at twice that length p costs more than p / L",
            majority["normalized"][:, 1] - majority["integer_channel"][:, 1],
            ">", 0.02, seeds=3)

# %%
check.verdict(
    "A6", "does not hold",
    because="Order is the information wanted, and `before` is solved by it. "
    "Where it is not wanted it does no harm at the trained length. What harms "
    "a longer text is the growth of p: p/L has the same order and loses "
    "nothing (toy size, 3 seeds).",
)

# %% [markdown]
# ## 8 · Six requirements
#
# What would we want of a code? Here each entry is a test.
# `code(n)` gives the codes of $n$ words.
# (A head reads the code as it is, with no norm before.)
# First three helpers: the norm, the search, a long text.


# %%
def told_apart(code):
    x = torch.linspace(-1, 1, 64, dtype=torch.float64).repeat(len(code), 1)
    x[:, :code.shape[1]] += code  # one word at every place
    return bool(analysis.nearest_rivals(norm(x)).distance.min() > 1e-6)


def looks_back(code):
    return all(analysis.best_head(code, k) == 1 for k in (1, 3))


def has_code(code, n):
    try:
        return len(code(n)) == n
    except ValueError:
        return False


# %%
def requirements(code):
    short, long = code(16), code(48)
    steps = torch.cat([c.diff(dim=0).norm(dim=1) for c in (short, long)])
    return {
        "bounded": bool(long.abs().max() < 2 * short.abs().max()),
        "told apart after LayerNorm": told_apart(long),
        "same code in every text": torch.equal(short, long[:16]),
        "a step is equally long": bool(steps.std() < 1e-9),
        "a head can look k back": looks_back(short),
        "no longest text": has_code(code, 1000),
    }


# %% tags=["large"]
def p_and_square(n):
    p = torch.arange(n, dtype=torch.float64)
    return torch.stack((p, p**2), 1)  # (n, 2)


names = ("integer", "integer_channel", "normalized", "onehot", "binary")
codes = {name: lambda n, name=name: code_of(name, n) for name in names}
codes["p and p²"] = p_and_square

table = {name: requirements(code) for name, code in codes.items()}
plots.tick_table(table, alt="No code has all six ticks")

# %%
check.claim("none has all", "no code meets all six requirements",
            [sum(row.values()) for row in table.values()], "<", 6)
columns = zip(*(row.values() for row in table.values()), strict=True)
check.claim("each is met", "each requirement is met by some code",
            [sum(column) for column in columns], ">", 0)

# %% [markdown]
# The next notebook asks for all six at once, and finds how little is then left to choose.

# %% [markdown]
# ## What you can now do
#
# - Say in one sentence why one number cannot find "the word before me": a mean is never the largest.
# - Compute what a norm leaves: nothing of a number in every channel; $1/\sqrt{1+p^2/d}$ of the words beside one in a single channel.
# - Give an honest answer to "do integers fail?": they say *earlier*, not *how many earlier*.
# - Put any code to six tests, and say which one it fails.

# %% [markdown]
# ## References
#
# - Jimmy Lei Ba, Jamie Ryan Kiros, Geoffrey Hinton, 2016. *Layer Normalization*. arXiv 1607.06450. The norm of sections 3 and 6.
# - Biao Zhang, Rico Sennrich, 2019. *Root Mean Square Layer Normalization*. arXiv 1910.07467. RMSNorm, and "re-centering" as the part that it leaves out.
# - Marvin Minsky, Seymour Papert, 1969. *Perceptrons*. MIT Press. XOR and the single layer.
# - The article of claims A2 and A6 (in Chinese): <http://www.kler.cn/a/539187.html>.
# - The question of section 4, as it was asked: <https://datascience.stackexchange.com/questions/123062>. It is right that padding to a fixed $L$ answers the usual objection, and section 2 says what remains.
