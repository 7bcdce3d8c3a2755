# %% [markdown]
# # 01 · Can attention tell "dog bites man" from "man bites dog"?
#
# Needs: tensors, matrix product, softmax, a training loop (recap below) · 25 minutes, exercises apart · CPU
#
# After this notebook you can
#
# - write self-attention in five lines, and prove that it cannot see the order of words,
# - find out with two lines whether *your* model can,
# - say where a causal mask lets order in, and name the three doors for positions.

# %% [markdown]
# The same three words make everyday news or a headline.
# We compute both with attention, put the rows back in order, and compare.
#
# <details><summary>Recap in five minutes: tensors, matrix product, softmax, a training loop</summary>
#
# **Tensor.** `x` of shape `(n, d)` has n rows, here one a word, and d columns, the *channels*.
# `x[[2, 0, 1]]` is the same rows in another order.
#
# **Matrix product.** `(x @ W)[i, j]` is the sum over c of `x[i, c] * W[c, j]`.
# Row i of the result comes from row i of `x` alone.
# `q @ k.T` holds the dot product of every row of `q` with every row of `k`: large where two rows point the same way.
#
# **Softmax.** `s.exp() / s.exp().sum()`: positive numbers that sum to 1.
# `[1, 2, 3]` becomes `[0.09, 0.24, 0.67]`, and a score of −∞ becomes 0.
# `softmax(-1)` treats each row by itself.
#
# **Training loop.** Guess, measure, ask which way is down, take a step:
#
# ```python
# loss = cross_entropy(model(tokens), targets)
# optimizer.zero_grad()
# loss.backward()
# optimizer.step()
# ```
#
# `cross_entropy` is the mean of −log(probability given to the right answer):
# ln 2 = 0.69 for a coin toss, 0 for certainty.
# `model.eval()` switches off what is random in training, such as dropout.
#
# </details>

# %% [markdown]
# Two questions on what you bring with you. Answer in your head before you look.
#
# **Recall 1** · What does softmax make of the scores [0, 0, −∞]?
#
# <details><summary>Answer</summary>
#
# [½, ½, 0].
# Equal scores get equal weights, a score of −∞ gets none, and the weights sum to 1.
#
# </details>
#
# **Recall 2** · `x` is (3, 8) and `W` is (8, 8). Rows 0 and 2 of `x` change places. What happens to `x @ W`?
#
# <details><summary>Answer</summary>
#
# Its rows 0 and 2 change places, and nothing else happens, because row i of the product comes from row i of `x` alone.
#
# </details>

# %%
import math

import torch

import posenc
from posenc import check, plots, training, widgets

# %% [markdown]
# ## 1 · Three words, three vectors
#
# A model looks each word up in a table.
# A sentence is those rows, one under the other, so the order is plainly in the tensor.
# Does attention use it?

# %%
torch.manual_seed(0)
words = ["dog", "bites", "man"]
table = torch.randn(3, 8, dtype=torch.float64)  # a row a word


def embed(text):
    return table[[words.index(word) for word in text.split()]]  # (n, d)


# %% [markdown]
# Every word asks (its query), is asked (its key) and answers (its value).
# What it takes home is a mean of all values, weighted by how well their keys fit its query:
#
# $$y_i=\sum_j \mathrm{softmax}_j\!\left(\frac{q_i\cdot k_j}{\sqrt d}\right) v_j .$$


# %%
def attention(x, W_q, W_k, W_v):
    q, k, v = x @ W_q, x @ W_k, x @ W_v  # (n, d) each
    scores = q @ k.T / q.shape[-1] ** 0.5  # (n, n)
    weights = scores.softmax(-1)  # each row sums to 1
    return weights @ v  # (n, d)


# %% [markdown]
# **Predict.** In one sentence the dog bites, in the other it is bitten.
# `W_q`, `W_k` and `W_v` are random, the same for both.
# Choose before you read on: a line with ✓ will settle it.

# %%
check.predict(
    "dog",
    "The vectors that come out for “dog” in the two sentences are",
    ["far apart", "close, but not equal", "equal"],
    kind="reason",
    beliefs={"far apart": "ai.stackexchange.com/questions/40390, google-research/bert#58",
             "close, but not equal": "no source found"},
)

# %%
W = torch.randn(3, 8, 8, dtype=torch.float64) / 8**0.5  # W_q, W_k, W_v
everyday = attention(embed("dog bites man"), *W)
headline = attention(embed("man bites dog"), *W)
apart = (everyday[0] - headline[2]).abs().max()

