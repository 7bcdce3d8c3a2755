"""Positions of a prompt with images: (parts) -> (n, 3), time, height and width."""

from collections.abc import Callable, Sequence
from typing import Any

from torch import Tensor

from posenc.check.engine.draws import Draw, Drawn
from posenc.check.engine.exercise import Exercise
from posenc.check.engine.verdict import Verdict, judge, require
from posenc.check.lesson_10.grid import ROUNDING, at, formed
from posenc.check.lesson_10.prompt_positions_slips import SLIPS, Part, frames, laid_out

Parts = Sequence[Part]


def prompt_positions(answer: Callable[[list[Any]], Any]) -> Verdict:
    """Check ``prompt_positions(parts)``: a list of texts and images -> (n, 3).

    A number is a text of so many tokens, a triple an image or a video: frames, rows, columns.

    >>> verdict = prompt_positions(lambda parts: laid_out(parts, step=tokens))
    ✗ prompt_positions: After an image it counts on by the number of its tokens. Continue at the \
largest position so far, plus 1.
    """
    return judge("prompt_positions", answer, _examine)


def tokens(block: Tensor) -> int:
    """Return how many tokens a part has."""
    return len(block)


def _hint(shape: tuple[int, ...], wanted: tuple[int, ...], parts: Parts) -> str:
    if shape == wanted[::-1]:
        return "One row per token is wanted: (n, 3), not (3, n)."
    if shape == (wanted[0],):
        return "Each token has three positions: stack time, height and width along dim=-1."
    if len(shape) == 3:
        return "There is an axis too many: join the parts with torch.cat, (n, 3)."
    if shape[-1:] == (3,) and shape[0] == len(parts):
        return "It has one row per part. Return one row per token."
    return "Return one row per token, all parts in turn: (n, 3)."


def _given(answer: Callable[[list[Any]], Any]) -> Callable[[Parts], Any]:
    """Return the answer, which gets a list of its own: what it removes is missing nowhere."""
    return lambda parts: answer(list(parts))


def _examine(answer: Callable[[list[Any]], Any]) -> str:
    return EXERCISE.examine(formed(_given(answer), EXERCISE, _hint))


def _wrong_token(found: Tensor, right: Tensor, parts: Parts) -> None:
    """Raise what is wrong first: the first text, inside an image, or where a part begins."""
    wrong = (found - right).abs().amax(-1) > ROUNDING  # (n,)
    if not wrong.any():
        return
    token, first = int(wrong.int().argmax()), 0
    for number in range(len(parts)):  # the part of that token
        part = parts[number]
        n = part if isinstance(part, int) else frames(part).shape[0]
        if token < first + n:
            break
        first += n
    said = f"In {_said(parts)}, token {token} gets {at(found[token])}, not {at(right[token])}."
    if isinstance(parts[number], int):
        require(not number or token > first, "after-image", f"{said} {CONTINUE}")
        require(False, "text", f"{said} A text token has the same position three times.")
    cure = "Add frame, row and column to the position at which the image begins."
    require(token == first, "inside-image", f"{said} {cure}")
    require(False, "image-start", f"{said} The image begins where the text before it ends.")


CONTINUE = "Text continues at the largest position so far, plus 1."


def _said(parts: Parts) -> str:
    return f"[{', '.join(map(str, parts))}]"


def _cases(draw: Draw) -> tuple[tuple[tuple[Part, ...]], ...]:
    """Return prompts: the statement's, a text, wide and high images, a long video, neighbours."""
    near = draw.near
    long = (near(9, 2), 2, near(3, 1))  # a video with more frames than rows or columns
    wide, high = (1, near(3, 1), near(7, 1)), (1, near(8, 1), near(2, 1, 1))
    prompts = (
        (near(9, 4),),
        (near(5, 2), wide, near(4, 2), high, near(3, 1)),
        (near(2, 1), long, near(6, 2)),
        (wide, near(3, 1), (near(2, 1), 4, near(6, 1)), high),
        (high, wide, near(1, 0)),
    )
    return (((2, (1, 2, 3), near(3, 0)),), *((prompt,) for prompt in draw.shuffled(prompts)))


EXERCISE = Exercise(
    name="prompt_positions",
    right=laid_out,
    cases=Drawn("prompt_positions", _cases),
    praise="texts, images and videos, each from the largest position before it",
    slips=SLIPS,
    lacks=_wrong_token,
    said=_said,
    atol=ROUNDING,
)
