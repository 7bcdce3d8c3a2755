"""What is laid over data: the training length, chance, levels, marks, groups."""

import numpy as np
import pytest
import seen
from matplotlib.colors import to_hex

from posenc import plots

XY = {"xlabel": "x", "ylabel": "y"}
RISE = [0.1, 0.2, 0.4, 0.3]
LENGTHS = [8, 16, 32, 64]


def words(ax):
    return [text.get_text() for text in ax.texts]


# --- the training length ------------------------------------------------------


@pytest.mark.parametrize(
    ("trained_to", "beyond"), [(16, True), (8, True), (64, False), (99, False)]
)
def test_a_line_stands_at_the_training_length_where_a_figure_goes_beyond_it(trained_to, beyond):
    picture = plots.lines({"a": RISE}, LENGTHS, trained_to=trained_to, **XY)
    ax = picture.figure.axes[0]
    assert [place for place, _ in seen.across(ax)["x"]] == [trained_to] * beyond
    assert ("training length" in words(ax)) is beyond
    assert (f"training length: {trained_to}" in picture.facts) is beyond


def test_a_map_has_lines_before_the_first_row_and_column_beyond_training():
    tall, square = np.zeros((24, 16)), np.zeros((24, 24))
    picture = plots.heatmaps({"a": tall, "b": square}, trained_to=16, **XY)
    one, other = picture.figure.axes[:2]
    assert {place for place, _ in seen.across(one)["y"]} == {15.5}
    assert not seen.across(one)["x"]
    assert {place for place, _ in seen.across(other)["x"]} == {15.5}
    assert {place for place, _ in seen.across(other)["y"]} == {15.5}
    assert "training length: 16" in picture.facts
    assert "training length: 24" not in plots.heatmap(square, trained_to=24, **XY).facts


def test_attention_has_the_line_too():
    assert "training length: 2" in plots.attention(np.eye(3), trained_to=2).facts
    assert len(plots.attention(np.eye(3)).figure.axes[0].lines) == 0


# --- levels and marks on curves -----------------------------------------------


def test_levels_are_named_beside_chance():
    picture = plots.lines({"a": RISE}, chance=0.1, levels={"half": 0.25}, **XY)
    ax = picture.figure.axes[0]
    assert [place for place, _ in seen.across(ax)["y"]] == [0.1, 0.25]
    assert set(words(ax)) == {"a", "chance", "half"}
    assert picture.facts[-2:] == ("chance: 0.1", "half: 0.25")


def test_a_mark_is_a_ring_on_its_curve_between_two_points_too():
    picture = plots.lines({"a": RISE, "b": RISE[::-1]}, LENGTHS[::-1], marks={"b": 24}, **XY)
    ax = picture.figure.axes[0]
    [ring] = [line for line in seen.in_data(ax) if len(line.get_xdata()) == 1]
    assert seen.points(ring) == [[24, seen.short(0.3)]]  # between 16: 0.4 and 32: 0.2
    assert ring.get_markerfacecolor() == "none"
    assert to_hex(ring.get_color()) == to_hex(seen.in_data(ax)[1].get_color())
    assert [text.get_text() for text in ax.texts if text.get_transform() is not ax.transAxes][
        0
    ] == "24"
    assert 'mark on "b": 24' in picture.facts


@pytest.mark.parametrize("marks", [{"c": 8}, {"a": 7}, {"a": 65}])
def test_a_mark_that_is_on_no_curve_is_refused(marks):
    with pytest.raises(ValueError, match="marks name a curve and an x on it; got"):
        plots.lines({"a": RISE}, LENGTHS, marks=marks, **XY)


def test_in_steps_a_mark_has_the_height_of_the_nearest_point():
    picture = plots.lines({"a": RISE}, LENGTHS, marks={"a": 24.5}, steps=True, **XY)
    [ring] = [line for line in seen.in_data(picture.figure.axes[0]) if len(line.get_xdata()) == 1]
    assert seen.points(ring) == [[24.5, seen.short(0.4)]]  # of 32, and of 16 just before


def test_a_band_in_steps_jumps_where_its_curve_does():
    seeds = [[0.0, 1.0, 2.0], [2.0, 3.0, 6.0]]
    [band] = plots.lines({"a": seeds}, steps=True, **XY).figure.axes[0].collections
    path = band.get_paths()[0]
    inside = {(x, y): path.contains_point((x, y)) for x in (0.4, 0.6, 1.4, 1.6) for y in (0.5, 4)}
    assert {place for place, found in inside.items() if found} == {(0.4, 0.5), (1.6, 4)}


