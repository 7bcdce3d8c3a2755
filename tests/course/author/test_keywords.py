"""A keyword is taken out of a cell, and the rest stays as it was written."""

import ast

import pytest

from posenc.course.keywords import without


@pytest.mark.parametrize(
    ("code", "left"),
    [
        ('f(x, a="ä, (b)", y=1)', "f(x, y=1)"),
        ('f(\n    "ö",\n    a=f"{x}, "\n        "b",\n)', 'f(\n    "ö",\n)'),
        ("g(f(z, a=1), b={1: 2})", "g(f(z))"),
        ("g(1, 2)\nf(a=1)", "g(1, 2)\nf()"),
        ("g(1, 2)\nf(a=1, y=2)", "g(1, 2)\nf(y=2)"),
        ("f(a=1, b=2, y=3)", "f(y=3)"),
        ("f(a=1, b=2)", "f()"),
        ("f(x, a=1, b=2)", "f(x)"),
        ("f(x, a=1, y=2, b=3,)", "f(x, y=2,)"),
        ("f((x), a=1)", "f((x))"),
        ("f(x,  # one, two\n  a=1)", "f(x)"),
        ("f(*x, a=1, **y)", "f(*x, **y)"),
        ("h(x, a=1)", "h(x, a=1)"),
        ("a = 1", "a = 1"),
        ("%timeit f(a=1)", "%timeit f(a=1)"),
    ],
)
def test_it_takes_the_keyword_and_its_comma(code, left):
    def unwanted(call, keyword):
        return keyword in ("a", "b") and ast.unparse(call.func) != "h"

    assert without(code, unwanted) == left
