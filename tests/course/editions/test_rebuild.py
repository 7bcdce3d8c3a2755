"""Each kind of thing that an edition, or a grade, is made from: touched once, it is made anew."""

import shutil
from dataclasses import replace
from pathlib import Path

import pytest
import tiny

from posenc.course import places
from posenc.course.editions import colab, editions, folder
from posenc.course.grade import run as grading
from posenc.course.grade import tasks
from posenc.course.grade.outside import walls
from posenc.course.grade.outside.judge import How

DECLARED = tiny.LESSON.replace("# %%\nfrom", '# %% files=["data/a.md", "data/b.json"]\nfrom', 1)
STUDY = "study/study.json"
PACKAGE = {  # one of each kind of file that the package holds, in whatever folder
    "a module": "base.py",
    "a module in a folder": "encodings/rotary.py",
    "a module of the checkers": "check/**/*verdict.py",
    "a module of the editions": "course/editions/page.py",
    "the recorded study": STUDY,
    "a config of the drawer": "config/models/gpt2.json",
    "what families of models are": "config/families.toml",
    "what the lessons ask": "check/**/predictions.json",
    "what the lessons rule": "check/**/verdicts.json",
    "a template": "course/**/handout/index.html.j2",
    "a page that is no lesson": "course/**/front.html.j2",
    "a style": "course/**/handout.css",
    "the cell of Colab's edition": "course/**/colab_setup.txt",
    "an extension of the lab": "course/**/posenc-controls/package.json",
}
FORMATS = ("ipynb", "colab", "html", "pdf")


@pytest.fixture
def package(tmp_path, monkeypatch):
    """A copy of the package's files, to be changed; the code that runs is the true one."""
    copy = tmp_path / "package" / "posenc"
    shutil.copytree(editions.PACKAGE, copy, ignore=shutil.ignore_patterns("__pycache__"))
    for module in (editions, colab, walls):
        monkeypatch.setattr(module, "PACKAGE", copy)
    forget()
    yield copy
    forget()


def forget():
    """What a process keeps of the package, as another run of the command would not."""
    editions._tool_digest.cache_clear()
    colab.bundle.cache_clear()


@pytest.fixture
def source(tmp_path, package):
    data = tmp_path / "course" / "notebooks" / "data"
    data.mkdir(parents=True)
    for name in ("a.md", "b.json", "c.csv"):
        (data / name).write_text("1")
    tiny.lesson(tmp_path / "course", name="02_next")
    return tiny.lesson(tmp_path / "course", DECLARED)


@pytest.fixture
def stale(source, tmp_path, monkeypatch):
    """Which of the lesson's files another run would make; none are made in earnest."""
    monkeypatch.setattr(editions, "content", lambda piece, printer: b"made")
    monkeypatch.setattr(editions, "_bound", lambda *a: False)
    put = folder.Folder.put

    def run():
        forget()
        made = []
        with monkeypatch.context() as patch:
            patch.setattr(folder.Folder, "put", lambda *a: (made.append(a[1]), put(*a))[1])
            editions.editions(source.parents[2], editions.Order(), tmp_path / "dist")
        return {name for name in made if "/01_tiny." in name}

    assert run() == every(source)
    assert run() == set()
    return run


def every(source):
    pieces = (editions.Piece(source, a, f) for a in editions.Order().audiences for f in FORMATS)
    return {piece.name for piece in pieces}


def touch(path):
    assert path.is_file(), path
    path.write_bytes(path.read_bytes() + b"\n")


def test_the_kinds_of_files_are_all_that_the_package_holds():
    """A new suffix or folder in the package wants a line in PACKAGE."""
    root = editions.PACKAGE
    known = {Path(name).suffix for name in PACKAGE.values()}
    beside = {".md", ".typed", ".js", ".map", ".css", ".txt"}
    found = {p.suffix for p in root.rglob("*") if p.is_file() and "__pycache__" not in p.parts}
    assert found - beside <= known


@pytest.mark.parametrize("kind", PACKAGE)
def test_a_changed_file_of_the_package_makes_all_anew(kind, stale, source, package):
    touch(next(package.glob(PACKAGE[kind])))
    assert stale() == every(source)


@pytest.mark.parametrize("name", ["new.py", "check/engine/new.py", "course/editions/a/new.txt"])
def test_a_new_file_of_the_package_does(name, stale, source, package):
    (package / name).parent.mkdir(parents=True, exist_ok=True)
    (package / name).write_text("")
    assert stale() == every(source)


def test_a_file_of_the_package_under_another_name_does(stale, source, package):
    (package / "text.py").rename(package / "texu.py")  # next in order, with the same bytes
    assert stale() == every(source)


