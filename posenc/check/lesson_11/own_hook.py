"""A learner's ``bias_by_distance``, asked directly: (m,) distances -> (h, m)."""

from collections.abc import Callable

import torch
from torch import Tensor

from posenc.base import PositionalEncoding, knows_distance_alone
from posenc.check.engine.draws import Draw, Drawn
from posenc.check.engine.verdict import Mistake, require


def _distances(draw: Draw) -> tuple[Tensor, Tensor]:
    """Return near distances in order, and far ones."""
    most, near = draw.near(9, 2), draw.near
    steps = (*range(most + 1, 40), 63, 64, 127, 128, near(500, 90), near(2047, 9), near(4095, 9))
    return torch.arange(-most, most + 1), torch.tensor([s * d for d in steps for s in (1, -1)])


DISTANCES = Drawn("own_encoding", _distances)
CLOSE = 1e-5  # float32 is precise enough


def examine_hook(encoding: PositionalEncoding) -> str:
    """Return a remark on its reach, or nothing; raise the first thing that is wrong."""
    if not knows_distance_alone(type(encoding)):
        return ""
    few, _ = DISTANCES
    near = _values(encoding, few)
    _finite(near, few)
    _by_distance(encoding, near)
    far, remark = _far(encoding)
    for distances, values in far:
        _finite(values, distances)
    every = torch.cat([near, *(values for _, values in far)], 1)
    said = "Each head gets one number at every distance, which no softmax sees. Use distance."
    require(bool((every != every[:, :1]).any()), "ignores-pos", said)
    if far:
        many = torch.cat([few, *(distances for distances, _ in far)])
        _equal(_values(encoding, many)[:, : len(few)], near, f"among {len(many)} distances")
    return remark


def _values(encoding: PositionalEncoding, distance: Tensor) -> Tensor:
    """Return the bias at these distances, (h, m) float64; raise what is wrong with its form."""
    given = distance.clone()
    found = encoding.bias_by_distance(given)
    said = "bias_by_distance changed the distances that it was given. Use distance.abs(), not abs_."
    require(torch.equal(given, distance), "mutates-input", said)
    tensor = returned("bias_by_distance", found)
    _shape(tensor, encoding.dims.n_heads, len(distance))
    return tensor.detach().double()


def returned(hook: str, found: object) -> Tensor:
    """Return the tensor of numbers that a hook returned; raise what it is instead."""
    said = f"{hook} returned None. Does it print instead of return, or lack its last line?"
    require(found is not None, "none", said)
    kind = type(found).__name__
    parts = isinstance(found, (list, tuple)) and any(isinstance(p, Tensor) for p in found)
    cure = "Join its parts with torch.stack." if parts else "Make it with torch.as_tensor."
    require(isinstance(found, Tensor), "not-a-tensor", f"{hook} returned a {kind}. {cure}")
    assert isinstance(found, Tensor)
    numbers = found.dtype != torch.bool and not found.is_complex()
    said = f"{hook} returned {found.dtype}. Return real numbers: −9.0 hides a key, 0.0 keeps it."
    require(numbers, "dtype", said)
    return found


def _shape(found: Tensor, h: int, m: int) -> None:
    shape = tuple(found.shape)
    if shape == (h, m):
        return
    wanted = f"(h, m) = ({h}, {m})"
    if shape == (m, h):
        said = f"bias_by_distance is transposed: (m, h) = ({m}, {h}). Return {wanted}, with .T."
        raise Mistake("transposed", said)
    if shape in ((m,), (1, m)):
        said = "bias_by_distance returned one row for all heads. Return one row per head,"
        raise Mistake("one-row", f"{said} {wanted}: slopes[:, None] * distance, say.")
    if shape in ((h,), (h, 1)):
        said = "bias_by_distance returned one number per head. Return one for each head and"
        raise Mistake("one-number", f"{said} distance, {wanted}.")
    if found.dim() == 2 and shape[1] == m:
        said = f"bias_by_distance returned {shape[0]} rows for {h} heads."
        raise Mistake("heads", f"{said} Make as many rows as self.dims.n_heads.")
    said = f"bias_by_distance returned the shape {shape} for {m} distances and {h} heads."
    raise Mistake("bias-shape", f"{said} Return {wanted}.")


