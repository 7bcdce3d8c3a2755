# %% [markdown]
# # 04 · How do I build it so that it cannot bite?
#
# Needs: 03 · 20 minutes, the workshop another 35, exercises apart · CPU
#
# After this lesson you can
#
# - **build** a sinusoidal positional encoding as a PyTorch module, with or without a table,
# - **find** four traps in the class that everybody copies and in its older form, and write the tests that expose them,
# - **say** when adding a position vector hides the token, and what the factor √d is for,
# - **tell** a buggy table from a correct one, and a bug from an equivalent form.

# %% [markdown]
# Two questions from earlier lessons. Answer in your head before you look.
#
# **Recall 1** · From 03: which two channels of a position vector belong together, and what do they share?
#
# <details><summary>Answer</summary>
#
# Channels $2i$ and $2i+1$.
# They are the sine and the cosine of one angle, so they share the frequency $\omega_i=10000^{-2i/d}$: together they are one clock hand.
#
# </details>
#
# **Recall 2** · From 02: why does $p/L$, the position divided by the sequence length, give token 5 no fixed vector?
#
# <details><summary>Answer</summary>
#
# Every new token changes $L$, and with it the numbers of all earlier tokens: 5 of 10 is 0.5, and 5 of 100 is 0.05.
#
# </details>

# %%
import math

import torch

import posenc
from posenc import analysis, check, plots, widgets

# %% [markdown]
# ## 1 · The class that everybody copies
#
# PyTorch's `nn.Transformer` is only the stack of layers: it expects vectors that already hold the token *and* its position.
# Which **positional encoding** you add is left to you, so one class for it has been copied from program to program.
# The article that this course grew from ends with this class.
# Here it is, in our own code.
# Read it as a reviewer: which lines would you not approve?


# %%
class Copied(torch.nn.Module):
    def __init__(self, d_model, max_len=5000):
        super().__init__()
        pos = torch.arange(max_len).float()[:, None]  # (max_len, 1)
        even = torch.arange(0, d_model, 2).float()
        frequency = torch.exp(even * -(math.log(10_000) / d_model))
        table = torch.zeros(max_len, d_model)
        table[:, 0::2] = torch.sin(pos * frequency)  # even positions
        table[:, 1::2] = torch.cos(pos * frequency)  # odd positions
        table = table.unsqueeze(0)  # (1, max_len, d)
        self.register_buffer("table", table)

    def forward(self, x):  # (b, n, d)
        return x + self.table[:, : x.shape[1]].detach()


# %% [markdown]
# The article's example asks for 60 rows and prints one thing, the shape of the output:

# %%
copied = Copied(512, max_len=60)
copied(torch.randn(32, 50, 512)).shape

# %% [markdown]
# The shape is correct.
# It would also be correct for a table of zeros: a correct shape is not evidence of correct values.
# Lesson 03 derived the values, so compare with those.

# %%
right = posenc.sinusoidal(torch.arange(60), 512)
gap = (copied.table[0] - right).abs().max()
check.claim("values", "the copied class holds the formula's position vectors",
            gap, "<", 1e-4)

# %% [markdown]
# So the arithmetic is correct, but the comments are not: rows are positions, and it is the even *channels* that are sines.
# Someone who believes them may one day write `table[0::2]`, which takes every second *row*.
#
# <details><summary>What do <code>.detach()</code> and <code>.unsqueeze(0)</code> do?</summary>
#
# Nothing here: the table is not a parameter, and `(b, n, d) + (n, d)` broadcasts over the batch without help.
# </details>

# %% [markdown]
# ## 2 · Table, buffer, rows
#
# The rows of this **position table** are computed and never trained.
# A module can keep such a tensor in four ways.
# Which of them move to the GPU with the model, which stay fixed during training, and which are saved in the checkpoint?


# %%
class Holder(torch.nn.Module):
    def __init__(self, home):
        super().__init__()
        table = posenc.sinusoidal(torch.arange(60), 16)
        if home == "plain attribute":
            self.table = table
        elif home == "Parameter":
            self.table = torch.nn.Parameter(table)
        else:
            saved = home == "buffer"
            self.register_buffer("table", table, persistent=saved)


# %% [markdown]
# You need no GPU to find out: what does not move to `meta`, PyTorch's device for shapes without numbers, does not move to a GPU either.


# %%
def facts(home):
    module = Holder(home)
    fixed = not list(module.parameters())  # no optimizer will touch it
    saved = "yes" if "table" in module.state_dict() else "no"
    moves = module.to("meta").table.is_meta
    return {"moves": moves, "stays fixed": fixed, "is saved": saved}


# %%
homes = ("plain attribute", "Parameter", "buffer", "buffer, not persistent")
found = {home: facts(home) for home in homes}
plots.tick_table(found, alt="These move and stay fixed: " + " and ".join(
    home for home, f in found.items() if f["moves"] and f["stays fixed"]))

# %% [markdown]
# A fixed table belongs in a **buffer**: of these four ways, only the two buffers move and stay fixed.
# It need not be saved, because its rows can be computed again; section 8 shows what goes wrong when they are saved.

# %% [markdown]
# **Predict.** A text of 50 tokens is sent in two calls of 25 tokens.
# In each call the class adds `table[:n]`.

# %%
check.predict(
    "second half",
    "Which position vector does the first token of the second call get?",
    ["that of its position in the whole text",
     "the one that the first token of the text got",
     "no vector, because the call raises an error"],
    kind="reason",
    beliefs={
        "that of its position in the whole text":
            "lucidrains/rotary-embedding-torch#11, without an offset",
        "no vector, because the call raises an error": "no source found"},
)

# %%
zeros = torch.zeros(1, 25, 512)  # the output is the position vectors alone
second_call = copied(zeros)[0]  # (n, d)
row = torch.cdist(second_call[:1], right).argmin()

# %%
check.claim(
    "again", "the copied class counts from 0 again for the second half of a "
    "text",
    row, "==", 0,
    settles={"second half": "the one that the first token of the text got"})

# %% [markdown]
# The module cannot do better: the shape of `x` does not say where in its text `x` begins.
# So tell the module, with one more argument:


# %%
def add_rows(x, table, pos):
    return x + table[pos]  # (b, n, d), (max_len, d), (n,) -> (b, n, d)


second_half = add_rows(zeros, copied.table[0], torch.arange(25, 50))[0]
gap = (second_half - right[25:50]).abs().max()
check.claim("told",
            "a later part of a text gets its own vectors if pos is given",
            gap, "<", 1e-4)

