"""RoPE: every pair of neighbouring channels rotates by its frequency times the position."""

from collections.abc import Callable

import torch
from torch import Tensor

from posenc.check.engine.verdict import Mistake, Verdict
from posenc.check.lesson_07.alone import examine_positions, examine_rows, measured
from posenc.check.lesson_07.measured import name_frequencies
from posenc.check.lesson_07.rotary_slips import SLIPS
from posenc.check.lesson_07.tried import Tried
from posenc.check.lesson_07.turning import (
    examine_frequencies,
    examine_turn,
    random,
    rope,
    speeds,
)

Answer = Callable[[Tensor, Tensor], Tensor]


def rotary(answer: object) -> Verdict:
    """Check ``answer(x, pos)``, RoPE on neighbouring channels: (..., n, dh), (n,) -> (..., n, dh).

    >>> from posenc import functional
    >>> frequencies = functional.inverse_frequencies
    >>> _ = rotary(lambda x, pos: functional.rotate_pairs(
    ...     x, functional.angles(pos, frequencies(x.shape[-1]))))
    ✓ rotary_real: Every pair rotates by its own frequency times the position.
    """
    return EXERCISE.check(answer)


NEAR = (
    *(
        (random(*shape), torch.tensor(pos))
        for pos in ([0, 1, 2, 3, 4], [7, 0, 3, 40, 2])
        for shape in ((5, 8), (2, 3, 5, 8))
    ),
    (random(4, 8), torch.tensor([1, 0, 3, 2])),  # as many tokens as pairs
    (random(4, 6), torch.tensor([9, 10, 11, 12])),
    (random(2, 3, 7, 20).float(), torch.tensor([5, 1, 8, 13, 21, 34, 3], dtype=torch.int32)),
)
FAR = (
    (random(5, 8), torch.tensor([0, 1, 257, 1003, 2049])),
    (random(5, 6), torch.tensor([4097, 300, 0, 33_000, 1])),
)
DRIFT = 1e-2  # what float32 may lose up to position 33 000


def _said(x: Tensor, pos: Tensor) -> str:
    numbers = pos.tolist()
    words = "torch.arange(5)" if numbers == [0, 1, 2, 3, 4] else f"torch.tensor({numbers})"
    return f"rotary(x of shape {tuple(x.shape)}, {words})"


def _wrong_turns(answer: Answer, found: list[Tensor], differences: list[Mistake | None]) -> None:
    """Raise the first property of a rotation that fails, or say that it fails far away."""
    for i in (1, 3, 0, 2, 4, 5, 6):  # with heads first: they tell a mirror from a rotation
        examine_rows(answer, found[i], *NEAR[i])
        examine_turn(found[i], *NEAR[i], speeds(NEAR[i][0].shape[-1]))
    for mine, case in zip(found[len(NEAR) :], FAR, strict=True):
        examine_positions(answer, mine, *case)
    name_frequencies(lambda width: measured(answer, width), "dh, the width of one head")
    for mine, (x, pos) in zip(found, NEAR, strict=False):
        examine_frequencies(mine, x, pos, speeds(x.shape[-1]))
    if not any(differences[: len(NEAR)]):
        _far(found[len(NEAR) :])


def _far(found: list[Tensor]) -> None:
    for mine, (x, pos) in zip(found, FAR, strict=True):
        off = (mine - rope(x, pos)).abs().amax(-1) > DRIFT
        if off.any():
            row = int(pos.masked_fill(~off, pos.max() + 1).argmin())
            right = ", ".join(str(p) for p in sorted(pos[~off].tolist()))
            raise Mistake(
                "far",
                f"Positions up to 40 are right; {pos[row]} is not ({right} are, in the same call). "
                "Compute angles from the positions given, without a limit or a table that ends.",
            )


EXERCISE = Tried(
    name="rotary",
    right=rope,
    cases=(*NEAR, *FAR),
    praise="Every pair rotates by its own frequency times the position.",
    slips=SLIPS,
    asks=_wrong_turns,
    said=_said,
    atol=(*(1e-4,) * len(NEAR), *(DRIFT,) * len(FAR)),
)
