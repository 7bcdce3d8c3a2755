"""A learner who keeps answers: folders of one's own, and cells that were run."""

import types

import mornings
import pytest

import posenc
from posenc.check.answers import hearing, keeping
from posenc.check.answers.keeping import Answer

record = mornings.record
NAME = "inverse_frequencies"
SETUP = "import torch\nfrom posenc import check"
RIGHT = """\
def inverse_frequencies(dim, base):
    return base ** -(torch.arange(0, dim, 2) / dim)
"""
LOWEST_FIRST = RIGHT.replace("dim)\n", "dim).flip(0)\n")


def answer(source=f"import torch\n\n{RIGHT}", mistake=None, **others):
    told = {"exercise": NAME, "lesson": "03", "edition": posenc.__version__}
    told |= {"source": source, "answer": NAME}
    return Answer(**(told | {"mistake": mistake} | others))


def another_kernel(monkeypatch):
    """Nothing in memory: the files alone."""
    monkeypatch.setattr(keeping, "_here", {})
    monkeypatch.setattr(hearing, "_last", {})


@pytest.fixture
def learner(record, tmp_path, monkeypatch):
    """Return the folder of the answers of a learner at home."""
    monkeypatch.delenv("POSENC_STRICT", raising=False)
    at_home(tmp_path / "home", monkeypatch)
    another_kernel(monkeypatch)
    return record.parent / "answers"


def at_home(home, monkeypatch):
    monkeypatch.setenv("POSENC_KEYS", str(home / "keys"))


def run(monkeypatch, *cells):
    """Run cells as IPython does, in one namespace, with their texts in `In`."""
    shell = types.SimpleNamespace(user_ns={"In": [""]})
    with monkeypatch.context() as patch:
        patch.setattr(hearing.where, "shell", lambda: shell)
        for cell in cells:
            shell.user_ns["In"].append(cell)
            exec(cell, shell.user_ns)
    return shell.user_ns