# %% [markdown]
# If `pos` has shape `(b, n)`, each text has positions of its own, which makes padding and time stamps easy (sections 13 and 14).

# %% [markdown]
# ## 3 · Trap one: a token too many
#
# This table has 60 rows.
# Send 61 tokens.


# %%
def outcome(call):
    try:
        return call()
    except Exception as error:
        said = " ".join(str(error).split())
        return f"{type(error).__name__}: {said}"


outcome(lambda: copied(torch.zeros(1, 61, 512)))

# %% [markdown]
# The message mentions neither *position* nor `max_len`, and appears with the first long text, perhaps hours into a run.
# Look at the clock hand of the fastest pair around position 60:

# %%
last = torch.arange(56, 64)
hand = posenc.sinusoidal(last, 512, dtype=torch.float64)[:, :2]
stored = hand.masked_fill((last >= 60)[:, None], math.nan)
plots.dials(
    torch.stack((hand, stored)), x=last, y=["formula", "table"],
    xlabel="position", missing="no row",
)

# %% [markdown]
# The table ends; the formula does not.
# Should the table then be longer, with the 5000 rows that most copies have by default?
# Some readers believe that `max_len` stretches the encoding, as $p/L$ did in lesson 02.

# %% id="ecd68799292e"
longer = Copied(512, max_len=5000).table[0, :60]
gap = (longer - copied.table[0]).abs().max()
check.claim("longer",
            "a table of 5000 rows begins with the rows of a table of 60 rows",
            gap, "<", 1e-6)

# %% [markdown] id="addde9a2cbe5"
# It does not stretch anything: `max_len` says how many rows are stored, and is not part of the formula.
# It must not be smaller than the length of your longest text.
#
# **Repair.** Check the sequence length first (`ValueError: 61 tokens, but max_len=60`), or store no table and compute the vectors for the positions of each call.
#
# <details><summary>Your message is <code>IndexError: index out of range in self</code>, or your table has 514 rows?</summary>
#
# This message comes from `torch.nn.Embedding`, so the table is a *learned* one.
# It does not say which: either a position or a *token id* is too large.
# Print the largest of each, and compare it with the number of rows.
# A table of 5000 learned rows does not help, because a row that no training text reached keeps its random values; lesson 05 tries it.
#
# RoBERTa has 514 rows for 512 positions, because its padding tokens have position 1, whose row is zero, and its first real token has position 2.
# Row 0 is never used.
# Positions of your own that begin at 0 select the wrong rows of this table, without an error.
# </details>

# %% [markdown]
# ## 4 · Trap two: an odd width

# %%
outcome(lambda: Copied(7))

# %% [markdown]
# Seven channels have room for four sines and only three cosines.
# A widely copied repair drops the last cosine, so that the class runs.
# What can a clock show that keeps only the sine of its hand?

# %%
far = torch.arange(0, 3501, 500)
pair = posenc.sinusoidal(far, 8, dtype=torch.float64)[:, -2:]
lone = pair * torch.tensor([1.0, 0.0])  # the cosine is dropped
plots.dials(
    torch.stack((pair, lone)), x=far, xlabel="position",
    y=["sine and cosine", "only the sine"],
)

# %% [markdown]
# Without its cosine the sine is only the shadow of the hand. Two different hands can cast the same shadow, so no matrix can compute the shadow $k$ positions later from it (lesson 03).
# The norms of 20 000 position vectors expose the lone sine; in the norms of 60 you would miss it.

# %%
odd = posenc.sinusoidal(torch.arange(20_000), 8, dtype=torch.float64)[:, :7]
norms = odd.norm(dim=-1)  # (n,)
check.claim("lone", "a sine without its cosine makes the norms of 20 000 "
            "position vectors differ",
            norms.max() / norms.min(), ">", 1.05)
check.claim("brief", "a sine without its cosine hardly shows in the norms of "
            "60 position vectors",
            norms[:60].max() / norms[:60].min(), "<", 1.001)

# %% [markdown]
# **Repair.** Refuse an odd width: `d_model must be even, because channels come in pairs; got 7`.
# One clear error at construction is better than a small error in every output.

# %% [markdown]
# ## 5 · Trap three: six texts of six tokens
#
# PyTorch's older tutorials put the tokens first, `(n, b, d)`, and added `table[:x.shape[0]]`.
# Today most code puts the batch first, `(b, n, d)`.
# Here is the old line, with new data:


# %%
class ByFirstAxis(Copied):
    def forward(self, x):  # written for (n, b, d)
        return x + self.table[0, : x.shape[0], None]


# %%
check.predict(
    "first axis",
    "Six texts of six tokens, (6, 6, 512), are sent. What do the tokens get?",
    ["an error about shapes", "the correct position vectors",
     "the same vector for all tokens of a text"],
    sure=True,
    kind="surprise",
    beliefs={
        "an error about shapes": "KasperGroesLudvigsen/influenza_transformer#9",
        "the correct position vectors": "cmu-l3/anlp-fall2025-code#1"},
)

# %%
batch = torch.zeros(6, 6, 512)
old, new = ByFirstAxis(512)(batch), copied(batch)  # (b, n, d)
hands = torch.cat((old[:2], new[:2]))[..., :2].double()

# %%
plots.dials(
    hands.round(decimals=3), xlabel="token",
    y=["old line, text 0", "text 1", "batch first, text 0", "text 1"],
)

# %% [markdown]
# There is no error and no warning, and the training loss may well fall.
# But the old line has made each text a bag of tokens, with a mark that says where in the *batch* the text was.

# %%
check.claim(
    "axis", "a table that is sliced along the batch axis gives all tokens "
    "of a text equal vectors",
    (old == old[:, :1]).all(), "==", True,
    settles={"first axis": "the same vector for all tokens of a text"})

# %% [markdown]
# **The test, in two lines.** On zeros, two texts must get equal vectors, and two tokens of a text must not.


# %%
def counts_tokens(module):
    first, second = module(torch.zeros(2, 3, 512))  # (n, d) each
    return torch.equal(first, second) and not torch.equal(first[0], first[1])


[counts_tokens(copied), counts_tokens(ByFirstAxis(512))]

# %% [markdown]
# <details><summary>And <code>batch_first</code>?</summary>
#
# This flag tells one of PyTorch's own layers which axis is the batch; it does not reach your module.
# Its default is False, so `torch.nn.TransformerEncoderLayer(d, heads)` expects `(n, b, d)`.
# Feed it `(b, n, d)` without `batch_first=True`, and there is no error, but attention runs *across the texts* of the batch.
# The test is short: change the second text of a batch, and see whether the output of the first one changes.
# It must not.
# </details>

