# %% [markdown]
# # 09 · Why does it work in training and fail in production?
#
# Needs: 08 · 50 minutes, boxes and exercises apart · CPU (a few seconds of training)
#
# In training, a text arrives whole and begins at position 0.
# In production (**serving** or **inference**), it arrives token by token, next to padding, or after another text.
# If a token then gets a wrong position, the model can answer wrongly, without any error message.
#
# After this lesson you can
#
# - **give** every token its position in a cache, next to padding, in a packed row and after an eviction,
# - **recognise** seven incidents by their symptoms, and repair them,
# - **write** for each of them a short test, the guard, that would have caught it.
#
# A part that is marked *Box* is folded: click on the triangle beside its title to open it. Nothing later needs it.

# %% [markdown]
# Two questions from earlier lessons. Answer in your head before you look.
#
# **Recall 1** · From 07: RoPE rotates queries and keys by their positions. All positions of a text increase by 100. What happens to the scores?
#
# <details><summary>Answer</summary>
#
# They stay the same, up to rounding. A score depends on the two positions only through their difference, the relative distance.
#
# </details>
#
# **Recall 2** · From 08: the NTK rule raises the base of RoPE for longer texts. Why does this change the answers on short texts as well?
#
# <details><summary>Answer</summary>
#
# A larger base lowers the frequency of every pair except the fastest.
# So every distance, even a short one, now gives angles that the weights were not trained with.
#
# </details>

# %%
import torch

import posenc
from posenc import check, plots, training, widgets

torch.set_grad_enabled(False)
torch.set_default_dtype(torch.float64)  # rounding stays far below 1e-9

# %% [markdown]
# The whole lesson uses one test: the same text must get the same logits, however it is served.
# Random weights are enough for it, so only section 6 trains a model.


# %%
def model_with(name, n_layers=2, **options):
    torch.manual_seed(0)
    dims = posenc.Dims(d_model=32, n_heads=4, max_len=64)
    encoding = posenc.build(name, dims, **options)
    return posenc.Transformer(encoding, vocab_size=50, n_layers=n_layers)


def drift(logits, correct):
    """(1, n, vocab) twice -> the largest difference at each token, (n,)"""
    return (logits - correct).abs().amax((0, -1)).round(decimals=9)


# %% [markdown] id="decode-step"
# ## 1 · The decode step that begins at 0
#
# A chat model processes the prompt in one forward pass, the **prefill**, and keeps the keys and values of all its tokens in a **KV cache**.
# After that, every new token is a forward pass of its own, a **decode step**, whose input is a single token.
# A module that numbers its input with `arange(n)` therefore gives every new token position 0.

# %%
check.predict(
    "at zero",
    "A prompt of 12 tokens is prefilled, and 12 more tokens are decoded, "
    "each at position 0. At which tokens are the logits wrong?",
    ["at all of them", "only at the new ones",
     "nowhere: the cache keeps the order"],
    kind="reason",
    beliefs={
        "at all of them": "no source found",
        "nowhere: the cache keeps the order": "no source found",
    },
)


# %%
def decode(model, tokens, pos, prompt=12):
    """Prefill, then one token at a time; (1, n), (n,) -> logits"""
    cache = posenc.Cache()
    logits = [model(tokens[:, :prompt], pos[:prompt], cache=cache)]
    for i in range(prompt, tokens.shape[1]):
        one = tokens[:, i : i + 1]  # (1, 1)
        logits.append(model(one, pos[i : i + 1], cache=cache))
    return torch.cat(logits, dim=1)  # (1, n, vocab)


# %%
seeded = torch.Generator().manual_seed(1)
tokens = torch.randint(50, (1, 24), generator=seeded)  # (1, n)
count = torch.arange(24)  # (n,)
at_zero = torch.where(count < 12, count, 0)  # (n,)

four = {name: model_with(name)
        for name in ("learned", "rope", "alibi", "none")}
drifts = {
    name: drift(decode(model, tokens, at_zero), model(tokens))
    for name, model in four.items()
}

# %%
plots.lines(drifts, xlabel="token", ylabel="largest error of a logit",
            alt="; ".join(f"{plots.label_of(name)}: largest error "
                          f"{d[:12].max():.2f} in the prompt, "
                          f"{d[12:].max():.2f} after it"
                          for name, d in drifts.items()))

# %% id="at-zero"
wrong = torch.stack([drifts[name] for name in ("learned", "rope", "alibi")])
check.claim("prompt", "decode steps at position 0 leave the logits of the "
            "prompt correct", wrong[:, :12], "==", 0)
check.claim("decode", "decode steps at position 0 give every token after the "
            "prompt wrong logits, under learned embeddings, RoPE and ALiBi",
            wrong[:, 12:], "in", (0.01, 99),
            settles={"at zero": "only at the new ones"})

# %% [markdown]
# **Symptom.** The first token of an answer is correct, because it is drawn from the logits of the prompt. All later tokens are drawn from wrong logits.
# A test that compares only the prefill passes. (In 2026 a library gave position 0 to every token that one of its models generated: Blaizzy/mlx-vlm#1983.)
#
# **Cause.** A token's position is a property of the text, not of the forward pass.
#
# **Repair.** Continue the count where the prompt ended.
#
# **Guard.** One pass over the whole text must give the same logits as prefill and decode steps. Each guard is tried on the bug first, then on the repair.


# %%
def steps_agree(model, pos):
    steps = decode(model, tokens, pos)
    return bool(drift(steps, model(tokens)).max() < 1e-6)


[steps_agree(four["rope"], at_zero), steps_agree(four["rope"], count)]

# %% [markdown]
# How wrong are the logits if the first new token gets position `start` instead of 12?
# Move `start`, or compare the figures.
# Which of the three encodings suffers least from an error of one position?


# %%
def started(start):
    pos = torch.where(count < 12, count, count - 12 + start)
    found = {
        name: drift(decode(model, tokens, pos), model(tokens))
        for name, model in four.items()
    }
    return plots.lines(
        found, xlabel="token", ylabel="largest error of a logit", ylim=(0, 4),
        alt=f"First new token at {start}; largest error: " + ", ".join(
            f"{plots.label_of(n)} {d.max():.2f}" for n, d in found.items()))


widgets.explore(started, start=(0, 24, 1, 13),
                stills=[{"start": 12}, {"start": 20}])

