# %% [markdown]
# # 03 · What is forced, and what is chosen?
#
# Needs: 02 · 40 minutes, exercises apart · CPU
#
# The formula with the 10 000 in it looks as if it had fallen from the sky.
# Two demands force most of it; a few choices are left.
#
# After this lesson you can
#
# - **derive** the sinusoidal encoding from two demands, and say what is a choice,
# - **write** its frequencies, its position vectors and its shift matrix, and check them,
# - **read** from a kernel what attention can see of two positions.

# %% [markdown]
# Two questions on earlier lessons. Answer in your head, then unfold.
#
# **Recall 1** · From 01: you shuffle the tokens of a text. What does attention without a mask and without positions return, and why can no training change that?
#
# <details><summary>Answer</summary>
#
# It returns the same vectors, shuffled in the same way as the tokens.
# The proof assumes nothing about the weights, so it holds for every model that anyone will ever train.
#
# </details>
#
# **Recall 2** · From 02: each token has one number, its position. Why can no head make every token attend most to the token just before it?
#
# <details><summary>Answer</summary>
#
# The score of a query is then a straight line in the position j of the key, and a straight line is greatest at one of its ends.
# A second channel with p² bends the line, so that its peak can be anywhere; but p² grows without bound.
#
# </details>

# %%
import math

import torch

import posenc
from posenc import analysis, check, plots, widgets

torch.set_default_dtype(torch.float64)  # proofs need the digits

# %% [markdown]
# A counter writes a position in digits.
# The **sinusoidal encoding** writes it with clock hands.
# The last digit repeats after 10 positions; a hand that advances by $\omega$ radians per position repeats after $2\pi/\omega$ positions.
# In this figure the slow hands are at the left, like the slow digits of a counter; from section 2 on, the fast ones come first. (Section 2 also explains the word “pair”.)
#
# Go from position 8 to 9, then from 8 to 52.
# Which hand tells 8 from 9, and which one tells 8 from 52?


# %%
def dials(position):
    return plots.clock_hands(position, dim=8, odometer=10)


widgets.explore(dials, position=(0, 9999, 1, 8),
                stills=[{"position": 9}, {"position": 52}])

# %% [markdown]
# The fastest hand tells 8 from 9.
# But it points in nearly the same direction at 8 and at 52, because 44 radians are almost exactly seven turns.
# The next hand makes only seven tenths of a turn on the way, so it tells these two apart.
# Digits work in the same way (the last digit shows 8 again at 18), except that digits jump and hands glide.
#
# Why hands?
# And why these periods?
# The first answer is a theorem, the second a choice.

# %% [markdown] id="two-demands"
# ## 1 · Two demands
#
# In lesson 02 a head attended to an earlier token with $(1, p, p^2)$.
# Now we ask more of the **position vector** $c(p)$: moving on by $k$ positions must be the same linear map everywhere,
#
# $$c(p+k)=M_k\,c(p)\quad\text{for every }p.$$
#
# Is there such a matrix $M_3$ for $(1, p, p^2)$?

# %%
check.predict(
    "polynomial",
    "Which matrix takes (1, p, p²) to (1, p + 3, (p + 3)²)?",
    ["the same one for every p", "a different one for every p",
     "no matrix, because a square is not linear"],
    sure=True, kind="surprise",
    beliefs={"a different one for every p": "no source found",
             "no matrix, because a square is not linear":
                 "of the sine: datascience.stackexchange.com/questions/45691"})


# %%
def powers(p):
    return torch.stack([p**0, p, p**2], dim=-1)  # (n, 3)


around_0 = torch.arange(-20.0, 21.0)
M_3 = torch.linalg.lstsq(powers(around_0), powers(around_0 + 3)).solution.T
M_3.round().int()

# %% jupyter={"source_hidden": true}
check.claim("polynomial shift",
            "one matrix advances (1, p, p²) by three positions",
            (powers(around_0) @ M_3.T - powers(around_0 + 3)).abs().max(),
            "in", (0, 1e-8),
            settles={"polynomial": "the same one for every p"})

# %% [markdown]
# Such a matrix exists, and $p$ does not occur in it.
# Its last row says $(p+3)^2 = 9\cdot 1+6\,p+1\,p^2$.
# The square is not linear in $p$, but it is linear in the *position vector*, and that is all that a weight matrix needs.
#
# Why `.T`?
# In a formula, position vectors are columns, and the map is $M\,c$.
# In a tensor they are rows, so the same map is `c @ M.T`.

# %% [markdown]
# Moving on by three positions and then by four is moving on by seven, so the matrices multiply:
#
# $$M_j M_k=M_{j+k}.$$
#
# So $M_k$ is $M_1$ applied $k$ times, and one matrix and one starting vector make the whole encoding: $c(p)=M_1^{\,p}\,c(0)$.

# %% [markdown]
# What is wrong with $(1, p, p^2)$, then?
# It grows, and lesson 02 showed how a norm shrinks the token beside a large number.
# So the second demand is that the position vectors stay **bounded**, for $p\to\infty$ and for $p\to-\infty$.
#
# Take four matrices, and apply each again and again: a stretch (all lengths × 1.03), a shrink (× 0.97), a shear (it adds 0.06 times the second channel to the first), and a rotation by 0.2 radians.

# %%
check.predict(
    "bounded",
    "Which matrix keeps a vector bounded, applied forwards and backwards "
    "as often as you like?",
    ["the stretch", "the shrink", "the shear", "the rotation"],
    kind="reason",
    beliefs={"the stretch": "no source found",
             "the shrink": "no source found",
             "the shear": "no source found"},
)

# %%
moves = {
    "stretch": [[1.03, 0.0], [0.0, 1.03]],
    "shrink": [[0.97, 0.0], [0.0, 0.97]],
    "shear": [[1.0, 0.06], [0.0, 1.0]],
    "rotation": [[math.cos(0.2), math.sin(0.2)],
                 [-math.sin(0.2), math.cos(0.2)]],
}


def norm_after(M, p, start=(0.0, 1.0)):
    power = torch.linalg.matrix_power(torch.tensor(M), p)
    return (power @ torch.tensor(start)).norm()


# %% jupyter={"source_hidden": true}
times = range(-60, 61)
norms = {
    name: torch.stack([norm_after(M, p) for p in times])
    for name, M in moves.items()
}
plots.lines(norms, x=times, xlabel="how often the matrix is applied",
            ylabel="norm of the vector",
            alt="; ".join(f"{name}: from {norm.min():.1f} to {norm.max():.1f}"
                          for name, norm in norms.items()))