# %% [markdown]
# ## 6 · Trap four: which type comes out?
#
# The embeddings are in **bfloat16**, the 16-bit number type in which most large models compute.
# The table is in float32, because a buffer keeps the **dtype** that it was registered with until the whole module is cast.

# %%
check.predict(
    "half", "What type does the sum of these embeddings and this table have?",
    ["the type of the embeddings", "the type of the table",
     "no type, because the sum raises an error"],
    kind="surprise",
    beliefs={
        "the type of the embeddings": "lucidrains/rotary-embedding-torch#9",
        "no type, because the sum raises an error": "no source found"},
)

# %%
tokens = torch.zeros(1, 5, 512, dtype=torch.bfloat16)
summed = copied(tokens)
summed.dtype

# %%
check.claim("wide", "bfloat16 embeddings plus a float32 table give float32",
            summed.dtype == copied.table.dtype, "==", True,
            settles={"half": "the type of the table"})

# %% [markdown]
# PyTorch silently chooses the wider type.
# From here on everything needs twice the memory, until a layer with bfloat16 weights refuses its input:

# %%
linear = torch.nn.Linear(512, 512, dtype=torch.bfloat16)
outcome(lambda: linear(summed))

# %% [markdown]
# The message names neither the table nor the sum, so you look for the fault in the layer.
#
# **Repair.** Add in float32, and cast the sum last.
# (Casting the position vector before adding keeps the type as well, but rounds twice.)
#
# Never cast the *positions*: bfloat16 has eight significant bits, so from 256 to 512 it holds only even numbers.
# Each odd position from 257 on therefore gets the vector of a neighbour, as the clock of the fastest pair shows:

# %%
near = torch.arange(254, 262)
both_types = torch.stack((near.double(), near.bfloat16().double()))  # (2, n)
plots.dials(
    posenc.sinusoidal(both_types, 512, dtype=torch.float64)[..., :2],
    x=near, y=["exact", "bfloat16"], xlabel="position",
)

# %% [markdown]
# ## 7 · Your module
#
# **Exercise 1** · difficulty 3 of 5 · 15 minutes
#
# Write the class without the four traps.
# `MyEncoding(8, max_len=64)` makes a module that maps `(b, n, 8)` to `(b, n, 8)`: for text `s`, position `p` and channel `c`, `out[s, p, c] = x[s, p, c] + vector[p, c]`.
#
# - An odd width raises a `ValueError`, and so does a text longer than `max_len`, unless your class has no limit.
# - Embeddings in bfloat16 come out in bfloat16.
# - It moves with `.to(device)`, nothing in it is trained, and the caller's `x` is not changed.
#
# <details><summary>Hint</summary>
#
# `posenc.sinusoidal(pos, d_model)` gives the rows.
# With a table: use `register_buffer`, and compare `x.shape[1]` with the number of rows.
# Without a table: `torch.arange(x.shape[1], device=x.device)`.
# </details>


# %% tags=["exercise"]
class MyEncoding(torch.nn.Module):
    def __init__(self, d_model, max_len=5000):
        super().__init__()
        ### BEGIN SOLUTION
        if d_model % 2:
            raise ValueError(f"d_model must be even; got {d_model}")
        table = posenc.sinusoidal(torch.arange(max_len), d_model)
        # not saved: section 8 says why
        self.register_buffer("table", table, persistent=False)
        ### END SOLUTION

    def forward(self, x):  # (b, n, d) -> (b, n, d)
        ### BEGIN SOLUTION
        n, rows = x.shape[1], len(self.table)
        if n > rows:
            raise ValueError(f"{n} tokens, but max_len={rows}")
        return (x + self.table[:n]).to(x.dtype)
        ### END SOLUTION


check.positional_module(MyEncoding)

# %% [markdown]
# The article makes no promise about its class, so this claim is ours:

# %%
check.verdict(
    "A9",
    "does not hold",
    because="Its values are correct. But one token too many and an odd "
    "width end in errors that name neither; bfloat16 comes out as float32; "
    "and a text that does not begin at position 0 gets the wrong vectors. "
    "The shape, which its example prints, shows none of this.",
)

# %% [markdown]
# **You can now continue with [05](05_toy_transformer.ipynb)**, where your class is trained.

# %% [markdown]
# ## Workshop
#
# These questions come up once the module is in use.
# Take the sections that you need; sections 11 and 12 use functions from section 10.
# Section 16 is the bug clinic.

# %% [markdown]
# ## 8 · The checkpoint that will not load
#
# You trained with `max_len=60`.
# Now longer texts arrive, so you build the module with 128 rows and load the saved **state_dict**:

# %%
trained = Copied(512, max_len=60).state_dict()
outcome(lambda: Copied(512, max_len=128).load_state_dict(trained))

# %% [markdown]
# A **persistent buffer**, which is the default, is saved in the `state_dict` like a weight, although every row of it can be computed again.
# One argument repairs that: with `persistent=False` the buffer still moves, and it is not saved.


# %%
class NotSaved(torch.nn.Module):
    def __init__(self, d_model, max_len):
        super().__init__()
        table = posenc.sinusoidal(torch.arange(max_len), d_model)
        self.register_buffer("table", table, persistent=False)


short, long = NotSaved(512, 60), NotSaved(512, 128)
outcome(lambda: long.load_state_dict(short.state_dict()))

# %% [markdown]
# The speech toolkit ESPnet had this problem in 2019: because the table was saved, it could not be made longer at inference.
# (**Learned position embeddings** must be saved, because they cannot be computed again.)

# %% [markdown]
# ## 9 · Add, or concatenate?
#
# This is the question asked most often.
# Adding mixes token and position in the same channels.
# Would it not be cleaner to give the position its own channels?
# The model's width is d, so after concatenating, a matrix has to project 2d channels back to d.

# %%
check.predict(
    "concatenate",
    "What does concatenating and projecting gain over adding?",
    ["channels that are kept for the position",
     "one more matrix, for the position vector", "nothing at all"],
    kind="surprise",
    beliefs={
        "channels that are kept for the position":
            "tensorflow/tensor2tensor#1591",
        "nothing at all": "karpathy/nanoGPT#83"},
)

# %%
g = torch.Generator().manual_seed(0)
e = torch.randn(50, 64, generator=g, dtype=torch.float64)  # embeddings
p = posenc.sinusoidal(torch.arange(50), 64, dtype=torch.float64)
W = torch.randn(128, 64, generator=g, dtype=torch.float64)

