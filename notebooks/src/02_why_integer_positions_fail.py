# %% [markdown]
# # 02 · Why not just number the words?
#
# Needs: 01 · 30 minutes, exercises apart · CPU
#
# Token 0, token 1, token 2: add the number to the token's vector, and the order is in.
# Everybody has this idea first, and nearly everybody is told that it fails.
# It does not simply fail.
#
# After this lesson you can
#
# - **prove** what an attention head can and cannot do with one number per token,
# - **compute** what LayerNorm does to a large number and to the token beside it,
# - **judge** any positional encoding by six tests.

# %% [markdown]
# Two questions on lesson 01. Answer in your head, then unfold.
#
# **Recall 1** · You shuffle a text. What happens to the outputs of attention without positions and without a mask?
#
# <details><summary>Answer</summary>
#
# They are shuffled in the same way, and otherwise they do not change: attention is permutation-equivariant.
#
# </details>
#
# **Recall 2** · At which three places can position enter a Transformer?
#
# <details><summary>Answer</summary>
#
# At the embeddings, at the queries and keys, or at the scores. This lesson stays with the embeddings.
#
# </details>

# %%
import torch

import posenc
from posenc import analysis, check, plots, training, widgets

# %% [markdown] id="one-number"
# ## 1 · What can a head do with one number per token?
#
# A positional encoding adds a **position vector** to every token's embedding.
# **Integer positions** are the simplest encoding: a single number, the position itself.
#
# Suppose that a head sees nothing of a token but this number, and a constant 1.
# Its weights $a, b, c, e$ turn these into the query of token $i$ and the key of token $j$, whose product is the score:
#
# $$\text{score}(i, j) = (a + b\,i)\,(c + e\,j).$$
#
# We ask the head, without a mask, for the simplest job: **every token attends most to the token before it.**

# %%
check.predict(
    "one number",
    "You choose the weights for nine tokens. How many of the queries 2, 5 "
    "and 8 can you make attend most to the token before?",
    ["all three", "one at a time", "not one"],
    kind="reason",
    beliefs={"all three": "datascience.stackexchange.com/questions/110180, an "
             "answer: a model learns it from the difference of positions",
             "one at a time": "no source found"},
)

# %% [markdown]
# Try it.
# In row $i$, the weight $c$ adds $(a + b\,i)\,c$ to every score, and softmax ignores a constant per row.
# So we may set $c = 0$. The weight $e$ only scales $a$ and $b$, so we may set $e = 1$, and the scores of query $i$ are $(a + b\,i)\,j$.
# Rings mark the keys that queries 2, 5 and 8 want: 1, 4 and 7.
# Can any $a$ and $b$ make a ring the top of its line?
# Move the sliders, or compare the figures (code that only draws is folded).


# %% jupyter={"source_hidden": true}
def draw(a, b, n=9):
    j = torch.arange(n, dtype=torch.float64)
    lines = {f"query {i}": (a + b * i) * j for i in (2, 5, 8)}
    above = [f"{int((y > y[i - 1]).sum())} for query {i}"
             for i, y in zip((2, 5, 8), lines.values(), strict=True)]
    return plots.lines(lines, j, xlabel="key j", ylabel="score",
                       marks={f"query {i}": i - 1 for i in (2, 5, 8)},
                       alt="Of nine keys, these many score higher than the "
                           "wanted one: " + ", ".join(above))


widgets.explore(draw, a=(-8, 8, 1, 4), b=(-2, 2, 1, -1),
                stills=[{"a": 6, "b": -1}, {"a": -4, "b": 1}])

# %% [markdown]
# Now take heads of full size: width 64, random weights, the number added along *any* direction.
# All tokens are the same, so that only positions differ.


# %%
def random_head(direction, n=9):
    p = torch.arange(n, dtype=torch.float64)[:, None]
    token = torch.randn(64, dtype=torch.float64)
    W_q, W_k = torch.randn(2, 64, 16, dtype=torch.float64) / 8
    x = token + p * direction  # (n, d)
    return (x @ W_q) @ (x @ W_k).T  # (q, k)


# %%
torch.manual_seed(0)
directions = torch.randn(200, 64, dtype=torch.float64)
scores = torch.stack([random_head(u) for u in directions])  # (head, q, k)
bend = scores.diff(n=2, dim=2)  # how much the slope changes: 0 on a line
wins = scores[:, [2, 5, 8]].argmax(2) == torch.tensor([1, 4, 7])