# %% jupyter={"source_hidden": true}
check.claim("only the turn", "stretching, shrinking or shearing sixty times, "
            "forwards or back, raises the norm from 1 to more than 3",
            [norms[name].max() for name in ("stretch", "shrink", "shear")],
            ">", 3)
check.claim("turn", "rotating a vector keeps its norm", norms["rotation"],
            "in", (1 - 1e-9, 1 + 1e-9), settles={"bounded": "the rotation"})

# %% [markdown]
# That was not an accident of four examples.
# An encoding that a matrix shifts and that stays bounded **is** a set of clock hands:
# in suitable coordinates, $M_1$ is a **rotation** of some planes, each by its own angle.
# In addition, there may be a channel that is always 1, and one that flips its sign, $(-1)^p$.
#
# <details><summary>Proof, in six lines</summary>
#
# Let $V$ be the span of all position vectors.
# $M_1$ maps $V$ into itself and $M_{-1}$ undoes it.
# Each $v\in V$ is a linear combination of finitely many position vectors, so $M_1^{\,p}v$ is bounded over *all* integers $p$.
# An eigenvalue with $|\lambda|\neq1$ would make $\lambda^p$ unbounded for $p\to\infty$ or $p\to-\infty$.
# A Jordan block of size two or more would grow like $|p|$: that is the shear.
# So $M_1$ is diagonalisable on $V$ with all $|\lambda|=1$.
# It is real, so its eigenvalues are pairs $e^{\pm i\omega}$, and perhaps $1$ and $-1$; in real coordinates each pair is a rotation by $\omega$. ∎
#
# *Suitable coordinates*: a fixed change of basis, which the next weight matrix can undo.
# *Both ways*: for $p\to\infty$ only, a fading $0.9^p$ would be bounded too, but it goes to 0, so it can no longer tell far positions apart.
# *A bias* in a linear layer does the work of the channel that is always 1.
# *All integers*: for finitely many positions, a matrix can shift almost any vectors if there are enough channels.
# *No angle twice*: the vectors $M_1^{\,p}c(0)$ span $V$, so no eigenvalue occurs twice on $V$. If two hands advance by the same angle, the second is a copy of the first, scaled and rotated.
# </details>

# %% [markdown] id="one-hot-hands"
# We test the theorem on an encoding without a sine.
# Take one-hot positions that wrap around: eight channels, and after position 7 comes position 0 again.
# These vectors are bounded, and a matrix shifts them, so by the theorem they must consist of clock hands.
# The angle of an eigenvalue of $M_1$ is the angle by which a hand advances per position; we count in eighths of a turn.

# %%
wheel = torch.eye(8).roll(1, dims=0)  # M_1 of one-hot
eighths = torch.linalg.eigvals(wheel).angle().abs() / (2 * math.pi / 8)
check.claim("one-hot turns",
            "one-hot positions that wrap around after eight consist of a "
            "constant, three hands and a sign flip",
            (eighths.sort().values
             - torch.tensor([0, 1, 1, 2, 2, 3, 3, 4])).abs().max(),
            "<", 1e-9)

# %% [markdown]
# Among the eight angles 0, 1, 1, 2, 2, 3, 3, 4, the 0 is the constant and the 4 the flip; each of the three hands has two eigenvalues.
# Here are the three hands, read off the one-hot vector by fixed matrices.
# Move the slider by one position at a time: by how many eighths of a turn does each hand advance?


# %% jupyter={"source_hidden": true}
def hands_of_one_hot(position):
    around = torch.arange(8) * 2 * math.pi / 8
    hands = {}
    for j in (1, 2, 3):
        basis = torch.stack([(j * around).sin(), (j * around).cos()], dim=1)
        tip = torch.eye(8)[position] @ basis  # (8,) @ (8, 2)
        hands[f"hand {j}"] = torch.stack([0 * tip, tip])
    at = {name: math.degrees(math.atan2(*ends[1])) % 360
          for name, ends in hands.items()}
    return plots.path(
        hands, arrows=True, limits=(-1.2, 1.2, -1.2, 1.2), xlabel="sine",
        ylabel="cosine", title=f"one-hot position {position}",
        alt="; ".join(f"{name}: {angle:.0f}°" for name, angle in at.items()))


widgets.explore(hands_of_one_hot, position=(0, 7, 1, 1),
                stills=[{"position": 2}, {"position": 3}])

# %% [markdown]
# Hand 1 advances by one eighth of a turn per position, hand 2 by two and hand 3 by three.
# So one-hot positions *are* a set of hands, and their frequencies are equally spaced.
# Section 5 returns to that.

# %% [markdown] id="one-hand"
# ## 2 · One hand is a pair of channels
#
# A hand needs two channels, a sine and a cosine: we call them a **pair** (frequency pair).
# At position $p$ the pair has the **angle** $\omega p$, and $\omega$ is its **frequency**, in radians per position.
# The hand starts at twelve and runs clockwise, because the sine comes first.


# %%
def pair(p, frequency):
    return torch.stack([(frequency * p).sin(), (frequency * p).cos()], dim=-1)


plots.path({"one pair": pair(torch.arange(12.0), 0.5)}, labels=range(12),
           xlabel="sin(p/2)", ylabel="cos(p/2)",
           alt="Twelve positions on a circle, clockwise from twelve o'clock.")

# %% [markdown]
# Which matrix advances the hand by $k$ positions?
# School trigonometry answers with a **rotation matrix**:
#
# $$\begin{pmatrix}\sin\omega(p+k)\\ \cos\omega(p+k)\end{pmatrix}=
# \begin{pmatrix}\cos\omega k&\sin\omega k\\-\sin\omega k&\cos\omega k\end{pmatrix}
# \begin{pmatrix}\sin\omega p\\ \cos\omega p\end{pmatrix}$$
#
# The matrix does not contain $p$, so it is the same for every position.
# If you forget the `.T`, no error is raised, but the hand goes *back* by $k$.
# If all your signs come out wrong, check this first.


# %%
def rotation(angle):
    c, s = math.cos(angle), math.sin(angle)
    return torch.tensor([[c, s], [-s, c]])


before, M = pair(torch.arange(12.0), 0.5), rotation(0.5 * 3)
after = pair(torch.arange(12.0) + 3, 0.5)
check.claim("hand", "one 2 × 2 rotation advances a pair by three positions",
            (before @ M.T - after).abs().max(), "<", 1e-12)
check.claim("no T", "multiplying by an untransposed rotation moves pairs back",
            (after @ M - before).abs().max(), "<", 1e-12)

