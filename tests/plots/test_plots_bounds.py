"""How numbers and sentences are written, what is just still drawn, and what is too much."""

import numpy as np
import pytest

from posenc import plots
from posenc.plots._data import listed, number, sentence
from posenc.plots._dots import apart
from posenc.plots._lines import spread
from posenc.plots._maps import _is_square
from posenc.plots._names import round_up
from posenc.plots._style import style_of

XY = {"xlabel": "x", "ylabel": "y"}


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.5, "0.5"), (0.00012344, "0.0001234"), (0.0001, "0.0001"), (0.00009, "9e-05"),
        (1234.56, "1235"), (123.45, "123.5"), (100.04, "100"), (999999.5, "1000000"),
        (1e6, "1e+06"), (123456.7, "123500"), (-2.5, "-2.5"), (120.0, "120"),
    ],
)  # fmt: skip
def test_a_number_has_four_digits(value, text):
    assert number(value) == text


def test_a_number_is_nothing_beside_a_large_one():
    assert number(1e-7, 1000) == "0"
    assert number(1e-5, 1000) == "1e-05"
    assert number(1e-9) == "0"
    assert number(2e-9) == "2e-09"


@pytest.mark.parametrize("end", [".", "!", "?"])
def test_a_sentence_ends_once(end):
    assert sentence(f"  one  word{end}") == f"One word{end}"
    assert sentence("one word") == "One word."
    assert listed(["a"]) == "a"
    assert listed(["a", "b"]) == "a and b"


@pytest.mark.parametrize(
    ("step", "expected"), [(1.0, 1), (1.1, 2), (2.0, 2), (2.1, 5), (5.1, 10), (10.0, 10), (11, 20)]
)
def test_ticks_stand_at_round_distances(step, expected):
    assert round_up(step) == expected


def test_dots_that_would_hide_each_other_stand_apart():
    assert apart(np.array([0.0, 0.5, 0.51, 1.0]), 1.0).round(2).tolist() == [0, -0.16, 0.16, 0]
    assert apart(np.array([3.0, 1.0, 3.0, 3.0]), 2.0).round(2).tolist() == [-0.16, 0, 0, 0.16]


@pytest.mark.parametrize(
    ("wanted", "places"),
    [
        ([0.5, 0.5, 1.2], [0.45, 0.55, 1.0]),
        ([0.9, 0.1, 0.5], [0.9, 0.1, 0.5]),
        ([0.3, 0.3, 0.3], [0.2, 0.3, 0.4]),
        ([1.0, 1.0, 1.0], [0.8, 0.9, 1.0]),
        ([0.0, 0.0, 0.0], [0.0, 0.1, 0.2]),
    ],
)
def test_labels_stand_at_the_nearest_places_that_are_apart(wanted, places):
    assert spread(wanted, 0.1) == pytest.approx(places, abs=1e-6)


def test_numbers_in_cells_have_a_minus_and_are_legible():
    [ax, _] = plots.heatmap([[-1.5, 2.0]], values=True, **XY).figure.axes
    words = {text.get_text(): text.get_color() for text in ax.texts}
    assert words == {"−1.50": "white", "2.00": "black"}


@pytest.mark.parametrize(
    ("rows", "columns", "square"), [(1, 1, 1), (13, 10, 1), (14, 10, 0), (7, 10, 1), (6, 10, 0)]
)
def test_which_matrix_is_drawn_square(rows, columns, square):
    assert _is_square(np.zeros((rows, columns))) is bool(square)
    ax = plots.heatmap(np.zeros((rows, columns)), **XY).figure.axes[0]
    assert (ax.get_aspect() == 1) is bool(square)


def test_a_line_stands_where_the_sign_changes():
    signs = [[-1.0, 1.0], [1.0, -1.0]]
    assert plots.heatmap(signs, signed=True, **XY).figure.axes[0].collections
    assert not plots.heatmap(signs, **XY).figure.axes[0].collections
    assert not plots.heatmap(signs, signed=True, values=True, **XY).figure.axes[0].collections


@pytest.mark.parametrize("percent", [False, True])
def test_only_an_axis_of_shares_is_in_percent(percent):
    options = {"percent": True} if percent else {}
    axis = plots.lines({"a": [0.0, 0.5]}, **XY, **options).figure.axes[0].yaxis
    words = [text.get_text() for text in axis.get_majorticklabels()]
    assert any("%" in word for word in words) is percent


@pytest.mark.parametrize(("signed", "colours"), [(True, "cividis"), (False, "viridis")])
def test_signed_and_unsigned_maps_have_colours_of_their_own(signed, colours):
    ax = plots.heatmap(np.eye(2), signed=signed, **XY).figure.axes[0]
    assert ax.images[0].get_cmap().name == colours


