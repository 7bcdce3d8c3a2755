"""The reader: old and new places of a setting, what it warns of, and what it refuses."""

import json
import math
import subprocess
import sys
import time

import pytest
import torch

import posenc
from posenc import config as drawer

BASE = {
    "num_hidden_layers": 8,
    "hidden_size": 512,
    "num_attention_heads": 8,
    "num_key_value_heads": 8,
    "max_position_embeddings": 4096,
}
YARN = {"rope_type": "yarn", "factor": 4.0, "original_max_position_embeddings": 1024}
MLA = {"kv_lora_rank": 32, "qk_rope_head_dim": 16, "qk_nope_head_dim": 32, "v_head_dim": 32}


def read(family="llama", **settings):
    return posenc.read({"model_type": family, **BASE, "rope_theta": 5e5, **settings})


def rotating(reading):
    return [layer.rotation is not None for layer in reading.layers]


# --- what it reads from ---------------------------------------------------------------------


def test_a_dictionary_a_file_and_its_folder_say_the_same(tmp_path):
    config = drawer.model("olmo-3-7b")
    file = tmp_path / "config.json"
    file.write_text(json.dumps(config), "utf-8")
    assert posenc.read(config) == posenc.read(file) == posenc.read(str(tmp_path))


@pytest.mark.parametrize("name", drawer.models())
def test_every_model_of_the_drawer_is_understood(name):
    config = drawer.model(name)
    reading = posenc.read(config)
    text = str(reading)
    assert text.startswith(reading.family)
    assert "\n\n" in text
    assert len(posenc.read(drawer.small(config)).layers) <= len(reading.layers)
    expected = {"qwen2.5-14b-1m": ("dual_chunk_attention_config",)}  # no class reads it
    assert reading.unknown == expected.get(name, ())


@pytest.mark.parametrize("name", drawer.models())
def test_each_value_of_the_drawer_says_where_it_was_read(name):
    kinds = (
        "maker's repository: https://github.com/",
        "conversion script: https://github.com/",
        "class in transformers 5.23.0: ",
        "public thread: https://github.com/",
        "not verified",
    )
    config = drawer.model(name)
    inner = config.get("text_config", {})
    keys = {k for k in config if k != "text_config"} | {f"text_config.{k}" for k in inner}
    assert set(drawer.sources(name)) == keys
    assert all(source.startswith(kinds) for source in drawer.sources(name).values())


def test_enough_models_come_from_their_makers():
    assert len(drawer.models()) >= 24
    first = ("maker", "conversion")
    own = [
        n for n in drawer.models() if any(s.startswith(first) for s in drawer.sources(n).values())
    ]
    assert len(own) >= 12


def test_the_reader_is_quick_and_does_not_import_transformers():
    program = (
        "import sys, time, posenc; posenc.read(posenc.config.model('gpt2'));"
        "t = time.process_time();"
        "[posenc.read(posenc.config.model(n)) for n in posenc.config.models()];"
        "print((time.process_time() - t) / len(posenc.config.models()));"
        "assert 'transformers' not in sys.modules"
    )
    run = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert float(run.stdout) < 0.1


def test_a_long_reading_is_quick():
    start = time.process_time()
    str(posenc.read(drawer.model("gemma-4-31b")))
    assert time.process_time() - start < 0.1


# --- the settings' history ------------------------------------------------------------------


def test_the_base_in_its_old_and_its_new_place_is_one_base():
    old = read(rope_theta=5e5)
    new = posenc.read(
        {
            "model_type": "llama",
            **BASE,
            "rope_parameters": {"rope_type": "default", "rope_theta": 5e5},
        }
    )
    assert old.layers == new.layers
    assert old.layers[0].rotation.base == 5e5
    assert "rope_parameters" in " ".join(new.warnings)


def test_a_missing_base_is_said_to_be_missing():
    reading = posenc.read({"model_type": "llama", **BASE})
    assert reading.assumed["rope_theta"] == 10_000
    assert "gives no base" in " ".join(reading.warnings)


def test_settings_per_layer_type_and_old_ones_are_one():
    flat = read(
        "gemma3_text",
        head_dim=64,
        sliding_window=512,
        rope_theta=1e6,
        rope_local_base_freq=1e4,
        rope_scaling={"rope_type": "linear", "factor": 8.0},
    )
    config = {"model_type": "gemma3_text", **BASE, "head_dim": 64, "sliding_window": 512}
    nested = posenc.read(
        config
        | {
            "rope_parameters": {
                "full_attention": {"rope_type": "linear", "factor": 8.0, "rope_theta": 1e6},
                "sliding_attention": {"rope_type": "default", "rope_theta": 1e4},
            }
        }
    )
    assert flat.layers == nested.layers


