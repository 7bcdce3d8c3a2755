# %% [markdown]
# # 11 · Which one, for what?
#
# Needs: 05, 06, 07 and 08 · 60 minutes, exercises apart · CPU (two to five minutes of training)
#
# Everyone has met one of these encodings in a model that works.
# Almost nobody has seen them side by side, on the same tasks, with seeds.
#
# After this notebook you can
#
# - read a study: seeds, learning rates, chance, and what it does not say;
# - tell "fails" from "slower", and "the task" from "the encoding";
# - put an encoding of your own beside fifteen others, with one cell;
# - choose an encoding by what the model must do, and give the reason.

# %%
import copy

import pandas as pd
import torch

import posenc
from posenc import TASKS, check, plots, study, text, training, widgets

# %% [markdown]
# ## 1 · The race, and a seat for you
#
# Fifteen encodings, eleven tasks, five seeds, three learning rates: 2 475 small models, and more on text.
# Training them takes the better part of an hour, so it was done once and is kept.
# `study.record()` reads it, a row for each model and length.

# %% files=["posenc/study/study.json"]
record = study.record()
bases = record["encoding"].str.startswith("rope(")  # for section 8
kept = record[(record["shifted"] == 0) & (record["n_heads"] == 4) & ~bases]
recorded = kept[(kept["task"] != "text") & (kept["steps"] <= 300)]
len(recorded.drop_duplicates(["encoding", "task", "seed", "lr"]))

# %% [markdown]
# The sixteenth seat is yours.
# This class is a start: a bias that fades with the logarithm of the distance, and half of the heads look left only.
# Change it now or later; **the boards and the real text below have it**, without another edit.


# %%
@posenc.register
class Mine(posenc.PositionalEncoding):
    name, label = "mine", "mine"
    promises = frozenset({"relative", "cache", "real positions"})

    def bias_by_distance(self, distance):  # (m,) -> (h, m)
        h = self.dims.n_heads
        slopes = torch.linspace(0.5, 3, h, device=distance.device)
        fade = -slopes[:, None] * distance.abs().float().log1p()
        left = torch.arange(h, device=distance.device) % 2 == 0
        behind = (distance < 0) & left[:, None]
        return fade.masked_fill(behind, -9.0)


# %% [markdown]
# Whatever is registered and not in the record is trained here, on every task, with three seeds.
# The next cell takes one to three minutes on a laptop; a bar shows how far it is, and the first figure waits for it.
# (With `out="folder"` each finished part is kept, and an interrupted run continues where it stopped.)
# If a class of yours raises an exception, a warning names the class and its line, and all the others are trained as usual.

# %%
yours = [e for e in posenc.ENCODINGS if e not in set(record["encoding"])]
live = study.run(yours, seeds=3)
races = pd.concat([recorded, live])

# %% [markdown]
# Is the record to be trusted? Train some of it again, here, and compare.


# %%
def seeds(table, encoding, task, times=1, measure="accuracy"):  # one a seed
    rows = table[(table["encoding"] == encoding) & (table["task"] == task)
                 & (table["times"] == times)]
    return study.best(rows)[measure].tolist()


# %% tags=["trained"]
again = study.run(["rope", "sinusoidal"], ["back1"], seeds=3)

for name in ("rope", "sinusoidal"):
    here, then = (torch.tensor(seeds(table, name, "back1")).mean()
                  for table in (again, races))
    check.claim(f"again {name}", f"{name} on `back1`: here as recorded",
                abs(here - then), "<", 0.05, seeds=3)

# %% [markdown]
# ## 2 · The rules
#
# - One model for all: 1 layer (`sort`: 2), width 32, 4 heads; texts of 4 to 16 letters; 300 steps. Only the encoding differs.
# - In most tasks a token may attend to both sides. xPos and FIRE are made for causal models; the board nevertheless tries them both ways (`posenc.base.on_trial`).
# - Scored at 16, and at 24, 32 and 64, on fresh texts.
# - Every encoding has three learning rates, a third, once and three times the usual one. The best *by a validation draw* is reported. One rate for all would be a contest of rates.
# - Five seeds, and the chance of a guess beside them.

