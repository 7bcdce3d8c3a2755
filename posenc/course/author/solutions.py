"""The lessons' solutions as texts that run by themselves: the course's answers in `check.mine`."""

import json
import re
from pathlib import Path

from posenc.check.answers.source import gather
from posenc.check.trial.record import CALLED, LESSON
from posenc.course import lesson, places
from posenc.course.lesson import Lesson

_CHECKED = re.compile(r"^check\.(\w+)\(", flags=re.MULTILINE)
_DTYPE = re.compile(r"^torch\.set_default_dtype\(torch\.(\w+)\)", flags=re.MULTILINE)


def files(root: Path) -> dict[Path, str]:
    """Return a file for each lesson that has exercises: what it holds, by its path."""
    folder = root / "posenc" / "check" / "answers"
    found = {}
    for source in places.sources(root):
        answers = _answers(lesson.read(source))
        if answers:
            text = json.dumps(answers, ensure_ascii=False, indent=1) + "\n"
            found[folder / f"solutions_{source.name[:2]}.json"] = text
    return found


def _answers(told: Lesson) -> dict[str, dict[str, str]]:
    found, cells = {}, list[str]()
    for cell in told.cells:
        if cell.kind != "code":
            continue
        cells.append(cell.exercise.answer if cell.exercise else cell.source)
        checker = _CHECKED.findall(cell.source)[-1:] if cell.exercise else []
        if checker and checker[0] in LESSON:
            [name] = checker
            source, answer = gather(cells, name, CALLED.get(name, name))
            dtype = _DTYPE.findall("\n".join(cells))[-1:] or ["float32"]
            found[name] = {"source": source, "answer": answer, "dtype": dtype[0]}
    return found