check.claim("line", "plotted against the key, the scores of a query lie on a "
            "straight line if every token has one number",
            bend.abs().max() / scores.abs().max(), "<", 1e-12)
check.claim("no neighbour", "queries 2, 5 and 8 never attend most to the "
            "token before in 200 random heads that see one number per token",
            wins.sum(), "==", 0, settles={"one number": "not one"})

# %% [markdown]
# A straight line is highest at an end, so the highest score goes to the first token or to the last.
# Weights can only tilt the line, and more heads only give more lines.
#
# With different tokens, each score also has a part that depends on the tokens.
# The part that depends on the key's *position* stays a line.
# Only something that *bends* the line could help; section 6 finds an example.

# %% [markdown]
# **Exercise 1** · difficulty 2 of 5 · 5 minutes
#
# Write `previous_word_weights(n)`.
# For $n$ tokens, return four numbers `(a, b, c, e)` for which every query $i\ge1$ has its strictly highest score at key $i-1$.
# For example, with 2 tokens all that is asked is `score(1, 0) > score(1, 1)`.
#
# If no such numbers exist, return one whole number instead:
# the smallest $i$ whose query cannot have its strictly highest score at key $i-1$, whatever the weights.
#
# <details><summary>Hint</summary>
#
# Compare the scores of keys 0, 1 and 2 in one row. Which of them is the mean of the other two?
# Which query needs that key to win?
# </details>


# %% tags=["exercise"]
def previous_word_weights(n):
    """n tokens -> (a, b, c, e), or the smallest i for which no weights work"""
    ### BEGIN SOLUTION
    if n <= 2:
        return 1, 0, 0, -1  # the score is -j: prefer the first token
    return 2  # it wants key 1, whose score is the mean of 0's and 2's
    ### END SOLUTION


check.previous_word_weights(previous_word_weights)

# %% [markdown]
# <details><summary>The whole proof in one line (after the exercise)</summary>
#
# In *every* row the score of key 1 is the mean of the scores of keys 0 and 2, and **a mean is never the largest**: at best all three are equal.
# Query 1 wants key 0, which is an end. Query 2 wants key 1, so it is the first that no weights can satisfy.
# </details>

# %% [markdown] id="second-number"
# ## 2 · What does a second number change?
#
# The scores should be highest at key $i - 1$, as on this parabola:
#
# $$-\bigl(j-(i-1)\bigr)^2 = \underbrace{2(i-1)\,j - j^2}_{\text{query}\,\cdot\,\text{key}}
# \;-\;(i-1)^2 .$$
#
# The last term is constant in a row, so softmax ignores it.
# The rest is the dot product of the query $(2(i-1),\,-1)$ and the key $(j,\,j^2)$.
# So give each token two numbers, $p$ and $p^2$; the query needs only $p$ and the constant 1 of section 1.


# %%
def look_one_back(n):
    p = torch.arange(n, dtype=torch.float64)
    query = torch.stack((2 * (p - 1), -torch.ones_like(p)), 1)  # (n, 2)
    key = torch.stack((p, p**2), 1)  # (n, 2)
    return query @ key.T  # (q, k)


weights = look_one_back(9).softmax(-1)
plots.attention(weights, alt="Queries 0 to 8 attend most to keys "
                + ", ".join(map(str, weights.argmax(1).tolist())))

# %%
missed = look_one_back(64)[1:].argmax(1) - torch.arange(63)

check.claim("parabola", "a head that sees p and p² can make every token "
            "attend most to the one before", missed.abs(), "==", 0)

# %% [markdown]
# With one number, a head cannot make every token attend most to the one before; with the number *and its square*, it can.
# The price is a position vector that grows without bound, while every number type has a largest number.
# **float16** has 11 significant bits, so it skips whole numbers above 2048, and its largest number is 65 504.

# %%
check.predict(
    "half precision",
    "From which position on is p² infinite in float16?",
    ["256", "2049", "65 505"],
    kind="reason",
    beliefs={"2049": "pytorch/pytorch#81926: all is well up to 2048",
             "65 505": "speechbrain/speechbrain#1470: a comment on the "
             "largest number"},
)

# %%
p = torch.arange(1000, dtype=torch.float16)
finite = p.square().isfinite().sum()

check.claim("overflow", "in float16 the squares of only the first positions "
            "are finite", finite, "==", int(65504**0.5) + 1, show="{:.0f}",
            settles={"half precision": "256"})

