"""The answer to a prediction is in no text that a learner reads before choosing."""

import json

import pytest
from given_away import given_away, needles
from real import LESSONS, ROOT, SOURCES

from posenc.course import cells
from posenc.course.author.asked import asked

README = (ROOT / "README.md").read_text(encoding="utf-8")
EXCEPTIONS: dict[tuple[str, str, str], str] = {
    # (lesson, key, place): why it must stand there
}


def cleared(stem):
    """A learner's copy of a lesson."""
    return json.loads(cells.cleared(LESSONS[stem].read_bytes()))


@pytest.mark.parametrize("stem", sorted(SOURCES))
def test_no_answer_is_given_away(stem):
    found = set(given_away(asked(SOURCES[stem]), cleared(stem), README))
    excused = {(key, place) for number, key, place in EXCEPTIONS if number == stem[:2]}
    assert found == excused


@pytest.mark.parametrize(
    ("right", "looked_for"),
    [
        ("0.7: it learns which two", ["0.7"]), ("0: it learns who bites", ["it learns who bites"]),
        ("only the two", ["only the two"]), ("every output", []), ("1, its neighbour", []),
        ("exactly 10 000 · 2π = 62 832", ["10 000", "62 832"]), ("about 1e-15", ["1e-15"]),
    ],
)  # fmt: skip
def test_it_looks_for_the_number_or_else_the_words(right, looked_for):
    assert needles(right) == looked_for


# --- planted ---------------------------------------------------------------------------------

STEM = "01_attention_is_order_blind"


def _before_it_is_settled(notebook, key):
    """The first code below a prediction."""
    found = [number for number, cell in enumerate(notebook["cells"])
             if f'"{key}",' in "".join(cell["source"]) and cell["cell_type"] == "code"]  # fmt: skip
    below = notebook["cells"][found[0] + 1 :]
    return next(cell for cell in below if cell["cell_type"] == "code")


def _settles(notebook):
    cell = next(c for c in notebook["cells"] if 'claim("dog"' in "".join(c["source"]))
    cell["source"] = "".join(cell["source"]).replace("1e-12)", '1e-12, settles={"dog": "equal"})')


def _alt_text(notebook):
    _append(_before_it_is_settled(notebook, "leak"), 'f(alt="It moves all of them")')


def _claim(notebook):
    _append(_before_it_is_settled(notebook, "leak"), 'check.claim("x", "all of them move", 1)')


def _code(notebook):
    _append(_before_it_is_settled(notebook, "gap"), "last = 1e-15")


def _words(notebook):
    _append(_before_it_is_settled(notebook, "swap"), "# it is only these two")


def _heading(notebook):
    _append(notebook["cells"][-1], "## Their mean over all tokens is invariant")


def _objective(notebook):
    _append(notebook["cells"][0], "- say why the gap is 1e-15,")


def _append(cell, line):
    cell["source"] = "".join(cell["source"]) + f"\n{line}"


@pytest.mark.parametrize(
    ("plant", "key", "place"),
    [
        (_settles, "", "settles"),
        (_alt_text, "leak", "alt text"),
        (_claim, "leak", "claim"),
        (_heading, "invariant", "heading"),
        (_objective, "gap", "objective"),
    ],
)
def test_a_planted_answer_is_found(plant, key, place):
    notebook = cleared(STEM)
    plant(notebook)
    assert (key, place) in set(given_away(asked(SOURCES[STEM]), notebook, README))


@pytest.mark.parametrize(("plant", "key"), [(_code, "gap"), (_words, "swap")])
def test_an_answer_planted_in_code_is_found(plant, key):
    notebook = cleared(STEM)
    plant(notebook)
    found = set(given_away(asked(SOURCES[STEM]), notebook, README))
    assert [k for k, place in found if place.startswith("cell ")] == [key]


@pytest.mark.parametrize("line", ["A swap changes only these two.", "1e-15 is left."])
def test_an_answer_planted_in_the_readme_is_found(line):
    found = set(given_away(asked(SOURCES[STEM]), cleared(STEM), f"{README}\n{line}\n"))
    assert "README" in {place for _, place in found}
    folded = f"{README}\n<details>\n\n{line}\n</details>\n"
    assert set(given_away(asked(SOURCES[STEM]), cleared(STEM), folded)) == set()
