# %% [markdown]
# # 03 · What is forced, and what is chosen?
#
# Needs: 02 · 45 minutes, exercises apart · CPU
#
# The formula with the 10 000 in it looks as if it fell from the sky.
# Two demands force most of it; a few choices are left.
#
# After this notebook you can
#
# - derive the sinusoidal code from two demands, and say what is a choice;
# - write its speeds, its codes and its shift matrix, and check them;
# - read off a kernel what a model can see of two positions.

# %% [markdown]
# Two questions from earlier lessons. Answer in your head before you look.
#
# **Recall 1** · From 01: you shuffle the words of a text. What does attention without a mask and without positions return, and why can no training change that?
#
# <details><summary>Answer</summary>
#
# It returns the same vectors, shuffled like the words.
# The proof assumes nothing about the weights, so it holds for every model that anyone will ever train.
#
# </details>
#
# **Recall 2** · From 02: each token has one number, its index. Why can no head prefer the token just before its own?
#
# <details><summary>Answer</summary>
#
# The score of a query is then a straight line in the index j of the key, and a straight line is greatest at one of its ends.
# A second channel with p² bends the line, so that it can have its peak anywhere; but p² grows without bound.
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
# The sinusoidal code writes it with clock hands.
# A digit comes round after 10 steps of its own, a hand of speed $\omega$ after $2\pi/\omega$ positions.
# Here the slow ones stand at the left, as in a counter; from section 2 on the fast ones come first.
#
# Go from position 7 to 8, then from 7 to 51.
# Which hand tells 7 from 8, and which tells 7 from 51?


# %%
def dials(position):
    return plots.clock_hands(position, dim=8, odometer=10)


widgets.explore(dials, position=(0, 9999, 1, 7),
                stills=[{"position": 8}, {"position": 51}])

# %% [markdown]
# The fastest hand tells 7 from 8, but takes 51 for 7: in 44 positions it has gone round seven times.
# For the next one 44 positions are seven tenths of a turn: it tells these apart.
# Digits do the same, except that digits jump and hands glide.
#
# Why hands?
# And why these speeds?
# The first answer is a theorem, the second a choice.

# %% [markdown]
# ## 1 · Two demands
#
# In 02 a head looked back with $(1, p, p^2)$.
# Now we ask for more: a step should be *one and the same linear map everywhere*,
#
# $$c(p+k)=M_k\,c(p)\quad\text{for every }p.$$
#
# That is a new demand, and alone it gives no head.
# A matrix shifts plain numbers, too, with a constant beside them; no head looks back with them (the table of section 8 shows both).
# For bounded codes of equal length it does give us the head (section 6).
#
# **Predict.** Can one matrix shift $(1, p, p^2)$, too?

# %%
check.predict(
    "polynomial", "One matrix that moves (1, p, p²) on by 3, whatever p is",
    ["exists", "exists only while p is small", "cannot exist"],
    sure=True, kind="surprise",
    beliefs={"exists only while p is small": "no source found",
             "cannot exist": "datascience.stackexchange.com/questions/45691"})


# %%
def powers(p):
    return torch.stack([p**0, p, p**2], dim=-1)  # (n, 3)


p = torch.arange(-20.0, 21.0)
M_3 = torch.linalg.lstsq(powers(p), powers(p + 3)).solution.T
M_3.round().int()

# %%
check.claim("polynomial shift",
            "one matrix moves (1, p, p²) by three positions",
            (powers(p) @ M_3.T - powers(p + 3)).abs().max(), "in", (0, 1e-8),
            settles={"polynomial": "exists"})

# %% [markdown]
# It exists.
# Its last row says $(p+3)^2 = 9\cdot 1+6\,p+1\,p^2$.
# Not linear in $p$, but linear in the *code*: that is all a weight matrix needs.
#
# Why `.T`?
# In a formula a code is a column, $M\,c$.
# In a tensor it is a row, so the same map is `c @ M.T`.

# %% [markdown]
# A consequence comes free: three steps and then four are seven,
#
# $$M_j M_k=M_{j+k}.$$
#
# So $M_k$ is $M_1$ applied $k$ times.
# One matrix and one starting code make the whole encoding: $c(p)=M_1^{\,p}\,c(0)$.

# %% [markdown]
# What is wrong with $(1, p, p^2)$, then?
# It grows; 02 showed how big numbers drown the words.
# Second demand: the codes stay **bounded**, to the left and to the right.
#
# Four matrices, each applied again and again: a stretch (all lengths × 1.03), a shrink (× 0.97), a shear (the second channel, times 0.06, is added to the first), a turn (by 0.2).
#
# **Predict.** Which of them stays in bounds both ways?

# %%
check.predict("bounded",
              "In bounds for all steps, forwards and backwards, stays",
              ["the stretch", "the shrink", "the shear", "the turn"],
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
    "turn": [[math.cos(0.2), math.sin(0.2)], [-math.sin(0.2), math.cos(0.2)]],
}


def size_after(M, p, start=(0.0, 1.0)):
    power = torch.linalg.matrix_power(torch.tensor(M), p)
    return (power @ torch.tensor(start)).norm()


# %%
steps = range(-60, 61)
sizes = {
    name: torch.stack([size_after(M, p) for p in steps])
    for name, M in moves.items()
}
plots.lines(sizes, x=steps, xlabel="steps p", ylabel="length of the code",
            alt="; ".join(f"{name}: from {min(size):.1f} to {max(size):.1f}"
                          for name, size in sizes.items()))

# %%
check.claim("only the turn", "stretch, shrink and shear leave every bound",
            torch.stack([s.max() for n, s in sizes.items() if n != "turn"]),
            ">", 3)
