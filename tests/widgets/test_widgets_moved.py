"""Sliders where it is not quiet: alive, and never lost to an error."""

import io

import numpy as np
from PIL import Image
from waves import parts, pixels, wave

from posenc import plots
from posenc.widgets import explore


def test_a_slider_changes_the_picture_and_its_sentence(explorer, loud):
    controls, image, _ = parts(explorer)
    before = image.value
    assert 'alt="A sine of speed 3 &amp; shift 0.0." width="480" height="320"' in before
    controls["speed"].value = 5
    assert image.value != before
    assert image.value.endswith("<p>A sine of speed 5 &amp; shift 0.0.</p>")
    assert explorer.values["speed"] == 5
    assert isinstance(explorer.values["speed"], int)


def test_the_quick_picture_is_the_stored_one(explorer, loud):
    controls, image, _ = parts(explorer)
    for speed in (1, 5, 9, 3):  # the numbers along the axis need other rooms
        controls["speed"].value = speed
        stored = Image.open(io.BytesIO(explorer.draw().png)).convert("RGBA").convert("RGB")
        off = np.abs(pixels(image) - np.asarray(stored, dtype=int)).mean()
        assert off < 4, speed  # of 255: the axes may stand a few pixels elsewhere


def test_a_control_fits_what_it_sets(loud):
    explorer = explore(
        wave, speed=[9, 1, 3], shift=(0, 1, 0.25), kind=["sine", "cosine"], band=[True, False],
        labels={"band": "with a line"},
    )  # fmt: skip
    speed, shift, kind, band = explorer.widget().children[:4]
    assert [type(each).__name__ for each in (speed, *shift.children, kind, band)] == [
        "ToggleButtons", "BoundedFloatText", "FloatSlider", "ToggleButtons", "Checkbox",
    ]  # fmt: skip
    assert [value for _, value in speed.options] == [1, 3, 9]  # in order, whatever the start
    assert (speed.value, band.value, band.description) == (9, True, "with a line")
    many = explore(wave, speed=[20_000, *range(1, 7)]).widget().children[0]
    assert type(many).__name__ == "Dropdown"
    assert many.options[-1] == ("20\N{NO-BREAK SPACE}000", 20_000)
    assert repr(explorer).startswith("explore: speed = 9 (one of 9, 1, 3); ")


def test_a_slow_picture_waits_for_the_hand_and_says_so(loud, monkeypatch):
    now = [0.0]
    monkeypatch.setattr("posenc.widgets._live.time.perf_counter", lambda: now[0])
    slow = [0.0]

    def draw(speed):
        now[0] += slow[0]
        return wave(speed)

    explorer = explore(draw, speed=(1, 9, 1))
    controls, _, said = parts(explorer)
    bar = controls["speed"]
    for seconds, follows in ((2.0, False), (0.1, True), (2.0, True), (2.0, True), (2.0, False)):
        slow[0] = seconds
        bar.value = bar.value % 9 + 1
        assert bar.continuous_update is follows
        assert said.value == ("" if follows else "The picture follows when you let go.")


def test_each_kind_of_slider_moves(explorer, loud):
    controls, _, _ = parts(explorer)
    controls["shift"].value = 0.5
    controls["band"].value = True
    assert explorer.values == {"speed": 3, "shift": 0.5, "kind": "sine", "band": True}
    assert "chance: 1" in repr(explorer.picture)


def test_an_error_is_one_line_and_the_old_picture_stays(explorer, loud):
    controls, image, _ = parts(explorer)
    before = pixels(image)
    controls["kind"].value = "nothing"
    assert (pixels(image) == before).all()
    assert "RuntimeError: there is &lt;no&gt; such wave" in image.value
    controls["kind"].value = "sine"
    assert explorer.error == ""
    assert "RuntimeError" not in image.value


def test_set_moves_the_controls_too(explorer, loud):
    controls, image, _ = parts(explorer)
    explorer.set(speed=7, band=True)
    assert (controls["speed"].value, controls["band"].value) == (7, True)
    assert "A sine of speed 7" in image.value
    controls["shift"].value = 1.0  # and they still listen
    assert explorer.picture.alt == "A sine of speed 7 & shift 1.0."


def test_corners_are_every_extreme(explorer):
    corners = list(explorer.corners())
    assert len(corners) == 2**4
    assert {"speed": 9, "shift": 1.0, "kind": "sine", "band": True} in corners
    for corner in corners:
        if corner["kind"] == "sine":
            assert f"speed {corner['speed']}" in explorer.draw(**corner).alt


def test_many_options_are_cut_to_their_ends():
    many = explore(lambda **values: plots.odometer(1), **{n: list("abcde") for n in "uvw"})
    assert [set(corner.values()) <= {"a", "e"} for corner in many.corners()] == [True] * 8


def test_axes_stay_unless_their_words_need_another_room():
    def left(top, layout):
        picture = plots.lines({"a": [0, top]}, xlabel="p", ylabel="y")
        picture.img(layout)
        return picture.figure.axes[0].get_position().x0

    layout = plots.Layout()
    first = left(1.0, layout)
    assert left(1.0, layout) == first
    assert left(123_456.0, layout) > first + 0.01  # wide numbers
