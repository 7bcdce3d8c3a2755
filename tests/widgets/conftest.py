"""Explorers where it is quiet and where it is not."""

import pytest
from waves import wave

from posenc.widgets import explore


@pytest.fixture
def explorer(monkeypatch):
    monkeypatch.setenv("POSENC_STRICT", "0")  # one of its settings fails on purpose
    return explore(
        wave, speed=(1, 9, 2, 3), shift=(0, 1, 0.25), kind=["sine", "nothing"], band=False
    )


@pytest.fixture
def loud(monkeypatch):
    monkeypatch.delenv("POSENC_QUIET", raising=False)


@pytest.fixture
def quiet(monkeypatch):
    monkeypatch.setenv("POSENC_QUIET", "1")
