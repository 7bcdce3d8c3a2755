"""The course's own records: what notebook 11 draws, and the commands that make them."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from posenc.base import Dims
from posenc.study._load import pack
from posenc.study._run import run
from posenc.study._table import failed
from posenc.training import DIMS, TEXT, TEXT_DIMS, Setting

RATES = (0.3, 1.0, 3.0)
HIGHER = (1.0, 3.0)  # the better two, for nearly all
LONG = replace(TEXT, length=128, shortest=128)
STEPS = [half / 2 for half in range(2, 25)]  # ratios of frequencies 10^(-step/8), 0.75 to 0.0316
WINDOWS = (8, 16, 32)
BASES = (2.0, 10.0, 100.0, 1000.0, 10_000.0, 100_000.0, 1_000_000.0)


def make(file: str | Path, out: str | Path, which: str = "study", **where: object) -> None:
    """Train what the record holds, kept in ``out``, and pack it into ``file``."""
    parts_of = {"study": parts, "law": law, "layers": layers}[which]
    tables = [run(out=out, **part, **where) for part in parts_of()]  # type: ignore[arg-type]
    if any(failed(table).any() for table in tables):
        raise RuntimeError(f"{file} is not written, because cells have failed: see above")
    option = "" if which == "study" else f" --which {which}"
    pack(out, file, f"python -m posenc.study --record {Path(file).name}{option} --out DIR")


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


def law() -> Iterator[dict[str, object]]:
    """Return the runs that ask for a law: RoPE at each ratio of neighbouring frequencies.

    All are trained alike, each width of a head at each ratio that it can have.

    >>> [len(part["encodings"]) for part in law()]
    [23, 23, 23]
    """
    for heads in (8, 4, 2):
        width = DIMS.d_model // heads
        bases = [float(f"{10 ** (step * width / 16):.4g}") for step in STEPS]
        yield {
            "encodings": tuple(f"rope(base={base})" for base in bases),
            "tasks": ("back1",),
            "dims": Dims(DIMS.d_model, heads, DIMS.max_len),
            "lengths": (1, 2, 4, 8),
            "rates": HIGHER[1:],
        }


def layers() -> Iterator[dict[str, object]]:
    """Return the runs of models whose layers differ: on the text, and on the needle.

    All are trained at 32 tokens and asked up to 256; the ceiling is trained at 256.

    >>> [part["layers"] for part in layers()][2]
    ('full', 'full', 'full', 'NoPE')
    """
    text = {"tasks": ("text",), "lengths": (1, 2, 4, 8)}
    needle = {"tasks": ("needle",), "lengths": (1, 2, 4, 8)}
    short = Setting(steps=600, length=32, shortest=8)
    for names in patterns():
        yield {**text, "encodings": ("rope",), "layers": names, "rates": RATES}
    ceiling = replace(TEXT, length=256, shortest=256)
    yield {
        "tasks": ("text",),
        "lengths": (1 / 8, 1 / 4, 1 / 2, 1),
        "encodings": ("rope",),
        "layers": ("full",) * 4,
        "setting": ceiling,
        "rates": HIGHER[1:],
    }
    for names in patterns():
        yield {
            **needle,
            "encodings": ("rope",),
            "layers": names,
            "setting": short,
            "dims": TEXT_DIMS,
            "rates": RATES,
        }


def patterns() -> Iterator[tuple[str, ...]]:
    """Return the patterns of four layers that the record compares."""
    for name in ("full", "NoPE"):
        yield (name,) * 4
    yield ("full", "full", "full", "NoPE")
    for window in WINDOWS:
        local = f"window {window}"
        for last in ("full", "NoPE", local):
            yield (local, local, local, last)
    yield ("clamp 32",) * 4
