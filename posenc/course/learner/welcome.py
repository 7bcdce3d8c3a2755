"""The page on which the course opens: how a lesson works, and which lessons there are."""

import json
import re
from pathlib import Path

from posenc._files import write_aside
from posenc.course.cells import digest, title_of
from posenc.course.learner import copies
from posenc.course.learner.work import command, record

NAME = "00_welcome.md"  # before the lessons in the list of files
MINUTES = re.compile(r"(\d+) minutes")


def deliver(root: Path, work: Path) -> None:
    """Bring the page into `work`, unless a learner has changed it or thrown it away."""
    record, _ = copies.read_record(work)
    entry = record.setdefault("00_welcome", {"latest": "", "files": {}})
    page, content = work / NAME, text(root, work).encode()
    known = entry["files"].get(NAME)
    here = digest(page.read_bytes()) if page.is_file() else None
    if here == known and here != digest(content):
        write_aside(page, content)
        entry["files"][NAME] = entry["latest"] = digest(content)
        copies.write_record(work, record)


def text(root: Path, work: Path) -> str:
    """The page, in Markdown."""
    rows = [_row(path) for path in copies.own_lessons(root)]
    first = next((path.name for path in copies.own_lessons(root)), "")
    template = Path(__file__).with_name("welcome.md").read_text(encoding="utf-8")
    words = {
        "FIRST": first,
        "LESSONS": "\n".join(rows),
        "WORK": str(work),
        "RECORD": str(record(work)),
        "COMMAND": command("").strip(),
    }
    return re.sub(r"<([A-Z]+)>", lambda found: words[found[1]], template)


def _row(lesson: Path) -> str:
    """A line of the list: a link, the lesson's question, how long it takes."""
    cells = json.loads(lesson.read_text(encoding="utf-8"))["cells"]
    first = "".join(cells[0]["source"]) if cells else ""
    title = title_of(first) or lesson.stem
    minutes = MINUTES.search(first)
    time = f", {minutes[1]} minutes" if minutes else ""
    number, _, question = title.rpartition(" · ")
    return f"- [{number or lesson.stem[:2]} · {question}]({lesson.name}){time}"
