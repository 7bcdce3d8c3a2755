# %% [markdown]
# # 05 · Does it matter in a model?
#
# Needs: 01 to 04 (of 04 the part before the workshop) · 40 minutes, boxes and exercises apart · CPU (about a minute of training)
#
# So far we have asked what an encoding *can* do for a model.
# Now we train models that differ in one line, the line that adds the position vectors.
#
# After this lesson you can
#
# - **assemble** a Transformer and its training loop from small parts, with your own encoding in it,
# - **compare** encodings with several seeds, a control and the level of chance,
# - **rule** on the article's four reasons with your own measurements.
#
# *In a hurry?* The three-hour route through Part I ends here, with sections 1 to 3, 5, 8, 11 and 12 and exercise 2.
# A section that is marked *Box* is folded, and nothing later needs it: click on the triangle beside its title to open it.
# Long code that shows nothing new is folded, too.

# %% [markdown]
# Two questions from earlier lessons. Answer in your head before you look.
#
# **Recall 1** · From 03: what does the matrix $M_k$ do to the position vectors of the sinusoidal encoding, and which quantity does it not depend on?
#
# <details><summary>Answer</summary>
#
# It advances a position vector by k positions, $M_k\,\mathrm{PE}(p)=\mathrm{PE}(p+k)$, and it does not depend on p.
# So a head with suitable weights can look k positions back. Whether training finds such weights is a question for this lesson.
#
# </details>
#
# **Recall 2** · From 04: a module slices its table of position vectors along the batch axis. What do the tokens of a text get?
#
# <details><summary>Answer</summary>
#
# All tokens of a text get the same vector, so the module tells the model nothing about their order. PyTorch raises no error.
#
# </details>

# %%
import math

import torch
from torch import nn

import posenc
from posenc import check, plots, text, training, widgets

# %% [markdown] id="assemble"
# ## 1 · Assemble it
#
# The attention is that of lesson 01, now with $h$ heads.
# One matrix makes queries, keys and values, and each head gets a slice of their channels.
# `unflatten` splits the last axis into three, and `permute` moves the heads in front of the tokens.


# %%
def split_heads(x, h):  # (b, n, 3d)
    x = x.unflatten(-1, (3, h, -1))  # (b, n, 3, h, dh)
    return x.permute(2, 0, 3, 1, 4)  # (3, b, h, n, dh)


# %%
class Attention(nn.Module):
    def __init__(self, d, h):
        super().__init__()
        self.h = h
        self.qkv = nn.Linear(d, 3 * d, bias=False)
        self.out = nn.Linear(d, d, bias=False)

    def forward(self, x, mask):
        q, k, v = split_heads(self.qkv(x), self.h)
        scores = q @ k.mT / k.shape[-1] ** 0.5  # (b, h, q, k)
        weights = scores.masked_fill(~mask, -torch.inf).softmax(-1)
        mixed = (weights @ v).transpose(1, 2).flatten(2)  # (b, n, d)
        return self.out(mixed)


# %% [markdown] id="block"
# A block consists of attention followed by an **MLP**, a small network that processes each token by itself.
# Each of the two reads $x$ through a LayerNorm and *adds* its result to $x$.
# This running sum is the **residual stream**: it carries the position vectors, which are added once at the input, to every block.


# %%
class Block(nn.Module):
    def __init__(self, d, h):
        super().__init__()
        self.norm1, self.norm2 = nn.LayerNorm(d), nn.LayerNorm(d)
        self.attention = Attention(d, h)
        self.mlp = nn.Sequential(
            nn.Linear(d, 4 * d), nn.GELU(), nn.Linear(4 * d, d)
        )

    def forward(self, x, mask):
        x = x + self.attention(self.norm1(x), mask)
        return x + self.mlp(self.norm2(x))


# %% [markdown] id="whole-model"
# The model turns tokens into embeddings, sends them through the blocks, and returns **logits**, one number per token of the vocabulary.
# Apart from the causal mask, only one line in it is about order.


# %%
class Transformer(nn.Module):
    def __init__(self, encoding, vocab_size, n_layers, causal):
        super().__init__()
        d, h = encoding.dims.d_model, encoding.dims.n_heads
        self.encoding, self.causal = encoding, causal
        self.tokens = nn.Embedding(vocab_size, d)
        self.blocks = nn.ModuleList(Block(d, h) for _ in range(n_layers))
        self.norm = nn.LayerNorm(d)
        self.head = nn.Linear(d, vocab_size, bias=False)

    def forward(self, tokens):  # (b, n)
        n = tokens.shape[1]
        mask = torch.ones(n, n, dtype=torch.bool)  # True: may attend
        mask = mask.tril() if self.causal else mask
        x = self.encoding.embed(self.tokens(tokens), torch.arange(n))
        for block in self.blocks:
            x = block(x, mask)
        return self.head(self.norm(x))  # (b, n, vocab_size)


# %% [markdown]
# Is this the model of `posenc`?
# We give both the same weights and compare their logits.


# %% jupyter={"source_hidden": true}
@torch.no_grad()
def both(causal, n_layers=2):
    code, vocab = posenc.build("sinusoidal"), 11
    mine = Transformer(code, vocab, n_layers, causal).double()
    theirs = posenc.Transformer(
        code, vocab_size=vocab, n_layers=n_layers, causal=causal
    ).double()
    mine.load_state_dict(theirs.state_dict())  # the names agree too
    tokens = torch.arange(20).view(2, 10) % vocab
    return mine(tokens), theirs(tokens)


# %%
torch.manual_seed(0)
gaps = [torch.sub(*both(causal)).abs().max() for causal in (True, False)]
check.claim("same model", "our Transformer and that of posenc return the same "
            "logits", gaps, "<", 1e-12)

# %% [markdown] id="cross-attention"
# <details><summary>Does the decoder of an encoder-decoder need positions of its own?</summary>
#
# Yes, in the model of 2017: it adds the same sinusoids to the inputs of both the encoder and the decoder.
# In **cross-attention** the queries come from one sequence and the keys from another, so the difference of two positions means little, and T5 builds these layers without a position bias.
# DETR, which finds objects in images, adds the encoding of the image positions to the keys and a learned vector to each query; the values get nothing.
#
# </details>

