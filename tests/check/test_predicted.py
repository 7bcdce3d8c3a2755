"""Predictions of numbers and curves, and how sure a guess is: asked, noted, settled."""

import json
import math

import mornings
import numpy as np
import pytest
import torch
from mornings import next_morning

from posenc import check, plots
from posenc.check.trial import guesses
from posenc.check.trial import record as keeping
from posenc.check.trial.scales import Scale, written

record = mornings.record
X = (1, 2, 4, 8, 16)


def number(key="half", **more):
    return check.predict_number(key, "At which position is it half?", unit="tokens", **more)


def curve(key="falls", **more):
    about = {"x": X, "low": 0, "high": 100, "xlabel": "distance", "ylabel": "accuracy in %"}
    return check.predict_curve(key, "How does it fall?", **(about | more))


def claimed(capsys, key, right, value=1):
    capsys.readouterr()
    check.claim("c", "it is so", value, "<", 1e9, settles={key: right})
    return capsys.readouterr().out.splitlines()[1:]


# --- a number ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("typed", "value"),
    [
        ("140", 140), (" 1 400 tokens ", 1400), ("1\N{NO-BREAK SPACE}400", 1400), ("1e-7", 1e-7),
        ("\N{MINUS SIGN}0.5", -0.5), (".5", 0.5), ("14tokens", 14),
    ],
)  # fmt: skip
def test_a_number_is_read_as_people_write_it(record, typed, value):
    assert number()._typed(typed).startswith("Noted: you predicted ")
    assert guesses.last_guess(number().asked).values == (value,)


@pytest.mark.parametrize(
    "typed", ["", "  ", "many", "0,5", "1/2", "1e999", "nan", "inf", "-inf", "0x10", "1" * 400, "²"]
)
def test_what_is_no_number_is_refused_in_one_line_and_not_noted(record, typed):
    said = number()._typed(typed)
    assert "is not a number. Write one" in said
    assert len(said) < 110
    assert "\n" not in said
    assert not record.exists()


def test_a_number_out_of_range_is_refused_with_the_range(record):
    said = number(low=0, high=60_000)._typed("70000")
    wide = "70\N{NO-BREAK SPACE}000\N{NO-BREAK SPACE}tokens is out of range."
    assert said == f"{wide} Write a number from 0 to 60\N{NO-BREAK SPACE}000."
    assert "at least 0" in number(low=0)._typed("-1")
    assert "at most 3" in number(high=3)._typed("4")
    assert not record.exists()


@pytest.mark.parametrize(
    ("guess", "right", "true"),
    [(14, 14, True), (15, 14, True), (15.5, 14, False), (-14, 14, False), (0, 0, True),
     (0, 14, False), (14, 0, False), (1e-7, 1.05e-7, True), (-15, -14, True)],
)  # fmt: skip
def test_a_number_comes_true_within_its_factor(guess, right, true):
    assert Scale(near=0.1).is_near([guess], [right]) is true
    assert Scale(near=9).is_near([1.0], [10.0])
    assert not Scale(near=9).is_near([1.0], [10.1])


def test_the_line_that_settles_a_number_says_both(record, monkeypatch, capsys):
    number()._typed("140")
    line = "You predicted 140\N{NO-BREAK SPACE}tokens; measured 14\N{NO-BREAK SPACE}tokens."
    for right in (14, 14.0, "14", "14 tokens", torch.tensor(14), np.float32(14), "measured"):
        assert claimed(capsys, "half", right, value=14) == [line], right
    next_morning(monkeypatch)
    assert guesses.last_guess(number().asked).values == (140,)
    assert claimed(capsys, "half", 14) == [line]
    assert "0 of 1 came true" in repr(check.report())
    [one] = [json.loads(text) for text in record.read_text().splitlines() if '"right"' in text]
    assert one == {"lesson": "", "key": "half", "right": [14.0]}


def test_what_does_not_settle_a_number_is_named_though_nobody_guessed(record):
    number()
    for right in ("many", [1, 2], math.nan, None):
        with pytest.raises(ValueError, match="prediction 'half' is settled by a number tokens"):
            guesses.settle("half", right)
    assert guesses.settle("half", 14) is None


def test_another_unit_makes_it_another_question(record):
    number()._typed("140")
    other = check.predict_number("half", "Which?", unit="channels").asked
    assert guesses.last_guess(other).earlier == "140\N{NO-BREAK SPACE}tokens"
    assert guesses.last_guess(number(near=3).asked).values == (140,)  # how near is the course's


@pytest.mark.parametrize(
    ("more", "said"),
    [({"low": 2, "high": 1}, "low must be below high; got 2 and 1"),
     ({"low": math.nan}, "must be finite numbers; got nan"), ({"near": -1}, "near must be")],
)  # fmt: skip
def test_a_number_without_a_range_is_refused(more, said):
    with pytest.raises(ValueError, match=said):
        number(**more)


def test_numbers_are_written_as_the_course_writes_them():
    told = [written(value) for value in (2048, 65536, 0.1, 1e-15, 1e20, -0.0, 123.456)]
    space = "\N{NO-BREAK SPACE}"
    assert told == ["2048", f"65{space}536", "0.1", "1e-15", "1e20", "0", "123.5"]


# --- a curve -------------------------------------------------------------------------------


