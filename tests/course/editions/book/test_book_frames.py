"""The store of frames: made once, made anew when something changes, never from another picture."""

import json

import pytest
import tiny

from posenc.course.author.build import build_one
from posenc.course.editions.book import frames
from posenc.course.places import CourseError

pytestmark = pytest.mark.slow
LESSON = """\
# %% [markdown]
# # 01 · Dials

# %%
from posenc import plots, widgets

# %% id="dials"
widgets.explore(plots.odometer, pos=(0, 2, 1, 1))

# %%
raise_later = 1

# %% [markdown]
# ## References
"""


@pytest.fixture
def source(tmp_path):
    made = tiny.write(tmp_path, LESSON)
    build_one(made)
    return made


def test_frames_are_kept_until_the_source_changes(source, tmp_path, capsys):
    made = frames.frames(tmp_path, [source], 1)
    [(cell, drawn)] = made["01_tiny"].items()
    assert cell == "dials"
    assert len(drawn["frames"]) == 3
    assert all(frame["webp"].startswith(b"RIFF") for frame in drawn["frames"])
    assert "✓ 01: 1 explorers, 3 pictures" in capsys.readouterr().out
    assert frames.frames(tmp_path, [source], 1) == made
    assert capsys.readouterr().out == "", "nothing is drawn twice"
    before = frames.digest(source)
    source.write_text(LESSON.replace("Dials", "Wheels"))
    assert frames.digest(source) != before


def test_a_picture_that_is_not_the_stored_one_stops_the_build(source, tmp_path):
    built = tmp_path / "notebooks" / "01_tiny.ipynb"
    text = built.read_text()
    assert "shows position 1" in text
    built.write_text(text.replace("shows position 1", "shows position 7"))
    with pytest.raises(CourseError, match=r"01_tiny, cell dials: .* another picture"):
        frames.frames(tmp_path, [source], 1)


def test_a_setting_that_fails_is_named_with_its_lesson_and_cell(source, tmp_path):
    built = tmp_path / "notebooks" / "01_tiny.ipynb"
    notebook = json.loads(built.read_text())
    for cell in notebook["cells"]:
        if cell["id"] == "dials":
            cell["source"] = (
                "def draw(pos):\n"
                "    assert pos < 2, 'too far'\n"
                "    return plots.odometer(pos)\n"
                "widgets.explore(draw, pos=(0, 2, 1, 1))"
            )
    built.write_text(json.dumps(notebook))
    with pytest.raises(CourseError, match=r"01_tiny, cell dials: explore fails at pos = 2.*too far"):
        frames.frames(tmp_path, [source], 1)
