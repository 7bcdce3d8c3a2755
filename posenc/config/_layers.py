"""From settings to layers: the kinds, the rotations, the heads, put together."""

import math

from posenc.config import _kinds, _rope
from posenc.config._bases import label_of, rope_settings
from posenc.config._records import Bias, LayerReading, Rotation
from posenc.config._settings import Settings, number
from posenc.model import Latent, LogScale

RATES = {"compressed_sparse_attention": 4, "heavily_compressed_attention": 128}


def read_layers(settings: Settings) -> tuple[LayerReading, ...]:
    """Return what each layer does, first layer first."""
    n = settings.count("num_hidden_layers")
    rotates = _kinds.rotating(settings, n)
    types = _kinds.layer_types(settings, n, rotates)
    if settings.family.nope == "full" and settings.get("sliding_window") is not None:
        rotates = [name == _kinds.SLIDING for name in types]
    heads = {name: _heads(settings, name) for name in dict.fromkeys(types)}
    rotations = _rotations(settings, types, rotates, heads)
    return tuple(
        _layer(settings, i, name, heads[name], rotations[name] if turns else None)
        for i, (name, turns) in enumerate(zip(types, rotates, strict=True))
    )


def _layer(
    settings: Settings, i: int, name: str, heads: dict[str, int], rotation: Rotation | None
) -> LayerReading:
    """Return one layer of a known type, rotated or not."""
    kind = _kinds.KINDS[name]
    if kind == "linear":
        return LayerReading("linear")
    return LayerReading(
        attention=kind,
        **heads,
        scale=_scale(settings, i, heads["width"], rotation),
        rotation=rotation,
        bias=_bias(settings),
        window=_window(settings, name),
        chunk=_chunk(settings, name),
        compress=RATES.get(name),
        sink=settings.family.sink,
        rotate_values=settings.family.rotate_values,
        log_scale=_log_scale(settings, rotation),
        latent=_latent(settings),
    )


