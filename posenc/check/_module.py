"""The exercises of notebook 04: a module, a table to mend, a test to write."""

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn

from posenc.check import _frequency
from posenc.check._verdict import Mistake, Remark, Verdict, judge, require, same
from posenc.check._ward import ORDERS, SLIPS, healthy, ill, order_of
from posenc.functional import sinusoidal

__all__ = ["mended_table", "positional_module", "table_test"]

CODE_ALONE = "it returns the code alone: it must return x + code"


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
    order = _examine_values(module)
    _examine_homes(module, cls)
    _examine_half(cls, order)
    _examine_length(cls, order)
    _examine_odd(cls)
    if order:
        raise Remark(f"right, and none of the traps bites ({order})")
    return "right values, and none of the traps bites"


def _examine_values(module: nn.Module) -> str:
    """Raise unless the codes are right; return the order of their channels."""
    added = _first_call(module)
    order = _diagnosed(added.detach().double()) if isinstance(added, Tensor) else ""
    same(added, _codes(5, order).expand(3, 5, 8), case="the codes added to (3, 5, 8) zeros")
    x = torch.linspace(-2, 2, 2 * 64 * 8).reshape(2, 64, 8)
    kept = x.clone()
    found, code = _called(module, x, "64 words with max_len=64"), _codes(64, order).expand_as(x)
    alone = isinstance(found, Tensor) and _frequency._close(found, code.double())
    require(not alone, "code-alone", CODE_ALONE)
    same(found, kept + code, case="module(x) for x of (2, 64, 8)")
    require(
        torch.equal(x, kept),
        "mutates-input",
        "the caller's x has changed: write x + code, not x += code",
    )
    return order


def _called(module: nn.Module, x: Tensor, case: str) -> Any:
    """Return ``module(x)``, a call that must work; name it where it does not."""
    try:
        return module(x)
    except NotImplementedError:
        raise
    except Exception as error:
        text = " ".join(str(error).split())[:120]
        raise Mistake(
            "raises", f"{case} must work; it raised {type(error).__name__}: {text}"
        ) from None


def _first_call(module: nn.Module) -> Any:
    """Return what is added to (3, 5, 8) zeros; name the wrong slice where that fails."""
    if not _fits(module, 3, 5):
        cut = "cut the table to x.shape[1] rows"
        uncut = f"5 words and a table of 64 rows do not fit: {cut}"
        require(not _fits(module, 3, 64), "not-cut", uncut)
        by_batch = f"the table is sliced by the batch axis, x.shape[0]: {cut}"
        require(not _fits(module, 5, 5), "batch-axis", by_batch)
    return _called(module, torch.zeros(3, 5, 8), "5 words with max_len=64")


def _fits(module: nn.Module, b: int, n: int) -> bool:
    """Return whether b sentences of n words raise no complaint of PyTorch's about shapes."""
    try:
        module(torch.zeros(b, n, 8))
    except RuntimeError as error:
        return isinstance(error, NotImplementedError)
    except Exception:  # named where the call is made in earnest
        return True
    return True


def _diagnosed(added: Tensor) -> str:
    """Return the order of the channels of the codes, or raise the mistake that they show."""
    if added.shape in ((5, 8), (1, 5, 8)) and order_of(added.reshape(5, 8)) is not None:
        raise Mistake("code-alone", CODE_ALONE)
    if added.shape != (3, 5, 8):
        return ""
    of_sentence = (added == added[:, :1]).all() and (added[0] != added[1]).any()
    require(
        not of_sentence,
        "batch-axis",
        "all words of a sentence get one code, and each sentence another: "
        "the table is sliced by x.shape[0], which is the batch; words are on axis 1",
    )
    order = order_of(added[0])
    if order is None:
        _frequency._why(added[0], torch.arange(5), _codes(5).double())
    return order or ""


def _codes(n: int, order: str = "") -> Tensor:
    """Return the right codes of width 8, (n, 8)."""
    return ORDERS[order](sinusoidal(torch.arange(n), 8))


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


def _examine_half(cls: type[nn.Module], order: str) -> None:
    x = torch.zeros(1, 600, 8, dtype=torch.bfloat16)
    module = cls(8, max_len=600)
    for said in ("", " after .bfloat16()"):
        module = module.bfloat16() if said else module
        out = _called(module, x, f"600 words in bfloat16 with max_len=600{said}")
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
        same(out[0], _codes(600, order), case=case, atol=0.01)


def _examine_length(cls: type[nn.Module], order: str) -> None:
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
    same(out[0], _codes(17, order), case=case)


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
            order = order_of(table)
            if order:
                raise Remark(order)
            if order is None:
                _name_slip(table, case)
        same(found, right, case=case)
    return "sine and cosine of a pair share their speed, and the speeds are right"


def _name_slip(table: Tensor, case: str) -> None:
    d, pos = table.shape[1], torch.arange(len(table))
    half_empty = bool(table[:, 0].any()) and not table[:, d // 2 + 1 :].any()
    told = "half of the channels are still 0: a pair is channels 2k and 2k+1, not k and k+1"
    require(not half_empty, "half-empty", f"{case}: {told}")
    for slug, (base, message) in SLIPS.items():
        known = sinusoidal(pos, d, base, dtype=torch.float64)
        require(not torch.allclose(table, known, atol=1e-4), slug, f"{case}: {message}")
    _frequency._wrong_rows(table, pos, sinusoidal(pos, d, dtype=torch.float64))
    circles = table[:, 0::2] ** 2 + table[:, 1::2] ** 2  # (n, d/2): 1 where a pair agrees
    wrong = ((circles - 1).abs() > 1e-3).nonzero()
    if len(wrong):
        p, pair = (int(i) for i in wrong[0])
        raise Mistake(
            "pair",
            f"{case}: at position {p}, channels {2 * pair} and {2 * pair + 1} are not the sine "
            "and cosine of one angle: both must use the same exponent",
        )
    _frequency._wrong_pairs(table, pos)


# --- a test to write ----------------------------------------------------------------------


def _examine_test(test: Callable[[Tensor], Any]) -> str:
    for told, table in ill().items():
        require(not _answer(test, table), "lets-pass", f"it lets an ill table pass: {told}")
    for told, table in healthy().items():
        require(_answer(test, table), "rejects", f"it rejects a healthy table: {told}")
    return f"{len(ill())} ill tables found out, {len(healthy())} healthy ones let pass"


def _answer(test: Callable[[Tensor], Any], table: Tensor) -> bool:
    found = test(table)
    require(found is not None, "returned-none", "it returned None: return True or False")
    return bool(found)
