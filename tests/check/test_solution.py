"""A cell with a solution solves nothing for the learner."""

import sys
import types

import mornings
import pytest

from posenc import check
from posenc.check.trial import solution, where
from posenc.functional import inverse_frequencies

record = mornings.record

CODE = "def double(x):\n    return helper(x)\n\n\nseen.append(double(4))\ncheck_it()"
CELL = solution.MARKER.format(name="double") + "\n" + CODE


class Shell:
    """IPython, as far as a cell of a solution needs it."""

    def __init__(self, cell_id=""):
        self.input_transformers_post = []
        self.seen = []
        self.user_ns = {
            "seen": self.seen,
            "helper": lambda x: 2 * x,
            "double": "the learner's",
            "check_it": lambda: check.inverse_frequencies(inverse_frequencies),
        }
        self.cell_id = cell_id

    def get_parent(self):
        return {"metadata": {"cellId": self.cell_id}}

    def run(self, source):
        lines = source.splitlines(keepends=True)
        for transform in self.input_transformers_post:
            lines = transform(lines)
        exec("".join(lines), self.user_ns)


@pytest.fixture
def shell(record, monkeypatch):
    shell = Shell()
    monkeypatch.setattr(where, "shell", lambda: shell)
    monkeypatch.setattr(solution, "_codes", {})
    monkeypatch.delenv("POSENC_STRICT", raising=False)
    solution.watch()
    solution.watch()
    assert len(shell.input_transformers_post) == 1
    return shell


def test_a_learners_run_all_shows_a_solution_and_runs_nothing(shell, record, capsys):
    shell.run(CELL)
    assert capsys.readouterr().out == (
        '· double: a solution to read; check.solution("double") runs it\n'
    )
    assert shell.seen == []
    assert shell.user_ns["double"] == "the learner's"
    assert not record.exists()


def test_on_request_it_runs_apart_and_counts_for_nothing(shell, record, capsys):
    shell.run(CELL)
    check.solution("double")
    assert shell.seen == [8]
    assert shell.user_ns["double"] == "the learner's"
    assert "✓ inverse_frequencies" in capsys.readouterr().out
    assert not record.exists()
    shell.run("check_it()")
    assert record.exists()


def test_in_the_builder_it_runs_apart(shell, monkeypatch, capsys):
    monkeypatch.setenv("POSENC_STRICT", "1")
    shell.run(CELL)
    assert shell.seen == [8]
    assert shell.user_ns["double"] == "the learner's"
    assert capsys.readouterr().out.startswith("✓ inverse_frequencies")


def test_a_solution_that_raises_is_left_out_all_the_same(shell, record):
    shell.run(CELL.replace("check_it()", "1 / 0"))
    with pytest.raises(ZeroDivisionError):
        check.solution("double")
    shell.run("check_it()")
    assert record.exists()


def test_a_solution_that_was_not_shown_is_named(shell):
    with pytest.raises(ValueError, match="no solution of 'twice' .* shown are: none yet"):
        check.solution("twice")


def test_a_cell_of_the_last_release_is_known_by_its_id(shell, capsys):
    shell.cell_id = "solution-double"
    shell.run(CODE)
    assert shell.seen == []
    assert "double: a solution to read" in capsys.readouterr().out


@pytest.mark.parametrize("source", ["", "seen.append(1)", "# One solution\nseen.append(1)"])
def test_other_cells_run_as_they_are(shell, source):
    shell.cell_id = "exercise-double"
    shell.run(source)
    assert shell.seen == ([1] if source else [])


def test_the_shell_is_ipythons(monkeypatch):
    ipython = types.SimpleNamespace(get_ipython=lambda: "shell")
    monkeypatch.setitem(sys.modules, "IPython", ipython)
    assert where.shell() == "shell"
