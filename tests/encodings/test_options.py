"""Options of the encodings: their defaults, their bounds, and that each reaches its formula."""

import inspect
import math

import pytest
import torch
from contract import equal
from oracle import functional as loops

from posenc import ENCODINGS, Dims, SinusoidalPositionalEncoding, build
from posenc import functional as F
from posenc.base import PROMISES
from posenc.encodings import AxialRope, Sinusoidal2D

DIMS = Dims(d_model=16, n_heads=2, max_len=40)
DEFAULTS = {
    "learned": {"std": 0.5**0.5},
    "random": {"seed": 0},
    "sinusoidal": {"base": 10_000.0},
    "shaw": {"clip": 16},
    "t5": {"n_buckets": 32, "max_distance": 128, "causal": False},
    "alibi": {"causal": False},
    "fire": {"hidden": 32, "threshold": 16.0},
    "rope": {
        "base": 10_000.0, "layout": "interleaved", "partial": 1.0, "keep": 1.0,
        **dict.fromkeys(
            ["scaling", "factor", "original_max_len", "low_freq_factor", "high_freq_factor",
             "beta_fast", "beta_slow"]
        ),
    },
    "xpos": {"base": 10_000.0, "scale_base": 512.0},
}  # fmt: skip


@pytest.mark.parametrize("name", list(ENCODINGS))
def test_nobody_changes_a_default_unseen(name):
    named = list(inspect.signature(type(build(name, DIMS))).parameters.values())[1:]
    assert {option.name: option.default for option in named} == DEFAULTS.get(name, {})


@pytest.mark.parametrize(
    ("name", "least", "below"),
    [
        ("fire", {"hidden": 1}, {"hidden": 0}),
        ("fire", {"threshold": 1e-3}, {"threshold": 0.0}),
        ("fire", {"threshold": 1e6}, {"threshold": math.inf}),
        ("shaw", {"clip": 1}, {"clip": 0}),
        ("rope", {"keep": 1.0}, {"keep": 1.5}),
        ("rope", {"partial": 1.0}, {"partial": 1.5}),
        ("learned", {"std": 0.0}, {"std": -1e-9}),
        ("t5", {"n_buckets": 4}, {"n_buckets": 2}),
    ],
)
def test_an_option_is_taken_up_to_its_bound(name, least, below):
    build(name, DIMS, **least)
    with pytest.raises(ValueError, match=f"{next(iter(below))}.*; got"):
        build(name, DIMS, **below)


def test_tables_have_a_row_for_each_thing_they_tell_apart():
    assert build("shaw", DIMS, clip=3).table.shape == (7, 8)
    assert build("t5", DIMS, n_buckets=12, max_distance=40).table.shape == (12, 2)
    assert build("learned", DIMS).table.shape == (40, 16)


@pytest.mark.parametrize(
    ("method", "ramp"),
    [
        ("yarn", {"beta_fast": 20.0, "beta_slow": 2.0}),
        ("llama3", {"low_freq_factor": 2.0, "high_freq_factor": 3.0}),
    ],
)
def test_the_ramp_that_rope_is_told_is_the_one_it_has(method, ramp):
    told = {"factor": 8.0, "original_max_len": 512, **ramp}
    found = build("rope", Dims(d_model=64, n_heads=1), scaling=method, **told).inv_freq()
    equal(found, F.scaled_frequencies(64, method=method, **told), atol=0)
    plain = {"factor": 8.0, "original_max_len": 512}
    assert not torch.equal(found, F.scaled_frequencies(64, method=method, **plain))


def test_xpos_says_how_far_it_reaches():
    x = torch.ones(1, 2, 1, 8)
    room = math.log(torch.finfo(torch.float32).max) - math.log(1000)
    farthest = int(room / math.log(3.5) * 512)
    build("xpos", DIMS).rotate(x, x, torch.tensor([farthest]), torch.tensor([farthest]))
    for beyond in (farthest + 1, farthest + 0.5):
        with pytest.raises(ValueError, match=f"up to position {farthest}; got {beyond:g}:"):
            build("xpos", DIMS).rotate(x, x, torch.tensor([beyond]), torch.tensor([0]))


def test_xpos_scales_in_the_precision_of_its_input():
    x, pos = torch.ones(1, 2, 1, 8, dtype=torch.float64), torch.tensor([20_000])
    q, _ = build("xpos", DIMS).rotate(x, x, pos, pos)
    lengths = q.unflatten(-1, (4, 2)).norm(dim=-1)[0, 0, 0]
    shares = [(2 * i + 0.4 * 8) / (1.4 * 8) for i in range(4)]
    expected = [math.sqrt(2) * share ** (20_000 / 512) for share in shares]
    equal(lengths, expected, rtol=1e-11, atol=0)


def test_alibi_and_t5_of_a_decoder_tell_before_from_behind():
    far = torch.tensor([-3, 0, 3])
    slopes = F.alibi_slopes(2)[:, None]
    equal(build("alibi", DIMS, causal=True).bias_by_distance(far), -slopes * far)
    equal(build("alibi", DIMS).bias_by_distance(far), -slopes * far.abs())
    t5 = build("t5", DIMS, n_buckets=5, causal=True)  # an odd number has no two halves
    bias = t5.bias_by_distance(far)
    equal(bias[:, 0], bias[:, 1], atol=0)


