"""Badges for a teacher's own repository, and its web book: put on, and taken off again.

The committed lessons do not carry the package, so the badges lead to their Colab edition,
written into `colab/`, which the teacher commits.
"""

import json
import re
from pathlib import Path

import nbformat

from posenc._files import write_aside
from posenc.course import places
from posenc.course.author.build import as_bytes
from posenc.course.author.published import FILE, FOLDER, Published, published
from posenc.course.author.source import notebook_from
from posenc.course.editions.editions import Piece
from posenc.course.editions.editions import content as content_of
from posenc.course.editions.folder import TEMPLATES
from posenc.course.places import CourseError

REPOSITORY = re.compile(r"[A-Za-z0-9][A-Za-z0-9-]{0,38}/[A-Za-z0-9._-]{1,100}")
BRANCH = re.compile(r"[A-Za-z0-9._/-]{1,200}")
PAGE = "README.md"  # of the folder: a class gets it alone
WORKFLOW = Path(".github", "workflows", "pages.yml")
TEMPLATE = TEMPLATES / "pages_workflow.txt"
MARKS = "<!-- colab: begin -->", "<!-- colab: end -->"


def publish(root: Path, repo: str, branch: str, audience: str) -> int:
    """Stamp the lessons and the README, write an audience's `colab/`; say what is left to do.

    Where the solutions may be seen, a workflow that puts the web book on GitHub Pages, too.
    """
    if not REPOSITORY.fullmatch(repo):
        raise CourseError(f"--repo must be OWNER/NAME, as on GitHub; got {repo!r}")
    if not BRANCH.fullmatch(branch):
        raise CourseError(f"--branch must be the name of a branch; got {branch!r}")
    stamp, public = Published(repo, branch), audience == "study"
    _refuse_other_workflow(root, public)
    _stamp(root, stamp)
    for source in places.sources(root):
        piece = Piece(source, audience, "colab")
        _write(root / FOLDER / f"{source.stem}.ipynb", content_of(piece))
    page = "\n".join(["# Open in Colab", "", *_badges(root, stamp), ""])
    _write(root / FOLDER / PAGE, page.encode())
    print(f"✓ {len(places.sources(root))} lessons lead to {repo}, branch {branch}, {FOLDER}/")
    if public:
        _write(root / WORKFLOW, _workflow(branch).encode())
        names = f"{FOLDER} notebooks README.md {WORKFLOW.as_posix()}"
        print(f"  Now: git add {names} && git commit && git push")
        print("  The web book follows, once the repository's settings name GitHub Actions for Pages")
    else:
        _withdraw_workflow(root)
        print(f"  Now: put {FOLDER}/ into {repo}, and nothing else: notebooks/ holds the solutions")
    return 0


def withdraw(root: Path) -> int:
    """Take the badges off, and the Colab editions that they led to."""
    _stamp(root, None)
    for source in places.sources(root):
        (root / FOLDER / f"{source.stem}.ipynb").unlink(missing_ok=True)
    (root / FOLDER / PAGE).unlink(missing_ok=True)
    _withdraw_workflow(root)
    _remove_empty(root / FOLDER)
    print("✓ no lesson leads to Colab any more")
    return 0


def _withdraw_workflow(root: Path) -> None:
    if _is_ours(root / WORKFLOW):
        (root / WORKFLOW).unlink()
        for folder in WORKFLOW.parents[:-1]:
            _remove_empty(root / folder)


def _remove_empty(folder: Path) -> None:
    if folder.is_dir() and not any(folder.iterdir()):
        folder.rmdir()


def _workflow(branch: str) -> str:
    return TEMPLATE.read_text(encoding="utf-8").replace("@BRANCH@", branch)


def _is_ours(path: Path) -> bool:
    """Whether a workflow was written by `publish`: it begins as the template does."""
    first = TEMPLATE.read_text(encoding="utf-8").partition("\n")[0]
    return path.is_file() and path.read_text(encoding="utf-8").startswith(first)


def _refuse_other_workflow(root: Path, needed: bool) -> None:
    if needed and (root / WORKFLOW).exists() and not _is_ours(root / WORKFLOW):
        raise CourseError(
            f"{WORKFLOW.as_posix()} is a workflow of yours; give it another name, or take it away"
        )


def _stamp(root: Path, stamp: Published | None) -> None:
    """All lessons and the README with the stamp, or none of them."""
    notebooks = root / "notebooks"
    before = published(notebooks)
    _set(notebooks / FILE, stamp)
    try:
        fresh = {places.built_from(s): _restamped(s) for s in places.sources(root)}
    except CourseError:
        _set(notebooks / FILE, before)
        raise
    for built, content in fresh.items():
        _write(built, content)
    _readme(root, stamp)


def _set(path: Path, stamp: Published | None) -> None:
    if stamp is None:
        path.unlink(missing_ok=True)
    else:
        _write(path, (json.dumps(vars(stamp), indent=1) + "\n").encode())


def _restamped(source: Path) -> bytes:
    """The lesson as its source and the stamp say, with the outputs that it has."""
    built = places.built_from(source)
    if not built.exists():
        raise CourseError(f"{source.stem} is not built; run: python -m posenc.course build")
    old, new = nbformat.read(built, as_version=4), notebook_from(source)
    kept = {cell.id: cell for cell in old.cells if cell.cell_type == "code"}
    for cell in new.cells:
        if cell.cell_type != "code":
            continue
        if cell.id not in kept or kept[cell.id].source != cell.source:
            again = f"python -m posenc.course build {source.stem}"
            raise CourseError(f"{source.stem} is not what its source says; run: {again}")
        old_cell = kept[cell.id]
        cell.outputs, cell.execution_count = old_cell.outputs, old_cell.execution_count
        if "posenc" in old_cell.metadata:  # what the builder noted of its claims
            cell.metadata["posenc"] = old_cell.metadata["posenc"]
    return as_bytes(new)


def _readme(root: Path, stamp: Published | None) -> None:
    """The badges between their two marks, where the README has them."""
    path = root / "README.md"
    text = path.read_text(encoding="utf-8") if path.exists() else ""
    begin, end = MARKS
    if begin not in text or end not in text:
        return
    inside = "\n".join([begin, *(_badges(root, stamp) if stamp else ()), end])
    _write(path, re.sub(f"{begin}.*?{end}", lambda _: inside, text, flags=re.DOTALL).encode())


def _badges(root: Path, stamp: Published) -> list[str]:
    return [f"- {source.stem[:2]} {stamp.badge(source.stem)}" for source in places.sources(root)]


def _write(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    write_aside(path, content)
