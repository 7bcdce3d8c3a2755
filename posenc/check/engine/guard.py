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
from dataclasses import dataclass, field
from types import FrameType
from typing import Any

import torch
from torch import Tensor

from posenc.check.engine.form import no_result
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
    """Undo what the block sets in torch, numpy and ``random``; judge on the CPU, with gradients.

    The block has one thread: on a busy machine several wait for each other and use up ten
    times the work that an answer may take.
    """
    threads, python = torch.get_num_threads(), random.getstate()
    numpy = sys.modules.get("numpy")
    drawn = numpy.random.get_state() if numpy else None
    torch.set_num_threads(1)
    try:
        with (
            _defaults_put_back(),
            torch.random.fork_rng(devices=[]),
            torch.inference_mode(False),
            torch.enable_grad(),
            torch.autocast("cpu", enabled=False),
        ):
            if torch.get_default_device().type != "cpu":
                torch.set_default_device("cpu")
            yield
    finally:
        if torch.get_num_threads() != threads:
            torch.set_num_threads(threads)
        random.setstate(python)
        if numpy and drawn:
            numpy.random.set_state(drawn)


@contextlib.contextmanager
def _defaults_put_back() -> Iterator[None]:
    """Undo what the block sets in torch for all that follows: the checker, and the notebook."""
    dtype, device = torch.get_default_dtype(), torch.get_default_device()
    exact = torch.are_deterministic_algorithms_enabled()
    warns = torch.is_deterministic_algorithms_warn_only_enabled()
    watches, nan = torch.is_anomaly_enabled(), torch.is_anomaly_check_nan_enabled()
    try:
        yield
    finally:
        torch.set_default_dtype(dtype)
        if torch.get_default_device() != device:
            torch.set_default_device(None if device.type == "cpu" else device)
        if torch.are_deterministic_algorithms_enabled() != exact:
            torch.use_deterministic_algorithms(exact, warn_only=warns)
        torch.set_anomaly_enabled(watches, nan)


@dataclass
class Calls:
    """What an answer did when it was called."""

    output: io.StringIO = field(default_factory=io.StringIO)  # where it prints to
    called: bool = False
    said: str | None = None  # what the first call printed
    found: object = None  # what the last call returned
    only_nothing: bool = True  # so far every call returned None, or an exception
    errors: list[BaseException] = field(default_factory=list)  # what calls raised


def asked(answer: Callable[..., Any], calls: Calls | None = None) -> Callable[..., Any]:
    """Return the answer, watched: it must leave its arguments as they are and stay on the CPU.

    A class is handed on as it is; its checker looks after it.
    """
    if isinstance(answer, type):
        return answer
    notes = calls or Calls()

    @functools.wraps(answer, updated=())
    def watched(*arguments: Any, **named: Any) -> Any:
        given = [part for part in (*arguments, *named.values()) if isinstance(part, Tensor)]
        before = [part.detach().clone() for part in given]
        with _noted(notes), _defaults_put_back():
            notes.found = found = answer(*arguments, **named)
        notes.only_nothing &= bool(no_result(found))
        for part, old in zip(given, before, strict=True):
            _unchanged(part, old)
        for part in found if isinstance(found, (tuple, list)) else (found,):
            _at_home(part)
        return found

    return watched


@contextlib.contextmanager
def _noted(notes: Calls) -> Iterator[None]:
    """Note what a call raises, and what the first one prints."""
    notes.called, begin = True, len(notes.output.getvalue()) if notes.said is None else 0
    try:
        yield
    except BaseException as error:
        notes.only_nothing = False
        notes.errors.append(error)
        raise
    finally:
        if notes.said is None:
            notes.said = notes.output.getvalue()[begin:]


def _unchanged(part: Tensor, old: Tensor) -> None:
    if part.shape != old.shape or not torch.equal(part.nan_to_num(), old.nan_to_num()):
        raise Mistake(
            "mutates-input",
            "The function changed the tensor that it was given. Work on x.clone(), or without "
            "+=, x[…] = … and functions that end in _.",
        )


def _at_home(part: object) -> None:
    if isinstance(part, Tensor) and part.device.type != "cpu":
        raise Mistake(
            "device",
            f"The result is on {part.device}. Keep it where the input is, on the CPU.",
        )