def _heads(settings: Settings, name: str) -> dict[str, int]:
    """Return how many heads a layer has, of queries and of keys, and how wide one is."""
    heads, stream = settings.count("num_attention_heads"), settings.count("hidden_size")
    kv = settings.optional_count("num_key_value_heads") or heads
    whole = settings.family.config_class == "Gemma4TextConfig" and name == _kinds.FULL
    if whole and settings.flag("attention_k_eq_v"):
        kv = settings.optional_count("num_global_key_value_heads") or kv
    if heads % kv:
        said = " (the class's default)" if "num_key_value_heads" in settings.assumed else ""
        raise ValueError(
            f"num_attention_heads must be a multiple of num_key_value_heads; got {heads} and "
            f"{kv}{said}"
        )
    if settings.family.latent:
        rotated, rest = (settings.count(f"qk_{part}_head_dim") for part in ("rope", "nope"))
        return {"heads": heads, "kv_heads": kv, "width": rotated + rest}
    width = settings.optional_count("global_head_dim" if whole else "head_dim")
    if width is None and stream % heads:
        raise ValueError(
            f"hidden_size {stream} is not a multiple of num_attention_heads {heads}, and there is "
            "no head_dim: correct one of them"
        )
    return {"heads": heads, "kv_heads": kv, "width": width or stream // heads}


def _rotations(
    settings: Settings, types: list[str], rotates: list[bool], heads: dict[str, dict[str, int]]
) -> dict[str, Rotation | None]:
    """Return the rotation of each type of layer that rotates somewhere and attends at all."""
    turning = {t for t, turns in zip(types, rotates, strict=True) if turns and t != _kinds.LINEAR}
    if settings.family.nope == "all":
        settings.read.add("rope_theta")
    if settings.family.encoding != "rope" or not turning:
        return dict.fromkeys(types)
    widths = {label_of(settings, name): heads[name]["width"] for name in sorted(turning)}
    told = rope_settings(settings, list(widths))
    layout = settings.family.layout
    if settings.family.latent and not settings.flag("rope_interleave"):
        layout = "halves"
    made = {}
    for label, width in widths.items():
        rotated = _rotated(settings, told[label].get("partial_rotary_factor"), width)
        last = settings.family.rotates_last or settings.family.latent
        made[label] = _rope.rotation(told[label], rotated, width, layout, last)
    return {name: made.get(label_of(settings, name)) for name in types}


def _rotated(settings: Settings, share: object, width: int) -> int:
    """Return how many channels of a head rotate."""
    family = settings.family
    if family.latent:
        return settings.count("qk_rope_head_dim")
    if family.config_class == "GPTJConfig":
        return settings.optional_count("rotary_dim") or width
    if family.partial is None:
        return width
    if family.rotate_values and "qk_rope_head_dim" in settings.config:
        return settings.count("qk_rope_head_dim")
    key = "partial_rotary_factor"
    if share is None:
        share = settings.get(key, None if family.partial == 1 else family.partial)
    part = number(key, 1.0 if share is None else share)
    rotated = int(width * part)
    if part > 1 or rotated < 2 or rotated % 2:
        raise ValueError(
            f"{key} must leave an even number of channels that rotate, at most {width}; "
            f"{part:g} of {width} is {rotated}"
        )
    return rotated


def _window(settings: Settings, name: str) -> int | None:
    """Return how many positions a query attends to, its own included, or None for all."""
    if name not in (_kinds.SLIDING, *RATES):
        return None
    if settings.family.config_class == "ModernBertConfig":
        return settings.count("local_attention") // 2 + 1  # as many on each side, and itself
    off = "use_sliding_window" in settings.family.defaults and not settings.flag(
        "use_sliding_window"
    )
    size = settings.optional_count("sliding_window")
    if off or size is None:
        said = "use_sliding_window is false" if off else "sliding_window is null or missing"
        raise ValueError(f"layer_types has {name!r} and {said}: correct one of them")
    return size


def _chunk(settings: Settings, name: str) -> int | None:
    """Return the size of the chunks that attention stays in, or None."""
    return settings.count("attention_chunk_size") if name == "chunked_attention" else None


def _bias(settings: Settings) -> Bias | None:
    """Return what the family adds to the scores."""
    if settings.family.encoding == "alibi":
        _check_mpt(settings)
        return Bias("alibi")
    if settings.family.encoding == "t5":
        buckets = settings.count("relative_attention_num_buckets")
        return Bias("t5", buckets, settings.count("relative_attention_max_distance"))
    return None


def _check_mpt(settings: Settings) -> None:
    """Refuse an MPT whose attention settings say something else than ALiBi."""
    told = settings.get("attn_config") or {}
    if told.get("alibi") is False:
        raise ValueError(
            "attn_config.alibi is false, and MptModel of transformers 5.23.0 adds ALiBi in any "
            "case: which of the two was trained cannot be read here"
        )
    if told.get("alibi_bias_max", 8) != 8:
        settings.unknown.append("attn_config.alibi_bias_max")


def _scale(settings: Settings, i: int, width: int, rotation: Rotation | None) -> float:
    """Return what multiplies the dot product of a query and a key."""
    rule = settings.family.scale
    if rule == "one":
        return 1.0
    if rule == "query_pre_attn_scalar":
        return settings.number(rule) ** -0.5
    if rule == "mpt":
        told = (settings.get("attn_config") or {}).get("softmax_scale")
        return width**-0.5 if told is None else number("attn_config.softmax_scale", told)
    if rule == "mscale":
        return width**-0.5 * _mscale(settings, rotation) ** 2
    if settings.family.config_class == "GPT2Config":
        scaled = settings.config.get("scale_attn_weights", True)
        settings.read.add("scale_attn_weights")
        by_layer = i + 1 if settings.flag("scale_attn_by_inverse_layer_idx") else 1
        return (width**-0.5 if scaled else 1.0) / by_layer
    return width**-0.5


def _mscale(settings: Settings, rotation: Rotation | None) -> float:
    """Return the square root of what ``mscale_all_dim`` multiplies the scores by."""
    told = settings.get("rope_parameters") or settings.get("rope_scaling") or {}
    amount = told.get("mscale_all_dim")
    if not amount or rotation is None or rotation.recipe == "default":
        return 1.0
    return _rope.mscale(rotation.factor or 1.0, number("mscale_all_dim", amount))


def _log_scale(settings: Settings, rotation: Rotation | None) -> LogScale | None:
    """Return the log-n scaling of a layer: Llama 4 in those that do not rotate, Ministral 3."""
    family = settings.family.config_class
    if (
        family == "Llama4TextConfig"
        and rotation is None
        and settings.get("attn_temperature_tuning")
    ):
        step, amount = settings.number("floor_scale"), settings.number("attn_scale")
        return LogScale(step=step, amount=amount, offset=1)
    if family == "Ministral3Config" and rotation is not None:
        told = settings.get("rope_parameters") or {}
        beta = told.get("llama_4_scaling_beta")
        if beta:
            step = number("original_max_position_embeddings", rotation.original or math.nan)
            return LogScale(step=step, amount=number("llama_4_scaling_beta", beta), offset=0)
    return None


def _latent(settings: Settings) -> Latent | None:
    """Return the latent vectors of the family, or None."""
    if not settings.family.latent:
        return None
    return Latent(
        rank=settings.count("kv_lora_rank"),
        rotated=settings.count("qk_rope_head_dim"),
        query_rank=settings.optional_count("q_lora_rank"),
        value_width=settings.count("v_head_dim"),
    )
