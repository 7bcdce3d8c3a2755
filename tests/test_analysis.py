"""posenc.analysis: numbers for pictures, against loops."""

import contract.analysis as promise
import pytest
import torch
from contract import checks

from posenc import analysis


@pytest.mark.parametrize("check", checks(promise), ids=lambda check: check.__name__)
def test_promise(check):
    check()


def test_numbers_for_pictures_are_float64():
    assert analysis.wavelengths(8).dtype == torch.float64
    assert analysis.turns(5, 8).dtype == torch.float64
    assert analysis.kernel(torch.arange(3), 8).dtype == torch.float64


def test_a_learned_table_has_rivals_too():
    table = torch.nn.Parameter(torch.randn(5, 3))
    assert analysis.nearest_rivals(table).distance.min() > 0


@pytest.mark.parametrize("shape", [(1, 3), (4,), (2, 3, 4)])
def test_rivals_need_two_codes(shape):
    with pytest.raises(ValueError, match=r"codes must be \(n, d\) with n ≥ 2; got \("):
        analysis.nearest_rivals(torch.zeros(shape))


def test_linear_r2_needs_as_many_rows():
    with pytest.raises(ValueError, match="one row of outputs a row of inputs; got 3, 4"):
        analysis.linear_r2(torch.zeros(3, 1), torch.zeros(4, 1))


@pytest.mark.parametrize("width", [7, 0, -2])
def test_widths_are_checked(width):
    for take in (analysis.wavelengths, lambda dim: analysis.turns(3, dim)):
        with pytest.raises(ValueError, match=f"dim must be even and positive, .* got {width}"):
            take(width)


@pytest.mark.parametrize(("shape", "k"), [((5,), 1), ((5, 2), 0), ((5, 2), 5), ((5, 2), -1)])
def test_best_head_checks_its_words(shape, k):
    with pytest.raises(ValueError, match=rf"code must be \(n, d\) with n > k ≥ 1; .* k={k}"):
        analysis.best_head(torch.zeros(shape), k)