# %% [markdown]
# **Exercise 1** · difficulty 2 of 5 · 8 minutes
#
# `rates` is a dict: a learning rate → two tensors, the validation losses and the test accuracies of its seeds.
# Return the test accuracies to report: those of the rate with the least *mean* validation loss.
# A seed that diverged has the loss NaN; such a rate comes after those where none did.
#
# For `{0.01: (tensor([.5, .7]), tensor([.8, .7])), 0.03: (tensor([.4, nan]), tensor([.9, .1]))}`
# it is `tensor([.8, .7])`.
#
# <details><summary>Hint</summary>
#
# NaN compares as neither smaller nor greater, so `min` may keep it: give it the loss `inf` first.
# </details>


# %% tags=["exercise"]
def reported_rate(rates):
    """{rate: (losses (seeds,), accuracies (seeds,))} -> (seeds,)"""
    ### BEGIN SOLUTION
    def loss(rate):
        return rates[rate][0].mean().nan_to_num(float("inf"))

    return rates[min(rates, key=loss)][1]
    ### END SOLUTION


check.reported_rate(reported_rate)

# %% [markdown]
# Take each encoding's worst rate on `back1`, and its best.
#
# **Predict.** How far apart are their scores?

# %%
check.predict("rates", "The learning rate alone moves an encoding's mean on "
              "`back1` by", ["nothing to speak of", "5 points at most",
                             "25 points or more, for some"])

# %% tags=["trained", "large"]
summed = study.summary(races)
at_once = summed[summed["times"] == 1]
back1 = at_once[at_once["task"] == "back1"].set_index("encoding")
spread = back1["rates_high"] - back1["rates_low"]


def both(e):  # the worst and the best mean, or a word for their absence
    row = back1.loc[e]
    return row["word"] or [row["rates_low"], row["rates_high"]]


plots.dots({e: both(e) for e in posenc.ENCODINGS},
           xlabel="right on back1, worst and best of three rates",
           percent=True, chance=TASKS["back1"].chance,
           alt="For most encodings the two dots lie together; for some "
               "they are far apart")

# %%
check.claim("rates", "some encoding gains 25 points by its learning rate",
            spread.max(), ">", 0.25, seeds=5,
            settles={"rates": "25 points or more, for some"})

# %% [markdown]
# Five encodings move by 28 to 50 points, sinusoids among them. One rate for all could have called them worse than they are.
# What three rates cannot rule out: that a fourth is better still.

# %% [markdown]
# ## 3 · The whole board
#
# **Predict.** A task counts as solved where 95 % is right. Who solves most of the eleven?

# %%
check.predict("all", "At the trained length, most tasks are solved (95 %) by",
              ["rope", "sinusoidal", "a learned table"])

# %%
def board(times, values="mean"):
    rows = summed[summed["times"] == times]
    wide = rows.pivot(index="encoding", columns="task", values=values)
    return wide.reindex(index=posenc.ENCODINGS, columns=TASKS)


# %% tags=["large"]
def picture(times):
    shown, words = board(times), board(times, "word").fillna("not run")
    shown.loc["chance"] = [task.chance for task in TASKS.values()]
    words.loc["chance"] = ""
    return plots.heatmap(
        (100 * shown).round().to_numpy(), x=TASKS, values=True, size="tall",
        y=[plots.label_of(name) for name in shown.index], trained=True,
        words=words, xlabel="task", ylabel="encoding", label="right, %",
        chance=[100 * task.chance for task in TASKS.values()], best=100,
        alt=f"Mean over the seeds at {times:g} times the trained length, in "
            "percent; a word where there is no number",
    )


picture(1)

# %%
solved = (board(1) >= 0.95).sum(axis=1)
check.claim("table", "at the trained length a learned table solves most tasks",
            float(solved["learned"] - solved[["rope", "sinusoidal"]].max()),
            ">", 0, seeds=5, settles={"all": "a learned table"})

# %% [markdown]
# Within the length it was trained on, a table is hard to beat: nine tasks of eleven, as one-hot and random vectors. Each place has a row of its own.
#
# Now read the board by columns.
# `majority` is bright from top to bottom, but for yours: it needs no order.
# Then the rows part, and not into good and bad ones: they are dark in *different* places.
#
# - `mod2`, `mod3` ask **where** a letter stands. What acts on distances alone hardly does better than `none`.
# - `back1`, `back3` ask for **an exact distance**.
# - `before` asks for a **direction**: ALiBi's two-sided bias is blind to it, as any symmetric one (notebook 06).
# - `index` asks to **go where a letter says**: the first letter names the place. A bias does not see the letter.
# - The others: `ends` exchanges the first letter and the last, `mod7` asks for a place's weekday (both in 05, section 7), `reverse` wants the text backwards, `sort` its first half in order.

