"""A learner's own encoding: do its doors hold, and which promises does it keep?"""

import torch
from torch import Tensor

from posenc.base import Dims, PositionalEncoding, acts_on
from posenc.check.engine.verdict import Mistake, Remark, Verdict, judge, require

__all__ = ["own_encoding"]

DIMS = Dims(d_model=32, n_heads=2, max_len=48)
B, N = 3, 7
F64 = torch.float64
Doors = dict[str, Tensor]


def own_encoding(answer: object) -> Verdict:
    """Check a subclass of PositionalEncoding: its shapes, its use of pos, and its promises.

    The line ends with the promises that it keeps. One that it declares and does not keep is
    a mistake; one that it keeps and does not declare is a remark.

    >>> from posenc import ENCODINGS
    >>> _ = own_encoding(ENCODINGS["rope"])
    ✓ Own: it acts on queries and keys, and keeps: cache, real positions, relative
    """
    return judge("own_encoding", answer, _examine)


SAYS = {"embed": "embeddings", "rotate": "queries and keys", "bias": "scores"}


def _examine(cls: type[PositionalEncoding]) -> str:
    fits = isinstance(cls, type) and issubclass(cls, PositionalEncoding)
    require(fits, "not-an-encoding", "write a class that inherits from posenc.PositionalEncoding")
    encoding = cls(DIMS).double()
    _shapes(encoding)
    _rows(encoding)
    kept = _kept(encoding)
    declared = frozenset(cls.promises) - {"causal only"}
    if broken := sorted(declared - kept):
        raise Mistake(f"breaks-{broken[0].replace(' ', '-')}", WHY[broken[0]])
    said = f"it acts on {' and '.join(SAYS[door] for door in acts_on(cls)) or 'nothing'}"
    said += f", and keeps: {', '.join(sorted(kept)) or 'no promise'}"
    if more := sorted(kept - declared):
        raise Remark(f"{said}; promises lacks {', '.join(map(repr, more))}")
    return said


WHY = {
    "relative": "it promises 'relative', but a shift of all positions changes what a head sees",
    "cache": "it promises 'cache', but one more word changes what the earlier words got",
    "real positions": "it promises 'real positions', but half a position breaks it",
}


# --- the doors --------------------------------------------------------------------------


def _inputs(n: int = N, dtype: torch.dtype = F64) -> tuple[Tensor, Tensor, Tensor]:
    """Return x (b, n, d), q and k (b, h, n, dh), the same each time; longer ones begin alike."""
    generator = torch.Generator().manual_seed(1)
    x = torch.randn(16, B, DIMS.d_model, generator=generator, dtype=F64)[:n].transpose(0, 1)
    heads = torch.randn(2, 16, B, DIMS.n_heads, DIMS.d_head, generator=generator, dtype=F64)
    q, k = (part[:n].permute(1, 2, 0, 3) for part in heads)
    return x.to(dtype).clone(), q.to(dtype).clone(), k.to(dtype).clone()


def _doors(encoding: PositionalEncoding, pos: Tensor, dtype: torch.dtype = F64) -> Doors:
    """What the three doors make of fixed inputs."""
    x, q, k = _inputs(pos.shape[-1], dtype)
    added, (turned_q, turned_k) = encoding.embed(x, pos), encoding.rotate(q, k, pos, pos)
    bias = encoding.bias(q, k, pos, pos)
    before = torch.equal(x, _inputs(pos.shape[-1], dtype)[0])
    require(before, "mutates-input", "embed changes the x that it was given: return x + code")
    scores = turned_q @ turned_k.transpose(-2, -1)  # (b, h, q, k)
    if bias is None:
        bias = torch.zeros((), dtype=dtype)
    return {"embed": added, "q": turned_q, "k": turned_k, "scores": scores, "bias": bias}


def _shapes(encoding: PositionalEncoding) -> None:
    x, q, k = _inputs()
    made = _doors(encoding, torch.arange(N))
    for door, like in (("embed", x), ("q", q), ("k", k)):
        words = f"{'rotate' if door in 'qk' else door} must keep the shape {tuple(like.shape)}"
        require(made[door].shape == like.shape, "shape", f"{words}; got {tuple(made[door].shape)}")
        require(
            made[door].dtype == F64,
            "dtype",
            f"{door} returns {made[door].dtype} for float64: end in .to(x.dtype)",
        )
    _bias_fits(made["bias"], "(n,)")
    for door, part in made.items():
        finite = not part.isnan().any()
        require(finite, "not-finite", f"{door} holds NaN at positions 0 to {N - 1}")
    if made["bias"].dim():
        require(
            not made["bias"].double().softmax(-1).isnan().any(),
            "no-key-left",
            "the softmax of the bias is NaN: a query has no key left, or +inf; hide with −9",
        )