# %% [markdown]
# Only at 12 are all errors zero.
# At 13, every distance between the answer and the prompt is one position too long. ALiBi suffers least: its logits are off by at most 0.06, and those of RoPE by 0.26. At 20, both reach 0.41.
# Under learned embeddings the error is about 3 in both cases, because each row of the position table is a different random vector.
# The NoPE model (`none`) has no positions that could be wrong.

# %% [markdown] id="left-out"
# ### What if you leave the positions out?
#
# `posenc` continues the count after the tokens that the cache has *seen*.

# %%
cache = posenc.Cache()
four["rope"](tokens[:, :12], cache=cache)
rest = four["rope"](tokens[:, 12:], cache=cache)  # (1, 12, vocab)
check.claim("left out", "a call of posenc without positions continues after "
            "the tokens that the cache has seen",
            drift(rest, four["rope"](tokens)[:, 12:]), "==", 0)

# %% [markdown]
# In `transformers` (5.23.0), `generate` takes the positions from the attention mask.
# If you call the model yourself without `position_ids`, a decode step of Llama takes the number of *entries* in the cache as its position, padding included.

# %% [markdown] id="left-padding"
# ## 2 · Left padding
#
# If texts of different lengths share a batch, the shorter ones are filled up with padding tokens.
# For generation, the last token of each text should be in the last column. So the padding is put before the text (**left padding**), and a mask hides it.
# If the positions are `arange` again, the first token of a padded text has a position greater than 0.

# %%
check.predict(
    "left",
    "A text gets five padding tokens on its left. They are masked, and the "
    "positions number the columns. Under which encoding do its logits change?",
    ["learned embeddings", "RoPE", "both", "neither"],
    kind="reason",
    beliefs={
        "RoPE": "ML-GSAI/LLaDA#120",
        "both": "huggingface/transformers#18999",
        "neither": "LianjiaTech/BELLE#240, a comment: where the "
                   "padding is has no influence on training",
    },
)


# %%
def padded(model, pads, pos=None):
    """The text behind some padding: the logits of its own tokens"""
    row = torch.nn.functional.pad(tokens, (pads, 0))  # (1, pads + n)
    real = torch.arange(row.shape[1]) >= pads  # (pads + n,)
    return model(row, pos, mask=real[None, None])[:, pads:]


# %%
names = ("learned", "sinusoidal", "fire", "rope")
shifted = {}
for name in names:
    model = model_with(name)
    errors = [drift(padded(model, n), model(tokens)).max() for n in range(9)]
    shifted[name] = torch.stack(errors)

# %%
plots.lines(shifted, logy=True, xlabel="padding tokens on the left",
            ylabel="largest error of a logit (logarithmic)",
            alt="; ".join(f"{plots.label_of(name)}: {e[1]:.3f} with one "
                          f"padding token, {e[8]:.3f} with eight"
                          for name, e in shifted.items()))

# %% id="one-padding-token"
check.claim("tables", "one padding token changes the logits by more than 0.5 "
            "under each of two absolute encodings",
            [shifted[name][1] for name in names[:2]], ">", 0.5)
check.claim("rope", "left padding changes the logits of a RoPE model only by "
            "rounding",
            shifted["rope"], "in", (0, 1e-8),
            settles={"left": "learned embeddings"})
check.claim("fire", "left padding changes the logits of a FIRE model a "
            "little, because FIRE's bias also depends on the position of the "
            "query",
            shifted["fire"][1:], "in", (1e-5, 0.05))

# %% [markdown] id="positions-from-mask"
# **Symptom.** A prompt gets a different answer in a batch than by itself, and only the longest prompt of the batch is answered correctly.
# In GPT-2 small, a single padding token changed the most probable next token of most prompts (ndif-team/nnsight#672).
#
# **Cause.** The columns were numbered instead of the tokens.
# A shift of *all* positions leaves the logits unchanged only if the encoding depends only on the relative distance.
#
# **Repair.** Take the positions from the mask.

# %% [markdown]
# **Exercise 1** · difficulty 2 of 5 · 6 minutes
#
# Write `left_padded_positions(mask)`. `mask` (b, n) is True at tokens and False at padding; return positions (b, n).
# In each row the tokens get 0, 1, 2, …; padding may get any position from 0 up.
# `[[F, F, T, T, T]]` gives `[[0, 0, 0, 1, 2]]`.
#
# <details><summary>Hint</summary>
#
# `mask.cumsum(-1)` counts the tokens so far, the token itself included.
# The first token must get 0, and no padding may get less than that.
# </details>


# %% tags=["exercise"]
def left_padded_positions(mask):
    ### BEGIN SOLUTION
    return (mask.cumsum(-1) - 1).clamp(min=0)
    ### END SOLUTION


check.left_padded_positions(left_padded_positions)

# %% [markdown]
# **Guard.** A text must get the same logits with and without padding.


# %%
def padding_is_silent(model, pos=None):
    error = drift(padded(model, 5, pos), model(tokens)).max()
    return bool(error < 1e-6)


learned = model_with("learned")
from_mask = torch.tensor([0] * 5 + [*range(24)])  # five padding tokens first
[padding_is_silent(learned), padding_is_silent(learned, from_mask)]

# %% [markdown] id="two-counts"
# Does RoPE need no repair, then?
# Suppose the prefill numbers the columns, and one decode step follows.
# By its column the new token is at position 28, and by the mask at 23.


# %%
def mixed(model, pads, next_pos):
    row = torch.nn.functional.pad(tokens, (pads, 0))  # (1, pads + n)
    real = torch.arange(row.shape[1]) >= pads  # (pads + n,)
    cache = posenc.Cache()
    model(row[:, :-1], mask=real[None, None, :-1], cache=cache)
    # The cache remembers which of its entries are padding, and hides them.
    last = model(row[:, -1:], torch.tensor([next_pos]), cache=cache)
    return drift(last, model(tokens)[:, -1:])


rope = model_with("rope")
same_way, two_ways = mixed(rope, 5, 28), mixed(rope, 5, 23)
check.claim("same way", "a RoPE model is correct if prefill and decode steps "
            "both number the columns", same_way, "==", 0)
check.claim("mixed", "a RoPE model is wrong if the prefill numbers columns "
            "and the decode step numbers tokens", two_ways, ">", 0.05)

