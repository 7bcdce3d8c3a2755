"""Codes against requirements: marks that are words as well as signs."""

import textwrap
from collections.abc import Mapping
from typing import Any

import matplotlib
from matplotlib.axes import Axes
from matplotlib.patches import Rectangle

from posenc.plots._data import read_table
from posenc.plots._picture import Picture, canvas, head
from posenc.plots._style import GREY, GROUND, RC, label_of

SIGNS = {True: "✓", False: "✗"}
WORDS = {True: "yes", False: "no"}
MOST_ROWS, MOST_COLUMNS = 16, 8


def tick_table(
    ticks: Mapping[str, Mapping[str, Any]],
    *,
    groups: Mapping[str, int] | None = None,
    title: str = "",
    alt: str = "",
) -> Picture:
    """Return a table of marks: ✓ for True, ✗ for False, and short words as they are.

    ``ticks`` is ``{row: {column: mark}}``, every row with the same columns. ``groups`` has
    a heading for each group of columns, from the left, and how many these are: a rule
    parts each from the next.

    Raises ``ValueError`` for rows with other columns, for a mark that is neither a bool
    nor a short text, for groups of more or fewer columns than there are, or for more than
    16 rows or 8 columns.

    >>> tick_table({"squares": {"bounded": False, "linear shift": True}})
    tick table
    squares: bounded no, linear shift yes
    Which requirement each row meets.
    """
    rows = {name: dict(marks) for name, marks in read_table("ticks", ticks).items()}
    columns = _columns(rows, groups)
    figure, ax = canvas("tall" if len(rows) > 6 else "wide", title)
    with matplotlib.rc_context(RC):
        for i, marks in enumerate(rows.values()):
            for j, column in enumerate(columns):
                _cell(ax, i, j, marks[column])
        width = 84 // (len(columns) + 2)
        wrapped = [textwrap.fill(name, width, break_long_words=False) for name in columns]
        ax.set_xticks(range(len(columns)), wrapped)
        ax.set_yticks(range(len(rows)), [label_of(name) for name in rows])
        ax.set(xlim=(-0.5, len(columns) - 0.5), ylim=(len(rows) - 0.5, -0.5))
        ax.xaxis.tick_top()
        ax.tick_params(length=0, labelsize=9)
        ax.tick_params(axis="x", labelsize=9 if len(columns) < 6 else 7.5)
        ax.spines[:].set_visible(False)
        _part(ax, groups or {}, max(name.count("\n") for name in wrapped))
    facts = [head("tick table", title)]
    facts += [f'group "{name}": {n} columns' for name, n in (groups or {}).items()]
    for name, marks in rows.items():
        said = ", ".join(f"{column} {_word(marks[column])}" for column in columns)
        facts.append(f"{label_of(name)}: {said}")
    return Picture(figure, alt or "Which requirement each row meets", facts)


def _part(ax: Axes, groups: Mapping[str, int], lines: int) -> None:
    """Write the headings of groups above the columns, and draw a rule before each but the first."""
    first = 0
    for name, n in groups.items():
        if first:
            ax.axvline(first - 0.5, color="black", linewidth=1.6)
        ax.annotate(
            name, (first + (n - 1) / 2, 1), (0, 20 + 12 * lines), ha="center", va="bottom",
            xycoords=("data", "axes fraction"), textcoords="offset points", color=GREY,
            fontweight="bold",
        )  # fmt: skip
        first += n


def _columns(rows: dict[str, dict[str, Any]], groups: Mapping[str, int] | None) -> list[str]:
    """Return the columns; raise unless every row has them, each with a fit mark."""
    columns = list(next(iter(rows.values())))
    if not 0 < len(columns) <= MOST_COLUMNS or len(rows) > MOST_ROWS:
        raise ValueError(
            f"a tick table holds 1 to {MOST_COLUMNS} columns and {MOST_ROWS} rows; "
            f"got {len(columns)} columns and {len(rows)} rows"
        )
    if groups and sum(groups.values()) != len(columns):
        raise ValueError(f"groups hold {sum(groups.values())} columns; there are {len(columns)}")
    for name, marks in rows.items():
        if set(marks) != set(columns):
            raise ValueError(
                f"the row {name!r} has the columns {list(marks)}; the first has {columns}"
            )
        for column, mark in marks.items():
            if not isinstance(mark, (bool, str)) or len(str(mark)) > 24:
                raise ValueError(
                    f"the mark of {name!r}, {column!r} must be True, False or a short text; "
                    f"got {mark!r}"
                )
    return columns


def _cell(ax: Axes, row: int, column: int, mark: bool | str) -> None:
    """Draw one mark; what is not met has a darker ground, so that grey print shows it."""
    ground = "#efefef" if isinstance(mark, str) else GROUND if mark else "#d4d4d4"
    ax.add_patch(Rectangle(
        (column - 0.5, row - 0.5), 1, 1, facecolor=ground, edgecolor=GROUND, linewidth=2,
    ))  # fmt: skip
    text, size = (SIGNS[mark], 13) if isinstance(mark, bool) else (_fold(mark), 8)
    ax.text(column, row, text, ha="center", va="center", fontsize=size)


def _fold(text: str) -> str:
    return textwrap.fill(text, 12, break_long_words=False)


def _word(mark: bool | str) -> str:
    return f'"{mark}"' if isinstance(mark, str) else WORDS[mark]
