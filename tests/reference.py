"""Every formula of the package again, in plain Python loops: what the tensors are held against.

Nothing here is vectorised and nothing is imported from the package, so that a slip there
cannot repeat itself here. Vectors are lists, matrices lists of rows.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass

# --- the mathematics ------------------------------------------------------------------------


def inverse_frequencies(dim, base=10_000.0):
    return [1 / base ** (2 * i / dim) for i in range(dim // 2)]


def angles(pos, inv_freq):
    return [[p * speed for speed in inv_freq] for p in pos]


def sinusoidal(p, dim, base=10_000.0):
    """The code of one position."""
    code = []
    for speed in inverse_frequencies(dim, base):
        code.append(math.sin(p * speed))
        code.append(math.cos(p * speed))
    return code


def shift_matrix(k, dim, base=10_000.0):
    """From sin(a + b) = cos b sin a + sin b cos a and cos(a + b) = cos b cos a - sin b sin a."""
    matrix = [[0.0] * dim for _ in range(dim)]
    for i, speed in enumerate(inverse_frequencies(dim, base)):
        sine, cosine = 2 * i, 2 * i + 1
        matrix[sine][sine] = math.cos(speed * k)
        matrix[sine][cosine] = math.sin(speed * k)
        matrix[cosine][sine] = -math.sin(speed * k)
        matrix[cosine][cosine] = math.cos(speed * k)
    return matrix


def distance(q_pos, k_pos):
    return [[q - k for k in k_pos] for q in q_pos]


def matmul(a, b):
    return [
        [sum(row[i] * b[i][column] for i in range(len(b))) for column in range(len(b[0]))]
        for row in a
    ]


def kernel(k, dim, base=10_000.0):
    speeds = inverse_frequencies(dim, base)
    return sum(math.cos(speed * k) for speed in speeds) / len(speeds)


# --- the encodings --------------------------------------------------------------------------


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


def alibi_slopes(n_heads):
    """The published ones: powers of two, then every second slope of the next power."""
    power = 1
    while power * 2 <= n_heads:
        power *= 2
    slopes = [2 ** (-8 * (h + 1) / power) for h in range(power)]
    between = [2 ** (-8 * (h + 1) / (2 * power)) for h in range(0, 2 * power, 2)]
    return (slopes + between)[:n_heads]


def t5_bucket(far, n_buckets=32, max_distance=128, causal=True):
    """far = query minus key. Written as the paper's code has it, with exact logarithms."""
    offset = 0
    if not causal:
        n_buckets //= 2
        offset = n_buckets if far < 0 else 0
        far = abs(far)
    far = max(far, 0)
    exact = n_buckets // 2
    if far < exact:
        return offset + math.floor(far)
    share = math.log(far / exact) / math.log(max_distance / exact)
    # the small number keeps exact powers from falling into the bucket below
    return offset + min(exact + int(share * (n_buckets - exact) + 1e-9), n_buckets - 1)


def turn(pair, theta):
    a, b = pair
    return (a * math.cos(theta) - b * math.sin(theta), a * math.sin(theta) + b * math.cos(theta))


def rotate_pairs(vector, thetas):
    out = list(vector)
    for i, theta in enumerate(thetas):
        out[2 * i], out[2 * i + 1] = turn((vector[2 * i], vector[2 * i + 1]), theta)
    return out


def rotate_halves(vector, thetas):
    out, m = list(vector), len(thetas)
    for i, theta in enumerate(thetas):
        out[i], out[i + m] = turn((vector[i], vector[i + m]), theta)
    return out


def scaled_frequencies(dim, base, method, factor, length, beta_fast=32, beta_slow=1):
    speeds = inverse_frequencies(dim, base)
    if method == "linear":
        return [speed / factor for speed in speeds]
    if method == "ntk":
        return inverse_frequencies(dim, base * factor ** (dim / (dim - 2)))
    scaled = []
    for i, speed in enumerate(speeds):
        wavelength = 2 * math.pi / speed
        if method == "llama3":
            if wavelength < length / 4:
                kept = 1.0
            elif wavelength > length:
                kept = 0.0
            else:
                kept = (length / wavelength - 1) / (4 - 1)
        else:
            low = dim * math.log(length / (beta_fast * 2 * math.pi)) / (2 * math.log(base))
            high = dim * math.log(length / (beta_slow * 2 * math.pi)) / (2 * math.log(base))
            low, high = max(math.floor(low), 0), min(math.ceil(high), dim - 1)
            kept = 1 - min(max((i - low) / max(high - low, 0.001), 0.0), 1.0)
        scaled.append(kept * speed + (1 - kept) * speed / factor)
    return scaled


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
    speeds = inverse_frequencies(encoding.width, encoding.base)
    turned = rotate_pairs if encoding.layout == "interleaved" else rotate_halves
    return turned(vector, [speed * p for speed in speeds])


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


# --- the model ------------------------------------------------------------------------------


def linear(row, weight, bias=None):
    out = [sum(w * x for w, x in zip(line, row, strict=True)) for line in weight]
    return out if bias is None else [a + b for a, b in zip(out, bias, strict=True)]


def layer_norm(row, weight, bias, eps=1e-5):
    mean = sum(row) / len(row)
    variance = sum((x - mean) ** 2 for x in row) / len(row)
    return [
        (x - mean) / math.sqrt(variance + eps) * w + b
        for x, w, b in zip(row, weight, bias, strict=True)
    ]


def rms_norm(row, weight, eps=2.0**-52):
    square = sum(x * x for x in row) / len(row)
    return [x / math.sqrt(square + eps) * w for x, w in zip(row, weight, strict=True)]


