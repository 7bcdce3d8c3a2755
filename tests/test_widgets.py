"""Sliders: still where it is quiet, alive where it is not, and never lost to an error."""

import base64
import os
import subprocess
import sys

import nbformat
import pytest
from nbclient import NotebookClient

from posenc import plots
from posenc.widgets import VIEW, explore

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
    *controls, image, text = explorer.widget().children
    return {control.description: control for control in controls}, image, text


def test_a_slider_changes_the_picture_and_its_sentence(explorer, loud):
    controls, image, text = parts(explorer)
    before = image.value
    assert before == explorer.picture.png
    assert (image.width, image.height) == ("480", "320")
    controls["speed"].value = 5
    assert image.value == explorer.picture.png != before
    assert text.value == "<p>A sine of speed 5 &amp; shift 0.0.</p>"
    assert explorer.values["speed"] == 5
    assert isinstance(explorer.values["speed"], int)


def test_each_kind_of_slider_moves(explorer, loud):
    controls, _, _ = parts(explorer)
    controls["shift"].value = 0.5
    controls["band"].value = True
    assert explorer.values == {"speed": 3, "shift": 0.5, "kind": "sine", "band": True}
    assert "chance: 1" in repr(explorer.picture)


def test_an_error_is_one_line_and_the_old_picture_stays(explorer, loud):
    controls, image, text = parts(explorer)
    before = image.value
    controls["kind"].value = "nothing"
    assert image.value == before
    assert "RuntimeError: there is &lt;no&gt; such wave" in text.value
    controls["kind"].value = "sine"
    assert explorer.error == ""
    assert "RuntimeError" not in text.value


def test_set_moves_the_controls_too(explorer, loud):
    controls, image, _ = parts(explorer)
    explorer.set(speed=7, band=True)
    assert (controls["speed"].value, controls["band"].value) == (7, True)
    assert image.value == explorer.picture.png
    controls["shift"].value = 1.0  # and they still listen
    assert explorer.picture.alt == "A sine of speed 7 & shift 1.0."


def test_without_ipywidgets_there_is_the_still_and_a_hint(explorer, loud, monkeypatch, capsys):
    monkeypatch.setitem(sys.modules, "ipywidgets", None)
    data, _ = explorer._repr_mimebundle_()
    assert set(data) == {"text/plain", "image/png"}
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
