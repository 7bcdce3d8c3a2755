"""Every edition of every lesson, made for real: leaks, pages, the network, Colab, nbgrader."""

import html
import io
import json
import os
import re
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path

import nbformat
import pytest

from posenc.course import (
    _audience,
    _editions,
    _leaks,
    _lesson,
    _listing,
    _pages,
    _places,
    _source,
    _tools,
)

pypdf = pytest.importorskip("pypdf")
playwright = pytest.importorskip("playwright.sync_api")
pytestmark = [
    pytest.mark.full,
    pytest.mark.skipif(not _tools.find_browser(), reason="no Chromium here"),
]

ROOT = _places.find_root(Path(__file__).parent)
SOURCES = {path.stem: path for path in _places.sources(ROOT)}
every_lesson = pytest.mark.parametrize("stem", sorted(SOURCES))
PYTHON = "Scripts/python.exe" if sys.platform == "win32" else "bin/python"


@pytest.fixture(scope="module")
def dist(tmp_path_factory):
    out = tmp_path_factory.mktemp("dist")
    assert _editions.editions(ROOT, _editions.Order(), out) == 0
    return out


def words_of(path):
    """All that a file says to who reads it, or looks into it."""
    if path.suffix == ".pdf":
        reader = pypdf.PdfReader(path)
        return ["".join(page.extract_text() for page in reader.pages), str(reader.metadata)]
    text = path.read_text(encoding="utf-8")
    if path.suffix == ".html":
        return [text, html.unescape(text), html.unescape(re.sub(r"<[^>]+>", "", text))]
    if path.suffix == ".ipynb":
        notebook = json.loads(text)
        # The package itself has formulas in it, as an installed one has.
        notebook["cells"] = [c for c in notebook["cells"] if c["id"] != "colab-setup"]
        return [notebook]
    return [text]


# --- leaks -------------------------------------------------------------------


def pieces(stem):
    return [piece for found in _leaks.secrets(SOURCES[stem]).values() for piece in found]


def test_no_student_artefact_shows_a_line_of_an_answer(dist):
    secret = [piece for stem in SOURCES for piece in pieces(stem)]
    files = [path for path in (dist / "student").rglob("*") if path.is_file()]
    assert len(files) >= 4 * len(SOURCES) + 1
    lesson = {path: [s for s in SOURCES if path.stem == s] for path in files}
    for path in files:
        # What one lesson asks another may show, so each is held against its own answers.
        mine = pieces(lesson[path][0]) if lesson[path] else []
        assert _leaks.leaked(mine, words_of(path)) == [], path
    assert secret


def chapter(reader, stem):
    """What the bound volume says on the pages of a lesson."""
    labelled = zip(reader.page_labels, reader.pages, strict=True)
    return "".join(page.extract_text() for label, page in labelled if label[:2] == stem[:2])


@every_lesson
def test_no_chapter_of_the_bound_volume_shows_an_answer_of_its_own(dist, stem):
    volumes = [pypdf.PdfReader(dist / who / "pdf" / "course.pdf") for who in ("student", "study")]
    student, study = ([chapter(volume, stem)] for volume in volumes)
    assert _leaks.leaked(pieces(stem), student) == []
    assert _leaks.leaked(pieces(stem), study) == pieces(stem)


@every_lesson
@pytest.mark.parametrize("form", ["html", "pdf"])
def test_the_same_search_finds_them_in_the_study_edition(dist, stem, form):
    path = dist / "study" / form / f"{stem}.{form}"
    assert _leaks.leaked(pieces(stem), words_of(path)) == pieces(stem)


