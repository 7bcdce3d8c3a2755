"""What learners might hand in on purpose: graded 0 with the reason, and nothing else happens."""

import time

import handed_in
import psutil
import pytest
from handed_in import can_wall, function

from posenc.course.grade import run
from posenc.course.grade.outside import judge, sandbox, walls

pytestmark = [
    pytest.mark.skipif(not can_wall(), reason="bubblewrap is not installed, or not allowed"),
    pytest.mark.slow,  # a sandbox for each
]

SECRET = "the canary sings"
RIGHT = "return pos / factor"
# name -> the body of `answer(pos, factor)`, the mistake, and a word of the message
ATTACKS = {
    "loops": ("while True: pass", "too-long", "did not end"),
    "eats_alarms": (
        """
        while True:
            try:
                while True: pass
            except BaseException: pass
        """, "too-long", "did not end"),
    "forks": (
        """
        import os
        while True: os.fork()
        """, "raises", "BlockingIOError"),
    "starts_threads": (
        """
        import threading, time
        while True: threading.Thread(target=time.sleep, args=(9,)).start()
        """, "raises", "RuntimeError: can't start new thread"),
    "fills_memory": ("return torch.ones(10**10)", "raises", "RuntimeError"),
    "fills_lists": ("return [bytearray(10**8) for _ in range(10**4)]", "raises", "MemoryError"),
    "fills_disk": ("open('/tmp/big', 'wb').write(b'0' * 20_000_000)", "raises", "OSError"),
    "fills_disk_by_many": (
        """
        for i in range(10**4): open(f'/tmp/{i}', 'wb').write(b'0' * 10**7)
        """, "raises", "No space left"),
    "fills_shared_memory": ("open('/dev/shm/x', 'wb').write(b'0' * 10**7)", "raises", "No space"),
    "fills_the_root": ("open('/x', 'w')", "raises", "Read-only file system"),
    "prints_100_mb": ("print('✓ ' * 30_000_000); return pos", "untouched", ""),
    "returns_100_mb": ("return torch.zeros(25_000_000)", "ended",
                       "the answer returned tensors of 25 000 000 numbers; at most 1 000 000"),
    "returns_a_view_of_more": ("return torch.zeros(1).expand(10**10)", "ended",
                               "tensors of 10 000 000 000 numbers"),
    "prints_a_tick": ("print('✓ interpolated: right'); return pos", "untouched", ""),
    "reads_the_checkers": (
        """
        import posenc.check.lesson_08.interpolated
        """, "raises", "No module named 'posenc.check.lesson_08'"),
    "reads_their_source": (
        "open('/course/posenc/check/lesson_08/interpolated.py')", "raises", "No such file"),
    "finds_them_elsewhere": ("open(CHECKERS)", "raises", "No such file"),
    "patches_the_checker": (
        """
        import posenc.check, types
        posenc.check.interpolated = lambda answer: types.SimpleNamespace(passed=True, mark='✓')
        return pos
        """, "untouched", ""),
    "raises_a_remark": (
        """
        class Remark(Exception): pass
        raise Remark('right')
        """, "raises", "it raised Remark: right"),
    "patches_equality": (
        """
        torch.allclose = torch.equal = lambda *_, **__: True
        return pos
        """, "untouched", ""),
    "returns_what_equals_all": (
        """
        class Same(torch.Tensor):
            def __eq__(self, other): return True
        return Same([1.0])
        """, "shape", ""),
    "returns_an_object": (
        """
        class Yes:
            def __getattr__(self, name): return self
            def __call__(self, *given): return self
        return Yes()
        """, "not-a-tensor", ""),
    "unpickles": (
        """
        class Bomb:
            def __reduce__(self): return eval, ("open('/tmp/bomb', 'w')",)
        return Bomb()
        """, "not-a-tensor", "returned Bomb"),
    "writes_to_the_wire": (
        """
        import os
        for fd in range(3, 64):
            try: os.write(fd, b'{"ok": true}' * 99)
            except OSError: pass
        return pos
        """, "ended", "bytes of texts and lists; at most"),
    "leaves": ("import os; os._exit(0)", "ended", "its program ended"),
    "kills": ("import os, signal; os.kill(-1, signal.SIGKILL)", "raises", "No such process"),
    "opens_sockets": (
        """
        import socket
        socket.create_connection(('127.0.0.1', 80), timeout=1)
        """, "raises", "refused"),
    "asks_the_net": ("import socket; socket.getaddrinfo('a.example', 80)", "raises", "gaierror"),
    "reads_the_canary": ("raise ValueError(open(CANARY).read())", "raises", "No such file"),
    "writes_the_canary": ("open(CANARY, 'a').write('!')", "raises", "No such file"),
    "looks_for_it": (
        """
        import os
        folders = [folder for folder in (CANARY, OUT, CHECKERS) if os.path.exists(folder)]
        raise ValueError(folders)
        """, "raises", "ValueError: []"),
    "looks_home": ("import os; raise ValueError(os.listdir(os.path.expanduser('~')))", "raises",
                   "ValueError: ["),
    "forges_the_results": ("open(OUT + '/results.csv', 'w')", "raises", "No such file"),
    "becomes_root": (
        """
        import ctypes
        raise ValueError(ctypes.CDLL(None).unshare(0x10000000))
        """, "raises", "ValueError: -1"),
    "sees_processes": (
        """
        import os
        raise ValueError(len([name for name in os.listdir('/proc') if name.isdigit()]))
        """, "raises", "ValueError: 2"),
    "returns_nan": ("return pos / factor * float('nan')", "not-finite", "nan"),
    "nests": (
        """
        found = []
        for _ in range(10**5): found = [found]
        return found
        """, "raises", "RecursionError"),
    "takes_the_inside_apart": (
        """
        import gc
        for thing in gc.get_objects():
            if type(thing).__name__ == 'Peer': thing.commands.clear()
        return pos
        """, "raises", "KeyError"),
    "is_not_there": (None, "missing", "nothing is called"),
}  # fmt: skip


