"""posenc.study trains seeds as one: the same models as one by one, and the same after a crash."""

from dataclasses import replace

import pytest
import torch

from posenc import ENCODINGS, Dims, training
from posenc.study import _train
from posenc.study._plan import Request, draw
from posenc.study._scale import Scale
from posenc.training import Setting, length_at

SMALL = Dims(d_model=16, n_heads=2, max_len=24)
SEEDS = 3


def cell_of(encoding="sinusoidal", task="back1", *, steps=20, seeds=SEEDS, shift=0, **sizes):
    setting = Setting(**{"steps": steps, "b": 8, "length": 8, "shortest": 5, "warmup": 5, **sizes})
    scale = Scale(dims=SMALL, text_dims=SMALL, setting=setting, text=setting)
    request = Request((encoding,), (task,), seeds=seeds, lengths=(1, 2), shift=shift)
    return request.cells(scale)[0]


def one_by_one(cell, index, steps=None):
    """The same seed in the loop of posenc.training, on the same texts."""
    setting = replace(cell.setting, steps=steps or cell.setting.steps)
    plan = torch.Generator().manual_seed(0)
    texts = torch.Generator().manual_seed(cell.seeds[index])
    step = iter(range(setting.steps))

    def batch(b, n, generator):
        return draw(cell.task, "train", b, length_at(next(step), setting, plan), texts)

    seed = cell.seeds[index]
    if cell.task.name == "text":
        model = training.text_model(cell.encoding, seed=seed, dims=cell.dims)
    else:
        model = training.task_model(cell.encoding, cell.task, seed=seed, dims=cell.dims)
    history = training.fit(model, batch, setting, seed=seed)
    return model, torch.tensor(history.losses)


@pytest.mark.parametrize("task", ["back1", "sort", "text"])
@pytest.mark.parametrize("encoding", ENCODINGS)
def test_twenty_steps_as_one_are_twenty_steps_one_by_one(encoding, task):
    cell = cell_of(encoding, task)
    trained = _train.train(cell)
    assert trained.crowd._ask == trained.crowd._as_one  # no registered class falls back
    for index in range(SEEDS):
        model, losses = one_by_one(cell, index)
        torch.testing.assert_close(trained.losses[index], losses, rtol=2e-3, atol=2e-4)
        torch.testing.assert_close(trained.losses[index, :1], losses[:1], rtol=1e-5, atol=1e-6)
        # not the weights: where softmax leaves no gradient, Adam walks along the rounding
        tokens, _ = draw(cell.task, "test", 4, 9, torch.Generator().manual_seed(5))
        with torch.no_grad():
            mine, theirs = trained.crowd.one(index, tokens), model(tokens)
        torch.testing.assert_close(mine, theirs, rtol=2e-3, atol=2e-3)


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_the_first_gradients_are_those_of_one_model(encoding):
    cell = cell_of(encoding, steps=1)
    run = _train.Run(cell)
    run.advance()
    for index in range(SEEDS):
        model, _ = one_by_one(cell, index)  # one step: its gradients are still there
        for name, weight in model.named_parameters():
            mine = run.crowd.params[name].grad[index]
            torch.testing.assert_close(mine, weight.grad, rtol=1e-3, atol=1e-6)
