# %% [markdown]
# # 09 · Why does it work in training and fail in production?
#
# Needs: 08 · 50 minutes, exercises apart · CPU
#
# In training, a text comes whole and begins at 0.
# In service it comes word by word, beside pads, behind another text.
#
# After this notebook you can
#
# - say which position a word has under a cache, padding, packing, eviction;
# - recognise seven incidents by their symptom, and repair them;
# - write the two lines that would have caught each.

# %%
import torch

import posenc
from posenc import check, plots, widgets

torch.set_grad_enabled(False)
torch.set_default_dtype(torch.float64)  # rounding stays far below 1e-9

# %% [markdown]
# One measure for the whole notebook: the same words must get the same logits,
# however they are served.
# Weights may be random for that, so nothing is trained here.


# %%
def patient(name, n_layers=2, **options):
    torch.manual_seed(0)
    dims = posenc.Dims(d_model=32, n_heads=4, max_len=64)
    encoding = posenc.build(name, dims, **options)
    return posenc.Transformer(encoding, vocab_size=50, n_layers=n_layers)


def drift(logits, right):
    """The largest difference at each word, rounding left out: (n,)"""
    return (logits - right).abs().amax((0, -1)).round(decimals=9)


# %% [markdown]
# ## 1 · The decode step that begins at 0
#
# A chat model reads the prompt in one go and keeps its keys and values in a
# **cache**.
# Then every new word is a call of its own, with a text of length one.
#
# **Predict.** A module that numbers its input by `arange(n)` gives each new
# word position 0.
# Which logits are wrong?

# %%
check.predict(
    "at zero", "A prompt of 12 words, then 12 words at position 0. Wrong are",
    ["all of them", "the new words'", "none: the cache knows"])


# %%
def decode(model, words, pos, prompt=12):
    """Read the prompt, then one word at a time; (1, n), (n,)"""
    cache = posenc.Cache()
    logits = [model(words[:, :prompt], pos[:prompt], cache=cache)]
    for i in range(prompt, words.shape[1]):
        word = words[:, i : i + 1]
        logits.append(model(word, pos[i : i + 1], cache=cache))
    return torch.cat(logits, dim=1)


# %%
words = torch.randint(50, (1, 24), generator=torch.Generator().manual_seed(1))
count = torch.arange(24)
at_zero = torch.where(count < 12, count, 0)

four = {name: patient(name) for name in ("learned", "rope", "alibi", "none")}
drifts = {
    name: drift(decode(model, words, at_zero), model(words))
    for name, model in four.items()
}

# %%
plots.lines(drifts, xlabel="word", ylabel="largest error of a logit",
            alt="The prompt is right for all. From word 12 on every encoding "
                "is wrong, only the model without positions is not.",
)

# %%
wrong = torch.stack([drifts[name] for name in ("learned", "rope", "alibi")])
check.claim("prompt", "the prompt is right", wrong[:, :12], "==", 0)
check.claim("decode", "every word after it is wrong", wrong[:, 12:], ">", 0.01,
            settles={"at zero": "the new words'"})

# %% [markdown]
# **Symptom.** The first word of an answer is right, since the prompt alone
# gives it; every later one comes from wrong logits.
# A test that compares prompts passes.
#
# **Cause.** A word's position is a fact of the text, not of the call.
#
# **Repair.** Count on from what has been seen.
#
# **Guard.** Two lines: all in one go, and step by step.


# %%
def steps_agree(model, pos):
    steps = decode(model, words, pos)
    return bool(drift(steps, model(words)).max() < 1e-6)


[steps_agree(four["rope"], at_zero), steps_agree(four["rope"], count)]

# %% [markdown]
# How large must the slip be to be seen?
# Let the first new word stand at `start`; 12 is right.
# Move it, or compare the stills.
# Which encoding best forgives an error of one, and which forgives every error?


# %%
def started(start):
    pos = torch.where(count < 12, count, count - 12 + start)
    found = {
        name: drift(decode(model, words, pos), model(words))
        for name, model in four.items()
    }
    return plots.lines(
        found, xlabel="word", ylabel="largest error of a logit", ylim=(0, 4),
        alt=f"First new word at {start}; largest error: " + ", ".join(
            f"{plots.label_of(n)} {d.max():.2f}" for n, d in found.items()),
    )


widgets.explore(started, start=(0, 24, 1, 13),
                stills=[{"start": 12}, {"start": 20}])

