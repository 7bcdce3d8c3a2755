"""Numbers that biases are made of: slopes, buckets, Fourier features."""

import math

import torch
from torch import Tensor

from posenc.functional._checks import (
    check_count,
    check_integer,
    check_numbers,
    check_one_device,
)


def alibi_slopes(n_heads: int, *, device: torch.device | str | None = None) -> Tensor:
    """Return ALiBi's slope of each head, (h,), float32.

    For a power of two 2^(−8h/n), h = 1 … n; else the slopes of the next lower power of two,
    then every second slope of the next higher one, as the published checkpoints have it.

    Raises ``ValueError`` for fewer than one head, ``TypeError`` for what is no integer.

    Source: Press et al. 2022, arXiv 2108.12409, section 3, and its authors' code.

    >>> alibi_slopes(4)
    tensor([0.2500, 0.0625, 0.0156, 0.0039])
    """
    check_count("n_heads", n_heads)
    lower = 2 ** int(math.log2(n_heads))
    slopes = _geometric(lower)
    if lower < n_heads:
        slopes += _geometric(2 * lower)[::2][: n_heads - lower]
    return torch.tensor(slopes, dtype=torch.float32, device=device)  # (h,)


def _geometric(n: int) -> list[float]:
    return [2.0 ** (-8 * h / n) for h in range(1, n + 1)]


def t5_bucket(
    distance: Tensor, n_buckets: int = 32, max_distance: int = 128, causal: bool = True
) -> Tensor:
    """Return T5's bucket of each distance (query minus key): near ones exact, far ones shared.

    ``causal``: distances below 0 fall into bucket 0. Otherwise the upper half of the buckets
    is for keys that stand behind the query, and each side has half as many.

    Raises ``ValueError`` for too few buckets or a ``max_distance`` that the formula would
    divide by zero on.

    Source: Raffel et al. 2020, arXiv 1910.10683, section 2.1, and its authors' code.

    >>> t5_bucket(torch.tensor([0, 15, 16, 19, 500]))
    tensor([ 0, 15, 16, 17, 31])
    """
    check_numbers(distance)
    check_integer("n_buckets", n_buckets)
    check_integer("max_distance", max_distance)
    side = n_buckets if causal else n_buckets // 2
    exact = side // 2
    if exact < 1 or (not causal and n_buckets % 2):
        raise ValueError(
            f"n_buckets must be at least {2 if causal else 4}"
            f"{'' if causal else ' and even, half for each side'}; got {n_buckets}"
        )
    if max_distance <= exact:
        raise ValueError(
            f"max_distance must be above the {exact} exact buckets, or the logarithm of "
            f"max_distance / {exact} divides by zero; got {max_distance}"
        )
    # int8 holds no edge above 127, bfloat16 rounds those above 256
    wide = torch.promote_types(distance.dtype, torch.float32)
    distance = distance.to(wide if distance.is_floating_point() else torch.int64)  # (..., n)
    far = distance.clamp(min=0) if causal else distance.abs()  # (..., n)
    edges = torch.tensor(_edges(side, exact, max_distance), device=distance.device)  # (side − 1,)
    bucket = torch.bucketize(far, edges.to(far.dtype), right=True)  # (..., n)
    return bucket if causal else bucket + side * (distance < 0)  # (..., n)


def _edges(side: int, exact: int, max_distance: int) -> list[int]:
    """Return the first distance of each bucket but the zeroth."""
    ratio = max_distance / exact
    far = side - exact
    # the rounding keeps exact powers exact: 8 · 16^(2/8) is 32, not 31.999…
    logarithmic = [math.ceil(round(exact * ratio ** (j / far), 9)) for j in range(1, far)]
    return [*range(1, exact + 1), *logarithmic]


def fourier_features(coordinates: Tensor, frequencies: Tensor) -> Tensor:
    """Return sines and cosines of 2π · coordinates · frequencies.

    Shapes: ``(..., c), (m, c) -> (..., 2m)``, all sines first. Half precision is computed in
    float32 and cast last; integer coordinates give the frequencies' type.

    Raises ``ValueError`` where the numbers of coordinates or the devices differ, ``TypeError``
    for what holds no real numbers.

    Source: Tancik et al. 2020, arXiv 2006.10739 (there with Gaussian frequencies).

    >>> fourier_features(torch.tensor([[0.25]]), torch.tensor([[1.0]])).round(decimals=3) + 0.0
    tensor([[1., 0.]])
    """
    check_numbers(coordinates, "coordinates")
    check_numbers(frequencies, "frequencies")
    check_one_device("coordinates", coordinates, "frequencies", frequencies)
    if coordinates.shape[-1] != frequencies.shape[-1] or frequencies.dim() != 2:
        raise ValueError(
            f"frequencies must be (m, c) for coordinates (..., c); got "
            f"{tuple(frequencies.shape)} and {tuple(coordinates.shape)}"
        )
    given = torch.promote_types(coordinates.dtype, frequencies.dtype)
    given = given if given.is_floating_point else torch.get_default_dtype()
    work = torch.promote_types(given, torch.float32)
    phases = 2 * math.pi * coordinates.to(work) @ frequencies.to(work).T  # (..., m)
    return torch.cat((phases.sin(), phases.cos()), -1).to(given)  # (..., 2m)
