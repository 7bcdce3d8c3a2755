"""Sentences are drawn by a commit's hash: split where they end, listed with their lines."""

import doctest

import pytest
from real import SOURCES

from tools import sentences
from tools.words import meter, prose

LESSON = SOURCES["01_attention_is_order_blind"]


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("It holds. It fails.", ["It holds.", "It fails."]),
        ("Since $a.b = 0$. Then `x. Y` follows.", ["Since $a.b = 0$.", "Then `x. Y` follows."]),
        ("By Vaswani et al. (2017, Fig. 3), i.e. Eq. 4, at 0.5.", None),
        ("It is so. *Why?* “Because.” And `f()` ends.",
         ["It is so.", "*Why?*", "“Because.”", "And `f()` ends."]),
        ("G. E. Hinton asked, e.g. J. Li did not.", None),
        ("One\nof two lines.\nAnother one.", ["One of two lines.", "Another one."]),
    ],
)  # fmt: skip
def test_a_sentence_ends_where_it_ends(text, parts):
    [piece] = prose.markdown(text)
    found = [sentence for _, sentence in sentences.split(piece.shown, piece.masked)]
    assert found == (parts and [part.replace("*", "") for part in parts] or [text])


@pytest.mark.parametrize("module", [sentences, meter])
def test_the_examples_run(module):
    assert doctest.testmod(module) == (0, doctest.testmod(module).attempted)


def test_the_same_commit_draws_the_same_sentences_and_another_draws_others():
    found = sentences.sentences(LESSON)
    one, again, other = (sentences.draw(found, 40, seed) for seed in ("ab12", "ab12", "cd34"))
    assert one == again != other
    assert len(set(one)) == 40
    assert [s.line for s in one] == sorted(s.line for s in one)


def test_a_list_has_a_box_for_each_sentence_with_its_line():
    lines = LESSON.read_text(encoding="utf-8").splitlines()
    rows = [row for row in sentences.listing(LESSON, 40, "ab12").splitlines() if row[:3] == "- ["]
    assert len(rows) == 40
    for row in rows:
        line, _, text = row.removeprefix("- [ ] ").partition(": ")
        assert text.split()[0].strip("*“") in " ".join(lines[int(line) - 1 : int(line) + 6])