# %% id="verdict-b14"
check.verdict(
    "B14", "does not hold",
    because="With the padding masked, RoPE's logits stay the same up to "
    "rounding, because only relative distances count. Left padding breaks "
    "absolute encodings, and it breaks RoPE only if prefill and decode "
    "steps count in different ways.")

# %% [markdown] id="packing"
# ## 3 · Two documents in one row
#
# **Packing** puts several short documents into one row of a batch, so that no space is lost to padding.
# Popular advice says: if the positions restart at 0 in each document, the documents do not attend to each other.

# %%
check.predict(
    "packing",
    "Two documents share a row. The positions restart at the second one, and "
    "the mask is only causal. What does the output for the second document "
    "depend on?",
    ["on itself, as if it stood alone",
     "with RoPE on itself, with learned embeddings on both",
     "on both, with every encoding"],
    sure=True, kind="reason",
    beliefs={
        "on itself, as if it stood alone": "alex-hh/profam#495",
        "with RoPE on itself, with learned embeddings on both":
            "no source found",
    },
)

# %%
doc_ids = torch.where(count < 8, 0, 1)  # documents of 8 and 16 tokens
same_doc = doc_ids[:, None] == doc_ids  # (n, n), the document mask
restart = torch.where(count < 8, count, count - 8)  # (n,)


def packing_error(model, pos=None, mask=None):
    """How far the packed logits are from those of each document by itself"""
    apart = [model(tokens[:, :8]), model(tokens[:, 8:])]
    return drift(model(tokens, pos, mask=mask), torch.cat(apart, 1)).max()


# %% [markdown]
# We try the restart; the **document mask** (block-diagonal mask), under which a token may attend only to its own document; and both together.

# %%
ways = {"restart": (restart, None), "document mask": (None, same_doc),
        "both": (restart, same_doc)}
errors = {
    name: [packing_error(model_with(name), *way) for way in ways.values()]
    for name in ("learned", "sinusoidal", "fire", "rope", "alibi", "none")
}

# %%
plots.heatmap(torch.tensor(list(errors.values())), x=list(ways),
              y=[plots.label_of(name) for name in errors], values=True,
              xlabel="what was done", ylabel="encoding",
              label="largest error of a logit",
              alt="; ".join(
                  f"{plots.label_of(name)}: "
                  + ", ".join(f"{way} {e:.2f}"
                              for way, e in zip(ways, row, strict=True))
                  for name, row in errors.items()))

# %% id="restart-or-mask"
table = torch.tensor(list(errors.values()))  # (encodings, ways)
check.claim("restart", "if packed documents share a causal mask and positions "
            "only restart, the logits are off by more than 0.5",
            table[:, 0], "in", (0.5, 99),
            settles={"packing": "on both, with every encoding"})
check.claim("mask", "a document mask makes RoPE, ALiBi and a NoPE model "
            "exact in a packed row, without a restart",
            table[3:, 1], "<", 1e-8)
check.claim("tables both", "absolute encodings need the restart in a packed "
            "row, even under a document mask", table[:2, 1], ">", 0.5)
check.claim("both", "a document mask and a restart together make every "
            "encoding exact in a packed row", table[:, 2], "<", 1e-8)

# %% [markdown]
# **Symptom.** Nothing shows. The loss falls, while one document leaks into the next.
# In one project, changing the first document moved the logits of the second by up to 11.34 until a document mask was added (DeepOpt-com/WrinkleFree-Monorepo#53).
#
# **Cause.** A position is an address and hides nothing. Only the mask decides which token may attend to which.
#
# **Repair.** Use a document mask, and with absolute encodings or FIRE a restart as well.

# %% id="verdict-b13"
check.verdict(
    "B13", "does not hold",
    because="Under a causal mask documents leak in spite of a restart, with "
    "every encoding and without one. The document mask isolates them. With "
    "it RoPE is exact without a restart, up to rounding, and absolute "
    "encodings need both.")

# %% [markdown]
# Some libraries *infer* from the restarts where documents begin, and build the document mask from that, as `transformers` (5.23.0) does in a call without an attention mask and without a cache. Then the advice works, but because of this mask.
# In bfloat16, RoPE is not exactly relative (section 7), so a restart can matter even with a document mask: Wang et al. (2024) report better long-context scores with it.
#
# **Guard.** Change the first document: the logits of the second must not change.


# %%
other = torch.where(doc_ids == 0, (tokens + 1) % 50, tokens)  # (1, n)


def does_not_leak(model, pos=None, mask=None):
    moved = drift(model(tokens, pos, mask=mask), model(other, pos, mask=mask))
    return bool(moved[8:].max() < 1e-6)


[does_not_leak(rope, restart), does_not_leak(rope, restart, same_doc)]

# %% [markdown]
# **Exercise 2** · difficulty 3 of 5 · 10 minutes
#
# Write `packed_positions(doc_ids)`. It gets document numbers (n,) and returns positions (n,).
# The positions of each document start at 0. Each document has its own number, in any order.
# `[4, 4, 7, 7, 7, 2]` gives `[0, 1, 0, 1, 2, 0]`.
#
# <details><summary>Hint</summary>
#
# A document begins at index 0, and wherever `doc_ids.diff()`, which has n − 1 entries, is not 0.
# Each index needs the latest beginning up to it: a running maximum (`cummax`).
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

# %% [markdown] id="promise"
# ## 4 · Who keeps the promise?
#
# A cache, left padding and packing must not change the logits. Which encodings keep that promise (✓) if all is done correctly?
# And which tolerate the slips: decode steps at position 0, padding numbered by `arange`, a document mask without the restart?


# %%
def served(model):
    whole = model(tokens)
    return {
        "cache": drift(decode(model, tokens, count), whole).max(),
        "padding": drift(padded(model, 5, from_mask), whole).max(),
        "packed": packing_error(model, restart, same_doc),
        # the slips
        "at zero": drift(decode(model, tokens, at_zero), whole).max(),
        "arange": drift(padded(model, 5), whole).max(),
        "mask only": packing_error(model, None, same_doc),
    }


# %% tags=["large"]
ticks = {}
for name, encoding in posenc.ENCODINGS.items():
    if encoding.pos_dims == 1:  # texts, not grids
        found = served(model_with(name))
        ticks[name] = {way: bool(e < 1e-8) for way, e in found.items()}

