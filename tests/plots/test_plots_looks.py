"""How pictures look: styles of names, labels that keep apart, ticks, bands and levels."""

import numpy as np
import pytest
import torch

from posenc import ENCODINGS, plots
from posenc.plots._lines import spread
from posenc.plots._style import _STYLES, COLORS, GROUND, styles_for

AXES = {"xlabel": "x", "ylabel": "y"}


def test_every_encoding_has_a_style_of_its_own():
    shipped = {n for n, cls in ENCODINGS.items() if cls.__module__.startswith("posenc.")}
    assert shipped <= set(_STYLES)
    without_colour = {(str(dash), marker) for _, dash, marker in _STYLES.values()}
    assert len(without_colour) == len(_STYLES)
    assert {color for color, _, _ in _STYLES.values()} == set(COLORS)


def test_a_learners_own_name_keeps_its_style_and_gives_way_to_others():
    assert plots.style_of("mine") == plots.style_of("mine")
    styles = styles_for(["mine", "yours", "rope", "sinusoidal"])
    assert styles["rope"] == plots.style_of("rope")
    assert len({style["color"] for style in styles.values()}) == 4
    assert all(set(style) == {"color", "linestyle", "marker"} for style in styles.values())


def test_labels_at_the_ends_do_not_overlap():
    places = spread([0.5, 0.51, 0.5, 1.3, -0.2], 0.1)
    assert min(np.diff(sorted(places))) > 0.1 - 1e-6
    assert 0 <= min(places) <= max(places) <= 1
    assert places[0] < places[2] < places[1]  # in the order of the lines


@pytest.mark.parametrize(("x", "whole"), [(torch.arange(2, 8), True), (torch.arange(4) / 4, False)])
def test_whole_numbers_get_whole_ticks(x, whole):
    figure = plots.lines({"a": x * 1.0}, x=x, **AXES).figure
    ticks = figure.axes[0].get_xticks()
    assert all(tick == int(tick) for tick in ticks) == whole


def test_of_loose_points_all_but_the_first_path_are_hollow():
    points = {"a": [(0, 0), (1, 1)], "b": [(0, 1), (1, 0)]}
    drawn = plots.path(points, xlabel="x", ylabel="y", join=False).figure.axes[0].lines
    assert [line.get_markerfacecolor() == GROUND for line in drawn] == [False, True]


@pytest.mark.parametrize(("value", "limits"), [(0.0, (0, 1)), (3.0, (0, 3)), (-2.0, (-2, 0))])
def test_a_map_of_one_value_begins_or_ends_at_nought(value, limits):
    picture = plots.heatmap([[value, value]], xlabel="x", ylabel="y", label="z")
    assert picture.figure.axes[0].images[0].get_clim() == limits
