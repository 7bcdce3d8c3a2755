# %% [markdown] id="why-it-breaks"
# # 08 · Why does a model trained at 4096 break at 8192?
#
# Needs: 07 · 40 minutes, exercises apart · CPU
#
# RoPE has no position table, and so no last position.
# Yet LLaMA 7B, trained on texts of 2048 tokens, has a perplexity of 7.20 at that length and above 1000 at 4096 (Chen et al. 2023, Table 1).
#
# After this lesson you can
#
# - **count** which pairs of a model meet new angles in a text that is longer than its training texts,
# - **write** four repairs and say what each of them costs,
# - **judge** which run decides between two explanations of a failure.

# %% [markdown]
# Two questions from earlier lessons. Answer in your head before you look.
#
# **Recall 1** · From 03: a pair has the frequency ω. After how many positions does it show the same angle again?
#
# <details><summary>Answer</summary>
#
# After 2π/ω positions, its wavelength.
# For base 10 000 and 128 channels that is 6.28 positions for the fastest pair, and about 54 000 for the slowest.
#
# </details>
#
# **Recall 2** · From 07: RoPE rotates queries and keys by angles that depend on their positions. What does a score still depend on?
#
# <details><summary>Answer</summary>
#
# On the contents of the query and of the key, and on their relative distance.
# Rotating both by the same angle changes no score.
#
# </details>

# %%
import math

import torch

import posenc
from posenc import check, functional, plots, training, widgets

exact = torch.float64

# %% [markdown] id="sum-of-cosines"
# The greatest sequence length that a model is set up to process is its **context length**.
# A longer text contains larger relative distances $r=i-j$, from the query $i$ back to the key $j$.
# What does a score do at distances that no training text contained?
#
# The score is a sum of cosines and sines: each pair contributes $a\cos\omega r+b\sin\omega r$, where $a$ and $b$ depend on the two tokens.
# We fit such a sum of 64 pairs to a curve that falls from 1 towards 0, at the distances 0 to 4095 only (least squares, with a penalty on large $a$ and $b$).
# *Half steps* is the first sum again, taken at $r/2$.


# %%
frequencies = posenc.inverse_frequencies(128, dtype=exact)  # base 10 000


def waves(r):  # (n,) -> (n, 128)
    angles = posenc.angles(r, frequencies)  # (n, 64)
    return torch.cat([angles.cos(), angles.sin()], dim=-1)


# %% jupyter={"source_hidden": true}
def fitted(penalty):  # -> (128,), the coefficients
    r = torch.arange(4096, dtype=exact)
    A, goal = waves(r), 1 / (1 + r / 100)  # (4096, 128), (4096,)
    extra = penalty * len(r) * torch.eye(128, dtype=exact)
    return torch.linalg.solve(A.T @ A + extra, A.T @ goal)


r = torch.arange(8192, dtype=exact)
sums = {
    "small penalty": waves(r) @ fitted(1e-7),
    "large penalty": waves(r) @ fitted(1e-2),
    "small penalty, half steps": waves(r / 2) @ fitted(1e-7),
}
plots.lines(
    {name: values[::32] for name, values in sums.items()}, x=r[::32],
    xlabel="relative distance r", ylabel="sum of 64 pairs", trained_to=4096,
    alt="; ".join(f"{name}: from {values.min():.2f} to {values.max():.2f}"
                  for name, values in sums.items()))

# %%
wild, tame, halved = (values[4096:].abs().max() / values[:4096].abs().max()
                      for values in sums.values())
check.claim("runs wild",
            "a sum of 64 pairs that was fitted at distances up to 4095 more "
            "than doubles its greatest value at distances up to 8191",
            wild, ">", 2)

# %%
check.claim("stays tame", "a sum of 64 pairs with small coefficients or "
            "halved distances has its greatest value within the distances "
            "of the fit",
            [tame, halved], "<", 1)

# %% [markdown]
# Such a sum *can* run wild beyond the distances on which it was fitted.
# From pair 32 on, the angles of neighbouring pairs drift less than a turn apart within 4096 positions: there their large coefficients cancel, and farther on they no longer do.
# This is a **possible** cause, and Chen et al. argue for it (section 2.2).
# The figure does not say whether the heads of a trained model have such coefficients.
#
# Sections 1 and 6 give two other possible causes; a table at the end compares all three.

# %% [markdown] id="which-pairs"
# ## 1 · Which pairs meet new angles?
#
# In a training text of 4096 tokens no relative distance exceeds 4095.
# Up to there a fast pair meets its whole circle of angles, and a slow pair only a part of it.
# In a longer text the slow pair meets new angles, and nothing in training determined what a head does with them.
#
# Each circle is one pair, the fastest innermost; each dot is the angle at one distance.
# **Which of them meet new angles between 4096 and 8191?**


# %% jupyter={"source_hidden": true}
def on_circle(r, pair, radius):
    angle = r * frequencies[pair]
    angle = angle[angle < 2 * math.pi]  # after a turn no angle is new
    return radius * torch.stack([angle.sin(), angle.cos()], dim=-1)