def test_one_in_no_rope_layers_means_that_the_layer_rotates():
    assert rotating(read("smollm3", no_rope_layers=[1, 1, 1, 0] * 2)) == [True] * 3 + [False] + [
        True
    ] * 3 + [False]
    assert rotating(read("smollm3", no_rope_layer_interval=2)) == [True, False] * 4
    empty = read("llama4_text", no_rope_layers=[], head_dim=64)  # the default, for Llama 4
    assert rotating(empty) == rotating(read("llama4_text", head_dim=64))


@pytest.mark.parametrize(
    ("family", "settings", "rotated"),
    [
        ("gpt_neox", {"rotary_pct": 0.25, "rotary_emb_base": 1e4, "rope_theta": None}, 16),
        ("stablelm", {"partial_rotary_factor": 0.5}, 32),
        ("gptj", {"rotary_dim": 8}, 8),
        ("gptj", {"rotary_dim": None}, 64),
        ("deepseek_v3", MLA, 16),
    ],
)
def test_the_share_of_rotated_channels_has_many_names(family, settings, rotated):
    assert read(family, **settings).layers[0].rotation.rotated == rotated


def test_mscale_attention_factor_and_the_original_length():
    plain = read(rope_scaling=YARN).layers[0].rotation
    assert plain.temperature == pytest.approx(0.1 * math.log(4) + 1)
    given = read(rope_scaling=YARN | {"attention_factor": 1.0}).layers[0].rotation
    assert given.temperature == 1.0
    assert given.inv_freq == plain.inv_freq
    both = read(rope_scaling=YARN | {"mscale": 1.0, "mscale_all_dim": 0.5}).layers[0].rotation
    assert both.temperature == pytest.approx((0.1 * math.log(4) + 1) / (0.05 * math.log(4) + 1))
    missing = read(rope_scaling={"type": "yarn", "factor": 4.0})
    assert missing.layers[0].rotation.original == 4096
    assert "stands in for it" in " ".join(missing.warnings)
    assert missing.layers[0].rotation.inv_freq != plain.inv_freq


def test_a_windows_switch_is_obeyed():
    off = read("qwen2", use_sliding_window=False, sliding_window=512, max_window_layers=4)
    on = read("qwen2", use_sliding_window=True, sliding_window=512, max_window_layers=4)
    assert [y.window for y in off.layers] == [None] * 8
    assert [y.window for y in on.layers] == [None] * 4 + [512] * 4


def test_what_it_does_not_know_is_named():
    reading = read(rope_interpolation=2, rope_scaling=YARN | {"ramp": 3}, attention_dropout=0.1)
    assert reading.unknown == ("rope_scaling.ramp", "rope_interpolation")
    assert "Not understood" in str(reading)


def test_a_model_without_attention_in_a_layer_gives_no_pattern():
    with pytest.raises(ValueError, match="layer 0 has linear attention"):
        posenc.read(drawer.model("qwen3-next-80b")).pattern()


def test_a_pattern_has_the_layers_that_were_read():
    pattern = posenc.read(drawer.small(drawer.model("olmo-3-7b"))).pattern()
    assert [layer.window for layer in pattern] == [8, 8, 8, None]
    assert pattern[0].encoding is pattern[1].encoding is not pattern[3].encoding


@pytest.mark.parametrize("name", drawer.models())
def test_a_small_model_is_built_from_its_reading_and_runs(name):
    reading = posenc.read(drawer.small(drawer.model(name)))
    if {layer.attention for layer in reading.layers} & {"linear", "compressed"}:
        pytest.skip("no pattern: see the test above")
    model = posenc.Transformer(
        reading.embedding(), pattern=reading.pattern(), vocab_size=9, causal=reading.causal
    )
    axes = reading.layers[0].rotation is not None and reading.layers[0].rotation.sections
    pos = torch.arange(12)[:, None].expand(-1, 3) if axes else torch.arange(12)
    logits = model(torch.randint(9, (2, 12)), pos)  # (2, 12, 9)
    assert logits.shape == (2, 12, 9)
    assert logits.isfinite().all()


# --- what it refuses ------------------------------------------------------------------------

WRONG = {
    "no dictionary": ([1], TypeError, "a config is a dictionary or the path"),
    "no file": ("nowhere.json", ValueError, "there is no file 'nowhere.json'"),
    "no family": ({"hidden_size": 8}, ValueError, "no model_type"),
    "unknown family": ({"model_type": "mine"}, ValueError, "'mine' is not known; known are bert"),
    "no text part": ({"model_type": "llama4"}, ValueError, "under text_config"),
    "no sizes": ({"model_type": "llama"}, ValueError, "the config has no num_hidden_layers"),
}


