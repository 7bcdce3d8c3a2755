# %% [markdown]
# # 04 · How do I build it so that it cannot bite?
#
# Needs: 03 · 35 minutes, the workshop 50 more, exercises apart · CPU
#
# After this notebook you can
#
# - build the sinusoidal code as a PyTorch module, from table to buffer to rows chosen by `pos`,
# - find four traps in the class that the web copies, and write the tests that find them,
# - say when adding a code hides the word, and what the factor √d is for,
# - find an ill table by its picture and its properties, and tell a bug from an equivalent.

# %%
import math

import torch

import posenc
from posenc import analysis, check, plots, widgets

# %% [markdown]
# ## 1 · The class that everybody copies
#
# The article that this course grew from ends in a class.
# You have seen its twins.
# Here it is once more, in our own code.
# Its author ran it and checked one thing: the shape.
# Read it.
# Which lines would you not sign?


# %%
class Copied(torch.nn.Module):
    def __init__(self, d_model, max_len=60):
        super().__init__()
        pos = torch.arange(max_len).float()[:, None]  # (max_len, 1)
        even = torch.arange(0, d_model, 2).float()
        speed = torch.exp(even * -(math.log(10_000) / d_model))
        table = torch.zeros(max_len, d_model)
        table[:, 0::2] = torch.sin(pos * speed)  # "even positions"
        table[:, 1::2] = torch.cos(pos * speed)  # "odd positions"
        table = table.unsqueeze(0)  # (1, max_len, d)
        self.register_buffer("table", table)

    def forward(self, x):  # (b, n, d)
        return x + self.table[:, : x.shape[1]].detach()


# %%
copied = Copied(512)
copied(torch.randn(32, 50, 512)).shape

# %% [markdown]
# The shape is right.
# It would be right for a table of zeros, too: a shape is no evidence.
# The values are.
# Notebook 03 derived what they must be.

# %%
right = posenc.sinusoidal(torch.arange(60), 512)
difference = (copied.table[0] - right).abs().max()

check.claim(
    "values", "the copied class holds the right codes", difference, "<", 1e-4
)

# %% [markdown]
# So the arithmetic is sound.
# Now the comments: is “even positions” true?

# %%
speeds = posenc.inverse_frequencies(512)
gap = (copied.table[0, 3, 0::2] - torch.sin(3 * speeds)).abs().max()

check.claim(
    "channels", "position 3 is odd; its even channels are sines", gap,
    "<", 1e-4,
)

# %% [markdown]
# No: columns are channels, rows are positions.
# Who believes the comment writes `table[0::2]` one day.
# We meet that program in the clinic below.
#
# `.detach()` and `.unsqueeze(0)` do nothing here: a buffer is not trained, and `(b, n, d) + (n, d)` broadcasts over the batch without help.

# %% [markdown]
# ## 2 · Table, buffer, rows
#
# A tensor that a module keeps has three possible homes.
# Which one moves to the GPU with the model?
# Which stays fixed in training?
# Which is saved?


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
            self.register_buffer("table", table)


# %% [markdown]
# You need no GPU to see it.
# Every PyTorch has a second device called `meta`, which keeps shapes and no numbers.
# What fails to move there fails to move anywhere.


# %%
def facts(home):
    module = Holder(home)
    fixed = not list(module.parameters())  # no optimizer will touch it
    saved = "table" in module.state_dict()
    moves = module.to("meta").table.is_meta
    return {"moves": moves, "stays fixed": fixed, "is saved": saved}


# %%
homes = ("plain attribute", "Parameter", "buffer")
plots.tick_table(
    {home: facts(home) for home in homes},
    alt="The attribute stays behind and the Parameter does not stay fixed; "
    "the buffer moves, stays fixed and is saved",
)

# %% [markdown]
# A fixed table belongs in a buffer: it has all three ticks.
# Published modules with a plain attribute stall or crash on the GPU; with a `Parameter`, the “fixed” code quietly trains.
# (Newer PyTorch also spells it `torch.nn.Buffer`.)

# %% [markdown]
# **Predict.** A text of 50 words comes in two halves, 25 words each.
# The class takes `table[:n]`.
# Which code does the first word of the second half get?

# %%
check.predict(
    "second half",
    "Word 25, sent as a text of its own, gets the code of position",
    ["0", "25", "none: an error"],
)

# %%
zeros = torch.zeros(1, 25, 512)  # what comes out is the code alone
gap = (copied(zeros)[0] - right[:25]).abs().max()

check.claim(
    "again", "the second half gets the codes of the first", gap, "<", 1e-4,
    settles={"second half": "0"},
)

# %% [markdown]
# The module cannot know better: it sees a shape, not a place.
# So tell it.
# One more argument, and the rows are chosen instead of counted:


# %%
def add_rows(x, table, pos):
    return x + table[pos]  # (b, n, d), (max_len, d), (n,) -> (b, n, d)