circles = (30, 1, 12, 20), (50, 2, 96, 42), (56, 3, 96, 0), (60, 4, 96, 0)
met = [on_circle(r[:4096:step], *circle) for *circle, step, _ in circles]
new = [on_circle(r[4096::step], *circle) for *circle, step, _ in circles]
plots.path(
    {"met up to 4095": torch.cat(met), "new from 4096": torch.cat(new)},
    xlabel="radius · sine", ylabel="radius · cosine", join=False,
    labels=[f"pair {pair}" * (point == labelled)
            for (pair, *_, labelled), dots in zip(circles, met, strict=True)
            for point in range(len(dots))],
    size="tall",
    alt="; ".join(f"pair {pair}: {len(old)} angles up to 4095, {len(later)} "
                  "new ones" for (pair, *_), old, later
                  in zip(circles, met, new, strict=True)))

# %% [markdown]
# The innermost pair completes more than eight turns within 4096 positions, so no angle is new to it.
# The other three do not complete one, and reach new angles.
#
# So a pair meets new angles if its wavelength $2\pi/\omega_i$ exceeds the training length.
# Llama 2 was trained on texts of 4096 tokens, with base 10 000; its heads are 128 wide and have 64 pairs.

# %%
check.predict_number(
    "unseen",
    "How many of Llama 2's 64 pairs complete less than one turn within 4096 "
    "positions?",
    unit="pairs", low=0, high=64, near=0.2, kind="reason",
)

# %% [markdown]
# **Exercise 1** · difficulty 2 of 5 · 5 minutes
#
# Count them: the pairs $i = 0 \dots \text{dim}/2-1$ with the frequency $\text{base}^{-2i/\text{dim}}$ that complete less than one turn in `trained` positions.
# `unseen_pairs(8, 10_000, 16)` is 3, because the wavelengths are 6.3, 63, 628 and 6283.
#
# <details><summary>Hint</summary>
#
# After `trained` positions the angle of a pair is `trained * frequency` radians.
# A whole turn is $2\pi$.
# </details>


# %% tags=["exercise"]
def unseen_pairs(dim, base, trained):
    """two numbers, one length -> how many pairs"""
    ### BEGIN SOLUTION
    frequencies = posenc.inverse_frequencies(dim, base)
    return int((trained * frequencies < 2 * math.pi).sum())
    ### END SOLUTION


check.unseen_pairs(unseen_pairs)

# %% [markdown]
# Now we follow all 64 pairs through all positions.
# After a turn the angle falls back to nearly 0; the angles of the other pairs only rise.


# %%
def only_rise(length, base):
    frequencies = posenc.inverse_frequencies(128, base, dtype=exact)
    angles = posenc.angles(torch.arange(length), frequencies) % (2 * math.pi)
    return (angles.diff(dim=0) > 0).all(0).sum()  # angles: (n, 64)


# %%
llama_2 = only_rise(4096, 10_000)
by_formula = 64 - math.ceil(64 * math.log(4096 / (2 * math.pi), 10_000))
check.claim("llama 2", "a Llama 2 head has as many pairs that stay short of "
            "a turn within 4096 positions as the wavelengths say",
            llama_2, "==", by_formula, show="{:.0f}",
            settles={"unseen": "measured"})

# %% [markdown]
# Llama 3 was trained on texts of 8192 tokens, twice as long, with base 500 000, fifty times as large.

# %%
check.predict(
    "llama 3",
    "Llama 3's heads also have 64 pairs. How many of them stay short of a "
    "turn, compared with Llama 2?",
    ["fewer", "as many", "more"], sure=True, kind="reason",
    beliefs={"fewer": "as “a larger base is for longer texts”: "
                      "hiyouga/LlamaFactory#9524",
             "as many": "no source found"},
)

# %%
llama_3 = only_rise(8192, 500_000)
check.claim("llama 3", "Llama 2 and Llama 3 differ by 1 to 46 in the number "
            "of pairs that stay short of a turn",
            llama_3 - llama_2, "in", (1, 46),
            settles={"llama 3": "more"})
int(llama_3)

# %% [markdown]
# A larger base lowers the frequencies, so 29 of the 64 pairs stay short of a turn, although the training texts are twice as long.
# Beyond 8192 tokens these pairs meet new angles.
#
# **With which of the bases 1000, 10 000 and 500 000 does every pair complete a turn within 8192 positions?**


# %%
def turns_in(length, base, dim=128):
    frequencies = posenc.inverse_frequencies(dim, base, dtype=exact)
    return length * frequencies / (2 * math.pi)  # (dim/2,)


# %% jupyter={"source_hidden": true}
def turns_by_pair(base, trained):
    turns = turns_in(trained, base)
    short = int((turns < 1).sum())
    first = {"turns": len(turns) - short} if short else {}
    return plots.lines(
        {"turns": turns}, levels={"one turn": 1}, marks=first,
        xlabel="pair i, fastest first", ylabel=f"turns in {trained} positions",
        logy=True, ylim=(1e-3, 1e4),
        alt=f"Base {base}, training length {trained}: {short} of {len(turns)} "
            "pairs lie below one turn" + "; a ring marks one" * any(first))


widgets.explore(turns_by_pair,
                base=[10_000, 1000, 100_000, 500_000],
                trained=[8192, 4096, 32_768],
                stills=[{"base": 1000, "trained": 8192},
                        {"base": 500_000, "trained": 8192}],
                labels={"trained": "training length"})

# %% [markdown] id="may-i-raise"
# Only with base 1000: with 10 000, 14 pairs stay below one turn, and with 500 000, 29 do.
# A ring marks the first of them.
#
# *May I raise `rope_theta`, the base, to get a longer context?*
# In a trained model this changes the frequencies, but not the weights, which were trained with the old ones.
# Section 3 does so, and **fine-tuning** (further training, here on longer texts) usually has to follow.

