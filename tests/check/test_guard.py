"""What no answer can do: stop the course, fill the page, change its settings, loop for ever."""

import os
import random
import sys
import time
import warnings

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from test_exercises import RIGHT

from posenc import check
from posenc.check.engine import guard
from posenc.check.engine.verdict import Mistake, judge, same
from posenc.check.trial import record

RAGGED = torch.nested.nested_tensor([torch.ones(1), torch.ones(2)], layout=torch.jagged)
NAMES = [name for row in record.EXERCISES.values() for name in row]


def examine(answer):
    return f"it gave {answer(torch.ones(3))}"


def judged(answer, capfd):
    verdict = judge("task", answer, examine)
    printed = capfd.readouterr()
    assert printed.out == f"{verdict.printed}{verdict.mark} task: {verdict.message}\n"
    assert printed.err == ""
    return verdict


class Unreadable(Exception):
    def __str__(self):
        raise ValueError("no text")


def raising(error):
    def answer(x):
        raise error

    return answer


HERE = "in line {} of test_guard.py, `raise error`"


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (SystemExit(2), f"it raised SystemExit {HERE}: 2"),
        (KeyboardInterrupt(), "it was interrupted"),
        (GeneratorExit(), f"it raised GeneratorExit {HERE}"),
        (Unreadable(), f"it raised Unreadable {HERE}: with a text that cannot be read"),
        (NotImplementedError("for 'Half'"), f"it raised NotImplementedError {HERE}: for 'Half'"),
        (ValueError("a\n\nb"), f"it raised ValueError {HERE}: a b"),
        (MemoryError(), f"it raised MemoryError {HERE}"),
    ],
)
def test_whatever_is_raised_is_one_line(capfd, error, words):
    verdict = judged(raising(error), capfd)
    line = raising.__code__.co_firstlineno + 2
    assert (verdict.mistake, verdict.message) == ("raises", words.format(line))


def test_a_stub_is_not_written_yet(capfd):
    verdict = judged(raising(NotImplementedError), capfd)
    assert (verdict.mark, verdict.mistake) == ("○", None)


@pytest.mark.skipif(os.name != "posix", reason="only a signal can stop a loop")
@pytest.mark.parametrize("deaf", [False, True], ids=["plain", "in an except that eats the alarm"])
def test_a_loop_without_end_is_stopped(capfd, monkeypatch, deaf):
    monkeypatch.setattr(guard, "SECONDS", 0.2)
    monkeypatch.setattr(guard, "AGAIN", 0.1)

    def answer(x):
        eaten = False
        while True:
            try:
                time.sleep(0.01)
            except BaseException:
                if not deaf or eaten:
                    raise
                eaten = True

    began = time.monotonic()
    verdict = judged(answer, capfd)
    assert verdict.mistake == "too-long"
    assert "did not end within 0.2 s" in verdict.message
    assert time.monotonic() - began < 2
    time.sleep(0.3)  # and no alarm rings afterwards


def printing(x):
    print("debug", x.shape)
    print("more", file=sys.stderr)
    warnings.warn("old", stacklevel=1)
    return 1


def test_what_an_answer_prints_stands_above_the_line_and_its_warnings_nowhere(capfd):
    verdict = judged(printing, capfd)
    assert verdict.passed
    assert verdict.printed == "debug torch.Size([3])\nmore\n"


def test_only_what_the_first_call_prints_is_shown(capfd):
    judge("task", printing, lambda answer: [answer(torch.ones(n)) for n in (3, 4, 5)] and "good")
    assert capfd.readouterr().out == "debug torch.Size([3])\nmore\n✓ task: good\n"


def test_a_flood_of_output_is_cut(capfd):
    judge("task", lambda: print("line\n" * 400), lambda answer: f"{answer()}")
    assert capfd.readouterr().out == "line\n" * 20 + "…\n✓ task: None\n"


def test_settings_are_put_back(capfd):
    def answer(x):
        torch.manual_seed(0)
        random.seed(0)
        np.random.seed(0)  # noqa: NPY002 - as answers do
        torch.set_default_dtype(torch.float64)
        torch.set_default_device("meta")
        torch.use_deterministic_algorithms(True)
        torch.autograd.set_detect_anomaly(True)
        torch.set_grad_enabled(False)
        return 1

    def drawn():
        return torch.rand(1), random.random(), np.random.rand()  # noqa: NPY002

    def seed():
        torch.manual_seed(3)
        random.seed(3)
        np.random.seed(3)  # noqa: NPY002

    seed()
    expected = drawn()
    seed()
    judged(answer, capfd)
    assert drawn() == expected
    assert torch.get_default_dtype() == torch.float32
    assert torch.is_grad_enabled()
    assert torch.get_default_device() == torch.device("cpu")
    assert not torch.are_deterministic_algorithms_enabled()
    assert not torch.is_anomaly_enabled()


def test_what_one_call_sets_reaches_neither_the_checker_nor_the_next_call():
    def answer(x):
        found = torch.get_default_dtype(), torch.get_default_device().type
        torch.set_default_dtype(torch.float64)
        torch.set_default_device("meta")
        return found

    said = judge("task", answer, lambda answer: f"{[answer(torch.ones(3)) for _ in range(2)]}")
    assert said.message == f"{[(torch.float32, 'cpu')] * 2}"


