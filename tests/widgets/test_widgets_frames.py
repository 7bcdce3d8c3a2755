"""Frames: every setting of an explorer drawn beforehand."""

import base64
import math

import pytest

from posenc import plots, widgets
from posenc.widgets._frames import LIMIT, MIME, levels
from posenc.widgets._slider import read


def dials(position):
    return plots.odometer(position, digits=2)


def test_each_frame_is_the_picture_of_its_setting(monkeypatch):
    explorer = widgets.explore(dials, position=(0, 3, 1, 2), stills=[{"position": 3}])
    made = explorer.frames()
    assert [frame["alt"] for frame in made["frames"]] == [dials(p).alt for p in range(4)]
    for p, frame in enumerate(made["frames"]):
        assert base64.b64decode(frame["png"]) == dials(p).png
        assert frame["text"] == repr(dials(p))
    assert (made["start"], made["wanted"]) == (2, [3])
    [control] = made["controls"]
    assert (control["kind"], control["values"], control["of"]) == ("range", [0, 1, 2, 3], 4)


def test_the_last_control_moves_fastest():
    def both(a, b):
        return plots.odometer(a, base=b, digits=2)

    made = widgets.explore(both, a=(1, 2, 1), b=[10, 2]).frames()
    said = [frame["text"] for frame in made["frames"]]
    assert said == [repr(both(a, b)) for a in (1, 2) for b in (2, 10)]
    assert made["start"] == 1, "the first option that was written"


def test_a_setting_at_which_draw_fails_is_named():
    def breaks(p):
        if p == 3:
            raise ValueError("no such hand")
        return dials(p)

    with pytest.raises(RuntimeError, match=r"explore fails at p = 3: ValueError: no such hand"):
        widgets.explore(breaks, p=(0, 5, 1)).frames()


def test_frames_are_shown_where_they_are_asked_for(monkeypatch):
    shown = []
    monkeypatch.setattr("IPython.display.display", lambda data, **more: shown.append(data))
    explorer = widgets.explore(dials, position=(0, 1, 1))
    explorer._ipython_display_()
    monkeypatch.setenv("POSENC_FRAMES", "1")
    explorer._ipython_display_()
    assert [MIME in data for data in shown] == [False, True]
    assert shown[1]["text/plain"] == repr(explorer)


SLIDERS = [
    ({"p": (0, 9999, 1, 8)}, [{"p": 9}, {"p": 52}]),
    ({"m": (0, 40, 1, 3), "n": (0, 40, 1, 5)}, [{"m": 13, "n": 15}, {"m": 3, "n": 13}]),
    ({"a": (-8, 8, 1, 4), "b": (-2, 2, 1, -1)}, [{"a": 6, "b": -1}]),
    ({"x": (0.0, 1.0, 0.001), "on": True}, []),
    ({"d": [64, 16, 256], "k": (0, 100, 1)}, [{"d": 16, "k": 7}]),
    ({"n": (0, 63, 1)}, []),
]


@pytest.mark.parametrize(("specs", "wanted"), SLIDERS)
def test_a_thinned_grid_keeps_ends_start_and_stills_and_has_few_pictures(specs, wanted):
    sliders = {name: read(name, spec) for name, spec in specs.items()}
    made = levels(sliders, wanted)
    assert LIMIT / 2 < math.prod(map(len, made.values())) <= LIMIT
    for name, slider in sliders.items():
        values = made[name]
        assert set(values) <= set(slider.every)
        assert list(values) == [value for value in slider.every if value in values]
        assert {*slider.ends, slider.start} <= set(values)
        assert {setting[name] for setting in wanted if name in setting} <= set(values)


def test_a_small_grid_is_whole():
    sliders = {"head": read("head", (1, 8, 1)), "n": read("n", [16, 8]), "on": read("on", False)}
    assert levels(sliders) == {"head": tuple(range(1, 9)), "n": (8, 16), "on": (False, True)}


def test_a_step_that_does_not_divide_the_range_ends_below_it():
    assert read("x", (0, 10, 4)).every == (0, 4, 8)
    assert read("x", (0.0, 0.3, 0.1)).every == pytest.approx((0.0, 0.1, 0.2, 0.3))
