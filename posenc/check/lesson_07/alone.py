"""What a row becomes without the others, asked of the answer again."""

from collections.abc import Callable

import torch
from torch import Tensor

from posenc.check.engine.compare import again, alike
from posenc.check.engine.verdict import Mistake
from posenc.check.lesson_07.turning import angles_of, random

Ask = Callable[[Tensor, Tensor], Tensor]  # x, pos -> x rotated


def examine_rows(ask: Ask, found: Tensor, x: Tensor, pos: Tensor) -> None:
    """Raise if another row of x changes what a row becomes."""
    for axis, thing in ((-2, "token"), (0, "text"), (1, "head")):
        if axis >= x.dim() - 2 or x.shape[axis] == 1:
            continue
        other = x.clone()
        other.select(axis, 0).mul_(2).add_(1)
        mine = again(ask, other, pos, like=x, case=_said(x, pos))
        rest = [part.narrow(axis, 1, x.shape[axis] - 1) for part in (mine, found)]
        if not alike(rest[0], rest[1], atol=1e-3):
            raise Mistake(
                "rows-mixed",
                f"Another {thing} 0 in x changes what the other {thing}s become, so rows are "
                "mixed. Take both channels of a pair from the same row of x, and its norm stays.",
            )


def examine_positions(ask: Ask, found: Tensor, x: Tensor, pos: Tensor) -> None:
    """Raise if a position rotates otherwise when it comes without the others."""
    for row in range(len(pos)):
        part = slice(row, row + 1)
        mine = again(ask, x[part], pos[part], like=x[part], case=_said(x[part], pos[part]))
        if alike(mine, found[part], 2e-2):
            continue
        beside, alone = (angles_of(turned, x[part])[0] for turned in (found[part], mine))
        pair = int((beside - alone).abs().argmax())
        raise Mistake(
            "depends-on-others",
            f"Position {pos[row]} rotates pair {pair} to {_short(beside[pair])} rad beside "
            f"{pos.max()}, and to {_short(alone[pair])} alone. Make each angle from its own "
            "position and the width, not from the largest position or the length.",
        )


def _short(angle: Tensor) -> str:
    return f"{round(float(angle), 6) + 0.0:.4g}"


def measured(ask: Ask, width: int) -> Tensor:
    """Return by how much each pair of x rotates from position 0 to 1, (width/2,)."""
    x, pos = random(2, width), torch.tensor([0, 1])
    return angles_of(again(ask, x, pos, like=x, case=_said(x, pos)), x)[1]


def _said(x: Tensor, pos: Tensor) -> str:
    return f"With x of shape {tuple(x.shape)} and positions {pos.tolist()}, it"