# %% [markdown]
# ### Search over all heads
#
# For other encodings, we let a program search for the weights.
# `analysis.best_head(x, k)` takes position vectors `x` and returns the share of tokens
# that one head can make attend most to the token $k$ positions earlier.
# Its loss is convex in the product $W_q W_k^\top$, so the search cannot get stuck in a local minimum:
# **a share below 1 means that no weights work for all tokens.**

# %%
p = torch.arange(16.0)[:, None]
both = torch.cat((p, p**2), 1)  # (n, 2)

check.claim("search", "a head that sees p and p² can attend one position "
            "back, and another head three",
            [analysis.best_head(both, k) for k in (1, 3)], "==", 1)
check.claim("no head", "no head that sees only p attends one position back "
            "for all of 16 tokens", analysis.best_head(p), "<", 1)

# %% [markdown]
# **Exercise 2** · difficulty 3 of 5 · 8 minutes
#
# Write `look_back(k)`: return two matrices `W_q, W_k` of shape `(3, m)`, with $m$ of your choice.
# The position vectors $(1, p, p^2)$ are the rows of `x`; the scores are `(x @ W_q) @ (x @ W_k).T`.
# For every query $i \ge k$, key $i - k$ must have the highest score.
#
# For $k = 1$, the query is $(2i - 2,\,-1)$ and the key $(j,\,j^2)$, as above.
#
# <details><summary>Hint</summary>
#
# Row 0 of a matrix is multiplied by 1, row 1 by p, row 2 by p².
# Put the top of the parabola at i − k.
# </details>


# %% tags=["exercise"]
def look_back(k):
    """k -> W_q, W_k, each (3, m), for position vectors 1, p, p²"""
    ### BEGIN SOLUTION
    W_q = torch.tensor([[-2.0 * k, -1], [2, 0], [0, 0]])  # 2(i - k), -1
    W_k = torch.tensor([[0.0, 0], [1, 0], [0, 1]])  # j, j²
    return W_q, W_k
    ### END SOLUTION


check.look_back(look_back)

# %% [markdown] id="large-number"
# ## 3 · What does a norm make of a large number?
#
# We return to the plain number, now inside a model.
# Each block of GPT-2 reads a token's vector through **LayerNorm**,
# which subtracts the mean of the vector's channels and divides by their standard deviation.
# (Then trained weights scale and shift each channel.)
#
# Add the position to each of 64 channels, so that all channels of token 7 grow by 7.

# %%
check.predict(
    "broadcast",
    "How much of that 7 does LayerNorm let through?",
    ["all of it", "a little", "nothing"],
    kind="reason",
    beliefs={"all of it": "learning.h3nok.dev/build-gpt/"
             "04-positional-encoding: it dominates the token",
             "a little": "no source found"},
)

# %%
norm = torch.nn.LayerNorm(64, dtype=torch.float64)
vectors = torch.randn(256, 64, dtype=torch.float64)  # (n, d)
difference = (norm(vectors + 7) - norm(vectors)).abs().max()

# %% jupyter={"source_hidden": true}
check.claim("erased", "LayerNorm gives the same output with and without a "
            "number added to all channels", difference, "<", 1e-12,
            settles={"broadcast": "nothing"})

# %% [markdown]
# A number in *every* channel is part of the mean, and the mean is what LayerNorm subtracts:
#
# $$\mathrm{LN}(x + p\,\mathbf 1)
# = \frac{x + p\,\mathbf 1 - (\bar x + p)\,\mathbf 1}{\sigma(x)} = \mathrm{LN}(x).$$
#
# The number stays in the **residual stream**, the vector to which every block adds its output.
# But in this arrangement, **pre-norm**, all blocks and the output layer read that stream through a norm.
# So we need not train this model: it *is* the NoPE model, whatever its weights.
# Here are both, with the same weights; the task `back1`, which section 6 explains, only supplies the texts.

# %%
task = posenc.TASKS["back1"]
tokens, _ = task.sample(4, 16, torch.Generator().manual_seed(0))
numbered = training.task_model("integer", task).double()
without = training.task_model("none", task).double()
difference = (numbered(tokens) - without(tokens)).abs().max()

check.claim("same model", "a pre-norm model with the position in every "
            "channel gives the output of the NoPE model",
            difference, "<", 1e-9)

# %% [markdown]
# **Would another norm help?**
# **RMSNorm** subtracts no mean, so the 7 stays.
# But it divides by the root mean square of the channels, which is now mostly due to the 7.
# If the number is in *one* channel, LayerNorm does not erase it, but divides by a standard deviation that grows with it.
# How much is left of a token beside the number $p$, if the token's channels have standard deviation 1?


