"""Layer by layer: what the reader says of a config is what transformers' own model does.

For each config of the drawer, transformers runs a small model of the same layers with random
weights, and a spy keeps what each layer rotated, hid, added and multiplied by. Ours rotates the
same tensors, makes its own masks and biases, and must agree to 1e-5. A reader that misreads in
one of the known ways must not.
"""

import pytest
import torch
from config import misreadings
from config.compare import CASES, Run, compare, spy_of

from posenc import config as drawer

pytest.importorskip("transformers", reason="pip install -e '.[peers]'")
pytestmark = pytest.mark.filterwarnings("ignore")  # transformers' own

WITHOUT_CACHE = ("bert", "roberta", "modernbert", "t5")


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("name", drawer.models())
def test_each_layer_does_what_transformers_does(name, case):
    if case == "decode" and drawer.read(drawer.model(name)).family in WITHOUT_CACHE:
        pytest.skip("an encoder has no cache")
    compare(name, case)


def test_llama_4_counts_padding_where_ours_counts_positions():
    run = Run("llama-4-scout", "padded")
    layer = drawer.read(drawer.small(drawer.model("llama-4-scout"))).layers[3]
    slots = torch.arange(run.pos.shape[1]).expand(2, -1)
    theirs, ours = layer.log_scale.of(slots), layer.log_scale.of(run.pos)
    assert torch.equal(theirs[0], ours[0])
    assert not torch.equal(theirs[1], ours[1])


# --- misreadings, planted: each must turn a comparison red ----------------------------------


PLANTED = {
    misreadings.one_table: ("olmo-3-7b", "gemma-3-12b", "modernbert-base"),
    misreadings.flags_the_wrong_way_round: ("smollm3-3b", "llama-4-scout"),
    misreadings.only_the_old_place_of_the_base: ("gpt-oss-120b", "ministral-3-8b"),
    misreadings.other_layout: (
        "llama-2-7b",
        "command-r7b",
        "gpt-j-6b",
        "deepseek-v3",
        "qwen3-vl-8b",
    ),
    misreadings.no_mscale: ("deepseek-v3", "qwen3-8b-yarn"),
    misreadings.window_with_one_more: ("mistral-7b-v0.1", "gpt-oss-120b", "modernbert-base"),
    misreadings.chunk_with_one_more: ("llama-4-scout",),
    misreadings.first_channels: ("deepseek-v4-flash",),
    misreadings.all_layers_rotate: ("command-r7b", "exaone-4-32b"),
    misreadings.no_sinks: ("gpt-oss-120b",),
}


@pytest.mark.parametrize(
    ("plant", "name"), [(plant, name) for plant, names in PLANTED.items() for name in names]
)
def test_a_misreading_turns_the_comparison_red(plant, name, monkeypatch):
    spy_of(name)  # theirs is made from the config as it should be read
    compare(name, "beyond")
    plant(monkeypatch)
    with pytest.raises(AssertionError):
        compare(name, "beyond")


# --- the models at their own size: frequencies and temperatures -----------------------------


def _rotary_of(name):
    """Return transformers' module of frequencies for a config at its own size, no weights."""
    from transformers import AutoConfig

    config = dict(drawer.model(name))
    part = dict(config.get("text_config") or config)
    if (part.get("rope_scaling") or {}).get("type") == "su":  # 5.23.0 fails on the old name
        part["rope_scaling"] = part["rope_scaling"] | {"type": "longrope"}
    made = AutoConfig.for_model(part.pop("model_type"), **part).get_text_config()
    module = spy_of(name).module
    kinds = [n for n in vars(module) if n.endswith("RotaryEmbedding") and "Vision" not in n]
    return getattr(module, kinds[0])(made)


ROTATING = [
    n for n in drawer.models() if any(y.rotation for y in drawer.read(drawer.model(n)).layers)
]


@pytest.mark.parametrize("name", [name for name in ROTATING if name != "gpt-j-6b"])
def test_frequencies_at_full_size_are_those_of_transformers(name):
    rotary, reading = _rotary_of(name), drawer.read(drawer.model(name))
    theirs = {k.removesuffix("inv_freq"): v for k, v in rotary.named_buffers() if v.dim() == 1}
    theirs = {k: v for k, v in theirs.items() if not k.endswith("original_")}
    for rotation in {layer.rotation for layer in reading.layers if layer.rotation}:
        ours = torch.tensor(rotation.inv_freq)
        same = [k for k, v in theirs.items() if _same_numbers(ours, v)]
        assert same, f"{name}: nobody has {ours[:3]}; they have {theirs}"
        t = getattr(rotary, same[0] + "attention_scaling")
        assert rotation.temperature == pytest.approx(t)


def _same_numbers(ours, theirs):
    return ours.shape == theirs.shape and torch.allclose(ours, theirs, rtol=1e-5, atol=0)
