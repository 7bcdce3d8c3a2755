"""The encodings, in the order in which the course teaches them."""

from posenc.encodings.absolute import (
    Binary,
    Integer,
    IntegerChannel,
    Learned,
    NoPosition,
    Normalized,
    OneHot,
    RandomCodes,
    Sinusoidal,
    SinusoidalPositionalEncoding,
)

__all__ = [
    "Binary",
    "Integer",
    "IntegerChannel",
    "Learned",
    "NoPosition",
    "Normalized",
    "OneHot",
    "RandomCodes",
    "Sinusoidal",
    "SinusoidalPositionalEncoding",
]