plots.tick_table(
    ticks, groups={"done correctly": 3, "slips": 3},
    alt="; ".join(f"{plots.label_of(name)} is wrong with: "
                  + (", ".join(way for way, exact in row.items() if not exact)
                     or "nothing") for name, row in ticks.items()))

# %%
broken = [  # the first three columns
    name for name, row in ticks.items() if not all([*row.values()][:3])]

check.claim("only one", "served correctly, every encoding but p / L gives the "
            "logits of the whole text", broken == ["normalized"], "==", True)

# %% [markdown]
# Padding and packing shift a whole document. This changes no logit under a relative encoding, except under FIRE. (**xPos** is a RoPE whose scores also shrink with distance.)
# Decode steps at 0 shift only a part of the text. No encoding tolerates that, unless its positions never reach the model: LayerNorm removes an integer that is in every channel ([lesson 02, section 3](02_why_integer_positions_fail.ipynb)).
#
# `p / L` breaks by construction. Each new token changes L, and with it the position vectors of all earlier tokens. In a packed row, the positions of the shorter document are divided by the L of the longer one.

# %% [markdown]
# ## 5 · The base that grows with the text
#
# Lesson 08 raised RoPE's base for longer texts.
# *Dynamic* NTK raises it as the text grows, and leaves short texts unchanged.
# But most caches hold keys that are already rotated, each with the base that was in force when it was cached.
# In the experiment the training length is 256, and a head has 64 channels.


# %%
def rotated(x, p, length, trained=256):
    base = posenc.functional.ntk_base(64, 10_000, max(1, length / trained))
    freq = posenc.inverse_frequencies(64, base, dtype=torch.float64)
    theta = posenc.angles(torch.tensor([p]), freq)  # (1, dh/2)
    return posenc.functional.rotate_pairs(x[None], theta)[0]  # (dh,)


# %% [markdown]
# We build a head by hand in which token 1023, the last so far, attends to token 923.
# Before rotation all keys are the same vector, and the rotated query equals the key of token 923, rotated with the present base.
# That base is 41 800. It was 37 600 when token 923 was cached.

# %%
check.predict_number(
    "stale",
    "If each key was rotated with the base at the time when it was cached, "
    "how many tokens away from token 923 is the highest score?",
    unit="tokens", low=0, high=923, near=0.5, kind="surprise",
)

# %%
key, n = torch.ones(64) / 8, 1024
query = rotated(key, 923, n)  # (dh,)
keys = range(824, n)
scores = {
    "one base": [query @ rotated(key, p, n) for p in keys],
    "each its own base": [query @ rotated(key, p, p + 1) for p in keys],
}
scores = {name: torch.stack(curve) for name, curve in scores.items()}

# %%
top = {name: 824 + int(curve.argmax()) for name, curve in scores.items()}
plots.lines(scores, x=keys, xlabel="position of the key", ylabel="score",
            alt="; ".join(f"{name}: highest score, {curve.max():.2f}, at "
                          f"position {top[name]}"
                          for name, curve in scores.items()))

# %%
check.claim("fresh", "if all keys are rotated with one base, the head "
            "attends most to the token 100 positions earlier",
            top["one base"], "==", 923)
check.claim("stale", "under dynamic NTK, rotated keys that were cached under "
            "earlier bases put the highest score more than 20 tokens from "
            "the correct key",
            abs(top["each its own base"] - 923), "in", (20, 100),
            show="{:.0f}",
            settles={"stale": "measured"})

# %% [markdown]
# The highest score is 31 tokens before the correct key, and many keys near it score almost as high.
# The frequency of one pair, for example, has changed by only 1 %, but at position 923 this makes half a revolution.
#
# **Symptom.** Beyond the training length, the answers with a cache and without one differ.
# How much this costs in practice is an open question: some users measured it and saw little harm (huggingface/transformers#24653).
#
# **Cause.** A rotated key keeps the base that it was rotated with.
#
# **Repair.** Keep the keys unrotated, and rotate them when they are used, as `posenc.Cache` does.
# Is that exact?


# %%
class Dynamic(posenc.PositionalEncoding):
    def rotate(self, q, k, q_pos, k_pos):
        factor = max(1.0, float(k_pos.max() + 1) / 16)  # trained on 16
        one = posenc.build("rope", self.dims, scaling="ntk", factor=factor)
        return one.rotate(q, k, q_pos, k_pos)


# %%
def dynamic(n_layers):
    torch.manual_seed(0)
    encoding = Dynamic(posenc.Dims(32, 4))
    return posenc.Transformer(encoding, vocab_size=50, n_layers=n_layers)


def last_token_error(n_layers):
    model = dynamic(n_layers)
    last = decode(model, tokens, count)[:, -1:]
    return float(drift(last, model(tokens)[:, -1:]))


# %%
check.claim("one layer", "a cache of unrotated keys is exact under dynamic "
            "NTK in a model of one layer", last_token_error(1), "<", 1e-8)
check.claim("two layers", "a cache of unrotated keys is wrong under dynamic "
            "NTK in a model of two layers", last_token_error(2), ">", 1e-3)

# %% [markdown]
# From the second layer on, keys are computed from outputs that were themselves computed under an earlier base. No cache repairs that.
# Only a single base for the whole text is exact. Choose it for the longest text that you allow.
#
# **Guard.** `steps_agree` again, on a text longer than the training length:

# %%
fixed_base = model_with("rope", scaling="ntk", factor=4.0)
[steps_agree(dynamic(2), count), steps_agree(fixed_base, count)]

# %% [markdown] id="eviction"
# ## 6 · A cache that forgets
#
# If a stream never ends, old entries must leave the cache (**eviction**).
# StreamingLLM (Xiao et al. 2023) keeps a few first tokens, the **sink tokens**, and the latest tokens.
# Here it keeps 2 sink tokens and the latest 7 tokens: if more than 9 entries are left after a token, the oldest of the others leaves.
# The entries that stay keep their positions.

# %%
check.predict_number(
    "evicted",
    "A RoPE model reads the tokens 0 to 23 one by one. Each gets as its "
    "position the number of entries in the cache. Which token is the first "
    "with wrong logits? (24 means that all logits are right.)",
    low=0, high=24, near=0, kind="reason",
)


