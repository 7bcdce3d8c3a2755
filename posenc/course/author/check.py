"""Are the notebooks what their sources say? Read, not run: nbval runs them."""

from collections.abc import Iterator
from pathlib import Path

import nbformat

from posenc.check.trial.ledger import LAST, Ledger
from posenc.course import places
from posenc.course.author import ledger
from posenc.course.author.build import outputs_of, png_sha256
from posenc.course.author.source import notebook_from

MAX_BYTES = 1_000_000


def check(root: Path, names: list[str]) -> int:
    """Print one line a problem; 1 if there is one."""
    known = {path.stem: path for path in places.sources(root)}
    built = {path.stem: path for path in places.lessons(root)}
    everything = [root / stem for stem in sorted(known | built)]
    chosen = places.choose(everything, names)
    found = 0
    for stem in (path.name for path in chosen):
        for problem in problems(known.get(stem), built.get(stem)):
            found += 1
            print(f"✗ {stem}: {problem}")
    for problem in [] if names or found else [*ledger.stale(root), *older_ledgers(root)]:
        found += 1
        print(f"✗ {problem}")
    if not found:
        print(f"✓ {len(chosen)} notebooks are what their sources say")
    return int(found > 0)


def problems(source: Path | None, built: Path | None) -> Iterator[str]:
    """What is wrong with one lesson, a line each."""
    if source is None:
        yield "has no source in notebooks/src"
    elif built is None:
        yield f"is not built; {_rebuild(source)}"
    else:
        yield from _compare(source, built)


def _compare(source: Path, built: Path) -> Iterator[str]:
    try:
        notebook = nbformat.read(built, as_version=4)
    except (ValueError, AttributeError) as problem:
        # nbformat's own words for a file that is no notebook.
        yield f"cannot be read ({problem}); {_rebuild(source)}"
        return
    yield from _against_source(notebook, notebook_from(source), source)
    yield from _executed(notebook)
    yield from _outputs(notebook)
    if built.stat().st_size > MAX_BYTES:
        yield f"is {built.stat().st_size / 1e6:.2f} MB, and 1 MB is the limit"


def _against_source(
    notebook: nbformat.NotebookNode, expected: nbformat.NotebookNode, source: Path
) -> Iterator[str]:
    if notebook.metadata != expected.metadata:
        yield f"its notebook metadata is not the builder's; {_rebuild(source)}"
    if len(notebook.cells) != len(expected.cells):
        counts = f"{len(notebook.cells)} cells, its source {len(expected.cells)}"
        yield f"has {counts}; {_rebuild(source)}"
        return
    differing = [
        (number, part)
        for number, pair in enumerate(zip(notebook.cells, expected.cells, strict=True), 1)
        for part in ("cell_type", "source", "metadata", "id")
        if _written(pair[0], part) != pair[1].get(part)
    ]
    if differing:
        number, part = differing[0]
        cells = len({number for number, _ in differing})
        more = f" (and {cells - 1} more cells)" if cells > 1 else ""
        yield f"cell {number}: another {part} in its source{more}; {_rebuild(source)}"


def _written(cell: nbformat.NotebookNode, part: str) -> object:
    """What the source says of a cell: its metadata without what the builder noted."""
    if part != "metadata":
        return cell.get(part)
    return {key: value for key, value in cell.metadata.items() if key != ledger.KEY}


def older_ledgers(root: Path) -> Iterator[str]:
    """A line for a lesson that shows the ledger as it was before another lesson was built."""
    rulings = [row for row in ledger.rows_of(root) if "verdict" in row]
    others = tuple(row for row in rulings if row["lesson"][:2] != LAST)
    lines = set(Ledger(others)._repr_markdown_().splitlines())
    for path in places.lessons(root):
        for cell in nbformat.read(path, as_version=4).cells:
            if "check.ledger()" not in cell.source:
                continue
            shown = [output.get("data", {}).get("text/markdown", "") for output in cell.outputs]
            if not lines <= set("\n".join(shown).splitlines()):
                yield f"{path.name} shows an older ledger; {_rebuild(path)}"


def _executed(notebook: nbformat.NotebookNode) -> Iterator[str]:
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    for number, cell in enumerate(code, 1):
        if cell.execution_count != number:
            shown = cell.execution_count or "never run"
            yield f"code cell {number} is numbered {shown}: not run from top to bottom"
            return


def _outputs(notebook: nbformat.NotebookNode) -> Iterator[str]:
    for cell, output in outputs_of(notebook):
        where = f"cell [{cell.execution_count}]"
        allowed = "raises-exception" in cell.metadata.get("tags", [])
        if output.output_type == "error" and not allowed:
            yield f"{where} ends in {output.ename}: {output.evalue}"
        sealed = output.metadata.get("posenc", {}) if "metadata" in output else {}
        if png_sha256(output) != sealed.get("png_sha256"):
            yield f"{where}: its picture is not the one that the builder stored"


def _rebuild(source: Path) -> str:
    return f"run: python -m posenc.course build {source.stem}"