# %%
def means(encodings, task, times=1):  # (encodings,)
    rows = board(times).loc[encodings.split(), task]
    return torch.tensor(rows.tolist())


check.claim("where", "rope, xpos and the biases stay at chance on `mod2`",
            means("t5 alibi fire rope xpos", "mod2"), "<", 0.55, seeds=5)
check.claim("direction", "alibi stays near chance on `before`",
            means("alibi", "before"), "<", 0.6, seeds=5)
check.claim("fetch", "the biases do not go where a letter says",
            means("t5 alibi fire", "index"), "<", 0.3, seeds=5)

# %% [markdown]
# And yours? The fading bias solves `back1`, whose answer is near, and *loses* `majority`, which all others solve: who looks near by birth counts the far letters little.
# (ALiBi fades too, but its flattest head hardly does: slope 1/256.)
# A preference built in is a price paid elsewhere.

# %% [markdown]
# ## 4 · Train short, test long
#
# The same models, at four times the length.
#
# **Predict.** Who wins `before`? And `majority`, which asks for no order: can positions harm it?

# %%
check.predict("long", "At 4 × the length `before` (is A before B?) is best "
              "answered by", ["rope", "sinusoidal", "p / L"])

# %%
check.predict("harm", "`majority` needs no order. At 4 × the length, "
              "positions", ["do it no harm", "do harm in some encodings"])

# %% tags=["large"]
picture(4)

# %%
far = board(4)
of_record = [e for e in posenc.ENCODINGS if e not in yours]
best = far.loc[of_record, "before"].idxmax()
check.claim("p over L", "p / L is the best code for `before` at 4 ×",
            best == "normalized", "==", 1, seeds=5,
            settles={"long": "p / L"})
check.claim("harmed", "sinusoids lose 10 points of `majority` at 4 ×",
            means("sinusoidal", "majority", 4), "<", 0.9, seeds=5,
            settles={"harm": "do harm in some encodings"})
check.claim("unharmed", "on `majority` rope and `none` lose next to nothing",
            means("rope none", "majority", 4), ">", 0.95, seeds=5)

# %% [markdown]
# Two surprises.
# The code that notebook 02 took apart, `p / L`, wins where only *earlier or later* is asked: it never leaves the range it was trained in.
# And a code that the task does not need is not free: at places it has never seen, it disturbs a count of letters.
#
# One-hot has no row there, so it gives no answer: its cells are hatched and say `ends`.
# (`NaN` is a loss that is not a finite number, and `raises` an exception in the class; neither counts as 0 %.)
# The learned table has trained 16 of the 64 places and guesses at the rest: on `back1` ¼ · 100 + ¾ · 10 = 32.5 %, and the board says 32.
#
# What holds on `back1` sees the distance itself. Not all that sees it holds: T5 and FIRE lose more than a third.

# %%
check.claim("holds", "`back1` at 4 ×: rope, xpos and shaw keep 90 %",
            means("rope xpos shaw", "back1", 4), ">", 0.9, seeds=5)
check.claim("falls", "`back1` at 4 ×: what is added to words keeps under half",
            means("learned random sinusoidal binary", "back1", 4),
            "<", 0.5, seeds=5)

# %% [markdown]
# Between the two boards lie 24 and 32 letters. **What is left at 24, half as long again?**
# Compare the tasks in one row of the picture. (In the notebook a slider goes on to 32 and 64.)

# %%
THREE = ("back1", "before", "index")


def above(answers, level):
    return all(isinstance(a, float) and a > level for a in answers)


def at(times):
    rows = study.best(races[races["times"] == times])
    rows["answer"] = study.answers(rows)  # the accuracy, or a word
    found = rows.groupby(["task", "encoding"])["answer"].agg(list)
    table = {t: {e: found[t, e] for e in posenc.ENCODINGS} for t in THREE}
    return plots.dots(
        table, xlabel=f"right at {16 * times:g} letters", percent=True,
        chance={t: TASKS[t].chance for t in THREE},
        alt="Every seed above 90 %: " + "; ".join(
            f"{t}: " + (", ".join(plots.label_of(e) for e in table[t]
                                  if above(table[t][e], 0.9)) or "nobody")
            for t in THREE))


