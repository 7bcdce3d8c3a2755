"""What a class's answers to the concept test say: before and after, item by item.

The answers are a table of the teacher's, one row for each sheet: ``student``, ``when`` (before or
after), ``form`` (A or B), and a column for each item, ``1`` to ``12``, with a letter or nothing.
"""

from pathlib import Path

import numpy as np
import pandas as pd

from posenc.course.places import CourseError

FOLDER = Path("notebooks/src/teaching/concept_test")
CORRECT = "correct"
WHEN, FORMS, LETTERS = ("before", "after"), ("A", "B"), ("a", "b", "c")
DRAWS = 2000  # of the class, for the interval


def concept(root: Path, file: Path) -> int:
    """Print the shares of correct answers, the gain and the commonest wrong belief of each item."""
    key = read_key(root)
    answers = read_answers(file, key["item"].unique())
    held = beliefs(answers, key)
    pairs = both(held)
    print(items(held).to_string(index=False))
    print()
    print(gain_line(pairs))
    return 0


def read_key(root: Path) -> pd.DataFrame:
    """Return the key: for each item and form the letter of each belief."""
    return pd.read_csv(root / FOLDER / "key.csv", dtype={"item": str})


def read_answers(file: Path, numbers: np.ndarray) -> pd.DataFrame:
    """Return the sheets, one row each, or say which cell of the table is wrong."""
    try:
        table = pd.read_csv(file, dtype=str, keep_default_na=False, skipinitialspace=True)
    except (OSError, UnicodeDecodeError, pd.errors.ParserError, pd.errors.EmptyDataError) as why:
        raise CourseError(f"{file} cannot be read as a table ({why}); save it as CSV") from None
    needed = ["student", "when", "form", *numbers]
    missing = [name for name in needed if name not in table]
    if missing:
        raise CourseError(f"{file} has no column {missing[0]!r}; its columns are {needed}")
    table = table[needed].apply(lambda column: column.str.strip())
    for name, allowed in (("when", WHEN), ("form", FORMS), *((n, ("", *LETTERS)) for n in numbers)):
        wrong = table.index[~table[name].isin(allowed)]
        if len(wrong):
            row, value = wrong[0], table.loc[wrong[0], name]
            said = f"row {row + 2}, column {name!r}: {value!r} is none of {list(allowed)}"
            raise CourseError(f"{file}, {said}")
    twice = table[table.duplicated(["student", "when"])]
    if len(twice):
        student, when = twice.iloc[0][["student", "when"]]
        raise CourseError(f"{file} has two sheets of {student!r} {when} the course; keep one")
    return table


def beliefs(answers: pd.DataFrame, key: pd.DataFrame) -> pd.DataFrame:
    """Return one row for each sheet and item: which belief was chosen, "" for none."""
    long = answers.melt(["student", "when", "form"], var_name="item", value_name="letter")
    letters = key.melt(["item", "belief", "source"], list(FORMS), "form", "letter")
    held = long.merge(letters, "left", ["item", "form", "letter"]).fillna({"belief": ""})
    return held.assign(right=held["belief"] == CORRECT)


def items(held: pd.DataFrame) -> pd.DataFrame:
    """Return for each item the shares before and after, the gain, and what is still believed."""
    rows = []
    for item, part in held.groupby("item", sort=False):
        share = part.groupby("when")["right"].mean().reindex(WHEN)
        after = part[(part["when"] == "after") & ~part["belief"].isin(("", CORRECT))]
        common = after["belief"].mode()
        still = f"{common[0]} ({(after['belief'] == common[0]).sum()})" if len(common) else ""
        gain = _gain(*share)
        percent = [f"{100 * value:.0f} %" for value in share]
        rows.append([item, *percent, f"{gain:.2f}", still])
    return pd.DataFrame(rows, columns=["item", *WHEN, "gain", "commonest wrong belief after"])


def both(held: pd.DataFrame) -> pd.DataFrame:
    """Return the share of correct answers of each student who took both tests, (before, after)."""
    shares = held.pivot_table(index="student", columns="when", values="right", aggfunc="mean")
    return shares.reindex(columns=list(WHEN)).dropna()


def gain_line(pairs: pd.DataFrame) -> str:
    """Return the normalised gain of the class, with a bootstrap interval over the students."""
    if len(pairs) < 2:
        return f"{len(pairs)} students took both tests: the gain of a class needs two or more."
    values = pairs.to_numpy()
    chosen = np.random.default_rng(0).integers(len(values), size=(DRAWS, len(values)))
    means = values[chosen].mean(1)  # (draws, 2)
    low, high = np.nanquantile([_gain(*pair) for pair in means], [0.025, 0.975])
    before, after = values.mean(0)
    return (
        f"{len(values)} students took both: {before:.0%} before, {after:.0%} after; "
        f"normalised gain {_gain(before, after):.2f}, 95 % interval {low:.2f} to {high:.2f} "
        "(bootstrap over the students)."
    )


def _gain(before: float, after: float) -> float:
    """Return the part of what could be gained that was gained; NaN where nothing could."""
    return (after - before) / (1 - before) if before < 1 else float("nan")
