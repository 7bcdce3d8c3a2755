"""The exercises of notebook 04: a module, a table to mend, a test to write."""

import math
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn

from posenc.check._verdict import Mistake, Remark, Verdict, judge, require, same
from posenc.functional import sinusoidal

__all__ = ["mended_table", "positional_module", "table_test"]

HALVES = "all sines, then all cosines: the same code with its channels in another order"


def positional_module(answer: type[nn.Module]) -> Verdict:
    """Check ``cls(d_model, max_len=…)``, a module ``(b, n, d) -> (b, n, d)`` that adds the codes.

    It must hold against the traps: the batch axis, the length, an odd width, another device,
    training, half precision, and the caller's own tensor.

    >>> class Right(torch.nn.Module):
    ...     def __init__(self, d_model, max_len=5000):
    ...         super().__init__()
    ...         if d_model % 2:
    ...             raise ValueError(f"d_model must be even; got {d_model}")
    ...         self.d_model = d_model
    ...
    ...     def forward(self, x):
    ...         pos = torch.arange(x.shape[1], device=x.device)
    ...         return (x + sinusoidal(pos, self.d_model)).to(x.dtype)
    >>> positional_module(Right).passed
    ✓ positional_module: right values, and none of the traps bites
    True
    """
    return judge("positional_module", answer, _examine_module)


def mended_table(answer: Callable[[int, int], Tensor]) -> Verdict:
    """Check ``(n, d)`` -> the table of sinusoidal codes, (n, d), mended from a published slip.

    >>> mended_table(lambda n, d: sinusoidal(torch.arange(n), d)).passed
    ✓ mended_table: sine and cosine of a pair share their speed, and the speeds are right
    True
    """
    return judge("mended_table", answer, _examine_table)


def table_test(answer: Callable[[Tensor], bool]) -> Verdict:
    """Check a test of tables, ``(n, d) -> bool``: healthy tables pass, ill ones do not.

    >>> table_test(lambda table: True).mistake
    ✗ table_test: it lets an ill table pass: one row for all positions
    'lets-pass'
    """
    return judge("table_test", answer, _examine_test)


# --- a module -----------------------------------------------------------------------------


def _examine_module(cls: type[nn.Module]) -> str:
    module = cls(8, max_len=64)
    require(
        isinstance(module, nn.Module),
        "not-a-module",
        f"it must make a torch.nn.Module; it makes {type(module).__name__}",
    )
    halves = _examine_values(module)
    _examine_homes(module, cls)
    _examine_half(cls, halves)
    _examine_length(cls, halves)
    _examine_odd(cls)
    if halves:
        raise Remark(f"right, and none of the traps bites ({HALVES})")
    return "right values, and none of the traps bites"


def _examine_values(module: nn.Module) -> bool:
    """Raise unless the codes are right; return whether the sines come before the cosines."""
    added = module(torch.zeros(3, 5, 8))
    case = "the codes added to (3, 5, 8) zeros"
    if isinstance(added, Tensor) and added.shape == (3, 5, 8):
        of_sentence = (added == added[:, :1]).all() and (added[0] != added[1]).any()
        require(
            not of_sentence,
            "batch-axis",
            "all words of a sentence get one code, and each sentence another: "
            "the table is sliced by x.shape[0], which is the batch; words are on axis 1",
        )
    halves = isinstance(added, Tensor) and _is_halves(added)
    same(added, _codes(5, halves).expand(3, 5, 8), case=case)
    x = torch.linspace(-2, 2, 2 * 64 * 8).reshape(2, 64, 8)
    kept = x.clone()
    same(module(x), kept + _codes(64, halves), case="module(x) for x of (2, 64, 8)")
    require(
        torch.equal(x, kept),
        "in-place",
        "the caller's x has changed: write x + code, not x += code",
    )
    return halves


def _is_halves(added: Tensor) -> bool:
    return added.shape == (3, 5, 8) and torch.allclose(added[0].float(), _codes(5, True), atol=1e-4)


def _codes(n: int, halves: bool = False) -> Tensor:
    """Return the right codes of width 8, (n, 8)."""
    code = sinusoidal(torch.arange(n), 8)
    return torch.cat((code[:, 0::2], code[:, 1::2]), dim=-1) if halves else code


def _examine_homes(module: nn.Module, cls: type[nn.Module]) -> None:
    trained = [name for name, _ in module.named_parameters()]
    require(
        not trained,
        "trains",
        f"{trained} would be trained: a fixed table is a buffer, not a Parameter",
    )
    try:
        moved = cls(8, max_len=64).to("meta")
        device = moved(torch.zeros(1, 5, 8, device="meta")).device
    except Exception as error:  # whatever it raises there, it did not raise on the CPU
        raise Mistake(
            "stays-behind",
            f"after .to(device) something is still on the CPU ({type(error).__name__}): "
            "a plain attribute, or a torch.arange without device=x.device",
        ) from None
    require(
        device.type == "meta",
        "stays-behind",
        f"words on the device {'meta'!r} come back on {device.type!r}",
    )


def _examine_half(cls: type[nn.Module], halves: bool) -> None:
    x = torch.zeros(1, 600, 8, dtype=torch.bfloat16)
    module = cls(8, max_len=600)
    for said, out in (("", module(x)), (" after .bfloat16()", module.bfloat16()(x))):
        require(
            out.dtype == x.dtype,
            "dtype",
            f"bfloat16 goes in{said} and {str(out.dtype).removeprefix('torch.')} comes out: "
            "cast the sum back with .to(x.dtype)",
        )
        require(
            not torch.equal(out[0, 256], out[0, 257]),
            "half-positions",
            f"positions 256 and 257 get one code{said}: count and turn in float32, cast last",
        )
        case = f"the codes added to bfloat16 words{said}"
        same(out[0], _codes(600, halves), case=case, atol=0.01)


