"""What anybody puts into the folder of the answers is never run: the canary stays alive."""

import json
from dataclasses import asdict

import answering
import pytest
from answering import NAME, RIGHT, answer
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from posenc.check.answers import keeping
from posenc.check.answers.mine import mine

record, learner = answering.record, answering.learner
KILLS = "import os; os.environ['POSENC_CANARY'] = 'dead'\n"
SOURCES = st.sampled_from([KILLS, f"{KILLS}\nimport torch\n{RIGHT}", f"{RIGHT}\n{KILLS}"])
EXPRESSIONS = st.sampled_from([NAME, "__import__('os').environ.__setitem__('POSENC_CANARY', 'x')"])
HASHES = st.one_of(
    st.none(), st.integers(), st.text(), st.sampled_from(["", "0" * 64, "f" * 64]),
    st.binary(min_size=32, max_size=32).map(bytes.hex),
)  # fmt: skip
JSON = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=10,
)


def planted(told, hash):
    return json.dumps(told | {"hash": hash}).encode()


def of_another_key(told, key):
    return planted(told, keeping._hash(told, key))


TOLD = st.builds(answer, SOURCES, answer=EXPRESSIONS).map(asdict)
FILES = st.one_of(
    st.binary(),
    JSON.map(json.dumps).map(str.encode),
    st.builds(planted, TOLD, HASHES),
    st.builds(of_another_key, TOLD, st.binary(min_size=0, max_size=64)),
)


@pytest.fixture(scope="module")
def canary():
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("POSENC_CANARY", "alive")
        yield


@settings(max_examples=100, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(content=FILES)
@example(content=planted(asdict(answer(KILLS)), "0" * 64))
def test_a_planted_file_is_not_run(learner, canary, capsys, content):
    learner.mkdir(exist_ok=True)
    (learner / f"{NAME}.json").write_bytes(content)
    assert mine(NAME)(4, 10_000).shape == (2,)  # the course's
    [line] = capsys.readouterr().out.splitlines()
    assert line.startswith(f"· {NAME}: the course's function, not yours: {learner}")
    assert line.endswith("is not run; running the exercise again renews it")
    assert keeping.os.environ["POSENC_CANARY"] == "alive"


@settings(max_examples=100, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_a_stored_file_with_one_change_is_not_run(learner, canary, capsys, data):
    keeping.store(learner, answer())
    file = learner / f"{NAME}.json"
    content = bytearray(file.read_bytes())
    place = data.draw(st.integers(0, len(content) - 1))
    content[place] ^= data.draw(st.integers(1, 255))
    file.write_bytes(content)
    same = False
    try:
        same = json.loads(content) == asdict(answer()) | {"hash": json.loads(content)["hash"]}
        same = same and json.loads(content)["hash"] == keeping._hash(
            asdict(answer()), keeping._key()
        )
    except (ValueError, KeyError, TypeError, RecursionError):
        pass
    mine(NAME)
    assert ("not yours" in capsys.readouterr().out) != same  # a space for a space: the same text


def test_another_students_answer_is_not_run(learner, canary, tmp_path, monkeypatch, capsys):
    answering.at_home(tmp_path / "another", monkeypatch)
    assert keeping.store(learner, answer(f"{KILLS}\nimport torch\n{RIGHT}"))
    answering.at_home(tmp_path / "home", monkeypatch)
    mine(NAME)
    assert "is not as it was stored on this computer" in capsys.readouterr().out
    assert keeping.os.environ["POSENC_CANARY"] == "alive"


def test_the_canary_would_die(learner, canary, monkeypatch, capsys):
    monkeypatch.setenv("POSENC_CANARY", "alive")
    assert keeping.store(learner, answer(f"{KILLS}\nimport torch\n{RIGHT}"))
    mine(NAME)
    assert "your own function" in capsys.readouterr().out
    assert keeping.os.environ["POSENC_CANARY"] == "dead"