concatenated = torch.cat((e, p), dim=-1) @ W  # (n, d)

# %% [markdown]
# Write the product in blocks, with the upper half of $W$ for the embedding and the lower half for the position vector:
#
# $$[\,e\;\;p\,]\begin{bmatrix}W_e\\ W_p\end{bmatrix}=e\,W_e+p\,W_p$$

# %% id="e61f5bf95090"
projected = e @ W[:64] + p @ W[64:]  # (n, d)
check.claim(
    "same", "concatenating and projecting is the same as projecting both and "
    "adding",
    (concatenated - projected).abs().max(), "<", 1e-12,
    settles={"concatenate": "one more matrix, for the position vector"})

# %% [markdown]
# The matrix $W_e$ brings nothing new: $e$ is a row of the learned embedding table $E$, and $E\,W_e$ is again such a table, which training can find directly.
# Only $W_p$ is new, and plain adding is the case in which it is the identity.

# %%
check.verdict(
    "B9", "holds only if",
    because="a matrix for the position vector helps. Concatenating and "
    "projecting is the same as multiplying embedding and position vector "
    "by a matrix each and adding. In plain adding the second matrix is the "
    "identity, so concatenating gains that one matrix at most (nothing was "
    "trained here). Without a projection, separate channels for the position "
    "make the model wider.",
)

# %% [markdown]
# ## 10 · Does adding destroy the token?
#
# *King* at position 3 might give the same sum as *queen* at position 8.
# Try it with 1000 random embeddings, 128 positions and width 64.
# Given *only the sum*, which embedding is nearest to it?


# %%
def texts(std, d, seed):
    """An embedding table, the tokens of a text, and its position vectors."""
    g = torch.Generator().manual_seed(seed)
    table = std * torch.randn(1000, d, generator=g, dtype=torch.float64)
    said = torch.randint(1000, (128,), generator=g)
    vectors = posenc.sinusoidal(torch.arange(128), d, dtype=torch.float64)
    return table, said, vectors


# %%
def token_share(std, d=64, seed=0):
    table, said, vectors = texts(std, d, seed)
    nearest = torch.cdist(table[said] + vectors, table).argmin(-1)  # (n,)
    return (nearest == said).double().mean()


# %% [markdown]
# **Predict** for two initialisations of the embedding table: N(0, 1), the default of `torch.nn.Embedding`, and N(0, 1/d), as in the authors' code of 2017. (The second number is the variance.)

# %%
check.predict(
    "nearest",
    "With which of the two is the nearest embedding nearly always correct?",
    ["with both", "only with PyTorch’s default",
     "only with the authors’ initialisation", "with neither"],
    kind="reason",
    beliefs={
        "with both":
            "stats.stackexchange.com/questions/586813, an answer: tokens and "
            "positions lie in two nearly orthogonal subspaces",
        "only with the authors’ initialisation": "no source found",
        "with neither":
            "community.deeplearning.ai/t/209328, embeddings drown in noise"},
)

# %%
large = [token_share(1, seed=seed) for seed in range(5)]
tiny = [token_share(64**-0.5, seed=seed) for seed in range(5)]

# %%
check.claim("large words", "nearly all tokens can be read from the sum if the "
            "embeddings are N(0, 1), at d = 64",
            large, ">", 0.97)
check.claim("tiny words", "few tokens can be read from the sum if the "
            "embeddings are N(0, 1/d), at d = 64",
            tiny, "in", (0, 0.2),
            settles={"nearest": "only with PyTorch’s default"})

# %% [markdown]
# The formula is the same and the answers are opposite, because the **norms** decide: a position vector has norm √(d/2), an embedding from N(0, std²) about std·√d.
# They are equal at std = √½ ≈ 0.71.
# What helps the token hurts the position, so measure both: the token exactly, the position to within 3, because neighbouring position vectors are similar by design. A position is read as the one whose vector has the largest dot product with the sum.

# %%
def read_position(x, vectors):
    return (x @ vectors.T).argmax(-1)  # (n,)


def position_share(std, d=64, seed=0):
    table, said, vectors = texts(std, d, seed)
    found = read_position(table[said] + vectors, vectors)
    return ((found - torch.arange(128)).abs() <= 3).double().mean()


# %% [markdown]
# **Explore.** In the grey band, more than 90 % of the tokens and more than 90 % of the positions are read correctly.
# How does this band change with the width d?

# %% id="tug-of-war"
stds = torch.logspace(-2, 1, 25, dtype=torch.float64)


def tug_of_war(d):
    tokens = torch.stack([token_share(std, d) for std in stds])
    positions = torch.stack([position_share(std, d) for std in stds])
    band = stds[(tokens > 0.9) & (positions > 0.9)].tolist()
    picture = plots.lines(
        {"tokens": tokens, "positions": positions}, x=stds, logx=True,
        percent=True, xlabel="std of the embeddings",
        ylabel="read from the sum", title=f"d = {d}",
        alt=f"At d = {d} the std for which over 90 % of the tokens and over "
        "90 % of the positions are read: "
        f"{f'{band[0]:.2f} to {band[-1]:.2f}' if band else 'none'}")
    if band:
        picture.figure.axes[0].axvspan(band[0], band[-1], color="0.88")
    return picture


widgets.explore(tug_of_war, d=[64, 16, 256], labels={"d": "width d"},
                stills=[{"d": 16}, {"d": 256}])

# %% [markdown]
# Token and position can both be read in the grey band because two random directions in d dimensions have a cosine similarity of only about $1/\sqrt d$ (1/8 at d = 64).
# So token and position hardly overlap at d = 64, and with similar norms neither hides the other; at d = 16 they overlap too much.

# %%
equal, narrow = (
    [min(token_share(0.71, d, seed), position_share(0.71, d, seed))
     for seed in range(5)] for d in (64, 16))
check.claim("one size", "token and position of nearly equal norms can both be "
            "read from the sum at width 64",
            equal, ">", 0.9)
check.claim("narrow", "token and position of nearly equal norms cannot both "
            "be read from the sum at width 16",
            narrow, "<", 0.8)

# %% [markdown]
# At std 0.02 the positions can be read, but hardly any token.
# Yet the token is only *hidden*: read the position first, subtract its vector, and look again.

# %%
def two_steps(std, d=64, seed=0):
    table, said, vectors = texts(std, d, seed)
    x = table[said] + vectors
    rest = x - vectors[read_position(x, vectors)]
    return (torch.cdist(rest, table).argmin(-1) == said).double().mean()


