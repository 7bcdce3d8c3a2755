# %% [markdown]
# # 10 · What is a position, if not an index?
#
# Needs: 07 · 50 minutes, boxes and exercises apart · CPU (about ten seconds of training)
#
# In a text, the position of a token is its index.
# A patch of an image has a row and a column, a payment has a time, and a point in space has coordinates.
# What goes wrong if we still number them 0, 1, 2, …, and what is better?
#
# After this lesson you can
#
# - **encode** a patch by its row and its column, and test the grid with two lines,
# - **choose** the unit and the base for positions that are times,
# - **judge** a network that draws an image from coordinates by its held-out pixels,
# - **build** the positions of a prompt with text, images and video (M-RoPE).
#
# A part that is marked *Box* is folded. Nothing later needs it.

# %% [markdown]
# Two questions on earlier lessons. Answer in your head before you look.
#
# **Recall 1** · From 03: on what does the dot product of two sinusoidal position vectors depend?
#
# <details><summary>Answer</summary>
#
# Only on the relative distance: it is $\sum_i\cos\omega_i(p-q)$.
# Divided by its value at distance 0, it is the kernel.
#
# </details>
#
# **Recall 2** · From 07: RoPE rotates a query at position p and a key at position q. Why does their score depend only on p − q?
#
# <details><summary>Answer</summary>
#
# Rotating query and key by the same angle does not change their dot product.
# So only the difference of the two angles matters, $\omega(p-q)$ in each pair.
#
# </details>

# %% [markdown]
# ## 1 · Is an image a long sentence?
#
# A vision Transformer cuts an image into **patches** and reads them row by row, as tokens.
# So we could number the patches 0, 1, 2, … and use the sinusoidal encoding of lesson 03.

# %%
import math

import torch

import posenc
from posenc import check, functional, plots, training, widgets
from posenc.encodings import AxialRope, Sinusoidal2D

exact = torch.float64

# %%
check.predict_number(
    "touching",
    "On 12 × 12 patches, (6, 5) is directly below (5, 5). How many of the "
    "other 142 patches have a position vector more similar to (5, 5)?",
    unit="patches", low=0, high=142, near=0.25, kind="surprise",
)

# %%
line = posenc.sinusoidal(torch.arange(144), 64, dtype=exact)  # (144, d)
similar = (line @ line[5 * 12 + 5] / 32).reshape(12, 12)  # 32: squared norm

plots.heatmap(
    similar, xlabel="column", ylabel="row",
    label="cosine similarity to (5, 5)",
    alt=f"Within row 5 the similarity is at least {similar[5].min():.2f}; "
    f"one row above or below (5, 5) it is {similar[6, 5]:.2f}",
)

# %%
check.claim("row first", "if patches are numbered row by row, many patches "
            "are more similar to patch (5, 5) than its neighbour directly "
            "below, (6, 5)",
    (similar > similar[6, 5] + 1e-9).sum() - 1, "in", (5, 60), show="{:.0f}",
    settles={"touching": "measured"},
)

# %% [markdown]
# One row down is twelve positions away, and the other end of row 5 only six.
# A patch has a row and a column, so let us give it two numbers:


# %%
def grid(height, width):
    rows, columns = torch.arange(height), torch.arange(width)
    return torch.cartesian_prod(rows, columns)  # (height · width, 2)


grid(2, 3)

# %% [markdown]
# **Exercise 1** · difficulty 1 of 5 · 5 minutes
#
# Write `grid` without `cartesian_prod`, from the numbers 0, 1, 2, … of the patches.
# The grid need not be square.
#
# <details><summary>Hint</summary>
#
# How many patches come before the first patch of row r?
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

# %% [markdown] id="two-vectors"
# ## 2 · Why not add the vectors of row and column?
#
# A text model adds its position vectors to the embeddings.
# So why not add two sinusoidal vectors, PE(row) + PE(column)?

# %%
check.predict(
    "equally similar",
    "Patch (r, c) gets PE(r) + PE(c). On 14 × 14 patches, how many have the "
    "same dot product with (3, 10) as (3, 10) has with itself?",
    ["one, the patch itself", "two", "four", "all in its row or column"],
    sure=True, kind="surprise",
    beliefs={"one, the patch itself": "no source found",
             "two": "of the mirror image: facebookresearch/detr#278",
             "all in its row or column": "no source found"},
)

# %%
places = grid(14, 14)  # (196, 2)
vectors = posenc.sinusoidal(places, 64, dtype=exact)  # (196, 2, d)
added = vectors[:, 0] + vectors[:, 1]  # (196, d)


def similar_to(vectors, row, column, width=14):
    chosen = vectors[row * width + column]
    return (vectors @ chosen / (chosen @ chosen)).reshape(-1, width)


# %%
to_itself = similar_to(added, 3, 10) > 1 - 1e-9  # (14, 14)
check.claim(
    "equally similar",
    "if each patch has the vector PE(row) + PE(column), some patches have the "
    "same dot product with (3, 10) as (3, 10) has with itself",
    to_itself.sum(), "in", (3, 6), show="{:.0f}",
    settles={"equally similar": "four"},
)
to_itself.nonzero().tolist()

# %% [markdown]
# One of the four is the mirror image (10, 3).
# A sum does not depend on the order of its terms, so the 196 patches share 105 vectors.
# The other two, (3, 3) and (10, 10), have vectors of their own; call them ghosts.
# Where do they come from?
#
# With $K$ for the kernel of lesson 03, the dot product for $(r,c)$ and $(r',c')$, divided by 32, has four terms, and two of them compare a row with a column:
#
# $$K(r-r')+K(c-c')+K(r-c')+K(c-r').$$

# %%
def K(offset):
    return posenc.kernel(offset, 64)


r, c = places.T  # and (r′, c′) is (3, 10)
own, crossed = K(r - 3) + K(c - 10), K(r - 10) + K(c - 3)
gap = (added @ added[3 * 14 + 10] / 32 - own - crossed).abs().max()

# %%
check.claim("four terms", "the dot product of two added vectors is a sum of "
            "kernels, two of which compare a row with a column",
            gap, "<", 1e-10)

