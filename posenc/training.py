"""Training small models: one loop, several seeds, results as data.

Toy sizes run fastest on one CPU thread, and one thread gives the same digits twice.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial

import torch
import torch.nn.functional as F
from torch import Generator, Tensor, nn

from posenc import text
from posenc._bar import Interrupted, progress, told
from posenc._machine import best_device, evaluating, faults_told, one_thread, seeded, usable
from posenc.base import Dims, PositionalEncoding, build, on_trial
from posenc.model import Transformer
from posenc.tasks import IGNORE, TASKS, Task

__all__ = [
    "History",
    "Interrupted",
    "Setting",
    "accuracy",
    "best_device",
    "compare",
    "fit",
    "loss_by_position",
    "one_thread",
    "progress",
    "task_model",
    "text_model",
    "train_on_task",
    "train_on_text",
]

Batch = Callable[[int, int, Generator], tuple[Tensor, Tensor]]  # (b, n, generator) -> (b, n) twice

DIMS = Dims(d_model=32, n_heads=4, max_len=64)  # of the models trained on tasks
TEXT_DIMS = Dims(d_model=48, n_heads=4, max_len=128)  # of the models trained on text


@dataclass(frozen=True)
class Setting:
    """How a model is trained. ``shortest`` < ``length``: lengths vary, every fourth is ``length``.

    >>> Setting(steps=10).length
    16
    """

    steps: int = 300
    lr: float = 1e-2
    b: int = 32
    length: int = 16
    shortest: int = 4
    warmup: int = 30

    def __post_init__(self) -> None:
        if min(sizes := (self.steps, self.b, self.warmup)) < 1:
            raise ValueError(f"steps, b and warmup must be at least 1; got {sizes}")
        if not 0 < self.lr < math.inf:
            raise ValueError(f"lr must be a finite number above 0; got {self.lr}")
        if not 1 <= self.shortest <= self.length:
            raise ValueError(f"need 1 ≤ shortest ≤ length; got {self.shortest} and {self.length}")

    def lr_at(self, step: int) -> float:
        """Return the learning rate: a linear start, then half a cosine down to 5 %."""
        cosine = 0.5 * (1 + math.cos(math.pi * step / self.steps))
        return self.lr * min(1.0, (step + 1) / self.warmup) * (0.05 + 0.95 * cosine)


TEXT = Setting(steps=1000, lr=5e-3, b=16, length=32, shortest=32, warmup=50)


@dataclass
class History:
    """The loss of every step, as data for a picture."""

    losses: list[float] = field(default_factory=list)

    def smooth(self, window: int = 20) -> Tensor:
        """Return the running mean of the losses, (steps - window + 1,)."""
        return torch.tensor(self.losses).unfold(0, window, 1).mean(-1)


def fit(model: nn.Module, batch: Batch, setting: Setting = Setting(), *, seed: int = 0) -> History:
    """Train ``model`` in place with AdamW and return the loss of every step.

    ``batch(b, n, generator)`` gives tokens and targets, (b, n) each; targets of ``IGNORE``
    are left out. The same seed on one machine gives the same weights. Raises ``MemoryError``
    with the step and the remedy where memory runs out.

    >>> model = task_model("none", TASKS["back1"])
    >>> len(fit(model, TASKS["back1"].sample, Setting(steps=3)).losses)
    3
    """
    generator = Generator().manual_seed(seed)
    device = next(model.parameters()).device
    adam = torch.optim.AdamW(model.parameters(), betas=(0.9, 0.98), weight_decay=0.01, fused=True)
    history = History()
    model.train()

    def far() -> str:
        return f"after {len(history.losses)} of {setting.steps} steps"

    def stopped() -> str:
        return f"Interrupted {far()}; run the cell again to start over."

    fewer = f"use fewer texts, as in Setting(b={max(1, setting.b // 2)}), or shorter ones"
    with one_thread(), told(stopped), faults_told(device, far, fewer):
        for step in progress(range(setting.steps), "training"):
            n = length_at(step, setting, generator)
            tokens, targets = (part.to(device) for part in batch(setting.b, n, generator))
            logits = model(tokens).flatten(0, 1)
            loss = F.cross_entropy(logits, targets.flatten(), ignore_index=IGNORE)
            adam.param_groups[0]["lr"] = setting.lr_at(step)
            adam.zero_grad()
            loss.backward()
            adam.step()
            history.losses.append(loss.item())
    return history


def length_at(step: int, setting: Setting, generator: Generator) -> int:
    """Return how long the texts of a step are."""
    if step % 4 == 0 or setting.shortest == setting.length:
        return setting.length
    bounds = (setting.shortest, setting.length + 1)
    return int(torch.randint(*bounds, (), generator=generator, device=generator.device))


@torch.no_grad()
def accuracy(
    model: nn.Module, task: Task, n: int, *, texts: int = 256, seed: int = 10_000
) -> float:
    """Return the share of right answers on fresh texts of length n, from 0 to 1.

    Puts the model into ``eval()`` for the while.

    >>> 0 <= accuracy(task_model("none", TASKS["back1"]), TASKS["back1"], 8) <= 1
    True
    """
    tokens, targets = task.sample(texts, n, Generator().manual_seed(seed))
    device = next(model.parameters()).device
    with one_thread(), evaluating(model):
        guesses = model(tokens.to(device)).argmax(-1).cpu()
    asked = targets != IGNORE
    return float((guesses[asked] == targets[asked]).float().mean())


@torch.no_grad()
def loss_by_position(
    model: nn.Module, tokens: Tensor, n: int, *, windows: int = 128, seed: int = 10_000
) -> Tensor:
    """Return the mean loss at each position of windows of n characters, in nats, (n,).

    >>> model = text_model("none")
    >>> loss_by_position(model, text.split()[1], 8, windows=2).shape
    torch.Size([8])
    """
    device = next(model.parameters()).device
    inputs, targets = text.batch(tokens.cpu(), windows, n, Generator().manual_seed(seed))
    with one_thread(), evaluating(model):
        logits = model(inputs.to(device)).cpu()  # (b, n, vocab)
    return F.cross_entropy(logits.transpose(1, 2), targets, reduction="none").mean(0)


# --- the models of the course ---------------------------------------------------------------


def task_model(
    encoding: str | PositionalEncoding, task: Task, *, seed: int = 0, dims: Dims = DIMS
) -> Transformer:
    """Return an untrained model of the course's toy size for a task.

    >>> task_model("sinusoidal", TASKS["before"]).encoding.name
    'sinusoidal'
    """
    sizes = {"vocab_size": task.vocab_size, "n_layers": task.n_layers, "causal": task.causal}
    return _model(encoding, dims, seed, **sizes)


def text_model(
    encoding: str | PositionalEncoding, *, seed: int = 0, dims: Dims = TEXT_DIMS
) -> Transformer:
    """Return an untrained causal model of two layers for the characters of ``posenc.text``."""
    return _model(encoding, dims, seed, vocab_size=len(text.ALPHABET), n_layers=2, causal=True)


def _model(
    encoding: str | PositionalEncoding, dims: Dims, seed: int, **options: int
) -> Transformer:
    with seeded(seed):
        if isinstance(encoding, str):
            encoding = build(encoding, dims)
        if not options["causal"]:
            encoding = on_trial(encoding)
        return Transformer(encoding, **options)  # type: ignore[arg-type]


def train_on_task(
    encoding: str | PositionalEncoding,
    task: str,
    *,
    seed: int = 0,
    setting: Setting | None = None,
    dims: Dims = DIMS,
    device: torch.device | str = "cpu",
) -> Transformer:
    """Return a model trained on a task, by its name in TASKS, on a device.

    Every device begins with the same weights and sees the same texts; toy sizes are fastest
    on the CPU. Raises ``ValueError`` for an unknown task or a device that is not there.

    >>> quick = Setting(steps=1)
    >>> train_on_task("none", "back1", setting=quick, device=torch.device("cpu")).encoding.name
    'none'
    """
    _check_task(task)
    device = usable(device)  # before a model is made
    chosen = TASKS[task]
    model = task_model(encoding, chosen, seed=seed, dims=dims).to(device)
    fit(model, chosen.sample, setting or Setting(steps=chosen.steps), seed=seed)
    return model


def train_on_text(
    encoding: str | PositionalEncoding,
    *,
    seed: int = 0,
    setting: Setting = TEXT,
    device: torch.device | str = "cpu",
) -> Transformer:
    """Return a causal model trained on the characters of ``posenc.text``, on a device.

    Raises ``ValueError`` for a device that is not there.

    >>> train_on_text("none", setting=Setting(steps=1, b=2, length=8)).causal
    True
    """
    device = usable(device)  # before a model is made
    model = text_model(encoding, seed=seed).to(device)
    fit(model, partial(text.batch, text.split()[0]), setting, seed=seed)
    return model


def compare(
    encodings: Sequence[str],
    task: str,
    *,
    seeds: int = 3,
    lengths: Sequence[int] = (16, 32, 64),
    setting: Setting | None = None,
    dims: Dims = DIMS,
    device: torch.device | str = "cpu",
) -> dict[str, Tensor]:
    """Return for each encoding the accuracies of newly trained models: (seeds, lengths).

    A length that a table cannot hold counts as NaN: there is no answer. The models train on
    ``device``; the accuracies are on the CPU.
    Raises ``ValueError`` for unknown names and for a device that is not there.

    >>> compare(["none"], "back1", seeds=1, lengths=(16,), setting=Setting(steps=2))["none"].shape
    torch.Size([1, 1])
    """
    _check_task(task)
    device = usable(device)
    for name in encodings:  # before the first training, not after it
        build(name, dims)
    results: dict[str, Tensor] = {}
    with told(lambda: f"Interrupted after {len(results)} of {len(encodings)} encodings; "
              "run the cell again to start over."):  # fmt: skip
        for name in progress(encodings, task):
            rows = []
            for seed in range(seeds):
                model = train_on_task(
                    name, task, seed=seed, setting=setting, dims=dims, device=device
                )
                rows.append([_accuracy_or_nan(model, TASKS[task], n) for n in lengths])
            results[name] = torch.tensor(rows)  # (seeds, lengths)
    return results


def _check_task(task: str) -> None:
    if task not in TASKS:
        raise ValueError(f"no task is called {task!r}; known are: {', '.join(TASKS)}")


def _accuracy_or_nan(model: Transformer, task: Task, n: int) -> float:
    task.sample(1, n, Generator())  # a length that the task cannot have is an error
    try:
        return accuracy(model, task, n)
    except ValueError:  # a table that ends
        return math.nan
