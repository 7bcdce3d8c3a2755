"""Recall at the head of a lesson: two questions with folded answers, before any code."""

import pytest
from bs4 import BeautifulSoup
from markdown_it import MarkdownIt
from real import SOURCES

from posenc.course import lesson


@pytest.mark.parametrize("stem", sorted(SOURCES))
def test_two_questions_stand_before_the_first_code_and_their_answers_are_folded(stem):
    cells = lesson.read(SOURCES[stem]).cells
    [number] = [n for n, cell in enumerate(cells) if "**Recall 1**" in cell.source]
    assert all(cell.kind == "markdown" for cell in cells[: number + 1])
    soup = BeautifulSoup(MarkdownIt().render(cells[number].source), "html.parser")
    asked = [one.get_text() for one in soup.select("strong")]
    assert asked == ["Recall 1", "Recall 2"]
    assert [fold.summary.get_text() for fold in soup.select("details")] == ["Answer"] * 2
    assert not any("check." in cell.source for cell in cells[: number + 1])
