"""Every encoding is a module like others: shapes, gradients, copies, memory, errors."""

import copy
import pickle

import torch
from torch.utils._python_dispatch import TorchDispatchMode

from contract import equal, refused
from contract.encodings import (
    DIMS,
    answers_beyond_its_table,
    built,
    doors,
    embeddings,
    heads,
    model_of,
    same,
)
from posenc import ENCODINGS, Dims, acts_on, build
from posenc.base import knows_distance_alone
from posenc.model import toeplitz


def doors_keep_shapes_for_rectangles(name):
    encoding = built(name)
    for b, nq, nk in ((1, 1, 5), (2, 4, 3), (4, 4, 4), (2, 0, 3), (1, 2, 0)):
        q, k = heads(b, nq), heads(b, nk)
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
        assert encoding.embed(embeddings(b, nq), torch.arange(nq)).shape == (b, nq, DIMS.d_model)


def gradients_reach_every_parameter_and_the_input(name):
    model = model_of(name)
    n = DIMS.max_len
    logits = model(torch.arange(n).remainder(9)[None])
    logits.square().sum().backward()
    for key, parameter in model.named_parameters():
        assert parameter.grad is not None, key
        assert parameter.grad.isfinite().all(), key
        assert parameter.grad.any(), key
    x = embeddings(2, 5).requires_grad_()
    model.encoding.embed(x, torch.arange(5)).sum().backward()
    assert torch.equal(x.grad, torch.ones_like(x))  # every encoding so far adds


def nothing_is_remembered_between_calls(name):
    encoding = built(name)
    pos = torch.tensor([4, 0, 2, 3])
    before = pickle.dumps(encoding)
    first = doors(encoding, 2, pos)
    doors(encoding, 3, torch.arange(DIMS.max_len), torch.float32)
    doors(encoding, 1, torch.tensor([1, 9]), torch.bfloat16)
    built(name, Dims(d_model=8, n_heads=2, max_len=30))
    again = doors(encoding, 2, pos)
    assert all(torch.equal(first[door], again[door]) for door in first)
    assert pickle.dumps(encoding) == before  # no attribute grew, no buffer moved


def inputs_are_left_alone(name):
    encoding = built(name)
    x, pos = embeddings(2, 4), torch.tensor([3, 1, 0, 2])
    encoding.embed(x, pos)
    doors(encoding, 2, pos)
    assert torch.equal(x, embeddings(2, 4))
    assert pos.tolist() == [3, 1, 0, 2]


def survives_copying_and_saving(name):
    encoding = built(name)
    expected = doors(encoding, 2, torch.arange(6))
    torch.manual_seed(99)
    fresh = build(name, DIMS)
    fresh.load_state_dict(encoding.state_dict())
    pickled = pickle.loads(pickle.dumps(encoding))
    for twin in (copy.deepcopy(encoding), pickled, fresh):
        assert twin.dims == DIMS
        assert same(doors(twin, 2, torch.arange(6)), expected, 0)


def works_under_vmap(name):
    encoding = built(name)
    x, pos = torch.stack([embeddings(2, 5, seed=seed) for seed in range(3)]), torch.arange(5)
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
    n = 1024 if answers_beyond_its_table(built(name), DIMS.max_len + 1) else 16
    encoding, pos = built(name, dims), torch.arange(n)
    x, q = embeddings(1, n, dims=dims), heads(1, n, dims=dims)
    with _Largest() as largest:
        encoding.embed(x, pos)
        encoding.rotate(q, q, pos, pos)
        if knows_distance_alone(type(encoding)):  # a strided view of 2n - 1 numbers a head
            assert toeplitz(encoding, pos, pos).shape == (2, n, n)
    table = sum(part.numel() * 8 for part in encoding.state_dict().values())
    assert largest.bytes <= 4 * x.numel() * 8 + table


def bad_shapes_and_devices_are_named(name):
    encoding = built(name)
    if "embed" not in acts_on(ENCODINGS[name]):
        return  # a door that does nothing looks at nothing; the Transformer does
    x, pos = embeddings(2, 5), torch.arange(5)
    cases = [
        (
            embeddings(2, 5)[0],
            pos,
            ValueError,
            "x must be (b, n, d_model) with d_model=16; got (5, 16)",
        ),
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
