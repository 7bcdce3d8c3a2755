"""Pictures: what they say of themselves, what they refuse, and what they weigh."""

import base64
import io
import math
import os
import subprocess
import sys

import numpy as np
import pytest
import torch
from matplotlib.figure import Figure
from PIL import Image

from posenc import ENCODINGS, plots
from posenc.plots._data import fingerprint, number
from posenc.plots._lines import spread
from posenc.plots._picture import LIMIT, SIZES
from posenc.plots._style import _STYLES, COLORS, styles_for

AXES = {"xlabel": "x", "ylabel": "y"}
GRID = torch.arange(64, dtype=torch.float64)


def weights(heads, n, dtype=torch.float64):
    return torch.linspace(0, 1, heads * n * n, dtype=dtype).reshape(heads, n, n).softmax(-1)


GALLERY = {
    "lines": lambda: plots.lines({"sinusoidal": (GRID / 5).sin()}, **AXES),
    "four lines": lambda: plots.lines(
        {name: torch.rand(3, 40) for name in "abcd"}, chance=0.25, percent=True, **AXES
    ),
    "logarithmic": lambda: plots.lines(
        {"a": [1, 2, 3]}, x=[0, 10, 100], logx=True, logy=True, size="tall", **AXES
    ),
    "dots": lambda: plots.dots(
        {name: torch.rand(3) for name in _STYLES}, xlabel="accuracy", percent=True, chance=0.2
    ),
    "panels": lambda: plots.dots(
        {"before": {"rope": [0.9, 1.0]}, "back1": {"rope": [1.0, 1.0], "none": [0.5]}},
        xlabel="accuracy",
        percent=True,
        chance={"before": 0.5, "back1": 0.25},
    ),
    "heatmap": lambda: plots.heatmap(GRID.outer(GRID).cos(), signed=True, **AXES),
    "noise": lambda: plots.heatmap(
        np.random.default_rng(0).normal(size=(200, 300)), size="tall", **AXES
    ),
    "numbers": lambda: plots.heatmap(np.eye(5), values=True, label="weight", **AXES),
    "heatmaps": lambda: plots.heatmaps({name: np.eye(9) for name in "abcd"}, **AXES),
    "attention": lambda: plots.attention(weights(4, 6), "a dog bites the old man".split()),
    "path": lambda: plots.path({"a": np.eye(2), "b": -np.eye(2)}, labels="pq", **AXES),
    "clock": lambda: plots.clock_hands(7.5, 64),
    "clock and odometer": lambda: plots.clock_hands(1234, 64, odometer=10),
    "odometer": lambda: plots.odometer(13, 4, 2),
    "kernel": lambda: plots.kernel(64),
    "tick table": lambda: plots.tick_table({"binary": {"bounded": True, "smooth": "half"}}),
}


@pytest.fixture(params=GALLERY, scope="module")
def shown(request):
    """A picture and its image, drawn once: drawing is most of the time of these tests."""
    torch.manual_seed(0)
    picture = GALLERY[request.param]()
    return picture, picture.png


def test_every_picture_is_small_and_of_a_fixed_size(shown):
    picture, png = shown
    assert len(png) <= LIMIT
    sizes = {(round(w * 100), round(h * 100)) for w, h in SIZES.values()}
    assert Image.open(io.BytesIO(png)).size == picture.size
    assert picture.size in sizes


def test_an_image_names_no_software_and_no_date(shown):
    assert Image.open(io.BytesIO(shown[1])).info.keys() <= {"dpi"}


def test_every_picture_is_the_same_again_and_hands_its_sentence_to_nbconvert(shown):
    picture, png = shown
    data, metadata = picture._repr_mimebundle_()
    assert base64.b64decode(data["image/png"]) == png
    assert data["text/plain"] == repr(picture)
    assert metadata["image/png"]["alt"] == picture.alt == repr(picture).splitlines()[-1]
    assert picture.alt[0] == picture.alt[0].upper()
    assert picture.alt.endswith(".")


def test_nothing_is_clipped_at_the_border(shown):
    pixels = np.asarray(Image.open(io.BytesIO(shown[1])).convert("L"))
    border = np.concatenate((pixels[0], pixels[-1], pixels[:, 0], pixels[:, -1]))
    assert border.min() > 240