# %%
def stream(number):
    """RoPE, token by token; number(cache, i) is the position of token i"""
    cache, logits = posenc.Cache(), []
    for i in range(24):
        pos = torch.tensor([number(cache, i)])
        logits.append(rope(tokens[:, i : i + 1], pos, cache=cache))
        if cache.length > 9:  # drop the oldest entry after the first two
            cache.select(torch.tensor([0, 1, *range(3, 10)]))
    return torch.cat(logits, dim=1)  # (1, n, vocab)


# %% [markdown]
# What would be correct? One pass over the whole text, with a mask that hides evicted tokens: each token attends to itself, the 7 tokens before it, and the first 2.

# %%
distance = count[:, None] - count  # (n, n)
hidden = rope(tokens, mask=(distance < 8) | (count < 2))
numbered = {
    "counts entries": drift(stream(lambda cache, i: cache.length), hidden),
    "counts tokens": drift(stream(lambda cache, i: i), hidden),
}
plots.lines(numbered, xlabel="token", ylabel="largest error of a logit",
            alt="; ".join(f"{name}: largest error {e.max():.2f}, at "
                          f"{int((e > 1e-6).sum())} tokens more than 0"
                          for name, e in numbered.items()))

# %%
check.claim("seen", "RoPE is exact after an eviction if the position of a new "
            "token is the number of all tokens read before",
            numbered["counts tokens"], "in", (0, 1e-8))
first_wrong = int((numbered["counts entries"] > 1e-6).nonzero()[0])
check.claim("length", "RoPE is wrong after an eviction if the position of a "
            "new token is the number of entries in the cache",
            numbered["counts entries"][first_wrong:], ">", 0.05)
check.claim("first wrong", "if a new position counts the entries of a cache "
            "that keeps 9, the first wrong logits of RoPE are at this token",
            first_wrong, "==", next(i for i in range(24) if min(i, 9) < i),
            show="{:.0f}", settles={"evicted": "measured"})

# %% [markdown]
# **Symptom.** All logits are correct until the first eviction, and wrong after it.
# (Four caches of one library numbered new tokens in this way: rajveer43/VeloxQuant-MLX#389.)
#
# **Cause.** Before the first eviction, the number of entries *is* the position: even token 9 has exactly 9 entries before it. From then on, every new token gets position 9 here.
# Only the *order* of the tokens is still correct, and RoPE needs their distances.
#
# **Repair.** Keep a counter of the tokens seen, separate from the size of the cache. (`posenc` does so if you leave `pos` out. Many caches count their entries instead.)

# %% [markdown] id="inside-the-cache"
# StreamingLLM itself numbers the entries *inside the cache*: the kept tokens are at 0 … 8, and the next is at 9.
# This gives other logits on purpose: no distance ever exceeds the size of the cache. If this size is at most the training length, the model meets no new distance.
#
# But then each eviction gives the kept keys new positions.
# Unrotated keys are rotated when they are used. Rotated keys can be rotated *back* by the difference, because rotations add up.
# (The deeper layers still depend on the old positions, as they depended on the old base in section 5.)

# %% id="re-rotated"
again = rotated(rotated(key, 16, 1), -14, 1)  # from position 16 to 2

check.claim("re-rotated", "a key rotated to position 16 and then by −14 more "
            "equals the key rotated to position 2",
            (again - rotated(key, 2, 1)).abs().max(), "<", 1e-12)

# %% [markdown]
# **Guard.** A new position must be greater than all positions in the cache.


# %%
def comes_next(cache_pos, pos):
    return bool(pos > cache_pos.max())


kept = torch.tensor([0, 1, *range(16, 23)])  # after 23 tokens
slots = torch.arange(9)  # StreamingLLM's numbers for the same nine
[comes_next(kept, 9), comes_next(kept, 23), comes_next(slots, 9)]

# %% [markdown]
# **Exercise 3** · difficulty 4 of 5 · 15 minutes
#
# Write one decode step of one head, with a cache of *rotated* keys. `q`, `k` and `v` of the new token are (dh,).
#
# - `turn(x, p)` rotates x by position p.
# - `store` holds `"keys"` and `"values"`, which are lists of (dh,), and `"seen"`, the number of tokens that came before. Keep all three up to date.
# - Return the output of the head, (dh,): the softmax of (key · query) / √dh, times the values.
#
# The checker evicts old entries between steps.
#
# <details><summary>Hint</summary>
#
# `p = store["seen"]`, never `len(store["keys"])`.
# Rotate k once, when it arrives, and append it.
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

# %% [markdown] id="sinks"
# ### Why are the first tokens kept?
#
# Xiao et al. (2023) found that language models fail as soon as the first tokens leave the cache, although these tokens often mean little.
# A toy task shows how this can happen.
#
# A text consists of facts such as `C=2` and questions such as `C?`, each a single token. The answer to a question is the number, or “nothing” if the cache holds no fact about the letter.
# Every text begins with the same token, BOS (beginning of sequence), which says nothing about any letter.
# The models have one layer and no encoding, so positions play no part. They are trained on at most 24 tokens, and read 64 with a cache of the latest 12.

# %% jupyter={"source_hidden": true}
LETTERS, NUMBERS = 6, 4
BOS, NOTHING = LETTERS * (NUMBERS + 1), NUMBERS


def quiz(b, n, generator):
    """-> tokens, letters, numbers, which tokens are questions: (b, n)"""
    of = torch.randint(NUMBERS, (b, LETTERS), generator=generator)
    letters = torch.randint(LETTERS, (b, n), generator=generator)
    asks = torch.randint(2, (b, n), generator=generator) == 1
    numbers = of.gather(1, letters)  # (b, n)
    facts = letters * NUMBERS + numbers  # (b, n)
    tokens = torch.where(asks, LETTERS * NUMBERS + letters, facts)
    tokens[:, 0], asks[:, 0] = BOS, False
    return tokens, letters, numbers, asks


def answers(letters, numbers, asks, visible):
    """The correct answers, given what each token may attend to; and where
    a fact about the letter is visible: (b, n) twice"""
    facts = ~asks & (torch.arange(asks.shape[1]) > 0)
    match = (letters[:, :, None] == letters[:, None]) & facts[:, None]
    found = (match & visible).any(-1)  # (b, n)
    return torch.where(found, numbers, NOTHING), found


# %% jupyter={"source_hidden": true}
def lessons(b, n, generator):  # what the models are trained on
    tokens, letters, numbers, asks = quiz(b, n, generator)
    past = torch.ones(n, n, dtype=torch.bool).tril()  # (n, n)
    targets, _ = answers(letters, numbers, asks, past)
    return tokens, targets.where(asks, -100)


