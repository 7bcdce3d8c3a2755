"""From a source to a notebook with its outputs: run, sealed, renamed into place."""

import base64
import hashlib
import os
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor, as_completed
from multiprocessing import get_context
from pathlib import Path

import nbformat
from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError

from posenc._files import write_aside
from posenc.course import places
from posenc.course.author import ledger, owed, rerun
from posenc.course.author.asked import asked
from posenc.course.author.source import metadata_of, notebook_from
from posenc.course.places import KERNEL_ENV, CourseError

WIDGET_VIEW = "application/vnd.jupyter.widget-view+json"
SECONDS_A_CELL = 180
# Run last, kept nowhere: a slider moved after Run All shows what it showed at its place.
LAST = "from posenc import widgets as _widgets; _widgets.still_true()"


def build(root: Path, names: list[str], *, jobs: int = 1) -> int:
    """Build the named lessons (all if none is named); 1 if one of them failed."""
    chosen = places.choose(places.sources(root), names)
    if not chosen:
        raise CourseError(f"no sources in {root / 'notebooks' / 'src'}")
    failures = 0
    for result in _results(chosen, jobs):
        failures += isinstance(result, CourseError)
        print(f"✗ {result}" if isinstance(result, CourseError) else result, flush=True)
    return int(failures > 0)


def _results(chosen: list[Path], jobs: int) -> Iterator[str | CourseError]:
    """What each build said or raised, as they end."""
    workers = min(jobs, len(chosen))
    if workers <= 1:
        yield from map(_build_or_say_why, chosen)
        return
    # Fresh processes: a fork would copy torch's threads half alive.
    with ProcessPoolExecutor(workers, get_context("spawn")) as pool:
        running = [pool.submit(_build_or_say_why, source) for source in chosen]
        for done in as_completed(running):
            yield done.result()


def _build_or_say_why(source: Path) -> str | CourseError:
    try:
        return build_one(source)
    except CourseError as problem:
        return problem


def build_one(source: Path) -> str:
    """Run one source and put its notebook in place; return a line that says so."""
    start = time.perf_counter()
    notebook = notebook_from(source)
    settled = asked(source)  # which refuses what could never be settled
    target = places.built_from(source)
    notebook.cells.append(nbformat.v4.new_code_cell(LAST))
    with tempfile.TemporaryDirectory(prefix="posenc-") as folder:
        noted = Path(folder) / "ledger.jsonl"
        noted.touch()
        _run(notebook, target, noted, back=rerun.changed(notebook, target))
    notebook.cells.pop()
    rows = [row for cell in notebook.cells for row in ledger.noted(cell)]
    for problem in owed.one_sided(settled, rows):
        raise CourseError(f"{source.name}: {problem}")
    for cell, output in outputs_of(notebook):
        _refuse(cell, output, target)
        _settle(output)
    notebook.metadata = nbformat.from_dict(metadata_of(source))
    content = as_bytes(notebook)
    write_aside(target, content)
    seconds = time.perf_counter() - start
    said = f"✓ {target.name}: {seconds:.1f} s, {len(content) / 1000:.0f} kB"
    return "\n".join([said, *owed.leaning(rows)])


def outputs_of(
    notebook: nbformat.NotebookNode,
) -> Iterator[tuple[nbformat.NotebookNode, nbformat.NotebookNode]]:
    """Each output together with its cell."""
    for cell in notebook.cells:
        for output in cell.get("outputs", []):
            yield cell, output


def png_sha256(output: nbformat.NotebookNode) -> str | None:
    """The hash of the picture in an output, None where there is none."""
    picture = output.get("data", {}).get("image/png")
    if picture is None:
        return None
    return hashlib.sha256(base64.b64decode(picture)).hexdigest()


def as_bytes(notebook: nbformat.NotebookNode) -> bytes:
    """The notebook as Jupyter writes it, a newline at its end."""
    nbformat.validate(notebook)
    return (nbformat.writes(notebook).rstrip("\n") + "\n").encode()


def _run(notebook: nbformat.NotebookNode, target: Path, noted: Path, *, back: bool) -> None:
    """Run all cells; with `back` once more, last to first, to see that none changes."""
    begun: list[str] = []
    client = rerun.client(
        notebook,
        target.parent,
        on_cell_execute=lambda cell, cell_index: begun.append(cell.source),
        on_cell_executed=lambda cell, **reply: ledger.keep(noted, cell),
        timeout=SECONDS_A_CELL,
    )
    try:
        with client.setup_kernel(env=os.environ | KERNEL_ENV | {"POSENC_LEDGER": str(noted)}):
            for index, cell in enumerate(notebook.cells):
                client.execute_cell(cell, index)
            for difference in rerun.in_reverse(client, notebook) if back else ():
                raise CourseError(f"{target.name}: after Run All a cell no longer {difference}")
    except CellExecutionError as problem:
        code = _indented(begun[-1])
        raise CourseError(
            f"{target.name}: {problem.ename}: {problem.evalue}, in the cell\n{code}\n"
            "The old notebook is left as it was."
        ) from None
    except (CellTimeoutError, DeadKernelError) as problem:
        code = _indented(begun[-1])
        raise CourseError(f"{target.name}: {problem}, in the cell\n{code}") from None


def _indented(code: str) -> str:
    return "\n".join(f"    {line}" for line in code.splitlines())


def _refuse(cell: nbformat.NotebookNode, output: nbformat.NotebookNode, target: Path) -> None:
    """Stop at an output that would differ elsewhere, or show where it was made."""
    reason = None
    if output.get("name") == "stderr":
        reason = f"a cell writes to stderr: {output.text.strip()}"
    if WIDGET_VIEW in output.get("data", {}):
        reason = "a cell stores a widget, which no page can show without its kernel"
    if reason:
        raise CourseError(f"{target.name}: {reason}, in the cell\n{_indented(cell.source)}")


def _settle(output: nbformat.NotebookNode) -> None:
    if output.output_type == "error":
        # The frames name files of this machine; the last line is the message.
        output.traceback = output.traceback[-1:]
    sha256 = png_sha256(output)
    if sha256:
        # nbval does not compare pixels: `check` compares them with this.
        output.metadata["posenc"] = {"png_sha256": sha256}