told = add_rows(zeros, copied.table[0], torch.arange(25, 50))[0]
gap = (told - right[25:50]).abs().max()

check.claim("told", "told where it stands, it gets its own", gap, "<", 1e-4)

# %% [markdown]
# With `pos` of shape `(b, n)` each sentence has positions of its own.
# That one argument will pay for itself: padding and time stamps, below, are one line each.

# %% [markdown]
# ## 3 · Trap one: a word too many
#
# The article's table has 60 rows.
# Send 61 words.


# %%
def outcome(call):
    try:
        return call()
    except Exception as error:
        said = " ".join(str(error).split())
        return f"{type(error).__name__}: {said}"


outcome(lambda: copied(torch.zeros(1, 61, 512)))

# %% [markdown]
# Nothing in this sentence says *position*, *length* or `max_len`.
# It comes with the first long text, perhaps hours into a run.
#
# So make the table longer?
# `max_len=5000` is what most copies have.
# Some believe that `max_len` stretches the code, as in p/L: does a longer table make the steps finer?

# %%
longer = Copied(512, max_len=5000).table[0, :60]

gap = (longer - copied.table[0]).abs().max()

check.claim("longer", "a longer table has the same rows", gap, "<", 1e-6)

# %% [markdown]
# No: `max_len` is how much is stored, not a part of the formula.
# It need not equal your longest text; it must not be smaller.
#
# **Repair.** Say it at the door (`ValueError: 61 words, but max_len=60`), or keep no table and compute the codes of the positions at hand.

# %% [markdown]
# ## 4 · Trap two: an odd width

# %%
outcome(lambda: Copied(7))

# %% [markdown]
# Seven channels make four sines and three cosines.
# The mend that is often published cuts the last cosine off.
# It runs.
# But the last sine has lost its partner: by notebook 03 its shift is no longer linear.
# The lengths of the codes give it away over 20 000 positions; over 60 you would not see it in the lengths.

# %%
odd = posenc.sinusoidal(torch.arange(20_000), 8, dtype=torch.float64)[:, :7]
norms = odd.norm(dim=-1)  # (n,)

ratio = norms.max() / norms.min()
brief = norms[:60].max() / norms[:60].min()

check.claim("lone", "with a lone sine, lengths differ", ratio, ">", 1.05)
check.claim("brief", "over 60 rows hardly", brief, "<", 1.001)

# %% [markdown]
# **Repair.** Refuse it: `d_model must be even, because channels turn in pairs; got 7`.
# One clear error at construction beats a small error for ever.

# %% [markdown]
# ## 5 · Trap three: the wrong axis
#
# PyTorch's older tutorials put the words first, `(n, b, d)`, and took `table[:x.shape[0]]`.
# Most data are `(b, n, d)` today.
# Here is the old line on new data:


# %%
class ByFirstAxis(Copied):
    def forward(self, x):  # written for (n, b, d)
        return x + self.table[0, : x.shape[0], None]


# %%
check.predict(
    "first axis", "Six sentences of six words, (6, 6, 512), give",
    ["an error", "the right codes", "one code a sentence"],
)


# %%
def code_numbers(module, b=6, n=6):
    """Which row of the table was added to each word? (b, n)"""
    added = module(torch.zeros(b, n, 512))
    return torch.cdist(added, module.table).argmin(-1)


rows = {
    "words first": code_numbers(ByFirstAxis(512)),
    "batch first": code_numbers(copied),
}

# %%
plots.heatmaps(
    rows,
    xlabel="word",
    ylabel="sentence",
    values=True,
    label="code added",
    alt="Left: all words of a sentence get the sentence's number. "
    "Right: the words count 0 to 5 in every sentence",
)

# %% [markdown]
# No error, no warning, and the training loss may well fall.
# But the model has become a bag of words, plus a mark that says where in the batch a sentence stood.
# With more than 60 sentences it would at least crash.

# %%
found = rows["words first"]  # (b, n)
one_each = (found == found[:, :1]).all()

check.claim(
    "axis", "sliced by the batch, each sentence gets one code",
    one_each, "==", True, settles={"first axis": "one code a sentence"},
)

# %% [markdown]
# **The test, in two lines.** Two sentences of zeros must get the same codes, and two words must not.


# %%
def counts_words(module):
    first, second = module(torch.zeros(2, 3, 512))  # (n, d) each
    return torch.equal(first, second) and not torch.equal(first[0], first[1])


[counts_words(copied), counts_words(ByFirstAxis(512))]

# %% [markdown]
# ## 6 · Trap four: the table keeps its own type
#
# The words come in bfloat16, half of 32 bits, as in most large models.
# The table is float32.

# %%
check.predict(
    "half", "bfloat16 words plus a float32 table give",
    ["bfloat16", "float32", "an error"],
)

# %%
words = torch.zeros(1, 5, 512, dtype=torch.bfloat16)
wide = copied(words).dtype == torch.float32

