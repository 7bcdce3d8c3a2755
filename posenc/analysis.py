"""Numbers for pictures: kernels, nearest rivals, ramps, turns, linear predictability."""

import math
from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn import functional as F

from posenc.functional import inverse_frequencies

__all__ = [
    "Rival",
    "best_head",
    "first_rise",
    "kernel",
    "linear_r2",
    "nearest_rivals",
    "ramps",
    "turns",
    "wavelengths",
]


def wavelengths(dim: int, base: float = 10_000.0) -> Tensor:
    """Return the positions that each pair needs for one full turn, (dim/2,), float64.

    >>> wavelengths(512)[[0, -1]]
    tensor([6.2832e+00, 6.0611e+04], dtype=torch.float64)
    """
    return 2 * math.pi / inverse_frequencies(dim, base, dtype=torch.float64)


def turns(n: int, dim: int, base: float = 10_000.0) -> Tensor:
    """Return how many turns each pair completes from position 0 to n − 1, (dim/2,), float64.

    >>> int((turns(60, 512) >= 1).sum())
    63
    """
    return (n - 1) / wavelengths(dim, base)


def ramps(codes: Tensor) -> Tensor:
    """Return which channels only rise or only fall over the rows: (n, d) -> (d,), boolean.

    >>> ramps(torch.tensor([[0.0, 0.0], [1.0, 1.0], [2.0, 0.5]]))
    tensor([ True, False])
    """
    steps = codes.diff(dim=0)  # (n - 1, d)
    return (steps > 0).all(0) | (steps < 0).all(0)


def kernel(offsets: Tensor, dim: int, base: float = 10_000.0) -> Tensor:
    """Return the cosine similarity of two sinusoidal codes k positions apart: mean of cos(ω_i k).

    Shapes: ``(m,) -> (m,)``, float64. It depends on the offset alone, because every code
    has the length √(dim/2).

    >>> kernel(torch.tensor([0, 1, 10]), 512)
    tensor([1.0000, 0.9731, 0.6789], dtype=torch.float64)
    """
    inv_freq = inverse_frequencies(dim, base, dtype=torch.float64, device=offsets.device)
    return (offsets.to(torch.float64)[:, None] * inv_freq).cos().mean(-1)


def first_rise(values: Tensor) -> int | None:
    """Return the first index whose value is above the one before it, or None.

    >>> first_rise(torch.tensor([3.0, 2.0, 1.0, 1.5]))
    3
    """
    rises = (values.diff() > 0).nonzero()
    return int(rises[0]) + 1 if len(rises) else None


class Rival(NamedTuple):
    """For every row, how far the nearest other row is, and which it is."""

    distance: Tensor  # (n,)
    row: Tensor  # (n,)


def nearest_rivals(codes: Tensor) -> Rival:
    """Return for every code its nearest other code: (n, d) -> two (n,).

    Raises ``ValueError`` for fewer than two codes.

    >>> nearest_rivals(torch.tensor([[0.0], [1.0], [5.0]])).row
    tensor([1, 0, 1])
    """
    if codes.dim() != 2 or len(codes) < 2:
        raise ValueError(f"codes must be (n, d) with n ≥ 2; got {tuple(codes.shape)}")
    distances = torch.cdist(codes, codes, compute_mode="donot_use_mm_for_euclid_dist")
    return Rival(*distances.fill_diagonal_(math.inf).min(dim=1))


def linear_r2(inputs: Tensor, outputs: Tensor) -> float:
    """Return the share of the outputs' variance that a linear map of the inputs explains.

    Shapes: ``(n, m), (n, k)``; no constant term, since a weight matrix has none.
    Raises ``ValueError`` where the numbers of rows differ.

    >>> x = torch.arange(5.0)[:, None]
    >>> round(linear_r2(x, 3 * x), 6)
    1.0
    """
    if len(inputs) != len(outputs):
        raise ValueError(f"one row of outputs a row of inputs; got {len(inputs)}, {len(outputs)}")
    x, y = inputs.to(torch.float64), outputs.to(torch.float64)
    residual = y - x @ torch.linalg.lstsq(x, y, driver="gelsd").solution
    return float(1 - residual.pow(2).sum() / y.pow(2).sum())


def best_head(code: Tensor, k: int = 1) -> float:
    """Return the share of words that one head can make look most at the word k before them.

    Shapes: ``(n, d)``, of which the first k words are not asked. The head reads the code and
    a constant beside it, without a norm; its weights are searched for. The search is a convex
    problem: where weights that serve every word exist, it returns 1.

    Raises ``ValueError`` unless there are more than ``k`` ≥ 1 words.

    >>> p = torch.arange(8.0)
    >>> best_head(torch.stack((p, p**2), dim=1)), best_head(p[:, None]) < 1
    (1.0, True)
    """
    if code.dim() != 2 or not 1 <= k < len(code):
        raise ValueError(f"code must be (n, d) with n > k ≥ 1; got {tuple(code.shape)}, k={k}")
    code = code.detach().to(torch.float64)
    x = torch.cat((torch.ones_like(code[:, :1]), code), dim=1)
    axes, sizes, _ = torch.linalg.svd(x / x.abs().amax(0).clamp(min=1), full_matrices=False)
    x = axes[:, sizes > 1e-9 * sizes[0]] * len(x) ** 0.5  # (n, rank): what weights can tell apart
    wanted = torch.arange(len(x) - k)
    weights = torch.zeros(x.shape[1], x.shape[1], dtype=x.dtype, requires_grad=True)
    search = torch.optim.LBFGS([weights], max_iter=200, line_search_fn="strong_wolfe")

    def loss() -> Tensor:
        search.zero_grad()
        loss = F.cross_entropy(x[k:] @ weights @ x.T, wanted)  # scores (n - k, n)
        loss.backward()
        return loss

    search.step(loss)
    scores = x[k:] @ weights.detach() @ x.T
    return float((scores.argmax(dim=1) == wanted).double().mean())