check.claim("turn", "turning a vector keeps its length", sizes["turn"], "in",
            (1 - 1e-9, 1 + 1e-9), settles={"bounded": "the turn"})

# %% [markdown]
# That was no accident of four examples.
# A code that shifts by a matrix and stays bounded **is** a set of clock hands:
# seen in suitable coordinates, $M_1$ turns some planes, each at its own speed.
# Beside them there may be one channel that is always 1, and one that flips its sign, $(-1)^p$.
#
# <details><summary>Proof, in six lines</summary>
#
# Let $V$ be the span of all codes.
# $M_1$ maps $V$ into itself and $M_{-1}$ undoes it.
# Each $v\in V$ is a finite sum of codes, so $M_1^{\,p}v$ is bounded over *all* integers $p$.
# An eigenvalue with $|\lambda|\neq1$ would make $\lambda^p$ run away on one side.
# A Jordan block of size two or more would grow like $|p|$: that is the shear.
# So $M_1$ is diagonalisable on $V$ with all $|\lambda|=1$.
# It is real, so its eigenvalues are pairs $e^{\pm i\omega}$, and perhaps $1$ and $-1$; in real coordinates each pair is a turn by $\omega$.
# The codes $M_1^{\,p}c(0)$ span $V$, so no eigenvalue occurs twice: no two hands share a speed. ∎
#
# *Suitable coordinates*: a fixed change of basis, which the next weight matrix can undo.
# *Both ways*: to the right alone, a fading $0.9^p$ would be bounded too; its far positions melt into one.
# *A bias* in a linear layer is the channel that is always 1.
# *All integers*: on a finite stretch, enough channels can do anything.
# </details>

# %% [markdown]
# A theorem is best tried on a code that has no sine in it.
# One-hot, wrapped round: eight channels, and after position 7 comes 0 again.
# It is bounded, and a matrix shifts it.
# So it must be clock hands in disguise.
# The angle of an eigenvalue of $M_1$ is the speed of a hand; we count in eighths of a turn.

# %%
wheel = torch.eye(8).roll(1, dims=0)  # M_1 of one-hot
speeds = torch.linalg.eigvals(wheel).angle().abs() / (2 * math.pi / 8)
hands = torch.tensor([0, 1, 1, 2, 2, 3, 3, 4])  # a pair for each hand
check.claim("one-hot turns",
            "wrapped one-hot is a constant, three hands and a flip",
            (speeds.sort().values - hands).abs().max(), "<", 1e-9)

# %% [markdown]
# The 0 is the constant, the 4 the flip; between them are three hands at speeds 1, 2, 3.
# One-hot *is* a set of hands, at equally spaced speeds.
# Section 5 comes back to that.

# %% [markdown]
# ## 2 · One hand
#
# So a pair of channels is a hand.
# It starts at twelve and runs clockwise, because the sine comes first.


# %%
def hand(p, speed):
    return torch.stack([(speed * p).sin(), (speed * p).cos()], dim=-1)


p = torch.arange(12.0)
plots.path({"one hand": hand(p, 0.5)}, labels=range(12), xlabel="sin(p/2)",
           ylabel="cos(p/2)",
           alt="Twelve positions on a circle, clockwise from twelve o'clock.",
)

# %% [markdown]
# Which matrix turns it on by $k$?
# School trigonometry:
#
# $$\begin{pmatrix}\sin\omega(p+k)\\ \cos\omega(p+k)\end{pmatrix}=
# \begin{pmatrix}\cos\omega k&\sin\omega k\\-\sin\omega k&\cos\omega k\end{pmatrix}
# \begin{pmatrix}\sin\omega p\\ \cos\omega p\end{pmatrix}$$
#
# No $p$ in the matrix: one matrix for every position.
# Forget the `.T`, and no error is raised: the hand goes *back* by $k$.
# If all your signs come out wrong, look for this first.


# %%
def turn(angle):
    c, s = math.cos(angle), math.sin(angle)
    return torch.tensor([[c, s], [-s, c]])


now, M = hand(p, 0.5), turn(0.5 * 3)
check.claim("hand", "one 2 × 2 turn moves a hand by three positions",
            (now @ M.T - hand(p + 3, 0.5)).abs().max(), "<", 1e-12)
check.claim("no T", "a turn without its transpose moves a hand back by three",
            (now @ M - hand(p - 3, 0.5)).abs().max(), "<", 1e-12)

# %% [markdown]
# ### Why both sine and cosine?
#
# Take the sine alone, and let the best straight line guess $\sin\omega(p+k)$ from $\sin\omega p$.
# $R^2$ is the share that it gets right.
#
# **Predict.** How good is the guess as $k$ grows?

# %%
check.predict("sine alone", "As k grows, the guess from the sine alone",
              ["stays perfect", "gets worse and worse", "comes and goes"],
              kind="surprise",
              beliefs={
                  "stays perfect": "the paper's sentence, read of one channel: "
                      "datascience.stackexchange.com/questions/45691",
                  "gets worse and worse":
                      "datascience.stackexchange.com/questions/45691"},
)

# %%
p, offsets = torch.arange(1257.0), torch.arange(0, 101, 2)  # twenty turns
now = hand(p, 0.1)  # (n, 2)


def guess(channels, k):
    return analysis.linear_r2(
        now[:, :channels], hand(p + k, 0.1)[:, :channels])


alone = torch.tensor([guess(1, k) for k in offsets])
both = torch.tensor([guess(2, k) for k in offsets])