# %% tags=["trained", "large"]
widgets.explore(at, times=[1.5, 2.0, 4.0],
                labels={"times": "times the training length"})

# %% [markdown]
# RoPE keeps all of `back1`, 95 % of `before` and 45 % of `index`: how far an encoding reaches depends on the task.
# A table keeps two thirds of `back1` and of `index`. It has trained 16 of the 24 places.

# %% [markdown]
# ## 5 · Fails, or only slower?
#
# After 300 steps ALiBi has half of `back1`, sinusoids 84 % of `index`.
# That may be a wall, or a slope.
# The record has three tasks again with four times the steps.
#
# **Predict.** Which is it for ALiBi?

# %%
check.predict("walls", "With 1 200 steps in place of 300, ALiBi on `back1`",
              ["stays where it is", "rises a little", "solves it"])

# %% [markdown]
# **Exercise 2** · difficulty 2 of 5 · 8 minutes
#
# Write `slower_or_stuck(early, late)`. The seeds' accuracies after a short and a long training become one of four words:
#
# - `"solved"`: every early seed is at 0.95 or above;
# - `"slower"`: not so, but every late seed is;
# - `"stuck"`: neither, and no late seed is more than 0.05 above the best early one;
# - `"not decided"`: anything else. It rises still.
#
# `slower_or_stuck([.24, .25], [.26, .24])` is `"stuck"`, and with `[.24, .60]` as late seeds it is `"not decided"`.


# %% tags=["exercise"]
def slower_or_stuck(early, late):
    """seeds, seeds -> a word"""
    ### BEGIN SOLUTION
    if min(early) >= 0.95:
        return "solved"
    if min(late) >= 0.95:
        return "slower"
    return "stuck" if max(late) <= max(early) + 0.05 else "not decided"
    ### END SOLUTION


check.slower_or_stuck(slower_or_stuck)

# %% tags=["large"]
patient = kept[kept["steps"] == 1200]

plots.dots({t: {e: seeds(patient, e, t) for e in of_record} for t in THREE},
           xlabel="right after 1 200 steps", percent=True,
           chance={t: TASKS[t].chance for t in THREE},
           alt="More rows reach the right end than after 300 steps; some "
               "have not moved")

# %% [markdown]
# The next table has the means, after 300 → after 1 200 steps.
# **On `index`, name one besides sinusoids that was only slower, one that is stuck, and one that rises still.**
# Your `slower_or_stuck(seeds(races, "rope", "index"), seeds(patient, "rope", "index"))` gives the word for one of them.


# %% tags=["large"]
def change(e, t):
    early, late = seeds(races, e, t), seeds(patient, e, t)
    return f"{sum(early) / len(early):.2f} → {sum(late) / len(late):.2f}"


plots.tick_table(
    {plots.label_of(e): {t: change(e, t) for t in THREE} for e in of_record},
    alt="Mean accuracy after 300 and after 1 200 steps")

# %%
check.claim("walls", "ALiBi on `back1`: 900 more steps give no 10 points",
            max(seeds(patient, "alibi", "back1"))
            - min(seeds(races, "alibi", "back1")), "<", 0.1,
            seeds=5, settles={"walls": "stays where it is"})
check.claim("slopes", "sinusoids on `index` reach 95 %, only later",
            seeds(patient, "sinusoidal", "index"), ">", 0.95, seeds=5)

# %% [markdown]
# ## 6 · Real text
#
# The help pages of Python, character by character; two causal layers of width 48; 1 000 steps on windows of 32; three seeds.
# `mine` is trained here in the same way, in some twenty seconds.
#
# **Predict.** Who reads a text best that is four times as long as the windows of its training?

# %%
check.predict("text", "On windows of 128, four times the trained length, of "
              "these four the lowest loss has",
              ["the model without positions", "sinusoidal", "alibi", "rope"])

# %% tags=["trained"]
read_text = kept[(kept["task"] == "text") & (kept["trained"] == 32)]
live_text = study.run(yours, ["text"], seeds=3, lengths=(1, 2, 4))
read_text = pd.concat([read_text, live_text])


