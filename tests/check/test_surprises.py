"""What surprised the learner, and the counts: from the record, whoever has edited it."""

import json
import multiprocessing

import mornings
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from test_record import predict

from posenc import check
from posenc.check.trial import guesses, where
from posenc.check.trial import record as keeping

record = mornings.record


def settle(right, key="coin"):
    check.claim("c", "it is so", 1, "<", 2, settles={key: right})


@pytest.fixture
def lab(monkeypatch):
    monkeypatch.setenv("JPY_SESSION_NAME", "/home/ä/work/03_my copy.ipynb")
    monkeypatch.setattr(where, "cell", lambda: "ec62-a")


def test_a_surprise_is_linked_to_the_cell_that_settled_it(record, lab, monkeypatch, capsys):
    predict(guess="tails")
    settle("heads")
    predict("die", "It <b>shows</b>", ["one", "six"], guess="six")
    settle("six", "die")
    found = check.surprises()
    assert [one.came.guess for one in found.wrong] == ["tails"]
    head, _, row = found._repr_markdown_().splitlines()
    assert head == "What surprised you in lesson 03 (1 of 2 predictions):"
    assert row == (
        "- It lands on … You predicted “tails”; it is “heads”. "
        "[Go to the cell that settled it](03_my%20copy.ipynb#cell-id=ec62-a)"
    )
    assert "](" not in repr(found)
    monkeypatch.delenv("JPY_SESSION_NAME")  # Colab, with a record from elsewhere
    assert "](" not in check.surprises("03")._repr_markdown_()
    assert check.surprises("03").wrong == check.surprises().wrong  # there, of all lessons
    capsys.readouterr()


def test_where_no_cell_is_known_it_is_plain(record, capsys):
    predict(guess="tails")
    settle("heads")
    assert "](" not in check.surprises()._repr_markdown_()
    assert "What surprised you in the course (1 of 1" in repr(check.surprises())
    capsys.readouterr()


def test_there_may_be_nothing_to_tell(record, lab, monkeypatch, capsys):
    assert "None of your predictions in lesson 03 is settled yet" in repr(check.surprises("03"))
    predict(guess="tails")
    settle("tails")
    assert repr(check.surprises("03")) == (
        "Nothing surprised you in lesson 03: the one that you made came true."
    )
    with pytest.raises(ValueError, match="lesson must be one of 01, .*; got '3'"):
        check.surprises("3")
    monkeypatch.setenv("POSENC_QUIET", "1")
    for told in (check.surprises("03"), check.guesses()):
        assert len(repr(told).splitlines()) == 1
        assert "after a run" in repr(told)
    capsys.readouterr()


def test_a_record_shows_no_html_and_leads_nowhere_else(record, lab):
    about = {"lesson": "03", "key": "coin"}
    guess = about | {"guess": "<script>x</script>", "question": "a\nb", "options": []}
    for cell, name in (("x](http://evil)", "03_a.ipynb"), ("a", "../03_a.ipynb"), ("a", "x")):
        right = about | {"right": "b", "cell": cell, "notebook": name}
        record.write_text(json.dumps(guess) + "\n" + json.dumps(right))
        told = check.surprises("03")._repr_markdown_()
        assert "&lt;script&gt;" in told
        assert "](" not in told
        assert len(told.splitlines()) == 3


# --- counts --------------------------------------------------------------------------------


def counted(n, wrong=0):
    for number in range(n):
        predict(f"k{number}", guess="heads")
        settle("tails" if number < wrong else "heads", f"k{number}")
    return check.guesses()


def test_a_figure_is_drawn_from_fifteen_on(record, monkeypatch, capsys):
    few = counted(14, wrong=5)
    assert few.picture() is None
    assert repr(few).splitlines() == [
        "9 of your 14 settled predictions came true.",
        "  not said  9 of 14",
        "Few answers prove little: the share that comes true is known",
        "to within about 27 percentage points, and for each step of sureness less well.",
        "A figure is drawn from 15 settled predictions on.",
    ]
    many = counted(15, wrong=5)
    assert "67%" in many.picture().alt
    assert "A figure is drawn" not in repr(many)
    shown = []
    monkeypatch.setattr("IPython.display.display", lambda data, **more: shown.append(data))
    many._ipython_display_()
    assert len(shown) == 2
    few._ipython_display_()
    assert len(shown) == 3
    monkeypatch.setenv("POSENC_QUIET", "1")
    assert many.picture() is None
    capsys.readouterr()