# %%
def one_channel(p):
    x = vectors.clone()
    x[:, 0] += p
    return norm(x)  # (n, d)


def every_channel_rms(p):
    return torch.nn.functional.rms_norm(vectors + p, (64,))


def left(f, positions):
    spread = [f(p)[:, 1:].std() for p in (0, *positions)]
    return torch.stack(spread[1:]) / spread[0]


# %%
check.predict_number(
    "half",
    "The number p is in one channel of 64. At which p has LayerNorm shrunk "
    "the other 63 channels to half their size?",
    low=1, high=100_000, near=0.5, sure=True, kind="surprise",
)

# %%
p = torch.arange(1, 501)
measured = left(one_channel, p)
at_half = p[(measured - 0.5).abs().argmin()]

root = (3 * 64) ** 0.5

check.claim("half left", "a number near the square root of 3d in one channel "
            "halves the other channels under LayerNorm",
            at_half, "in", (0.9 * root, 1.1 * root), show="{:.0f} for 64",
            settles={"half": "measured"})
check.claim("squashed", "a number p in one channel makes LayerNorm shrink the "
            "other channels by the factor 1/√(1 + p²/d), to within 3 %",
            (measured * (1 + p**2 / 64).sqrt() - 1).abs(), "<", 0.03)

# %% jupyter={"source_hidden": true}
powers = 2 ** torch.arange(11)
plots.lines(
    {"one channel, LayerNorm": left(one_channel, powers),
     "its formula": 1 / (1 + powers.double() ** 2 / 64).sqrt(),
     "every channel, RMSNorm": left(every_channel_rms, powers)},
    powers, logx=True, percent=True, ylim=(0, 1.02), levels={"half": 0.5},
    marks={"one channel, LayerNorm": at_half.item()},
    xlabel="position p", ylabel="what is left of the token",
    alt=f"With p in one channel, half of the token is left at {at_half}; "
        "with p in every channel and RMSNorm, before 2",
)

# %% [markdown]
# The norm makes room for the large number by shrinking everything beside it:
# by the factor $1/\sqrt{1+p^2/d}$ for one channel, and $1/\sqrt{1+p^2}$ for all of them, if the token's channels have standard deviation 1.
# With the number in one channel, half is left where $p = \sqrt{3d}$: at 14 for 64 channels, and at 48 for the 768 channels of GPT-2, which has 1024 positions.

# %% [markdown]
# **And with the norm after each layer?** In this arrangement of 2017, **post-norm**,
# there is no norm before the first block, so this block reads the large number itself, and its scores contain the product of two positions.
# To how many tokens does token 31 attend, before any training?

# %% jupyter={"source_hidden": true}
def largest_weight(name):
    post = posenc.Transformer(posenc.build(name), vocab_size=10,
                              causal=False, norm="post")
    _, weights = post(torch.randint(10, (8, 32)), return_weights=True)
    return weights[0, :, :, 31].amax(-1).median()  # layer 0, token 31


check.claim("numbered", "token 31 attends to a single token in an untrained "
            "post-norm model with integer positions",
            largest_weight("integer"), ">", 0.9)
check.claim("unnumbered", "token 31 attends to several tokens in an untrained "
            "post-norm model without positions",
            largest_weight("none"), "<", 0.6)

# %% [markdown]
# This is the line of section 1 again, now so steep that softmax keeps only its end.
#
# The difficulty has three causes, then: one number makes a *line*; bent into a parabola, it *grows*;
# and a *norm* erases a large number or shrinks the token beside it.

# %% [markdown] id="divide-by-length"
# ## 4 · Divide by the length?
#
# **Normalized positions** are $p/L$ with the **sequence length** $L$. They stay between 0 and 1, which suits every norm.
# Now let a model write: a text of ten tokens gets an eleventh.

# %%
check.predict(
    "one more word",
    "How many of the ten earlier tokens get a new position vector?",
    ["0", "9", "10"],
    kind="reason",
    beliefs={"0": "datascience.stackexchange.com/questions/123062: the ratios "
             "are the same in all instances",
             "10": "no source found"},
)


# %%
def vectors_of(name, n, d=64):
    zeros = torch.zeros(1, n, d, dtype=torch.float64)
    encoding = posenc.build(name)
    return encoding.embed(zeros, torch.arange(n))[0]  # (n, d)


# %%
old = vectors_of("normalized", 10)
new = vectors_of("normalized", 11)[:10]
changed = (old != new).any(1)

