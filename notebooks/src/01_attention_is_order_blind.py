# %% [markdown] id="dog-bites-man"
# # 01 · What does attention make of “dog bites man” and “man bites dog”?
#
# Needs: tensors, matrix product, softmax, a training loop (recap below) · 35 minutes, exercises apart · CPU
#
# After this lesson you can
#
# - **compute** self-attention by hand and in five lines, and **prove** what a shuffle does to it,
# - **test** with two lines of code whether *your* model sees the order of its input,
# - **explain** what a causal mask tells a model about order, and at which three places positions can enter.

# %% [markdown]
# The same three words make everyday news or a headline.
# We compute both sentences with attention and compare the outputs.
#
# <details><summary>Recap in five minutes: tensors, matrix product, softmax, a training loop</summary>
#
# **Tensor.** `x` of shape `(n, d)` has n rows, here one per word, and d columns, the **channels**.
# `x[[2, 0, 1]]` has the same rows in another order.
#
# **Matrix product.** `(x @ W)[i, j]` is the sum over c of `x[i, c] * W[c, j]`.
# Row i of the result depends only on row i of `x`.
# `q @ k.T` holds the **dot product** of every row of `q` with every row of `k`: it is large where two rows are long and point in the same direction.
# `W.mT` swaps the last two axes of `W`, and `x[None]` puts a new axis in front.
#
# **Softmax.** The function **softmax**, `s.exp() / s.exp().sum()`, returns numbers from 0 to 1 that sum to 1.
# It turns `[1, 2, 3]` into `[0.09, 0.24, 0.67]`, and a score of −∞ into 0.
# `softmax(-1)` treats each row by itself.
#
# **Training loop.** Guess, measure the loss, find the direction in which it falls, take a step:
#
# ```python
# loss = cross_entropy(model(tokens), targets)
# optimizer.zero_grad()
# loss.backward()
# optimizer.step()
# ```
#
# `cross_entropy` is the mean of −log(probability given to the correct answer):
# it is ln k for an even guess among k answers, and 0 for a correct answer given with certainty.
# `model.train()` and `model.eval()` switch layers that behave differently while a model is trained.
#
# </details>

# %% [markdown]
# Here are two questions on what you already know. Answer in your head, then unfold.
#
# **Recall 1** · Into which weights does softmax turn the scores [0, 0, −∞]?
#
# <details><summary>Answer</summary>
#
# Into [½, ½, 0].
# Equal scores get equal weights, a score of −∞ gets the weight 0, and the weights sum to 1.
#
# </details>
#
# **Recall 2** · `x` is (3, 8) and `W` is (8, 8). Rows 0 and 2 of `x` are swapped. What happens to `x @ W`?
#
# <details><summary>Answer</summary>
#
# Its rows 0 and 2 are swapped, and nothing else happens, because row i of the product depends only on row i of `x`.
#
# </details>

# %%
import math

import torch

import posenc
from posenc import check, plots, training, widgets

# %% [markdown] id="three-tokens"
# ## 1 · Three tokens, three vectors
#
# A model reads a sequence of **tokens**; in this lesson each token is a whole word.
# It looks each one up in an **embedding table**.
# A sentence becomes the rows of its tokens, one below the other, so the order is plainly in the tensor.
# Does attention use this order?

# %%
torch.manual_seed(0)
words = ["dog", "bites", "man"]
table = torch.randn(3, 8, dtype=torch.float64)  # one row per token


def embed(text):
    return table[[words.index(word) for word in text.split()]]  # (n, d)


# %% [markdown]
# In **attention** every token has three vectors: it asks with its **query** $q$, it is found by its **key** $k$, and it answers with its **value** $v$.
# The dot product of a query and a key, divided by $\sqrt d$, is a **score**.
# Softmax converts the scores of one query into the **attention weights**, and the output is the weighted mean of all values:
#
# $$y_i=\sum_j \mathrm{softmax}_j\!\left(\frac{q_i\cdot k_j}{\sqrt d}\right) v_j .$$


# %%
def attention(x, W_q, W_k, W_v):
    q, k, v = x @ W_q, x @ W_k, x @ W_v  # (n, d) each
    scores = q @ k.T / q.shape[-1] ** 0.5  # (n, n)
    weights = scores.softmax(-1)  # each row sums to 1
    return weights @ v  # (n, d)


# %% [markdown]
# **By hand, once.** Let queries, keys and values have a single channel, so that $\sqrt d=1$.
# The query of “dog” is $\ln 2$, so $e^{\text{score}}$ is $2^{\text{key}}$.
# Cover the last two columns and fill them in yourself before you look.
#
# | “dog” attends to | key | value | $e^{\text{score}}$ | weight | weight × value |
# |---|---|---|---|---|---|
# | dog | 1 | 7 | 2 | 2/7 | 2 |
# | bites | 0 | 21 | 1 | 1/7 | 3 |
# | man | 2 | 14 | 4 | 4/7 | 8 |
# | **sum** | | | **7** | **1** | **13** |