# %% [markdown] id="sine-and-cosine"
# ### Why both sine and cosine?
#
# Suppose we keep only the sine, and fit the straight line that best predicts $\sin\omega(p+k)$ from $\sin\omega p$.
# $R^2$ is the fraction of the variance that the line explains: 1 means a perfect guess, and 0 one no better than the mean.

# %%
check.predict("sine alone",
              "As k grows, how good is the guess from the sine?",
              ["it stays perfect", "it gets worse and worse",
               "it comes and goes"],
              kind="surprise",
              beliefs={
                  "it stays perfect": "the paper's sentence, applied to "
                      "one channel: datascience.stackexchange.com/questions/45691",
                  "it gets worse and worse":
                      "datascience.stackexchange.com/questions/45691"},
)

# %%
p, offsets = torch.arange(1257.0), torch.arange(0, 101, 2)  # twenty turns
now = pair(p, 0.1)  # (n, 2)


def guess(channels, k):
    return analysis.linear_r2(
        now[:, :channels], pair(p + k, 0.1)[:, :channels])


fits = {"only the sine": torch.tensor([guess(1, k) for k in offsets]),
        "with its cosine": torch.tensor([guess(2, k) for k in offsets])}

# %% jupyter={"source_hidden": true}
plots.lines(
    fits, x=offsets,
    xlabel="offset k", ylabel="R² of the best linear guess", ylim=(0, 1.1),
    alt="; ".join(f"{name}: R² from {r2.min():.2f} to {r2.max():.2f}"
                  for name, r2 in fits.items()))

# %%
check.claim("cos squared", "for one sine channel, R² is the square of cos(ωk)",
            (fits["only the sine"] - (0.1 * offsets).cos() ** 2).abs(), "in",
            (0, 0.01), settles={"sine alone": "it comes and goes"})
check.claim("pair", "from a sine and its cosine, a linear map predicts both "
            "exactly at every offset",
            fits["with its cosine"].min(), ">", 1 - 1e-9)

# %% [markdown]
# The paper says that PE(p + k) is linear in PE(p) (Vaswani et al. 2017; its PE(p) is our $c(p)$), and it means the *vector*.
# If you predict one sine channel from itself alone, you find $R^2=\cos^2(\omega k)$ and start to doubt the paper.
# One channel is the shadow of a hand: it does not show which way the hand is moving.

# %% [markdown] id="frequencies"
# ## 3 · Which frequencies?
#
# One pair is not enough: a fast one soon repeats, and a slow one hardly changes from one token to the next.
#
# So take $d/2$ pairs, from a fast one to a slow one.
# We choose the frequency 1 (one radian per position) for the fastest and about 1/base for the slowest.
# The **base** is a number that we choose; the paper took 10 000.
# (How slow is slow enough for your longest sequence? Lesson 10 answers that.)
# Should the frequencies in between have equal *differences* or equal *ratios*?

# %% [markdown]
# Take equal ratios $r$, as in a counter; section 5 tries equal differences.
# With the frequencies $1, r, r^2, \dots$ we want to be at 1/base after $d/2$ steps:
#
# $$r^{d/2}=\frac1{\text{base}}\quad\Rightarrow\quad
# \omega_i=r^i=\text{base}^{-2i/d}.$$
#
# There it is.
# *Forced*: pairs, that is a sine and a cosine of the same frequency.
# *Chosen*: the frequencies (the first, the last, and equal ratios between them), the angle at position 0 (always 0), and the norm of each pair (always 1).
# A frequency may occur twice, but the second pair adds nothing that a matrix could not read off the first.
# We leave out channels that are constant or only change their sign.

# %% [markdown]
# **Exercise 1** · difficulty 2 of 5 · 5 minutes
#
# Put the formula in code: return the $d/2$ frequencies, fastest first.
# For `dim=8, base=10000` they are `[1, 0.1, 0.01, 0.001]`.
#
# <details><summary>Hint</summary>
#
# `torch.arange(0, dim, 2)` is $2i$ already: do not double it again.
# </details>


# %% tags=["exercise"]
def inverse_frequencies(dim, base):
    """two numbers -> (dim/2,)"""
    ### BEGIN SOLUTION
    return torch.exp(torch.arange(0, dim, 2) * -(math.log(base) / dim))
    ### END SOLUTION


check.inverse_frequencies(inverse_frequencies)

# %% [markdown] id="exp-log"
# From here on `posenc.inverse_frequencies` computes them.
# These numbers *are* the frequencies (programs call them `inv_freq`): “inverse” refers to $\text{base}^{2i/d}=1/\omega_i$, which is the **wavelength** $2\pi/\omega_i$ (the number of positions in a full turn) divided by $2\pi$.
#
# Why do so many programs write `exp(-log(base) * 2 * i / d)` and not a power?
# It is the same number; the form is a habit from the authors' TensorFlow program.
# “Numerical stability”, which is often given as the reason, is not one: a base of 10 000, raised to a power between −1 and 0, can neither overflow nor underflow.


# %%
def frequencies_of(d, base=10_000.0):
    return posenc.inverse_frequencies(d, base, dtype=torch.float64)


# %% [markdown] id="wavelengths"
# ### Claim on trial: from 2π to 10 000 · 2π
#
# This is how the paper describes the wavelengths, the numbers of positions in which the pairs complete a turn.
# The shortest is $2\pi\approx6.28$ positions.

# %%
check.predict("longest",
              "How long is the longest wavelength at d = 512, in positions?",
              ["exactly 10 000 · 2π = 62 832", "shorter", "longer"],
              kind="reason",
              beliefs={"exactly 10 000 · 2π = 62 832":
                           "Vaswani et al. 2017, §3.5",
                       "longer": "the program in SamLynnEvans/Transformer#25"},
)

# %%
wavelengths = 2 * math.pi / frequencies_of(512)  # (256,), in positions
by_formula = 2 * math.pi * 10_000 ** (torch.arange(0, 512, 2) / 512)
check.claim("longest",
            "at d = 512 the longest wavelength is that of the paper's formula",
            (wavelengths.max() / by_formula.max() - 1).abs(), "<", 1e-12,
            settles={"longest": "shorter"})
wavelengths.max().round()

# %% [markdown]
# The last pair has $i=d/2-1$, so its frequency is one step (one factor $r$) short of 1/base.
# Its wavelength is therefore $2\pi\cdot10000^{(d-2)/d}$.
# A program that divides by $d/2-1$ instead of $d/2$ reaches 1/base exactly; the authors' own program (tensor2tensor) does.
# That is a slightly different encoding: a new model can be trained with either, but weights trained with one do not fit the other.

