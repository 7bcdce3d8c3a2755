"""An answer behind the wire gets the verdict that it gets here."""

import contextlib
import itertools

import pytest
import torch
from known_slips import known
from real import SOURCES as BY_STEM

from posenc import ENCODINGS, check
from posenc.check.engine import guard
from posenc.course import lesson as lessons
from posenc.course.grade import tasks
from posenc.course.grade.outside import sandbox

LESSONS = list(BY_STEM.values())


def programs():
    """Each known program of each checker: its name, and the code that fetches it."""
    for checker, words, slips in known():
        for i, slip in enumerate(slips):
            code = f"{words}\nanswer = slips[{i}].program"
            few = i == len(slips) - 1
            yield pytest.param(checker, slip, code, id=f"{checker}-{slip.slug}",
                               marks=[] if few else [pytest.mark.full])  # fmt: skip


@pytest.fixture(scope="module", autouse=True)
def no_alarm():
    """The sandbox's own clock does not mind a busy machine; the checkers' alarm does."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(guard, "SECONDS", 600)
        yield


def without_walls():
    box = sandbox.Sandbox([], [], [], trusted=True)
    yield box
    box.close()


AT_MOST = 400  # tests that share a sandbox: it lends at most 1000 functions and classes


@pytest.fixture(scope="module")
def boxes():
    with contextlib.ExitStack() as opened:
        new = contextlib.contextmanager(without_walls)
        yield (box for _ in itertools.count() for box in [opened.enter_context(new())] * AT_MOST)


@pytest.fixture
def inside(boxes):
    """What is tested here is the wire: many tests share a sandbox."""
    return next(boxes)


new_inside = pytest.fixture(without_walls)  # to which nothing was lent before


def remote(box, *cells, name="answer", lesson=()):
    box.clock.start(60)
    box.peer.ask("read", list(cells), list(lesson), [])
    answer = box.answer(name, "nothing", "", 0)
    assert answer.is_made, answer.notes
    box.clock.start(60)
    return answer.value


@pytest.mark.parametrize(("checker", "slip", "code"), list(programs()))
def test_a_slip_gets_the_same_verdict_through_the_wire(inside, checker, slip, code):
    if slip.slug == "dropout-twice":
        pytest.skip("its sentence holds a share that is drawn")
    judge = getattr(check, checker)
    assert judge(remote(inside, code)) == judge(slip.program)


@pytest.mark.parametrize("source", LESSONS, ids=lambda source: source.stem)
def test_every_solution_passes_through_the_wire(inside, source, capsys):
    lesson = tasks.read(source)
    cells = [*lesson.cells, *(one.answer for one in lessons.read(source).exercises)]
    inside.peer.ask("read", cells, [], [])
    for task in lesson.tasks:
        answer = inside.answer(task.name, task.checker, "", 0)
        inside.clock.start(60)
        verdict = getattr(check, task.checker)(answer.value)
        assert (verdict.passed, verdict.equivalent) == (True, False), verdict
        assert task.points in (1, 2, 3, 4, 5)


@pytest.mark.parametrize("source", LESSONS, ids=lambda source: source.stem)
def test_a_lesson_answers_none_of_its_own_exercises(inside, source):
    lesson = tasks.read(source)
    assert lesson.tasks
    inside.peer.ask("read", list(lesson.cells), list(lesson.cells), [])
    for task in lesson.tasks:
        assert not inside.answer(task.name, task.checker, "", 0).exists, task


OWN = """
import torch, posenc
class answer(posenc.PositionalEncoding):
    name, label = "own", "own"
    promises = frozenset({promises})
    def embed(self, x, pos):
        {body}