# %% [markdown]
# At 12, and only there, all lines lie on the floor.
# At 13 RoPE and ALiBi see every distance to the prompt one too long.
# To ALiBi that is an error of 0.06 at most, to RoPE of 0.26; at 20 both
# reach 0.41.
# The learned table errs by 3.2 at either, since any other row is a stranger.
# Without positions there is nothing to get wrong.

# %% [markdown]
# ## 2 · Left padding
#
# Texts of different lengths share a batch.
# Generation wants the last words in one column, so the pads go to the *left*,
# and a mask hides them.
#
# **Predict.** The positions are `arange` again: the first word stands at 5.
# Which model notices?

# %%
check.predict("left", "Five pads on the left, masked. The logits change for",
              ["a learned table", "RoPE", "both", "neither"])


# %%
def padded(model, pads, pos=None):
    """The words behind some pads: their logits, (1, n, vocabulary)"""
    row = torch.nn.functional.pad(words, (pads, 0))  # (1, pads + n)
    real = torch.arange(row.shape[1]) >= pads
    return model(row, pos, mask=real[None, None])[:, pads:]


# %%
names = ("learned", "sinusoidal", "fire", "rope")
shifted = {}
for name in names:
    model = patient(name)
    right = model(words)
    errors = [drift(padded(model, n), right).max() for n in range(9)]
    shifted[name] = torch.stack(errors)

# %%
plots.lines(shifted, xlabel="pads on the left",
            ylabel="largest error of a logit",
            alt="One pad spoils the learned table and the sinusoids; RoPE "
                "stays at zero with up to eight, FIRE almost.")

# %%
check.claim("tables", "one pad is enough for an absolute code",
            [shifted[name][1] for name in names[:2]], ">", 0.5)
check.claim("rope", "RoPE never notices", shifted["rope"], "<", 1e-8,
            settles={"left": "a learned table"})
check.claim("fire", "FIRE does, a little: it divides by the query's position",
            shifted["fire"][1:], ">", 1e-5)

# %% [markdown]
# **Symptom.** A prompt answers differently in a batch than alone, and the
# longest of the batch is right.
# In GPT-2 small, one pad flipped most top predictions (see the references).
#
# **Cause.** Columns were numbered, not words.
# A shift of *all* positions is invisible only where distance alone counts.
#
# (FIRE's error, 0.007 at eight pads, is too small for the figure.)

# %% [markdown]
# **Repair.** Positions from the mask.
#
# **Exercise 1** · difficulty 2 of 5 · 6 minutes
#
# `left_padded_positions(mask)`: boolean (b, n), True = a word, to whole
# numbers (b, n).
# In each row the words count 0, 1, 2, …; pads get anything from 0 up.
# `[[F, F, T, T, T]]` gives `[[0, 0, 0, 1, 2]]`.
#
# <details><summary>Hint</summary>
#
# `mask.cumsum(-1)` counts the words so far, the word itself included.
# The first word is to get 0, and no pad less than that.
# </details>


# %% tags=["exercise"]
def left_padded_positions(mask):
    ### BEGIN SOLUTION
    return (mask.cumsum(-1) - 1).clamp(min=0)
    ### END SOLUTION


check.left_padded_positions(left_padded_positions)

# %% [markdown]
# **Guard.** The same words with and without pads.


# %%
def pads_are_silent(model, pos=None):
    apart = drift(padded(model, 5, pos), model(words)).max()
    return bool(apart < 1e-6)


learned = patient("learned")
from_mask = torch.tensor([0] * 5 + [*range(24)])  # five pads, 24 words
[pads_are_silent(learned), pads_are_silent(learned, from_mask)]

# %% [markdown]
# So RoPE needs no repair?
# Only if prompt and next word are counted alike.
# Number the prompt by columns, and let the last word come next: by columns it
# is at 28, by the mask at 23.


# %%
def mixed(model, pads, next_pos):
    row = torch.nn.functional.pad(words, (pads, 0))
    real = torch.arange(row.shape[1]) >= pads
    cache = posenc.Cache()
    model(row[:, :-1], mask=real[None, None, :-1], cache=cache)
    last = model(row[:, -1:], torch.tensor([next_pos]), cache=cache)
    return drift(last, model(words)[:, -1:])


rope = patient("rope")
alike, two_ways = mixed(rope, 5, 28), mixed(rope, 5, 23)
check.claim("alike", "columns, then columns: right", alike, "==", 0)
check.claim("mixed", "columns, then mask: wrong", two_ways, ">", 0.05)