# %%
check.verdict(
    "B3", "holds only if",
    because="the exponent is divided by d/2 − 1, as in tensor2tensor. With "
    "the formula as printed, the longest wavelength is 60 611 positions "
    "at d = 512.",
)

# %% [markdown]
# **Exercise 2** · difficulty 2 of 5 · 10 minutes
#
# Write the position vectors, all pairs at once: no loop.
# For pair $i$ and position $p$, channel $2i$ is $\sin\omega_ip$ and channel $2i+1$ is $\cos\omega_ip$; the base is 10 000.
# (Some programs put all sines first. The clinic of lesson 04 asks whether that is a bug; here sines and cosines must alternate.)
# `pos` may hold any positions, such as `torch.tensor([5, 0, 9])`.
# For `pos = [0, 1], dim = 4` the vectors are `[[0, 1, 0, 1], [0.841, 0.540, 0.010, 1.000]]`.
#
# <details><summary>Hint</summary>
#
# All angles at once: `pos[:, None] * frequencies` is `(n, dim/2)`.
# The even channels are `vectors[:, 0::2]`; `vectors[0::2]` would be rows.
# </details>


# %% tags=["exercise"]
def sinusoidal(pos, dim):
    """(n,) -> (n, dim)"""
    ### BEGIN SOLUTION
    angles = pos[:, None] * posenc.inverse_frequencies(dim)
    vectors = torch.zeros(len(pos), dim)
    vectors[:, 0::2] = angles.sin()
    vectors[:, 1::2] = angles.cos()
    return vectors
    ### END SOLUTION


check.sinusoidal(sinusoidal)

# %% [markdown]
# For the rest of this lesson we also need other frequencies.
# So we put the pairs of section 2 side by side.


# %%
def encode(pos, frequencies):
    return torch.cat([pair(pos, w) for w in frequencies], dim=1)  # (n, d)


sixty_four = encode(torch.arange(64), frequencies_of(64))
plots.heatmaps(
    {"sines": sixty_four[:, 0::2], "cosines": sixty_four[:, 1::2]},
    signed=True, zero_line=False, xlabel="pair i", ylabel="position p",
    alt="Fast stripes at the left; at the right the sines stay near 0 "
        "and the cosines near 1 for all 64 positions.")

# %% [markdown]
# A row shows one position, and a column shows how one pair changes from position to position.
# At the right the hands have barely left twelve: the sine is still near 0 and the cosine near 1.

# %% [markdown] id="shift"
# ## 4 · The shift, for all pairs at once
#
# One pair needs a 2 × 2 rotation, so $d/2$ pairs need $d/2$ of them.
# Do not build the matrix yet: let least squares find it from the position vectors.

# %%
base_100 = encode(torch.arange(400), frequencies_of(6, base=100))
found = torch.linalg.lstsq(base_100[:-3], base_100[3:]).solution.T
plots.heatmap(
    found.round(decimals=2) + 0.0, values=True, signed=True,
    xlabel="from channel", ylabel="to channel", size="small",
    alt="Three 2 × 2 blocks on the diagonal, zero elsewhere; the first "
        "rotates far, the last a little.")

# %% [markdown]
# No trigonometry went in, only 400 position vectors (with base 100, so that all blocks visibly rotate).
# Three rotations came out, by $3\omega_0$, $3\omega_1$ and $3\omega_2$.
# This matrix is $M_3$, the **shift matrix** for three positions.

# %% [markdown]
# **Exercise 3** · difficulty 3 of 5 · 10 minutes
#
# Build this matrix for base 10 000, so that `shift_matrix(k, dim) @ c(p)` is `c(p + k)`.
# The block of pair $i$ fills rows and columns $2i$ and $2i+1$; $k$ may be negative.
#
# <details><summary>Hint</summary>
#
# `rotation(angle)` of section 2 makes a block; `torch.block_diag(*blocks)` puts them on the diagonal.
# </details>


# %% tags=["exercise"]
def shift_matrix(k, dim):
    """two numbers -> (dim, dim)"""
    ### BEGIN SOLUTION
    frequencies = posenc.inverse_frequencies(dim)
    return torch.block_diag(*[rotation(k * w) for w in frequencies])
    ### END SOLUTION


check.shift_matrix(shift_matrix)

# %% [markdown] id="slip"
# ### A slip to know
#
# Several repositories and a textbook had this slip: the loop advances `i` by two, the exponent doubles `i` again, and the cosine takes `i + 1` where the sine takes `i`.
# No error is raised.
# What is lost?


# %%
def slipped(pos, d):
    table = torch.zeros(len(pos), d)
    for i in range(0, d, 2):
        table[:, i] = (pos / 10_000 ** (2 * i / d)).sin()
        table[:, i + 1] = (pos / 10_000 ** (2 * (i + 1) / d)).cos()
    return table


# %%
two_thousand = torch.arange(2000)
fair = encode(two_thousand, frequencies_of(16))
slip = slipped(two_thousand, 16)
check.claim("fair shift",
            "one matrix advances the sinusoidal vectors of 2000 positions by "
            "seven positions",
            analysis.linear_r2(fair[:-7], fair[7:]), ">", 1 - 1e-9)
check.claim("slip",
            "no matrix advances the vectors of 2000 positions by seven "
            "positions if no cosine has the frequency of its sine",
            analysis.linear_r2(slip[:-7], slip[7:]), "<", 0.95)

# %% [markdown]
# Every sine has lost its cosine.
# The rule to remember: every sine has a cosine of the same frequency (in our layout, channels $2i$ and $2i+1$).
# Test it with $\sin^2+\cos^2=1$, pair by pair.

# %% [markdown] id="similarity"
# ## 5 · What does attention see of two positions?
#
# Attention compares vectors by **dot products** (here without weight matrices; section 6 adds them).
# All sinusoidal position vectors have the same **norm**, so their dot product, divided by the square of that norm, is their **cosine similarity**.
# What does it depend on?

# %% [markdown] id="equal-steps"
# ### Claim on trial: are all steps equally long?
#
# The article that this course grew from says that in the numbering 0, 1, 2, … the step 1 → 2 is as long as the step 6 → 7, and that sinusoids avoid this.

# %%
check.predict("steps",
              "For the sinusoidal encoding, how long is the step 1 → 2, "
              "compared with the step 6 → 7?",
              ["longer", "equally long", "shorter"], kind="reason",
              beliefs={"longer": "reason 1 of www.kler.cn/a/539187.html",
                       "shorter": "reason 1 of www.kler.cn/a/539187.html"},
)

