"""RoPE: every pair of neighbouring channels rotates by its frequency times the position."""

from collections.abc import Callable

import torch
from torch import Tensor

from posenc.check.engine.draws import Draw, Drawn
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


FAR = 2  # so many cases, the last ones, reach far


def _cases(draw: Draw) -> list[tuple[Tensor, Tensor]]:
    """Return x and pos of each case: the two with positions 0, 1, … first, float32 as the last
    of those that are near.
    """
    width, pairs = draw.one_of(8, 10, 12), draw.one_of(4, 3, 5)
    batch, heads = draw.one_of((2, 3), (3, 2), (2, 4))
    mixed = [draw.near(7, 2), 0, 3, draw.near(40, 6), 2, *draw.one_of([], [11], [13, 10])]
    swapped = draw.shuffled([1, 0, 3, 2, 4][: max(pairs, 4)])[:pairs]
    start, n = draw.near(9, 3), draw.one_of(5, 6, 4)
    near = [
        *(
            (random(*shape, len(pos), width, draw=draw), torch.tensor(pos))
            for pos in (range(n), mixed)
            for shape in ((), (batch, heads))
        ),
        (random(pairs, 2 * pairs, draw=draw), torch.tensor(swapped)),  # as many tokens as pairs
        (random(4, draw.one_of(6, 10, 14), draw=draw), torch.arange(start, start + 4)),
    ]
    low = torch.tensor(draw.shuffled([5, 1, 8, 13, 21, draw.near(34, 4), 3]), dtype=torch.int32)
    wide = random(batch, heads, 7, draw.one_of(20, 16, 24), draw=draw).float()
    return [*draw.shuffled(near[:2]), *draw.shuffled(near[2:]), (wide, low), *_reach(draw)]


def _reach(draw: Draw) -> list[tuple[Tensor, Tensor]]:
    """Return x and pos where low number types round or wrap."""
    far = (
        [0, 1, draw.one_of(257, 259, 271), draw.near(1003, 5, 4), draw.one_of(2049, 2051, 2081)],
        [draw.near(4097, 100, 2), draw.near(300, 9), 0, draw.near(33_000, 7), 1],
    )
    widths = draw.shuffled((8, 6))
    return [
        (random(5, dh, draw=draw), torch.tensor(pos)) for dh, pos in zip(widths, far, strict=True)
    ]


CASES = Drawn("rotary", _cases)
DRIFT = 1e-2  # what float32 may lose up to position 33 000


def _said(x: Tensor, pos: Tensor) -> str:
    numbers = pos.tolist()
    counted = numbers == list(range(len(pos)))
    words = f"torch.arange({len(pos)})" if counted else f"torch.tensor({numbers})"
    return f"rotary(x of shape {tuple(x.shape)}, {words})"


def _wrong_turns(answer: Answer, found: list[Tensor], differences: list[Mistake | None]) -> None:
    """Raise the first property of a rotation that fails, or say that it fails far away."""
    near, far = CASES[:-FAR], CASES[-FAR:]
    for mine, (x, pos) in sorted(zip(found, near, strict=False), key=_heads_first):
        examine_rows(answer, mine, x, pos)
        examine_turn(mine, x, pos, speeds(x.shape[-1]))
    for mine, case in zip(found[-FAR:], far, strict=True):
        examine_positions(answer, mine, *case)
    name_frequencies(lambda width: measured(answer, width), "dh, the width of one head")
    for mine, (x, pos) in zip(found, near, strict=False):
        examine_frequencies(mine, x, pos, speeds(x.shape[-1]))
    if not any(differences[:-FAR]):
        _far(found[-FAR:], max(int(pos.max()) for _, pos in near))


def _heads_first(one: tuple[Tensor, tuple[Tensor, Tensor]]) -> tuple[bool, bool]:
    """Return a key: with heads first, for they tell a mirror from a rotation; float32 last."""
    _, (x, _) = one
    return x.dtype == torch.float32, x.dim() == 2


def _far(found: list[Tensor], near: int) -> None:
    for mine, (x, pos) in zip(found, CASES[-FAR:], strict=True):
        off = (mine - rope(x, pos)).abs().amax(-1) > DRIFT
        if off.any():
            row = int(pos.masked_fill(~off, pos.max() + 1).argmin())
            right = ", ".join(str(p) for p in sorted(pos[~off].tolist()))
            raise Mistake(
                "far",
                f"Positions up to {near} are right; {pos[row]} is not ({right} are, in the same "
                "call). Compute angles from the positions given, without a limit or a table that "
                "ends.",
            )


EXERCISE = Tried(
    name="rotary",
    right=rope,
    cases=CASES,
    praise="Every pair rotates by its own frequency times the position.",
    slips=SLIPS,
    asks=_wrong_turns,
    said=_said,
    atol=(*(1e-4,) * 7, *(DRIFT,) * FAR),
)