def test_a_page_has_its_image_with_the_alt_text_beside_it(monkeypatch):
    monkeypatch.delenv("POSENC_QUIET", raising=False)
    picture = plots.odometer(1)
    bundle, told = picture._repr_mimebundle_()
    assert set(bundle) == {"text/plain", "image/png", "text/html"}
    assert bundle["text/html"] == picture.img()
    assert bundle["image/png"] in picture.img()
    assert 'alt="The odometer shows position 1.' in picture.img()
    assert told == {"image/png": {"alt": picture.alt, "width": 480, "height": 320}}
    monkeypatch.setenv("POSENC_QUIET", "1")
    assert "text/html" not in picture._repr_mimebundle_()[0]


def test_a_name_of_ones_own_decides_its_style():
    styles = {str(style_of(f"name {i}")) for i in range(40)}
    assert len(styles) == 12  # three colours, four markers


def test_a_kernel_goes_to_offset_64():
    assert 'x: "offset k", 0 to 64' in plots.kernel(8).facts


STILL_DRAWN = {
    "shares of 0 and 1": lambda: plots.dots({"a": [0, 1]}, xlabel="x", percent=True),
    "eight digits": lambda: plots.odometer(0, 8),
    "the largest number": lambda: plots.odometer(99, 2),
    "eight hands": lambda: plots.clock_hands(1, 64, n_hands=8),
    "eight rows of sixteen dials": lambda: plots.dials(np.zeros((8, 16, 2)), xlabel="x"),
    "one hand": lambda: plots.clock_hands(1, 64, n_hands=1),
    "eighteen rows": lambda: plots.heatmap(np.eye(18), values=True, **XY),
    "four heads": lambda: plots.attention(np.zeros((4, 2, 2))),
    "four lines": lambda: plots.lines({name: [1, 2] for name in "abcd"}, **XY),
    "weights a little above 1": lambda: plots.attention(np.eye(2) * (1 + 9e-4)),
    "one point": lambda: plots.lines({"a": [1.0]}, **XY),
    "a logarithm up to 1": lambda: plots.lines({"a": [0.1, 1.0]}, logy=True, **XY),
    "four panels": lambda: plots.dots({p: {"a": [1]} for p in "abcd"}, xlabel="x"),
    "four paths": lambda: plots.path({p: [[0, 0]] for p in "abcd"}, **XY),
    "a signed map of one sign": lambda: plots.heatmap([[0.5, 2.0], [3.0, 4.0]], signed=True, **XY),
    "sixteen rows": lambda: plots.tick_table({str(i): {"b": True} for i in range(16)}),
    "a mark of 24 letters": lambda: plots.tick_table({"a": {"b": 24 * "m"}}),
    "two offsets": lambda: plots.kernel(8, max_offset=2),
}


@pytest.mark.parametrize("name", STILL_DRAWN)
def test_what_is_just_possible_is_drawn(name):
    assert STILL_DRAWN[name]().alt


TOO_MUCH = {
    "between 0 and 1; 'a' goes from 0.5 to 1.1": lambda: plots.dots(
        {"a": [0.5, 1.1]}, xlabel="x", percent=True
    ),
    "'a' goes from -0.1 to 0.5": lambda: plots.dots({"a": [0.5, -0.1]}, xlabel="x", percent=True),
    "digits must be 1 to 8; got 9": lambda: plots.odometer(0, 9),
    "digits must be 1 to 8; got 0": lambda: plots.odometer(0, 0),
    "the path 'a' is empty": lambda: plots.path({"a": []}, **XY),
    "the matrix is empty": lambda: plots.heatmap([], **XY),
    "the matrix 'a' is empty": lambda: plots.heatmaps({"a": []}, **XY),
    "x must hold one name": lambda: plots.heatmap(np.eye(2), x=["a"], **XY),
    "y must hold one name": lambda: plots.heatmap(np.eye(2), y=["a"], **XY),
    "x is empty": lambda: plots.lines({"a": [1.0]}, x=[], **XY),
    "weights is empty": lambda: plots.attention([]),
    "logy=True needs values above 0": lambda: plots.lines({"a": [0.0, 0.0]}, logy=True, **XY),
    "panel|at most 4": lambda: plots.dots({p: {"a": [1]} for p in "abcde"}, xlabel="x"),
    "points holds 5 entries": lambda: plots.path({p: [[0, 0]] for p in "abcde"}, **XY),
    "and 16 rows": lambda: plots.tick_table({str(i): {"b": True} for i in range(17)}),
    "short text": lambda: plots.tick_table({"a": {"b": 25 * "m"}}),
    "weights must lie between": lambda: plots.attention(np.eye(2) * -1e-5),
}


@pytest.mark.parametrize("words", TOO_MUCH)
def test_what_is_too_much_is_refused_by_its_name(words):
    with pytest.raises(ValueError, match=words):
        TOO_MUCH[words]()