@pytest.mark.parametrize("medium", ["screen", "paper"])
def test_a_planted_line_is_found_in_a_page_and_in_print(tmp_path, medium):
    from posenc.course import _print

    source = next(iter(SOURCES.values()))
    line = next(piece for piece in pieces(source.stem) if len(piece) > 30)
    student = _editions.content(_editions.Piece(source, "student", "ipynb"))
    notebook = nbformat.reads(student.decode(), as_version=4)
    notebook.cells[2].outputs = [nbformat.v4.new_output("stream", text=line)]
    page = _pages.page(notebook, _pages.Page(source.stem, "student", medium, ()))
    with _print.printer() as print_page:
        path = tmp_path / ("page.html" if medium == "screen" else "page.pdf")
        path.write_bytes(page.encode() if medium == "screen" else print_page(page))
    assert _leaks.leaked(pieces(source.stem), words_of(path)) == [line]


# --- paper -------------------------------------------------------------------


def code_of(stem, audience):
    content = _editions.content(_editions.Piece(SOURCES[stem], audience, "ipynb"))
    notebook = nbformat.reads(content.decode(), as_version=4)
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


@every_lesson
@pytest.mark.parametrize("audience", _audience.AUDIENCES)
def test_a_handout_is_a4_numbered_titled_and_whole(dist, stem, audience):
    reader = pypdf.PdfReader(dist / audience / "pdf" / f"{stem}.pdf")
    title = nbformat.read(_places.built_from(SOURCES[stem]), as_version=4).cells[0].source
    running = _leaks.squeezed(title.splitlines()[0].lstrip("# "))
    for number, page in enumerate(reader.pages, 1):
        assert [round(float(side)) for side in page.mediabox[2:]] == [595, 842]
        text = _leaks.squeezed(page.extract_text())
        assert running in text
        assert f"{stem[:2]}·{number}" in text
        full = len(text) > len(running) + 60 or len(page.images) > 1
        assert full, f"page {number} is all but empty"


@every_lesson
def test_no_line_of_code_is_cut_off_in_print(dist, stem):
    [text, _] = words_of(dist / "student" / "pdf" / f"{stem}.pdf")
    printed = _leaks.squeezed(text)
    for cell in code_of(stem, "student"):
        if not re.match(r"check\.(predict|verdict)\(", cell.source.strip()):
            for line in _listing.listing(cell.source).splitlines():
                assert _leaks.squeezed(line) in printed, line


@every_lesson
def test_the_contents_name_the_right_pages(dist, stem):
    reader = pypdf.PdfReader(dist / "student" / "pdf" / f"{stem}.pdf")
    pages = [_leaks.squeezed(page.extract_text()) for page in reader.pages]
    sections = list(headings(reader.outline))
    assert len(sections) > 5
    for entry in sections:
        page = reader.get_destination_page_number(entry) + 1
        title = _leaks.squeezed(entry.title)
        assert title in pages[page - 1]
        if "$" not in entry.title and title.isascii():
            assert f"{title}{page}" in pages[0] + pages[1], entry.title


def headings(outline, depth=0):
    for entry in outline:
        if isinstance(entry, list):
            yield from headings(entry, depth + 1) if depth == 0 else ()
        elif depth == 1:
            yield entry


@pytest.mark.parametrize("audience", _audience.AUDIENCES)
def test_the_bound_volume_has_every_page_once_and_names_it(dist, audience):
    bound = pypdf.PdfReader(dist / audience / "pdf" / "course.pdf")
    single = [pypdf.PdfReader(dist / audience / "pdf" / f"{stem}.pdf") for stem in SOURCES]
    labels = list(bound.page_labels)
    wanted = [
        f"{stem[:2]} · {number}"
        for stem, reader in zip(SOURCES, single, strict=True)
        for number in range(1, len(reader.pages) + 1)
    ]
    front = len(labels) - len(wanted)
    assert 1 <= front <= 4
    assert labels[front:] == wanted
    contents = _leaks.squeezed("".join(page.extract_text() for page in bound.pages[:front]))
    for stem, reader in zip(SOURCES, single, strict=True):
        last = [*headings(reader.outline)][-1]
        page = reader.get_destination_page_number(last) + 1
        assert f"{stem[:2]}·{page}" in contents


