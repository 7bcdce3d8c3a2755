"""The folder of the editions: what lies in it, what it was made from, what must be made anew."""

import hashlib
import json
from pathlib import Path

from jinja2 import Environment, FileSystemLoader

from posenc._files import write_aside
from posenc.course.places import CourseError

RECORD = ".editions.json"
SUMS, INDEX = "SHA256SUMS", "index.html"
TEMPLATES = Path(__file__).parent / "templates"


class Folder:
    """Files by their path below `out`, each with the digest of its inputs and its own."""

    def __init__(self, out: Path) -> None:
        self.out = out
        self._write(RECORD + ".try", b"")
        (out / (RECORD + ".try")).unlink()
        self.record: dict[str, dict[str, str]] = _read(out / RECORD)

    def holds(self, name: str, inputs: str) -> bool:
        """Whether the file is there, unchanged, and made from these inputs."""
        path, known = self.out / name, self.record.get(name, {})
        if known.get("inputs") != inputs or not path.is_file():
            return False
        return known.get("sha256") == _sha256(path)

    def put(self, name: str, content: bytes, inputs: str) -> None:
        """The file, whole or not at all, and a note of what it was made from."""
        self._write(name, content)
        self.record[name] = {"inputs": inputs, "sha256": hashlib.sha256(content).hexdigest()}
        self._write(RECORD, json.dumps(self.record, indent=1, sort_keys=True).encode())

    def forget(self, names: set[str]) -> None:
        """Take away what was made for lessons that are no more."""
        for name in names & set(self.record):
            (self.out / name).unlink(missing_ok=True)
            del self.record[name]

    def finish(self, titles: dict[str, str]) -> None:
        """An index page and the sums, for the whole and for each audience's folder."""
        audiences = {name.split("/")[0] for name in self.record}
        for folder in ("", *sorted(f"{audience}/" for audience in audiences)):
            below = {n.removeprefix(folder): n for n in sorted(self.record) if n.startswith(folder)}
            page = _index(folder, below, self.out, titles).encode()
            self._write(folder + INDEX, page)
            sums = {short: self.record[name]["sha256"] for short, name in below.items()}
            sums[INDEX] = hashlib.sha256(page).hexdigest()
            rows = "".join(f"{digest}  {short}\n" for short, digest in sums.items())
            self._write(folder + SUMS, rows.encode())

    def _write(self, name: str, content: bytes) -> None:
        path = self.out / name
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            write_aside(path, content)
        except OSError as problem:
            raise CourseError(
                f"{path} cannot be written: {problem.strerror}; make room, or name another "
                "folder with --out. What was finished is kept."
            ) from None


def _index(folder: str, below: dict[str, str], out: Path, titles: dict[str, str]) -> str:
    """The page of links; its rows are lessons, its columns audiences and formats."""
    columns = sorted({short.rpartition("/")[0] for short in below})
    rows = [
        (title, [next((s for s in below if s.startswith(f"{c}/{stem}.")), None) for c in columns])
        for stem, title in titles.items()
    ]
    sizes = {short: f"{(out / name).stat().st_size / 1000:.0f} kB" for short, name in below.items()}
    template = environment().get_template("folder.html.j2")
    return template.render(
        folder=folder.strip("/"), columns=columns, rows=rows, sizes=sizes, below=list(below)
    )


def environment() -> Environment:
    """Where the pages that are no lessons come from."""
    return Environment(loader=FileSystemLoader(TEMPLATES), autoescape=True, trim_blocks=True)


def _read(path: Path) -> dict[str, dict[str, str]]:
    """The record; empty where there is none or it cannot be read, and all is made anew."""
    try:
        record = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return record if isinstance(record, dict) else {}


def _sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
