# %% [markdown]
# # 10 · What is a position, if not an index?
#
# Needs: 07 · 50 minutes, exercises apart · CPU
#
# After this notebook you can
#
# - give a patch of a picture a code by its row and its column,
# - test a grid of positions with two lines, and resize a table,
# - choose origin, unit and period for time stamps,
# - let a network draw a picture from coordinates, and see when it has only
#   memorised.

# %% [markdown]
# ## 1 · A picture is not a sentence
#
# A vision Transformer cuts a picture into patches and reads them line by
# line, like words.
# So number them, and use the code of notebook 03?

# %%
import math

import torch

import posenc
from posenc import check, functional, plots, training, widgets
from posenc.encodings import AxialRope, Sinusoidal2D

exact = torch.float64

# %% [markdown]
# **Predict.** On 12 × 12 patches, the one below (5, 5) touches it.
# Is its code more alike than that of a patch five columns away?

# %%
check.predict(
    "below",
    "More alike to patch (5, 5) is",
    ["the one below, (6, 5)", "five columns to the right, (5, 10)"],
)

# %%
line = posenc.sinusoidal(torch.arange(144), 64, dtype=exact)  # (144, d)
alike = (line @ line[5 * 12 + 5] / 32).reshape(12, 12)  # 32: with itself

plots.heatmap(
    alike,
    xlabel="column",
    ylabel="row",
    label="likeness to (5, 5)",
    alt="One number a patch: the patches to the left and right are alike, "
    "those above and below less, and the end of a row flows into the next",
)

# %%
check.claim(
    "row first",
    "five columns away is more alike than one row away",
    alike[5, 10] - alike[6, 5],
    ">",
    0.05,
    settles={"below": "five columns to the right, (5, 10)"},
)

# %% [markdown]
# One row down is as far as twelve words, and the end of row 5 flows into the
# start of row 6.
# A position in a picture is two numbers, so give two:


# %%
def grid(height, width):
    rows, columns = torch.arange(height), torch.arange(width)
    return torch.cartesian_prod(rows, columns)  # (height · width, 2)


grid(2, 3)

# %% [markdown]
# **Exercise 1** · difficulty 1 of 5 · 5 minutes
#
# Write `grid` without `cartesian_prod`, from the patches' numbers 0, 1, 2, …
# The grid need not be square.
#
# <details><summary>Hint</summary>
#
# How many patches stand before the start of row r?
#
# </details>


