"""What every registered encoding promises; each function takes the name of one.

A promise is tested both ways: what an encoding does not promise it must really not do.
"""

import copy
import pickle

import reference
import torch
from torch.utils._python_dispatch import TorchDispatchMode

from contract import differ, equal, refused
from posenc import ENCODINGS, Dims, PositionalEncoding, Transformer, acts_on, build
from posenc.base import knows_distance_alone
from posenc.model import toeplitz

DIMS = Dims(d_model=16, n_heads=4, max_len=12)
F64 = torch.float64


def _build(name, dims=DIMS, **options):
    torch.manual_seed(3)
    return build(name, dims, **options)


def _x(b, n, dtype=F64, dims=DIMS, seed=0):
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(b, n, dims.d_model, generator=generator, dtype=F64).to(dtype)


def _heads(b, n, dtype=F64, dims=DIMS, seed=1):
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(b, dims.n_heads, n, dims.d_head, generator=generator, dtype=F64).to(dtype)


def _doors(encoding, b, pos, dtype=F64):
    """What the three doors make of fixed inputs, as a dictionary of tensors."""
    n = pos.shape[-1]
    q, k = _heads(b, n, dtype), _heads(b, n, dtype, seed=2)
    turned_q, turned_k = encoding.rotate(q, k, pos, pos)
    made = {
        "embed": encoding.embed(_x(b, n, dtype), pos),
        "scores": turned_q @ turned_k.transpose(-2, -1),
        "q": turned_q,
        "k": turned_k,
    }
    bias = encoding.bias(q, k, pos, pos)
    if bias is not None:
        made["bias"] = bias.expand(b, DIMS.n_heads, n, n)
    return made


def _same(a, b, atol=1e-12):
    assert a.keys() == b.keys()
    return all(torch.allclose(a[door], b[door], rtol=0, atol=atol) for door in a)


def _model(name, **options):
    torch.manual_seed(4)
    return Transformer(_build(name), vocab_size=9, n_layers=1, **options).double().eval()


TOKENS = torch.tensor([[1, 5, 0, 3, 8, 2, 7], [4, 4, 1, 0, 6, 2, 5], [8, 0, 3, 1, 1, 7, 6]])


def _answers_beyond_its_table(encoding, n):
    """Return whether positions up to n - 1 have an answer; where not, the error names the end."""
    x, pos = _x(1, n), torch.arange(n)
    try:
        encoding.embed(x, pos)
    except ValueError as error:
        text = str(error)
        assert f"holds positions 0 to {DIMS.max_len - 1}" in text
        assert f"asked for {n - 1}" in text
        assert "max_len" in text  # the remedy
        return False
    return True


# --- every encoding --------------------------------------------------------------------------


def has_an_oracle_for_each_door(name):
    assert name in reference.ORACLES, f"write {name} in plain loops in tests/reference.py"
    oracle = reference.ORACLES[name]
    written = {"embed": oracle.codes, "rotate": oracle.turn, "bias": oracle.bias}
    assert {door for door in written if written[door]} == set(acts_on(ENCODINGS[name]))


def embed_equals_its_oracle(name):
    oracle = reference.ORACLES[name]
    for pos in ([0, 1, 2, 3, 4], [7, 3, 11, 0], [6]):
        for dims in (DIMS, Dims(d_model=12, n_heads=3, max_len=12)):
            encoding = _build(name, dims)
            x = _x(2, len(pos), dims=dims)
            found = encoding.embed(x, torch.tensor(pos))
            if oracle.codes:
                equal(found - x, [oracle.codes(encoding, pos)] * 2, atol=1e-12)
            else:
                assert torch.equal(found, x)


def rotate_and_bias_equal_their_oracles(name):
    oracle, encoding = reference.ORACLES[name], _build(name)
    q_pos, k_pos = [3, 9, 0], [2, 11, 5, 7]
    q, k = _heads(2, 3), _heads(2, 4, seed=2)
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


def doors_keep_shapes_for_rectangles(name):
    encoding = _build(name)
    for b, nq, nk in ((1, 1, 5), (2, 4, 3), (4, 4, 4), (2, 0, 3), (1, 2, 0)):
        q, k = _heads(b, nq), _heads(b, nk)
        for q_pos, k_pos in (
            (torch.arange(nq), torch.arange(nk)),
            (torch.arange(nq).repeat(b, 1), torch.arange(nk).repeat(b, 1)),
        ):
            turned_q, turned_k = encoding.rotate(q, k, q_pos, k_pos)
            assert turned_q.shape == q.shape
            assert turned_k.shape == k.shape
            bias = encoding.bias(q, k, q_pos, k_pos)
            if bias is not None:
                assert (q @ k.transpose(-2, -1) + bias).shape == (b, DIMS.n_heads, nq, nk)
        assert encoding.embed(_x(b, nq), torch.arange(nq)).shape == (b, nq, DIMS.d_model)


