"""posenc.study's keys: code and what it relies on changes them, comments do not."""

import subprocess
import sys
import textwrap

import pytest
import torch

from posenc import ENCODINGS, TASKS
from posenc.study._key import digest

BEFORE = '''
    import torch
    from posenc import ENCODINGS
    LIMIT = 3
    TABLE = torch.zeros(2)
    CHOICES = {"a": 1}
    def helper(x):
        return x + LIMIT
    class Base(ENCODINGS["sinusoidal"]):
        """Words."""
        def code(self, pos, dtype):
            """More words."""
            return super().code(pos, dtype)
    class Own(Base):
        name, label = "own", "my own"
        scale = 2.0
        def __init__(self, dims, base=100.0):
            super().__init__(dims, base)
        def embed(self, x, pos):
            inner = lambda y: helper(y)  # a remark
            kinds = {"one", "two", "three"}
            return inner(x) * self.scale + TABLE[0] + CHOICES["a"] if pos in kinds else x
        @property
        def half(self):
            return self.scale / 2
        @staticmethod
        def twice(x):
            return 2 * x
'''


def digest_of(source):
    space = {"__name__": "__main__"}
    exec(textwrap.dedent(source), space)
    return digest(space["Own"])


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("# a remark", "# another"),
        ('"""Words."""', '"""Other words."""'),
        ('"""More words."""', '"""Less."""'),
        ('"my own"', '"mine"'),
        ("LIMIT = 3", "LIMIT = 3\n    UNUSED = 4"),
    ],
)
def test_what_makes_no_numbers_changes_no_key(old, new):
    assert BEFORE.count(old) == 1
    assert digest_of(BEFORE.replace(old, new)) == digest_of(BEFORE)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("LIMIT = 3", "LIMIT = 4"),  # a constant that a helper reads
        ("x + LIMIT", "x - LIMIT"),  # the helper
        ("zeros(2)", "ones(2)"),
        ('{"a": 1}', '{"a": 2}'),
        ("return super().code(pos, dtype)", "return -super().code(pos, dtype)"),  # a base class
        ('ENCODINGS["sinusoidal"]', 'ENCODINGS["binary"]'),
        ("scale = 2.0", "scale = 3.0"),
        ("base=100.0", "base=200.0"),
        ("lambda y: helper(y)", "lambda y: y + helper(y)"),
        ('"three"', '"four"'),
        ("self.scale / 2", "self.scale / 3"),
        ("2 * x", "3 * x"),
        ("import torch", "import torch\n    helper = abs", ),
    ],
)  # fmt: skip
def test_what_makes_numbers_changes_the_key(old, new):
    source = BEFORE
    if "helper = abs" in new:  # another helper by the same name
        source = BEFORE.replace("helper(y)", "abs(y)")
    assert source.count(old) == 1
    assert digest_of(source.replace(old, new)) != digest_of(BEFORE)


def test_every_encoding_and_task_has_a_key_of_its_own():
    assert len({digest(cls) for cls in ENCODINGS.values()}) == len(ENCODINGS)
    assert len({digest(task.sampler) for task in TASKS.values()}) == len(TASKS)


def test_options_and_tensors_count_by_their_values():
    assert digest({"base": 1.0}) != digest({"base": 2.0})
    assert digest(torch.ones(2)) == digest(torch.ones(2)) != digest(torch.ones(2).double())
    loop = []
    loop.append(loop)
    assert digest(loop) == digest(loop)


@pytest.mark.slow
def test_a_key_is_the_same_in_every_process():
    code = "from posenc import ENCODINGS as e, TASKS as t; from posenc.study._key import digest; "
    code += "print(digest(*e.values(), *[x.sampler for x in t.values()]))"
    found = {
        subprocess.check_output([sys.executable, "-c", code], env={"PYTHONHASHSEED": seed}, text=1)
        for seed in ("1", "2")
    }
    assert len(found) == 1
