"""Sliders where it is quiet: a still, its text, and what strict nbval sees of both."""

import base64
import os
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient
from waves import wave

from posenc.widgets import VIEW, explore

ROOT = Path(__file__).resolve().parents[2]


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


def test_a_picture_that_is_not_stored_has_its_alt_text_in_html(loud):
    picture = wave()
    data, _ = picture._repr_mimebundle_()
    assert data["text/html"].startswith('<img alt="A sine of speed 1 &amp; shift 0.0." width="480"')
    assert data["image/png"] in data["text/html"]


def test_without_ipywidgets_there_is_the_still_and_a_hint(explorer, loud, monkeypatch, capsys):
    monkeypatch.setitem(sys.modules, "ipywidgets", None)
    data, _ = explorer._repr_mimebundle_()
    assert set(data) == {"text/plain", "text/html", "image/png"}
    assert "pip install ipywidgets" in capsys.readouterr().out


CELLS = (
    "import torch\nfrom posenc import plots\nfrom posenc.widgets import explore",
    "x = torch.arange(40, dtype=torch.float64)\n"
    "plots.lines({'sin': (x / 5).sin()}, x, xlabel='p', ylabel='y')",
    "explore(plots.odometer, pos=(0, 99, 1, 42))",
)


@pytest.mark.slow
def test_strict_nbval_passes_and_notices_another_frequency(tmp_path):
    env = {**os.environ, "POSENC_QUIET": "1", "PYTHONPATH": str(ROOT)}
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
