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
from posenc.encodings.grid import AxialRope, Sinusoidal2D
from posenc.encodings.relative import FIRE, T5, ALiBi, Shaw
from posenc.encodings.rope_kinds import GivenRope, MRope
from posenc.encodings.rotary import Rope, XPos

__all__ = [
    "FIRE",
    "T5",
    "ALiBi",
    "AxialRope",
    "Binary",
    "GivenRope",
    "Integer",
    "IntegerChannel",
    "Learned",
    "MRope",
    "NoPosition",
    "Normalized",
    "OneHot",
    "RandomCodes",
    "Rope",
    "Shaw",
    "Sinusoidal",
    "Sinusoidal2D",
    "SinusoidalPositionalEncoding",
    "XPos",
]
