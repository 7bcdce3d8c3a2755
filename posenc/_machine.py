"""Where a training runs, and what it leaves as it was: threads, random numbers, modes."""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import torch
from torch import nn


def best_device() -> torch.device:
    """Return the fastest device at hand for larger models: CUDA, Apple's MPS, or the CPU."""
    if torch.cuda.is_available():
        return torch.device("cuda")
    return torch.device("mps" if torch.backends.mps.is_available() else "cpu")


def usable(device: torch.device | str) -> torch.device:
    """Return the device after one addition on it, or raise ``ValueError`` with the remedy.

    A name that torch does not know, a GPU that is hidden or not there, one that this build of
    torch has no kernels for, and a device without numbers such as "meta" are all refused here.

    >>> usable("cpu")
    device(type='cpu')
    """
    try:
        (torch.ones(1, device=device) + 1).cpu()
        return torch.device(device)
    except (RuntimeError, AssertionError, TypeError) as error:
        said = str(error).partition("\n")[0].rstrip(".")
        if os.environ.get("CUDA_VISIBLE_DEVICES") == "" and "cuda" in str(device):
            said = "CUDA_VISIBLE_DEVICES is set to nothing and hides every GPU"
        raise ValueError(
            f"device {str(device)!r} cannot be used here ({said}): use device='cpu' or "
            f"training.best_device(), which is {str(best_device())!r}"
        ) from None


MEMORY = ("out of memory", "can't allocate memory", "not enough memory")


def short_of_memory(error: BaseException) -> bool:
    """Return whether an error says that there is no memory left, on any device.

    >>> short_of_memory(RuntimeError("CUDA out of memory. Tried to allocate 2 GiB"))
    True
    """
    return isinstance(error, MemoryError) or any(word in str(error) for word in MEMORY)


@contextmanager
def faults_told(device: torch.device, far: Callable[[], str], remedy: str) -> Iterator[None]:
    """Say in one sentence how far the work was when memory ran out or the device failed.

    Raises ``MemoryError`` with the remedy, or ``RuntimeError`` for a device that is gone.
    """
    try:
        yield
    except (MemoryError, RuntimeError) as error:
        if short_of_memory(error):
            raise MemoryError(f"out of memory on {device} {far()}: {remedy}") from error
        if isinstance(error, getattr(torch, "AcceleratorError", ())):  # in torch from 2.8 on
            said = str(error).partition("\n")[0]
            raise RuntimeError(
                f"{device} failed {far()} ({said}): restart the kernel, because this process "
                "cannot use the device again, or train with device='cpu'"
            ) from error
        raise


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