# %% [markdown] id="train"
# ## 2 · Train it
#
# In the toy tasks a token is one of ten letters.
# The task `back1` asks for the letter one position earlier.
# Below are the tokens of a text and, under them, the targets; −100 marks a position where nothing is asked.

# %%
task = posenc.TASKS["back1"]
tokens, targets = task.sample(1, 10, torch.Generator().manual_seed(0))
torch.cat((tokens, targets))

# %% [markdown]
# The loop is short: compute the loss (in nats, with the natural logarithm), and move every weight a little in the direction that lowers it.
# Small models run fastest on one thread.


# %%
def train(model, task, steps=150):
    optimizer = torch.optim.AdamW(model.parameters(), lr=0.005)
    generator, losses = torch.Generator().manual_seed(0), []
    for _ in range(steps):
        tokens, targets = task.sample(32, 16, generator)
        logits = model(tokens).transpose(1, 2)  # (b, vocab, n)
        loss = nn.functional.cross_entropy(logits, targets)  # skips -100
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return losses


# %% tags=["trained"]
torch.set_num_threads(1)
sizes = posenc.Dims(d_model=32)


def train_with(make):  # make: () -> an encoding
    torch.manual_seed(0)
    model = Transformer(make(), 11, n_layers=1, causal=False)
    return train(model, task), model


losses, model = train_with(lambda: posenc.build("sinusoidal", sizes))
plots.lines({"sinusoidal": losses}, xlabel="step", ylabel="loss in nats",
            chance=math.log(10), trained=True)

# %% tags=["trained"]
check.claim("it learns", "the last losses of a sinusoidal model on `back1` "
            "are less than half of ln 10, the loss of random guessing",
            torch.tensor(losses[-10:]).mean() / math.log(10), "<", 0.5)

# %% [markdown]
# From here on `training.train_on_task` does this for us, with three additions:
# a learning rate that rises and falls, texts of 4 to 16 letters, and a seed for everything.

# %% [markdown] id="accuracy"
# **Exercise 1** · difficulty 2 of 5 · 10 minutes
#
# Write `evaluate(model, tokens, targets)`, which returns the **accuracy**: the fraction of correct answers, one number from 0 to 1.
#
# - Only positions whose target is not −100 count, and all of them count equally.
# - The model answers in `eval()` mode, because dropout would otherwise change its answers at random.
# - Afterwards the model is in the same mode as before.
#
# <details><summary>Hint</summary>
#
# `model.training` tells the mode, and `model.train(mode)` sets it.
# The model's answer is the `argmax` of the logits over the vocabulary.
# </details>


# %% tags=["exercise"]
def evaluate(model, tokens, targets):
    """model, (b, n), (b, n) -> fraction of the targets that it predicts"""
    ### BEGIN SOLUTION
    mode = model.training
    model.eval()
    with torch.no_grad():
        guesses = model(tokens).argmax(-1)  # (b, n)
    model.train(mode)
    asked = targets != -100
    return (guesses == targets)[asked].float().mean().item()
    ### END SOLUTION


check.evaluate(evaluate)

# %% [markdown] id="your-own"
# ### Your own encoding in your own model
#
# In lesson 04 you wrote `MyEncoding`, a module that adds position vectors.
# `check.mine` returns your class if it passed there, and the course's class otherwise; it says which.
#
# An encoding in `posenc` is a class with an attribute `dims`, which holds the sizes, and a method `embed(x, pos)`.
# Three lines turn your module, which counts the positions itself, into such an encoding.


# %%
class FromModule(posenc.PositionalEncoding):
    def __init__(self, module):
        super().__init__(sizes)
        self.module = module(sizes.d_model, max_len=sizes.max_len)

    def embed(self, x, pos):  # (b, n, d), (n,) -> (b, n, d)
        return self.module(x)


MyEncoding = check.mine("positional_module")


# %% [markdown]
# We train it as above and compare it with the sinusoids of `posenc`, by accuracy on new texts (the code is folded).


# %% tags=["trained"] jupyter={"source_hidden": true}
def trained_from(module):  # -> losses and accuracy, or an error
    try:
        losses, mine = train_with(lambda: FromModule(module))
        return losses, training.accuracy(mine, task, 16, texts=100)
    except Exception as error:
        return error, None


def told(losses, accuracy):
    if accuracy is None:
        return f"It does not run: {type(losses).__name__}: {losses}"
    ours = training.accuracy(model, task, 16, texts=100)
    if accuracy > ours - 0.05:
        return "It trains as well as the encoding of posenc."
    return f"It trains worse: its accuracy is {accuracy:.0%}, not {ours:.0%}."


my_losses, my_accuracy = trained_from(MyEncoding)
print(told(my_losses, my_accuracy))

# %% tags=["trained"]
curves = {"sinusoidal": losses}
if my_accuracy is not None:
    curves["MyEncoding"] = my_losses
plots.lines(curves, xlabel="step", ylabel="loss in nats",
            chance=math.log(10), trained=True)

# %% [markdown]
# Where the two curves coincide, the two classes add the same vectors.
# A class that arranges its channels in another order gives a different curve, which ends just as low.
# If yours has dropout, its training loss stays higher; the accuracy is measured without dropout.

# %% [markdown] id="four-encodings"
# ## 3 · Five encodings, three tasks
#
# We train models with one layer, four heads and width 32, from three seeds, for 150 steps (80 for the control).
#
# - `majority`: is A or B more frequent? This task needs no order. It is the **control**: a model that fails here is badly trained, whatever its encoding.
# - `before`: does A come before B?
# - `back1`: which letter is one position earlier?
#
# The encodings are `none`, which makes a **NoPE model**, and four others: **integer positions** in one channel, **learned position embeddings** (a **position table** whose rows start at random and are trained), sinusoids, and random vectors, one fixed vector per position that is neither trained nor computed by a formula.

# %%
check.predict(
    "who",
    "Which of the other four solve `back1`, with an accuracy above 80 %?",
    ["only sinusoids", "learned and sinusoidal", "all but integer positions",
     "all four"],
    kind="surprise",
    beliefs={
        "only sinusoids": "reason 4 of www.kler.cn/a/539187.html",
        "learned and sinusoidal": "no source found",
        "all four": "datascience.stackexchange.com/questions/110180",
    },
)