def test_a_curve_is_noted_drawn_and_settled_where_it_is_furthest_off(record, capsys, monkeypatch):
    assert curve()._drawn((100.0, 90, 80, 70, 60)) == "Noted: you predicted 100, 90, 80, 70, 60."
    next_morning(monkeypatch)
    curve()
    assert check.drawn("falls") == (X, (100, 90, 80, 70, 60))
    line = "You predicted 70 at 8; measured 30 (no other point is further off)."
    measured = [99, 91, 82, 30, 30.5]
    for right in (measured, torch.tensor(measured), "measured"):
        assert claimed(capsys, "falls", right, value=measured) == [line]
    assert not check.report().settled[0].came_true
    curve()._drawn((99.0, 90, 70, 40, 40))
    assert claimed(capsys, "falls", measured)[0].startswith("You predicted 70 at 4; measured 82")


def test_a_curve_comes_true_where_no_point_is_far_off():
    scale = Scale(low=0, high=100, near=0.15, x=X)
    assert scale.is_near([50] * 5, [65, 35, 50, 50, 50])
    assert not scale.is_near([50] * 5, [65, 34, 50, 50, 50])


@pytest.mark.parametrize("x", [(), (1, 2, 3, 4), (1, 2, 3, 4, 4), (5, 4, 3, 2, 1), "12345"])
def test_a_curve_has_five_ascending_places(x):
    with pytest.raises(ValueError, match="a curve is drawn at 5 ascending values of x"):
        curve(x=x)
    with pytest.raises(ValueError, match="low must be below high"):
        curve(low=100)


def test_a_figure_shows_the_drawn_curve_and_nothing_where_there_is_none(record, monkeypatch):
    def figure():
        about = {"xlabel": "distance", "ylabel": "accuracy"}
        return plots.lines({"a": [1, 2, 3]}, **about, guess=check.drawn("falls"))

    plain = figure()
    assert "your guess" not in repr(plain)
    number("falls")._typed("3")  # a number is no curve
    assert check.drawn("falls") is None
    curve()._drawn((1.0, 2, 3, 4, 5))
    assert repr(figure()).splitlines()[-2] == "your guess: 1, 2, 3, 4 and 5"
    assert figure().png != plain.png
    monkeypatch.setenv("POSENC_QUIET", "1")  # what is stored is the data alone
    assert (check.drawn("falls"), repr(figure())) == (None, repr(plain))
    assert figure().png == plain.png
    with pytest.raises(ValueError, match="guess must be .x, y. of one length"):
        plots.lines({"a": [1, 2]}, xlabel="x", ylabel="y", guess=((1, 2), (1,)))


# --- how sure ------------------------------------------------------------------------------


def test_how_sure_is_kept_with_the_guess_and_counted(record, capsys):
    coin = check.predict("coin", "It lands on", ["heads", "tails"], sure=True)
    coin._remember(1)
    assert "sure" not in keeping.events()[-1]
    coin._is_sure(2)
    assert keeping.events()[-1] == keeping.events()[0] | {"sure": "sure"}
    coin._remember(0)  # another option; how sure one is stays said
    assert guesses.last_guess(coin.asked) == guesses.Guess(option=0, sure="sure")
    claimed(capsys, "coin", "heads")
    number(sure=True)._is_sure(0)
    number()._typed("140")
    claimed(capsys, "half", 14)
    text = repr(check.report())
    assert "came true by how sure you were: sure 1 of 1, not said 0 of 1" in text


def test_how_sure_may_be_said_first(record):
    asked = number(sure=True)
    asked._is_sure(0)
    assert not record.exists()
    asked._typed("140")
    assert guesses.last_guess(asked.asked).sure == "just guessing"


def test_on_paper_each_has_room_for_its_answer(monkeypatch):
    told = repr(check.predict("coin", "It lands on", ["heads", "tails"], sure=True))
    assert told.splitlines()[-1] == (
        "How sure are you?  ( ) just guessing  ( ) fairly sure  ( ) sure"
    )
    assert repr(number(low=0, high=99)).splitlines()[-1] == "  ________ tokens (from 0 to 99)"
    for asked in (number(), curve()):
        assert asked._repr_mimebundle_() == {"text/plain": repr(asked)}  # POSENC_QUIET
    rows = repr(curve(low=-1, high=1)).splitlines()
    assert [row.strip() for row in rows[2:7]] == ["1 │", "0.5 │", "0 │", "-0.5 │", "-1 │"]


def test_the_authors_words_change_nothing(record):
    beliefs = {"tails": "a thread"}
    told = check.predict("a", "It", ["heads", "tails"], kind="surprise", beliefs=beliefs)
    assert told == check.predict("a", "It", ["heads", "tails"])
    assert number(kind="reason", beliefs={}) == number()
    assert curve(kind="reason", beliefs={}) == curve()


def test_the_builder_is_given_what_the_record_needs(tmp_path, monkeypatch):
    monkeypatch.setenv("POSENC_LEDGER", str(tmp_path / "ledger"))
    asked = [number().asked, curve().asked, check.predict("a", "It", ["b", "c"]).asked]
    for question, line in zip(asked, (tmp_path / "ledger").read_text().splitlines(), strict=True):
        row = json.loads(line)
        again = guesses._question(question.lesson, row["asks"], row["question"], row["options"])
        assert again == question
