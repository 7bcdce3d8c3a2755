"""Importing, and moving a slider

`import posenc` after `import torch`, in a new process each time; and the time from a new setting
to the finished PNG of a figure as the lessons have it, beside an empty figure.
"""

import io
import subprocess
import sys

import torch
from matplotlib.figure import Figure
from races import Race, threads

from posenc import functional as F
from posenc import plots, widgets

GOAL = 0.1  # seconds of `import posenc` after `import torch`
TORCH, POSENC = "import torch", "import posenc, after it"
TIMED = """
from time import process_time as now
began = now(); import torch; there = now(); import posenc; print(there - began, now() - there)
"""


class Starting(Race):
    """Both imports in a new process each time, by its own clock."""

    def round(self):
        said = subprocess.run(
            [sys.executable, "-c", TIMED], check=True, text=True, capture_output=True
        )
        for name, seconds in zip((TORCH, POSENC), said.stdout.split(), strict=True):
            self.times.setdefault(name, []).append(float(seconds))


def test_import(run):
    found = run(Starting({TORCH: None, POSENC: None}), "a process", part="Importing")
    run.goals({"import posenc, seconds": (GOAL, found[POSENC]["ms"] / 1000)})


def heatmap(n):
    code = F.sinusoidal(torch.arange(n), 64, dtype=torch.float64)
    return plots.heatmap(code, xlabel="channel", ylabel="position")


def lines(n):
    curves = {f"pair {i}": (torch.arange(n) * 10.0**-i).sin() for i in range(4)}
    return plots.lines(curves, xlabel="position", ylabel="sine")


def test_redraw(run):
    explorers = {draw.__name__: widgets.explore(draw, n=(8, 128, 1, 32))
                 for draw in (lines, heatmap)}  # fmt: skip
    at = iter(range(10**6))

    def moved(name):
        return lambda: explorers[name].draw(n=8 + next(at) % 120).png

    def empty():
        figure = Figure(figsize=(6, 4), dpi=200)
        figure.subplots()
        figure.savefig(io.BytesIO())

    calls = {"an empty figure": empty, **{name: moved(name) for name in explorers}}
    with threads(1):
        run(Race(calls), "a redraw", part="Redrawing")