def reader(seed):
    torch.manual_seed(seed)
    nope = posenc.build("none", posenc.Dims(32, 4))
    model = posenc.Transformer(nope, vocab_size=BOS + 1, n_layers=1)
    setting = training.Setting(steps=200, length=24)
    with torch.enable_grad():
        training.fit(model.float(), lessons, setting, seed=seed)
    return model


# %%
check.predict(
    "sink",
    "BOS leaves the cache. Which questions are now answered worse?",
    ["those whose fact is in the cache",
     "those whose fact is not in the cache", "both", "neither"],
    sure=True, kind="surprise",
    beliefs={
        "those whose fact is in the cache": "no source found",
        "both": "as of language models, which fail: Xiao et al. 2023, §3.1",
        "neither": "mit-han-lab/streaming-llm#47",
    },
)

# %% tags=["trained"]
readers = [reader(seed) for seed in range(3)]


# %% tags=["trained"] jupyter={"source_hidden": true}
def examined(model, keep_first):
    """Accuracy with and without a fact, and the weight on BOS without one"""
    seeded = torch.Generator().manual_seed(10_000)
    tokens, letters, numbers, asks = quiz(256, 64, seeded)
    back = torch.arange(64)[:, None] - torch.arange(64)
    visible = (back >= 0) & (back < 12)  # (n, n)
    visible[:, 0] |= keep_first
    targets, found = answers(letters, numbers, asks, visible)
    logits, weights = model(tokens, mask=visible, return_weights=True)
    correct = (logits.argmax(-1) == targets).double()  # (b, n)
    late = asks & (torch.arange(64) > 12)  # (b, n)
    on_first = weights[0, :, :, :, 0].mean(1)  # (b, n), mean over heads
    return (correct[late & found].mean(), correct[late & ~found].mean(),
            on_first[late & ~found].mean())


# %% tags=["trained"]
with_bos = torch.tensor([examined(model, True) for model in readers])
without = torch.tensor([examined(model, False) for model in readers])
plots.dots({
    title: {"BOS kept": with_bos[:, i], "BOS evicted": without[:, i]}
    for i, title in enumerate(("the fact is in the cache", "no such fact"))
}, xlabel="accuracy", percent=True, chance=1 / (NUMBERS + 1))

# %% tags=["trained"]
lost = with_bos - without  # (seeds, 3)
check.claim("sink", "evicting the first token costs the toy models at least "
            "20 points more on questions without a fact than on the others",
            lost[:, 1] - lost[:, 0], "in", (0.2, 1), seeds=3,
            settles={"sink": "those whose fact is not in the cache"})
check.claim("looks up", "the toy models still find their facts after the "
            "first token is evicted", without[:, 0], ">", 0.75, seeds=3)
check.claim("weight", "a question without a fact gives the first of 13 tokens "
            "an attention weight of more than 2/13",
            13 * with_bos[:, 2], ">", 2, seeds=3)

# %% [markdown] id="why-sinks"
# The attention weights of a query sum to 1, so a head that finds nothing must still give them to some token.
# In training, our models' heads learned to give them to the one token that every query can see: BOS became an **attention sink**.
# If an entry with attention weight $w$ is evicted, all other weights grow by the factor $1/(1-w)$, tenfold for $w=0.9$. The head now reads facts about other letters, and answers with a number.
#
# **What this does not show.** Our models store the answer “nothing” at BOS. In a language model the value vector of the sink can be small, so that a head that attends to it adds little (Gu et al. 2024, figure 2, for Llama 3 8B).
# Gu et al. find sinks in small and large language models, but not in models of up to a billion parameters whose attention weights need not sum to 1.
# gpt-oss needs no sink token: it has **learned sink logits**, one number per head that only adds a term to the denominator of the softmax.

# %% [markdown] id="rollback" jp-MarkdownHeadingCollapsed=true
# ### Box: Take tokens back
#
# *(2 minutes.)* In **speculative decoding** a small model drafts a few tokens, and the large model checks all of them in one pass.
# The entries of a rejected draft must leave the cache.
# Is that an eviction?


# %%
def after_a_draft(remove):
    cache = posenc.Cache()
    rope(tokens[:, :12], cache=cache)
    rope((tokens[:, 12:16] + 1) % 50, cache=cache)  # four wrong tokens
    remove(cache)
    rest = rope(tokens[:, 12:], cache=cache)  # without positions
    return drift(rest, rope(tokens)[:, 12:]).max()


evicted = after_a_draft(lambda cache: cache.select(torch.arange(12)))
cropped = after_a_draft(lambda cache: cache.crop(12))

# %%
check.claim("crop", "a rejected draft that is taken back, with its count, "
            "leaves no trace in the logits", cropped, "==", 0)
check.claim("no crop", "a rejected draft that is evicted, and still counted, "
            "changes the logits", evicted, ">", 0.05)

# %% [markdown]
# No. An evicted token was part of the text, so it still counts. A rejected token never was, so the counter must go back as well.
# Here the next token gets position 16 after the eviction, and 12 after the draft is taken back.
# (Reported bugs: the draft stays in the sequence, lucidrains/speculative-decoding#3; two entries too many are removed, lablup/mlxcel#994.)

# %% [markdown] id="reuse" jp-MarkdownHeadingCollapsed=true
# ### Box: Reuse keys at other positions
#
# *(4 minutes.)* A document was read once, and its keys and values are stored. Now a system prompt of 8 tokens comes before it.
# We do not want to compute the document again, so we append its entries to those of the prompt and add 8 to their positions, which rotates the keys.

# %%
check.predict(
    "reuse",
    "For which models are the logits of the tokens after the document "
    "exact?",
    ["for all", "for those with one layer", "for no model"],
    kind="reason",
    beliefs={
        "for all": "MemTensor/MemOS#2315",
        "for no model": "Mesh-LLM/mesh-llm#1653: “is not exact”",
    },
)


# %%
def behind(first, second, shift):
    """One cache of two, the second moved by `shift` positions"""
    pairs = [(first.keys, second.keys), (first.values, second.values)]
    keys, values = ([torch.cat(two, 2) for two in zip(*pair, strict=True)]
                    for pair in pairs)  # each (1, h, k, dh)
    pos = torch.cat((first.pos, second.pos + shift))  # (k,)
    return posenc.Cache(keys, values, pos, torch.cat(
        (first.real, second.real), 1))