# %% [markdown]
# At (3, 3) the column equals the *row* of (3, 10).
# That is a coincidence, but it adds as much as an equal row does.
#
# So put the two vectors side by side: the row's in the first half of the channels, the column's in the second.
# This is the **2D sin-cos embedding**, and its dot product has only the first two terms.

# %%
half = posenc.sinusoidal(places, 32, dtype=exact)  # (196, 2, d/2)
concatenated = half.flatten(-2)  # (196, d): row, then column

maps = {"added": similar_to(added, 3, 10),
        "concatenated": similar_to(concatenated, 3, 10)}
plots.heatmaps(
    maps, xlabel="column", ylabel="row", label="similarity to (3, 10)",
    alt="; ".join(f"{name}: {int((m > 0.999).sum())} of 196 patches at 1"
                  for name, m in maps.items()),
)

# %%
ours = Sinusoidal2D(posenc.Dims(d_model=64))
gap = (ours.code(places, exact) - concatenated).abs().max()

check.claim("ours", "Sinusoidal2D puts the vectors of row and column side "
            "by side", gap, "==", 0)

# %% [markdown]
# Adding is not the fault; adding the *same* encoding twice is.
# With the channels of the column's vector in another order, all 196 sums differ (the code is folded).
# Two learned position tables, one for rows and one for columns, are also two different encodings.

# %% jupyter={"source_hidden": true}
shuffled = torch.randperm(64, generator=torch.Generator().manual_seed(0))
two_kinds = vectors[:, 0] + vectors[:, 1][:, shuffled]  # (196, d)
distinct = len(two_kinds.mul(1e9).round().unique(dim=0))

check.claim("two kinds", "sums of two different encodings give each of 196 "
            "patches a vector of its own", distinct, "==", 196)

# %% [markdown] id="detr"
# <details><summary>DETR adds such vectors to queries and keys in every layer, and never to values. How can it output the positions of boxes?</summary>
#
# DETR finds objects in images with a Transformer (Carion et al. 2020).
# Its vectors for row and column are side by side, as above.
# They are added to the queries and keys of each encoder layer and to the keys of cross-attention; the queries of the decoder get learned vectors instead, the *object queries*.
# Nothing is added to the values, so no position vector enters the residual stream of the encoder.
#
# A user asked how a position reaches the output, and got no answer (facebookresearch/detr#361).
# There are two hypotheses, partly from that thread: an object query can learn *where* its head reads, so that what it finds there tells the position; and the convolutions that make the image features leak positions through their zero padding.
#
# </details>

# %% [markdown] id="diagonal"
# ## 3 · Can RoPE see a diagonal?
#
# **Axial RoPE** rotates half of a head's pairs by the row, and the other half by the column.
# A score should then depend only on Δrow and Δcolumn, the key's position minus the query's.

# %%
axial = AxialRope(posenc.Dims(d_model=32, n_heads=1))
q, key = torch.randn(2, 1, 1, 81, 32, dtype=exact)  # (b, h, n, dh) each


def scores(pos, q=q, key=key):
    q, key = axial.rotate(q, key, pos, pos)
    return (q @ key.mT)[0, 0]  # (n, n)


nine = grid(9, 9)
gap = (scores(nine) - scores(nine + torch.tensor([100, 7]))).abs().max()

# %%
check.claim("relative", "under axial RoPE, moving the whole grid changes no "
            "score", gap, "<", 1e-10)

# %% [markdown]
# Now a head has to find strokes that fall to the right, ╲.
# For the patch in the middle of such a stroke, take the *sum* of its scores with the two ends of ╲, one step down-right and one step up-left.
# This sum must be greater than the sum for the two ends of ╱.
# All patches have the same key, so only positions can make the difference.

# %%
check.predict(
    "strokes",
    "Which weights of a head with axial RoPE give ╲ the greater sum?",
    ["most weights, for ╲ or for ╱", "only weights that use slow pairs",
     "no weights"],
    kind="reason",
    beliefs={"most weights, for ╲ or for ╱": "no source found",
             "only weights that use slow pairs": "no source found"},
)


# %%
def stroke(score):  # (9, 9), the query at (4, 4): ╲ minus ╱
    falling = score[5, 5] + score[3, 3]
    return falling - score[5, 3] - score[3, 5]


def score_map(q, key):  # one query, the same key at every patch
    same = [x[:, :, :1].expand(1, 1, 81, 32) for x in (q, key)]
    return scores(nine, *same)[40].reshape(9, 9)


# %%
heads = torch.randn(200, 2, 1, 1, 1, 32, dtype=exact)
found = torch.stack([stroke(score_map(*head)) for head in heads])

# %% id="strokes"
check.claim(
    "strokes",
    "in 200 random heads with axial RoPE, ╲ and ╱ get the same sum of scores",
    found.abs().max(), "in", (0, 1e-10), settles={"strokes": "no weights"},
)

# %% [markdown]
# Each pair is rotated by the row *or* by the column, so the score is a sum $f(\Delta r)+g(\Delta c)$.
# For the two ends of ╲ the sum is $f(1)+f(-1)+g(1)+g(-1)$, and for those of ╱ it is the same, whatever the weights.
# A head can give one end the highest score, but it cannot prefer both ends of one stroke.

# %% [markdown]
# **The way out** is to rotate each pair along a *direction* $\boldsymbol\omega$, by the angle $\boldsymbol\omega\cdot(\text{row},\text{column})$.
# Heo et al. (2024) learn these directions and call the encoding **RoPE-Mixed**.
#
# The figure shows the score of a single pair whose query and key are equal; at first only the row rotates it, as in axial RoPE.
# Move `row` and `column`, or compare the figures: which setting prefers ╲?


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


widgets.explore(draw, row=(-2, 2, 1, 1), column=(-2, 2, 1, 0),
                stills=[{"row": 1, "column": 1}, {"row": 1, "column": -1}],
                labels={"row": "row: turns", "column": "column: turns"})

# %% [markdown]
# The setting with opposite signs does: along ╲ row and column grow together, so the two parts of the angle cancel and the score stays at its maximum.