def gelu(x):
    return x * (1 + math.erf(x / math.sqrt(2))) / 2


def softmax(scores, allowed):
    """Zeros where nothing is allowed."""
    kept = [score for score, may in zip(scores, allowed, strict=True) if may]
    if not kept:
        return [0.0] * len(scores)
    top = max(kept)
    total = sum(math.exp(score - top) for score in kept)
    return [
        math.exp(score - top) / total if may else 0.0
        for score, may in zip(scores, allowed, strict=True)
    ]


def attention(rows, attention_module, oracle, encoding, pos, allowed):
    """One text: rows (n, d), allowed[head][query][key] -> rows, weights[head][query][key]."""
    heads, width = encoding.dims.n_heads, encoding.dims.d_head
    qkv = [linear(row, attention_module.qkv.weight.tolist()) for row in rows]
    mixed, maps = [[] for _ in rows], []
    for head in range(heads):

        def part(third, i, head=head):
            start = third * heads * width + head * width
            return qkv[i][start : start + width]

        weights = []
        for i in range(len(rows)):
            scores = []
            for j in range(len(rows)):
                q, k = part(0, i), part(1, j)
                bias = oracle.bias(encoding, head, q, k, pos[i], pos[j]) if oracle.bias else 0.0
                if oracle.turn:
                    q, k = oracle.turn(encoding, q, pos[i]), oracle.key(encoding, k, pos[j])
                dot = sum(a * b for a, b in zip(q, k, strict=True))
                scores.append(dot / math.sqrt(width) + bias)
            weights.append(softmax(scores, allowed[head][i]))
            for channel in range(width):
                mixed[i].append(sum(weights[i][j] * part(2, j)[channel] for j in range(len(rows))))
        maps.append(weights)
    return [linear(row, attention_module.out.weight.tolist()) for row in mixed], maps


def norm(row, module):
    if hasattr(module, "bias"):
        return layer_norm(row, module.weight.tolist(), module.bias.tolist())
    return rms_norm(row, module.weight.tolist())


def _add(a, b):
    return [[x + y for x, y in zip(p, q, strict=True)] for p, q in zip(a, b, strict=True)]


def block(rows, module, pre, oracle, encoding, pos, allowed):
    def mlp(row):
        first, second = module.mlp[0], module.mlp[2]
        hidden = [gelu(x) for x in linear(row, first.weight.tolist(), first.bias.tolist())]
        return linear(hidden, second.weight.tolist(), second.bias.tolist())

    if pre:
        normed = [norm(row, module.norm1) for row in rows]
        mixed, maps = attention(normed, module.attention, oracle, encoding, pos, allowed)
        rows = _add(rows, mixed)
        return _add(rows, [mlp(norm(row, module.norm2)) for row in rows]), maps
    mixed, maps = attention(rows, module.attention, oracle, encoding, pos, allowed)
    rows = [norm(row, module.norm1) for row in _add(rows, mixed)]
    return [norm(row, module.norm2) for row in _add(rows, [mlp(row) for row in rows])], maps


def transformer(model, oracle, pre, tokens, pos, allowed):
    """One text -> logits (n, vocab), weights[layer][head][query][key]."""
    table = model.tokens.weight.tolist()
    rows = [table[token] for token in tokens]
    if oracle.codes:
        rows = _add(rows, oracle.codes(model.encoding, pos))
    maps = []
    for module in model.blocks:
        rows, weights = block(rows, module, pre, oracle, model.encoding, pos, allowed)
        maps.append(weights)
    if pre:
        rows = [norm(row, model.norm) for row in rows]
    return [linear(row, model.head.weight.tolist()) for row in rows], maps


# --- the tasks ------------------------------------------------------------------------------

ASKED_NOTHING = -100
CLS = 10


def _nothing(n):
    return [ASKED_NOTHING] * n


def _answer_majority(row):
    letters = [token for token in row[1:] if token in (0, 1)]
    assert row[0] == CLS
    assert len(letters) % 2, "an even number of letters can tie"
    assert len(row) - 1 - len(letters) == len(row) % 2, "one filler at the most"
    return [int(letters.count(1) > letters.count(0)), *_nothing(len(row) - 1)]


def _answer_before(row):
    assert row[0] == CLS
    assert sorted(row[1:]) == [0, 1] + [2] * (len(row) - 3)
    return [int(row.index(0) < row.index(1))] * len(row)


def _answer_back(k):
    def answer(row):
        return [row[i - k] if i >= k else ASKED_NOTHING for i in range(len(row))]

    return answer


def _answer_index(row):
    place = row[0] - 10
    assert 1 <= place < len(row)
    return [row[place], *_nothing(len(row) - 1)]


def _answer_reverse(row):
    return [row[len(row) - 1 - i] for i in range(len(row))]


def _answer_ends(row):
    return [row[-1], *_nothing(len(row) - 2), row[0]]


def _answer_modulo(m):
    def answer(row):
        return [i - m * (i // m) for i in range(len(row))]

    return answer


def _answer_sort(row):
    half = len(row) // 2
    right = sorted(row[:half])
    assert row[half] == CLS
    assert row[half + 1 :] == right[: len(row) - half - 1]
    return (_nothing(half) + right + [ASKED_NOTHING])[: len(row)]


# A registered task without a line here fails the tests.
ANSWERS = {
    "majority": _answer_majority,
    "before": _answer_before,
    "back1": _answer_back(1),
    "back3": _answer_back(3),
    "index": _answer_index,
    "reverse": _answer_reverse,
    "ends": _answer_ends,
    "mod2": _answer_modulo(2),
    "mod3": _answer_modulo(3),
    "mod7": _answer_modulo(7),
    "sort": _answer_sort,
}
