"""What is handed to a plot function, how its figure is read back, and what must be read."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from matplotlib.figure import Figure

from posenc import plots


@dataclass(frozen=True)
class Case:
    """A picture of data without symmetry: swapped, reversed or shifted it would be another."""

    draw: Callable[[], plots.Picture]
    seen: Callable[[Figure], Any]
    wanted: Any
    spoil: bool = False  # by the spoilers, too, as the first case of each function is