# %%
def mixed_map(q, key, omega):  # (81, dh) twice, (dh/2, 2)
    theta = nine.to(exact) @ omega.T  # (81, dh/2)
    q, key = (functional.rotate_pairs(x, theta) for x in (q, key))
    return (q[40] * key).sum(-1).reshape(9, 9)


ones = torch.ones(81, 2, dtype=exact)
omega = torch.tensor([[1.0, -1.0]], dtype=exact) * math.pi / 4

# %%
check.claim("mixed", "one pair that is rotated along (1, −1) gives ╲ a "
            "greater sum of scores than ╱",
            stroke(mixed_map(ones, ones, omega)), ">", 1)

# %% [markdown] id="kinds-for-images"
# **Does the kind of encoding matter for images?**
# The authors of ViT compared four kinds (Dosovitskiy et al. 2020, appendix D.4, Table 8: B/16, 5-shot accuracy on ImageNet, no spread given).
# Without positions the accuracy was 0.614; with one learned vector per patch 0.642; with learned vectors for row and column 0.640; with relative positions 0.640.
# So *some* encoding mattered, but its kind hardly did.
# The authors suppose that on so small a grid all kinds are equally easy to learn.

# %% [markdown]
# ## 4 · Are rows and columns correct?
#
# A scanned line of text may have 8 × 32 patches.
# Published programs have made two slips there: height and width are swapped, so that the patches are listed column by column; or √256 = 16 is taken for both sides.

# %% tags=["large"]
built = {
    "correct": grid(8, 32),
    "height and width swapped": grid(32, 8).flip(-1),
    "a square assumed": grid(16, 16),
}
plots.heatmaps(
    {name: pos[:, 0].reshape(8, 32) for name, pos in built.items()},
    xlabel="column", ylabel="row", label="row that the patch is given",
    alt="; ".join(f"{name}: the 32 patches of row 0 get "
                  f"{len(pos[:32, 0].unique())} different rows"
                  for name, pos in built.items()),
)

# %% [markdown]
# Each row should have one colour.
# With the swap the given rows change along each row, and the square splits each row in two.
# We say that two touching patches are *torn apart* if their given positions do not touch (the code is folded).


# %% jupyter={"source_hidden": true}
def torn(pos, height, width):
    """Fraction of touching patches whose given positions do not touch."""
    at = pos.reshape(height, width, 2)
    down, right = (at[1:] - at[:-1]), (at[:, 1:] - at[:, :-1])
    steps = torch.cat((down.reshape(-1, 2), right.reshape(-1, 2)))
    return (steps.abs().sum(-1) != 1).double().mean()


# %%
_, swapped, square = built.values()
fractions = torch.stack([torn(pos, 8, 32) for pos in (swapped, square)])

check.claim("torn", "on 8 × 32 patches, swapping height and width or assuming "
            "a square tears about half of the touching pairs apart",
            (fractions - 0.5).abs(), "<", 0.05)
check.claim("hidden", "on 16 × 16 patches, swapping height and width tears "
            "no touching pair apart", torn(grid(16, 16).flip(-1), 16, 16),
            "==", 0)

# %% [markdown]
# On a square grid the swap only exchanges the names of rows and columns, so no result of such a model shows it.
# A model that assumed a square for its 8 × 32 patches still worked, as its author wrote (Mountchicken/Union14M#12).
#
# Two lines guard against both slips.
# Try them on the wrong grids: the first stops the swap, the second stops both.

# %%
pos, width = built["correct"], 32
assert (pos[1] - pos[0]).tolist() == [0, 1], "one patch on: one column"
assert (pos[width] - pos[0]).tolist() == [1, 0], "one row on: one row"

# %% [markdown] id="larger-image"
# ## 5 · What if the image gets larger?
#
# A model was trained on 14 × 14 patches and is used on 20 × 20.
# Suppose a head attends to the patch below, with a shift matrix as in lesson 03.
# For numbered patches this matrix advances the query's vector by 14 positions, and for the 2D sin-cos embedding by one row.
# Does the head still find the patch below in the larger image?

# %%
by_14 = posenc.shift_matrix(14, 64, dtype=exact)
one = posenc.shift_matrix(1, 32, dtype=exact)
one_row = torch.block_diag(one, torch.eye(32, dtype=exact))


def finds_below(vectors, matrix, width):
    best = (vectors @ matrix.T @ vectors.T).argmax(-1)  # key of each query
    below = torch.arange(len(vectors)) + width
    return (best == below)[:-width].double().mean()


def both(n):
    as_line = posenc.sinusoidal(torch.arange(n * n), 64, dtype=exact)
    line = finds_below(as_line, by_14, n)
    as_grid = finds_below(ours.code(grid(n, n), exact), one_row, n)
    return torch.stack((line, as_grid))


# %% id="larger"
check.claim("trained size", "on 14 × 14 patches both shift matrices find the "
            "patch below every time", both(14), "==", 1)
check.claim("larger", "on 20 × 20 patches the matrix for rows finds the patch "
            "below every time, and the one for 14 positions never",
            both(20)[1] - both(20)[0], "==", 1)

# %% [markdown]
# With rows of 20, the patch 14 positions later is in the same row, or one row down and six columns to the left.
# A user of a model with a one-dimensional sinusoidal encoding saw diagonal stripes in the attention maps at a higher resolution, and suspected this cause (pengzhiliang/MAE-pytorch#39).
#
# We set these matrices by hand; to a *trained* head, rows 14 to 19 would be new (lesson 05, section 5).

# %% [markdown] id="squeezed"
# <details><summary>At a larger size, do sinusoidal rows continue beyond 13, or are they squeezed into the old range?</summary>
#
# A sinusoidal encoding can be computed for rows 0 to 19, or for 20 evenly spaced numbers from 0 to 13.
# Training met neither the rows above 13 nor fractions of rows, but the fractions lie between rows that it met.
# DETR divides by the last row and column, so that every image spans the same range, and CogVideoX divides when it moves to a higher resolution (zai-org/CogVideo#118).
# The author of MAE-pytorch calls it “not necessary” to interpolate sinusoids (MAE-pytorch#16).
# We have not measured which is better.
#
# </details>
#
# A *learned position table* has no vectors for new patches, so it must be interpolated (**position embedding interpolation**).

