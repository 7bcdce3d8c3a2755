"""The Colab edition and `publish`: one file with the package inside, and badges that lead to it."""

import hashlib
import re
import subprocess
import sys

import nbformat
import pytest
import tiny

from posenc.course import __main__ as command_line
from posenc.course import _check, _colab, _editions, _places
from posenc.course._build import as_bytes
from posenc.course._places import CourseError
from posenc.course._source import notebook_from

ROOT = _places.find_root(_places.Path(__file__).parent)
SOURCES = {path.stem: path for path in _places.sources(ROOT)}
every_lesson = pytest.mark.parametrize("stem", sorted(SOURCES))


def colab(source, audience="study"):
    content = _editions.content(_editions.Piece(source, audience, "colab"))
    return nbformat.reads(content.decode(), as_version=4)


@pytest.fixture
def source(tmp_path):
    return tiny.lesson(tmp_path)


def set_up(notebook):
    [cell] = [cell for cell in notebook.cells if cell.id == "colab-setup"]
    return cell


# --- the notebook ------------------------------------------------------------


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
    made = _editions.content(_editions.Piece(SOURCES[stem], "study", "colab"))
    assert len(made) - _places.built_from(SOURCES[stem]).stat().st_size < 400_000


@every_lesson
def test_no_link_of_an_unpublished_lesson_is_dead(stem):
    for cell in colab(SOURCES[stem]).cells:
        if cell.cell_type == "markdown":
            assert not re.search(r"\]\((?!https?:|#)", cell.source)
            assert "colab.research" not in cell.source


def test_the_package_is_the_same_bytes_each_time(tmp_path):
    first = _colab.bundle(tmp_path, ())
    _colab.bundle.cache_clear()
    assert _colab.bundle(tmp_path, ()) == first


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
    done = run(f"import sys\nsys.path.insert(0, {str(empty.parent)!r})\n{cell}", empty)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("widgets on\nmounted /content/drive\nReady")
    assert f"{home}/record.jsonl" in done.stdout


# --- publish -----------------------------------------------------------------


README = "# T\n\n<!-- colab: begin -->\n<!-- colab: end -->\n\nMore.\n"


@pytest.fixture
def course(source, monkeypatch):
    root = source.parents[2]
    tiny.lesson(root, name="02_next")
    (root / "README.md").write_text(README)
    monkeypatch.chdir(root)
    return root


def state(root):
    files = [path for path in root.rglob("*") if path.is_file()]
    return {path: hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def test_badges_lead_to_the_teachers_repository_and_check_agrees(course, capsys):
    assert command_line.main(["publish", "--repo", "anna/course", "--branch", "fall"]) == 0
    url = "https://colab.research.google.com/github/anna/course/blob/fall/colab/01_tiny.ipynb"
    notebook = nbformat.read(course / "notebooks" / "01_tiny.ipynb", as_version=4)
    assert notebook.cells[0].source.endswith(f"]({url})")
    assert notebook.cells[2].source.startswith("## 1"), "and nothing else moved"
    assert url in (course / "README.md").read_text()
    for source in _places.sources(course):
        assert list(_check.problems(source, _places.built_from(source))) == []
    published = nbformat.read(course / "colab" / "01_tiny.ipynb", as_version=4)
    assert "colab-setup" in [cell.id for cell in published.cells]
    assert "blob/fall/colab/02_next.ipynb" in published.cells[0].source
    assert "git add colab notebooks README.md" in capsys.readouterr().out


def test_a_class_gets_a_colab_edition_without_solutions(course, capsys):
    assert command_line.main(["publish", "--repo", "anna/course", "--edition", "student"]) == 0
    for path in (course / "colab").iterdir():
        assert "twice_as_much" not in path.read_text()
    assert "blob/main/colab/01_tiny.ipynb" in (course / "colab" / "README.md").read_text()
    assert "nothing else: notebooks/ holds the solutions" in capsys.readouterr().out
    command_line.main(["publish", "--repo", "anna/course"])
    assert "twice_as_much" in (course / "colab" / "01_tiny.ipynb").read_text()


def test_taken_off_again_all_is_as_it_was(course):
    before = state(course)
    command_line.main(["publish", "--repo", "anna/course"])
    assert state(course) != before
    assert command_line.main(["publish", "--off"]) == 0
    assert state(course) == before
    assert not (course / "colab").exists()


def test_what_the_builder_noted_in_a_cell_stays(course):
    built = course / "notebooks" / "01_tiny.ipynb"
    notebook = nbformat.read(built, as_version=4)
    noted = {"ledger": [{"id": "sum"}]}
    [cell] = [cell for cell in notebook.cells if "check.predict" in cell.source]
    cell.metadata["posenc"] = noted
    built.write_bytes(as_bytes(notebook))
    command_line.main(["publish", "--repo", "anna/course"])
    notebook = nbformat.read(built, as_version=4)
    assert [c.metadata.posenc for c in notebook.cells if "posenc" in c.metadata] == [noted]


def test_stamping_twice_is_stamping_once_with_the_last(course):
    command_line.main(["publish", "--repo", "anna/course"])
    command_line.main(["publish", "--repo", "bela/other"])
    text = (course / "notebooks" / "01_tiny.ipynb").read_text()
    assert "bela/other" in text
    assert "anna/course" not in text + (course / "README.md").read_text()


@pytest.mark.parametrize("repo", ["anna", "anna/course/tree", "https://github.com/a/b", "a b/c"])
def test_what_is_no_repository_is_refused(course, capsys, repo):
    before = state(course)
    assert command_line.main(["publish", "--repo", repo]) == 1
    assert "OWNER/NAME" in capsys.readouterr().err
    assert state(course) == before


def test_a_lesson_that_is_not_up_to_date_stops_all_of_it(course, capsys):
    tiny.write(course, tiny.LESSON.replace("sum((x, x))", "2 * x"), name="02_next")
    before = state(course)
    assert command_line.main(["publish", "--repo", "anna/course"]) == 1
    assert "02_next is not what its source says" in capsys.readouterr().err
    assert state(course) == before


@every_lesson
def test_the_lessons_of_this_repository_are_not_stamped(stem):
    """A copy that a teacher has published passes this too: stamps are one file."""
    if (ROOT / "notebooks" / "published.json").exists():
        pytest.skip("published")
    assert "colab.research" not in notebook_from(SOURCES[stem]).cells[0].source
