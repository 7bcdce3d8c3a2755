"""A learner's own encoding: what is registered passes with its promises, slips are named."""

import pytest
import torch

import posenc
from posenc import check
from posenc.base import PositionalEncoding
from posenc.functional import sinusoidal


@pytest.mark.parametrize("name", list(posenc.ENCODINGS))
def test_every_registered_encoding_passes(name, capsys):
    verdict = check.own_encoding(posenc.ENCODINGS[name])
    assert verdict.passed, capsys.readouterr().out
    kept = verdict.message.partition("keeps: ")[2].partition(";")[0].split(", ")
    promised = posenc.ENCODINGS[name].promises - {"causal only"}
    assert promised <= set(kept)


class Right(PositionalEncoding):
    promises = frozenset({"cache", "real positions"})

    def embed(self, x, pos):
        return x + sinusoidal(pos, x.shape[-1], dtype=x.dtype)


class Arange(Right):
    def embed(self, x, pos):
        return x + sinusoidal(torch.arange(x.shape[1]), x.shape[-1], dtype=x.dtype)


class Promising(Right):
    promises = frozenset({"relative"})


class Rewriting(Right):
    def embed(self, x, pos):
        return super().embed(x, pos / (pos.amax(-1, keepdim=True) + 1))


class InPlace(Right):
    def embed(self, x, pos):
        return x.add_(sinusoidal(pos, x.shape[-1], dtype=x.dtype))


class Alone(Right):
    def embed(self, x, pos):
        return sinusoidal(pos, x.shape[-1], dtype=x.dtype)


class Single(Right):
    def embed(self, x, pos):
        return (x + sinusoidal(pos, x.shape[-1], dtype=x.dtype)).float()


class FirstRow(Right):
    def embed(self, x, pos):
        return super().embed(x, pos[0] if pos.dim() == 2 else pos)


class Remembering(Right):
    calls = 0

    def embed(self, x, pos):
        self.calls += 1
        return super().embed(x, pos + self.calls)


class HeadsLast(Right):
    def bias(self, q, k, q_pos, k_pos):
        return torch.zeros(q.shape[2], k.shape[2], self.dims.n_heads, dtype=q.dtype)


class OnHeads(PositionalEncoding):
    """A batch axis that lands on the heads: with b = h it would raise no error."""

    def bias(self, q, k, q_pos, k_pos):
        return -(q_pos[..., :, None] - k_pos[..., None, :]).abs().to(q.dtype)


class NoTensor(Right):
    def rotate(self, q, k, q_pos, k_pos):
        return None


class NaN(Right):
    def embed(self, x, pos):
        return x + (pos.to(x.dtype) - 1).sqrt()[..., None]


class NoKeyLeft(PositionalEncoding):
    """Only the word before may be seen, and the first word has none."""

    def bias_by_distance(self, distance):
        seen = (distance == 1).expand(self.dims.n_heads, -1)
        return torch.zeros(seen.shape).masked_fill(~seen, -torch.inf)


class LogOfZero(PositionalEncoding):
    def bias_by_distance(self, distance):
        return -distance.abs().double().log().expand(self.dims.n_heads, -1)


@pytest.mark.parametrize(
    ("cls", "slug"),
    [
        (Arange, "ignores-pos"),
        (Promising, "breaks-relative"),
        (Rewriting, "breaks-cache"),
        (InPlace, "mutates-input"),
        (Alone, "shape"),
        (Single, "dtype"),
        (FirstRow, "batch-of-positions"),
        (Remembering, "remembers"),
        (HeadsLast, "bias-shape"),
        (OnHeads, "bias-shape"),
        (NoTensor, "raises"),
        (NaN, "not-finite"),
        (NoKeyLeft, "no-key-left"),
        (LogOfZero, "no-key-left"),
        (torch.nn.Linear, "not-an-encoding"),
        (lambda dims: None, "not-an-encoding"),
    ],
)
def test_a_slip_is_named(cls, slug, capsys):
    verdict = check.own_encoding(cls)
    assert (verdict.passed, verdict.mistake) == (False, slug), capsys.readouterr().out


def test_what_is_kept_is_said_and_what_is_missing_remarked(capsys):
    assert check.own_encoding(Right).message == (
        "it acts on embeddings, and keeps: cache, real positions"
    )

    class Modest(Right):
        promises = frozenset()

    verdict = check.own_encoding(Modest)
    assert verdict.equivalent
    assert verdict.message.endswith("promises lacks 'cache', 'real positions'")