# %% [markdown]
# **Exercise 2** · difficulty 2 of 5 · 8 minutes
#
# Resize a learned position table from `old = (h, w)` patches to `new = (H, W)`.
# `table` is (h · w, d), row by row; return (H · W, d).
# For each channel, put its h · w numbers on the grid, interpolate them bilinearly (`align_corners=False`), and read the new grid row by row.
#
# <details><summary>Hint</summary>
#
# `torch.nn.functional.interpolate` needs (1, d, h, w): first `.T`, then `.reshape`.
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

# %% [markdown] id="stretched" jp-MarkdownHeadingCollapsed=true
# ### Box: Why not stretch the flat list of patches?
#
# *(3 minutes.)* To interpolate the list of 196 vectors to 400 would take one line.
# To judge the result we need a table whose values *between* two patches are known.
# A learned position table has no values there, but the 2D sin-cos embedding does.


# %%
def stretched(vectors, size):  # a list: (n, d) -> (size, d)
    n = len(vectors)
    at = (torch.arange(size, dtype=exact) + 0.5) * n / size - 0.5
    apart = at.clamp(0, n - 1)[:, None] - torch.arange(n)  # (size, n)
    return (1 - apart.abs()).clamp(min=0) @ vectors  # of two neighbours


# %% [markdown]
# On the grid, the row half of a vector changes only from row to row, and the column half only from column to column.
# So we stretch the 14 vectors of one side, and use them for both.

# %%
as_list = stretched(concatenated, 400)  # (400, d)

side = stretched(posenc.sinusoidal(torch.arange(14), 32, dtype=exact), 20)
as_grid = side[grid(20, 20)].flatten(-2)  # (400, d)

between = (grid(20, 20) + 0.5) * 14 / 20 - 0.5  # centres, in old patches
true = ours.code(between.to(exact), exact)  # (400, d)

# %%
maps = {"stretched as a list": similar_to(as_list, 5, 5, 20),
        "stretched as a grid": similar_to(as_grid, 5, 5, 20)}
plots.heatmaps(
    maps, xlabel="column", ylabel="row", label="similarity to (5, 5)",
    alt="; ".join(f"{name}: {m[6, 5]:.2f} at the patch below"
                  for name, m in maps.items()),
)


# %%
def error(vectors):
    return (vectors - true).norm(dim=-1).mean() / true.norm(dim=-1).mean()


check.claim("stretch", "a table of patch positions stretched as a flat list "
            "has more than ten times the error of one stretched as a grid",
            error(as_list) / error(as_grid), ">", 10)

# %% [markdown]
# The list gives slanted streaks; the grid gives one maximum and a cross.
# In a learned position table each channel may change in both directions, so the exercise interpolates in both at once.

# %% [markdown] id="time"
# ## 6 · What if the position is a time?
#
# Take payments or visits to a doctor: the third event may come a second after the second one, or a year after it.
# Its index does not tell the difference, but its time does.
# The formula of lesson 03 does not need whole numbers:

# %%
times = torch.tensor([0.0, 0.4, 7.25, 1000.5], dtype=exact)  # hours
now = posenc.sinusoidal(times, 64, dtype=exact)  # (4, d)
later = posenc.sinusoidal(times + 1.5, 64, dtype=exact)
shift = posenc.shift_matrix(1.5, 64, dtype=exact)

# %%
check.claim("real", "one matrix advances the sinusoidal vector of any "
            "time by an hour and a half",
            (now @ shift.T - later).abs().max(), "<", 1e-9)

# %% [markdown]
# But a time brings choices that an index does not.
# The **origin** was chosen in [lesson 04, section 14](04_the_pytorch_module.ipynb#cell-id=half-past-two): count from the first event *before* you cast to float32.
# Next comes the **unit**.
#
# Many generators of images and video turn noise into an image while t runs from 0 to 1 or from 1 to 0.
# The network gets t as a sinusoidal vector, often with 256 channels and base 10 000.

# %%
check.predict_number(
    "ends of t",
    "What is the cosine similarity of the vectors of t = 0 and t = 1, the "
    "two ends of the process?",
    low=-1, high=1, near=0.05, kind="surprise",
)

# %% id="unit"
ends, in_steps = posenc.kernel(torch.tensor([1.0, 1000.0]), 256)
mean = posenc.inverse_frequencies(256, dtype=exact).cos().mean()
check.claim("ends of t", "the cosine similarity of the sinusoidal vectors of "
            "t = 0 and t = 1 is the mean of cos ω, here of 128 pairs at "
            "base 10 000",
            ends, "in", (float(mean) - 1e-9, float(mean) + 1e-9),
            show="{:.2f}", settles={"ends of t": "measured"})
round(float(in_steps), 2)  # of t = 0 and t = 1000

# %% [markdown]
# The two ends are almost the same vector.
# The frequencies, from 1 radian per unit downwards, were made for *steps* 0, 1, …, 999: between t = 0 and t = 1 even the fastest pair advances by only one radian.
# If t is first multiplied by 1000, the two ends have similarity 0.19.
#
# <details><summary>What does it cost to leave the factor out?</summary>
#
# Several published programs left it out (sihyun-yu/REPA#40, willisma/SiT#24), and models can be trained without it, because the MLP after the encoding can enlarge small differences.
# The cost is an open question: one author suspects that it worsened their images (ArchiMickey/Just-a-DiT#9), another saw no effect (ByteDance-Seed/Bagel#199).
#
# </details>

# %% [markdown]
# Now take the events of a month, with 64 channels, base 10 000 and the time in seconds or in days.
# How does the similarity depend on the time between two events?

# %% jupyter={"source_hidden": true}
gaps = torch.logspace(0, 6.4, 65, dtype=exact)  # seconds, up to 29 days
near_each = torch.logspace(-0.05, 0.05, 40, dtype=exact)[:, None]  # (40, 1)
units = {"in seconds": 1, "in days": 86_400}
curves = {name: K((near_each * gaps / unit).flatten()).reshape(40, 65)
          for name, unit in units.items()}

