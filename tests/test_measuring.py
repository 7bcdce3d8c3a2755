"""posenc.training: models measured and compared."""

import pytest
import torch
from torch import nn

from posenc import TASKS, Dims, text, training
from posenc.tasks import Task
from posenc.training import (
    Setting,
    accuracy,
    compare,
    task_model,
)

BACK1 = TASKS["back1"]
SMALL = Dims(d_model=16, n_heads=2, max_len=20)


class Oracle(nn.Module):
    """Right about the letters below 5."""

    def __init__(self):
        super().__init__()
        self.weight = nn.Parameter(torch.zeros(1))
        self.was_training = []

    def forward(self, tokens):
        self.was_training.append(self.training)
        guess = tokens.roll(1, 1).clamp(max=4)
        return nn.functional.one_hot(guess, 11).float()


def test_accuracy_counts_what_is_asked():
    share = accuracy(Oracle(), BACK1, 12, texts=400)
    assert share == pytest.approx(0.5, abs=0.03)
    everything = Task("all", "?", "?", 0.1, lambda b, n, generator: (
        torch.full((b, n), 3), torch.full((b, n), 3)))  # fmt: skip
    assert accuracy(Oracle(), everything, 6, texts=3) == 1


def test_accuracy_measures_the_same_texts_each_time():
    model = task_model("none", BACK1, dims=SMALL)
    assert accuracy(model, BACK1, 9, texts=20) == accuracy(model, BACK1, 9, texts=20)
    assert accuracy(Oracle(), BACK1, 9, texts=20) != accuracy(Oracle(), BACK1, 9, texts=20, seed=3)


@pytest.mark.parametrize("training_mode", [True, False])
def test_measuring_leaves_the_mode_as_found(training_mode):
    model = Oracle().train(training_mode)
    accuracy(model, BACK1, 8, texts=2)
    assert model.was_training == [False]
    assert model.training is training_mode
    with pytest.raises(ValueError, match="n ≥ 4"):
        accuracy(model, BACK1, 3)
    assert model.training is training_mode
    assert model.weight.requires_grad


def test_a_mode_is_restored_after_an_error():
    model = task_model("learned", BACK1, dims=SMALL).train()
    threads = torch.get_num_threads()
    with pytest.raises(ValueError, match="learned table holds positions 0 to 19"):
        accuracy(model, BACK1, 21, texts=2)
    assert model.training
    assert torch.get_num_threads() == threads


def test_loss_by_position_is_the_loss_there():
    tokens = text.split()[1][:400]
    model = training.text_model("sinusoidal", dims=SMALL).train()
    found = training.loss_by_position(model, tokens, 10, windows=3, seed=5)
    inputs, targets = text.batch(tokens, 3, 10, torch.Generator().manual_seed(5))
    with torch.no_grad():
        chances = model(inputs).log_softmax(-1)
    for position in range(10):
        losses = [-chances[row, position, targets[row, position]] for row in range(3)]
        assert found[position].item() == pytest.approx(sum(losses).item() / 3, rel=1e-4)
    assert model.training


def test_compare_gives_seeds_by_lengths_and_nan_beyond_a_table():
    found = compare(
        ["none", "learned"],
        "back1",
        seeds=2,
        lengths=(8, 20, 21),
        setting=Setting(steps=2),
        dims=SMALL,
    )
    assert list(found) == ["none", "learned"]
    assert {tuple(rows.shape) for rows in found.values()} == {(2, 3)}
    assert found["none"].isfinite().all()
    assert found["learned"].isnan().tolist() == [[False, False, True]] * 2
    assert not torch.equal(found["none"][0], found["none"][1])


def test_compare_names_what_it_does_not_know():
    with pytest.raises(ValueError, match="no task is called 'back9'; known are: majority, "):
        compare(["none"], "back9")
    with pytest.raises(ValueError, match="no encoding is called 'nope'"):
        compare(["nope"], "back1", setting=Setting(steps=1))


def test_a_length_that_the_task_cannot_have_is_an_error_and_no_missing_answer():
    with pytest.raises(ValueError, match="n ≥ 4; got b=1, n=2"):
        compare(["none"], "back1", seeds=1, lengths=(2,), setting=Setting(steps=1), dims=SMALL)


def test_models_of_the_course_fit_their_task():
    for name, task in TASKS.items():
        model = task_model("none", task, dims=SMALL)
        assert model.causal == task.causal, name
        assert len(model.blocks) == task.n_layers
        assert model.head.out_features == task.vocab_size
    assert training.text_model("none").head.out_features == len(text.ALPHABET)


def test_trained_models_come_back_ready():
    model = training.train_on_task("none", "back1", setting=Setting(steps=2), dims=SMALL)
    assert model(torch.tensor([[1, 2, 3]])).shape == (1, 3, 11)
    setting = Setting(steps=1, b=2, length=8, shortest=8)
    assert training.train_on_text("none", setting=setting).causal
