"""The files of kept answers: whole, private to one key, and refused when anything is odd."""

import json
import os
import stat
import subprocess
import sys
import threading
from pathlib import Path

import answering
import pytest
from answering import NAME, answer

from posenc.check.answers import keeping
from posenc.check.answers.keeping import Spoiled

record, learner = answering.record, answering.learner
ROOT = Path(__file__).parents[2]


def file(learner):
    return learner / f"{NAME}.json"


def test_what_is_stored_comes_back(learner):
    for one in (answer(), answer("x = '…\\n'", mistake="inverted")):
        assert keeping.store(learner, one)
        assert keeping.read(learner, NAME, one.mistake is not None) == one
    assert sorted(path.name for path in learner.iterdir()) == [
        f"{NAME}.first_wrong.json", f"{NAME}.json",
    ]  # fmt: skip


def test_nothing_is_there_before_the_first(learner):
    assert keeping.read(learner, NAME, False) is None
    assert not learner.exists()


@pytest.mark.skipif(os.name == "nt", reason="Windows keeps a user's folder private by itself")
def test_the_key_is_the_users_own(learner, tmp_path):
    keeping.store(learner, answer())
    key = tmp_path / "home" / "keys" / keeping.KEY
    assert stat.S_IMODE(key.stat().st_mode) == 0o600
    assert [path.name for path in key.parent.iterdir()] == [keeping.KEY]
    assert learner not in key.parents


def edit(learner, change):
    told = json.loads(file(learner).read_text())
    file(learner).write_text(json.dumps(change(told)))


EDITS = {
    "its source": lambda told: told | {"source": told["source"] + "x = 1\n"},
    "its exercise": lambda told: told | {"exercise": "sinusoidal"},
    "its expression": lambda told: told | {"answer": "print"},
    "its number type": lambda told: told | {"dtype": "float64"},
    "one more entry": lambda told: told | {"more": 1},
    "one entry less": lambda told: {key: told[key] for key in told if key != "lesson"},
    "no hash": lambda told: {key: told[key] for key in told if key != "hash"},
    "another hash": lambda told: told | {"hash": "0" * 64},
    "a hash that is no text": lambda told: told | {"hash": 5},
    "a hash in other letters": lambda told: told | {"hash": "é" * 64},
    "a list": lambda told: [told],
    "called wrong": lambda told: told | {"mistake": "inverted"},
}


@pytest.mark.parametrize("change", EDITS.values(), ids=EDITS)
def test_an_edited_file_is_refused(learner, change):
    keeping.store(learner, answer())
    edit(learner, change)
    with pytest.raises(Spoiled, match=NAME):
        keeping.read(learner, NAME, False)


@pytest.mark.parametrize("length", [0, 1, 100])
def test_a_torn_file_is_refused_and_renewed(learner, length):
    keeping.store(learner, answer())
    whole = file(learner).read_bytes()
    file(learner).write_bytes(whole[:length])
    with pytest.raises(Spoiled):
        keeping.read(learner, NAME, False)
    keeping.store(learner, answer())
    assert file(learner).read_bytes() == whole


def test_a_file_of_another_user_or_computer_is_refused(learner, tmp_path, monkeypatch):
    answering.at_home(tmp_path / "another", monkeypatch)
    keeping.store(learner, answer())
    answering.at_home(tmp_path / "home", monkeypatch)
    with pytest.raises(Spoiled):
        keeping.read(learner, NAME, False)


def test_a_file_under_another_name_is_refused(learner):
    keeping.store(learner, answer())
    for other, wrong in (("sinusoidal", False), (NAME, True)):
        file(learner).replace(keeping._file(learner, other, wrong))
        with pytest.raises(Spoiled):
            keeping.read(learner, other, wrong)
        keeping.store(learner, answer())


def _pipe(path):
    os.mkfifo(path)


def _endless(path):
    with path.open("wb") as file:
        file.truncate(2_000_000_000)


ODD = {
    "a folder": Path.mkdir,
    "a pipe": _pipe,
    "a link to nothing": lambda path: path.symlink_to("nothing"),
    "a link to itself": lambda path: path.symlink_to(path),
    "two gigabytes": _endless,
    "nested deeply": lambda path: path.write_text('{"source": ' + "[" * 200_000 + "]" * 200_000),
    "nested": lambda path: path.write_text(
        '{"hash": "0", "source": ' + "[" * 900 + "]" * 900 + "}"
    ),
    "half a character": lambda path: path.write_text('{"hash": "0", "source": "\\ud800"}'),
    "no number": lambda path: path.write_text('{"hash": "0", "source": NaN, "edition": 1e999}'),
}


@pytest.mark.skipif(os.name == "nt", reason="links and pipes of POSIX")
@pytest.mark.parametrize("make", ODD.values(), ids=ODD)
def test_what_is_no_file_of_ours_is_refused(learner, make):
    learner.mkdir()
    make(file(learner))
    with pytest.raises(Spoiled):
        keeping.read(learner, NAME, False)


def test_a_torn_key_is_replaced(learner, tmp_path):
    keeping.store(learner, answer())
    (tmp_path / "home" / "keys" / keeping.KEY).write_bytes(b"torn")
    with pytest.raises(Spoiled):
        keeping.read(learner, NAME, False)
    assert keeping.store(learner, answer())
    assert keeping.read(learner, NAME, False) == answer()


def test_where_nothing_can_be_written_nothing_is(learner, tmp_path, monkeypatch):
    learner.write_text("a file where the folder should be")
    assert not keeping.store(learner, answer())
    assert keeping.read(learner, NAME, False) is None
    answering.at_home(tmp_path / "full", monkeypatch)
    (tmp_path / "full").write_text("a file where the key's folder should be")
    assert not keeping.store(tmp_path / "elsewhere", answer())
    assert not (tmp_path / "elsewhere").exists()


STORES = """
import sys
from pathlib import Path
from answering import answer
from posenc.check.answers import keeping
for number in range(20):
    assert keeping.store(Path(sys.argv[1]), answer(f"{sys.argv[2]}{number}" * 1000))
"""


def test_two_labs_at_once_leave_a_whole_file_and_one_key(learner):
    env = os.environ | {"PYTHONPATH": os.pathsep.join([str(ROOT), str(Path(__file__).parent)])}
    labs = [
        subprocess.Popen([sys.executable, "-c", STORES, str(learner), name], env=env)
        for name in "ab"
    ]
    reads = []

    def look():
        while any(lab.poll() is None for lab in labs):
            reads.append(keeping.read(learner, NAME, False))

    looking = threading.Thread(target=look)
    looking.start()
    assert [lab.wait() for lab in labs] == [0, 0]
    looking.join()
    assert keeping.read(learner, NAME, False).source[0] in "ab"
    assert [path.name for path in learner.iterdir()] == [f"{NAME}.json"]


@pytest.mark.parametrize(
    ("system", "variables", "place"),
    [
        ("linux", {"XDG_DATA_HOME": "/data"}, "/data/posenc"),
        ("linux", {"HOME": "/home/me"}, "/home/me/.local/share/posenc"),
        ("darwin", {"HOME": "/me"}, "/me/Library/Application Support/posenc"),
        ("linux", {"POSENC_KEYS": "/drive/.posenc", "XDG_DATA_HOME": "/data"}, "/drive/.posenc"),
    ],
)
def test_the_key_lies_where_the_system_has_what_is_a_users(monkeypatch, system, variables, place):
    for name in ("XDG_DATA_HOME", "POSENC_KEYS"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(keeping.sys, "platform", system)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    assert str(keeping.home()) == place