check.claim(
    "wide", "bfloat16 goes in, float32 comes out", wide, "==", True,
    settles={"half": "float32"},
)

# %% [markdown]
# The wider type wins, silently.
# From here on everything takes twice the memory, until a layer with bfloat16 weights refuses:

# %%
layer = torch.nn.Linear(512, 512, dtype=torch.bfloat16)
outcome(lambda: layer(copied(words)))

# %% [markdown]
# The message blames the layer.
#
# **Repair.** Add in float32, and cast the sum as the very last step.
# (Who casts the code before adding keeps the type as well, but rounds twice.)
# Only positions and angles must never be rounded: sections 15 and 16 show why.

# %% [markdown]
# ## 7 · Your module
#
# **Exercise 1** · difficulty 3 of 5 · 15 minutes
#
# Write the class so that none of the four traps bites.
# `MyEncoding(8, max_len=64)` makes a module; `(b, n, 8) -> (b, n, 8)`, word by word `out[s, p, c] = x[s, p, c] + code[p, c]`.
# An odd width raises a `ValueError`; so does a text longer than `max_len`, unless your class has no limit.
# What comes in as bfloat16 leaves as bfloat16.
# It moves with `.to(device)`, nothing is trained, and `x` stays as it was.
# (Section 17 shows one way; write yours first.)
#
# <details><summary>Hint</summary>
#
# `posenc.sinusoidal(pos, d_model)` gives the rows.
# With a table: `register_buffer`, and compare `x.shape[1]` with its length.
# Without: `torch.arange(x.shape[1], device=x.device)`.
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
            raise ValueError(f"{n} words, but max_len={rows}")
        return (x + self.table[:n]).to(x.dtype)
        ### END SOLUTION


check.positional_module(MyEncoding)

# %% [markdown]
# The article hands its class over as ready to use.
# Here is what we measured.

# %%
check.verdict(
    "A9",
    "does not hold",
    because="Its values are right. But word 61 and an odd width end in "
    "errors that name neither; bfloat16 comes out as float32; a text that "
    "does not begin at 0 gets the wrong codes; and only a shape was checked.",
)

# %% [markdown]
# **You may go on to [05](05_toy_transformer.ipynb).**

# %% [markdown]
# ## Workshop
#
# Questions that come up once the module is in use.
# Take the sections that you need; 11 and 12 use functions of 10.
# Section 16 is the bug clinic.

# %% [markdown]
# ## 8 · The checkpoint that will not load
#
# You trained with `max_len=60`.
# Now longer texts come, so you build with 128 and load.

# %%
trained = Copied(512, max_len=60).state_dict()
outcome(lambda: Copied(512, max_len=128).load_state_dict(trained))

# %% [markdown]
# A buffer is saved like a weight, although every row of it could be computed anew.
# The cure is one word, `persistent=False`: it still moves, and is no longer saved.


# %%
class NotSaved(torch.nn.Module):
    def __init__(self, d_model, max_len):
        super().__init__()
        table = posenc.sinusoidal(torch.arange(max_len), d_model)
        self.register_buffer("table", table, persistent=False)


short, long = NotSaved(512, 60), NotSaved(512, 128)
outcome(lambda: long.load_state_dict(short.state_dict()))

# %% [markdown]
# ESPnet met this in 2019: a table in the checkpoint forbade longer texts at inference.
# (A *learned* table must be saved, of course.)

# %% [markdown]
# ## 9 · Add, or concatenate?
#
# The question asked most often.
# Adding mixes word and place in the same channels; would a place of its own not be cleaner?
# The model's width is d, so after concatenating somebody has to project 2d channels back to d.

# %%
check.predict(
    "concatenate",
    "Compared with adding, concatenating and projecting gains",
    ["a place kept for the code", "one matrix on the code", "nothing"],
)

# %%
g = torch.Generator().manual_seed(0)
e = torch.randn(50, 64, generator=g, dtype=torch.float64)  # words
p = posenc.sinusoidal(torch.arange(50), 64, dtype=torch.float64)
W = torch.randn(128, 64, generator=g, dtype=torch.float64)

concatenated = torch.cat((e, p), dim=-1) @ W  # (n, d)
projected = e @ W[:64] + p @ W[64:]  # (n, d)

# %%
gap = (concatenated - projected).abs().max()

check.claim(
    "same", "concatenate and project: project both and add",
    gap, "<", 1e-10, settles={"concatenate": "one matrix on the code"},
)

# %% [markdown]
# $$[\,e\;\;p\,]\begin{bmatrix}W_e\\ W_p\end{bmatrix}=e\,W_e+p\,W_p$$
#
# The word's $W_e$ is learned anyway: the embedding table may learn it.
# Only $W_p$ is new: plain adding is the case where it is the identity.