def three_times_max_len_or_an_error_that_names_the_end(name):
    encoding, n = _build(name), 3 * DIMS.max_len
    assert _answers_beyond_its_table(encoding, DIMS.max_len)  # the last row is there
    beyond_by_one = _answers_beyond_its_table(encoding, DIMS.max_len + 1)
    assert _answers_beyond_its_table(encoding, n) == beyond_by_one
    if beyond_by_one:
        oracle = reference.ORACLES[name]
        found = encoding.embed(torch.zeros(1, n, DIMS.d_model, dtype=F64), torch.arange(n))
        expected = oracle.codes(encoding, list(range(n))) if oracle.codes else found[0] * 0
        equal(found[0], expected)
        turned = encoding.rotate(*[_heads(1, n)] * 2, *[torch.arange(n)] * 2)
        assert all(part.isfinite().all() for part in turned)
    else:  # no row counted from the end, as a Python list would
        with refused(ValueError, "asked for -1"):
            encoding.embed(_x(1, 2), torch.tensor([0, -1]))


def gradients_reach_every_parameter_and_the_input(name):
    model = _model(name)
    n = DIMS.max_len
    logits = model(torch.arange(n).remainder(9)[None])
    logits.square().sum().backward()
    for key, parameter in model.named_parameters():
        assert parameter.grad is not None, key
        assert parameter.grad.isfinite().all(), key
        assert parameter.grad.any(), key
    x = _x(2, 5).requires_grad_()
    model.encoding.embed(x, torch.arange(5)).sum().backward()
    assert torch.equal(x.grad, torch.ones_like(x))  # every encoding so far adds


def types_are_kept(name):
    for dtype in (torch.float64, torch.float32, torch.bfloat16, torch.float16):
        for encoding in (_build(name), _build(name).to(dtype)):
            made = _doors(encoding, 2, torch.arange(6), dtype)
            for door in ("embed", "q", "k"):
                assert made[door].dtype == dtype, (door, dtype)


def bfloat16_errs_only_by_its_last_cast(name):
    encoding = _build(name, Dims(d_model=16, n_heads=4, max_len=12))
    far = _answers_beyond_its_table(encoding, DIMS.max_len + 1)
    # far beyond 256, where bfloat16 cannot tell neighbours apart
    pos = torch.arange(255, 600) if far else torch.arange(DIMS.max_len)
    n = len(pos)
    zeros = torch.zeros(1, n, DIMS.d_model, dtype=F64)
    code = zeros
    if codes := reference.ORACLES[name].codes:
        code = torch.tensor([codes(encoding, pos.tolist())], dtype=F64)
    # the hardest x: what remains of the sum is what bfloat16 lost of the code, so a code
    # that is cast before it is added leaves nothing
    for x in (zeros, _x(1, n), -code.bfloat16().double()):
        half = x.bfloat16()
        expected = half.double() + code
        found = encoding.embed(half, pos)
        assert found.dtype == torch.bfloat16
        error = (found.double() - expected).abs()
        # float32 holds an angle or a number of 600 to 4e-5
        assert (error <= 2**-8 * expected.abs() + 1e-4).all()


def a_module_in_bfloat16_keeps_its_constants(name):
    encoding = _build(name).bfloat16()
    far = _answers_beyond_its_table(encoding, DIMS.max_len + 1)
    pos = torch.arange(255, 600) if far else torch.arange(DIMS.max_len)
    x = torch.zeros(1, len(pos), DIMS.d_model, dtype=torch.bfloat16)
    expected = x.double()
    if codes := reference.ORACLES[name].codes:  # reads the rounded table, which is allowed
        expected = torch.tensor([codes(encoding, pos.tolist())], dtype=F64)
    error = (encoding.embed(x, pos).double() - expected).abs()
    assert (error <= 2**-8 * expected.abs() + 1e-4).all()


def nothing_is_remembered_between_calls(name):
    encoding = _build(name)
    pos = torch.tensor([4, 0, 2, 3])
    before = pickle.dumps(encoding)
    first = _doors(encoding, 2, pos)
    _doors(encoding, 3, torch.arange(DIMS.max_len), torch.float32)
    _doors(encoding, 1, torch.tensor([1, 9]), torch.bfloat16)
    _build(name, Dims(d_model=8, n_heads=2, max_len=30))
    again = _doors(encoding, 2, pos)
    assert all(torch.equal(first[door], again[door]) for door in first)
    assert pickle.dumps(encoding) == before  # no attribute grew, no buffer moved