# %% tags=["exercise"]
def grid_positions(height, width):
    """-> (height · width, 2): row and column of each patch"""
    ### BEGIN SOLUTION
    i = torch.arange(height * width)
    return torch.stack((i // width, i % width), dim=-1)
    ### END SOLUTION


check.grid_positions(grid_positions)

# %% [markdown]
# ## 2 · Why not add the two codes?
#
# Words and positions are added; why not the row's code and the column's?
#
# **Predict.** On 14 × 14 patches, how many of the 196 sums are different?

# %%
check.predict(
    "sums", "PE(row) + PE(column) has, on 14 × 14,", ["196", "105", "27"]
)

# %%
places = grid(14, 14)
codes = posenc.sinusoidal(places, 64, dtype=exact)  # (196, 2, d)
added = codes[:, 0] + codes[:, 1]  # (196, d)

different = len(added.mul(1e9).round().unique(dim=0))

# %%
check.claim(
    "mirror",
    "the 196 sums are 105 codes: patch (r, c) has the code of (c, r)",
    different,
    "==",
    105,
    settles={"sums": "105"},
)

# %% [markdown]
# A sum does not know its order: 3 + 10 is 10 + 3.
# Compare *halves*: the row's code in one half of the channels, the column's
# in the other.

# %%
half = posenc.sinusoidal(places, 32, dtype=exact)  # (196, 2, d/2)
halves = half.flatten(-2)  # (196, d): row's code, then column's


def alike_to(codes, row, column, width=14):
    chosen = codes[row * width + column]
    return (codes @ chosen / (chosen @ chosen)).reshape(-1, width)


# %%
plots.heatmaps(
    {"added": alike_to(added, 3, 10), "halves": alike_to(halves, 3, 10)},
    xlabel="column",
    ylabel="row",
    label="likeness to (3, 10)",
    alt="Added, three more places shine as bright as (3, 10): its twin "
    "(10, 3), and (3, 3) and (10, 10); in halves it stands alone",
)

# %% [markdown]
# Left, the twin at (10, 3), and two ghosts at (3, 3) and (10, 10), as bright
# as the place itself. Why?
# With $k$ for the kernel of notebook 03, the product for $(r,c)$ and
# $(r',c')$ has four terms, and two compare a row with a column:
#
# $$k(r-r')+k(c-c')+k(r-c')+k(c-r').$$

# %%
def k(offset):
    return posenc.kernel(offset, 64)  # as a share


r, c = places.T  # and (r′, c′) is (3, 10)
own, other = k(r - 3) + k(c - 10), k(r - 10) + k(c - 3)
gap = (added @ added[3 * 14 + 10] / 32 - own - other).abs().max()

# %%
check.claim("four", "the product has these four terms", gap, "<", 1e-10)

# %%
brightest = alike_to(added, 3, 10)[[3, 3, 10, 10], [10, 3, 3, 10]]

check.claim(
    "ghosts", "the place, its twin and both ghosts are equally bright",
    (brightest - 1).abs().max(), "<", 1e-10,
)

# %% [markdown]
# At (3, 3) the column equals the *row* of (3, 10): that means nothing, and
# counts in full.
# Halves keep the first two terms only, as in DETR (Carion et al. 2020) and in
# `posenc`:

# %%
ours = Sinusoidal2D(posenc.Dims(d_model=64))
gap = (ours.code(places, exact) - halves).abs().max()

check.claim("ours", "Sinusoidal2D is halves", gap, "==", 0)

# %% [markdown]
# Is adding itself at fault? Add two *different* codes, the column's channels
# in another order:

# %%
shuffled = torch.randperm(64, generator=torch.Generator().manual_seed(0))
two_codes = codes[:, 0] + codes[:, 1][:, shuffled]

distinct = len(two_codes.mul(1e9).round().unique(dim=0))

check.claim(
    "two codes", "two different codes, added: 196 of 196", distinct, "==", 196
)

# %% [markdown]
# So adding is not the fault; adding the *same* code twice is.
# A learned row table plus a learned column table is two different codes.

# %% [markdown]
# ## 3 · Rotary on a grid, and what it cannot see
#
# Axial RoPE turns half of a head's pairs by the row, half by the column.
# Its score should depend on Δrow and Δcolumn alone:

# %%
axial = AxialRope(posenc.Dims(d_model=32, n_heads=1))
q, key = torch.randn(2, 1, 1, 81, 32, dtype=exact)  # (b, h, n, dh) each


def scores(pos, q=q, key=key):
    q, key = axial.rotate(q, key, pos, pos)
    return (q @ key.mT)[0, 0]  # (n, n)


nine = grid(9, 9)
gap = (scores(nine) - scores(nine + torch.tensor([100, 7]))).abs().max()

# %%
check.claim("relative", "moving the grid changes no score", gap, "<", 1e-10)

# %% [markdown]
# **Predict.** A head shall find falling strokes: the patches one step
# down-right and up-left are *both* to score above those down-left and
# up-right.
# All patches have the same key. Which weights do it?

# %%
check.predict(
    "strokes",
    "One score of axial RoPE that likes ╲ better than ╱",
    ["is easily learned", "needs slow pairs", "does not exist"],
)


# %%
def stroke(score):  # (9, 9), query in the middle: ╲ minus ╱
    falling = score[5, 5] + score[3, 3]
    return falling - score[5, 3] - score[3, 5]


def score_map(q, key):  # one query, the same key at every patch
    same = [x[:, :, :1].expand(1, 1, 81, 32) for x in (q, key)]
    return scores(nine, *same)[40].reshape(9, 9)


# %%
heads = torch.randn(200, 2, 1, 1, 1, 32, dtype=exact)
found = torch.stack([stroke(score_map(*head)) for head in heads])

# %%
check.claim(
    "no stroke",
    "of two hundred heads, none scores the ends of ╲ above those of ╱",
    found.abs().max(),
    "<",
    1e-10,
    settles={"strokes": "does not exist"},
)

# %% [markdown]
# Each pair turns by the row *or* by the column, so the score is
# $f(\Delta r)+g(\Delta c)$.
# Add up the two ends of the falling stroke, then of the rising one: both times
# $f(1)+f(-1)+g(1)+g(-1)$, whatever the weights.
# One end can stand out, both cannot.

# %% [markdown]
# **The way out:** turn each pair by a *direction* ω, the angle being
# ω · (row, column).
# Heo et al. (2024) learn these directions and call it RoPE-Mixed.
#
# **To explore.** The score of one pair, query equal to key; first an axial
# one.
# Move `row` and `column`, or compare the stills: which setting likes falling
# strokes?

# %%
steps = grid(17, 17).to(exact) - 8  # from the patch in the middle


def draw(row, column):
    omega = torch.tensor([row, column], dtype=exact)
    turns = (steps @ omega / 8).reshape(17, 17)
    return plots.heatmap(
        torch.cos(2 * math.pi * turns),
        x=range(-8, 9), y=range(-8, 9), xlabel="Δcolumn", ylabel="Δrow",
        label="score of the pair",
        alt=f"Turning {row} and {column} times in eight patches: "
        "the stripes are " + ("rising" if row * column > 0 else "falling"
                              if row * column else "straight"),
    )


# %%
widgets.explore(draw, row=(-2, 2, 1, 1), column=(-2, 2, 1, 0),
                stills=[{"row": 1, "column": 1}, {"row": 1, "column": -1}],
                labels={"row": "row: turns", "column": "column: turns"})

# %% [markdown]
# One with opposite signs: the angle does not change along a falling stroke,
# where row and column grow together.


# %%
def mixed_map(q, key, omega):  # (81, dh) twice, (dh/2, 2)
    theta = nine.to(exact) @ omega.T  # (81, dh/2)
    q, key = (functional.rotate_pairs(x, theta) for x in (q, key))
    return (q[40] * key).sum(-1).reshape(9, 9)


ones = torch.ones(81, 2, dtype=exact)
omega = torch.tensor([[1.0, -1.0]], dtype=exact) * math.pi / 4

# %%
check.claim(
    "mixed", "one pair that turns along (1, −1) scores ╲ above ╱",
    stroke(mixed_map(ones, ones, omega)), ">", 1,
)

# %% [markdown]
# **Does it matter?** ViT's authors report (2020, appendix D.4, Table 8, B/16,
# ImageNet accuracy 5-shot, no spread given): no positions 0.614, one learned
# code a patch 0.642, 2-D 0.640, relative 0.640.
# Which kind hardly mattered *there*: on so small a grid, they guess, all are
# learned with equal ease.

# %% [markdown]
# ## 4 · Two slips that a square grid hides
#
# A scanned line of text may have 8 × 32 patches.
# Two slips of published programs (see the references), on that grid: height
# and width swapped, so that places are listed column by column; and
# √256 = 16 taken for both sides.

# %% tags=["large"]
built = {
    "right": grid(8, 32),
    "height and width swapped": grid(32, 8).flip(-1),
    "a square assumed": grid(16, 16),
}
plots.heatmaps(
    {name: pos[:, 0].reshape(8, 32) for name, pos in built.items()},
    xlabel="column", ylabel="row", label="row given",
    alt="Right: each row its number. Swapped: the numbers run across. "
    "Square: each row is split in two",
)

# %% [markdown]
# Each row should be one stripe. Swapped, the numbers run across; a square
# splits each row in two.
#
# **Predict.** Swap height and width on a *square* grid, 16 × 16.
# How many touching patches are given places that do not touch?

# %%
check.predict(
    "square", "On 16 × 16 the swap tears apart", ["none", "half", "all"]
)


# %%
def torn(pos, height, width):
    """Share of touching patches whose given places do not touch."""
    at = pos.reshape(height, width, 2)
    down, right = (at[1:] - at[:-1]), (at[:, 1:] - at[:, :-1])
    steps = torch.cat((down.reshape(-1, 2), right.reshape(-1, 2)))
    return (steps.abs().sum(-1) != 1).double().mean()


# %%
check.claim(
    "hidden",
    "on 16 × 16 the swap tears no neighbours apart",
    torn(grid(16, 16).flip(-1), 16, 16),
    "==",
    0,
    settles={"square": "none"},
)

# %%
_, swapped, square = built.values()
shares = torch.stack([torn(pos, 8, 32) for pos in (swapped, square)])

check.claim(
    "torn", "on 8 × 32 each slip tears about half apart",
    (shares - 0.5).abs(), "<", 0.05,
)

# %% [markdown]
# On a square, the swap only exchanges the names of rows and columns: no result
# of a model trained so shows it.
# (Even on 8 × 32, with the square table, one model "still worked", its author
# wrote.)
#
# **The guard** is two lines. Give it the two wrong grids: which line stops
# which?

# %%
pos, width = built["right"], 32
assert (pos[1] - pos[0]).tolist() == [0, 1], "one patch on: one column"
assert (pos[width] - pos[0]).tolist() == [1, 0], "one row on: one row"

# %% [markdown]
# ## 5 · A larger picture
#
# Trained on 14 × 14, used on 20 × 20.
# Say a head has learned “look one row down” as a shift matrix (notebook 03):
# by 14 for the line of numbers, by one row for halves.
#
# **Predict.** Which still finds the patch below on 20 × 20?

# %%
check.predict(
    "larger",
    "On 20 × 20 “one row down” still works for",
    ["both", "the line of numbers", "halves", "neither"],
)

# %%
by_14 = posenc.shift_matrix(14, 64, dtype=exact)
one = posenc.shift_matrix(1, 32, dtype=exact)
one_row = torch.block_diag(one, torch.eye(32, dtype=exact))


def finds_below(codes, matrix, width):
    best = (codes @ matrix.T @ codes.T).argmax(-1)  # the key of each query
    below = torch.arange(len(codes)) + width
    return (best == below)[:-width].double().mean()


# %%
def both(n):
    as_line = posenc.sinusoidal(torch.arange(n * n), 64, dtype=exact)
    as_grid = ours.code(grid(n, n), exact)
    line = finds_below(as_line, by_14, n)
    return torch.stack((line, finds_below(as_grid, one_row, n)))


# %%
check.claim("trained", "on 14 × 14 both find it always", both(14), "==", 1)

# %%
check.claim(
    "larger",
    "on 20 × 20 the line never does; halves always do",
    both(20)[1] - both(20)[0],
    "==",
    1,
    settles={"larger": "halves"},
)

# %% [markdown]
# 14 patches on is, in rows of 20, the same row or a slanted step down.
# A user of a model with a 1-D sinusoid met diagonal stripes in attention maps
# at a higher resolution, and suspects this (MAE-pytorch issue 39).

# %% [markdown]
# A *learned* table has no entries for new places. It is stretched:
# back to a grid, interpolated in two directions, flattened.
# Why not stretch the list of 196 as it stands?
# To judge, let halves be the table: their codes between patches are known.


# %%
def stretched(codes, size):  # a list: (n, d) -> (size, d)
    n = len(codes)
    at = (torch.arange(size, dtype=exact) + 0.5) * n / size - 0.5
    apart = at.clamp(0, n - 1)[:, None] - torch.arange(n)  # (size, n)
    return (1 - apart.abs()).clamp(min=0) @ codes  # two neighbours' shares


# %% [markdown]
# On the grid, halves need no more than that: the row's code changes only from
# row to row, the column's only from column to column.
# So stretch one side of 14, and use it for both.

# %%
as_list = stretched(halves, 400)  # (400, d)

side = stretched(posenc.sinusoidal(torch.arange(14), 32, dtype=exact), 20)
as_grid = side[grid(20, 20)].flatten(-2)  # (400, d)

maps = {
    "stretched as a list": alike_to(as_list, 5, 5, 20),
    "stretched as a grid": alike_to(as_grid, 5, 5, 20),
}

# %%
plots.heatmaps(
    maps, xlabel="column", ylabel="row", label="likeness to (5, 5)",
    alt="As a list: slanted streaks. As a grid: one place and its cross",
)

# %% [markdown]
# As a list, slanted streaks; as a grid, one place and its cross.
# How far is each from the true codes?

# %%
between = (grid(20, 20) + 0.5) * 14 / 20 - 0.5  # centres, in old patches
true = ours.code(between.to(exact), exact)


def off(codes):
    return (codes - true).norm(dim=-1).mean() / true.norm(dim=-1).mean()


ratio = off(as_list) / off(as_grid)

# %%
check.claim(
    "stretch", "as a list the error is over ten times as large", ratio, ">", 10
)

# %% [markdown]
# A table that was learned is not made of halves: each of its channels may
# change in both directions.

# %% [markdown]
# **Exercise 2** · difficulty 2 of 5 · 8 minutes
#
# Move a learned table of `old = (h, w)` patches to `new = (H, W)`.
# `table` is (h · w, d), row by row; return (H · W, d).
# Channel by channel: put its h · w numbers on the grid, interpolate bilinearly
# (`align_corners=False`), read the new grid row by row.
#
# <details><summary>Hint</summary>
#
# `torch.nn.functional.interpolate` wants (1, d, h, w): first `.T`, then
# `.reshape`.
#
# </details>


# %% tags=["exercise"]
def resized_table(table, old, new):
    """(h · w, d), (h, w), (H, W) -> (H · W, d)"""
    ### BEGIN SOLUTION
    grid = table.T.reshape(1, -1, *old)  # (1, d, h, w)
    grid = torch.nn.functional.interpolate(grid, size=new, mode="bilinear")
    return grid[0].flatten(1).T
    ### END SOLUTION


check.resized_table(resized_table)

# %% [markdown]
# ## 6 · A position may be a time
#
# Payments, visits to a doctor: the third event may come a second after the
# second, or a year.
# Its index does not say so. Its time does, and the formula never asked for
# whole numbers:

# %%
times = torch.tensor([0.0, 0.4, 7.25, 1000.5], dtype=exact)  # hours
code = posenc.sinusoidal(times, 64, dtype=exact)
later = posenc.sinusoidal(times + 1.5, 64, dtype=exact)
shift = posenc.shift_matrix(1.5, 64, dtype=exact)

gap = (code @ shift.T - later).abs().max()

# %%
check.claim(
    "real", "an hour and a half later is one matrix, always", gap, "<", 1e-9
)

# %% [markdown]
# Three choices remain that an index never asked for.
#
# **The origin.** Computers count seconds since 1970, about 1.7 billion by
# now.
#
# **Predict.** Two events, at 1 700 000 000 and a minute later, in float32:

# %%
check.predict(
    "epoch",
    "Their two codes are",
    ["as far apart as 0 and 60", "equal", "random"],
)

# %%
stamps = torch.tensor([1_700_000_000, 1_700_000_060])
early, late = posenc.sinusoidal(stamps, 64)

# %%
check.claim(
    "epoch",
    "these two codes, a minute apart, are equal in float32",
    (early - late).abs().max(),
    "==",
    0,
    settles={"epoch": "equal"},
)

# %% [markdown]
# float32 keeps 24 bits; at 1.7 billion its steps are 128 seconds.
# About half of all pairs a minute apart become equal, the others 128 seconds
# apart.
# **Repair:** subtract the first stamp while they are whole numbers, then
# convert.

# %% [markdown]
# **The unit.** One code, d = 64 and base 10 000, with the time in seconds or
# in days. How alike are two events, by the time between them?

# %%
gaps = torch.logspace(0, 6.4, 65, dtype=exact)  # seconds, up to 29 days
units = {"in seconds": 1, "in days": 86_400}
curves = {name: k(gaps / unit) for name, unit in units.items()}  # kernels

plots.lines(
    curves,
    x=gaps,
    xlabel="seconds between two events",
    ylabel="likeness of two codes",
    logx=True,
    alt="In seconds the likeness has faded within hours, and only ripples; "
    "in days it stays at 1 for hours",
)

# %% [markdown]
# One curve twice, stretched 86 400 times.
# In seconds, only ripples are left after hours: a day is as unlike as a week.
# In days, an hour is as like as a second.

# %%
slowest = 2 * math.pi / posenc.inverse_frequencies(64)[-1]  # for one turn
check.claim(
    "second", "in seconds even the slowest hand comes round within a day",
    slowest, "<", 86_400,
)

# %%
minute = torch.tensor([1 / 1440], dtype=exact)  # in days
check.claim("day", "in days a minute is unseen", 1 - k(minute), "<", 1e-6)

# %% [markdown]
# First choose the unit: the fastest hand, one radian a unit, must move visibly
# in the shortest gap that matters.
# Then the base: the slowest must not come round in the longest.
# A month has 2.6 million seconds; at base 10 000 it is round after 47 000.

# %% [markdown]
# **The period.** Where one is known, give it a hand: here the day and the week,
# for nine o'clock, nine the next day, and nine a week later.

# %%
hours = torch.tensor([[9.0], [33.0], [177.0]], dtype=exact)
hands = torch.tensor([[1 / 24], [1 / 168]], dtype=exact)  # turns an hour
clock = functional.fourier_features(hours, hands)  # sines, then cosines

same_hour = (clock[1] - clock[0])[[0, 2]].abs().max()  # the day's hand
same_week = (clock[2] - clock[0]).abs().max()

# %%
check.claim(
    "daily", "a day later, the day's hand is back", same_hour, "<", 1e-9
)
check.claim("weekly", "a week later, both are", same_week, "<", 1e-9)

# %% [markdown]
# ## 7 · A position may be a point
#
# Those two hands had frequencies that we chose:
# $(\sin 2\pi\,\mathbf b\cdot\mathbf x,\ \cos 2\pi\,\mathbf b\cdot\mathbf x)$
# for each row **b** of a matrix.
# Such *Fourier features* take any coordinates **x**. What are they good for?
#
# A picture can be a function: coordinates in, brightness out.
# A small network is to learn this one:

# %%
centres = (torch.arange(64) + 0.5) / 64
points = torch.cartesian_prod(centres, centres)  # (4096, 2)
y, x = points.T

rings = torch.cos(12 * math.pi * torch.hypot(y - 0.35, x - 0.65))
stem = (x > 0.1) & (x < 0.4) & (y > 0.5) & (y < 0.9)
slots = ((y > 0.58) & (y < 0.66)) | ((y > 0.74) & (y < 0.82))
letter = stem & ~((x > 0.2) & slots)
picture = torch.where(letter, 0, 0.6 + 0.3 * rings)  # (4096,)

# %%
plots.heatmap(
    picture.reshape(64, 64),
    xlabel="column",
    ylabel="row",
    label="brightness",
    alt="Rings about a point, and a dark letter E",
)

# %% [markdown]
# Half of the pixels, drawn at random, are seen; the others are held out.
# Three seeds, and a chance line: the mean brightness everywhere.

# %%
seen = torch.rand(4096, generator=torch.Generator().manual_seed(1)) < 0.5


def fit(inputs, seed, steps=150):  # (4096, f) -> (4096,)
    torch.manual_seed(seed)
    layer, relu = torch.nn.Linear, torch.nn.ReLU()
    net = torch.nn.Sequential(
        layer(inputs.shape[1], 48), relu, layer(48, 48), relu, layer(48, 1))
    adam = torch.optim.Adam(net.parameters(), lr=1e-2)
    for _ in range(steps):
        error = net(inputs[seen]).squeeze(-1) - picture[seen]
        adam.zero_grad()
        error.square().mean().backward()
        adam.step()
    return net(inputs).squeeze(-1).detach()


# %% [markdown]
# The score is the usual one for brightness from 0 to 1, in decibels:
# $\mathrm{PSNR}=-10\log_{10}(\text{mean squared error})$.
# Ten more is a tenth of that error.


# %%
def psnr(drawn, where):
    error = (drawn - picture)[..., where].square().mean(-1)
    return -10 * error.log10()


chance = psnr(picture[seen].mean().expand(4096), ~seen).item()


# %%
def features(scale, seed, m=32):
    generator = torch.Generator().manual_seed(seed)
    frequencies = torch.randn(m, 2, generator=generator) * scale
    return functional.fourier_features(points, frequencies)  # (4096, 2m)


# %% [markdown]
# **Predict.** First the bare coordinates (y, x). What will the network draw?

# %%
check.predict(
    "bare",
    "From (y, x) alone it draws",
    ["the rings and the letter", "a blur", "noise"],
)

# %%
scales = (1, 3, 10, 30)
with training.one_thread():
    bare = torch.stack([fit(points, seed) for seed in range(3)])
    drawn = {
        scale: torch.stack([fit(features(scale, s), s) for s in range(3)])
        for scale in scales
    }

# %% tags=["trained", "large"]
images = {
    "bare (y, x)": bare,
    "features, scale 3": drawn[3],
    "features, scale 30": drawn[30],
}
shown = {name: i[0].reshape(64, 64).clamp(0, 1) for name, i in images.items()}
plots.heatmaps(
    shown,
    xlabel="column",
    ylabel="row",
    label="brightness",
    alt="Bare: a blur. Scale 3: rings and letter. Scale 30: noise over them",
)

# %%
check.claim(
    "bare",
    "bare coordinates stay within three decibels of the mean picture",
    psnr(bare, ~seen) - chance,
    "<",
    3,
    seeds=3,
    settles={"bare": "a blur"},
)

# %%
check.claim(
    "features",
    "Fourier features of scale 3 gain four decibels and more on that",
    psnr(drawn[3], ~seen) - psnr(bare, ~seen).max(),
    ">",
    4,
    seeds=3,
)

# %% [markdown]
# A network learns first what is smooth *in its inputs* (Tancik et al. 2020),
# and as a function of fast waves even a sharp edge is smooth.
# A toy result: 150 steps show that bare coordinates are slow, not that they
# cannot.
#
# **Predict.** At scale 30, is the trouble that the network cannot fit?

# %%
check.predict(
    "memory",
    "At scale 30, on pixels it has seen and not seen, it does",
    ["badly on both", "well on seen, below chance on unseen", "well on both"],
)

# %% tags=["trained"]
on_seen = torch.stack([psnr(drawn[s], seen) for s in scales], dim=-1)
unseen = torch.stack([psnr(drawn[s], ~seen) for s in scales], dim=-1)
plots.lines(
    {"seen pixels": on_seen, "held-out pixels": unseen},
    x=scales,
    xlabel="scale of the frequencies",
    ylabel="PSNR (dB)",
    logx=True,
    chance=chance,
    alt="On seen pixels features serve at every scale; on held-out ones they "
    "rise to scale 3, then fall below the mean picture",
)

# %%
check.claim(
    "memory",
    "at scale 30, held-out pixels come out worse than the mean picture",
    psnr(drawn[30], ~seen) - chance, "<", -0.5, seeds=3,
)
check.claim(
    "gap", "there, seen pixels are four decibels better and more",
    psnr(drawn[30], seen) - psnr(drawn[30], ~seen), ">", 4, seeds=3,
    settles={"memory": "well on seen, below chance on unseen"},
)

# %% [markdown]
# It has memorised. Why there? Ask how alike the codes of two pixels are.
# For frequencies from $N(0,\sigma^2)$, with scale σ, the mean product of two
# codes at distance $r$ is $\mathbb E\cos(2\pi b r)=e^{-2\pi^2\sigma^2r^2}$:
# a kernel, with a width you choose.

# %%
r = torch.arange(17, dtype=exact) / 64  # 0 to 16 pixels
many = torch.randn(20_000, 1, dtype=exact)
sampled = {s: torch.cos(2 * math.pi * s * many * r).mean(0) for s in scales}
formula = {s: torch.exp(-2 * (math.pi * s * r) ** 2) for s in scales}

gaps = torch.stack([sampled[s] - formula[s] for s in scales])

# %%
check.claim(
    "width", "drawn frequencies follow it", gaps.abs().max(), "<", 0.05
)

# %%
plots.lines(
    {f"scale {s}": formula[s] for s in scales},
    xlabel="pixels apart",
    ylabel="likeness of two codes",
    alt="Scale 1 reaches over many pixels, scale 3 over a few; "
    "at scale 30 neighbours are strangers",
)

# %% [markdown]
# At scale 1 likeness reaches over many pixels.
# At scale 30 a pixel says nothing about the one beside it: there is nothing
# to generalise from.
# Tune the scale on held-out points.

# %% [markdown]
# Tancik et al. (2020) measured natural pictures (their notebook, test PSNR,
# mean ± deviation over pictures): 19.32 ± 2.48 with no features, 21.72 ± 2.72
# with one wave an axis, 24.95 ± 3.72 with a geometric row of waves, and
# 25.57 ± 4.19 with Gaussian ones of scale 10.
# The last two lie closer than that spread can tell.
# Scale 10 suits their 512 × 512 pixels, not our 64 × 64: by the kernel,
# neighbours there are 0.99 alike, here 0.62.

# %% [markdown]
# **Exercise 3** · difficulty 2 of 5 · 5 minutes
#
# Write the features: `coordinates` are (n, c), `frequencies` (m, c).
# Return (n, 2m): for each point the sines of
# $2\pi\sum_c b_{jc}x_c$ for all $j$, then the cosines.
# Worked case: the point (0.25,) with frequency (1,) gives (1, 0).
#
# <details><summary>Hint</summary>
#
# One matrix product makes all n × m phases.
#
# </details>


# %% tags=["exercise"]
def fourier_features(coordinates, frequencies):
    """(n, c), (m, c) -> (n, 2m)"""
    ### BEGIN SOLUTION
    phases = 2 * math.pi * coordinates @ frequencies.T  # (n, m)
    return torch.cat((phases.sin(), phases.cos()), dim=-1)
    ### END SOLUTION


check.fourier_features(fourier_features)

# %% [markdown]
# ## What you can now do
#
# - Give patches two numbers, in halves of an added code or of RoPE's pairs,
#   and name what an axial score cannot tell apart.
# - Guard a grid with two lines, and stretch a learned table in two directions.
# - Encode a time: from its own origin, in a unit and base that span the
#   gaps, with a hand for each known period.
# - Use Fourier features, and find their scale on held-out points.

# %% [markdown]
# ## References
#
# - Dosovitskiy et al. (2020), *An Image is Worth 16x16 Words*,
#   arXiv 2010.11929: appendix D.4, Table 8.
# - Carion et al. (2020), *End-to-End Object Detection with Transformers*,
#   arXiv 2005.12872: halves for rows and columns.
# - Heo et al. (2024), *Rotary Position Embedding for Vision Transformer*,
#   arXiv 2403.13298: axial and mixed rotary.
# - Tancik et al. (2020), *Fourier Features Let Networks Learn High Frequency
#   Functions in Low Dimensional Domains*, arXiv 2006.10739: the features;
#   figures from the authors' `Experiments/2d_image_regression.ipynb`.
# - Threads: huggingface/transformers pull request 41380 (RT-DETR: places
#   listed column by column), Mountchicken/Union14M issue 12 (a square grid for
#   8 × 32),
#   pengzhiliang/MAE-pytorch issue 39 (a 1-D sinusoid at another resolution).
