"""What a control may be set to, read from the keywords of ``explore``."""

import math
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Slider:
    """What one control may be set to: a range of numbers, or a few options."""

    name: str
    start: Any
    options: tuple[Any, ...] = ()
    low: Any = None
    high: Any = None
    step: Any = None

    @property
    def ends(self) -> tuple[Any, ...]:
        """The extreme settings: both ends of a range, or every option."""
        return self.options or ((self.low, self.high) if self.low != self.high else (self.low,))

    @property
    def ordered(self) -> tuple[Any, ...]:
        """The options as a control lists them: numbers by size, words as they were given."""
        if all(map(_is_number, self.options)):
            return tuple(sorted(self.options))
        return self.options

    @property
    def every(self) -> tuple[Any, ...]:
        """Every setting, in the order of the control."""
        if self.options:
            return self.ordered
        count = math.floor((self.high - self.low) / self.step + 1e-9) + 1
        steps = (self.low + number * self.step for number in range(count))
        return tuple(self.take(min(value, self.high)) for value in steps)

    @property
    def whole(self) -> bool:
        """Whether the range is one of whole numbers."""
        return isinstance(self.step, int)

    @property
    def is_switch(self) -> bool:
        """Whether the only settings are True and False, in either order."""
        return len(self.options) == 2 and all(isinstance(each, bool) for each in self.options)

    def take(self, value: Any) -> Any:
        """Return ``value`` as the control would give it; raise where it could not."""
        if self.options:
            if not any(value is option or value == option for option in self.options):
                raise ValueError(f"{self.name} must be one of {self.options}; got {value!r}")
            return next(option for option in self.options if value == option)
        if not _is_number(value) or not self.low <= value <= self.high:
            raise ValueError(f"{self.name} must be {self.said()}; got {value!r}")
        return int(value) if self.whole else float(value)

    def said(self) -> str:
        """Return the settings in words."""
        if self.options:
            return "one of " + ", ".join(map(str, self.options))
        return f"{self.low} to {self.high} in steps of {self.step}"


def read(name: str, spec: Any) -> Slider:
    """Return the slider that a keyword of ``explore`` describes."""
    if isinstance(spec, bool):
        return Slider(name, spec, options=(False, True))
    if isinstance(spec, list) and spec:
        return Slider(name, spec[0], options=tuple(spec))
    if not isinstance(spec, tuple) or len(spec) not in (3, 4) or not all(map(_is_number, spec)):
        raise ValueError(
            f"slider {name!r} must be (least, greatest, step), (least, greatest, step, start), "
            f"a list of options, or a bool; got {spec!r}"
        )
    if not all(isinstance(value, int) for value in spec):
        spec = tuple(map(float, spec))
    low, high, step, start = (*spec, spec[0])[:4]
    if not low <= start <= high or step <= 0:
        raise ValueError(
            f"slider {name!r} must go up in steps above 0, with its start within; got {spec}"
        )
    return Slider(name, start, low=low, high=high, step=step)


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value)
