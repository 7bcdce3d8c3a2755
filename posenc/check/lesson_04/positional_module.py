"""A module that adds position vectors: values first, then trap after trap."""

import torch
from torch import Tensor, nn

from posenc.check.engine.form import no_result
from posenc.check.engine.sinusoids import close
from posenc.check.engine.verdict import Mistake, Remark, Verdict, judge, require, same
from posenc.check.lesson_04.added_codes import (
    F32,
    FORMS,
    SAYS,
    called,
    codes,
    drops,
    made,
    raised,
    refuse,
    stop,
    values,
    zeros,
)
from posenc.check.lesson_04.positional_module_slips import SLIPS
from posenc.check.lesson_04.sizes import tried

__all__ = ["SLIPS", "positional_module"]


def positional_module(answer: type[nn.Module]) -> Verdict:
    """Check ``cls(d_model, max_len=…)``, a module ``(b, n, d) -> (b, n, d)`` that adds vectors.

    It must hold against the traps: the batch axis, the length, other widths and an odd one,
    another device, training, half precision, dropout where it takes one, and the caller's tensor.

    >>> from posenc.functional import sinusoidal
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
    ✓ MyEncoding: The vectors are correct, and the module avoids all traps.
    True
    """
    # The first sum on meta loads much of torch: a second or more, not of the answer's five.
    torch.add(torch.zeros(2, 2, device="meta"), torch.zeros(2, device="meta"))
    return judge("positional_module", answer, _examine_module)


def _examine_module(cls: type[nn.Module]) -> str:
    """Return the sentence for a module without traps, or raise the first that bites."""
    module = _made(cls)
    trained = [name for name, part in module.named_parameters() if part.requires_grad]
    refuse(trained, "trains", f"found: {', '.join(trained)}")
    module.eval()
    form = values(module)
    _widths(cls, form)
    _reach(cls, form)
    _home(cls)
    _half(cls, form)
    _length(cls, form)
    _odd(cls)
    _gradient(module)
    _dropout(cls)
    frozen = SAYS["frozen"] if list(module.parameters()) else ""
    praise = f"The vectors are correct, and the module avoids all traps.{_saved(module, cls)}"
    if form or frozen:
        raise Remark(f"{praise} {' '.join(filter(None, (form, frozen)))}")
    return praise


def _made(cls: type[nn.Module]) -> nn.Module:
    d, most = tried().d, tried().most
    try:
        module = cls(d, max_len=most)
    except (TypeError, ValueError, AttributeError) as error:
        text = str(error)
        told = (
            "super().__init__() is missing, or comes too late. Make it the first line of __init__."
        )
        require("Module.__init__() call" not in text, "no-super-init", told)
        refuse("multiple values" in text and "max_len" in text, "swapped-arguments", text)
        refuse("dropout probability" in text, "swapped-arguments", "and max_len is no dropout")
        raise
    told = f"The class must be a torch.nn.Module; an instance is a {type(module).__name__}."
    require(isinstance(module, nn.Module), "not-a-module", told)
    kept = [*module.state_dict().values(), *module.buffers(), *vars(module).values()]
    shapes = [tuple(t.shape[-2:]) for t in kept if isinstance(t, Tensor) and t.dim() > 1]
    swapped = (d, most) in shapes and (most, d) not in shapes
    refuse(swapped, "swapped-arguments", f"the table is ({d}, {most})")
    return module


# --- traps ----------------------------------------------------------------------------------


def _widths(cls: type[nn.Module], form: str) -> None:
    """Raise where only the first width is right."""
    n = tried().rows
    for d in tried().widths:
        case = f"{n} tokens with d_model={d}"
        out, right = called(made(cls, d, n), zeros(2, n, d=d), case), codes(n, form, d)
        told = f"With d_model={d} nothing is added. Make the vectors from d_model."
        require(out.shape != (2, n, d) or bool(out.any()), "one-width", told)
        if out.shape == (2, n, d) and not close(out[0], right):
            p, c = (int(i) for i in ((out[0] - right).abs() > 1e-4).nonzero()[0])
            told = f"The vectors are correct with d_model={tried().d}, not with {d}: position {p}, "
            told += f"channel {c} has {out[0, p, c]:.4g} for {right[p, c]:.4g}. Use d_model in the "
            raise Mistake("one-width", told + "frequencies.")
        same(out, right.expand(2, n, d), case=f"module(x) for zeros of (2, {n}, {d})")


def _reach(cls: type[nn.Module], form: str) -> None:
    """Raise where the vectors are right up to some position, and not beyond."""
    n, d = tried().reach, tried().d
    out = called(made(cls, d, n), zeros(1, n), f"{n} tokens with max_len={n}")
    right = codes(n, form)
    if out.shape != (1, n, d):
        same(out, right[None], case=f"module(x) for zeros of (1, {n}, {d})")
    off = ((out[0] - right).abs() > 2e-3).any(-1)
    if not off.any():
        return
    p = int(off.nonzero()[0])
    ids = torch.arange(-300, p)
    apart = (FORMS[form](ids, d).to(F32) - out[0, p]).abs().amax(-1)
    told = f"Up to position {p - 1} the vectors are correct. Position {p} gets "
    near = int(ids[apart.argmin()])
    told += f"that of position {near}" if apart.min() < 2e-3 else "another one"
    raise Mistake("reach", told + ". Count in int64 or float32: torch.arange(n).")


