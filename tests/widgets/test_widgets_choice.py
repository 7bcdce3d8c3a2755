"""Buttons for a prediction."""

import pytest
from waves import instances

from posenc.widgets import VIEW, choice

# ipykernel's Comm, with ipywidgets 7
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")


def choices(bundle):
    """The buttons, the line below them, and the sentence for later, of a question."""
    box = instances()[bundle[VIEW]["model_id"]]
    return box.children[1:]


def test_a_choice_reports_numbers_and_says_so(loud):
    noted = []
    options = ["<b>heads</b>", "tails"]
    buttons, said, ended = choices(
        choice("It lands on", options, noted.append, note="Guess & see.")
    )
    assert (buttons.index, said.value, noted) == (None, "Guess &amp; see.", [])
    buttons.index = 0
    assert noted == [0]
    assert said.value == "Noted: you predicted “&lt;b&gt;heads&lt;/b&gt;”."
    assert "Run this cell again; your guess is kept." in ended.value
    assert "posenc-ended" in ended._dom_classes


def test_an_earlier_choice_is_shown_and_not_reported(loud):
    noted = []
    buttons, said, _ = choices(choice("It", ["a", "b"], noted.append, chosen=1, note="Earlier."))
    assert (buttons.value, said.value, noted) == ("b", "Earlier.", [])
    with pytest.raises(ValueError, match="chosen must be from 0 to 1; got 2"):
        choice("It", ["a", "b"], noted.append, chosen=2)