check.claim("dog", "the output for “dog” is the same vector, biting or bitten",
            apart, "<", 1e-12, settles={"dog": "equal"})

# %%
outputs = {"dog bites man": everyday, "man bites dog": headline}
outputs["man bites dog, rows put back"] = headline[[2, 1, 0]]
rows = "dog bites man", "man bites dog", "dog bites man"
plots.heatmaps(outputs, xlabel="channel", ylabel="word", label="output",
               y=dict(zip(outputs, map(str.split, rows), strict=True)),
               alt="Put back in order, the headline's rows are the other's")

# %% [markdown]
# The third panel is the first.
#
# **"But the order *is* in the tensor!"**
# It is, as row numbers. Now look for a row number in the formula: there is none.
# $y_i$ is a sum over all words, and a sum does not know in which order its terms came.

# %% [markdown]
# `posenc.Attention`, which the course uses from here on, is the same five lines with *heads*: several attentions side by side.
# With one head and our weights it must agree.

# %%
layer = posenc.Attention(posenc.Dims(d_model=8, n_heads=1)).double()
layer.qkv.weight.data = W.mT.flatten(0, 1)  # W_q, W_k, W_v, stacked
layer.out.weight.data = torch.eye(8, dtype=torch.float64)
none, pos = posenc.build("none"), torch.arange(3)  # no encoding
theirs, _ = layer(embed("dog bites man")[None], none, pos, mask=None)

check.claim("posenc", "posenc.Attention agrees with attention in five lines",
            (theirs[0] - everyday).abs().max(), "<", 1e-12)

# %% [markdown]
# ## 2 · Why: the proof in three lines
#
# A shuffle is a matrix: one 1 in every row and every column.
# `P @ x` puts the rows of `x` in another order, and $P^\top$ puts them back: $P^\top P=1$.

# %%
order = torch.tensor([2, 0, 1])
P = torch.eye(3, dtype=torch.float64)[order]
check.claim("P", "P @ x is x[order]",
            (P @ table - table[order]).abs().max(), "==", 0)
P

# %% [markdown]
# Shuffle the words, and follow the shuffle through. With $S(x)$ for the scores of $x$:
#
# $$\begin{aligned}
# S(Px)&=(PxW_q)(PxW_k)^\top/\sqrt d = P\,S(x)\,P^\top\\
# \mathrm{softmax}(P S P^\top)&=P\,\mathrm{softmax}(S)\,P^\top\\
# \mathrm{att}(Px)&=P\,\mathrm{softmax}(S)\,\underbrace{P^\top P}_{1}\,xW_v=P\,\mathrm{att}(x)
# \end{aligned}$$
#
# The middle line is the only one that needs a look: softmax works in each row alone, and a sum over a row has no order.

# %%
S = torch.randn(3, 3, dtype=torch.float64)
difference = (P @ S @ P.T).softmax(-1) - P @ S.softmax(-1) @ P.T
check.claim("softmax", "softmax and shuffle give one result in either order",
            difference.abs().max(), "<", 1e-12)

# %% [markdown]
# Nothing was assumed about the weights.
# So no training can help: every attention layer that ever will be trained has this property.
#
# It has a name. A function with $f(Px)=P f(x)$ is **permutation-equivariant**:
# shuffle what goes in, and what comes out is shuffled alike.
# Two lines measure how far a function is from it.


# %%
def gap(f, x):
    order = torch.randperm(len(x))
    return (f(x[order]) - f(x)[order]).abs().max()


# %% [markdown]
# **Predict.** The proof says 0. We shuffle a text of twelve words fifty times, in float64.

# %%
check.predict(
    "gap",
    "The largest gap of the fifty is",
    ["exactly 0", "about 1e-15", "about 1e-7"],
    kind="reason",
    beliefs={"exactly 0": "no source found", "about 1e-7": "no source found"},
)


# %%
def largest_gap(dtype):
    x, weights = torch.randn(12, 8, dtype=dtype), W.to(dtype)
    return max(gap(lambda x: attention(x, *weights), x) for _ in range(50))


check.claim("float64", "in float64 a shuffle moves an output's last digits",
            largest_gap(torch.float64), "in", (1e-17, 1e-14),
            settles={"gap": "about 1e-15"})
check.claim("float32", "in float32 a shuffle moves larger last digits",
            largest_gap(torch.float32), "<", 1e-5)

# %% [markdown]
# Some 1e-16 to 1e-15 in float64, some 1e-7 in float32: a sum in another order rounds in another way.
# So a test for blindness needs a tolerance, never `==`.
#
# Is everything blind? No. A recurrent layer reads word by word:

