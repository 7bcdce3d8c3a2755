"""What a study will take, told before it begins, and fitted to the minutes there are."""

import time
from dataclasses import replace

import torch

from posenc.study._crowd import rehearse
from posenc.study._device import name_of
from posenc.study._keep import Folder
from posenc.study._key import digest
from posenc.study._plan import Cell
from posenc.study._steps import Steps
from posenc.study._work import made_of
from posenc.training import one_thread, progress

WARM, MEASURED = 3, 20  # steps
MARGIN = 1.2  # for the scoring, and for a GPU that gets warm
LEAST = 0.25  # of the usual steps; with fewer the table would tell nothing


def fitted(cells: list[Cell], minutes: float, folder: Folder | None) -> list[Cell]:
    """Return the cells with as many steps as fit, and say how long they will take.

    What was fitted once is kept in the folder, so that a study which goes on is the same.

    Raises ``ValueError`` where even a quarter of the steps would not fit.
    """
    name = f"budget-{digest([made_of(cell) for cell in cells], minutes, _device(cells[0]))}"
    share = folder.recall(name) if folder else None
    if share is None:
        share = _share(cells, minutes)
        if folder:
            folder.remember(name, share)
    return [_shortened(cell, share) for cell in cells]


def _share(cells: list[Cell], minutes: float) -> float:
    kinds = {(cell.encoding, cell.task.name): cell for cell in cells}
    seconds = {kind: _measured(kinds[kind]) for kind in progress(kinds, "20 steps of each")}
    needed = MARGIN / 60 * sum(
        seconds[cell.encoding, cell.task.name] * cell.setting.steps for cell in cells
    )  # fmt: skip
    share = min(1.0, minutes / needed) if needed else 1.0
    if share < LEAST:
        raise ValueError(
            f"{len(cells)} cells take about {needed:.1f} minutes on {_device(cells[0])}, and "
            f"{LEAST * needed:.1f} with a quarter of the steps; the budget is {minutes:g}: name "
            "fewer encodings, tasks or rates, or give more minutes"
        )
    how = "" if share == 1 else f", with {share:.0%} of the usual steps to fit the budget"
    print(
        f"{len(cells)} cells of {len(cells[0].seeds)} seeds on {_device(cells[0])}: about "
        f"{needed * share:.1f} minutes{how}"
    )
    return share


def _measured(cell: Cell) -> float:
    """Return the seconds of a step, 0 for a class that fails: its training tells why."""
    try:
        rehearse(cell)
        return seconds_a_step(cell)
    except Exception:
        return 0.0


def seconds_a_step(cell: Cell) -> float:
    """Return the measured seconds of one step, after some that warm up."""
    with one_thread(), torch.random.fork_rng(devices=[]):
        run = Steps(replace(cell, setting=replace(cell.setting, steps=WARM + MEASURED)))
        for step in range(WARM + MEASURED):
            if step == WARM:
                run.wait()
                start = time.perf_counter()
            run.advance()
        run.wait()
    return (time.perf_counter() - start) / MEASURED


def _shortened(cell: Cell, share: float) -> Cell:
    steps = max(1, int(cell.setting.steps * share))
    warmup = max(1, int(cell.setting.warmup * share))
    return replace(cell, setting=replace(cell.setting, steps=steps, warmup=warmup))


def _device(cell: Cell) -> str:
    return "this CPU" if cell.device == "cpu" else name_of(cell.device)
