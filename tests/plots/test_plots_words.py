"""Where there is no number a figure has a word, on hatching in a map, and never a 0."""

import math

import numpy as np
import pytest
from matplotlib.colors import to_hex

from posenc import plots
from posenc.plots._style import GROUND

NAN = math.nan
AXES = {"xlabel": "task", "ylabel": "encoding"}
MATRIX, WORDS = [[50.0, NAN, 100.0], [NAN, 75.0, 60.0]], [["", "ends", ""], ["NaN", "", ""]]


def board(matrix=MATRIX, words=WORDS, **options):
    return plots.heatmap(matrix, words=words, **{"values": True, **AXES, **options})


def cells(figure):
    """{(row, column): what is written there}, and the cells that are hatched."""
    ax = figure.axes[0]
    written = {(text.get_position()[::-1]): text.get_text() for text in ax.texts}
    middles = [(p.get_y() + p.get_height() / 2, p.get_x() + p.get_width() / 2)
               for p in ax.patches if p.get_hatch()]  # fmt: skip
    return written, set(middles)


def test_a_cell_without_a_number_is_hatched_and_has_its_word():
    written, hatched = cells(board().figure)
    assert written == {(0, 0): "50", (0, 1): "ends", (0, 2): "100",
                       (1, 0): "NaN", (1, 1): "75", (1, 2): "60"}  # fmt: skip
    assert hatched == {(0, 1), (1, 0)}


def test_its_colour_is_of_no_number_and_it_changes_no_scale():
    picture = board()
    [image] = picture.figure.axes[0].images
    assert image.get_clim() == (50, 100)
    colors = image.to_rgba(np.ma.masked_invalid(image.get_array()))
    assert to_hex(colors[0, 1]).upper() == GROUND
    assert 'without a number: 1 × "ends", 1 × "NaN"' in picture.facts
    assert board(trained=False).facts[4] != board([[50, NAN, 100], [NAN, 75, 61]]).facts[4]


def test_a_map_of_nothing_but_words_and_one_of_several_are_drawn():
    written, hatched = cells(board([[NAN, NAN]], [["ends", "raises"]]).figure)
    assert written == {(0, 0): "ends", (0, 1): "raises"}
    assert len(hatched) == 2
    both = plots.heatmaps({"a": MATRIX, "b": [[1.0, 2.0]]}, words={"a": WORDS}, **AXES)
    assert [len([p for p in ax.patches if p.get_hatch()]) for ax in both.figure.axes[:2]] == [2, 0]


def test_a_board_has_room_for_eight_more_encodings():
    names = [f"encoding {i}" for i in range(24)]
    picture = board(np.eye(24)[:, :11], None, y=names, size="tall")
    assert [label.get_text() for label in picture.figure.axes[0].get_yticklabels()] == names


@pytest.mark.parametrize(
    ("matrix", "words", "said"),
    [
        (MATRIX, None, "2 values that are not finite .such as nan.: leave them out"),
        (MATRIX, [[""] * 3] * 2, "2 values .* or give each a word with words="),
        (MATRIX, [["", "ends"]], r"words must be of shape \(2, 3\)"),
        ([[1.0, 2.0]], [["", "ends"]], "row 0, column 1 has both the number 2 and the word 'ends'"),
        ([[1.0, NAN]], [["", "much too long"]], "up to 8 letters; got 'much too long'"),
        ([[1.0, NAN]], [["", 0]], "up to 8 letters; got 0"),
    ],
)
def test_words_that_do_not_fit_are_refused(matrix, words, said):
    with pytest.raises(ValueError, match=said):
        board(matrix, words)


def test_a_seed_without_a_number_is_a_word_in_its_row():
    table = {
        "a": [0.5, 0.6, 0.4, "NaN", "NaN"],
        "b": [0.2, 0.4, 0.9],
        "c": ["ends"] * 3,
        "d": "raises",
    }
    picture = plots.dots(table, xlabel="accuracy", percent=True)
    ax = picture.figure.axes[0]
    assert {text.get_text(): text.xy[1] for text in ax.texts} == {
        "2 × NaN": 0, "3 × ends": 2, "raises": 3}  # fmt: skip
    assert [line.get_ydata()[0] for line in ax.lines if line.get_marker() == "|"] == [1]
    assert 'row "c": 3 × "ends"' in picture.facts
    assert 'row "a": 3 values, data: trained, not compared, 2 × "NaN"' in picture.facts
    assert picture.png


def test_rows_of_nothing_but_words_are_drawn():
    picture = plots.dots({"a": ["NaN"], "b": "ends"}, xlabel="loss")
    assert picture.png
    assert {text.get_text() for text in picture.figure.axes[0].texts} == {"NaN", "ends"}
