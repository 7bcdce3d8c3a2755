"""The steps of a training: all seeds of a cell in one loop. This is what makes the numbers."""

import math
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Generator, Tensor

from posenc.study._crowd import Crowd, crowd_of
from posenc.study._device import wait
from posenc.study._plan import Cell, draw
from posenc.tasks import IGNORE
from posenc.training import length_at

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


class Steps:
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
        wait(self.cell.device)

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
