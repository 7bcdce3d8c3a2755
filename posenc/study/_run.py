"""The driver: plans, hands out cells, keeps each as it comes, and makes the table."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import joblib
import pandas as pd

from posenc.base import ENCODINGS, Dims
from posenc.study import _table
from posenc.study._keep import Folder
from posenc.study._plan import Cell, Request, Scale, Spec
from posenc.study._work import key_of, made_of, packed, version, work
from posenc.tasks import TASKS
from posenc.training import Setting, progress


def run(
    encodings: Iterable[Spec] | None = None,
    tasks: Iterable[str] | None = None,
    seeds: int = 5,
    lengths: Sequence[float] = (1, 1.5, 2, 4),
    scale: str | Scale = "laptop",
    out: str | Path | None = None,
    *,
    rates: Sequence[float] = (1,),
    setting: Setting | None = None,
    dims: Dims | None = None,
    shift: int = 0,
    backend: str = "loky",
    jobs: int = 1,
) -> pd.DataFrame:
    """Return a table of trained models, each scored at each length; finished cells are kept.

    ``encodings``: registered names, with options as ``"rope(base=100.0)"`` or
    ``("rope", {"base": 100.0})``; all by default. ``tasks``: names in TASKS, or ``"text"``;
    all of TASKS by default. ``lengths`` are multiples of the trained length, ``rates`` of the
    usual learning rate. ``setting`` and ``dims`` replace the task's own. ``shift``: positions
    in training begin at random and end below it, 0 for counting from 0.

    ``out`` is a folder: each finished cell is kept there, and a run that was broken off goes
    on where it stopped. ``jobs`` cells at a time are trained by joblib's ``backend``.

    Raises ``ValueError`` for what is unknown or impossible before anything is trained, and
    ``RuntimeError`` at the end if cells failed; all others are kept then.

    >>> table = run(["none"], ["back1"], seeds=2, lengths=(1, 2), setting=Setting(steps=2))
    >>> table[["encoding", "task", "seed", "length"]].values.tolist()
    [['none', 'back1', 0, 16], ['none', 'back1', 0, 32], ['none', 'back1', 1, 16], ['none', 'back1', 1, 32]]
    """
    request = Request(
        tuple(ENCODINGS if encodings is None else encodings),
        tuple(TASKS if tasks is None else tasks),
        seeds,
        tuple(lengths),
        tuple(rates),
        shift,
    )
    sizes = _sized(_scale(scale), setting, dims)
    folder = None if out is None else Folder(Path(out), version()).open()
    return _table.by_length(study(request.cells(sizes), folder, backend, jobs))


SCALES = {"laptop": Scale()}


def _scale(scale: str | Scale) -> Scale:
    if isinstance(scale, Scale):
        return scale
    if scale not in SCALES:
        raise ValueError(f"no scale is called {scale!r}; known are: {', '.join(SCALES)}")
    return SCALES[scale]


def _sized(scale: Scale, setting: Setting | None, dims: Dims | None) -> Scale:
    if setting:
        scale = replace(scale, setting=setting, text=setting)
    if dims:
        scale = replace(scale, dims=dims, text_dims=dims)
    return scale


def study(cells: list[Cell], folder: Folder | None, backend: str, jobs: int) -> list[dict]:
    """Return the records of the cells, from the folder or newly made."""
    made = [made_of(cell) for cell in cells]
    keys = [key_of(each) for each in made]
    records = {key: folder.get(key) for key in keys} if folder else {}
    todo = [
        (key, packed(cell), each, str(folder.checkpoint(key)) if folder else None)
        for key, cell, each in zip(keys, cells, made, strict=True)
        if not records.get(key)
    ]
    failed = []
    results = _results(todo, backend, jobs)
    for _ in progress(range(len(todo)), "study"):
        key, record = next(results)
        if "error" in record:
            failed.append((key, record["error"]))
            continue
        records[key] = record
        if folder:
            folder.put(key, record)
    if failed:
        raise RuntimeError(_failure(failed, len(todo), folder))
    return [records[key] for key in keys]


def _results(todo: list[tuple], backend: str, jobs: int) -> Iterator[tuple[str, dict]]:
    with joblib.parallel_config(backend=backend, n_jobs=jobs):
        calls = (joblib.delayed(_work)(*each) for each in todo)
        yield from joblib.Parallel(return_as="generator_unordered")(calls)


def _work(key: str, payload: bytes, made: dict, checkpoint: str | None) -> tuple[str, dict]:
    return key, work(payload, made, checkpoint)


def _failure(failed: list[tuple[str, str]], todo: int, folder: Folder | None) -> str:
    key, error = failed[0]
    kept = f"; the others are kept in {folder.path}" if folder else ""
    return f"{len(failed)} of {todo} cells failed{kept}. The first, {key}: {error}"