check.claim("rewritten", "one more token changes position vectors p/L of "
            "earlier tokens", changed.sum(), "==", len(old) - 1,
            show="{:.0f} of 10", settles={"one more word": "9"})

# %% [markdown]
# Only position 0 keeps its vector, since $0/L = 0$. **Every new token changes the vectors of all tokens before it.**
# The stored keys and values of earlier tokens are then wrong,
# so every step must compute them again from token 0 on.
#
# And the step from one position to the next has a different size in every text: a tenth here, a thousandth there.
# (Where only *earlier or later* is asked, $p/L$ has a merit that a later lesson measures: it never leaves its range.)

# %% [markdown]
# **“Then divide by a fixed length, and pad.”**
# Then nothing is rewritten, and we are back at the plain number in smaller units: a line.
# With $L = 5000$, neighbouring positions differ by only 0.0002, beside channels with standard deviation 1,
# and a text of more than 5000 tokens leaves the range again.

# %% [markdown]
# **Exercise 3** · difficulty 2 of 5 · 5 minutes
#
# Write a test: `same_in_every_text(code)`.
# `code(n)` returns the position vectors of a text of $n$ tokens, shape `(n, d)`.
# Return `True` if the vectors of earlier tokens stay as they are when the text gets longer,
# for texts of up to 20 tokens, and `False` otherwise.
#
# For $p/L$: `code(2)` is $(0, \tfrac12)$ and `code(3)` begins with $(0, \tfrac13)$, so the answer is `False`.
#
# <details><summary>Hint</summary>
#
# Compare each text with the beginning of one long text, in every row and every channel.
# </details>


# %% tags=["exercise"]
def same_in_every_text(code):
    """code(n) -> (n, d); True if longer texts keep the earlier vectors"""
    ### BEGIN SOLUTION
    longest = code(20)
    return all(torch.equal(code(n), longest[:n]) for n in range(1, 20))
    ### END SOLUTION


check.same_in_every_text(same_in_every_text)

# %% [markdown] id="one-hot-or-binary"
# ## 5 · One channel per position, or binary digits?
#
# So far the position was one number, or two, in however many channels.
# **One-hot positions** give each position a channel of its own.
# *Binary* positions write the number in binary digits, one per channel; the first channel has the digit that changes fastest.

# %% tags=["large"]
digits = vectors_of("binary", 16)[:, :4]
changes = digits.diff(dim=0).abs().sum(0).int().tolist()

plots.heatmap(digits.T, xlabel="position p", ylabel="digit", values=True,
              x=range(16), alt="Binary digits of positions 0 to 15: digits 0 "
              f"to 3 change {', '.join(map(str, changes))} times")

# %% [markdown]
# Both are bounded, and a position has the same vector in every text.
# But one-hot positions limit the length of a text: 64 channels leave no channel for a 65th token.
# (A larger `max_len` would not help here: the limit is the width, one channel per position.)

# %% tags=["raises-exception"]
vectors_of("onehot", 65)

# %% [markdown]
# Up to that length one-hot positions are strong: one matrix takes every position vector but the last to the next one.
# But each channel has weights of its own: what is learned for position 20 says nothing about position 21.
# And binary positions? We search again.

# %%
onehot = vectors_of("onehot", 16)

check.claim("one-hot", "a head that sees one-hot positions can attend one "
            "position back, and another head three",
            [analysis.best_head(onehot, k) for k in (1, 3)], "==", 1)
check.claim("binary", "no head that sees binary positions attends one "
            "position back for all of 16 tokens",
            analysis.best_head(digits), "<", 1)

# %% [markdown]
# The query would have to subtract 1 from its own digits, and no single linear layer can do this.
#
# <details><summary>Why not? The proof, with query 8 as the example</summary>
#
# Query 8 wants key 7, whose digits are 1, 1, 1, 0, fastest first.
# Multiply the key's weights into the query, so that the query has one number per digit. *All* patterns of 0 and 1 are among the 16 keys, so the highest score goes to the key that has a 1 exactly where the query is positive.
# Query 8 must therefore have the signs +, +, +, −: the signs of query $i$ must spell the digits of $i-1$.
#
# Now take digit 1 of $i-1$. It is 1 exactly when digits 0 and 1 of $i$ are equal: compare the columns above.
# “Equal or not” is the XOR problem, which no single linear layer can solve
# (Minsky and Papert 1969), and a query is the output of one linear layer.
# </details>