@pytest.mark.parametrize(
    ("name", "pos", "words"),
    [
        ("learned", torch.tensor([40]), "^the learned table holds"),
        ("learned", torch.tensor([0.5]), "^the learned table needs"),
        ("random", torch.tensor([40]), "^the table of random vectors holds"),
        ("onehot", torch.tensor([0.5]), "one-hot"),
        ("binary", torch.tensor([0.5]), "^the binary digits needs"),
        ("normalized", torch.tensor([-1]), "^p / L needs positions of 0 or above"),
    ],
)
def test_a_refused_position_is_told_by_whom(name, pos, words):
    with pytest.raises((ValueError, TypeError), match=words):
        build(name, DIMS).embed(torch.zeros(1, 1, 16), pos)


@pytest.mark.parametrize("name", list(ENCODINGS))
def test_a_code_is_of_the_type_that_is_asked_for(name):
    code = getattr(build(name, DIMS), "code", None)
    for dtype in (torch.float64, torch.bfloat16) if code else ():
        assert code(torch.arange(3), dtype).dtype == dtype


# --- on a grid --------------------------------------------------------------------------------

GRID = torch.tensor([[0.0, 0.5], [2.25, 5.0], [7.0, 1.0]], dtype=torch.float64)


def test_grids_have_the_papers_bases_and_known_promises():
    assert Sinusoidal2D(DIMS).base == 10_000
    assert AxialRope(DIMS).base == 100
    for cls in (Sinusoidal2D, AxialRope):
        assert cls.pos_dims == 2
        assert cls.promises <= PROMISES


def test_grids_take_real_places():
    code = Sinusoidal2D(DIMS).code(GRID, torch.float64)
    equal(code, [loops.sinusoidal(r, 8) + loops.sinusoidal(c, 8) for r, c in GRID.tolist()])
    found = Sinusoidal2D(DIMS).embed(torch.zeros(1, 3, 16, dtype=torch.float64), GRID)
    equal(found[0], code)


def test_axial_rope_sees_only_how_far_apart_two_places_are():
    generator = torch.Generator().manual_seed(0)
    q, k = torch.randn(2, 1, 2, 3, 8, generator=generator, dtype=torch.float64)

    def scores(pos):
        turned = AxialRope(DIMS).rotate(q, k, pos, pos)
        return turned[0] @ turned[1].mT

    equal(scores(GRID), scores(GRID + torch.tensor([3.0, -1.5])), atol=1e-12)
    assert not torch.allclose(scores(GRID), scores(GRID * 2))


def test_axial_rope_takes_a_grid_for_each_text():
    x = torch.randn(2, 2, 3, 4, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    rope, both = AxialRope(Dims(d_model=8, n_heads=2)), torch.stack((GRID, GRID.flip(0)))
    found = rope.rotate(x, x, both, both)[0]
    for text, grid, turned in zip(x, both, found, strict=True):
        equal(turned[None], rope.rotate(text[None], text[None], grid, grid)[0])


@pytest.mark.parametrize(("cls", "width"), [(Sinusoidal2D, "d_model"), (AxialRope, "d_head")])
def test_a_grid_needs_pairs_for_rows_and_for_columns(cls, width):
    with pytest.raises(ValueError, match=f"^{width} must be a multiple of 4"):
        cls(Dims(d_model=6, n_heads=1))
    with pytest.raises(ValueError, match="base must be a finite number above 0"):
        cls(DIMS, base=0.0)


# --- the module of notebook 04 ----------------------------------------------------------------


def test_the_drop_in_adds_the_codes():
    module = SinusoidalPositionalEncoding(6)
    x = torch.randn(2, 4, 6, generator=torch.Generator().manual_seed(0))
    codes = torch.tensor([loops.sinusoidal(p, 6) for p in range(4)])
    equal(module(x), x + codes, atol=1e-6)
    equal(module(x, torch.arange(4)[None].expand(2, 4)), x + codes, atol=1e-6)
    far = torch.arange(1000, 1004)
    half = module(x.bfloat16(), far)
    assert half.dtype == torch.bfloat16
    equal(half, (x.bfloat16() + module(0 * x, far)).bfloat16(), atol=0)
    wide = module.double()(x.double(), far) - x.double()
    equal(wide[0], [loops.sinusoidal(p, 6) for p in far.tolist()], atol=1e-11)


def test_the_drop_in_works_where_its_input_is():
    assert SinusoidalPositionalEncoding(6)(torch.zeros(1, 4, 6, device="meta")).is_meta


@pytest.mark.parametrize(("share", "words"), [(1.1, "got 1.1"), (math.nan, "got nan")])
def test_the_drop_in_takes_a_probability_alone(share, words):
    with pytest.raises(ValueError, match=f"dropout must be a probability.*{words}"):
        SinusoidalPositionalEncoding(6, dropout=share)
    for share in (0.0, 0.3, 1.0):
        assert SinusoidalPositionalEncoding(6, dropout=share).dropout.p == share


@pytest.mark.parametrize(
    ("x", "pos"),
    [
        (torch.zeros(1, 4, 5), None),
        (torch.zeros(1, 4, 6), torch.arange(3)),
        (torch.zeros(2, 3, 6), torch.zeros(3, 3)),
        (torch.zeros(1, 3, 6), torch.arange(3, device="meta")),
    ],
)
def test_the_drop_in_refuses_another_shape_and_another_device(x, pos):
    with pytest.raises(ValueError, match="must be|is on"):
        SinusoidalPositionalEncoding(6)(x, pos)