def inputs_are_left_alone(name):
    encoding = _build(name)
    x, pos = _x(2, 4), torch.tensor([3, 1, 0, 2])
    encoding.embed(x, pos)
    _doors(encoding, 2, pos)
    assert torch.equal(x, _x(2, 4))
    assert pos.tolist() == [3, 1, 0, 2]


def a_batch_of_positions_is_its_rows_one_by_one(name):
    encoding, model = _build(name), _model(name, norm_type="rms")
    for b in (1, 3, DIMS.n_heads):
        pos = torch.stack([torch.randperm(DIMS.max_len)[:6] for _ in range(b)])
        x, q, k = _x(b, 6), _heads(b, 6), _heads(b, 6, seed=2)
        embedded = encoding.embed(x, pos)
        turned = encoding.rotate(q, k, pos, pos)
        bias = encoding.bias(q, k, pos, pos)
        tokens = torch.randint(9, (b, 6))
        logits = model(tokens, pos)
        for i in range(b):
            one, at = slice(i, i + 1), pos[i]
            equal(embedded[one], encoding.embed(x[one], at))
            for found, expected in zip(
                turned, encoding.rotate(q[one], k[one], at, at), strict=True
            ):
                equal(found[one], expected)
            if bias is not None:
                whole = bias.expand(b, DIMS.n_heads, 6, 6)
                row = encoding.bias(q[one], k[one], at, at)
                equal(whole[one], row.expand(1, DIMS.n_heads, 6, 6))
            equal(logits[one], model(tokens[one], at))


def integer_types_of_positions_are_all_one(name):
    encoding = _build(name)
    expected = _doors(encoding, 2, torch.tensor([2, 0, 11]))
    for dtype in (torch.int32, torch.int16, torch.int8, torch.uint8):
        assert _same(_doors(encoding, 2, torch.tensor([2, 0, 11], dtype=dtype)), expected)


def relative_where_promised(name):
    encoding, pos = _build(name), torch.arange(7)
    # a far shift where there is no table: FIRE looks relative up to its threshold
    shift = 50 if _answers_beyond_its_table(encoding, DIMS.max_len + 1) else 5
    here, there = _doors(encoding, 3, pos), _doors(encoding, 3, pos + shift)
    for made in (here, there):
        made.pop("q")
        made.pop("k")  # turned: only what they give together counts
    if "relative" in encoding.promises:
        assert _same(here, there, 1e-9)
        model = _model(name)
        equal(model(TOKENS, pos + shift), model(TOKENS, pos), atol=1e-8)
    else:
        assert not _same(here, there, 1e-9)


def cache_where_promised(name):
    encoding, n = _build(name), 7
    short = _doors(encoding, 3, torch.arange(n - 2))
    long = _doors(encoding, 3, torch.arange(n))
    # the inputs of the longer text are others: compare what was added, turned, biased
    x = _x(3, n)
    added = encoding.embed(x, torch.arange(n))[:, : n - 2]
    alone = encoding.embed(x[:, : n - 2], torch.arange(n - 2))
    kept = torch.allclose(added, alone, rtol=0, atol=1e-12)
    q = _heads(3, n)
    turned = encoding.rotate(q, q, torch.arange(n), torch.arange(n))[0][:, :, : n - 2]
    part = q[:, :, : n - 2]
    kept &= torch.allclose(turned, encoding.rotate(part, part, *[torch.arange(n - 2)] * 2)[0])
    if "bias" in long:
        whole = encoding.bias(q, q, torch.arange(n), torch.arange(n))
        small = encoding.bias(part, part, *[torch.arange(n - 2)] * 2)
        kept &= torch.allclose(whole[..., : n - 2, : n - 2], small)
    assert short.keys() == long.keys()
    assert kept == ("cache" in encoding.promises)
    if kept:
        model = _model(name, causal=True, norm_type="rms")
        equal(model(TOKENS)[:, : n - 2], model(TOKENS[:, : n - 2]))


def real_positions_where_promised(name):
    encoding = _build(name)
    x = torch.zeros(1, 3, DIMS.d_model, dtype=F64)
    pos = torch.tensor([0.0, 0.5, 1.0], dtype=F64)
    if "real positions" not in encoding.promises:
        with refused(TypeError, "needs integer positions; got torch.float64: use pos.long()"):
            _doors(encoding, 1, pos)
        return
    oracle = reference.ORACLES[name]
    code = encoding.embed(x, pos)[0]
    if oracle.codes:
        equal(code, oracle.codes(encoding, pos.tolist()))
        assert ((code[1] - code[0]).norm() - (code[1] - code[2]).norm()).abs() < 0.5
        assert (code[1] - code[0]).norm() < (code[2] - code[0]).norm()  # between the two
    near = encoding.embed(x, torch.tensor([0.0, 0.5 + 1e-7, 1.0], dtype=F64))[0]
    equal(near, code, atol=1e-5)


