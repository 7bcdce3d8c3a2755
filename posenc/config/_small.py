"""A small config with the layers of a large one: to build, to train, to compare on a laptop."""

from collections.abc import Mapping
from copy import deepcopy
from typing import Any

from posenc.config._families import FAMILIES, Family
from posenc.config._read import read, text_part
from posenc.config._records import LayerReading

WIDTH = 32  # of a head
WINDOW, TRAINED, LONGEST = 8, 32, 128  # a window, the length before an extension, the longest

# what each size becomes, where a config has it; heads and layers are counted below
SIZES = {
    "head_dim": WIDTH,
    "global_head_dim": 2 * WIDTH,
    "num_global_key_value_heads": 1,
    "query_pre_attn_scalar": 2 * WIDTH,
    "sliding_window": WINDOW,
    "attention_chunk_size": WINDOW,
    "local_attention": WINDOW,
    "floor_scale": WINDOW,
    "original_max_position_embeddings": TRAINED,
    "max_position_embeddings": LONGEST,
    "kv_lora_rank": 24,
    "q_lora_rank": 40,
    "qk_nope_head_dim": WIDTH,
    "qk_rope_head_dim": WIDTH // 2,
    "v_head_dim": 20,
}


def small(config: Mapping[str, Any]) -> dict[str, Any]:
    """Return a config with the same kinds of layers in the same order, and few small ones.

    It has the fewest first layers among which is each kind of the large one, 4 heads of 32
    channels (6 where their number is no power of two), windows and chunks of 8 positions, 32
    positions where 4096 or more were trained before the context was extended, and at most 128.
    Bases, shares, factors and temperatures stay as they are.

    Raises what :func:`posenc.read` raises.

    >>> import posenc
    >>> config = small(posenc.config.model("smollm3-3b"))
    >>> config["num_hidden_layers"], config["no_rope_layers"]
    (4, [1, 1, 1, 0])
    """
    reading = read(config)
    name, told = text_part(config)
    n, layers = len(reading.layers), _enough(reading.layers)
    part = _shrunk(deepcopy(dict(told)), FAMILIES[name], reading.layers, layers)
    for key, value in part.items():
        if isinstance(value, list) and len(value) >= n:
            part[key] = value[:layers]
    if "text_config" in config and config["text_config"] is not None:
        return {**deepcopy(dict(config)), "text_config": part}
    return part


def _enough(layers: tuple[LayerReading, ...]) -> int:
    """Return how many first layers hold every kind, at least 2."""
    return max(2, 1 + max(layers.index(kind) for kind in set(layers)))


def _shrunk(
    part: dict[str, Any], family: Family, layers: tuple[LayerReading, ...], n: int
) -> dict[str, Any]:
    """Change the sizes of a text model's config, under whatever names it has."""
    attending = next(layer for layer in layers if layer.heads)
    heads = 4 if attending.heads & (attending.heads - 1) == 0 else 6
    groups = attending.heads // attending.kv_heads
    sizes = SIZES | {
        "num_hidden_layers": n,
        "num_attention_heads": heads,
        "hidden_size": heads * WIDTH,
        "num_key_value_heads": heads if groups == 1 else 1 if attending.kv_heads == 1 else 2,
        "max_window_layers": n,
        "rotary_dim": (part.get("rotary_dim") or 0) * WIDTH // attending.width,
    }
    if family.rotate_values:  # DeepSeek-V4: an eighth of the head rotates
        sizes["qk_rope_head_dim"] = WIDTH // 4
    if (part.get("sliding_window") or 0) >= (part.get("max_position_embeddings") or 1):
        sizes["sliding_window"] = LONGEST  # a window that hides nothing stays one
    for name, size in sizes.items():
        for key in (name, *family.aliases.get(name, ())):
            if part.get(key) is not None:
                part[key] = size
    for key in ("rope_scaling", "rope_parameters"):
        if isinstance(part.get(key), dict):
            part[key] = _rope(part[key], attending.width)
    return _kimi(part, n)


def _rope(told: dict[str, Any], width: int) -> dict[str, Any]:
    """Return RoPE settings with the lengths and the numbers of pairs of a small model."""
    small = {}
    for key, value in told.items():
        if isinstance(value, dict):
            value = _rope(value, width)
        elif key == "original_max_position_embeddings":
            value = TRAINED
        elif key == "mrope_section":
            value = [pairs * WIDTH // width for pairs in value]
        elif key in ("short_factor", "long_factor"):
            value = [value[i * width // WIDTH] for i in range(WIDTH // 2)]
        small[key] = value
    return small


def _kimi(part: dict[str, Any], n: int) -> dict[str, Any]:
    """Shorten Kimi Linear's lists of layers, which count from 1."""
    told = part.get("linear_attn_config")
    if isinstance(told, dict):
        lists = {key: told[key] for key in ("full_attn_layers", "kda_layers") if key in told}
        kept = {key: [i for i in numbers if i <= n] for key, numbers in lists.items()}
        part["linear_attn_config"] = {**told, **kept}
    return part