@pytest.mark.parametrize("case", WRONG)
def test_what_is_no_config_is_refused(case):
    config, error, sentence = WRONG[case]
    with pytest.raises(error, match=sentence):
        posenc.read(config)


REFUSED = [
    ("llama", {"rope_theta": math.nan}, "rope_theta must be a finite number above 0; got nan"),
    ("llama", {"rope_theta": "1e4"}, "rope_theta must be a number; got '1e4'"),
    ("llama", {"rope_theta": -1}, "rope_theta must be a finite number above 0"),
    ("llama", {"num_hidden_layers": 0}, "num_hidden_layers must be at least 1; got 0"),
    ("llama", {"num_hidden_layers": 2.0}, "num_hidden_layers must be an integer; got 2.0"),
    ("llama", {"num_key_value_heads": 3}, "multiple of num_key_value_heads; got 8 and 3"),
    ("llama", {"hidden_size": 500}, "hidden_size 500 is not a multiple"),
    ("llama", {"rope_scaling": [2]}, "rope_scaling must be a dictionary"),
    ("llama", {"rope_scaling": {"type": "ntk"}}, "rope_type must be one of .*; got 'ntk'"),
    ("llama", {"rope_scaling": {"type": "linear"}}, "'linear' needs factor"),
    ("llama", {"rope_scaling": {"type": "yarn", "rope_type": "linear"}}, "two names of one"),
    ("llama", {"rope_scaling": YARN, "rope_parameters": {"rope_type": "default"}}, "both given"),
    ("llama", {"rope_parameters": {"rope_theta": 1e4}}, "rope_theta is 500000.0 and the RoPE"),
    ("llama", {"rope_scaling": YARN | {"factor": math.nan}}, "factor must be a finite number"),
    ("llama", {"rope_scaling": YARN | {"factor": 0.5}}, "factor must be 1 or above; got 0.5"),
    ("llama", {"rope_scaling": {"type": "llama3", "factor": 8.0}}, "'llama3' needs high_freq"),
    ("phi3", {"rope_scaling": {"type": "su", "short_factor": [1.0], "long_factor": [1.0]}}, "per pair, 32"),  # noqa: E501
    ("smollm3", {"no_rope_layers": [1, 0]}, "has 2 entries and num_hidden_layers is 8"),
    ("smollm3", {"no_rope_layers": [2] * 8}, "must be 1 .* or 0 .*; got 2"),
    ("olmo3", {"layer_types": ["full_attention"] * 7}, "has 7 entries and num_hidden_layers is 8"),
    ("olmo3", {"layer_types": ["global"] * 8}, "layer_types\\[0\\] is 'global'; known are"),
    ("olmo3", {"layer_types": ["sliding_attention"] * 8, "sliding_window": None}, "sliding_window is null"),  # noqa: E501
    ("olmo3", {"rope_parameters": {"rope_type": "default"}}, "one dictionary per layer type"),
    ("qwen2", {"layer_types": ["sliding_attention"] * 8}, "use_sliding_window is false"),
    ("stablelm", {"partial_rotary_factor": 0.05}, "even number of channels"),
    ("stablelm", {"partial_rotary_factor": 1.5}, "even number of channels"),
    ("bert", {"position_embedding_type": "relative_key"}, "'relative_key'; BertConfig"),
    ("qwen2_vl", {"rope_scaling": {"type": "mrope", "mrope_section": [1, 2, 3]}}, "sum to the number of pairs, 32"),  # noqa: E501
    ("mpt", {"attn_config": {"alibi": False}}, "attn_config.alibi is false"),
    ("deepseek_v4", {"compress_ratios": [0, 4]}, "compress_ratios needs one number per layer"),
    ("deepseek_v4", {"compress_ratios": [3] * 8}, "compress_ratios\\[0\\] is 3"),
    ("kimi_linear", {**MLA, "linear_attn_config": {"full_attn_layers": [0], "kda_layers": [1]}}, "each layer from 1 to 8"),  # noqa: E501
    ("gpt2", {"n_layer": 7}, "num_hidden_layers is 8 and n_layer is 7: they are two names"),
]  # fmt: skip


@pytest.mark.parametrize(("family", "settings", "sentence"), REFUSED)
def test_bad_settings_are_refused_by_name(family, settings, sentence):
    with pytest.raises((TypeError, ValueError), match=sentence):
        read(family, **settings)


def test_what_is_no_json_is_refused(tmp_path):
    file = tmp_path / "config.json"
    file.write_text("{", "utf-8")
    with pytest.raises(ValueError, match="is not JSON"):
        posenc.read(file)


def test_an_unknown_model_of_the_drawer_is_refused():
    with pytest.raises(ValueError, match="no model is called 'gpt5'; the drawer has bert-base"):
        drawer.model("gpt5")