# %%
plots.lines(
    {"sine alone": alone, "with its cosine": both}, x=offsets,
    xlabel="offset k", ylabel="R² of the best linear guess", ylim=(0, 1.1),
    alt="; ".join(f"{name}: R² from {r2.min():.2f} to {r2.max():.2f}"
                  for name, r2 in {"sine alone": alone, "both": both}.items()))

# %%
check.claim("cos squared", "for the sine alone, R² is the square of cos(ωk)",
            (alone - (0.1 * offsets).cos() ** 2).abs(), "in", (0, 0.01),
            settles={"sine alone": "comes and goes"})
check.claim("pair", "a sine and its cosine are guessed at every offset",
            both.min(), ">", 1 - 1e-9)

# %% [markdown]
# "PE(p + k) is linear in PE(p)" is a sentence about the *vector*.
# Whoever regresses one sine channel on itself finds $R^2=\cos^2(\omega k)$ and thinks that the paper is wrong.
# One channel is the shadow of a hand: it does not tell which way the hand is moving.

# %% [markdown]
# ## 3 · Which speeds?
#
# One hand is not enough: a fast one comes round, a slow one hardly moves from a word to the next.
#
# So take $d/2$ hands, from a fast one to a slow one.
# We choose speed 1 (one radian a position) for the fastest, and about 1/base for the slowest.
# The *base* is a number of our choice; the paper took 10 000.
# In between, equal *steps* or equal *ratios*?

# %% [markdown]
# Take equal ratios $r$, as an odometer does; section 5 tries the other.
# Speeds $1, r, r^2, \dots$, and after $d/2$ steps we want to be at 1/base:
#
# $$r^{d/2}=\frac1{\text{base}}\quad\Rightarrow\quad
# \omega_i=r^i=\text{base}^{-2i/d}.$$
#
# There it is.
# *Forced*: hands, that is a sine and a cosine of one speed, and no speed twice.
# *Chosen*: the speeds (first, last, and equal ratios between), and the lengths of the hands (all 1).
# Constants and flips are left out.

# %% [markdown]
# **Exercise 1** · difficulty 2 of 5 · 5 minutes
#
# Put the formula in code: return the $d/2$ speeds, fastest first.
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

# %% [markdown]
# From here on `posenc.inverse_frequencies` computes them.
# Are its ratios those that we derived?


# %%
def speeds_of(d, base=10_000.0):
    return posenc.inverse_frequencies(d, base, dtype=torch.float64)


ratios = speeds_of(512)[1:] / speeds_of(512)[:-1]
check.claim("same speeds", "from each speed to the next the ratio is r",
            (ratios - 10_000 ** (-2 / 512)).abs().max(), "<", 1e-12)

# %% [markdown]
# ### Claim on trial: from 2π to 10 000 · 2π
#
# So the paper describes the wavelengths $2\pi/\omega_i$: the positions that a hand needs for a turn.
# The first is $2\pi\approx6.28$ positions.
#
# **Predict.** How long is the last, at $d=512$?

# %%
check.predict("longest", "The longest wavelength at d = 512, in positions, is",
              ["exactly 10 000 · 2π = 62 832", "shorter", "longer"],
              kind="reason",
              beliefs={"exactly 10 000 · 2π = 62 832":
                           "Vaswani et al. 2017, §3.5",
                       "longer": "the program in SamLynnEvans/Transformer#25"},
)

# %%
longest = 2 * math.pi / speeds_of(512)[-1]
check.claim("longest", "the longest wavelength misses 10 000 · 2π",
            longest, "in", (60_610, 60_612), settles={"longest": "shorter"})
longest.round()

# %% [markdown]
# The last hand has $i=d/2-1$: one step before 1/base.
# Its wavelength is $2\pi\cdot10000^{(d-2)/d}$.
# Whoever divides by $d/2-1$ arrives exactly; the authors' own code does (tensor2tensor).

# %%
check.verdict(
    "B3", "holds only if",
    because="the exponent is divided by d/2 − 1, as in tensor2tensor. With "
        "the formula as printed the longest is 60 611 positions "
        "(d = 512).")

# %% [markdown]
# **Exercise 2** · difficulty 2 of 5 · 10 minutes
#
# Write the codes, all hands at once: no loop.
# For pair $i$ and position $p$, channel $2i$ is $\sin\omega_ip$ and channel $2i+1$ is $\cos\omega_ip$; the base is 10 000.
# `pos` may hold any positions, such as `torch.tensor([5, 0, 9])`.
# For `pos = [0, 1], dim = 4` the codes are `[[0, 1, 0, 1], [0.841, 0.540, 0.010, 1.000]]`.
#
# <details><summary>Hint</summary>
#
# All angles at once: `pos[:, None] * speeds` is `(n, dim/2)`.
# The even channels are `codes[:, 0::2]`; `codes[0::2]` would be rows.
# </details>


# %% tags=["exercise"]
def sinusoidal(pos, dim):
    """(n,) -> (n, dim)"""
    ### BEGIN SOLUTION
    angles = pos[:, None] * posenc.inverse_frequencies(dim)
    codes = torch.zeros(len(pos), dim)
    codes[:, 0::2] = angles.sin()
    codes[:, 1::2] = angles.cos()
    return codes
    ### END SOLUTION


check.sinusoidal(sinusoidal)

# %% [markdown]
# For the rest of this notebook we want other speeds too.
# So we set the hands of section 2 side by side, one after another.
# At the usual speeds, is it what `posenc.sinusoidal` computes?


# %%
def code(pos, speeds):
    return torch.cat([hand(pos, speed) for speed in speeds], dim=1)  # (n, d)


