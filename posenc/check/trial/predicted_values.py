"""Predictions of a number, which is typed, and of a curve, which is drawn."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from posenc.check.trial import guesses
from posenc.check.trial.predictions import Prediction, noted
from posenc.check.trial.scales import POINTS, Scale, is_number, written

ROWS = 5  # of the grid that stands for a curve on paper


@dataclass(frozen=True, repr=False)
class NumberPrediction(Prediction):
    """A number to be typed before the next cell is run."""

    @property
    def scale(self) -> Scale:
        """What the number is given in."""
        assert self.asked.scale
        return self.asked.scale

    def _answers(self) -> list[str]:
        said = f" ({self.scale.said})" if self.scale.said else ""
        return [f"  ________ {self.scale.unit}".rstrip() + said]

    def _view(self, last: guesses.Guess) -> dict[str, Any]:
        from posenc import widgets

        typed = written(last.values[0]) if last.values else ""
        about = {"unit": self.scale.unit, "note": self._noted(last), "sure": self._sureness(last)}
        return widgets.number(self.question, self._typed, typed=typed, **about)

    def _typed(self, text: str) -> str:
        """Note what was typed; return the sentence that says so, or why it is no number."""
        try:
            value = self.scale.read(text)
        except ValueError as problem:
            return str(problem)
        self._remember((value,))
        return f"Noted: you predicted {self.scale.word(value)}."


@dataclass(frozen=True, repr=False)
class CurvePrediction(NumberPrediction):
    """A curve to be drawn, by five of its points, before the next cell is run."""

    xlabel: str = ""
    ylabel: str = ""

    def _answers(self) -> list[str]:
        low, high, step = self.ends[0], self.ends[1], (self.ends[1] - self.ends[0]) / (ROWS - 1)
        levels = [self.scale.word(high), *(written(high - n * step) for n in range(1, ROWS - 1))]
        levels.append(written(low))
        room = max(map(len, levels))
        ticks = [written(x) for x in self.scale.x]
        wide = max(map(len, ticks)) + 4
        rows = [f"  {level:>{room}} │" for level in levels]
        axis = f"  {'':{room}} └{'─' * wide * POINTS}"
        under = f"  {'':{room}}  {''.join(f'{tick:^{wide}}' for tick in ticks)}".rstrip()
        return [f"  {self.ylabel}", *rows, axis, under, f"  {self.xlabel}"]

    @property
    def ends(self) -> tuple[float, float]:
        """The least and the greatest value of a point."""
        assert self.scale.low is not None
        assert self.scale.high is not None
        return self.scale.low, self.scale.high

    def _view(self, last: guesses.Guess) -> dict[str, Any]:
        from posenc import widgets

        axes = widgets.Axes(self.scale.x, *self.ends, self.xlabel, self.ylabel)
        about = {"values": last.values, "note": self._noted(last), "sure": self._sureness(last)}
        return widgets.curve(self.question, axes, self._drawn, **about)

    def _drawn(self, values: tuple[float, ...]) -> str:
        self._remember(values)
        return f"Noted: you predicted {self.scale.words(values)}."


def predict_number(
    key: str,
    question: str,
    *,
    unit: str = "",
    low: float | None = None,
    high: float | None = None,
    near: float = 0.1,
    sure: bool = False,
    kind: str = "",
    beliefs: Mapping[str, str] | None = None,
) -> Prediction:
    """Ask for a number before the run: a box to type into, a line with a blank on paper.

    What is out of the range from ``low`` to ``high``, or no number, is refused in one line.
    The guess comes true within the factor ``1 + near`` of what is measured.
    ``sure``, ``kind`` and ``beliefs`` are those of ``predict``.

    Raises ``ValueError`` for an empty range or a ``near`` below 0.

    >>> predict_number("half", "At which position is it half?", unit="positions", low=0)
    Predict: At which position is it half?
      ________ positions (at least 0)
    """
    scale = _scale(Scale(unit, low, high, near))
    asked = noted(guesses.ask(key, question, scale=scale))
    return NumberPrediction(key, question, (), asked, sure)


def predict_curve(
    key: str,
    question: str,
    *,
    x: Sequence[float],
    low: float,
    high: float,
    xlabel: str,
    ylabel: str,
    near: float = 0.15,
    sure: bool = False,
    kind: str = "",
    beliefs: Mapping[str, str] | None = None,
) -> Prediction:
    """Ask for a curve before the run: a slider for each of five ``x``, empty axes on paper.

    The guess comes true where no point is further off than the share ``near`` of the range from
    ``low`` to ``high``. ``plots.lines(…, guess=check.drawn(key))`` shows it beside the data.
    ``sure``, ``kind`` and ``beliefs`` are those of ``predict``.

    Raises ``ValueError`` for other than five ascending ``x``, an empty range, or a ``near``
    below 0.

    >>> predict_curve("falls", "How does the similarity fall?", x=(0, 1, 2, 4, 8), low=0, high=1,
    ...               xlabel="relative distance", ylabel="similarity")
    Predict: How does the similarity fall?
      similarity
         1 │
      0.75 │
       0.5 │
      0.25 │
         0 │
           └─────────────────────────
              0    1    2    4    8
      relative distance
    """
    points = tuple(x)
    rising = all(a < b for a, b in zip(points, points[1:], strict=False))
    if len(points) != POINTS or not all(map(is_number, points)) or not rising:
        raise ValueError(f"a curve is drawn at {POINTS} ascending values of x; got {x}")
    scale = _scale(Scale("", low, high, near, points))
    asked = noted(guesses.ask(key, question, scale=scale))
    return CurvePrediction(key, question, (), asked, sure, xlabel=xlabel, ylabel=ylabel)


def _scale(scale: Scale) -> Scale:
    low, high = scale.low, scale.high
    if any(end is not None and not is_number(end) for end in (low, high)):
        raise ValueError(f"low and high must be finite numbers; got {low} and {high}")
    if low is not None and high is not None and low >= high:
        raise ValueError(f"low must be below high; got {low} and {high}")
    if not is_number(scale.near) or scale.near < 0:
        raise ValueError(f"near must be a share of at least 0; got {scale.near}")
    return scale


def drawn(key: str) -> tuple[tuple[float, ...], tuple[float, ...]] | None:
    """Return the curve that the learner drew, as ``(x, y)``, for ``plots.lines(…, guess=)``.

    None where none was drawn, as in a stored output: then the figure is the data alone.

    >>> drawn("falls") is None
    True
    """
    asked = guesses.asked(key)
    values = guesses.last_guess(asked).values if asked and asked.scale else ()
    return (asked.scale.x, values) if asked and asked.scale and asked.scale.x and values else None
