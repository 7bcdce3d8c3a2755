"""Scoring a cell: every seed at every length, and what cannot be scored told as such."""

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Generator, Tensor

from posenc.study._crowd import Crowd
from posenc.study._ends import ends_at
from posenc.study._fault import of_the_machine, said
from posenc.study._plan import Cell, draw
from posenc.tasks import IGNORE
from posenc.training import one_thread

TEST, VALIDATE = 10_000, 20_000  # the seeds of the draws; TEST as in training.accuracy
TEXTS, WINDOWS = 256, 128  # of a task, of the text; as in posenc.training
TOKENS = 2**18  # at most so many a draw,
CHUNK = 2**15  # and so many at a time


@dataclass
class Score:
    """One model at one length; None where there is no answer, and ``why``."""

    accuracy: float | None = None
    loss: float | None = None
    why: str = ""
    by_position: list[float] | None = None


def score(cell: Cell, crowd: Crowd) -> tuple[list[Score], list[list[Score]]]:
    """Return each seed's score on the validation draw, and on the test draw of each length."""
    seeds, longest = range(len(cell.seeds)), max(cell.lengths)
    crowd.model.eval()
    with one_thread(), torch.no_grad():
        valid = [_one(cell, crowd, seed, cell.setting.length, VALIDATE) for seed in seeds]
        test = [[Score() for _ in cell.lengths] for _ in seeds]
        for column, n in enumerate(cell.lengths):
            ends = ends_at(cell, n) if n > cell.setting.length else ""
            for seed in seeds:
                test[seed][column] = (
                    Score(why=f"no answer: {ends}") if ends else _one(cell, crowd, seed, n, TEST)
                )
    for each in [*valid, *(one for row in test for one in row)]:
        keep = cell.task.name == "text" and each.by_position and len(each.by_position) == longest
        each.by_position = each.by_position if keep else None
    return valid, test


def _one(cell: Cell, crowd: Crowd, index: int, n: int, seed: int) -> Score:
    """Return the score of one model on a draw of texts of n tokens."""
    part, texts = ("test", TEXTS) if seed == TEST else ("validate", TEXTS)
    texts = min(WINDOWS if cell.task.name == "text" else texts, max(1, TOKENS // n))
    tokens, targets = draw(cell.task, part, texts, n, Generator().manual_seed(seed))
    try:
        losses, right = _answers(cell, crowd, index, tokens, targets)  # (b, n) twice
    except Exception as error:
        if n <= cell.setting.length or of_the_machine(error):
            raise  # no record is kept: with more memory, or mended, the cell is trained again
        return Score(why=f"raised: {said(error)}")
    if not losses.isfinite().all():
        return Score(why="diverged")
    asked = targets != IGNORE
    return Score(
        accuracy=float(right[asked].float().mean()),
        loss=float(losses[asked].mean()),
        by_position=losses.mean(0).tolist(),
    )


def _answers(
    cell: Cell, crowd: Crowd, index: int, tokens: Tensor, targets: Tensor
) -> tuple[Tensor, Tensor]:
    """Return the losses and which answers are right, (b, n) each, on the CPU."""
    dtype, rows = getattr(torch, cell.dtype), max(1, CHUNK // tokens.shape[1])
    losses, right = [], []
    for few, wanted in zip(tokens.split(rows), targets.split(rows), strict=True):
        with torch.autocast(cell.device, dtype=dtype, enabled=dtype != torch.float32):
            logits = crowd.one(index, few.to(cell.device)).float().cpu()
        losses.append(
            F.cross_entropy(logits.transpose(1, 2), wanted, ignore_index=IGNORE, reduction="none")
        )
        right.append(logits.argmax(-1) == wanted)
    return torch.cat(losses), torch.cat(right)