"""


@pytest.mark.parametrize(
    ("promises", "body"),
    [
        (("relative",), "return x + pos[..., None]"),
        (("cache",), "return x + torch.arange(x.shape[1])[:, None]"),
        ((), "x += pos[..., None]; return x"),
        ((), "return x.float()"),
    ],
)
def test_an_encoding_of_ones_own_gets_the_same_verdict(inside, promises, body):
    code = OWN.format(promises=promises, body=body)
    here = {}
    exec(code, here)
    assert check.own_encoding(remote(inside, code)) == check.own_encoding(here["answer"])


@pytest.mark.parametrize("name", ENCODINGS)
def test_the_course_s_encodings_get_the_same_verdict(inside, name):
    found = remote(inside, f"import posenc\nanswer = posenc.ENCODINGS[{name!r}]")
    assert check.own_encoding(found) == check.own_encoding(ENCODINGS[name])


# --- calls ----------------------------------------------------------------------------------


def test_gradients_flow_through_a_call(inside):
    double = remote(inside, "answer = lambda x: (x ** 2).sum()")
    x = torch.tensor([1.0, 3.0], requires_grad=True)
    double(x).backward()
    assert x.grad.tolist() == [2.0, 6.0]


def test_what_a_call_does_to_its_arguments_is_done_here(inside):
    code = "def answer(x, store):\n    x += 1\n    store['keys'].append(x.sum())"
    x, store = torch.zeros(2), {"keys": []}
    remote(inside, code)(x, store)
    assert x.tolist() == [1.0, 1.0]
    assert store["keys"][0] == 2


def test_an_answer_can_call_what_it_is_given(inside):
    answer = remote(inside, "answer = lambda f, x: f(f(x))")
    assert answer(lambda x: x + 1, torch.zeros(1)).tolist() == [2.0]


def test_a_model_that_is_lent_is_trained_here(inside):
    code = """
import torch
def answer(model, x):
    assert model.training and next(model.parameters()).shape == (1, 2)
    model.eval()
    step = torch.optim.SGD(model.parameters(), lr=1.0)
    model(x).sum().backward()
    step.step()
    model.training = True
"""
    model = torch.nn.Linear(2, 1, bias=False)
    before = model.weight.detach().clone()
    remote(inside, code)(model, torch.ones(1, 2))
    assert model.training
    assert torch.equal(model.weight, before - 1)
    assert model.weight.grad.tolist() == [[1.0, 1.0]]


def test_an_exception_keeps_its_name_and_kind(inside):
    code = "class Odd(KeyError): pass\ndef answer(): raise Odd('no')"
    with pytest.raises(KeyError) as caught:
        remote(inside, code)()
    assert (type(caught.value).__name__, str(caught.value)) == ("Odd", "'no'")


@pytest.mark.parametrize("name", ["SystemExit", "KeyboardInterrupt", "GeneratorExit"])
def test_what_ends_a_program_ends_none_here(inside, name):
    with pytest.raises(Exception, match="stop") as caught:
        remote(inside, f"def answer(): raise {name}('stop')")()
    assert type(caught.value).__name__ == name


def test_a_checker_s_own_exceptions_cannot_be_forged(inside):
    code = """
from posenc.check.engine.mistake import Remark
def answer(pos, factor):
    raise Remark("right in another form")
"""
    verdict = check.interpolated(remote(inside, code))
    assert (verdict.passed, verdict.mistake) == (False, "raises")


@pytest.mark.parametrize("n", [10**6, 10**12, float("inf")])
def test_a_call_back_cannot_ask_for_too_much(inside, n):
    answer = remote(inside, "answer = lambda f, n: f(n)")
    with pytest.raises(Exception, match="too much at once"):
        answer(lambda n: torch.zeros(int(n)), n)


def test_a_call_back_cannot_bring_too_much(inside):
    answer = remote(inside, "import torch\nanswer = lambda f: f(torch.zeros(10 ** 5))")
    with pytest.raises(Exception, match="too much at once"):
        answer(lambda x: x)


def test_only_what_was_lent_can_be_called(new_inside):
    code = """
import gc
def answer(f):
    peer = next(x for x in gc.get_objects() if type(x).__name__ == "Peer")
    return [said(peer, *ask) for ask in (("call", 99, None), ("method", 0, "__class__"),
                                         ("read", [], []), ("eval", "1"))]
def said(peer, *ask):
    try: return peer.ask(*ask)
    except Exception as error: return type(error).__name__
"""
    assert remote(new_inside, code)(lambda: 1) == [
        "IndexError",
        "WireError",
        "KeyError",
        "KeyError",
    ]


@pytest.mark.parametrize("body", ["while True: pass", "import time; time.sleep(99)"])
def test_an_answer_that_does_not_end_is_left_behind(body):
    box = sandbox.Sandbox([f"def answer(pos, factor):\n    {body}"], [], [], trusted=True)
    answer = box.answer("answer", "nothing", "", 0).value
    box.clock.start(0.5)
    verdict = check.interpolated(answer)
    assert verdict.mistake == "too-long"
    assert not box.peer.sound
    box.close()
    assert box.process.poll() is not None
