"""The checkers of notebook 06 inside a cell that computes in half precision, or without grad."""

import pytest
import torch
from lesson_06 import FORMS, RIGHT

from posenc import check

ANSWERS = [*RIGHT.items(), *((name, form) for name, forms in FORMS.items() for form in forms)]


@pytest.mark.parametrize("name", RIGHT)
@pytest.mark.parametrize(
    "around",
    [lambda: torch.autocast("cpu", torch.bfloat16), torch.inference_mode, torch.no_grad],
    ids=["autocast", "inference_mode", "no_grad"],
)
def test_a_right_answer_passes_in_any_context(name, around):
    for answer in [answer for other, answer in ANSWERS if other == name]:
        with around():
            verdict = getattr(check, name)(answer)
        assert (verdict.passed, verdict.equivalent) == (True, False), verdict.message
