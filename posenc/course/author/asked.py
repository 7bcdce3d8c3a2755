"""What a lesson's source asks and settles, and what of it no learner sees.

A prediction's ``kind`` and ``beliefs`` and a claim's ``settles`` are written beside the question
and its answer, where the author needs them. The notebook has none of them: the builder puts
them into ``posenc/check/trial/settled.json``, where ``check.claim`` finds what it settles.
"""

import ast
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from posenc.check.trial.trial import MEASURED
from posenc.course import lesson
from posenc.course.keywords import called, without
from posenc.course.places import CourseError

KINDS = ("reason", "surprise")


@dataclass(frozen=True)
class Prediction:
    """A prediction of a source; its options are empty where the answer is not one of some."""

    key: str
    options: tuple[str, ...]
    kind: str = ""
    beliefs: dict[str, str] = field(default_factory=dict)
    sure: bool = False
    cell: int = 0


@dataclass(frozen=True)
class Claim:
    """A claim of a source that settles predictions: each one's key, and the right option."""

    id: str
    text: str
    settles: dict[str, str]
    cell: int = 0


@dataclass(frozen=True)
class Asked:
    """The predictions of a lesson, and the claims that settle them."""

    stem: str
    predictions: tuple[Prediction, ...]
    claims: tuple[Claim, ...]

    @property
    def right(self) -> dict[str, str]:
        """The right option of each prediction that is settled."""
        return {key: right for claim in self.claims for key, right in claim.settles.items()}


def learners(code: str) -> str:
    """The code of a cell as a learner gets it.

    >>> learners('check.claim("a", "it is so", 1, "<", 2, settles={"b": "c"})')
    'check.claim("a", "it is so", 1, "<", 2)'
    """
    return without(code, _is_the_authors)


def asked(source: Path) -> Asked:
    """Return what the source asks and settles.

    Raises ``CourseError`` where it cannot be read off, where a prediction is settled never or
    twice, by an option that it has not, or where a belief is of no wrong option.
    """
    try:
        found = list(_found(source))
        one = Asked(
            source.stem,
            tuple(part for part in found if isinstance(part, Prediction)),
            tuple(part for part in found if isinstance(part, Claim)),
        )
        for problem in _problems(one):
            raise ValueError(problem)
    except ValueError as problem:
        raise CourseError(f"{source.name}: {problem}") from None
    return one


def as_json(lessons: list[Asked]) -> str:
    """What the package knows of the lessons: a line for each claim and each marked prediction."""
    claims = [
        [one.stem[:2], claim.id, claim.text, claim.settles]
        for one in lessons
        for claim in one.claims
    ]
    _refuse_twins(claims)
    marked = [
        [one.stem[:2], asks.key, asks.kind, asks.beliefs]
        for one in lessons
        for asks in one.predictions
        if asks.kind or asks.beliefs
    ]
    parts = {"claims": claims, "predictions": marked}
    lines = [f'"{name}": [\n{_rows(rows)}\n]' for name, rows in parts.items()]
    return "{\n" + ",\n".join(lines) + "\n}\n"


def _rows(rows: list[list[Any]]) -> str:
    return ",\n".join(json.dumps(row, ensure_ascii=False) for row in rows)


def _refuse_twins(claims: list[list[Any]]) -> None:
    """Two claims of one id and one text could not be told apart when they are run."""
    seen: dict[tuple[str, str], str] = {}
    for number, id, text, _ in claims:
        if (id, text) in seen:
            there = f"in {seen[id, text]} and in {number}"
            raise CourseError(f"claim {id!r} settles predictions {there}, with the same text")
        seen[id, text] = number


def _is_the_authors(call: ast.Call, keyword: str) -> bool:
    name = called(call)
    if name == "claim":
        return keyword == "settles"
    return name.startswith("predict") and keyword in ("kind", "beliefs")


def _found(source: Path) -> Iterator[Prediction | Claim]:
    for number, cell in enumerate(lesson.read(source).cells):
        if cell.kind != "code" or cell.exercise:
            continue
        for call in _calls(cell.source):
            words = {word.arg: word.value for word in call.keywords if word.arg}
            if called(call).startswith("predict"):
                yield _prediction(call, words, number)
            elif called(call) == "claim" and "settles" in words:
                id, text = map(_literal, call.args[:2])
                yield Claim(id, text, _literal(words["settles"]), number)


def _calls(code: str) -> Iterator[ast.Call]:
    try:
        tree = ast.parse(code)
    except SyntaxError:  # a cell of IPython's
        return
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call)]
    yield from sorted(calls, key=lambda call: (call.lineno, call.col_offset))


def _prediction(call: ast.Call, words: dict[str, ast.expr], number: int) -> Prediction:
    options = call.args[2] if len(call.args) > 2 else words.get("options")
    told = {name: _literal(words[name]) for name in ("kind", "beliefs", "sure") if name in words}
    # The answer to another kind of question, a number or a curve, is one of no options.
    choice = _literal(options) if called(call) == "predict" and options else []
    return Prediction(_literal(call.args[0]), tuple(choice), **told, cell=number)


def _literal(node: ast.expr) -> Any:
    try:
        return ast.literal_eval(node)
    except ValueError:
        raise ValueError(
            f"`{ast.unparse(node)}`: what is predicted and what settles it must be written out"
        ) from None


def _problems(one: Asked) -> Iterator[str]:
    known = {asks.key: asks for asks in one.predictions}
    settled: set[str] = set()
    for claim in one.claims:
        for key, right in claim.settles.items():
            if key not in known:
                yield f"claim {claim.id!r} settles {key!r}, which this lesson does not ask"
            allowed = known[key].options or (MEASURED,)
            if right not in allowed:
                yield (
                    f"claim {claim.id!r} settles {key!r} with {right!r}; "
                    f"it must be one of: {', '.join(map(repr, allowed))}"
                )
            if key in settled:
                yield f"claim {claim.id!r} settles {key!r}, which another claim has settled"
            settled.add(key)
    for key, asks in known.items():
        if key not in settled:
            yield f"no claim settles the prediction {key!r}"
        if asks.kind and asks.kind not in KINDS:
            yield f"prediction {key!r}: kind must be one of {', '.join(KINDS)}; got {asks.kind!r}"
        for option in asks.beliefs:
            if option not in asks.options or option == one.right[key]:
                yield f"prediction {key!r} has no wrong option {option!r} that one could believe"
