"""posenc.training: one loop, the same digits twice, and nothing of the caller's touched."""

import math
import os
import subprocess
import sys

import pytest
import torch

from posenc import TASKS, Dims, training
from posenc.tasks import IGNORE
from posenc.training import (
    Interrupted,
    Setting,
    accuracy,
    compare,
    fit,
    one_thread,
    progress,
    task_model,
)

BACK1 = TASKS["back1"]
SMALL = Dims(d_model=16, n_heads=2, max_len=20)


def same_weights(a, b):
    return all(torch.equal(x, y) for x, y in zip(a.parameters(), b.parameters(), strict=True))


def test_training_learns():
    model = task_model("sinusoidal", BACK1)
    before = accuracy(model, BACK1, 8)
    history = fit(model, BACK1.sample, Setting(steps=60, length=8, shortest=8, warmup=10))
    assert len(history.losses) == 60
    start, end = history.smooth(10)[[0, -1]]
    assert end < 0.7 * start
    assert accuracy(model, BACK1, 8) > before + 0.3


def test_one_seed_gives_the_same_weights_twice():
    def trained(seed):
        torch.manual_seed(torch.seed() % 1000)  # whatever the caller did before
        model = task_model("learned", BACK1, seed=seed, dims=SMALL)
        return fit(model, BACK1.sample, Setting(steps=5), seed=seed), model

    (history, first), (again, second) = trained(1), trained(1)
    assert history.losses == again.losses
    assert same_weights(first, second)
    assert not same_weights(first, trained(2)[1])
    assert trained(2)[0].losses != history.losses


def test_the_random_numbers_of_the_caller_go_on():
    torch.manual_seed(0)
    expected = torch.rand(3)
    torch.manual_seed(0)
    model = task_model("learned", BACK1, dims=SMALL)
    fit(model, BACK1.sample, Setting(steps=2))
    accuracy(model, BACK1, 8, texts=4)
    assert torch.equal(torch.rand(3), expected)


def test_lengths_vary_and_every_fourth_is_the_longest():
    seen = []

    def batch(b, n, generator):
        seen.append((b, n))
        return BACK1.sample(b, n, generator)

    fit(task_model("none", BACK1, dims=SMALL), batch, Setting(steps=40, b=2, length=12, shortest=5))
    assert {b for b, _ in seen} == {2}
    lengths = [n for _, n in seen]
    assert set(lengths[::4]) == {12}
    assert min(lengths) == 5
    assert max(lengths) == 12
    assert len(set(lengths)) > 4


def test_what_is_not_asked_is_not_learned():
    def batch(b, n, generator):
        tokens, targets = BACK1.sample(b, n, generator)
        return tokens, targets.masked_fill(torch.arange(n) > 1, IGNORE)

    setting = Setting(steps=1, b=4, length=6, shortest=6)
    model = task_model("none", BACK1, dims=SMALL)
    tokens, targets = batch(4, 6, torch.Generator().manual_seed(0))
    with torch.no_grad():
        chances = model(tokens)[:, 1].log_softmax(-1)
    expected = -chances.gather(1, targets[:, 1:2]).mean().item()
    assert fit(model, batch, setting).losses[0] == pytest.approx(expected, rel=1e-5)


def test_the_learning_rate_rises_and_falls():
    setting = Setting(steps=100, lr=0.1, warmup=10)
    rates = [setting.lr_at(step) for step in range(100)]
    assert rates[0] == pytest.approx(0.01)
    assert max(rates) == pytest.approx(0.1, rel=0.05)
    assert rates[-1] == pytest.approx(0.005, rel=0.05)
    top = rates.index(max(rates))
    assert top == 9
    assert rates[: top + 1] == sorted(rates[: top + 1])
    assert rates[top:] == sorted(rates[top:], reverse=True)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"steps": 0}, r"steps, b and warmup must be at least 1; got \(0, 32, 30\)"),
        ({"b": 0}, r"at least 1; got \(300, 0, 30\)"),
        ({"lr": 0.0}, "lr must be a finite number above 0; got 0.0"),
        ({"lr": math.nan}, "lr must be .* got nan"),
        ({"lr": math.inf}, "lr must be .* got inf"),
        ({"warmup": 0}, r"at least 1; got \(300, 32, 0\)"),
        ({"shortest": 0}, "need 1 ≤ shortest ≤ length; got 0 and 16"),
        ({"shortest": 17}, "got 17 and 16"),
    ],
)
def test_settings_are_checked(options, words):
    with pytest.raises(ValueError, match=words):
        Setting(**options)


# --- where and how ---------------------------------------------------------------------------


def test_one_thread_is_only_for_the_while():
    def stumble():
        with one_thread():
            assert torch.get_num_threads() == 1
            raise KeyError

    before = torch.get_num_threads()
    try:
        torch.set_num_threads(2)
        with pytest.raises(KeyError):
            stumble()
        assert torch.get_num_threads() == 2
    finally:
        torch.set_num_threads(before)


def test_progress_is_plain_where_outputs_are_stored(monkeypatch, capsys):
    items = range(3)
    monkeypatch.setenv("POSENC_QUIET", "1")
    assert progress(items, "x") is items
    monkeypatch.delenv("POSENC_QUIET")
    assert list(progress(items, "counting")) == [0, 1, 2]
    assert "counting" in capsys.readouterr().err


