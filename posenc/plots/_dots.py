"""Many encodings side by side: a row each, a dot a seed, a tick at the mean of three or more."""

from collections.abc import Mapping
from typing import Any

import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.patches import Rectangle
from matplotlib.ticker import MaxNLocator, PercentFormatter

from posenc.plots._data import Data, axis_fact, listed, number, read, read_table
from posenc.plots._picture import Picture, canvas, head
from posenc.plots._style import FAINT, GREY, GROUND, RC, label_of, styles_for
from posenc.plots._words import DARK, HATCHED, counted

PANELS = 4
ROWS = 24
ABSENT = "not run"  # in a panel that lacks a row of the others


def dots(
    table: Mapping[str, Any],
    *,
    xlabel: str,
    percent: bool = False,
    chance: float | Mapping[str, float] | None = None,
    one_scale: bool = False,
    title: str = "",
    trained: bool | None = True,
    alt: str = "",
) -> Picture:
    """Return a row for each name, with a dot for each seed and a tick at the mean of more than two.

    Shapes: ``{name: (seeds,)}``, or ``{panel: {name: (seeds,)}}`` for up to four panels
    side by side; a name that a panel lacks is "not run" there. ``percent`` writes 0.5 as
    50 % on an axis from 0 to 100 %. ``chance`` is one level, or one a panel;
    ``one_scale`` gives all panels the same axis. A seed without a number is a short word,
    such as "NaN" or "ends": it is written at the left end of the row, and a row with a word
    has no mean. A row without any number is hatched, for it is not a row of zeros.
    The numbers count as trained (see :mod:`posenc.plots`) unless ``trained=False``.

    Raises ``ValueError`` for empty tables, values that are not finite or, with
    ``percent``, not within 0 and 1.

    >>> dots({"mine": [0.99, 1.0, 1.0], "yours": [0.5, 0.4, 0.5]}, xlabel="accuracy",
    ...      percent=True, chance=0.25)
    dots
    x: "accuracy", percent
    chance: 0.25
    row "mine": 3 values, data: trained, not compared
    row "yours": 3 values, data: trained, not compared
    Accuracy of mine and yours.
    """
    panels, words = _panels(table, trained)
    levels = _levels(chance, panels)
    if percent:
        _check_percent(panels)
    rows = _all_rows(panels)
    labels = {name: label_of(name) for name in rows}
    size = "tall" if len(rows) > 6 else "wide"
    figure, axes = canvas(size, title, len(panels), gap=0.07, sharey=True, sharex=one_scale)
    with matplotlib.rc_context(RC):
        for ax, (panel, values) in zip(np.atleast_1d(axes), panels.items(), strict=True):
            _draw(ax, (values, words[panel]), rows, levels[panel], percent)
            _label(ax, panel, xlabel, percent, len(panels))
        ax.set_yticks(range(len(rows)), list(labels.values()))
        ax.set_ylim(len(rows) - 0.4, -0.6)  # the first row on top
    facts = [head("dots", title), axis_fact("x", xlabel, scale="percent" if percent else "")]
    for panel, values in panels.items():
        facts += _facts(panel, (values, words[panel]), labels, levels[panel])
    return Picture(figure, alt or f"{xlabel} of {listed(labels.values())}", facts)


Rows = dict[str, Data]  # (seeds,) each
Words = dict[str, list[str]]  # of the seeds without a number


def _panels(table: Any, trained: bool | None) -> tuple[dict[str, Rows], dict[str, Words]]:
    """Return {panel: {name: (seeds,)}} and their words, with one panel "" where there is none."""
    table = read_table("table", table)
    nested = [isinstance(value, Mapping) for value in table.values()]
    if any(nested) and not all(nested):
        raise ValueError(
            "table mixes panels and rows: give {name: values} or {panel: {name: values}}"
        )
    groups = read_table("table", table if any(nested) else {"": table}, most=PANELS)
    words: dict[str, Words] = {panel: {} for panel in groups}
    rows = {panel: _rows(panel, values, trained, words[panel]) for panel, values in groups.items()}
    return rows, words


def _all_rows(panels: Mapping[str, Rows]) -> list[str]:
    rows = list(dict.fromkeys(name for panel in panels.values() for name in panel))
    if len(rows) > ROWS:
        raise ValueError(f"a figure holds at most {ROWS} rows; got {len(rows)}: draw two")
    return rows


def _rows(panel: str, values: Any, trained: bool | None, words: Words) -> Rows:
    rows = {}
    for name, value in read_table(f"panel {panel!r}", values).items():
        if isinstance(value, (str, list, tuple)):
            each = [value] if isinstance(value, str) else list(value)
            words[name] = [word for word in each if isinstance(word, str)]
            value = [number for number in each if not isinstance(number, str)]
            if words[name] and not value:
                rows[name] = Data(np.empty(0), bool(trained))
                continue
        data = read(f"the row {name!r}", value, trained)
        if data.values.ndim > 1:
            raise ValueError(
                f"the row {name!r} must be (seeds,), one number a seed; got {data.values.shape}"
            )
        rows[name] = Data(np.atleast_1d(data.values), data.trained)
    return rows