pos = torch.arange(1000)
ours = code(pos, speeds_of(64))
check.claim(
    "same codes", "posenc.sinusoidal computes the codes of these hands",
    (ours - posenc.sinusoidal(pos, 64, dtype=torch.float64)).abs().max(), "<",
    1e-9)

# %%
plots.heatmaps(
    {"sines": ours[:64, 0::2], "cosines": ours[:64, 1::2]}, signed=True,
    zero_line=False,
    xlabel="pair i", ylabel="position p",
    alt="Fast stripes at the left; at the right the sines stay at 0 and "
        "the cosines at 1 for all 64 positions.")

# %% [markdown]
# A row is the code of a position; a column is one hand, seen over time.
# The white lines are where a channel is 0.
# At the right the hands have barely left twelve: sine 0, cosine 1.

# %% [markdown]
# ### Claim on trial: sines first, then cosines, is a bug
#
# Many programs write all sines and then all cosines; readers report it as a bug.
#
# **Predict.** What changes for the product of two codes?

# %%
check.predict("halves", "With all sines first, the products of two codes",
              ["stay the same", "change a little", "change a lot"],
              kind="reason",
              beliefs={"change a little": "no source found",
                       "change a lot": "tensorflow/tensor2tensor#391, "
                           "huggingface/diffusers#3981"},
)

# %%
order = torch.cat([torch.arange(0, 64, 2), torch.arange(1, 64, 2)])
halves = ours[:, order]  # sines, then cosines
check.claim("halves",
            "the product of two codes ignores the order of channels",
            (halves @ halves.T - ours @ ours.T).abs().max(), "in", (0, 1e-9),
            settles={"halves": "stay the same"})

# %%
torch.manual_seed(0)
W = torch.randn(64, 64)  # say: trained
check.claim("permuted weights",
            "permuted weights serve permuted codes as well",
            (halves @ W[order] - ours @ W).abs().max(), "<", 1e-9)
check.claim("mixed", "weights made for one order do not fit the other",
            (halves @ W - ours @ W).abs().max(), ">", 1)

# %%
check.verdict(
    "B12", "does not hold",
    because="The numbers are the same, in another order of channels, and a "
        "new model learns its weights in either. Only do not feed "
        "weights that were trained on one order with the other.")

# %% [markdown]
# ## 4 · The shift, for all hands at once
#
# One hand needs a 2 × 2 turn; $d/2$ hands need $d/2$ of them.
# Do not build the matrix yet: let least squares find it from the codes alone.

# %%
codes = code(torch.arange(400), speeds_of(6, base=100))
found = torch.linalg.lstsq(codes[:-3], codes[3:]).solution.T
plots.heatmap(
    found.round(decimals=2) + 0.0, values=True, signed=True,
    xlabel="from channel", ylabel="to channel", size="small",
    alt="Three 2 × 2 blocks on the diagonal, zero elsewhere; the first "
        "turns far, the last a little.")

# %% [markdown]
# No trigonometry went in, only 400 codes (base 100, to see all blocks turn).
# Out came three turns, by $3\omega_0, 3\omega_1, 3\omega_2$.

# %% [markdown]
# **Exercise 3** · difficulty 3 of 5 · 10 minutes
#
# Build this matrix for base 10 000, so that `shift_matrix(k, dim) @ c(p)` is `c(p + k)`.
# The block of pair $i$ fills rows and columns $2i$ and $2i+1$; $k$ may be negative.
#
# <details><summary>Hint</summary>
#
# `turn(angle)` of section 2 makes a block; `torch.block_diag(*blocks)` sets them on the diagonal.
# </details>


# %% tags=["exercise"]
def shift_matrix(k, dim):
    """two numbers -> (dim, dim)"""
    ### BEGIN SOLUTION
    speeds = posenc.inverse_frequencies(dim)
    return torch.block_diag(*[turn(k * speed) for speed in speeds])
    ### END SOLUTION


check.shift_matrix(shift_matrix)

# %%
built = posenc.shift_matrix(3, 6, 100, dtype=torch.float64)
check.claim("found", "least squares found the shift matrix of posenc",
            (found - built).abs().max(), "<", 1e-9)

# %% [markdown]
# ### A slip to know
#
# Several repositories and a textbook had this: the loop steps by two, the exponent doubles the index again, and the cosine takes the exponent after it.
# No error is raised.
# What is lost?


# %%
def slipped(pos, d):
    codes = torch.zeros(len(pos), d)
    for i in range(0, d, 2):
        codes[:, i] = (pos / 10_000 ** (2 * i / d)).sin()
        codes[:, i + 1] = (pos / 10_000 ** (2 * (i + 1) / d)).cos()
    return codes


pos = torch.arange(2000)
fair, slip = code(pos, speeds_of(16)), slipped(pos, 16)

# %%
check.claim("fair shift", "one matrix shifts the codes by seven",
            analysis.linear_r2(fair[:-7], fair[7:]), ">", 1 - 1e-9,
)
check.claim("slip",
            "no matrix shifts the slipped codes of 2000 positions",
            analysis.linear_r2(slip[:-7], slip[7:]), "<", 0.95)

# %% [markdown]
# Every sine has lost its cosine.
# The rule to remember: every sine has a cosine of the same speed (in our layout, channels $2i$ and $2i+1$).
# Test it with $\sin^2+\cos^2=1$, pair by pair.

