"""Models of several seeds, trained and asked as one."""

from collections.abc import Callable, Iterable
from dataclasses import replace

import torch
from torch import Tensor
from torch.func import functional_call, stack_module_state, vmap

from posenc._machine import seeded
from posenc.base import on_trial
from posenc.model import Attention, Transformer
from posenc.study._fault import of_the_machine
from posenc.study._layers import pattern_of
from posenc.study._plan import Cell


class Crowd:
    """Models of one shape with stacked weights: one call asks them all.

    Shapes: ``(s, b, n), (n,) or (b, n) -> (s, b, n, vocab)``, s for seeds.
    """

    def __init__(self, models: Iterable[Transformer], device: str = "cpu") -> None:
        models = [model.to(device) for model in models]
        self.params, self.buffers = stack_module_state(models)
        self.model = models[0]  # the shape; its own weights are not used
        self._ask: Callable[..., Tensor] = self._as_one
        self.by_turns = ""  # why the models cannot be asked as one

    def __call__(self, tokens: Tensor, pos: Tensor | None = None) -> Tensor:
        """Return the logits of every model on tokens of its own."""
        if self._ask == self._by_turns:
            return self._ask(tokens, pos)
        drawn = torch.get_rng_state()
        try:
            return self._ask(tokens, pos)
        except RuntimeError as error:
            if of_the_machine(error):
                raise
            # a class that looks at values, or a fused kernel that knows no axis of seeds
            self._ask, self.by_turns = self._by_turns, str(error).partition("\n")[0][:120]
            torch.set_rng_state(drawn)
            return self._ask(tokens, pos)

    def one(self, index: int, tokens: Tensor, pos: Tensor | None = None) -> Tensor:
        """Return the logits of one of the models: (b, n) -> (b, n, vocab)."""
        return self._model({k: v[index] for k, v in self.params.items()},
                           {k: v[index] for k, v in self.buffers.items()}, tokens, pos)  # fmt: skip

    def _model(self, params: dict, buffers: dict, tokens: Tensor, pos: Tensor | None) -> Tensor:
        return functional_call(self.model, (params, buffers), (tokens, pos))

    def _as_one(self, tokens: Tensor, pos: Tensor | None) -> Tensor:
        call = vmap(self._model, in_dims=(0, 0, 0, None), randomness="different")
        return call(self.params, self.buffers, tokens, pos)

    def _by_turns(self, tokens: Tensor, pos: Tensor | None) -> Tensor:
        return torch.stack([self.one(index, each, pos) for index, each in enumerate(tokens)])


def crowd_of(cell: Cell) -> Crowd:
    """Return the untrained models of a cell: the same weights as ``training.task_model``."""
    return Crowd((_model(cell, seed) for seed in cell.seeds), cell.device)


def _model(cell: Cell, seed: int) -> Transformer:
    with seeded(seed):
        task = cell.task
        encoding = cell.cls(cell.dims, **cell.options)
        if not task.causal:
            encoding = on_trial(encoding)
        sizes = {"vocab_size": task.vocab_size, "causal": task.causal}
        if cell.layers:
            pattern = pattern_of(cell.layers, cell.cls, cell.dims, cell.options)
            model = Transformer(pattern=pattern, **sizes)
        else:
            model = Transformer(encoding, n_layers=task.n_layers, **sizes)
    for module in model.modules():
        if isinstance(module, Attention):
            module.fused = cell.device != "cpu"
    return model


def rehearse(cell: Cell) -> None:
    """Ask one model of a cell on the CPU, at the highest positions of its training.

    A fault in its class is raised here. On a GPU an index out of range would end every
    later cell, too; and shifts that are drawn may or may not meet the end of a table.
    """
    model = _model(replace(cell, device="cpu"), cell.seeds[0])
    n = cell.setting.length
    pos = torch.arange(n) + max(0, cell.shift - n)
    with torch.random.fork_rng(devices=[]), torch.no_grad():
        model(torch.zeros(1, n, dtype=torch.long), pos)
