"""Reading studies: a folder of records, or one packed file."""

import json
import warnings
from collections.abc import Iterable
from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Literal

import pandas as pd

from posenc.base import ENCODINGS
from posenc.study import _key, _table
from posenc.study._keep import Folder, write_aside
from posenc.study._plan import parsed
from posenc.study._work import version

By = Literal["length", "position"]
Which = Literal["study", "law"]


def load(path: str | Path, by: By = "length") -> pd.DataFrame:
    """Return the table of a results folder, or of a file that ``pack`` wrote.

    ``by="position"`` gives the losses along the texts instead. A folder gives the records of
    this version of torch and of the training code, and of a class as it is now; others are
    told and left out.

    Raises ``ValueError`` where there is no study, or none of this version.
    """
    path = Path(path)
    _known(by)
    return _as_table(_unpacked(path, str(path)) if path.is_file() else _current(path), by)


def record(by: By = "length", which: Which = "study") -> pd.DataFrame:
    """Return a recorded study of the course: every encoding, every task, five seeds, three rates.

    ``which="law"`` gives the second record: RoPE on ``back1`` for each head width and each
    ratio of neighbouring frequencies, up to eight times the trained length. They travel with
    the package, as ``posenc/study/study.json`` and ``posenc/study/law.json``.

    Raises ``FileNotFoundError`` where the package has come without it, as in the Colab
    edition of a lesson that does not read it, and ``ValueError`` for another ``by`` or ``which``.
    """
    _known(by)
    if which not in ("study", "law"):
        raise ValueError(f"which must be 'study' or 'law'; got {which!r}")
    file = resources.files("posenc.study").joinpath(f"{which}.json")
    if not file.is_file():
        raise FileNotFoundError(
            f"this copy of posenc has come without {which}.json, the recorded study: "
            "lesson 11 and the whole package bring it"
        )
    return _as_table(_unpacked(file, "the recorded study"), by)


def _known(by: By) -> None:
    if by not in ("length", "position"):
        raise ValueError(f"by must be 'length' or 'position'; got {by!r}")


def _as_table(records: list[dict], by: By) -> pd.DataFrame:
    return _table.by_length(records) if by == "length" else _table.by_position(records)


def _unpacked(file: Traversable, name: str) -> list[dict]:
    try:
        return json.loads(file.read_text(encoding="utf-8"))["records"]
    except (ValueError, KeyError, TypeError):
        raise ValueError(f"{name} is no packed study: name a results folder or its file") from None


def _current(path: Path) -> list[dict]:
    folder = Folder(path, version())
    versions = folder.versions()
    if not versions:
        raise ValueError(f"{path} holds no study: run one with study.run(…, out={str(path)!r})")
    if folder.version not in versions:
        raise ValueError(
            f"{path} holds no records of {folder.version}, only of {', '.join(versions)}: "
            "run the study again, records of two versions are not mixed"
        )
    others = [name for name in versions if name != folder.version]
    records = folder.records()
    kept = list(_of_classes_as_now(records))
    if others:
        _tell(f"{path} also holds records of {', '.join(others)}, which are left out")
    if len(kept) < len(records):
        _tell(f"{len(records) - len(kept)} cells in {path} are of classes since changed: left out")
    return kept


def _of_classes_as_now(records: list[dict]) -> Iterable[dict]:
    """Return the records whose class is as it is registered, or else the one seen last."""
    now: dict[str, str] = {}
    for each in sorted(records, key=lambda each: each["when"], reverse=True):
        made = each["made"]
        name, options = parsed(made["encoding"])
        if made["encoding"] not in now:
            cls = ENCODINGS.get(name)
            now[made["encoding"]] = _key.digest(cls, options) if cls else made["class"]
    return (each for each in records if each["made"]["class"] == now[each["made"]["encoding"]])


def _tell(what: str) -> None:
    warnings.warn(what, stacklevel=4)


# --- packing --------------------------------------------------------------------------------


def pack(folder: str | Path, file: str | Path, command: str) -> None:
    """Write all records of a folder into one file, with the command that made them.

    Losses along the text are kept at the best learning rate alone.
    """
    records = _current(Path(folder))
    best = _best_keys(records)
    for each in records:
        if _place(each) not in best:
            each["by_position"] = None
    lines = ",\n".join(json.dumps(each, separators=(",", ":")) for each in records)
    date = max(each["when"] for each in records)[:10]
    head = json.dumps({"command": command, "version": version(), "date": date})[1:-1]
    write_aside(Path(file), f'{{{head}, "records": [\n{lines}\n]}}\n')


def _best_keys(records: list[dict]) -> set[tuple]:
    table = _table.best(_table.by_length(records))
    return set(table[["encoding", "task", "lr", "trained", "shifted"]].itertuples(index=False))


def _place(record: dict) -> tuple:
    made, setting = record["made"], record["made"]["setting"]
    return made["encoding"], made["task"], setting["lr"], setting["length"], made["shift"]