# %%
check.verdict(
    "B14", "does not hold",
    because="With the pads masked, RoPE's logits stay the same to rounding: "
    "only distances count. Left padding breaks absolute codes, and breaks "
    "RoPE only where prompt and next word are counted in two ways.")

# %% [markdown]
# ## 3 · Two documents in one row
#
# Short texts are **packed** into one row, so that no place is wasted on pads.
# The popular advice: let the positions restart with each document.
#
# **Predict.** Does that keep them apart?

# %%
check.predict(
    "packing", "Positions restart, the mask is only causal. Document two",
    ["is as if alone", "still reads document one"])


# %%
doc_ids = torch.where(count < 8, 0, 1)  # documents of 8 and 16 words
same_doc = doc_ids[:, None] == doc_ids  # (n, n)
restart = torch.where(count < 8, count, count - 8)


def packing_error(model, pos=None, mask=None):
    """How far the packed logits are from those of each document alone."""
    alone = [model(words[:, :8]), model(words[:, 8:])]
    return drift(model(words, pos, mask=mask), torch.cat(alone, 1)).max()


# %%
ways = {"restart": (restart, None), "mask": (None, same_doc),
        "both": (restart, same_doc)}
errors = {
    name: [packing_error(patient(name), *way) for way in ways.values()]
    for name in ("learned", "sinusoidal", "fire", "rope", "alibi", "none")
}

# %%
plots.heatmap(torch.tensor(list(errors.values())), x=list(ways),
              y=[plots.label_of(name) for name in errors], values=True,
              xlabel="what was done", ylabel="encoding",
              label="largest error of a logit",
              alt="Restarting alone is wrong in every row. The mask alone is "
                  "exact for RoPE, ALiBi and no positions, and nearly so for "
                  "FIRE; both together are exact for all.")

# %%
table = torch.tensor(list(errors.values()))
check.claim("restart", "restarting alone isolates nobody", table[:, 0], ">",
            0.5, settles={"packing": "still reads document one"})
check.claim("mask", "RoPE, ALiBi, none: the mask alone is exact",
            table[3:, 1], "<", 1e-8)
check.claim("tables both", "absolute codes need the restart as well",
            table[:2, 1], ">", 0.5)
check.claim("both", "mask and restart together serve all", table[:, 2], "<",
            1e-8)

# %% [markdown]
# **Symptom.** Nothing shows: the loss falls, and one text whispers into the
# next.
# In one project, a change of document one moved document two's logits by up
# to 11, until a mask came.
#
# **Cause.** A position is an address, not a wall. Only the mask is a wall.

# %%
check.verdict(
    "B13", "does not hold",
    because="Restarting alone leaks under every encoding, and without "
    "positions too. The document mask isolates; with it RoPE is exact "
    "without a restart, and absolute codes need both.")

# %% [markdown]
# Some fast attention kernels *read* the borders off the restarts and build the
# mask from them.
# Then the advice works, thanks to the mask.
#
# **Guard.** Change document one; document two must not move.


# %%
other = torch.where(doc_ids == 0, (words + 1) % 50, words)


def does_not_leak(model, pos=None, mask=None):
    moved = drift(model(words, pos, mask=mask), model(other, pos, mask=mask))
    return bool(moved[8:].max() < 1e-6)


[does_not_leak(rope, restart), does_not_leak(rope, restart, same_doc)]

# %% [markdown]
# **Exercise 2** · difficulty 3 of 5 · 10 minutes
#
# `packed_positions(doc_ids)`: (n,) to (n,).
# Each document counts from 0; each has a number of its own, in any order.
# `[4, 4, 7, 7, 7, 2]` gives `[0, 1, 0, 1, 2, 0]`.
#
# <details><summary>Hint</summary>
#
# A document begins at index 0, and where `doc_ids.diff()` is not 0 (n − 1
# entries).
# Each index needs the last beginning so far: a running maximum (`cummax`).
# </details>


# %% tags=["exercise"]
def packed_positions(doc_ids):
    ### BEGIN SOLUTION
    p = torch.arange(len(doc_ids))
    begins = torch.ones_like(p, dtype=torch.bool)
    begins[1:] = doc_ids.diff() != 0
    return p - (p * begins).cummax(0).values
    ### END SOLUTION


check.packed_positions(packed_positions)

