"""What is to be trained: names and options checked, and made into cells."""

import ast
import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import product

import torch
from torch import Generator, Tensor

from posenc.base import ENCODINGS, Dims, PositionalEncoding, build
from posenc.study._scale import Scale
from posenc.tasks import NEEDLE, TASKS, Task
from posenc.text import ALPHABET, batch, split
from posenc.training import Setting

Spec = str | tuple[str, Mapping[str, object]]  # "rope", "rope(base=100)", ("rope", {"base": 100})


@dataclass(frozen=True)
class Cell:
    """One encoding on one task at one learning rate: its seeds are trained as one."""

    encoding: str  # with its options, as in the table
    cls: type[PositionalEncoding]
    options: Mapping[str, object]
    task: Task
    setting: Setting
    dims: Dims
    seeds: tuple[int, ...]
    times: tuple[float, ...]  # what is scored, in trained lengths
    shift: int  # positions are drawn from so many; 0: they count from 0
    scale: str
    device: str
    dtype: str
    layers: tuple[str, ...] = ()  # what each layer is, as in _layers; (): all alike

    @property
    def lengths(self) -> list[int]:
        """What is scored, in tokens."""
        return [round(time * self.setting.length) for time in self.times]


@dataclass(frozen=True)
class Request:
    """What a caller of ``study.run`` asks for; checked here, before anything is trained."""

    encodings: tuple[Spec, ...] | None  # None: all that are registered
    tasks: tuple[str, ...]
    seeds: int = 5
    lengths: tuple[float, ...] = (1, 1.5, 2, 4)
    rates: tuple[float, ...] = (1,)
    shift: int = 0
    layers: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if isinstance(self.seeds, bool) or not isinstance(self.seeds, int) or self.seeds < 1:
            raise ValueError(f"seeds must be a number of seeds, at least 1; got {self.seeds!r}")
        for name in ("encodings", "tasks", "lengths", "rates"):
            if getattr(self, name) == ():
                raise ValueError(f"{name} is empty: name at least one")
        for name in ("lengths", "rates"):
            for value in getattr(self, name):
                if not isinstance(value, int | float) or not 0 < value < math.inf:
                    raise ValueError(
                        f"{name} are multiples, finite and above 0: of the trained length, "
                        f"of the usual learning rate; got {value!r}"
                    )

    def cells(self, scale: Scale) -> list[Cell]:
        """Return the cells, tasks outermost, or raise for the first that cannot be.

        An encoding that ends before the trained length is left out where none are named;
        where it is named, its training tells, unless nothing else is asked for.
        """
        tasks = [task_of(name) for name in dict.fromkeys(self.tasks)]
        named = self.encodings if self.encodings is not None else ENCODINGS
        specs = [parsed(spec) for spec in dict.fromkeys(written(*parsed(spec)) for spec in named)]
        for task in tasks:
            self._check_lengths(task, _sizes(task, scale)[0])
        found, refused = [], []
        for task, (name, options) in product(tasks, specs):
            ends = self._ends(task, name, options, scale)
            if ends:
                refused.append(f"{name} cannot be trained on {task.name}: {ends}")
            if not ends or self.encodings is not None:
                rates = dict.fromkeys(self.rates)
                found += [self._cell(task, name, options, rate, scale) for rate in rates]
        if len(refused) == len(tasks) * len(specs):
            raise ValueError(refused[0])
        return found

    def _ends(self, task: Task, name: str, options: dict[str, object], scale: Scale) -> str:
        """Return why an encoding cannot hold the positions of the training, or nothing."""
        setting, dims = _sizes(task, scale)
        n = max(setting.length, self.shift)
        try:
            with torch.random.fork_rng(devices=[]):
                encoding = build(name, dims, **options)  # refuses what it does not know
        except Exception:
            if options or name not in ENCODINGS:
                raise
            return ""  # a fault of its own, which its training will tell
        try:
            encoding.embed(torch.zeros(1, n, dims.d_model), torch.arange(n))
        except ValueError as error:
            return str(error)
        except Exception:  # likewise
            pass
        return ""

    def _cell(
        self, task: Task, name: str, options: dict[str, object], rate: float, scale: Scale
    ) -> Cell:
        setting, dims = _sizes(task, scale)
        layers = len(self.layers) or (
            scale.text_layers if task.name == "text" else scale.layers
        )
        return Cell(
            encoding=written(name, options),
            cls=ENCODINGS[name],
            options=options,
            task=replace(task, n_layers=layers or task.n_layers),
            setting=replace(setting, lr=setting.lr * rate),
            dims=dims,
            seeds=tuple(range(self.seeds)),
            times=tuple(float(time) for time in self.lengths),
            shift=self.shift,
            scale=scale.name,
            device=scale.device,
            dtype=scale.dtype,
            layers=self.layers,
        )

    def _check_lengths(self, task: Task, setting: Setting) -> None:
        for time in self.lengths:
            n = round(time * setting.length)
            try:
                task.sample(1, n, Generator())
            except ValueError as error:
                raise ValueError(
                    f"length {time:g} × {setting.length} = {n} is impossible: {error}"
                ) from None
        if self.shift and self.shift < setting.length:
            raise ValueError(
                f"shift is the number of positions to draw from, at least the trained length "
                f"{setting.length} of {task.name}; got {self.shift}"
            )