# %%
starts = torch.tensor([1, 6, 4000])
steps = (encode(starts + 1, frequencies_of(512))
         - encode(starts, frequencies_of(512))).norm(dim=1)
steps.round(decimals=3)

# %% [markdown]
# The lengths of the three steps follow from one line of trigonometry.
# The dot product of two pairs is
#
# $$\sin a\sin b+\cos a\cos b=\cos(a-b),$$
#
# so the dot product of two position vectors is $\sum_i\cos\big(\omega_i(p-q)\big)$, which depends on $p$ and $q$ only through the **relative distance** $p-q$.
# With $p=q$ it says that every norm is $\sqrt{d/2}$, which is 16 at d = 512.

# %%
first_200 = encode(torch.arange(200), frequencies_of(512))
between = posenc.distance(torch.arange(200), torch.arange(200))[..., None]
by_distance = (between * frequencies_of(512)).cos().sum(-1)  # (n, n)
check.claim("equal steps",
            "the steps of the sinusoidal encoding at positions 1, 6 and 4000 "
            "do not differ in length",
            (steps - steps[0]).abs().max(), "in", (0, 1e-9),
            settles={"steps": "equally long"})
check.claim("kernel",
            "the dot product of two sinusoidal position vectors depends only "
            "on their relative distance",
            (first_200 @ first_200.T - by_distance).abs().max(), "<", 1e-9)
check.claim("length",
            "every sinusoidal position vector has the norm √(d/2)",
            (first_200.norm(dim=1) - 16).abs().max(), "<", 1e-9)

# %% [markdown]
# For comparison, take binary digits: from 7 to 8 all four digits change, from 8 to 9 only one.
# Is there one matrix that takes the digits of every number to those of the next?

# %%
digits = ((torch.arange(16)[:, None] >> torch.arange(4)) & 1).double()
with_one = torch.cat([torch.ones(16, 1), digits], dim=1)
check.claim("digits", "no matrix adds one to a number in binary digits",
            analysis.linear_r2(with_one[:-1], digits[1:]), "<", 0.9)

# %% [markdown]
# In digits, “one further” means different things at different positions.
# For pairs it is the same rotation everywhere, which makes them better than digits.

# %%
check.verdict(
    "A1", "does not hold",
    because="Sinusoidal position vectors have equal steps, too: every step is "
    "the same rotation, so all steps are equally long (3.714 at d = 512, at "
    "position 1 and at 4000). Numbers and sinusoids have that in common, "
    "and it is a virtue.",
)

# %% [markdown] id="kernel"
# ### The kernel
#
# The cosine similarity as a function of the relative distance is called the **kernel** (similarity kernel; not to be confused with the kernel of Jupyter).
# It is shift-invariant: it depends only on the relative distance.
# At distance 0 it is 1.
# How does it continue?

# %%
check.predict_curve(
    "kernel curve",
    "At d = 512 and base 10 000, how similar are two position vectors at "
    "these distances?",
    x=(1, 10, 100, 1000, 5000), low=-0.5, high=1, near=0.1,
    xlabel="relative distance", ylabel="cosine similarity", kind="surprise",
)

# %%
distances = torch.arange(5001)
kernel = encode(distances, frequencies_of(512)) @ first_200[0] / 256
asked = [1, 10, 100, 1000, 5000]
plots.lines({"kernel": kernel[asked]}, x=asked, logx=True,
            guess=check.drawn("kernel curve"), ylim=(-0.5, 1.05),
            xlabel="relative distance", ylabel="cosine similarity",
            alt=", ".join(f"at {k}: {kernel[k]:.2f}" for k in asked))

# %%
check.claim("kernel curve",
            "at the distances 1, 10, 100, 1000 and 5000 the kernel lies "
            "between −0.1 and 1",
            kernel[asked], "in", (-0.1, 1),
            settles={"kernel curve": "measured"})

# %% [markdown]
# On a logarithmic axis it is nearly a straight line: every *tenfold* increase of the distance lowers the similarity by the same amount, $\ln10/\ln\text{base}$, which is here a quarter.
# From distance 10 to 100 the similarity falls about as much as from 100 to 1000.
#
# <details><summary>Why a straight line?</summary>
#
# For a large $d$ the mean over the pairs is an integral over the logarithm of the frequency, $\frac1{\ln b}\int_{1/b}^1\cos(\omega k)\frac{d\omega}\omega$, which for $1\ll k\ll b$ is close to $1-(\ln k+\gamma)/\ln b$.
# $b$ is the base, and $\gamma=0.577\ldots$ is Euler's constant.
# </details>
#
# But does it fall all the way?
# The figure compares two kernels at every distance up to 200, and a ring marks the distance up to which each one falls.
# What moves the ring: the width, the base, or both?


# %% jupyter={"source_hidden": true}
def kernel_of(d, base):
    chosen = {"d = 512, base 10 000": (512, 10_000),
              f"d = {d}, base {plots.grouped(base)}": (d, base)}
    up_to_200 = torch.arange(1, 201)
    curves = {name: posenc.kernel(up_to_200, *which)
              for name, which in chosen.items()}
    rises = {name: analysis.first_rise(k) for name, k in curves.items()}
    rises = {name: at for name, at in rises.items() if at}
    return plots.lines(curves, x=up_to_200, logx=True, marks=rises,
                       xlabel="relative distance", ylabel="cosine similarity",
                       alt="; ".join(f"{name}: falls until {at}"
                                     for name, at in rises.items()))


widgets.explore(kernel_of, d=[64, 16, 256, 512],
                base=[10_000, 10, 100, 1000, 100_000],
                stills=[{"d": 16}, {"d": 512, "base": 100}],
                labels={"d": "width d"})

# %%
check.claim("first rise",
            "at d = 512 the kernel first rises before distance 50",
            analysis.first_rise(kernel), "in", (40, 50), show="{:.0f}")
check.claim("ripples",
            "up to distance 5000 the kernel rises at more than two in five "
            "steps",
            (kernel.diff() > 0).double().mean(), ">", 0.4)
{base: analysis.first_rise(posenc.kernel(distances, 512, base)) - 1
 for base in (10, 100, 1000, 10_000, 100_000, 1_000_000)}

# %% [markdown]
# Both the width and the base move it.
# At base 10 000 the kernel falls until 43 at d = 512, and only until 5 at d = 64.
# The last line of the output shows how far the kernel falls at d = 512 with six bases: a larger base first increases this distance, and then decreases it, when the same 256 pairs must cover too wide a range.
#
# At larger distances nearly every second step goes up, and at 5000 no similarity is left.
# So the similarity does *not* tell the distance by itself.