check.claim("hidden", "tokens with tiny embeddings are read correctly after "
            "the position vector is subtracted",
            [two_steps(0.02, seed=k) for k in range(5)], ">", 0.97)

# %%
check.verdict(
    "B10",
    "holds only if",
    because="the embedding has a much smaller norm than the position vector "
    "(or the model is very narrow) and the token is read in one step. With "
    "equal norms token and position can both be read from the sum (d = 64, "
    "1000 random embeddings, 5 seeds; not at d = 16). Even a token with a "
    "tiny embedding is only hidden: it can be read after the position vector "
    "is subtracted.",
)

# %% [markdown]
# ## 11 · Multiply by the root of d?
#
# “In the embedding layers, we multiply those weights by √d_model” (2017 paper, §3.4).
# The paper gives no reason; section 10 suggests one, the norms.
# At d = 512 a position vector has norm 16.
#
# An embedding from the authors' N(0, 1/d) has norm 1, and the factor makes it 22.6, which is close to 16.
# An embedding from PyTorch's N(0, 1) has norm 22.6 *before* the factor and 512 after it.
# How many positions can then still be read to within 3?

# %% id="drowned"
shares = [position_share(512**0.5, 512, seed) for seed in range(3)]
check.claim("drowned", "at d = 512, N(0, 1) embeddings multiplied by √d hide "
            "most of the positions",
            shares, "<", 0.3)

# %%
check.verdict(
    "B11",
    "holds only if",
    because="the embeddings start small, as N(0, 1/d) in the authors' code. "
    "With PyTorch's default N(0, 1) the factor makes their norm 32 times "
    "that of a position vector at d = 512. Copy the line together with its "
    "initialisation, or neither. Training may repair the norms, but it has "
    "to learn that first.",
)

# %% [markdown] id="ad958888ef85"
# <details><summary>Would it do as well to scale the position vector down?</summary>
#
# For the sum, yes: only the ratio of the norms counts. Where there is a LayerNorm before the first attention (pre-norm), it divides a common factor out; the 2017 model has no LayerNorm there.
# The paper does not say why it scaled the embedding up.
# A plausible reason is weight tying: the same matrix also makes the **logits** (one number per token of the vocabulary), where its rows should be small, and a factor on the input side lets one matrix do both.
# </details>

# %% [markdown]
# ## 12 · Dropout, once, on the sum
#
# Dropout sets random channels to zero during training, so that later layers cannot rely on any single channel; this is meant to reduce overfitting.
# The 2017 paper drops 10 % of the *sum* of embedding and position vector (§5.4), so on average a tenth of each token's channels is missing.
# Does this drop positions, too?

# %% id="b6dbfe03097d"
torch.manual_seed(0)
vectors = posenc.sinusoidal(torch.arange(1000), 64)
once = torch.nn.Dropout(0.1)(vectors)

found = read_position(once, vectors)
share = (found == torch.arange(1000)).double().mean()
check.claim("still read", "nearly all of 1000 positions can be read after "
            "dropout at a rate of 0.1",
            share, ">", 0.95)

# %% [markdown]
# No: a position is spread over many channels, so a tenth of them can be missing.
# Apply dropout once, on the sum: if you apply it in the module and again outside, a rate of 0.1 becomes 0.19.
# And plot position vectors in `eval()` mode only.

# %% [markdown]
# ## 13 · Padding
#
# Texts of 5 and 3 tokens are in one batch, and the shorter one is padded on the *left*.
# Its first token is in column 2, so counting columns gives it the wrong vector.
# Count the tokens instead, and pass the result as `pos` (the padding tokens may have any position, here 0):

# %%
text_pos = torch.tensor([[0, 1, 2, 3, 4], [0, 0, 0, 1, 2]])  # (b, n)

module = posenc.SinusoidalPositionalEncoding(16)
padded = module(torch.zeros(2, 5, 16), text_pos)[1]
alone = module(torch.zeros(1, 3, 16))[0]

gap = (padded[2:] - alone).abs().max()
check.claim("padding", "a padded text gets its usual vectors if pos is given",
            gap, "==", 0)

# %% [markdown]
# The padding tokens get a vector as well.
# That does no harm as long as the attention mask hides them, which is the mask's task.

# %% [markdown] id="half-past-two"
# ## 14 · Half past two
#
# A table has rows only for whole positions, but the formula accepts any number, as a clock shows any time.
# Events at 0.0, 0.7, 0.9 and 5.2 hours have position vectors, too:

# %%
times = torch.tensor([0.0, 0.7, 0.9, 5.2], dtype=torch.float64)
by_time = posenc.sinusoidal(times, 8, dtype=torch.float64)
plots.dials(
    by_time.unflatten(1, (4, 2)).transpose(0, 1)[:3], x=times,
    y=["pair 0", "pair 1", "pair 2"], xlabel="hours",
)

# %% [markdown]
# Times that are close together have similar clocks.
#
# Computers count the seconds since 1970, about 1.8 billion by the end of 2026.
# Take two pairs of events, in float32. In each pair, the second event comes 60 seconds after the first:

# %%
first = torch.tensor([1.8e9, 1.8e9 + 10], dtype=torch.float64)
minute = (first + 60).float() - first.float()
check.claim("clock", "in float32, a minute of a Unix clock at 1.8 billion "
            "seconds lasts 0 or 128 seconds", minute * (minute - 128), "==", 0)
minute

# %% [markdown]
# At 1.8 billion, neighbouring float32 numbers are 128 apart, so a minute lasts 0 seconds in the first pair and 128 in the second.
#
# **Repair.** Before you cast, count from the first event, in a unit that suits your data.
# The dot products stay the same, because a common shift rotates each pair by the same angle at all positions (lesson 03).

# %% [markdown]
# ## 15 · How exact are the angles?
#
# From 257 on, bfloat16 cannot hold every whole number (section 6), so positions get lost:

# %%
counted = torch.arange(320).bfloat16()
rounded = posenc.sinusoidal(counted, 32, dtype=torch.float64)
check.claim("bfloat16", "positions that are counted in bfloat16 can share a "
            "vector",
            posenc.nearest_rivals(rounded).distance.min(), "==", 0)

# %% [markdown]
# (A buffer of *frequencies* is rounded, too, when a model is cast to bfloat16, and a later `.float()` does not bring the lost bits back.)
#
# In float32, the rounding matters only at larger positions: near a million, neighbouring numbers are 1/16 apart.
# The angles of the fast pairs are about as large as the position, so they are rounded by as much.
# How wrong do the position vectors become?


