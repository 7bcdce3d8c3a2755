"""Races for pytest-benchmark, run by `make bench` alone: other tests do not wait for them."""

import os
from pathlib import Path

import pytest
from races import device

HERE = Path(__file__).parent


def pytest_ignore_collect(collection_path, config):
    asked = [Path(argument.split("::")[0]).resolve() for argument in map(str, config.args)]
    named = any(HERE == each or HERE in each.parents for each in asked)
    return None if named or collection_path == HERE else True


def pytest_collection_modifyitems(items):
    for item in items:
        if HERE in item.path.parents:  # the peers' own: torch.jit.script, and what else they use
            item.add_marker(pytest.mark.filterwarnings("ignore::DeprecationWarning"))


class Runner:
    """Runs a race, and keeps what it finds in pytest-benchmark's JSON for `report.py`."""

    def __init__(self, benchmark, module):
        self.benchmark, self.about = benchmark, module.__doc__

    def __call__(self, race, column, *, more=None, goals=None, part=""):
        """The results; ``more`` are further numbers: what they are, contestant, number."""
        rounds = race.warm()
        self.benchmark.pedantic(race.round, rounds=rounds, warmup_rounds=0)
        results = race.results()
        for label, values in (more or {}).items():
            for name, value in values.items():
                results[name][label] = value
        self.benchmark.extra_info.update(
            about=self.about, part=part, column=column, rows=results, rounds=rounds, goals={},
            device=device(), load=os.getloadavg()[0] if hasattr(os, "getloadavg") else 0.0,
        )  # fmt: skip
        self.goals(goals or {})
        return results

    def goals(self, goals):
        """What is aimed at: a bound on a contestant's ratio, or (bound, measured)."""
        rows = self.benchmark.extra_info["rows"]
        for name, goal in goals.items():
            told = goal if isinstance(goal, tuple) else (goal, rows[name]["ratio"])
            self.benchmark.extra_info["goals"][name] = told


@pytest.fixture
def run(benchmark, request):
    return Runner(benchmark, request.module)