# %% [markdown] id="trained-models"
# ## 6 · What does a trained model make of them?
#
# We train small models: 1 layer, 4 heads, width 32, pre-norm, 300 steps, texts of 4 to 16 letters, each letter a token.
#
# - `before`: does A come *before* B?
# - `back1`: which letter is *one position to the left*?
#
# The number goes into one channel, where LayerNorm does not erase it.

# %%
tokens, _ = task.sample(2000, 16, torch.Generator().manual_seed(1))
counts = torch.nn.functional.one_hot(tokens).sum(1)  # (b, letters)
counting = (counts.amax(1) / 16).double().mean().item()

check.claim("counting", "the most frequent letter of a text answers `back1` "
            "in about a quarter of the cases", counting, "in", (0.22, 0.26))

# %% [markdown]
# There are ten letters, so chance on `back1` is 10 %. Without any information about order, a model can still name the text's most frequent letter,
# and be correct in about a quarter of the cases.
# This is the **baseline**; the figures call it *counting letters*.
# The cell below the question trains twelve models, which takes about half a minute.

# %%
check.predict_number(
    "one channel",
    "What accuracy does the model with p in one channel reach on back1?",
    low=0, high=1, near=0.25, sure=True, kind="surprise",
)

# %% tags=["trained"]
before = training.compare(["integer_channel"], "before", lengths=(16,))
models = {
    name: [training.train_on_task(name, "back1", seed=s) for s in range(3)]
    for name in ("integer_channel", "onehot", "binary")
}

# %% tags=["trained"]
back1 = {
    name: [training.accuracy(model, task, 16) for model in models[name]]
    for name in models
}

# %% tags=["trained"] jupyter={"source_hidden": true}
plots.dots(
    {"before": {"integer_channel": before["integer_channel"][:, 0]},
     "back1": {**back1, "counting letters": [counting]}},
    xlabel="accuracy on 16 tokens", percent=True,
    chance={"before": 0.5, "back1": 0.1},
    alt="Accuracy on 16 tokens, one dot per seed. On the task before: the "
        "number in one channel. On the task back1: the number in one channel, "
        "one-hot and binary positions, and the baseline",
)

# %% tags=["trained"]
check.claim("earlier", "a model with p in one channel solves `before`",
            before["integer_channel"][:, 0], ">", 0.9, seeds=3)
check.claim("how many", "a model with p in one channel beats counting "
            "letters on `back1`, but does not solve `back1`",
            back1["integer_channel"], "in",
            (1.3 * counting, 2.7 * counting), seeds=3, show="{:.2f}",
            settles={"one channel": "measured"})
check.claim("one-hot learns", "a model with one-hot positions solves `back1`",
            back1["onehot"], ">", 0.95, seeds=3)

# %% [markdown]
# The number says *earlier*, but not *how many positions earlier*.
#
# But on average over all positions, the number beats the baseline, and so do binary digits, although no head could do the job for all tokens.
# *Where* are these models correct?

# %%
check.predict(
    "binary digits",
    "For which token do the models with binary positions find the letter to "
    "its left least often?",
    ["token 1", "token 8", "token 15"],
    kind="reason",
    beliefs={"token 1": "no source found",
             "token 15": "learning.h3nok.dev/build-gpt/"
             "04-positional-encoding: the trouble grows with the position"},
)


# %% tags=["trained"]
def by_position(model):
    tokens, targets = task.sample(256, 16, torch.Generator().manual_seed(2))
    with torch.no_grad(), training.one_thread():
        correct = model(tokens).argmax(-1) == targets  # (b, n)
    return correct[:, 1:].float().mean(0)  # of tokens 1 … 15


found = {n: torch.stack([by_position(m) for m in models[n]]) for n in models}
plots.lines(
    {**found, "counting letters": [counting] * 15}, range(1, 16),
    xlabel="token", ylabel="accuracy on back1",
    percent=True, ylim=(0, 1.05), chance=0.1,
    alt="Accuracy on back1 for each token of 16, with the number in one "
        "channel, one-hot and binary positions, beside counting letters",
)

# %% tags=["trained"]
flips = digits.diff(dim=0).abs().sum(1)  # (15,): into tokens 1 … 15
most = int(flips.argmax())
binary, number = found["binary"], found["integer_channel"]

check.claim("carry", "a model with binary positions answers `back1` worse "
            "where most digits flip than at the first and the last token",
            binary[:, [0, -1]] - binary[:, [most]], "in", (0.05, 1), seeds=3,
            settles={"binary digits": "token 8"})
check.claim("fades", "a model with p in one channel answers `back1` better "
            "at the first tokens than at the last",
            number[:, :5].mean(1) - number[:, -5:].mean(1), ">", 0.1,
            seeds=3)

