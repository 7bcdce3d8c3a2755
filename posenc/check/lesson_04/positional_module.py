"""A module that adds codes: values first, then trap after trap."""

import torch
from torch import Tensor, nn

from posenc.check.engine.sinusoids import close
from posenc.check.engine.verdict import Remark, Verdict, judge, require, same
from posenc.check.lesson_04.added_codes import (
    F32,
    SAYS,
    called,
    codes,
    drops,
    refuse,
    stop,
    values,
    zeros,
)
from posenc.check.lesson_04.positional_module_slips import SLIPS

__all__ = ["SLIPS", "positional_module"]


def positional_module(answer: type[nn.Module]) -> Verdict:
    """Check ``cls(d_model, max_len=…)``, a module ``(b, n, d) -> (b, n, d)`` that adds the codes.

    It must hold against the traps: the batch axis, the length, an odd width, another device,
    training, half precision, dropout where it takes one, and the caller's own tensor.

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
    ✓ MyEncoding: right values, and none of the traps bites
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
    _home(cls)
    _half(cls, form)
    _length(cls, form)
    _odd(cls)
    _gradient(module)
    _dropout(cls)
    remarks = [form, *_remarks(module, cls)]
    if any(remarks):
        raise Remark(f"right, and none of the traps bites ({'; '.join(filter(None, remarks))})")
    return "right values, and none of the traps bites"


def _made(cls: type[nn.Module]) -> nn.Module:
    try:
        module = cls(8, max_len=64)
    except (TypeError, ValueError) as error:
        text = str(error)
        refuse("multiple values" in text and "max_len" in text, "swapped-arguments", text)
        refuse("dropout probability" in text, "swapped-arguments", "and max_len is no dropout")
        raise
    require(
        isinstance(module, nn.Module),
        "not-a-module",
        f"it must make a torch.nn.Module; it makes {type(module).__name__}",
    )
    kept = [*module.state_dict().values(), *module.buffers(), *vars(module).values()]
    shapes = [tuple(t.shape[-2:]) for t in kept if isinstance(t, Tensor) and t.dim() > 1]
    swapped = (8, 64) in shapes and (64, 8) not in shapes
    refuse(swapped, "swapped-arguments", "the table is (8, 64)")
    return module


# --- traps ----------------------------------------------------------------------------------


def _home(cls: type[nn.Module]) -> None:
    try:
        moved = cls(8, max_len=64).eval().to("meta")
        device = moved(torch.zeros(1, 5, 8, device="meta")).device
    except Exception as error:  # whatever it raises there, it did not raise on the CPU
        if "meta tensors" in str(error) and "item()" in str(error):
            return  # it looks at a value, which this device does not have
        stop("stays-behind", f"it raised {type(error).__name__}")
    refuse(device.type != "meta", "stays-behind", f"words on 'meta' come back on {device.type!r}")


def _half(cls: type[nn.Module], form: str) -> None:
    x = zeros(1, 600, torch.bfloat16)
    module = cls(8, max_len=600).eval()
    for said in ("", " after .bfloat16()"):
        module = module.bfloat16() if said else module
        out = called(module, x, f"600 words in bfloat16 with max_len=600{said}")
        wide = str(out.dtype).removeprefix("torch.")
        refuse(out.dtype != x.dtype, "dtype", f"{wide}{said}")
        refuse(torch.equal(out[0, 256], out[0, 257]), "half-positions", said.strip())
        case = f"the codes added to bfloat16 words{said}"
        same(out[0], codes(600, form), case=case, atol=0.01)


def _length(cls: type[nn.Module], form: str) -> None:
    module = cls(8, max_len=16).eval()
    try:
        out = module(zeros(1, 17))
    except ValueError:
        return
    except Exception as error:
        stop("length", f"it raised {type(error).__name__}")
    if isinstance(out, Tensor) and out.shape == (1, 17, 8):
        earlier = torch.cdist(out[0, 16:].double(), codes(16, form).double())
        refuse(earlier.min() < 1e-3, "wraps", f"that of position {int(earlier.argmin())}")
    same(out[0], codes(17, form), case="the codes added to 17 words with max_len=16")


def _odd(cls: type[nn.Module]) -> None:
    called(cls(6, max_len=16), torch.zeros(1, 16, 6), "16 words of width 6 with max_len=16")
    try:
        cls(7, max_len=16)
    except ValueError:
        return
    except Exception as error:
        stop("odd-width", f"it raised {type(error).__name__}, which does not say what to do")
    stop("odd-width", "nothing was raised")


def _gradient(module: nn.Module) -> None:
    x = zeros(1, 5).requires_grad_()
    out = module(x)
    require(
        out.requires_grad,
        "cuts-gradient",
        "no gradient flows back to x, so the embedding would never learn: no detach, no no_grad",
    )
    out.sum().backward()
    same(x.grad, torch.ones(1, 5, 8), case="the gradient of module(x).sum()")


def _dropout(cls: type[nn.Module]) -> None:
    """Try a module that takes a dropout: off in eval(), once and on the sum in training."""
    names = drops(cls)
    if not names:
        return
    module = cls(8, max_len=64, **{names[0]: 0.5})
    x = torch.full((8, 64, 8), 3.0, dtype=F32)
    summed = module.eval()(x)
    refuse(not torch.equal(summed, module(x)), "dropout-in-eval")
    out = module.train()(x)
    refuse(torch.equal(out, summed), "dropout-missing")
    share = float((out == 0).double().mean())
    off = f"of 4096 channels {share:.0%} are 0"
    refuse(0.7 < share < 0.8, "dropout-twice", off)
    refuse(share < 0.1, "dropout-off-the-sum", off)
    require(
        (out == 0).all(-1).double().mean() < 0.2,  # by chance one word of 256 has no channel left
        "drops-words",
        "dropout takes whole words out: it must zero single channels, as torch.nn.Dropout does",
    )
    require(
        not close(out[out != 0], summed[out != 0]),
        "dropout-unscaled",
        "what dropout=0.5 leaves must be doubled in training, as torch.nn.Dropout does",
    )
    same(out[out != 0], 2 * summed[out != 0], case="what dropout=0.5 leaves, in training")


def _remarks(module: nn.Module, cls: type[nn.Module]) -> list[str]:
    """Return what is worth knowing of a module that is right."""
    frozen = SAYS["frozen"] if list(module.parameters()) else ""
    try:
        cls(8, max_len=32).load_state_dict(module.state_dict())
    except RuntimeError:
        return [SAYS["persistent"], frozen]
    return [frozen]
