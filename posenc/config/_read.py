"""From a dictionary or a file to a reading."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from posenc.config._families import FAMILIES, SOURCE, TEXT_PARTS
from posenc.config._layers import read_layers
from posenc.config._reading import Reading, Table
from posenc.config._settings import Settings
from posenc.config._warnings import warnings


def read(config: Mapping[str, Any] | str | Path) -> Reading:
    """Return what a model does with positions, layer by layer, from its ``config.json``.

    ``config`` is a dictionary, the path of such a file, or of the folder it lies in. Nothing is
    downloaded, and ``transformers`` is not imported: what its model classes do was read in
    version 5.23.0.

    Raises ``TypeError`` for what is no config or a value of the wrong kind, and ``ValueError``
    for a family that is not known, for missing or contradictory settings, and for lists that
    do not fit the number of layers: each names the key.

    >>> print(read({"model_type": "llama", "num_hidden_layers": 2, "hidden_size": 64,
    ...     "num_attention_heads": 4, "max_position_embeddings": 4096, "rope_theta": 10000.0}))
    llama: 2 layers, causal, texts of up to 4096 tokens
    <BLANKLINE>
    All layers: a query attends to all tokens up to itself
      RoPE rotates all 16 channels of a head; half-split layout, base 10 000
      4 heads of 16 channels
    """
    whole = _loaded(config)
    name, told = text_part(whole)
    settings = Settings(told, FAMILIES[name])
    settings.read |= {"model_type", "text_config"}
    layers, table = read_layers(settings), _table(settings)
    longest = settings.optional_count("max_position_embeddings") or 0
    reading = Reading(
        family=name,
        layers=layers,
        max_len=table.positions if table else longest,
        width=settings.count("hidden_size"),
        causal=_causal(settings),
        table=table,
        assumed=dict(settings.assumed),
        unknown=settings.left(),
    )
    return Reading(**{**vars(reading), "warnings": tuple(warnings(reading, settings))})


def _loaded(config: Any) -> Mapping[str, Any]:
    """Return the config as a mapping, from a file where it is a path."""
    if isinstance(config, (str, Path)):
        path = Path(config)
        path = path / "config.json" if path.is_dir() else path
        if not path.is_file():
            raise ValueError(f"there is no file {str(path)!r}: give the path of a config.json")
        try:
            config = json.loads(path.read_text("utf-8"))
        except ValueError as error:
            raise ValueError(f"{str(path)!r} is not JSON: {error}") from None
    if not isinstance(config, Mapping):
        raise TypeError(
            f"a config is a dictionary or the path of a config.json; got {type(config).__name__}"
        )
    return config


def text_part(whole: Mapping[str, Any]) -> tuple[str, Mapping[str, Any]]:
    """Return the family of the text model, and its settings."""
    name = whole.get("model_type")
    if name is None:
        raise ValueError(
            "the config has no model_type, which says whose settings these are: add it"
        )
    inner = whole.get("text_config")
    if inner is not None and not isinstance(inner, Mapping):
        raise TypeError(f"text_config must be a dictionary; got {inner!r}")
    if name in TEXT_PARTS:
        part, flat = TEXT_PARTS[name], name == "qwen2_vl"
        if inner is None and not flat:
            raise ValueError(f"a {name} config has its text model under text_config: add it")
        name, whole = (inner or {}).get("model_type", part), inner or whole
        name = TEXT_PARTS.get(name, name)
    if name not in FAMILIES:
        known = ", ".join(sorted({*FAMILIES, *TEXT_PARTS}))
        raise ValueError(f"model_type {name!r} is not known; known are {known}")
    return name, whole


def _causal(settings: Settings) -> bool:
    """Return whether a token attends only to what came before it."""
    if settings.family.config_class in ("BertConfig", "RobertaConfig"):
        kind = settings.get("position_embedding_type") or "absolute"
        if kind != "absolute":
            raise ValueError(
                f"position_embedding_type is {kind!r}; {settings.family.config_class} of {SOURCE} "
                "knows 'absolute' alone"
            )
        return settings.flag("is_decoder")
    return settings.family.causal


def _table(settings: Settings) -> Table | None:
    """Return the table of position embeddings, or None."""
    family = settings.family
    if family.encoding != "table":
        return None
    first = family.offset
    if isinstance(first, str):  # RoBERTa: the rows up to the padding token's are never used
        first = settings.count(first) + 1
    rows = settings.count("max_position_embeddings")
    if family.config_class == "OPTConfig":  # its table has the offset's rows on top
        rows += first
    return Table(rows, first)
