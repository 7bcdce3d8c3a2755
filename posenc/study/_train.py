"""Training a cell: all seeds in one loop, with checkpoints where it lasts."""

import math
import time
from dataclasses import dataclass
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import Generator, Tensor

from posenc.study._crowd import Crowd, crowd_of
from posenc.study._plan import Cell, draw
from posenc.tasks import IGNORE
from posenc.training import length_at, one_thread

CHECKPOINT_SECONDS = 20.0  # how much work a crash may cost
WINDOW = 10  # steps over which an accuracy counts as reached


@dataclass
class Trained:
    """What a training leaves: the models, and what each step saw."""

    crowd: Crowd
    losses: Tensor  # (s, steps)
    right: Tensor  # (s, steps): the share of right answers on the step's texts
    seconds: float = 0.0
    tokens: int = 0

    def steps_to(self, share: float = 0.95) -> list[int | None]:
        """Return for each seed the step whose last ten were right so often, None for never."""
        if self.right.shape[1] < WINDOW:
            return [None] * len(self.right)
        reached = self.right.unfold(1, WINDOW, 1).mean(-1) >= share  # (s, steps - 9)
        return [int(row.int().argmax()) + WINDOW if row.any() else None for row in reached]


def train(cell: Cell, checkpoint: Path | None = None) -> Trained:
    """Return the trained models of a cell; go on from the checkpoint if there is one.

    Texts come from each seed's own generator; their lengths, and shifts of the positions,
    are the same for all seeds, since the seeds are trained as one.
    """
    with one_thread(), torch.random.fork_rng(devices=[]):
        torch.manual_seed(cell.seeds[0])  # for a class that draws random numbers
        run = Run(cell)
        run.resume(checkpoint)
        saved = time.monotonic()
        start = _now(cell)
        while run.step < cell.setting.steps:
            run.advance()
            if checkpoint and time.monotonic() - saved > CHECKPOINT_SECONDS:
                run.trained.seconds += _now(cell) - start
                run.save(checkpoint)
                start, saved = _now(cell), time.monotonic()
        run.wait()
        run.trained.seconds += _now(cell) - start
    return run.trained


def _now(cell: Cell) -> float:
    """Return seconds of work: other programs on the machine do not count, unless it is a GPU."""
    return time.process_time() if cell.device == "cpu" else time.perf_counter()