def _levels(chance: Any, panels: Mapping[str, Any]) -> dict[str, float | None]:
    if not isinstance(chance, Mapping):
        return dict.fromkeys(panels, chance)
    if unknown := set(chance) - set(panels):
        raise ValueError(
            f"chance names {sorted(unknown)}, which are no panels; panels are {list(panels)}"
        )
    return {panel: chance.get(panel) for panel in panels}


def _check_percent(panels: dict[str, dict[str, Data]]) -> None:
    for rows in panels.values():
        for name, data in rows.items():
            if data.values.min(initial=0) < 0 or data.values.max(initial=0) > 1:
                raise ValueError(
                    f"percent=True needs shares between 0 and 1; {name!r} goes from "
                    f"{number(data.values.min())} to {number(data.values.max())}"
                )


def _draw(
    ax: Axes, panel: tuple[Rows, Words], rows: list[str], chance: float | None, percent: bool
) -> None:
    (values, words), styles, width = panel, styles_for(rows), 1.0
    if not percent:
        everything = np.concatenate([data.values for data in values.values()])
        width = float(np.ptp(everything)) if everything.size else 1.0
    for row, name in enumerate(rows):
        ax.axhline(row, color=FAINT, linewidth=0.7, zorder=0)
        told = words.get(name) if name in values else [ABSENT]
        seeds = values[name].values if name in values else np.empty(0)
        style = {**styles[name], "linestyle": "none"}
        _word(ax, row, told, alone=not seeds.size)
        if not seeds.size:
            continue
        # between two, say a worst and a best, or without some, a mean would say nothing
        if len(seeds) > 2 and not told:
            ax.plot([seeds.mean()], [row], "|", color="black", markersize=13, zorder=2)
        ax.plot(seeds, row + apart(seeds, width), **style, clip_on=False, zorder=3)
    if chance is not None:
        ax.axvline(chance, color=GREY, linestyle="--", linewidth=1.2, zorder=1)
        ax.annotate(
            "chance", (chance, 1), (2, 1), xycoords=("data", "axes fraction"),
            textcoords="offset points", color=GREY, fontsize=8, va="bottom", ha="left",
        )  # fmt: skip


def _word(ax: Axes, row: int, words: list[str] | None, *, alone: bool) -> None:
    """Write what a row has in place of numbers, at its left end; hatch it if that is all."""
    if alone:
        ax.add_patch(Rectangle(
            (0, row - 0.3), 1, 0.6, transform=ax.get_yaxis_transform(), zorder=0.5, **HATCHED,
        ))  # fmt: skip
    if words:
        kinds = {word: f"{words.count(word)} × {word}" for word in words}
        text = ", ".join(kinds.values()) if len(words) > 1 else words[0]
        ax.annotate(
            text, (0, row), (3, 0), xycoords=("axes fraction", "data"), textcoords="offset points",
            color=DARK, fontsize=8, va="center", zorder=2.5,
            bbox={"facecolor": GROUND, "edgecolor": GREY, "linestyle": ":", "pad": 1.5},
        )  # fmt: skip


def apart(seeds: np.ndarray, width: float) -> np.ndarray:
    """Return small shifts across the row for dots that would hide each other.

    ``width`` is the range of the axis, of which a dot covers a fiftieth.

    >>> [round(float(shift), 2) for shift in apart(np.array([0.5, 1.0, 1.0]), 1.0)]
    [0.0, -0.16, 0.16]
    """
    order = np.argsort(seeds, kind="stable")
    breaks = np.flatnonzero(np.diff(seeds[order]) > 0.02 * width) + 1
    shifts = np.zeros(len(seeds))
    for group in np.split(order, breaks):
        if len(group) > 1:
            shifts[group] = np.linspace(-0.16, 0.16, len(group))
    return shifts


def _label(ax: Axes, panel: str, xlabel: str, percent: bool, n_panels: int) -> None:
    ax.set_xlabel(xlabel)
    if panel:
        ax.set_title(panel, pad=14)
    ax.tick_params(axis="y", length=0)
    ax.spines["left"].set_visible(False)
    ax.xaxis.set_major_locator(MaxNLocator(5))
    if percent:
        ax.set_xlim(-0.02, 1.02)
        ax.set_xticks((0, 0.25, 0.5, 0.75, 1) if n_panels < 3 else (0, 0.5, 1))
        ax.xaxis.set_major_formatter(PercentFormatter(xmax=1, decimals=0, symbol=" %"))


def _facts(
    panel: str, told: tuple[Rows, Words], labels: dict[str, str], chance: float | None
) -> list[str]:
    facts = [f'panel "{panel}"'] if panel else []
    facts += [] if chance is None else [f"chance: {number(chance)}"]
    values, words = told
    for name, data in values.items():
        said = [f"{data.values.size} values, {data.fact()}"] if data.values.size else []
        said += [counted(words[name])] if words.get(name) else []
        facts.append(f'row "{labels[name]}": {", ".join(said)}')
    return facts
