"""Where a training runs, and what it leaves as it was: threads, random numbers, modes."""

from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch import nn


def best_device() -> torch.device:
    """Return the fastest device at hand for larger models: CUDA, Apple's MPS, or the CPU."""
    if torch.cuda.is_available():
        return torch.device("cuda")
    return torch.device("mps" if torch.backends.mps.is_available() else "cpu")


@contextmanager
def one_thread() -> Iterator[None]:
    """Run with one CPU thread: faster for toy sizes, and the same digits every time.

    >>> with one_thread():
    ...     torch.get_num_threads()
    1
    """
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)


@contextmanager
def seeded(seed: int, device: str = "cpu") -> Iterator[None]:
    """Draw the random numbers of a seed for the while; the caller's own go on as before.

    On another device than the CPU its numbers begin with the seed, too; a GPU that is not
    asked for is left alone.

    >>> with seeded(0):
    ...     torch.rand(1)
    tensor([0.4963])
    """
    kind = torch.device(device).type
    others = [] if kind == "cpu" else [getattr(torch, kind).current_device()]
    with torch.random.fork_rng(devices=others, device_type=kind if others else "cuda"):
        torch.default_generator.manual_seed(seed)
        if others:
            getattr(torch, kind).manual_seed(seed)
        yield


@contextmanager
def evaluating(model: nn.Module) -> Iterator[None]:
    """Put the model into ``eval()`` for the while."""
    was_training = model.training
    model.eval()
    try:
        yield
    finally:
        model.train(was_training)
