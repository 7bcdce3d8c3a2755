"""The results folder: one file for each finished cell, or none of it."""

import json
import warnings
from pathlib import Path

from posenc import _files

MARK = "posenc-study.json"  # says that a folder is ours
NEEDED = {"made", "accuracy", "loss", "why", "valid_loss", "valid_accuracy", "steps_to_95", "when"}


class Folder:
    """A folder of records, those of each version in a folder of their own.

    Raises ``ValueError`` for a folder that holds other things and ``OSError``, in one
    sentence, for one that cannot be written.
    """

    def __init__(self, path: Path, version: str) -> None:
        self.path, self.version = path, version
        self.place = path / version

    def open(self) -> "Folder":
        """Make the folder ready to be written into."""
        self.check()
        try:
            self.place.mkdir(parents=True, exist_ok=True)
            write_aside(self.path / MARK, json.dumps({"made by": "posenc.study"}))
        except OSError as error:
            raise OSError(
                f"the results folder {self.path} cannot be written ({error.strerror}): "
                "name another with out="
            ) from None
        return self

    def check(self) -> None:
        """Raise unless the folder is new, empty, or ours."""
        if self.path.exists() and not self.path.is_dir():
            raise ValueError(f"{self.path} is a file, not a folder: name another with out=")
        if self.path.is_dir() and not (self.path / MARK).exists() and any(self.path.iterdir()):
            raise ValueError(
                f"{self.path} holds other things and no study: name a new folder with out="
            )

    def versions(self) -> list[str]:
        """Return the versions whose records are here."""
        if not self.path.is_dir():
            return []
        return sorted(place.name for place in self.path.iterdir() if any(place.glob("*.json")))

    def get(self, key: str) -> dict | None:
        """Return a record, or None where there is none that can be read."""
        return self._read(self.place / f"{key}.json")

    def records(self) -> list[dict]:
        """Return all records of this version; torn ones are told and left out."""
        found = map(self._read, sorted(self.place.glob("*.json")))
        return [record for record in found if record]

    def put(self, key: str, record: dict) -> None:
        """Keep a record durably; its checkpoint is no longer needed."""
        write_aside(self.place / f"{key}.json", json.dumps(record, separators=(",", ":")))
        self.checkpoint(key).unlink(missing_ok=True)

    def checkpoint(self, key: str) -> Path:
        """Return where a cell's training keeps its checkpoint."""
        return self.place / f"{key}.pt"

    def remember(self, name: str, value: float) -> None:
        """Keep a number of the whole study."""
        write_aside(self.path / f"{name}.json", json.dumps(value))

    def recall(self, name: str) -> float | None:
        """Return a number that was kept, or None."""
        try:
            return float(json.loads((self.path / f"{name}.json").read_bytes()))
        except (OSError, TypeError, ValueError):
            return None

    def _read(self, path: Path) -> dict | None:
        try:
            record = json.loads(path.read_bytes())
            if isinstance(record, dict) and record.keys() >= NEEDED:
                return record
        except FileNotFoundError:
            return None
        except ValueError:
            pass
        warnings.warn(
            f"{path} is torn: it does not count, and its cell is trained again by the next run",
            stacklevel=2,
        )
        return None


def write_aside(path: Path, text: str) -> None:
    """Write a file so that it is there whole or not at all, whenever the machine stops."""
    _files.write_aside(path, text.encode(), durably=True)
