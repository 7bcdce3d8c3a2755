"""Causal attention, mended where its mask leaks: (x, W_q, W_k, W_v) -> (n, dh)."""

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any

import torch
from torch import Tensor

from posenc.check.engine.draws import Drawn
from posenc.check.engine.slip import Slip
from posenc.check.engine.verdict import Mistake, Verdict, judge, require
from posenc.check.lesson_01.attending import attend, unmasked, weights
from posenc.check.lesson_01.attention_slips import ATTENTION, MASKS
from posenc.check.lesson_01.outputs import Answer, Given, called, examine
from posenc.check.lesson_01.reading import judge_weights, sums_are_1


def mended_attention(answer: Answer) -> Verdict:
    """Check ``mended_attention(x, W_q, W_k, W_v)``: causal attention, ``(n, d) -> (n, dh)``.

    The program to be mended takes softmax over the queries, so that its mask leaks. Who hands
    it in as it is hears the symptom only.

    >>> verdict = mended_attention(lambda x, W_q, W_k, W_v: attend(x, W_q, W_k, W_v))
    ✗ mended_attention: Nothing is hidden. Keep triu(1) of the scores at -inf: a token may not \
attend to later ones. At [0, 0] the output is -1.177, not 0.7601.
    """
    return judge("mended_attention", answer, _examine_mended)


def _causal(x: Tensor) -> Tensor:
    return torch.ones(len(x), len(x), dtype=torch.bool).tril()


def right(x: Tensor, q: Tensor, k: Tensor, v: Tensor) -> Tensor:
    """Return attention under a causal mask."""
    return attend(x, q, k, v, _causal(x))


def _under_mask(slip: Slip) -> Slip:
    def program(x: Tensor, q: Tensor, k: Tensor, v: Tensor) -> Tensor:
        return slip.program(x, q, k, v, _causal(x))

    return replace(slip, program=program)


def _other_mask(
    cut: Callable[..., Tensor], x: Tensor, q: Tensor, k: Tensor, v: Tensor, dim: int = -1
) -> Tensor:
    return attend(x, q, k, v, cut(torch.ones(len(x), len(x))).bool(), dim=dim)


def _published(x: Tensor, q: Tensor, k: Tensor, mask: Tensor | None = None) -> Tensor:
    """Return the weights of the program to be mended, under its mask or another one."""
    return weights(x, q, k, _causal(x) if mask is None else mask, dim=0)


def _by_row(w: Tensor) -> Tensor:
    return w / w.sum(-1, keepdim=True)


LEFT_OUT = (
    "mask-own", "mask-and-own", "mask-or-oneself", "mask-inverted", "mask-ignored",
    "mask-transposed", "mask-nan", "allowed-packed",
    "softmax-over-queries",  # this one is the cause
)  # fmt: skip

UNCHANGED = (
    "The output is still that of the published program, and one line of it lets later tokens in."
)
UNDO = "Undo this change, and look for another line."