# %% [markdown]
# ## 5 · What does a model see?
#
# Attention compares codes by products.
# For one pair,
#
# $$\sin a\sin b+\cos a\cos b=\cos(a-b),$$
#
# so the product of two whole codes is $\sum_i\cos\big(\omega_i(p-q)\big)$:
# it depends on the distance alone.
# With $p=q$: every code is $\sqrt{d/2}$ long, at d = 512 that is 16.

# %%
pos = torch.arange(200)
codes = code(pos, speeds_of(512))
products = codes @ codes.T
apart = posenc.distance(pos, pos)[..., None]  # (n, n, 1)
by_distance = (apart * speeds_of(512)).cos().sum(-1)  # (n, n)
check.claim("kernel",
            "the product of two codes depends on their distance alone",
            (products - by_distance).abs().max(), "<", 1e-9)
check.claim("length", "every code has the length √(d/2)",
            (codes.norm(dim=1) - 16).abs().max(), "<", 1e-9)

# %% [markdown]
# ### Claim on trial: are the steps of one size?
#
# The article that this course grew from says: in 0, 1, 2, … the step 1 → 2 is as large as 6 → 7, and cosine codes avoid that.
#
# **Predict.** How large are these two steps of the sinusoidal code?

# %%
check.predict("steps", "the step 1 → 2, compared with the step 6 → 7, is",
              ["larger", "just as large", "smaller"], kind="reason",
              beliefs={"larger": "reason 1 of www.kler.cn/a/539187.html",
                       "smaller": "reason 1 of www.kler.cn/a/539187.html"})

# %%
starts = torch.tensor([1, 6, 4000])
steps = code(starts + 1, speeds_of(512)) - code(starts, speeds_of(512))
step_sizes = steps.norm(dim=1)
check.claim("equal steps", "every step to the next position has one size",
            (step_sizes - step_sizes[0]).abs().max(), "in", (0, 1e-9),
            settles={"steps": "just as large"})
step_sizes.round(decimals=3)

# %% [markdown]
# Binary digits, for comparison: from 7 to 8 all four flip, from 8 to 9 only one.
# Is there a matrix, with a constant beside the digits, that counts on by one?

# %%
digits = ((torch.arange(16)[:, None] >> torch.arange(4)) & 1).double()
with_one = torch.cat([torch.ones(16, 1), digits], dim=1)
check.claim("digits", "no matrix counts binary digits on by one",
            analysis.linear_r2(with_one[:-1], digits[1:]), "<", 0.9)

# %% [markdown]
# In digits "one further" means something else everywhere.
# In hands it is the same small turn everywhere: that is why hands beat digits.

# %%
check.verdict(
    "A1", "does not hold",
    because="It is the other way round: every step is the same turn, so it is "
        "equally long, 3.714 at d = 512, at 1 as at 4000. Numbers and "
        "sinusoids have that in common, and it is a virtue.")

# %% [markdown]
# ### The kernel
#
# The product as a function of the distance is called the *kernel*.
# We divide it by $d/2$, so that it is 1 at distance 0.
#
# **Predict.** What does it do from offset 1 to 200, at d = 512?

# %%
check.predict("falls", "As two positions part, the product of their codes",
              ["falls all the way", "falls, then ripples", "soon repeats"],
              kind="surprise",
              beliefs={"falls all the way": "as of RoPE: ROCm/flash-attention#83",
                       "soon repeats": "reason 2 of www.kler.cn/a/539187.html"},
)

# %% [markdown]
# Draw it, beside three others; "until" gives the offset where each stops falling.
# What moves the point where the product stops falling: the width, the base, or both?


# %%
def kernel_of(d, base):
    shown = {f"d = {d}, base {base}": (d, base), "d = 16": (16, 10_000),
             "base 10": (512, 10), "base 100 000": (512, 100_000)}
    k = torch.arange(1, 201)
    curves, rises = {}, {}
    for name, which in shown.items():
        curve = posenc.kernel(k, *which)
        rise = analysis.first_rise(curve)
        curves[f"{name}, until {rise}"] = curve
        rises[f"{name}, until {rise}"] = rise
    return plots.lines(curves, x=k, logx=True, xlabel="offset k",
                       ylabel="product, as a share", marks=rises,
                       alt=f"Falls: {', '.join(curves)}.")


widgets.explore(kernel_of, d=[512, 16, 64, 256],
                base=[10_000, 10, 100, 1000, 100_000],
                stills=[{"d": 64}, {"base": 100}], labels={"d": "width d"})

# %%
distances = torch.arange(5001)
kernel = code(distances, speeds_of(512)) @ codes[0] / 256  # as a share
check.claim("same kernel", "posenc.kernel computes the product of two codes",
            (kernel - posenc.kernel(distances, 512)).abs().max(), "<", 1e-9,
)
check.claim("first rise", "the kernel rises for the first time before fifty",
            analysis.first_rise(kernel), "in", (40, 50), show="{:.0f}",
            settles={"falls": "falls, then ripples"})
check.claim("ripples", "of all steps to five thousand, two in five go up",
            (kernel.diff() > 0).double().mean(), ">", 0.4)

# %% [markdown]
# Both.
# At d = 512 and base 10 000 it stops falling at offset 43, at d = 64 already at 5, at base 100 at 37.
#
# Beyond, nearly every second step goes up, and at 5000 nothing is left.
# Similarity alone does *not* tell the distance.

# %% [markdown]
# ### Equal ratios against equal steps
#
# Now the rival: 256 hands with speeds $1, \frac{255}{256}, \dots, \frac1{256}$.
# Which distances can it tell apart?
# The axis is logarithmic.

# %%
even = torch.arange(256, 0, -1) / 256
rival = code(distances, even) @ code(distances[:1], even)[0] / 256
line = 1 - (distances.log() + 0.5772) / math.log(10_000)  # why: see below

