"""A result of the wrong form: the line says what came back, in every exercise alike."""

import pytest
import torch

import posenc
from posenc import check
from posenc.check.engine.verdict import Mistake, judge
from posenc.check.trial import record

NAMES = [name for row in record.EXERCISES.values() for name in row]
CLASSES = ("positional_module", "own_encoding")


@pytest.mark.parametrize("name", [name for name in NAMES if name not in CLASSES])
def test_nothing_came_back(name):
    verdict = getattr(check, name)(lambda *given, **named: print("a"))
    assert "returned None" in verdict.message
    assert verdict.printed == "a\n"


@pytest.mark.parametrize("name", [name for name in NAMES if name not in CLASSES])
def test_an_error_came_back(name):
    verdict = getattr(check, name)(lambda *given, **named: ValueError("odd"))
    assert (
        verdict.message
        == "The function returned ValueError('odd'). Write raise in place of return."
    )


def said(answer, examine):
    return judge("task", answer, examine).message


def of_the_checker(code):
    """Code whose lines are none of the learner's."""
    space = {"torch": torch}
    exec(compile(code, posenc.__file__, "exec"), space)
    return space["examine"]


twice = of_the_checker("""
def examine(answer):
    return f"{answer(torch.ones(1)).shape} {answer(torch.zeros(1)).shape}"
""")
stumbles = of_the_checker("""
def examine(answer):
    return answer().no_such_thing
""")


def test_nothing_comes_back_of_one_branch():
    message = said(lambda x: x if x.sum() else None, twice)
    assert message.startswith("For one input the function returned None.")


def test_another_mistake_is_not_hidden_by_a_none_that_may_be_right():
    def examine(answer):
        answer(torch.ones(1)), answer(torch.zeros(1))
        raise Mistake("sign", "The sign is wrong.")

    assert said(lambda x: x if x.sum() else None, examine) == "The sign is wrong."


@pytest.mark.parametrize(
    ("found", "words"),
    [
        (torch.ones(2).to_sparse(), "The function returned a sparse tensor."),
        ([torch.ones(2)], "The function returned a list of 1 tensors."),
        (3, "the result, of type int, cannot be judged (AttributeError: 'int'"),
    ],
)
def test_what_the_checker_stumbles_over_is_not_said_to_be_raised_by_the_answer(found, words):
    assert said(lambda: found, stumbles).startswith(words)


def helper(x):
    return x.reshape(5)


def test_an_error_names_the_deepest_line_of_the_learners_own():
    line = helper.__code__.co_firstlineno + 1
    message = said(lambda x: helper(x) + 1, twice)
    assert message.startswith(
        f"it raised RuntimeError in line {line} of test_form.py, `return x.reshape(5)`: shape"
    )


class Talks(torch.nn.Module):
    def __init__(self, d_model, max_len=5000):
        super().__init__()
        print("made")

    def forward(self, x):
        print("called")
        return x


def test_what_a_class_prints_is_shown_once(capsys):
    check.positional_module(Talks)
    printed = capsys.readouterr().out
    assert printed.startswith("made\ncalled\n✗ MyEncoding: ")


def test_a_cell_is_called_a_cell():
    space = {}
    exec(compile("def f(x):\n  return x @ 3\n", "/tmp/ipykernel_12/345.py", "exec"), space)
    assert said(space["f"], twice).startswith("it raised TypeError in line 2 of your cell: ")


def test_too_few_arguments_are_of_the_call():
    assert said(lambda: 1, twice).startswith("it raised TypeError: ")
