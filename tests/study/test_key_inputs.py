"""A study's keys: each kind of thing that makes numbers is touched once and must retrain."""

import sys
import textwrap
import types

import pytest

from posenc import ENCODINGS, study
from posenc.base import Dims
from posenc.study import _work
from posenc.study._key import digest
from posenc.training import Setting

HEAD = """
import abc, dataclasses, functools
import numpy as np
import torch
from torch import nn
"""
# A name, a source in which 1000001 stands once, and what else may stand there.
MADE_OF = {
    "a default": "class Own:\n def f(self, x=1000001): return x",
    "a default by keyword alone": "class Own:\n def f(self, *, x=1000001): return x",
    "a default of a helper, by keyword alone":
        "def h(*, x=1000001): return x\nclass Own:\n def f(self): return h()",
    "a body": "class Own:\n def f(self): return 1000001",
    "a class attribute": "class Own:\n x = 1000001",
    "a class attribute in a dict": "class Own:\n x = {'a': [1000001]}",
    "a base class": "class Base:\n def f(self): return 1000001\nclass Own(Base): pass",
    "a base's base": "class A:\n x = 1000001\nclass B(A): pass\nclass Own(B): pass",
    "a second base": "class A: pass\nclass B:\n x = 1000001\nclass Own(A, B): pass",
    "a metaclass":
        "class Meta(type):\n def __call__(cls): return 1000001\nclass Own(metaclass=Meta): pass",
    "a closure":
        "def make(n):\n def f(self): return n\n return f\nclass Own:\n f = make(1000001)",
    "a function in a closure":
        "def make(g):\n def f(self): return g()\n return f\n"
        "class Own:\n f = make(lambda: 1000001)",
    "a nested function": "class Own:\n def f(self):\n  def g(): return 1000001\n  return g()",
    "a default of a nested function":
        "class Own:\n def f(self):\n  def g(*, x=1000001): return x\n  return g()",
    "a nested class": "class Own:\n def f(self):\n  class A:\n   x = 1000001\n  return A.x",
    "a constant that a nested class reads":
        "N = 1000001\nclass Own:\n def f(self):\n  class A:\n   x = N\n  return A.x",
    "a lambda": "class Own:\n f = lambda self: 1000001",
    "a comprehension": "N = 1000001\nclass Own:\n def f(self): return [N for _ in range(2)]",
    "a constant of the module": "N = 1000001\nclass Own:\n def f(self): return N",
    "a constant in a tuple": "N = (1, (2, 1000001))\nclass Own:\n def f(self): return N",
    "a constant in a set": "N = {1, 1000001}\nclass Own:\n def f(self): return N",
    "a tensor": "N = torch.zeros(3000)\nN[1500] = 1000001\nclass Own:\n def f(self): return N",
    "an array": "N = np.zeros(3000)\nN[1500] = 1000001\nclass Own:\n def f(self): return N",
    "a parameter": "class Own:\n x = nn.Parameter(torch.full((2,), 1000001.0))",
    "a module of torch with its weights":
        "N = nn.Linear(1, 1)\nnn.init.constant_(N.weight, 1000001)\nnn.init.zeros_(N.bias)\n"
        "class Own:\n def f(self): return N",
    "an object":
        "class C:\n def __init__(self, n): self.n = n\nN = C(1000001)\n"
        "class Own:\n def f(self): return N.n",
    "an object's class":
        "class C:\n def g(self): return 1000001\nN = C()\nclass Own:\n def f(self): return N.g()",
    "a dataclass":
        "@dataclasses.dataclass\nclass C:\n n: int\nN = C(1000001)\n"
        "class Own:\n def f(self): return N.n",
    "a bound method":
        "class C:\n def g(self): return 1000001\ng = C().g\nclass Own:\n def f(self): return g()",
    "a helper": "def h(): return 1000001\nclass Own:\n def f(self): return h()",
    "a helper's helper":
        "def i(): return 1000001\ndef h(): return i()\nclass Own:\n def f(self): return h()",
    "a helper in a dict": "H = {'a': lambda: 1000001}\nclass Own:\n def f(self): return H['a']()",
    "a cached helper":
        "@functools.cache\ndef h(): return 1000001\nclass Own:\n def f(self): return h()",
    "a wrapped helper":
        "def twice(f):\n @functools.wraps(f)\n def g(): return f() + f()\n return g\n"
        "@twice\ndef h(): return 1000001\nclass Own:\n def f(self): return h()",
    "a partial": "h = functools.partial(max, 1000001)\nclass Own:\n def f(self): return h(0)",
    "a property": "class Own:\n @property\n def f(self): return 1000001",
    "a property's setter":
        "class Own:\n @property\n def f(self): return 1\n"
        " @f.setter\n def f(self, x): self.x = 1000001",
    "a cached property": "class Own:\n @functools.cached_property\n def f(self): return 1000001",
    "a static method": "class Own:\n @staticmethod\n def f(): return 1000001",
    "a class method": "class Own:\n @classmethod\n def f(cls): return 1000001",
    "a partial method":
        "class Own:\n def g(self, x): return x\n f = functools.partialmethod(g, 1000001)",
    "an abstract base":
        "class A(abc.ABC):\n @abc.abstractmethod\n def f(self): return 1000001\n"
        "class Own(A):\n def f(self): return super().f()",
}  # fmt: skip
IDLE = {
    "a comment": "class Own:\n # 1000001\n def f(self): return 1",
    "a docstring": 'class Own:\n def f(self):\n  """1000001"""\n  return 1',
    "a docstring of a class": 'class Own:\n """1000001"""\n def f(self): return 1',
    "a docstring of a base": 'class A:\n """1000001"""\nclass Own(A): pass',
    "a docstring of a helper":
        'def h():\n """1000001"""\nclass Own:\n def f(self): return h()',
    "a docstring of a nested function":
        'class Own:\n def f(self):\n  def g():\n   """1000001"""\n  return g()',
    "the words about it": "class Own:\n label = '1000001'\n paper = '1000001'",
    "an annotation": "class Own:\n x: 'int 1000001' = 1\n def f(self, y: 'int 1000001'): return y",
    "what nothing uses": "N = 1000001\ndef h(): return 1000001\nclass Own:\n def f(self): return 1",
    "empty lines": "class Own:\n#1000001\n\n\n def f(self): return 1",
}  # fmt: skip


