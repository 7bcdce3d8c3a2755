"""The driver: plans, hands out cells, keeps each as it comes, and makes the table."""

import warnings
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import joblib
import pandas as pd

from posenc._bar import progress, told
from posenc.base import Dims
from posenc.study import _table
from posenc.study._budget import fitted
from posenc.study._fault import Failed, said
from posenc.study._keep import Folder
from posenc.study._plan import Cell, Request, Spec
from posenc.study._scale import Scale, scale_of
from posenc.study._work import failed, key_of, made_of, packed, version, work
from posenc.tasks import TASKS
from posenc.training import Setting


def run(
    encodings: Iterable[Spec] | None = None,
    tasks: Iterable[str] | None = None,
    seeds: int = 5,
    lengths: Sequence[float] | None = None,
    scale: str | Scale = "laptop",
    out: str | Path | None = None,
    *,
    rates: Sequence[float] = (1,),
    setting: Setting | None = None,
    dims: Dims | None = None,
    shift: int = 0,
    layers: Sequence[str] = (),
    backend: str = "loky",
    scheduler: str | None = None,
    jobs: int = 1,
    budget: float | None = None,
) -> pd.DataFrame:
    """Return a table of trained models, each scored at each length; finished cells are kept.

    ``encodings``: registered names, with options as ``"rope(base=100.0)"`` or
    ``("rope", {"base": 100.0})``; all by default. ``tasks``: names in TASKS, or ``"text"``;
    all of TASKS by default. ``lengths`` are multiples of the trained length, 1, 1.5, 2, 4 by
    default; ``rates`` of the usual learning rate. ``setting`` and ``dims`` replace the
    task's own. ``shift``: in training, positions begin at random and end below it.
    ``layers``: what each layer is, "full", "window 8", "clamp 32", or one of these with
    "NoPE" before it; by default all are alike.

    ``out`` is a folder: each finished cell is kept there, and a run that was broken off goes
    on where it stopped. ``jobs`` cells at a time are trained by joblib's ``backend``; "dask"
    uses all of the cluster at ``scheduler``, or of the client at hand.

    ``scale="gpu"`` trains wider and longer models, by default five encodings on two tasks and
    the text; without a GPU it says so and is the laptop's. ``budget``: minutes to which the
    steps are fitted, after twenty steps of each kind were measured; 8 on a GPU.

    A class that raises costs its own cells alone: a warning names it and its fault, and its
    rows hold no number but the reason, in ``why``. They are not kept, so that the next run
    trains them again.

    Raises ``ValueError`` for what is unknown or impossible before anything is trained, and
    ``RuntimeError`` at the end if every cell failed.

    >>> table = run(["none"], ["back1"], seeds=2, lengths=(1, 2), setting=Setting(steps=2))
    >>> table[["encoding", "seed", "length"]].values.tolist()
    [['none', 0, 16], ['none', 0, 32], ['none', 1, 16], ['none', 1, 32]]
    """
    sizes = _sized(scale_of(scale), setting, dims)
    request = Request(
        encodings=sizes.encodings if encodings is None else tuple(encodings),
        tasks=sizes.tasks or tuple(TASKS) if tasks is None else tuple(tasks),
        seeds=seeds,
        lengths=sizes.lengths if lengths is None else tuple(lengths),
        rates=tuple(rates),
        shift=shift,
        layers=tuple(layers),
    )
    cells = request.cells(sizes)
    folder = None if out is None else Folder(Path(out).absolute(), version()).open()
    minutes = sizes.minutes if budget is None else budget
    if minutes is not None:
        cells = fitted(cells, minutes, folder)
    table = _table.by_length(study(cells, folder, _place(backend, scheduler, jobs, sizes)))
    if sizes.device != "cpu" and (turns := _table.by_turns(table)):
        print(turns)
    return table


def _sized(scale: Scale, setting: Setting | None, dims: Dims | None) -> Scale:
    if setting:
        scale = replace(scale, setting=setting, text=setting)
    if dims:
        scale = replace(scale, dims=dims, text_dims=dims)
    return scale


