"""What a source asks and settles: taken out of the notebook, refused where it cannot be."""

import json

import nbformat
import pytest
import tiny
from real import LESSONS, ROOT, SOURCES

from posenc.course import places
from posenc.course.author import asked, build
from posenc.course.author.check import problems
from posenc.course.author.source import notebook_from
from posenc.course.places import CourseError

LESSON = """\
# %% [markdown]
# # Is it so?

# %%
from posenc import check

# %%
check.predict("sum", "Two and one?", ["three", "four"], sure=True,
              kind="reason", beliefs={"four": "a thread"})

# %%
check.claim("sum", "two and one are three",
            3, "==", 3, show="{:.0f}", settles={"sum": "three"})
"""
NUMBER = LESSON.replace(
    'predict("sum", "Two and one?", ["three", "four"]', 'predict_number("sum", "?"'
)
NUMBER = NUMBER.replace(', beliefs={"four": "a thread"}', "").replace('"three"}', '"measured"}')


def test_the_notebook_has_neither_the_answer_nor_the_author_s_marks(tmp_path):
    ask, claim = [cell.source for cell in notebook_from(tiny.write(tmp_path, LESSON)).cells[2:]]
    assert ask == 'check.predict("sum", "Two and one?", ["three", "four"], sure=True)'
    assert claim == (
        'check.claim("sum", "two and one are three",\n            3, "==", 3, show="{:.0f}")'
    )


def test_the_same_cell_keeps_its_id_when_only_its_marks_change(tmp_path):
    one = notebook_from(tiny.write(tmp_path, LESSON))
    other = notebook_from(tiny.write(tmp_path, LESSON.replace("a thread", "an article")))
    assert [cell.id for cell in one.cells] == [cell.id for cell in other.cells]


def test_a_built_lesson_is_what_its_source_says(tmp_path):
    source = tiny.write(tmp_path, LESSON)
    build.build_one(source)
    built = places.built_from(source)
    assert list(problems(source, built)) == []
    assert "settles" not in built.read_text()
    assert "a thread" not in built.read_text()
    source.write_text(LESSON.replace("3, show", "3.0, show"))
    assert "another source" in next(problems(source, built))


def test_marks_are_read_off_the_source(tmp_path):
    one = asked.asked(tiny.write(tmp_path, LESSON))
    [ask], [claim] = one.predictions, one.claims
    assert (ask.key, ask.options, ask.kind, ask.sure) == ("sum", ("three", "four"), "reason", True)
    assert ask.beliefs == {"four": "a thread"}
    assert (claim.id, claim.text, one.right) == ("sum", "two and one are three", {"sum": "three"})
    assert ask.cell < claim.cell


def test_a_number_is_settled_by_what_was_measured(tmp_path):
    assert asked.asked(tiny.write(tmp_path, NUMBER)).right == {"sum": "measured"}
    with pytest.raises(CourseError, match=r"'sum' with 'three'; it must be one of: 'measured'"):
        asked.asked(tiny.write(tmp_path, NUMBER.replace("measured", "three")))


@pytest.mark.parametrize(
    ("before", "after", "words"),
    [
        ('"sum": "three"', '"sum": "two"', r"settles 'sum' with 'two'; .* 'three', 'four'"),
        ('"sum": "three"', '"more": "three"', "settles 'more', which this lesson does not ask"),
        (', settles={"sum": "three"}', "", "no claim settles the prediction 'sum'"),
        ('"sum": "three"', '"sum": answer', "`{'sum': answer}`: .* must be written out"),
        ("reason", "hunch", "'sum': kind must be one of reason, surprise; got 'hunch'"),
        ('{"four"', '{"five"', "'sum' has no wrong option 'five'"),
        ('{"four"', '{"three"', "'sum' has no wrong option 'three'"),
        ("# %%\ncheck.claim", "check.claim('a', 'b', 1, '<', 2, settles={'sum': 'four'})\n"
         "# %%\ncheck.claim", "settles 'sum', which another claim has settled"),
    ],
)  # fmt: skip
def test_the_builder_refuses_and_names_it(tmp_path, before, after, words):
    source = tiny.write(tmp_path, LESSON.replace(before, after))
    with pytest.raises(CourseError, match=rf"01_tiny\.py: .*{words}"):
        build.build_one(source)
    assert not places.built_from(source).exists()


def test_two_claims_that_could_not_be_told_apart_are_refused(tmp_path):
    lessons = [asked.asked(tiny.write(tmp_path, LESSON, name)) for name in ("01_a", "02_b")]
    with pytest.raises(CourseError, match="'sum' settles predictions in 01 and in 02, with the"):
        asked.as_json(lessons)


def test_the_builder_refuses_a_number_that_would_round_in_another_way(tmp_path):
    text = LESSON.replace('3, "==", 3', '3.4, "<", 4')
    with pytest.raises(CourseError, match="claim 'sum' shows 3.4 as 3, which another machine"):
        build.build_one(tiny.write(tmp_path, text))


def test_every_claim_of_the_course_finds_what_it_settles():
    stored = json.loads((ROOT / "posenc" / "check" / "trial" / "settled.json").read_text())
    settles = {(number, id): text for number, id, text, _ in stored["claims"]}
    assert len(settles) == sum(len(asked.asked(source).claims) for source in SOURCES.values())
    for stem in SOURCES:
        cells = nbformat.read(LESSONS[stem], as_version=4).cells
        rows = [row for cell in cells for row in cell.metadata.get("posenc", {}).get("ledger", [])]
        noted = {(stem[:2], row["id"]): row["claim"] for row in rows if "value" in row}
        for known, text in settles.items():
            assert known[0] != stem[:2] or noted[known] == text