plots.lines(
    curves, x=gaps, logx=True, band="nearby gaps",
    xlabel="seconds between two events", ylabel="cosine similarity",
    alt="; ".join(f"{name}: {curve[:, 36].mean():.2f} near an hour, "
                  f"{curve[:, 60].mean():.2f} near eleven days"
                  for name, curve in curves.items()),
)

# %% [markdown]
# It is the same curve twice, once stretched by a factor of 86 400, which is a shift on this logarithmic axis.
# Each point is the mean over 40 nearby gaps, and the bands show the ripples.
# In seconds only ripples are left after some hours, so a day looks as different as a week.
# In days an hour looks as similar as a second.

# %%
slowest = 2 * math.pi / posenc.inverse_frequencies(64)[-1]  # units in a turn
minute = torch.tensor([1 / 1440], dtype=exact)  # in days
check.claim("seconds", "if times are in seconds, the slowest of 32 pairs at "
            "base 10 000 completes a turn within a day", slowest, "<", 86_400)
check.claim("days", "if times are in days, a minute changes the similarity "
            "by less than a millionth", 1 - K(minute), "<", 1e-6)

# %% [markdown] id="unit-and-base"
# **First choose the unit**: the fastest pair advances by one radian per unit, so the unit should be about the shortest gap that matters.
# **Then choose the base**: the slowest pair must not complete a turn within the longest gap.
# A month has 2.6 million seconds, and at base 10 000 the slowest of 32 pairs completes a turn in 47 000 of them.

# %% [markdown]
# **The period.** If your data repeat after a known time, give that period a pair of its own.
# Here the day and the week have a pair each, and we compare nine o'clock with nine o'clock a day later and a week later.

# %%
hours = torch.tensor([[9.0], [33.0], [177.0]], dtype=exact)  # (3, 1)
periods = torch.tensor([[1 / 24], [1 / 168]], dtype=exact)  # turns per hour
clock = functional.fourier_features(hours, periods)  # sines, then cosines

a_day_later = (clock[1] - clock[0])[[0, 2]].abs().max()  # the day's pair
a_week_later = (clock[2] - clock[0]).abs().max()

# %%
check.claim("periods", "of two pairs with the periods of a day and of a week, "
            "the first is the same a day later and both a week later",
            torch.stack([a_day_later, a_week_later]), "<", 1e-9)

# %% [markdown] id="point"
# ## 7 · What if the position is a point?
#
# For the day and the week we chose the frequencies ourselves.
# **Fourier features** are such pairs for coordinates $\mathbf x$ of any dimension,
#
# $$\big(\sin 2\pi\,\mathbf b\cdot\mathbf x,\ \cos 2\pi\,\mathbf b\cdot\mathbf x\big)\quad\text{for each row }\mathbf b\text{ of a matrix of frequencies.}$$
#
# An image can be described by a function from coordinates to brightness.
# A small MLP that represents such a function is called a **neural field**.
# Ours has to learn this image:

# %% jupyter={"source_hidden": true}
centres = (torch.arange(64) + 0.5) / 64
points = torch.cartesian_prod(centres, centres)  # (4096, 2)
y, x = points.T

rings = torch.cos(12 * math.pi * torch.hypot(y - 0.35, x - 0.65))
stem = (x > 0.1) & (x < 0.4) & (y > 0.5) & (y < 0.9)
slots = ((y > 0.58) & (y < 0.66)) | ((y > 0.74) & (y < 0.82))
letter = stem & ~((x > 0.2) & slots)
image = torch.where(letter, 0, 0.6 + 0.3 * rings)  # (4096,)

plots.heatmap(
    image.reshape(64, 64), xlabel="column", ylabel="row", label="brightness",
    alt=f"Rings around a point, and a dark letter E; mean {image.mean():.2f}",
)

# %% [markdown]
# The network sees half of the 4096 pixels, drawn at random; the others are held out.
# We train it from three seeds.
# The baseline (*chance* in the figure) is the *mean image*, which has the mean brightness of the seen pixels everywhere.

# %%
seen = torch.rand(4096, generator=torch.Generator().manual_seed(1)) < 0.5


def fit(inputs, seed, steps=150):  # (4096, f) -> (4096,)
    torch.manual_seed(seed)
    layer, relu = torch.nn.Linear, torch.nn.ReLU()
    net = torch.nn.Sequential(
        layer(inputs.shape[1], 48), relu, layer(48, 48), relu, layer(48, 1))
    adam = torch.optim.Adam(net.parameters(), lr=1e-2)
    for _ in range(steps):
        error = net(inputs[seen]).squeeze(-1) - image[seen]
        adam.zero_grad()
        error.square().mean().backward()
        adam.step()
    return net(inputs).squeeze(-1).detach()


# %% [markdown]
# We measure the peak signal-to-noise ratio in decibels, $\mathrm{PSNR}=-10\log_{10}(\text{mean squared error})$ for brightness from 0 to 1.
# Ten decibels more mean a tenth of the mean squared error.
#
# First we give the network the bare coordinates (y, x).


# %%
def psnr(drawn, where):
    error = (drawn - image)[..., where].square().mean(-1)
    return -10 * error.log10()


chance = psnr(image[seen].mean().expand(4096), ~seen).item()
with training.one_thread():
    bare = torch.stack([fit(points, seed) for seed in range(3)])

# %%
check.claim("bare", "an image that a small MLP draws from bare coordinates is "
            "less than three decibels better than the mean image",
            psnr(bare, ~seen) - chance, "<", 3,
            seeds=3)

# %% [markdown]
# The image is a blur.
# A network first learns what varies slowly with its inputs, which is called **spectral bias**.
# With fast waves as inputs, even a sharp edge varies slowly (Tancik et al. 2020).
# So we replace (y, x) by 32 pairs, whose frequencies are drawn from a normal distribution; the **scale** is its standard deviation, in waves per image.


# %%
def features(scale, seed, m=32):
    generator = torch.Generator().manual_seed(seed)
    frequencies = torch.randn(m, 2, generator=generator) * scale
    return functional.fourier_features(points, frequencies)  # (4096, 2m)


