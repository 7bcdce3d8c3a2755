"""What a decoder keeps between calls: keys, values, positions, and which tokens are real."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor


@dataclass
class Cache:
    """What a decoder keeps between calls: *raw* keys and values, positions, and which count.

    Keys are rotated when they are used, so that every scheme is right, also one whose angles
    change later. ``Transformer.forward`` fills and updates it; a call that raises leaves it
    as it was. ``crop`` takes back the last tokens, ``select`` keeps some of them.

    >>> Cache().length
    0
    """

    # A layer each: (b, h, k, dh), h its heads of keys; with a latent (b, 1, k, rotated), and
    # as values the latent vectors, (b, 1, k, rank).
    keys: list[Tensor] = field(default_factory=list)
    values: list[Tensor] = field(default_factory=list)
    pos: Tensor | None = None  # (k,) or (b, k)
    real: Tensor | None = None  # (b, k), False where a token is padding
    # Which position comes next, (1,) or (b,), and whether the last two stood side by side;
    # None where nobody looked yet. Kept apart from `pos`, because evicted tokens count.
    following: Tensor | None = None
    steady: Tensor | None = None
    seen: Tensor | None = None  # (b,), how many tokens came that are no padding

    @property
    def length(self) -> int:
        """How many tokens are kept, padding included."""
        return self.keys[0].shape[-2] if self.keys else 0

    def next_positions(self, n: int, mask: Tensor | None, device: torch.device) -> Tensor:
        """Return the positions of n new tokens that count on, (n,) or (b, n).

        The first call counts columns, as a model does without a cache. After it, each row goes
        on after the last token that it has *seen*: padding is not counted, nor is eviction
        forgotten. ``mask``, (b, 1, n), says which of the new tokens are real.

        Raises ``ValueError`` where the last two positions of a row are not one apart.
        """
        self._look()
        start = torch.zeros(1, dtype=torch.long, device=device)  # (1,)
        if self.following is not None and self.steady is not None:
            if not self.steady.all():
                raise ValueError(
                    "which position comes next cannot be known, because the last positions in "
                    "the cache do not rise by 1: give pos"
                )
            start = self.following
        if mask is not None and self.following is not None:
            counted = mask[:, 0].cumsum(-1).sub(1).clamp(min=0)  # (b, n)
            return start[:, None] + counted  # (b, n)
        if len(start) > 1:
            return start[:, None] + torch.arange(n, device=device)  # (b, n)
        return start if n == 1 else start + torch.arange(n, device=device)  # (n,)

    def remember(self, pos: Tensor, mask: Tensor | None, b: int) -> Tensor:
        """Keep the positions of new tokens; return which tokens so far are no padding, (b, k)."""
        n = pos.shape[-1]
        real = torch.ones(b, n, dtype=torch.bool, device=pos.device)  # (b, n)
        if mask is not None:
            real = mask[:, 0]  # (b, n)
        self._count(pos, None if mask is None else real, b)
        if self.pos is None or self.real is None:
            self.pos, self.real = pos, real
            return real
        if self.pos.dim() != pos.dim():  # rows of their own from now on
            self.pos, pos = (row.expand(b, -1) for row in (self.pos, pos))  # (b, k), (b, n)
        self.pos = torch.cat((self.pos, pos), -1)  # (k,) or (b, k)
        self.real = torch.cat((self.real, real), -1)  # (b, k)
        return self.real

    def check(self, pos_dims: int, n: int, mask: Tensor | None, b: int) -> None:
        """Raise ``ValueError`` for grids, another batch, or a mask that is not (b, 1, n)."""
        if pos_dims > 1:
            raise ValueError("a cache holds positions (n,) or (b, n), for texts and not for grids")
        if self.keys and self.keys[0].shape[0] != b:
            raise ValueError(
                f"the cache holds {self.keys[0].shape[0]} sequences, the new tokens {b}: "
                "begin with a new Cache()"
            )
        if mask is not None and (mask.dtype != torch.bool or mask.shape != (b, 1, n)):
            raise ValueError(
                f"with a cache, mask says which new tokens are no padding: boolean of shape "
                f"{(b, 1, n)}; got {mask.dtype} {tuple(mask.shape)}"
            )

    def _count(self, pos: Tensor, real: Tensor | None, b: int) -> None:
        """Note how many real tokens came, and which position comes next."""
        self._look()
        if self.seen is None:
            self.seen = torch.zeros(b, dtype=torch.long, device=pos.device)  # (b,)
        self.seen = self.seen + (pos.shape[-1] if real is None else real.sum(-1))  # (b,)
        self.following, self.steady = _following(pos, real, (self.following, self.steady))

    def _look(self) -> None:
        """Read off what was put into the cache by hand."""
        if self.following is None and self.pos is not None and self.real is not None:
            self.seen = self.real.sum(-1)  # (b,)
            self.following, self.steady = _following(self.pos, self.real, (None, None))

    def extend(self, layer: int, k: Tensor, v: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Return all keys, values and positions of a layer, the new ones last, and keep them."""
        if layer < len(self.keys):
            for held, new in ((self.keys[layer], k), (self.values[layer], v)):
                _check_heads(held, new)
        if layer == len(self.keys):
            self.keys.append(k)
            self.values.append(v)
        else:
            self.keys[layer] = torch.cat((self.keys[layer], k), -2)  # (b, h, k, dh)
            self.values[layer] = torch.cat((self.values[layer], v), -2)  # (b, h, k, dh)
        assert self.pos is not None  # remember() came first
        return self.keys[layer], self.values[layer], self.pos

    def crop(self, length: int) -> None:
        """Take back all but the first ``length`` tokens that are kept, as if they never came.

        The next token then gets the position of the first one that was taken back.

        Raises ``TypeError`` for a length that is no integer, ``ValueError`` for one below 0
        or above what is kept.

        >>> import posenc
        >>> model = posenc.Transformer(posenc.build("rope"), vocab_size=5)
        >>> cache = Cache()
        >>> _ = model(torch.tensor([[1, 2, 3, 4]]), cache=cache)
        >>> cache.crop(3)
        >>> cache.length, cache.pos
        (3, tensor([0, 1, 2]))
        """
        if isinstance(length, bool) or not isinstance(length, int):
            raise TypeError(f"length must be an integer; got {length!r}")
        if not 0 <= length <= self.length:
            raise ValueError(f"length must be from 0 to {self.length}, what is kept; got {length}")
        self._look()
        if self.pos is None or self.real is None or self.seen is None:
            return
        taken = self.real[:, length:]  # (b, m)
        self.following = _first(self.pos[..., length:], taken, self.following)  # (1 or b,)
        self.seen = self.seen - taken.sum(-1)  # (b,)
        self._keep(torch.arange(length, device=self.real.device))

    def select(self, kept: Tensor) -> None:
        """Keep some tokens and drop the others: eviction, which new positions do not notice.

        ``kept`` is boolean, (k,), or rising indices, (m,), the same for every row.

        Raises ``TypeError`` for other numbers, ``ValueError`` for another shape, for indices
        that do not rise, and for those beyond what is kept.

        >>> cache = Cache([torch.zeros(1, 1, 3, 2)], [torch.zeros(1, 1, 3, 2)])
        >>> cache.pos, cache.real = torch.arange(3), torch.ones(1, 3, dtype=torch.bool)
        >>> cache.select(torch.tensor([0, 2]))
        >>> cache.length, cache.pos
        (2, tensor([0, 2]))
        """
        if not isinstance(kept, Tensor) or kept.dtype not in (torch.bool, torch.int64):
            raise TypeError(f"kept must be a boolean or an int64 tensor; got {kept!r}")
        if kept.dim() != 1 or (kept.dtype == torch.bool and len(kept) != self.length):
            raise ValueError(
                f"kept must be boolean of shape ({self.length},), or indices of shape (m,); "
                f"got {kept.dtype} {tuple(kept.shape)}"
            )
        index = kept.nonzero()[:, 0] if kept.dtype == torch.bool else kept  # (m,)
        inside = bool(((index >= 0) & (index < self.length)).all())
        if not inside or bool((index.diff() <= 0).any()):
            raise ValueError(
                f"the indices to keep must rise, from 0 to {self.length - 1}; got {index.tolist()}"
            )
        self._keep(index)

    def _keep(self, index: Tensor) -> None:
        assert self.pos is not None
        assert self.real is not None
        keys = [k[:, :, index] for k in self.keys]  # each (b, h, m, dh)
        values = [v[:, :, index] for v in self.values]  # each (b, h, m, dh)
        self.keys, self.values = keys, values
        self.pos, self.real = self.pos[..., index], self.real[:, index]  # (…, m), (b, m)

    @contextmanager
    def all_or_nothing(self) -> Iterator[None]:
        """Put everything back where the block raises: tensors are replaced here, not changed."""
        before = {**vars(self), "keys": [*self.keys], "values": [*self.values]}
        try:
            yield
        except BaseException:
            vars(self).update(before)
            raise

    def __deepcopy__(self, memo: dict[int, Any]) -> "Cache":
        """Return a copy of its own, also of tensors that carry gradients."""
        parts = {name: _copied(part) for name, part in vars(self).items()}
        return type(self)(**parts)


