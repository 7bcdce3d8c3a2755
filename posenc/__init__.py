"""Positional encodings in Transformers, small enough to read.

Shapes are written in letters, the same in the whole package:

====  =====================================================
b     batch
n     sequence
d     model width (``d_model``); a column is a *channel*
h     heads
dh    width of a head (``d_head``)
q, k  number of queries, of keys; queries go down, keys across
====  =====================================================

``(b, n, d), (n,) -> (b, n, d)`` reads: takes x and pos, gives a tensor shaped like x.
"""

from importlib import import_module as _import_module
from typing import Any as _Any

try:
    import torch as _torch  # noqa: F401  (asked for first, so that its absence is said plainly)
except ImportError as error:
    import sys

    raise ImportError(
        f'posenc needs PyTorch. To get it: "{sys.executable}" -m pip install "torch>=2.4"'
    ) from error

from posenc import encodings as encodings
from posenc.analysis import kernel, nearest_rivals, ramps, turns, wavelengths
from posenc.base import ENCODINGS, Dims, PositionalEncoding, acts_on, build, register
from posenc.encodings import SinusoidalPositionalEncoding
from posenc.functional import (
    angles,
    distance,
    inverse_frequencies,
    shift_matrix,
    sinusoidal,
)
from posenc.model import Attention, Block, Cache, Latent, Layer, LogScale, Transformer
from posenc.tasks import TASKS, Task
from posenc.training import progress

__version__ = "0.2.0.dev0"  # of the package, and of the lessons that are built with it

# heavier: when asked for
_LATER = {"check", "config", "plots", "study", "text", "training", "widgets"}


def __getattr__(name: str) -> _Any:
    """Import ``posenc.study`` and its like when they are first used."""
    if name == "read":
        return _import_module("posenc.config").read
    if name in _LATER:
        return _import_module(f"posenc.{name}")
    raise AttributeError(f"module 'posenc' has no attribute {name!r}")


__all__ = [
    "ENCODINGS",
    "TASKS",
    "Attention",
    "Block",
    "Cache",
    "Dims",
    "Latent",
    "Layer",
    "LogScale",
    "PositionalEncoding",
    "SinusoidalPositionalEncoding",
    "Task",
    "Transformer",
    "acts_on",
    "angles",
    "build",
    "distance",
    "inverse_frequencies",
    "kernel",
    "nearest_rivals",
    "progress",
    "ramps",
    "read",
    "register",
    "shift_matrix",
    "sinusoidal",
    "turns",
    "wavelengths",
]
