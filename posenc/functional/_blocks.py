"""Large rotations in blocks that stay in the processor's cache: the same numbers, sooner."""

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

LARGE = 2**18  # numbers from which on blocks pay: below, their calls cost more than memory does
BLOCK = 2**18  # numbers a block, so that what is made between stays in the second-level cache

HALF = (torch.float16, torch.bfloat16)

# from θ, (n, m), make what writes a block, (r, n, 2m), turned by it, into the second
Turn = Callable[[Tensor], Callable[[Tensor, Tensor], object]]


def pays(x: Tensor, angles: Tensor) -> bool:
    """Return whether x is turned in blocks: large, on a CPU, by angles that need no gradient."""
    if torch.compiler.is_compiling() or x.device.type != "cpu" or angles.device.type != "cpu":
        return False
    return x.numel() >= LARGE and angles.dim() == 2 and not angles.requires_grad and x.dim() > 2


class InBlocks(torch.autograd.Function):
    """Turns x by the angles, (..., n, 2m), (n, m) -> (..., n, 2m); its gradient turns back.

    Every pass over memory costs as much as a clone. Half precision takes two passes to be
    widened and narrowed, and exchanging halves takes more: block by block these passes run
    inside the cache, and memory is read and written once.
    """

    @staticmethod
    def forward(x: Tensor, angles: Tensor, turn: Turn) -> Tensor:
        """Return x turned, in the dtype of x."""
        work = torch.promote_types(x.dtype, torch.float32)
        write = turn(angles.to(work))
        rows = x.reshape(-1, *x.shape[-2:])  # (r, n, 2m)
        out = torch.empty_like(rows, memory_format=torch.contiguous_format)  # (r, n, 2m)
        size = max(1, BLOCK // rows[0].numel())  # rows of a block
        if x.dtype == work:
            for block, into in zip(rows.split(size), out.split(size), strict=True):
                write(block, into)
            return out.view(x.shape)
        wide = torch.empty(size, *rows.shape[1:], dtype=work)  # (size, n, 2m)
        turned = torch.empty_like(wide)  # (size, n, 2m)
        for block, into in zip(rows.split(size), out.split(size), strict=True):
            few = len(block)
            write(wide[:few].copy_(block), turned[:few])
            into.copy_(turned[:few])
        return out.view(x.shape)

    @staticmethod
    def setup_context(ctx: Any, inputs: tuple[Tensor, Tensor, Turn], output: Tensor) -> None:
        """Keep the angles: the way back turns by their opposites."""
        _, angles, ctx.turn = inputs
        ctx.save_for_backward(angles)
        ctx.save_for_forward(angles)

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor, None, None]:
        """Return the gradient turned back; a rotation's inverse is its transpose."""
        (angles,) = ctx.saved_tensors
        return InBlocks.apply(gradients[0], -angles, ctx.turn), None, None

    @staticmethod
    def jvp(ctx: Any, *tangents: Tensor) -> Tensor:
        """Return the tangent, turned like x: a rotation is linear."""
        (angles,) = ctx.saved_tensors
        return InBlocks.apply(tangents[0], angles, ctx.turn)

    @staticmethod
    def vmap(
        info: Any, in_dims: tuple[int | None, ...], x: Tensor, angles: Tensor, turn: Turn
    ) -> tuple[Tensor, int]:
        """Return many x turned at once; where each has angles of its own, one by one."""
        if in_dims[1] is None:
            return InBlocks.apply(x.movedim(in_dims[0] or 0, 0), angles, turn), 0
        each = x.unbind(in_dims[0]) if in_dims[0] is not None else [x] * info.batch_size
        pairs = zip(each, angles.unbind(in_dims[1]), strict=True)
        return torch.stack([InBlocks.apply(one, theta, turn) for one, theta in pairs]), 0


class AddInBlocks(torch.autograd.Function):
    """Adds what needs no gradient to x in half precision, in float32, rounding once.

    Shapes: ``(b, n, d), (n, d) -> (b, n, d)``.
    """

    @staticmethod
    def forward(x: Tensor, code: Tensor) -> Tensor:
        """Return the sum in the dtype of x."""
        out = torch.empty_like(x, memory_format=torch.contiguous_format)  # (b, n, d)
        size = max(1, BLOCK // code.numel())  # rows of a block
        wide = torch.empty(size, *code.shape, dtype=code.dtype)  # (size, n, d)
        for block, into in zip(x.split(size), out.split(size), strict=True):
            into.copy_(wide[: len(block)].copy_(block).add_(code))
        return out

    @staticmethod
    def setup_context(ctx: Any, inputs: tuple[Tensor, Tensor], output: Tensor) -> None:
        """Keep nothing."""

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor, None]:
        """Return the gradient of x, which is that of the sum."""
        return gradients[0], None

    @staticmethod
    def jvp(ctx: Any, *tangents: Tensor) -> Tensor:
        """Return the tangent of x, which is that of the sum."""
        return tangents[0].clone()

    @staticmethod
    def vmap(
        info: Any, in_dims: tuple[int | None, ...], x: Tensor, code: Tensor
    ) -> tuple[Tensor, int]:
        """Return many sums, one by one."""
        parts = [
            [part] * info.batch_size if axis is None else part.unbind(axis)
            for part, axis in zip((x, code), in_dims, strict=True)
        ]
        return torch.stack([AddInBlocks.apply(*pair) for pair in zip(*parts, strict=True)]), 0


def add_code(x: Tensor, code: Tensor) -> Tensor:
    """Return x + code, added in float32 at least and rounded once, in the dtype of x.

    Shapes: ``(b, n, d), (n, d)`` or ``(b, n, d)`` ``-> (b, n, d)``. bfloat16 holds no integer
    above 256 exactly: a code that is rounded before it is added is another code.

    >>> x, code = torch.ones(1, 1, 1, dtype=torch.bfloat16), torch.full((1, 1), 256.5)
    >>> add_code(x, code), x + code.bfloat16()
    (tensor([[[258.]]], dtype=torch.bfloat16), tensor([[[256.]]], dtype=torch.bfloat16))
    """
    if x.dtype in HALF and pays(x, code) and x.dim() == 3:
        return AddInBlocks.apply(x, code)  # (b, n, d)
    return (x + code).to(x.dtype)  # (b, n, d)
