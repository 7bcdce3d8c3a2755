"""Angles of positions with several axes, such as time, height and width."""

from collections.abc import Sequence

import torch
from torch import Tensor

from posenc.functional._checks import check_count, check_integer, check_numbers, check_one_device


def mrope_angles(
    pos: Tensor, inv_freq: Tensor, sections: Sequence[int], *, interleaved: bool = False
) -> Tensor:
    """Return the angle of each pair under M-RoPE: its frequency times the position on its axis.

    Shapes: ``(..., n, c), (m,) -> (..., n, m)``, in radians; c is 3 for time, height and width.
    ``sections`` says how many pairs each axis has, m in all. In blocks, the fastest pairs follow
    the first axis, the next ones the second, and so on (Qwen2-VL: 16, 24, 24). ``interleaved``
    deals the pairs out in turn, and the first axis keeps those left over (Qwen3-VL: 24, 20, 20).
    The angles go to :func:`rotate_halves` in these models, as ``(b, 1, n, m)`` for a batch.
    Computed in float32 at least, as :func:`angles`.

    Raises ``TypeError`` for positions or sections that are not numbers, ``ValueError`` for
    sections that do not fit the axes or the pairs, or for tensors on two devices.

    Source: Wang et al. 2024, arXiv 2409.12191 (Qwen2-VL); ``recomposition_frequencies`` in
    ``modeling_qwen2_vl.py`` and ``modeling_qwen3_vl.py`` of ``transformers`` 5.23.0.

    >>> pos = torch.tensor([[7, 7, 7], [5, 6, 8]])  # a text token, an image token
    >>> mrope_angles(pos, torch.tensor([1.0, 0.1, 0.01, 0.001]), (1, 1, 2))
    tensor([[7.0000, 0.7000, 0.0700, 0.0070],
            [5.0000, 0.6000, 0.0800, 0.0080]])
    """
    check_numbers(pos)
    check_one_device("pos", pos, "inv_freq", inv_freq)
    if inv_freq.dim() != 1 or not inv_freq.is_floating_point():
        raise ValueError(
            "inv_freq must be one floating-point number per pair, of shape (m,); "
            f"got {inv_freq.dtype} of shape {tuple(inv_freq.shape)}"
        )
    _check_sections(sections := tuple(sections), pos.shape[-1], len(inv_freq))
    axis = _dealt(sections) if interleaved else _in_blocks(sections)
    dtype = torch.promote_types(inv_freq.dtype, torch.float32)
    if pos.is_floating_point():
        dtype = torch.promote_types(dtype, pos.dtype)
    own = pos.to(dtype)[..., torch.tensor(axis, device=pos.device)]  # (..., n, m)
    return own * inv_freq.to(dtype)  # (..., n, m)


def _in_blocks(sections: tuple[int, ...]) -> list[int]:
    """Return the axis of each pair: all pairs of the first axis, then all of the second."""
    return [axis for axis, size in enumerate(sections) for _ in range(size)]


def _dealt(sections: tuple[int, ...]) -> list[int]:
    """Return the axis of each pair, dealt out in turn; what is left over is the first axis's."""
    axis = [0] * sum(sections)
    for number, size in enumerate(sections[1:], start=1):
        for pair in range(number, size * len(sections), len(sections)):
            if pair >= len(axis):
                raise ValueError(
                    f"sections {sections} cannot be interleaved: axis {number} would need "
                    f"pair {pair}, and there are only {len(axis)}; give the first axis more pairs"
                )
            axis[pair] = number
    return axis


def _check_sections(sections: tuple[int, ...], axes: int, pairs: int) -> None:
    for size in sections:
        check_integer("each of the sections", size)
        if size < 0:
            check_count("each of the sections", size)
    if len(sections) != axes:
        raise ValueError(
            f"sections must have one number per axis of pos, {axes} here; got {sections}"
        )
    if sum(sections) != pairs:
        raise ValueError(
            f"sections must sum to the number of pairs, {pairs} here; "
            f"got {sections}, which is {sum(sections)}"
        )
