"""A reading in words: equal layers together, in the order in which they first appear."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from posenc.config._records import LayerReading, Rotation

if TYPE_CHECKING:
    from posenc.config._reading import Reading

RECIPES = {
    "linear": "position interpolation",
    "dynamic": "dynamic NTK",
    "proportional": "p-RoPE",
    "llama3": "Llama 3 scaling",
    "yarn": "YaRN",
    "longrope": "LongRoPE",
}


def describe(reading: "Reading") -> str:
    """Return the whole reading as lines of text."""
    lines = [_title(reading), *_table(reading), ""]
    for layer, numbers in _groups(reading.layers):
        lines += _group(reading, layer, numbers)
    lines += _list("Not in the config, so transformers 5.23.0's default:", _assumed(reading))
    lines += _list("Often misread:", reading.warnings)
    lines += _list("Not understood:", reading.unknown)
    return "\n".join(lines)


def _title(reading: "Reading") -> str:
    sees = "causal" if reading.causal else "not causal"
    length = (
        f"texts of up to {_n(reading.max_len)} tokens" if reading.max_len else "no length given"
    )
    return f"{reading.family}: {_count(len(reading.layers), 'layer')}, {sees}, {length}"


def _table(reading: "Reading") -> list[str]:
    if reading.table is None:
        return []
    table = reading.table
    text = f"Learned position embeddings for {_n(table.positions)} positions, added to the tokens"
    if table.first:
        text += f" (a table of {_n(table.rows)} rows, whose row {table.first} is for position 0)"
    return [text]


def _groups(layers: Sequence[LayerReading]) -> list[tuple[LayerReading, list[int]]]:
    groups: dict[LayerReading, list[int]] = {}
    for i, layer in enumerate(layers):
        groups.setdefault(layer, []).append(i)
    return list(groups.items())


def _group(reading: "Reading", layer: LayerReading, numbers: list[int]) -> list[str]:
    n = len(reading.layers)
    which = "All layers" if len(numbers) == n else _which(numbers, n)
    lines = [f"{which}: {_sees(reading, layer)}"]
    if layer.attention == "linear":
        return lines
    lines += [f"  {line}" for line in (*_position(reading, layer), *_extras(layer))]
    return lines


def _which(numbers: list[int], n: int) -> str:
    name = "Layer" if len(numbers) == 1 else "Layers"
    return f"{name} {spans(numbers)} ({len(numbers)} of {n})"


def _sees(reading: "Reading", layer: LayerReading) -> str:
    if layer.attention == "linear":
        return "linear attention, a running state: no scores, and no positions but the order"
    if layer.attention == "chunk":
        return f"a query attends to its own chunk of {_n(layer.chunk or 0)} positions, up to itself"
    if layer.window is None:
        return "a query attends to all tokens" + (" up to itself" if reading.causal else "")
    if not reading.causal:
        return f"a query attends to {_n(layer.window - 1)} positions on each side, and to its own"
    text = f"a query attends to the last {_n(layer.window)} positions, its own included"
    if layer.compress:
        text += f", and to one key for every {layer.compress} tokens before them"
    return text


def _position(reading: "Reading", layer: LayerReading) -> list[str]:
    if layer.bias is not None and layer.bias.name == "alibi":
        return ["ALiBi: a fixed slope for each head, no rotation"]
    if layer.bias is not None:
        return [
            f"T5 bias: {layer.bias.buckets} learned numbers per head, one for each bucket of "
            f"distances, the last from {layer.bias.farthest} on; one table for all layers",
            "(this is the encoder; the decoder has a table of its own, for keys up to the query)",
        ]
    if layer.rotation is None:
        return [] if reading.table else ["no rotation: a NoPE layer"]
    return _rotation(layer.rotation, layer.width)


def _rotation(rotation: Rotation, width: int) -> list[str]:
    turning = 2 * sum(f > 0 for f in rotation.inv_freq)
    part = f"all {width}" if turning == width else f"{turning} of {width}"
    where = "" if turning == width else (", the last ones" if rotation.last else ", the first ones")
    if rotation.recipe == "proportional" and turning < width:
        where = ", the fastest pairs"
    layout = "half-split" if rotation.layout == "halves" else "interleaved"
    lines = [
        f"RoPE rotates {part} channels of a head{where}; {layout} layout, base {_n(rotation.base)}"
    ]
    lines += _recipe(rotation)
    if rotation.temperature != 1.0:
        t = rotation.temperature
        lines.append(f"cosines and sines × {t:.4g}, so rotated scores × {t * t:.4g}")
    if rotation.sections:
        how = "dealt out in turn" if rotation.dealt else "in blocks"
        time, height, across = rotation.sections
        lines.append(
            f"positions have three axes (M-RoPE): {time} pairs follow the time, {height} the row, "
            f"{across} the column, {how}"
        )
    return lines


def _recipe(rotation: Rotation) -> list[str]:
    if rotation.recipe not in RECIPES or rotation.recipe == "proportional":
        return []
    text = RECIPES[rotation.recipe]
    if rotation.factor:
        text += f", factor {rotation.factor:g}"
    if rotation.original:
        text += f", from {_n(rotation.original)} positions"
    if rotation.beyond:
        return [text + ": one list of frequencies up to that length, another beyond it"]
    if rotation.recipe == "dynamic":
        return [text + ": as trained up to the length, then slower with every token"]
    return [text + f": {_kept(rotation)}"]


def _kept(rotation: Rotation) -> str:
    """Return how many pairs are as trained, divided by the factor, and between."""
    m = len(rotation.inv_freq)
    ratios = [rotation.base ** (-i / m) / f for i, f in enumerate(rotation.inv_freq) if f > 0]
    kept = sum(r < 1 + 1e-6 for r in ratios)
    divided = sum(r > (rotation.factor or 1) * (1 - 1e-6) for r in ratios) if kept < m else 0
    between = m - kept - divided
    words = [f"{kept} pairs as trained"] * (kept > 0) + [f"{between} between"] * (between > 0)
    return ", ".join(words + [f"{divided} divided by the factor"] * (divided > 0))


def _extras(layer: LayerReading) -> list[str]:
    lines = []
    if layer.latent:
        latent = layer.latent
        lines.append(
            f"keys and values from a latent vector of {latent.rank} numbers (MLA), and "
            f"{latent.rotated} channels of key that all heads share"
        )
    if layer.log_scale:
        s = layer.log_scale
        inside = f"(p + {s.offset})" if s.offset else "p"
        lines.append(
            f"log-n scaling: the query at position p × 1 + {s.amount:g} · ln(1 + ⌊{inside} / "
            f"{_n(s.step)}⌋)"
        )
    if layer.sink:
        lines.append("one learned sink logit per head")
    if layer.rotate_values:
        lines.append("values are rotated, too, and what a query mixes from them is rotated back")
    lines.append(_heads(layer))
    return lines


def _heads(layer: LayerReading) -> str:
    shared = layer.heads // max(layer.kv_heads, 1)
    each = f"{_count(layer.heads, 'head')} of {layer.width} channels"
    if shared > 1 and not layer.latent:
        each += f", {_count(layer.kv_heads, 'head')} of keys and values"
    usual = layer.width**-0.5
    if abs(layer.scale / usual - 1) > 1e-6:
        each += f"; dot products × {layer.scale:.4g}, where 1/√{layer.width} is {usual:.4g}"
    return each


def _assumed(reading: "Reading") -> list[str]:
    return [f"{name} = {_n(value)}" for name, value in reading.assumed.items()]


def _list(title: str, entries: Sequence[str]) -> list[str]:
    return ["", title, *(f"- {entry}" for entry in entries)] if entries else []


def spans(numbers: Sequence[int]) -> str:
    """Return rising numbers in few words: runs with a dash, steps and long lists with dots.

    >>> spans([0, 1, 2, 4, 5, 6]), spans([3, 7, 11, 15]), spans([5])
    ('0–2, 4–6', '3, 7, …, 15', '5')
    """
    runs: list[list[int]] = []
    for number in numbers:
        if runs and number == runs[-1][-1] + 1:
            runs[-1].append(number)
        else:
            runs.append([number])
    words = [f"{run[0]}–{run[-1]}" if len(run) > 1 else str(run[0]) for run in runs]
    return ", ".join(words if len(words) <= 3 else [*words[:2], "…", words[-1]])


def _count(n: int, noun: str) -> str:
    return f"{n} {noun}" + ("" if n == 1 else "s")


def _n(value: object) -> str:
    """Return a number with no-break spaces from five digits on; other things as they are."""
    if isinstance(value, float) and value == int(value):
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int):
        return str(value)
    return f"{value:,}".replace(",", "\u00a0") if value >= 10_000 else str(value)
