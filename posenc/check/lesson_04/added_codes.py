"""What a module adds to the words: the right codes, of the right positions."""

import inspect
from typing import Any, NoReturn

import torch
from torch import Tensor, nn

from posenc.check.engine.sinusoid_slips import CHANNELS, FINE_CODES
from posenc.check.engine.sinusoids import close, explain_table
from posenc.check.engine.verdict import Mistake, require, same
from posenc.check.lesson_04.positional_module_slips import SLIPS
from posenc.functional import sinusoidal

SAYS = {slip.slug: slip.says for slip in (*CHANNELS, *SLIPS)}
F32 = torch.float32
FORMS = {"": sinusoidal, **{slip.says: slip.program for slip in FINE_CODES}}  # remark -> codes


def stop(slug: str, detail: str = "") -> NoReturn:
    """Raise the slip of this name, with its sentence and a detail."""
    raise Mistake(slug, f"{SAYS[slug]}; {detail}" if detail else SAYS[slug])


def refuse(wrong: object, slug: str, detail: str = "") -> None:
    """Raise the slip of this name where something is wrong."""
    if wrong:
        stop(slug, detail)


def zeros(b: int, n: int, dtype: torch.dtype = F32) -> Tensor:
    """Return words of zeros, (b, n, 8): what comes out is the code alone."""
    return torch.zeros(b, n, 8, dtype=dtype)


def codes(n: int, form: str = "") -> Tensor:
    """Return right codes of width 8, (n, 8), in one of the forms that count as right."""
    return FORMS[form](torch.arange(n), 8).to(F32)


def values(module: nn.Module) -> str:
    """Raise unless the codes are right; return the form of their channels."""
    _axes(module)
    added = called(module, zeros(2, 64), "64 words with max_len=64")
    case = "the codes added to (2, 64, 8) zeros"
    if not isinstance(added, Tensor) or added.shape != (2, 64, 8):
        same(added, codes(64).expand(2, 64, 8), case=case)
    _twice(module, added)
    form = _form(added[0])
    if form is None:
        _ids(added[0])
        _scaled(added[0])
        explain_table(added[0], torch.arange(64), case)
    same(added, codes(64, form or "").expand(2, 64, 8), case=case)
    _words(module, added)
    return form or ""


def _twice(module: nn.Module, added: Tensor) -> None:
    """Raise where a second call gives other numbers than the first."""
    again = module(zeros(2, 64))
    if not torch.equal(again, added):
        dropped = float((added == 0).double().mean()) > 0.08  # of right codes a tenth of that
        refuse(dropped or drops(type(module)), "dropout-in-eval")
        raise Mistake("remembers", "two calls with the same x differ: forward must keep nothing")


def drops(cls: type[nn.Module]) -> list[str]:
    """Return the names of the constructor's arguments that are about dropout."""
    return [name for name in inspect.signature(cls).parameters if "drop" in name.lower()]


def _form(code: Tensor) -> str | None:
    """Return the form in which these are right codes, or None."""
    fits = (name for name in FORMS if close(code, codes(len(code), name)))
    return next(fits, None)


def _words(module: nn.Module, added: Tensor) -> None:
    """Raise unless a module with right codes adds them to the words, and only adds."""
    x = torch.linspace(-2, 2, 2 * 64 * 8, dtype=F32).reshape(2, 64, 8)
    kept = x.clone()
    found = called(module, x, "64 words with max_len=64")
    refuse(not torch.equal(x, kept), "mutates-input")
    refuse(isinstance(found, Tensor) and close(found, added), "code-alone")
    if isinstance(found, Tensor) and found.shape == x.shape:
        factor = float(((found - added) * kept).sum() / kept.square().sum())
        if abs(factor - 1) > 1e-3 and close(found, factor * kept + added, 1e-3):
            refuse(abs(factor - 8**0.5) < 1e-3, "times-root-d", "√8 = 2.83")
            raise Mistake("scales-words", f"x is multiplied by {factor:.3g}: return x + code")
    same(found, kept + added, case="module(x) for x of (2, 64, 8)")


def called(module: nn.Module, x: Tensor, case: str) -> Any:
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


def _axes(module: nn.Module) -> None:
    """Raise where the table is cut, or laid, along another axis than that of the words."""
    if not _fits(module, 3, 5):
        refuse(_fits(module, 3, 64), "not-cut")
        single = _fits(module, 1, 5) and module(zeros(1, 5)).shape == (5, 5, 8)
        refuse(single, "words-first")
        refuse(_fits(module, 5, 5), "batch-axis")
    added = called(module, zeros(3, 5), "5 words with max_len=64")
    if isinstance(added, Tensor) and added.shape in ((5, 8), (1, 5, 8)):
        of_ones = torch.equal(module(zeros(3, 5) + 1), added)
        refuse(of_ones and _form(added.reshape(5, 8)) is not None, "code-alone")
    same_shape = isinstance(added, Tensor) and added.shape == (3, 5, 8)
    if not same_shape:
        same(added, codes(5).expand(3, 5, 8), case="the codes added to (3, 5, 8) zeros")
    of_sentence = (added == added[:, :1]).all() and (added[0] != added[1]).any()
    refuse(of_sentence, "batch-axis")


def _fits(module: nn.Module, b: int, n: int) -> bool:
    """Return whether b sentences of n words raise no complaint of PyTorch's about shapes."""
    try:
        module(zeros(b, n))
    except RuntimeError as error:
        return isinstance(error, NotImplementedError)
    except Exception:  # named where the call is made in earnest
        return True
    return True


def _ids(code: Tensor) -> None:
    """Raise where the rows are right codes, but of other positions than 0, 1, 2, …"""
    n = len(code)
    for form in FORMS:
        apart = torch.cdist(code.detach().double(), codes(1000, form).double())
        ids = apart.argmin(-1)
        if (apart.amin(-1) > 1e-3).any() or torch.equal(ids, torch.arange(n)):
            continue
        i = int((ids != torch.arange(n)).nonzero()[0])
        where = f"word {i} gets the code of position {int(ids[i])}"
        refuse(torch.equal(ids, torch.arange(n) + 1), "from-one")
        require(bool((ids != ids[0]).any()), "one-code", f"every word gets one code: {where}")
        require(bool((ids.diff() != 1).any()), "offset", f"{where}: count from 0")
        refuse((ids.diff() > 0).all(), "gap", where)
        stop("rotated", where)


def _scaled(code: Tensor) -> None:
    for form in FORMS:
        right = codes(len(code), form)
        factor = float((code * right).sum() / right.square().sum())
        if close(code, factor * right, 1e-3) and abs(factor) > 1e-3:
            told = f"the code is multiplied by {factor:.3g}: return x + code"
            raise Mistake("scaled-code", told)
