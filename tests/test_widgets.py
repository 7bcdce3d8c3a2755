"""Sliders: still where it is quiet, alive where it is not, and never lost to an error."""

import base64
import io
import os
import re
import subprocess
import sys

import ipywidgets
import nbformat
import numpy as np
import pytest
from nbclient import NotebookClient
from PIL import Image

from posenc import plots
from posenc.widgets import VIEW, choice, explore

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))


def wave(speed=1, shift=0.0, kind="sine", band=False):
    if kind == "nothing":
        raise RuntimeError("there is <no> such wave")
    y = [(shift + speed * p) % 7 for p in range(8)]
    return plots.lines(
        {kind: y}, xlabel="p", ylabel="y", chance=1.0 if band else None, size="small",
        alt=f"A {kind} of speed {speed} & shift {shift}",
    )  # fmt: skip


@pytest.fixture
def explorer(monkeypatch):
    monkeypatch.setenv("POSENC_STRICT", "0")  # one of its settings fails on purpose
    return explore(
        wave, speed=(1, 9, 2, 3), shift=(0, 1, 0.25), kind=["sine", "nothing"], band=False
    )


@pytest.fixture
def loud(monkeypatch):
    monkeypatch.delenv("POSENC_QUIET", raising=False)


@pytest.fixture
def quiet(monkeypatch):
    monkeypatch.setenv("POSENC_QUIET", "1")


def test_where_it_is_quiet_the_still_is_all(explorer, quiet, monkeypatch):
    monkeypatch.setattr(type(explorer), "widget", None)  # calling it would fail
    data, metadata = explorer._repr_mimebundle_()
    assert set(data) == {"text/plain", "image/png"}
    assert base64.b64decode(data["image/png"]) == explorer.picture.png
    assert metadata["image/png"]["alt"] == "A sine of speed 3 & shift 0.0."


def test_the_text_form_has_the_sliders_and_the_picture(explorer):
    state, *picture = repr(explorer).splitlines()
    assert state == (
        "explore: speed = 3 (1 to 9 in steps of 2); "
        "shift = 0.0 (0.0 to 1.0 in steps of 0.25); "
        "kind = sine (one of sine, nothing); band = False (one of False, True)"
    )
    assert "\n".join(picture) == repr(explorer.picture)


def test_where_it_is_not_quiet_the_sliders_join_the_still(explorer, loud):
    data, _ = explorer._repr_mimebundle_()
    assert set(data) == {"text/plain", "image/png", VIEW}
    assert data[VIEW]["model_id"]


def parts(explorer):
    """Its controls by the name on the page, and the picture with its sentences."""
    *views, image, said, ended = explorer.widget().children
    controls = {}
    for view in views:
        first = view.children[0] if hasattr(view, "children") else view
        controls[first.description] = view.children[1] if hasattr(view, "children") else view
    return controls, image, said


def test_a_slider_changes_the_picture_and_its_sentence(explorer, loud):
    controls, image, _ = parts(explorer)
    before = image.value
    assert 'alt="A sine of speed 3 &amp; shift 0.0." width="480" height="320"' in before
    controls["speed"].value = 5
    assert image.value != before
    assert image.value.endswith("<p>A sine of speed 5 &amp; shift 0.0.</p>")
    assert explorer.values["speed"] == 5
    assert isinstance(explorer.values["speed"], int)


def pixels(image):
    data = re.search(r"base64,([^\"]+)", image.value)[1]
    return np.asarray(Image.open(io.BytesIO(base64.b64decode(data))).convert("RGB"), dtype=int)


def test_the_quick_picture_is_the_stored_one(explorer, loud):
    controls, image, _ = parts(explorer)
    for speed in (1, 5, 9, 3):  # the numbers along the axis need other rooms
        controls["speed"].value = speed
        stored = Image.open(io.BytesIO(explorer.draw().png)).convert("RGB")
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


def test_a_label_of_no_slider_is_refused():
    with pytest.raises(ValueError, match="there is no slider 'pace'; there are .'speed'"):
        explore(wave, speed=[1, 2], labels={"pace": "how fast"})


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


