"""A kernel that has forgotten everything, as on the next morning."""

from posenc.check.trial import guesses
from posenc.check.trial import record as keeping


def next_morning(monkeypatch):
    """Another kernel: nothing in memory, the file alone."""
    monkeypatch.setattr(keeping, "_unwritten", [])
    monkeypatch.setattr(guesses, "_asked", {})
