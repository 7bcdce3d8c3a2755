"""The folder of the editions: what lies in it, what it was made from, what must be made anew."""

import hashlib
import json
from pathlib import Path

from jinja2 import Environment, FileSystemLoader

from posenc._files import write_aside
from posenc.course.places import CourseError

RECORD = ".editions.json"
SUMS = "SHA256SUMS"
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

    def finish(self) -> None:
        """The sums, for the whole and for each audience's folder."""
        audiences = {name.split("/")[0] for name in self.record}
        for folder in ("", *sorted(f"{audience}/" for audience in audiences)):
            below = {n.removeprefix(folder): n for n in sorted(self.record) if n.startswith(folder)}
            rows = (f"{self.record[name]['sha256']}  {short}\n" for short, name in below.items())
            self._write(folder + SUMS, "".join(rows).encode())

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