# %% tags=["trained", "large"]
def losses(times):  # {encoding: (seeds,)}
    rows = study.best(read_text[read_text["times"] == times])
    rows["answer"] = study.answers(rows, "loss")
    found = rows.groupby("encoding")["answer"].agg(list)
    return {e: found[e] for e in posenc.ENCODINGS if e in found}


plots.dots({f"{32 * t} characters": losses(t) for t in (1, 4)},
           xlabel="loss in nats, a dot a seed",
           alt="At 32 the rows lie close together; at 128 some stay and "
               "some move far to the right")

# %%
def gap(one, other, times):  # how much lower the loss of one is, by seed
    found = losses(times)
    return torch.tensor(found[other]) - torch.tensor(found[one])


check.claim("text", "at 128 alibi is below rope, sinusoidal and `none`",
            torch.stack([gap("alibi", e, 4)
                         for e in ("rope", "sinusoidal", "none")]),
            ">", 0.2, seeds=3, settles={"text": "alibi"})
check.claim("inside", "at 32 rope is below alibi",
            gap("rope", "alibi", 1), ">", 0.05, seeds=3)
check.claim("oldest", "shaw, the oldest of them, is below both at 128",
            torch.stack([gap("shaw", e, 4) for e in ("rope", "alibi")]),
            ">", 0.1, seeds=3)

# %% [markdown]
# (Each panel has a scale of its own. One-hot says `ends` at 128: its 48 channels hold 48 places.)
#
# Within the length RoPE reads better than ALiBi; at four times the length ALiBi has lost nothing, and RoPE more than half a nat.
# The surprise is the oldest relative scheme: Shaw's clipped vectors (2018) lead at both lengths in this small world, at 32 by little.
# Its price is elsewhere: a vector for each clipped distance meets every query, which the usual fused kernels do not know.
#
# One average over 128 places hides *where* a model breaks.
# So draw the loss by position, beside the same model trained on windows of 128.
# **Where does each model turn?** Move from encoding to encoding, or compare the pictures.

# %%
along = study.record(by="position")
along = along[along["shifted"] == 0]


def curve(encoding, trained):  # (seeds, 16): blocks of eight characters
    rows = along[along["encoding"] == encoding]
    rows = rows[rows["trained"] == trained]
    wide = rows.pivot(index="seed", columns="position", values="loss")
    return torch.tensor(wide.to_numpy(copy=True)).unflatten(1, (16, 8)).mean(2)


# %%
def by_position(encoding):
    short, whole = curve(encoding, 32), curve(encoding, 128)
    name = plots.label_of(encoding)
    return plots.lines(
        {"trained on 32": short, "trained on 128": whole},
        x=[8 * i + 3.5 for i in range(16)], xlabel="position",
        ylabel=f"loss of {name}, nats", trained=True, ylim=(1, 4),
        trained_to=32,
        alt=f"{name}: beyond position 64 the model trained on 32 loses "
            f"{(short - whole)[:, 8:].mean():.1f} nats more than the one "
            "trained on 128")


# %% tags=["trained"]
widgets.explore(
    by_position, encoding=["rope", "alibi", "sinusoidal", "none"],
    stills=[{"encoding": e} for e in ("alibi", "sinusoidal", "none")])

# %% [markdown]
# Sinusoids turn at 32, the first place never trained. RoPE turns near 60.
# ALiBi turns nowhere: it stays some 0.2 nats above its twin to the end. Neither does `none`, which is high from the start.

# %% [markdown]
# ## 7 · Why? Look inside
#
# Four small models, three questions. First `rope` on `back1`: which head looks at the word before?

# %% tags=["trained"]
task = TASKS["back1"]
model = training.train_on_task("rope", "back1", seed=0)
tokens, _ = task.sample(1, 24, torch.Generator().manual_seed(3))
with torch.no_grad():
    _, maps = model.eval()(tokens, return_weights=True)  # (1, 1, h, n, n)
steps = maps[0, 0].diagonal(offset=-1, dim1=1, dim2=2).mean(1)  # (h,)

plots.attention(maps[0, 0], trained_to=16,
                alt="In at least one head the weight lies on the line "
                    "one step below the diagonal, past 16 as well")

# %% tags=["trained"]
check.claim("previous",
            "at least one head puts most of its weight one step back",
            steps.max(), ">", 0.5)