STILL: tuple[tuple[str, str, Callable[..., Tensor]], ...] = (
    ("unchanged", UNCHANGED, lambda x, q, k, v: _published(x, q, k) @ (x @ v)),
    ("another-mask", f"The mask has been inverted, but it was correct. {UNDO}",
     lambda x, q, k, v: _published(x, q, k, _causal(x).T) @ (x @ v)),
    ("no-mask", f"The mask has been removed, but it was correct. {UNDO}",
     lambda x, q, k, v: attend(x, q, k, v, dim=0)),
    ("mask-one-later", f"The mask now lets each token attend to the next one. {UNDO}",
     lambda x, q, k, v: _other_mask(partial(torch.tril, diagonal=1), x, q, k, v, dim=0)),
    ("another-filling", f"Hidden scores are now 0, and exp(0) still counts. {UNDO}",
     lambda x, q, k, v: attend(x, q, k, v, _causal(x), fill=0.0, dim=0)),
    ("turned-weights", f"The attention weights have been transposed. {UNDO}",
     lambda x, q, k, v: _published(x, q, k).T @ (x @ v)),
    ("turned-roles", f"Queries and keys have changed places. {UNDO}",
     lambda x, q, k, v: _published(x, k, q) @ (x @ v)),
    ("another-scale", f"The scores are no longer divided, but their scale was correct. {UNDO}",
     lambda x, q, k, v: attend(x, q, k, v, _causal(x), root=1.0, dim=0)),
    ("divided-again", "The rows are divided by their sums, but later tokens had entered the "
     "weights before. Repair the step that let them in.",
     lambda x, q, k, v: _by_row(_published(x, q, k)) @ (x @ v)),
    ("softmax-again", "A second softmax makes the rows sum to 1, but later tokens had entered "
     "before. Repair the first one.",
     lambda x, q, k, v: _published(x, q, k).softmax(-1) @ (x @ v)),
    ("masked-again", "Hiding once more after softmax comes too late: later tokens have entered "
     "the weights already. Repair that step.",
     lambda x, q, k, v: _by_row(weights(x, q, k, dim=0).tril()) @ (x @ v)),
)  # fmt: skip


OTHERS = (
    Slip("mask-ignored", attend,
         "Nothing is hidden. Keep triu(1) of the scores at -inf: a token may not attend to "
         "later ones."),
    Slip("mask-inverted", partial(_other_mask, torch.triu),
         "The past is hidden, and later tokens are seen. Hide triu(1), what comes after."),
    Slip("mask-without-oneself", partial(_other_mask, partial(torch.tril, diagonal=-1)),
         "A token does not attend to itself, and token 0 to nothing: NaN. "
         "Hide triu(1), not triu()."),
    Slip("all-nan", lambda x, q, k, v: attend(x, q, k, v) * float("nan"),
         "The whole output is NaN: 0 · inf is NaN, and so is softmax over nothing but -inf. "
         "Use masked_fill(later, -inf) with later = triu(1)."),
    Slip("mask-of-the-next", partial(_other_mask, partial(torch.tril, diagonal=1)),
         "Each token attends to the next one, too. Hide triu(1), not triu(2)."),
)  # fmt: skip

SLIPS = OTHERS + tuple(
    _under_mask(slip) for slip in (*ATTENTION, *MASKS) if slip.slug not in LEFT_OUT
) + tuple(Slip(slug, program, says) for slug, says, program in STILL)  # fmt: skip


CASES = Drawn("mended_attention", unmasked)


def _examine_mended(answer: Answer) -> str:
    longer = next(place for place, (_, given) in enumerate(CASES) if len(given[0]) > 3)
    given = CASES[longer][1]

    def lacks(found: list[Tensor], _: Any) -> None:
        said = _leak(answer, given, found[longer])
        soft = sums_are_1(answer)  # then the mask is too weak, or another one
        require(not said or soft, "leaks", f"{said} No token may depend on later ones.")
        judge_weights(answer, None, False, under=torch.ones(4, 4, dtype=torch.bool).tril())
        require(not said, "leaks", f"{said} No token may depend on later ones.")

    still = {slug: says for slug, says, _ in STILL}
    try:
        examine(answer, right, CASES, SLIPS, lacks)
    except Mistake as mistake:
        if mistake.slug not in still:
            raise
        symptom = _leak(answer, given, called(answer, *given))
        raise Mistake(mistake.slug, f"{still[mistake.slug]} {symptom}".rstrip()) from None
    return "right: no token depends on later ones, and every query's weights sum to 1"


def _leak(answer: Answer, given: Given, found: Tensor) -> str:
    """Return which earlier token moves when the last one changes, or ''."""
    x = given[0].clone()
    x[-1] += 1.0
    moved = (called(answer, x, *given[1:]) - found).abs().amax(1)[:-1]
    if not moved.max() > 1e-9:
        return ""
    token, by = int(moved.argmax()), float(moved.max())
    return f"When the last token changes, the output of token {token} moves by {by:.3g}."
