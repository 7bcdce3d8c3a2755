"""What a wrong table of position vectors was made with: its rounding, its base, its exponents."""

import torch
from torch import Tensor

from posenc.check.engine.sinusoid_slips import ORDERS, put_back
from posenc.check.engine.verdict import Mistake
from posenc.functional import sinusoidal

F64 = torch.float64
BASE = 10_000.0


def right(n: int, d: int, base: float = BASE) -> Tensor:
    """Return the vectors of the positions 0 to n − 1, (n, d), in float64."""
    return sinusoidal(torch.arange(n), d, base, dtype=F64)


def tell_rounded(tables: list[Tensor]) -> None:
    """Raise where the tables are the right ones but for the rounding of their numbers."""
    gaps = [(table.double() - right(*table.shape)).abs() for table in tables]
    most = max(float(gap.max()) for gap in gaps)
    if not 1e-4 < most < 1e-2:
        return
    said = "The position vectors are rounded"
    for dtype in (torch.bfloat16, torch.float16):
        if all(torch.equal(table, table.to(dtype).to(table.dtype)) for table in tables):
            said += f" to {str(dtype)[6:]}"
            break
    n = max(range(len(gaps)), key=lambda number: float(gaps[number].max()))
    p, c = divmod(int(gaps[n].argmax()), tables[n].shape[1])
    stands, wanted = float(tables[n][p, c]), float(right(*tables[n].shape)[p, c])
    raise Mistake(
        "rounded",
        f"{said}: position {p} has {stands:.4f} for {wanted:.4f}. Keep them in float32.",
    )


def tell_base(tables: list[Tensor]) -> None:
    """Raise where the tables are all those of one other base, in any order of the channels."""
    bases = [_base(table.double()) for table in tables if table.shape[1] > 2]
    if not bases or not bases[0] or any(abs(one / bases[0] - 1) > 0.02 for one in bases):
        return
    near = f"{float(f'{bases[0]:.3g}'):,.0f}".replace(",", " ")
    raise Mistake("other-base", f"The base is {near}. Use 10 000.")


def _base(table: Tensor) -> float:
    """Return the base of this table, 0 where it has none but 10 000."""
    n, d = table.shape
    for order in ORDERS:
        pairs = put_back(table, order).unflatten(1, (-1, 2))
        slowest = float(torch.atan2(pairs[1, -1, 0], pairs[1, -1, 1]))
        if not 0 < slowest < 1:
            continue
        base = slowest ** (-d / (d - 2))
        if abs(base / BASE - 1) < 1e-2 or not 1 < base < 1e12:
            continue
        if torch.allclose(pairs.flatten(1), right(n, d, base), rtol=0, atol=2e-3 + n * 1e-5):
            return base
    return 0.0


def tell_exponents(table: Tensor, d: int) -> None:
    """Raise where a channel is a sine or a cosine with another exponent k/d than it needs."""
    n = len(table)
    half_steps = torch.arange(-2 * d, 6 * d + 1) / 2  # the k of k/d
    angles = torch.arange(n)[:, None] * BASE ** (-half_steps.double() / d)
    waves = {"sin": angles.sin(), "cos": angles.cos()}  # (n, k)
    for channel in range(d):
        name, needed = ("sin", "cos")[channel % 2], channel // 2 * 2
        fits = {
            kind: (wave - table[:, channel : channel + 1].double()).abs().amax(0) < 5e-5
            for kind, wave in waves.items()
        }
        if fits[name][half_steps == needed].any():
            continue
        found = [(kind, float(k)) for kind, fit in fits.items() for k in half_steps[fit]]
        if len(found) != 1:
            return
        kind, k = found[0]
        told = f"For d = {d}, channel {channel} is {kind}(pos / 10 000^({k:g}/{d})). "
        told += f"It must be {name}(pos / 10 000^({needed}/{d})): a pair shares the exponent 2i/d."
        raise Mistake("exponent" if kind == name else "sine-for-cosine", told)