# %%
gru = torch.nn.GRU(8, 8, dtype=torch.float64)
x = torch.randn(12, 8, dtype=torch.float64)
check.claim("gru", "a recurrent layer sees the order",
            gap(lambda x: gru(x)[0], x), ">", 0.01)

# %% [markdown]
# **Exercise 1** · difficulty 2 of 5 · 6 minutes
#
# Write `permutation_equivariant(f, x)`: True if shuffling the rows of `x` shuffles the rows of `f(x)` alike, else False.
# `x` is `(n, d)`, in float64 or float32, n may be as small as 3.
#
# It will be tried on sly functions: the sum of both neighbours, `x.roll(1, 0) + x.roll(-1, 0)`, does not notice when `x` is reversed.
#
# <details><summary>Hint</summary>
#
# One random shuffle of three words leaves them as they are one time in six.
# Try twenty, and return False at the first that fails.
# `torch.allclose(a, b, atol=1e-5)` leaves room for rounding.
#
# </details>


# %% tags=["exercise"]
def permutation_equivariant(f, x):
    """f: (n, d) -> (n, d), and x: (n, d) -> True or False"""
    ### BEGIN SOLUTION
    for _ in range(20):
        order = torch.randperm(len(x))
        if not torch.allclose(f(x[order]), f(x)[order], atol=1e-5):
            return False
    return True
    ### END SOLUTION


check.permutation_equivariant(permutation_equivariant)

# %% [markdown]
# ## 3 · On trial: "self-attention is permutation-invariant"
#
# One reads it everywhere. Invariant would mean $f(Px)=f(x)$: shuffle the words, and *nothing* moves.
#
# **Predict.** Which of these is invariant?

# %%
check.predict(
    "invariant",
    "Shuffle the words. Nothing at all changes in the output of",
    ["attention", "attention, then the mean over all words", "both"],
    kind="reason",
    beliefs={"attention": "comments at ai.stackexchange.com/questions/40390",
             "both": "comments at ai.stackexchange.com/questions/40390"},
)

# %%
x = embed("dog bites man")
y, shuffled = attention(x, *W), attention(x[order], *W)

check.claim("moves", "the output of attention moves with the words",
            (shuffled - y).abs().max(), ">", 0.1)
check.claim("pooled", "the mean of the outputs does not move with the words",
            (shuffled.mean(0) - y.mean(0)).abs().max(), "<", 1e-12,
            settles={"invariant": "attention, then the mean over all words"})

# %%
check.verdict("B16", "does not hold", because=(
    "Its output is shuffled along with the words: that is equivariant. "
    "Invariance comes with pooling, such as a mean over all words."
))

# %% [markdown]
# The verdicts have numbers: A for claims of the article that the course grew from, B for claims found elsewhere.
# The last notebook lists them all.

# %% [markdown]
# In the Set Transformer (Lee et al. 2019) the attention blocks are equivariant, and pooling makes the whole invariant.
# There blindness is the aim, since a set has no order. For language it is a loss.

# %% [markdown]
# ## 4 · A model that trains, and cannot read
#
# `torch.nn.TransformerEncoder` has no positions: adding them is your task, and nothing warns you.
# Its other parts (norms, residuals, the two-layer perceptron) treat every word by itself.
# So blindness passes through the whole stack.
#
# We let it read thirty headlines, *X bites Y* with six names, and ask: who bites?

# %%
pairs = [(i, j) for i in range(6) for j in range(6) if i != j]
texts = torch.tensor([[i, 6, j] for i, j in pairs])  # (30, 3), 6 is "bites"
biter = texts[:, 0]  # (30,)


# %% [markdown]
# The reader: a vector for each word, PyTorch's encoder, the mean over the words, and from it a choice among six names.


# %%
class Reader(torch.nn.Module):
    def __init__(self, places=0, mask=None):
        super().__init__()
        self.words = torch.nn.Embedding(7, 32)
        layer = torch.nn.TransformerEncoderLayer(32, 4, 64, batch_first=True)
        self.encoder = torch.nn.TransformerEncoder(
            layer, num_layers=2, enable_nested_tensor=False)
        self.head = torch.nn.Linear(32, 6)
        self.places, self.mask = places, mask  # for section 6

    def forward(self, tokens):
        x = self.words(tokens) + self.places  # (b, n, d)
        return self.head(self.encoder(x, mask=self.mask).mean(1))  # (b, 6)


# %%
def train(reader, steps=60):
    optimizer = torch.optim.Adam(reader.parameters(), lr=3e-3)
    losses = []
    for _ in range(steps):
        loss = torch.nn.functional.cross_entropy(reader(texts), biter)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return losses