# %%
rows = torch.eye(3, dtype=torch.float64)  # row i picks row i of each matrix
by_hand = torch.tensor([[[math.log(2)], [0], [0]], [[1], [0], [2]],
                        [[7], [21], [14]]], dtype=torch.float64)
check.claim("by hand", "attention in five lines gives “dog” the 13 of the "
            "table", (attention(rows, *by_hand)[0] - 13).abs(), "<", 1e-12)

# %% [markdown]
# **Predict.** The dog bites in one sentence, and is bitten in the other.
# `W_q`, `W_k` and `W_v` are random, and the same for both sentences.
# Choose before you read on: a line with ✓ will settle it.

# %%
check.predict(
    "dog",
    "How do the outputs for “dog” in the two sentences compare?",
    ["They are far apart.", "They are close, but not equal.",
     "They are equal."],
    kind="reason",
    beliefs={"They are far apart.":
                 "ai.stackexchange.com/questions/40390, google-research/bert#58",
             "They are close, but not equal.": "no source found"},
)

# %%
torch.manual_seed(10)
W = torch.randn(3, 8, 8, dtype=torch.float64) / 8**0.5  # W_q, W_k, W_v
everyday = attention(embed("dog bites man"), *W)
headline = attention(embed("man bites dog"), *W)
apart = (everyday[0] - headline[2]).abs().max()

outputs = {"dog bites man": everyday, "man bites dog": headline}
plots.heatmaps(outputs, xlabel="channel", ylabel="token", label="output",
               y={text: text.split() for text in outputs},
               alt="The outputs of both sentences as colours. The rows of "
                   f"“dog” differ by at most {apart:.2f}")

# %%
check.claim("dog", "the output for “dog” is the same vector, biting or bitten",
            apart, "<", 1e-12, settles={"dog": "They are equal."})

# %% [markdown]
# Each token has the same row of colours in both sentences: only the order of the rows differs.
#
# **“But the order *is* in the tensor!”**
# It is, as row numbers. But look for a row number in the formula: $i$ and $j$ only say which vectors are meant, and nothing is computed from them.
# $y_i$ is a sum over all tokens, and a sum does not know in which order its terms came.

# %% [markdown]
# The course continues with `posenc.Attention`, the same five lines with several **attention heads** side by side.
# With one head it must agree with our five lines (this code is folded).

# %% jupyter={"source_hidden": true}
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
# A shuffle is a matrix with a single 1 in every row and column, and 0 elsewhere.
# `P @ x` puts the rows of `x` in another order, and $P^\top$ puts them back: $P^\top P=1$, the identity matrix.

# %%
order = torch.tensor([2, 0, 1])
P = torch.eye(3, dtype=torch.float64)[order]
check.claim("P", "P @ x is x[order]",
            (P @ table - table[order]).abs().max(), "==", 0)
P

# %% [markdown]
# Shuffle the tokens and follow the shuffle through the formula. Let $S(x)$ be the scores of $x$, and $\mathrm{att}(x)$ the output of attention:
#
# $$\begin{aligned}
# S(Px)&=(PxW_q)(PxW_k)^\top/\sqrt d = P\,S(x)\,P^\top\\
# \mathrm{softmax}(P S P^\top)&=P\,\mathrm{softmax}(S)\,P^\top\\
# \mathrm{att}(Px)&=P\,\mathrm{softmax}(S)\,\underbrace{P^\top P}_{1}\,xW_v=P\,\mathrm{att}(x)
# \end{aligned}$$
#
# Only the middle line needs an explanation: softmax treats each row by itself, and the sum over a row does not depend on its order.

# %%
S = torch.randn(3, 3, dtype=torch.float64)
difference = (P @ S @ P.T).softmax(-1) - P @ S.softmax(-1) @ P.T
check.claim("softmax", "softmax and a shuffle give the same result in either "
            "order", difference.abs().max(), "<", 1e-12)

# %% [markdown]
# The proof assumes nothing about the **weights**, the numbers that training changes.
# So training cannot help: every layer that computes this formula has this property, however it is trained.
#
# A function with $f(Px)=P f(x)$ is called **permutation-equivariant**:
# if you shuffle the input, the output is shuffled in the same way.
# Two lines of code measure how far a function is from being equivariant.


# %%
def gap(f, x):
    order = torch.randperm(len(x))
    return (f(x[order]) - f(x)[order]).abs().max()


# %% [markdown]
# **Predict.** In the proof the gap is 0. We shuffle a text of twelve tokens fifty times, in **float64**.

# %%
check.predict(
    "gap",
    "How large is the largest of the fifty gaps?",
    ["exactly 0", "about 1e-15", "about 1e-7"],
    kind="reason",
    beliefs={"exactly 0": "pytorch/pytorch#15888, pytorch/pytorch#70466",
             "about 1e-7": "pytorch/pytorch#131330, a comment, for any tensor"},
)


