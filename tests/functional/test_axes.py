"""M-RoPE's angles: against plain loops, against Qwen's own code, and what is refused."""

import pytest
import torch
from contract import equal
from hypothesis import given
from hypothesis import strategies as st
from oracle import functional as loops

from posenc import functional as F
from posenc.base import Dims

F64 = torch.float64
FOUR = F.inverse_frequencies(8, dtype=F64)  # 1, 0.1, 0.01, 0.001
places = st.lists(st.tuples(*[st.integers(-(10**5), 10**5)] * 3), min_size=1, max_size=5)
sizes = st.tuples(*[st.integers(0, 9)] * 3).filter(any)


@given(places, sizes)
def test_blocks_are_the_formula(pos, sections):
    speeds = F.inverse_frequencies(2 * sum(sections), 300.0, dtype=F64)
    found = F.mrope_angles(torch.tensor(pos), speeds, sections)
    equal(found, [loops.mrope_angles(place, speeds.tolist(), sections) for place in pos])


@given(places, st.integers(0, 9), st.integers(0, 5), st.integers(0, 5))
def test_interleaved_pairs_are_the_formula(pos, more, height, width):
    sections = (3 * max(height, width) + more + 1, height, width)
    speeds = F.inverse_frequencies(2 * sum(sections), 300.0, dtype=F64)
    found = F.mrope_angles(torch.tensor(pos), speeds, sections, interleaved=True)
    expected = [loops.mrope_angles(place, speeds.tolist(), sections, True) for place in pos]
    equal(found, expected)


def test_both_ways_to_deal_pairs_out():
    pos, ones = torch.tensor([[0, 1, 2]]), torch.ones(7)
    assert F.mrope_angles(pos, ones, (2, 3, 2)).tolist() == [[0, 0, 1, 1, 1, 2, 2]]
    dealt = F.mrope_angles(pos, ones, (4, 1, 2), interleaved=True)
    assert dealt.tolist() == [[0, 1, 2, 0, 0, 2, 0]]


@pytest.mark.parametrize("interleaved", [False, True])
def test_equal_positions_on_all_axes_are_plain_rope(interleaved):
    pos = torch.tensor([0, 1, 5, 1234])
    found = F.mrope_angles(pos[:, None].expand(-1, 3), FOUR, (2, 1, 1), interleaved=interleaved)
    assert torch.equal(found, F.angles(pos, FOUR))


def test_a_batch_is_its_texts():
    pos = torch.arange(2 * 5 * 3).reshape(2, 5, 3)
    found = F.mrope_angles(pos, FOUR, (2, 1, 1))
    assert torch.equal(found, torch.stack([F.mrope_angles(text, FOUR, (2, 1, 1)) for text in pos]))


def test_two_axes_are_axial_rope():
    from posenc.encodings import AxialRope

    pos = torch.cartesian_prod(torch.arange(3), torch.arange(4))
    q = torch.randn(1, 1, 12, 16, generator=torch.Generator().manual_seed(0), dtype=F64)
    of_one_axis = F.inverse_frequencies(8, 100.0, dtype=F64)
    theta = F.mrope_angles(pos, of_one_axis.repeat(2), (4, 4))
    turned, _ = AxialRope(Dims(d_model=16, n_heads=1)).rotate(q, q, pos, pos)
    equal(F.rotate_pairs(q, theta), turned)


def test_half_precision_is_computed_in_float32():
    pos = torch.tensor([[257, 257, 258]])
    found = F.mrope_angles(pos, torch.ones(3).bfloat16(), (1, 1, 1))
    assert found.dtype == torch.float32
    assert found.tolist() == [[257, 257, 258]]
    assert F.mrope_angles(pos.to(F64), torch.ones(3), (1, 1, 1)).dtype == F64
    assert F.mrope_angles(pos, FOUR, (2, 1, 1)).dtype == F64


def test_angles_are_made_where_the_positions_are():
    pos = torch.zeros(2, 3, device="meta")
    assert F.mrope_angles(pos, torch.ones(3, device="meta"), (1, 1, 1)).device.type == "meta"


# --- what is refused ------------------------------------------------------------------------

POS = torch.zeros(2, 3)


@pytest.mark.parametrize(
    ("sections", "words"),
    [
        ((2, 2), r"one number per axis of pos, 3 here; got \(2, 2\)"),
        ((2, 1, 2), r"sum to the number of pairs, 4 here; got \(2, 1, 2\), which is 5"),
        ((5, -1, 0), "each of the sections must be at least 1; got -1"),
    ],
)
def test_sections_that_do_not_fit_are_refused(sections, words):
    with pytest.raises(ValueError, match=words):
        F.mrope_angles(POS, FOUR, sections)


