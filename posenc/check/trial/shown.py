"""A measured number as a claim's line shows it, and whether every machine would show the same."""

import re
import string
from decimal import Decimal

MARGIN = 0.2  # of a rounding step: how near to the next rounding a shown number may come
NOISE = 1e-12  # below it float64 rounds in another way on the next machine
_NUMBER = re.compile(r"-?\d[\d,_]*(?:\.\d+)?(?:e[+-]?\d+)?")


def shown(value: float, show: str) -> str:
    """Return the number in its format.

    Raises ``ValueError`` for a format that has not one field.

    >>> shown(13.86, "{:.0f}"), shown(0.577, "{:.0%}")
    ('14', '58%')
    """
    try:
        fields = [name for _, name, _, _ in string.Formatter().parse(show) if name is not None]
        text = show.format(value)
    except (ValueError, LookupError):
        fields, text = [], ""
    if len(fields) != 1 or not _NUMBER.search(text):
        raise ValueError(f"show must be a format of one number, as '{{:.0f}}'; got {show!r}")
    return text if _value(text) else text.replace("-", "", 1)  # never minus nothing


def is_steady(value: float, show: str) -> bool:
    """Return whether the shown number is exact, or stays where the value moves by 20 % of a step.

    A step is one unit of the last digit shown.

    >>> is_steady(13.86, "{:.0f}"), is_steady(13.6, "{:.0f}"), is_steady(14.0, "{:.3g}")
    (True, False, True)
    """
    text = shown(value, show)
    number = _value(text)
    scale = Decimal("0.01") if "%" in show else Decimal(1)
    if float(number * scale) == value:
        return True
    if abs(value) < NOISE and number:
        return False
    moved = MARGIN * float(scale.scaleb(int(number.as_tuple().exponent)))
    return shown(value - moved, show) == text == shown(value + moved, show)


def number_in(text: str) -> float:
    """Return the number that is written in a text.

    >>> number_in("60,611 positions")
    60611.0
    """
    return float(_value(text))


def _value(text: str) -> Decimal:
    found = _NUMBER.search(text)
    return Decimal(found[0].replace(",", "").replace("_", "") if found else 0)