# %% [markdown]
# ## 4 · Who keeps the promise?
#
# A cache, left padding, packing: done right, they must change nothing.
# Which encodings keep that promise?
# And which forgive the slips: new words at zero, pads counted by `arange`,
# a document mask without the restart?

# %%
def served(model):
    whole = model(words)
    return {
        "cache": drift(decode(model, words, count), whole).max(),
        "pads": drift(padded(model, 5, from_mask), whole).max(),
        "packed": packing_error(model, restart, same_doc),
        # the slips
        "at zero": drift(decode(model, words, at_zero), whole).max(),
        "arange": drift(padded(model, 5), whole).max(),
        "mask only": packing_error(model, None, same_doc),
    }


# %% tags=["large"]
ticks = {}
for name, encoding in posenc.ENCODINGS.items():
    if encoding.pos_dims == 1:  # texts, not grids
        found = served(patient(name))
        ticks[name] = {way: bool(e < 1e-8) for way, e in found.items()}

plots.tick_table(
    ticks, groups={"done right": 3, "slips": 3},
    alt="Done right (the first three), all are exact but p / L. All "
        "slips are forgiven only where the model sees no positions")

# %%
broken = [  # the first three columns
    name for name, row in ticks.items() if not all([*row.values()][:3])]

check.claim("only one", "done right, p / L alone breaks",
            broken == ["normalized"], "==", True)

# %% [markdown]
# Pads and packing shift a text as a whole: codes of distance forgive that,
# except FIRE.
# (xPos is RoPE with a decay.)
# Decoding at 0 shifts a part; no code forgives that, unless it is not seen:
# LayerNorm hides the integer in every channel (02).

# %% [markdown]
# `p / L` breaks by construction: each new word changes L, and so the code of
# every word before it.
# In a pack, the shorter document is divided by the longer one's L.

# %% [markdown]
# ## 5 · The base that grows with the text
#
# Notebook 08 raised RoPE's base for longer texts.
# *Dynamic* NTK does so while the text grows, and leaves short texts alone.
# Most caches hold keys that are turned already, each with the base of its own
# day.
# Here the trained length is 256, the head 64 wide.


# %%
def turned(x, p, length, trained=256):
    base = posenc.functional.ntk_base(64, 10_000, max(1, length / trained))
    theta = posenc.angles(torch.tensor([p]), posenc.inverse_frequencies(
        64, base, dtype=torch.float64))
    return posenc.functional.rotate_pairs(x[None], theta)[0]  # (dh,)


# %% [markdown]
# Take a head made by hand that looks 100 words back: all keys alike, and the
# query of word 1023 equal to the turned key of word 923.
# The text has reached 1024 words.
#
# **Predict.** Where is the score highest?

# %%
check.predict(
    "stale", "With keys turned at their own time, the highest score is at",
    ["word 923", "another, less than 20 away", "a word 20 or more away"])

# %%
key, n = torch.ones(64) / 8, 1024
query = turned(key, 923, n)
keys = range(824, n)
scores = {
    "one base": [query @ turned(key, p, n) for p in keys],
    "each its own": [query @ turned(key, p, p + 1) for p in keys],
}
scores = {name: torch.stack(curve) for name, curve in scores.items()}

# %%
plots.lines(scores, x=keys, xlabel="key of word", ylabel="score",
            alt="With one base a sharp peak at 923. With each key's own base "
                "it is smeared over the fifty words before 915.")

# %%
top = {name: 824 + int(curve.argmax()) for name, curve in scores.items()}
check.claim("fresh", "one base: the head finds its word", top["one base"],
            "==", 923)
check.claim("stale", "stale keys: it looks more than 20 words astray",
            abs(top["each its own"] - 923), ">", 20,
            settles={"stale": "a word 20 or more away"})

# %% [markdown]
# **Symptom.** Beyond the trained length, answers with a cache and without
# differ.
# (How much it costs is open: some who measured saw little harm.)
#
# **Cause.** A turned key carries its base with it.
#
# **Repair.** Keep *raw* keys and turn them at use, as `posenc.Cache` does.
# Is that exact?


# %%
class Dynamic(posenc.PositionalEncoding):
    def rotate(self, q, k, q_pos, k_pos):
        factor = max(1.0, float(k_pos.max() + 1) / 16)  # trained at 16
        rope = posenc.build("rope", self.dims, scaling="ntk", factor=factor)
        return rope.rotate(q, k, q_pos, k_pos)


