"""What a module adds to the embeddings: the right vectors, of the right positions."""

import inspect
import re
from typing import Any, NoReturn

import torch
from torch import Tensor, nn

from posenc.check.engine.form import no_result
from posenc.check.engine.place import line_of
from posenc.check.engine.sinusoid_slips import CHANNELS, FINE_CODES, ORDERS, put_back
from posenc.check.engine.sinusoids import close, explain_table, named
from posenc.check.engine.verdict import Mistake, require, same
from posenc.check.lesson_04.positional_module_slips import SLIPS
from posenc.check.lesson_04.sizes import sentences, tried
from posenc.check.lesson_04.tables import tell_base, tell_exponents, tell_rounded
from posenc.functional import sinusoidal

SAYS = {slip.slug: slip.says for slip in (*CHANNELS, *SLIPS)}
F32 = torch.float32
FORMS = {"": sinusoidal, **{slip.says: slip.program for slip in FINE_CODES}}  # remark -> vectors


def stop(slug: str, detail: str = "") -> NoReturn:
    """Raise the slip of this name, with its sentence and a detail."""
    says = sentences(tried()).get(slug, SAYS[slug])
    raise Mistake(slug, f"{says} ({detail})" if detail else says)


def refuse(wrong: object, slug: str, detail: str = "") -> None:
    """Raise the slip of this name where something is wrong."""
    if wrong:
        stop(slug, detail)


def zeros(b: int, n: int, dtype: torch.dtype = F32, d: int = 0) -> Tensor:
    """Return embeddings of zeros, (b, n, d): what comes out is the position vector alone."""
    return torch.zeros(b, n, d or tried().d, dtype=dtype)


def codes(n: int, form: str = "", d: int = 0) -> Tensor:
    """Return right position vectors, (n, d), in one of the forms that count as right."""
    return FORMS[form](torch.arange(n), d or tried().d).to(F32)


# --- calls ------------------------------------------------------------------------------------


def raised(error: Exception) -> str:
    """Return an exception in words, with the line of the learner's code."""
    line, text = line_of(error), " ".join(str(error).split())[:120]
    where = f" in {line}" if line else ""
    return f"it raised {type(error).__name__}{where}: {text}".rstrip(": ")


def made(cls: type[nn.Module], d: int, max_len: int) -> nn.Module:
    """Return a module of this width and length in eval(), which must be possible."""
    try:
        return cls(d, max_len=max_len).eval()
    except NotImplementedError:
        raise
    except Exception as error:
        told = f"d_model={d} with max_len={max_len} must work; {raised(error)}"
        raise Mistake("even-width", told) from None


def called(module: nn.Module, x: Tensor, case: str) -> Any:
    """Return ``module(x)``, a call that must work; name it where it does not."""
    kept = x.detach().clone()
    try:
        found = module(x)
    except NotImplementedError:
        raise
    except Exception as error:
        _width(error, x.shape[2])
        _only_first(module, x, case)
        raise Mistake("raises", f"{case} must work; {raised(error)}") from None
    refuse(not torch.equal(x, kept), "mutates-input")
    told = no_result(found).replace("The function", "forward")
    require(not told, "not-a-tensor", told)
    kind = f"forward returned a {type(found).__name__}. Return one tensor, x plus the vectors."
    require(isinstance(found, Tensor), "not-a-tensor", kind)
    return found


def _width(error: Exception, d: int) -> None:
    """Raise where PyTorch's message shows another width than that of the embeddings."""
    sizes = re.search(r"tensor a \((\d+)\).*tensor b \((\d+)\).*dimension 2", str(error))
    other = {int(size) for size in sizes.groups()} - {d} if sizes else set()
    for width in other:
        told = f"The position vectors have width {width} where d_model={d}. Make them from d_model."
        raise Mistake("width-fixed", told)


def _only_first(module: nn.Module, x: Tensor, case: str) -> None:
    """Raise where a new module accepts what one refuses that has been called before."""
    try:
        type(module)(tried().d, max_len=tried().most).eval()(x.detach().clone())
    except Exception:
        return
    before = f"one that was called with {tried().few} tokens before does not"
    said = f"a new module accepts it, {before}"
    raise Mistake("remembers", f"{case}: {said}. Keep nothing from one call to the next.")


# --- values -----------------------------------------------------------------------------------


