"""RoPE: every pair of neighbouring channels turns by its speed times the position."""

import torch
from torch import Tensor

from posenc.check.engine.exercise import Exercise
from posenc.check.engine.verdict import Mistake, Verdict, require
from posenc.check.lesson_07.rotary_slips import SLIPS
from posenc.check.lesson_07.turning import examine_turn, random, rope, speeds


def rotary(answer: object) -> Verdict:
    """Check ``answer(x, pos)``, RoPE on neighbouring channels: (..., n, dh), (n,) -> (..., n, dh).

    >>> from posenc import functional
    >>> speeds = functional.inverse_frequencies
    >>> _ = rotary(lambda x, pos: functional.rotate_pairs(
    ...     x, functional.angles(pos, speeds(x.shape[-1]))))
    ✓ rotary_real: every pair turns by its own speed times the position
    """
    return EXERCISE.check(answer)


NEAR = tuple(
    (random(*shape), torch.tensor(pos))
    for pos in ([0, 1, 2, 3, 4], [7, 0, 3, 40, 2])
    for shape in ((5, 8), (2, 3, 5, 8))
)
FAR = (random(5, 8), torch.tensor([0, 1, 257, 1003, 2049]))
DRIFT = 2e-3  # what float32 may lose up to position 2049


def _said(x: Tensor, pos: Tensor) -> str:
    numbers = pos.tolist()
    words = "torch.arange(5)" if numbers == [0, 1, 2, 3, 4] else f"torch.tensor({numbers})"
    return f"rotary(x of shape {tuple(x.shape)}, {words})"


def _wrong_turns(answer: object, found: list[Tensor], differences: list[Mistake | None]) -> None:
    """Raise the first property of a turn that fails, or say that it fails far away."""
    for i in (1, 3, 0, 2):  # with heads first: they tell a mirror from a turn
        x, pos = NEAR[i]
        examine_turn(found[i], x, pos, speeds(8))
    *near, far = differences
    require(
        any(near),
        "far",
        f"right up to position 40, not beyond: {far}; are angles or positions rounded to 16 bits?",
    )


EXERCISE = Exercise(
    name="rotary",
    right=rope,
    cases=(*NEAR, FAR),
    praise="every pair turns by its own speed times the position",
    slips=SLIPS,
    asks=_wrong_turns,
    said=_said,
    atol=(*(1e-4,) * len(NEAR), DRIFT),
)
