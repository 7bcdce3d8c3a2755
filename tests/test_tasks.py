"""posenc.tasks: every task, discovered, against a definition in loops."""

import contract.tasks as promise
import pytest
import torch
from contract import checks
from hypothesis import given
from hypothesis import strategies as st
from oracle.tasks import ANSWERS

from posenc import TASKS
from posenc.tasks import Task

tasks = [check for check in checks(promise) if "text" not in check.__name__]


@pytest.mark.parametrize("check", tasks, ids=lambda check: check.__name__)
def test_promise(check):
    check()


def test_no_answer_is_left_over():
    assert set(ANSWERS) == set(TASKS)


@pytest.mark.parametrize("name", list(TASKS))
@given(n=st.integers(4, 64), b=st.integers(1, 4), seed=st.integers(0, 2**31))
def test_targets_anywhere(name, n, b, seed):
    tokens, targets = TASKS[name].sample(b, n, torch.Generator().manual_seed(seed))
    assert tokens.shape == (b, n)
    answers = [ANSWERS[name](row) for row in tokens.tolist()]
    assert targets.tolist() == answers


@pytest.mark.parametrize("name", list(TASKS))
def test_a_task_says_what_it_is(name):
    task = TASKS[name]
    assert isinstance(task, Task)
    assert task.name == name
    assert task.asks
    assert task.needs
    assert 0 < task.chance < 1
    assert task.steps > 0
    assert task.n_layers > 0


@pytest.mark.parametrize("name", list(TASKS))
@pytest.mark.parametrize(("b", "n"), [(0, 8), (-1, 8), (2, 3), (2, 0), (2, -5)])
def test_sizes_are_checked(name, b, n):
    with pytest.raises(ValueError, match=f"{name} needs b ≥ 1 and n ≥ 4; got b={b}, n={n}"):
        TASKS[name].sample(b, n, torch.Generator())


def test_index_has_names_for_128_positions_only():
    task = TASKS["index"]
    assert task.sample(2, 128, torch.Generator())[0].max() < task.vocab_size
    with pytest.raises(ValueError, match="positions below 128; got n=129"):
        task.sample(2, 129, torch.Generator())