# %% [markdown]
# **Predict.** It begins near ln 6 = 1.8: six names, no idea. Where does the loss end?

# %%
check.predict(
    "loss",
    "Without positions, after training, the loss is near",
    [
        "1.8: it learns nothing",
        "0.7: it learns which two, not who bites",
        "0: it learns who bites",
    ],
    kind="surprise",
    beliefs={"1.8: it learns nothing": "no source found",
             "0: it learns who bites": "pytorch/pytorch#24826"},
)


# %%
def three_seeds(**options):
    runs = []
    with training.one_thread():
        for seed in range(3):
            torch.manual_seed(seed)
            reader = Reader(**options)
            runs.append(train(reader))
    return torch.tensor(runs), reader  # (seeds, steps)


blind, reader = three_seeds()  # (seeds, steps)

# %%
def levels(losses):
    marks = {"0": 0, "ln 2": math.log(2), "ln 6": math.log(6)}

    def nearest(end):
        return min(marks, key=lambda mark: abs(marks[mark] - end))

    return "The loss ends near " + ", near ".join(
        f"{nearest(runs[:, -20:].mean())} ({name})"
        for name, runs in losses.items())


plots.lines({"no positions": blind}, xlabel="step", ylabel="loss",
            chance=math.log(2), ylim=(0, 2.2),
            alt=levels({"no positions": blind}))

# %% [markdown]
# A healthy curve: it falls fast and settles.
# The dashed line, "chance", is ln 2 = 0.69: a coin toss between the two names, not among six.
# The curve stays a little above it: dropout is on while it trains.
# The band spans three seeds.

# %%
check.claim("coin", "the loss of a model without positions ends near ln 2",
            blind[:, -20:].mean(1), "in", (0.4, 1), seeds=3, show="{:.2f}",
            settles={"loss": "0.7: it learns which two, not who bites"})

# %% [markdown]
# More steps would not help: *X bites Y* and *Y bites X* get one answer, whatever the weights, and it is wrong for one of them.
# No error, no warning. What finds the fault is `gap`, of section 2.
#
# **Predict.** The encoder that we just trained, as it is, still in training mode:

# %%
check.predict(
    "dropout",
    "The gap of the blind encoder in training mode is",
    ["rounding, as it should be", "large, as if it saw the order"],
    kind="surprise",
    beliefs={"rounding, as it should be": "no source found"},
)

# %%
five_words = torch.randn(5, 32)
check.claim("dropout", "in training mode a blind encoder shows a gap",
            gap(reader.encoder.train(), five_words), "in", (0.1, 10),
            settles={"dropout": "large, as if it saw the order"})
check.claim("eval", "in eval() a blind encoder shows no gap",
            gap(reader.encoder.eval(), five_words), "<", 1e-4)

# %% [markdown]
# Dropout draws new zeros at every call, and noise looks like order.
# Call `eval()` before you believe the test.
#
# Blindness has a stranger consequence.
# In *the dog bites the man* both "the" ask the same question of the same bag of words.

# %%
out = reader.encoder.eval()(five_words[[0, 1, 2, 0, 3]])  # the … the …
check.claim("the", "two words “the” leave the encoder as one same vector",
            (out[0] - out[3]).abs().max(), "<", 1e-4)

# %% [markdown]
# ## 5 · On trial: "self-attention assumes no order"
#
# Vaswani et al. (2017, §3.5) give it as the reason for positions: no recurrence, no convolution, so order must be put in.
# But their decoder may not look ahead: word i attends to no word after i.
# A **causal mask** sets those scores to −∞, so that softmax gives them 0.
# For the first time a row number decides something.


# %%
def causal_attention(x, W_q, W_k, W_v):
    q, k, v = x @ W_q, x @ W_k, x @ W_v  # (n, d) each
    scores = q @ k.T / q.shape[-1] ** 0.5  # (n, n)
    later = torch.ones_like(scores).triu(1).bool()  # the key comes after
    return scores.masked_fill(later, -math.inf).softmax(-1) @ v


# %%
twelve = torch.randn(12, 8, dtype=torch.float64)
check.claim("causal", "a causal mask lets order in, within one layer",
            gap(lambda x: causal_attention(x, *W), twelve), ">", 0.01)

# %% [markdown]
# How much order? Take a text of eight words and swap two neighbours.
# We follow each word to its place, old or new, and compare what comes out for it.
#
# **Predict.** One causal layer. For which words is it another vector?