def digest_of(source, value):
    space = {"__name__": "__main__"}
    exec(HEAD + source.replace("1000001", value), space)
    return digest(space["Own"])


@pytest.mark.parametrize("kind", MADE_OF)
def test_what_makes_numbers_is_in_the_key(kind):
    source = MADE_OF[kind]
    assert source.count("1000001") == 1
    assert digest_of(source, "1000002") != digest_of(source, "1000001")
    assert digest_of(source, "1000001") == digest_of(source, "1000001")


@pytest.mark.parametrize("kind", IDLE)
def test_what_makes_no_numbers_is_not(kind):
    assert digest_of(IDLE[kind], "1000002") == digest_of(IDLE[kind], "1000001")


@pytest.fixture
def helpers(monkeypatch, tmp_path):
    """A module of the learner's own, which is not installed, with a module inside it."""

    def write(number, unused=0):
        inner, outer = types.ModuleType("own.inner"), types.ModuleType("own")
        for module in (inner, outer):
            module.__file__ = str(tmp_path / "own.py")
            exec(f"def shift(x): return x + {number}\ndef unused(): return {unused}",
                 module.__dict__)  # fmt: skip
            monkeypatch.setitem(sys.modules, module.__name__, module)
        outer.inner = inner
        return outer

    return write


@pytest.mark.parametrize("call", ["own.shift(0)", "own.inner.shift(0)"])
def test_a_function_taken_from_a_module_is_in_the_key(helpers, call):
    def found(*numbers):
        space = {"__name__": "__main__", "own": helpers(*numbers)}
        exec(f"class Own:\n def f(self): return {call}", space)
        return digest(space["Own"])

    assert found(1) == found(1) != found(2)
    assert found(1, 0) == found(1, 5)  # what the class does not name


@pytest.fixture
def trained(monkeypatch, tmp_path):
    """How many cells are trained for a class of this source, in the one folder."""
    begun, train, before = [], _work.train, dict(ENCODINGS)
    monkeypatch.setattr(_work, "train", lambda *a: (begun.append(a), train(*a))[1])

    def run(source, **options):
        space = {"__name__": "__main__"}
        exec(textwrap.dedent(source), space)
        begun.clear()
        options = {"tasks": ("back1",), "seeds": 1, "lengths": (1,), **options}
        study.run(["own"], out=tmp_path / "kept", **options)
        return len(begun)

    yield run
    ENCODINGS.clear()
    ENCODINGS.update(before)


OWN = """
    from posenc import ENCODINGS, register
    {above}
    class Own(ENCODINGS["sinusoidal"]):
        name, label = "own", "{label}"
        def __init__(self, dims, *, base={base}):
            super().__init__(dims, base)
    ENCODINGS["own"] = Own
"""
PLAIN = {"above": "", "label": "my own", "base": 100.0}
SIZE = {
    "setting": Setting(steps=2, b=4, length=8, shortest=8, warmup=1),
    "dims": Dims(d_model=16, n_heads=2, max_len=16),
}


def test_an_edited_class_is_trained_again_and_one_with_other_words_is_not(trained):
    assert trained(OWN.format(**PLAIN), **SIZE) == 1
    assert trained(OWN.format(**PLAIN), **SIZE) == 0
    assert trained(OWN.format(**PLAIN | {"label": "mine", "above": "# words"}), **SIZE) == 0
    assert trained(OWN.format(**PLAIN | {"base": 200.0}), **SIZE) == 1


def test_an_edited_step_of_the_training_makes_another_version(monkeypatch):
    from posenc.study import _steps

    before = _work.version()
    monkeypatch.setattr(_steps, "WINDOW", 11)
    monkeypatch.setattr(_work, "_code", _work._code.__wrapped__)  # else it is kept for the process
    assert _work.version() != before
    monkeypatch.undo()
    assert _work.version() == before


def test_another_sampler_or_text_is_another_cell(monkeypatch):
    from dataclasses import replace

    from posenc.study._plan import Request, task_of
    from posenc.study._scale import Scale

    scale = Scale(**SIZE, text=SIZE["setting"], text_dims=SIZE["dims"])
    for name in ("back1", "text"):
        [cell] = Request(("none",), (name,), seeds=1, lengths=(1,)).cells(scale)
        key = _work.key_of(_work.made_of(cell))
        assert key == _work.key_of(_work.made_of(cell))
        with monkeypatch.context() as patch:
            patch.setattr(_work, "_corpus", _work._corpus.__wrapped__)
            patch.setattr(_work, "corpus", lambda: "another text")
            other = replace(cell, task=replace(task_of(name), sampler=lambda b, n, g: (b, n)))
            assert _work.key_of(_work.made_of(other)) != key