def test_the_best_device_exists():
    assert torch.zeros(1, device=training.best_device()).item() == 0


@pytest.mark.parametrize(
    ("device", "words"),
    [
        ("cuda", "device 'cuda' cannot be used here .*: use device='cpu' or"),
        ("gpu", "device 'gpu' cannot be used here .*Expected one of cpu"),
        ("meta", "device 'meta' cannot be used here"),
        (None, "device 'None' cannot be used here|got None"),
    ],
)
@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a GPU here")
def test_a_device_that_is_not_there_is_told_before_anything_is_made(device, words, monkeypatch):
    monkeypatch.setattr("posenc.training.task_model", None)
    monkeypatch.setattr("posenc.training.text_model", None)
    for train in (
        lambda: training.train_on_task("none", "back1", device=device),
        lambda: training.train_on_text("none", device=device),
        lambda: compare(["none"], "back1", device=device),
    ):
        with pytest.raises(ValueError, match=words):
            train()


def test_hidden_gpus_are_named():
    code = "from posenc import training; training.train_on_task('none', 'back1', device='cuda')"
    run = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True,
        env=os.environ | {"CUDA_VISIBLE_DEVICES": ""},
    )  # fmt: skip
    assert run.stderr.splitlines()[-1] == (
        "ValueError: device 'cuda' cannot be used here (CUDA_VISIBLE_DEVICES is set to nothing "
        "and hides every GPU): use device='cpu' or training.best_device(), which is 'cpu'"
    )


class Gone(RuntimeError):
    """Stands for torch.AcceleratorError, which cannot be made by hand in every version."""


@pytest.mark.parametrize(
    ("error", "kind", "words"),
    [
        (torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2 GiB"), MemoryError,
         r"out of memory on cpu after 3 of 9 steps: use fewer texts, as in Setting\(b=16\)"),
        (RuntimeError("[enforce fail] DefaultCPUAllocator: can't allocate memory: you tried"),
         MemoryError, "after 3 of 9 steps: use fewer"),
        (MemoryError(), MemoryError, "after 3 of 9 steps: use fewer"),
        (Gone("CUDA error: unspecified launch failure\nmore"), RuntimeError,
         r"cpu failed after 3 of 9 steps \(CUDA error: unspecified launch failure\): restart"),
        (RuntimeError("another fault"), RuntimeError, "^another fault$"),
    ],
)  # fmt: skip
def test_what_ends_a_training_half_way_is_told(error, kind, words, monkeypatch):
    monkeypatch.setattr(torch, "AcceleratorError", Gone, raising=False)
    steps = iter(range(3))

    def batch(b, n, generator):
        if next(steps, None) is None:
            raise error
        return BACK1.sample(b, n, generator)

    with pytest.raises(kind, match=words):
        fit(task_model("none", BACK1), batch, Setting(steps=9))


@pytest.mark.parametrize("call", [training.train_on_task, lambda e, t: compare([e], t)])
def test_an_unknown_task_is_told(call):
    with pytest.raises(ValueError, match="no task is called 'back9'; known are: "):
        call("none", "back9")


def stops_after(steps, sample):
    """A task's texts, until somebody presses the button for stop."""
    left = iter(range(steps))

    def batch(b, n, generator):
        if next(left, None) is None:
            raise KeyboardInterrupt
        return sample(b, n, generator)

    return batch


def test_an_interruption_is_one_line():
    task = TASKS["back1"]
    with pytest.raises(KeyboardInterrupt) as caught:
        fit(task_model("none", task), stops_after(3, task.sample), Setting(steps=9))
    line = "Interrupted after 3 of 9 steps; run the cell again to start over."
    assert caught.value._render_traceback_() == [line]


def test_an_interrupted_comparison_counts_encodings(monkeypatch):
    def press(*args, **options):
        raise KeyboardInterrupt

    monkeypatch.setattr("posenc.training.train_on_task", press)
    with pytest.raises(Interrupted, match="after 0 of 2 encodings; run the cell again"):
        compare(["none", "rope"], "back1", seeds=1)


def test_bars_of_a_notebook_share_one_display_and_leave_it_empty(monkeypatch):
    shown = []

    class Handle:
        def update(self, data, raw):
            shown.append(data)

    def display(data, raw, display_id):
        shown.append(data)
        return Handle()

    monkeypatch.delenv("POSENC_QUIET")
    monkeypatch.setattr("posenc._bar._cell", lambda: 7)
    monkeypatch.setattr("IPython.display.display", display)
    for _ in progress(range(2), "outer"):
        assert list(progress(range(3), "inner")) == [0, 1, 2]
    texts = [data.get("text/plain", "") for data in shown]
    assert any("outer" in text and "inner" in text for text in texts)
    assert shown[-1] == {}
    shown.clear()
    broken = iter(progress(range(9), "broken off"))
    next(broken)
    monkeypatch.setattr("posenc._bar._cell", lambda: 8)  # and its frame lives on
    assert list(progress(range(1), "next cell")) == [0]
    assert shown[-1] == {}
    assert not any("broken off" in data.get("text/plain", "") for data in shown[-2:])
