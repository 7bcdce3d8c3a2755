"""One decode step with a cache of rotated keys."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import torch
from torch import Tensor

from posenc.check.engine.compare import alike
from posenc.check.engine.draws import Draw, Drawn
from posenc.check.engine.slip import Slip
from posenc.check.engine.verdict import Mistake, Verdict, judge, require
from posenc.check.lesson_09.cached_step_slips import SLIPS
from posenc.functional import angles, inverse_frequencies, rotate_pairs

Step = Callable[..., Any]  # q, k, v, store, turn -> (dh,)
KEPT = ("keys-not-kept", "values-not-kept", "seen-not-counted", "shape", "not-a-tensor",
        "no-list", "swapped", "rounded")  # fmt: skip
SAYS = {slip.slug: slip.says for slip in SLIPS}


@dataclass(frozen=True)
class Text:
    """A text of one head, and when its oldest entries are evicted."""

    width: int
    words: int
    full: int  # before this token the window is full
    evicted: int  # and so many of the oldest go
    start: int = 0  # so many came before and are gone
    base: float = 10_000.0
    seed: int = 9

    def heads(self) -> Tensor:
        """Return queries, keys and values, (3, n, dh)."""
        generator = torch.Generator().manual_seed(self.seed)
        return torch.randn(3, self.words, self.width, generator=generator, dtype=torch.float64)

    def turn(self, x: Tensor, p: int) -> Tensor:
        """Rotate neighbouring channels of (dh,) by p times their frequencies."""
        freq = inverse_frequencies(self.width, self.base, dtype=torch.float64)
        return rotate_pairs(x[None], angles(torch.tensor([int(p)]), freq))[0]

    def store(self) -> dict[str, Any]:
        """Return an empty store."""
        return {"keys": [], "values": [], "seen": self.start}


def _texts(draw: Draw) -> tuple[Text, ...]:
    """Return a long text and one with another base; last the end of one, past position 2048."""
    seeds = [draw.generator(9).initial_seed() for _ in range(3)]
    sizes = (
        (draw.one_of(8, 6, 10), draw.near(12, 1), draw.near(6, 1), draw.near(3, 1)),
        (draw.one_of(12, 14, 16), draw.near(7, 1), draw.near(4, 1), 2),
        (draw.one_of(6, 10), draw.near(5, 1), 3, draw.one_of(2, 1)),
    )
    whole = (
        Text(*sizes[0], seed=seeds[0]),
        Text(*sizes[1], base=float(draw.near(500, 200)), seed=seeds[1]),
    )
    start = draw.one_of(2051, 2050, 2052)  # near where a table of positions may end
    return (*draw.shuffled(whole), Text(*sizes[2], start=start, seed=seeds[2]))


TEXTS = Drawn("cached_step", _texts)


def cached_step(answer: Step) -> Verdict:
    """Check ``cached_step(q, k, v, store, turn)``: one head's decode step over *rotated* keys.

    ``q, k, v`` are (dh,), ``turn(x, p)`` rotates by position p, and ``store`` is a dict of
    ``keys`` and ``values`` (lists of (dh,)) and ``seen``, how many tokens came so far; the
    step keeps all three. After some steps the checker evicts the oldest keys.

    >>> def mine(q, k, v, store, turn):
    ...     return v
    >>> verdict = cached_step(mine)
    ✗ cached_step: After the first step store["keys"] holds 0 keys, not 1. Append turn(k, p).
    """
    return judge("cached_step", answer, _examine_step)


def _examine_step(answer: Step) -> str:
    try:
        for text in TEXTS:
            _walk(answer, text)
    except Mistake as first:
        slip = None if first.slug in KEPT else _known(answer)
        if slip is None:
            raise
        raise Mistake(slip.slug, slip.says) from None
    return "each step equals the full pass, also after an eviction"


def _walk(answer: Step, text: Text) -> None:
    """Raise the first thing that is wrong in the store or in what comes out."""
    q, k, v = text.heads()
    store = text.store()
    kept: list[int] = []  # which tokens stand in the store
    for i in range(text.words):
        if i == text.full:
            cut = slice(text.evicted)
            del store["keys"][cut], store["values"][cut], kept[cut]
        kept.append(i)
        try:
            out = answer(q[i].clone(), k[i].clone(), v[i].clone(), store, text.turn)
        except Exception as error:
            _empty(store, error)
            raise
        _examine_store(store, i, kept, (q, k, v), text)
        _examine_out(out, i, kept, (q, k, v), text)


def _empty(store: dict[str, Any], error: Exception) -> None:
    """Raise a named mistake if an empty list was read."""
    if "empty" not in str(error):
        return
    if not store["keys"] and not store["values"]:
        said = "The store is read before the first token is in it, so both lists are empty."
        cure = "Append key and value first: a token attends to itself."
        raise Mistake("not-itself", f"{said} {cure}")
    for name, cure in (("values", "v"), ("keys", "turn(k, p)")):
        if not store[name]:
            said = f'store["{name}"] is empty when it is read. Append {cure} to it first.'
            raise Mistake(f"{name}-not-kept", said)


def _known(answer: Step) -> Slip | None:
    """Return the slip whose outputs and new keys are the answer's, all the way."""
    try:
        mine = [_run(answer, text) for text in TEXTS]
    except Exception:  # it goes on to break down: the first property has been found
        return None
    for slip in SLIPS:
        if all(alike(found, _run(slip.program, t)) for found, t in zip(mine, TEXTS, strict=True)):
            return slip
    return None


