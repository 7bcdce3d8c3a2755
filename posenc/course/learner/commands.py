"""What a learner asks for besides opening the course: fresh copies, one again, a comparison."""

from pathlib import Path

from posenc.course.learner import copies, lab, settings, welcome
from posenc.course.learner.server import running
from posenc.course.learner.work import explained
from posenc.course.places import CourseError


def bring(root: Path) -> int:
    """Bring the copies up to date and open nothing: on a hub, JupyterLab is open already."""
    work, said = lab.find_copies(root)
    with explained(work):
        said += copies.update(root, work)
        welcome.deliver(root, work)
    lab.say(*said, f"Your copies are up to date, in {work}.")
    return 0


def begin_again(root: Path, names: list[str]) -> int:
    """Begin the named lessons again; what is in the old copies is kept."""
    work, said = lab.find_copies(root)
    for lesson in [_lesson(root, name) for name in names]:
        with explained(work):
            said += copies.again(lesson, work)
    if running(settings.runtime(work), work):
        said.append("In JupyterLab, choose File · Reload Notebook from Disk if it is open there.")
    lab.say(*said)
    return 0


def show_differences(root: Path, names: list[str]) -> int:
    """Show what differs between the copies of the named lessons and the course's."""
    work, said = lab.find_copies(root)
    for lesson in [_lesson(root, name) for name in names]:
        with explained(work):
            said += copies.compare(lesson, work)
    lab.say(*said)
    return 0


def _lesson(root: Path, name: str) -> Path:
    """The one lesson that is meant by `3`, `03` or its whole name."""
    wanted = Path(name).stem
    wanted = f"{int(wanted):02}_" if wanted.isdecimal() else wanted
    found = [path for path in copies.own_lessons(root) if path.stem.startswith(wanted)]
    if len(found) == 1:
        return found[0]
    known = ", ".join(path.stem for path in copies.own_lessons(root))
    many = "is not a lesson of this course" if not found else "is the beginning of several lessons"
    raise CourseError(f"{name!r} {many}; name one of these, or its number: {known}.")
