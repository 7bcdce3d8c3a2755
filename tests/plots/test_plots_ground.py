"""One rendering for a white page, a dark one and grey print: contrasts, measured."""

import itertools

import numpy as np
import pytest
from matplotlib.colors import to_rgb

from posenc import plots
from posenc.plots._cells import luminance
from posenc.plots._style import COLORS, GREY, GROUND, RC
from posenc.plots._words import DARK, HATCHED

XY = {"xlabel": "x", "ylabel": "y"}
TEXT, GRAPHIC = 4.5, 3.0  # WCAG 2.2: small text, and what one must see to understand
WHITE_PAGE, DARK_PAGE = "#ffffff", "#111111"  # JupyterLab's two themes


def contrast(one, other):
    low, high = sorted(luminance(to_rgb(color)) for color in (one, other))
    return (high + 0.05) / (low + 0.05)


def test_contrast_is_that_of_the_standard():
    assert contrast("black", "white") == pytest.approx(21)
    assert contrast("#767676", "white") == pytest.approx(4.54, abs=0.005)


def test_no_grey_is_readable_as_text_on_both_pages():
    """So a figure brings its own ground."""
    greys = [f"#{level:02x}{level:02x}{level:02x}" for level in range(256)]
    assert not [g for g in greys if min(contrast(g, WHITE_PAGE), contrast(g, DARK_PAGE)) >= TEXT]


@pytest.mark.parametrize("color", [*COLORS, HATCHED["edgecolor"], RC["axes.edgecolor"]])
def test_what_is_drawn_stands_out_from_the_ground(color):
    assert contrast(color, GROUND) >= GRAPHIC


@pytest.mark.parametrize("color", ["black", GREY, DARK])
def test_what_is_written_can_be_read_on_the_ground(color):
    assert contrast(color, GROUND) >= TEXT


def test_the_ground_is_a_card_on_a_dark_page_and_next_to_nothing_on_paper():
    assert contrast(GROUND, DARK_PAGE) > 15
    assert contrast(GROUND, WHITE_PAGE) < 1.05


def test_the_colours_of_curves_stay_apart_in_grey_print():
    for one, other in itertools.pairwise(COLORS):  # from dark to light
        assert luminance(to_rgb(one)) < luminance(to_rgb(other))
        assert contrast(one, other) >= 1.4


def drawn(pictures):
    """Every line and every text of some figures, with the ground that each stands on."""
    for picture in pictures:
        for ax in picture.figure.axes:
            assert to_rgb(ax.get_facecolor()) == to_rgb(GROUND)
            for line in ax.lines:
                yield line.get_color(), GRAPHIC
            for text in ax.texts if not ax.images else ():
                yield text.get_color(), TEXT


def test_no_line_and_no_word_of_a_figure_is_faint():
    pictures = [
        plots.lines({n: [1, 2] for n in "abcd"}, chance=1.5, levels={"half": 1}, trained_to=0.5,
                    marks={"a": 0.5}, **XY),
        plots.dots({"p": {"rope": [0.5]}, "q": {"none": [0.1], "rope": "ends"}}, chance=0.2,
                   xlabel="x"),
        plots.path({"rope": np.eye(2), "none": -np.eye(2)}, arrows=True, **XY),
        plots.clock_hands(7, 8, odometer=10),
        plots.tick_table({"a": {"b": True, "c": "half"}}, groups={"one": 1, "two": 1}),
        plots.kernel(32),
    ]  # fmt: skip
    found = [pair for pair in drawn(pictures) if pair[0] != RC["grid.color"]]
    assert len(found) > 60
    assert [pair for pair in found if contrast(pair[0], GROUND) < pair[1]] == []


@pytest.mark.parametrize("signed", [False, True])
def test_numbers_can_be_read_on_every_colour_of_a_map(signed):
    values = np.linspace(-1, 1, 24 * 18).reshape(24, 18)
    ax = plots.heatmap(values, values=True, signed=signed, size="tall", **XY).figure.axes[0]
    colors = ax.images[0].to_rgba(values)
    for text in ax.texts:
        column, row = text.get_position()
        assert contrast(colors[row, column][:3], text.get_color()) >= TEXT


def test_a_map_has_a_frame_for_its_lightest_cells():
    ax = plots.heatmap(np.eye(3), **XY).figure.axes[0]
    assert all(spine.get_visible() for spine in ax.spines.values())