# %% [markdown] id="interpolation"
# ## 2 · Position interpolation: squeeze the positions
#
# The first repair avoids the new angles (Chen et al. 2023).
# If we count in half steps, $0, \tfrac12, 1, \dots$, a text of 8192 tokens ends at position 4095.5.
# In code this is `pos / factor`; with `//` two tokens would share a position.
# RoPE can rotate by any angle, so fractions do no harm.
#
# An angle is a position times a frequency, so dividing all frequencies does the same; `posenc` calls this `"linear"`.


# %%
def scaled(method, **options):
    return functional.scaled_frequencies(128, method=method, dtype=exact,
                                         **options)


# %%
half_steps = posenc.angles(torch.arange(0, 4096, 0.5), frequencies)
slowed = posenc.angles(torch.arange(8192), scaled("linear", factor=2))
check.claim("squeeze",
            "halved positions and halved frequencies give the same angles",
            (slowed - half_steps).abs().max(), "<", 1e-9)

# %%
check.claim("inside",
            "halved frequencies rotate no pair further in 8192 positions than "
            "the original ones do in 4096",
            slowed.amax(0) - 4096 * frequencies, "<", 0)


# %%
def linear(frequencies, factor):
    return frequencies / factor


check.claim("linear", "our linear frequencies are those of posenc",
            (linear(frequencies, 8) - scaled("linear", factor=8)).abs().max(),
            "<", 1e-6)

# %% [markdown]
# The price is that the fast pairs become slower, too.
# From one token to the next the fastest pair advances by one radian; with factor 8 it advances by an eighth of that.
# A model needs fine-tuning to read this finer scale.
#
# Fine-tuned on texts of 8192 tokens *without* interpolation, the model of Chen et al. used only 2560 tokens after 10 000 steps (Table 4).

# %% [markdown] id="ntk"
# ## 3 · NTK: raise the base
#
# The second repair keeps the fast pairs, because they have met all angles, and divides lower frequencies by more (bloc97 2023; “NTK-aware” after the neural tangent kernel).
# It changes a single number, the base $b$.
#
# In heads of width $d$ the slowest pair has the frequency $b^{-(d-2)/d}$.
# We want it divided by the factor $s$, and solve for the new base:
#
# $$b'^{-(d-2)/d}=\frac{b^{-(d-2)/d}}s\quad\Rightarrow\quad b'=b\,s^{\,d/(d-2)}.$$


# %%
def ntk(base, factor, dim=128):
    new_base = base * factor ** (dim / (dim - 2))
    return posenc.inverse_frequencies(dim, new_base, dtype=exact)


# %%
check.claim("ntk", "our NTK frequencies are those of posenc",
            (ntk(10_000, 8) - scaled("ntk", factor=8)).abs().max(), "<",
            1e-6)

# %%
ratio = ntk(10_000, 8) / frequencies
check.claim("ends",
            "NTK at factor 8 keeps the highest frequency and divides the "
            "lowest by 8",
            (ratio[[0, -1]] - torch.tensor([1, 1 / 8])).abs().max(), "<",
            1e-9)

# %% [markdown]
# Does NTK at factor 2 suffice for a text twice as long as the training texts?
# It must keep the slow pairs, those short of a turn, from new angles.

# %%
check.predict(
    "ntk",
    "With NTK at factor 2, which of Llama 2's slow pairs still meet new "
    "angles in a text of 8192 tokens?",
    ["none of them", "about half of them", "all but the slowest"],
    kind="reason",
    beliefs={"none of them": "the program that dphnAI/sonar#101 corrects",
             "about half of them": "no source found"},
)

# %%
slow = turns_in(4096, 10_000) < 1
reached = 8192 * ntk(10_000, 2)[slow]
beyond = reached > 4096 * frequencies[slow] * (1 + 1e-9)
check.claim("out of bounds", "at twice the training length, NTK at factor 2 "
            "keeps a slow pair from new angles only by halving that pair's "
            "frequency",
            (~beyond).sum(), "==", 1, settles={"ntk": "all but the slowest"})

# %% [markdown] id="dynamic"
# Only the slowest pair is divided by the whole factor 2; the 17 others are divided by less, and meet new angles.
# In practice the factor is therefore set higher than the ratio of the lengths (Peng et al. 2023, section 3.1).
#
# **Dynamic NTK** computes the factor from the current length, so that short texts keep the trained frequencies.
# In `transformers` that is the length of the longest text in the batch (`dynamic_frequency_update` takes the largest position), so the same short text can get different scores in different batches.


# %% jupyter={"source_hidden": true}
def dynamic(n, trained=4096, factor=2):
    grown = factor * n / trained - (factor - 1)
    return ntk(10_000, max(1, grown))


by_itself, beside_a_long_text = dynamic(1000), dynamic(8192)
change = 900 * (by_itself - beside_a_long_text)  # of angles at distance 900
check.claim("dynamic",
            "dynamic NTK changes an angle of a short text, at distance 900, "
            "by more than a turn if its batch contains a text of 8192 tokens",
            change.max() / (2 * math.pi), ">", 1)

# %% [markdown]
# The frequencies also change while a text grows; lesson 09 shows what that does to keys in a **KV cache**.

# %% [markdown] id="by-turns"
# ## 4 · By turns: Llama 3
#
# The third repair treats each pair according to the number of turns that it completed in training.
# A pair with `many` turns or more has met all angles, and keeps its frequency.
# The frequency of a pair with `few` turns or fewer is divided by the factor $s$, so that it meets no new angles.
# A ramp connects the two bounds.