# --- screens -----------------------------------------------------------------


@every_lesson
@pytest.mark.parametrize("audience", _audience.AUDIENCES)
def test_a_page_needs_no_network_and_sets_its_formulas(dist, stem, audience):
    asked, said = [], []
    with playwright.sync_playwright() as driver:
        browser = driver.chromium.launch(
            executable_path=_tools.find_browser(), args=["--no-sandbox", "--disable-gpu"]
        )
        page = browser.new_page()
        page.on("request", lambda request: asked.append(request.url))
        page.on("console", lambda message: said.append(message.text))
        page.on("pageerror", lambda error: said.append(str(error)))
        page.goto((dist / audience / "html" / f"{stem}.html").as_uri())
        page.evaluate("MathJax.startup.promise")
        assert page.locator("mjx-merror").count() == 0
        assert "$" not in page.locator("main p:not(:has(code))").all_inner_texts()
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth + 1")
        browser.close()
    assert [url for url in asked if not url.startswith(("file:", "data:"))] == []
    assert said == []


# --- Colab -------------------------------------------------------------------

RUN = """\
import sys, nbformat
from nbclient import NotebookClient
notebook = nbformat.read(sys.argv[1], as_version=4)
for cell in notebook.cells:
    if cell.cell_type == "code":
        cell.outputs, cell.execution_count = [], None
NotebookClient(notebook, timeout=300, kernel_name="python3").execute()
for cell in notebook.cells:
    for output in cell.get("outputs", []):
        print(output.get("text", ""))
"""
SEALED = "bwrap --unshare-net --bind / / --dev /dev --proc /proc --chdir".split()


def sealed():
    """Whether bubblewrap can take the network away here."""
    return bool(shutil.which("bwrap")) and not subprocess.run([*SEALED, "/", "true"]).returncode


def environment(folder, *requirements):
    """A fresh Python with these packages alone, skipped where they cannot be had."""
    subprocess.run([sys.executable, "-m", "venv", folder], check=True)
    pip = [folder / PYTHON, "-m", "pip", "install", "-q", *requirements]
    done = subprocess.run(pip, capture_output=True, text=True)
    if done.returncode:
        pytest.skip(f"cannot be installed here: {done.stderr.strip().splitlines()[-1]}")
    return folder / PYTHON


@pytest.fixture(scope="module")
def colab_python(tmp_path_factory):
    """Colab's kernel, with the torch that this Python has: the nearest that can be had."""
    if not sealed():
        pytest.skip("no bubblewrap here to take the network away")
    torch = next(
        line for line in (ROOT / "constraints.txt").read_text().splitlines() if "torch==" in line
    )
    lines = (ROOT / "tests" / "colab.txt").read_text().splitlines()
    not_these = ("#", "torch==", "nbval", "pytest")
    pins = [line for line in lines if not line.startswith(not_these)]
    others = ("pandas", "joblib", "nbclient")  # Colab has the first two
    return environment(tmp_path_factory.mktemp("colab") / "venv", *pins, torch, *others)


@every_lesson
def test_a_colab_lesson_runs_to_its_end_alone(dist, colab_python, tmp_path, stem):
    (tmp_path / "run.py").write_text(RUN)
    (tmp_path / "empty").mkdir()
    env = {k: v for k, v in os.environ.items() if not k.startswith(("POSENC", "PYTHON"))}
    lesson = dist / "study" / "colab" / f"{stem}.ipynb"
    command = [*SEALED, tmp_path / "empty", colab_python, tmp_path / "run.py", lesson]
    done = subprocess.run(command, capture_output=True, text=True, timeout=600, env=env)
    assert done.returncode == 0, done.stderr[-2000:]
    assert "Ready: posenc, with torch" in done.stdout
    assert "✗" not in "".join(line[:2] for line in done.stdout.splitlines()), "a false claim"