# %% [markdown]
# Binary positions are worst where many digits flip at once: at 8, where all four do, and at 4 and 12.
# A digit jumps from one value to the next. Lesson 03 replaces the digits with dials, which turn without jumps.

# %% [markdown]
# The model with the plain number is correct for token 1, and then its accuracy fades to the baseline.
# How can that model beat the baseline at all?
# LayerNorm *bends the line*: follow one token through the norm, at positions 0, 1, 2, 4, and so on.

# %%
token = torch.ones(64, dtype=torch.float64)
token[1::2] = -1
token[:2] = 0  # mean 0, empty channel 0


def after_norm(p):
    channel_0 = torch.eye(64, dtype=torch.float64)[0]
    return norm(token + p[:, None] * channel_0).detach()  # (n, d)


# %%
p = torch.tensor([0, 1, 2, 4, 8, 16, 32, 64])
x = after_norm(p) / 8  # each of norm 1
arc = torch.stack((x @ token / token.norm(), x[:, 0]), 1)
plots.path({"one token": arc}, labels=p.tolist(),
           xlabel="what is left of the token", ylabel="channel of the number",
           alt="Positions 0 to 64 lie on a quarter of a circle, and the later "
               "ones lie closer together")

# %% [markdown]
# An arc! On an arc, any point can be the furthest in some direction.
# So a key between the ends *can* score highest.

# %%
bent = after_norm(torch.arange(16))  # (n, d)
check.claim("arc", "a head that sees p in one channel through LayerNorm can "
            "attend one position back", analysis.best_head(bent), "==", 1)

# %% [markdown]
# In 300 steps, our models learned this only in part, and best for the first tokens.
# The arc is a quarter of a circle and no more: late positions crowd together at its end,
# where little is left of the token itself.
#
# What if the arc did not end?

# %% [markdown] id="two-claims"
# ## 7 · Two claims on trial
#
# **A2: numbering fails because the numbers are *discrete*.**
# If so, other discrete encodings would fail, too.
# But one-hot positions, the most discrete of all, solved the task.
# And $(p, p^2)$ consists of whole numbers as well, yet a head can use it for every token.

# %%
check.verdict(
    "A2", "does not hold",
    because="One number gives a head a *line* of scores, which p² would bend, "
    "and a norm erases a large number or shrinks the token beside it. One-hot "
    "positions, as discrete as can be, solve `back1` (toy size, 3 seeds).",
)

# %% [markdown]
# **Exercise 4 · explain** · difficulty 2 of 5 · 5 minutes
#
# Half steps, 0, ½, 1, …, are not whole, and heads fail with them as well.
# Does that refute A2?
# Which of these four runs can separate the explanations “discrete” and “a straight line”: half steps, one-hot positions, $(p, p^2)$, or more training with $p$?
# Answer in four sentences at most, and say what each explanation predicts.
# No program checks this answer; compare it with the rubric.

# %% [markdown] tags=["explain"]
# *Write here: double-click, replace this line, press Shift+Enter.*

# %% [markdown] tags=["rubric"]
# <details><summary>Rubric for exercise 4 (open it after you have written your answer)</summary>
#
# Half a point for each:
#
# 1. A run separates two explanations only if they predict different results.
# 2. Half steps do not: they are as discrete as whole steps, in another unit, and they lie on a line as well. Both explanations predict a failure, so A2 is not refuted by it.
# 3. More training with $p$ does not separate them either: the number is discrete, and it is on a line.
# 4. One-hot positions and $(p, p^2)$ separate the two explanations: “they are discrete” predicts that both fail, “they lie on a straight line” does not, and both succeeded.
#
# </details>

# %% [markdown]
# **A6: numbering makes the model learn a *size order* that it does not need.**
# But `before` needs exactly that order.
# The fair test is a task that needs none: `majority` asks which letter is more frequent.
# Is it harmed by $p$, which grows, or by $p/L$, which does not?
# We train for 100 steps and test at the **training length** of 16 tokens, and at twice that.

# %% tags=["trained"]
majority = training.compare(
    ["integer_channel", "normalized"], "majority", lengths=(16, 32),
    setting=training.Setting(steps=100),
)
plots.dots(
    {f"{n} tokens": {name: rows[:, i] for name, rows in majority.items()}
     for i, n in enumerate((16, 32))},
    xlabel="accuracy on majority", percent=True, chance=0.5,
    alt="Accuracy on majority at 16 and at 32 tokens, after training with up "
        "to 16, for the number in one channel and for p / L",
)

