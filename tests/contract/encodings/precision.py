"""No type of numbers costs more than its own rounding."""

import torch
from oracle.encodings import ORACLES

from contract.encodings import DIMS, F64, answers_beyond_its_table, built, doors, embeddings, same
from posenc import Dims


def types_are_kept(name):
    for dtype in (torch.float64, torch.float32, torch.bfloat16, torch.float16):
        for encoding in (built(name), built(name).to(dtype)):
            made = doors(encoding, 2, torch.arange(6), dtype)
            for door in ("embed", "q", "k"):
                assert made[door].dtype == dtype, (door, dtype)


def bfloat16_errs_only_by_its_last_cast(name):
    encoding = built(name, Dims(d_model=16, n_heads=4, max_len=12))
    far = answers_beyond_its_table(encoding, DIMS.max_len + 1)
    # far beyond 256, where bfloat16 cannot tell neighbours apart
    pos = torch.arange(255, 600) if far else torch.arange(DIMS.max_len)
    n = len(pos)
    zeros = torch.zeros(1, n, DIMS.d_model, dtype=F64)
    code = zeros
    if codes := ORACLES[name].codes:
        code = torch.tensor([codes(encoding, pos.tolist())], dtype=F64)
    # the hardest x: what remains of the sum is what bfloat16 lost of the code, so a code
    # that is cast before it is added leaves nothing
    for x in (zeros, embeddings(1, n), -code.bfloat16().double()):
        half = x.bfloat16()
        expected = half.double() + code
        found = encoding.embed(half, pos)
        assert found.dtype == torch.bfloat16
        error = (found.double() - expected).abs()
        # float32 holds an angle or a number of 600 to 4e-5
        assert (error <= 2**-8 * expected.abs() + 1e-4).all()


def a_module_in_bfloat16_keeps_its_constants(name):
    encoding = built(name).bfloat16()
    far = answers_beyond_its_table(encoding, DIMS.max_len + 1)
    pos = torch.arange(255, 600) if far else torch.arange(DIMS.max_len)
    x = torch.zeros(1, len(pos), DIMS.d_model, dtype=torch.bfloat16)
    expected = x.double()
    if codes := ORACLES[name].codes:  # reads the rounded table, which is allowed
        expected = torch.tensor([codes(encoding, pos.tolist())], dtype=F64)
    error = (encoding.embed(x, pos).double() - expected).abs()
    assert (error <= 2**-8 * expected.abs() + 1e-4).all()


def integer_types_of_positions_are_all_one(name):
    encoding = built(name)
    expected = doors(encoding, 2, torch.tensor([2, 0, 11]))
    for dtype in (torch.int32, torch.int16, torch.int8, torch.uint8):
        assert same(doors(encoding, 2, torch.tensor([2, 0, 11], dtype=dtype)), expected)