# %%
def worst_error(start, dtype=torch.float32):
    pos = start + torch.arange(200)
    exact = posenc.sinusoidal(pos, 64, dtype=torch.float64)
    vectors = posenc.sinusoidal(pos, 64, dtype=dtype).float()
    return (vectors.double() - exact).abs().max()


# %%
start = [10**power for power in range(2, 8)]
single = [worst_error(first) for first in start]
double = [worst_error(first, torch.float64) for first in start]

check.claim("short", "position vectors from float32 angles are off by less "
            "than 0.001 up to position 10 000",
            single[:3], "<", 0.001)
check.claim("million", "position vectors from float32 angles are off by more "
            "than a hundredth at a million",
            single[4], ">", 0.01)
check.claim("double", "position vectors from float64 angles, cast last, are "
            "off by less than 1e-6 up to position ten million",
            double, "<", 1e-6)

# %% [markdown]
# The error of float32 grows with the position, and a table has it, too, because its rows are computed in the same way.
# Is it too large?
# A vector in bfloat16 is itself rounded by up to 0.002, which the error of float32 angles exceeds only beyond some 50 000 positions.
# There, or where you need exact shifts, compute the angles with `dtype=torch.float64` and cast the vectors.
#
# <details><summary>Is a table faster, at least?</summary>
#
# For one text, adding a stored table is 8 to 34 times as fast as computing its vectors (several measurements, one CPU thread, d = n = 512).
# For 32 texts it is at most twice as fast, because n·d sines are computed once per batch and b·n·d numbers are added in any case.
# In a whole model both are a small part, and without a table there is no `max_len`, nothing to save, and nothing to move.
# </details>
#
# <details><summary>Does it compile?</summary>
#
# Yes: no branch of the module depends on values, so `torch.compile(module)` and `torch.export.export(module, (x,))` accept it.
# (We do not run this here, because it takes seconds. With PyTorch 2.13 the export gave no warning and the same numbers.)
# </details>

# %% [markdown]
# ## 16 · The bug clinic
#
# Here are four programs, rewritten from public code and threads (see the references).
# **One of them is correct.** Read them as a reviewer.


# %%
def program_a(n, d):
    table = torch.zeros(n, d, dtype=torch.float64)
    for p in range(n):
        for i in range(0, d, 2):
            table[p, i] = math.sin(p / 10_000 ** (2 * i / d))
            table[p, i + 1] = math.cos(p / 10_000 ** (2 * (i + 1) / d))
    return table


# %%
def program_b(n, d):
    pos = torch.arange(n, dtype=torch.float64)[:, None]
    frequencies = posenc.inverse_frequencies(d, dtype=torch.float64)
    table = pos * frequencies.repeat_interleave(2)
    table[0::2] = table[0::2].sin()
    table[1::2] = table[1::2].cos()
    return table


# %%
def program_c(n, d):
    pos = torch.arange(n, dtype=torch.float64)[:, None]
    even = torch.arange(0, d, 2, dtype=torch.float64)
    div_term = torch.exp(even * -(math.log(10_000) / d))
    table = torch.zeros(n, d, dtype=torch.float64)
    table[:, 0::2] = torch.sin(pos / div_term)
    table[:, 1::2] = torch.cos(pos / div_term)
    return table


# %%
def program_d(n, d):
    pos = torch.arange(n, dtype=torch.float64)[:, None]
    even = torch.arange(0, d, 2, dtype=torch.float64)
    angle = pos / 10_000 ** (even / d)
    return torch.cat((angle.sin(), angle.cos()), dim=-1)


# %%
programs = {"A": program_a, "B": program_b, "C": program_c, "D": program_d}
plots.heatmaps(
    {name: make(48, 32) for name, make in programs.items()},
    xlabel="channel",
    ylabel="position",
    alt="A: waves in the first ten channels, flat colour in the others. "
    "B: stripes along the rows. C: speckles in most channels. "
    "D: two fans side by side",
)

# %%
check.predict(
    "healthy", "Which program is correct?", ["A", "B", "C", "D"],
    kind="surprise",
    beliefs={
        "A": "SamLynnEvans/Transformer#25 and its copies",
        "B": "gmongaras/Diffusion_models_from_scratch#10",
        "C": "harvardnlp/annotated-transformer#131"},
)

# %% [markdown]
# The eye can be wrong, so measure two properties that lesson 03 derived.
# First: the **dot product** of two position vectors depends only on their relative distance.
# So it is constant along each diagonal of `table @ table.T`.
# Second: neighbouring position vectors are similar.


# %%
def along_diagonals(table, most=8):
    product = table @ table.T  # (n, n)
    return max(product.diagonal(k).std() for k in range(most))


def neighbours(table):
    return torch.cosine_similarity(table[1:], table[:-1]).min()


# %%
tables = {name: make(64, 32) for name, make in programs.items()}
spread = {name: float(along_diagonals(t)) for name, t in tables.items()}
similar = {name: float(neighbours(t)) for name, t in tables.items()}

# %%
constant = [name for name in tables if spread[name] < 1e-6]
both = [name for name in constant if similar[name] > 0.9]

check.claim("A, B", "two of four programs make tables whose dot products vary "
            "along a diagonal",
            sum(number > 0.1 for number in spread.values()), "==", 2)
check.claim("C, D", "two of four programs make tables whose dot products are "
            "constant along each diagonal",
            len(constant), "==", 2)
check.claim("D", "one of four programs makes a table with constant diagonals "
            "and similar neighbours",
            len(both), "==", 1)
{name: (round(spread[name], 2), round(similar[name], 2)) for name in tables}

# %% [markdown]
# The first property exposes A and B.
# C passes it, because each of its pairs is a sine and a cosine of the same angle, although the frequency is wrong; the second property exposes C.
# The program that passes both is not yet proved correct.
# To prove that, we compare each table with the correct values (in the output, *kernel* means the dot products of the rows):

# %%
paper = posenc.sinusoidal(torch.arange(64), 32, dtype=torch.float64)
compared = {name: analysis.equivalence(paper, tables[name]).kind
            for name in programs}
compared

# %%
check.claim("healthy", "one of four programs has the channels of the formula",
            list(compared.values()).count("channel permutation"), "==", 1,
            settles={"healthy": "D"})

