"""The course's own study: what notebook 11 draws, and the one command that makes it."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from posenc.base import Dims
from posenc.study._load import pack
from posenc.study._run import run
from posenc.study._table import failed
from posenc.training import DIMS, TEXT, Setting

RATES = (0.3, 1.0, 3.0)
HIGHER = (1.0, 3.0)  # the better two, for nearly all
LONG = replace(TEXT, length=128, shortest=128)
BASES = (2.0, 10.0, 100.0, 1000.0, 10_000.0, 100_000.0, 1_000_000.0)


def make(file: str | Path, out: str | Path, **where: object) -> None:
    """Train what the record holds, kept in ``out``, and pack it into ``file``."""
    tables = [run(out=out, **part, **where) for part in parts()]  # type: ignore[arg-type]
    if any(failed(table).any() for table in tables):
        raise RuntimeError(f"{file} is not written, because cells have failed: see above")
    pack(out, file, f"python -m posenc.study --record {Path(file).name} --out DIR")


def parts() -> Iterator[dict[str, object]]:
    """Return the arguments of each run.

    >>> next(parts())["rates"]
    (0.3, 1.0, 3.0)
    """
    text = {"tasks": ("text",), "seeds": 3}
    yield {"rates": RATES}
    yield {**text, "rates": RATES, "lengths": (1, 2, 4)}
    # slower, or never? four times the steps
    patient = Setting(steps=1200)
    yield {"tasks": ("before", "back1", "index"), "setting": patient, "rates": HIGHER}
    # base × width of a head
    ropes = tuple(f"rope(base={base})" for base in BASES)
    for heads in (2, 4, 8):
        dims = Dims(DIMS.d_model, heads, DIMS.max_len)
        yield {"encodings": ropes, "tasks": ("back1",), "dims": dims, "rates": HIGHER}
    # shifted positions, their gain and their price
    yield {"tasks": ("before", "back1"), "shift": 64, "rates": HIGHER}
    yield {**text, "lengths": (1, 2, 4), "shift": 128, "rates": HIGHER[1:]}
    # the same model, trained at the long length
    yield {**text, "lengths": (0.25, 0.5, 1), "setting": LONG, "rates": HIGHER[1:]}
