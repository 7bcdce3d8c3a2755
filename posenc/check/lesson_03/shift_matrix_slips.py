"""Wrong shift matrices that people publish, as programs: (k, dim) -> (dim, dim)."""

import torch
from torch import Tensor

from posenc.check.engine.sinusoid_slips import HALVES, ORDERS
from posenc.check.engine.slip import Slip
from posenc.check.engine.speeds import RULES, speeds_of
from posenc.functional import shift_matrix

F64 = torch.float64


def _blocks(k: float, speeds: Tensor, signs: tuple[int, ...] = (1, 1, -1, 1)) -> Tensor:
    """Return 2 × 2 blocks (cos, sin, −sin, cos), each entry times its sign but the third's."""
    cos, sin = (k * speeds).cos(), (k * speeds).sin()
    entries = [s * x for s, x in zip(signs, (cos, sin, sin, cos), strict=True)]
    return torch.block_diag(*torch.stack(entries, dim=-1).unflatten(-1, (2, 2)))


def _exchanged(angles: Tensor) -> Tensor:
    """Return 2 × 2 blocks (sin, cos, −cos, sin)."""
    return _blocks(1, torch.pi / 2 - angles)


def _shift(k: float, dim: int) -> Tensor:
    return shift_matrix(k, dim, dtype=F64)


def _sorted_shift(k: int, dim: int) -> Tensor:
    halves = ORDERS[HALVES](torch.arange(dim)[None])[0]
    return _shift(k, dim)[halves][:, halves]


SAYS = {  # where the exercise fixes the base, a learner may have kept another
    "halved-exponent": "the last speed is far too fast: the base is 10 000 (100 looks like this), "
    "and the exponent −2i/dim"
}
SLIPS = (
    Slip(
        "ignores-sign",
        lambda k, dim: _shift(abs(k), dim),
        "a shift by −5 turns like one by 5: the sign of k is lost, and k may be negative",
    ),
    Slip(
        "backwards",
        lambda k, dim: _shift(-k, dim),
        "the hands turn backwards: the code of p goes to p − k; the plus stands top right",
    ),
    Slip(
        "halves",
        _sorted_shift,
        "this shifts codes with all sines first; here sine and cosine of a pair are neighbours",
    ),
    Slip(
        "ignores-k", lambda k, dim: _shift(1, dim), "k is ignored: this is the matrix of one step"
    ),
    Slip(
        "one-speed",
        lambda k, dim: _blocks(k, torch.ones(dim // 2, dtype=F64)),
        "every block turns by the same angle; pair i must turn by ω_i k",
    ),
    Slip(
        "stands-still",
        lambda k, dim: torch.eye(dim, dtype=F64),
        "nothing turns: the matrix is the identity for every k",
    ),
    Slip(
        "mirror",
        lambda k, dim: _blocks(k, speeds_of(dim), (1, 1, 1, -1)),
        "the blocks are mirrors: a turn has cos twice on the diagonal and sin, −sin beside it",
    ),
    Slip(
        "no-minus",
        lambda k, dim: _blocks(k, speeds_of(dim), (1, 1, 1, 1)),
        "both sines have one sign: a turn has sin top right and −sin bottom left",
    ),
    Slip(
        "exchanged",
        lambda k, dim: _exchanged(k * speeds_of(dim)),
        "sine and cosine have changed places: the cosines stand on the diagonal",
    ),
    Slip(
        "entry-powers",
        lambda k, dim: _shift(1, dim) ** k,
        "the entries were raised to the power k: torch.linalg.matrix_power multiplies matrices",
    ),
    Slip(
        "k-times",
        lambda k, dim: k * _shift(1, dim),
        "k times the matrix of one step: apply it k times, or turn by k times the angle",
    ),
    *(
        Slip(slug, lambda k, dim, r=rule: _blocks(k, speeds_of(dim, r)), SAYS.get(slug, says))
        for slug, (rule, says) in RULES.items()
        if slug not in ("ends-at-base", "one-speed")
    ),
    Slip(
        "ends-at-base",
        lambda k, dim: _blocks(k, speeds_of(dim, RULES["ends-at-base"][0])),
        "the speeds are divided by d/2 − 1: this shifts tensor2tensor's codes; here it is d/2",
    ),
)
