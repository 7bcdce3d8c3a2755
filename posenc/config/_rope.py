"""From a config's RoPE settings to frequencies: one function per recipe, in Python numbers.

Source of the formulas: ``modeling_rope_utils.py`` of ``transformers`` 5.23.0.
"""

import math
from collections.abc import Mapping
from typing import Any

from posenc.config._records import Rotation
from posenc.config._settings import number

# what each recipe reads
COMMON = {"rope_type", "type", "rope_theta"}
YARN = {"factor", "original_max_position_embeddings", "attention_factor", "beta_fast", "beta_slow"}
READS: dict[str, set[str]] = {
    "default": set(),
    "linear": {"factor"},
    "dynamic": {"factor"},
    "proportional": {"factor"},
    "llama3": {
        "factor",
        "original_max_position_embeddings",
        "low_freq_factor",
        "high_freq_factor",
    },
    "yarn": YARN | {"mscale", "mscale_all_dim", "truncate"},
    "longrope": {
        "factor",
        "original_max_position_embeddings",
        "attention_factor",
        "short_factor",
        "long_factor",
    },
}
OLD_NAMES = {"mrope": "default", "su": "longrope"}


def rope_type(settings: Mapping[str, Any]) -> str:
    """Return the recipe's name as transformers 5 writes it, or raise for an unknown one.

    >>> rope_type({"type": "su"}), rope_type({})
    ('longrope', 'default')
    """
    names = {settings[key] for key in ("rope_type", "type") if settings.get(key) is not None}
    names = {OLD_NAMES.get(name, name) for name in names}
    if len(names) > 1:
        raise ValueError(
            f"rope_type is {settings['rope_type']!r} and type is {settings['type']!r}: they are "
            "two names of one setting; keep the one that is true"
        )
    name = names.pop() if names else "default"
    if name not in READS:
        raise ValueError(f"rope_type must be one of {', '.join(READS)}; got {name!r}")
    return name


