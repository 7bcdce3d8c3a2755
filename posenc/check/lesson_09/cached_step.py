"""One decode step with a cache of turned keys."""

import math
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from posenc.check.engine.compare import alike
from posenc.check.engine.slip import Slip
from posenc.check.engine.verdict import Mistake, Verdict, judge, require
from posenc.check.lesson_09.cached_step_slips import SLIPS
from posenc.functional import angles, inverse_frequencies, rotate_pairs

WIDTH = 8  # of the head
WORDS, FULL, EVICTED = 12, 6, 3  # before word 6 the window is full: the three oldest go
Step = Callable[..., Any]  # q, k, v, store, turn -> (dh,)
KEPT = ("keys-not-kept", "values-not-kept", "seen-not-counted", "shape", "not-a-tensor")
SAYS = {slip.slug: slip.says for slip in SLIPS}


def cached_step(answer: Step) -> Verdict:
    """Check ``cached_step(q, k, v, store, turn)``: one head's decode step over *turned* keys.

    ``q, k, v`` are (dh,), ``turn(x, p)`` turns by position p, and ``store`` is a dict of
    ``keys`` and ``values`` (lists of (dh,)) and ``seen``, how many words came so far; the
    step keeps all three. After some steps the checker evicts the oldest keys.

    >>> def mine(q, k, v, store, turn):
    ...     return v
    >>> verdict = cached_step(mine)
    ✗ cached_step: after the first step store["keys"] must hold 1 key; it holds 0
    """
    return judge("cached_step", answer, _examine_step)


def _examine_step(answer: Step) -> str:
    try:
        _walk(answer)
    except Mistake as first:
        slip = None if first.slug in KEPT else _known(answer)
        if slip is None or slip.slug == first.slug:
            raise
        raise Mistake(slip.slug, slip.says) from None
    return "right: step by step equals the full pass, also after an eviction"


def _heads() -> Tensor:
    generator = torch.Generator().manual_seed(9)
    return torch.randn(3, WORDS, WIDTH, generator=generator, dtype=torch.float64)


def _turn(x: Tensor, p: int) -> Tensor:
    """Turn neighbouring channels of (dh,) by p times their speeds."""
    speeds = inverse_frequencies(WIDTH, dtype=torch.float64)
    return rotate_pairs(x[None], angles(torch.tensor([p]), speeds))[0]


def _walk(answer: Step) -> None:
    """Raise the first thing that is wrong in the store or in what comes out."""
    q, k, v = _heads()
    store: dict[str, Any] = {"keys": [], "values": [], "seen": 0}
    kept: list[int] = []  # which words stand in the store
    for i in range(WORDS):
        if i == FULL:
            del store["keys"][:EVICTED], store["values"][:EVICTED], kept[:EVICTED]
        kept.append(i)
        out = answer(q[i].clone(), k[i].clone(), v[i].clone(), store, _turn)
        _examine_store(store, i, kept, k)
        _examine_out(out, i, kept, (q, k, v))


def _known(answer: Step) -> Slip | None:
    """Return the slip whose outputs and new keys are the answer's, all the way."""
    try:
        mine = _run(answer)
        return next((s for s in SLIPS if alike(mine, _run(s.program))), None)
    except Exception:  # it goes on to break down: the first property has been found
        return None


def _run(step: Step) -> Tensor:
    """Return each word's output and new key, (words, 2 · dh)."""
    q, k, v = _heads()
    store: dict[str, Any] = {"keys": [], "values": [], "seen": 0}
    rows = []
    for i in range(WORDS):
        if i == FULL:
            del store["keys"][:EVICTED], store["values"][:EVICTED]
        out = step(q[i].clone(), k[i].clone(), v[i].clone(), store, _turn)
        rows.append(torch.cat((out, store["keys"][-1])).detach())
    return torch.stack(rows)


def _examine_store(store: dict[str, Any], i: int, kept: list[int], k: Tensor) -> None:
    step = "the first step" if i == 0 else f"step {i}"
    for name in ("keys", "values"):
        size = len(store[name])
        things = name if len(kept) > 1 else name[:-1]
        require(
            size == len(kept),
            f"{name}-not-kept",
            f'after {step} store["{name}"] must hold {len(kept)} {things}; it holds {size}',
        )
    key = store["keys"][-1]
    require(isinstance(key, Tensor), "not-a-tensor", "the store must hold tensors of (dh,)")
    if not alike(key, _turn(k[i], i)):
        _name_position(key, i, kept, k)
    require(
        store["seen"] == i + 1,
        "seen-not-counted",
        f'after {step} store["seen"] must be {i + 1}; it is {store["seen"]}',
    )
    stale = any(not alike(key, _turn(k[p], p)) for key, p in zip(store["keys"], kept, strict=True))
    require(not stale, "turned-twice", f"at step {i} {SAYS['turned-twice']}")


def _name_position(key: Tensor, i: int, kept: list[int], k: Tensor) -> None:
    """Say as which position the newest key was turned instead."""
    near = [p for p in range(2 * i + 2) if alike(key, _turn(k[i], p))]
    reasons = {i + 1: "one-late", 0: "at-zero"}
    if len(kept) <= i:  # something was evicted
        reasons[len(kept) - 1] = "cache-length"
    slug = reasons.get(near[0], "position") if near else "not-turned"
    why = f": {SAYS[slug]}" if slug in SAYS else ""
    told = f"as position {near[0]}" if near else "by no position of this text"
    raise Mistake(
        slug, f"word {i} must be turned as position {i}; its key is turned {told}{why}"
    )  # fmt: skip


def _examine_out(out: object, i: int, kept: list[int], heads: tuple[Tensor, ...]) -> None:
    require(
        isinstance(out, Tensor) and out.shape == (WIDTH,),
        "shape",
        f"cached_step must return a tensor of shape ({WIDTH},)",
    )
    assert isinstance(out, Tensor)
    q, k, v = heads
    keys = torch.stack([_turn(k[p], p) for p in kept])
    weights = (keys @ _turn(q[i], i) / math.sqrt(WIDTH)).softmax(0)
    if not alike(out, weights @ v[kept]):
        said = f"step {i} differs from the full pass at word {i}"
        alone = "it sees itself alone, so its output is its own value"
        require(i > 0, "own-value", f"{said}: {alone}")
        _wrong_weights(out.detach().to("cpu", torch.float64), weights, v[kept], said)


def _wrong_weights(out: Tensor, right: Tensor, values: Tensor, said: str) -> None:
    """Raise what is wrong with the weights of the stored values, which the output betrays."""
    mine = torch.linalg.lstsq(values.T, out[:, None]).solution[:, 0]  # (m,)
    require(
        alike(mine @ values, out, atol=1e-4),
        "no-mixture",
        f"{said}: it is no mixture of the {len(values)} stored values",
    )
    found, wanted = (f"[{', '.join(f'{w:.3g}' for w in t.tolist())}]" for t in (mine, right))
    share = bool((mine > -1e-4).all()) and abs(float(mine.sum()) - 1) < 1e-4
    require(
        share, "no-weights", f"{said}: the weights {found} must be above 0 and sum to 1"
    )  # fmt: skip
    raise Mistake("weights", f"{said}: the stored values weigh {found}; they must weigh {wanted}")