# %%
check.verdict(
    "B9", "holds only if",
    because="a matrix on the code helps: concatenating and projecting is "
    "adding word and code, each times a matrix of its own, and plain adding "
    "is the case where the code's is the identity. It can be better by that "
    "one matrix at most; nothing was trained here. Without a projection the "
    "separate place costs a wider model.",
)

# %% [markdown]
# ## 10 · Does adding destroy the word?
#
# *King* plus position 3 might land on *queen* plus position 8.
# We try: 1000 random words, 128 positions, width 64.
# From the *sum alone*, which word of the table is nearest?


# %%
def texts(std, d, seed):
    """A table of words, a text of 128 of them, and their codes."""
    g = torch.Generator().manual_seed(seed)
    words = std * torch.randn(1000, d, generator=g, dtype=torch.float64)
    said = torch.randint(1000, (128,), generator=g)
    codes = posenc.sinusoidal(torch.arange(128), d, dtype=torch.float64)
    return words, said, codes


# %%
def read_word(x, words):
    return torch.cdist(x, words).argmin(-1)  # (n,)


def read_position(x, codes):
    return (x @ codes.T).argmax(-1)  # (n,)


# %% [markdown]
# **Predict**, for two beginnings of the same embedding table: PyTorch's own, N(0, 1), and that of the 2017 authors' code, N(0, 1/d).

# %%
check.predict(
    "nearest", "The nearest word is the right one, nearly always, for",
    ["both", "N(0, 1) only", "N(0, 1/d) only", "neither"],
)


# %%
def word_share(std, d=64, seed=0):
    words, said, codes = texts(std, d, seed)
    guess = read_word(words[said] + codes, words)
    return (guess == said).double().mean()


# %%
large = [word_share(1, seed=seed) for seed in range(5)]

check.claim(
    "large words", "words from N(0, 1) are read off the sum", large, ">", 0.97
)

# %%
tiny = [word_share(64**-0.5, seed=seed) for seed in range(5)]

check.claim(
    "tiny words", "words from N(0, 1/d) are not", tiny, "<", 0.2,
    settles={"nearest": "N(0, 1) only"},
)

# %% [markdown]
# Same formula, opposite answers.
# What counts is *size*: a code is √(d/2) long, a word of N(0, std²) about std·√d.
# They are equal at std = √½.
# And what helps the word hurts the position, so we measure both: the word exactly, the position give or take 3, because neighbouring codes are nearly alike by design.


# %%
def position_share(std, d=64, seed=0):  # read to within 3 positions
    words, said, codes = texts(std, d, seed)
    guess = read_position(words[said] + codes, codes)
    off = (guess - torch.arange(128)).abs()
    return (off <= 3).double().mean()


# %%
def both(d, seed, std=0.71):  # the worse of the two shares
    return min(word_share(std, d, seed), position_share(std, d, seed))


equal, narrow = ([both(d, seed) for seed in range(5)] for d in (64, 16))

check.claim("one size", "of one size, both are read", equal, ">", 0.9)
check.claim("narrow", "16 channels are too few for both", narrow, "<", 0.8)

# %% [markdown]
# In 64 dimensions random directions hardly meet.
#
# **Explore.** In the picture the words are noise and the positions stripes.
# For which `std` are both read?
# Where is that window for each width, 64, 16 and 256?
# One has none; the table that follows shows all.


# %%
def tug_of_war(std, d):
    words, said, codes = texts(std, d, seed=0)
    word, place = word_share(std, d), position_share(std, d)
    shares = f"read: {word:.0%} of words, {place:.0%} of positions"
    return plots.heatmap(
        (words[said] + codes)[:48],
        xlabel="channel",
        ylabel="position",
        title=shares,
        alt=f"A word is {std * d**0.5:.1f} long, a code "
        f"{(d / 2) ** 0.5:.1f}: {shares}",
    )


# %%
stds = [0.02, 0.25, 0.5, 0.71, 1.41, 8.0]
widgets.explore(
    tug_of_war, std=stds, d=[64, 16, 256], stills=[{"std": 0.5}, {"std": 8.0}],
    labels={"std": "std of the embeddings", "d": "width d"},
)

# %% [markdown]
# The worse of the two shares, for each width and each `std`:

# %% tags=["large"]
window = {
    f"{d} channels": {f"std {std}": f"{both(d, 0, std):.0%}" for std in stds}
    for d in (16, 64, 256)
}
plots.tick_table(
    window,
    alt="Both are read at 0.5 and 0.71 with 64 channels, from 0.25 to 1.41 "
    "with 256, and nowhere with 16",
)

# %%
wide = [both(256, seed, std) for std in (0.5, 1) for seed in range(3)]
check.claim("window", "256 channels: both, small and large", wide, ">", 0.95)

# %% [markdown]
# With 64 channels the window is narrow, with 16 there is none, with 256 it is wide.
#
# At std 0.02 every position is read, and no word.
# Yet the word is only *hidden*: read the position first, subtract its code, and look again.