# %% [markdown]
# Here one head does it most, two in part, one hardly.
# Barbero et al. 2024 found such heads in Gemma 7B, built from RoPE's fastest pairs.
# Beyond 16 letters the line goes on: the angle of distance one is the same everywhere.
#
# Next, three models of text, trained for 200 steps. How does their attention fall with the distance?

# %%
quick = training.Setting(steps=200, lr=0.01, b=16, length=32, shortest=32)
readers = {name: training.train_on_text(name, setting=quick).eval()
           for name in ("none", "alibi", "rope")}


def windows(b, n, seed):  # (b, n) characters that no model has trained on
    draw = torch.Generator().manual_seed(seed)
    return text.batch(text.split()[1], b, n, draw)[0]


# %% tags=["trained"]
@torch.no_grad()
def by_distance(model):
    _, maps = model(windows(16, 64, seed=0), return_weights=True)
    late = maps.mean((0, 1, 2))[32:]  # (q, k): queries with 32 keys before
    return torch.stack([late.diagonal(32 - t).mean() for t in range(32)])


fade = {name: by_distance(model) for name, model in readers.items()}
plots.lines(fade, xlabel="distance to the key", ylabel="mean weight",
            logy=True,
            alt="ALiBi falls steadily; RoPE is steep, then low and uneven; "
                "the model without positions is nearly flat")

# %% tags=["trained"]
ratio = {name: w[24:].mean() / w[:4].mean() for name, w in fade.items()}
check.claim("fade", "far keys weigh less under alibi than under `none`",
            ratio["none"] / ratio["alibi"], ">", 2)

# %% [markdown]
# ALiBi fades by construction, so a longer text brings keys that count less and less, and its loss at 128 is that at 32.
# RoPE is not held to a fade. It learned to look near, and its bumps farther out are its own.
#
# Last, `none`. It has no code, and through the mask it could count.
# Does it? Ask how much of the position's logarithm a *linear* map can read from its last states.


# %%
@torch.no_grad()
def states_of(model):  # (256 · 32, d + 1), with a constant
    bare = copy.deepcopy(model).eval()
    bare.norm = bare.head = torch.nn.Identity()
    states = bare(windows(256, 32, seed=1)).flatten(0, 1).double()
    return torch.cat([states, torch.ones(len(states), 1)], dim=1)


# %%
def share_read(model):  # of the variance, on texts that were not fitted
    x, y = states_of(model), torch.arange(32.0).log1p().double().repeat(256)
    fit, held = slice(0, 4096), slice(4096, None)
    weights = torch.linalg.lstsq(x[fit], y[fit, None]).solution
    return 1 - ((x[held] @ weights)[:, 0] - y[held]).var() / y[held].var()


# %% tags=["trained"]
before, after = (share_read(m)
                 for m in (training.text_model("none"), readers["none"]))
check.claim("learns", "training makes its position easier to read",
            after - before, ">", 0.05)
check.claim("little", "and yet most of it cannot be read",
            after, "<", 0.5)

# %% [markdown]
# A little: about a sixth of the variance. Haviv et al. 2022 found the position by probes in far larger models, which had every reason and all the time to count.
# Ours has learned to spell.
# "A causal model *can* count" (notebook 01 built the weights) is not "this one does".

# %% [markdown]
# ## 8 · RoPE: base × width of a head
#
# In notebook 08 RoPE's luck beyond the trained length depended on two numbers together.
# Here is the whole grid, `back1` at 64 letters.

# %%
ropes = study.summary(record[record["encoding"].str.startswith("rope(")])
ropes = ropes[ropes["times"] == 4].copy()
ropes["base"] = ropes["encoding"].str.extract(r"base=([\d.]+)").astype(float)
ropes["width"] = ropes["d_model"] // ropes["n_heads"]
grid = ropes.pivot(index="width", columns="base", values="mean")

plots.heatmap(grid.to_numpy(), x=grid.columns.tolist(),
              y=grid.index.tolist(), xlabel="base", ylabel="width of a head",
              values=True, label="right at 4 ×", trained=True,
              chance=TASKS["back1"].chance,
              alt="Neither a larger base nor a wider head is better "
                  "throughout")

# %%
trained_at = study.summary(record[record["encoding"].str.startswith("rope(")])
within = trained_at[trained_at["times"] == 1]["mean"].tolist()
check.claim("base within", "within the length every base and width is right",
            within, ">", 0.9, seeds=5)