# %% tags=["trained"]
check.claim("harmless", "models with p and models with p/L solve `majority` "
            "at the training length",
            [rows[:, 0].min() for rows in majority.values()],
            ">", 0.9, seeds=3)
check.claim("growth harms", "at twice the training length, a model with p is "
            "less accurate on `majority` than one with p/L",
            majority["normalized"][:, 1] - majority["integer_channel"][:, 1],
            ">", 0.02, seeds=3)

# %%
check.verdict(
    "A6", "does not hold",
    because="`before` needs the order, and with p a model solves it. "
    "`majority` needs no order, and p does not harm it at the training "
    "length. In longer texts, the growth of p does harm: p/L has the same "
    "order and stays accurate (toy size, 3 seeds).",
)

# %% [markdown] id="six-requirements"
# ## 8 · What do we require of an encoding?
#
# Here are six requirements, each with a test; `code(n)` gives the position vectors of $n$ tokens. Only the second test puts a norm after them, so the arc of section 6 plays no part in “a head can look back”.
# The folded cell has three helpers, which answer three questions: are positions distinct after LayerNorm
# (`analysis.nearest_rivals` finds each row's nearest other row), can a head look back, and may a text have any length?


# %% jupyter={"source_hidden": true}
def distinct(code):
    x = torch.linspace(-1, 1, 64, dtype=torch.float64).repeat(len(code), 1)
    x[:, :code.shape[1]] += code  # one token at every position
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
        "distinct after LayerNorm": distinct(long),
        "same in every text": torch.equal(short, long[:16]),
        "all steps equally long": bool(steps.std() < 1e-9),
        "a head can look back": looks_back(short),
        "any sequence length": has_code(code, 1000),
    }


# %% tags=["large"]
def p_and_square(n):
    p = torch.arange(n, dtype=torch.float64)
    return torch.stack((p, p**2), 1)  # (n, 2)


names = ("integer", "integer_channel", "normalized", "onehot", "binary")
codes = {name: lambda n, name=name: vectors_of(name, n) for name in names}
codes["p and p²"] = p_and_square

table = {name: requirements(code) for name, code in codes.items()}
ticks = {name: sum(row.values()) for name, row in table.items()}
plots.tick_table(table, alt="Requirements met, of six: " + ", ".join(
    f"{name} {n}" for name, n in ticks.items()))

# %%
check.claim("no encoding has all", "none of the six encodings meets all six "
            "requirements", list(ticks.values()), "<", 6)
columns = zip(*(row.values() for row in table.values()), strict=True)
check.claim("each is met", "each of the six requirements is met by some "
            "encoding", [sum(column) for column in columns], ">", 0)

# %% [markdown]
# Lesson 03 asks for all six at once, and shows how little choice that leaves.

# %% [markdown]
# **What surprised you?** Here are your predictions that did not come true.

# %%
check.surprises()

# %% [markdown]
# ## What you can now do
#
# - Prove in one line that a head with one number per token cannot attend most to the token before: the score of key 1 is the mean of the scores of keys 0 and 2, and a mean is never the largest.
# - Compute what LayerNorm does to a number $p$: it erases $p$ in every channel, and beside $p$ in one channel it leaves $1/\sqrt{1+p^2/d}$ of the token.
# - Answer “do integer positions fail?”: they say *earlier*, not *how many positions earlier*.
# - Judge any encoding by six tests.

# %% [markdown]
# ## References
#
# - Jimmy Lei Ba, Jamie Ryan Kiros, Geoffrey Hinton, 2016. *Layer Normalization*. arXiv 1607.06450. The norm of sections 3 and 6.
# - Biao Zhang, Rico Sennrich, 2019. *Root Mean Square Layer Normalization*. arXiv 1910.07467. RMSNorm, and “re-centering” as the part that it leaves out.
# - Ashish Vaswani et al., 2017. *Attention Is All You Need*. arXiv 1706.03762, section 3.1: the norm after each layer (post-norm). Pre-norm: [the code of GPT-2](https://github.com/openai/gpt-2/blob/master/src/model.py), which also has the sizes 768 and 1024.
# - Marvin Minsky, Seymour Papert, 1969. *Perceptrons*. MIT Press. XOR and the single layer.
# - The article with claims A2 and A6 (in Chinese): <http://www.kler.cn/a/539187.html>.
# - The question of section 4, as it was asked: <https://datascience.stackexchange.com/questions/123062>. It is right that padding to a fixed $L$ answers the usual objection; section 1 says what remains.
