"""The Colab edition: one file with the package inside."""

import io
import lzma
import re
import subprocess
import sys
import zipfile

import pytest
import tiny
from making import made
from nbformat.v4 import new_code_cell, new_notebook
from real import SOURCES, every_lesson

from posenc.course import places
from posenc.course.editions import editions
from posenc.course.editions.colab import bundle, checked
from posenc.course.places import CourseError


def colab(source):
    return made(source, "study", "colab")


def set_up(notebook):
    [cell] = [cell for cell in notebook.cells if cell.id == "colab-setup"]
    return cell


def test_a_gpu_is_asked_for_and_the_set_up_is_hidden(source):
    made = colab(source)
    assert made.metadata.accelerator == "GPU"
    assert made.metadata.colab.gpuType == "T4"
    cell = set_up(made)
    assert made.cells.index(cell) == 1, "below the title, before all code"
    assert cell.metadata.cellView == "form"
    assert cell.source.startswith('#@title Setup: run this first {display-mode: "form"}')
    assert max(map(len, cell.source.splitlines())) <= 120


def test_solutions_are_folded_where_colab_folds(source):
    folded = [cell.id for cell in colab(source).cells if cell.metadata.get("cellView") == "form"]
    assert folded == ["colab-setup", "solution-double"]


@every_lesson
def test_it_adds_less_than_400_kb(stem):
    made = editions.content(editions.Piece(SOURCES[stem], "study", "colab"))
    assert len(made) - places.built_from(SOURCES[stem]).stat().st_size < 400_000


@every_lesson
def test_no_link_of_an_unpublished_lesson_is_dead(stem):
    for cell in colab(SOURCES[stem]).cells:
        if cell.cell_type == "markdown":
            assert not re.search(r"\]\((?!https?:|#)", cell.source)
            assert "colab.research" not in cell.source


def test_the_package_is_the_same_bytes_each_time(tmp_path):
    first = bundle(tmp_path, ())
    bundle.cache_clear()
    assert bundle(tmp_path, ()) == first


def carried(lessons):
    with zipfile.ZipFile(
        io.BytesIO(lzma.decompress(bundle(places.COURSE, (), lessons)))
    ) as archive:
        return {name for name in archive.namelist() if "solutions_" in name}


def test_a_file_carries_the_solutions_alone_that_its_lesson_asks_for(tmp_path):
    asks = 'from posenc import check\ncheck.sinusoidal(f)\nOwn = check.mine("MyEncoding")'
    book = new_notebook(cells=[new_code_cell(asks)])
    assert checked(book) == {"lesson_03", "solutions_04.json"}
    assert carried(checked(book)) == {"posenc/check/answers/solutions_04.json"}
    assert carried(frozenset({"lesson_03"})) == set()
    assert len(carried(None)) == 11


# --- the set-up cell, run ----------------------------------------------------


STAND_IN = """\
class drive:
    def mount(path):
        print("mounted", path)


class output:
    def enable_custom_widget_manager():
        print("widgets on")
"""
PROBE = "\nimport posenc, posenc.check, os\nprint(posenc.__file__, os.environ['POSENC_RECORD'])\n"


def run(cell, folder, extra=PROBE):
    """What the set-up says in an empty folder, without this course on the path."""
    program = folder.parent / "cell.py"
    program.write_text(cell + extra)
    command = [sys.executable, "-P", str(program)]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=120)


@pytest.fixture
def empty(tmp_path):
    folder = tmp_path / "somewhere" / "empty"
    folder.mkdir(parents=True)
    return folder


def test_the_package_and_the_declared_files_come_out_of_the_cell(tmp_path, empty):
    text = tiny.LESSON.replace("# %%\nfrom", '# %% files=["results/study.json"]\nfrom')
    source = tiny.lesson(tmp_path, text)
    (tmp_path / "notebooks" / "results").mkdir()
    (tmp_path / "notebooks" / "results" / "study.json").write_text("[1]")
    done = run(set_up(colab(source)).source, empty)
    assert done.returncode == 0, done.stderr
    first, ready, where = done.stdout.splitlines()
    assert first.startswith("Not on Colab")
    assert ready.startswith("Ready: posenc, with torch ")
    assert re.match(r"\S+posenc\.zip/posenc/__init__\.py \S+/empty/record\.jsonl$", where)
    assert [path.relative_to(empty).as_posix() for path in empty.rglob("*.*")] == [
        "results/study.json"
    ]


GUESS = """
import os
os.environ["POSENC_QUIET"] = "0"
from posenc import check
from posenc.check.trial import guesses
[asked] = [one for one in guesses.today() if one.key == "dog"]
guesses.guess(asked, 0)
"""


def test_a_guess_is_settled_there_by_what_the_package_knows(empty):
    """The cells of the file name no answer."""
    lesson = colab(SOURCES["01_attention_is_order_blind"])
    [claim] = [c.source for c in lesson.cells if 'check.claim("dog"' in c.source]
    assert "settles" not in claim
    call = claim[claim.index('check.claim("dog"') :].replace("apart,", "0,")
    done = run(set_up(lesson).source, empty, f"{GUESS}\n{call}")
    assert done.stdout.endswith("You predicted “They are far apart”; it is “They are equal”.\n"), (
        done.stderr
    )


def test_a_declared_file_that_is_not_there_is_named(tmp_path):
    text = tiny.LESSON.replace("# %%\nfrom", '# %% files=["results/study.json"]\nfrom')
    with pytest.raises(CourseError, match=r"results/study\.json, which is not in"):
        colab(tiny.lesson(tmp_path, text))


def test_a_damaged_package_is_refused(source, empty):
    cell = set_up(colab(source)).source
    at = cell.index("PACKAGE = ") + 200
    other = "A" if cell[at] != "A" else "B"
    done = run(cell[:at] + other + cell[at + 1 :], empty)
    assert "The package in this cell is damaged" in done.stderr


def test_on_colab_its_widgets_and_drive_are_used(source, empty):
    google = empty.parent / "google"
    google.mkdir()
    (google / "colab.py").write_text(STAND_IN)
    home = empty.parent / "drive" / "posenc"
    cell = set_up(colab(source)).source.replace("/content/drive/MyDrive/posenc", str(home))
    cell = cell.replace("keep_on_drive = False", "keep_on_drive = True")
    keys = "\nprint(f\"keys={os.environ['POSENC_KEYS']}\")\n"
    cell = f"import sys\nsys.path.insert(0, {str(empty.parent)!r})\n{cell}"
    done = run(cell, empty, PROBE + keys)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("widgets on\nmounted /content/drive\nReady")
    assert f"{home}/record.jsonl" in done.stdout
    assert "keys=/content/drive/MyDrive/.posenc" in done.stdout  # outlives the machine
