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


def embed_equals_its_oracle(name):
    oracle = ORACLES[name]
    for pos in ([0, 1, 2, 3, 4], [7, 3, 11, 0], [6]):
        for dims in (DIMS, Dims(d_model=12, n_heads=3, max_len=12)):
            encoding = built(name, dims)
            x = embeddings(2, len(pos), dims=dims)
            found = encoding.embed(x, torch.tensor(pos))
            if oracle.codes:
                equal(found - x, [oracle.codes(encoding, pos)] * 2, atol=1e-12)
            else:
                assert torch.equal(found, x)


def rotate_and_bias_equal_their_oracles(name):
    oracle, encoding = ORACLES[name], built(name)
    q_pos, k_pos = [3, 9, 0], [2, 11, 5, 7]
    q, k = heads(2, 3), heads(2, 4, seed=2)
    turned = encoding.rotate(q, k, torch.tensor(q_pos), torch.tensor(k_pos))
    sides = zip(turned, (q, k), (q_pos, k_pos), (oracle.turn, oracle.key), strict=True)
    for found, given, pos, turn in sides:
        if turn:
            given = [
                [
                    [turn(encoding, row, p) for row, p in zip(head, pos, strict=True)]
                    for head in text
                ]
                for text in given.tolist()
            ]
        equal(found, given, rtol=1e-6)
    bias = encoding.bias(q, k, torch.tensor(q_pos), torch.tensor(k_pos))
    assert (bias is None) == (oracle.bias is None)
    if bias is not None:
        expected = [
            [
                [
                    [
                        oracle.bias(encoding, head, q_row, k_row, i, j)
                        for k_row, j in zip(k[text, head].tolist(), k_pos, strict=True)
                    ]
                    for q_row, i in zip(q[text, head].tolist(), q_pos, strict=True)
                ]
                for head in range(DIMS.n_heads)
            ]
            for text in range(2)
        ]
        equal(bias.expand(2, DIMS.n_heads, 3, 4), expected, rtol=1e-5)


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