def _run(step: Step, text: Text) -> Tensor:
    """Return each token's output and new key, (words, 2 · dh)."""
    q, k, v = text.heads()
    store = text.store()
    rows = []
    for i in range(text.words):
        if i == text.full:
            del store["keys"][: text.evicted], store["values"][: text.evicted]
        out = step(q[i].clone(), k[i].clone(), v[i].clone(), store, text.turn)
        rows.append(torch.cat((out, store["keys"][-1])).detach())
    return torch.stack(rows)


def _examine_store(
    store: dict[str, Any], i: int, kept: list[int], heads: tuple[Tensor, ...], text: Text
) -> None:
    after = "After the first step" if i == 0 else f"After step {i + 1}"
    for name, cure in (("keys", "Append turn(k, p)"), ("values", "Append v")):
        part = store.get(name)
        kind = "tensor" if isinstance(part, Tensor) else type(part).__name__
        said = f'store["{name}"] became a {kind}. Keep a list: old entries leave it one by one.'
        require(isinstance(part, list), "no-list", said)
        things = name[:-1] if len(store[name]) == 1 else name
        said = f'{after} store["{name}"] holds {len(store[name])} {things}, not {len(kept)}.'
        require(len(store[name]) == len(kept), f"{name}-not-kept", f"{said} {cure}.")
        vectors = all(isinstance(x, Tensor) and x.shape == (text.width,) for x in store[name])
        said = f'store["{name}"] must hold tensors of (dh,), here ({text.width},). {cure}.'
        require(vectors, "not-a-tensor", said)
    _keys(store["keys"], i, kept, heads, text)
    _values(store["values"][-1], i, heads, text)
    seen, wanted = store.get("seen"), text.start + i + 1
    said = f'{after} store["seen"] is {seen}, not {wanted}. Raise it by 1 per token.'
    require(seen == wanted, "seen-not-counted", said)


def _keys(
    keys: list[Tensor], i: int, kept: list[int], heads: tuple[Tensor, ...], text: Text
) -> None:
    """Raise unless the keys are rotated, each once, by its own position."""
    q, k, v = heads
    swapped = alike(keys[-1], v[i])
    said = 'store["keys"] holds the value. Append turn(k, p) to the keys and v to the values.'
    require(not swapped, "swapped", said)
    right = [text.turn(k[p], text.start + p) for p in kept]
    if not alike(keys[-1], right[-1]):
        said = "The newest key stands first. Append it instead: the oldest leave at the front."
        require(len(keys) == 1 or not alike(keys[0], right[-1]), "order", said)
        said = 'store["keys"] holds the rotated query. Append turn(k, p), not turn(q, p).'
        require(not alike(keys[-1], text.turn(q[i], text.start + i)), "query-stored", said)
        near = alike(keys[-1], right[-1], atol=0.02)
        said = f"The stored key is rounded to {keys[-1].dtype}. Keep the number type of k."
        require(not near or keys[-1].dtype == k.dtype, "rounded", said)
        _name_position(keys[-1], i, partial(text.turn, k[i]), text.start)
    stale = any(not alike(key, true) for key, true in zip(keys, right, strict=True))
    require(not stale, "turned-twice", f"At step {i + 1}: {SAYS['turned-twice']}")


