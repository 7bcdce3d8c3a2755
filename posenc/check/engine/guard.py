"""What stands between a checker and an answer: a time limit, silence, settings put back."""

import contextlib
import functools
import io
import random
import signal
import sys
import threading
import warnings
from collections.abc import Callable, Iterator
from types import FrameType
from typing import Any

import torch
from torch import Tensor

from posenc.check.engine.mistake import Mistake

SECONDS = 5.0  # of work: a busy machine is no mistake of the answer
PATIENCE = 4  # times as long by the clock, for an answer that sleeps
AGAIN = 0.25  # the alarm rings until it is heard: an `except:` of the answer may eat the first


class TooLong(BaseException):
    """An answer did not end in time; no ``except Exception`` of its own holds it up."""


def can_stop() -> bool:
    """Return whether an answer that loops for ever can be stopped here: by a signal, on POSIX."""
    return hasattr(signal, "setitimer") and threading.current_thread() is threading.main_thread()


@contextlib.contextmanager
def time_limit(seconds: float) -> Iterator[None]:
    """Raise ``TooLong`` in the block after so many seconds of work, where the platform can."""
    if not can_stop():
        yield
        return

    def ring(number: int, frame: FrameType | None) -> None:
        raise TooLong

    clocks = (
        (signal.SIGPROF, signal.ITIMER_PROF, seconds),  # CPU time
        (signal.SIGALRM, signal.ITIMER_REAL, PATIENCE * seconds),
    )
    heard = [signal.signal(alarm, ring) for alarm, _, _ in clocks]
    waiting = [signal.setitimer(timer, limit, AGAIN) for _, timer, limit in clocks]
    try:
        yield
    finally:
        for _, timer, _ in clocks:
            signal.setitimer(timer, 0)
        for (alarm, timer, _), handler, left in zip(clocks, heard, waiting, strict=True):
            signal.signal(alarm, handler)
            signal.setitimer(timer, *left)


@contextlib.contextmanager
def silence() -> Iterator[io.StringIO]:
    """Keep what the block prints, warns or displays off the page; yield what it printed."""
    printed = io.StringIO()
    with contextlib.ExitStack() as stack:
        if "IPython" in sys.modules:  # then display() must be caught as well
            from IPython.utils.capture import capture_output

            stack.enter_context(capture_output())
        stack.enter_context(contextlib.redirect_stdout(printed))
        stack.enter_context(contextlib.redirect_stderr(printed))
        stack.enter_context(warnings.catch_warnings())
        warnings.simplefilter("ignore")
        yield printed


@contextlib.contextmanager
def settings_put_back() -> Iterator[None]:
    """Undo what the block sets in torch and ``random``: type, seeds, threads.

    The block has one thread: on a busy machine several wait for each other and use up ten
    times the work that an answer may take.
    """
    dtype, threads = torch.get_default_dtype(), torch.get_num_threads()
    python = random.getstate()
    torch.set_num_threads(1)
    try:
        with torch.random.fork_rng(devices=[]), torch.enable_grad():
            yield
    finally:
        torch.set_default_dtype(dtype)
        if torch.get_num_threads() != threads:
            torch.set_num_threads(threads)
        random.setstate(python)


def asked(answer: Callable[..., Any]) -> Callable[..., Any]:
    """Return the answer, watched: it must leave its arguments as they are and stay on the CPU.

    A class is handed on as it is; its checker looks after it.
    """
    if isinstance(answer, type):
        return answer

    @functools.wraps(answer, updated=())
    def watched(*arguments: Any, **named: Any) -> Any:
        given = [part for part in (*arguments, *named.values()) if isinstance(part, Tensor)]
        before = [part.detach().clone() for part in given]
        found = answer(*arguments, **named)
        for part, old in zip(given, before, strict=True):
            _unchanged(part, old)
        for part in found if isinstance(found, (tuple, list)) else (found,):
            _at_home(part)
        return found

    return watched


def _unchanged(part: Tensor, old: Tensor) -> None:
    if part.shape != old.shape or not torch.equal(part.nan_to_num(), old.nan_to_num()):
        raise Mistake(
            "mutates-input",
            "it changes the tensor that it was given: work on x.clone(), "
            "or without +=, x[…] = … and functions that end in _",
        )


def _at_home(part: object) -> None:
    if isinstance(part, Tensor) and part.device.type != "cpu":
        raise Mistake(
            "device", f"the result is on {part.device}; it must be where the input is, on the CPU"
        )
