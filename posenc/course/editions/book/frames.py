"""The frames of a lesson's explorers: made by running the lesson, kept until it changes.

The store is a folder that git ignores. A lesson's frames lie in it under the digest of the
lesson's source and of the package (without `posenc.course`, which no lesson imports).
"""

import base64
import hashlib
import json
import os
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from functools import cache
from importlib import metadata
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import nbformat
from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError
from nbformat import NotebookNode

from posenc._files import write_aside
from posenc.course import places
from posenc.course.author import rerun
from posenc.course.editions.book.explorers import webp
from posenc.course.places import KERNEL_ENV, CourseError

STORE = ".frames"
MIME = "application/vnd.posenc.frames+json"
SECONDS_A_CELL = 600
DRAWN_BY = ("matplotlib", "numpy", "pillow", "torch")
PACKAGE = Path(__file__).resolve().parents[3]
Drawn = dict[str, dict[str, Any]]  # the id of an explorer's cell -> its controls and pictures


def frames(root: Path, sources: list[Path], jobs: int) -> dict[str, Drawn]:
    """Return the frames of each lesson by its stem; what is not in the store is made first."""
    missing = [source for source in sources if not _kept(root, source).exists()]
    if missing:
        names = ", ".join(source.stem[:2] for source in missing)
        print(f"Drawing the frames of {names}: these lessons are run once.", flush=True)
        # Fresh processes: a fork would copy torch's threads half alive.
        with ProcessPoolExecutor(min(jobs, len(missing)), get_context("spawn")) as pool:
            for said in pool.map(_keep, [root] * len(missing), missing):
                print(said, flush=True)
    return {source.stem: _read(_kept(root, source)) for source in sources}


def _kept(root: Path, source: Path) -> Path:
    return root / STORE / source.stem / f"{digest(source)[:16]}.json"


def digest(source: Path) -> str:
    """The digest of all that the frames of a lesson are made from."""
    return hashlib.sha256(_package() + source.read_bytes()).hexdigest()


@cache
def _package() -> bytes:
    parts = [f"{name} {metadata.version(name)}".encode() for name in DRAWN_BY]
    for path in sorted(PACKAGE.rglob("*")):
        inside = path.relative_to(PACKAGE)
        if path.is_file() and inside.parts[0] != "course" and "__pycache__" not in inside.parts:
            parts += [inside.as_posix().encode(), path.read_bytes()]
    return hashlib.sha256(b"\0".join(parts)).digest()


def _keep(root: Path, source: Path) -> str:
    """Run a lesson, put its frames into the store in the place of older ones, and say so."""
    drawn = drawn_by(nbformat.read(places.built_from(source), as_version=4), source)
    path = _kept(root, source)
    path.parent.mkdir(parents=True, exist_ok=True)
    for old in path.parent.glob("*.json"):
        old.unlink()
    write_aside(path, json.dumps(drawn, ensure_ascii=False, sort_keys=True).encode())
    count = sum(len(each["frames"]) for each in drawn.values())
    return f"✓ {source.stem[:2]}: {len(drawn)} explorers, {count} pictures"


def drawn_by(notebook: NotebookNode, source: Path) -> Drawn:
    """Return the frames of a built lesson's explorers, by the ids of their cells."""
    cells = [cell for cell in notebook.cells if cell.cell_type == "code"]
    explorers = [at for at, cell in enumerate(cells) if stored_explorer(cell)]
    if not explorers:
        return {}
    run = nbformat.v4.new_notebook(cells=cells[: explorers[-1] + 1], metadata=notebook.metadata)
    stored = {cells[at].id: stored_explorer(cells[at]) for at in explorers}
    _run(run, source)
    drawn = {cell.id: found for cell in run.cells for found in _found(cell)}
    for id, texts in stored.items():
        _refuse_other(drawn.get(id), texts, f"{source.stem}, cell {id}")
    return {id: _smaller(each) for id, each in drawn.items()}


def stored_explorer(cell: NotebookNode) -> list[str]:
    """The texts of the explorer that a built cell shows and of its stills; empty for others."""
    texts = [str(output.get("data", {}).get("text/plain", "")) for output in cell.outputs]
    begins = [at for at, text in enumerate(texts) if text.startswith("explore: ")]
    return texts[begins[0] :] if begins else []


def _run(notebook: NotebookNode, source: Path) -> None:
    env = os.environ | KERNEL_ENV | {"POSENC_STRICT": "", "POSENC_FRAMES": "1"}
    client = rerun.client(notebook, source.parents[1], timeout=SECONDS_A_CELL)
    try:
        with client.setup_kernel(env=env):
            for index, cell in enumerate(notebook.cells):
                client.execute_cell(cell, index)
    except CellExecutionError:
        cell = notebook.cells[index]
        said = [output.evalue for output in cell.outputs if output.output_type == "error"]
        raise CourseError(f"{source.stem}, cell {cell.id}: {' '.join(said)}") from None
    except (CellTimeoutError, DeadKernelError) as problem:
        raise CourseError(f"{source.stem}, cell {notebook.cells[index].id}: {problem}") from None


def _found(cell: NotebookNode) -> Iterator[dict[str, Any]]:
    for output in cell.outputs:
        if MIME in output.get("data", {}):
            yield output.data[MIME]


def _refuse_other(drawn: dict[str, Any] | None, stored: list[str], where: str) -> None:
    """Stop where a picture is another than the notebook stores, at the start or as a still."""
    if drawn is None:
        raise CourseError(f"{where}: the explorer was not shown when the lesson was run")
    for number, text in zip([drawn["start"], *drawn["wanted"]], stored, strict=True):
        said = drawn["frames"][number]["text"]
        if said != text.partition("\n")[2]:  # its first line names the setting
            raise CourseError(
                f"{where}: the explorer shows another picture than the notebook stores; build "
                f"the lesson again. Now:\n{said}\nStored:\n{text}"
            )


def _smaller(drawn: dict[str, Any]) -> dict[str, Any]:
    pictures = [
        {"webp": base64.b64encode(webp(frame.pop("png"))).decode(), **frame}
        for frame in drawn["frames"]
    ]
    return {**drawn, "frames": pictures}


def _read(path: Path) -> Drawn:
    drawn: Drawn = json.loads(path.read_text(encoding="utf-8"))
    for each in drawn.values():
        for frame in each["frames"]:
            frame["webp"] = base64.b64decode(frame["webp"])
    return drawn
