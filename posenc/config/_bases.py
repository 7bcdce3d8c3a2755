"""Where a config keeps its RoPE settings, old places and new, and which layers they are for."""

from collections.abc import Mapping
from typing import Any

from posenc.config import _rope
from posenc.config._families import SOURCE
from posenc.config._settings import Settings

FULL, SLIDING = "full_attention", "sliding_attention"
MAIN, COMPRESS = "main", "compress"  # DeepSeek-V4's names of the two


def label_of(settings: Settings, layer_type: str) -> str:
    """Return the name under which a layer's RoPE settings stand."""
    if settings.family.config_class == "DeepseekV4Config":
        return MAIN if layer_type == SLIDING else COMPRESS
    return layer_type if settings.family.nested else FULL


def rope_settings(settings: Settings, labels: list[str]) -> dict[str, dict[str, Any]]:
    """Return the complete RoPE settings for each label: recipe, base, lengths, share."""
    told, place = _told(settings)
    nested = [key for key, value in told.items() if isinstance(value, Mapping)]
    found = {}
    for label in labels:
        own = _own(settings, told, place, label, nested)
        found[label] = _completed(settings, own, place, label)
    if nested and not settings.family.nested:
        _note_unread(settings, place, [key for key in told if key not in labels])
    return found


def _told(settings: Settings) -> tuple[Mapping[str, Any], str]:
    """Return the dictionary of RoPE settings and the key it stands under."""
    new, old = settings.get("rope_parameters"), settings.get("rope_scaling")
    if new and old and new != old:
        raise ValueError(
            "rope_parameters and rope_scaling are both given and differ: they are the new and the "
            "old name of one setting; keep the one that is true"
        )
    told, place = (new, "rope_parameters") if new else (old or {}, "rope_scaling")
    if not isinstance(told, Mapping):
        raise TypeError(f"{place} must be a dictionary; got {told!r}")
    return told, place


def _own(
    settings: Settings, told: Mapping[str, Any], place: str, label: str, nested: list[str]
) -> dict[str, Any]:
    """Return what the dictionary says about one kind of layers."""
    if nested:
        if not isinstance(told.get(label), Mapping):
            raise ValueError(f"{place} has {', '.join(nested)} and nothing for {label}: add it")
        return dict(told[label])
    family = settings.family
    if not family.nested:
        return dict(told)
    if place == "rope_parameters" and family.config_class != "DeepseekV4Config" and told:
        raise ValueError(
            f"rope_parameters of {family.config_class} has one dictionary per layer type "
            f"({FULL}, {SLIDING}); got one for all: {SOURCE} would not read it"
        )
    everywhere = family.config_class == "ModernBertConfig"  # its old rope_scaling is for both
    return dict(told) if everywhere or label in (FULL, COMPRESS) else {}


def _completed(settings: Settings, own: dict[str, Any], place: str, label: str) -> dict[str, Any]:
    """Return one dictionary with base, original length, factor and sections filled in."""
    recipe = _rope.rope_type(own)
    _note_unread(settings, place, _unread(settings, own, recipe))
    own["rope_theta"] = _base(settings, own, label)
    if "original_max_position_embeddings" in _rope.READS[recipe]:
        own["original_max_position_embeddings"] = _original(settings, own)
    if recipe == "longrope" and own.get("factor") is None:
        longest = settings.count("max_position_embeddings")
        own["factor"] = longest / own["original_max_position_embeddings"]
    if settings.family.config_class == "DeepseekV4Config" and recipe == "yarn":
        own.setdefault("attention_factor", 1.0)
    if settings.family.axes:
        own.setdefault("mrope_section", [24, 20, 20] if settings.family.axes == "dealt" else None)
        own["dealt"] = settings.family.axes == "dealt"
    return own


def _base(settings: Settings, own: Mapping[str, Any], label: str) -> float:
    """Return the base of one kind of layers: from its dictionary, or from its old key."""
    key = "rope_theta"
    if label == COMPRESS:
        key = "compress_rope_theta"
    elif label == SLIDING and "rope_local_base_freq" in settings.family.defaults:
        key = "rope_local_base_freq"
    inside = own.get("rope_theta")
    if settings.family.config_class == "GPTJConfig":
        return 10_000.0  # no setting: it is written into the model's code
    if inside is None:
        return settings.number(key, settings.get(key, 10_000.0))
    beside = settings.config.get(key)
    if beside is not None and beside != inside:
        raise ValueError(
            f"{key} is {beside!r} and the RoPE settings say {inside!r}: they are the old and the "
            "new place of one setting; keep the one that is true"
        )
    settings.read.add(key)
    return settings.number("rope_theta", inside)


def _original(settings: Settings, own: Mapping[str, Any]) -> int:
    """Return the length that was trained before the context was extended."""
    key = "original_max_position_embeddings"
    inside = own.get(key)
    beside = settings.get(key) if inside is None or key in settings.config else None
    if inside is not None and beside is not None and inside != beside:
        raise ValueError(f"{key} is {beside!r} and the RoPE settings say {inside!r}: keep one")
    value = beside if inside is None else inside
    if value is None:
        value = settings.count("max_position_embeddings")
        settings.assumed[key] = value
    return settings.count(key, value)


def _unread(settings: Settings, own: Mapping[str, Any], recipe: str) -> list[str]:
    """Return the keys of a RoPE dictionary that its recipe and its family do not read."""
    known = _rope.COMMON | _rope.READS[recipe]
    if settings.family.partial is not None:
        known = known | {"partial_rotary_factor"}
    if settings.family.axes:
        known = known | {"mrope_section", "mrope_interleaved"}
    if settings.family.config_class == "Ministral3Config":
        known = known | {"llama_4_scaling_beta", "max_position_embeddings"}
    if settings.family.latent and recipe != "default":
        known = known | {"mscale_all_dim"}
    return [key for key, value in own.items() if key not in known and value is not None]


def _note_unread(settings: Settings, place: str, keys: list[str]) -> None:
    """Remember keys that nobody reads, once each."""
    for key in keys:
        if (name := f"{place}.{key}") not in settings.unknown:
            settings.unknown.append(name)