def _copied(part: Any) -> Any:
    if isinstance(part, list):
        return [_copied(one) for one in part]
    return part.clone() if isinstance(part, Tensor) else part


def _check_heads(held: Tensor, new: Tensor) -> None:
    """Raise unless new keys or values have the heads of those in the cache, and their width."""
    if held.shape[1::2] != new.shape[1::2]:
        raise ValueError(
            f"the cache holds heads of {tuple(held.shape[1::2])}, this model makes "
            f"{tuple(new.shape[1::2])}: begin with a new Cache() for each model"
        )


Following = tuple[Tensor | None, Tensor | None]


def _following(pos: Tensor, real: Tensor | None, before: Following) -> Following:
    """Return each row's next position, and whether its last two were 1 apart, (1,) or (b,).

    ``before`` is the same for the tokens that came earlier; ``real`` (b, n) or None for all.
    """
    was, steady = before
    if pos is was and len(pos) == 1 and real is None:  # one token that counts on: decoding
        return pos + 1, steady
    wide = torch.float32 if pos.dtype in (torch.float16, torch.bfloat16) else pos.dtype
    rows = (pos if pos.dim() == 2 else pos[None]).to(wide).detach()  # (1 or b, n)
    if not rows.shape[-1]:
        return before
    if real is not None:
        return _behind_pads(rows, real, before)
    end = rows[:, -1]  # (1 or b,)
    first = end if was is None else was  # (1 or b,): one token alone follows nothing
    return end + 1, end == (rows[:, -2] + 1 if rows.shape[-1] > 1 else first)