@pytest.mark.parametrize("name", GALLERY)
def test_the_text_form_is_the_same_when_drawn_again(name):
    torch.manual_seed(0)
    first = repr(GALLERY[name]())
    torch.manual_seed(0)
    assert repr(GALLERY[name]()) == first


def sine(speed=5.0, noise=0.0):
    return repr(plots.lines({"sin": (GRID / speed).sin() + noise}, x=GRID, **AXES))


def test_the_text_form_notices_another_frequency_but_not_the_last_bits():
    assert sine(5.1) != sine()
    assert sine(noise=1e-13) == sine()


@pytest.mark.parametrize("scale", [1e-6, 1.0, 3e5])
def test_the_hash_stands_still_under_noise_and_notices_a_millionth(scale):
    values = scale * np.concatenate((np.arange(-128, 129) / 128, [1 / 3, 0.05, 0.1]))
    still = fingerprint(values)
    for seed in range(20):
        noise = np.random.default_rng(seed).normal(size=values.shape) * 1e-14
        assert fingerprint(values * (1 + noise)) == still
    assert fingerprint(values * (1 + 1e-5)) != still


def test_the_hash_takes_rounding_for_zero():
    assert fingerprint(np.array([1e-17, -0.0])) == fingerprint(np.zeros(2))
    assert fingerprint(np.zeros(2)) != fingerprint(np.zeros(3))


def test_a_heat_map_notices_a_changed_cell():
    one, other = np.eye(4), np.eye(4)
    other[0, 3] = 1e-4
    texts = [repr(plots.heatmap(matrix, **AXES)) for matrix in (one, other)]
    assert texts[0] != texts[1]


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16, torch.float16])
def test_small_floats_are_trained_and_not_compared(dtype):
    texts = [
        repr(plots.lines({"a": torch.tensor([0.0, peak], dtype=dtype)}, **AXES))
        for peak in (1.0, 1.5)
    ]
    assert texts[0] == texts[1]
    assert "data: trained, not compared" in texts[0]


def test_a_list_of_small_tensors_is_trained_and_one_of_numbers_can_be():
    tensors = plots.lines({"a": [torch.tensor(1.0), torch.tensor(2.0)]}, **AXES)
    said = plots.lines({"a": [1.0, 2.0]}, trained=True, **AXES)
    computed = plots.lines({"a": [1.0, 2.0]}, **AXES)
    assert repr(tensors) == repr(said)
    assert "trained" not in repr(computed)
    assert "trained" in repr(plots.dots({"a": [0.5, 0.6]}, xlabel="accuracy"))


def test_no_number_of_a_trained_heat_map_is_told():
    text = repr(plots.attention(weights(2, 3, torch.float32)))
    assert "colour" not in text
    assert text.count("trained") == 2


@pytest.mark.parametrize("make", [torch.tensor, np.array, list, tuple])
def test_tensors_arrays_and_lists_are_one(make):
    values = [0, 1, 4, 9]
    assert repr(plots.lines({"a": make(values)}, **AXES)) == repr(
        plots.lines({"a": values}, **AXES)
    )


def test_seeds_become_a_mean_and_a_band():
    y = torch.tensor([[0.0, 1.0], [2.0, 3.0]], dtype=torch.float64, requires_grad=True)
    picture = plots.lines({"a": y}, **AXES)
    ax = picture.figure.axes[0]
    band = ax.collections[0].get_paths()[0].vertices
    assert ax.lines[0].get_ydata().tolist() == [1.0, 2.0]
    assert (band[:, 1].min(), band[:, 1].max()) == (0.0, 3.0)
    assert "2 seeds × 2 points" in repr(picture)


def test_chance_is_drawn_and_told():
    picture = plots.lines({"a": [0.5, 1.0]}, chance=0.25, **AXES)
    assert "chance: 0.25" in repr(picture)
    assert any(set(line.get_ydata()) == {0.25} for line in picture.figure.axes[0].lines)
    assert "chance" in [text.get_text() for text in picture.figure.axes[0].texts]


def test_labels_at_the_ends_do_not_overlap():
    places = spread([0.5, 0.51, 0.5, 1.3, -0.2], 0.1)
    assert min(np.diff(sorted(places))) > 0.1 - 1e-6
    assert 0 <= min(places) <= max(places) <= 1
    assert places[0] < places[2] < places[1]  # in the order of the lines