def test_numbers_along_a_map_are_thinned_and_words_are_not():
    numbers = plots.heatmap(np.zeros((17, 17)), x=range(-8, 9), y=range(-8, 9), **XY)
    ax = numbers.figure.axes[0]
    for axis in (ax.xaxis, ax.yaxis):
        assert [word for word, _ in seen.labels(axis)] == "−8 −6 −4 −2 0 2 4 6 8".split()
        assert [place for _, place in seen.labels(axis)] == list(range(0, 17, 2))
    assert ax.xaxis.get_majorticklabels()[0].get_rotation() == 0
    words = plots.heatmap(np.zeros((17, 17)), x=[f"w{i}" for i in range(17)], **XY)
    assert len(seen.labels(words.figure.axes[0].xaxis)) == 17


def test_words_may_stand_along_x_instead_of_numbers():
    points = {"a": [[0.0, 0.0], [4.0, 1.0]]}
    picture = plots.path(points, xticks={0: "0", 3: "0", 4: "1"}, limits=(-1, 5, -1, 2), **XY)
    ax = picture.figure.axes[0]
    assert seen.labels(ax.xaxis) == [("0", 0), ("0", 3), ("1", 4)]
    assert seen.honest(ax.yaxis)
    assert ax.get_xlim() == (-1, 5)
    assert "words along x: 0, 0 and 1" in picture.facts
    assert "words along x" not in repr(plots.path(points, **XY))


def test_numbers_between_the_powers_stand_on_one_height_with_these():
    picture = plots.lines({"a": [1.0] * 9}, [2, 3, 5, 8, 10, 15, 20, 40, 60], logx=True, **XY)
    ax = picture.figure.axes[0]
    assert picture.png
    said = [t for minor in (False, True) for t in ax.get_xticklabels(minor=minor) if t.get_text()]
    assert {"10", "20"} <= {text.get_text() for text in said}
    assert len({round(text.get_window_extent().y1) for text in said}) == 1


def test_a_few_points_have_each_its_number_on_the_axis():
    for logx in (False, True):
        ax = plots.lines({"a": RISE}, LENGTHS, logx=logx, **XY).figure.axes[0]
        assert list(ax.get_xticks()) == LENGTHS
        assert not list(ax.get_xticks(minor=True))
    ax = plots.lines({"a": RISE}, [0, 1, 500, 1000], **XY).figure.axes[0]
    assert 1 not in ax.get_xticks()  # no room beside 0


def test_large_numbers_are_in_groups_of_three():
    ax = plots.lines({"a": [1e1, 1e5, 1e6]}, logy=True, **XY).figure.axes[0]
    said = [text.get_text() for text in ax.yaxis.get_majorticklabels()]
    assert "100\N{NO-BREAK SPACE}000" in said
    assert not [word for word in said if "e" in word]


# --- colours from chance ------------------------------------------------------

BOARD = [[50.0, 10.0, 55.0], [100.0, 5.0, 10.0]]


def test_colours_begin_at_the_chance_of_each_column_and_numbers_are_as_they_were():
    picture = plots.heatmap(BOARD, chance=[50, 10, 10], best=100, values=True, **XY)
    ax, bar = picture.figure.axes
    assert seen.short(ax.images[0].get_array()) == [[0, 0, 0.5], [1, 0, 0]]
    assert ax.images[0].get_clim() == (0, 1)
    assert [text.get_text() for text in ax.texts] == ["50", "10", "55", "100", "5", "10"]
    assert {place: word for word, place in seen.labels(bar.yaxis)} == {0: "chance", 1: "100"}
    assert "colour: from chance (10 and 50) to 100" in picture.facts


def test_one_chance_for_all_and_a_word_where_there_is_no_number():
    picture = plots.heatmap([[0.55, np.nan]], words=[["", "ends"]], chance=0.1, **XY)
    shade = picture.figure.axes[0].images[0].get_array()
    assert seen.short(shade[0, 0]) == 0.5
    assert np.ma.getmaskarray(shade)[0, 1] or np.isnan(shade[0, 1])
    assert 'without a number: 1 × "ends"' in picture.facts


@pytest.mark.parametrize(
    ("chance", "said"),
    [([0.1, 0.2], "one for each of 3 columns; got shape .2,."), (1.0, "below the best, 1; got 1"),
     ([0.1, 0.2, 2.0], "below the best, 1; got 2")],
)  # fmt: skip
def test_a_chance_that_does_not_fit_is_refused(chance, said):
    with pytest.raises(ValueError, match=said):
        plots.heatmap(BOARD, chance=chance, **XY)


# --- other parts of a page ----------------------------------------------------


def test_matrices_may_have_each_a_scale_of_its_own():
    picture = plots.heatmaps({"a": [[0, 1]], "b": [[0, 100]]}, own_scales=True, **XY)
    maps = [ax for ax in picture.figure.axes if ax.images]
    assert [ax.images[0].get_clim() for ax in maps] == [(0, 1), (0, 100)]
    assert len(picture.figure.axes) == 4
    assert "colour: a scale for each" in picture.facts
    assert len(plots.heatmaps({"a": [[0, 1]], "b": [[0, 2]]}, **XY).figure.axes) == 3