def test_sections_that_cannot_be_interleaved_are_refused():
    with pytest.raises(ValueError, match=r"axis 2 would need pair 5, and there are only 4"):
        F.mrope_angles(POS, FOUR, (1, 1, 2), interleaved=True)


@pytest.mark.parametrize("sections", [(2.0, 1, 1), (True, 2, 1), ("2", 1, 1)])
def test_sections_that_are_no_integers_are_refused(sections):
    with pytest.raises(TypeError, match="each of the sections must be an integer"):
        F.mrope_angles(POS, FOUR, sections)


@pytest.mark.parametrize("inv_freq", [FOUR[None], torch.ones(4).long()])
def test_other_frequencies_are_refused(inv_freq):
    with pytest.raises(ValueError, match="one floating-point number per pair"):
        F.mrope_angles(POS, inv_freq, (2, 1, 1))


def test_positions_that_are_no_numbers_are_refused():
    with pytest.raises(TypeError, match="pos must be a tensor"):
        F.mrope_angles([[0, 0, 0]], FOUR, (2, 1, 1))


def test_two_devices_are_refused():
    with pytest.raises(ValueError, match="inv_freq is on meta"):
        F.mrope_angles(POS, FOUR.to("meta"), (2, 1, 1))


# --- Qwen's own code ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("module", "model", "sections", "interleaved"),
    [
        ("qwen2_vl", "Qwen2VL", (16, 24, 24), False),
        ("qwen2_5_vl", "Qwen2_5_VL", (16, 24, 24), False),
        ("qwen3_vl", "Qwen3VLText", (24, 20, 20), True),
    ],
)
def test_rotated_queries_equal_those_of_the_models(module, model, sections, interleaved):
    """Heads of 128 channels, half-split, sections as the models have them."""
    pytest.importorskip("transformers", reason="pip install -e '.[peers]'")
    from importlib import import_module

    theirs = import_module(f"transformers.models.{module}.modeling_{module}")
    config = import_module(f"transformers.models.{module}.configuration_{module}")
    config_class = getattr(config, model.removesuffix("Text") + "TextConfig")
    rope = {"rope_type": "default", "rope_theta": 1e6, "mrope_section": list(sections)}
    size = {"hidden_size": 256, "num_attention_heads": 2, "head_dim": 128}
    rotary = getattr(theirs, f"{model}RotaryEmbedding")(config_class(**size, rope_parameters=rope))

    generator = torch.Generator().manual_seed(0)
    pos = torch.randint(0, 3000, (3, 2, 9), generator=generator)  # (axis, b, n)
    q = torch.randn(2, 2, 9, 128, generator=generator)  # (b, h, n, dh)
    cos, sin = rotary(q, pos)
    rotated, _ = theirs.apply_rotary_pos_emb(q, q, cos, sin)

    speeds = F.inverse_frequencies(128, 1e6)
    theta = F.mrope_angles(pos.permute(1, 2, 0), speeds, sections, interleaved=interleaved)
    ours = F.rotate_halves(q, theta[:, None])  # (b, 1, n, m)
    torch.testing.assert_close(ours, rotated, atol=2e-3, rtol=0)  # angles of 3000 in float32


@pytest.mark.parametrize("prompt", [(5, (1, 2, 3), 4), ((1, 6, 2), 1, (1, 3, 7), 9)])
def test_positions_of_images_in_a_text_equal_those_of_the_model(prompt):
    """The model's grid is of patches, of which 2 × 2 make a token."""
    pytest.importorskip("transformers", reason="pip install -e '.[peers]'")
    from types import SimpleNamespace

    from transformers.models.qwen2_vl.modeling_qwen2_vl import Qwen2VLModel

    from posenc.check.lesson_10.prompt_positions_slips import block, laid_out

    model = Qwen2VLModel.__new__(Qwen2VLModel)  # no weights: it only counts
    torch.nn.Module.__init__(model)
    model.config = SimpleNamespace(vision_config=SimpleNamespace(spatial_merge_size=2))
    kinds = [torch.full((len(block(p)),), int(not isinstance(p, int))) for p in prompt]
    grids = [(t, 2 * h, 2 * w) for t, h, w in (p for p in prompt if not isinstance(p, int))]
    kind = torch.cat(kinds)[None]  # (1, n)
    theirs, delta = model.get_rope_index(
        torch.zeros_like(kind), kind, image_grid_thw=torch.tensor(grids)
    )
    ours = laid_out(prompt)
    assert torch.equal(theirs[:, 0].T, ours)
    assert int(delta) == int(ours.max()) + 1 - len(ours)
