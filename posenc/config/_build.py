"""From a reading to layers of a pattern."""
from typing import TYPE_CHECKING
from posenc.config._records import LayerReading
from posenc.model import Layer
if TYPE_CHECKING:
    from posenc.config._reading import Reading
def layer(reading: "Reading", i: int, layer: LayerReading) -> Layer:
    raise NotImplementedError
