"""The settings of a config, asked for one by one; what was missing, and what is left over."""

import math
import re
from collections.abc import Mapping
from typing import Any

from posenc.config._families import SOURCE, Family

# A key with one of these in its name is about positions, or about who attends to whom.
ABOUT_POSITIONS = re.compile(
    r"rope|rotary|posit|window|chunk|alibi|yarn|ntk|context_len|layer_types|layers_type|nope"
    r"|sink|relative_att|local_att|global_att|temperature_tuning|seq_len|max_len|bidirection"
    r"|attention_type|compress|kv_lora|longrope|mscale"
)
# ... and these act on no score: what is done with the data, or how a kernel computes
WITHOUT_EFFECT = frozenset(
    {"position_embedding_type", "max_window_layers", "sliding_window", "seq_length"}
    | {"head_dim", "qk_rope_head_dim", "attn_impl", "compress_rates", "position_biased_input"}
)


class Settings:
    """A config as its family names things.

    ``assumed`` collects what was missing and is the family's default, ``read`` the keys that
    were asked for; :meth:`left` names those about positions that nobody asked for.
    """

    def __init__(self, config: Mapping[str, Any], family: Family, prefix: str = "") -> None:
        self.config, self.family, self.prefix = config, family, prefix
        self.read: set[str] = set()
        self.assumed: dict[str, Any] = {}
        self.unknown: list[str] = []

    def get(self, name: str, default: Any = None) -> Any:
        """Return a setting by its usual name: the config's value, the family's default, or None."""
        keys = [key for key in (name, *self.family.aliases.get(name, ())) if key in self.config]
        self.read.update(keys)
        values = [self.config[key] for key in keys if self.config[key] is not None]
        if len(values) > 1 and any(value != values[0] for value in values):
            said = " and ".join(f"{key} is {self.config[key]!r}" for key in keys)
            raise ValueError(
                f"{said}: they are two names of one setting; keep the one that is true"
            )
        if keys:
            return values[0] if values else None
        default = self.family.defaults.get(name, default)
        if default is not None:
            self.assumed[name] = default
        return default

    def need(self, name: str) -> Any:
        """Return a setting that must be there, or raise with the names it goes by."""
        value = self.get(name)
        if value is None:
            names = " or ".join((name, *self.family.aliases.get(name, ())))
            raise ValueError(
                f"the config has no {names}, and {self.family.config_class} of {SOURCE} has no "
                "default that any model uses: add it"
            )
        return value

    def count(self, name: str, value: Any = ...) -> int:
        """Return an integer of at least 1, which must be there."""
        value = self.need(name) if value is ... else value
        if isinstance(value, bool) or not isinstance(value, int):
            raise TypeError(f"{name} must be an integer; got {value!r}")
        if value < 1:
            raise ValueError(f"{name} must be at least 1; got {value}")
        return value

    def optional_count(self, name: str) -> int | None:
        """Return an integer of at least 1, or None where it is missing or null."""
        value = self.get(name)
        return None if value is None else self.count(name, value)

    def number(self, name: str, value: Any = ..., *, least: float = 0.0) -> float:
        """Return a finite number above ``least``, which must be there."""
        value = self.need(name) if value is ... else value
        return number(self.prefix + name, value, least=least)

    def flag(self, name: str) -> bool:
        """Return true or false; missing or null is false."""
        value = self.get(name)
        if value is not None and not isinstance(value, bool):
            raise TypeError(f"{name} must be true or false; got {value!r}")
        return bool(value)

    def listed(self, name: str, n: int) -> list[Any] | None:
        """Return a list with one entry per layer, or None where it is missing or null."""
        value = self.get(name)
        if value is None:
            return None
        if not isinstance(value, (list, tuple)):
            raise TypeError(f"{name} must be a list with one entry per layer; got {value!r}")
        if len(value) != n:
            raise ValueError(
                f"{name} has {len(value)} entries and num_hidden_layers is {n}: give one entry "
                "per layer"
            )
        return list(value)

    def left(self) -> tuple[str, ...]:
        """Return the keys about positions that were not read, by name."""
        rest = (
            key
            for key, value in self.config.items()
            if key not in self.read
            and key not in WITHOUT_EFFECT
            and value is not None
            and value is not False
            and ABOUT_POSITIONS.search(key)
        )
        return (*self.unknown, *rest)


def number(name: str, value: Any, *, least: float = 0.0) -> float:
    """Return a finite number above ``least``; raise with its name where it is none.

    >>> number("rope_theta", 500000)
    500000.0
    """
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise TypeError(f"{name} must be a number; got {value!r}")
    if not math.isfinite(value) or value <= least:
        raise ValueError(f"{name} must be a finite number above {least:g}; got {value!r}")
    return float(value)
