"""A pytest plugin: the tests run once, and then mutants, each in a child that ends with it.

The first run warms all that is slow to import or to build, checks that the tests pass as they
are, and notes which test reaches which line. A mutant then meets the tests that reach its
function, the quickest and the likeliest first, until one fails.
"""

import gc
import json
import os
import resource
import signal
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable

import coverage
import pytest

from .mutant import Mutant
from .plant import functions_alive, plant

# Seconds of processor time for all tests that a mutant meets: those of the warm run and some.
TIMES, MORE = 3, 10


class Judge:
    """Runs the tests of one room against mutants; ``tell`` hears each verdict."""

    def __init__(
        self, sources: list[str], mutants: Iterable[Mutant], tell: Callable[[Mutant, dict], None]
    ) -> None:
        self.sources, self.mutants, self.tell = sources, mutants, tell
        self.failed: list[str] = []
        self.seconds: dict[str, float] = {}
        self.kills: dict[tuple[str, str], Counter[str]] = defaultdict(Counter)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.failed:
            self.failed.append(report.nodeid)

    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        self._warm(session)
        gc.collect()
        self.alive = functions_alive()
        gc.freeze()  # a child that collects would copy every page
        for mutant in self.mutants:
            self.tell(mutant, self._judge(mutant, self._met_by(mutant, session.items), session))
        return True

    def _warm(self, session: pytest.Session) -> None:
        # what is defined was imported before, so that a line counts only where it runs
        watch = coverage.Coverage(data_file=None, config_file=False, include=self.sources)
        watch.start()
        for item in session.items:
            watch.switch_context(item.nodeid)
            start = time.process_time()
            _run(item)
            self.seconds[item.nodeid] = time.process_time() - start
        watch.stop()
        data = watch.get_data()
        self.reached = {path: data.contexts_by_lineno(path) for path in data.measured_files()}
        if self.failed or session.testsfailed:
            raise session.Failed(f"red without a mutant: {self.failed}")

    def _met_by(self, mutant: Mutant, items: list[pytest.Item]) -> list[pytest.Item]:
        first, last = mutant.lines
        path = next(path for path in self.sources if path.endswith(_path(mutant.module)))
        reached = self.reached.get(path, {})
        names = {name for line, by in reached.items() if first <= line <= last for name in by}
        met = [item for item in items if item.nodeid in names]
        if not met and mutant.kind == "class":  # it has no code of its own
            met = items
        kills = self.kills[mutant.module, mutant.place]
        return sorted(met, key=lambda item: (-kills[item.nodeid], self.seconds[item.nodeid]))

    def _judge(self, mutant: Mutant, items: list[pytest.Item], session: pytest.Session) -> dict:
        """Return a verdict: killed and by whom, survived, or timeout."""
        limit = MORE + TIMES * sum(self.seconds[item.nodeid] for item in items)
        start, (out, into) = time.monotonic(), os.pipe()
        child = os.fork()
        if not child:
            os.close(out)
            session.config.pluginmanager.unregister(name="terminalreporter")
            self._in_child(mutant, items, limit, into)
        os.close(into)
        with open(out, "rb") as pipe:
            said = pipe.read()
        code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        verdict = json.loads(said) if said else _died(code)
        if verdict.get("by"):
            self.kills[mutant.module, mutant.place][verdict["by"]] += 1
        return verdict | {"tests": len(items), "seconds": round(time.monotonic() - start, 2)}

    def _in_child(self, mutant: Mutant, items: list, limit: float, into: int) -> None:
        """Judge, say so and end; whatever goes wrong, the parent's work is not done twice."""
        try:
            _confine(limit)
            verdict = self._verdict(mutant, items)
            os.write(into, json.dumps(verdict).encode())
        finally:
            os._exit(0)

    def _verdict(self, mutant: Mutant, items: list[pytest.Item]) -> dict:
        try:
            plant(mutant, self.alive)
        except Exception as error:  # the import would have failed
            return {"state": "killed", "by": "", "why": repr(error)[:100]}
        self.failed.clear()
        for item in items:
            _run(item)
            if self.failed:
                return {"state": "killed", "by": self.failed[0]}
        return {"state": "survived"}


def _path(module: str) -> str:
    return os.sep + module.replace(".", os.sep) + ".py"


def _run(item: pytest.Item) -> None:
    """Run a test with every fixture made for it alone."""
    item.ihook.pytest_runtest_protocol(item=item, nextitem=None)


def _died(code: int) -> dict:
    slow = code in (-signal.SIGXCPU, -signal.SIGALRM, -signal.SIGKILL)
    return {"state": "timeout"} if slow else {"state": "killed", "by": "", "why": f"exit {code}"}


def _confine(seconds: float) -> None:
    """Bound processor time, waiting, memory and what is printed."""
    signal.alarm(int(10 * seconds))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CPU, (int(seconds), int(seconds) + 5))
    if os.path.exists("/proc/self/statm"):
        with open("/proc/self/statm") as file:
            used = int(file.read().split()[0]) * resource.getpagesize()
        resource.setrlimit(resource.RLIMIT_AS, (used + 2**32, used + 2**32))
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)
    os.dup2(nowhere, 2)
