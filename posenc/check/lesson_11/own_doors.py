"""A learner's own encoding in use: its doors are called, and their form is looked at."""

from typing import Any

import torch
from torch import Tensor

from posenc.base import Dims, PositionalEncoding, acts_on
from posenc.check.engine.draws import Draw, Drawn, draw
from posenc.check.engine.verdict import Mistake, require
from posenc.check.lesson_11.own_hook import returned, too_far

B, N = 3, 7
F64 = torch.float64
Doors = dict[str, Tensor]


def _places(draw: Draw) -> tuple[Any, ...]:
    """Return positions of a text, and where two others begin, beyond any table."""
    pos = [draw.near(4, 1), 0, draw.near(9, 2), 1, 1, draw.near(17, 2), 2]
    return torch.tensor(pos), draw.near(60, 9), draw.near(1000, 90)


PLACES = Drawn("own_encoding", _places)


def inputs(dims: Dims, n: int) -> tuple[Tensor, Tensor, Tensor]:
    """Return x (b, n, d), q and k (b, h, n, dh), the same each time; longer ones begin alike."""
    generator = draw("own_encoding").generator(1)
    x = torch.randn(60, B, dims.d_model, generator=generator, dtype=F64)[:n].transpose(0, 1)
    heads = torch.randn(2, 60, B, dims.n_heads, dims.d_head, generator=generator, dtype=F64)
    q, k = (part[:n].permute(1, 2, 0, 3) for part in heads)
    return x.clone(), q.clone(), k.clone()


def doors(encoding: PositionalEncoding, pos: Tensor) -> Doors:
    """Return what the three doors make of fixed inputs; raise what is wrong with its form."""
    n, h = pos.shape[-1], encoding.dims.n_heads
    x, q, k = given = inputs(encoding.dims, n)
    before, at = [part.clone() for part in given], pos.clone()
    added = encoding.embed(x, pos)
    _kept(before, given, pos, at, "embed", "Return x + …, without += and functions that end in _.")
    turned = encoding.rotate(q, k, pos, pos)
    _kept(before, given, pos, at, "rotate", "Return new tensors, without x[…] = ….")
    bias = encoding.bias(q, k, pos, pos)
    _kept(before, given, pos, at, "bias", "Work on copies, without functions that end in _.")
    pair = isinstance(turned, (tuple, list)) and len(turned) == 2
    said = f"rotate returned {_kind(turned)}. Return two tensors, the rotated q and the rotated k."
    require(pair, "rotate-form", said)
    found = {"embed": added, "q": turned[0], "k": turned[1]}
    for door, like in zip(found, before, strict=True):
        _like(door, found[door], like)
    scores = turned[0] @ turned[1].transpose(-2, -1)  # (b, h, q, k)
    bias = torch.zeros(()) if bias is None else returned("bias", bias)
    _fits(bias, (B, h, n, n), tuple(pos.shape))
    return {**found, "scores": scores, "bias": bias.double().expand(B, h, n, n)}


def _kind(found: object) -> str:
    if isinstance(found, (tuple, list)):
        return f"{len(found)} values"
    return {"NoneType": "None", "Tensor": "one tensor"}.get(type(found).__name__, "no pair")


def _kept(before: list[Tensor], given: tuple[Tensor, ...], pos: Tensor, at: Tensor,
          door: str, cure: str) -> None:  # fmt: skip
    for old, new, name in zip(before, given, "xqk", strict=True):
        said = f"{door} changes the {name} that it was given. {cure}"
        require(torch.equal(old, new), "mutates-input", said)
    said = f"{door} changes the positions that it was given. {cure}"
    require(torch.equal(pos, at), "mutates-input", said)


def _like(door: str, found: object, like: Tensor) -> None:
    """Raise unless what a door returned has the shape and the type of what it was given."""
    hook, x = ("embed", "x") if door == "embed" else ("rotate", door)
    part = returned(hook, found)
    wanted, shape = tuple(like.shape), tuple(part.shape)
    said = f"{hook} returned the shape {shape} for {x} of shape {wanted}. Return {x}'s own shape"
    said += ": x + position vectors." if door == "embed" else "."
    require(shape == wanted, "shape", said)
    said = f"{hook} returned {part.dtype} for {x} in float64. End it with .to({x}.dtype)."
    require(part.dtype == F64, "dtype", said)


