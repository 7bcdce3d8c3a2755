"""Sliders that are unclear, and values that no slider gives."""

import pytest
from waves import wave

from posenc.widgets import explore

WRONG = {
    "at least one slider": {},
    "must be .least": {"speed": (1, 2)},
    "a list of options": {"speed": "fast"},
    "its start within": {"speed": (1, 2, 1, 5)},
    "steps above 0": {"speed": (1, 2, 0)},
}


@pytest.mark.parametrize("message", WRONG)
def test_an_unclear_slider_is_refused(message):
    with pytest.raises(ValueError, match=message):
        explore(wave, **WRONG[message])


def test_values_that_no_slider_gives_are_refused(explorer):
    for values, message in (
        ({"speed": 99}, "1 to 9"),
        ({"kind": "cosine"}, "one of"),
        ({"tempo": 1}, "no slider"),
    ):
        with pytest.raises(ValueError, match=message):
            explorer.set(**values)


def test_what_is_no_picture_is_refused():
    with pytest.raises(TypeError, match="must return a Picture; got int|got int"):
        explore(lambda p: p, p=(1, 2, 1))


def test_a_label_of_no_slider_is_refused():
    with pytest.raises(ValueError, match="there is no slider 'pace'; there are .'speed'"):
        explore(wave, speed=[1, 2], labels={"pace": "how fast"})


def test_a_still_that_no_slider_gives_is_refused():
    with pytest.raises(ValueError, match="speed must be 1 to 9 in steps of 2; got 11"):
        explore(wave, speed=(1, 9, 2), stills=[{"speed": 11}])
