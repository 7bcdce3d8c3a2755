"""posenc.analysis: numbers for pictures, against loops."""

import contract.analysis as promise
import pytest
import torch
from contract import checks

from posenc import analysis, functional


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


def test_best_head_looks_at_the_word_before_if_nothing_is_said():
    with pytest.raises(ValueError, match="k=1$"):
        analysis.best_head(torch.zeros(1, 2))
    assert analysis.best_head(torch.eye(2)) == 1


def test_kernel_has_the_papers_base_and_the_device_of_the_offsets():
    offsets = torch.arange(-3, 40)
    assert torch.equal(analysis.kernel(offsets, 8), analysis.kernel(offsets, 8, 10_000.0))
    assert analysis.kernel(offsets.to("meta"), 8).device.type == "meta"


@pytest.mark.parametrize("wide", ["inputs", "outputs"])
def test_linear_r2_takes_two_types_and_columns_that_repeat(wide):
    x = torch.arange(1.0, 6)[:, None].repeat(1, 2)
    given = {"inputs": x, "outputs": 3 * x}
    given[wide] = given[wide].double()
    assert analysis.linear_r2(**given) == pytest.approx(1, abs=1e-12)


# --- is it a bug, or equivalent? -------------------------------------------------------------

POS = torch.arange(60)
CODE = functional.sinusoidal(POS, 16, dtype=torch.float64)


@pytest.mark.parametrize(
    ("other", "kind"),
    [
        (CODE, "identical"),
        (CODE.float(), "identical"),
        (torch.cat((CODE[:, 0::2], CODE[:, 1::2]), 1), "channel permutation"),
        (CODE.flip(1), "channel permutation"),
        (-CODE, "rotation"),
        (functional.sinusoidal(-POS, 16, dtype=torch.float64), "rotation"),
        (functional.sinusoidal(POS + 1, 16, dtype=torch.float64), "rotation"),
        (CODE @ torch.linalg.qr(torch.randn(16, 16, dtype=torch.float64))[0], "rotation"),
        (functional.sinusoidal(POS, 16, 1000.0, dtype=torch.float64), "different kernel"),
        (CODE * 2, "different kernel"),
        (CODE[:, 0::2].repeat_interleave(2, 1), "different kernel"),
        (CODE.flip(0), "rotation"),  # the products know the distance alone
        (CODE[torch.randperm(60, generator=torch.Generator().manual_seed(0))], "different kernel"),
    ],
)
def test_equivalence_says_how_two_codes_are_related(other, kind):
    found = analysis.equivalence(CODE, other)
    assert found.kind == kind
    assert found.follows == analysis.FOLLOWS[kind]
    assert found == analysis.equivalence(CODE, other)
    assert analysis.equivalence(other, CODE).kind == kind
    assert repr(found).startswith(f"{kind}: ")
    assert (found.gap < 1e-3) == (kind != "different kernel")


def test_a_column_twice_needs_its_twin():
    a = torch.tensor([[0.0, 0.0, 1.0], [1.0, 1.0, 0.0]])
    b = torch.tensor([[0.0, 1.0, 1.0], [1.0, 0.0, 0.0]])
    assert analysis.equivalence(a, b).kind == "different kernel"
    assert analysis.equivalence(a, a[:, [2, 0, 1]]).kind == "channel permutation"


@pytest.mark.parametrize("b", [torch.zeros(3, 4), torch.zeros(2, 3), torch.zeros(3)])
def test_equivalence_refuses_what_cannot_be_compared(b):
    with pytest.raises(ValueError, match=r"two tables of one shape .* got \(3, 3\)"):
        analysis.equivalence(torch.zeros(3, 3), b)


@pytest.mark.parametrize("shape", [(1, 3), (3,), (2, 2, 2)])
def test_equivalence_refuses_what_is_no_table(shape):
    with pytest.raises(ValueError, match="two tables of one shape"):
        analysis.equivalence(torch.zeros(shape), torch.zeros(shape))


def test_equivalence_measures_in_numbers_and_not_in_shares():
    large = 1e3 + CODE
    assert analysis.equivalence(large, large + 1e-3).kind == "different kernel"


def test_equivalence_refuses_what_is_no_number():
    with pytest.raises(ValueError, match="NaN or infinite"):
        analysis.equivalence(torch.zeros(3, 3), torch.full((3, 3), torch.nan))