# %% tags=["trained"]
names = ["none", "integer_channel", "learned", "random", "sinusoidal"]
quick = training.Setting(steps=150, lr=0.02)

control = training.compare(names, "majority", lengths=(16,),
                           setting=training.Setting(steps=80, b=16))

# %% tags=["trained"]
before = training.compare(names, "before", lengths=(16, 32), setting=quick)


# %% [markdown]
# We keep the models of `back1`, three for each encoding, because we will look into them later.


# %% tags=["trained"]
def three(name, task="back1", setting=quick):
    return [
        training.train_on_task(name, task, seed=seed, setting=setting)
        for seed in range(3)
    ]


models = {name: three(name) for name in names}

# %% tags=["trained"]
back1 = {
    name: [training.accuracy(model, task, 16) for model in models[name]]
    for name in names
}
plots.dots(
    {"majority": {name: control[name][:, 0] for name in names},
     "before": {name: before[name][:, 0] for name in names},
     "back1": back1},
    xlabel="accuracy at 16 letters", percent=True,
    chance={"majority": 0.5, "before": 0.5, "back1": 0.1},
)

# %% tags=["trained"]
check.claim("control", "a model with any of the five encodings solves the "
            "control task",
            torch.cat([control[name] for name in names]), ">", 0.85,
            seeds=3)

# %% tags=["trained"]
check.claim("blind", "a NoPE model without a causal mask stays near chance "
            "on `before`", before["none"][:, 0], "<", 0.6, seeds=3)

# %% tags=["trained"]
check.claim("order", "a model with integer, learned, random or sinusoidal "
            "positions solves `before`",
            torch.cat([before[name][:, 0] for name in names[1:]]), ">", 0.7,
            seeds=3)

# %% tags=["trained"]
check.claim("inexact", "models with an integer in one channel and NoPE models "
            "do not solve `back1`",
            back1["integer_channel"] + back1["none"], "<", 0.6, seeds=3)
check.claim("exact", "models with learned, random or sinusoidal vectors solve "
            "`back1`",
            sum((back1[name] for name in names[2:]), []), "in", (0.8, 1),
            seeds=3, settles={"who": "all but integer positions"})

# %% [markdown] id="what-solves"
# Which encodings solve a task depends on what it asks.
# A plain number is enough for *earlier or later*, but not for *how many positions earlier*, as lesson 02 derived.
# For that, vectors that point in different directions are enough at the **training length**, the greatest **sequence length** that a model met in training: random vectors do as well as sinusoids.
#
# The **baseline** on `back1` is `none`, which is correct in about a quarter of the cases: it names the most frequent letter of each text (lesson 02), which beats guessing (10 %).

# %% [markdown] id="heads"
# ## 4 · Where do the heads look?
#
# A model that names the previous letter must have attended to it.
# These are the **attention weights** of one sinusoidal model, the mean over 64 texts:


# %%
@torch.no_grad()
def heads_of(model, n):
    tokens, _ = task.sample(64, n, torch.Generator().manual_seed(1))
    _, weights = model(tokens, return_weights=True)  # (1, b, h, n, n)
    return weights[0].mean(0)  # (h, n, n)


# %% tags=["trained"]
plots.attention(heads_of(models["sinusoidal"][0], 16))

# %% [markdown] id="previous-token"
# The bright line one position left of the diagonal belongs to **previous-token heads**, some sharp, some blurred.
# Nobody built them: lesson 03 showed that a matrix for such a head *exists*, and training found weights that do its job.
#
# If a head spread its attention evenly, each letter would get a sixteenth.

# %% tags=["trained"]
best = [
    heads_of(model, 16).diagonal(offset=-1, dim1=1, dim2=2).mean(1).max()
    for name in ("learned", "sinusoidal")
    for model in models[name]
]
check.claim("previous", "one head of each learned and each sinusoidal model "
            "gives the previous letter more than six times an even share of "
            "attention", [16 * weight for weight in best],
            ">", 6, seeds=3)

# %% [markdown] id="longer"
# ## 5 · Longer than in training
#
# The article's reason 4 says that continuity makes relative positions easy to learn, *in particular for sequences of different lengths*.
# Do models that were trained on texts of 4 to 16 letters work on texts of 64?
# This is called **length generalisation**, or **extrapolation**.
# Section 3 measured the models at 16 letters only, so we first test them on shorter texts.

# %% tags=["trained"]
shorter = [
    training.accuracy(model, task, n)
    for name in ("learned", "random", "sinusoidal")
    for model in models[name]
    for n in (4, 8, 12, 16)
]
check.claim("shorter", "models with learned, random or sinusoidal vectors "
            "solve `back1` in texts of 4, 8, 12 and 16 letters",
            shorter, ">", 0.8, seeds=3)

# %% [markdown]
# Now we go beyond the training length.
# The sinusoids are defined at every position, and one matrix advances them everywhere.

# %%
check.predict(
    "beyond",
    "In texts of 64 letters, how good are the answers of the sinusoidal "
    "models at positions 32 to 63?",
    ["as good as at the first 16", "a little worse", "mostly wrong"],
    kind="reason",
    beliefs={
        "as good as at the first 16": "Vaswani et al. 2017, §3.5",
        "a little worse":
            "“extrapolate unseen lengths moderately”: www.datatec-studio.com"
            "/research/topics/positional-encoding-sine-and-cos",
    },
)


# %%
@torch.no_grad()
def accuracy_by_position(model, task, n=64):
    tokens, targets = task.sample(256, n, torch.Generator().manual_seed(1))
    correct = model(tokens).argmax(-1) == targets  # (b, n)
    return correct.float().mean(0)


# %% [markdown]
# For comparison we also plot two encodings that tell a model *nothing* about new positions:
# learned position embeddings, whose rows from 16 on were never trained, and random vectors.

# %% tags=["trained"]
long = {
    name: torch.stack([accuracy_by_position(m, task) for m in models[name]])
    for name in ("random", "learned", "sinusoidal")
}
plots.lines(
    {name: rows[:, 1:] for name, rows in long.items()}, x=range(1, 64),
    xlabel="position in a text of 64 letters", ylabel="accuracy",
    percent=True, chance=0.1, ylim=(0, 1.05), trained_to=16,
)