@pytest.mark.parametrize(
    "mode", [torch.inference_mode(), torch.no_grad(), torch.autocast("cpu", torch.bfloat16)]
)
def test_the_modes_of_the_notebook_refuse_no_right_answer(mode, capfd):
    with mode:
        for name in ("positional_module", "shaw_scores"):
            assert getattr(check, name)(RIGHT[name]).passed


def test_gradients_are_there_even_where_the_notebook_has_turned_them_off(capfd):
    def answer(x):
        x = x.clone().requires_grad_()
        x.square().sum().backward()
        return x.grad.sum().item()

    with torch.no_grad():
        assert judged(answer, capfd).message == "it gave 6.0"


@pytest.mark.parametrize(
    ("answer", "slug"),
    [
        (lambda x: x.mul_(2), "mutates-input"),
        (lambda x: x.resize_(1), "mutates-input"),
        (lambda x: x.to("meta"), "device"),
        (lambda x: (x, x.to("meta")), "device"),
    ],
)
def test_the_arguments_stay_as_they_are_and_where_they_are(capfd, answer, slug):
    assert judged(answer, capfd).mistake == slug


@pytest.mark.parametrize(
    ("found", "slug", "words"),
    [
        (np.ones(2), "not-a-tensor", "it returned ndarray. Wrap it in torch.as_tensor"),
        (None, "not-a-tensor", "The function returned None. Did you print instead of return?"),
        (ValueError("x"), "not-a-tensor", r"returned ValueError\('x'\). Write raise in place of"),
        (ValueError, "not-a-tensor", "returned the class ValueError. Write raise in place of"),
        ([torch.tensor(1), torch.tensor(2)], "not-a-tensor", r"torch.stack\(…, dim=-1\)"),
        ((torch.ones(1), torch.ones(1)), "not-a-tensor", r"of 2 tensors. .*torch.cat\(…, dim=-1\)"),
        (
            [torch.ones(3), torch.ones(3)],
            "not-a-tensor",
            r"torch.stack \(a new axis\) or torch.cat",
        ),
        ((x for x in [1]), "not-a-tensor", "a generator. Collect its items"),
        (torch.ones(2).mean, "not-a-tensor", "leave out the parentheses of a call"),
        (torch.ones(2).to_sparse(), "not-a-tensor", r"a sparse tensor. Return result.to_dense\(\)"),
        (RAGGED, "not-a-tensor", "a nested"),
        (torch.ones(3), "shape", r"must have shape \(2,\); it has \(3,\)"),
        (torch.tensor([0, 1]), "dtype", "its type is torch.int64"),
        (torch.tensor([0.5, 1.5j]), "dtype", "its type is torch.complex64"),
        (torch.tensor([0.5, float("inf")]), "not-finite", r"at \[1\] must be 1.333; it is inf"),
        (torch.tensor([0.5, 4 / 3]).bfloat16(), "half-precision", "rounded to torch.bfloat16"),
        (torch.tensor([0.5, 1.0]), "value", r"at \[1\] must be 1.333; it is 1$"),
    ],
)
def test_the_form_comes_before_the_values(found, slug, words):
    right = torch.tensor([0.5, 4 / 3], dtype=torch.float64)
    with pytest.raises(Mistake, match=words) as raised:
        same(found, right, case="f()")
    assert raised.value.slug == slug


# --- nonsense, handed to every checker -------------------------------------------------------

DTYPES = [torch.float32, torch.float64, torch.bfloat16, torch.int64, torch.bool, torch.complex64]
SHAPES = st.lists(st.integers(0, 6), max_size=4)
TENSORS = st.builds(
    lambda shape, dtype: torch.ones(shape).to(dtype), SHAPES, st.sampled_from(DTYPES)
)
THINGS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-3, 99),
    st.floats(),
    st.text(max_size=3),
    TENSORS,
    TENSORS.map(lambda tensor: tensor * float("nan")),
    st.lists(TENSORS, max_size=3),
    st.tuples(TENSORS, TENSORS),
    st.just(np.zeros(3)),
    st.just(torch.zeros(2, device="meta")),
    st.just(object()),
)
ERRORS = st.sampled_from(
    [ValueError("x"), KeyError(), SystemExit(1), StopIteration(), Unreadable()]
)
ANSWERS = st.one_of(
    THINGS,
    THINGS.map(lambda thing: lambda *given, **named: thing),
    ERRORS.map(lambda error: lambda *given, **named: raising(error)(given)),
    st.just(lambda *given, **named: given[0] if given else None),
    st.just(lambda: None),
    st.just(torch.nn.Identity),
    st.just(torch.nn.Identity()),
    st.just(int),
    st.just(type),
)


@pytest.mark.parametrize("name", NAMES)
@settings(max_examples=40, deadline=None)
@given(answer=ANSWERS)
def test_nonsense_gets_one_line(name, answer):
    verdict = getattr(check, name)(answer)
    assert isinstance(verdict, check.Verdict)
    assert "\n" not in verdict.message
    assert verdict.passed or verdict.mistake or verdict.mark == "○"
