"""Run a study from the command line; what is finished is kept, and gone on from."""

import argparse
import os
import sys
import warnings

import pandas as pd

from posenc import study
from posenc.study import _record, _table


def main(argv: list[str] | None = None) -> int:
    """Run the study that the arguments describe and return the exit status."""
    args = vars(_parser().parse_args(argv))
    file, which = args.pop("record"), args.pop("which")
    where = {name: args[name] for name in ("backend", "scheduler", "jobs")}
    try:
        with warnings.catch_warnings(action="always"):
            warnings.showwarning = _said  # type: ignore[assignment]  # without a line of code
            if file:
                _record.make(file, args["out"], which, **where)
                return 0
            table = study.run(**args)
    except (ValueError, TypeError, OSError, RuntimeError) as problem:
        print(problem, file=sys.stderr)
        return 1
    print(_told(table))
    return 1 if _table.failed(table).any() else 0


def _said(message: Warning | str, *_: object) -> None:
    print(message, file=sys.stderr)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser("python -m posenc.study", description=__doc__)
    add = parser.add_argument
    add("--encodings", nargs="+", metavar="NAME", help="rope, or 'rope(base=100.0)'; all")
    add("--tasks", nargs="+", metavar="NAME", help="names in posenc.TASKS, or text; all of TASKS")
    add("--seeds", type=int, default=5, help="how many; 5")
    add("--lengths", nargs="+", type=float, help="in trained lengths; 1 1.5 2 4")
    add("--rates", nargs="+", type=float, default=(1,), help="in usual learning rates; 1")
    add("--scale", default="laptop", help="laptop or gpu")
    add("--out", required=True, metavar="DIR", help="the results folder")
    add("--backend", default="loky", help="joblib's: loky, or dask")
    add("--scheduler", metavar="ADDRESS", help="of a Dask cluster, tcp://host:8786")
    add("--jobs", type=int, default=os.cpu_count(), help="cells at a time; all cores")
    add("--budget", type=float, metavar="MIN", help="minutes to fit the steps to; gpu: 8")
    add("--record", metavar="FILE", help="make a record of the course and pack it into FILE")
    add("--which", choices=("study", "law", "layers"), default="study", help="which record; study")
    return parser


def _told(table: pd.DataFrame) -> str:
    """Return one line an encoding and task: mean accuracies, or losses of the text."""
    blocks = []
    for measure, rows in (("accuracy", table["task"] != "text"), ("loss", table["task"] == "text")):
        if rows.any():
            means = study.summary(table[rows], measure)
            means["said"] = (
                means["mean"].round(3).astype(object).where(means["mean"].notna(), means["word"])
            )
            wide = means.pivot(index=["task", "encoding"], columns="times", values="said")
            blocks.append(f"{measure}, mean of the seeds, by trained lengths\n{wide}")
    if table["memory_mib"].notna().any():
        blocks.append(
            f"{table['device_name'].iloc[0]}: {table['tokens_per_second'].median():,.0f} tokens a "
            f"second, {table['memory_mib'].max():,.0f} MiB at most"
        )
    return "\n\n".join(blocks)


if __name__ == "__main__":
    sys.exit(main())
