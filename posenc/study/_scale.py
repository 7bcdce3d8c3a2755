"""How large a study is: a laptop's, or a GPU's fitted to what it can do."""

from dataclasses import dataclass, replace

import torch

from posenc.base import Dims
from posenc.training import DIMS, TEXT, TEXT_DIMS, Setting


@dataclass(frozen=True)
class Scale:
    """The models, their trainings, and where they run; ``None`` leaves it to the task.

    ``minutes``: what a study may take; ``None``: as long as it takes.
    """

    name: str = "laptop"
    encodings: tuple[str, ...] | None = None  # where none are named; None: all
    tasks: tuple[str, ...] | None = None  # likewise
    lengths: tuple[float, ...] = (1, 1.5, 2, 4)
    dims: Dims = DIMS
    setting: Setting | None = None
    layers: int | None = None
    text_dims: Dims = TEXT_DIMS
    text: Setting = TEXT
    text_layers: int | None = None
    device: str = "cpu"
    dtype: str = "float32"
    minutes: float | None = None


LAPTOP = Scale()
GPU = Scale(
    name="gpu",
    encodings=("none", "learned", "sinusoidal", "alibi", "rope"),
    tasks=("before", "back1", "text"),
    lengths=(1, 2, 4, 8),
    dims=Dims(d_model=256, n_heads=8, max_len=1024),
    setting=Setting(steps=1000, lr=1e-3, b=32, length=128, shortest=32, warmup=100),
    layers=4,
    text_dims=Dims(d_model=256, n_heads=8, max_len=4096),
    text=Setting(steps=2000, lr=1e-3, b=16, length=512, shortest=512, warmup=100),
    text_layers=6,
    device="cuda",
    dtype="float16",
    minutes=8.0,
)


def scale_of(scale: str | Scale) -> Scale:
    """Return a scale by its name; without a GPU say what it would be, and take the laptop's.

    Raises ``ValueError`` for an unknown name.

    >>> scale_of("laptop").dims.d_model
    32
    """
    if isinstance(scale, Scale):
        return scale
    if scale == "laptop":
        return LAPTOP
    if scale != "gpu":
        raise ValueError(f"no scale is called {scale!r}; known are: laptop, gpu")
    if torch.cuda.is_available():
        return replace(GPU, dtype=fast_dtype(torch.cuda.get_device_capability()))
    print(
        f"No CUDA GPU here. On one, this would train models of width {GPU.dims.d_model} with "
        f"{GPU.layers} layers at length {GPU.setting.length if GPU.setting else 0} "
        f"({GPU.text_layers} layers at {GPU.text.length} on text, tested to "
        f"{round(max(GPU.lengths) * GPU.text.length)}) in 16 bits with fused attention, fitted to "
        f"{GPU.minutes:g} minutes. The laptop's scale runs instead."
    )
    return LAPTOP


def fast_dtype(capability: tuple[int, int]) -> str:
    """Return the 16-bit type that a CUDA GPU is fast in.

    >>> fast_dtype((7, 5)), fast_dtype((8, 0))
    ('float16', 'bfloat16')
    """
    return "bfloat16" if capability >= (8, 0) else "float16"