# %% [markdown]
# - **A** Its `i` already runs through 0, 2, 4, …, and `2 * i` doubles it again; the cosine even uses the next exponent.
# - **B** `[0::2]` picks rows. Someone believed the comment of section 1.
# - **C** `div_term` already holds the frequencies. Dividing by it makes their reciprocals the frequencies: up to 5623 at d = 32, instead of at most 1.
# - **D** puts all sines first and then all cosines.
#
# Would training have exposed the bugs?
# The author of B was surprised “how the model can learn without the time information”.
# The reader who reported C saw the model with this bug converge *faster*, on a toy task that copies its input.
# So a falling loss does not show that a program is correct.

# %% [markdown]
# ### Claim on trial: sines first, then cosines, is a bug
#
# Readers report D as a bug in one repository after another.
# But the authors' own code is written like this, and every dot product of two position vectors is the same in both orders.
# What about *trained* weights (random numbers stand for them here)?

# %% id="permuted-weights"
order = torch.cat([torch.arange(0, 32, 2), torch.arange(1, 32, 2)])
weights = torch.randn(32, 32, generator=g, dtype=torch.float64)  # trained
check.claim("permuted weights", "weights for alternating sines and cosines, "
            "with their rows permuted, fit a table with all sines first",
            (tables["D"] @ weights[order] - paper @ weights).abs().max(),
            "<", 1e-9)
check.claim("mixed", "weights for alternating sines and cosines do not fit a "
            "table with all sines first",
            (tables["D"] @ weights - paper @ weights).abs().max(), ">", 1)

# %%
check.verdict(
    "B12", "does not hold",
    because="The numbers are the same, in another order of channels, and a "
    "new model can learn its weights for either order. But never combine "
    "weights that were trained on one order with the other: no error "
    "tells you.",
)

# %% [markdown]
# ### Is it a bug, or equivalent?
#
# Readers ask about eight variants of the encoding again and again.
# `analysis.equivalence` compares each with the formula.
# Does a variant have the same numbers, the same channels in another order, or other numbers with the same dot products, or is it a different encoding?


# %%
def variant(pos, frequencies):
    angle = pos[:, None] * frequencies
    return torch.stack((angle.sin(), angle.cos()), dim=-1).flatten(1)


pos = torch.arange(64, dtype=torch.float64)
usual = posenc.inverse_frequencies(32, dtype=torch.float64)
i = torch.arange(16, dtype=torch.float64)

# %%
variants = {
    "sines first, then cosines": program_d(64, 32),
    "cosine before sine": paper.unflatten(1, (16, 2)).flip(-1).flatten(1),
    "exp and log": variant(pos, torch.exp(-i * math.log(10_000) / 16)),
    "counting from 1": variant(pos + 1, usual),
    "sign turned": variant(-pos, usual),
    "half_dim - 1": variant(pos, 10_000 ** (-i / 15)),
    "base 1000": variant(pos, 1000 ** (-i / 16)),
    "degrees": variant(torch.deg2rad(pos), usual),
}

# %%
check.predict(
    "equivalent", "Which variants keep all dot products of the formula?",
    ["the first two", "the first three", "the first five", "all eight"],
    sure=True,
    kind="surprise",
    beliefs={
        "the first two": "OpenNMT/OpenNMT-py#896, exp and log suspected",
        "the first three": "no source found",
        "all eight": "hkproj/pytorch-transformer#2, any pattern will do"},
)

# %%
kinds = {
    name: analysis.equivalence(paper, table).kind
    for name, table in variants.items()
}
kinds

# %%
kept = [kind != "different kernel" for kind in kinds.values()].index(False)
check.claim("equivalent", "the order of the channels, the first position and "
            "the sign of the angles change no dot product",
            kept, "==", 5,
            settles={"equivalent": "the first five"})

# %% [markdown]
# The variants that keep all dot products are not bugs: a new model can learn the same with them.
# *Trained* weights are stricter.
#
# - **identical**: the weights fit. (`exp` and `log` are the same numbers, $e^{-(2i/d)\ln 10000}=10000^{-2i/d}$. The form comes from the authors' TensorFlow code; computing the power directly is numerically harmless, too.)
# - **channel permutation**: the weights read channels by number, so keep the order in which they were trained.
# - **rotation**: to trained weights, every token seems to be one position further on (counting from 1), or the text seems mirrored (sign turned; strictly, each pair is reflected). So keep the convention of the training.
#
# **Different kernel** is not yet a verdict either.
# `half_dim - 1` (tensor2tensor) and base 1000 are fine for a new model, but weights that were trained with the formula do not fit them.
# Degrees are a bug, because from one position to the next each pair rotates by an angle that is over fifty times smaller than in the formula.
# Do the two properties expose this bug?

# %%
check.claim("pass 1", "the table in degrees has constant diagonals",
            along_diagonals(variants["degrees"]), "<", 1e-5)
check.claim("pass 2", "the table in degrees has similar neighbours",
            neighbours(variants["degrees"]), ">", 0.8)

# %% [markdown]
# They do not, because in degrees, too, each pair is a sine and a cosine of the same angle, and the angle grows with the position.
# Properties can expose a bug; only the values prove a table correct.

# %% [markdown]
# ### The last program
#
# This program follows a formula that a public book printed:


# %%
def patient(n, d):
    pos = torch.arange(n, dtype=torch.float64)[:, None]
    channel = torch.arange(d, dtype=torch.float64)
    table = pos / 10_000 ** (channel / d)
    table[:, 0::2] = table[:, 0::2].sin()
    table[:, 1::2] = table[:, 1::2].cos()
    return table


# %%
check.predict(
    "patient", "Which of the two properties of this section exposes the bug "
    "in this program?",
    ["only the dot products along a diagonal",
     "only the similarity of neighbours", "both of them", "neither of them"],
    kind="reason",
    beliefs={
        "only the similarity of neighbours": "no source found",
        "both of them": "no source found",
        "neither of them": "no source found"},
)

# %%
last_table = patient(64, 32)
both_tables = torch.stack((last_table.flatten(), paper.flatten()))

# %%
check.claim("ill", "the last program's dot products vary along a diagonal",
            along_diagonals(last_table), ">", 0.5)
check.claim("pass 3", "the last program's neighbouring vectors are similar",
            neighbours(last_table), "in", (0.5, 1),
            settles={"patient": "only the dot products along a diagonal"})
check.claim("fan", "the last program's numbers correlate with the formula's",
            both_tables.corrcoef()[0, 1], ">", 0.7)

# %% [markdown]
# A heat map of the program's table would not have shown you the bug, because most of its numbers are nearly those of the formula.

