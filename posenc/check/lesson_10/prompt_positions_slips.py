"""Wrong ways to give a prompt with images its positions, each a whole program."""

from collections.abc import Callable, Sequence

import torch
from torch import Tensor

from posenc.check.engine.slip import Slip

Part = int | tuple[int, int, int]  # so many text tokens; or frames, rows and columns
Block = Callable[[Part], Tensor]  # -> the positions of a part, counted from 0, (n, 3)


def text(n: int) -> Tensor:
    """Return the positions of a text: one number, three times, (n, 3)."""
    return torch.arange(n)[:, None].expand(-1, 3)


def frames(sizes: tuple[int, int, int]) -> Tensor:
    """Return frame, row and column of each token, frame by frame and row by row, (n, 3)."""
    return torch.cartesian_prod(*map(torch.arange, sizes))


def block(part: Part) -> Tensor:
    """Return the positions of a part, counted from 0, (n, 3)."""
    return text(part) if isinstance(part, int) else frames(part)


def largest(found: Tensor) -> int:
    """Return the number of positions that a part takes: its largest, plus 1."""
    return int(found.max()) + 1


def laid_out(
    parts: Sequence[Part], made: Block = block, step: Callable[[Tensor], int] = largest
) -> Tensor:
    """Return the positions of all parts, each begun where the one before has ended, (n, 3)."""
    begin, found = 0, []
    for part in parts:
        found.append(begin + made(part))
        begin += step(made(part))
    return torch.cat(found)


def _of_images(change: Callable[[Tensor], Tensor]) -> Block:
    """Return a block that is changed where it is an image."""
    return lambda part: text(part) if isinstance(part, int) else change(frames(part))


def _laid(change: Callable[[Tensor], Tensor]) -> Callable[[Sequence[Part]], Tensor]:
    return lambda parts: laid_out(parts, _of_images(change))


def _by_index(found: Tensor) -> Tensor:
    return text(len(found))


def _read_down(part: Part) -> Tensor:
    if isinstance(part, int):
        return text(part)
    count, rows, columns = part
    return frames((count, columns, rows))[:, [0, 2, 1]]


def _from_zero(parts: Sequence[Part]) -> Tensor:
    """Rows and columns are not moved to where the image begins."""
    right = laid_out(parts)
    own = torch.cat([block(part) for part in parts])
    images = torch.cat([torch.full((len(block(p)),), not isinstance(p, int)) for p in parts])
    right[:, 1:] = torch.where(images[:, None], own[:, 1:], right[:, 1:])
    return right


def _time_goes_on(parts: Sequence[Part]) -> Tensor:
    """The time of every token is its index."""
    right = laid_out(parts)
    right[:, 0] = torch.arange(len(right))
    return right


def _only_time(parts: Sequence[Part]) -> Tensor:
    """Texts have no height and no width."""
    right = laid_out(parts)
    texts = torch.cat([torch.full((len(block(p)),), isinstance(p, int)) for p in parts])
    right[texts, 1:] = 0
    return right


def _rows_and_columns(found: Tensor) -> int:
    return int(found[:, 1:].max()) + 1


CONTINUE = "Continue at the largest position so far, plus 1."
SLIPS = (
    Slip("counts-tokens", lambda parts: laid_out(parts, step=len),
         f"After an image it counts on by the number of its tokens. {CONTINUE}"),
    Slip("flat", _laid(_by_index),
         "Image tokens are numbered like text. Give each its frame, row and column.",
         seen="ml-explore/mlx-lm#1768"),
    Slip("last-time", lambda parts: laid_out(parts, step=lambda found: int(found[-1, 0]) + 1),
         f"After an image it counts on from the time of its last token. {CONTINUE}",
         seen="lightseekorg/tokenspeed#236"),
    Slip("rows-and-columns", lambda parts: laid_out(parts, step=_rows_and_columns),
         "After a video it counts rows and columns, and not frames. Count all three."),
    Slip("last-column", lambda parts: laid_out(parts, step=lambda found: int(found[-1, 2]) + 1),
         f"After an image it counts on by its columns. {CONTINUE}"),
    Slip("last-row", lambda parts: laid_out(parts, step=lambda found: int(found[-1, 1]) + 1),
         f"After an image it counts on by its rows. {CONTINUE}"),
    Slip("no-gap", lambda parts: laid_out(parts, step=lambda found: int(found.max())),
         "Each part begins at the largest position of the one before. Begin one later."),
    Slip("one-too-many", lambda parts: laid_out(parts, step=lambda found: int(found.max()) + 2),
         "Between two parts a position is left out. Begin at the largest so far, plus 1."),
    Slip("no-offset", lambda parts: torch.cat([block(part) for part in parts]),
         f"Each part counts from 0. {CONTINUE}"),
    Slip("from-zero", _from_zero,
         "Rows and columns of an image count from 0. Add the position at which the image begins."),
    Slip("time-goes-on", _time_goes_on,
         "The time of each token is its index. All tokens of a frame share one time."),
    Slip("only-time", _only_time,
         "Text tokens get height and width 0. Give them the same position three times."),
    Slip("one-based", lambda parts: laid_out(parts) + 1,
         "The first token gets position 1. Count from 0."),
    Slip("width-first", lambda parts: laid_out(parts)[:, [0, 2, 1]],
         "The column comes before the row. The order is time, height, width."),
    Slip("time-last", lambda parts: laid_out(parts)[:, [1, 2, 0]],
         "Time comes last. The order is time, height, width."),
    Slip("read-down", lambda parts: laid_out(parts, _read_down),
         "Each frame is read column by column. Read it row by row."),
    Slip("one-frame", _laid(lambda found: found * torch.tensor([0, 1, 1])),
         "All frames of a video share one time. Add the number of the frame."),
    Slip("index-in-frame",
         _laid(lambda found: torch.stack((found[:, 0], *2 * [torch.arange(len(found))]), -1)),
         "Height and width are the token's index. Give them its row and its column."),
)  # fmt: skip