def test_no_guess_is_no_count(record):
    assert repr(check.guesses()).startswith("None of your predictions is settled yet")


# --- a record that is torn, edited, or written by two ----------------------------------------


def test_a_torn_last_line_costs_itself_alone(record):
    record.write_bytes(b'{"exercise": "rotary", "ma')
    predict(guess="tails")
    predict(guess="heads")
    assert [event["guess"] for event in keeping.events()] == ["tails", "heads"]


def test_other_editors_marks_are_read_over(record):
    line = json.dumps({"lesson": "", "key": "coin", "option": 1, "guess": "tails",
                       "question": "a\u2028b", "options": ["heads", "tails"]},
                      ensure_ascii=False)  # fmt: skip
    record.write_bytes(b"\xef\xbb\xbf" + line.encode() + b"\r\n" + b"[" * 100_000 + b"\n")
    assert guesses.last_guess(predict()).option == 1


@pytest.mark.parametrize(
    "edited",
    [{"option": 7}, {"option": -1}, {"option": 1.0}, {"option": True}, {"option": "1"},
     {"option": None}, {"sure": "very"}, {"sure": 1}],
)  # fmt: skip
def test_an_edited_guess_is_none_or_the_one_it_says(record, edited):
    asked = predict(guess="tails")
    event = keeping.events()[0] | edited
    record.write_text(json.dumps(event))
    assert guesses.last_guess(asked) in (guesses.Guess(), guesses.Guess(option=1))
    assert "Predict" in repr(check.predict("coin", "It lands on", ["heads", "tails"]))


SCALE = {"unit": "", "low": 0.0, "high": 1.0, "near": 0.1, "x": [1.0, 2.0, 3.0, 4.0, 5.0]}
anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=5) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=6,
)
NAMES = ("exercise", "lesson", "key", "mark", "mistake", "guess", "question", "right", "option",
         "options", "values", "sure", "notebook", "cell")  # fmt: skip
likely = st.sampled_from(
    ["coin", "", "03", "heads", 0, 1, ["heads", "tails"], SCALE, SCALE | {"x": []}, [0.5], [1] * 5,
     [float("nan")] * 5, "✓", "rotary", 10**400]
)  # fmt: skip
lines = st.lists(st.dictionaries(st.sampled_from(NAMES), likely | anything), max_size=5)


@settings(
    max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(lines)
def test_no_record_stops_anybody(record, events):
    record.write_text("\n".join(map(json.dumps, events)), encoding="utf-8")
    for told in (check.report(), check.guesses(), check.surprises("03"), check.surprises()):
        assert isinstance(repr(told), str)
    check.surprises("03")._repr_markdown_()
    number = check.predict_number("coin", "It lands on")
    curve = check.predict_curve("coin", "It", x=SCALE["x"], low=0, high=1, xlabel="x", ylabel="y")
    for asked in (check.predict("coin", "It lands on", ["heads", "tails"]), number, curve):
        asked._noted(guesses.last_guess(asked.asked))
    check.drawn("coin")
    guesses.settle("coin", [1.0] * 5)


def write_many(path, name):
    import os

    os.environ.update(POSENC_RECORD=str(path), POSENC_QUIET="0")
    for number in range(200):
        keeping.add({"exercise": name, "mark": "✓", "mistake": name * 50 + str(number)})


def test_two_labs_may_write_at_once(record):
    context = multiprocessing.get_context("spawn")
    labs = [context.Process(target=write_many, args=(record, name)) for name in ("ä", "ö")]
    for lab in labs:
        lab.start()
    for lab in labs:
        lab.join(120)
    assert len(keeping.read(record)) == 400
    assert len(record.read_text(encoding="utf-8").splitlines()) == 400


def test_without_a_folder_a_guess_lasts_as_long_as_the_kernel(record, monkeypatch):
    for path in (record / "no" / "folder", record.parent):
        monkeypatch.setenv("POSENC_RECORD", str(path))
        predict(guess="tails")
        assert guesses.last_guess(predict()).option == 1
        assert "they last as long as this kernel" in repr(check.report())
    assert not record.exists()
