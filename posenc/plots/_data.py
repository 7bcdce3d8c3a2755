"""What callers hand in, made into arrays that are checked and can be told apart."""

import hashlib
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

from posenc.plots._words import read_words

DIGITS = 6  # significant places, relative to the largest magnitude, that a hash keeps
NOISE = 1e-12  # what is smaller than this everywhere is rounding, and counts as zero


@dataclass(frozen=True)
class Data:
    """Numbers to draw, and whether they differ from machine to machine."""

    values: np.ndarray  # float64
    trained: bool

    def fact(self, *others: "Data") -> str:
        """Return what the text form says of these numbers (and of others drawn with them)."""
        if self.trained or any(other.trained for other in others):
            return "data: trained, not compared"
        arrays = (self.values, *(other.values for other in others))
        return "data " + fingerprint(*map(np.nan_to_num, arrays))  # NaN: where a word stands


def read(name: str, value: Any, trained: bool | None = None, *, words: Any = None) -> Data:
    """Return the numbers in ``value``; raise ``ValueError`` naming what cannot be drawn.

    Where ``words``, of the same shape, has a text other than "", there need be no number.
    """
    try:
        values, small = _array(value)
    except (TypeError, ValueError) as error:
        raise ValueError(
            f"{name} must be numbers (a tensor, an array or a list) of one shape: {error}"
        ) from None
    if values.size == 0:
        raise ValueError(f"{name} is empty: there is nothing to draw")
    told = read_words(words, values) != ""
    if not np.isfinite(values[~told]).all():
        bad = values[~np.isfinite(values) & ~told]
        raise ValueError(
            f"{name} holds {bad.size} values that are not finite (such as {bad[0]}): "
            "leave them out, or draw what is finite"
            + (", or give each a word with words=" if words is not None else "")
        )
    values = np.where(told, np.nan, values)
    return Data(values, small if trained is None else trained)


def read_table(name: str, table: Any, *, most: int | None = None) -> dict[str, Any]:
    """Return ``table`` as a dict; raise unless it is one, with 1 to ``most`` entries."""
    if not isinstance(table, Mapping):
        raise ValueError(
            f"{name} must be a dict from names to numbers, such as {{'rope': y}}; "
            f"got {type(table).__name__}"
        )
    if not table:
        raise ValueError(f"{name} is empty: there is nothing to draw")
    if most is not None and len(table) > most:
        raise ValueError(
            f"{name} holds {len(table)} entries ({', '.join(map(str, table))}), but one figure "
            f"takes at most {most}: draw two figures, or plots.dots for many encodings"
        )
    return {str(key): value for key, value in table.items()}


def _array(value: Any) -> tuple[np.ndarray, bool]:
    """Return float64 values, and whether they came in a smaller floating type."""
    if isinstance(value, torch.Tensor):
        if value.is_complex():
            raise TypeError("complex numbers have no place on an axis; draw .real or .abs()")
        small = value.is_floating_point() and value.dtype != torch.float64
        return value.detach().cpu().to(torch.float64).numpy(), small
    if isinstance(value, Iterable) and not hasattr(value, "__array__"):
        if isinstance(value, (str, bytes, Mapping)):
            raise TypeError(f"got {type(value).__name__}")
        value = list(value)
        if any(isinstance(item, (Iterable, torch.Tensor)) for item in value):
            parts = [_array(item) for item in value]
            return np.stack([part for part, _ in parts]), any(small for _, small in parts)
    array = np.asarray(value)
    if array.dtype.kind not in "biuf":
        raise TypeError(f"got values of type {array.dtype}")
    small = array.dtype.kind == "f" and array.dtype.itemsize < 8
    return array.astype(np.float64), small


def fingerprint(*arrays: np.ndarray) -> str:
    """Return a hash of the arrays, each rounded to six places of its largest magnitude.

    >>> fingerprint(np.array([0.0, 0.5])) == fingerprint(np.array([-0.0, 0.5 + 1e-13]))
    True
    """
    digest = hashlib.sha256()
    for values in arrays:
        digest.update(str(values.shape).encode() + _steps(values).astype("<i8").tobytes())
    return digest.hexdigest()[:8]


def _steps(values: np.ndarray) -> np.ndarray:
    """Return whole numbers of a step that is a power of ten, a millionth of the peak.

    The odd offsets keep what people plot (0, 1, k/128) away from where rounding turns
    over; there a last bit would decide.
    """
    peak = float(np.abs(values).max(initial=0.0))
    if peak < NOISE:
        return np.zeros(values.shape)
    exponent = math.floor(math.log10(peak) + 0.2345678) - DIGITS
    return np.floor(values / 10.0**exponent + 0.7182818)


def number(value: float, scale: float = 1.0) -> str:
    """Return four significant digits, or a whole number; what is nothing beside ``scale`` is 0.

    >>> number(1 / 128), number(-1e-17), number(60611.48), number(60611)
    ('0.007813', '0', '60610', '60611')
    """
    if abs(value) <= 1e-9 * abs(scale):
        return "0"
    if abs(value) < 1e6 and abs(value - round(value)) <= 1e-9 * abs(value):
        return str(round(value))
    value *= 1 + 1e-9  # away from the ties that a last bit would decide
    if 1e-4 <= abs(value) < 1e6:
        digits = max(0, 3 - math.floor(math.log10(abs(value))))
        text = f"{float(f'{value:.3e}'):.{digits}f}"
        return text.rstrip("0").rstrip(".") if "." in text else text
    return f"{value:.4g}"


def grouped(value: float) -> str:
    """Return a number as figures have it: from five digits on in groups of three.

    >>> grouped(2048), grouped(1_000_000), grouped(-12_000), grouped(0.25)
    ('2048', '1\\xa0000\\xa0000', '−12\\xa0000', '0.25')
    """
    text = f"{value:,.0f}" if abs(value) >= 10_000 and value == round(value) else f"{value:g}"
    return text.replace(",", "\N{NO-BREAK SPACE}").replace("-", "\N{MINUS SIGN}")


def axis_fact(
    axis: str,
    label: str,
    data: Iterable[Data] = (),
    *,
    scale: str = "",
    limits: tuple[float, float] | None = None,
) -> str:
    """Return the line of the text form about one axis: label, range, scale."""
    data = list(data)
    said = [f'{axis}: "{label}"']
    if limits:
        said.append(f"{number(limits[0])} to {number(limits[1])}")
    elif data and not any(item.trained for item in data):
        low = float(min(item.values.min() for item in data))
        high = float(max(item.values.max() for item in data))
        peak = max(abs(low), abs(high))
        said.append(f"{number(low, peak)} to {number(high, peak)}")
    if scale:
        said.append(scale)
    return ", ".join(said)


def listed(words: Iterable[str]) -> str:
    """Return words as a sentence has them.

    >>> listed(["a", "b", "c"])
    'a, b and c'
    """
    *first, last = list(words)
    return f"{', '.join(first)} and {last}" if first else last


def sentence(text: str) -> str:
    """Return ``text`` with a capital and a full stop."""
    text = " ".join(text.split())
    return text[:1].upper() + text[1:] + ("" if text.endswith((".", "!", "?")) else ".")