# %% tags=["trained"]
check.claim("fall", "sinusoidal models answer fewer than half of the "
            "questions correctly beyond position 32",
            long["sinusoidal"][:, 32:].mean(1), "in", (0.1, 0.45), seeds=3,
            settles={"beyond": "mostly wrong"})
check.claim("chance beyond", "models with learned or random vectors are "
            "near chance beyond position 32",
            torch.cat([long[name][:, 32:].mean(1)
                       for name in ("learned", "random")]), "<", 0.3, seeds=3)
check.claim("even inside", "sinusoidal models make mistakes even at the first "
            "16 positions of a longer text",
            long["sinusoidal"][:, 1:16].mean(1), "<", 0.95, seeds=3)

# %% [markdown]
# There are two surprises.
# At new positions, sinusoidal models are correct in bursts, near 33 and 58 above all, and mostly wrong between them.
# And in a long text they are wrong even at some of the first 16 positions, near 8 and 14, although they are correct there in texts of 16. Models with random vectors make some mistakes there, too, and models with learned embeddings hardly any.
#
# Why? Look at the dials of four fast pairs at five keys (lesson 03).

# %% jupyter={"source_hidden": true}
keys = torch.tensor([7, 16, 20, 32, 57])
vectors = posenc.sinusoidal(keys, 32, dtype=torch.float64)  # (n, d)
dials = vectors.unflatten(1, (16, 2)).transpose(0, 1)  # (pair, n, 2)
plots.dials(dials[[0, 1, 2, 4]], x=keys.tolist(), xlabel="position",
            y=["pair 0", "pair 1", "pair 2", "pair 4"])

# %%
check.claim("home", "after 25 positions the fastest pair has made nearly "
            "four revolutions", 25 / (2 * math.pi), "in", (3.95, 4.05),
            show="{:.2f}")

# %% [markdown]
# Query 33 should attend to key 32, and query 8 to key 7.
# But 7, 32 and 57 are 25 positions apart, so their fastest pair (pair 0) looks nearly the same, and query 33 finds key 32 as query 8 finds key 7; key 20, nearly two revolutions from 32, comes close.
# Only the slower pairs tell them apart.
# Within 16 positions no two keys are 25 apart, so training never had to separate such keys; in longer texts they take attention weight from each other, and query 8 gives some of its weight to key 32 instead of key 7.
# Positions from 16 on, such as 16 itself, are combinations of dials that no head has met.
#
# **Where does the best head look when the text grows beyond 16 letters?**
# Move $n$, or compare the figures.


# %% tags=["trained"] jupyter={"source_hidden": true}
def best_head(encoding, n):
    maps = heads_of(models[encoding][0], n)  # (h, n, n)
    one_back = maps.diagonal(offset=-1, dim1=1, dim2=2).mean(1)  # (h,)
    return maps[one_back.argmax()]


def draw(n):
    maps = {name: best_head(name, n) for name in ("learned", "sinusoidal")}
    return plots.heatmaps(
        maps, xlabel="key", ylabel="query", label="attention weight",
        trained_to=16)


widgets.explore(draw, stills=[{"n": 32}, {"n": 48}], n=(8, 48, 4, 16),
                labels={"n": "sequence length n"})

# %% [markdown]
# With learned embeddings the line ends sharply at row 16.
# With sinusoids it gets weaker there, and lines beside it, 12 to 14 positions away (two revolutions of the fastest pair), are as bright as what is left of it.
#
# So the matrix $M_k$ advances the vectors at every length, but the head does not apply *this matrix*.
# It applies weights that did the job among 16 keys, and nothing in training asked for more.

# %% tags=["trained"] id="verdict-a7"
check.verdict(
    "A7", "does not hold",
    because="Within the training length, in texts of 4, 8, 12 and 16 letters, "
    "relative positions are learned, but just as well from random vectors, "
    "so continuity is not the reason. At four times the training length, "
    "which the article does not name, sinusoidal models keep a trace and are "
    "mostly wrong (`back1`, 1 layer, 3 seeds).",
)

# %% [markdown]
# **How far can a single seed mislead you?**
# We test the models of section 3 for `before` on texts of 32 letters, twice the training length.

# %% tags=["trained"]
plots.dots(
    {name: before[name][:, 1] for name in names},
    xlabel="accuracy at 32 letters", percent=True, chance=0.5,
)

# %% [markdown]
# With one seed per encoding, you could publish that learned embeddings beat sinusoids, or the opposite.
# Without the **chance level**, you could publish that both are correct in half of the cases.
# Only the plain number still works, because a later token still has a larger number.

# %% [markdown]
# **Exercise 2** · difficulty 2 of 5 · 10 minutes
#
# Write `reading(a, b, chance)`: what may you say about two lists of accuracies, with one number per seed?
#
# - `"both at chance"` if no accuracy is more than 0.05 above chance;
# - otherwise `"a"` if every seed of a beats every seed of b, and `"b"` if every seed of b beats every seed of a;
# - otherwise `"not decided"`.
#
# `[0.8, 0.9]` against `[0.6, 0.85]` at chance 0.5 is `"not decided"`, because 0.8 does not beat 0.85.
#
# <details><summary>Hint</summary>
#
# You do not need means: compare the smallest number of one list with the largest of the other.
# Test for `"both at chance"` first.
# </details>


# %% tags=["exercise"]
def reading(a, b, chance):
    """two lists of accuracies -> 'a', 'b', 'not decided', 'both at chance'"""
    ### BEGIN SOLUTION
    if max(a + b) <= chance + 0.05:
        return "both at chance"
    if min(a) > max(b):
        return "a"
    if min(b) > max(a):
        return "b"
    return "not decided"
    ### END SOLUTION


check.reading(reading)

# %% [markdown] id="far" jp-MarkdownHeadingCollapsed=true
# ## 6 · Box: However far apart?
#
# *(3 minutes.)* Claim A4 is about distance: the encoding captures relations *at any distance.*
# Lesson 03 found a matrix for every offset, with the same margin at 1 and at 4000.
# Does training find more than the previous token?
# The task `back3` asks for the letter three positions earlier.

# %% tags=["trained"]
back3 = training.compare(
    ["sinusoidal"], "back3", lengths=(16, 64),
    setting=training.Setting(steps=200, lr=0.02),
)
inside, beyond = back3["sinusoidal"].T