def _bias_fits(bias: Tensor, pos: str) -> None:
    wanted = (B, DIMS.n_heads, N, N)
    try:
        fits = torch.broadcast_shapes(bias.shape, wanted) == wanted
    except RuntimeError:
        fits = False
    require(
        fits,
        "bias-shape",
        f"for positions of shape {pos} bias must broadcast to (b, h, q, k) = {wanted}; "
        f"got {tuple(bias.shape)}",
    )


# --- rows -------------------------------------------------------------------------------


def _rows(encoding: PositionalEncoding) -> None:
    """Raise unless every text is told its own positions, and nothing else."""
    pos = torch.tensor([4, 0, 9, 1, 1, 30, 2])
    first, again = _doors(encoding, pos), _doors(encoding, pos)
    require(_same(first, again), "remembers", "two equal calls give different results: no state")
    plain = _doors(encoding, torch.arange(N))
    if acts_on(type(encoding)):
        require(
            not _same(first, plain),
            "ignores-pos",
            "positions 4, 0, 9, … give what 0, 1, 2, … give: use pos, "
            "neither a constant nor torch.arange",
        )
    many = torch.stack([pos, pos.flip(0), torch.arange(N)])  # (b, n)
    batch = _doors(encoding, many)
    _bias_fits(batch["bias"], "(b, n)")
    for row in range(B):
        alone = _doors(encoding, many[row])
        for door, part in batch.items():
            whole, single = (_full(door, t)[row] for t in (part, alone[door]))
            require(
                torch.allclose(whole, single, rtol=0, atol=1e-9),
                "batch-of-positions",
                f"{door}: with positions (b, n), text {row} does not get what it gets alone",
            )


def _full(door: str, part: Tensor) -> Tensor:
    return part.expand(B, DIMS.n_heads, N, N) if door == "bias" else part


def _same(a: Doors, b: Doors, skip: str = "") -> bool:
    return all(
        torch.allclose(a[door], b[door], rtol=0, atol=1e-8, equal_nan=True)
        for door in a
        if door not in skip.split()
    )


# --- promises ---------------------------------------------------------------------------


def _kept(encoding: PositionalEncoding) -> frozenset[str]:
    """Return the promises that the encoding keeps, declared or not."""
    tests = {"relative": _relative, "cache": _cache, "real positions": _real}
    return frozenset(name for name, test in tests.items() if test(encoding))


def _relative(encoding: PositionalEncoding) -> bool:
    pos = torch.arange(N)
    return _same(_doors(encoding, pos), _doors(encoding, pos + 20), skip="q k")


def _cache(encoding: PositionalEncoding) -> bool:
    short, long = _doors(encoding, torch.arange(N - 2)), _doors(encoding, torch.arange(N))
    cut = {"embed": long["embed"][:, : N - 2]}
    cut |= {door: long[door][:, :, : N - 2] for door in "qk"}
    cut |= {"scores": long["scores"][..., : N - 2, : N - 2]}
    cut |= {"bias": long["bias"].expand(B, DIMS.n_heads, N, N)[..., : N - 2, : N - 2]}
    short["bias"] = short["bias"].expand(B, DIMS.n_heads, N - 2, N - 2)
    return _same(short, cut)


def _real(encoding: PositionalEncoding) -> bool:
    """Half positions are taken, and whole ones among them get what they always get."""
    pos = torch.arange(N, dtype=F64) / 2
    x, _, k = _inputs()
    try:
        halves = encoding.embed(x, pos), encoding.rotate(k, k, pos, pos)[1]
        encoding.bias(k, k, pos, pos)
    except Exception:  # an encoding without the promise may refuse in its own way
        return False
    even = torch.arange(0, N, 2)  # where pos is 0, 1, 2, 3
    x, k, whole = x[:, even], k[:, :, even], torch.arange(len(even))
    wholes = encoding.embed(x, whole), encoding.rotate(k, k, whole, whole)[1]
    return torch.allclose(halves[0][:, even], wholes[0]) and torch.allclose(
        halves[1][:, :, even], wholes[1]
    )
