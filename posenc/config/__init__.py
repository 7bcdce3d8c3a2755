"""What a model does with positions, read from its config, and a drawer of such configs."""

from posenc.config._drawer import model, models, sources
from posenc.config._read import read
from posenc.config._reading import Reading, Table
from posenc.config._records import Bias, LayerReading, Rotation
from posenc.config._small import small

__all__ = [
    "Bias",
    "LayerReading",
    "Reading",
    "Rotation",
    "Table",
    "model",
    "models",
    "read",
    "small",
    "sources",
]
