"""Turning queries and keys, and the frequencies that reach longer texts."""

import math
from collections.abc import Callable

import torch
from torch import Tensor

from posenc.functional._blocks import HALF, InBlocks, pays
from posenc.functional._checks import check_above, check_one_device, check_real
from posenc.functional._sinusoid import inverse_frequencies


def rotate_pairs(x: Tensor, angles: Tensor) -> Tensor:
    """Return x with its neighbouring channels (2i, 2i+1) turned by angle i, counter-clockwise.

    Shapes: ``(..., n, dh), (n, m)`` or ``(b, 1, n, m)`` ``-> (..., n, dh)``. Channels beyond
    2m pass as they are. The result has the dtype of x; half precision is turned in float32.

    Raises ``ValueError`` where the angles outnumber the pairs of x, or are on another device.

    Source: Su et al. 2021, arXiv 2104.09864, equation 34 (this layout: the paper's, GPT-J's).

    >>> quarter = torch.tensor([[math.pi / 2]])
    >>> rotate_pairs(torch.tensor([[1.0, 0.0, 5.0]]), quarter).round(decimals=3) + 0.0
    tensor([[0., 1., 5.]])
    """
    turned, rest = _split(x, angles)  # (..., n, 2m), (..., n, dh − 2m)
    if x.dtype in HALF and pays(turned, angles):
        turned = InBlocks.apply(turned, angles, _write_pairs)  # (..., n, 2m)
    else:
        work = torch.promote_types(x.dtype, torch.float32)
        pairs = turned.to(work).unflatten(-1, (-1, 2))  # (..., n, m, 2)
        turned = _turned(pairs, angles.to(work)).flatten(-2).to(x.dtype)  # (..., n, 2m)
    return turned if rest is None else torch.cat((turned, rest), -1)


def _turned(pairs: Tensor, theta: Tensor) -> Tensor:
    """Return pairs (a, b), (..., n, m, 2), turned by θ, (n, m): the same shape.

    The pair becomes (a·cos θ − b·sin θ, a·sin θ + b·cos θ). As complex numbers that is
    (a + ib)(cos θ + i·sin θ), whose one multiplication reads and writes the pairs once; the
    four real ones take six times as long. Compilers have no complex numbers, and fuse the four.
    """
    if torch.compiler.is_compiling():
        (a, b), cos, sin = pairs.unbind(-1), theta.cos(), theta.sin()  # (..., n, m)
        return torch.stack((a * cos - b * sin, a * sin + b * cos), -1)  # (..., n, m, 2)
    return torch.view_as_real(torch.view_as_complex(pairs.contiguous()) * _on_circle(theta))


def _on_circle(theta: Tensor) -> Tensor:
    """Return cos θ + i·sin θ: the same shape, complex."""
    return torch.complex(theta.cos(), theta.sin())


def _write_pairs(theta: Tensor) -> Callable[[Tensor, Tensor], Tensor]:
    """Return what writes x, (r, n, 2m), with its pairs turned by θ, (n, m), into ``out``."""
    turns = _on_circle(theta)  # (n, m)

    def write(x: Tensor, out: Tensor) -> Tensor:
        pairs, into = (torch.view_as_complex(t.unflatten(-1, (-1, 2))) for t in (x, out))
        return torch.mul(pairs, turns, out=into)  # (r, n, m)

    return write


def rotate_halves(x: Tensor, angles: Tensor) -> Tensor:
    """Return x with its channels i and i + m turned by angle i, counter-clockwise.

    The same rotation as :func:`rotate_pairs` after a fixed permutation of the channels;
    weights trained with one layout are gibberish in the other.

    Shapes: ``(..., n, dh), (n, m)`` or ``(b, 1, n, m)`` ``-> (..., n, dh)``. Channels beyond
    2m pass as they are.

    Raises ``ValueError`` where the angles outnumber the pairs of x, or are on another device.

    Source: the layout of GPT-NeoX and of Hugging Face's Llama.

    >>> quarter = torch.tensor([[math.pi / 2, 0.0]])
    >>> rotate_halves(torch.tensor([[1.0, 2.0, 0.0, 3.0]]), quarter).round(decimals=3) + 0.0
    tensor([[0., 2., 1., 3.]])
    """
    turned, rest = _split(x, angles)  # (..., n, 2m), (..., n, dh − 2m)
    if pays(turned, angles):
        turned = InBlocks.apply(turned, angles, _write_halves)  # (..., n, 2m)
    else:
        work = torch.promote_types(x.dtype, torch.float32)
        (a, b), cos, sin = (
            turned.to(work).chunk(2, -1),
            angles.to(work).cos(),
            angles.to(work).sin(),
        )
        turned = torch.cat((a * cos - b * sin, a * sin + b * cos), -1).to(x.dtype)  # (..., n, 2m)
    return turned if rest is None else torch.cat((turned, rest), -1)


def _write_halves(theta: Tensor) -> Callable[[Tensor, Tensor], Tensor]:
    """Return what writes x, (r, n, 2m), with its halves turned by θ, (n, m), into ``out``."""
    cos, sin = theta.cos(), theta.sin()  # (n, m)

    def write(x: Tensor, out: Tensor) -> Tensor:
        (a, b), (first, second) = x.chunk(2, -1), out.chunk(2, -1)  # (r, n, m)
        torch.mul(a, cos, out=first).addcmul_(b, sin, value=-1)
        return torch.mul(a, sin, out=second).addcmul_(b, cos)

    return write


def _split(x: Tensor, angles: Tensor) -> tuple[Tensor, Tensor | None]:
    check_one_device("x", x, "angles", angles)
    width = 2 * angles.shape[-1]
    if width > x.shape[-1]:
        raise ValueError(
            f"{angles.shape[-1]} angles need {width} channels; x has {x.shape[-1]}: "
            "make the frequencies for the width of one head"
        )
    return (x, None) if width == x.shape[-1] else (x[..., :width], x[..., width:])


