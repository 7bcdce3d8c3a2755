"""Classes registered for the while of a test, and trainings counted."""

import pytest

from posenc import ENCODINGS, register
from posenc.study import _work


@pytest.fixture
def registered():
    """Register classes for the while of a test."""
    before = dict(ENCODINGS)
    yield register
    ENCODINGS.clear()
    ENCODINGS.update(before)


@pytest.fixture
def trainings(monkeypatch):
    """Which cells were trained, in order."""
    seen, train = [], _work.train

    def counted(cell, checkpoint):
        seen.append((cell.encoding, cell.task.name, cell.setting.lr))
        return train(cell, checkpoint)

    monkeypatch.setattr(_work, "train", counted)
    return seen
