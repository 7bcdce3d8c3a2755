"""What the record says: exercises solved, predictions that came true."""

from collections.abc import Iterator
from dataclasses import dataclass

from posenc.check.trial import guesses, record
from posenc.check.trial.record import CALLED, EXERCISES, Event
from posenc.check.trial.settled_guesses import NOT_SAID, Settled, by_sureness, settled_in

BEST = "✓≈✗"
# Exercises that the first release did not have.
LATER = {"separating_run", "shift_is_shown", "deciding_run", "chosen_run", "prompt_positions"}
FIRST = {"08": ("unseen_pairs", "interpolated", "yarn_frequencies", "false_neighbour")}


@dataclass(frozen=True)
class Report:
    """Exercises solved and open, predictions right and wrong; shown as text."""

    marks: dict[str, str]  # exercise -> its best mark so far
    settled: tuple[Settled, ...]
    open: int = 0  # guesses that no claim has settled yet
    file: str = ""

    def __repr__(self) -> str:
        if not (self.marks or self.settled or self.open):
            return "Nothing is recorded yet: answer an exercise, or press a prediction."
        return "\n".join([*self._exercises(), "", *self._predictions(), *self._kept()])

    def _exercises(self) -> Iterator[str]:
        names = [name for row in EXERCISES.values() for name in row]
        solved = sum(self.marks.get(name) in ("✓", "≈") for name in names)
        yield f"Exercises: {solved} of {len(names)} solved"
        for notebook, row in EXERCISES.items():
            marked = (f"{self.marks.get(name, '·')} {CALLED.get(name, name)}" for name in row)
            yield f"  {notebook}  {'  '.join(marked)}"
        yield "  (✓ solved, ≈ solved in another form than asked for, ✗ wrong so far, · not begun)"

    def _predictions(self) -> Iterator[str]:
        now = [one for one in self.settled if not one.old]
        true = sum(one.came_true for one in now)
        waiting = f"; {self.open} noted, not settled yet" if self.open else ""
        yield f"Predictions: {true} of {len(now)} came true{waiting}"
        levels = by_sureness(now)
        if any(levels):  # somebody has said how sure a guess was
            told = (f"{level or NOT_SAID} {sum(n)} of {len(n)}" for level, n in levels.items())
            yield f"  came true by how sure you were: {', '.join(told)}"
        yield from (f"  {one}" for one in now if not one.came_true)
        old = [one for one in self.settled if one.old]
        if old:
            yield "Older predictions, whose options have changed since (not counted):"
            yield from (f"  {one}" for one in old)

    def _kept(self) -> Iterator[str]:
        yield ""
        if self.file:
            yield f"Your checked answers and guesses are kept in {self.file}, and nowhere else."
        else:
            yield "Your answers and guesses are in no file here: they last as long as this kernel."


def report() -> Report:
    """Return what this learner has solved, left open, and guessed.

    Marks: ✓ solved, ≈ in another form, ✗ wrong so far, · not begun.

    >>> report()
    Nothing is recorded yet: answer an exercise, or press a prediction.
    """
    events, path = guesses.all_events(), record.file()
    settled, waiting = settled_in(events)
    return Report(_marks(events), settled, waiting, str(path) if path and path.is_file() else "")


def _marks(events: list[Event]) -> dict[str, str]:
    marks: dict[str, str] = {}
    for event in _own(events):
        name, mark = str(event["exercise"]), str(event.get("mark"))
        seen = [one for one in (mark, marks.get(name)) if one and one in BEST]
        if seen:
            marks[name] = min(seen, key=BEST.index)
    return marks


def _own(events: list[Event]) -> list[Event]:
    """Return the checked answers without those that were solutions.

    The first release ran a lesson's solutions with Run All and noted them as the learner's:
    right after a pass over all exercises of the lesson stands a second one, all of it right.
    """
    checked = [event for event in events if "exercise" in event]
    names = [event["exercise"] for event in checked]
    kept, at, behind = [], 0, 0  # behind: where the last pass of solutions ended
    while at < len(checked):
        lesson = record.LESSON.get(names[at], "")
        today = FIRST.get(lesson, EXERCISES.get(lesson, ()))
        row = [name for name in today if name not in LATER]
        end = at + len(row)
        begin = at - len(row)
        second = bool(row) and begin >= behind and names[at:end] == row == names[begin:at]
        if second and all(map(_is_old_and_right, checked[at:end])):
            at = behind = end
        else:
            kept.append(checked[at])
            at += 1
    return kept


def _is_old_and_right(event: Event) -> bool:
    return "lesson" not in event and event.get("mark") in ("✓", "≈")
