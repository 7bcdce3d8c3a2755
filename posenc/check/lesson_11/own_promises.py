"""What an encoding keeps, declared or not: a reason where it breaks a promise, else nothing."""

from collections.abc import Callable

import torch
from torch import Tensor

from posenc.base import PositionalEncoding
from posenc.check.engine.draws import Drawn
from posenc.check.engine.verdict import Mistake
from posenc.check.lesson_11.own_doors import Doors, N, apart, doors, inputs

F64 = torch.float64
SHIFTS = Drawn(  # the first three within any table
    "own_encoding",
    lambda draw: (
        1,
        draw.near(5, 2),
        draw.one_of(13, 12, 11),
        draw.near(100, 9),
        draw.near(1000, 90),
    ),
)


def broken(encoding: PositionalEncoding) -> dict[str, str]:
    """Return each promise that is not kept, and why."""
    tests: dict[str, Callable[[PositionalEncoding], str]] = {
        "relative": _shifted,
        "cache": lambda encoding: _longer(encoding) or _stepped(encoding),
        "real positions": _halves,
    }
    return {name: why for name, test in tests.items() if (why := test(encoding))}


def _held(encoding: PositionalEncoding, pos: Tensor) -> Doors | None:
    """Return what the doors make of these positions; None where a table ends before them."""
    try:
        return doors(encoding, pos)
    except ValueError:
        if int(pos.max()) < encoding.dims.max_len:
            raise
        return None


def _shifted(encoding: PositionalEncoding) -> str:
    pos = torch.arange(N)
    here = doors(encoding, pos)
    for shift in SHIFTS:
        there = _held(encoding, pos + shift)
        if there is None:
            break
        near = 1e-5 * (1 + shift)  # angles in float32 are so precise
        if found := apart(here, there, "embed scores bias", near):
            return f"a shift of all positions by {shift} changes {found}. Use differences only"
    return ""


def _longer(encoding: PositionalEncoding) -> str:
    """More keys and positions must leave what stood before as it was."""
    for short, long in ((N - 2, N), (N, 20), (N, 60)):
        few, many = doors(encoding, torch.arange(short)), _held(encoding, torch.arange(long))
        if many is None:
            break
        cut: Doors = {"embed": many["embed"][:, :short]}
        cut |= {door: many[door][:, :, :short] for door in "qk"}
        cut |= {door: many[door][..., :short, :short] for door in ("scores", "bias")}
        if found := apart(few, cut):
            said = f"{long - short} more tokens change {found} of the {short} before"
            return f"{said}. Use no length and no largest position"
    return ""


def _stepped(encoding: PositionalEncoding) -> str:
    """One query and all keys must get what the last query got in the whole text."""
    pos = torch.arange(N)
    whole = doors(encoding, pos)
    _, q, k = inputs(encoding.dims, N)
    try:
        one, keys = encoding.rotate(q[:, :, -1:], k, pos[-1:], pos)
        bias = encoding.bias(q[:, :, -1:], k, pos[-1:], pos)
        found = {"q": one, "k": keys, "bias": torch.zeros(()) if bias is None else bias}
        last = {"q": whole["q"][:, :, -1:], "k": whole["k"], "bias": whole["bias"][:, :, -1:]}
        found["bias"] = found["bias"].double().expand_as(last["bias"])
    except Exception as error:
        text = " ".join(str(error).split())[:60].rstrip(".")
        said = f"one query with {N} keys raised {type(error).__name__} ({text})"
        return f"{said}. Let q and k, q_pos and k_pos differ in length"
    where = apart(last, found)
    return where and f"one query with {N} keys changes {where}. Use q_pos and k_pos, no lengths"


def _halves(encoding: PositionalEncoding) -> str:
    """Half positions are taken, and whole ones among them get what they always get."""
    pos, even = torch.arange(N, dtype=F64) / 2, torch.arange(0, N, 2)  # 0, 1, 2, 3 at even ones
    try:
        halves = doors(encoding, pos)
    except Mistake as mistake:
        return f"at half positions: {mistake}"
    except Exception as error:  # an encoding without the promise may refuse in its own way
        text = " ".join(str(error).split())[:60].rstrip(".")
        return (
            f"half positions raise {type(error).__name__} ({text}). Take floats, without an index"
        )
    wholes = _whole(encoding, even)
    cut: Doors = {"embed": halves["embed"][:, even]}
    cut |= {door: halves[door][:, :, even] for door in "qk"}
    cut |= {"bias": halves["bias"][..., even, :][..., even]}
    where = apart(wholes, cut)
    return where and f"half positions among them change {where} of whole ones. Use pos as it is"


def _whole(encoding: PositionalEncoding, rows: Tensor) -> Doors:
    """What the doors make of these rows of the inputs at positions 0, 1, 2, …"""
    x, q, k = (part[..., rows, :] for part in inputs(encoding.dims, N))
    pos = torch.arange(len(rows))
    turned_q, turned_k = encoding.rotate(q, k, pos, pos)
    bias = encoding.bias(q, k, pos, pos)
    bias = torch.zeros(()) if bias is None else bias.double()
    bias = bias.expand(*q.shape[:2], len(rows), len(rows))
    return {"embed": encoding.embed(x, pos), "q": turned_q, "k": turned_k, "bias": bias}