# %%
check.predict_curve(
    "held-out",
    "How good is the image on held-out pixels with frequencies of these "
    "scales? (The mean image has 11.5 dB.)",
    x=(0.3, 1, 3, 10, 30), low=0, high=30,
    xlabel="scale of the frequencies", ylabel="PSNR in dB", kind="surprise",
)

# %% tags=["trained"]
scales = (0.3, 1, 3, 10, 30)
with training.one_thread():
    drawn = {
        scale: torch.stack([fit(features(scale, s), s) for s in range(3)])
        for scale in scales
    }
on_seen = torch.stack([psnr(drawn[s], seen) for s in scales], dim=-1)
unseen = torch.stack([psnr(drawn[s], ~seen) for s in scales], dim=-1)

# %% tags=["trained"]
plots.lines(
    {"seen pixels": on_seen, "held-out pixels": unseen}, x=scales, logx=True,
    xlabel="scale of the frequencies", ylabel="PSNR in dB",
    levels={"mean image": chance}, guess=check.drawn("held-out"),
)

# %%
check.claim("held-out", "random Fourier features of five scales from 0.3 "
            "to 30 draw held-out pixels with 5 to 29 decibels",
            unseen.mean(0), "in", (5, 29),
            seeds=3, settles={"held-out": "measured"})
check.claim("memory", "random Fourier features of scale 30 draw held-out "
            "pixels worse than the mean image does",
            psnr(drawn[30], ~seen) - chance, "<", -0.5,
            seeds=3)
check.claim("gap", "random Fourier features of scale 30 draw seen pixels at "
            "least four decibels better than held-out ones",
            psnr(drawn[30], seen) - psnr(drawn[30], ~seen), ">", 4, seeds=3)

# %% tags=["trained", "large"]
images = {"bare (y, x)": bare, "features, scale 3": drawn[3],
          "features, scale 30": drawn[30]}
plots.heatmaps(
    {name: i[0].reshape(64, 64).clamp(0, 1) for name, i in images.items()},
    xlabel="column", ylabel="row", label="brightness",
)

# %% id="features"
check.claim("features", "on held-out pixels, Fourier features of scale 3 are "
            "more than four decibels better than bare coordinates",
            psnr(drawn[3], ~seen) - psnr(bare, ~seen).max(), ">", 4, seeds=3)

# %% [markdown]
# On seen pixels the image gets better up to scale 10, but on held-out pixels only up to scale 3.
# At scale 30 the network has memorised the seen pixels and draws noise between them.
# (A toy result: 150 steps show that bare coordinates are slow, not that they fail.)
#
# Why does the network memorise at scale 30?
# For frequencies from $N(0,\sigma^2)$, the features of two pixels at distance $r$ have the mean cosine similarity $\mathbb E\cos(2\pi b r)=e^{-2\pi^2\sigma^2r^2}$: a kernel whose width you choose by the scale σ.

# %%
distance = torch.arange(17, dtype=exact) / 64  # 0 to 16 pixels
kernels = {f"scale {s}": torch.exp(-2 * (math.pi * s * distance) ** 2)
           for s in (1, 3, 10, 30)}
plots.lines(
    kernels, xlabel="distance in pixels", ylabel="cosine similarity",
    alt="; ".join(f"{name}: {kernel[1]:.2f} between neighbours"
                  for name, kernel in kernels.items()),
)

# %% jupyter={"source_hidden": true}
b = torch.randn(20_000, 1, dtype=exact)
sampled = {s: torch.cos(2 * math.pi * s * b * distance).mean(0)
           for s in (1, 3, 10, 30)}
misses = torch.stack([sampled[s] - kernels[f"scale {s}"] for s in sampled])
check.claim("width", "the mean cosine similarity of random Fourier features "
            "follows a Gaussian kernel", misses.abs().max(), "<", 0.05)

# %% [markdown]
# At scale 1 the similarity reaches across many pixels.
# At scale 30 a pixel is not similar to its neighbour, so there is nothing to generalise from.
# Choose the scale on held-out points.

# %% [markdown]
# <details><summary>What did Tancik et al. measure on real images?</summary>
#
# Their networks drew natural images of 512 × 512 pixels.
# The PSNR on held-out pixels was 19.32 dB without features, 21.72 with one wave per axis, 24.95 with frequencies in a geometric series along each axis, and 25.57 with Gaussian frequencies of scale 10.
# The standard deviations in their notebook, 2.5 to 4.2 dB, are spreads *between images*.
# All four methods drew the same images, so only the differences image by image would decide whether the last 0.6 dB are real.
# (On images of text the last two are farther apart, 27.57 and 30.47.)
#
# </details>

# %% [markdown] id="nerf"
# <details><summary>Is NeRF's encoding the same, and why does the paper have a π that the code omits?</summary>
#
# NeRF renders a scene from points and viewing directions (Mildenhall et al. 2020).
# Its γ(p) has $\sin(2^l\pi p)$ and $\cos(2^l\pi p)$ for each coordinate, with $l=0,\dots,9$ for points and $0,\dots,3$ for directions: Fourier features with the frequencies ½, 1, 2, ….
# The functions are those of lesson 03, but their purpose differs.
# There they *label* tokens for a Transformer, with frequencies that fall from 1; here they let an MLP fit fine detail, with doubling frequencies.
#
# The authors' code omits the π and keeps p as a further input.
# Their reason (bmild/nerf#12) is that many scenes extend to ±1.5, and without the π the slowest wave does not repeat there.
# So the π is a choice of the unit of p.
#
# </details>

# %% [markdown]
# **Exercise 3** · difficulty 2 of 5 · 5 minutes
#
# Write the features: `coordinates` are (n, c) and `frequencies` (m, c).
# Return (n, 2m): for each point the sines of $2\pi\sum_c b_{jc}x_c$ for all $j$, then the cosines.
# For example, the point (0.25,) with frequency (1,) gives (1, 0).
#
# <details><summary>Hint</summary>
#
# One matrix product computes all n × m phases.
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

