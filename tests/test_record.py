"""The learner's record: written where it is asked for, read whatever has become of it."""

import json
import re
import sys
import types

import pytest
import torch

from posenc import check
from posenc.check import _record
from posenc.course import _places
from posenc.functional import inverse_frequencies

ALL = sum(len(row) for row in _record.EXERCISES.values())


@pytest.fixture
def record(tmp_path, monkeypatch):
    path = tmp_path / "record.jsonl"
    monkeypatch.setattr(_record, "_events", [])
    monkeypatch.setattr(_record, "_questions", {})
    monkeypatch.setenv("POSENC_RECORD", str(path))
    monkeypatch.setenv("POSENC_QUIET", "0")
    return path


def later(monkeypatch):
    """Another kernel: nothing in memory, the file alone."""
    monkeypatch.setattr(_record, "_events", [])


def test_the_report_knows_what_is_solved_open_and_guessed(record, monkeypatch, capsys):
    check.sinusoidal(lambda pos, dim: torch.zeros(3))
    check.inverse_frequencies(lambda dim, base: 1 / 0)
    check.inverse_frequencies(inverse_frequencies)
    check.inverse_frequencies(lambda dim, base: 1 / 0)  # solved once is solved
    check.predict("coin", "It lands on", ["heads", "tails"])
    check.predict("die", "It shows", ["one", "six"])
    check.predict("third", "Which is it?", ["one", "six"])
    _record.guess("coin", "heads")
    _record.guess("die", "six")
    _record.guess("third", "six")
    right = {"coin": "heads", "die": "one", "third": "one", "other": "x"}
    check.claim("c", "it is so", 1, "<", 2, settles=right)
    later(monkeypatch)
    text = repr(check.report())
    assert f"Exercises: 1 of {ALL} solved" in text
    assert "✓ inverse_frequencies  ✗ sinusoidal  · shift_matrix" in text
    assert "Predictions: 1 of 3 came true" in text
    assert "It shows: you said “six”, it was “one”" in text
    assert "Which is it? you said “six”, it was “one”" in text  # a question has its own mark
    assert "It lands on" not in text
    capsys.readouterr()


def test_without_a_file_the_kernel_remembers(record, monkeypatch):
    monkeypatch.delenv("POSENC_RECORD")
    check.inverse_frequencies(inverse_frequencies)
    assert f"1 of {ALL}" in repr(check.report())
    assert not record.exists()


def test_broken_lines_cost_themselves_alone(record, monkeypatch):
    check.inverse_frequencies(inverse_frequencies)
    record.write_bytes(b'{"exercise": "rotary"\n[1]\n\xff\xfe\n"x"\n{}\n' + record.read_bytes())
    later(monkeypatch)
    assert f"1 of {ALL}" in repr(check.report())


def test_a_record_that_cannot_be_written_stops_nobody(record, monkeypatch):
    monkeypatch.setenv("POSENC_RECORD", str(record / "no" / "such" / "folder"))
    assert check.inverse_frequencies(inverse_frequencies).passed
    assert f"1 of {ALL}" in repr(check.report())


def test_deleting_the_record_loses_the_record_alone(record, monkeypatch):
    check.inverse_frequencies(inverse_frequencies)
    record.unlink()
    later(monkeypatch)
    assert repr(check.report()).startswith("Nothing is recorded yet")
    assert check.inverse_frequencies(inverse_frequencies).passed


def test_the_builder_and_nbval_record_nothing(record, monkeypatch):
    monkeypatch.setenv("POSENC_QUIET", "1")
    check.inverse_frequencies(inverse_frequencies)
    assert not record.exists()
    assert repr(check.report()).startswith("Nothing is recorded yet")


@pytest.mark.parametrize("begins", ["def f(): ...", _record.SOLUTION])
def test_a_cell_of_the_solutions_records_nothing(record, monkeypatch, begins):
    shell = types.SimpleNamespace(user_ns={"In": ["", f"{begins}\ncheck.it(f)"]})
    ipython = types.SimpleNamespace(get_ipython=lambda: shell)
    monkeypatch.setitem(sys.modules, "IPython", ipython)
    monkeypatch.setattr("posenc.check._guard.silence", _plain)
    check.inverse_frequencies(inverse_frequencies)
    assert record.exists() == (begins != _record.SOLUTION)


def _plain():
    import contextlib
    import io

    return contextlib.nullcontext(io.StringIO())


def test_the_table_of_exercises_is_that_of_the_notebooks():
    root = _places.find_root(_places.Path(__file__).parent)
    found = {}
    for source in _places.sources(root):
        cells = source.read_text(encoding="utf-8").split("# %%")
        asked = [cell for cell in cells if "### BEGIN SOLUTION" in cell]
        found[source.name[:2]] = tuple(
            name for cell in asked for name in re.findall(r"^check\.(\w+)\(", cell, re.M)
        )
    assert found == _record.EXERCISES
    assert all(callable(getattr(check, name)) for row in found.values() for name in row)


def test_an_event_is_one_line_of_json(record):
    check.predict("coin", "It lands\non “ä”", ["heads", "tails"])
    _record.guess("coin", "heads")
    [line] = record.read_text(encoding="utf-8").splitlines()
    assert json.loads(line) == {"question": "It lands\non “ä”", "guess": "heads"}