def _fits(bias: Tensor, wanted: tuple[int, ...], pos: tuple[int, ...]) -> None:
    try:
        fits = bias.expand(wanted).shape == wanted
    except RuntimeError:
        fits = False
    said = f"bias returned the shape {tuple(bias.shape)} at positions of shape {pos}. It must"
    cure = "broadcast to (batch, heads, queries, keys)"
    require(fits, "bias-shape", f"{said} {cure} = {wanted}: heads stand on axis −3.")


# --- what no softmax bears, and rows ----------------------------------------------------


def examine_doors(encoding: PositionalEncoding) -> str:
    """Return a remark on its reach, or nothing; raise the first thing that is wrong."""
    for n in (N, 1, 20):
        _finite(doors(encoding, torch.arange(n)), n)
    _rows(encoding)
    for start in PLACES[1:]:
        pos = torch.arange(start, start + N)
        limit = encoding.dims.max_len
        try:
            far = doors(encoding, pos)
        except Mistake:
            raise
        except Exception as error:
            if isinstance(error, ValueError):
                return f"; beyond dims.max_len = {limit} it raises ValueError"
            raise Mistake("limit", too_far(f"position {start}", error, limit)) from None
        _finite(far, N, start)
    return ""


def _finite(made: Doors, n: int, start: int = 0) -> None:
    where = f"at positions {start} to {start + n - 1}"
    for door, part in made.items():
        hook = {"q": "rotate", "k": "rotate"}.get(door, door)
        said = f"{hook} returned NaN or ±inf {where}. Look for √, log and division there."
        finite = ~part.isnan() if door == "bias" else part.isfinite()
        require(bool(finite.all()), "not-finite", said)
    bad = made["bias"].softmax(-1).isnan().any(-1)
    if bad.any():
        _, head, query, _ = (*bad.nonzero()[0].tolist(), 0)
        said = f"{where} head {head} leaves query {query} no key, or adds +inf: its softmax is NaN."
        raise Mistake("no-key-left", f"{said[0].upper()}{said[1:]} Hide keys with −9, not −inf.")


def _rows(encoding: PositionalEncoding) -> None:
    """Raise unless every sequence gets its own positions, and nothing else."""
    pos = PLACES[0]
    first, again = doors(encoding, pos), doors(encoding, pos)
    if where := apart(first, again):
        said = f"A second equal call changes {where}. Keep no state and draw no random numbers."
        raise Mistake("remembers", said)
    plain = doors(encoding, torch.arange(N))
    if acts_on(type(encoding)) and not apart(first, plain):
        said = f"Positions {pos[0]}, {pos[1]}, {pos[2]}, … give what 0, 1, 2, … give."
        cure = "Use pos, neither a constant nor torch.arange."
        if acts_on(type(encoding)) == ("bias",):
            cure = "Use q_pos and k_pos; None or a constant changes no attention weight."
        raise Mistake("ignores-pos", f"{said} {cure}")
    many = torch.stack([pos, pos.flip(0), torch.arange(N)])  # (b, n)
    batch = doors(encoding, many)
    for row in range(B):
        alone = doors(encoding, many[row])
        mine, its = ({door: part[row] for door, part in one.items()} for one in (alone, batch))
        where = apart(mine, its)
        said = f"With positions (b, n), sequence {row} gets other numbers than alone in {where}."
        require(not where, "batch-of-positions", f"{said} Use row b of pos for sequence b.")


def apart(a: Doors, b: Doors, which: str = "", near: float = 1e-5) -> str:
    """Return where two calls differ, as in 'embed (by 0.3)'; nothing where they agree."""
    for door in which.split() or a:
        gap = float((a[door] - b[door]).nan_to_num(0.0, 1e9, -1e9).abs().max())
        if gap > near:
            name = {"q": "the rotated q", "k": "the rotated k", "bias": "the bias",
                    "scores": "q · k", "embed": "the embeddings"}[door]  # fmt: skip
            return f"{name} (by {gap:.3g})"
    return ""