# %%
def by_turns(frequencies, factor, trained, few, many):
    turns = trained * frequencies / (2 * math.pi)
    kept = ((turns - few) / (many - few)).clamp(0, 1)  # 1: as trained
    return frequencies * kept + frequencies / factor * (1 - kept)


# %% [markdown]
# Llama 3.1 uses the bounds 4 and 1 and the factor 8.

# %%
fast_base = posenc.inverse_frequencies(128, 500_000, dtype=exact)
ours = by_turns(fast_base, 8, 8192, few=1, many=4)
theirs = scaled("llama3", base=500_000, factor=8, original_max_len=8192)
check.claim("llama3", "our Llama 3.1 frequencies are those of posenc",
            (ours - theirs).abs().max(), "<", 1e-6)
kept, divided = ours == fast_base, ours == fast_base / 8
{"kept": int(kept.sum()), "divided": int(divided.sum())}

# %% [markdown]
# The 29 divided pairs are those that stay short of a turn (section 1), and six pairs lie on the ramp.
# It is a coincidence that 29 pairs are kept as well.

# %% [markdown] id="yarn"
# ## 5 · YaRN: a ramp from 32 turns to 1
#
# YaRN (Peng et al. 2023) came before Llama 3.1 and uses the bounds 32 and 1.
# As printed in the paper, it is `by_turns(…, few=1, many=32)`.
# In the authors' program, which models use, the ramp is linear in the pair index instead.
#
# This function finds its two ends.


# %%
def pair(turns, dim, base, trained):
    """which pair completes so many turns; rarely a whole number"""
    ratio = math.log(trained / (2 * math.pi * turns))
    return dim * ratio / (2 * math.log(base))


pair(32, 128, 10_000, 4096), pair(1, 128, 10_000, 4096)

# %% [markdown]
# **Exercise 3** · difficulty 3 of 5 · 10 minutes
#
# Write YaRN's frequencies as the authors' program computes them, with `pair` from above.
#
# - The ramp begins at `low`, the pair of 32 turns rounded down, but at least 0.
# - It ends at `high`, the pair of 1 turn rounded up, but at most `dim - 1`.
# - Pairs up to `low` keep their frequency, and pairs from `high` on are divided by `factor`. Between them the fraction that is kept falls from 1 to 0 in equal steps from pair to pair.
#
# (There is no exercise 2.)
#
# <details><summary>Hint</summary>
#
# `by_turns` has such a ramp over turns. Here it runs over the pairs, `torch.arange(dim // 2)`, and falls.
# `clamp(0, 1)` keeps it level on both sides.
# </details>