check.claim("base beyond", "at 4 × they differ by 25 points or more",
            grid.to_numpy().max() - grid.to_numpy().min(), ">", 0.25, seeds=5)

# %% [markdown]
# Within the length every base is right (99 % and more); beyond it, the base decides, and not in one direction.
# A base that was tuned at one width and length says little about another.
#
# ## 9 · A repair and its price
#
# If unseen positions are the trouble, show them: in training, let each text begin at a random place below 64 (128 for text).
#
# **Predict.** The gain is meant for long texts. What does it do to a text that is no longer than the trained ones?

# %%
check.predict("shift", "Shifts help sinusoids at 4 × the length. On text "
              "within the length they",
              ["cost nothing", "cost some loss", "even help"])

# %%
moved = record[record["shifted"] > 0]
WITH = ["sinusoidal", "learned", "random", "rope"]
far_back = {name: {e: seeds(table, e, "back1", 4) for e in WITH}
            for name, table in (("as usual", races),
                                ("with random shifts", moved))}

plots.dots(far_back, xlabel="right on back1 at 64 letters", percent=True,
           chance=TASKS["back1"].chance,
           alt="With shifts the codes that fell rise, by 30 points and more, "
               "and stay short of rope")

# %%
def price(e):  # (seeds,), in nats: with shifts less without
    with_it, without = (torch.tensor(seeds(table, e, "text", 1, "loss"))
                        for table in (moved, read_text))
    return with_it - without


check.claim("repair", "with shifts, every seed of sinusoids is 20 points up",
            min(far_back["with random shifts"]["sinusoidal"])
            - max(far_back["as usual"]["sinusoidal"]), ">", 0.2, seeds=5)
check.claim("price", "on text within the length, sinusoids pay for it",
            price("sinusoidal"), ">", 0.02, seeds=3,
            settles={"shift": "cost some loss"})
check.claim("free", "rope knows distances only: shifts change little",
            price("rope").abs(), "<", 0.05, seeds=3)

# %% [markdown]
# The price in nats: sinusoids 0.14 to 0.22, the table and random vectors about 0.4, RoPE about 0.01 at most.

# %% [markdown]
# ## 10 · What was found at scale
#
# Toys may mislead. Beside each result stands what was found with real models.
#
# | here, at toy size | there | agree? |
# |:--|:--|:--|
# | `none` is far behind on text, and hardly counts | Haviv et al. 2022: causal models without encodings are competitive, and probes find the position | **no**: size and time decide this one |
# | sinusoids lose on longer text; ALiBi does not | Press et al. 2022, §2.2: trained on 512 tokens, sinusoids gain for 20 more; ALiBi goes on | yes |
# | RoPE keeps `back1` at 4 × | Chen et al. 2023: perplexity above 10³ for LLaMA past its trained length, untuned | **no**: one task with one distance is no language |
# | rope's heads look one step back | Barbero et al. 2024: such heads in Gemma 7B, from the fastest pairs | yes |
# | the rate, the base and the task decide who is ahead beyond the length | Kazemnejad et al. 2023: on ten tasks, decoders without encodings went furthest, ahead of ALiBi, RoPE and tables | **in part**: ours read both ways in most tasks, where `none` is blind |
# | random shifts repair what fell, at a price | Ruoss et al. 2023: random positions gave 12 points on average over 15 tasks | yes, for the gain |

# %% [markdown]
# ## 11 · Design your own
#
# **Exercise 3** · difficulty 4 of 5 · 25 minutes
#
# Write an encoding that beats RoPE, and `mine` too, somewhere on the board at 4 ×. Know before the run where, and what it will cost.
# A bias by distance is the shortest way: `bias_by_distance(distance)` gets distances, query minus key, (m,), and returns (h, m): one row a head.
# With it an encoding is relative; say so in `promises`, and the check holds you to it.
# The check judges the form; whether it beats RoPE, the board will say.
#
# When the check is content: put `@posenc.register` above the class, give it a `name` of its own, and choose *Run Selected Cell and All Below* (menu *Run*) on the first cell of section 1.
#
# <details><summary>Hint</summary>
#
# What `back1` needs is one head that sees distance 1 and nothing else; `back3` wants another.
# `before` needs a head that sees the left alone, and one that sees the right.
# A bias of −9 hides a key well enough; −∞ may leave a row no key at all, and its softmax is NaN.
# </details>