# %%
check.predict(
    "swap",
    "Two neighbours swap. After one causal layer another vector comes out for",
    ["all words", "the two, and all words after them", "only the two"],
    sure=True,
    kind="surprise",
    beliefs={"all words": "ai.stackexchange.com/questions/40390",
             "the two, and all words after them":
                 "kexue-tl.pages.dev/10347, without its second layer"},
)


# %%
def changes(layers, causal):
    torch.manual_seed(0)
    model = posenc.Transformer(posenc.build("none"), vocab_size=8,
                               n_layers=layers, causal=causal)
    texts = torch.arange(8).repeat(8, 1)  # the last stays as it is
    for i in range(7):
        texts[i, [i, i + 1]] = texts[i, [i + 1, i]]
    logits = model.double()(texts).detach()  # (text, place, vocabulary)
    by_word = logits[torch.arange(8)[:, None], texts]  # follow each word
    return (by_word[:7] - by_word[7]).norm(dim=-1)  # (swap, word)


# %% [markdown]
# **Explore.** Each row is one swap, each column a word: 0 where nothing changed.
# How many layers does it take until all later words notice a swap?
# And what is left without the mask?
# Move the sliders, or compare the pictures.


# %%
def draw(layers, causal):
    change = changes(layers, causal)
    change[change < 1e-9] = 0  # rounding
    return plots.heatmap(change, xlabel="word", label="change of its output",
                         ylabel="swapped: this word and the next", values=True,
                         alt="Swap by swap, of 8 words change: " + ", ".join(
                             str(len(row.nonzero())) for row in change))


widgets.explore(draw, layers=(1, 4, 1), causal=[True, False], stills=[
    {"layers": 2, "causal": True}, {"layers": 4, "causal": False}],
    labels={"causal": "causal mask"})

# %%
one, two = changes(1, causal=True), changes(2, causal=True)
after = torch.ones(7, 8).triu().bool()  # the two, and all words after them
check.claim("swap", "one causal layer carries a swap no further than the pair",
            (one > 1e-9).sum(1), "==", 2, show="{:.0f}",
            settles={"swap": "only the two"})
check.claim("later", "two causal layers carry a swap to every later word",
            two[after], ">", 1e-3)

# %% [markdown]
# In one layer a later word sees the same *bag* of words before it, swapped or not.
# The two themselves differ: each has gained or lost the other.
# In the second layer the later words read those two, and the news is out.
#
# The same on a whole prefix: shuffle all words but the last, with our own lines, once and twice.

# %%
prefix = torch.cat((torch.randperm(11), torch.tensor([11])))
y = causal_attention(twelve, *W)  # (n, d)
shuffled = causal_attention(twelve[prefix], *W)
check.claim("one", "one causal layer: the last word is blind to earlier order",
            (shuffled - y)[-1].norm(), "<", 1e-12)

y, shuffled = causal_attention(y, *W), causal_attention(shuffled, *W)
check.claim("two", "two causal layers: the last word sees the earlier order",
            (shuffled - y)[-1].norm(), ">", 1e-3)

# %%
check.verdict("A5", "holds only if", because=(
    "no causal mask lets order in. With one, a word learns in the first layer "
    "*which* words came before it, and in which *order* they came only from "
    "the second layer on."
))

# %% [markdown]
# **Exercise 2** · difficulty 2 of 5 · 6 minutes
#
# Write attention for *any* mask: `mask[i, j]` is True where query i may see key j, and every query may see at least one key.
# For each i: take the allowed j only, weight them by $e^{q_i\cdot k_j/\sqrt d}$ (d: the width of q), divide by the sum of these weights, and add up the $v_j$.
# Write it in loops or in matrices.
#
# Then the question that matters: **which masks keep attention blind?** Try some, with `gap`.
#
# <details><summary>Hint</summary>
#
# In matrices, hide a score *before* softmax, by −∞, not after it by 0: the weights must still sum to 1.
# `scores.masked_fill(condition, value)` fills where the condition is True.
# As to the last question: the mask must stay the same in every shuffle, $PMP^\top=M$. What does this say of its diagonal, and what of all the rest?
#
# </details>


# %% tags=["exercise"]
def masked_attention(x, W_q, W_k, W_v, mask):
    """(n, d), three (d, dh), (n, n) of True and False -> (n, dh)"""
    ### BEGIN SOLUTION
    q, k, v = x @ W_q, x @ W_k, x @ W_v
    scores = q @ k.T / q.shape[-1] ** 0.5
    return scores.masked_fill(~mask, -math.inf).softmax(-1) @ v
    ### END SOLUTION


check.attention(masked_attention)