# %%
def dynamic(n_layers):
    torch.manual_seed(0)
    encoding = Dynamic(posenc.Dims(32, 4))
    return posenc.Transformer(encoding, vocab_size=50, n_layers=n_layers)


def last_word_error(n_layers):
    model = dynamic(n_layers)
    last = decode(model, words, count)[:, -1:]
    return float(drift(last, model(words)[:, -1:]))


one, two = last_word_error(1), last_word_error(2)
check.claim("one layer", "raw keys: exact in one layer", one, "<", 1e-8)
check.claim("two layers", "but not in two", two, ">", 1e-3)

# %% [markdown]
# From layer two on, keys come from outputs that were computed under the old
# base, and no cache repairs that.
# One base for the whole answer is exact, chosen for the longest text that you
# will allow.
#
# **Guard.** `steps_agree` again, past the trained length:

# %%
fixed = patient("rope", scaling="ntk", factor=4.0)
[steps_agree(dynamic(2), count), steps_agree(fixed, count)]

# %% [markdown]
# ## 6 · A cache that forgets
#
# For endless streams old entries are **evicted**: keep a few first words and
# the latest ones, here 2 and 7.
#
# **Predict.** Which position does the next word get?

# %%
check.predict(
    "evicted", "23 words read, 9 kept with their positions. The next is at",
    ["9", "23", "either: only order counts"])


# %%
def forget(cache, kept):
    """Keep these entries alone, in every layer."""
    cache.keys = [k[:, :, kept] for k in cache.keys]  # (b, h, k, dh)
    cache.values = [v[:, :, kept] for v in cache.values]
    cache.pos, cache.real = cache.pos[kept], cache.real[:, kept]


# %%
def stream(model, by_length):
    """Word after word, with the cache of 2 + 7: (1, n, vocabulary)"""
    cache, logits = posenc.Cache(), []
    for i in range(24):
        pos = torch.tensor([cache.length if by_length else i])
        logits.append(model(words[:, i : i + 1], pos, cache=cache))
        if cache.length > 9:
            forget(cache, torch.tensor([0, 1, *range(3, 10)]))
    return torch.cat(logits, dim=1)


# %% [markdown]
# What would be right? The whole text, with a mask that hides from each word
# what was forgotten before it.

# %%
window = (count[:, None] - count < 8) | (count < 2)  # (n, n)
hidden = rope(words, mask=window)
numbered = {
    "by cache's length": drift(stream(rope, True), hidden),
    "by words seen": drift(stream(rope, False), hidden),
}
plots.lines(numbered, xlabel="word", ylabel="largest error of a logit",
            alt="By the words seen there is no error. By the cache's length "
                "all is right up to word 9, and wrong from word 10 on.")

# %%
seen, length = numbered["by words seen"], numbered["by cache's length"]
check.claim("seen", "the number of words seen: exact", seen, "<", 1e-8,
            settles={"evicted": "23"})
check.claim("length", "the cache's length: wrong once a word is forgotten",
            length[10:], ">", 0.05)

# %% [markdown]
# **Symptom.** Right until the cache is full, then wrong at once.
#
# **Cause.** Before the first eviction its length *is* the position; from word
# 10 on, every word stood at 9.
#
# **Repair.** Count the words seen, apart from the cache.
# (`posenc` goes by the length where `pos` is left out: here, pass it.)

# %% [markdown]
# StreamingLLM numbers otherwise: by places *inside the cache*, kept words
# 0 … 8, the next 9.
# That is another function of the text, and wanted: no distance ever exceeds
# the cache.

# %% [markdown]
# But then every eviction renumbers the keys.
# Raw keys are turned at use; keys turned already can be turned *back* by the
# difference, since turns compose.
# (Deeper layers still remember the old numbers, as they did the old base.)

# %%
again = turned(turned(key, 16, 1), -14, 1)  # word 16 moves to place 2

check.claim("re-turned", "turned by 16, then by −14: turned by 2",
            (again - turned(key, 2, 1)).abs().max(), "<", 1e-12)

# %% [markdown]
# **Guard.** A new word must stand behind all that are kept.


# %%
def comes_next(cache_pos, pos):
    return bool(pos > cache_pos.max())


kept = torch.tensor([0, 1, *range(16, 23)])  # after 23 words
places = torch.arange(9)  # StreamingLLM's numbers for the same nine
[comes_next(kept, 9), comes_next(kept, 23), comes_next(places, 9)]