def _finite(values: Tensor, distances: Tensor) -> None:
    for wrong, what, cure in (
        (values.isnan(), "NaN", "Compute a finite number there."),
        (values == torch.inf, "+inf", "Its softmax is NaN: use log1p for log, or add 1."),
    ):
        if wrong.any():
            at = min(distances[wrong.any(0)].tolist(), key=abs)
            slug = "not-finite" if what == "NaN" else "no-key-left"
            raise Mistake(slug, f"bias_by_distance returned {what} at distance {at}. {cure}")
    alone = (values == -torch.inf) & (distances == 0)
    if alone.any():
        head = int(alone.any(1).int().argmax())
        said = f"Head {head} is −inf at distance 0: a first token has no key left, and its"
        raise Mistake("no-key-left", f"{said} softmax is NaN. Hide keys with −9 instead.")


def _by_distance(encoding: PositionalEncoding, near: Tensor) -> None:
    """Raise unless each value depends on its own distance only."""
    few, _ = DISTANCES
    said = "Two equal calls of bias_by_distance return different numbers. Keep no state, draw none."
    require(_alike(_values(encoding, few), near), "remembers", said)
    twice = _values(encoding, few.repeat(2))[:, : len(few)]
    _equal(twice, near, f"among {2 * len(few)} distances")
    for some in (few[3:8], few[11:12]):
        part = near[:, torch.isin(few, some)]
        _equal(_values(encoding, some), part, f"among {len(some)}", some)
    back = _values(encoding, few.flip(0)).flip(1)
    cure = "Compute it from distance, not from torch.arange."
    said = f"The bias depends on where a distance stands in the call, not on its value. {cure}"
    require(_alike(back, near), "by-index", said)


def _alike(found: Tensor, expected: Tensor) -> bool:
    return torch.allclose(found, expected, rtol=CLOSE, atol=CLOSE)


def _equal(found: Tensor, alone: Tensor, where: str, distances: Tensor | None = None) -> None:
    wrong = ~torch.isclose(found, alone, rtol=CLOSE, atol=CLOSE)
    if not wrong.any():
        return
    head, i = wrong.nonzero()[0].tolist()
    few, _ = DISTANCES
    at = int((few if distances is None else distances)[i])
    was, now = float(alone[head, i]), float(found[head, i])
    said = f"At distance {at} the bias is {was:.4g} among {len(few)} distances and {now:.4g} "
    said += f"{where}."
    cure = "Compute each from its own distance: no len(distance), no distance.max(), no arange."
    raise Mistake("depends-on-others", f"{said} {cure}")


def _far(encoding: PositionalEncoding) -> tuple[list[tuple[Tensor, Tensor]], str]:
    """Return far distances and their values, and a remark where it refuses some honestly."""
    limit = encoding.dims.max_len
    _, far = DISTANCES
    inside = far[far.abs() < limit]
    values = _reach(lambda some: _values(encoding, some), inside, limit)
    assert values is not None
    outside = far[far.abs() >= limit]
    beyond = _reach(lambda some: _values(encoding, some), outside, limit)
    if beyond is None:
        return [(inside, values)], f"; beyond dims.max_len = {limit} it raises ValueError"
    return [(inside, values), (outside, beyond)], ""


def _reach(ask: Callable[[Tensor], Tensor], distances: Tensor, limit: int) -> Tensor | None:
    """Return the values; None where all lie beyond the limit and a ValueError says so."""
    try:
        return ask(distances)
    except Mistake:
        raise
    except Exception as error:
        honest = isinstance(error, ValueError)
        for at in sorted(distances.tolist(), key=abs):
            try:
                ask(torch.tensor([at]))
            except Exception as one:
                if honest and abs(at) >= limit:
                    return None
                raise Mistake("limit", too_far(f"distance {at}", one, limit)) from None
        raise


def too_far(where: str, error: Exception, limit: int) -> str:
    """Return what to say of an encoding that raises far away."""
    text = " ".join(str(error).split())[:60].rstrip(".")
    cure = f"Raise ValueError only beyond self.dims.max_len, here {limit}, or clamp."
    return f"At {where} it raised {type(error).__name__} ({text}). {cure}"
