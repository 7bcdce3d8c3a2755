import pytest
from mornings import next_morning


@pytest.fixture
def record(tmp_path, monkeypatch):
    path = tmp_path / "record.jsonl"
    monkeypatch.setenv("POSENC_RECORD", str(path))
    monkeypatch.setenv("POSENC_QUIET", "0")
    monkeypatch.delenv("JPY_SESSION_NAME", raising=False)
    next_morning(monkeypatch)
    return path
