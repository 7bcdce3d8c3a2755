"""Wrong steps with a cache of rotated keys, each a whole program."""

import math
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from posenc.check.engine.slip import Slip

Store = dict[str, Any]
Turn = Callable[[Tensor, int], Tensor]
Place = Callable[[Store], int]  # read before the token is added


def _seen(store: Store) -> int:
    return int(store["seen"])


def _length(store: Store) -> int:
    return len(store["keys"])


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


def _stored_raw(q: Tensor, k: Tensor, v: Tensor, store: Store, turn: Turn) -> Tensor:
    """Right outputs, but the keys wait unrotated and all are rotated at each step."""
    store["keys"].append(k)
    store["values"].append(v)
    store["seen"] += 1
    first = store["seen"] - len(store["keys"])
    keys = [turn(key, first + i) for i, key in enumerate(store["keys"])]
    return _scores(keys, turn(q, store["seen"] - 1)).softmax(0) @ torch.stack(store["values"])


def _raw_by_place(q: Tensor, k: Tensor, v: Tensor, store: Store, turn: Turn) -> Tensor:
    store["keys"].append(k)
    store["values"].append(v)
    store["seen"] += 1
    keys = [turn(key, i) for i, key in enumerate(store["keys"])]
    return _scores(keys, turn(q, store["seen"] - 1)).softmax(0) @ torch.stack(store["values"])


def _blind(scores: Tensor, values: Tensor) -> Tensor:
    """The newest token is not among the keys; the first has nothing but itself."""
    return scores[:-1].softmax(0) @ values[:-1] if len(scores) > 1 else values[0]


BOTH = 'Both stand at store["seen"], read before you raise it.'
STORED = 'Store turn(k, p), with p = store["seen"].'
POSITIONS = (
    Slip("at-zero", _step(lambda store: 0, lambda store: 0),
         "Query and key are rotated by 0 at every step: the count starts anew. Use p = "
         'store["seen"].',
         seen="lucidrains/rotary-embedding-torch#11"),
    Slip("key-not-turned", _step(at_k=lambda store: 0),
         f"The key is stored as it came; the query alone is rotated. {STORED}"),
    Slip("stored-raw", _stored_raw,
         f"Keys are stored unrotated, and all are rotated again at every step. {STORED}"),
    Slip("raw-by-place", _raw_by_place,
         f"Keys are stored unrotated and rotated by their place in the list. {STORED}"),
    Slip("one-late", _step(lambda store: store["seen"] + 1, lambda store: store["seen"] + 1),
         'The position is one too large: store["seen"] was raised first. Read p before that.',
         seen="microsoft/onnxruntime-genai#2354"),
    Slip("key-late", _step(at_k=lambda store: store["seen"] + 1),
         f"The key stands one position after its query. {BOTH}"),
    Slip("doubled", _step(lambda store: 2 * store["seen"], lambda store: 2 * store["seen"]),
         "The position is doubled: token 1 is rotated as position 2, token 2 as 4. Add the offset "
         "once.",
         seen="patrick-kidger/equinox#704"),
    Slip("other-way", _step(lambda store: -store["seen"], lambda store: -store["seen"]),
         "Query and key are rotated by −p. Rotate by +p, turn(x, p), as the older keys are."),
    Slip("cache-length", _step(_length, _length),
         'The position is len(store["keys"]), which shrinks when old entries are evicted. Use '
         'store["seen"].',
         seen="rajveer43/VeloxQuant-MLX#389"),
    Slip("query-by-length", _step(_length),
         'The query stands at len(store["keys"]), which shrinks when old entries are evicted. Use '
         'store["seen"].'),
    Slip("turned-twice", _turned_again,
         "Keys that were rotated before are rotated again. Rotate each once, when it comes."),
    Slip("turned-at-use", _turned_at_use,
         "Stored keys are rotated once more before the scores. Use them as they are: the store "
         "holds them rotated."),
    Slip("query-not-turned", _step(lambda store: 0),
         "The scores are those of an unrotated query. Either q lacks turn(q, p), or q and the "
         "stored keys are both turned by p: rotate no key twice."),
    Slip("query-late", _step(lambda store: store["seen"] + 1),
         f"The query stands one position after its own key. {BOTH}",
         seen="fla-org/flash-linear-attention#766"),
    Slip("query-early", _step(lambda store: store["seen"] - 1),
         f"The query stands one position before its own key. {BOTH}"),
    Slip("query-other-way", _step(lambda store: -store["seen"]),
         "The query is rotated by −p, the keys by +p, so scores depend on the sum of positions. "
         "Use +p for both."),
    Slip("values-turned", _step(values=lambda v, p, turn: turn(v, p)),
         "The values are rotated too. Store v as it came: only query and key carry the position."),
)  # fmt: skip
WEIGHTS = (
    Slip("scale", _step(mix=lambda s, v: (s * math.sqrt(v.shape[1])).softmax(0) @ v),
         "The scores are not divided by √dh. Divide by len(q) ** 0.5."),
    Slip("no-square-root", _step(mix=lambda s, v: (s / math.sqrt(v.shape[1])).softmax(0) @ v),
         "The scores are divided by dh. Divide by √dh, len(q) ** 0.5."),
    Slip("scale-of-eight", _step(mix=lambda s, v: (s * math.sqrt(v.shape[1] / 8)).softmax(0) @ v),
         "The scores are divided by √8 at every width. Divide by len(q) ** 0.5."),
    Slip("multiplied", _step(mix=lambda s, v: (s * v.shape[1]).softmax(0) @ v),
         "The scores are multiplied by √dh. Divide by it."),
    Slip("scale-by-count",
         _step(mix=lambda s, v: (s * math.sqrt(v.shape[1] / len(s))).softmax(0) @ v),
         "The scores are divided by the root of the number of keys. Divide by √dh, len(q) ** 0.5."),
    Slip("no-softmax", _step(mix=lambda s, v: s @ v),
         "The softmax is missing, so the attention weights do not sum to 1. Add .softmax(0)."),
    Slip("normalised", _step(mix=lambda s, v: s / s.sum() @ v),
         "The scores are divided by their sum, so some weights are below 0. Use .softmax(0)."),
    Slip("softmax-of-one", _step(mix=lambda s, v: v.sum(0)),
         "Every attention weight is 1: the softmax runs along an axis of one entry. Take it over "
         "the m scores."),
    Slip("mean", _step(mix=lambda s, v: v.mean(0)),
         "All values get the same attention weight: the scores are not used. Use their softmax."),
    Slip("own-value-alone", _step(mix=lambda s, v: v[-1]),
         "It returns the token's own value. Return the mean of all stored values, weighted by the "
         "softmax of the scores."),
    Slip("sharpest", _step(mix=lambda s, v: v[int(s.argmax())]),
         "It returns the value of the best key. Return the mean of the values, weighted by the "
         "softmax."),
    Slip("not-itself", _step(mix=_blind),
         "The token does not attend to itself. Append its key and value before the scores."),
)  # fmt: skip
SLIPS = (*POSITIONS, *WEIGHTS)