# %%
def two_steps(std, d=64, seed=0):  # the share of words read exactly
    words, said, codes = texts(std, d, seed)
    x = words[said] + codes
    found = read_word(x - codes[read_position(x, codes)], words)
    return (found == said).double().mean()


shares = [two_steps(0.02, seed=k) for k in range(5)]
check.claim("hidden", "read second, tiny words are read", shares, ">", 0.97)

# %%
check.verdict(
    "B10",
    "holds only if",
    because="the word is much shorter than the code, or the model very "
    "narrow, and the word is looked for at once. Of one size, both are read "
    "off the sum (d = 64, 1000 random words, 5 seeds; not at d = 16). Even "
    "a tiny word is only hidden: subtract the code and it is there.",
)

# %% [markdown]
# ## 11 · Multiply by the root of d?
#
# “In the embedding layers, we multiply those weights by √d_model” (2017 paper, §3.4).
# It gives no reason.
# Section 10 does: size.
# At d = 512 a code is 16 long.
#
# The authors' code began with N(0, 1/d): a word 1 long becomes 22.6 long, well matched with 16.
# `torch.nn.Embedding` begins with N(0, 1): 22.6 long *before* the factor, 512 after it.
# What is left of the position, give or take 3?

# %%
shares = [position_share(512**0.5, 512, seed) for seed in range(3)]

check.claim("drowned", "N(0, 1) times √d drowns the code", shares, "<", 0.3)

# %%
check.verdict(
    "B11",
    "holds only if",
    because="the embedding begins small, as N(0, 1/d) in the authors' "
    "code. On PyTorch's default N(0, 1) the factor makes words 32 times as "
    "long as codes at d = 512. Copy the line together with its "
    "initialisation, or neither. Training may repair the sizes; it has to "
    "find out first.",
)

# %% [markdown]
# ## 12 · Dropout, once, on the sum
#
# The 2017 paper drops 10 % of the *sum* of word and code (§5.4).
# It zeroes channels, a tenth of each word's on average.
# Can the position still be read, exactly?

# %%
torch.manual_seed(0)
codes = posenc.sinusoidal(torch.arange(1000), 64)
once = torch.nn.Dropout(0.1)(codes)

guess = read_position(once, codes)
share = (guess == torch.arange(1000)).double().mean()

check.claim("still read", "nearly all can still be read", share, ">", 0.95)

# %% [markdown]
# Yes: the position is spread over all channels.
# So: once, on the sum, in one place; applied in the module and again outside, 0.1 becomes 0.19.
# And plot codes in `eval()` only.

# %% [markdown]
# ## 13 · Padding
#
# Sentences of 5 and 3 words in one batch; the shorter is padded on the *left*.
# Its first word stands in column 2.
# Counting columns gives it the wrong code; the mask knows better.

# %%
mask = torch.tensor(
    [[True, True, True, True, True], [False, False, True, True, True]]
)
text_pos = (mask.cumsum(-1) - 1).clamp(min=0)  # (b, n)
text_pos

# %%
module = posenc.SinusoidalPositionalEncoding(16)
padded = module(torch.zeros(2, 5, 16), text_pos)[1]
alone = module(torch.zeros(1, 3, 16))[0]

gap = (padded[2:] - alone).abs().max()

check.claim("padding", "padding changes no word's code", gap, "==", 0)

# %% [markdown]
# The pads get a code as well.
# That is no harm as long as the attention mask hides them: keeping pads out is the mask's work, not the code's.

# %% [markdown]
# ## 14 · Half past two
#
# A table has whole rows.
# The formula does not care: events at 0.0, 0.7, 0.9 and 5.2 hours have codes, too, and near times have near codes.

# %%
times = torch.tensor([0.0, 0.7, 0.9, 5.2], dtype=torch.float64)
codes = posenc.sinusoidal(times, 64, dtype=torch.float64)
plots.heatmap(
    torch.cdist(codes, codes),
    x=times,
    y=times,
    values=True,
    xlabel="hours",
    ylabel="hours",
    label="distance of the codes",
    alt="The codes of 0.7 and 0.9 hours are nearest, 5.2 is far from all",
)

# %% [markdown]
# Real clocks count seconds since 1970: about 1.7 billion.
# Two pairs of events, 60 seconds apart, as float32:

# %%
first = torch.tensor([1.7e9, 1.7e9 + 10], dtype=torch.float64)
minute = (first + 60).float() - first.float()

check.claim(
    "clock", "in float32 neither minute is a minute",
    (minute - 60).abs(), ">", 50,
)
minute

# %% [markdown]
# At 1.7 billion, neighbouring float32 numbers are 128 apart: a minute lasts 0 or 128 seconds, as it falls.
# **Repair:** count from the first event, in a unit that suits your data, before you cast.
# Relations survive: by notebook 03 a common shift turns all codes alike.