ks = torch.logspace(0, math.log10(3000), 120).round().long()
ks = torch.cat([ks, torch.arange(1602, 1616)]).unique()

# %%
picture = plots.lines(
    {"equal ratios": kernel[ks], "straight line": line[ks],
     "equal steps": rival[ks]},
    x=ks, logx=True, xlabel="offset k", ylabel="product, as a share",
    alt="Equal ratios follow a straight line down; equal steps drop to "
        "zero within four positions and come back at 1608.")
picture.figure.axes[0].annotate(
    "equal steps, at 1608", (1608, 0.96), (150, 0.93),
    arrowprops={"arrowstyle": "->"})
picture

# %% [markdown]
# Equal steps know "here" and "not here", like one-hot, which is made of them;
# and after 1608 positions they begin again.
#
# Equal ratios look at all scales alike:
# each *tenfold* of distance costs the same, $\ln10/\ln\text{base}$, here a quarter.
#
# <details><summary>Why a straight line?</summary>
#
# For a large $d$ the mean over the pairs is an integral over the logarithm of the speed, $\frac1{\ln b}\int_{1/b}^1\cos(\omega k)\frac{d\omega}\omega$, which for $1\ll k\ll b$ is close to $1-(\ln k+\gamma)/\ln b$.
# $b$ is the base, and $\gamma=0.577\ldots$ is Euler's constant.
# </details>

# %%
check.claim("log law", "from ten to a hundred the kernel falls with log k",
            (kernel - line)[10:101].abs().max(), "<", 0.02)
check.claim("rival repeats",
            "equal steps make a far position more like 0 than 1 is",
            rival[1600:1620].max(), ">", float(rival[1]))

# %% [markdown]
# ### Claim on trial: 10 000 is the greatest length
#
# "Position 10 001 has the code of position 1."
#
# **Predict.** Of the positions 1 to 20 000, which is nearest to 0, at d = 512?

# %%
check.predict(
    "nearest", "The code most like that of position 0 belongs to",
    ["1, its neighbour", "44, seven turns of the fastest hand", "10 000"],
    kind="surprise",
    beliefs={"44, seven turns of the fastest hand": "no source found",
             "10 000": "huggingface/transformers#1791, pytorch/tutorials#2402"},
)

# %%
far = torch.arange(1, 20_001)
apart = (512 * (1 - posenc.kernel(far, 512))).sqrt()  # |a − b|
check.claim("neighbour", "no position is nearer to position 0 than position 1",
            far[apart.argmin()], "==", 1,
            settles={"nearest": "1, its neighbour"})
check.claim("ten thousand", "10 000 is several times as far from 0 as 1 is",
            apart[9_999] / apart[0], ">", 5)

# %%
check.verdict(
    "B2", "does not hold",
    because="10 000 scales wavelengths. Positions 1 and 10 001 are 23.3 "
        "apart, neighbours 3.7 (d = 512). No two integers share a code: "
        "the first hand would need whole turns, and 2π is irrational. "
        "(In exact numbers; equality of floats is another matter.)")

# %% [markdown]
# Never equal is not yet well apart.
# With two hands only (d = 4), how near does a rival come, within a million positions?

# %%
far = torch.arange(1, 1_000_001)
apart = sum(2 - 2 * (far * speed).cos() for speed in speeds_of(4)).sqrt()
check.claim("two hands",
            "two hands have a rival far nearer than the neighbour",
            apart[0] / apart.min(), ">", 1000)
far[apart.argmin()]

# %% [markdown]
# With two hands position 735 761 is 0.0005 from 0, the neighbour 0.96.
# So "no two share a code" says little; how far the nearest rival is says more.

# %% [markdown]
# ### Claim on trial: different speeds pull positions apart
#
# Three codes: 256 hands of one speed, 256 of many, and one-hot.
# How far are the positions 1 to 399 from position 0, divided by the length of a code?
#
# **Predict.** Which code pulls *neighbours* apart most?

# %%
check.predict("apart", "The neighbours 0 and 1 are farthest apart with",
              ["one speed", "many speeds", "one-hot"], kind="surprise",
              beliefs={"one speed": "no source found",
                       "many speeds": "reason 4 of www.kler.cn/a/539187.html"})


# %%
def apart_from_first(codes):
    return (codes[1:] - codes[0]).norm(dim=1)


ones = apart_from_first(code(torch.arange(400), torch.ones(256))) / 16
many = apart_from_first(code(torch.arange(400), speeds_of(512))) / 16
onehot = apart_from_first(torch.eye(400))

# %%
check.claim("one speed", "at one speed a far position is all but the same",
            ones.min(), "<", 0.01)
check.claim("many speeds", "at many speeds the neighbour is the nearest code",
            many.min(), ">=", many[0])
check.claim("one-hot apart", "no code with hands sets neighbours so far apart",
            onehot[0] / torch.stack([ones[0], many[0]]), "in", (1.4, 7),
            settles={"apart": "one-hot"})

# %%
check.verdict(
    "A8", "holds only if",
    because="apart means: no lap is mistaken for another. One speed puts 333 "
        "on top of 0; many speeds leave no rival nearer than the "
        "neighbour. Neighbours themselves stay close (similarity 0.973); "
        "one-hot sets them farthest apart.")