def _home(cls: type[nn.Module]) -> None:
    try:
        moved = cls(tried().d, max_len=tried().most).eval().to("meta")
        device = moved(torch.zeros(1, tried().few, tried().d, device="meta")).device
    except Exception as error:  # whatever it raises there, it did not raise on the CPU
        if "meta tensors" in str(error) and "item()" in str(error):
            return  # it looks at a value, which this device does not have
        stop("stays-behind", raised(error))
    detail = f"embeddings on 'meta' come back on {device.type!r}"
    refuse(device.type != "meta", "stays-behind", detail)


def _half(cls: type[nn.Module], form: str) -> None:
    n = tried().half
    x = zeros(1, n, torch.bfloat16)
    module = made(cls, tried().d, n)
    for said in ("", " after .bfloat16()"):
        module = module.bfloat16() if said else module
        out = called(module, x, f"{n} bfloat16 embeddings with max_len={n}{said}")
        wide = str(out.dtype).removeprefix("torch.")
        refuse(out.dtype != x.dtype, "dtype", f"{wide}{said}")
        refuse(torch.equal(out[0, 256], out[0, 257]), "half-positions", said.strip())
        if said and not close(out[0], codes(n, form), 0.01):
            _rounded_frequencies(module)
        case = f"the vectors added to bfloat16 embeddings{said}"
        same(out[0], codes(n, form), case=case, atol=0.01)


def _rounded_frequencies(module: nn.Module) -> None:
    """Raise where a buffer holds one number per pair or channel: it has lost its digits."""
    for name, buffer in module.named_buffers():
        told = (
            f"After .bfloat16() the buffer {name!r} of frequencies is rounded, and the angles with "
        )
        told += "it. Compute the frequencies in forward, or make the vectors themselves the buffer."
        few = buffer.is_floating_point() and buffer.numel() <= tried().d
        require(not few, "rounded-frequencies", told)


def _length(cls: type[nn.Module], form: str) -> None:
    most = tried().short
    over, module = most + 1, made(cls, tried().d, most)
    try:
        out = module(zeros(1, over))
    except ValueError:
        return
    except Exception as error:
        stop("length", raised(error))
    told = no_result(out).replace("The function", f"For {over} tokens with max_len={most} forward")
    require(not told, "length", told)
    if isinstance(out, Tensor) and out.shape == (1, over, tried().d):
        earlier = torch.cdist(out[0, most:].double(), codes(most, form).double())
        refuse(earlier.min() < 1e-3, "wraps", f"that of position {int(earlier.argmin())}")
    same(out[0], codes(over, form), case=f"the vectors added to {over} tokens with max_len={most}")
    far = most + 24
    try:
        module(zeros(1, far))
    except ValueError:
        told = f"With max_len={most} a text of {over} tokens passes, and {far} raise a ValueError. "
        told += f"Raise it from {over} on: x.shape[1] > max_len."
        raise Mistake("one-too-many", told) from None
    except Exception as error:
        stop("length", raised(error))


def _odd(cls: type[nn.Module]) -> None:
    even, n = tried().even, tried().short
    called(made(cls, even, n), zeros(1, n, d=even), f"{n} tokens with d_model={even}")
    try:
        cls(even + 1, max_len=n)
    except ValueError:
        return
    except Exception as error:
        stop("odd-width", raised(error))
    stop("odd-width", "nothing was raised")


def _gradient(module: nn.Module) -> None:
    x = zeros(1, tried().few).requires_grad_()
    out = module(x)
    require(
        out.requires_grad,
        "cuts-gradient",
        "No gradient flows back to x, so the embedding stays untrained. Remove detach and no_grad.",
    )
    out.sum().backward()
    same(x.grad, torch.ones_like(x), case="the gradient of module(x).sum()")


def _dropout(cls: type[nn.Module]) -> None:
    """Try a module that takes a dropout: off in eval(), once and on the sum in training."""
    names = drops(cls)
    if not names:
        return
    part, n, d = tried().dropout, tried().most, tried().d
    module = cls(d, max_len=n, **{names[0]: part})
    x = torch.full((8, n, d), 3.0, dtype=F32)
    summed = module.eval()(x)
    refuse(not torch.equal(summed, module(x)), "dropout-in-eval")
    out = module.train()(x)
    refuse(torch.equal(out, summed), "dropout-missing")
    share, twice = float((out == 0).double().mean()), 1 - (1 - part) ** 2
    off = f"of {x.numel()} channels {share:.0%} are 0"
    refuse(abs(share - twice) < 0.05, "dropout-twice", off)
    refuse(share < 0.1, "dropout-off-the-sum", off)
    require(
        (out == 0).all(-1).double().mean() < 0.2,  # by chance one token of 256 has no channel left
        "drops-words",
        "Dropout zeroes whole tokens. Zero single channels, as torch.nn.Dropout does.",
    )
    _scaled(out, summed, part)


def _scaled(out: Tensor, summed: Tensor, part: float) -> None:
    """Raise unless what is left of the sum is scaled up."""
    how = "doubled" if part == 0.5 else f"divided by {1 - part:g}"
    require(
        not close(out[out != 0], summed[out != 0]),
        "dropout-unscaled",
        f"What dropout={part} leaves is not {how} in training. Use torch.nn.Dropout, which does "
        "it.",
    )
    kept = summed[out != 0] / (1 - part)
    same(out[out != 0], kept, case=f"what dropout={part} leaves, in training")


def _saved(module: nn.Module, cls: type[nn.Module]) -> str:
    """Return what is worth knowing of a module whose table is saved with its weights."""
    try:
        cls(tried().d, max_len=32).load_state_dict(module.state_dict())
    except RuntimeError:
        return " Its table is saved in every checkpoint; section 8 shows when that fails."
    return ""
