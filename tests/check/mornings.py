"""A kernel that has forgotten everything, as on the next morning."""

import pytest

from posenc.check.trial import guesses
from posenc.check.trial import record as keeping


def next_morning(monkeypatch):
    """Another kernel: nothing in memory, the file alone."""
    monkeypatch.setattr(keeping, "_unwritten", [])
    monkeypatch.setattr(guesses, "_asked", {})


@pytest.fixture
def record(tmp_path, monkeypatch):
    path = tmp_path / "record.jsonl"
    monkeypatch.setenv("POSENC_RECORD", str(path))
    monkeypatch.setenv("POSENC_QUIET", "0")
    monkeypatch.delenv("JPY_SESSION_NAME", raising=False)
    next_morning(monkeypatch)
    return path