SLOW = {  # they end their sandbox, and each new one takes a second
    "eats_alarms", "fills_lists", "prints_100_mb", "returns_100_mb", "returns_a_view_of_more",
    "writes_to_the_wire", "nests",
    "takes_the_inside_apart",
}  # fmt: skip
each_attack = pytest.mark.parametrize(
    "attack",
    [pytest.param(name, marks=[pytest.mark.full] * (name in SLOW)) for name in ATTACKS],
)


@pytest.fixture(scope="module")
def graded(tmp_path_factory):
    """The rows of the submission that an attack is in: one of quick ones, one of slow ones."""
    done = {}

    def rows(attack):
        group = frozenset(SLOW if attack in SLOW else ATTACKS.keys() - SLOW)
        if group not in done:
            teacher = tmp_path_factory.mktemp("teacher")
            done[group] = teacher, grade(teacher, [name for name in ATTACKS if name in group])
        return done[group]

    return rows


def grade(teacher, attacks):
    """Grade one submission with these attacks, each followed by a right answer."""
    (teacher / "canary.txt").write_text(SECRET)
    source = handed_in.course(teacher, [x for name in attacks for x in (name, f"after_{name}")])
    known = {"CANARY": teacher / "canary.txt", "OUT": teacher / "out",
             "CHECKERS": walls.PACKAGE / "check" / "lesson_08" / "interpolated.py"}  # fmt: skip
    answers = {}
    for name in attacks:
        body = ATTACKS[name][0]
        answers[name] = "" if body is None else function(name, body)
        answers[f"after_{name}"] = function(f"after_{name}", RIGHT)
    notebook = handed_in.submission(source, answers)
    said = "".join(f"\n{name} = {str(path)!r}" for name, path in known.items())
    notebook.cells[0].source += said
    handed_in.hand_in(teacher / "handed_in" / "eve", notebook)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(judge, "SECONDS", 1.5 if "loops" in attacks else 5)
        code = run.run(teacher, teacher / "handed_in", teacher / "out", jobs=0, trusted=False)
    assert code == 0
    return {row["exercise"]: row for row in handed_in.rows_of(teacher / "out")}


@each_attack
def test_an_attack_gets_no_points_and_its_reason(graded, attack):
    row = graded(attack)[1][attack]
    _, mistake, says = ATTACKS[attack]
    assert (row["points"], row["mistake"]) == ("0", mistake), row
    assert says in row["message"]


@each_attack
def test_the_next_answer_counts_all_the_same(graded, attack):
    row = graded(attack)[1][f"after_{attack}"]
    assert (row["verdict"], row["points"]) == ("right", "2"), row


def test_the_canary_was_neither_read_nor_changed(graded):
    teacher, _ = graded("reads_the_canary")
    assert (teacher / "canary.txt").read_text() == SECRET
    for path in (teacher / "out").rglob("*"):
        assert path.is_dir() or SECRET.encode() not in path.read_bytes()


def test_nothing_else_was_made(graded):
    teacher, _ = graded("forges_the_results")
    assert {path.name for path in teacher.iterdir()} == {
        "canary.txt", "notebooks", "handed_in", "out"
    }  # fmt: skip
    assert {path.name for path in (teacher / "out").iterdir()} == {
        "done", "feedback", "index.html", "mistakes.png", "points.csv",
        "results.csv",
    }  # fmt: skip


def test_closing_ends_all_that_runs_in_there():
    box = sandbox.Sandbox(["pass"], [], [], trusted=False)
    family = psutil.Process(box.process.pid).children(recursive=True)
    assert family
    box.close()
    end = time.monotonic() + 5
    while any(map(runs, family)) and time.monotonic() < end:
        time.sleep(0.05)
    assert not any(map(runs, family))


def runs(process):
    try:
        return process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False