check.claim("three back", "sinusoidal models solve `back3` at the training "
            "length", inside, ">", 0.85, seeds=3)
check.claim("three beyond", "sinusoidal models answer `back3` correctly in "
            "less than 60 % of the cases at four times the training length",
            beyond, "<", 0.6, seeds=3)

# %% id="verdict-a4"
check.verdict(
    "A4", "holds only if",
    because="both positions lie within the training length. For every "
    "distance there is a shift matrix (lesson 03). Training finds weights "
    "that look 1 and 3 positions back, within 16 letters (1 layer, 3 "
    "seeds).",
)

# %% [markdown] id="period" jp-MarkdownHeadingCollapsed=true
# ## 7 · Box: Does a period help?
#
# *(8 minutes.)* Claim A3 is about periods: because the encoding is periodic, it suits *cyclic data* and *long-range dependencies*, such as the one between the start and the end of a sentence.
#
# ### How many of the pairs complete a revolution?
#
# Take the sizes of the article: 512 channels, which are 256 pairs, and 60 positions.
# From position 0 to position 59 a pair of frequency $\omega$ advances by $59\,\omega$ radians, and a revolution takes $2\pi$.

# %%
check.predict_number(
    "revolutions",
    "How many of the 256 pairs complete a revolution within 60 positions?",
    unit="pairs", low=0, high=256, near=0.2, kind="surprise",
)

# %%
frequencies = posenc.inverse_frequencies(512, dtype=torch.float64)
revolutions = 59 * frequencies / (2 * math.pi)  # (256,)
by_formula = 1 + int(256 * math.log(59 / (2 * math.pi), 10_000))
check.claim("quarter", "the number of pairs that complete a revolution "
            "within 60 positions is that of the formula",
            (revolutions >= 1).sum(), "==", by_formula, show="{:.0f}",
            settles={"revolutions": "measured"})

# %%
sines = posenc.sinusoidal(torch.arange(60), 512, dtype=torch.float64)[:, 0::2]
check.claim("ramps", "more than 60 % of the 256 sine channels only rise or "
            "only fall within 60 positions",
            posenc.ramps(sines).sum() / 256, ">", 0.6)
int(posenc.ramps(sines).sum())

# %% [markdown]
# Fewer than a quarter of the pairs complete a revolution, and 155 of the 256 sine channels are plain ramps, which only rise or only fall.
# So at this sequence length most of the “periodic” encoding works like slow counters.
#
# ### A period of seven
#
# The task `mod7` asks on which day of the week each position falls.
# For comparison, here is an encoding that consists of a single pair, with a period of 7.
# A class derived from `Sinusoidal` needs a `name`, a `label` for figures, and a method `code(pos, dtype)`, which returns the position vectors; `@posenc.register` then makes its name known to `training`.


# %%
@posenc.register
class Week(posenc.encodings.Sinusoidal):
    name, label = "week", "one pair of period 7"

    def code(self, pos, dtype):  # (..., n) -> (..., n, d)
        turn = 2 * torch.pi * pos.to(dtype)[..., None] / 7
        pair = torch.cat((turn.sin(), turn.cos()), dim=-1)
        return nn.functional.pad(pair, (0, self.dims.d_model - 2))


# %%
check.predict(
    "week",
    "Models are trained on 32 positions and tested on 64. Which encoding "
    "lets them tell the day at the new positions?",
    ["both", "sinusoidal, with its many periods", "the pair of period 7"],
    kind="reason",
    beliefs={
        "both": "reason 2 of www.kler.cn/a/539187.html",
        "sinusoidal, with its many periods":
            "reason 2 of www.kler.cn/a/539187.html",
    },
)

# %% tags=["trained"]
mod7 = posenc.TASKS["mod7"]
month = training.Setting(steps=120, lr=0.02, b=16, length=32)
weeks = {
    name: torch.stack([
        accuracy_by_position(m, mod7) for m in three(name, "mod7", month)
    ])
    for name in ("sinusoidal", "week")
}
plots.lines(weeks, xlabel="position", ylabel="accuracy", percent=True,
            chance=1 / 7, ylim=(-0.03, 1.05), trained_to=32)

# %% tags=["trained"]
check.claim("by heart", "at the first 32 positions, models with sinusoids and "
            "models with a pair of period 7 tell the day of the week",
            torch.cat([rows[:, :32].mean(1) for rows in weeks.values()]),
            ">", 0.9, seeds=3)
check.claim("many periods", "at positions 32 to 63, models with sinusoids do "
            "not tell the day of the week",
            weeks["sinusoidal"][:, 32:].mean(1), "<", 0.4, seeds=3)
check.claim("own period", "at positions 32 to 63, models with a pair of "
            "period 7 tell the day of the week",
            weeks["week"][:, 32:].mean(1), "in", (0.9, 1), seeds=3,
            settles={"week": "the pair of period 7"})

# %% [markdown]
# Within the training length the sinusoidal models learned 32 answers by heart.
# That is not counting: any encoding with 32 different vectors allows a model to learn the answers by heart.
# At new positions they fall *below* chance, which is possible because the day depends only on the position: an error there is an error in every text.
# A period helps if it is *the period of the data*.
#
# ### The start and the end
#
# In the task `ends` the model names the last letter at the first position and the first letter at the last one, in texts of 4 to 16 letters.
# If a period tied the start to the end, random vectors, which have no period, should do worse.

# %% tags=["trained"]
ends = training.compare(
    ["sinusoidal", "random"], "ends", lengths=(16, 32), setting=quick
)
check.claim("tie", "models with sinusoids and with random vectors solve "
            "`ends` at the training length",
            torch.cat([rows[:, 0] for rows in ends.values()]), ">", 0.85,
            seeds=3)

# %% tags=["trained"]
check.claim("no better", "models with random vectors beat models with "
            "sinusoids on `ends` at twice the training length",
            (ends["random"] - ends["sinusoidal"])[:, 1], ">", 0.1, seeds=3)

# %% id="verdict-a3"
check.verdict(
    "A3", "holds only if",
    because="a pair has exactly the period of the data: then the model keeps "
    "counting, here to twice the training length. The sinusoids' own periods "
    "do not help, and random vectors tie the start to the end equally well "
    "at the training length and better beyond it (`mod7`, `ends`, 1 layer, 3 "
    "seeds).",
)

