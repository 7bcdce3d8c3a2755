"""The study on a second device; run by ``test_second_device`` in a process of its own."""

from dataclasses import replace

import pocket
import pytest
import torch
from on_device import TEXTS
from planting import Mutant, planted
from small_study import QUICK, SMALL

from posenc.study._plan import Request
from posenc.study._scale import Scale
from posenc.study._score import score
from posenc.study._train import train

SIZES = Scale(dims=SMALL, text_dims=SMALL, setting=QUICK, text=QUICK)


def cell_of(name, dtype="float32", shift=0):
    request = Request((name,), ("back1",), seeds=2, lengths=(1,), shift=shift)
    here = request.cells(SIZES)[0]
    return here, replace(here, device=pocket.NAME, dtype=dtype)


@pytest.mark.parametrize("name", TEXTS)
def test_a_study_gives_the_same_losses(name):
    here, there = cell_of(name)
    losses = train(there).losses
    assert losses.device.type == pocket.NAME
    torch.testing.assert_close(losses.cpu(), train(here).losses, rtol=1e-3, atol=1e-3)


@pytest.mark.parametrize("name", TEXTS)
@pytest.mark.parametrize("dtype", ["float16", "bfloat16"])
def test_a_study_in_half_precision_is_near(name, dtype):
    here, there = cell_of(name, dtype)
    trained = train(there)
    torch.testing.assert_close(trained.losses.cpu(), train(here).losses, rtol=0.1, atol=0.1)
    valid, _ = score(there, trained.crowd)
    assert all(one.loss is not None for one in valid)


def test_shifted_positions_go_to_the_device():
    here, there = cell_of("rope", shift=16)
    torch.testing.assert_close(train(there).losses.cpu(), train(here).losses, rtol=1e-3, atol=1e-3)


DROPPED = [
    Mutant("texts", "study._steps", "Steps.batch", "tokens.to(self.cell.device)", "tokens"),
    Mutant("shifts", "study._steps", "Steps.advance", "pos.to(self.cell.device)", "pos"),
    Mutant("models", "study._crowd", "crowd_of", ", cell.device", ""),
]


@pytest.mark.parametrize("mutant", DROPPED, ids=str)
def test_a_dropped_device_is_noticed(mutant):
    _, there = cell_of("rope", shift=16)
    train(there)
    with planted(mutant), pytest.raises((RuntimeError, ValueError), match="device"):
        train(there)
