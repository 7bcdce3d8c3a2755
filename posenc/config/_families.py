"""What each family of models does where its config says nothing: read off transformers 5.23.0."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib.resources import files
from typing import Any

SOURCE = "transformers 5.23.0"


@dataclass(frozen=True)
class Family:
    """How the model class of one ``model_type`` uses positions.

    ``config_class`` is its config in transformers, whose defaults ``defaults`` repeats.
    ``encoding``: "rope", "table", "t5" or "alibi". ``kinds``: the rule that lists the layers'
    kinds where ``layer_types`` is missing. ``nope``: which layers do not rotate, "" for none,
    "list" by ``no_rope_layers``, "full" for those without a window, "all".
    ``nested``: one set of RoPE settings per layer type. ``partial``: the share of rotated
    channels by default, None where the class reads no share. ``offset``: the row of a position
    table that position 0 takes, or the setting whose value it follows. ``scale``: what
    multiplies dot products, "head" for 1/√width. ``axes``: how pairs are given to time, height
    and width, "blocks" or "dealt". ``aliases``: this family's own names of settings.
    """

    config_class: str
    encoding: str = "rope"
    layout: str = "halves"
    causal: bool = True
    kinds: str = "full"
    nope: str = ""
    nested: bool = False
    partial: float | None = None
    offset: int | str = 0
    sink: bool = False
    rotate_values: bool = False
    rotates_last: bool = False
    latent: bool = False
    scale: str = "head"
    axes: str = ""
    defaults: Mapping[str, Any] = field(default_factory=dict)
    aliases: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


def _family(told: dict[str, Any]) -> Family:
    """Return a family from its table in the file."""
    told["aliases"] = {name: tuple(names) for name, names in told.get("aliases", {}).items()}
    return Family(**told)


_TABLES = tomllib.loads((files("posenc.config") / "families.toml").read_text("utf-8"))
FAMILIES = {name: _family(table) for name, table in _TABLES.items()}

# a model that sees and reads: its text part, which is under `text_config`, or is all of a flat file
TEXT_PARTS = {
    "gemma3": "gemma3_text",
    "gemma4": "gemma4_text",
    "llama4": "llama4_text",
    "qwen2_vl": "qwen2_vl_text",
    "qwen3_vl": "qwen3_vl_text",
    "mistral3": "ministral3",
}
