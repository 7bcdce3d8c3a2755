"""The command line; each command imports only what it needs itself."""

import argparse
import gc
import sys
from pathlib import Path
from typing import Any

from posenc.course import _places

EXTRAS = {
    **dict.fromkeys(("lab", "copies", "again", "diff", "record", "doctor", "wheelhouse"), "lab"),
    "grade": "teach",
    "editions": "handouts",
    "publish": "handouts",
}


def main(argv: list[str] | None = None) -> int:
    """Run one command and return its exit status."""
    args, rest = _parser().parse_known_args(argv)
    if rest and args.command != "lab":
        _parser().error(f"unknown arguments: {' '.join(rest)}")
    try:
        return args.run(args, rest)
    except (_places.CourseError, ModuleNotFoundError) as problem:
        print(_in_one_line(problem, args.command), file=sys.stderr)
        return 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser("python -m posenc.course", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    build = commands.add_parser("build", help="run the sources, write the notebooks")
    build.add_argument("names", nargs="*", help="03 or 03_the_frequency_formula; all")
    build.add_argument("--jobs", type=int, default=2, help="notebooks at a time")
    build.set_defaults(run=_build)
    check = commands.add_parser("check", help="compare notebooks with their sources")
    check.add_argument("names", nargs="*")
    check.set_defaults(run=_check)
    claims = commands.add_parser("claims", help="gather what the lessons claim and rule")
    claims.set_defaults(run=_claims)
    _add_copies(commands)
    _add_record(commands)
    _add_editions(commands)
    _add_grade(commands)
    doctor = commands.add_parser("doctor", help="say what is here and what is missing")
    doctor.set_defaults(run=_doctor)
    _add_wheelhouse(commands)
    return parser


def _add_record(commands: Any) -> None:
    record = commands.add_parser(
        "record", help="your checked answers and guesses, which are on this machine alone"
    )
    what = record.add_subparsers(dest="what", required=True)
    export = what.add_parser("export", help="copy them to a file")
    export.add_argument("file", type=Path)
    bring = what.add_parser("import", help="add those of a file that was exported")
    bring.add_argument("file", type=Path)
    delete = what.add_parser("delete", help="delete them; your notebooks stay")
    delete.add_argument("--yes", action="store_true", help="else it only says what is there")
    record.set_defaults(run=_record)


def _add_copies(commands: Any) -> None:
    lab = commands.add_parser(
        "lab", help="open your own copies; further arguments go to JupyterLab", add_help=False
    )
    lab.set_defaults(run=_lab)
    copies = commands.add_parser("copies", help="bring your own copies up to date, open nothing")
    copies.set_defaults(run=_copies)
    again = commands.add_parser("again", help="begin a lesson again; your old copy is kept")
    diff = commands.add_parser("diff", help="show what differs between your copy and the course")
    for command, run in ((again, _again), (diff, _diff)):
        command.add_argument("names", nargs="+", metavar="LESSON", help="03 or a whole name")
        command.set_defaults(run=run)


def _add_wheelhouse(commands: Any) -> None:
    wheelhouse = commands.add_parser(
        "wheelhouse", help="gather all packages of `lab`, for machines without a network"
    )
    wheelhouse.add_argument("--out", type=Path, required=True, help="a folder; kept if it is there")
    wheelhouse.add_argument("--python", nargs="+", help="as 3.12, the learners'; this one")
    wheelhouse.add_argument("--system", nargs="+", help="linux, windows, macos; this one")
    wheelhouse.set_defaults(run=_wheelhouse)


def _add_grade(commands: Any) -> None:
    grade = commands.add_parser("grade", help="judge what learners handed in, sealed off")
    grade.add_argument("submissions", type=Path, help="STUDENT/*.ipynb or STUDENT.ipynb")
    grade.add_argument("--out", type=Path, required=True, help="a folder for the results")
    grade.add_argument("--notebook", nargs="+", default=[], help="only what answers these")
    grade.add_argument("--jobs", type=int, default=2, help="submissions at a time")
    grade.add_argument("--trusted", action="store_true", help="without bubblewrap's walls")
    grade.set_defaults(run=_grade)


def _add_editions(commands: Any) -> None:
    editions = commands.add_parser(
        "editions", help="handouts, notebooks for class and for Colab; no option means all"
    )
    editions.add_argument("--edition", nargs="+", choices=["study", "student", "instructor"])
    editions.add_argument("--format", nargs="+", choices=["ipynb", "colab", "html", "pdf"])
    editions.add_argument("--notebook", nargs="+", default=[], help="03 or a whole name")
    editions.add_argument("--out", type=Path, help="the folder; dist")
    editions.set_defaults(run=_editions)
    publish = commands.add_parser(
        "publish", help="badges that open the lessons on Colab, for a repository of your own"
    )
    where = publish.add_mutually_exclusive_group(required=True)
    where.add_argument("--repo", metavar="OWNER/NAME", help="on GitHub")
    where.add_argument("--off", action="store_true", help="take the badges away again")
    publish.add_argument("--branch", default="main")
    publish.add_argument("--edition", choices=["study", "student"], default="study",
                         help="student: without solutions; study")  # fmt: skip
    publish.set_defaults(run=_publish)


def _editions(args: argparse.Namespace, rest: list[str]) -> int:
    from posenc.course import _tools

    _tools.require(args.format or _tools.FORMATS)
    gc.disable()  # a tenth of a single edition's time went into looking through fresh modules
    from posenc.course import _editions

    gc.freeze()
    gc.enable()
    root = _places.find_root(Path.cwd())
    asked = {"audiences": args.edition, "formats": args.format, "names": args.notebook}
    order = _editions.Order(**{name: tuple(words) for name, words in asked.items() if words})
    return _editions.editions(root, order, args.out or root / "dist")


def _publish(args: argparse.Namespace, rest: list[str]) -> int:
    from posenc.course import _tools

    _tools.require(("colab",))
    from posenc.course import _publish

    root = _places.find_root(Path.cwd())
    if args.off:
        return _publish.withdraw(root)
    return _publish.publish(root, args.repo, args.branch, args.edition)


def _build(args: argparse.Namespace, rest: list[str]) -> int:
    from posenc.course import _build

    return _build.build(_places.find_root(Path.cwd()), args.names, jobs=args.jobs)


def _check(args: argparse.Namespace, rest: list[str]) -> int:
    from posenc.course import _check

    return _check.check(_places.find_root(Path.cwd()), args.names)


def _claims(args: argparse.Namespace, rest: list[str]) -> int:
    from posenc.course import _claims

    return _claims.claims(_places.find_root(Path.cwd()))


def _lab(args: argparse.Namespace, rest: list[str]) -> int:
    from posenc.course import _lab

    return _lab.lab(_places.find_root(Path.cwd()), rest)


def _record(args: argparse.Namespace, rest: list[str]) -> int:
    from posenc.course import _record, _work

    work, _ = _work.folder(_places.find_root(Path.cwd()))
    record = _work.record(work)
    if args.what == "delete":
        print(_record.delete(record, sure=args.yes))
    else:
        act = _record.take if args.what == "export" else _record.bring
        print(act(record, args.file))
    return 0


def _copies(args: argparse.Namespace, rest: list[str]) -> int:
    from posenc.course import _learner

    return _learner.copies(_places.find_root(Path.cwd()))


def _again(args: argparse.Namespace, rest: list[str]) -> int:
    from posenc.course import _learner

    return _learner.again(_places.find_root(Path.cwd()), args.names)


def _diff(args: argparse.Namespace, rest: list[str]) -> int:
    from posenc.course import _learner

    return _learner.diff(_places.find_root(Path.cwd()), args.names)


def _grade(args: argparse.Namespace, rest: list[str]) -> int:
    from posenc.course._grade import _run

    root = _places.find_root(Path.cwd())
    how = {"jobs": args.jobs, "trusted": args.trusted, "names": args.notebook}
    return _run.run(root, args.submissions, args.out, **how)


def _doctor(args: argparse.Namespace, rest: list[str]) -> int:
    from posenc.course import _doctor

    return _doctor.doctor()


def _wheelhouse(args: argparse.Namespace, rest: list[str]) -> int:
    from posenc.course import _wheelhouse

    return _wheelhouse.wheelhouse(args.out, args.python, args.system)


def _in_one_line(problem: Exception, command: str) -> str:
    if isinstance(problem, ModuleNotFoundError):
        what = f"{problem.name} is missing" if problem.name else str(problem)
        return f"{what}. To get it, {_places.remedy(EXTRAS.get(command, 'test'))}"
    return str(problem)


if __name__ == "__main__":
    sys.exit(main())