def values(module: nn.Module) -> str:
    """Raise unless the vectors are right; return the form of their channels."""
    _axes(module)
    _many_texts(module)
    n, d = tried().most, tried().d
    added = called(module, zeros(2, n), tried().words)
    case = f"module(x) for zeros of (2, {n}, {d})"
    if added.shape != (2, n, d):
        same(added, codes(n).expand(2, n, d), case=case)
    _twice(module, added)
    form = _form(added[0])
    if form is None:
        _is_no_sum(module, added)
        _ids(added[0])
        _zero_row(added[0])
        _scaled(added[0])
        _channels(added[0], case)
    _each_text(added)
    same(added, codes(n, form or "").expand(2, n, d), case=case)
    _words(module, added)
    return form or ""


def _axes(module: nn.Module) -> None:
    """Raise where the table is cut, or laid, along another axis than that of the tokens."""
    b, n, most, d = tried().texts, tried().few, tried().most, tried().d
    if not _fits(module, b, n):
        refuse(_fits(module, b, most), "not-cut")
        single = _fits(module, 1, n) and module(zeros(1, n)).shape == (n, n, d)
        refuse(single, "words-first")
        refuse(_fits(module, n, n), "batch-axis")
    added = called(module, zeros(b, n), f"{n} tokens with max_len={most}")
    if added.shape in ((n, d), (1, n, d)):
        of_ones = torch.equal(module(zeros(b, n) + 1), added)
        refuse(of_ones and _form(added.reshape(n, d)) is not None, "code-alone")
    if added.shape != (b, n, d):
        same(added, codes(n).expand(b, n, d), case=f"module(x) for x of ({b}, {n}, {d})")
    of_sentence = (added == added[:, :1]).all() and (added[0] != added[1]).any()
    refuse(of_sentence, "batch-axis")


def _fits(module: nn.Module, b: int, n: int) -> bool:
    """Return whether b texts of n tokens raise no complaint of PyTorch's about shapes."""
    try:
        module(zeros(b, n))
    except RuntimeError as error:
        return isinstance(error, NotImplementedError)
    except Exception:  # named where the call is made in earnest
        return True
    return True


def _many_texts(module: nn.Module) -> None:
    """Raise where the number of texts, and not of tokens, is held against max_len."""
    most = tried().most
    for b, n in ((2, most), (tried().many, tried().few)):
        called(module, zeros(1, n), f"{n} tokens with max_len={most}")
        try:
            module(zeros(b, n))
        except Exception as error:
            told = f"{b} texts of {n} tokens with max_len={most} must work; {raised(error)}"
            told += ". Compare x.shape[1], the sequence length, with max_len."
            raise Mistake("counts-texts", told) from None


def _twice(module: nn.Module, added: Tensor) -> None:
    """Raise where a second call gives other numbers than the first."""
    again = module(zeros(2, tried().most))
    if not torch.equal(again, added):
        dropped = float((added == 0).double().mean()) > 0.08  # of right vectors a tenth of that
        refuse(dropped or drops(type(module)), "dropout-in-eval")
        told = "Two calls with the same x differ. Keep nothing from one call to the next."
        raise Mistake("remembers", told)


def drops(cls: type[nn.Module]) -> list[str]:
    """Return the names of the constructor's arguments that are about dropout."""
    return [name for name in inspect.signature(cls).parameters if "drop" in name.lower()]


def _form(code: Tensor) -> str | None:
    """Return the form in which these are right vectors, or None."""
    fits = (name for name in FORMS if close(code, codes(len(code), name)))
    return next(fits, None)


def _is_no_sum(module: nn.Module, added: Tensor) -> None:
    """Raise where what comes out is not x plus something that x does not change."""
    if not added.any():
        ones = called(module, zeros(2, tried().most) + 1, tried().words)
        require(bool((ones != 1).any()), "adds-nothing", "The module returns x: it adds no vector.")
        by = _form(ones[0]) is not None
        require(not by, "multiplies", "The vectors are multiplied with x. Return x + vectors.")
        told = "Embeddings of zeros get no vector, others do. Add it to every token."
        require(_form((ones - 1)[0]) is None, "skips-zeros", told)
    fresh = type(module)(tried().d, max_len=tried().most).eval()(zeros(2, tried().most))
    told = "A new module is correct, and no longer after some calls. Keep nothing between calls."
    require(fresh.shape != added.shape or _form(fresh[0]) is None, "remembers", told)
    x = _steps()
    extra = called(module, x, tried().words) - added
    factor = float((extra * x).sum() / x.square().sum())
    told = "What is added to x changes with x. Return x + vectors and nothing else, no norm."
    require(close(extra, factor * x, 1e-2), "not-a-sum", told)