def _examine_length(cls: type[nn.Module], halves: bool) -> None:
    advice = "raise a ValueError that says both lengths, or compute the codes without a table"
    module = cls(8, max_len=16)
    try:
        out = module(torch.zeros(1, 17, 8))
    except ValueError:
        return
    except Exception as error:
        raise Mistake(
            "length", f"17 words with max_len=16 raise {type(error).__name__}: {advice}"
        ) from None
    case = "the codes added to 17 words with max_len=16"
    same(out[0], _codes(17, halves), case=case)


def _examine_odd(cls: type[nn.Module]) -> None:
    try:
        cls(7, max_len=16)
    except ValueError:
        return
    except Exception as error:
        raise Mistake(
            "odd-width",
            f"d_model=7 raises {type(error).__name__}, which does not say what to do: "
            "raise a ValueError before the table is filled",
        ) from None
    raise Mistake("odd-width", "d_model=7 must raise a ValueError: one channel has no partner")


# --- a table to mend ----------------------------------------------------------------------


def _examine_table(make: Callable[[int, int], Tensor]) -> str:
    for n, d in ((6, 8), (40, 12)):
        found, right = make(n, d), sinusoidal(torch.arange(n), d, dtype=torch.float64)
        case = f"mended({n}, {d})"
        if isinstance(found, Tensor) and found.shape == right.shape:
            table = found.detach().to("cpu", torch.float64)
            if torch.allclose(table, _halved(right), atol=1e-4):
                raise Remark(HALVES)
            _name_slip(table, case)
        same(found, right, case=case)
    return "sine and cosine of a pair share their speed, and the speeds are right"


def _name_slip(table: Tensor, case: str) -> None:
    # base ** -(2i/d) for i = 0, 2, 4, … is the right formula for the base squared
    doubled = sinusoidal(torch.arange(len(table)), table.shape[1], 1e8, dtype=torch.float64)
    require(
        not torch.allclose(table, doubled, atol=1e-4),
        "doubled-exponent",
        f"{case}: the pairs agree now, but i still runs 0, 2, 4, …, so 2i/d doubles it again",
    )
    circles = table[:, 0::2] ** 2 + table[:, 1::2] ** 2  # (n, d/2): 1 where a pair agrees
    wrong = ((circles - 1).abs() > 1e-3).nonzero()
    if len(wrong):
        p, pair = (int(i) for i in wrong[0])
        raise Mistake(
            "pair",
            f"{case}: at position {p}, channels {2 * pair} and {2 * pair + 1} are not the sine "
            "and cosine of one angle: both must use the same exponent",
        )


def _halved(table: Tensor) -> Tensor:
    return torch.cat((table[:, 0::2], table[:, 1::2]), dim=-1)


# --- a test to write ----------------------------------------------------------------------


def _examine_test(test: Callable[[Tensor], Any]) -> str:
    for told, table in _ill().items():
        require(not bool(test(table)), "lets-pass", f"it lets an ill table pass: {told}")
    for told, table in _healthy().items():
        require(bool(test(table)), "rejects", f"it rejects a healthy table: {told}")
    return f"{len(_ill())} ill tables found out, {len(_healthy())} healthy ones let pass"


def _healthy() -> dict[str, Tensor]:
    pos = torch.arange(320)
    right = sinusoidal(pos, 32, dtype=torch.float64)
    return {
        "the code of the paper": right,
        HALVES: _halved(right),
        "the code of the paper, 64 channels": sinusoidal(pos, 64, dtype=torch.float64),
        "positions 1000 to 1319": sinusoidal(pos + 1000, 32, dtype=torch.float64),
    }


def _ill() -> dict[str, Tensor]:
    pos, d = torch.arange(320, dtype=torch.float64), 32
    right = sinusoidal(pos, d, dtype=torch.float64)
    exponent = torch.arange(0, d, dtype=torch.float64) / d
    angles = pos[:, None] * 10_000**-exponent
    pairs = angles[:, 0::2].repeat_interleave(2, -1)
    by_row = torch.where(pos[:, None] % 2 == 0, pairs.sin(), pairs.cos())
    doubled = pos[:, None] * 10_000 ** (-2 * exponent)
    upwards = pos[:, None] * 10_000 ** exponent[0::2]
    noise = torch.randn(320, d, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    return {
        "one row for all positions": right[:1].expand(320, d),
        "sines in even rows, cosines in odd ones": by_row,
        "exponent doubled, cosines one further": _interleaved(doubled),
        "speeds that grow to 10 000": torch.stack((upwards.sin(), upwards.cos()), -1).flatten(1),
        "positions in bfloat16": sinusoidal(pos.bfloat16(), d, dtype=torch.float64),
        "the last ten rows count from 0 again": torch.cat((right[:310], right[:10])),
        "random vectors": noise * math.sqrt(0.5),
    }


def _interleaved(angles: Tensor) -> Tensor:
    """Return the sine of the even and the cosine of the odd columns."""
    return torch.stack((angles[:, 0::2].sin(), angles[:, 1::2].cos()), -1).flatten(1)
