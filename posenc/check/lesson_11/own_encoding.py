"""A learner's own encoding: do its doors hold, and which promises does it keep?"""

from posenc.base import Dims, PositionalEncoding, acts_on
from posenc.check.engine.draws import Draw, Drawn
from posenc.check.engine.verdict import Mistake, Remark, Verdict, judge
from posenc.check.lesson_11.own_class import examine_class, made
from posenc.check.lesson_11.own_device import examine_device
from posenc.check.lesson_11.own_doors import examine_doors
from posenc.check.lesson_11.own_hook import examine_hook
from posenc.check.lesson_11.own_promises import broken

__all__ = ["own_encoding"]


def _sizes(draw: Draw) -> tuple[Dims, ...]:
    """Return the boards' sizes, others, and an odd number of heads."""
    longest = draw.one_of(20, 24, 32)
    sizes = (
        draw.one_of((32, 4), (64, 4), (64, 8), (16, 2)),
        draw.one_of((20, 2), (12, 2), (28, 2), (36, 2)),
        draw.one_of((48, 3), (24, 3), (60, 5), (56, 7)),
    )
    return tuple(Dims(d_model=d, n_heads=h, max_len=longest) for d, h in sizes)


SIZES = Drawn("own_encoding", _sizes)
PROMISES = ("cache", "real positions", "relative")
SAYS = {"embed": "embeddings", "rotate": "queries and keys", "bias": "scores"}


def own_encoding(answer: object) -> Verdict:
    """Check a subclass of PositionalEncoding: its form, its use of pos, and its promises.

    The line ends with the promises that it keeps. One that it declares and does not keep is
    a mistake; one that it keeps and does not declare is a remark, and so is a tensor that
    it makes on the CPU wherever its input lies.

    >>> from posenc import ENCODINGS
    >>> _ = own_encoding(ENCODINGS["rope"])
    ✓ Own: it acts on queries and keys, and keeps: cache, real positions, relative
    """
    return judge("own_encoding", answer, _examine)


def _examine(cls: type[PositionalEncoding]) -> str:
    spare = examine_class(cls)
    lacking: dict[str, str] = {}
    notes: list[str] = []
    for size, dims in enumerate(SIZES):
        try:
            notes.append(_reach(cls, dims, lacking))
        except Mistake as mistake:
            said = f"{mistake} (At {_of(SIZES[0])} it passed.)" if size else str(mistake)
            raise Mistake(mistake.slug, said) from None
        except Exception as error:
            if not size:
                raise
            text = " ".join(str(error).split())[:60].rstrip(".")
            said = f"At {_of(dims)} it raised {type(error).__name__} ({text}), at {_of(SIZES[0])}"
            raise Mistake("one-size", f"{said} not. Take all sizes from self.dims.") from None
    for promise in sorted(set(cls.promises) & set(lacking)):
        said = f"It promises {promise!r}, but {lacking[promise]}, or drop the promise."
        raise Mistake(f"breaks-{promise.replace(' ', '-')}", said)
    return _summary(cls, [p for p in PROMISES if p not in lacking], [spare, *notes])


def _of(dims: Dims) -> str:
    return f"d_model={dims.d_model}, n_heads={dims.n_heads}"


def _reach(cls: type[PositionalEncoding], dims: Dims, lacking: dict[str, str]) -> str:
    """Examine it at one size, note the promises that it lacks, return a remark on its reach."""
    try:
        encoding = made(cls, dims)
    except (ValueError, AssertionError):
        if dims == SIZES[0]:
            raise
        return f"; it refuses {dims.n_heads} heads of width {dims.d_head}"
    remark = examine_hook(encoding) or examine_doors(encoding)
    for promise, why in broken(encoding).items():
        lacking.setdefault(promise, why)
    return remark


def _summary(cls: type[PositionalEncoding], kept: list[str], notes: list[str]) -> str:
    said = f"it acts on {' and '.join(SAYS[door] for door in acts_on(cls)) or 'nothing'}"
    said += f", and keeps: {', '.join(kept) or 'no promise'}"
    device, fails = examine_device(cls, SIZES[0])
    said += "".join(dict.fromkeys([*notes, device]))
    more = [promise for promise in kept if promise not in cls.promises]
    if more:
        said += f"; promises lacks {', '.join(map(repr, more))}"
    if more or fails or notes[0]:
        raise Remark(said)
    return said
