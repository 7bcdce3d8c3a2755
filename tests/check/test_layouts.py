"""A slip of notebook 03 has its name in every layout of the channels, and in float32."""

import pytest

from posenc import check
from posenc.check.engine.sinusoid_faults import FAULTS
from posenc.check.engine.sinusoid_slips import CODES, ORDERS
from posenc.check.lesson_03.shift_matrix_slips import SLIPS, in_halves


@pytest.mark.parametrize("slip", [*CODES, *FAULTS], ids=lambda slip: slip.slug)
def test_a_wrong_table_in_every_order(slip):
    for order in ORDERS.values():
        verdict = check.sinusoidal(lambda p, d, o=order: o(slip.program(p, d)).float())
        assert verdict.mistake == slip.slug, verdict.message


@pytest.mark.parametrize("slip", SLIPS, ids=lambda slip: slip.slug)
def test_a_wrong_matrix_in_both_layouts(slip):
    verdict = check.shift_matrix(lambda k, d: in_halves(slip.program(k, d)).float())
    assert verdict.mistake == slip.slug, verdict.message