# %% tags=["exercise"]
def yarn_frequencies(dim, base, factor, trained):
    """four numbers -> (dim/2,)"""
    ### BEGIN SOLUTION
    low = max(math.floor(pair(32, dim, base, trained)), 0)
    high = min(math.ceil(pair(1, dim, base, trained)), dim - 1)
    i, old = torch.arange(dim // 2), posenc.inverse_frequencies(dim, base)
    kept = 1 - ((i - low) / (high - low)).clamp(0, 1)
    return old * kept + old / factor * (1 - kept)
    ### END SOLUTION


check.yarn_frequencies(yarn_frequencies)

# %% [markdown]
# Base 10 000, training length 4096: how many pairs are kept, and how many divided?

# %%
yarn = scaled("yarn", factor=8, original_max_len=4096)
kept, divided = yarn == frequencies, yarn == frequencies / 8
{"kept": int(kept.sum()), "divided": int(divided.sum())}

# %% [markdown]
# The 18 divided pairs are again those of section 1.
#
# <details><summary>How far apart are the printed ramp and the program's?</summary>
#
# The number of turns falls by the same *ratio* from pair to pair, so a ramp over turns drops steeply at first and then levels off.
# For the middle pairs the printed frequencies are less than 0.8 times the program's, as the next, folded cell measures.
# Weights fine-tuned with one ramp do not fit the other.
#
# </details>

# %% jupyter={"source_hidden": true}
printed = by_turns(frequencies, 8, 4096, few=1, many=32)
check.claim("printed",
            "YaRN's ramp as printed divides the middle pairs by more than the "
            "authors' program does", (printed / yarn).min(), "<", 0.8)

# %% [markdown] id="all-four"
# ### All four in one figure
#
# With factor 8, base 10 000 and training length 4096, what fraction of each frequency is left?

# %% jupyter={"source_hidden": true}
left = {
    "linear": linear(frequencies, 8) / frequencies,
    "NTK": ntk(10_000, 8) / frequencies,
    "YaRN": yarn / frequencies,
    "Llama 3": by_turns(frequencies, 8, 4096, 1, 4) / frequencies,
}
plots.lines(
    left, xlabel="pair i, fastest first", ylim=(0, 1.1),
    ylabel="new frequency / old frequency",
    alt="; ".join(f"{name}: {values[0]:.3g} at pair 0, {values[32]:.3g} at "
                  f"pair 32, {values[63]:.3g} at pair 63"
                  for name, values in left.items()))

# %% [markdown]
# On the left, at the fast pairs, which tell neighbouring tokens apart, all but *linear* begin at 1.
# From pair 46 on, where angles would be new, all but *NTK* lie at an eighth.
# YaRN and Llama 3 do both, at the price of two bounds that were found by trial.
#
# After fine-tuning the differences are small.
# Llama 2 on 8192 tokens (Peng et al. 2023, Table 1) has a perplexity of 3.34 with linear, 3.59 with NTK, and 3.35 with YaRN, which needed fewer steps.

# %% [markdown] id="in-practice"
# ### Four questions from practice
#
# <details><summary>What does fine-tuning to a longer context take?</summary>
#
# | model | from → to, in tokens | frequencies | further training |
# |:--|:--|:--|:--|
# | LLaMA | 2048 → 32 768 | linear | at most 1000 steps (Chen et al. 2023) |
# | Llama 2 | 4096 → 65 536 | YaRN, $s=16$ | 400 steps of 64 texts (Peng et al. 2023) |
# | Llama 2 7B | 4096 → 80 000 (tested at 128 000) | RoPE modified | 0.5 to 5 billion tokens, with a balanced mixture of texts (Fu et al. 2024) |
# | Llama 3 8B Instruct | 8192 → 80 000 | base 200 million | 20 000 texts, QLoRA and the embeddings (Zhang et al. 2024) |
# | Llama 3.1 405B | 8192 → 131 072 | by turns, section 4 | about 800 billion tokens (Llama team 2024) |
#
# The budgets differ by a factor of more than a thousand. The tests differ as well, so compare those first.
# Must all weights be trained? Plain LoRA worked well only if the embeddings and norms were trained, too (Chen et al. 2024, *LongLoRA*).
# How large must the base be? Men et al. (2024) derive a lower bound, which grows faster than the length.
#
# </details>
#
# <details><summary>Does YaRN cost anything in short texts?</summary>
#
# It does if the factor is fixed, because it then changes the frequencies and the temperature (next section) at all lengths.
# Qwen's documentation advises setting it only if long texts are needed, and a user measured a drop from 39 to 26.5 on Arena-Hard with factor 4 (QwenLM/Qwen3#1567).
#
# </details>
#
# <details><summary>My model has two kinds of layers. Which of them are scaled?</summary>
#
# Those that were scaled in training: read the checkpoint's configuration.
# In Olmo 3 only the full-attention layers are. A layer of **sliding-window attention** never meets a distance beyond its window, so no angle is new to it, and scaling would only change what it has learned.
# Test a model that has both kinds.
#
# </details>
#
# <details><summary>Is a low perplexity on long texts enough?</summary>
#
# No. Most of the mean loss comes from tokens for which the last few words suffice.
# The few tokens that need distant text hardly change it, so also report the loss on those tokens, or the accuracy of retrieval by depth and length (Fang et al. 2024; the benchmark RULER, Hsieh et al. 2024).
#
# </details>

# %% [markdown] id="temperature"
# ### More keys, and a temperature
#
# Long contexts have another problem, **dilution**.
# Softmax divides by a sum over all keys.
# As their number grows, what attention weight is left to a key whose score exceeds all others by 10?

# %%
{n: round(math.exp(10) / (math.exp(10) + n - 1), 2)
 for n in (4096, 32_768, 1_048_576)}

# %% [markdown]
# Among a million keys it keeps 2 %.
# Larger scores counteract this.
# The second part of YaRN multiplies the *cosines and the sines* of RoPE by $0.1\ln s+1$, which is 1.208 at $s=8$.

# %%
check.predict(
    "warm",
    "Cosines and sines are multiplied by 1.208. By what is each score of a "
    "query and a key multiplied?",
    ["1.208", "1.208² = 1.459", "2 · 1.208 = 2.416"], kind="reason",
    beliefs={"1.208": "“scaling factor to be applied on the attention "
                      "computation”: `modeling_rope_utils.py` of "
                      "transformers 5.23.0",
             "2 · 1.208 = 2.416": "no source found"},
)

# %%
torch.manual_seed(0)
q, k = torch.randn(2, 1, 1, 5, 128, dtype=exact)  # (b, h, n, dh) each
pos = torch.arange(5)
rope = posenc.build("rope", posenc.Dims(128, 1), scaling="yarn", factor=8.0,
                    original_max_len=4096)
q_yarn, k_yarn = rope.rotate(q, k, pos, pos)

# %%
theta = rope.angles(pos, q)
q_plain, k_plain = (functional.rotate_pairs(x, theta) for x in (q, k))
growth = (q_yarn @ k_yarn.mT) / (q_plain @ k_plain.mT)
factor = 0.1 * math.log(8) + 1
check.claim("temperature",
            "YaRN's factor multiplies both queries and keys, and so enters "
            "each score twice", (growth / factor**2 - 1).abs().max(), "in",
            (0, 1e-6), settles={"warm": "1.208² = 1.459"})

# %% [markdown]
# Queries and keys are both rotated, so the factor enters twice.
# Multiplying scores by 1.459 means dividing them by a **temperature** of 1/1.459: softmax becomes sharper.
#
# Nobody derived the formula: it was fitted to the lowest perplexity of LLaMA models.

# %% [markdown] id="extrapolates"
# ## 6 · Claim on trial: RoPE extrapolates
#
# Now we measure **extrapolation**, the accuracy beyond the training length.
# The toy solves `back1` (which letter is one position earlier?) with one layer; training texts have 4 to 16 letters, test texts up to 64.
# Base and head width determine the frequencies; we compare three settings:

# %%
settings = {
    "10 000, width 8": (1e4, 4),
    "10 000, width 16": (1e4, 2),
    "1 000 000, width 8": (1e6, 4),
}  # base, heads


# %%
def toy(base, heads, seed):
    dims = posenc.Dims(d_model=32, n_heads=heads, max_len=64)
    rope = posenc.build("rope", dims, base=base)
    return training.train_on_task(rope, "back1", seed=seed, dims=dims)


# %%
check.predict(
    "toy",
    "How many of the three settings are still nearly always correct at four "
    "times the training length?",
    ["none", "exactly one", "exactly two", "all three"], sure=True,
    kind="surprise",
    beliefs={"none": "lm-sys/FastChat#334",
             "exactly two": "no source found",
             "all three": "“RoPE can extrapolate”: huggingface/blog#1527"},
)

# %%
models = {
    name: [toy(*setting, seed) for seed in range(3)]
    for name, setting in settings.items()
}


# %%
def accuracies(model, *lengths):
    task = posenc.TASKS["back1"]
    return [training.accuracy(model, task, n, texts=128) for n in lengths]


# %% tags=["trained"] jupyter={"source_hidden": true}
lengths = 16, 32, 64
scores = {
    name: torch.tensor([accuracies(model, *lengths) for model in group])
    for name, group in models.items()
}  # (seeds, lengths)
plots.lines(scores, x=lengths, xlabel="letters", ylabel="accuracy",
            percent=True, chance=0.1, ylim=(0, 1.05), trained_to=16)

# %% tags=["trained"]
solved = [name for name, rows in scores.items() if rows[:, 2].min() > 0.95]
check.claim("four times",
            "RoPE's accuracy on `back1` at four times the training length "
            "depends on base and head width", len(solved), "==", 1, seeds=3,
            settles={"toy": "exactly one"})

# %% tags=["trained"]
check.claim("four times, others",
            "RoPE with base 10 000 at width 16, and with base 1 000 000 at "
            "width 8, loses a fifth of `back1` or more at four times the "
            "training length",
            torch.cat([scores[name][:, 2] for name in list(settings)[1:]]),
            "<", 0.8, seeds=3)

# %% [markdown]
# With the first setting you could report that RoPE extrapolates, with the others that it does not.
# The number of pairs short of a turn does not decide it: at width 8 it is three of four with either base.
# So which distances does the last letter of a text of 64 letters attend to?


# %% jupyter={"source_hidden": true}
@torch.no_grad()
def attention_of_last(model, n=64):
    sample = posenc.TASKS["back1"].sample
    tokens, _ = sample(64, n, torch.Generator().manual_seed(1))
    _, weights = model(tokens, return_weights=True)  # (1, b, h, q, k)
    return weights[0, :, :, -1].mean((0, 1)).flip(0)  # (n,), by distance


# %% jupyter={"source_hidden": true}
attention = {
    name: torch.stack([attention_of_last(model) for model in group])
    for name, group in models.items()
}  # (seeds, distances)

# %% [markdown]
# In the second setting (width 16) the two fastest pairs have the frequencies 1 and 0.316.
# The heads learned to attend to distance 1, and in training no distance exceeded 15.

# %%
check.predict_number(
    "elsewhere",
    "To which distance beyond 15 does the last letter attend most, at base "
    "10 000 and width 16?",
    unit="positions", low=16, high=63, near=0.05, kind="reason",
)

# %% tags=["trained"] jupyter={"source_hidden": true}
rows = torch.cat([*attention.values()])  # (settings · seeds, distances)
plots.heatmap(
    rows.clamp(max=0.2), xlabel="relative distance to the last letter",
    ylabel="setting", label="attention weight (capped at 0.2)",
    trained_to=16,
    y=[f"{name}, seed {seed}" for name in attention for seed in range(3)])

# %% tags=["trained"]
at_16 = attention["10 000, width 16"][:, 16:]
check.claim("rival",
            "of the distances beyond 15, RoPE heads of width 16 at base "
            "10 000 attend most to one where both fast pairs are nearly back "
            "at their angles of distance 1",
            at_16.mean(0).argmax() + 16, "==", 20, seeds=3,
            settles={"elsewhere": "measured"})

# %% tags=["trained"]
check.claim("forty-five",
            "RoPE heads with base 1 000 000 at width 8 also attend to "
            "distance 45",
            attention["1 000 000, width 8"][:, 45], ">", 0.08, seeds=3)

# %% [markdown] id="false-neighbours"
# Such distances are **false neighbours**.
# A head that looks for distance 1 looks for the *angles* of distance 1, and its fast pairs show them again wherever they have completed whole turns together.
# Here are the four fastest pairs of width 16, drawn as clocks:

# %% jupyter={"source_hidden": true}
distances = torch.tensor([1, 4, 8, 12, 16, 20, 24])
fastest = posenc.inverse_frequencies(16)[:4]  # (4,)
angles = posenc.angles(distances, fastest).T  # (4, n)
plots.dials(torch.stack([angles.sin(), angles.cos()], -1),  # (pair, n, 2)
            x=distances.tolist(), xlabel="relative distance",
            y=[f"pair {i}" for i in range(4)])

# %% [markdown]
# At distance 20 the clocks of pairs 0 and 1 show nearly what they showed at distance 1: 19 positions are about three turns of pair 0 (wavelength 6.28) and about one turn of pair 1 (wavelength 19.9).
# Only the slower pairs tell 20 from 1.
# No training text was that long, so training never made the head use them.
#
# With base 1 000 000 only pair 0 completes a turn within 64 positions.
# It is nearly back after three, four and seven turns, at the distances 20, 26 and 45, and less closely at 39 and 51.

# %% [markdown]
# **Exercise 4** · difficulty 3 of 5 · 10 minutes
#
# Predict a false neighbour from two frequencies.
# Which distance from `trained` on, below `reach`, shows angles most similar to those of distance 1?
# Take the $k$ with the largest $\cos(\omega_1(k-1))+\cos(\omega_2(k-1))$.
# `false_neighbour(1, 0.316, 16, 64)` is 20.
#
# <details><summary>Hint</summary>
#
# All distances at once: `gone = torch.arange(trained, reach) - 1`.
# `argmax` counts from the first of them.
# </details>


# %% tags=["exercise"]
def false_neighbour(first, second, trained, reach):
    """two frequencies, two distances -> a distance"""
    ### BEGIN SOLUTION
    gone = torch.arange(trained, reach) - 1
    similar = (first * gone).cos() + (second * gone).cos()
    return trained + int(similar.argmax())
    ### END SOLUTION


check.false_neighbour(false_neighbour)

# %% [markdown]
# The formula gives both pairs the same weight; a head need not.
# For base 1 000 000 (frequencies 1 and 0.032) it names 20 and misses 45.
#
# For the setting that extrapolates (frequencies 1 and 0.1) it names 64, after ten turns of pair 0 and one of pair 1.
# A text of 64 letters contains no distance above 63.
# So we test the same models on 128 letters:

# %% tags=["trained"]
group = models["10 000, width 8"]
far = torch.tensor([accuracies(model, 128) for model in group])
at_64 = torch.stack([attention_of_last(model, n=128)[64] for model in group])

# %% tags=["trained"]
check.claim("eight times",
            "RoPE with base 10 000 at width 8 no longer solves `back1` at "
            "eight times the training length", far, "<", 0.85, seeds=3)

# %% tags=["trained"]
check.claim("sixty-four",
            "in texts of 128 letters, RoPE heads with base 10 000 at width 8 "
            "attend to their false neighbour, distance 64",
            at_64, ">", 0.08, seeds=3)

# %% [markdown]
# At 64 letters no text was long enough to contain the false neighbour.

# %% [markdown] id="which-run-decides"
# **Exercise 5 · which run decides?** · difficulty 3 of 5 · 8 minutes
#
# There are two explanations of why a toy fails on longer texts:
#
# - *New angles*: it fails if a text is longer than the training texts, and its slowest pair completes less than one turn within the training length.
# - *False neighbour*: it fails if a text contains the distance `rival`, the false neighbour.
#
# A run decides between them only if they predict different results.
# Write `deciding_run(wavelength, rival, trained, tested)`, which is True for such a run, otherwise False.
# `wavelength` is that of the slowest pair; `trained` and `tested` count the letters of the longest training text and of the test.
# `deciding_run(6283, 20, 16, 64)` is False, because both explanations predict a failure.
#
# <details><summary>Hint</summary>
#
# First write down for each explanation whether it predicts a failure.
# How many letters does a text need to contain the distance 64?
# </details>


# %% tags=["exercise"]
def deciding_run(wavelength, rival, trained, tested):
    """a wavelength, a distance, two numbers of letters -> True or False"""
    ### BEGIN SOLUTION
    new_angles = tested > trained and wavelength > trained
    has_rival = tested > rival  # the last letter's distances end at tested - 1
    return new_angles != has_rival
    ### END SOLUTION


check.deciding_run(deciding_run)

# %% [markdown] id="one-ratio"
# In lesson 07 the accuracy of width 8 fell to about a half at base 100, for the same reason.
# The first frequencies depend on a single number, the ratio of neighbouring frequencies, $\text{base}^{-2/d_{head}}$.

# %%
begin = posenc.inverse_frequencies(16, 10_000)[:4]
check.claim("one number",
            "RoPE heads of width 16 at base 10 000 begin with the four "
            "frequencies of width 8 at base 100",
            (begin - posenc.inverse_frequencies(8, 100)).abs().max(), "<",
            1e-6)

# %% [markdown]
# Width 16 has four further, slower pairs.
# Lesson 11 asks how far this one ratio predicts the accuracy on longer texts.

# %% id="verdict-b8"
check.verdict(
    "B8", "does not hold",
    because="Two of three settings fail at four times the training length, "
    "and the third at eight (`back1`, one layer, 3 seeds): it was correct "
    "only as long as no text contained its false neighbour. At full size, "
    "LLaMA 7B, trained on texts of 2048 tokens, has a perplexity of 7.20 "
    "there and "
    "above 1000 at 4096 (Chen et al. 2023, Table 1).",
)

# %% [markdown] id="repairs"
# ### Repairs, without training
#
# We apply *linear* and *NTK* at factor 4 to the trained toys with base 10 000 and width 8, without further training.

# %%
check.predict(
    "swap",
    "All frequencies are divided by 4. What happens to the accuracy at the "
    "training length, 16 letters?",
    ["it stays nearly perfect", "it falls a little",
     "it falls to less than half"], kind="reason",
    beliefs={"it stays nearly perfect": "“with minimal loss”: "
                                        "ggml-org/llama.cpp#2054",
             "it falls a little": "as perplexity, measured on LLaMA: "
                                  "ggml-org/llama.cpp#1967"},
)


# %% jupyter={"source_hidden": true}
def with_scaling(model, method):  # -> accuracies at 16 and 128 letters
    dims = model.encoding.dims
    rope = posenc.build("rope", dims, scaling=method.lower(), factor=4.0)
    as_trained, model.encoding = model.encoding, rope
    result = accuracies(model, 16, 128)
    model.encoding = as_trained
    return result


after = {
    method: torch.tensor([with_scaling(model, method) for model in group])
    for method in ("linear", "NTK")
}  # (seeds, lengths)

# %% tags=["trained"] jupyter={"source_hidden": true}
unchanged = torch.stack([scores["10 000, width 8"][:, 0], far[:, 0]], 1)
repaired = {"as trained": unchanged, **after}
plots.dots(
    {f"{n} letters": {name: rows[:, i] for name, rows in repaired.items()}
     for i, n in enumerate((16, 128))},
    xlabel="accuracy", percent=True,
    chance={"16 letters": 0.1, "128 letters": 0.1})

# %% tags=["trained"]
check.claim("swap linear",
            "dividing all frequencies of a trained RoPE toy by 4 costs more "
            "than half of its `back1` accuracy at 16 letters",
            after["linear"][:, 0], "in", (0.05, 0.45), seeds=3,
            settles={"swap": "it falls to less than half"})

# %% tags=["trained"]
check.claim("swap ntk",
            "NTK at factor 4, without further training, leaves `back1` solved "
            "at 16 letters", after["NTK"][:, 0], ">", 0.9,
            seeds=3)

# %% tags=["trained"]
check.claim("swap far",
            "NTK at factor 4, without further training, raises the `back1` "
            "accuracy at 128 letters by more than ten percentage points",
            after["NTK"][:, 1] - far[:, 0], ">", 0.1, seeds=3)

# %% [markdown]
# The heads find the letter before by the angles of the fast pairs.
# With *linear*, distance *four* now has the angles that distance 1 had in training.
# NTK keeps the fastest pair and slows the second, so that the two no longer agree at distance 64.
#
# At full size, interpolation without training costs less: interpolated to 8192 tokens, LLaMA 7B has a perplexity of 16.10, and of 7.12 after 200 steps of fine-tuning (Chen et al. 2023, Table 3).

# %% [markdown] id="causes"
# ### Which cause, and which repair?
#
# If scores ran wild in the toys, some new distance would get most of the attention.

# %% tags=["trained"]
check.claim("not wild",
            "in texts of 64 letters, no single distance beyond 15 gets half "
            "of the attention in any RoPE toy",
            rows[:, 16:].max(), "<", 0.5, seeds=3)

# %% [markdown]
# | possible cause | what repairs it | in the toy | from 4096 to 8192 |
# |:--|:--|:--|:--|
# | slow pairs meet **new angles** (section 1) | linear, YaRN, Llama 3; NTK in part | not decisive: three of four pairs meet them, and one setting is correct at 64 letters | argued (Chen et al., Peng et al.) |
# | fast pairs agree again at a **false neighbour** | other frequencies, such as NTK | shown, at the distances 20, 45 and 64 | not shown |
# | the **sum of cosines** runs wild beyond the distances of the fit (first figure) | linear, because it stays within the distances of the fit | not seen: no new distance gets half of the attention | argued by a bound on scores (Chen et al., section 2.3) |
#
# Fine-tuning on longer texts can repair all three, because those texts contain the new distances.
# Do not transfer the toy's *cause* to large models: no run here shows which of the three breaks a model at 8192.

# %% [markdown]
# ## What surprised you
#
# The next cell lists your predictions of this lesson that turned out wrong, each with a link to the cell that settled it.
# Explain that result to yourself before you close the lesson.

# %%
check.surprises("08")

# %% [markdown]
# ## What you can now do
#
# - Count the pairs that stay short of a turn: 18 of 64 for base 10 000 at 4096.
# - Say what each repair divides: linear all frequencies, NTK low ones by more than high ones, YaRN and Llama 3 only the low ones.
# - Predict a false neighbour from two frequencies, and say which run separates it from another cause.
# - Answer “it extrapolates” with questions: which base, which head width, which length, how many seeds?

# %% [markdown]
# ## References
#
# - Chen, Wong, Chen, Tian 2023, *Extending Context Window of Large Language Models via Positional Interpolation*, arXiv 2306.15595: section 2 and Tables 1, 3 and 4.
# - bloc97 2023, NTK-aware scaling, as given in Peng et al., section 3.1.
# - Peng, Quesnelle, Fan, Shippole 2023, *YaRN*, arXiv 2309.00071: sections 3.1 to 3.4 (bounds, ramp, dynamic scaling, temperature), section 4 (training) and Table 1; code: jquesnelle/yarn, and `modeling_rope_utils.py` of `transformers` 5.23.0 for the ramp by pairs and for dynamic scaling. A question about a batch with one long text: QwenLM/Qwen#401.
# - Llama 3.1: `apply_scaling` in meta-llama/llama-models, `models/llama3/model.py` (factor 8, 1 and 4 turns, 8192; “values obtained from grid search”); Llama team 2024, arXiv 2407.21783.
# - Fine-tuning: Fu et al. 2024, arXiv 2402.10171; Zhang et al. 2024, arXiv 2404.19553; Chen et al. 2024, *LongLoRA*, arXiv 2309.12307; Men et al. 2024, *Base of RoPE Bounds Context Length*, arXiv 2405.14591 (Figure 1).
# - Layers of two kinds: `modeling_olmo3.py` of `transformers` 5.23.0; huggingface/transformers#45945.
# - Measuring long contexts: Fang et al. 2024, arXiv 2410.23771; Hsieh et al. 2024, *RULER*, arXiv 2404.06654.