# %% [markdown] id="real-text"
# ## 8 · Real text
#
# Toy tasks are built to separate encodings.
# Does the encoding matter for language?
# `posenc.text` holds the help pages that come with every Python; here a token is a character.

# %% tags=["nbval-ignore-output"]
train_text, test_text = text.split()
print(text.decode(test_text[2000:2200]))

# %% [markdown] id="segments"
# The models predict the next character.
# They are causal, have two layers and width 48, and are trained for only 200 steps on **segments** of 32 characters.
# Then they read new segments of 128, and we score them **by position**:
# late positions have more context, and a single average would hide where the model fails.

# %% [markdown]
# **Exercise 3** · difficulty 2 of 5 · 5 minutes
#
# Write `by_position(logits, targets)`, which returns the mean loss at each position, (n,).
# The loss of one answer is −log of the probability that the model gives to its target.
#
# For one text of one character with the logits `[0, 0]` it is `[0.693]`, the logarithm of 2.
#
# <details><summary>Hint</summary>
#
# Take `log_softmax` over the vocabulary, `gather` the entries of the targets,
# and then take the mean over the texts, not across positions.
# </details>


# %% tags=["exercise"]
def by_position(logits, targets):
    """(b, n, vocab), (b, n) -> mean loss at each position, (n,)"""
    ### BEGIN SOLUTION
    logs = logits.log_softmax(-1)  # (b, n, vocab)
    asked = logs.gather(-1, targets[..., None])[..., 0]  # (b, n)
    return -asked.mean(0)
    ### END SOLUTION


check.by_position(by_position)

# %%
check.predict(
    "text",
    "The models were trained on 32 characters. Which of them have the lowest "
    "loss at positions 64 to 127?",
    ["sinusoidal", "learned", "without an encoding"],
    sure=True, kind="surprise",
    beliefs={
        "sinusoidal": "Vaswani et al. 2017, §3.5",
        "learned": "no source found",
    },
)

# %% tags=["trained"] jupyter={"source_hidden": true}
short = training.Setting(steps=200, lr=0.02, b=16, length=32, shortest=32)


def text_losses(name):  # (seeds, n)
    rows = []
    for seed in range(3):
        model = training.train_on_text(name, seed=seed, setting=short)
        rows.append(training.loss_by_position(
            model, test_text, 128, windows=64
        ))
    return torch.stack(rows)


loss = {name: text_losses(name) for name in ("none", "learned")}

# %% tags=["trained"]
loss["sinusoidal"] = text_losses("sinusoidal")

# %% [markdown]
# All models read the same segments, in which some characters are hard to predict and others easy.
# So we plot how much higher each loss is than that of `none`, in nats, averaged over blocks of eight positions.

# %% tags=["trained"]
extra = {
    name: (rows - loss["none"].mean(0)).unflatten(1, (16, 8)).mean(2)
    for name, rows in loss.items()
}
plots.lines(extra, x=[8 * i + 3.5 for i in range(16)],
            xlabel="position", trained_to=32,
            ylabel="loss minus the loss of the NoPE model")

# %% tags=["trained"]
seen = {name: rows[:, 16:32].mean(1) for name, rows in loss.items()}
unseen = {name: rows[:, 64:].mean(1) for name, rows in loss.items()}

check.claim("inside", "at positions 16 to 31 of real text the loss of the "
            "NoPE model exceeds that of the sinusoidal model",
            seen["none"] - seen["sinusoidal"], ">", 0.03, seeds=3)

# %% tags=["trained"]
check.claim("outside", "at positions 64 to 127 of real text the losses of "
            "the sinusoidal and learned models exceed that of the NoPE model",
            torch.cat([unseen["sinusoidal"] - unseen["none"],
                       unseen["learned"] - unseen["none"]]), "in", (0.02, 9),
            seeds=3, settles={"text": "without an encoding"})

# %% [markdown] id="perplexity"
# The best encoding within the training length is worse than *nothing* beyond it.
# And the NoPE model is not blind here, because it can count through the causal mask (lesson 01).
#
# The paper of 2017 did not promise more.
# It chose sinusoids because they *may* extrapolate (§3.5), and did not test this.
# Press et al. (2022, §2.2) made this comparison on the text WikiText-103.
# After training on segments of 512 tokens, **perplexity** (the exponential of the loss) improved for up to 20 more tokens, stayed level until 50 more, and then got worse; after training on segments of 1024 tokens it improved for 50 more.

# %% id="verdict-b1"
check.verdict(
    "B1", "does not hold",
    because="On `back1` sinusoidal models are mostly wrong beyond the "
    "training length, and on real text their loss there is above that of "
    "the NoPE model (toy size, 3 seeds). After training on segments of 512 "
    "tokens a full-sized model gained from 20 more (Press et al. 2022).",
)

# %% [markdown] id="learned-or-sinusoidal" jp-MarkdownHeadingCollapsed=true
# ## 9 · Box: Learned or sinusoidal?
#
# *(3 minutes.)* Claim B4 is the paper's own finding: *nearly identical results.*
# Its Table 3 has perplexity 4.92 and BLEU 25.8 for sinusoids, and 4.92 and 25.7 for learned position embeddings (row E).
# That is one task, translation from English to German, after a long training.
# These are our models at the training length:

# %% tags=["trained"]
tasks_gap = [
    torch.tensor(back1["sinusoidal"]) - torch.tensor(back1["learned"]),
    (before["sinusoidal"] - before["learned"])[:, 0],
]
check.claim("level", "on `back1` and `before` the accuracies of learned "
            "embeddings and sinusoids are close in every seed",
            torch.stack(tasks_gap).abs(), "<", 0.2, seeds=3)
check.claim("lag", "on real text after 200 steps the loss of learned "
            "embeddings is above that of sinusoids",
            seen["learned"] - seen["sinusoidal"], ">", 0.01,
            seeds=3)