# %% [markdown]
# ## 6 · Any offset, one matrix
#
# A head does not compare the codes themselves but $c(p)^\top M\,c(p')$, where $M=W_q^\top W_k$ is learned (any matrix; $M_k$ was a shift).
# If $W_q$ shifts the query by $-k$, the product is greatest at the key $k$ back: of codes of one length, each is most like itself.
# (In $W_k$ the letter means *key*; elsewhere $k$ is the offset.)
#
# **Predict.** One head looks 1 back, another 4000.
# By how much does the right key win?

# %%
check.predict("margin",
              "The margin of the right key over the next best, at 4000",
              ["is far smaller than at 1", "is just the same", "is greater"],
              kind="surprise",
              beliefs={"is far smaller than at 1":
                           "as of RoPE: ROCm/flash-attention#83",
                       "is greater": "no source found"},
)

# %%
keys = code(torch.arange(5001), speeds_of(64))  # (n, d)
query = keys[4500]


def scores(k):
    M = posenc.shift_matrix(-k, 64, dtype=torch.float64)
    return keys @ (M @ query) / math.sqrt(64)


def weights(k, gain):
    return (gain * scores(k)).softmax(0)[4500 - k - 5:4500 - k + 6]


# %%
curves = {"1 back, gain 8": weights(1, 8),
          "4000 back, gain 8": weights(4000, 8),
          "gain 32": weights(4000, 32), "gain 1": weights(4000, 1)}
plots.lines(
    curves, x=torch.arange(-5, 6), percent=True,
    xlabel="key, counted from the right one", ylabel="weight for query 4500",
    alt="The right key gets: " + ", ".join(
        f"{name}: {curve[5]:.1%}" for name, curve in curves.items()))


# %%
def margin(k):
    best, second = scores(k).topk(2).values
    return best - second


check.claim("finds", "a shifted query finds the key 4000 back",
            scores(4000).argmax(), "==", 500)
check.claim("margin", "the right key wins by one margin near and far",
            (margin(1) - margin(4000)).abs(), "in", (0, 1e-9),
            settles={"margin": "is just the same"})
check.claim("no gain", "scores divided by √d give the right key under 1 %",
            weights(4000, 1).max(), "<", 0.01)
check.claim("gain", "a gain of 32 gives the right key nearly all weight",
            weights(4000, 32).max(), ">", 0.9)

# %% [markdown]
# The two curves at gain 8 coincide: one lies on the other.
# The same margin at any offset: 1.08 of 32, before the division by $\sqrt{64}$.
# Divided, it is too small for softmax: at gain 1 the right key gets half a percent.
# So these are scores times a *gain that $W$ can learn*: at gain 8 it gets 58 %, at gain 32 97 %.
#
# So the matrix *exists*, for every $k$.
# Whether training finds it, and whether it serves at lengths never seen, no formula can say; 05 trains it.

# %%
check.verdict(
    "B5", "holds only if",
    because="easy means that one matrix can do it. The identity is exact, at "
        "every offset; that training finds the matrix was a hypothesis "
        "of the paper, tried in notebook 05.")

# %% [markdown]
# **Exercise 4** · difficulty 3 of 5 · 10 minutes
#
# Give a head weights with which every word prefers the one `k` before it.
# Codes are rows: `queries = codes @ W_q`, `keys = codes @ W_k`.
# Row `i` of `queries @ keys.T` must be greatest at `i - k`, for `i ≥ k`.
# Use `posenc.shift_matrix(k, dim, dtype=torch.float64)`.
#
# <details><summary>Hint</summary>
#
# Leave the keys alone.
# `rows @ M.T` shifts by $k$, so what does `rows @ M` do?
# </details>


# %% tags=["exercise"]
def offset_head(k, dim):
    """two numbers -> W_q, W_k, both (dim, dim)"""
    ### BEGIN SOLUTION
    M_k = posenc.shift_matrix(k, dim, dtype=torch.float64)
    return M_k, torch.eye(dim)  # rows @ M_k go back by k
    ### END SOLUTION


check.offset_head(offset_head)

# %% [markdown]
# ## 7 · How much of it turns at all?
#
# "The code is periodic, so it catches distant ties and cycles", people say.
# Take the article's own sizes, d = 512 and 60 positions.
# How many turns does each of the 256 hands complete?

# %%
turns = 59 * speeds_of(512) / (2 * math.pi)
check.claim("quarter", "in 60 positions under a quarter of the hands go round",
            (turns >= 1).sum(), "<", 64, show="{:.0f}")
sines = code(torch.arange(60), speeds_of(512))[:, 0::2]
check.claim("ramps", "in 60 positions most sines only rise or only fall",
            posenc.ramps(sines).sum() / 256, ">", 0.6)
int((turns >= 1).sum()), int(posenc.ramps(sines).sum())

# %% [markdown]
# 63 of 256 hands go round; 155 of the sine channels are plain ramps.
# At this length most of the "periodic" code is slow numbering.
# What a model makes of it is a question for a model: the verdicts on periodicity (A3), distance (A4) and ease (A7) come in 05.

# %% [markdown]
# ## 8 · The table again
#
# The six requirements of 02, and two more.
# The marks of the old codes are those of 02; the sinusoids go through the same six tests here.
# *A matrix shifts it*: one matrix for all texts, with a constant beside the code.
# *Nearer is more alike*: the farther from position 0, the farther the code.
#
# **Predict.** Do the sinusoids pass them all?

# %%
check.predict("all ticks", "Of the eight requirements the sinusoids fail",
              ["none", "one", "three"], sure=True, kind="surprise",
              beliefs={"none": "the last sentence of www.kler.cn/a/539187.html",
                       "three": "no source found"})

# %%
pad = torch.nn.functional.pad