# %% [markdown]
# ## 15 · Exact?
#
# Long before a billion, float32 frays: near a million its neighbouring numbers are 1/16 apart, and angles are such numbers.
# How wrong do the codes become?


# %%
def worst_error(start, dtype=torch.float32):
    pos = start + torch.arange(200)
    exact = posenc.sinusoidal(pos, 64, dtype=torch.float64)
    code = posenc.sinusoidal(pos, 64, dtype=dtype).float()
    return (code.double() - exact).abs().max()


# %%
start = [10**power for power in range(2, 8)]
single = [worst_error(first) for first in start]
double = [worst_error(first, torch.float64) for first in start]

check.claim("short", "float32 serves up to 10 000", single[:3], "<", 0.005)
check.claim("million", "at a million it errs", single[4], ">", 0.005)
check.claim("double", "float64, cast last, does not", double, "<", 1e-6)

# %% [markdown]
# The error grows with the position (0.0003 at 10 000, 0.03 at a million), and a table does not help: its rows were computed in the same float32.
# Beyond some ten thousand positions take `dtype=torch.float64` for the angles and cast the code.
#
# Is a table at least faster?
# Little: once a batch, n·d sines are computed; b·n·d numbers are added in any case.
# For those sines you get no `max_len`, nothing to save, nothing to move.
#
# Written without a branch on values, the module also compiles and exports whole.
# (Not run here, it takes seconds: under PyTorch 2.13 the export gave no warning and the same numbers.)
#
# ```python
# fast = torch.compile(module)
# program = torch.export.export(module, (x,))
# ```

# %% [markdown]
# ## 16 · The bug clinic
#
# Four programs, rewritten from public code (the threads are in the references).
# **One of them is healthy.** Read them as a reviewer.


# %%
def specimen_a(n, d):
    table = torch.zeros(n, d, dtype=torch.float64)
    for p in range(n):
        for i in range(0, d, 2):
            table[p, i] = math.sin(p / 10_000 ** (2 * i / d))
            table[p, i + 1] = math.cos(p / 10_000 ** (2 * (i + 1) / d))
    return table


# %%
def specimen_b(n, d):
    pos = torch.arange(n, dtype=torch.float64)[:, None]
    speeds = posenc.inverse_frequencies(d, dtype=torch.float64)
    table = pos * speeds.repeat_interleave(2)
    table[0::2] = table[0::2].sin()
    table[1::2] = table[1::2].cos()
    return table


# %%
def specimen_c(n, d):
    pos = torch.arange(n, dtype=torch.float64)[:, None]
    even = torch.arange(0, d, 2, dtype=torch.float64)
    div_term = torch.exp(even * -(math.log(10_000) / d))
    table = torch.zeros(n, d, dtype=torch.float64)
    table[:, 0::2] = torch.sin(pos / div_term)
    table[:, 1::2] = torch.cos(pos / div_term)
    return table


# %%
def specimen_d(n, d):
    pos = torch.arange(n, dtype=torch.float64)[:, None]
    even = torch.arange(0, d, 2, dtype=torch.float64)
    angle = pos / 10_000 ** (even / d)
    return torch.cat((angle.sin(), angle.cos()), dim=-1)


# %%
ward = {"A": specimen_a, "B": specimen_b, "C": specimen_c, "D": specimen_d}
plots.heatmaps(
    {name: make(48, 32) for name, make in ward.items()},
    xlabel="channel",
    ylabel="position",
    alt="A: waves in the first ten channels, flat colour in the others. "
    "B: stripes along the rows. C: speckles in most channels. "
    "D: two fans side by side",
)

# %%
check.predict("healthy", "The healthy one is", ["A", "B", "C", "D"])

# %% [markdown]
# An eye can be wrong, so measure.
# By notebook 03 the product of two codes depends on their *distance* alone.
# So along a diagonal of `table @ table.T` nothing may change.


# %%
def along_diagonals(table, most=8):
    product = table @ table.T  # (n, n)
    return max(product.diagonal(k).std() for k in range(most))


a, b, c, d = (along_diagonals(make(64, 32)) for make in ward.values())

check.claim("A, B", "A and B fail: the place matters", [a, b], ">", 0.1)
check.claim("C, D", "C and D pass: distance alone", [c, d], "<", 1e-6)

# %% [markdown]
# Two are found out.
# C passes: its pairs are true pairs, only their speeds are strange.
# The second property: neighbours are nearly alike.


# %%
def neighbours(table):
    return torch.cosine_similarity(table[1:], table[:-1]).min()


c, d = neighbours(specimen_c(64, 32)), neighbours(specimen_d(64, 32))

check.claim("C", "in C neighbours are strangers", c, "<", 0.5)
check.claim("D", "in D they are alike: it passes both", d, ">", 0.9)

# %% [markdown]
# D is under no suspicion.
# That is not yet a proof; a comparison with the right values is:

# %%
paper = posenc.sinusoidal(torch.arange(64), 32, dtype=torch.float64)
found = analysis.equivalence(paper, specimen_d(64, 32))

check.claim(
    "healthy", "D has the right channels, in another order",
    found.kind == "channel permutation", "==", True, settles={"healthy": "D"},
)

# %% [markdown]
# The diagnoses:
#
# - **A** `i` runs 0, 2, 4, … already, and `2 * i` doubles it again; the cosine even takes the next exponent.
# - **B** `[0::2]` picks rows. That is the comment of section 1, believed.
# - **C** `div_term` is a reciprocal already; dividing by it gives speeds up to thousands (5623 at d = 32).
# - **D** All sines, then all cosines: the same channels in another order.

# %% [markdown]
# Would training have told?
# B's author: “interesting to me how the model can learn without the time information”.
# C's finder saw his slip converge *faster* on a toy that copies its input.
# A falling loss clears nobody.

# %% [markdown]
# One more patient looks well for 256 rows.
# It counts in bfloat16:

# %%
torch.arange(252, 262).bfloat16()

# %% [markdown]
# bfloat16 keeps eight significant bits: from 256 to 512 it knows the even numbers only, from 512 to 1024 every fourth.
# Positions 257 and 256 get one code.
# A third property, then: no two rows alike.

# %%
halved = torch.arange(320).bfloat16()
coarse = posenc.sinusoidal(halved, 32, dtype=torch.float64)

nearest = posenc.nearest_rivals(coarse).distance.min()

check.claim("bfloat16", "some positions share a code", nearest, "==", 0)

# %% [markdown]
# ### Is it a bug, or equivalent?
#
# Eight variants of the code about which readers ask again and again.
# `analysis.equivalence` compares each with the formula.
# Are they the same numbers, the same channels in another order, the same products of any two rows, or another code?


# %%
def code(pos, speeds):
    angle = pos[:, None] * speeds
    return torch.stack((angle.sin(), angle.cos()), dim=-1).flatten(1)


pos = torch.arange(64, dtype=torch.float64)
speeds = posenc.inverse_frequencies(32, dtype=torch.float64)
i = torch.arange(16, dtype=torch.float64)

# %%
variants = {
    "sines first, then cosines": specimen_d(64, 32),
    "cosine before sine": paper.unflatten(1, (16, 2)).flip(-1).flatten(1),
    "exp and log": code(pos, torch.exp(-i * math.log(10_000) / 16)),
    "counting from 1": code(pos + 1, speeds),
    "sign turned": code(-pos, speeds),
    "half_dim - 1": code(pos, 10_000 ** (-i / 15)),
    "base 1000": code(pos, 1000 ** (-i / 16)),
    "degrees": code(torch.deg2rad(pos), speeds),
}

# %%
check.predict(
    "equivalent", "The variants that keep the products of the formula are",
    ["the first two", "the first three", "the first five", "all eight"],
)

# %%
kinds = {
    name: analysis.equivalence(paper, table).kind
    for name, table in variants.items()
}
kinds

# %%
first, last = list(kinds.values())[:5], list(kinds.values())[5:]
known = "different kernel" not in first and set(last) == {"different kernel"}

check.claim(
    "equivalent", "five give the same products, three do not",
    known, "==", True, settles={"equivalent": "the first five"},
)

# %% [markdown]
# The first five are no bugs: a new model can learn the same.
# *Trained* weights are stricter.
#
# - **identical**: they load.
# - **channel permutation**: they read channels by number; keep the order that they were trained with, or no error will tell you.
# - **rotation**: every word seems to stand one place off, or mirrored; keep the convention, too.

# %% [markdown]
# **Different kernel** is no verdict yet.
# `half_dim - 1` (tensor2tensor) and base 1000 serve a new model; weights of the formula do not fit.
# Degrees are a bug: neighbours lie over fifty times as close.
# The first two properties see nothing of it, for the pairs are true pairs that turn.
# Properties find the ill; only values prove the well.

# %%
unseen = [along_diagonals(table) for table in variants.values()]
alike = [neighbours(table) for table in variants.values()]

check.claim("pass 1", "all eight pass the first property", unseen, "<", 1e-5)
check.claim("pass 2", "all eight pass the second", alike, ">", 0.8)

# %% [markdown]
# ### The last patient
#
# It comes from a public book on language models (rewritten):


# %%
def patient(n, d):
    pos = torch.arange(n, dtype=torch.float64)[:, None]
    channel = torch.arange(d, dtype=torch.float64)
    table = pos / 10_000 ** (channel / d)
    table[:, 0::2] = table[:, 0::2].sin()
    table[:, 1::2] = table[:, 1::2].cos()
    return table