@pytest.mark.parametrize("name", ["data/a.md", "data/b.json", "data/c.csv"])
def test_a_changed_file_beside_the_lessons_does(name, stale, source):
    touch(source.parents[1] / name)
    assert stale() == every(source)


def test_a_file_beside_the_lessons_under_another_name_does(stale, source):
    data = source.parents[1] / "data"
    (data / "c.csv").rename(data / "d.csv")
    assert stale() == every(source)


def test_the_address_where_lessons_are_published_does(stale, source):
    (source.parents[1] / "published.json").write_text('{"repo": "a/b", "branch": "main"}')
    # The notebook's badge comes with it; without that the lesson would be refused.
    tiny.lesson(source.parents[2], name="02_next")
    tiny.lesson(source.parents[2], DECLARED)
    assert stale() == every(source)


def test_a_changed_lesson_or_its_notes_do(stale, source):
    tiny.lesson(source.parents[2], DECLARED.replace("Some words", "Other words"))
    assert stale() == every(source)
    touch(source.parent / "teaching" / "01_tiny.md")
    assert stale() == every(source)


def test_other_outputs_of_the_same_code_do(stale, source):
    built = places.built_from(source)
    built.write_text(built.read_text().replace("not written yet", "still not written"))
    assert stale() == every(source)


def test_a_lesson_more_does_for_links_lead_to_it(stale, source):
    tiny.lesson(source.parents[2], name="03_more")
    assert stale() == every(source)


@pytest.mark.parametrize("tool", editions.TOOLS)
def test_another_version_of_a_tool_does(tool, stale, source, monkeypatch):
    version = editions.metadata.version
    monkeypatch.setattr(
        editions.metadata, "version", lambda name: "0.0" if name == tool else version(name)
    )
    assert stale() == every(source)


def test_every_package_that_writes_an_edition_is_among_the_tools():
    words = {"bs4": "beautifulsoup4"}
    imported = {
        words.get(name, name)
        for path in (editions.PACKAGE / "course").rglob("*.py")
        for name in ("bs4", "jinja2", "jupytext", "nbconvert", "nbformat", "playwright", "pypdf")
        if f"from {name}" in path.read_text() or f"import {name}" in path.read_text()
    }
    assert imported <= set(editions.TOOLS)


def unrelated(course, package):
    (course / "work").mkdir()
    (course / "work" / "01_tiny.ipynb").write_text("a learner's own")
    (course / "README.md").write_text("words")
    (package / "__pycache__").mkdir()
    (package / "__pycache__" / "base.cpython-311.pyc").write_bytes(b"1")
    (course / "notebooks" / "ruff.toml").write_text("")


def test_what_is_unrelated_makes_nothing_anew(stale, source, package):
    unrelated(source.parents[2], package)
    assert stale() == set()


def test_another_lesson_makes_itself_anew_and_not_this_one(stale, source):
    other = tiny.lesson(source.parents[2], tiny.LESSON.replace("Some", "Many"), name="02_next")
    touch(other.parent / "teaching" / "02_next.md")
    assert stale() == set()


def test_colabs_cell_has_what_the_lesson_declares_and_the_study_only_then(package, source):
    beside_them = source.parents[1]

    def bundle(*names):
        forget()
        return colab.bundle(beside_them, names)

    plain, asked, beside = bundle(), bundle(f"posenc/{STUDY}"), bundle("data/a.md")
    touch(package / STUDY)
    assert bundle() == plain
    assert bundle(f"posenc/{STUDY}") != asked
    touch(beside_them / "data" / "a.md")
    assert bundle("data/a.md") != beside
    touch(package / "encodings" / "rotary.py")
    assert bundle() != plain


# --- grades -------------------------------------------------------------------


def test_grades_are_kept_until_the_package_the_lessons_or_the_way_change(package, source):
    lessons = [tasks.read(source)]
    seen = [grading._fingerprint(lessons, How(False))]
    for name in ("functional/_rotary.py", "check/**/*verdict.py", "course/**/*judge.py"):
        touch(next(package.glob(name)))
        seen.append(grading._fingerprint(lessons, How(False)))
    for room in ("check/a/b", "course/grade/a/b"):
        (package / room).mkdir(parents=True)
        (package / room / "new.py").write_text("")
        seen.append(grading._fingerprint(lessons, How(False)))
    seen.append(grading._fingerprint(lessons, How(True)))
    seen.append(grading._fingerprint([replace(lessons[0], cells=("another",))], How(True)))
    assert len(set(seen)) == len(seen)
    unrelated(source.parents[2], package)
    assert grading._fingerprint([replace(lessons[0], cells=("another",))], How(True)) == seen[-1]