def _place(backend: str, scheduler: str | None, jobs: int, scale: Scale) -> dict[str, Any]:
    """Return joblib's name for where the cells go."""
    if backend == "dask":
        return {"backend": backend, "n_jobs": -1, "scheduler_host": scheduler}
    return {"backend": backend, "n_jobs": 1 if scale.device != "cpu" else jobs}  # one GPU


def study(cells: list[Cell], folder: Folder | None, place: dict[str, Any]) -> list[dict]:
    """Return the records of the cells, from the folder or newly made."""
    made = [made_of(cell) for cell in cells]
    keys = [key_of(each) for each in made]
    kept = {key: folder.get(key) for key in keys} if folder else {}
    records = {key: record for key, record in kept.items() if record}
    missing = {
        key: (cell, each)
        for key, cell, each in zip(keys, cells, made, strict=True)
        if key not in records
    }
    todo, faults = _packed(missing, folder)
    for key, record in _finished(todo, folder, place):
        if "error" in record:
            faults[key] = record["error"]
            continue
        records[key] = record
        if folder:
            folder.put(key, record)
    if faults:
        _tell({key: (missing[key][0], fault) for key, fault in faults.items()}, keys, folder)
    return [records.get(key) or failed(*missing[key], faults[key]) for key in keys]


def _packed(
    missing: dict[str, tuple[Cell, dict]], folder: Folder | None
) -> tuple[list[tuple], dict[str, str]]:
    """Return what is sent to the workers, and what is wrong with the cells that cannot be."""
    todo, faults = [], {}
    for key, (cell, made) in missing.items():
        try:
            payload = packed(cell)
        except Exception as error:  # a class may hold an open file, a lock, …
            faults[key] = f"it cannot be sent to a worker: {said(error)}"
            continue
        todo.append((key, payload, made, str(folder.checkpoint(key)) if folder else None))
    return todo, faults


def _tell(faults: dict[str, tuple[Cell, str]], keys: list[str], folder: Folder | None) -> None:
    """Warn with a line for each encoding's fault; raise if no cell of the study has a record."""
    tasks: dict[tuple[str, str], list[str]] = {}
    for cell, fault in faults.values():
        tasks.setdefault((cell.encoding, fault), []).append(cell.task.name)
    lines = [
        f"{name} failed on {_counted(dict.fromkeys(where))}: {fault}"
        for (name, fault), where in tasks.items()
    ]
    if len(faults) == len(set(keys)):
        raise Failed("\n".join(["nothing could be trained:", *lines]))
    head = f"{len(faults)} of {len(set(keys))} cells failed, the others are complete"
    head += f"{_kept(folder)}. Correct the class and run the study again."
    warnings.warn("\n".join([head, *lines]), stacklevel=4)


def _counted(tasks: Iterable[str]) -> str:
    first, *more = tasks
    return f"{first} and {len(more)} more tasks" if len(more) > 1 else ", ".join([first, *more])


def _finished(
    todo: list[tuple], folder: Folder | None, place: dict[str, Any]
) -> Iterator[tuple[str, dict]]:
    """Give each record as it is finished; say what to do where workers go away."""
    if not todo:
        return
    with joblib.parallel_config(**place):
        results = joblib.Parallel(return_as="generator_unordered")(
            joblib.delayed(_work)(*each) for each in todo
        )
    number = 0
    with told(lambda: f"Interrupted after {number} of {len(todo)} cells{_kept(folder)}; "
              f"run it again to {'go on' if folder else 'start over'}."):  # fmt: skip
        for number in progress(range(len(todo)), "study"):
            try:
                yield next(results)
            except Exception as error:  # of joblib, loky or dask: whatever each has for it
                raise RuntimeError(
                    f"the workers went away after {number} of {len(todo)} cells "
                    f"({' '.join(f'{type(error).__name__}: {error}'.split())}){_kept(folder)}: "
                    "run it again to go on"
                ) from None  # not the traceback of a worker


def _kept(folder: Folder | None) -> str:
    return f"; what was finished is kept in {folder.path}" if folder else ""


def _work(key: str, payload: bytes, made: dict, checkpoint: str | None) -> tuple[str, dict]:
    return key, work(payload, made, checkpoint)
