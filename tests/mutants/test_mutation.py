"""The mutation tool itself, on a module of a few lines; it needs no more than `make test`."""

import pytest
from mutation import record
from mutation.mutant import Mutant
from mutation.rooms import ROOMS, ROOT

judge = pytest.importorskip("mutation.judge", reason="mutants live in forked processes")

SOURCE = '''\
"""A module."""

LIMIT = 3
TITLE = {"color": "red"}


class Counter:
    step = 1

    def __init__(self) -> None:
        super().__init__()
        self.at = [0 for _ in range(1)]

    def more(self, by: int = 2) -> int:
        """Add."""
        if by > LIMIT:
            raise ValueError(f"by is above {LIMIT + 0}")
        self.at[0] += by * self.step
        return self.at[0]


def untested(x: int) -> int:
    return x - 1


import dataclasses


@dataclasses.dataclass
class Left:
    out: int = 0
'''
TESTS = """\
import tiny_counter

def test_more():
    assert tiny_counter.Counter().more() == 2

def test_what_is_above_the_limit():
    try:
        tiny_counter.Counter().more(4)
    except ValueError:
        return
    raise AssertionError
"""


@pytest.fixture
def tiny(pytester, monkeypatch):
    """The module and its tests, in a folder of their own."""
    pytester.makepyfile(tiny_counter=SOURCE, test_tiny_counter=TESTS)
    monkeypatch.syspath_prepend(pytester.path)
    return pytester


def changed(was, now, place, kind="body", lines=(1, 99)):
    assert SOURCE.count(was) == 1
    source = SOURCE.replace(was, now)
    return Mutant("tiny_counter", place, was, now, 1, kind, lines, source)


MORE = {"place": "Counter.more", "lines": (14, 19)}
PLANTED = {
    "code": (changed("by * self.step", "by / self.step / 2", **MORE), "killed"),
    "bound": (changed("by > LIMIT", "by >= LIMIT", **MORE), "survived"),
    "default": (changed("by: int = 2", "by: int = 3", **MORE, kind="default"), "killed"),
    "attribute": (changed("step = 1", "step = 2", "Counter.step", "class"), "killed"),
    "constant": (changed("LIMIT = 3", "LIMIT = 5", "LIMIT", "module"), "killed"),
    "comprehension": (
        changed("[0 for _ in range(1)]", "None", "Counter.__init__", lines=(10, 12)),
        "killed",
    ),
    "super": (
        changed("super().__init__()", "pass", "Counter.__init__", lines=(10, 12)),
        "survived",
    ),
    "endless": (changed("return self.at[0]", "while True: pass", **MORE), "timeout"),
    "import": (changed("LIMIT = 3", "LIMIT = 3 / 0", "LIMIT", "module"), "killed"),
    "unreached": (changed("x - 1", "x + 1", "untested", lines=(22, 23)), "survived"),
}


def test_each_kind_of_mutant_is_planted_alone_and_judged(tiny, monkeypatch):
    monkeypatch.setattr(judge, "MORE", 1)
    said = {}
    mutants = [mutant for mutant, _ in PLANTED.values()]
    plugin = judge.Judge(
        [str(tiny.path / "tiny_counter.py")],
        mutants,
        lambda mutant, verdict: said.update({mutant.key: verdict}),
    )
    tiny.inline_run("-p", "no:cacheprovider", plugins=[plugin])
    found = {name: said[mutant.key]["state"] for name, (mutant, _) in PLANTED.items()}
    assert found == {name: state for name, (_, state) in PLANTED.items()}
    assert said[PLANTED["unreached"][0].key]["tests"] == 0


def test_tests_that_fail_without_a_mutant_stop_the_run(tiny):
    tiny.makepyfile(test_red="def test_red():\n    assert False\n")
    plugin = judge.Judge([str(tiny.path / "tiny_counter.py")], [], lambda *_: None)
    assert tiny.inline_run("-p", "no:cacheprovider", plugins=[plugin]).ret == 1


def test_what_is_made_of_a_module_and_what_is_left_out(tiny):
    making = pytest.importorskip("mutation.making", reason="it comes with `make full`")
    made = making.mutants_of(tiny.path / "tiny_counter.py", "tiny_counter")
    keys = [mutant.key for mutant in made]
    assert len(set(keys)) == len(keys)
    assert "tiny_counter:Counter.more: if by > LIMIT: -> if by >= LIMIT:" in keys
    assert "tiny_counter:Counter.step: step = 1 -> step = 2" in keys
    assert "tiny_counter:untested: return x - 1 -> return x + 1" in keys
    assert [key for key in keys if "raise" in key or '"""' in key or "Left" in key] == []
    [more] = {mutant.lines for mutant in made if mutant.place == "Counter.more"}
    assert more == MORE["lines"]
    for mutant in made:
        compile(mutant.source, "tiny_counter.py", "exec")


def test_the_list_of_survivors_is_complained_about():
    old, new, gone = (Mutant("m", "f", was, "") for was in "abc")
    verdicts = {old.key: {"state": "killed"}, new.key: {"state": "survived"}}
    assert record.complaints({old.key, gone.key}, [old, new], verdicts) == [
        f"no longer made, take it off the list: {gone.key}",
        f"killed now, take it off the list: {old.key}",
        f"survives: write a test, or record it: {new.key}",
    ]


def test_a_seed_has_an_order_that_an_edit_does_not_shuffle():
    run = pytest.importorskip("mutation.run", reason="it comes with `make full`")
    mutants = [Mutant("m", "f", str(i), "") for i in range(50)]
    order = run.shuffled(mutants, 1)
    assert order != run.shuffled(mutants, 2)
    assert run.shuffled(mutants[:25], 1) == [one for one in order if one in mutants[:25]]
    assert 0 <= min(map(run.place, mutants)) < max(map(run.place, mutants)) < 1


def test_every_survivor_stands_once_under_a_reason():
    groups = record.load()["groups"]
    listed = [key for group in groups for key in group["mutants"]]
    assert len(listed) == len(set(listed))
    assert all(group["kind"] and group["reason"] and group["mutants"] for group in groups)
    rooms = [record.of_room(set(listed), room.sources) for room in ROOMS.values()]
    assert sum(map(len, rooms)) == len(listed)


def test_the_list_is_written_as_it_is_read():
    assert record.FILE.read_text(encoding="utf-8") == record.text(record.load())


def test_every_room_is_there_with_its_tests():
    for room in ROOMS.values():
        assert room.files()
        assert all((ROOT / test).exists() for test in room.tests)
    assert sum(room.share for room in ROOMS.values()) == pytest.approx(1)