def _sizes(task: Task, scale: Scale) -> tuple[Setting, Dims]:
    if task.name == "text":
        return scale.text, scale.text_dims
    return scale.setting or Setting(steps=task.steps), scale.dims


# --- encodings by name ----------------------------------------------------------------------


def parsed(spec: Spec) -> tuple[str, dict[str, object]]:
    """Return the name and the options.

    >>> parsed("rope(base=100.0)")
    ('rope', {'base': 100.0})
    """
    text = spec if isinstance(spec, str) else written(*spec)
    name, bracket, inside = text.partition("(")
    if not bracket:
        return text, {}
    try:
        call = ast.parse(f"options({inside}", mode="eval").body
        if isinstance(call, ast.Call) and not call.args:
            return name, {str(k.arg): ast.literal_eval(k.value) for k in call.keywords}
    except (SyntaxError, ValueError):
        pass
    raise ValueError(f"an encoding is named as in 'rope' or 'rope(base=100.0)'; got {text!r}")


def written(name: str, options: Mapping[str, object]) -> str:
    """Return the name with its options, as ``parsed`` reads it."""
    inside = ", ".join(f"{key}={options[key]!r}" for key in sorted(options))
    return f"{name}({inside})" if options else name


# --- tasks by name --------------------------------------------------------------------------


def task_of(name: str) -> Task:
    """Return a task of TASKS, "needle", or "text": the next character of ``posenc.text``.

    >>> task_of("text").causal
    True
    """
    if name == "text":
        return TEXT_TASK
    if name == NEEDLE.name:
        return NEEDLE
    if name not in TASKS:
        known = ', '.join(TASKS)
        raise ValueError(f"no task is called {name!r}; known are: {known}, needle, text")
    return TASKS[name]


def draw(task: Task, part: str, b: int, n: int, generator: Generator) -> tuple[Tensor, Tensor]:
    """Return tokens and targets, (b, n) each; a text has parts of its own to train and to test."""
    if task.name == "text":
        return batch(text_part(part), b, n, generator)
    return task.sample(b, n, generator)


@lru_cache(maxsize=3)
def text_part(part: str) -> Tensor:
    """Return the characters to "train" on, to "validate" with, or to "test" with."""
    train, held = split()
    half = len(held) // 2
    return {"train": train, "validate": held[:half], "test": held[half:]}[part]


def _text(b: int, n: int, generator: Generator) -> tuple[Tensor, Tensor]:
    return batch(text_part("train"), b, n, generator)


TEXT_TASK = Task(
    name="text",
    asks="the next character",
    needs="all of it",
    chance=1 / len(ALPHABET),
    sampler=_text,
    vocab_size=len(ALPHABET),
    causal=True,
    n_layers=2,
)