def _values(value: Tensor, i: int, heads: tuple[Tensor, ...], text: Text) -> None:
    """Raise unless the newest value is v as it came."""
    _, k, v = heads
    if alike(value, v[i]):
        return
    near = alike(value, v[i], atol=0.02) and value.dtype != v.dtype
    said = f"The stored value is rounded to {value.dtype}. Keep the number type of v."
    require(not near, "rounded", said)
    held = any(alike(value, key) for key in (k[i], text.turn(k[i], text.start + i)))
    said = f'store["values"] {"holds the key" if held else "does not hold v as it came"}. Append v.'
    raise Mistake("other-value", said)


def _name_position(key: Tensor, i: int, turned: Callable[[int], Tensor], start: int) -> None:
    """Say as which position the newest key was rotated instead."""
    p = start + i
    others = (*range(2 * i + 2), *range(p - 4, p + 5), 2 * p, *range(-1, -i - 1, -1), -p)
    near = [other for other in others if alike(key, turned(other))]
    if near:
        said = f"The key of token {p} is rotated as position {near[0]}, not {p}."
        cure = 'Use p = store["seen"], read before you raise it.'
        raise Mistake("position", f"{said} {cure}")
    said = f"The key of token {p} is stored as no rotation of k by a whole position."
    raise Mistake("not-turned", f"{said} Append turn(k, {p}), with the turn that is given.")


def _examine_out(
    out: object, i: int, kept: list[int], heads: tuple[Tensor, ...], text: Text
) -> None:
    said = "cached_step returned None. Does it print instead of return, or lack its last line?"
    require(out is not None, "shape", said)
    size = f"the shape {tuple(out.shape)}" if isinstance(out, Tensor) else f"a {_kind(out)}"
    said = f"cached_step returned {size}. Return one tensor, the head's output of shape"
    fits = isinstance(out, Tensor) and out.shape == (text.width,)
    require(fits, "shape", f"{said} ({text.width},).")
    assert isinstance(out, Tensor)
    q, k, v = heads
    keys = torch.stack([text.turn(k[p], text.start + p) for p in kept])
    weights = (keys @ text.turn(q[i], text.start + i) / math.sqrt(text.width)).softmax(0)
    if alike(out, weights @ v[kept]):
        return
    rounded = alike(out, weights @ v[kept], atol=0.01) and out.dtype != v.dtype
    require(not rounded, "rounded", f"The output is rounded to {out.dtype}. Keep q's number type.")
    said = f"At token {text.start + i} the output differs from the full pass."
    alone = "The first token attends only to itself: its output must be its own value v."
    require(i > 0, "own-value", f"{said} {alone}")
    _wrong_weights(out.detach().to("cpu", torch.float64), weights, v[kept], said)


def _kind(out: object) -> str:
    return type(out).__name__


def _wrong_weights(out: Tensor, right: Tensor, values: Tensor, said: str) -> None:
    """Raise what is wrong with the weights of the stored values, which the output betrays."""
    mine = torch.linalg.lstsq(values.T, out[:, None]).solution[:, 0]  # (m,)
    mixture = alike(mine @ values, out, atol=1e-4)
    cure = "Return softmax(scores) @ torch.stack(values), and rotate or add nothing after it."
    require(mixture, "no-mixture", f"{said} It is no weighted sum of the stored values. {cure}")
    found, wanted = (f"[{', '.join(f'{w:.2g}' for w in t.tolist())}]" for t in (mine, right))
    share = bool((mine > -1e-4).all()) and abs(float(mine.sum()) - 1) < 1e-4
    cure = "Take the softmax of the scores over all stored keys."
    require(share, "no-weights", f"{said} Its attention weights {found} sum to "
            f"{float(mine.sum()):.3g} or are below 0. {cure}")  # fmt: skip
    unseen = (mine.abs() < 1e-6).nonzero()[:, 0].tolist()
    cure = "Attend to all that is in the store."
    require(not unseen, "weights", f"{said} Stored key {unseen[:1]} gets no weight. {cure}")
    cure = "Scores are key · query / √dh, query and keys each rotated once."
    raise Mistake("weights", f"{said} The weights are {found}, not {wanted}. {cure}")
