"""What single checkers owe besides."""

from pathlib import Path

import torch
from lesson_01 import equivariant
from lesson_01_reported import published

from posenc import check

LESSON = Path(__file__).parents[2] / "notebooks/src/04_the_pytorch_module.py"


def test_one_random_shuffle_is_too_few():
    verdict = check.permutation_equivariant(lambda f, x: equivariant(f, x, n=1))
    assert verdict.mistake in ("few-shuffles", "always-true")


def test_the_learners_random_numbers_go_on():
    torch.manual_seed(1)
    expected = torch.rand(1)
    torch.manual_seed(1)
    check.permutation_equivariant(equivariant)
    assert torch.equal(torch.rand(1), expected)


def test_the_program_as_handed_out_hears_its_symptom_not_the_cure():
    line = check.mended_attention(published).message
    assert "moves by" in line
    assert not any(word in line for word in ("softmax", "quer", "row", "column", "sum", "-1"))


def test_the_lesson_has_the_numbers_of_the_ward():
    """They are those of `SCORES` in lesson_04."""
    lesson = LESSON.read_text(encoding="utf-8")
    assert "has 23 wrong tables and five correct ones, each of 264 rows" in lesson
    assert "Three properties expose eleven" in lesson
    assert "The other twelve have pairs with wrong frequencies" in lesson