# %% [markdown] id="bert-rows"
# The rows of learned embeddings must be learned one by one, whereas sinusoids are there from the first step.
# But learned embeddings that are behind after 200 steps can catch up later, as in the paper's long training.
#
# **Where are the sines in BERT and in ViT?** There are none.
# `position_embeddings` is a table of random rows that are looked up, added and trained like the token embeddings: 512 rows in BERT, 1024 in GPT-2, one row per image patch, and one for the class token, in ViT.
# RoBERTa's table has 514 rows, because its positions start at 2 ([lesson 04, section 3](04_the_pytorch_module.ipynb)).
#
# **Why was BERT trained on sequences of 128 tokens first, and of 512 only at the end?** Short sequences are cheaper, because the cost of attention grows with the square of their length.
# But a row gets a gradient only from texts that reach its position, so only the last 10 % of the steps, with sequences of 512 tokens, train the rows from 128 on (BERT, appendix A.2).
# Row 512 does not exist: for longer texts you must add rows *and* train them.

# %% id="verdict-b4"
check.verdict(
    "B4", "holds only if",
    because="the training is long, as in the paper, and no text is longer "
    "than in training. After a short training the learned embeddings "
    "are behind (our text, 200 steps, 3 seeds), and beyond the training "
    "length they have no trained row.",
)

# %% [markdown] id="wrong-encoding"
# ## 10 · What does a wrong encoding do to the training?
#
# You met this slip in the bug clinic of lesson 04: `position / div_term`,
# where `div_term` holds the frequencies already.
# The frequencies then run from 1 *up* to thousands of radians per position.


# %%
@posenc.register
class Inverted(posenc.encodings.Sinusoidal):
    name, label = "inverted", "frequencies inverted"

    def code(self, pos, dtype):  # (..., n) -> (..., n, d)
        div_term = posenc.inverse_frequencies(self.dims.d_model)
        turn = pos[..., None].double() / div_term
        code = torch.stack((turn.sin(), turn.cos()), -1).flatten(-2)
        return code.to(dtype)


# %%
check.predict(
    "wrong",
    "Three models are trained on `back1` with this program. How accurate "
    "are they at 16 letters?",
    ["at chance", "clearly worse than with the correct program",
     "as good as with the correct program"],
    sure=True, kind="surprise",
    beliefs={
        "at chance": "no source found",
        "clearly worse than with the correct program":
            "goodfire-ai/spd#88",
    },
)

# %% tags=["trained"]
models["inverted"] = three("inverted")
wrong = [training.accuracy(model, task, 16) for model in models["inverted"]]

# %% tags=["trained"]
difference = torch.tensor(wrong) - torch.tensor(back1["sinusoidal"])
check.claim("unnoticed", "in every seed, inverting the frequencies moves the "
            "accuracy on `back1` by less than 5 points",
            difference, "in", (-0.05, 0.05), seeds=3,
            settles={"wrong": "as good as with the correct program"})

# %% [markdown]
# No accuracy gives it away: 16 vectors that point in different directions are all that 16 positions need.
# A property gives it away without any training: neighbours should have similar vectors.


# %%
def similarity(name):
    encoding = posenc.build(name, sizes)
    vectors = encoding.code(torch.arange(64), torch.float64)
    return nn.functional.cosine_similarity(vectors[:-1], vectors[1:]).mean()


check.claim("right code", "neighbouring sinusoidal vectors have a cosine "
            "similarity above 0.9", similarity("sinusoidal"), ">", 0.9)
check.claim("wrong code", "neighbouring vectors with inverted frequencies "
            "have a cosine similarity below 0.5", similarity("inverted"),
            "<", 0.5)

# %% id="verdict-b15"
check.verdict(
    "B15", "does not hold",
    because="At the training length this wrong program trains as well as "
    "the correct one (`back1`, 3 seeds). Test the properties of the "
    "encoding, because training will not do it for you.",
)

# %% [markdown] id="first-wrong"
# ### Your own first wrong version
#
# If the check in lesson 04 named mistakes in earlier versions of your `MyEncoding`, the first of them was kept, provided that it returned finite numbers of the correct shape.
# Does it train as well?
# The figure also shows the slip above, and all its curves come from the loop of section 2.

# %% tags=["trained"] jupyter={"source_hidden": true}
curves = {"sinusoidal": losses}
curves["inverted"], _ = train_with(lambda: posenc.build("inverted", sizes))
first_try = check.mine("positional_module", first_wrong=True)
if first_try is not None:
    first_losses, first_accuracy = trained_from(first_try)
    print(told(first_losses, first_accuracy))
    if first_accuracy is not None:
        curves["your first version"] = first_losses

# %% tags=["trained"]
plots.lines(curves, xlabel="step", ylabel="loss in nats",
            chance=math.log(10), trained=True)

# %% [markdown]
# In this run, with one seed, the loss with inverted frequencies falls even faster, and somebody who had made this slip reported the same (harvardnlp/annotated-transformer#131).
#
# *If yours trains as well*, its mistake is one that training does not show: in other sizes, on another device, or beyond the training length.
# *If it trains worse*, its vectors do not separate the positions, or they hide the tokens.
# *If it does not run*, you were lucky: an error is the only mistake that announces itself.

# %% [markdown] id="rulings"
# ## 11 · The article's reasons, judged
#
# Part I ends here: why integers fall short, the formula, the module, a model.
# The article gave four reasons for sines and cosines.
# What became of them?

# %% [markdown]
# | reason | claims | ruling | lesson |
# |:--|:--|:--|:--|
# | 1 · avoids discreteness | A1, A2 | do not hold | 03, 02 |
# | 2 · is periodic | A3 | holds only if a pair has the period of the data | 05 |
# | | A4 | holds only if both positions lie within the training length | 05 |
# | 3 · assumes no order | A5 | holds only if no causal mask lets order in | 01 |
# | | A6 | does not hold | 02 |
# | 4 · is easy to learn from | A7 | does not hold | 05 |
# | | A8 | holds only if “apart” means that no distant position is mistaken for another | 03 |
#
# (A9, on the usual class, is not a claim of the article. It does not hold: lesson 04.)

# %% [markdown]
# That does not make the encoding a bad one.
# It has other merits: it is bounded at every position, it has no table to train or to overrun, one matrix advances it by a step everywhere, and the similarity of two vectors depends only on their distance.
# None of the four reasons mentions them.

