"""Numbers for pictures: kernels, nearest rivals, ramps, turns, linear predictability."""

import math
from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn import functional as F

from posenc.functional import inverse_frequencies

__all__ = [
    "Equivalence",
    "Rival",
    "best_head",
    "equivalence",
    "first_rise",
    "kernel",
    "linear_r2",
    "nearest_rivals",
    "ramps",
    "smallest_head",
    "turns",
    "wavelengths",
    "weight_on",
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
    k = _exact(offsets)  # (m,)
    inv_freq = inverse_frequencies(dim, base, dtype=torch.float64, device=k.device)  # (dim/2,)
    return (k[:, None] * inv_freq).cos().mean(-1)  # (m,)


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
    # on a GPU lstsq is wrong where columns depend on each other, as those of codes do
    x, y = (part.detach().to("cpu", torch.float64) for part in (inputs, outputs))
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
    code = code.detach().to("cpu", torch.float64)
    x = torch.cat((torch.ones_like(code[:, :1]), code), dim=1)
    axes, sizes, _ = torch.linalg.svd(x / x.abs().amax(0).clamp(min=1), full_matrices=False)
    x = axes[:, sizes > 1e-9 * sizes[0]] * len(x) ** 0.5  # (n, rank): what weights can tell apart
    wanted = torch.arange(len(x) - k, device=x.device)
    weights = x.new_zeros(x.shape[1], x.shape[1]).requires_grad_()
    search = torch.optim.LBFGS([weights], max_iter=200, line_search_fn="strong_wolfe")

    def loss() -> Tensor:
        search.zero_grad()
        loss = F.cross_entropy(x[k:] @ weights @ x.T, wanted)  # scores (n - k, n)
        loss.backward()
        return loss

    search.step(loss)
    scores = x[k:] @ weights.detach() @ x.T
    return float((scores.argmax(dim=1) == wanted).double().mean())


def smallest_head(inv_freq: Tensor, trained: int, *, k: int = 1, price: float = 1e-3) -> Tensor:
    """Return the amplitudes with which one head finds the key k back, (m,), float64.

    A prediction of what RoPE learns, without training a model. The score at relative distance
    t is ``Σ aᵢ cos(ωᵢ (t − k))`` with ``aᵢ ≥ 0``; the search minimises the cross entropy of
    the attention weights in texts of ``trained`` tokens, keys on both sides, plus
    ``price · Σ aᵢ``. An amplitude is a query weight times a key weight, and weight decay on
    both costs as much as their product; so frequencies that are not needed get nothing.

    Raises ``ValueError`` unless ``trained`` > ``k`` ≥ 1 and ``price`` > 0.

    >>> smallest_head(torch.tensor([1.0, 0.316, 0.1]), 16).round()
    tensor([14.,  5.,  0.], dtype=torch.float64)
    """
    if not 1 <= k < trained or not price > 0:
        raise ValueError(f"need trained > k ≥ 1 and price > 0; got {trained}, {k} and {price}")
    waves = _waves(inv_freq, trained, k)  # (trained - k, trained, m)
    wanted = torch.arange(trained - k)
    roots = waves.new_ones(len(inv_freq)).requires_grad_()  # aᵢ is a square, so never negative
    search = torch.optim.LBFGS(
        [roots], max_iter=500, line_search_fn="strong_wolfe", tolerance_grad=1e-10
    )

    def loss() -> Tensor:
        search.zero_grad()
        loss = F.cross_entropy(waves @ roots**2, wanted) + price * roots.square().sum()
        loss.backward()
        return loss

    search.step(loss)
    return roots.detach() ** 2


def weight_on(inv_freq: Tensor, amplitudes: Tensor, n: int, *, k: int = 1) -> float:
    """Return the mean attention weight on the key k back, in texts of n tokens.

    The head is that of ``smallest_head``; every query from the k-th on is asked once.

    >>> weight_on(torch.ones(1), torch.zeros(1), n=4)
    0.25
    """
    weights = (_waves(inv_freq, n, k) @ amplitudes.double()).softmax(-1)  # (n - k, n)
    return float(weights.diagonal().mean())


def _waves(inv_freq: Tensor, n: int, k: int) -> Tensor:
    """Return cos(ωᵢ (t − k)) for every query from the k-th on and every key, (n − k, n, m)."""
    pos = torch.arange(n, dtype=torch.float64)  # (n,)
    distance = pos[k:, None] - pos  # (n - k, n)
    return ((distance - k)[..., None] * inv_freq.detach().to("cpu", torch.float64)).cos()


def _exact(values: Tensor) -> Tensor:
    """Return the values in float64, on the CPU where their device has none (Apple's)."""
    home = "cpu" if values.device.type == "mps" else values.device
    return values.to(home).to(torch.float64)


class Equivalence(NamedTuple):
    """How two codes are related, and what follows for weights that were trained with one."""

    kind: str  # "identical" · "channel permutation" · "rotation" · "different kernel"
    follows: str
    gap: float  # the largest difference between the products of any two rows

    def __repr__(self) -> str:
        return f"{self.kind}: {self.follows}"


FOLLOWS = {
    "identical": "trained weights load as they are",
    "channel permutation": "a new model learns the same; trained weights load once the rows of "
    "every matrix that reads the code are put into the new order",
    "rotation": "every product of two codes is the same, so a new model can learn the same; "
    "trained weights load only together with the matrix that turns one code into the other",
    "different kernel": "another code: trained weights do not fit it",
}


def equivalence(a: Tensor, b: Tensor, *, atol: float = 1e-4) -> Equivalence:
    """Return how the codes of the same positions, (n, d) and (n, d), are related.

    "rotation" stands for any orthogonal map, a mirror included: it leaves all products of
    two rows as they are, and exists wherever they are. The default ``atol`` lets float32
    pass. Raises ``ValueError`` for tables of different shape, of fewer than two rows, or
    with entries that are not finite.

    >>> from posenc.functional import sinusoidal
    >>> pos = torch.arange(50)
    >>> code = sinusoidal(pos, 8)
    >>> equivalence(code, torch.cat((code[:, 0::2], code[:, 1::2]), 1)).kind
    'channel permutation'
    >>> equivalence(code, sinusoidal(pos + 1, 8)).kind
    'rotation'
    >>> equivalence(code, sinusoidal(pos, 8, base=1000.0)).kind
    'different kernel'
    """
    if a.shape != b.shape or a.dim() != 2 or len(a) < 2:
        raise ValueError(
            f"two tables of one shape (n, d) with n ≥ 2 are compared; got {tuple(a.shape)} "
            f"and {tuple(b.shape)}"
        )
    a, b = (table.detach().to("cpu", torch.float64) for table in (a, b))
    if not (a.isfinite().all() and b.isfinite().all()):
        raise ValueError("a table holds NaN or infinite entries; there is nothing to compare")
    gap = (a @ a.T - b @ b.T).abs().max().item()  # (n, n) products
    kind = _kind(a, b, atol, gap <= atol * max(1.0, a.shape[1]))
    return Equivalence(kind, FOLLOWS[kind], gap)


def _kind(a: Tensor, b: Tensor, atol: float, same_products: bool) -> str:
    if torch.allclose(a, b, rtol=0, atol=atol):
        return "identical"
    if _columns_match(a, b, atol):
        return "channel permutation"
    return "rotation" if same_products else "different kernel"


def _columns_match(a: Tensor, b: Tensor, atol: float) -> bool:
    """Return whether each column of ``a`` has one of its own in ``b``."""
    free = list(range(b.shape[1]))
    for column in a.T:
        fits = [j for j in free if (b[:, j] - column).abs().max() <= atol]
        if not fits:
            return False
        free.remove(fits[0])
    return True
