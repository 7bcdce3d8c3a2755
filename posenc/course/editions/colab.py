"""A lesson as one file that carries the package: no repository, no package index."""

import base64
import copy
import functools
import hashlib
import io
import json
import lzma
import re
import textwrap
import zipfile
from collections.abc import Collection, Iterable
from pathlib import Path

from nbformat import NotebookNode
from nbformat.v4 import new_code_cell

from posenc.check.trial.record import CALLED, LESSON
from posenc.course.cells import tags
from posenc.course.editions.links import for_colab
from posenc.course.places import CourseError

PACKAGE = Path(__file__).resolve().parents[2]
SETUP = Path(__file__).parent / "templates" / "colab_setup.txt"
ASKED_FOR = {"posenc/study/study.json", "posenc/study/law.json"}  # only for whom declares them
# For text: the smallest of what lzma offers.
SQUEEZED = {"id": lzma.FILTER_LZMA2, "preset": 9 | lzma.PRESET_EXTREME, "lc": 4, "lp": 0, "pb": 0}
LARGEST = 400_000  # bytes beyond the lesson itself
# What Colab reads: a GPU is asked for, and no account is named.
ASKED = {"accelerator": "GPU", "colab": {"gpuType": "T4", "provenance": [], "toc_visible": True}}
_CHECK = re.compile(r"\bcheck\.(\w+)")
_MINE = re.compile(r"""\bcheck\.mine\(\s*["'](\w+)""")
_READS = re.compile(r"\bposenc\.(read\b|config\b)")


def colab(
    notebook: NotebookNode, folder: Path, lessons: Collection[str], urls: dict[str, str]
) -> NotebookNode:
    """The lesson with its set-up cell; of the `lessons` of the course, `urls` are published.

    `folder` is where the lesson lies: from there come the files that its cells declare
    (`# %% files=["images/cat.png"]`), and from the package those that only some lessons
    read (`# %% files=["posenc/study/study.json"]`).
    """
    made = copy.deepcopy(notebook)
    here = notebook.metadata.get("posenc", {}).get("lesson", "")
    for cell in made.cells:
        if cell.cell_type == "markdown":
            cell.source = for_colab(cell.source, here, lessons, urls)
        if "solution" in tags(cell):
            # What `source_hidden` is in Jupyter.
            cell.metadata["cellView"] = "form"
    package = bundle(folder, declared(notebook), checked(notebook))
    made.cells.insert(1, setup_cell(package))
    for cell in made.cells:
        cell.metadata["id"] = cell.id  # by which Colab finds the cell that a link names
    made.metadata.update(copy.deepcopy(ASKED))
    return made


def declared(notebook: NotebookNode) -> tuple[str, ...]:
    """The files that the cells of a lesson say they read."""
    return tuple(name for cell in notebook.cells for name in cell.metadata.get("files", []))


def checked(notebook: NotebookNode) -> frozenset[str]:
    """The folders of the checkers that a lesson's cells name: posenc/check/lesson_NN.

    And the files with the course's answers for which `check.mine` is asked: solutions_NN.json;
    and posenc/config, where a lesson reads configs.
    """
    named = {name for cell in notebook.cells for name in _CHECK.findall(cell.source)}
    mine = {name for cell in notebook.cells for name in _MINE.findall(cell.source)}
    names = LESSON | {called: LESSON[name] for name, called in CALLED.items()}
    folders = [f"lesson_{LESSON[name][:2]}" for name in named if name in LESSON]
    folders += [f"solutions_{names[name][:2]}.json" for name in mine & set(names)]
    reads = any(_READS.search(cell.source) for cell in notebook.cells)
    return frozenset(folders + ["config"] * reads)


def setup_cell(package: bytes) -> NotebookNode:
    """The cell that holds the package, checks it and puts it on the path."""
    lines = "\n".join(
        textwrap.wrap(base64.b85encode(package).decode(), 120, break_on_hyphens=False)
    )
    if len(lines) > LARGEST:
        raise CourseError(f"the package is {len(lines)} bytes in the notebook, limit {LARGEST}")
    code = SETUP.read_text(encoding="utf-8").rstrip().replace("@PACKAGE@", lines)
    code = code.replace("@SHA256@", hashlib.sha256(package).hexdigest())
    cell = new_code_cell(code, id="colab-setup")
    cell.metadata.update(cellView="form")
    return cell


@functools.cache
def bundle(folder: Path, names: tuple[str, ...], lessons: frozenset[str] | None = None) -> bytes:
    """The package without the course's own tools, and the declared files: a zip, compressed.

    Of the checkers and the solutions it holds those of ``lessons``; None: of all.
    As a whole it becomes two thirds of what a zip makes of each file by itself.
    """
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for name, path in sorted(_files(folder, names, lessons)):
            # The same bytes from the same files, whenever and wherever they were written.
            archive.writestr(zipfile.ZipInfo(name), _content(path, lessons))
    return lzma.compress(packed.getvalue(), filters=[SQUEEZED])


def _content(path: Path, lessons: frozenset[str] | None) -> bytes:
    """Return a file's bytes; of what settles predictions, only what these lessons settle."""
    if lessons is None or path.name != "settled.json":
        return path.read_bytes()
    told = json.loads(path.read_text("utf-8"))
    told["claims"] = [claim for claim in told["claims"] if f"lesson_{claim[0]}" in lessons]
    return json.dumps(told, ensure_ascii=False).encode()


def _files(
    folder: Path, names: Iterable[str], lessons: frozenset[str] | None
) -> Iterable[tuple[str, Path]]:
    for path in PACKAGE.rglob("*"):
        inside = path.relative_to(PACKAGE)
        name = f"posenc/{inside.as_posix()}"
        if "__pycache__" in inside.parts or inside.parts[0] == "course" or not path.is_file():
            continue
        lesson = path.parent.name
        other = lessons is not None and lesson.startswith("lesson_") and lesson not in lessons
        if other and path.name != "__init__.py":  # which names the exercises of the course
            continue
        if lessons is not None and inside.parts[0] == "config" and "config" not in lessons:
            continue
        if lessons is not None and _is_solution(path) and path.name not in lessons:
            continue
        if name not in ASKED_FOR or name in names:
            yield name, path
    for name in set(names) - ASKED_FOR:
        if not (folder / name).is_file():
            raise CourseError(f"a lesson declares the file {name}, which is not in {folder}")
        yield name, folder / name


def _is_solution(path: Path) -> bool:
    return path.name.startswith("solutions_") and path.suffix == ".json"
