"""Cells that show a solution: run apart, so that they solve nothing for the learner.

Such a cell is an ordinary one below one marker line. Where ``posenc.check`` is imported, IPython
hands it to :func:`shown`: the builder and nbval run it in a namespace of its own, a
learner's kernel only keeps it, and runs it where ``check.solution`` asks for it.
"""

import re
from typing import Any

from posenc.check.engine.verdict import strict
from posenc.check.trial import record, where

MARKER = '# One solution: check.solution("{name}") runs it'
_MARKED = re.compile(re.escape(MARKER).replace(r"\{name\}", r"(\w+)") + r"\s*")
_CELL_ID = "solution-"  # and the exercise's name: how the builder calls the cell
_codes: dict[str, str] = {}  # the solutions that this kernel has been shown


def solution(name: str) -> None:
    """Run the solution whose cell this kernel has been shown, and check it; nothing is recorded.

    It runs in a namespace of its own: the learner's names stay as they are.

    Raises ``ValueError`` where no such solution has been shown.
    """
    if name not in _codes:
        shown_here = ", ".join(_codes) or "none yet"
        raise ValueError(
            f"no solution of {name!r} has been shown in this kernel: run its cell in the last "
            f"section of the lesson first; shown are: {shown_here}"
        )
    _run(name)


def shown(name: str, code: str) -> None:
    """Keep the code of a solution; run it only in the builder, nbval and CI."""
    _codes[name] = code
    if strict():
        _run(name)
    else:
        print(f'· {name}: a solution to read; check.solution("{name}") runs it')


def _run(name: str) -> None:
    shell = where.shell()
    namespace: dict[str, Any] = dict(shell.user_ns) if shell else {"__name__": "__main__"}
    with record.left_out(name):
        exec(compile(_codes[name], f"<solution of {name}>", "exec"), namespace)


def name_in(line: str) -> str:
    """Return the name of the solution that a marker line announces; "" for any other line."""
    marked = _MARKED.fullmatch(line)
    return marked[1] if marked else ""


def watch() -> None:
    """Let IPython hand over the cells of solutions; outside of it there are no cells."""
    shell = where.shell()
    if shell and _handed_over not in shell.input_transformers_post:
        shell.input_transformers_post.append(_handed_over)


def _handed_over(lines: list[str]) -> list[str]:
    """Turn the lines of a solution's cell into a call; leave those of other cells."""
    name = name_in(lines[0] if lines else "") or _by_its_id()
    if not name:
        return lines
    here = f"__import__({__name__!r}, fromlist=['shown'])"
    return [f"{here}.shown({name!r}, {''.join(lines)!r})\n"]


def _by_its_id() -> str:
    """Return the name behind the id of the running cell, for lessons that have no marker line."""
    cell = where.cell()
    return cell.removeprefix(_CELL_ID) if cell.startswith(_CELL_ID) else ""