# %% [markdown]
# ### The bug clinic
#
# The slip in this program was published, in a well-read collection of models.
# We added the mask, and the mask is right.
# One line is wrong: look for it before you read on.


# %%
def published_attention(x, W_q, W_k, W_v):
    q, k, v = x @ W_q, x @ W_k, x @ W_v
    scores = q @ k.T / q.shape[-1] ** 0.5
    later = torch.ones_like(scores).triu(1).bool()
    return scores.masked_fill(later, -math.inf).softmax(0) @ v


# %%
check.predict(
    "leak",
    "The last word changes. In the published program, what changes is",
    ["the last output alone", "the outputs of some words", "every output"],
    sure=True,
    kind="surprise",
    beliefs={"the last output alone":
                 "labmlai/annotated_deep_learning_paper_implementations#146",
             "the outputs of some words": "no source found"},
)

# %% [markdown]
# Six words: we change one at a time and mark which outputs move.
# Under a causal mask news travels forwards only, so left of the diagonal nothing may move.


# %%
def moved(f):
    x, rows = torch.randn(6, 8, dtype=torch.float64), []
    for i in range(6):
        other = x.index_fill(0, torch.tensor(i), 1.0)
        rows.append((f(other, *W) - f(x, *W)).norm(dim=1) > 1e-9)
    return torch.stack(rows)  # (changed word, output)


# %%
both = {f.__name__: moved(f) for f in (causal_attention, published_attention)}
plots.heatmaps({name: m.double() for name, m in both.items()},
               xlabel="output", ylabel="changed word", label="moved",
               alt="How many outputs move, by the word changed: " + "; ".join(
                   f"{m.sum(1).tolist()} ({name})"
                   for name, m in both.items()))

# %%
check.claim("mask", "causal attention moves nothing before the changed word",
            both["causal_attention"].tril(-1), "==", 0)
check.claim("leak", "the published program lets a word's change go back",
            both["published_attention"], "==", 1,
            settles={"leak": "every output"})

# %% [markdown]
# **Exercise 3 · find the bug** · difficulty 2 of 5 · 6 minutes
#
# The mask hides what it should, and yet word 0 hears of the last word.
# Name the way by which the news travels back.
# Then mend the program, without a look at section 5: change one line, and say why that one.
#
# The published model has no mask, and mending it brought no measurable gain: no loss curve would have told.
#
# <details><summary>Hint</summary>
#
# Print the weights for three words, and add them up along rows and along columns.
# Which of the two sums should be 1? Whose scores does the other sum contain?
#
# </details>


# %% tags=["exercise"]
def mended_attention(x, W_q, W_k, W_v):
    """causal attention: (n, d), three (d, dh) -> (n, dh)"""
    ### BEGIN SOLUTION
    # softmax(0) divides by a sum over all *queries*, later words' among them.
    q, k, v = x @ W_q, x @ W_k, x @ W_v
    scores = q @ k.T / q.shape[-1] ** 0.5
    later = torch.ones_like(scores).triu(1).bool()
    return scores.masked_fill(later, -math.inf).softmax(-1) @ v
    ### END SOLUTION


check.mended_attention(mended_attention)

# %% [markdown]
# ## 6 · On trial: "without positions a model cannot know the order"
#
# The blind reader of section 4 could not say who bites.
# Now it gets a causal mask and still no positions.
# A third reader gets no mask, but to each place in the text we add a fixed random vector.
#
# **Predict.** Is the mask enough?

# %%
check.predict(
    "mask",
    "With a causal mask and no positions, the loss ends near",
    ["0.7: a coin toss, as before", "0: it learns who bites"],
    kind="reason",
    beliefs={"0.7: a coin toss, as before":
                 "reason 3 of www.kler.cn/a/539187.html"},
)

# %%
ahead = torch.ones(3, 3).triu(1).bool()  # in torch.nn True means hidden
masked, _ = three_seeds(mask=ahead)  # (seeds, steps)
torch.manual_seed(0)
placed, _ = three_seeds(places=torch.randn(3, 32))

# %%
losses = {"no positions": blind, "mask, no positions": masked,
          "random vectors, no mask": placed}
plots.lines(losses, xlabel="step", ylabel="loss",
            chance=math.log(2), ylim=(0, 2.2),
            alt=levels(losses))

# %%
check.claim("masked", "a causal mask alone lets a model tell the biter",
            masked[:, -20:].mean(1), "in", (0, 0.2), seeds=3, show="{:.2f}",
            settles={"mask": "0: it learns who bites"})
