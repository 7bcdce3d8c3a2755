"""A prediction in a live notebook: buttons, and the guess beside the claim that settles it."""

import ipywidgets
import pytest
from waves import instances

from posenc import check, widgets


@pytest.fixture
def live(monkeypatch):
    monkeypatch.delenv("POSENC_QUIET", raising=False)


def _buttons():
    return [
        widget for widget in instances().values() if isinstance(widget, ipywidgets.RadioButtons)
    ]


@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # ipykernel's Comm, with ipywidgets 7
def test_a_guess_stands_beside_the_claim_that_settles_it(live, capsys):
    before = set(_buttons())
    bundle = check.predict("t-coin", "It lands on", ["heads", "tails"])._repr_mimebundle_()
    assert set(bundle) == {"text/plain", widgets.VIEW}
    (buttons,) = set(_buttons()) - before
    assert buttons.value is None  # nothing is suggested
    buttons.value = "tails"
    check.claim("t-c", "it lands", 1, "==", 1, settles={"t-coin": "heads"})
    check.claim("t-d", "it lands", 1, "==", 1, settles={"t-coin": "tails"})
    out = capsys.readouterr().out.splitlines()
    assert out == [
        "✓ it lands",
        "You predicted “tails”; it is “heads”.",
        "✓ it lands",
        "You predicted “tails”; it is “tails”.",
    ]


def test_a_stored_output_is_plain_text(monkeypatch):
    monkeypatch.setenv("POSENC_QUIET", "1")
    bundle = check.predict("t-paper", "It lands on", ["heads", "tails"])._repr_mimebundle_()
    assert set(bundle) == {"text/plain"}


def test_in_strict_mode_every_corner_is_drawn(monkeypatch):
    from posenc import plots

    def draw(pos):
        return plots.odometer(pos if pos < 9 else -1)

    monkeypatch.setenv("POSENC_STRICT", "0")
    widgets.explore(draw, pos=(0, 9, 1))
    monkeypatch.setenv("POSENC_STRICT", "1")
    with pytest.raises(ValueError, match="-1"):
        widgets.explore(draw, pos=(0, 9, 1))
