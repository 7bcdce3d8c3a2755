"""How a checker stops: a mistake that has a name, or a remark on a right answer."""

from collections.abc import Callable


class Mistake(Exception):
    """An answer is wrong: ``slug`` names the mistake, the text tells the learner."""

    def __init__(self, slug: str, message: str, score: float | None = None) -> None:
        super().__init__(message)
        self.slug, self.score = slug, score


class Remark(Exception):
    """An answer is right in another form than asked for."""


def remark_of(examine: Callable[..., None], *given: object) -> Remark | None:
    """Return the remark that is raised, so that the other cases are examined as well."""
    try:
        examine(*given)
    except Remark as remark:
        return remark
    return None