WRONG = {
    "at most 4": lambda: plots.lines({name: [1, 2] for name in "abcde"}, **AXES),
    "not finite .such as nan": lambda: plots.lines({"a": [1.0, math.nan]}, **AXES),
    "such as inf": lambda: plots.heatmap([[math.inf, 1.0]], **AXES),
    "series 'a' is empty": lambda: plots.lines({"a": []}, **AXES),
    "series is empty": lambda: plots.lines({}, **AXES),
    "a dict from names": lambda: plots.lines([1, 2, 3], **AXES),
    "of one length": lambda: plots.lines({"a": [1, 2], "b": [1, 2, 3]}, **AXES),
    "of one shape": lambda: plots.lines({"a": [[1, 2], [3]]}, **AXES),
    "one value a point": lambda: plots.lines({"a": [1, 2]}, x=[1, 2, 3], **AXES),
    "must be .n,. or .seeds, n.": lambda: plots.lines({"a": np.zeros((2, 2, 2))}, **AXES),
    "must be numbers": lambda: plots.lines({"a": ["one", "two"]}, **AXES),
    "complex": lambda: plots.lines({"a": torch.zeros(2, dtype=torch.complex64)}, **AXES),
    "logx=True needs": lambda: plots.lines({"a": [1, 2]}, x=[-1, 1], logx=True, **AXES),
    "size must be one of": lambda: plots.lines({"a": [1, 2]}, size="huge", **AXES),
    "shares between 0 and 1": lambda: plots.dots({"a": [55]}, xlabel="x", percent=True),
    "mixes panels and rows": lambda: plots.dots({"a": [1], "b": {"c": [1]}}, xlabel="x"),
    "which are no panels": lambda: plots.dots({"a": [1]}, xlabel="x", chance={"b": 0.5}),
    "one number a seed": lambda: plots.dots({"a": [[1, 2]]}, xlabel="x"),
    "choose one slice": lambda: plots.heatmap(np.zeros((2, 2, 2)), **AXES),
    "one name for each": lambda: plots.heatmap(np.eye(3), x="ab", **AXES),
    "up to 18 rows": lambda: plots.heatmap(np.eye(19), values=True, **AXES),
    "scores before|after softmax": lambda: plots.attention(3 * np.eye(3)),
    "at most 4 heads": lambda: plots.attention(np.zeros((5, 2, 2))),
    "one word for each of 3": lambda: plots.attention(np.eye(3), ["a"]),
    "must be .n, 2.": lambda: plots.path({"a": [[1, 2, 3]]}, **AXES),
    "n_hands must be": lambda: plots.clock_hands(1, 64, n_hands=9),
    "whole positions": lambda: plots.clock_hands(1.5, 64, odometer=10),
    "base from 2 to 10": lambda: plots.odometer(1, 3, 16),
    "more than 2 digits": lambda: plots.odometer(100, 2),
    "max_offset": lambda: plots.kernel(64, max_offset=1),
    "True, False or a short text": lambda: plots.tick_table({"a": {"b": 1}}),
    "the first has": lambda: plots.tick_table({"a": {"b": True}, "c": {"d": True}}),
    "must say in a sentence": lambda: plots.Picture(Figure(), " "),
    "saved as .png": lambda: plots.odometer(1).save("a.svg"),
}


@pytest.mark.parametrize("message", WRONG)
def test_wrong_input_is_refused_at_the_door_by_name(message):
    with pytest.raises(ValueError, match=message):
        WRONG[message]()


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


def test_a_registered_encoding_is_shown_by_its_label():
    name, cls = next((name, cls) for name, cls in ENCODINGS.items() if cls.label != name)
    assert plots.label_of(name) == cls.label
    assert f'series "{cls.label}"' in repr(plots.lines({name: [1, 2]}, **AXES))


def test_the_hand_points_to_sine_and_cosine():
    picture = plots.clock_hands(1, 4, n_hands=2)
    hands = [ax.lines[0].get_xydata()[1] for ax in picture.figure.axes]
    for (x, y), speed in zip(hands, (1.0, 0.01), strict=True):
        assert math.isclose(math.atan2(x, y), speed)


