"""The text form of a picture: what it notices, what it forgives, what it leaves out."""

import numpy as np
import pytest
import torch
from drawn_lines import LAST
from matplotlib.figure import Figure

from posenc import ENCODINGS, plots
from posenc.plots._data import fingerprint, number

AXES = {"xlabel": "x", "ylabel": "y"}
GRID = torch.arange(64, dtype=torch.float64)


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
    text = repr(plots.attention(torch.full((2, 3, 3), 1 / 3)))
    assert "colour" not in text
    assert text.count("trained") == 2


@pytest.mark.parametrize("make", [torch.tensor, np.array, list, tuple])
def test_tensors_arrays_and_lists_are_one(make):
    values = [0, 1, 4, 9]
    assert repr(plots.lines({"a": make(values)}, **AXES)) == repr(
        plots.lines({"a": values}, **AXES)
    )


def test_a_registered_encoding_is_shown_by_its_label():
    name, cls = next((name, cls) for name, cls in ENCODINGS.items() if cls.label != name)
    assert plots.label_of(name) == cls.label
    assert f'series "{cls.label}"' in repr(plots.lines({name: [1, 2]}, **AXES))


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


@pytest.mark.parametrize(
    ("value", "text"),
    [(0.0078125, "0.007813"), (60611, "60611"), (-0.0, "0"), (0.1 + 0.2, "0.3"), (1e9, "1e+09")],
)
def test_numbers_are_told_alike_whatever_the_last_bit(value, text):
    assert {number(value), number(value * (1 + 1e-15)), number(value * (1 - 1e-15))} == {text}


def test_seeds_and_chance_are_told():
    y = torch.tensor([[0.0, 1.0], [2.0, 3.0]], dtype=torch.float64, requires_grad=True)
    text = repr(plots.lines({"a": y}, chance=0.25, **AXES))
    assert "2 seeds × 2 points" in text
    assert "chance: 0.25" in text


def test_the_kernel_says_where_it_stops_falling():
    assert f"up to distance {LAST};" in plots.kernel(32, max_offset=20).alt
