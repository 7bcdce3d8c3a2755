"""The doors of every encoding in loops."""

import math
from collections.abc import Callable
from dataclasses import dataclass

from oracle.functional import (
    alibi_slopes,
    inverse_frequencies,
    linear,
    rotate_halves,
    rotate_pairs,
    scaled_frequencies,
    sinusoidal,
    t5_bucket,
)


@dataclass(frozen=True)
class Oracle:
    """What each door does; a door that an encoding does not use stays None.

    ``codes(encoding, positions)`` gives the rows that are added for one text,
    ``turn(encoding, vector, p)`` a query or key of one head, turned, and
    ``bias(encoding, head, query, key, q_p, k_p)`` the number added to one score.
    """

    codes: Callable | None = None
    turn: Callable | None = None
    bias: Callable | None = None
    turn_key: Callable | None = None  # where keys turn otherwise than queries

    @property
    def key(self):
        return self.turn_key or self.turn


def _width(encoding):
    return encoding.dims.d_model


def _first(values, width):
    return values + [0.0] * (width - len(values))


def _integer(encoding, positions):
    return [[float(p)] * _width(encoding) for p in positions]


def _integer_channel(encoding, positions):
    return [_first([float(p)], _width(encoding)) for p in positions]


def _normalized(encoding, positions):
    length = max(positions) + 1
    return [_first([p / length], _width(encoding)) for p in positions]


def _onehot(encoding, positions):
    rows = []
    for p in positions:
        row = [0.0] * _width(encoding)
        row[p] = math.sqrt(_width(encoding) / 2)
        rows.append(row)
    return rows


def _binary(encoding, positions):
    rows = []
    for p in positions:
        digits = []
        while p:
            digits.append(float(p % 2))
            p //= 2
        rows.append(_first(digits[: _width(encoding)], _width(encoding)))
    return rows


def _table(encoding, positions):
    rows = encoding.table.tolist()
    return [rows[p] for p in positions]


def _sinusoidal(encoding, positions):
    return [sinusoidal(p, _width(encoding), encoding.base) for p in positions]


# --- biases and turns -----------------------------------------------------------------------


def _shaw(encoding, head, q, k, q_p, k_p):
    clipped = max(-encoding.clip, min(encoding.clip, q_p - k_p))
    vector = encoding.table.tolist()[clipped + encoding.clip]
    return sum(a * b for a, b in zip(q, vector, strict=True)) / math.sqrt(len(q))


def _t5(encoding, head, q, k, q_p, k_p):
    bucket = t5_bucket(q_p - k_p, encoding.n_buckets, encoding.max_distance, encoding.causal)
    return encoding.table.tolist()[bucket][head]


def _alibi(encoding, head, q, k, q_p, k_p):
    far = q_p - k_p if encoding.causal else abs(q_p - k_p)
    return -alibi_slopes(encoding.dims.n_heads)[head] * far


def _fire(encoding, head, q, k, q_p, k_p):
    c, limit = math.exp(encoding.log_c.item()), abs(encoding.threshold.item())
    share = math.log(c * max(q_p - k_p, 0) + 1) / math.log(c * max(q_p, limit) + 1)
    first, second = encoding.mlp[0], encoding.mlp[2]
    hidden = linear([share], first.weight.tolist(), first.bias.tolist())
    hidden = [max(x, 0.0) for x in hidden]
    return linear(hidden, second.weight.tolist(), second.bias.tolist())[head]


def _rope(encoding, vector, p):
    method, options = encoding.scaling, encoding.scaled_by
    factor = options.get("factor", 1.0)
    speeds = inverse_frequencies(encoding.width, encoding.base)
    if method:
        length = options.get("original_max_len")
        speeds = scaled_frequencies(encoding.width, encoding.base, method, factor, length)
    moving = int(encoding.keep * len(speeds))
    turned = rotate_pairs if encoding.layout == "interleaved" else rotate_halves
    out = turned(vector, [s * p for s in speeds[:moving]] + [0.0] * (len(speeds) - moving))
    warmth = 0.1 * math.log(factor) + 1 if method == "yarn" else 1.0
    return [x * warmth for x in out[: encoding.width]] + out[encoding.width :]


def _xpos_query(encoding, vector, p, sign=1):
    width = len(vector)
    turned = rotate_pairs(vector, [s * p for s in inverse_frequencies(width, encoding.base)])
    zeta = [(i // 2 * 2 / width + 0.4) / 1.4 for i in range(width)]
    return [x * z ** (sign * p / encoding.scale_base) for x, z in zip(turned, zeta, strict=True)]


def _xpos_key(encoding, vector, p):
    return _xpos_query(encoding, vector, p, sign=-1)


def _axial(encoding, vector, p):
    speeds = inverse_frequencies(len(vector) // 2, encoding.base)
    row, column = p
    return rotate_pairs(vector, [s * row for s in speeds] + [s * column for s in speeds])


def _sinusoidal_2d(encoding, positions):
    half = _width(encoding) // 2
    return [
        sinusoidal(row, half, encoding.base) + sinusoidal(column, half, encoding.base)
        for row, column in positions
    ]


# A registered encoding without a line here fails the tests.
ORACLES = {
    "none": Oracle(),
    "integer": Oracle(codes=_integer),
    "integer_channel": Oracle(codes=_integer_channel),
    "normalized": Oracle(codes=_normalized),
    "onehot": Oracle(codes=_onehot),
    "binary": Oracle(codes=_binary),
    "random": Oracle(codes=_table),
    "learned": Oracle(codes=_table),
    "sinusoidal": Oracle(codes=_sinusoidal),
    "shaw": Oracle(bias=_shaw),
    "t5": Oracle(bias=_t5),
    "alibi": Oracle(bias=_alibi),
    "fire": Oracle(bias=_fire),
    "rope": Oracle(turn=_rope),
    "xpos": Oracle(turn=_xpos_query, turn_key=_xpos_key),
}