# %%
check.claim("log law",
            "from 10 to 100 the kernel falls with the logarithm of distance",
            (kernel - 1 + (distances.log() + 0.5772)
             / math.log(10_000))[10:101].abs().max(), "<", 0.02)

# %% jupyter={"source_hidden": true}
same = [frequencies_of(64) - 10_000 ** (-torch.arange(0, 64, 2) / 64),
        sixty_four - posenc.sinusoidal(torch.arange(64), 64,
                                       dtype=torch.float64),
        found - posenc.shift_matrix(3, 6, 100, dtype=torch.float64),
        kernel - posenc.kernel(distances, 512)]
check.claim("posenc", "posenc computes the formulas of this lesson",
            torch.stack([each.abs().max() for each in same]), "<", 1e-9)

# %% [markdown]
# <details><summary>And with equal differences?</summary>
#
# Such an encoding has 256 pairs with the frequencies $1, \frac{255}{256}, \dots, \frac1{256}$.
# Like one-hot positions, which also have equally spaced frequencies, it tells “here” from “not here”. At distance 1608 (about $256\cdot2\pi$, one turn of the slowest pair) its kernel almost repeats.
# Equal ratios treat all scales in the same way.
#
# </details>

# %% jupyter={"source_hidden": true}
even = torch.arange(256, 0, -1) / 256
rival = encode(distances, even) @ encode(distances[:1], even)[0] / 256
shown = torch.logspace(0, math.log10(3000), 120).round().long()
shown = torch.cat([shown, torch.arange(1602, 1616)]).unique()
check.claim("rival repeats",
            "pairs with equally spaced frequencies make a far position "
            "more similar to position 0 than position 1 is",
            rival[1600:1620].max(), ">", float(rival[1]))
plots.lines(
    {"equal ratios": kernel[shown], "equal differences": rival[shown]},
    x=shown, logx=True, marks={"equal differences": 1608},
    xlabel="relative distance", ylabel="cosine similarity",
    alt="; ".join(
        f"{name}: {curve[10]:.2f} at 10, {curve[1608]:.2f} at 1608"
        for name, curve in (("equal ratios", kernel),
                            ("equal differences", rival))))

# %% [markdown] id="greatest-length"
# ### Claim on trial: 10 000 is the greatest length
#
# “Position 10 001 has the vector of position 1.”

# %%
check.predict(
    "nearest",
    "At d = 512, which of the positions 1 to 20 000 has the vector nearest "
    "to that of position 0?",
    ["1, its neighbour", "44, seven turns of the fastest pair", "10 000"],
    kind="surprise",
    beliefs={"44, seven turns of the fastest pair":
                 "of one channel: albonwu.com/writing/sinusoidal",
             "10 000": "huggingface/transformers#1791, pytorch/tutorials#2402"},
)

# %%
others = torch.arange(1, 20_001)
gaps = (512 * (1 - posenc.kernel(others, 512))).sqrt()  # |a − b|
int(others[gaps.argmin()]), gaps[[0, 9_999]].round(decimals=1)

# %% jupyter={"source_hidden": true}
check.claim("neighbour",
            "at d = 512, no position from 1 to 20 000 has a vector nearer to "
            "that of position 0 than position 1 has",
            gaps.min() - gaps[0], "==", 0,
            settles={"nearest": "1, its neighbour"})

# %% jupyter={"source_hidden": true}
check.claim("ten thousand",
            "position 10 000 is more than five times as far from position 0 "
            "as position 1 is",
            gaps[9_999] / gaps[0], ">", 5)

# %%
check.verdict(
    "B2", "does not hold",
    because="10 000 scales the wavelengths. The vectors of positions 1 and "
    "10 001 are 23.3 apart, those of neighbours 3.7 (d = 512). No two "
    "integers share a vector: the fastest pair would have to make whole "
    "turns, and 2π is irrational. (In exact numbers; equality of floats is "
    "another matter.)",
)

# %% [markdown]
# <details><summary>Never equal, but how well apart?</summary>
#
# With two pairs (d = 4), position 735 761 is only 0.0005 away from position 0, and position 1 is 0.96 away.
# So “no two positions share a vector” says little; the distance to the nearest other vector says more.
#
# </details>

# %% jupyter={"source_hidden": true}
million = torch.arange(1, 1_000_001)
of_two = sum(2 - 2 * (million * w).cos() for w in frequencies_of(4)).sqrt()
check.claim("two hands", "two pairs put the vector of a far position much "
            "nearer to that of position 0 than the vector of position 1 is",
            of_two[0] / of_two.min(), ">", 1000)
int(million[of_two.argmin()])

# %% [markdown] id="pull-apart"
# ### Claim on trial: different frequencies pull positions apart
#
# Take three encodings: 256 pairs of frequency 1, 256 pairs of the usual frequencies, and one-hot positions.
# We measure how far the vectors of positions 1 to 399 are from that of position 0, in units of the norm of a position vector.

# %%
check.predict("apart",
              "Which encoding pulls the neighbours 0 and 1 farthest apart?",
              ["one frequency", "many frequencies", "one-hot"],
              kind="surprise",
              beliefs={"one frequency":
                           "of a short period: albonwu.com/writing/sinusoidal",
                       "many frequencies":
                           "reason 4 of www.kler.cn/a/539187.html"},
)


# %%
def apart_from_first(vectors):
    return (vectors[1:] - vectors[0]).norm(dim=1)


to_399 = torch.arange(400)
one = apart_from_first(encode(to_399, torch.ones(256))) / 16
many = apart_from_first(encode(to_399, frequencies_of(512))) / 16
onehot = apart_from_first(torch.eye(400))
{"nearest to 0, with one frequency": int(one.argmin()) + 1,
 "from 0 to 1": [round(float(far[0]), 2) for far in (one, many, onehot)]}

# %% jupyter={"source_hidden": true}
check.claim("one frequency",
            "256 pairs of frequency 1 put a far position almost on top of "
            "position 0",
            one.min(), "<", 0.01)
check.claim("many frequencies",
            "of positions 1 to 399, 256 pairs of the usual frequencies keep "
            "the neighbour nearest to position 0",
            many.min(), ">=", many[0])
check.claim("one-hot apart",
            "400 channels, one per position, set the neighbours 0 and 1 "
            "farther apart than 256 pairs do",
            onehot[0] / torch.stack([one[0], many[0]]), "in", (1.4, 7),
            settles={"apart": "one-hot"})