# %% [markdown] id="mrope"
# ## 8 · Text, images and video in one sequence?
#
# A multimodal model reads text, images and video as one sequence of tokens.
# In **M-RoPE** (multimodal RoPE, Qwen2-VL, Wang et al. 2024) each token has *three* positions: time, height and width.
#
# - A text token has the same position three times.
# - All tokens of an image have the same time. Height and width count its rows and columns, and all three start at the position at which the image begins.
# - In a video, each frame is one step later than the frame before.

# %%
check.predict(
    "after image",
    "Ten text tokens have the positions 0 to 9, and an image of 32 × 32 "
    "tokens follows. Which position does the next text token get?",
    ["11", "42", "1034"],
    sure=True, kind="surprise",
    beliefs={"11": "a resumed server: lightseekorg/tokenspeed#236",
             "1034": "ml-explore/mlx-lm#1768"},
)

# %%
text = torch.arange(10)[:, None].expand(-1, 3)  # (10, 3)
start = text.max() + 1
image_pos = start + torch.cartesian_prod(
    torch.arange(1), torch.arange(32), torch.arange(32))  # (1024, 3)
following = image_pos.max() + 1

# %%
check.claim("after image", "in M-RoPE, text that follows an image "
            "continues at the largest position of that image plus 1",
            following, "in", (12, 100), show="{:.0f}",
            settles={"after image": "42"})

# %% [markdown]
# Each part begins at the largest position so far, plus 1, so an image with 1024 tokens takes up only 32 positions.
#
# In lesson 09 the next position was the number of tokens seen; here it is not.
# Programs keep the difference, `mrope_position_deltas`, in this example 42 − 1034 = −992.
# Here is a smaller prompt, with 6 text tokens, an image of 4 × 8 tokens and 6 more text tokens:

# %% jupyter={"source_hidden": true}
image_part = 6 + torch.cartesian_prod(
    torch.arange(1), torch.arange(4), torch.arange(8))  # (32, 3)
prompt = torch.cat((torch.arange(6)[:, None].expand(-1, 3), image_part,
                    14 + torch.arange(6)[:, None].expand(-1, 3)))  # (44, 3)
axes = dict(zip(("time", "height", "width"), prompt.T, strict=True))
plots.lines(
    axes, steps=True, xlabel="index of the token", ylabel="position",
    alt="; ".join(f"{name}: {p[5]}, then {p[6]} to {p[37]} in the image, "
                  f"then {p[38]}" for name, p in axes.items()),
)

# %% [markdown]
# Now each of a head's pairs is rotated by *one* of the three positions.
# Qwen2-VL has 64 pairs per head and assigns them in blocks: the fastest 16 pairs follow time, the next 24 height, and the slowest 24 width (`mrope_section`, the default in `transformers` 5.23.0).
# `rotate_halves` pairs channel i with channel i + 64, as in lesson 07.

# %%
frequencies = posenc.inverse_frequencies(128, 1e6, dtype=exact)  # (64,)
in_blocks = torch.tensor([0] * 16 + [1] * 24 + [2] * 24)  # axis of each pair


def mrope(x, pos, axis):  # (n, dh), (n, 3), (dh/2,) -> (n, dh)
    theta = pos[:, axis] * frequencies  # (n, dh/2)
    return functional.rotate_halves(x, theta)


ours_too = functional.mrope_angles(prompt, frequencies, (16, 24, 24))
check.claim("blocks", "mrope_angles of posenc gives each pair the position of "
            "its own axis, times its frequency",
            (ours_too - prompt[:, in_blocks] * frequencies).abs().max(),
            "==", 0)

# %% [markdown]
# Qwen3-VL assigns its pairs in turn to time, height, width, time, …, so that each axis gets fast and slow pairs; the last four follow time (`mrope_section` 24, 20, 20, *interleaved*).
# Suppose a program assigns blocks of 24, 20 and 20 pairs, but the weights were trained with interleaved pairs.

# %%
check.predict(
    "wrong axes",
    "Which prompts does that program answer wrongly?",
    ["all prompts", "only prompts with an image or a video",
     "only long prompts"],
    kind="reason",
    beliefs={"all prompts": "no source found",
             "only long prompts": "no source found"},
)

# %%
split = torch.tensor([0] * 24 + [1] * 20 + [2] * 20)
dealt = torch.tensor([0, 1, 2] * 20 + [0] * 4)
queries, keys = torch.randn(2, 44, 128, dtype=exact)  # (n, dh) each


def mrope_scores(pos, axis):
    return mrope(queries, pos, axis) @ mrope(keys, pos, axis).T  # (n, n)


all_text = torch.arange(44)[:, None].expand(-1, 3)  # no image: (44, 3)
on_text, on_image = (
    (mrope_scores(pos, split) - mrope_scores(pos, dealt)).abs().max()
    for pos in (all_text, prompt))

# %% id="wrong-axes"
check.claim("same on text", "on a pure text, M-RoPE gives the same scores "
            "with its pairs in blocks as with interleaved pairs",
            on_text, "<", 1e-9)
check.claim("wrong axes", "in M-RoPE, blocks in place of interleaved pairs "
            "change scores of a prompt with an image and no score of a pure "
            "text",
            torch.stack([on_image.clamp(max=1), 1 - on_text]), "in",
            (1 - 1e-9, 1),
            settles={"wrong axes": "only prompts with an image or a video"})

# %% [markdown]
# A text token has the same position on all axes, so it does not matter which axis a pair follows.
# A merged fix describes this very case: the model answered text correctly, but described images as something else (mlx-node/mlx-node#80).
# So **test M-RoPE with an image**: a test on text passes whatever axes the pairs follow.

# %% jupyter={"source_hidden": true}
turned = torch.arange(44)[:, None] * frequencies  # plain RoPE: (44, dh/2)
plain = (functional.rotate_halves(queries, turned)
         @ functional.rotate_halves(keys, turned).T)  # (44, 44)
after = torch.arange(38, 44)  # the text after the image
across = (mrope_scores(prompt, in_blocks) - plain)[after][:, :6].abs()

# %%
check.claim("plain on text", "on a pure text, M-RoPE gives the same scores as "
            "RoPE with the same frequencies",
            (mrope_scores(all_text, in_blocks) - plain).abs().max(), "<", 1e-9)