# %% [markdown]
# **Exercise 2** · difficulty 3 of 5 · 12 minutes
#
# **Find the bug.** Which line of `patient` is wrong, and what do the two channels of a pair no longer share?
# Name it; then change as little as you can, so that the table is that of lesson 03, channel by channel.
# `mended(2, 4)` is `[[0, 1, 0, 1], [0.8415, 0.5403, 0.0100, 0.9999]]`.
#
# <details><summary>Hint</summary>
#
# Every sine is correct.
# Compute $\sin^2+\cos^2$ of a pair at position 1, as in lesson 03: it is not 1.
# Which exponent does channel 1 use, and which should it use?
# </details>


# %% tags=["exercise"]
def mended(n, d):
    ### BEGIN SOLUTION
    pos = torch.arange(n, dtype=torch.float64)[:, None]
    even = torch.arange(d, dtype=torch.float64) // 2 * 2  # 0, 0, 2, 2, …
    table = pos / 10_000 ** (even / d)
    table[:, 0::2] = table[:, 0::2].sin()
    table[:, 1::2] = table[:, 1::2].cos()
    return table
    ### END SOLUTION


check.mended_table(mended)

# %% [markdown]
# **Exercise 3** · difficulty 3 of 5 · 12 minutes
#
# Write a test for tables.
# `is_healthy(table)` takes any `(n, d)` in float64 and returns True or False.
# A table is correct if it has the dot products of the formula: the channels may have any order, and the first row need not be position 0.
# Other frequencies and another base count as wrong here.
# The check has 23 wrong tables and five correct ones, each of 264 rows, and counts how many your function judges correctly.
#
# <details><summary>Hints</summary>
#
# Three properties expose eleven of the wrong tables: the dot product depends only on the relative distance, neighbours are similar (above 0.5), and no two rows are equal.
# You can use `along_diagonals`, `neighbours` and `posenc.nearest_rivals`.
#
# The other twelve have pairs with wrong frequencies.
# The formula has one table of dot products: how do you compute it, and is `table @ table.T` equal to it up to rounding (`torch.allclose`)?
# </details>


# %% tags=["exercise"]
def is_healthy(table):
    ### BEGIN SOLUTION
    n, d = table.shape
    right = posenc.sinusoidal(torch.arange(n), d, dtype=torch.float64)
    gap = table @ table.T - right @ right.T
    return bool(gap.abs().max() < 1e-6)
    ### END SOLUTION


check.table_test(is_healthy)

# %% [markdown]
# ## 17 · The module, finished
#
# This class has everything from above: no table, vectors computed for `pos`, an odd width refused, the sum cast last, dropout once.
# After the width it takes only keywords, because positional arguments get mixed up: one published program passed its dropout rate as `max_len`.
# Its angles are in float32, because some devices have no float64 (section 15).


# %%
class Finished(torch.nn.Module):
    def __init__(self, d_model, *, dropout=0.0):
        super().__init__()
        posenc.inverse_frequencies(d_model)  # refuses an odd width
        self.d_model = d_model
        self.dropout = torch.nn.Dropout(dropout)

    def forward(self, x, pos=None):  # (b, n, d)
        if pos is None:
            pos = torch.arange(x.shape[1], device=x.device)
        work = torch.promote_types(x.dtype, torch.float32)
        vectors = posenc.sinusoidal(pos, self.d_model, dtype=work)
        return self.dropout((x + vectors).to(x.dtype))


# %% [markdown]
# The module of `posenc` does the same, and also checks shapes:

# %%
mine, theirs = Finished(64), posenc.SinusoidalPositionalEncoding(64)
x = torch.randn(4, 9, 64, dtype=torch.bfloat16)
hours = torch.rand(4, 9)

same = [torch.equal(mine(x, at), theirs(x, at)) for at in (None, hours)]
check.claim(
    "finished", "the finished module equals that of posenc", same, "==", True
)

# %% [markdown]
# ## What surprised you
#
# Run the next cell at the end: it lists your predictions of this lesson that turned out wrong.
# In JupyterLab, each has a link to the cell that settled it. Explain each result to yourself before you continue.

# %%
check.surprises("04")

# %% [markdown]
# ## What you can now do
#
# - Build the module without a table, or with one in a buffer that is not saved, and look rows up by `pos`.
# - Test a module for sequence length, width, axis and type before you train with it.
# - Choose the norms of embedding and position vector together, and copy √d only with its initialisation.
# - Expose a buggy table by three properties (dot products depend only on the distance, neighbours are similar, rows differ), and prove a correct one by its values.
# - Tell a bug from an equivalent form, and say what each means for trained weights.

# %% [markdown]
# ## References
#
# - The article with the class of section 1, in Chinese: <http://www.kler.cn/a/539187.html>.
# - The class in PyTorch's own example, with the comment “Temporarily leave PositionalEncoding module here”: `word_language_model/model.py` in pytorch/examples. `nn.Transformer` without positions: pytorch/pytorch#24826 and #51551.
# - Vaswani et al. 2017, *Attention Is All You Need*, arXiv 1706.03762: §3.4 the factor √d, §3.5 the formula, §5.4 dropout on the sum.
# - The authors' N(0, 1/d), quoted line by line: tensorflow/tensor2tensor#1718.
# - PyTorch documentation: `torch.nn.Embedding` (N(0, 1)), `register_buffer` (`persistent`), `TransformerEncoderLayer` (`batch_first`), meta device.
# - Plain attribute: lyuwenyu/RT-DETR#677. Parameter: henry9zhr/QANet-pytorch#3. Checkpoint: espnet/espnet#1060. Frequencies cast to bfloat16: NVIDIA-NeMo/Automodel#2549.
# - Index out of range: huggingface/transformers#8077. RoBERTa's 514 rows: facebookresearch/fairseq#1187.
# - Odd width: codertimo/BERT-pytorch#78. Batch axis: songyangco/GETNext#2; tokens first: pytorch/tutorials#1547.
# - Dropout twice: datawhalechina/happy-llm#63. The dropout rate as `max_len`: sooftware/transformer#1.
# - Bug or equivalent: sines first tensorflow/tensor2tensor#391, exp and log OpenNMT/OpenNMT-py#896, `half_dim - 1` hojonathanho/diffusion#15; base 1000, there a slip beside a wrong exponent, maxjcohen/transformer#62.
# - Clinic: A SamLynnEvans/Transformer#25 · B gmongaras/Diffusion_models_from_scratch#10 · C a reader's slip, reported in harvardnlp/annotated-transformer#131 · D dome272/Diffusion-Models-pytorch#45 · positions in bfloat16 wfondrie/depthcharge#82 · exercise 2 luhengshiwo/LLMForEverybody#106. All on GitHub; some are corrected since.