# %%
check.verdict(
    "A8", "holds only if",
    because="“apart” means that positions many turns away are not mistaken "
    "for near ones. With one frequency, position 333 lies on top of "
    "position 0; with many, no position is nearer than the neighbour. "
    "Neighbours themselves stay close (cosine similarity 0.973), and one-hot "
    "positions set them farthest apart.",
)

# %% [markdown] id="any-offset"
# ## 6 · One matrix for each offset
#
# A head does not compare the position vectors themselves.
# It multiplies the row of the query by $W_q$ and the row of the key by $W_k$, so the score of positions $p$ and $j$ is
#
# $$c(p)\,W_q\,\big(c(j)\,W_k\big)^\top.$$
#
# Let $W_q$ take the query's vector from $p$ to $p-k$, as the shift matrices of section 4 can, and let $W_k$ be the identity.
# Then the score is $c(p-k)\cdot c(j)$.
# It is greatest at $j=p-k$, because all position vectors have the same norm and no two are equal.
# The head aims at the **offset** $k$.
#
# One head aims at the previous token, another at the token 4000 positions earlier.
# The *margin* is the amount by which the correct key's score exceeds the next best.

# %%
check.predict("margin",
              "Compared with offset 1, how large is the margin at offset "
              "4000?",
              ["far smaller", "the same", "greater"],
              kind="surprise",
              beliefs={"far smaller": "as of RoPE: ROCm/flash-attention#83",
                       "greater": "no source found"},
)

# %% [markdown]
# Softmax converts the scores into attention weights.
# $W_q$ can also multiply all scores by a factor, which we call the *gain*, and training can make it large or small.

# %%
keys = encode(torch.arange(5001), frequencies_of(64))  # (n, d)


def scores(k):  # of query 4500; one vector, so a column: M c
    shift = posenc.shift_matrix(-k, 64, dtype=torch.float64)
    return keys @ (shift @ keys[4500]) / math.sqrt(64)


def weights(k, gain):  # around the correct key
    return (gain * scores(k)).softmax(0)[4500 - k - 5:4500 - k + 6]


def margin(k):
    best, second = scores(k).topk(2).values
    return best - second


# %% jupyter={"source_hidden": true}
curves = {"offset 1, gain 8": weights(1, 8),
          "offset 4000, gain 8": weights(4000, 8),
          "offset 4000, gain 32": weights(4000, 32),
          "offset 4000, gain 1": weights(4000, 1)}
plots.lines(
    curves, x=torch.arange(-5, 6), percent=True,
    xlabel="key, counted from the correct one",
    ylabel="attention weight for query 4500",
    alt="The correct key gets: " + ", ".join(
        f"{name}: {curve[5]:.1%}" for name, curve in curves.items()))

# %%
check.claim("finds", "a shifted query finds the key 4000 positions earlier",
            scores(4000).argmax(), "==", 500)
check.claim("margin", "the margins at the offsets 1 and 4000 do not differ "
            "for a head that uses a shift matrix",
            (margin(1) - margin(4000)).abs(), "in", (0, 1e-9),
            settles={"margin": "the same"})
check.claim("no gain",
            "scores that are only divided by √d give the correct key less "
            "than 1 % of the attention weight",
            weights(4000, 1).max(), "<", 0.01)
check.claim("gain",
            "scores multiplied by a gain of 32 give the correct key more than "
            "90 % of the attention weight",
            weights(4000, 32).max(), ">", 0.9)
{gain: f"{weights(4000, gain).max():.1%}" for gain in (1, 8, 32)}

# %% [markdown]
# The two curves at gain 8 coincide: one hides the other.
# The margin is the same at any offset, because the kernel is the same around every position.
# But it is small: with a gain of 1 (scores only divided by √d) the correct key gets half a percent of the weight, with a gain of 8 more than half, and with 32 nearly everything.
#
# So the matrix *exists*, for every offset.
# No formula can say whether training finds it, or whether it works on texts longer than any in training; lesson 05 tries both.

# %%
check.verdict(
    "B5", "holds only if",
    because="“easily” means that one matrix can do it. The matrix is exact "
    "at every offset. That training finds the matrix was a hypothesis of the "
    "paper; lesson 05 tests it.",
)

# %% [markdown]
# **Exercise 4** · difficulty 3 of 5 · 10 minutes
#
# Choose weights for a head with which every token attends most to the one `k` positions earlier.
# Position vectors are rows: `queries = rows @ W_q`, `keys = rows @ W_k`.
# Row `i` of `queries @ keys.T` must be greatest at `i - k`, for `i ≥ k`.
# Use `posenc.shift_matrix(k, dim, dtype=torch.float64)`.
# Before you run the check, write a comment beside your matrix: why this one, and not its transpose?
# (If you only try signs until ✓ appears, you will meet the same question again in lesson 07.)
#
# <details><summary>Hint</summary>
#
# Leave the keys as they are.
# In section 2, `rows @ M.T` advanced by $k$ positions; what does `rows @ M` do?
# </details>


# %% tags=["exercise"]
def offset_head(k, dim):
    """two numbers -> W_q, W_k, both (dim, dim)"""
    ### BEGIN SOLUTION
    M_k = posenc.shift_matrix(k, dim, dtype=torch.float64)
    return M_k, torch.eye(dim)  # M_k is (M_-k).T: rows @ M_k go back by k
    ### END SOLUTION


check.offset_head(offset_head)

# %% [markdown] id="eight-requirements"
# ## 7 · The table again
#
# The table has the six requirements of lesson 02, and two more.
# The marks of the earlier encodings are those of lesson 02; the sinusoidal encoding goes through the same six tests here (folded).
# *A matrix shifts it*: one matrix advances the position vectors of texts of every length; for this test, a constant channel is added to each vector.
# *Nearer is more similar*: with every further position, the vector moves farther from that of position 0.

# %%
check.predict("all ticks",
              "How many of the eight requirements does the sinusoidal "
              "encoding miss?",
              ["none", "one", "three"], sure=True, kind="surprise",
              beliefs={"none": "the last sentence of www.kler.cn/a/539187.html",
                       "three": "no source found"},
)


# %% jupyter={"source_hidden": true}
def shifts(vectors):
    pad = torch.nn.functional.pad
    texts = [pad(vectors(n), (1, 0), value=1) for n in (16, 48)]
    earlier = torch.cat([text[:-3] for text in texts])
    later = torch.cat([text[3:] for text in texts])
    return analysis.linear_r2(earlier, later) > 1 - 1e-9


def nearer_is_similar(vectors):
    return bool((apart_from_first(vectors(48)).diff() > 1e-9).all())


