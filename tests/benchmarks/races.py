"""Races: contestants run by turns in one process, so that what slows one slows them all.

A time says as much of the machine as of the code. So each contestant's time is divided by that
of the base in the same round, and the median of these ratios is what is told.
"""

import json
import os
import statistics
import tempfile
import time
from collections.abc import Callable
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import torch

FEWEST, MOST = 3, 41  # rounds of a race
SECONDS = float(os.environ.get("POSENC_BENCH_SECONDS", "4"))  # what a race may take, about


def device() -> str:
    """Where races with large tensors are run: on a GPU, if there is one."""
    return "cuda" if torch.cuda.is_available() else "cpu"


def seconds(call: Callable[[], object], where: str = "cpu") -> float:
    """How long a call takes: by CUDA's events on a GPU, which wait for it, else by a clock.

    With one thread it is the process's own: what other programs take is not counted.
    """
    if where == "cuda":
        start, end = (torch.cuda.Event(enable_timing=True) for _ in range(2))
        start.record()
        call()
        end.record()
        end.synchronize()
        return start.elapsed_time(end) / 1000
    clock = time.process_time if torch.get_num_threads() == 1 else time.perf_counter
    began = clock()
    call()
    return clock() - began


@dataclass
class Race:
    """Contestants by name; the first is the base that the others are divided by.

    ``ready`` makes what a contestant takes, outside its time.
    """

    contestants: dict[str, Callable]
    ready: Callable[[], object] | None = None
    where: str = "cpu"
    times: dict[str, list[float]] = field(default_factory=dict)

    def round(self) -> None:
        """Run each once, in another order each time: no one always follows the same one."""
        names = list(self.contestants)
        self.times = self.times or {name: [] for name in names}
        turn = len(self.times[names[0]])
        order = names[turn % len(names) :] + names[: turn % len(names)]
        for name in order if turn % 2 else order[::-1]:
            taken = () if self.ready is None else (self.ready(),)
            call = partial(self.contestants[name], *taken)
            self.times[name].append(seconds(call, self.where))

    def warm(self) -> int:
        """Run rounds that do not count; return how many to run in the time there is."""
        for _ in range(2):
            began = time.perf_counter()
            self.round()
            took = time.perf_counter() - began
            if took > SECONDS:
                break
        self.times = {}
        return int(min(max(SECONDS / took, FEWEST), MOST))

    def results(self) -> dict[str, dict[str, float]]:
        """Median milliseconds; median, tenth and ninetieth percentile of the ratios."""
        base = self.times[next(iter(self.contestants))]
        return {name: {"ms": 1000 * statistics.median(times), **spread(ratios(times, base))}
                for name, times in self.times.items()}  # fmt: skip


def ratios(times: list[float], base: list[float]) -> list[float]:
    return [one / other for one, other in zip(times, base, strict=True)]


def spread(values: list[float]) -> dict[str, float]:
    tenths = statistics.quantiles(values, n=10, method="inclusive")
    return {"ratio": statistics.median(values), "low": tenths[0], "high": tenths[-1]}


@contextmanager
def threads(number: int):
    before = torch.get_num_threads()
    torch.set_num_threads(number)
    try:
        yield
    finally:
        torch.set_num_threads(before)


def peak_mib(call: Callable[[], object], where: str = "cpu") -> float:
    """The most memory in MiB that a call holds beyond what was there before."""
    if where == "cuda":
        torch.cuda.reset_peak_memory_stats()
        before = torch.cuda.memory_allocated()
        call()
        return (torch.cuda.max_memory_allocated() - before) / 2**20
    kind = torch.profiler.ProfilerActivity.CPU
    with torch.profiler.profile(activities=[kind], profile_memory=True) as watched:
        call()
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "trace.json"
        watched.export_chrome_trace(str(file))
        events = json.loads(file.read_bytes())["traceEvents"]
    held = [event for event in events if event.get("name") == "[memory]"]
    held.sort(key=lambda event: event["ts"])
    amounts = [event["args"]["Total Allocated"] for event in held]
    return (max(amounts) - (amounts[0] - held[0]["args"]["Bytes"])) / 2**20


def with_backward(call: Callable[[], object], inputs: list[torch.Tensor]) -> Callable[[], object]:
    """The call and the way back to its inputs, by the same gradients each time."""
    outs = call()
    outs = outs if isinstance(outs, tuple) else (outs,)
    slopes = tuple(torch.ones_like(out) for out in outs)

    def both() -> object:
        outs = call()
        return torch.autograd.grad(outs if isinstance(outs, tuple) else (outs,), inputs, slopes)

    return both