def _each_text(added: Tensor) -> None:
    """Raise where the second text gets other vectors than the first."""
    if close(added[1], added[0]):
        return
    n = tried().most
    on = next((form for form in FORMS if close(added[1], codes(2 * n, form)[n:])), None)
    told = f"Token 0 of text 1 gets the vector of position {n}: texts are counted as one long "
    require(on is None, "goes-on", told + "text. Count from 0 in each, with x.shape[1].")
    raise Mistake("each-text", "Two texts in a batch get different vectors. Add the same to each.")


def _words(module: nn.Module, added: Tensor) -> None:
    """Raise unless a module with right vectors adds them to the embeddings, and only adds."""
    x = _steps()
    kept = x.clone()
    found = called(module, x, tried().words)
    refuse(close(found, added), "code-alone")
    if found.shape == x.shape:
        factor = float(((found - added) * kept).sum() / kept.square().sum())
        if abs(factor - 1) > 1e-3 and close(found, factor * kept + added, 1e-3):
            d, root = tried().d, tried().d ** 0.5
            refuse(abs(factor - root) < 1e-3, "times-root-d", f"√{d} = {root:.3g}")
            raise Mistake("scales-words", f"x is multiplied by {factor:.3g}. Return x + vectors.")
    same(found, kept + added, case=f"module(x) for x of {tuple(x.shape)}")


def _steps() -> Tensor:
    """Return two texts of embeddings that differ everywhere."""
    n, d = tried().most, tried().d
    return torch.linspace(-2, 2, 2 * n * d, dtype=F32).reshape(2, n, d)


# --- what the vectors are ---------------------------------------------------------------------


def _ids(code: Tensor) -> None:
    """Raise where the rows are right vectors, but of other positions than 0, 1, 2, …"""
    n = len(code)
    for form in FORMS:
        apart = torch.cdist(code.detach().double(), codes(1000, form).double())
        ids = apart.argmin(-1)
        if (apart.amin(-1) > 1e-3).any() or torch.equal(ids, torch.arange(n)):
            continue
        i = int((ids != torch.arange(n)).nonzero()[0])
        where = f"token {i} gets the vector of position {int(ids[i])}"
        refuse(torch.equal(ids, torch.arange(n) + 1), "from-one")
        told = f"All tokens share one vector: {where}. Use row p for token p."
        require(bool((ids != ids[0]).any()), "one-code", told)
        require(bool((ids.diff() != 1).any()), "offset", f"The {where}. Count from 0.")
        refuse((ids.diff() > 0).all(), "gap", where)
        stop("rotated", where)


def _zero_row(code: Tensor) -> None:
    """Raise where single positions have no vector and the others have the right one."""
    empty = (code == 0).all(-1)
    for form in FORMS:
        if empty.any() and not empty.all() and close(code[~empty], codes(len(code), form)[~empty]):
            p = int(empty.nonzero()[0])
            told = f"Position {p} gets zeros, the others are correct. Does padding_idx={p} of "
            raise Mistake("zero-row", told + "nn.Embedding, or a mask, clear that row? Leave it.")


def _scaled(code: Tensor) -> None:
    for form in FORMS:
        right = codes(len(code), form)
        factor = float((code * right).sum() / right.square().sum())
        if close(code, factor * right, 1e-3) and abs(factor) > 1e-3 < abs(factor - 1):
            told = f"The vectors are multiplied by {factor:.3g}. Return x + vectors."
            raise Mistake("scaled-code", told)


def _channels(code: Tensor, case: str) -> None:
    """Raise what the channels hold in place of the right sines and cosines."""
    table, pos = code.detach().double(), torch.arange(len(code))
    for order in ORDERS:
        tell_rounded([put_back(table, order)])
    named(table, pos)
    tell_base([table])
    if close(table[0], codes(1)[0]):  # the sine first in every pair
        tell_exponents(table, table.shape[1])
    explain_table(code, pos, case, dim=code.shape[1])
