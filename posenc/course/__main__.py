"""The command line; each command imports only what it needs itself."""

import argparse
import inspect
import sys
from importlib import import_module
from pathlib import Path
from typing import Any

from posenc.course.places import CourseError, find_root

# The room of a command, and the extra that brings what it imports.
EXTRAS = {"author": "test", "learner": "lab", "editions": "handouts", "grade": "teach"}
Option = tuple[tuple[str, ...], dict[str, Any]]


def _option(*names: str, **how: Any) -> Option:
    return names, how


LESSONS = _option("names", nargs="+", metavar="LESSON", help="03 or a whole name")
SOME = {"dest": "names", "nargs": "+", "default": [], "metavar": "NOTEBOOK"}
FILE = _option("file", type=Path)
# Command -> what it does, module:function, and options named as the function's parameters;
# of a list of options, one is given.
COMMANDS: dict[str, tuple[str, str, list[Option | list[Option]]]] = {
    "build": ("run the sources, write the notebooks", "author.build:build", [
        _option("names", nargs="*", help="03 or 03_the_frequency_formula; all"),
        _option("--jobs", type=int, default=2, help="notebooks at a time"),
    ]),
    "check": ("compare notebooks with their sources", "author.check:check", [
        _option("names", nargs="*"),
    ]),
    "claims": ("gather what the lessons claim and rule", "author.ledger:claims", []),
    "lab": ("open your own copies; further arguments go to JupyterLab", "learner.lab:lab", []),
    "copies": ("bring your own copies up to date, open nothing", "learner.commands:bring", []),
    "again": ("begin a lesson again; your old copy is kept", "learner.commands:begin_again", [
        LESSONS,
    ]),
    "diff": ("show what differs between your copy and the course",
             "learner.commands:show_differences", [LESSONS]),
    "record": ("your checked answers and guesses, which are on this machine alone", "", []),
    "record export": ("copy them to a file", "learner.record:export", [FILE]),
    "record import": ("add those of a file that was exported", "learner.record:bring", [FILE]),
    "record delete": ("delete them; your notebooks stay", "learner.record:delete", [
        _option("--yes", action="store_true", help="else it only says what is there"),
    ]),
    "editions": ("handouts, notebooks for class and for Colab; no option means all",
                 "editions.commands:make", [
        _option("--edition", nargs="+", choices=["study", "student", "instructor"]),
        _option("--format", nargs="+", choices=["ipynb", "colab", "html", "pdf"]),
        _option("--notebook", **SOME, help="03 or a whole name"),
        _option("--out", type=Path, help="the folder; dist"),
    ]),
    "book": ("the course as pages for a browser, without a kernel or a network",
             "editions.commands:book", [
        _option("--edition", choices=["study", "student"], default="study"),
        _option("--notebook", **SOME, help="03 or a whole name; all"),
        _option("--frames", nargs="*", metavar="NOTEBOOK",
                help="only these lessons' explorers move, the others are stills; all move"),
        _option("--jobs", type=int, default=2, help="lessons at a time, where frames are drawn"),
        _option("--out", type=Path, help="the folder; dist/book"),
    ]),
    "publish": ("badges that open the lessons on Colab, for a repository of your own",
                "editions.commands:publish", [
        [
            _option("--repo", metavar="OWNER/NAME", help="on GitHub"),
            _option("--off", action="store_true", help="take the badges away again"),
        ],
        _option("--branch", default="main"),
        _option("--edition", choices=["study", "student"], default="study",
                help="student: without solutions; study"),
    ]),
    "grade": ("judge what learners handed in, sealed off", "grade.run:run", [
        _option("folder", type=Path, metavar="submissions",
                help="STUDENT/*.ipynb or STUDENT.ipynb"),
        _option("--out", type=Path, required=True, help="a folder for the results"),
        _option("--notebook", **SOME, help="only what answers these"),
        _option("--jobs", type=int, default=2, help="submissions at a time"),
        _option("--draw", type=int, help="the number by which the cases are drawn; a new one"),
        _option("--trusted", action="store_true", help="without bubblewrap's walls"),
    ]),
    "concept": ("what a class's answers to the concept test say", "grade.concept:concept", [
        _option("file", type=Path, help="a CSV table, one row for each sheet"),
    ]),
    "doctor": ("say what is here and what is missing", "learner.doctor:doctor", []),
    "wheelhouse": ("gather all packages of `lab`, for machines without a network",
                   "learner.wheelhouse:wheelhouse", [
        _option("--out", type=Path, required=True, help="a folder; kept if it is there"),
        _option("--python", nargs="+", help="as 3.12, the learners'; this one"),
        _option("--system", nargs="+", help="linux, windows, macos; this one"),
    ]),
}  # fmt: skip


def main(argv: list[str] | None = None) -> int:
    """Run one command and return its exit status."""
    parser = _parser()
    given, rest = parser.parse_known_args(argv)
    options = vars(given)
    target = options.pop("target")
    if options.pop("command") == "lab":
        options["args"] = rest
    elif rest:
        parser.error(f"unknown arguments: {' '.join(rest)}")
    options.pop("what", None)
    module, _, name = target.partition(":")
    try:
        function = getattr(import_module(f"posenc.course.{module}"), name)
        if "root" in inspect.signature(function).parameters:
            options["root"] = find_root(Path.cwd())
        return int(function(**options))
    except (CourseError, ModuleNotFoundError) as problem:
        print(_in_one_line(problem, EXTRAS[module.partition(".")[0]]), file=sys.stderr)
        return 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser("python -m posenc.course", description=__doc__)
    below = {"": parser.add_subparsers(dest="command", required=True)}
    for words, (help, target, options) in COMMANDS.items():
        above, _, name = words.rpartition(" ")
        command = below[above].add_parser(name, help=help, add_help=name != "lab")
        if not target:
            below[name] = command.add_subparsers(dest="what", required=True)
            continue
        command.set_defaults(target=target)
        for option in options:
            _add(command, option)
    return parser


def _add(command: argparse.ArgumentParser, option: Option | list[Option]) -> None:
    if isinstance(option, list):
        group = command.add_mutually_exclusive_group(required=True)
        for names, how in option:
            group.add_argument(*names, **how)
    else:
        command.add_argument(*option[0], **option[1])


def _in_one_line(problem: Exception, extra: str) -> str:
    if isinstance(problem, ModuleNotFoundError):
        from posenc.course.tools import remedy

        what = f"{problem.name} is missing" if problem.name else str(problem)
        return f"{what}. To get it, {remedy(extra)}"
    return str(problem)


if __name__ == "__main__":
    sys.exit(main())