# --- nbgrader ----------------------------------------------------------------

SCORES = """\
from nbgrader.api import Gradebook
import json
with Gradebook("sqlite:///gradebook.db") as book:
    found = book.find_submission("ps", "ann").notebooks
    print(json.dumps({g.name: [g.auto_score, g.max_score] for n in found for g in n.grades}))
"""


@pytest.fixture(scope="module")
def nbgrader(tmp_path_factory):
    """nbgrader beside what is installed here, as a teacher has it."""
    folder = tmp_path_factory.mktemp("nbgrader") / "venv"
    subprocess.run([sys.executable, "-m", "venv", folder], check=True)
    packages = subprocess.check_output(
        [folder / PYTHON, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))"], text=True
    ).strip()
    (Path(packages) / "seen.pth").write_text(f"{ROOT}\n{sysconfig.get_path('purelib')}\n")
    return environment(folder, "nbgrader==0.9.6")


def test_nbgrader_makes_an_assignment_and_its_points_are_ours(dist, nbgrader, tmp_path):
    """One exercise solved of the lesson that runs quickest; the others stay stubs."""
    stem = next(stem for stem in SOURCES if stem.startswith("03"))
    (tmp_path / "source" / "ps").mkdir(parents=True)
    shutil.copy(dist / "instructor" / "ipynb" / f"{stem}.ipynb", tmp_path / "source" / "ps")
    shutil.copy(dist / "instructor" / "ipynb" / "nbgrader_config.py", tmp_path)

    def call(*words):
        env = os.environ | {"PATH": f"{nbgrader.parent}{os.pathsep}{os.environ['PATH']}"}
        command = [nbgrader, "-m", *words]
        done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, env=env)
        assert done.returncode == 0, done.stderr[-2000:]

    call("nbgrader", "generate_assignment", "ps", "--create")
    released = nbformat.read(tmp_path / "release" / "ps" / f"{stem}.ipynb", as_version=4)
    assert _leaks.leaked(pieces(stem), released) == []
    assert not [cell for cell in released.cells if "teacher" in _lesson.tags(cell)]
    exercises = _source.exercises(SOURCES[stem])
    for cell in released.cells:
        if cell.metadata.get("nbgrader", {}).get("grade_id") == f"exercise-{exercises[0].name}":
            cell.source = exercises[0].answer
    submitted = tmp_path / "submitted" / "ann" / "ps"
    submitted.mkdir(parents=True)
    nbformat.write(released, submitted / f"{stem}.ipynb")
    call("nbgrader", "autograde", "ps")
    told = subprocess.check_output([nbgrader, "-c", SCORES], cwd=tmp_path, text=True)
    ours = {
        f"check-{exercise.name}": [exercise.points * (number == 0), exercise.points]
        for number, exercise in enumerate(exercises)
    }
    assert json.loads(told) == ours


# --- a disk that is full -----------------------------------------------------


@pytest.mark.skipif(not shutil.which("unshare"), reason="no unshare here")
def test_a_full_disk_ends_in_one_line(tmp_path):
    out = tmp_path / "small"
    out.mkdir()
    command = (
        f"mount -t tmpfs -o size=600k none {out} && {sys.executable} -m posenc.course editions"
    )
    command += f" --format ipynb --out {out}; echo status $?; find {out} -name '*.part' | wc -l"
    env = os.environ | {"PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        ["unshare", "-rm", "sh", "-c", command], cwd=ROOT, capture_output=True, text=True, env=env
    )
    if "mount" in done.stderr and "posenc" not in done.stderr:
        pytest.skip("no mounting here")
    assert done.stdout.splitlines()[-2:] == ["status 1", "0"]
    assert done.stderr.strip().splitlines()[-1].endswith("What was finished is kept.")
    assert "No space left on device" in done.stderr
    assert io.StringIO(done.stderr).read().count("Traceback") == 0