def scaled_frequencies(
    dim: int,
    base: float = 10_000.0,
    *,
    method: str,
    factor: float,
    original_max_len: int | None = None,
    low_freq_factor: float = 1.0,
    high_freq_factor: float = 4.0,
    beta_fast: float = 32.0,
    beta_slow: float = 1.0,
    dtype: torch.dtype = torch.float32,
) -> Tensor:
    """Return frequencies that fit ``factor`` times the trained length, (dim/2,).

    Methods: ``"linear"`` divides all (Chen et al. 2023, arXiv 2306.15595); ``"ntk"`` raises
    the base, so that the slowest pair is divided by ``factor`` and the fastest by nothing;
    ``"yarn"`` keeps pairs that turn more than ``beta_fast`` times in the original length,
    divides those that turn less than ``beta_slow`` times, with a ramp between
    (Peng et al. 2023, arXiv 2309.00071); ``"llama3"`` does so by wavelength, as Llama 3.1.

    Raises ``ValueError`` for an unknown method, a factor below 1, a missing
    ``original_max_len`` where the method needs it, or bounds of the ramp that divide by zero;
    ``TypeError`` for what is no number.

    >>> scaled_frequencies(4, method="linear", factor=4.0)
    tensor([0.2500, 0.0025])
    """
    _check_scaling(method, factor, original_max_len)
    _check_ramp(method, base, (low_freq_factor, high_freq_factor), (beta_fast, beta_slow))
    inv_freq = inverse_frequencies(dim, base, dtype=torch.float64)  # (dim/2,)
    if method == "linear":
        return (inv_freq / factor).to(dtype)
    if method == "ntk":
        return inverse_frequencies(dim, ntk_base(dim, base, factor), dtype=dtype)
    assert original_max_len is not None
    if method == "yarn":
        kept = _yarn_kept(dim, base, original_max_len, beta_fast, beta_slow)  # (dim/2,)
    else:
        turns = inv_freq * original_max_len / (2 * math.pi)  # (dim/2,)
        kept = (turns - low_freq_factor) / (high_freq_factor - low_freq_factor)  # (dim/2,)
    kept = kept.clamp(0, 1)  # 1: as trained; 0: divided
    return (inv_freq * kept + inv_freq / factor * (1 - kept)).to(dtype)


def ntk_base(dim: int, base: float, factor: float) -> float:
    """Return the base that divides the slowest frequency by ``factor`` and keeps the fastest.

    Raises ``ValueError`` for fewer than two pairs: one pair cannot do both.

    >>> round(ntk_base(128, 10_000.0, 8.0), 1)
    82684.6
    """
    if dim < 4:
        raise ValueError(f"method 'ntk' needs two pairs or more, dim ≥ 4; got {dim}")
    return base * factor ** (dim / (dim - 2))


def _yarn_kept(dim: int, base: float, length: int, fast: float, slow: float) -> Tensor:
    """Return 1 for the pairs to keep, 0 for those to divide, and a ramp between."""

    def pair_that_turns(turns: float) -> float:
        return dim * math.log(length / (turns * 2 * math.pi)) / (2 * math.log(base))

    low = max(math.floor(pair_that_turns(fast)), 0)
    high = min(math.ceil(pair_that_turns(slow)), dim - 1)
    width = max(high - low, 0.001)  # a ramp of no width would divide by zero
    return 1 - (torch.arange(dim // 2, dtype=torch.float64) - low) / width  # (dim/2,)


def yarn_temperature(factor: float) -> float:
    """Return what YaRN multiplies cosines and sines by; the scores get its square.

    Source: Peng et al. 2023, arXiv 2309.00071, equation 22.

    >>> round(yarn_temperature(8.0), 3)
    1.208
    """
    check_above("factor", factor)
    return 0.1 * math.log(factor) + 1 if factor > 1 else 1.0


SCALINGS = ("linear", "ntk", "yarn", "llama3")


def _check_scaling(method: str, factor: float, original_max_len: int | None) -> None:
    if method not in SCALINGS:
        raise ValueError(f"method must be one of {', '.join(SCALINGS)}; got {method!r}")
    check_real("factor", factor)
    if not 1 <= factor < math.inf:
        raise ValueError(f"factor must be a finite number, 1 or above; got {factor}")
    if method in ("yarn", "llama3") and not original_max_len:
        raise ValueError(
            f"method {method!r} needs original_max_len, the length the model was trained at; "
            f"got {original_max_len}"
        )
    if original_max_len is not None:
        check_above("original_max_len", original_max_len)


def _check_ramp(
    method: str, base: float, factors: tuple[float, float], betas: tuple[float, float]
) -> None:
    """Raise where the ramp between kept and divided pairs cannot be made."""
    check_above("base", base)
    if method == "yarn":
        if base <= 1:
            raise ValueError(
                f"method 'yarn' needs a base above 1, or its logarithm divides by zero; got {base}"
            )
        for name, turns in zip(("beta_fast", "beta_slow"), betas, strict=True):
            check_above(name, turns)
        if betas[0] < betas[1]:
            raise ValueError(
                f"beta_fast must not be below beta_slow; got {betas[0]} and {betas[1]}"
            )
    if method == "llama3":
        for name, turns in zip(("low_freq_factor", "high_freq_factor"), factors, strict=True):
            check_above(name, turns)
        if factors[0] >= factors[1]:
            raise ValueError(
                "high_freq_factor must be above low_freq_factor, or the ramp divides by zero; "
                f"got {factors[1]} and {factors[0]}"
            )