# %%
def largest_gap(dtype):
    x, weights = torch.randn(12, 8, dtype=dtype), W.to(dtype)
    return max(gap(lambda x: attention(x, *weights), x) for _ in range(50))


# %%
check.claim("float64", "a shuffle changes the last digits of attention's "
            "output in float64",
            largest_gap(torch.float64), "in", (1e-17, 1e-14),
            settles={"gap": "about 1e-15"})
check.claim("float32", "a shuffle changes attention's output by less than "
            "1e-5 in float32", largest_gap(torch.float32), "<", 1e-5)

# %% [markdown]
# The gap is about 1e-15 in float64 and about 1e-7 in **float32**, because a sum in another order is rounded differently.
# So a test for blindness to order needs a tolerance: never use `==`.
#
# Is every layer blind to order? No: a recurrent layer reads one token after another.

# %%
gru = torch.nn.GRU(8, 8, dtype=torch.float64)
x = torch.randn(12, 8, dtype=torch.float64)
check.claim("gru", "a recurrent layer sees the order",
            gap(lambda x: gru(x)[0], x), ">", 0.01)

# %% [markdown]
# **Exercise 1** · difficulty 2 of 5 · 6 minutes
#
# Write `permutation_equivariant(f, x)`: return True if shuffling the rows of `x` shuffles the rows of `f(x)` in the same way, else False.
# `x` is `(n, d)`, in float64 or float32, and n may be as small as 3.
#
# Your function will be tried on functions that are hard to catch.
# For example, the sum of both neighbours, `x.roll(1, 0) + x.roll(-1, 0)`, passes a test that only reverses `x`, but must fail for four or more rows.
#
# <details><summary>Hint</summary>
#
# A random shuffle of three rows leaves them as they are one time in six.
# Try twenty shuffles, and return False at the first that fails.
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
# ## 3 · On trial: “self-attention is permutation-invariant”
#
# Many texts say so. A function with $f(Px)=f(x)$ is **permutation-invariant**: if you shuffle the tokens, *nothing* changes in its output.

# %%
check.predict(
    "invariant",
    "You shuffle the tokens. Which of these outputs does not change at all?",
    ["the outputs of attention", "their mean over all tokens",
     "both of them"],
    kind="reason",
    beliefs={"the outputs of attention":
                 "theneuralbase.com, “Why attention is "
                 "permutation-invariant”",
             "both of them": "comments at ai.stackexchange.com/questions/40390"},
)

# %%
x = embed("dog bites man")
plain, mixed = attention(x, *W), attention(x[order], *W)

# %%
check.claim("moves", "the output of attention changes if the tokens are "
            "shuffled", (mixed - plain).abs().max(), ">", 0.1)
check.claim("pooled", "the mean of attention's outputs stays the same if the "
            "tokens are shuffled",
            (mixed.mean(0) - plain.mean(0)).abs().max(), "<", 1e-12,
            settles={"invariant": "their mean over all tokens"})

# %%
check.verdict("B16", "does not hold", because=(
    "The output of attention is shuffled along with the tokens, which is "
    "called equivariant. Pooling, such as a mean over all tokens, makes it "
    "invariant."
))

# %% [markdown]
# The claims on trial have numbers: A for the article that the course grew from, B for other sources.
# The last lesson lists them all.
#
# For *sets* invariance is the aim, since a set has no order: the Set Transformer (Lee et al. 2019) is attention without positions, followed by pooling.
# For language, invariance is not the aim, because the order carries meaning.

# %% [markdown] id="e8076360b362"
# ## 4 · What can a model without positions learn?
#
# `torch.nn.TransformerEncoder` contains no **positional encoding**, nothing that tells it where a token is.
# It takes vectors, not tokens, and how positions enter is left to you: there are many ways, and sets need no positions at all.
# Nothing warns you if you forget.
# Its other parts (norms, residual connections and a small network, the **MLP**) treat each token by itself, so the whole stack is equivariant.
#
# Our encoder reads thirty headlines, *X bites Y* with six names. Who bites?

# %%
pairs = [(i, j) for i in range(6) for j in range(6) if i != j]
texts = torch.tensor([[i, 6, j] for i, j in pairs])  # (30, 3), 6 is “bites”
biter = texts[:, 0]  # (30,)


# %% [markdown]
# Our model, the *reader*, chooses one of the six names from the mean of the encoder's outputs.
# With `batch_first=True`, axis 0 is the batch of texts. By default it is the sequence, and attention would mix *different texts*.