# %%
def reused(n_layers, shift):
    model = model_with("rope", n_layers)
    prompt, document = posenc.Cache(), posenc.Cache()
    model(tokens[:, :8], cache=prompt)
    model(tokens[:, 8:16], cache=document)  # read when it came first
    cache = behind(prompt, document, shift)
    rest = model(tokens[:, 16:], count[16:], cache=cache)
    return drift(rest, model(tokens)[:, 16:]).max()


# %%
depths = (1, 2, 4, 8)
moved_by = {
    "positions as stored": [reused(n, 0) for n in depths],
    "moved by 8": [reused(n, 8) for n in depths],
}
moved_by = {name: torch.stack(row) for name, row in moved_by.items()}
plots.lines(moved_by, x=depths, xlabel="layers of the model",
            ylabel="largest error of a logit",
            alt="; ".join(f"{name}: " + ", ".join(f"{e:.2f}" for e in row)
                          for name, row in moved_by.items()))

# %%
check.claim("reuse", "stored keys moved to their new positions give exact "
            "logits in a model of a single layer",
            moved_by["moved by 8"][0], "in", (0, 1e-8),
            settles={"reuse": "for those with one layer"})
check.claim("reuse deeper", "stored keys moved to their new positions give "
            "wrong logits in models of 2, 4 and 8 layers",
            moved_by["moved by 8"][1:], ">", 0.05)

# %% [markdown]
# In the first layer, each key and value is computed from its own token, so only the rotation had to change.
# From the second layer on, they are computed from outputs that have attended to the earlier tokens, and the document was read without the prompt.
# So only a prefix can be reused exactly. The method CacheBlend therefore moves the keys and recomputes a fraction of the tokens (YaoJiayi/CacheBlend#6).

# %% [markdown] id="bfloat16"
# ## 7 · Angles in bfloat16
#
# The call `model.to(torch.bfloat16)` also casts a buffer of frequencies, and some modules then compute the angles in bfloat16.
# bfloat16 keeps eight significant bits; [lesson 07, section 8](07_rotary_positions.ipynb) shows how this changes a score.
# This model has the bug.


# %%
class CastAngles(posenc.PositionalEncoding):
    def rotate(self, q, k, q_pos, k_pos):
        freq = posenc.inverse_frequencies(self.dims.d_head).bfloat16()

        def rotate_by(x, pos):
            theta = pos.bfloat16()[:, None] * freq  # (n, dh/2)
            return posenc.functional.rotate_pairs(x, theta.double())

        return rotate_by(q, q_pos), rotate_by(k, k_pos)


torch.manual_seed(0)  # the weights of `rope`
cast = posenc.Transformer(CastAngles(rope.encoding.dims), vocab_size=50)

# %% [markdown]
# **Symptom.** Short texts are fine, and long ones are wrong.
#
# **Cause.** Positions and angles are rounded. Near 8000 only every 32nd position can be represented.
#
# **Repair.** Compute positions, angles, sines and cosines in float32, and cast the rotated q and k last.
#
# **Guard.** Move all positions by 4000: a relative encoding must give the same logits.


# %%
def same_when_moved(model):
    moved = drift(model(tokens, count + 4000), model(tokens))
    return bool(moved.max() < 1e-3)


short = drift(cast(tokens), rope(tokens)).max()
check.claim("short", "angles in bfloat16 change the logits of the first 24 "
            "tokens by less than 0.01", short, "<", 0.01)
[same_when_moved(cast), same_when_moved(rope)]

# %% [markdown]
# `posenc` keeps no such buffer. It computes the frequencies from Python numbers in each call, so a cast of the model cannot change them.

# %%
half = model_with("rope").to(torch.bfloat16).to(torch.float64)  # digits lost
check.claim("posenc", "a RoPE model of posenc that was cast to bfloat16 and "
            "back gives the same logits at position 0 and at 4000",
            drift(half(tokens, count + 4000), half(tokens)), "<", 0.001)

# %% [markdown]
# ## 8 · The checkpoint from elsewhere
#
# A learned position table of 64 rows is loaded into a model for 128 positions:


# %% id="longer-table"
def outcome(call):
    try:
        return str(call())
    except RuntimeError as error:
        return " ".join(str(error).split())


longer = posenc.build("learned", posenc.Dims(32, 4, max_len=128))
longer = posenc.Transformer(longer, vocab_size=50)
outcome(lambda: longer.load_state_dict(learned.state_dict()))

# %% [markdown]
# The error is loud and therefore harmless. To use longer texts, you must add 64 rows *and* train them.
# (Position ids of your own can fail silently. RoBERTa's positions start at 2, in a table of 514 rows, so ids that start at 0 select wrong rows: [lesson 04, section 3](04_the_pytorch_module.ipynb).)
#
# RoPE has no table. So what happens if the weights of an *interleaved* model are loaded into a half-split one (lesson 07), or into a model with another base?

# %% id="other-base"
weights = rope.state_dict()
halves = model_with("rope", layout="halves")
other_base = model_with("rope", base=500)
[outcome(lambda: m.load_state_dict(weights)) for m in (halves, other_base)]

# %%
gaps = {"half-split layout": drift(halves(tokens), rope(tokens)),
        "base 500": drift(other_base(tokens), rope(tokens))}
plots.lines(gaps, xlabel="token", ylabel="largest error of a logit",
            alt="; ".join(f"{name}: tokens 1 to 4 up to {e[1:5].max():.2f}, "
                          f"from token 12 on up to {e[12:].max():.2f}"
                          for name, e in gaps.items()))

# %%
check.claim("silent", "RoPE weights load without an error into a model with "
            "another layout or base, and give other logits from token 1 on",
            torch.stack([*gaps.values()])[:, 1:], ">", 0.01)
check.claim("late", "a wrong base changes the logits of the first tokens less "
            "than a wrong layout does",
            gaps["base 500"][1:5] / gaps["half-split layout"][1:5], "<", 0.5)