check.claim("placed", "random vectors for places let a model tell the biter",
            placed[:, -20:].mean(1), "<", 0.2, seeds=3)

# %% [markdown]
# The place vectors are random and never trained, and yet they serve.
# All this is a toy: thirty texts of three words, two layers, three seeds.
#
# How far does the mask carry in earnest? Haviv et al. (2022) trained large models with and without positions.

# %% [markdown]
# | perplexity, lower is better | without | learned positions |
# |---|---|---|
# | causal, WikiText-103, 247M parameters | 20.97 | 20.42 |
# | causal, the Pile, 1.3B parameters | 13.10 | 13.05 |
# | **masked** (sees both sides), the Pile, RoBERTa-large | **147.18** | 4.06 |
#
# Their Tables 1 and 4. Almost nothing is lost in the decoders. The model that looks both ways collapses.

# %%
check.verdict("B6", "holds only if", because=(
    "the model looks both ways. A causal one reads the order off its mask: "
    "ours within 60 steps."
))

# %% [markdown]
# **Why then does everyone add positions to decoders?**
# *Possible* is not *free*. In Haviv's tables the causal models without positions are always slightly worse.
# The order must first be worked out: their probes find no position at the first layer, and a usable one within four.
# Others came out on the other side: Irie et al. (2019) found deep causal language models for speech recognition slightly *better* without.

# %% [markdown]
# **Exercise 4** · difficulty 3 of 5 · 8 minutes
#
# What could a causal layer *count*? Let the first word be a start marker, the vector (1, 0); every other word is (0, something).
# Find three 2 × 2 matrices with which channel 0 of `causal_attention(x, W_q, W_k, W_v)` is 1/(t+1) at word t:
#
# | word t | 0 | 1 | 2 | 3 |
# |---|---|---|---|---|
# | channel 0 | 1 | 1/2 | 1/3 | 1/4 |
#
# A position, and nobody put it in.
#
# <details><summary>Hint</summary>
#
# Word t sees t+1 words. If all get the same weight, each weighs 1/(t+1).
# Which `W_q` makes all scores equal? Then let `W_v` keep the marker's 1 and nothing else.
#
# </details>


# %% tags=["exercise"]
def counting_weights():
    """-> W_q, W_k, W_v, each (2, 2)"""
    ### BEGIN SOLUTION
    W_q = torch.zeros(2, 2)  # all scores are 0
    W_k = torch.eye(2)  # any will do
    W_v = torch.tensor([[1.0, 0.0], [0.0, 0.0]])  # the marker's 1
    return W_q, W_k, W_v
    ### END SOLUTION


check.counting_weights(counting_weights)

# %% [markdown]
# ## 7 · Three doors
#
# Where may a position enter attention? Follow our five lines from top to bottom.
# Into the **embeddings**, before anything else.
# Into **queries and keys**, after the projections.
# Or into the **scores**, as a number for each pair of places.
# Here all three stand open:


# %%
def open_attention(x, embeddings=0, queries_keys=0, scores=0):
    q, k, v = ((x + embeddings) @ W_i for W_i in W)  # door 1
    q, k = q + queries_keys, k + queries_keys  # door 2
    s = q @ k.T / q.shape[-1] ** 0.5 + scores  # door 3
    return s.softmax(-1) @ v


# %% [markdown]
# Through each door we put random numbers that depend on the place alone, and measure the gap.

# %%
place, pair = torch.randn(3, 8).double(), torch.randn(3, 3).double()
doors = {
    "embeddings": lambda x: open_attention(x, embeddings=place),
    "queries and keys": lambda x: open_attention(x, queries_keys=place),
    "scores": lambda x: open_attention(x, scores=pair),
}
x = embed("dog bites man")
gaps = [max(gap(f, x) for _ in range(20)) for f in doors.values()]
check.claim("doors", "each of the three doors alone lets order in",
            gaps, ">", 0.1)
check.claim("shut", "attention with all three doors shut is blind to order",
            gap(open_attention, x), "<", 1e-12)

# %% [markdown]
# `posenc` has the same doors, called `embed`, `rotate` (queries and keys) and `bias` (scores).
# Every encoding says which it uses; those of the next notebooks all use the first.

# %%
{
    name: posenc.acts_on(posenc.ENCODINGS[name])
    for name in ("none", "integer", "learned", "sinusoidal")
}

# %% [markdown]
# Random numbers break the blindness.
# Which numbers let a model say "the word before me"? Which still work at a place it never saw?
# The next notebook begins with the simplest: [0, 1, 2, …](02_why_integer_positions_fail.ipynb).