class Run:
    """A training of a cell between two steps."""

    def __init__(self, cell: Cell) -> None:
        self.cell, self.step = cell, 0
        self.crowd = crowd_of(cell)
        nothing = torch.full((len(cell.seeds), cell.setting.steps), math.nan, device=cell.device)
        self.trained = Trained(self.crowd, nothing, nothing.clone())
        self.adam = torch.optim.AdamW(
            self.crowd.params.values(), betas=(0.9, 0.98), weight_decay=0.01, fused=True
        )  # as in training.fit
        self.scaler = torch.amp.GradScaler(cell.device, enabled=cell.dtype == "float16")
        self.plan = Generator().manual_seed(0)  # lengths and shifts
        self.texts = [Generator().manual_seed(seed) for seed in cell.seeds]

    def advance(self) -> None:
        """Make one step."""
        setting = self.cell.setting
        n = length_at(self.step, setting, self.plan)
        pos = _shifted(n, setting.b, self.cell.shift, self.plan)
        tokens, targets = self.batch(n)
        logits = self.logits(tokens, None if pos is None else pos.to(self.cell.device))
        losses = _losses(logits, targets)  # (s,)
        self.adam.param_groups[0]["lr"] = setting.lr_at(self.step)
        self.adam.zero_grad()
        self.scaler.scale(losses.sum()).backward()
        self._spare(losses)
        self.scaler.step(self.adam)
        self.scaler.update()
        self.trained.losses[:, self.step] = losses.detach()
        self.trained.right[:, self.step] = _right(logits.detach(), targets)
        self.trained.tokens += tokens.numel()
        self.step += 1

    def wait(self) -> None:
        """Wait for a GPU, which goes on working after a call returns."""
        if self.cell.device == "cuda":
            torch.cuda.synchronize()

    def batch(self, n: int) -> tuple[Tensor, Tensor]:
        """Return the step's texts, (s, b, n) twice."""
        b = self.cell.setting.b
        drawn = [draw(self.cell.task, "train", b, n, generator) for generator in self.texts]
        tokens, targets = (torch.stack(parts) for parts in zip(*drawn, strict=True))
        return tokens.to(self.cell.device), targets.to(self.cell.device)

    def logits(self, tokens: Tensor, pos: Tensor | None) -> Tensor:
        """Return the logits, in float32, computed in the cell's precision."""
        dtype = getattr(torch, self.cell.dtype)
        enabled = dtype != torch.float32
        with torch.autocast(self.cell.device, dtype=dtype, enabled=enabled):
            return self.crowd(tokens, pos).float()

    def _spare(self, losses: Tensor) -> None:
        """Keep a seed that has no finite loss any more from stopping the others' scaler."""
        if not self.scaler.is_enabled():
            return
        for grad in (param.grad for param in self.crowd.params.values()):
            if grad is not None:
                dead = ~losses.detach().isfinite().view(-1, *[1] * (grad.dim() - 1))
                grad.masked_fill_(dead, 0.0)

    # --- checkpoints ------------------------------------------------------------------------

    def save(self, path: Path) -> None:
        """Write everything that the next step needs."""
        state = {
            "step": self.step,
            "params": {name: param.detach() for name, param in self.crowd.params.items()},
            "adam": self.adam.state_dict(),
            "scaler": self.scaler.state_dict(),
            "generators": [g.get_state() for g in (self.plan, *self.texts)],
            "global": torch.get_rng_state(),
            "losses": self.trained.losses,
            "right": self.trained.right,
            "spent": [self.trained.seconds, self.trained.tokens],
        }
        aside = path.with_suffix(".aside")
        try:
            torch.save(state, aside)
            aside.replace(path)
        except (OSError, RuntimeError):  # another machine's folder, a full disk: then without
            aside.unlink(missing_ok=True)

    def resume(self, path: Path | None) -> None:
        """Go on from a checkpoint, if there is one that can be read."""
        if path is None or not path.exists():
            return
        try:
            state = torch.load(path, weights_only=True, map_location=self.cell.device)
        except Exception:  # torn: whatever it raises, the training begins again
            return
        with torch.no_grad():
            for name, param in self.crowd.params.items():
                param.copy_(state["params"][name])
        self.adam.load_state_dict(state["adam"])
        self.scaler.load_state_dict(state["scaler"])
        for generator, saved in zip((self.plan, *self.texts), state["generators"], strict=True):
            generator.set_state(saved.cpu())
        torch.set_rng_state(state["global"].cpu())
        self.trained.losses, self.trained.right = state["losses"], state["right"]
        self.trained.seconds, self.trained.tokens = state["spent"]
        self.step = state["step"]


# --- parts of a step ------------------------------------------------------------------------


def _shifted(n: int, b: int, shift: int, generator: Generator) -> Tensor | None:
    """Return positions that begin anywhere and end below ``shift``, (b, n), or None."""
    if not shift:
        return None
    start = torch.randint(shift - n + 1, (b, 1), generator=generator)
    return start + torch.arange(n)


def _losses(logits: Tensor, targets: Tensor) -> Tensor:
    """Return each seed's mean loss: (s, b, n, v), (s, b, n) -> (s,)."""
    each = F.cross_entropy(
        logits.flatten(0, -2), targets.flatten(), ignore_index=IGNORE, reduction="none"
    )
    asked = (targets != IGNORE).flatten(1).sum(1)
    return each.view(len(targets), -1).sum(1) / asked


def _right(logits: Tensor, targets: Tensor) -> Tensor:
    """Return each seed's share of right answers: (s, b, n, v), (s, b, n) -> (s,)."""
    asked = targets != IGNORE
    right = (logits.argmax(-1) == targets) & asked
    return right.flatten(1).sum(1) / asked.flatten(1).sum(1)