def blind_to_order_exactly_if_it_does_nothing(name):
    # RMSNorm, because LayerNorm erases an integer in every channel (notebook 02)
    model = _model(name, causal=False, norm_type="rms")
    order = torch.tensor([3, 0, 6, 1, 5, 2, 4])
    permuted, logits = model(TOKENS[:, order]), model(TOKENS)[:, order]
    if acts_on(ENCODINGS[name]):
        differ(permuted, logits)
    else:
        equal(permuted, logits)


def survives_copying_and_saving(name):
    encoding = _build(name)
    expected = _doors(encoding, 2, torch.arange(6))
    torch.manual_seed(99)
    fresh = build(name, DIMS)
    fresh.load_state_dict(encoding.state_dict())
    pickled = pickle.loads(pickle.dumps(encoding))
    for twin in (copy.deepcopy(encoding), pickled, fresh):
        assert twin.dims == DIMS
        assert _same(_doors(twin, 2, torch.arange(6)), expected, 0)


def works_under_vmap(name):
    encoding = _build(name)
    x, pos = torch.stack([_x(2, 5, seed=seed) for seed in range(3)]), torch.arange(5)
    found = torch.func.vmap(encoding.embed, in_dims=(0, None))(x, pos)
    for i in range(3):
        equal(found[i], encoding.embed(x[i], pos))


class _Largest(TorchDispatchMode):
    """Remember the largest memory that one new tensor took, in bytes."""

    bytes = 0

    def __torch_dispatch__(self, function, types, args=(), kwargs=None):
        out = function(*args, **(kwargs or {}))
        for tensor in out if isinstance(out, tuple | list) else (out,):
            if isinstance(tensor, torch.Tensor):
                self.bytes = max(self.bytes, tensor.untyped_storage().nbytes())
        return out


def memory_is_linear_in_the_text(name):
    dims = Dims(d_model=16, n_heads=2, max_len=1024)
    n = 1024 if _answers_beyond_its_table(_build(name), DIMS.max_len + 1) else 16
    encoding, pos = _build(name, dims), torch.arange(n)
    x, q = _x(1, n, dims=dims), _heads(1, n, dims=dims)
    with _Largest() as largest:
        encoding.embed(x, pos)
        encoding.rotate(q, q, pos, pos)
        if knows_distance_alone(type(encoding)):  # a strided view of 2n - 1 numbers a head
            assert toeplitz(encoding, pos, pos).shape == (2, n, n)
    table = sum(part.numel() * 8 for part in encoding.state_dict().values())
    assert largest.bytes <= 4 * x.numel() * 8 + table


def bad_shapes_and_devices_are_named(name):
    encoding = _build(name)
    if "embed" not in acts_on(ENCODINGS[name]):
        return  # a door that does nothing looks at nothing; the Transformer does
    x, pos = _x(2, 5), torch.arange(5)
    cases = [
        (_x(2, 5)[0], pos, ValueError, "x must be (b, n, d_model) with d_model=16; got (5, 16)"),
        (x[..., :8], pos, ValueError, "with d_model=16; got (2, 5, 8)"),
        (x.long(), pos, TypeError, "x must hold floating-point numbers; got torch.int64"),
        (x, pos[:4], ValueError, "shape (5,) or (2, 5) for 2 sequences of 5; got (4,)"),
        (x, torch.zeros(3, 5), ValueError, "shape (5,) or (2, 5) for 2 sequences of 5; got (3, 5)"),
        (x, pos[None, None], ValueError, "got (1, 1, 5)"),
        (x, pos > 2, TypeError, "pos must hold integers or real numbers; got torch.bool"),
        (x, list(range(5)), TypeError, "pos must be a tensor, for example torch.arange(n)"),
        (x, pos.to("meta"), ValueError, "pos is on meta but x is on cpu: use pos.to(x.device)"),
    ]
    for values, at, kind, words in cases:
        with refused(kind, words):
            encoding.embed(values, at)


def the_class_says_who_it_is(name):
    cls = ENCODINGS[name]
    assert issubclass(cls, PositionalEncoding)
    assert cls.name == name
    assert cls.label
    labels = [other.label for other in ENCODINGS.values()]
    assert labels.count(cls.label) == 1  # readers could not tell two curves apart
    assert not cls.paper or "arXiv" in cls.paper