def shifts(codes):
    texts = [pad(codes(n), (1, 0), value=1) for n in (16, 48)]
    before = torch.cat([text[:-3] for text in texts])
    after = torch.cat([text[3:] for text in texts])
    return analysis.linear_r2(before, after) > 1 - 1e-9


def nearer_is_alike(codes):
    return bool((apart_from_first(codes(48)).diff() > 1e-9).all())


# %%
def code_of(name):
    if name == "1, p, p²":
        return lambda n: powers(torch.arange(float(n)))
    embed = posenc.build(name).embed
    return lambda n: embed(torch.zeros(1, n, 64), torch.arange(n))[0]


# %%
def six_of_02(codes):
    short, long = codes(16), codes(48)
    beside = torch.linspace(-1, 1, 64) + long  # beside a word
    normed = torch.nn.functional.layer_norm(beside, (64,))
    steps = torch.cat([c.diff(dim=0).norm(dim=1) for c in (short, long)])
    return [
        bool(long.abs().max() < 2 * short.abs().max()),
        bool(posenc.nearest_rivals(normed).distance.min() > 1e-6),
        torch.equal(short, long[:16]),
        bool(steps.std() < 1e-9),
        all(analysis.best_head(short, k) == 1 for k in (1, 3)),
        len(codes(1000)) == 1000,
    ]


# %%
marks = {
    "integer": "✗✗✓✓✗✓",
    "integer_channel": "✗✓✓✓✗✓",
    "normalized": "✓✓✗✗✗✓",
    "onehot": "✓✓✓✓✓✗",
    "binary": "✓✓✓✗✗✓",
    "1, p, p²": "✗✓✓✗✓✓",
}
rows = {name: [m == "✓" for m in six] for name, six in marks.items()}
rows["sinusoidal"] = six_of_02(code_of("sinusoidal"))
columns = ["bounded", "told apart after LayerNorm", "same code in every text",
           "a step is equally long", "a head can look k back",
           "no longest text", "a matrix shifts it", "nearer is more alike",
]

# %% tags=["large"]
table = {}
for name, row in rows.items():
    row = row + [test(code_of(name)) for test in (shifts, nearer_is_alike)]
    table[name] = dict(zip(columns, row, strict=True))

missed = {name: [column for column, met in row.items() if not met]
          for name, row in table.items()}
plots.tick_table(table, alt="; ".join(
    f"{name} misses: {', '.join(names)}" for name, names in missed.items()))

# %%
crosses = [len(columns) for columns in missed.values()]
check.claim("one cross", "the sinusoids miss few of the eight requirements",
            crosses[-1], "==", 1, show="{:.0f}", settles={"all ticks": "one"})
check.claim("fewest", "every other code in the table misses more requirements",
            crosses[:-1], ">", 1)

# %% [markdown]
# Their cross is the ripple: numbers never ripple, but numbers grow.
# And a table is no ranking.
# It says what a code *can* do for a model; 05 asks what a model does with it.

# %% [markdown]
# ## 9 · Judge for yourself
#
# **Exercise 5 · judge a table** · difficulty 2 of 5 · 8 minutes
#
# A report asks which encodings can be shifted by one matrix.
# For each it takes n position vectors with d channels and prints the $R^2$ of `linear_r2(codes[:-k], codes[k:])`, in float64:
#
# | encoding | n | d | k | $R^2$ |
# |---|---|---|---|---|
# | sinusoidal | 2000 | 16 | 7 | 1 |
# | with the slip of section 4 | 2000 | 16 | 7 | 0.91 |
# | random vectors | 60 | 64 | 7 | 1 |
# | random vectors | 2000 | 64 | 7 | 0.03 |
#
# It concludes: "Even random vectors can be shifted by a matrix, if there are not too many."
#
# Which rows are evidence for a matrix that shifts the encoding?
# Write `shift_is_shown(n, d, k, r2)`, which is True for such a row and False for any other.
# Because of rounding, an $R^2$ counts as 1 if it is at most 1e-9 below.
#
# <details><summary>Hint</summary>
#
# Least squares fits each row of the matrix by itself: how many numbers are in such a row, and how many equations must they satisfy?
# Compare with the last line of the box "Proof, in six lines" in section 1.
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
# In JupyterLab, each has a link to the cell that settled it. Explain that result to yourself before you go on.

# %%
check.surprises("03")

# %% [markdown]
# ## What you can now do
#
# - Derive the code: one matrix a step + bounded ⇒ clock hands; equal ratios ⇒ $\text{base}^{-2i/d}$.
# - Check any implementation: pairs share a speed, products know the distance, `@ M.T`.
# - Say what 10 000 is (a scale of wavelengths) and what it is not (a length).
# - Tell what a matrix *can* do from what training *does*.

# %% [markdown]
# ## References
#
# - Vaswani et al. 2017, *Attention Is All You Need*, arXiv 1706.03762, §3.5: the formula, the wavelengths, and the two hypotheses (easy to attend by offset; may extrapolate).
# - tensor2tensor, `common_attention.py`, as quoted in tensorflow/tensor2tensor#1423 and #1925: all sines first, $d/2-1$ in the exponent, exp and log.
# - pytorch/tutorials#2402: 10 000 taken for the greatest length, in review.
# - datascience.stackexchange.com/questions/45691: the regression of one sine on itself.
# - SamLynnEvans/Transformer#25, YutaroOgawa/pytorch_advanced#79: the doubled index.
# - The article this course grew from (Chinese): <http://www.kler.cn/a/539187.html>.
# - Wikiversity, *Endomorphism/K/Powers/Boundedness/Fact*: which matrices have bounded powers.
