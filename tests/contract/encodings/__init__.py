"""What every registered encoding promises; each function takes the name of one.

A promise is tested both ways: what an encoding does not promise it must really not do.
"""

import torch

from posenc import Dims, Transformer, build
from posenc.base import on_trial

DIMS = Dims(d_model=16, n_heads=4, max_len=12)
F64 = torch.float64
TOKENS = torch.tensor([[1, 5, 0, 3, 8, 2, 7], [4, 4, 1, 0, 6, 2, 5], [8, 0, 3, 1, 1, 7, 6]])


def built(name, dims=DIMS, **options):
    torch.manual_seed(3)
    return build(name, dims, **options)


def embeddings(b, n, dtype=F64, dims=DIMS, seed=0):
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(b, n, dims.d_model, generator=generator, dtype=F64).to(dtype)


def heads(b, n, dtype=F64, dims=DIMS, seed=1):
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(b, dims.n_heads, n, dims.d_head, generator=generator, dtype=F64).to(dtype)


def doors(encoding, b, pos, dtype=F64):
    """What the three doors make of fixed inputs, as a dictionary of tensors."""
    n = pos.shape[-1]
    q, k = heads(b, n, dtype), heads(b, n, dtype, seed=2)
    turned_q, turned_k = encoding.rotate(q, k, pos, pos)
    made = {
        "embed": encoding.embed(embeddings(b, n, dtype), pos),
        "scores": turned_q @ turned_k.transpose(-2, -1),
        "q": turned_q,
        "k": turned_k,
    }
    bias = encoding.bias(q, k, pos, pos)
    if bias is not None:
        made["bias"] = bias.expand(b, DIMS.n_heads, n, n)
    return made


def same(a, b, atol=1e-12):
    assert a.keys() == b.keys()
    return all(torch.allclose(a[door], b[door], rtol=0, atol=atol) for door in a)


def model_of(name, **options):
    torch.manual_seed(4)
    encoding = built(name) if options.get("causal", True) else on_trial(built(name))
    return Transformer(encoding, vocab_size=9, n_layers=1, **options).double().eval()


def answers_beyond_its_table(encoding, n):
    """Return whether positions up to n - 1 have an answer; where not, the error names the end."""
    x, pos = embeddings(1, n), torch.arange(n)
    try:
        encoding.embed(x, pos)
    except ValueError as error:
        text = str(error)
        assert f"holds positions 0 to {DIMS.max_len - 1}" in text
        assert f"asked for {n - 1}" in text
        assert "max_len" in text  # the remedy
        return False
    return True