def _behind_pads(rows: Tensor, real: Tensor, before: Following) -> Following:
    """Return the same for rows in which some tokens are padding, (b,)."""
    was, steady = before
    rows = rows.expand(len(real), -1)  # (b, n)
    place = torch.arange(1, rows.shape[-1] + 1, device=rows.device)  # (n,)
    last = (place * real).amax(-1)  # (b,), 0 where a row is padding throughout
    earlier = (place * real * (place < last[:, None])).amax(-1)  # (b,), 0 for none
    end, start = (rows.gather(-1, (at - 1).clamp(min=0)[:, None])[:, 0] for at in (last, earlier))
    first = end if was is None else was  # (b,): one token alone follows nothing
    one_apart = torch.where(earlier > 0, end - start == 1, end == first)  # (b,)
    if was is None or steady is None:
        return torch.where(last > 0, end + 1, 0), one_apart | (last == 0)
    return torch.where(last > 0, end + 1, was), torch.where(last > 0, one_apart, steady)


def _first(pos: Tensor, real: Tensor, otherwise: Tensor | None) -> Tensor | None:
    """Return the position of the first real token of each row, (1 or b,)."""
    if not pos.shape[-1] or otherwise is None:
        return otherwise
    if pos.dim() == 1 and bool(real.all()):
        return pos[:1].to(otherwise.dtype)  # (1,)
    rows, at = pos.expand(real.shape), real.int().argmax(-1)[:, None]  # (b, m), (b, 1)
    return torch.where(real.any(-1), rows.gather(-1, at)[:, 0].to(otherwise.dtype), otherwise)