def test_the_kernel_marks_where_it_stops_falling():
    offsets = range(65)
    speeds = [10_000 ** (-2 * i / 64) for i in range(32)]
    curve = [sum(math.cos(w * k) for w in speeds) / 32 for k in offsets]
    last = next(k for k in offsets if curve[k + 1] > curve[k])
    picture = plots.kernel(64)
    assert f"up to offset {last};" in picture.alt
    assert any(f"k = {last}" in text.get_text() for text in picture.figure.axes[0].texts)


def test_a_tick_table_says_every_mark_in_words():
    text = repr(plots.tick_table({"mine": {"bounded": True, "short": False, "new": "half"}}))
    assert 'mine: bounded yes, short no, new "half"' in text


def test_a_figure_drawn_by_hand_is_read():
    def by_hand(speed):
        figure = Figure()
        ax = figure.subplots()
        ax.plot(GRID.numpy(), np.sin(GRID.numpy() / speed), label="sine")
        ax.set(xlabel="p", yscale="symlog", title="by hand")
        ax.imshow(np.eye(2))
        return repr(plots.Picture(figure, "a wave"))

    assert by_hand(5) == by_hand(5) != by_hand(5.1)
    for part in ('axes "by hand"', 'x: "p"', "symlog", 'series "sine": data', "image: data"):
        assert part in by_hand(5)
    assert by_hand(5).endswith("\nA wave.")


def test_saving_writes_the_image(tmp_path):
    picture = plots.odometer(42)
    picture.save(tmp_path / "odometer.png")
    assert (tmp_path / "odometer.png").read_bytes() == picture.png


@pytest.mark.parametrize(
    ("value", "text"),
    [(0.0078125, "0.007813"), (60611, "60611"), (-0.0, "0"), (0.1 + 0.2, "0.3"), (1e9, "1e+09")],
)
def test_numbers_are_told_alike_whatever_the_last_bit(value, text):
    assert {number(value), number(value * (1 + 1e-15)), number(value * (1 - 1e-15))} == {text}


def test_drawing_leaves_no_state_and_no_pyplot_behind():
    code = (
        "import sys, matplotlib\n"
        "before = matplotlib.rcParams.copy()\n"
        "import posenc\n"
        "from posenc import plots\n"
        "plots.kernel(8).png\n"
        "assert matplotlib.rcParams.copy() == before\n"
        "assert 'matplotlib.pyplot' not in sys.modules"
    )
    subprocess.run([sys.executable, "-W", "error", "-c", code], check=True)


def test_importing_posenc_draws_in_no_matplotlib():
    code = "import sys, posenc; assert not {'matplotlib', 'ipywidgets'} & set(sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True, env=os.environ)


@pytest.mark.parametrize(("x", "whole"), [(torch.arange(2, 8), True), (torch.arange(4) / 4, False)])
def test_whole_numbers_get_whole_ticks(x, whole):
    figure = plots.lines({"a": x * 1.0}, x=x, **AXES).figure
    ticks = figure.axes[0].get_xticks()
    assert all(tick == int(tick) for tick in ticks) == whole


def ticks(values):
    axes = plots.dots({"a": values}, xlabel="accuracy").figure.axes[0]
    return [line for line in axes.lines if line.get_marker() == "|"]


def test_a_mean_is_marked_from_three_seeds_on():
    assert len(ticks([0.5, 0.6, 0.7])) == 1
    assert ticks([0.5, 0.6]) == []


def test_of_loose_points_all_but_the_first_path_are_hollow():
    points = {"a": [(0, 0), (1, 1)], "b": [(0, 1), (1, 0)]}
    drawn = plots.path(points, xlabel="x", ylabel="y", join=False).figure.axes[0].lines
    assert [line.get_markerfacecolor() == "white" for line in drawn] == [False, True]


@pytest.mark.parametrize(("value", "limits"), [(0.0, (0, 1)), (3.0, (0, 3)), (-2.0, (-2, 0))])
def test_a_map_of_one_value_begins_or_ends_at_nought(value, limits):
    picture = plots.heatmap([[value, value]], xlabel="x", ylabel="y", label="z")
    assert picture.figure.axes[0].images[0].get_clim() == limits
