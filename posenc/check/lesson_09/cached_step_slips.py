"""Wrong steps with a cache of turned keys, each a whole program."""

import math
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from posenc.check.engine.slip import Slip

Store = dict[str, Any]
Turn = Callable[[Tensor, int], Tensor]
Place = Callable[[Store], int]  # read before the word is added


def _seen(store: Store) -> int:
    return int(store["seen"])


def _scores(keys: list[Tensor], q: Tensor) -> Tensor:
    return torch.stack(keys) @ q / math.sqrt(len(q))


def _step(
    at_q: Place = _seen,
    at_k: Place = _seen,
    mix: Callable[[Tensor, Tensor], Tensor] = lambda s, v: s.softmax(0) @ v,
    values: Callable[[Tensor, int, Turn], Tensor] = lambda v, p, turn: v,
) -> Callable[..., Tensor]:
    """Return a step that differs in one point; ``mix`` takes scores (m,) and values (m, dh)."""

    def step(q: Tensor, k: Tensor, v: Tensor, store: Store, turn: Turn) -> Tensor:
        query, key = turn(q, at_q(store)), turn(k, at_k(store))
        store["keys"].append(key)
        store["values"].append(values(v, store["seen"], turn))
        store["seen"] += 1
        return mix(_scores(store["keys"], query), torch.stack(store["values"]))

    return step


right_step = _step()


def _turned_again(q: Tensor, k: Tensor, v: Tensor, store: Store, turn: Turn) -> Tensor:
    store["keys"] = [turn(key, p) for p, key in enumerate([*store["keys"], k])]
    store["values"].append(v)
    store["seen"] += 1
    return _scores(store["keys"], turn(q, store["seen"] - 1)).softmax(0) @ torch.stack(
        store["values"]
    )


def _turned_at_use(q: Tensor, k: Tensor, v: Tensor, store: Store, turn: Turn) -> Tensor:
    right_step(q, k, v, store, turn)
    keys = [turn(key, p) for p, key in enumerate(store["keys"])]
    return _scores(keys, turn(q, store["seen"] - 1)).softmax(0) @ torch.stack(store["values"])


def _blind(scores: Tensor, values: Tensor) -> Tensor:
    """The newest word is not among the keys; the first has nothing but itself."""
    return scores[:-1].softmax(0) @ values[:-1] if len(scores) > 1 else values[0]


POSITIONS = (
    Slip("at-zero", _step(lambda store: 0, lambda store: 0),
         "a step of one word counted anew, or a key not turned at all",
         seen="lucidrains/rotary-embedding-torch#11"),
    Slip("key-not-turned", _step(at_k=lambda store: 0),
         "the key is stored as it came, the query is turned: turn the key by its position, too"),
    Slip("one-late", _step(lambda store: store["seen"] + 1, lambda store: store["seen"] + 1),
         "counted after the word was added", seen="microsoft/onnxruntime-genai#2354"),
    Slip("doubled", _step(lambda store: 2 * store["seen"], lambda store: 2 * store["seen"]),
         "the offset is doubled: word 1 is turned as position 2, word 2 as position 4",
         seen="patrick-kidger/equinox#704"),
    Slip("cache-length", _step(lambda store: len(store["keys"]), lambda store: len(store["keys"])),
         "after the eviction, its place in the store", seen="rajveer43/VeloxQuant-MLX#389"),
    Slip("turned-twice", _turned_again,
         "keys that were turned before are turned again: turn each once, as it comes"),
    Slip("turned-at-use", _turned_at_use,
         "turned keys are turned once more before the scores: the store holds them turned"),
    Slip("query-not-turned", _step(lambda store: 0), "the query is not turned; the keys are"),
    Slip("query-late", _step(lambda store: store["seen"] + 1),
         'the query stands one position after its own key: read store["seen"] before you raise it',
         seen="fla-org/flash-linear-attention#766"),
    Slip("query-early", _step(lambda store: store["seen"] - 1),
         'the query stands one position before its own key: both stand at store["seen"]'),
    Slip("query-other-way", _step(lambda store: -store["seen"]),
         "the query turns the other way than the keys: then the score knows the sum of positions"),
    Slip("values-turned", _step(values=lambda v, p, turn: turn(v, p)),
         "the values are turned too: only query and key carry the position"),
)  # fmt: skip
WEIGHTS = (
    Slip("scale", _step(mix=lambda s, v: (s * math.sqrt(v.shape[1])).softmax(0) @ v),
         "the scores are not divided by √dh"),
    Slip("no-square-root", _step(mix=lambda s, v: (s / math.sqrt(v.shape[1])).softmax(0) @ v),
         "the scores are divided by dh; it must be √dh"),
    Slip("scale-by-count",
         _step(mix=lambda s, v: (s * math.sqrt(v.shape[1] / len(s))).softmax(0) @ v),
         "the scores are divided by the root of how many keys there are; it must be √dh"),
    Slip("no-softmax", _step(mix=lambda s, v: s @ v),
         "the softmax is missing: the weights must be positive and sum to 1"),
    Slip("mean", _step(mix=lambda s, v: v.mean(0)),
         "all values weigh alike: the scores of query and keys are not used"),
    Slip("not-itself", _step(mix=_blind),
         "the word does not see itself: add its key and value before the scores are made"),
)  # fmt: skip
SLIPS = (*POSITIONS, *WEIGHTS)
