"""What the doors give is what their papers say."""

import torch
from oracle.encodings import ORACLES

from contract import equal, refused
from contract.encodings import DIMS, F64, answers_beyond_its_table, built, doors, embeddings, heads
from posenc import ENCODINGS, Dims, acts_on


def has_an_oracle_for_each_door(name):
    assert name in ORACLES, f"write {name} in plain loops in tests/oracle/encodings.py"
    oracle = ORACLES[name]
    written = {"embed": oracle.codes, "rotate": oracle.turn, "bias": oracle.bias}
    assert {door for door in written if written[door]} == set(acts_on(ENCODINGS[name]))


def embed_equals_its_oracle(name, encoding=None):
    oracle = ORACLES[name]
    for pos in ([0, 1, 2, 3, 4], [7, 3, 11, 0], [6]):
        for dims in (DIMS, Dims(d_model=12, n_heads=3, max_len=12)):
            one = encoding or built(name, dims)
            x = embeddings(2, len(pos), dims=one.dims)
            found = one.embed(x, torch.tensor(pos))
            if oracle.codes:
                equal(found - x, [oracle.codes(one, pos)] * 2, atol=1e-12, rtol=1e-12)
            else:
                assert torch.equal(found, x)


PLACES = [  # positions of the queries and of the keys
    ([3, 9, 0], [2, 11, 5, 7]),
    ([3, 9, 0, 4], [2, 11, 5, 7]),  # as many of both, elsewhere
    ([5], [2, 11, 5, 7]),  # a step of decoding
    ([[3, 9, 0, 4], [1, 1, 2, 10]], [[2, 11, 5, 7], [0, 3, 8, 6]]),  # each text its own
]
# xPos rounds the growth of each pair to float32; its classes' bytecode is in kept studies' keys
ROUNDED = {"xpos": 1e-8}


def rotate_and_bias_equal_their_oracles(name):
    for q_pos, k_pos in PLACES:
        _equal_their_oracles(built(name).double(), torch.tensor(q_pos), torch.tensor(k_pos))
    pos = torch.tensor([3, 9, 0, 4])  # one tensor for both
    _equal_their_oracles(built(name).double(), pos, pos)


def any_learned_numbers_equal_their_oracles(name):
    encoding = built(name).double()
    with torch.no_grad():  # what training may make of them: every sign, other sizes
        for parameter in encoding.parameters():
            parameter.mul_(-0.25).add_(0.1 * torch.randn_like(parameter))
    embed_equals_its_oracle(name, encoding)
    for q_pos, k_pos in PLACES:
        _equal_their_oracles(encoding, torch.tensor(q_pos), torch.tensor(k_pos))


def options_equal_their_oracles(name):
    longer = {"factor": 4.0, "original_max_len": 64}
    every = {
        "rope": [
            {"layout": "halves"},
            {"base": 50.0, "partial": 0.5},
            {"keep": 0.5},
            {"layout": "halves", "partial": 0.5, "keep": 0.5},
            *({"scaling": method, **longer} for method in ("yarn", "llama3")),
            *({"scaling": method, "factor": 4.0} for method in ("linear", "ntk")),
        ],
        "xpos": [{"base": 50.0, "scale_base": 64.0}],
        "alibi": [{"causal": True}],
        "t5": [{"causal": True}, {"n_buckets": 8, "max_distance": 9}],
        "fire": [{"hidden": 3, "threshold": 2.0}],
        "shaw": [{"clip": 2}],
        "sinusoidal": [{"base": 50.0}],
    }
    for options in every.get(name, []):
        encoding = built(name, **options).double()
        embed_equals_its_oracle(name, encoding)
        for q_pos, k_pos in PLACES:
            _equal_their_oracles(encoding, torch.tensor(q_pos), torch.tensor(k_pos))


def _equal_their_oracles(encoding, q_pos, k_pos):
    oracle = ORACLES[encoding.name]
    near = {"atol": ROUNDED.get(encoding.name, 1e-12), "rtol": ROUNDED.get(encoding.name, 1e-12)}
    q, k = heads(2, q_pos.shape[-1]), heads(2, k_pos.shape[-1], seed=2)
    q_rows, k_rows = (pos.expand(2, -1).tolist() for pos in (q_pos, k_pos))  # one a text
    turned = encoding.rotate(q, k, q_pos, k_pos)
    sides = zip(turned, (q, k), (q_rows, k_rows), (oracle.turn, oracle.key), strict=True)
    for found, given, rows, turn in sides:
        if turn:
            given = [
                [
                    [turn(encoding, row, p) for row, p in zip(head, pos, strict=True)]
                    for head in text
                ]
                for text, pos in zip(given.tolist(), rows, strict=True)
            ]
        equal(found, given, **near)
    bias = encoding.bias(q, k, q_pos, k_pos)
    assert (bias is None) == (oracle.bias is None)
    if bias is not None:
        expected = [
            [
                [
                    [
                        oracle.bias(encoding, head, q_row, k_row, i, j)
                        for k_row, j in zip(k[text, head].tolist(), k_rows[text], strict=True)
                    ]
                    for q_row, i in zip(q[text, head].tolist(), q_rows[text], strict=True)
                ]
                for head in range(DIMS.n_heads)
            ]
            for text in range(2)
        ]
        equal(bias.expand(2, DIMS.n_heads, q.shape[-2], k.shape[-2]), expected, **near)


def three_times_max_len_or_an_error_that_names_the_end(name):
    encoding, n = built(name), 3 * DIMS.max_len
    assert answers_beyond_its_table(encoding, DIMS.max_len)  # the last row is there
    beyond_by_one = answers_beyond_its_table(encoding, DIMS.max_len + 1)
    assert answers_beyond_its_table(encoding, n) == beyond_by_one
    if beyond_by_one:
        oracle = ORACLES[name]
        found = encoding.embed(torch.zeros(1, n, DIMS.d_model, dtype=F64), torch.arange(n))
        expected = oracle.codes(encoding, list(range(n))) if oracle.codes else found[0] * 0
        equal(found[0], expected)
        turned = encoding.rotate(*[heads(1, n)] * 2, *[torch.arange(n)] * 2)
        assert all(part.isfinite().all() for part in turned)
    else:  # no row counted from the end, as a Python list would
        with refused(ValueError, "asked for -1"):
            encoding.embed(embeddings(1, 2), torch.tensor([0, -1]))


def real_positions_where_promised(name):
    encoding = built(name)
    x = torch.zeros(1, 3, DIMS.d_model, dtype=F64)
    pos = torch.tensor([0.0, 0.5, 1.0], dtype=F64)
    if "real positions" not in encoding.promises:
        with refused(TypeError, "needs integer positions; got torch.float64: use pos.long()"):
            doors(encoding, 1, pos)
        return
    oracle = ORACLES[name]
    code = encoding.embed(x, pos)[0]
    if oracle.codes:
        equal(code, oracle.codes(encoding, pos.tolist()))
        assert ((code[1] - code[0]).norm() - (code[1] - code[2]).norm()).abs() < 0.5
        assert (code[1] - code[0]).norm() < (code[2] - code[0]).norm()  # between the two
    near = encoding.embed(x, torch.tensor([0.0, 0.5 + 1e-7, 1.0], dtype=F64))[0]
    equal(near, code, atol=1e-5)
