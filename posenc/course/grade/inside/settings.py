"""The settings of torch that a learner's code finds: a notebook's, and new for each answer."""

import contextlib
import sys
import warnings
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import torch

RECURSION = 3000  # as in a notebook's kernel


def anew() -> None:
    """Set everything as it is when a kernel starts."""
    torch.set_default_dtype(torch.float32)
    _set_device(torch.device("cpu"))
    _set_exact(False)
    torch.set_printoptions(profile="default")
    np.seterr(divide="warn", over="warn", under="ignore", invalid="warn")
    sys.setrecursionlimit(RECURSION)


def in_force(call: Callable[..., Any]) -> Callable[..., Any]:
    """Return the call with the notebook's settings in force each time, and no warnings.

    What an answer sets while it is called is undone, as the notebook's checks undo it.
    """

    def called(*given: Any, **named: Any) -> Any:
        warnings.simplefilter("ignore")  # the notebook's checks do, too
        with _put_back():
            return call(*given, **named)

    return called


@contextlib.contextmanager
def _put_back() -> Iterator[None]:
    dtype, device = torch.get_default_dtype(), torch.get_default_device()
    exact = torch.are_deterministic_algorithms_enabled()
    try:
        yield
    finally:
        torch.set_default_dtype(dtype)
        _set_device(device)
        _set_exact(exact)


def _set_device(device: torch.device) -> None:
    if torch.get_default_device() != device:
        torch.set_default_device(None if device.type == "cpu" else device)


def _set_exact(exact: bool) -> None:
    """Ask for deterministic algorithms, or not; the call itself imports the compiler: seconds."""
    if torch.are_deterministic_algorithms_enabled() != exact:
        torch.use_deterministic_algorithms(exact)
