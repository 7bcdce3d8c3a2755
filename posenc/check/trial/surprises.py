"""What surprised the learner in a lesson: the guesses that did not come true, and where."""

import html
from collections.abc import Iterator
from dataclasses import dataclass

from posenc.check.trial import guesses, record, where
from posenc.check.trial.settled_guesses import Settled, settled_in

STORED = "Your own predictions of this lesson that turned out wrong are listed here after a run."


@dataclass(frozen=True)
class Surprises:
    """The wrong guesses of a lesson, each with a link to the cell that settled it."""

    lesson: str  # "" for all lessons
    settled: tuple[Settled, ...]

    @property
    def wrong(self) -> tuple[Settled, ...]:
        """The guesses that did not come true."""
        return tuple(one for one in self.settled if not one.came_true)

    def __repr__(self) -> str:
        return "\n".join([self._head(), *(f"  {told}" for told in self._told(linked=False))])

    def _repr_markdown_(self) -> str:
        head = _safe(self._head())
        return "\n".join([head, "", *(f"- {told}" for told in self._told(linked=True))])

    def _head(self) -> str:
        of = f"in lesson {self.lesson}" if self.lesson else "in the course"
        if not record.keeps():
            return STORED
        if not self.settled:
            return (
                f"None of your predictions {of} is settled yet: make one, then run the cells "
                "up to the ✓ that settles it, and run this cell again."
            )
        if not self.wrong:
            several = f"all {len(self.settled)} predictions" if self.settled[1:] else "the one"
            return f"Nothing surprised you {of}: {several} that you made came true."
        return f"What surprised you {of} ({len(self.wrong)} of {len(self.settled)} predictions):"

    def _told(self, *, linked: bool) -> Iterator[str]:
        for one in self.wrong:
            asks = one.question if one.question.endswith("?") else f"{one.question} …"
            told = " ".join(f"{asks} {one.came.line}".split())
            link = where.link(one.settled)
            if linked:
                yield _safe(told) + (f" [Go to the cell that settled it]({link})" if link else "")
            else:
                yield told


def surprises(lesson: str = "") -> Surprises:
    """Return the wrong predictions of a lesson, by its number; without one, of this notebook.

    Each is linked to the cell that settled it, where the front end follows such links.
    Where the notebook has no number in its name (Colab), those of all lessons are returned.

    Raises ``ValueError`` for what is no number of a lesson.

    >>> surprises("03").wrong
    ()
    """
    if lesson and lesson not in record.EXERCISES:
        raise ValueError(f"lesson must be one of {', '.join(record.EXERCISES)}; got {lesson!r}")
    number = lesson or where.lesson()
    settled, _ = settled_in(guesses.all_events())
    mine = (one for one in settled if not one.old and number in ("", one.lesson))
    return Surprises(number, tuple(mine))


def _safe(text: str) -> str:
    """Return text that shows no HTML of a record that somebody has edited."""
    return html.escape(text, quote=False)