# %% [markdown]
# **Exercise 3** · difficulty 4 of 5 · 15 minutes
#
# One head, one new word, a cache of *turned* keys: `q, k, v` are (dh,).
# `turn(x, p)` turns by position p.
# `store` holds `"keys"` and `"values"` (lists of (dh,)) and `"seen"`, how many
# words came before; keep all three up to date.
# Return the head's output (dh,): softmax of (key · query) / √dh, times the
# values.
# The checker evicts old entries on the way.
#
# <details><summary>Hint</summary>
#
# `p = store["seen"]`, never `len(store["keys"])`.
# Turn k once, as it comes, and append it.
# `torch.stack(store["keys"])` is (m, dh).
# </details>


# %% tags=["exercise"]
def cached_step(q, k, v, store, turn):
    ### BEGIN SOLUTION
    p = store["seen"]
    store["keys"].append(turn(k, p))
    store["values"].append(v)
    store["seen"] = p + 1
    scores = torch.stack(store["keys"]) @ turn(q, p) / len(q) ** 0.5  # (m,)
    return scores.softmax(0) @ torch.stack(store["values"])
    ### END SOLUTION


check.cached_step(cached_step)

# %% [markdown]
# ## 7 · Angles in half precision
#
# One call, `model.to(torch.bfloat16)`, also casts a buffer of speeds; in some
# modules the positions take its type.
# bfloat16 keeps eight significant bits (07): position 8001 becomes 8000.
#
# **Predict.** A query five words after its key; both moved on together.
# RoPE promises the same score everywhere.

# %%
check.predict(
    "bf16", "With angles in bfloat16, moved by 8000, the score is off by",
    ["less than 1 %", "a few percent", "more than a tenth"])


# %%
def score(shift, dtype, apart=5):
    q, k = torch.randn(2, 64, generator=torch.Generator().manual_seed(0))
    speeds = posenc.inverse_frequencies(64, dtype=torch.float64).to(dtype)
    pos = torch.tensor([shift + apart, shift]).to(dtype)
    theta = (pos[:, None] * speeds).double()  # (2, dh/2)
    q, k = posenc.functional.rotate_pairs(torch.stack((q, k)), theta)
    return q @ k / 8


# %%
shifts = range(0, 8001, 100)
by_type = {
    "float32": [score(s, torch.float32) for s in shifts],
    "bfloat16": [score(s, torch.bfloat16) for s in shifts],
}
by_type = {name: torch.stack(curve) for name, curve in by_type.items()}
plots.lines(by_type, x=shifts, xlabel="both moved by",
            ylabel="score at distance 5",
            alt="In float32 a level line; in bfloat16 the score jumps about "
                "from a few hundred on.")

# %%
off = {name: (s - s[0]).abs() / s[0].abs() for name, s in by_type.items()}
check.claim("float32", "angles in float32 keep the score", off["float32"], "<",
            0.01)
check.claim("bfloat16", "angles in bfloat16 lose it", off["bfloat16"][-1], ">",
            0.1, settles={"bf16": "more than a tenth"})
level = by_type["bfloat16"][-1] - score(8000, torch.bfloat16, apart=0)
check.claim("one number", "its last score is that of distance 0", level,
            "==", 0)

# %% [markdown]
# **Symptom.** Fine at short lengths, wrong at long ones.
#
# **Cause.** Positions are rounded, and so is the product position × speed.
# On the late level the two positions have become one number.
# (Rounded speeds alone would stay relative: all words share them.)
#
# **Repair.** Angles, sines and cosines in float32; cast the turned q and k
# last.

# %% [markdown]
# **Guard.** Move all positions by 4000: a relative code gives the same score.


# %%
def same_when_moved(dtype):
    apart = score(0, dtype) - score(4000, dtype)
    return bool(apart.abs() < 0.05)


[same_when_moved(torch.bfloat16), same_when_moved(torch.float32)]

# %% [markdown]
# `posenc` makes its speeds from Python numbers at each call.
# Does that survive a cast? (Back in float64, lost digits stay lost.)

# %%
half = patient("rope").to(torch.bfloat16).to(torch.float64)
move = drift(half(words, count + 4000), half(words)).max()

check.claim("posenc", "cast to bfloat16 and back, it keeps its angles", move,
            "<", 0.001)

# %% [markdown]
# ## 8 · The checkpoint from elsewhere
#
# A learned table of 64 rows, loaded into a model for 128:


# %%
def outcome(call):
    try:
        return str(call())
    except RuntimeError as error:
        return " ".join(str(error).split())


longer = posenc.build("learned", posenc.Dims(32, 4, max_len=128))
longer = posenc.Transformer(longer, vocab_size=50)
outcome(lambda: longer.load_state_dict(patient("learned").state_dict()))

# %% [markdown]
# Loud, and so harmless.
#
# **Predict.** Weights made for neighbouring pairs, loaded into a model that
# turns halves (07):

# %%
check.predict("layout", "Loading weights of the other layout gives",
              ["an error", "a warning", "neither, and other logits",
               "neither, and the same logits"])

# %%
weights = rope.state_dict()
halves = patient("rope", layout="halves")
outcome(lambda: halves.load_state_dict(weights))

# %%
other_base = patient("rope", base=500)
other_base.load_state_dict(weights)
gaps = [drift(m(words), rope(words)).max() for m in (halves, other_base)]

check.claim("silent", "another layout or base loads, and answers otherwise",
            gaps, ">", 0.01,
            settles={"layout": "neither, and other logits"})

# %% [markdown]
# **Symptom.** Garbage from a good checkpoint, and no complaint: RoPE has no
# table that could mismatch.
#
# **Cause.** Layout and base are not weights; they live in the config, or only
# in somebody's code.
#
# **Repair.** Set the base. For the layout, permute the rows of $W_q$ and $W_k$
# within each head; $W_v$ stays, since values are not turned.

# %%
order = torch.cat((torch.arange(0, 8, 2), torch.arange(1, 8, 2)))  # dh = 8


def permuted(weight):  # (3 d, d): rows of q, k and v, head by head
    q, k, v = weight.unflatten(0, (3, 4, 8))  # (h, dh, d) each
    return torch.stack((q[:, order], k[:, order], v)).flatten(0, 2)


# %%
mended = {
    name: permuted(weight) if name.endswith("qkv.weight") else weight
    for name, weight in weights.items()
}
fixed = patient("rope", layout="halves")
fixed.load_state_dict(mended)

check.claim("permuted", "permuted, the other layout gives the same logits",
            drift(fixed(words), rope(words)), "<", 1e-8)

# %% [markdown]
# **Guard.** Ship one sentence and its logits with the weights.


# %%
def answers_as_saved(model, saved):
    return bool(drift(model(saved["words"]), saved["logits"]).max() < 1e-4)


saved = {"words": words, "logits": rope(words)}
[answers_as_saved(other_base, saved), answers_as_saved(fixed, saved)]

# %% [markdown]
# ## What you can now do
#
# - Give every word its own position: seen so far, counted by the mask, from
#   the document's beginning.
# - Tell the wall from the address: masks isolate, positions do not.
# - Keep raw keys where the angles may change, and one base for one answer.
# - Guard a server by two-line tests: whole against steps, pads, documents,
#   shifts, and one saved sentence.

# %% [markdown]
# ## References
#
# Threads on GitHub; some are mended since.
#
# - Decode offset: lucidrains/rotary-embedding-torch#11 (an offset missing in
#   the key of a cache), patrick-kidger/equinox#704.
# - Left padding: ndif-team/nnsight#672 (GPT-2 small, measured),
#   tloen/alpaca-lora#315, huggingface/transformers#22161.
# - Packing: DeepOpt-com/WrinkleFree-Monorepo#53 (moved by 11.34),
#   huggingface/nanoVLM#204, alex-hh/profam#495; kernels that read the
#   restarts: alex-hh/profam#397.
# - Dynamic NTK: huggingface/transformers#25104, ggml-org/llama.cpp#2060;
#   little harm seen: huggingface/transformers#24653.
# - Eviction: rajveer43/VeloxQuant-MLX#196 (kept rows counted as positions),
#   huggingface/transformers#35350; Xiao et al. 2023, *Efficient Streaming
#   Language Models with Attention Sinks*, arXiv 2309.17453, §3.2: positions
#   inside the cache, quoted in mit-han-lab/streaming-llm#53; deeper layers:
#   mit-han-lab/streaming-llm#73.
# - Precision: EleutherAI/gpt-neox#1003, NVIDIA/Megatron-LM#744,
#   Modalities/modalities#462.
# - Checkpoints: espnet/espnet#1060 (length), huggingface/transformers#25199
#   and huggingface/nanotron#427 (layout).
