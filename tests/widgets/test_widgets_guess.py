"""A box to type a guess into, sliders that are drawn as a curve, and how sure one is."""

import re
import sys

import pytest
from waves import instances

from posenc import check, widgets
from posenc.widgets import VIEW, Axes, Sure

pytestmark = [
    pytest.mark.usefixtures("loud"),
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),  # ipykernel's, with ipywidgets 7
]
AXES = Axes((1, 2, 4, 8, 16), 0, 1, "distance", "accuracy")


def parts(bundle):
    """What a question has below its words, without the sentence for later."""
    *shown, ended = instances()[bundle[VIEW]["model_id"]].children[1:]
    assert "Run this cell again; your guess is kept." in ended.value
    return shown


def test_what_is_typed_is_handed_over_and_what_is_said_stands_below():
    typed = []
    told = lambda text: typed.append(text) or f"<{text}>"  # noqa: E731
    row, said = parts(widgets.number("How many?", told, unit="a & b", typed="3", note="Earlier."))
    box, unit = row.children
    assert (box.value, unit.value, said.value, typed) == ("3", "a &amp; b", "Earlier.", [])
    assert box.continuous_update is False  # with Enter, not with every letter
    box.value = "14"
    assert (typed, said.value) == (["14"], "&lt;14&gt;")


def test_the_curve_follows_its_sliders_and_its_button_notes_it():
    noted = []
    told = lambda values: noted.append(values) or "Noted."  # noqa: E731
    image, rows, button, said = parts(widgets.curve("How?", AXES, told))
    assert [slider.description for slider in rows.children] == [
        "at 1", "at 2", "at 4", "at 8", "at 16",
    ]  # fmt: skip
    assert 'alt="Your curve: 0.5 at 1, 0.5 at 2, 0.5 at 4, 0.5 at 8, 0.5 at 16."' in image.value
    assert said.value == ""
    rows.children[1].value = 0.1
    assert "0.1 at 2" in image.value
    assert said.value.startswith("Not noted yet")
    assert noted == []
    button.click()
    assert (noted, said.value) == ([(0.5, 0.1, 0.5, 0.5, 0.5)], "Noted.")


def test_what_a_slider_sends_just_after_the_press_is_part_of_the_guess(monkeypatch):
    now, noted = [10.0], []
    monkeypatch.setattr("posenc.widgets._curve.time.monotonic", lambda: now[0])
    told = lambda values: noted.append(values) or f"Noted: {values[1]:g}."  # noqa: E731
    _, rows, button, said = parts(widgets.curve("How?", AXES, told))
    button.click()
    now[0] += 0.2  # the page held the last move back while the curve was drawn
    rows.children[1].value = 0.1
    assert (noted[-1], said.value) == ((0.5, 0.1, 0.5, 0.5, 0.5), "Noted: 0.1.")
    now[0] += 2  # a hand that has moved on
    rows.children[1].value = 0.2
    assert said.value.startswith("Not noted yet")
    assert len(noted) == 2


def test_an_earlier_curve_is_there_again():
    values = (1, 0.9, 0.3, 0.2, 0.1)
    _, rows, _, said = parts(widgets.curve("How?", AXES, str, values=values, note="Earlier."))
    assert [slider.value for slider in rows.children] == list(values)
    assert said.value == "Earlier."


def test_how_sure_one_is_is_asked_where_it_is_wanted():
    levels = []
    sure = Sure(("guessing", "sure"), levels.append)
    _, plain_said = parts(widgets.number("How many?", str))
    _, buttons, said = parts(widgets.number("How many?", str, sure=sure))
    assert (buttons.index, buttons.description) == (None, "How sure are you?")
    buttons.index = 1
    assert (levels, said.value) == ([1], "")
    again = Sure(("guessing", "sure"), levels.append, chosen=1)
    *_, buttons, _ = parts(widgets.curve("How?", AXES, str, sure=again))
    assert (buttons.value, levels) == ("sure", [1])
    assert len(parts(widgets.choice("It", ["a", "b"], levels.append, sure=sure))) == 3


def test_without_ipywidgets_there_is_the_text_alone(monkeypatch):
    monkeypatch.setitem(sys.modules, "ipywidgets", None)
    assert widgets.number("How many?", str) == widgets.curve("How?", AXES, str) == {}


def test_each_prediction_is_shown_with_its_widgets(tmp_path, monkeypatch):
    monkeypatch.setenv("POSENC_RECORD", str(tmp_path / "record.jsonl"))
    about = {"x": AXES.x, "low": 0, "high": 1, "xlabel": "distance", "ylabel": "accuracy"}
    curve = check.predict_curve("t-curve", "How?", **about, sure=True)._repr_mimebundle_()
    image, rows, button, _, said = parts(curve)
    rows.children[4].value = 0.0
    button.click()
    assert said.value == "Noted: you predicted 0.5, 0.5, 0.5, 0.5, 0."
    number = check.predict_number("t-number", "How many?", unit="words")._repr_mimebundle_()
    row, said = parts(number)
    row.children[0].value = "no idea"
    assert re.match("“no idea” is not a number", said.value)
    row.children[0].value = "7"
    again = check.predict_number("t-number", "How many?", unit="words")._repr_mimebundle_()
    row, said = parts(again)
    assert row.children[0].value == "7"
    assert said.value == "Noted earlier: you predicted 7\N{NO-BREAK SPACE}words."