# %% jupyter={"source_hidden": true}
def six_of_02(vectors):
    short, long = vectors(16), vectors(48)
    token = torch.linspace(-1, 1, 64) + long
    normed = torch.nn.functional.layer_norm(token, (64,))
    lengths = torch.cat([v.diff(dim=0).norm(dim=1) for v in (short, long)])
    return [
        bool(long.abs().max() < 2 * short.abs().max()),
        # the distance from each vector to the nearest other one
        bool(posenc.nearest_rivals(normed).distance.min() > 1e-6),
        torch.equal(short, long[:16]),
        bool(lengths.std() < 1e-9),
        all(analysis.best_head(short, k) == 1 for k in (1, 3)),
        len(vectors(1000)) == 1000,
    ]


# %% jupyter={"source_hidden": true}
def vectors_of(name):
    if name == "1, p, p²":
        return lambda n: powers(torch.arange(float(n)))
    embed = posenc.build(name).embed
    return lambda n: embed(torch.zeros(1, n, 64), torch.arange(n))[0]


# %% jupyter={"source_hidden": true}
marks = {
    "integer": "✗✗✓✓✗✓",
    "integer_channel": "✗✓✓✓✗✓",
    "normalized": "✓✓✗✗✗✓",
    "onehot": "✓✓✓✓✓✗",
    "binary": "✓✓✓✗✗✓",
    "1, p, p²": "✗✓✓✗✓✓",
}
rows = {name: [m == "✓" for m in six] for name, six in marks.items()}
rows["sinusoidal"] = six_of_02(vectors_of("sinusoidal"))
columns = ["bounded", "told apart after LayerNorm",
           "same vector in every text", "steps are equally long",
           "a head can aim at an offset", "any sequence length",
           "a matrix shifts it", "nearer is more similar"]

# %% tags=["large"] jupyter={"source_hidden": true}
table = {}
for name, row in rows.items():
    vectors = vectors_of(name)
    row = row + [shifts(vectors), nearer_is_similar(vectors)]
    table[name] = dict(zip(columns, row, strict=True))

missed = {name: [column for column, met in row.items() if not met]
          for name, row in table.items()}
plots.tick_table(table, groups={"the six of lesson 02": 6, "new": 2},
                 alt="; ".join(f"{name} misses: {', '.join(names)}"
                               for name, names in missed.items()))

# %%
crosses = [len(names) for names in missed.values()]
check.claim("one cross",
            "the sinusoidal encoding misses few of the eight requirements",
            crosses[-1], "==", 1, show="{:.0f}", settles={"all ticks": "one"})
check.claim("fewest",
            "of seven encodings, the sinusoidal encoding misses the fewest of "
            "the eight requirements",
            crosses[:-1], ">", 1)

# %% [markdown]
# The one cross of the sinusoidal encoding comes from the ripple of its kernel: integer positions have no ripple, but they grow without bound.
# And a table is not a ranking.
# It says what an encoding *can* do for a model; lesson 05 asks what a model *does* with it.

# %% [markdown]
# ## 8 · Judge for yourself
#
# **Exercise 5 · judge a table** · difficulty 2 of 5 · 8 minutes
#
# A report asks which encodings can be shifted by one matrix.
# For each it takes n position vectors with d channels and prints the $R^2$ of `linear_r2(vectors[:-k], vectors[k:])`, in float64:
#
# | encoding | n | d | k | $R^2$ |
# |---|---|---|---|---|
# | sinusoidal | 2000 | 16 | 7 | 1 |
# | with the slip of section 4 | 2000 | 16 | 7 | 0.91 |
# | random vectors | 60 | 64 | 7 | 1 |
# | random vectors | 2000 | 64 | 7 | 0.03 |
#
# It concludes: “Even random vectors can be shifted by a matrix, if there are not too many.”
#
# Which rows are evidence for a matrix that shifts the encoding?
# Write `shift_is_shown(n, d, k, r2)`, which is True for such a row and False for any other.
# Because of rounding, an $R^2$ counts as 1 if it is at most 1e-9 below 1.
#
# <details><summary>Hint</summary>
#
# Least squares fits each row of the matrix by itself: how many numbers are in such a row, and how many equations must they satisfy?
# Compare with the remark on *all integers* in the box “Proof, in six lines” in section 1.
#
# </details>


# %% tags=["exercise"]
def shift_is_shown(n, d, k, r2):
    """three counts and an R² -> True or False"""
    ### BEGIN SOLUTION
    equations = n - k  # pairs of vectors, for d unknown numbers in each row
    return r2 >= 1 - 1e-9 and equations > d
    ### END SOLUTION


check.shift_is_shown(shift_is_shown)

# %% [markdown]
# ## What surprised you
#
# Run the next cell at the end: it lists your predictions of this lesson that turned out wrong.
# In JupyterLab, each has a link to the cell that settled it. Explain each result to yourself before you continue.

# %%
check.surprises("03")

# %% [markdown]
# ## What you can now do
#
# - Derive the encoding: a shift matrix and bounded vectors force clock hands; equal ratios give $\text{base}^{-2i/d}$.
# - Check any implementation: the two channels of a pair share a frequency, dot products depend only on the distance, and `rows @ M.T` advances the positions.
# - Say what 10 000 is (a scale of wavelengths) and what it is not (a greatest sequence length).
# - Tell what a matrix *can* do from what training *does*.

# %% [markdown]
# ## References
#
# - Vaswani et al. 2017, *Attention Is All You Need*, arXiv 1706.03762, §3.5: the formula, the wavelengths, and the two hypotheses (easy to attend by relative positions; may extrapolate).
# - tensor2tensor, `common_attention.py`, `get_timing_signal_1d`: $d/2-1$ in the exponent, exp and log, all sines first. The question “why exp and log?”: OpenNMT/OpenNMT-py#896; “numerical stability”: hkproj/pytorch-transformer#2.
# - pytorch/tutorials#2402: 10 000 taken for the greatest length, in review.
# - datascience.stackexchange.com/questions/45691: the regression of one sine on itself.
# - SamLynnEvans/Transformer#25, intro-llm/intro-llm.github.io#34 (a textbook): the doubled index. YutaroOgawa/pytorch_advanced#79: the cosine with the next exponent.
# - The article this course grew from (Chinese): <http://www.kler.cn/a/539187.html>.
# - Wikiversity, *Endomorphism/K/Powers/Boundedness/Fact*: which matrices have bounded powers $M^n$ for n ≥ 0. Section 1 asks for both directions, so it applies the fact to $M$ and to its inverse.
