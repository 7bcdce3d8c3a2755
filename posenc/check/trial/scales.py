"""Numbers that are guessed: what they are given in, how they are read, written and judged."""

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

POINTS = 5  # of a curve that is drawn
SPACE = "\N{NO-BREAK SPACE}"


@dataclass(frozen=True)
class Scale:
    """What a guess is given in: a number, or a curve over ``x``.

    A number comes true within the factor ``1 + near`` of the measured one, a curve where no
    point is further off than the share ``near`` of the range from ``low`` to ``high``.
    """

    unit: str = ""
    low: float | None = None
    high: float | None = None
    near: float = 0.1
    x: tuple[float, ...] = ()

    @property
    def form(self) -> dict[str, Any]:
        """The scale as the record has it."""
        return {**asdict(self), "x": list(self.x)}

    @property
    def said(self) -> str:
        """The range in words, "" where there is none."""
        if self.low is not None and self.high is not None:
            return f"from {written(self.low)} to {written(self.high)}"
        if self.low is not None:
            return f"at least {written(self.low)}"
        return f"at most {written(self.high)}" if self.high is not None else ""

    def word(self, value: float) -> str:
        """Return a value with its unit."""
        return f"{written(value)}{SPACE}{self.unit}" if self.unit else written(value)

    def words(self, values: Sequence[float]) -> str:
        """Return the values of a guess: a number, or the points of a curve."""
        return ", ".join([*map(written, values[:-1]), self.word(values[-1])])

    def takes(self, values: Any) -> bool:
        """Whether these are the values of such a guess."""
        return self.could_be(values) and all(map(self._within, values))

    def could_be(self, values: Any) -> bool:
        """Whether these could be measured: a number, or one a place of the curve."""
        listed = isinstance(values, list | tuple) and len(values) == max(1, len(self.x))
        return listed and all(map(is_number, values))

    def _within(self, value: float) -> bool:
        low = -math.inf if self.low is None else self.low
        return low <= value <= (math.inf if self.high is None else self.high)

    def read(self, typed: str) -> float:
        """Return the number that was typed; raise ``ValueError`` with one line for what is none.

        >>> Scale(unit="tokens").read("1 400 tokens")
        1400.0
        """
        value = self.number(typed)
        if not is_number(value):
            shown = typed.strip() if len(typed.strip()) <= 30 else typed.strip()[:29] + "…"
            hint = "with a point, such as 0.5" if "," in shown else "such as 14 or 1e-7"
            raise ValueError(f"“{shown}” is not a number. Write one {hint}.")
        if not self._within(value):
            raise ValueError(f"{self.word(value)} is out of range. Write a number {self.said}.")
        return value

    def number(self, typed: str) -> float:
        """Return the number that a text holds, with or without the unit; NaN where it has none."""
        plain = "".join(typed.split()).replace("\N{MINUS SIGN}", "-")
        try:
            return float(plain.removesuffix("".join(self.unit.split())))
        except ValueError:
            return math.nan

    def is_near(self, values: Sequence[float], right: Sequence[float]) -> bool:
        """Whether a guess came true."""
        if self.x:
            assert self.low is not None
            assert self.high is not None
            span = self.near * (self.high - self.low) * (1 + 1e-9)
            return all(abs(a - b) <= span for a, b in zip(values, right, strict=True))
        (guess,), (told,) = values, right
        if guess == told or guess * told <= 0:
            return guess == told
        return abs(math.log(guess / told)) <= math.log1p(self.near) + 1e-9

    def settled(self, values: Sequence[float], right: Sequence[float]) -> str:
        """Return the line that settles a guess; of a curve, the point that is furthest off."""
        if not self.x:
            return f"You predicted {self.words(values)}; measured {self.words(right)}."
        off = [abs(a - b) for a, b in zip(values, right, strict=True)]
        worst = off.index(max(off))
        at, drew, told = self.x[worst], values[worst], right[worst]
        return (
            f"You predicted {self.word(drew)} at {written(at)}; measured {self.word(told)} "
            "(no other point is further off)."
        )


def scale_of(form: object) -> Scale | None:
    """Return the scale that a record or a table of questions holds, None where it holds none."""
    if not isinstance(form, dict):
        return None
    x: Any = form.get("x")
    near: Any = form.get("near")
    ends = form.get("low"), form.get("high")
    if not isinstance(x, list) or not all(map(is_number, x)) or not is_number(near):
        return None
    if not all(end is None or is_number(end) for end in ends) or (x and None in ends):
        return None
    return Scale(str(form.get("unit", "")), *ends, near, tuple(x))


def is_number(value: object) -> bool:
    """Whether a value is a finite number."""
    return (
        isinstance(value, int | float)
        and not isinstance(value, bool)
        and abs(value) < 1e300
        and math.isfinite(value)
    )


def written(value: float) -> str:
    """Return a number as the course writes it: four digits, from 10 000 on in groups.

    >>> written(140.0), written(0.12345), written(1e-7), written(-2048)
    ('140', '0.1235', '1e-7', '-2048')
    """
    if value == round(value) and abs(value) < 1e15:
        text = f"{round(value):,}" if abs(value) >= 10_000 else str(round(value))
        return text.replace(",", SPACE)
    mantissa, _, power = f"{value:.4g}".partition("e")
    return f"{mantissa}e{int(power)}" if power else mantissa