# %% [markdown]
# **Exercise 2** · difficulty 3 of 5 · 12 minutes
#
# **Find the bug.** Which line of `patient` is wrong, and what do the two channels of a pair no longer share?
# Name it, then mend it, so that the table is that of notebook 03, channel by channel.
# `mended(2, 4)` is `[[0, 1, 0, 1], [0.8415, 0.5403, 0.0100, 0.9999]]`.
#
# <details><summary>Hint</summary>
#
# Every sine is right.
# Compute $\sin^2+\cos^2$ of a pair, as in notebook 03: it is not 1.
# Which exponent does channel 1 take, and which should it?
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
# Would one look at this patient have told?

# %%
check.predict(
    "patient", "Its heat map shows",
    ["the usual fan", "stripes along the rows", "speckles"],
)

# %%
tables = {"patient": patient(48, 32), "formula": paper[:48]}
plots.heatmaps(
    tables,
    xlabel="channel",
    ylabel="position",
    alt="Two fans, alike at first sight; the patient's odd channels "
    "turn a little more slowly",
)

# %%
entries = torch.stack([table.flatten() for table in tables.values()])

check.claim(
    "fan", "the two pictures are nearly alike", torch.corrcoef(entries)[0, 1],
    ">", 0.7, settles={"patient": "the usual fan"},
)
check.claim(
    "ill", "the first property finds it ill",
    along_diagonals(patient(64, 32)), ">", 0.5,
)

# %% [markdown]
# **Exercise 3** · difficulty 3 of 5 · 12 minutes
#
# Write the doctor.
# `is_healthy(table)` takes any `(n, d)` in float64 and says True or False.
# Healthy is what gives the products of the formula: do not ask for an order of channels, nor for a table that begins at 0. Other speeds, or another base, count as wrong here.
# Our ward holds 23 wrong tables and five right ones, of 264 rows; the check counts how many you judge rightly.
#
# <details><summary>Hints</summary>
#
# Three properties find eleven: the product depends on the distance alone, neighbours are alike (above 0.5), no two rows are equal.
# You have `along_diagonals`, `neighbours` and `posenc.nearest_rivals`.
#
# The other twelve are hands at wrong speeds.
# Which table of products should `table @ table.T` be, to rounding (`torch.allclose`)?
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
# Everything above, in one class: no table, rows by `pos`, refusals at the door, the sum cast last, dropout once.
# After the width only keywords: swapped arguments are a published slip, too.
# Its angles are float32, because some devices know no float64: good to some ten thousand positions (section 15).


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
        code = posenc.sinusoidal(pos, self.d_model, dtype=work)
        return self.dropout((x + code).to(x.dtype))


# %% [markdown]
# `posenc` does the same, and also checks shapes:

# %%
mine, theirs = Finished(64), posenc.SinusoidalPositionalEncoding(64)
x = torch.randn(4, 9, 64, dtype=torch.bfloat16)
times = torch.rand(4, 9)

same = [torch.equal(mine(x, at), theirs(x, at)) for at in (None, times)]
check.claim("finished", "ours and posenc's are equal", same, "==", True)

# %% [markdown]
# ## What you can now do
#
# - Build the module without a table, or with one: in a buffer, `persistent=False`, rows chosen by `pos`.
# - Test a module for length, width, axis and type before you train with it.
# - Choose the size of embedding and code together, and copy √d only with its initialisation.
# - Find an ill table by three properties: distance alone, neighbours alike, rows different; prove a healthy one by its values.
# - Tell a bug from an equivalent, and say what each means for trained weights.

# %% [markdown]
# ## References
#
# - The article whose class stands at the beginning (in Chinese): <http://www.kler.cn/a/539187.html>.
# - Vaswani et al. 2017, *Attention Is All You Need*, arXiv 1706.03762: §3.4 the factor √d, §3.5 the formula, §5.4 dropout on the sum.
# - The authors' N(0, 1/d), quoted line by line: tensorflow/tensor2tensor#1718.
# - PyTorch documentation: `torch.nn.Embedding` (N(0, 1)), `register_buffer` (`persistent`), meta device.
# - Plain attribute: lyuwenyu/RT-DETR#677. Parameter: henry9zhr/QANet-pytorch#3. Checkpoint: espnet/espnet#1060.
# - Odd width: codertimo/BERT-pytorch#78. Batch axis: songyangco/GETNext#2; words first: pytorch/tutorials#1547.
# - Dropout twice: datawhalechina/happy-llm#63. Swapped arguments: sooftware/transformer#1.
# - Bug or equivalent: sines first tensorflow/tensor2tensor#391, exp and log OpenNMT/OpenNMT-py#896, `half_dim - 1` hojonathanho/diffusion#15, base 1000 maxjcohen/transformer#62.
# - Clinic: A SamLynnEvans/Transformer#25 · B gmongaras/Diffusion_models_from_scratch#10 · C harvardnlp/annotated-transformer#131 · D dome272/Diffusion-Models-pytorch#45 · bfloat16 wfondrie/depthcharge#82 · exercise 2 luhengshiwo/LLMForEverybody#106. All on GitHub; some are mended since.