def test_a_picture_that_is_not_stored_has_its_alt_text_in_html(loud):
    picture = wave()
    data, _ = picture._repr_mimebundle_()
    assert data["text/html"].startswith('<img alt="A sine of speed 1 &amp; shift 0.0." width="480"')
    assert data["image/png"] in data["text/html"]


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


def test_without_ipywidgets_there_is_the_still_and_a_hint(explorer, loud, monkeypatch, capsys):
    monkeypatch.setitem(sys.modules, "ipywidgets", None)
    data, _ = explorer._repr_mimebundle_()
    assert set(data) == {"text/plain", "text/html", "image/png"}
    assert "pip install ipywidgets" in capsys.readouterr().out


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


CELLS = (
    "import torch\nfrom posenc import plots\nfrom posenc.widgets import explore",
    "x = torch.arange(40, dtype=torch.float64)\n"
    "plots.lines({'sin': (x / 5).sin()}, x, xlabel='p', ylabel='y')",
    "explore(plots.odometer, pos=(0, 99, 1, 42))",
)


@pytest.mark.slow
def test_strict_nbval_passes_and_notices_another_frequency(tmp_path):
    env = {**os.environ, "POSENC_QUIET": "1", "PYTHONPATH": ROOT}
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(c) for c in CELLS])
    client = NotebookClient(notebook, kernel_name="python3", timeout=120)
    client.execute(env=env)
    assert set(notebook.cells[2].outputs[0]["data"]) == {"text/plain", "image/png"}
    assert not notebook.metadata.get("widgets")
    assert validate(notebook, tmp_path, env) == 0
    notebook.cells[1].source = CELLS[1].replace("x / 5", "x / 5.1")
    assert validate(notebook, tmp_path, env) == 1


def validate(notebook, folder, env):
    nbformat.write(notebook, folder / "lesson.ipynb")
    (folder / "pytest.ini").write_text("[pytest]\n")
    command = [sys.executable, "-m", "pytest", "-q", "--nbval", "--nbval-current-env", "."]
    return subprocess.run(command, cwd=folder, env=env, capture_output=True).returncode


def shown(explorer, monkeypatch):
    """What IPython would be given for it, output by output."""
    outputs = []
    monkeypatch.setattr("IPython.display.display", lambda data, **more: outputs.append(data))
    explorer._ipython_display_()
    return outputs


def test_further_stills_are_shown_where_nothing_can_be_moved(quiet, monkeypatch):
    explorer = explore(wave, speed=(1, 9, 2), band=False, stills=[{"speed": 5}, {"band": True}])
    first, *others = shown(explorer, monkeypatch)
    assert first["text/plain"] == repr(explorer)
    assert [data["text/plain"].splitlines()[0] for data in others] == ["speed = 5", "band = True"]
    assert others[0]["text/plain"].endswith("A sine of speed 5 & shift 0.0.")
    assert len({data["image/png"] for data in (first, *others)}) == 3
    assert explorer.values == {"speed": 1, "band": False}


def test_a_still_names_its_settings_unless_it_has_a_title(quiet):
    explorer = explore(wave, speed=(1, 9, 2))
    explorer._repr_mimebundle_()
    assert explorer.picture.figure.get_suptitle() == "speed = 1"


def test_with_sliders_there_is_one_picture(loud, monkeypatch):
    explorer = explore(wave, speed=(1, 9, 2), stills=[{"speed": 5}])
    [data] = shown(explorer, monkeypatch)
    assert VIEW in data
    assert explorer.picture.figure.get_suptitle() == ""


def test_a_still_that_no_slider_gives_is_refused():
    with pytest.raises(ValueError, match="speed must be 1 to 9 in steps of 2; got 11"):
        explore(wave, speed=(1, 9, 2), stills=[{"speed": 11}])


def choices(bundle):
    """The buttons, the line below them, and the sentence for later, of a question."""
    box = ipywidgets.widgets.widget._instances[bundle[VIEW]["model_id"]]
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


def test_axes_stay_unless_their_words_need_another_room():
    def left(top, layout):
        picture = plots.lines({"a": [0, top]}, xlabel="p", ylabel="y")
        picture.img(layout)
        return picture.figure.axes[0].get_position().x0

    layout = plots.Layout()
    first = left(1.0, layout)
    assert left(1.0, layout) == first
    assert left(123_456.0, layout) > first + 0.01  # wide numbers
