"""The learner's own record: what is solved, open and guessed; and the report on it.

Kept in memory, and where ``POSENC_RECORD`` names a file (as ``make lab`` does, in ``work/``)
a line is added to it for each event. Deleting the file loses nothing but the record.
"""

import contextlib
import json
import os
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

SOLUTION = "# One solution; the record leaves it out."  # how a cell of the solutions begins

EXERCISES = {  # in the order of the course; a test holds it against the notebooks
    "01": ("permutation_equivariant", "attention", "mended_attention", "counting_weights"),
    "02": ("previous_word_weights", "look_back", "same_in_every_text"),
    "03": ("inverse_frequencies", "sinusoidal", "shift_matrix", "offset_head"),
    "04": ("positional_module", "mended_table", "table_test"),
    "05": ("evaluate", "reading", "by_position"),
    "06": ("shaw_scores", "t5_bucket", "alibi_slopes", "alibi_bias"),
    "07": ("rotary", "to_pairs", "partial_rotary"),
    "08": ("unseen_pairs", "interpolated", "yarn_frequencies", "false_neighbour"),
    "09": ("left_padded_positions", "packed_positions", "cached_step"),
    "10": ("grid_positions", "resized_table", "fourier_features"),
    "11": ("reported_rate", "slower_or_stuck", "own_encoding"),
}
_events: list[dict[str, Any]] = []
_questions: dict[str, str] = {}  # in this kernel: the key of a prediction -> its question


def exercise(name: str, mark: str, mistake: str | None) -> None:
    """Note what a checker said, unless the cell that asked shows a solution."""
    if not _running().startswith(SOLUTION):
        _add({"exercise": name, "mark": mark, "mistake": mistake})


def asked(key: str, question: str) -> None:
    """Remember the question behind a key: keys are unique in a notebook only."""
    _questions[key] = question


def guess(key: str, option: str) -> None:
    """Note a prediction."""
    _add({"question": _questions.get(key, key), "guess": option})


def settled(key: str, right: str) -> None:
    """Note what came of a prediction."""
    _add({"question": _questions.get(key, key), "right": right})


def guess_of(key: str) -> str | None:
    """Return what was predicted in this kernel, None where nothing was."""
    question = _questions.get(key, key)
    told = [event["guess"] for event in _events if event.get("question") == question
            and "guess" in event]  # fmt: skip
    return told[-1] if told else None


def _add(event: dict[str, Any]) -> None:
    if os.environ.get("POSENC_QUIET") == "1":  # the builder and nbval are no learners
        return
    _events.append(event)
    path = os.environ.get("POSENC_RECORD")
    if path:
        # A record that cannot be written must not stop an answer from being checked.
        with contextlib.suppress(OSError), open(path, "a", encoding="utf-8") as file:
            file.write(json.dumps(event, ensure_ascii=False) + "\n")


def _running() -> str:
    """Return the source of the cell that runs, empty outside of notebooks."""
    shell = sys.modules["IPython"].get_ipython() if "IPython" in sys.modules else None
    cells = shell.user_ns.get("In", [""]) if shell else [""]
    return str(cells[-1])


def _all_events() -> list[dict[str, Any]]:
    """Return the record on disk where there is one, else that of this kernel."""
    path = os.environ.get("POSENC_RECORD")
    if not path or not Path(path).is_file():
        return _events
    lines = Path(path).read_text(encoding="utf-8", errors="replace").splitlines()
    events = []
    for line in lines:  # a broken line (a full disk, an editor) costs that line alone
        with contextlib.suppress(ValueError):
            event = json.loads(line)
            events += [event] if isinstance(event, dict) else []
    return events


@dataclass(frozen=True)
class Report:
    """Exercises solved and open, predictions right and wrong; shown as text."""

    marks: dict[str, str]  # exercise -> its best mark so far
    guesses: dict[str, tuple[str, str]]  # question -> (guess, what was right or "")

    def __repr__(self) -> str:
        if not self.marks and not self.guesses:
            return "Nothing is recorded yet: answer an exercise, or press a prediction."
        return "\n".join([*self._exercises(), "", *self._predictions()])

    def _exercises(self) -> list[str]:
        names = [name for row in EXERCISES.values() for name in row]
        solved = sum(self.marks.get(name) in ("✓", "≈") for name in names)
        rows = [f"Exercises: {solved} of {len(names)} solved"]
        for notebook, row in EXERCISES.items():
            marked = "  ".join(f"{self.marks.get(name, '·')} {name}" for name in row)
            rows.append(f"  {notebook}  {marked}")
        return rows

    def _predictions(self) -> list[str]:
        known = {q: pair for q, pair in self.guesses.items() if pair[1]}
        right = sum(guess == truth for guess, truth in known.values())
        rows = [f"Predictions: {right} of {len(known)} came true"]
        for question, (guess, truth) in known.items():
            if guess != truth:
                asks = question if question.endswith("?") else f"{question}:"
                rows.append(f"  {asks} you said “{guess}”, it was “{truth}”")
        return rows


BEST = "✓≈✗○"


def report() -> Report:
    """Return what this learner has solved, left open, and guessed.

    Marks: ✓ solved, ≈ in another form, ✗ wrong so far, ○ called but not written, · not begun.

    >>> report()
    Nothing is recorded yet: answer an exercise, or press a prediction.
    """
    marks: dict[str, str] = {}
    guesses: dict[str, tuple[str, str]] = {}
    for event in _all_events():
        if "exercise" in event:
            name, mark = str(event["exercise"]), str(event.get("mark"))
            seen = [one for one in (mark, marks.get(name)) if one and one in BEST]
            marks[name] = min(seen, key=BEST.index, default="○")
        question = str(event.get("question"))
        if "guess" in event:
            guesses[question] = (str(event["guess"]), guesses.get(question, ("", ""))[1])
        elif "right" in event and question in guesses:
            guesses[question] = (guesses[question][0], str(event["right"]))
    return Report(marks, guesses)
