"""What came of a guess, and the line that says it."""

from dataclasses import dataclass
from typing import Any

from posenc.check.trial.scales import scale_of


@dataclass(frozen=True)
class Came:
    """What came of a guess; as a string, the line that settles it."""

    guess: str
    right: str
    true: bool
    line: str

    def __str__(self) -> str:
        return self.line


def came(form: object, guess: Any, right: Any) -> Came:
    """Return what came of a guess: of the wording of an option, or of values on a scale.

    >>> print(came(["equal", "far apart"], "far apart", "equal"))
    You predicted “far apart”; it is “equal”.
    """
    scale = scale_of(form)
    if scale is None or not scale.takes(guess) or not scale.could_be(right):
        said, told = str(guess), str(right)
        quoted = [words.removesuffix(".") for words in (said, told)]
        line = "You predicted “{}”; it is “{}”.".format(*quoted)
        return Came(said, told, said == told, line)
    words = scale.words(guess), scale.words(right)
    return Came(*words, scale.is_near(guess, right), scale.settled(guess, right))