# %% [markdown]
# **What was not shown.**
# Our models have one or two layers and saw a few hundred batches.
# All encodings were trained with the same learning rate, and another one might shift the small differences.
# That is why each verdict names its size, and why most claims are about wide gaps.

# %% [markdown] id="dog-again"
# ## 12 · Can it tell “dog bites man” from “man bites dog” now?
#
# Lesson 01 began with a reader that could not say who bites: without positions its loss stays near ln 2, a coin toss between two names.
# We use the same reader here (its code is folded), with one more line, in which an encoding adds its vectors: `x = self.encode(self.words(tokens))`.
# We train it without positions, with sinusoids and with your `MyEncoding`.

# %% jupyter={"source_hidden": true}
pairs = [(i, j) for i in range(6) for j in range(6) if i != j]
texts = torch.tensor([[i, 6, j] for i, j in pairs])  # X bites Y: (30, 3)


class Reader(nn.Module):
    def __init__(self, encode):
        super().__init__()
        self.words = nn.Embedding(7, 32)
        layer = nn.TransformerEncoderLayer(32, 4, 64, batch_first=True)
        self.encoder = nn.TransformerEncoder(
            layer, num_layers=2, enable_nested_tensor=False)
        self.head = nn.Linear(32, 6)
        self.encode = encode

    def forward(self, tokens):
        x = self.encode(self.words(tokens))  # the new line: (b, n, d)
        return self.head(self.encoder(x).mean(1))  # (b, 6)


# %%
check.predict_curve(
    "dog again",
    "How does the loss of the reader with an encoding fall?",
    x=(0, 15, 30, 45, 59), low=0, high=2.2, xlabel="step",
    ylabel="loss in nats", kind="reason",
)


# %% tags=["trained"] jupyter={"source_hidden": true}
def reader_losses(make, seed, steps=60):  # make: () -> what encodes
    torch.manual_seed(seed)
    reader, told = Reader(make()), []
    optimizer = torch.optim.Adam(reader.parameters(), lr=3e-3)
    for _ in range(steps):
        loss = nn.functional.cross_entropy(reader(texts), texts[:, 0])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        told.append(loss.item())
    return told


def three_readers(make):  # (seeds, steps)
    return torch.tensor([reader_losses(make, seed) for seed in range(3)])


def sinusoids():
    encoding = posenc.build("sinusoidal", sizes)
    return lambda x: encoding.embed(x, torch.arange(3))


# %% tags=["trained"] jupyter={"source_hidden": true}
reading_curves = {
    "no positions": three_readers(nn.Identity),
    "sinusoidal": three_readers(sinusoids),
    "MyEncoding": three_readers(lambda: MyEncoding(32)),
}

# %% tags=["trained"]
plots.lines(reading_curves, xlabel="step", ylabel="loss in nats",
            levels={"ln 2": math.log(2)}, ylim=(0, 2.2),
            guess=check.drawn("dog again"))

# %% tags=["trained"]
with_positions = reading_curves["sinusoidal"]
check.claim("five steps", "the loss of a reader with sinusoidal positions "
            "starts below 2.2 and stays above 0",
            with_positions[:, [0, 15, 30, 45, 59]].mean(0), "in", (0, 2.2),
            seeds=3, settles={"dog again": "measured"})
check.claim("dog", "the loss of a reader with sinusoidal positions leaves "
            "ln 2 and ends near 0",
            with_positions[:, -10:].mean(1), "<", 0.2, seeds=3,
            show="{:.2f}")
check.claim("still blind", "the loss of the same reader without positions "
            "ends near ln 2", reading_curves["no positions"][:, -10:].mean(1),
            "in", (0.4, 1), seeds=3, show="{:.2f}")

# %% [markdown]
# One line decides whether the model can read.
# Everything else is the same: only the position vectors tell the dog that bites from the dog that is bitten.

# %% [markdown]
# ## 13 · Where intuition failed
#
# Perhaps yours did, too:
#
# - Equal steps are a *virtue* of an encoding, and sinusoids have them as numbers do (lesson 03).
# - A number is not too discrete; it is too straight (lesson 02).
# - A formula that is defined everywhere is not learned everywhere (section 5).
# - Beyond the training length, the best encoding was worse than `none` (section 8).
# - A wrong program can train as well as the correct one (section 10).
#
# Below you see which exercises you solved, and how your predictions came out.
# (On paper, nothing is listed: compare the boxes that you ticked with the lines with ✓ that follow them.)
# The record is kept in `work/record.jsonl`, beside your copies of the lessons; if you work without copies, it is lost when the Jupyter kernel stops.

# %%
check.report()

# %% [markdown]
# How many of your predictions so far came true, and did you know which?
# If you said how sure you were, the counts are split by your answer. A few answers prove little, so a figure is drawn only from 15 answers on.

# %%
check.guesses()

# %% [markdown]
# ## What surprised you
#
# The next cell lists your predictions of this lesson that turned out wrong, each with a link to the cell that settled it.
# Explain each result to yourself before you close the lesson.

# %%
check.surprises("05")

# %% [markdown]
# ## What you can now do
#
# - Build a Transformer and its training loop, and check by its logits that it equals another.
# - Score by position, with a control, a chance level and three seeds, and say “not decided” when it is not.
# - Train an encoding of your own, as a module or with `@posenc.register`.
# - Tell what a model *could* do with an encoding from what training makes of it.

# %% [markdown]
# ## References
#
# - The article (in Chinese): <http://www.kler.cn/a/539187.html>, claims A1 to A8.
# - Vaswani et al. 2017, *Attention Is All You Need*, arXiv 1706.03762: §3.5 “may allow the model to extrapolate”; Table 3, base and row E.
# - Press, Smith, Lewis 2022, *Train Short, Test Long*, arXiv 2108.12409: §2.2, sinusoids beyond the training length.
# - Devlin et al. 2019, *BERT*, arXiv 1810.04805: appendix A.2. That its table is learned: google-research/bert#58; ViT: lucidrains/vit-pytorch#11.
# - The slip of section 10, as a beginner met it in a program of their own: harvardnlp/annotated-transformer#131.
# - Cross-attention: T5's `T5LayerCrossAttention` in `transformers`, and `models/transformer.py` of facebookresearch/detr.
# - The text: Python's own help topics (`pydoc_data.topics`), Python Software Foundation.
