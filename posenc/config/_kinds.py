"""Which layer is of which kind, and which one rotates: lists, intervals and each family's rule."""

from typing import Any

from posenc.config._settings import Settings

KINDS = {
    "full_attention": "full",
    "sliding_attention": "window",
    "chunked_attention": "chunk",
    "linear_attention": "linear",
    "compressed_sparse_attention": "compressed",
    "heavily_compressed_attention": "compressed",
}
RATIOS = {
    0: "sliding_attention",
    4: "compressed_sparse_attention",
    128: "heavily_compressed_attention",
}
ORDINAL = {2: "second", 4: "fourth", 6: "sixth"}
FULL, SLIDING, LINEAR = "full_attention", "sliding_attention", "linear_attention"


def layer_types(settings: Settings, n: int, rotates: list[bool]) -> list[str]:
    """Return the type of each layer, in the words of ``layer_types``."""
    rule = settings.family.kinds
    if rule == "full":
        return [FULL] * n
    if rule == "same":
        return [SLIDING if settings.optional_count("sliding_window") else FULL] * n
    types = settings.listed("layer_types", n)
    if types is None:
        types = _by_rule(settings, n, rotates)
    settings.read.add("sliding_window_pattern")  # the list, where there is one, says it all
    for i, name in enumerate(types):
        if name not in KINDS:
            raise ValueError(
                f"layer_types[{i}] is {name!r}; known are {', '.join(KINDS)}: check the spelling"
            )
    return types


def _by_rule(settings: Settings, n: int, rotates: list[bool]) -> list[str]:
    """Return the types of layers that the family makes where the config lists none."""
    rule = settings.family.kinds
    if rule.startswith("every"):
        return _every(settings, n, int(rule.split()[1]), fixed=rule.endswith("fixed"))
    if rule == "first of":  # ModernBERT: the first of each three
        every = _interval(settings, "global_attn_every_n_layers", 3)
        return [SLIDING if i % every else FULL for i in range(n)]
    if rule == "late window":
        first = settings.count("max_window_layers") if _windows(settings) else n
        return [SLIDING if i >= first else FULL for i in range(n)]
    if rule == "window without rotation":
        return [SLIDING if _windows(settings) and not turns else FULL for turns in rotates]
    if rule == "chunks with rotation":
        return ["chunked_attention" if turns else FULL for turns in rotates]
    if rule == "linear but every":
        every = _interval(settings, "full_attention_interval", 4)
        return [LINEAR if (i + 1) % every else FULL for i in range(n)]
    return _kimi(settings, n) if rule == "kimi" else _compressed(settings, n)


def _every(settings: Settings, n: int, every: int, fixed: bool) -> list[str]:
    """Return windows in all but every so many layers, unless there is no window."""
    if fixed:
        settings.assumed["layer_types"] = f"full_attention in every {ORDINAL[every]} layer"
    else:
        every = _interval(settings, "sliding_window_pattern", every)
    if not every or settings.get("sliding_window") is None:
        return [FULL] * n
    return [SLIDING if (i + 1) % every else FULL for i in range(n)]


def _interval(settings: Settings, name: str, default: int) -> int:
    """Return every how many layers something happens: the config's number, or the class's."""
    value = settings.get(name, default)
    return 0 if value in (None, 0) else settings.count(name, value)


def _windows(settings: Settings) -> bool:
    """Return whether any layer has a window: the switch is on, and a size is there."""
    return settings.flag("use_sliding_window") and settings.get("sliding_window") is not None


def _kimi(settings: Settings, n: int) -> list[str]:
    """Return Kimi Linear's types: two lists that count layers from 1, or every fourth."""
    told = settings.get("linear_attn_config") or {}
    full, linear = told.get("full_attn_layers"), told.get("kda_layers")
    if full is None or linear is None:
        return [FULL if i and i % 4 == 0 else LINEAR for i in range(n)]
    if sorted([*full, *linear]) != list(range(1, n + 1)):
        raise ValueError(
            f"linear_attn_config must name each layer from 1 to {n} once, in full_attn_layers or "
            f"kda_layers; got {full} and {linear}"
        )
    return [FULL if i + 1 in full else LINEAR for i in range(n)]


def _compressed(settings: Settings, n: int) -> list[str]:
    """Return DeepSeek-V4's types: from ``compress_ratios``, or two heavy ones and turns."""
    ratios = settings.get("compress_ratios")
    if ratios is None:
        return [RATIOS[4 if i > 1 and i % 2 else 128] for i in range(n)]
    if not isinstance(ratios, (list, tuple)) or len(ratios) < n:
        raise ValueError(f"compress_ratios needs one number per layer, {n}; got {ratios!r}")
    for i, ratio in enumerate(ratios[:n]):  # what follows belongs to the draft layers
        if ratio not in RATIOS:
            raise ValueError(f"compress_ratios[{i}] is {ratio!r}; known are 0, 4 and 128")
    return [RATIOS[ratio] for ratio in ratios[:n]]


def rotating(settings: Settings, n: int) -> list[bool]:
    """Return which layers rotate by ``no_rope_layers``, where 1 means that the layer rotates."""
    if settings.family.nope != "list":
        return [settings.family.nope != "all"] * n
    flags: Any = settings.get("no_rope_layers")
    if flags == [] and settings.family.config_class.startswith("Llama4"):
        flags = None  # an empty list asks for the interval
    if flags is None:
        every = settings.count("no_rope_layer_interval")
        return [(i + 1) % every != 0 for i in range(n)]
    settings.read.add("no_rope_layer_interval")  # the list says it all
    flags = settings.listed("no_rope_layers", n) or []
    for i, flag in enumerate(flags):
        if flag not in (0, 1):
            raise ValueError(
                f"no_rope_layers[{i}] must be 1 (the layer rotates) or 0 (it does not); "
                f"got {flag!r}"
            )
    return [bool(flag) for flag in flags]
