"""One cell's work, from the class to the record; done here or by a worker elsewhere."""

import hashlib
import math
import platform
import sys
import threading
import time
from dataclasses import asdict
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path

import cloudpickle
import torch

from posenc.study import _key
from posenc.study._crowd import Crowd, rehearse
from posenc.study._device import capability_of, forget_peak, name_of, peak_mib
from posenc.study._fault import said
from posenc.study._plan import Cell
from posenc.study._score import Score, score
from posenc.study._steps import Steps, Trained
from posenc.study._train import train
from posenc.text import corpus
from posenc.training import Setting

ONE_AT_A_TIME = threading.Lock()  # random numbers and threads are the whole process's


def version() -> str:
    """Return which torch and which training code make the numbers: a folder's name.

    >>> version().startswith("torch-")
    True
    """
    return f"torch-{torch.__version__}-{_code()}".replace("+", "_")


@lru_cache(maxsize=1)
def _code() -> str:
    return _key.digest(Steps, Trained, score, Crowd, Setting)[:8]


def made_of(cell: Cell) -> dict[str, object]:
    """Return all that decides a cell's numbers, as JSON has it."""
    task, setting = cell.task, asdict(cell.setting)
    return {
        "encoding": cell.encoding,
        "class": _key.digest(cell.cls, dict(cell.options)),
        "task": task.name,
        "sampler": _corpus() if task.name == "text" else _key.digest(task.sampler),
        "model": [task.vocab_size, task.n_layers, task.causal, *asdict(cell.dims).values()],
        "setting": {**setting, "lr": float(f"{cell.setting.lr:.6g}")},  # not 0.0050000001
        "seeds": list(cell.seeds),
        "times": list(cell.times),
        "shift": cell.shift,
        "scale": cell.scale,
        "device": cell.device,
        "dtype": cell.dtype,
        "version": version(),
        **({"layers": list(cell.layers)} if cell.layers else {}),
    }


@lru_cache(maxsize=1)
def _corpus() -> str:
    return hashlib.sha256(corpus().encode()).hexdigest()[:16]  # it differs with each Python


def key_of(made: dict[str, object]) -> str:
    """Return the name under which a cell's record is kept."""
    return f"{made['task']}-{hashlib.sha256(repr(made).encode()).hexdigest()[:20]}"


# --- work -----------------------------------------------------------------------------------


def packed(cell: Cell) -> bytes:
    """Return a cell to be sent: its class travels by value, since workers may not know it."""
    strange = {
        sys.modules[cls.__module__]
        for cls in cell.cls.__mro__
        if not _key.installed(cls.__module__) and not cls.__module__.startswith("posenc.")
    } - {sys.modules["__main__"]}  # which always goes by value
    for module in strange:
        cloudpickle.register_pickle_by_value(module)
    try:
        return cloudpickle.dumps(cell)
    finally:
        for module in strange:
            cloudpickle.unregister_pickle_by_value(module)


def work(payload: bytes, made: dict[str, object], checkpoint: str | None) -> dict[str, object]:
    """Return the record of a cell, or of what went wrong: ``{"error": …}``."""
    if version() != made["version"]:
        return {"error": f"a worker has {version()}, the study was begun with {made['version']}"}
    try:
        with ONE_AT_A_TIME:
            return _record(cloudpickle.loads(payload), made, checkpoint)
    except Exception as error:  # one class's fault must not cost the other cells
        return {"error": said(error)}


def _record(cell: Cell, made: dict[str, object], checkpoint: str | None) -> dict[str, object]:
    rehearse(cell)
    forget_peak(cell.device)
    trained = train(cell, Path(checkpoint) if checkpoint else None)
    memory = peak_mib(cell.device)
    valid, test = score(cell, trained.crowd)
    return {
        "made": made,
        "valid_loss": [_short(one.loss) for one in valid],
        "valid_accuracy": [_short(one.accuracy) for one in valid],
        "accuracy": [[_short(one.accuracy) for one in row] for row in test],
        "loss": [[_short(one.loss) for one in row] for row in test],
        "why": [[one.why for one in row] for row in test],
        "by_position": _by_position(test),
        "steps_to_95": trained.steps_to(0.95),
        "seconds": round(trained.seconds / len(cell.seeds), 3),
        "tokens_per_second": _short(trained.tokens / max(trained.seconds, 1e-9)),
        "memory_mib": memory,
        "by_turns": trained.crowd.by_turns,
        **_where(cell),
    }


def failed(cell: Cell, made: dict[str, object], error: str) -> dict[str, object]:
    """Return the record of a cell that failed: it holds no numbers, and is not kept."""
    seeds, nothing = len(cell.seeds), [None] * len(cell.seeds)
    columns = ("valid_loss", "valid_accuracy", "steps_to_95")
    return {
        "made": made,
        **dict.fromkeys(columns, nothing),
        **dict.fromkeys(("accuracy", "loss"), [[None] * len(cell.times)] * seeds),
        "why": [[f"failed: {error}"] * len(cell.times)] * seeds,
        **_where(cell),
    }


def _by_position(test: list[list[Score]]) -> list[list[float | None] | None] | None:
    """Return each seed's losses along the longest texts, or None where none were kept."""
    rows = [next((one.by_position for one in row if one.by_position), None) for row in test]
    if not any(rows):
        return None
    return [[_short(value) for value in row] if row else None for row in rows]


def _where(cell: Cell) -> dict[str, object]:
    """Return on what the cell was trained, and when."""
    return {
        "torch": torch.__version__,
        "python": platform.python_version(),
        "device_name": name_of(cell.device),
        "capability": capability_of(cell.device),
        "when": datetime.fromtimestamp(time.time(), UTC).isoformat(timespec="seconds"),
    }


def _short(value: float | None) -> float | None:
    """Return four significant digits: claims are kept, not digits."""
    return None if value is None or not math.isfinite(value) else float(f"{value:.4g}")