# %% [markdown]
# ## 8 · Judge for yourself
#
# **Exercise 5 · choose the run** · difficulty 3 of 5 · 8 minutes
#
# You are handed a model of one attention layer without positions, trained and in `eval()`.
# Its text was shuffled fifty times, all words but the last, and the output of the last word never moved.
# There are two explanations:
#
# - *no mask*: the causal mask was forgotten, so attention is blind to the order;
# - *one layer*: the causal mask is there, but one layer is not enough.
#
# Which of these runs would tell you which one is true?
#
# | run | what is done | whose output is watched |
# |---|---|---|
# | `"more shuffles"` | the words before the last are shuffled a thousand times more | the last word's |
# | `"another text"` | the words before the last of another text are shuffled | the last word's |
# | `"replace first"` | the first word is replaced by another one | the last word's |
# | `"replace last"` | the last word is replaced by another one | the first word's |
# | `"swap first two"` | the first two words change places | theirs, each at its new place |
# | `"second layer"` | the layer is applied twice, and the words before the last are shuffled | the last word's |
#
# Return three words: the run, what the output does if there is no mask, and what it does if there is one masked layer.
# An output `"moves"` or `"stays"`.
#
# <details><summary>Hint</summary>
#
# A run separates two explanations only where they predict different outcomes.
# Add two columns to the table, one for each explanation, before you choose.
#
# </details>


# %% tags=["exercise"]
def separating_run():
    """-> run, outcome without a mask, outcome with one masked layer"""
    ### BEGIN SOLUTION
    return "replace last", "moves", "stays"  # two others separate them, too
    ### END SOLUTION


check.separating_run(separating_run)

# %% [markdown]
# **Exercise 6 · explain** · difficulty 2 of 5 · 6 minutes
#
# A classmate writes: "Attention is permutation-invariant. So a Transformer without positional encodings does not care about word order."
# Each of the two sentences is wrong, or true only under a condition that is missing.
# Correct them in four sentences at most, and support each correction with a number that you saw in this lesson.
# No program judges this one: it has a rubric.

# %% [markdown] tags=["explain"]
# *Your answer goes here (in a notebook: double-click this line).*

# %% [markdown] tags=["rubric"]
# <details><summary>Rubric for exercise 6, for after you have written</summary>
#
# Half a point for each:
#
# 1. Attention is permutation-*equivariant*: its outputs are shuffled along with the words. Only a pooled output, such as the mean over all words, is invariant.
# 2. Word order still matters to the *task*: without positions and mask the reader cannot say who bites, and its loss stays near ln 2 = 0.69.
# 3. The condition is named: no causal mask. With the mask, and still without positions, the loss falls to 0.
# 4. Each correction has its number (for 1: the outputs move by more than 0.1, their mean by less than 1e-12), and no number is given that was not measured.
#
# </details>

# %% [markdown]
# ## What surprised you
#
# Run the next cell at the end: it lists your predictions of this lesson that turned out wrong.
# In JupyterLab, each has a link to the cell that settled it. Explain that result to yourself before you go on.

# %%
check.surprises("01")

# %% [markdown]
# ## What you can now do
#
# - Write attention from memory, and prove $\mathrm{att}(Px)=P\,\mathrm{att}(x)$ in three lines.
# - Say *equivariant* where others say *invariant*, and know what pooling changes.
# - Test any model for blindness: two lines, many shuffles, a tolerance, `eval()`.
# - Say what a causal mask tells one layer (the bag of words before me) and two (their order).
# - Name the three doors: embeddings, queries and keys, scores.

# %% [markdown]
# ## References
#
# - Vaswani et al. 2017, *Attention Is All You Need*, arXiv 1706.03762: attention (§3.2), and why positions must be put in (§3.5).
# - Haviv, Ram, Press, Izsak, Levy 2022, *Transformer Language Models without Positional Encodings Still Learn Positional Information*, arXiv 2203.16634: Tables 1 and 4, the probes (Figure 2), "always slightly worse" (Limitations).
# - Lee et al. 2019, *Set Transformer*, arXiv 1810.00825: equivariant attention blocks, invariance by pooling.
# - The program of the bug clinic: labmlai/annotated_deep_learning_paper_implementations#146 on GitHub, found in a model of pictures; mended, with no difference in quality (FID within 0.05) found.
# - Irie, Zeyer, Schlüter, Ney 2019, *Language Modeling with Deep Transformers*, arXiv 1905.04226: deep causal models for speech that were slightly better without positions (abstract).
# - Claim A5 is that of the [article](http://www.kler.cn/a/539187.html) which the course grew from (in Chinese).
