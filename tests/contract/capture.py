"""Every encoding can be captured as a graph: whole, without a look at values, with its numbers."""

import torch
from torch import nn

from contract import equal, refused
from contract.encodings import DIMS, TOKENS, built, embeddings, heads, model_of
from posenc import ENCODINGS, Dims
from posenc.base import knows_distance_alone
from posenc.model import Attention
from posenc.model._attention import LONG


class _Doors(nn.Module):
    """The three doors as one call, for queries and keys at places of their own."""

    def __init__(self, encoding):
        super().__init__()
        self.encoding = encoding

    def forward(self, x, q, k, q_pos, k_pos):
        embedded = self.encoding.embed(x, q_pos)
        turned = self.encoding.rotate(q, k, q_pos, k_pos)
        return embedded, *turned, self.encoding.bias(q, k, q_pos, k_pos)


# options that change what a graph holds
OPTIONS = {
    "sinusoidal": [{"base": 100.0}, {"base": 50.0}],
    "rope": [
        {"base": 50.0, "partial": 0.5},
        {"layout": "halves"},
        {"scaling": "yarn", "factor": 2.0, "original_max_len": 8},
        {"scaling": "ntk", "factor": 3.0, "base": 70.0},
    ],
    "xpos": [{"base": 50.0, "scale_base": 64.0}],
    "shaw": [{"clip": 3}],
    "t5": [{"n_buckets": 8, "max_distance": 20}],
    "alibi": [{"causal": True}],
    "fire": [{"threshold": 4.0}],
}
LONGEST = Dims(d_model=16, n_heads=4, max_len=4096)


def _inputs(n, m=None):
    m = n if m is None else m
    q_pos, k_pos = torch.arange(n), torch.arange(m).flip(0)
    return embeddings(2, n), heads(2, n), heads(2, m, seed=2), q_pos, k_pos


def _compiled(module):
    torch._dynamo.reset()
    return torch.compile(module, backend="eager", fullgraph=True)


def _equal(found, expected):
    for one, other in zip(found, expected, strict=True):
        assert (one is None) == (other is None)
        if other is not None:
            equal(one, other, rtol=1e-12, atol=1e-12)


def doors_compile_whole(name):
    module = _Doors(built(name).double())
    compiled = _compiled(module)
    for n in (5, 7):  # the second length makes the graph general
        _equal(compiled(*_inputs(n)), module(*_inputs(n)))


def doors_compile_twice_with_other_options(name):
    torch._dynamo.reset()
    call = torch.compile(_asked, backend="eager", fullgraph=True)
    for options in ({}, *OPTIONS.get(name, []), {}):
        module = _Doors(built(name, **options).double())
        _equal(call(module, *_inputs(5)), module(*_inputs(5)))


def _asked(module, *inputs):
    return module(*inputs)


def doors_export_up_to_4096(name):
    module = _Doors(built(name, LONGEST).double())
    n, m = (torch.export.Dim(axis, min=3, max=LONGEST.max_len) for axis in ("n", "m"))
    axes = [{1: n}, {2: n}, {2: m}, {0: n}, {0: m}]
    exported = torch.export.export(module, _inputs(5, 6), dynamic_shapes=axes).module()
    for sizes in ((5, 7), (7, 3), (3, 4096), (4096, 3)):
        inputs = _inputs(*sizes)
        if _answers(module, inputs):
            _equal(exported(*inputs), module(*inputs))


def _answers(module, inputs):
    """Whether the positions are within the encoding's reach, which a graph cannot see."""
    try:
        return module(*inputs) is not None
    except ValueError:
        assert max(len(pos) for pos in inputs[-2:]) > LONGEST.d_model  # a code of d_model channels
        return False


def attention_over_long_texts_compiles_whole(name):
    if not knows_distance_alone(ENCODINGS[name]):
        return  # no view could be taken
    torch.manual_seed(3)
    attention, encoding = Attention(DIMS).double(), built(name).double()
    n = LONG + 4  # where a bias by distance is kept as a view, outside graphs
    x, pos, past = embeddings(1, n), torch.arange(n), torch.ones(n, n, dtype=torch.bool).tril()
    expected = attention(x, encoding, pos, past)
    _equal(_compiled(attention)(x, encoding, pos, past), expected)
    exported = torch.export.export(_Told(attention, encoding), (x, pos, past)).module()
    _equal(exported(x, pos, past), expected)


class _Told(nn.Module):
    """Attention that knows its encoding."""

    def __init__(self, attention, encoding):
        super().__init__()
        self.attention, self.encoding = attention, encoding

    def forward(self, x, pos, mask):
        return self.attention(x, self.encoding, pos, mask)


def models_compile_whole(name):
    model, pos = model_of(name), torch.tensor([4, 0, 3, 1, 7, 2, 11]).repeat(3, 1)
    equal(_compiled(model)(TOKENS, pos), model(TOKENS, pos), rtol=1e-12, atol=1e-12)


def positions_without_a_row_are_refused_in_a_graph_too(name):
    module = built(name)
    if not hasattr(module, "table") or name in ("shaw", "t5"):  # which clip their distances
        return
    compiled, x = _compiled(module.embed), embeddings(1, 3, torch.float32)
    for pos in (torch.tensor([0, -1, 2]), torch.tensor([0, 1, DIMS.max_len])):
        with refused(IndexError, "index out of range"):
            compiled(x, pos)
        with refused(ValueError, "holds positions 0 to 11"):
            module.embed(x, pos)
