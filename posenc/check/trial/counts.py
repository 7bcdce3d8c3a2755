"""How the learner's guesses turned out, counted; drawn only where there are enough of them."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from posenc.check.trial import guesses as kept
from posenc.check.trial import record
from posenc.check.trial.settled_guesses import NOT_SAID, by_sureness, settled_in

if TYPE_CHECKING:
    from posenc.plots import Picture

ENOUGH = 15  # settled guesses, before a figure is drawn
STORED = "Your own predictions are counted here, by how sure you were, after a run."


@dataclass(frozen=True)
class Counts:
    """What came true, for each step of sureness; "" where nobody asked or said it."""

    steps: dict[str, list[bool]]

    @property
    def total(self) -> int:
        """How many guesses have been settled."""
        return sum(map(len, self.steps.values()))

    def __repr__(self) -> str:
        if not record.keeps():
            return STORED
        if not self.total:
            return (
                "None of your predictions is settled yet: "
                "make one, and run the cells that follow it."
            )
        return "\n".join(self._lines())

    def _lines(self) -> Iterator[str]:
        true = sum(map(sum, self.steps.values()))
        yield f"{true} of your {self.total} settled predictions came true."
        width = max(len(level or NOT_SAID) for level in self.steps)
        for level, came in self.steps.items():
            yield f"  {level or NOT_SAID:<{width}}  {sum(came)} of {len(came)}"
        off = round(100 / self.total**0.5)
        yield "Few answers prove little: the share that comes true is known"
        yield f"to within about {off} percentage points, and for each step of sureness less well."
        if self.total < ENOUGH:
            yield f"A figure is drawn from {ENOUGH} settled predictions on."

    def picture(self) -> "Picture | None":
        """Return the shares as a figure, None while there are too few guesses for one."""
        if self.total < ENOUGH or not record.keeps():
            return None
        from posenc import plots

        rows = {
            f"{level or NOT_SAID} ({len(came)})": [sum(came) / len(came)]
            for level, came in self.steps.items()
        }
        told = "; ".join(f"{name}: {share[0]:.0%}" for name, share in rows.items())
        alt = f"The share of predictions that came true, by how sure you were. {told}."
        return plots.dots(rows, xlabel="predictions that came true", percent=True, alt=alt)

    def _ipython_display_(self) -> None:
        """Show the counts, and below them the figure where there is one."""
        from IPython.display import display

        display({"text/plain": repr(self)}, raw=True)
        picture: Any = self.picture()
        if picture is not None:
            display(picture)


def guesses() -> Counts:
    """Return how many of the learner's predictions came true, by how sure they were.

    Counted over all lessons; a figure is shown from fifteen settled predictions on.

    >>> guesses().total
    0
    """
    settled, _ = settled_in(kept.all_events())
    return Counts(by_sureness(one for one in settled if not one.old))