def frequencies(
    recipe: str, settings: Mapping[str, Any], base: float, rotated: int, width: int
) -> tuple[float, ...]:
    """Return the frequency of each pair of ``rotated`` channels, in radians per position.

    ``proportional`` (p-RoPE) alone counts the exponent over the ``width`` of the whole head.

    >>> frequencies("linear", {"factor": 4.0}, 10_000.0, 4, 4)
    (0.25, 0.0025)
    """
    if recipe == "proportional":
        factor = number("factor", settings.get("factor", 1.0))
        turning = rotated // 2
        return tuple(
            base ** (-2 * i / width) / factor if i < turning else 0.0 for i in range(width // 2)
        )
    plain = tuple(base ** (-2 * i / rotated) for i in range(rotated // 2))
    if recipe == "linear":
        return tuple(f / factor_of(settings, recipe) for f in plain)
    if recipe == "llama3":
        return tuple(_llama3(f, settings) for f in plain)
    if recipe == "yarn":
        kept = yarn_kept(settings, base, rotated)
        factor = factor_of(settings, recipe)
        return tuple(f * k + f / factor * (1 - k) for f, k in zip(plain, kept, strict=True))
    return plain  # default, dynamic (as trained), longrope (its factors come on top)


def factor_of(settings: Mapping[str, Any], recipe: str) -> float:
    """Return ``factor``, how many times longer the text may be: a number of 1 or more."""
    if settings.get("factor") is None:
        raise ValueError(f"rope_type {recipe!r} needs factor, how many times longer; it is missing")
    factor = number("factor", settings["factor"])
    if factor < 1:
        raise ValueError(f"factor must be 1 or above; got {settings['factor']!r}")
    return factor


def _llama3(frequency: float, settings: Mapping[str, Any]) -> float:
    """Return one frequency of Llama 3.1: kept where fast, divided where slow, a ramp between."""
    factor = factor_of(settings, "llama3")
    missing = [key for key in READS["llama3"] if settings.get(key) is None]
    if missing:
        raise ValueError(f"rope_type 'llama3' needs {', '.join(sorted(missing))}")
    low = number("low_freq_factor", settings["low_freq_factor"])
    high = number("high_freq_factor", settings["high_freq_factor"])
    if low > high:
        raise ValueError(
            f"high_freq_factor must not be below low_freq_factor; got {high:g} and {low:g}"
        )
    turns = frequency * settings["original_max_position_embeddings"] / (2 * math.pi)
    if turns > high:
        return frequency
    if turns < low or low == high:
        return frequency / factor
    kept = (turns - low) / (high - low)
    return frequency * kept + frequency / factor * (1 - kept)


def yarn_kept(settings: Mapping[str, Any], base: float, rotated: int) -> tuple[float, ...]:
    """Return 1 for the pairs that YaRN keeps, 0 for those it divides, and a ramp between."""
    original = settings["original_max_position_embeddings"]

    def pair_of(turns: float) -> float:
        return rotated * math.log(original / (turns * 2 * math.pi)) / (2 * math.log(base))

    low = pair_of(number("beta_fast", settings.get("beta_fast") or 32))
    high = pair_of(number("beta_slow", settings.get("beta_slow") or 1))
    if settings.get("truncate", True):
        low, high = math.floor(low), math.ceil(high)
    low, high = max(low, 0), min(high, rotated - 1)
    ramp = high - low or 0.001
    return tuple(1 - min(max((i - low) / ramp, 0), 1) for i in range(rotated // 2))


def temperature(recipe: str, settings: Mapping[str, Any]) -> float:
    """Return what multiplies cosines and sines; scores get its square.

    >>> round(temperature("yarn", {"factor": 8.0}), 4)
    1.2079
    """
    if recipe not in ("yarn", "longrope"):
        return 1.0
    given = settings.get("attention_factor")
    if given is not None:
        return number("attention_factor", given)
    factor = factor_of(settings, recipe)
    if recipe == "longrope":
        original = settings["original_max_position_embeddings"]
        return math.sqrt(1 + math.log(factor) / math.log(original)) if factor > 1 else 1.0
    part, whole = settings.get("mscale"), settings.get("mscale_all_dim")
    if part and whole:
        return mscale(factor, number("mscale", part)) / mscale(
            factor, number("mscale_all_dim", whole)
        )
    return mscale(factor, 1.0)


def mscale(factor: float, amount: float) -> float:
    """Return 0.1 · amount · ln(factor) + 1, YaRN's temperature; 1 for a factor up to 1."""
    return 0.1 * amount * math.log(factor) + 1.0 if factor > 1 else 1.0


def long_factors(settings: Mapping[str, Any], key: str, pairs: int) -> list[float]:
    """Return LongRoPE's list of divisors, one per pair."""
    factors = settings.get(key)
    if not isinstance(factors, (list, tuple)):
        raise ValueError(f"rope_type 'longrope' needs {key}, a list of numbers; got {factors!r}")
    if len(factors) != pairs:
        raise ValueError(f"{key} must have one number per pair, {pairs}; it has {len(factors)}")
    return [number(f"{key}[{i}]", factor) for i, factor in enumerate(factors)]


def rotation(
    settings: Mapping[str, Any], rotated: int, width: int, layout: str, last: bool
) -> Rotation:
    """Return the rotation that complete settings describe (``rope_theta`` among them)."""
    recipe, base = rope_type(settings), number("rope_theta", settings["rope_theta"])
    plain = frequencies(recipe, settings, base, rotated, width)
    beyond: tuple[float, ...] = ()
    if recipe == "longrope":
        short, long = (long_factors(settings, f"{which}_factor", len(plain)) for which in LENGTHS)
        beyond = tuple(f / by for f, by in zip(plain, long, strict=True))
        plain = tuple(f / by for f, by in zip(plain, short, strict=True))
    scaled = recipe in READS and "factor" in READS[recipe]
    return Rotation(
        inv_freq=plain,
        layout=layout,
        base=base,
        recipe=recipe,
        temperature=temperature(recipe, settings),
        factor=number("factor", settings["factor"]) if scaled and settings.get("factor") else None,
        original=settings.get("original_max_position_embeddings"),
        last=last,
        sections=_sections(settings, len(plain)),
        dealt=bool(settings.get("dealt")),
        beyond=beyond,
    )


LENGTHS = ("short", "long")


def _sections(settings: Mapping[str, Any], pairs: int) -> tuple[int, ...]:
    """Return how many pairs belong to time, height and width; () for one axis."""
    sections = settings.get("mrope_section")
    if sections is None:
        return ()
    if not isinstance(sections, (list, tuple)) or not all(type(s) is int for s in sections):
        raise TypeError(f"mrope_section must be a list of integers; got {sections!r}")
    if sum(sections) != pairs or len(sections) != 3:
        raise ValueError(
            f"mrope_section must be three numbers that sum to the number of pairs, {pairs}; "
            f"got {list(sections)}"
        )
    return tuple(sections)
