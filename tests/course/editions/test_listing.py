"""What is printed of a cell is the cell, but for what gives its answer away."""

import ast
from pathlib import Path

import nbformat
import pytest

from posenc.course import places
from posenc.course.editions.listing import listing

ROOT = places.find_root(Path(__file__).parent)
LESSONS = [places.built_from(source) for source in places.sources(ROOT)]


class Without(ast.NodeTransformer):
    def visit_Call(self, call):
        call.keywords = [word for word in call.keywords if word.arg != "alt"]
        return self.generic_visit(call)


@pytest.mark.parametrize("lesson", LESSONS, ids=lambda path: path.stem)
def test_a_printed_cell_is_the_cell_without_its_alt_texts(lesson):
    cells = [c.source for c in nbformat.read(lesson, as_version=4).cells if c.cell_type == "code"]
    for code in cells:
        printed = listing(code)
        assert ast.dump(ast.parse(printed)) == ast.dump(Without().visit(ast.parse(code)))
        if "alt=" not in code:
            assert printed == code


@pytest.mark.parametrize(
    ("code", "printed"),
    [
        ('f(x, alt="ä, (b)", y=1)', "f(x, y=1)"),
        ('f(\n    "ö",\n    alt=f"{x}, "\n        "b",\n)', 'f(\n    "ö",\n)'),
        ("g(f(a, alt=1), b={1: 2})", "g(f(a), b={1: 2})"),
        ("g(1, 2)\nf(alt=1)", "g(1, 2)\nf()"),
        ("g(1, 2)\nf(alt=1, y=2)", "g(1, 2)\nf(y=2)"),
        ("alt = 1", "alt = 1"),
        ("%timeit f(alt=1)", "%timeit f(alt=1)"),
    ],
)
def test_it_takes_the_keyword_and_its_comma(code, printed):
    assert listing(code) == printed
