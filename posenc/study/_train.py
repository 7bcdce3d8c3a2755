"""Training a cell, with checkpoints where it lasts; the steps are in ``_steps``."""

import os
import time
from pathlib import Path

import torch

from posenc._machine import one_thread, seeded
from posenc.study._plan import Cell
from posenc.study._steps import Steps, Trained

CHECKPOINT_SECONDS = 20.0  # how much work a crash may cost


def train(cell: Cell, checkpoint: Path | None = None) -> Trained:
    """Return the trained models of a cell; go on from the checkpoint if there is one."""
    with one_thread(), seeded(cell.seeds[0], cell.device):  # for a class that draws
        run = Steps(cell)
        if checkpoint:
            resume(run, checkpoint)
        start, saved = _now(cell), time.monotonic()
        while run.step < cell.setting.steps:
            run.advance()
            if checkpoint and time.monotonic() - saved > CHECKPOINT_SECONDS:
                run.trained.seconds += _now(cell) - start
                save(run, checkpoint)
                start, saved = _now(cell), time.monotonic()
        run.wait()
        run.trained.seconds += _now(cell) - start
    return run.trained


def _now(cell: Cell) -> float:
    """Return seconds of work: other programs on the machine do not count, unless it is a GPU."""
    return time.process_time() if cell.device == "cpu" else time.perf_counter()


def save(run: Steps, path: Path) -> None:
    """Write everything that the next step needs."""
    state = {
        "step": run.step,
        "params": {name: param.detach() for name, param in run.crowd.params.items()},
        "adam": run.adam.state_dict(),
        "scaler": run.scaler.state_dict(),
        "generators": [generator.get_state() for generator in (run.plan, *run.texts)],
        "global": torch.get_rng_state(),
        "losses": run.trained.losses,
        "right": run.trained.right,
        "spent": [run.trained.seconds, run.trained.tokens],
    }
    aside = path.with_suffix(f".{os.getpid()}.aside")
    try:
        torch.save(state, aside)
        aside.replace(path)
    except (OSError, RuntimeError):  # another machine's folder, a full disk: then without
        aside.unlink(missing_ok=True)


def resume(run: Steps, path: Path) -> None:
    """Go on from a checkpoint, if there is one that can be read."""
    if not path.exists():
        return
    try:
        state = torch.load(path, weights_only=True, map_location=run.cell.device)
    except Exception:  # torn: whatever it raises, the training begins again
        return
    with torch.no_grad():
        for name, param in run.crowd.params.items():
            param.copy_(state["params"][name])
    run.adam.load_state_dict(state["adam"])
    run.scaler.load_state_dict(state["scaler"])
    for generator, saved in zip((run.plan, *run.texts), state["generators"], strict=True):
        generator.set_state(saved.cpu())
    torch.set_rng_state(state["global"].cpu())
    run.trained.losses, run.trained.right = state["losses"], state["right"]
    run.trained.seconds, run.trained.tokens = state["spent"]
    run.step = state["step"]
