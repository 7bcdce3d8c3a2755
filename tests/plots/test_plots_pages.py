"""Pictures as files: what they weigh, and that nothing is left behind by drawing one."""

import base64
import io
import os
import subprocess
import sys

import numpy as np
import pytest
import torch
from matplotlib.colors import to_rgb
from PIL import Image

from posenc import plots
from posenc.plots._picture import SHARP, SIZES
from posenc.plots._pixels import LIMIT, RADIUS, quick
from posenc.plots._style import _STYLES, GROUND

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
    "dials": lambda: plots.dials(np.ones((6, 12, 2)) * 0.7, **AXES),
    "clock and odometer": lambda: plots.clock_hands(1234, 64, odometer=10),
    "odometer": lambda: plots.odometer(13, 4, 2),
    "kernel": lambda: plots.kernel(64),
    "tick table": lambda: plots.tick_table({"binary": {"bounded": True, "smooth": "half"}}),
}


# Random numbers do not compress: these have fewer pixels, 60 kB being the limit.
HEAVY = {GALLERY[name]().alt for name in ("four lines", "heatmap", "noise")}


@pytest.fixture(params=GALLERY, scope="module")
def shown(request):
    """A picture and its image, drawn once: drawing is most of the time of these tests."""
    torch.manual_seed(0)
    picture = GALLERY[request.param]()
    return picture, picture.png


def rgba(png):
    return np.asarray(Image.open(io.BytesIO(png)).convert("RGBA"))


def test_every_picture_is_small_and_of_a_fixed_size(shown):
    picture, png = shown
    assert len(png) <= LIMIT
    sizes = {(round(w * 100), round(h * 100)) for w, h in SIZES.values()}
    sharp = Image.open(io.BytesIO(png)).width / picture.size[0]
    assert sharp == SHARP or picture.alt in HEAVY
    assert Image.open(io.BytesIO(png)).size == tuple(round(sharp * part) for part in picture.size)
    assert picture.size in sizes


def test_an_image_names_no_software_and_no_date(shown):
    assert Image.open(io.BytesIO(shown[1])).info.keys() <= {"transparency"}


def test_every_picture_is_the_same_again_and_hands_its_sentence_to_nbconvert(shown):
    picture, png = shown
    data, metadata = picture._repr_mimebundle_()
    assert base64.b64decode(data["image/png"]) == png
    assert data["text/plain"] == repr(picture)
    assert metadata["image/png"]["alt"] == picture.alt == repr(picture).splitlines()[-1]
    assert picture.alt[0] == picture.alt[0].upper()
    assert picture.alt.endswith(".")


def test_nothing_is_clipped_at_the_border(shown):
    *colours, alpha = np.moveaxis(rgba(shown[1]), -1, 0)
    for pixels in colours:
        border = np.concatenate((pixels[0], pixels[-1], pixels[:, 0], pixels[:, -1]))
        assert border.min() > 240


def test_a_card_is_opaque_but_for_its_four_round_corners(shown):
    image = rgba(shown[1])
    alpha = image[..., 3]
    assert [alpha[y, x] for y in (0, -1) for x in (0, -1)] == [0] * 4
    assert (alpha < 255).sum() < 4 * RADIUS**2 / 3
    assert alpha[RADIUS:-RADIUS].min() == alpha[:, RADIUS:-RADIUS].min() == 255
    ground = [round(255 * part) for part in to_rgb(GROUND)]
    middle = image[0, image.shape[1] // 2, :3].astype(int)
    assert np.abs(middle - ground).max() <= 2  # the palette's nearest


@pytest.mark.parametrize("name", GALLERY)
def test_the_text_form_is_the_same_when_drawn_again(name):
    torch.manual_seed(0)
    first = repr(GALLERY[name]())
    torch.manual_seed(0)
    assert repr(GALLERY[name]()) == first


def test_in_a_hurry_a_card_has_all_its_colours():
    pixels = np.random.default_rng(0).integers(0, 256, (64, 96, 3), dtype=np.uint8)
    image = rgba(quick(pixels))
    assert (image[..., :3] == pixels).all()
    assert [image[y, x, 3] for y in (0, -1) for x in (0, -1)] == [0] * 4
    assert image[RADIUS:-RADIUS, :, 3].min() == 255


def test_a_front_end_is_told_the_size_on_the_page():
    _, told = plots.odometer(1)._repr_mimebundle_()
    assert told["image/png"] | {"alt": ""} == {"alt": "", "width": 480, "height": 320}


def test_saving_writes_the_image(tmp_path):
    picture = plots.odometer(42)
    picture.save(tmp_path / "odometer.png")
    assert (tmp_path / "odometer.png").read_bytes() == picture.png


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