# %% [markdown]
# **Symptom.** A good checkpoint writes nonsense, and no error is raised.
# With a wrong layout this begins at the first tokens. With a wrong base, the angles between nearby tokens are still almost correct, so short prompts look plausible and longer ones get worse (lyogavin/airllm#368: a Llama 3 read with the default base of 10 000).
#
# **Cause.** Layout and base are not weights. They are in the config, or only in the code.
#
# **Repair.** Set the base. For the layout, permute the rows of $W_q$ and $W_k$ within each head. $W_v$ stays, because this model does not rotate values.
# (With grouped heads, use the number of *key* heads for $W_k$, and permute biases and norms of q and k as well: lesson 07.)

# %%
order = torch.cat((torch.arange(0, 8, 2), torch.arange(1, 8, 2)))  # dh = 8


def permuted(weight):  # (3d, d): rows of q, k and v, head by head
    q, k, v = weight.unflatten(0, (3, 4, 8))  # (h, dh, d) each
    return torch.stack((q[:, order], k[:, order], v)).flatten(0, 2)


# %%
fixed = model_with("rope", layout="halves")
fixed.load_state_dict({
    name: permuted(weight) if name.endswith("qkv.weight") else weight
    for name, weight in weights.items()})

check.claim("permuted", "a half-split model whose query and key rows are "
            "permuted gives the same logits as the interleaved model",
            drift(fixed(tokens), rope(tokens)), "<", 1e-8)

# %% [markdown]
# **Guard.** Ship one text and its logits with the weights. To catch a wrong base, it should be as long as the texts that you serve.


# %%
def answers_as_saved(model, saved):
    return bool(drift(model(saved["tokens"]), saved["logits"]).max() < 1e-4)


saved = {"tokens": tokens, "logits": rope(tokens)}
[answers_as_saved(other_base, saved), answers_as_saved(fixed, saved)]

# %% [markdown] id="which-run"
# ## 9 · Judge for yourself
#
# **Exercise 4 · choose the run** · difficulty 3 of 5 · 8 minutes
#
# A server runs a RoPE model on batches with left padding. The longest prompt of a batch is answered correctly. For every shorter prompt the first token is correct, and then the text turns into nonsense.
# There are two explanations:
#
# - *two counts*: the prefill takes positions from the mask, and the decode steps number the columns;
# - *no mask*: the decode steps leave out the mask, so they attend to the padding, too.
#
# Each of these runs compares two sets of logits of a *shorter* prompt:
#
# | run | first | second |
# |---|---|---|
# | `"prefill"` | the last logits of its prefill, in the batch | the same, alone |
# | `"more steps"` | its 100th decode step, in the batch | the same, alone |
# | `"equal lengths"` | a decode step in a batch of prompts of the same length | the same, alone |
# | `"other padding"` | a decode step in the batch | the same, with another token as padding |
# | `"NoPE model"` | a decode step in the batch, with a NoPE model on the same server | the same, alone |
# | `"one count"` | a decode step in the batch, numbered by the mask | the same, alone |
#
# Which run would tell you which explanation is true?
# Return three strings: such a run, its outcome if *two counts* is true (`"equal"` or `"differ"`), and its outcome if *no mask* is true.
#
# <details><summary>Hint</summary>
#
# A run separates two explanations only if they predict different outcomes.
# For each run ask: are there padding tokens that a decode step could see, and does the position of the new token matter?
#
# </details>


# %% tags=["exercise"]
def chosen_run():
    """-> run, outcome under two counts, outcome under no mask"""
    ### BEGIN SOLUTION
    return "other padding", "equal", "differ"  # two others separate them, too
    ### END SOLUTION


check.chosen_run(chosen_run)

# %% [markdown]
# ## What surprised you
#
# The next cell lists your predictions of this lesson that turned out wrong, each with a link to the cell that settled it.
# Explain each result to yourself before you close the lesson.

# %%
check.surprises("09")

# %% [markdown]
# ## What you can now do
#
# - Give every token its own position: the number of tokens seen, counted by the mask, from the beginning of its document.
# - Tell an address from a mask: masks isolate documents, positions do not.
# - Evict, take back and reuse entries of a cache, and say which of these are exact.
# - Protect a server with short tests: one pass against steps, padding, packed documents, a shift, and one saved text.

# %% [markdown]
# ## References
#
# Threads on GitHub; some of the bugs have since been fixed.
#
# - Decode offset: Blaizzy/mlx-vlm#1983; lucidrains/rotary-embedding-torch#11 (an offset missing in the key of a cache), patrick-kidger/equinox#704.
# - Positions left out: `generation/utils.py`, `models/llama/modeling_llama.py` and `cache_utils.py` of `transformers` 5.23.0; the maintainer's answer in huggingface/transformers#26072.
# - Left padding: ndif-team/nnsight#672 (GPT-2 small, measured), tloen/alpaca-lora#315, huggingface/transformers#22161; two ways of counting: unslothai/unsloth#3699.
# - Packing: DeepOpt-com/WrinkleFree-Monorepo#53, huggingface/nanoVLM#204, alex-hh/profam#495; libraries that read the restarts: alex-hh/profam#397, `masking_utils.py` of `transformers` 5.23.0. Wang et al. 2024, *When Precision Meets Position*, arXiv 2411.13476: bfloat16 and the restart.
# - Dynamic NTK: huggingface/transformers#25104; little harm seen: huggingface/transformers#24653.
# - Eviction: rajveer43/VeloxQuant-MLX#196 and #389 (kept rows counted as positions), huggingface/transformers#35350; shifting a cache instead of reading the text again: ggml-org/llama.cpp#2060.
# - Sinks: Xiao et al. 2023, *Efficient Streaming Language Models with Attention Sinks*, arXiv 2309.17453, §3.2 on positions inside the cache, quoted in mit-han-lab/streaming-llm#53; deeper layers: mit-han-lab/streaming-llm#73. Gu et al. 2024, *When Attention Sink Emerges in Language Models*, arXiv 2410.10781. Sink logits: `modeling_gpt_oss.py` of `transformers` 5.23.0.
# - Rollback and reuse: lucidrains/speculative-decoding#3, lablup/mlxcel#994; YaoJiayi/CacheBlend#6, MemTensor/MemOS#2315.
# - Precision: EleutherAI/gpt-neox#1003, NVIDIA/Megatron-LM#744, Modalities/modalities#462.
# - Checkpoints: espnet/espnet#1060 (length), huggingface/transformers#25199 and huggingface/nanotron#427 (layout), lyogavin/airllm#368 (base).