check.claim("across", "between texts before and after an image, scores of "
            "M-RoPE differ from those of RoPE on token indices",
            across.max(), ">", 1)

# %% [markdown] id="mrope-verdict"
# > **Claim on trial: “On text, M-RoPE is plain RoPE.”**
# > Holds only if no image or video is between the tokens.
# > On a pure text all scores equal those of RoPE, because each pair is rotated by the same position.
# > Across an image, text tokens are closer than their indices say: the image of 1024 tokens takes up only 32 positions.
#
# A score is again a sum of one function per axis, $f(\Delta t)+g(\Delta h)+k(\Delta w)$, so it cannot prefer a diagonal (section 3).

# %% [markdown] id="video-time"
# <details><summary>And the time of a video?</summary>
#
# Qwen2-VL counts frames.
# In Qwen2.5-VL the time is absolute: the seconds between two frames, times the positions per second, then rounded down to whole positions.
# One version of `transformers` rounded the seconds *first*, so that at four frames per second all frames got the same time (huggingface/transformers#48669).
#
# The rule for the text after a video is the same, and its frames count.
# But `transformers` 5.23.0 counts only rows and columns, so after a video with more frames than rows or columns, text repeats the times of the last frames.
#
# </details>

# %% [markdown]
# **Exercise 4** · difficulty 3 of 5 · 10 minutes
#
# Write the positions of a whole prompt.
# `parts` is a list: a number means that many text tokens, and `(frames, rows, columns)` means an image (one frame) or a video, which is read frame by frame and row by row.
# Return (n, 3), with time, height and width for each token.
# A video's frames are one step apart, and each part begins at the largest position so far, plus 1.
#
# For `[2, (1, 2, 3), 1]` the times are 0, 1, 2, 2, 2, 2, 2, 2, 5, the heights 0, 1, 2, 2, 2, 3, 3, 3, 5, and the widths 0, 1, 2, 3, 4, 2, 3, 4, 5.
#
# <details><summary>Hint</summary>
#
# `torch.cartesian_prod` of three ranges gives frame, row and column of each token.
#
# </details>


# %% tags=["exercise"]
def prompt_positions(parts):
    """list of numbers and triples -> (n, 3): time, height, width"""
    ### BEGIN SOLUTION
    found, start = [], 0
    for part in parts:
        if isinstance(part, int):
            block = torch.arange(part)[:, None].expand(-1, 3)
        else:
            block = torch.cartesian_prod(*map(torch.arange, part))
        found.append(start + block)
        start = int(found[-1].max()) + 1
    return torch.cat(found)
    ### END SOLUTION


check.prompt_positions(prompt_positions)

# %% [markdown]
# **Exercise 5 · explain** · difficulty 3 of 5 · 8 minutes
#
# You port a multimodal model to a new program.
# It answers prompts of text correctly, but describes images as something else.
# There are two explanations: (A) the part that turns pixels into embeddings is wrong; (B) some pairs follow the wrong axis.
#
# Which of four runs can separate them: a longer text, an image of a single token, a larger image, or your language model with the image embeddings of the original program?
# Say what each explanation predicts for each run, in five sentences at most.
# No program checks this answer: it has a rubric.

# %% [markdown] tags=["explain"]
# *Write here: double-click, replace this line, press Shift+Enter.*

# %% [markdown] tags=["rubric"]
# <details><summary>Rubric for exercise 5, for after you have written</summary>
#
# Half a point for each:
#
# 1. A longer text separates nothing: it has no pixels, and all its positions are equal on the three axes, so both explanations predict a correct answer.
# 2. A larger image separates nothing either: both predict a wrong description.
# 3. An image of a single token has the same position on all axes, like a text token. (B) predicts that its scores are correct, (A) that the output still differs from the original's.
# 4. With the original's embeddings, (A) predicts a correct description, and (B) a wrong one.
#
# Both faults can be present at once, as they were in the port from which this exercise is taken (mlx-node/mlx-node#80); then only the two runs together show it.
#
# </details>

# %% [markdown]
# ## What surprised you
#
# Run the next cell at the end: it lists your predictions of this lesson that turned out wrong.
# In JupyterLab, each has a link to the cell that settled it. Explain each result to yourself before you continue.

# %%
check.surprises("10")

# %% [markdown]
# ## What you can now do
#
# - Give each patch a row and a column, by concatenated vectors or by axial RoPE, and name what an axial score cannot tell apart.
# - Guard a grid with two lines, and interpolate a learned position table in two directions.
# - Encode a time with its own origin, a unit and a base that fit the gaps, and a pair for each known period.
# - Use Fourier features, and choose their scale on held-out points.
# - Write the positions of a prompt with images, and say why a test on text cannot check M-RoPE.

# %% [markdown]
# ## References
#
# - Dosovitskiy et al. 2020, *An Image is Worth 16x16 Words*, arXiv 2010.11929: appendix D.4, Table 8.
# - Carion et al. 2020, *End-to-End Object Detection with Transformers* (DETR), arXiv 2005.12872; `models/position_encoding.py` (the vectors, the squeezed range) and `models/transformer.py` (queries and keys) of facebookresearch/detr.
# - Heo et al. 2024, *Rotary Position Embedding for Vision Transformer*, arXiv 2403.13298: RoPE-Axial and RoPE-Mixed.
# - Tancik et al. 2020, *Fourier Features Let Networks Learn High Frequency Functions in Low Dimensional Domains*, arXiv 2006.10739; numbers from the authors' `Experiments/2d_image_regression.ipynb`.
# - Mildenhall et al. 2020, *NeRF: Representing Scenes as Neural Radiance Fields for View Synthesis*, arXiv 2003.08934; `run_nerf_helpers.py` of bmild/nerf.
# - Wang et al. 2024, *Qwen2-VL: Enhancing Vision-Language Model's Perception of the World at Any Resolution*, arXiv 2409.12191; `modeling_qwen2_vl.py` and `modeling_qwen3_vl.py` of `transformers` 5.23.0.
# - Slips: huggingface/transformers#41380 (RT-DETR: patches listed column by column), Mountchicken/Union14M#12 (a square grid for 8 × 32).
