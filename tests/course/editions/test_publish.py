"""`publish`: badges that lead to a teacher's repository, put on and taken off."""

import hashlib

import nbformat
import pytest
import tiny
import yaml
from real import ROOT, SOURCES, every_lesson

from posenc.course import __main__ as command_line
from posenc.course import places
from posenc.course.author.build import as_bytes
from posenc.course.author.check import problems
from posenc.course.author.source import notebook_from

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
    for source in places.sources(course):
        assert list(problems(source, places.built_from(source))) == []
    published = nbformat.read(course / "colab" / "01_tiny.ipynb", as_version=4)
    assert "colab-setup" in [cell.id for cell in published.cells]
    assert "blob/fall/colab/02_next.ipynb" in published.cells[0].source
    assert "git add colab notebooks README.md .github/workflows/pages.yml" in capsys.readouterr().out


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


def test_a_workflow_builds_the_book_from_the_teachers_branch(course, capsys):
    command_line.main(["publish", "--repo", "anna/course", "--branch", "fall"])
    path = course / ".github" / "workflows" / "pages.yml"
    steps = yaml.safe_load(path.read_text())["jobs"]["book"]["steps"]
    assert {"run": "make book"} in steps
    assert [step["with"]["path"] for step in steps if "pages-artifact" in step.get("uses", "")] == [
        "dist/book"
    ]
    assert 'branches: ["fall"]' in path.read_text()
    command_line.main(["publish", "--off"])
    assert not (course / ".github").exists()
    command_line.main(["publish", "--repo", "anna/course"])
    command_line.main(["publish", "--repo", "anna/course", "--edition", "student"])
    assert not path.exists(), "the book of the course shows the solutions"


def test_a_workflow_that_is_not_ours_is_left_alone(course, capsys):
    path = course / ".github" / "workflows" / "pages.yml"
    path.parent.mkdir(parents=True)
    path.write_text("name: mine\n")
    assert command_line.main(["publish", "--repo", "anna/course"]) == 1
    assert "pages.yml is a workflow of yours" in capsys.readouterr().err
    assert not (course / "colab").exists()
    command_line.main(["publish", "--off"])
    assert path.read_text() == "name: mine\n"


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