# %%
class Reader(torch.nn.Module):
    def __init__(self, positions=0, mask=None, layers=2):
        super().__init__()
        self.words = torch.nn.Embedding(7, 32)
        layer = torch.nn.TransformerEncoderLayer(32, 4, 64, batch_first=True)
        self.encoder = torch.nn.TransformerEncoder(
            layer, num_layers=layers, enable_nested_tensor=False)
        self.head = torch.nn.Linear(32, 6)
        self.positions, self.mask = positions, mask  # for section 6

    def forward(self, tokens):
        x = self.words(tokens) + self.positions  # (b, n, d)
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
# **Predict.** The loss starts near $\ln 6=1.79$, because the reader has no idea which name to choose.

# %%
check.predict_number(
    "loss",
    "Near which value does the loss of the reader without positions end?",
    low=0, high=3, near=0.25, sure=True, kind="reason",
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

# %% jupyter={"source_hidden": true}
guesses = {f"one of {k} names": math.log(k) for k in (6, 3, 2)}


def draw_losses(losses, levels):
    marks = {"0": 0.0, **levels}
    ends = {name: min(marks, key=lambda mark: abs(marks[mark] - end))
            for name, end in ((name, runs[:, -20:].mean())
                              for name, runs in losses.items())}
    return plots.lines(
        losses, xlabel="step", ylabel="loss", levels=levels, ylim=(0, 2.2),
        alt="Of the levels shown, the loss ends nearest to " + ", ".join(
            f"“{end}” ({name})" for name, end in ends.items()))


draw_losses({"no positions": blind}, guesses)

# %% [markdown]
# The curve falls fast and settles. The band spans three **seeds**, that is, runs from different random starts.
# Each dashed line is a **chance level**: the loss of an even guess among six, three or two names.

# %%
check.claim("coin", "the loss of a reader without positions ends between 0.6 "
            "and 1, near ln 2 = 0.69",
            blind[:, -20:].mean(1), "in", (0.6, 1), seeds=3, show="{:.2f}",
            settles={"loss": "measured"})

# %% [markdown]
# The model learns *which two* names are in the text, and gives each of the two a probability near ½.
# More steps would not help: *X bites Y* and *Y bites X* get the same answer, whatever the weights, and it is wrong for one of them.
# The test `gap` of section 2 would find the fault.
#
# **Predict.** We take the encoder from the training above and measure its gap.

# %%
check.predict(
    "trained encoder",
    "How large is the gap of this encoder, which has no positions?",
    ["about 1e-7: rounding", "about 1: it seems to see the order"],
    kind="surprise",
    beliefs={"about 1e-7: rounding": "huggingface/transformers#2627, "
             "gzerveas/mvts_transformer#18: one input, one output"},
)

# %%
five_tokens = torch.randn(5, 32)
as_left, in_eval = (gap(reader.encoder.train(training), five_tokens)
                    for training in (True, False))

# %%
check.claim("dropout", "an encoder without positions shows a gap between 0.1 "
            "and 10 in training mode", as_left, "in", (0.1, 10),
            settles={"trained encoder": "about 1: it seems to see the order"})
check.claim("eval", "an encoder without positions shows a gap below 1e-4 in "
            "eval()", in_eval, "<", 1e-4)

# %% [markdown]
# After `train` the encoder is still in training mode: **dropout** sets random channels to 0, different ones at every call, and this noise looks like order.
# (Dropout also keeps the loss a little above ln 2.)
# Call `eval()` before you believe the test.
#
# Equal tokens cannot be told apart either: in *the dog bites the man* both tokens “the” ask the same question of the same tokens.

# %%
out = reader.encoder.eval()(five_tokens[[0, 1, 2, 0, 3]])  # the … the …
check.claim("the", "two tokens “the” leave the encoder as the same vector",
            (out[0] - out[3]).abs().max(), "<", 1e-4)

# %% [markdown] id="causal-mask"
# ## 5 · On trial: “self-attention assumes no order”
#
# Vaswani et al. (2017, §3.5) give this as the reason for positions: their model has no recurrence and no convolution, so order must be put in.
# But their decoder is not allowed to look ahead.
# An **attention mask** says which keys a query may attend to, and a **causal mask** hides all later tokens from each token.
# It sets their scores to −∞, so that softmax gives them the weight 0.
# For the first time a row number decides something.


# %%
def causal_attention(x, W_q, W_k, W_v):
    q, k, v = x @ W_q, x @ W_k, x @ W_v  # (n, d) each
    scores = q @ k.T / q.shape[-1] ** 0.5  # (n, n)
    later = torch.ones_like(scores).triu(1).bool()  # the key comes after
    return scores.masked_fill(later, -math.inf).softmax(-1) @ v


# %% [markdown]
# How much order does the mask let in? In a text of eight tokens we swap two neighbours, and compare each token's output before and after the swap.

# %%
check.predict(
    "swap",
    "You swap two neighbours. Which tokens get a different output vector "
    "from one causal layer?",
    ["none", "only these two", "these two and all tokens after them"],
    sure=True,
    kind="surprise",
    beliefs={"none": "comments at ai.stackexchange.com/questions/40390; "
                     "claim A5 of www.kler.cn/a/539187.html",
             "these two and all tokens after them":
                 "the objection in mdsadilkhan.onrender.com/blog/ai_blogs/"
                 "positional_encoding.html"},
)

# %% [markdown]
# **Explore.** Each row is one swap, and each column is a token, numbered as before the swap. A value of 0 means that the token's output did not change.
# How many layers does it take until all later tokens notice a swap?
# And what is left without the mask?
# Move the sliders, or compare the figures (the code of the measurement is folded).


# %% jupyter={"source_hidden": true}
def changes(layers, causal):
    torch.manual_seed(0)
    model = posenc.Transformer(posenc.build("none"), vocab_size=8,
                               n_layers=layers, causal=causal)
    texts = torch.arange(8).repeat(8, 1)  # the last text stays as it is
    for i in range(7):
        texts[i, [i, i + 1]] = texts[i, [i + 1, i]]
    logits = model.double()(texts).detach()  # (text, position, vocabulary)
    by_token = logits[torch.arange(8)[:, None], texts]  # follow each token
    return (by_token[:7] - by_token[7]).norm(dim=-1)  # (swap, token)


def draw(layers, causal):
    change = changes(layers, causal)
    change[change < 1e-9] = 0  # rounding
    return plots.heatmap(change, xlabel="token", label="change of its output",
                         ylabel="swapped: this token and the next",
                         values=True,
                         alt="How many of 8 tokens get a different output "
                             "in each swap: " + ", ".join(
                                 str(len(row.nonzero())) for row in change))


# %%
widgets.explore(draw, layers=(1, 4, 1), causal=[True, False], stills=[
    {"layers": 2, "causal": True}, {"layers": 4, "causal": False}],
    labels={"causal": "causal mask"})

# %%
one, two = changes(1, causal=True), changes(2, causal=True)
after = torch.ones(7, 8).triu().bool()  # the two, and all tokens after them
check.claim("swap", "after one causal layer, swapping two neighbours changes "
            "the outputs of only two tokens",
            (one > 1e-9).sum(1), "==", 2, show="{:.0f}",
            settles={"swap": "only these two"})
check.claim("later", "after two causal layers, swapping two neighbours "
            "changes the outputs of all later tokens",
            two[after], ">", 1e-3)

# %% [markdown]
# In the first layer a later token attends to the same *bag* of tokens (the same ones, in any order), swapped or not.
# The outputs of the two swapped tokens do change: the one that is now second attends to the other, and the one that is now first no longer does.
# In the second layer the later tokens attend to these two different vectors.
#
# The same holds if we shuffle all tokens but the last, and apply `causal_attention` once, then twice (folded).

# %% jupyter={"source_hidden": true}
twelve = torch.randn(12, 8, dtype=torch.float64)
prefix = torch.cat((torch.randperm(11), torch.tensor([11])))
y = causal_attention(twelve, *W)  # (n, d)
shuffled = causal_attention(twelve[prefix], *W)
check.claim("one", "one causal layer gives the last token the same output, "
            "however the earlier tokens are shuffled",
            (shuffled - y)[-1].norm(), "<", 1e-12)

y, shuffled = causal_attention(y, *W), causal_attention(shuffled, *W)
check.claim("two", "two causal layers give the last token a different output "
            "if the earlier tokens are shuffled",
            (shuffled - y)[-1].norm(), ">", 1e-3)

# %%
check.verdict("A5", "holds only if", because=(
    "there is no causal mask. With one, a token's output depends in the first "
    "layer on *which* tokens came before it, and from the second layer on "
    "also on their *order*."
))

# %% [markdown]
# **Exercise 2** · difficulty 2 of 5 · 6 minutes
#
# Write attention for *any* mask: `mask[i, j]` is True where query i may attend to key j, and every query may attend to at least one key.
# For each i, use only the allowed j: weight them by $e^{q_i\cdot k_j/\sqrt d}$ (where d is the width of q), divide by the sum of these weights, and add up the $v_j$.
# Write it with loops or with matrices.
#
# Then answer the question that matters: **which masks keep attention blind to order?** Try some, with `gap`.
#
# <details><summary>Hint</summary>
#
# If you use matrices, hide a score *before* softmax, by setting it to −∞, and not after softmax, by setting the weight to 0: the weights must still sum to 1.
# `scores.masked_fill(condition, value)` fills where the condition is True.
# As to the last question, the mask $M$ must stay the same under every shuffle: $PMP^\top=M$. What does this mean for its diagonal, and what for the rest?
#
# </details>


# %% tags=["exercise"]
def masked_attention(x, W_q, W_k, W_v, mask):
    """(n, d), three (d, dh), a Boolean (n, n) -> (n, dh)"""
    ### BEGIN SOLUTION
    q, k, v = x @ W_q, x @ W_k, x @ W_v
    scores = q @ k.T / q.shape[-1] ** 0.5
    return scores.masked_fill(~mask, -math.inf).softmax(-1) @ v
    ### END SOLUTION


check.attention(masked_attention)

# %% [markdown]
# <details><summary>Which masks? Compare your answer</summary>
#
# There are three: a token attends to all tokens, only to itself, or to all but itself.
# A shuffle can bring any diagonal entry to any other, so all of them must be equal, and so must all entries off the diagonal.
#
# </details>

# %% [markdown]
# ### The bug clinic
#
# This program was published, with its bug, in a widely read collection of models.
# We added the mask, and the mask is correct. One line is wrong: look for it before you read on.


# %%
def published_attention(x, W_q, W_k, W_v):
    q, k, v = x @ W_q, x @ W_k, x @ W_v
    scores = q @ k.T / q.shape[-1] ** 0.5
    later = torch.ones_like(scores).triu(1).bool()
    return scores.masked_fill(later, -math.inf).softmax(0) @ v


# %%
check.predict(
    "leak",
    "You change the last token. Which outputs of the published program "
    "change?",
    ["only the last one", "some of them", "all of them"],
    kind="surprise",
    beliefs={"only the last one":
                 "labmlai/annotated_deep_learning_paper_implementations#146, "
                 "a comment: much like the correct softmax",
             "some of them": "no source found"},
)

# %% [markdown]
# We change one of six tokens at a time, and mark which outputs change.
# With a correct causal mask, no output left of the diagonal changes.


# %%
def moved(f):
    x, rows = torch.randn(6, 8, dtype=torch.float64), []
    for i in range(6):
        other = x.index_fill(0, torch.tensor(i), 1.0)
        rows.append((f(other, *W) - f(x, *W)).norm(dim=1) > 1e-9)
    return torch.stack(rows)  # (changed token, output)


# %%
both = {f.__name__: moved(f) for f in (causal_attention, published_attention)}
plots.heatmaps({name: m.double() for name, m in both.items()},
               xlabel="output", ylabel="changed token", label="1: it changes",
               alt="How many outputs change with each token: " + "; ".join(
                   f"{m.sum(1).tolist()} ({name})"
                   for name, m in both.items()))

# %%
check.claim("mask", "replacing a token changes no output of causal attention "
            "at an earlier position",
            both["causal_attention"].tril(-1), "==", 0)
check.claim("leak", "the published program changes every output, whichever "
            "token is changed", both["published_attention"], "==", 1,
            settles={"leak": "all of them"})

# %% [markdown]
# **Exercise 3 · find the bug** · difficulty 2 of 5 · 6 minutes
#
# The mask hides what it should, and yet the output of token 0 depends on the last token.
# Correct the program without looking back at the start of this section: change one line, and write in a comment beside it how the last token got through.
#
# Would training have shown the bug? The published model has no mask, and a user who corrected the bug measured no gain.
#
# <details><summary>Hint</summary>
#
# Compute the weights for three tokens in a cell of your own, and add them up along rows and along columns.
# Which of the two sums should be 1? Whose scores does the other sum contain?
#
# </details>


# %% tags=["exercise"]
def mended_attention(x, W_q, W_k, W_v):
    """causal attention: (n, d), three (d, dh) -> (n, dh)"""
    ### BEGIN SOLUTION
    # softmax(0) divides by a sum over all *queries*, later tokens' among them.
    q, k, v = x @ W_q, x @ W_k, x @ W_v
    scores = q @ k.T / q.shape[-1] ** 0.5
    later = torch.ones_like(scores).triu(1).bool()
    return scores.masked_fill(later, -math.inf).softmax(-1) @ v
    ### END SOLUTION


check.mended_attention(mended_attention)

# %% [markdown]
# ## 6 · On trial: “without positions a model cannot know the order”
#
# The reader of section 4 could not say who bites. A model without positional encoding is called a **NoPE model**.
# Now we give it a causal mask, and still no positions.
# A third reader gets no mask; instead we add a fixed random vector at each position.

# %%
check.predict(
    "mask",
    "Does a reader with a causal mask and no positions learn who bites?",
    ["no, its loss stays near ln 2", "yes, but only with two layers or more",
     "yes, with a single layer"],
    kind="surprise",
    beliefs={"no, its loss stays near ln 2":
                 "reason 3 of www.kler.cn/a/539187.html",
             "yes, but only with two layers or more":
                 "a summary of Irie at chatpaper.com/paper/177383: depth is "
                 "needed"},
)

# %%
ahead = torch.ones(3, 3).triu(1).bool()  # in torch.nn True means *hidden*
one_layer, _ = three_seeds(mask=ahead, layers=1)  # (seeds, steps)
two_layers, _ = three_seeds(mask=ahead, layers=2)
torch.manual_seed(0)
placed, _ = three_seeds(positions=torch.randn(3, 32))

# %%
draw_losses({"no positions": blind, "mask, 1 layer": one_layer,
             "mask, 2 layers": two_layers,
             "random vectors, no mask": placed},
            {"one of 2 names": math.log(2)})

# %%
check.claim("masked", "a causal mask lets a reader of one layer without "
            "positions tell who bites, with a loss below 0.2",
            one_layer[:, -20:].mean(1), "in", (0, 0.2), seeds=3, show="{:.2f}",
            settles={"mask": "yes, with a single layer"})
check.claim("placed", "a random vector for each position lets a reader tell "
            "who bites, with a loss below 0.2",
            placed[:, -20:].mean(1), "<", 0.2, seeds=3)

# %% [markdown]
# One layer is enough, because this reader averages over *all* tokens.
# The first token attends only to itself, so its output names the biter. (The output of the last token alone would be enough, too, with or without a mask: that token names the one who is bitten, so the other name is the biter's.)
# The random vectors are never trained, and they work all the same.
#
# This is a toy: thirty texts of three tokens, three seeds.
# How far does the mask carry a large model? Haviv et al. (2022) compared models by **perplexity**, the exponential of the loss.

# %% [markdown] id="haviv"
# | perplexity, lower is better | without positions | learned positions |
# |---|---|---|
# | causal, WikiText-103, 247M parameters | 20.97 | 20.42 |
# | causal, the Pile, 1.3B parameters | 13.10 | 13.05 |
# | **masked** (guesses hidden words, sees both sides), the Pile, RoBERTa-large | **147.18** | 4.06 |
#
# (Tables 1 and 4.) Without positions, the causal models lose little. The **bidirectional** model, which looks both ways, collapses.

# %%
check.verdict("B6", "holds only if", because=(
    "the model is bidirectional. A causal one can infer the order from its "
    "mask: ours did within 60 steps."
))

# %% [markdown]
# **Why, then, do most decoders have a positional encoding?**
# *Possible* is not *free*. In Haviv's tables the causal models without positions are always slightly worse: the best encoding in Table 1 reaches a perplexity of 19.71 on WikiText-103 and 12.51 on the Pile.
# The model must first work out the order: probes (small models that read the position off a layer's output) find no position at the first layer, and a usable one within four.
#
# Not everybody agrees. Irie et al. (2019) found deep causal language models for speech recognition slightly *better* without positions, and in some large models, such as SmolLM3, every fourth layer has no positional encoding.

# %% [markdown]
# **Exercise 4** · difficulty 3 of 5 · 8 minutes
#
# What can a causal layer *count*? Let the first token be a start marker with the vector (1, 0), and let every other token be (0, something).
# Find three 2 × 2 matrices such that channel 0 of `causal_attention(x, W_q, W_k, W_v)` is 1/(t+1) at token t:
#
# | token t | 0 | 1 | 2 | 3 |
# |---|---|---|---|---|
# | channel 0 | 1 | 1/2 | 1/3 | 1/4 |
#
# So channel 0 encodes the position, and nothing but the marker was put in.
#
# <details><summary>Hint</summary>
#
# Token t attends to t+1 tokens. If all of them get the same weight, this weight is 1/(t+1).
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
# ## 7 · Where can position enter?
#
# Follow the five lines of attention from top to bottom.
# There are three doors through which a **position** can come in:
# into the **embeddings**, before anything else;
# into **queries and keys**, after the projections;
# or into the **scores**, as a number for each pair of positions.
# Here all three are open:


# %%
def open_attention(x, embeddings=0, queries_keys=0, scores=0):
    q, k, v = ((x + embeddings) @ W_i for W_i in W)  # door 1
    q, k = q + queries_keys, k + queries_keys  # door 2
    s = q @ k.T / q.shape[-1] ** 0.5 + scores  # door 3
    return s.softmax(-1) @ v


# %% [markdown]
# At each door we add random numbers that depend only on the position, and measure the gap.

# %%
vectors, pairwise = torch.randn(3, 8).double(), torch.randn(3, 3).double()
entries = {
    "embeddings": lambda x: open_attention(x, embeddings=vectors),
    "queries and keys": lambda x: open_attention(x, queries_keys=vectors),
    "scores": lambda x: open_attention(x, scores=pairwise),
}
x = embed("dog bites man")
gaps = [max(gap(f, x) for _ in range(20)) for f in entries.values()]
check.claim("doors", "embeddings, queries and keys, and scores are each "
            "enough to let order into attention", gaps, ">", 0.1)
check.claim("shut", "attention is blind to order if nothing is added to "
            "embeddings, queries, keys and scores",
            gap(open_attention, x), "<", 1e-12)

# %% [markdown]
# In `posenc` the three doors are called `embed`, `rotate` (queries and keys) and `bias` (scores).
# Every encoding says which of them it uses; the encodings of the next lessons all use the first.

# %%
{
    name: posenc.acts_on(posenc.ENCODINGS[name])
    for name in ("none", "integer", "learned", "sinusoidal")
}

# %% [markdown]
# Random numbers let order in. Which numbers let a model attend to “the token before me”? Which still work at a position that it never saw?
# Lesson 02 begins with [the simplest, 0, 1, 2, …](02_why_integer_positions_fail.ipynb).

# %% [markdown]
# ## 8 · Judge for yourself
#
# **Exercise 5 · choose the run** · difficulty 3 of 5 · 8 minutes
#
# You are handed a model of one attention layer without positions, trained and in `eval()`.
# Somebody shuffled all tokens of its text but the last, fifty times, and the output of the last token never changed.
# There are two explanations:
#
# - *no mask*: the causal mask was forgotten, so attention is blind to order;
# - *one layer*: the causal mask is there, but one layer is not enough.
#
# Which of these runs would tell you which explanation is true?
#
# | run | what is done | whose output is watched |
# |---|---|---|
# | `"more shuffles"` | the tokens before the last are shuffled a thousand times more | the last token's |
# | `"another text"` | the tokens before the last of another text are shuffled | the last token's |
# | `"replace first"` | the first token is replaced by another one | the last token's |
# | `"replace last"` | the last token is replaced by another one | the first token's |
# | `"swap first two"` | the first two tokens are swapped | theirs, each at its new position |
# | `"second layer"` | the layer is applied twice, and the tokens before the last are shuffled | the last token's |
#
# Return three strings, for one run that separates the two explanations: the run, what the output does if there is no mask, and what it does if there is one masked layer.
# Write `"moves"` or `"stays"` for the output.
#
# <details><summary>Hint</summary>
#
# A run separates two explanations only if they predict different outcomes.
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
# A classmate writes: “Attention is permutation-invariant. So a Transformer without positional encodings does not care about word order.”
# Each of the two sentences is wrong, or true only under a condition that is missing.
# Correct them in four sentences at most, and support each correction with a number that you saw in this lesson.
# No program judges this exercise: it has a rubric.

# %% [markdown] tags=["explain"]
# *Your answer goes here (in a notebook: double-click this line).*

# %% [markdown] tags=["rubric"]
# <details><summary>Rubric for exercise 6 (open it after you have written your answer)</summary>
#
# Half a point for each:
#
# 1. Attention is permutation-*equivariant*: its outputs are shuffled along with the tokens. Only a pooled output, such as the mean over all tokens, is invariant.
# 2. Word order still matters to the *task*: without positions and without a mask the reader cannot say who bites, and its loss stays near ln 2 = 0.69.
# 3. The condition is named: no causal mask. With the mask, and still without positions, the loss falls below 0.2.
# 4. Each correction has its number (for 1: the outputs change by more than 0.1, their mean by less than 1e-12), and no number is given that was not measured.
#
# </details>

# %% [markdown]
# **What surprised you?** Here are your predictions that did not come true; in JupyterLab, each has a link to the cell that settled it.
# Explain each result to yourself before you continue.

# %%
check.surprises("01")

# %% [markdown]
# ## What you can now do
#
# - Write attention from memory, and prove $\mathrm{att}(Px)=P\,\mathrm{att}(x)$ in three lines.
# - Say *equivariant* where others say *invariant*, and know what pooling changes.
# - Test any model for blindness to order: two lines, many shuffles, a tolerance, `eval()`.
# - Say what a causal mask tells one layer (the bag of tokens before me) and two layers (their order).
# - Name the three places where position can enter: embeddings, queries and keys, scores.

# %% [markdown]
# ## References
#
# - Ashish Vaswani et al., 2017. *Attention Is All You Need*. arXiv 1706.03762. Attention (§3.2), and why positions must be put in (§3.5).
# - Adi Haviv et al., 2022. *Transformer Language Models without Positional Encodings Still Learn Positional Information*. arXiv 2203.16634. Tables 1 and 4, the probes (Figure 2), “always slightly worse” (Limitations).
# - Juho Lee et al., 2019. *Set Transformer*. arXiv 1810.00825. Attention blocks without positions, and pooling that makes the whole invariant.
# - The program of the bug clinic: [labmlai/annotated_deep_learning_paper_implementations#146](https://github.com/labmlai/annotated_deep_learning_paper_implementations/issues/146), found in an image model. The user who reported it compared both versions by FID (lower is better): no difference at first (within 0.05), and after more training the correct one was *worse*, by 0.02 to 0.3.
# - Kazuki Irie et al., 2019. *Language Modeling with Deep Transformers*. arXiv 1905.04226. Deep causal models for speech that were slightly better without positions (abstract).
# - SmolLM3's layers without positions: `no_rope_layers` in the model's published `config.json`.
# - Claim A5 comes from the [article](http://www.kler.cn/a/539187.html) that the course grew from (in Chinese).