# %% tags=["exercise"]
class Own(posenc.PositionalEncoding):
    name, label = "own", "my own"
    promises = frozenset({"relative", "cache", "real positions"})

    def bias_by_distance(self, distance):  # (m,) -> (h, m)
        ### BEGIN SOLUTION
        one, three = (distance - 1).abs() < 0.5, (distance - 3).abs() < 0.5
        seen = [one, three, distance > 0, distance < 0]  # a head each
        heads = [seen[h % 4] for h in range(self.dims.n_heads)]
        return -9.0 * (~torch.stack(heads)).float()
        ### END SOLUTION


check.own_encoding(Own)

# %% [markdown]
# ## 12 · All verdicts
#
# Every claim that the course has put on trial, gathered from the cells that ruled on it.
# The last column names the notebook (in JupyterLab a link to the cell).

# %%
check.ledger()

# %% [markdown]
# Run the next cell in your notebook at the end of the course: it lists your predictions and the exercises that you have solved.
# On paper, or before you have answered anything, it has nothing to list.

# %%
check.report()

# %% [markdown]
# How many of your predictions in the whole course came true, and did you know which?
# If you said how sure you were, the counts are split by your answer. Few answers prove little, so a figure is drawn from 15 on.

# %%
check.guesses()

# %% [markdown]
# ## 13 · Which one, then?
#
# | you need | take | because | beware |
# |:--|:--|:--|:--|
# | a decoder of text today, with a cache | RoPE | exact distances, no table, every kernel knows it (07, 09) | beyond the trained length: scale the frequencies and tune (08) |
# | longer text than you trained on, and no tuning | ALiBi | loss stays (section 6), far keys fade (section 7) | what is far counts little; it does not go where a letter says (section 3) |
# | an encoder, lengths fixed | a learned table, or RoPE | a table solves most within its length (section 3) | no row beyond it; left padding (09) |
# | earlier or later, nothing finer | p / L | never leaves its range (section 4) | not in a decoder: each new word changes every code (02) |
# | where a thing stands, its row or its turn | an absolute code with the data's own period | distances alone only guess `mod2`, `mod3` (section 3) | beyond the trained length only the period goes on (05) |
# | images, times, coordinates | axial RoPE, Fourier features | positions are real numbers (10) | choose the unit first |
# | a large causal model | perhaps `none` | the mask can count (01), and did at scale (section 10) | ours, small and short, did not |
#
# And when two are close: three seeds, three rates, the chance line, your lengths, your task.
# You have the tool: `study.run` takes any class that you register.

# %% [markdown]
# **What this study does not say.** One or two layers, width 32 or 48, minutes of training.
# `sort` and `reverse` are solved by nobody in 300 steps, so they do not say who can.
# A trained length of 16 makes 64 far; at 4 096 other things break first.
#
# For your own GPU there is a larger setting; the course prints no result of it, because none was measured:
#
# ```sh
# python -m posenc.study --scale gpu --out gpu_study
# ```

# %% [markdown]
# ## What you can now do
#
# - Read a table of results by asking: how many seeds, whose learning rate, what is chance, how long.
# - Say of an encoding not "better" but "for this task, at this length".
# - Test an idea of your own against fifteen others in a minute.

# %% [markdown]
# ## References
#
# - Haviv, Ram, Press, Izsak, Levy 2022, *Transformer Language Models without Positional Encodings Still Learn Positional Information*, arXiv 2203.16634.
# - Press, Smith, Lewis 2022, *Train Short, Test Long*, arXiv 2108.12409: §2.2.
# - Chen, Wong, Chen, Tian 2023, *Extending Context Window of Large Language Models via Positional Interpolation*, arXiv 2306.15595.
# - Kazemnejad, Padhi, Natesan Ramamurthy, Das, Reddy 2023, *The Impact of Positional Encoding on Length Generalization in Transformers*, arXiv 2305.19466.
# - Ruoss et al. 2023, *Randomized Positional Encodings Boost Length Generalization of Transformers*, arXiv 2305.16843.
# - Barbero, Vitvitskyi, Perivolaropoulos, Pascanu, Veličković 2024, *Round and Round We Go! What makes Rotary Positional Encodings useful?*, arXiv 2410.06205.
# - The record: `posenc/study/study.json`; its first lines hold the command that makes it.