def test_rows_may_be_named_map_by_map():
    names = {"a": ["dog", "man"], "b": ["man", "dog"]}
    picture = plots.heatmaps({"a": np.eye(2), "b": np.eye(2)}, y=names, **XY)
    assert [[word for word, _ in seen.labels(ax.yaxis)] for ax in picture.figure.axes[:2]] == [
        ["dog", "man"], ["man", "dog"]]  # fmt: skip


def test_a_bar_of_two_values_says_these_and_no_more():
    bar = plots.heatmap([[0, 1, 1]], **XY).figure.axes[1]
    assert list(bar.get_yticks()) == [0, 1]
    assert len(plots.heatmap([[0, 1, 2]], **XY).figure.axes[1].get_yticks()) > 2


def test_the_line_at_nought_can_be_left_out():
    signs = [[-1.0, 1.0], [1.0, -1.0]]
    picture = plots.heatmap(signs, signed=True, zero_line=False, **XY)
    assert not picture.figure.axes[0].collections
    assert "colour: -1 to 1, signed" in picture.facts


def test_a_wide_map_has_a_number_for_each_of_sixteen_columns():
    ax = plots.heatmap(np.zeros((4, 16)), **XY).figure.axes[0]
    assert [word for word, _ in seen.labels(ax.xaxis)] == [str(i) for i in range(16)]


def test_an_arrow_has_its_head_at_the_last_point_and_axes_may_be_fixed():
    points = [[0.0, 0.0], [1.0, 2.0]]
    ax = plots.path({"a": points}, arrows=True, limits=(-1, 3, -2, 2), **XY).figure.axes[0]
    [arrow] = [text for text in ax.texts if text.arrow_patch]
    assert tuple(arrow.xy) == (1, 2)
    assert (ax.get_xlim(), ax.get_ylim()) == ((-1, 3), (-2, 2))
    assert seen.points(ax.lines[0]) == [[0, 0]]  # a small dot where it starts


def test_groups_of_columns_have_headings_and_a_rule_between_them():
    marks = {"a": True, "b": False, "c": True}
    picture = plots.tick_table({"rope": marks}, groups={"right": 1, "slips": 2})
    ax = picture.figure.axes[0]
    headings = {t.get_text(): t.xy[0] for t in ax.texts if hasattr(t, "xy")}
    assert headings == {"right": 0, "slips": 1.5}
    assert [line.get_xdata()[0] for line in ax.lines] == [0.5]
    assert 'group "slips": 2 columns' in picture.facts
    with pytest.raises(ValueError, match="groups hold 2 columns; there are 3"):
        plots.tick_table({"rope": marks}, groups={"right": 2})


def test_panels_of_dots_may_share_a_scale():
    table = {"at 32": {"rope": [1.0, 2.0]}, "at 128": {"rope": [1.0, 9.0]}}
    for shared in (True, False):
        one, other = plots.dots(table, xlabel="loss", one_scale=shared).figure.axes
        assert (one.get_xlim() == other.get_xlim()) is shared


def test_in_stills_to_compare_a_curve_keeps_its_colour_whatever_number_is_in_its_name():
    stills = [
        plots.lines({f"base {moved}": [1, 2], "base 10": [2, 1], "rope": [1, 1]}, **XY)
        for moved in (20, 300, 1000)
    ]
    seen_in = {
        tuple(seen.style(line) for line in seen.in_data(picture.figure.axes[0]))
        for picture in stills
    }
    assert len(seen_in) == 1


# --- what a reader predicted --------------------------------------------------


def test_a_predicted_curve_is_drawn_at_its_points_and_named():
    x, y = (8, 64), (0.2, 0.6)
    picture = plots.lines({"a": RISE}, LENGTHS, guess=(x, y), **XY)
    ax = picture.figure.axes[0]
    drawn = [line.get_xydata().tolist() for line in ax.lines]
    assert [[8, 0.2], [64, 0.6]] in drawn
    assert "your guess" in words(ax)
    assert "your guess: 0.2 and 0.6" in picture.facts


def test_without_a_prediction_a_figure_is_as_stored():
    bare, none = (plots.lines({"a": RISE}, LENGTHS, **more, **XY) for more in ({}, {"guess": None}))
    assert bare.png == none.png


def test_a_predicted_curve_needs_a_y_for_each_x():
    with pytest.raises(ValueError, match=r"guess must be \(x, y\) of one length; got \(2,\) and"):
        plots.lines({"a": RISE}, LENGTHS, guess=((8, 64), (0.2,)), **XY)
