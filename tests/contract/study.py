"""What a study promises about its numbers, in cells too small to learn anything."""

import math

import pandas as pd
import torch

from contract import equal
from posenc import TASKS, Dims
from posenc.study import _plan, _score, _steps, _table
from posenc.study._scale import Scale
from posenc.tasks import IGNORE
from posenc.training import Setting, accuracy, loss_by_position, task_model, text_model

SMALL = Dims(d_model=8, n_heads=2, max_len=16)
SETTING = Setting(steps=12, b=4, length=8, shortest=5, warmup=2)
SCALE = Scale(dims=SMALL, setting=SETTING, text_dims=SMALL, text=SETTING)


def _steps_of(task="back1", shift=0):
    request = _plan.Request(("sinusoidal",), (task,), seeds=2, lengths=(1, 2), shift=shift)
    return _steps.Steps(request.cells(SCALE)[0])


def losses_are_each_seeds_own():
    logits, targets = torch.randn(2, 3, 5, 4), torch.randint(4, (2, 3, 5))
    targets[0, :, 2:] = IGNORE
    logs = logits.log_softmax(-1)
    expected = []
    for seed in range(2):
        asked = [(row, at) for row in range(3) for at in range(5) if targets[seed, row, at] >= 0]
        lost = [-logs[seed, row, at, targets[seed, row, at]].item() for row, at in asked]
        expected.append(sum(lost) / len(lost))
    equal(_steps._losses(logits, targets), expected, rtol=1e-5)


def right_answers_are_counted_where_asked():
    logits = torch.eye(3)[torch.tensor([[[0, 1, 2, 2]], [[1, 1, 1, 0]]])]
    targets = torch.tensor([[[0, 1, 1, IGNORE]], [[IGNORE, 2, 1, 0]]])
    equal(_steps._right(logits, targets), [2 / 3, 2 / 3], rtol=1e-5)


def steps_to_count_ten_in_a_row():
    right = torch.zeros(3, 40)
    right[0, 5:] = 1.0  # steps 6 … 15 are the first ten
    right[1, 5:] = 0.94
    right[2, 38] = 1.0
    assert _steps.Trained(None, right, right).steps_to() == [15, None, None]


def shifted_positions_begin_anywhere_and_end_below():
    generator = torch.Generator().manual_seed(0)
    pos = torch.cat([_steps._shifted(5, 40, 8, generator) for _ in range(5)])
    assert set(pos[:, 0].tolist()) == {0, 1, 2, 3}
    assert (pos.diff(dim=1) == 1).all()
    assert _steps._shifted(5, 2, 0, generator) is None


def seeds_differ_in_weights_and_texts():
    steps = _steps_of()
    tokens, _ = steps.batch(8)
    assert not torch.equal(tokens[0], tokens[1])
    weight = steps.crowd.params["tokens.weight"]
    assert not torch.equal(weight[0], weight[1])
    equal(weight[1], task_model("sinusoidal", TASKS["back1"], seed=1, dims=SMALL).tokens.weight)


def every_fourth_text_is_the_longest():
    steps, seen = _steps_of(), []
    draw = steps.batch
    steps.batch = lambda n: seen.append(n) or draw(n)
    for _ in range(12):
        steps.advance()
    assert set(seen[::4]) == {8}
    assert min(seen) < 8


def the_rate_is_the_settings_at_each_step():
    steps = _steps_of()
    for step in range(3):
        steps.advance()
        assert steps.adam.param_groups[0]["lr"] == SETTING.lr_at(step)


def scores_are_those_of_training():
    steps = _steps_of()
    valid, test = _score.score(steps.cell, steps.crowd)
    model = task_model("sinusoidal", TASKS["back1"], seed=1, dims=SMALL)
    for found, n in zip(test[1], (8, 16), strict=True):
        assert found.accuracy == accuracy(model, TASKS["back1"], n)
    assert valid[1].accuracy == accuracy(model, TASKS["back1"], 8, seed=_score.VALIDATE)
    assert valid[1].loss != test[1][0].loss


def the_text_is_validated_and_tested_on_parts_of_their_own():
    uncached = _plan.text_part.__wrapped__
    parts = [uncached(part) for part in ("train", "validate", "test")]
    train, test = _plan.split()
    assert torch.equal(parts[0], train)
    assert torch.equal(torch.cat(parts[1:]), test)
    steps = _steps_of("text")
    valid, found = _score.score(steps.cell, steps.crowd)
    model = text_model("sinusoidal", seed=0, dims=SMALL)
    equal(torch.tensor(found[0][1].by_position), loss_by_position(model, parts[2], 16), rtol=1e-4)
    expected = loss_by_position(model, parts[1], 8, seed=_score.VALIDATE).mean()
    assert abs(valid[0].loss - expected) < 1e-4
    assert found[0][0].by_position is None


def the_best_rate_has_the_lowest_validation_loss():
    rows = [
        {**dict.fromkeys(_table.SETUP, 0), "times": 1, "length": 8, "seed": seed, "lr": lr,
         "valid_loss": loss, "accuracy": lr}
        for lr, losses in ((0.1, (2, 2)), (0.2, (1, 2)), (0.3, (0, math.nan)), (0.4, (5, 5)))
        for seed, loss in enumerate(losses)
    ]  # fmt: skip
    table = pd.DataFrame(rows)
    assert set(_table.best(table)["lr"]) == {0.2}
    row = _table.summary(table).iloc[0]
    assert (row["seeds"], row["missing"], row["mean"]) == (2, 0, 0.2)
    assert (row["rates_low"], row["rates_high"]) == (0.1, 0.4)
    table.loc[2, "accuracy"] = math.nan  # of one seed at the best rate
    assert _table.summary(table)[["low", "mean", "high"]].isna().all(axis=None)
