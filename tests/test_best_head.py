"""analysis.best_head: which codes let one head look k back."""

import pytest
import torch

from posenc import Dims, build
from posenc.analysis import best_head

POSITIONS = torch.arange(16)


def code_of(name, n=16):
    zeros = torch.zeros(1, n, 64, dtype=torch.float64)
    return build(name, Dims()).embed(zeros, torch.arange(n))[0].detach()


@pytest.mark.parametrize("k", [1, 3])
@pytest.mark.parametrize("name", ["onehot", "random", "sinusoidal"])
def test_codes_that_serve_every_word(name, k):
    assert best_head(code_of(name), k) == 1


@pytest.mark.parametrize("k", [1, 3])
@pytest.mark.parametrize("name", ["none", "integer", "integer_channel", "normalized", "binary"])
def test_codes_that_cannot(name, k):
    assert best_head(code_of(name), k) < 1


def test_units_and_copies_of_a_channel_change_nothing():
    p = POSITIONS[:, None].double()
    square = torch.cat((p, p**2), dim=1)
    for code in (square, 1e-3 * square, torch.cat((square, square), dim=1)):
        assert best_head(code) == 1


@pytest.mark.parametrize("k", [0, 16])
def test_a_k_that_asks_nobody_is_refused(k):
    with pytest.raises(ValueError, match=f"k={k}"):
        best_head(torch.eye(16), k)


def test_a_code_without_channels_is_refused():
    with pytest.raises(ValueError, match=r"\(16,\)"):
        best_head(torch.ones(16))
