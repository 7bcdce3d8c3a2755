"""Each published slip, handed to its checker, gets its own name; what is fine passes."""

import importlib
import pkgutil
from pathlib import Path

import pytest

from posenc import check
from posenc.check import _slips
from posenc.check.trial import record


def known():
    """Every family: {checker: slips}, read off ``_slips`` and the lessons' folders."""
    for found in pkgutil.iter_modules(_slips.__path__):
        module = importlib.import_module(f"{_slips.__name__}.{found.name}")
        yield from module.KNOWN.items()
    for path in sorted(Path(check.__file__).parent.glob("lesson_*/*.py")):
        module = importlib.import_module(f"posenc.check.{path.parent.name}.{path.stem}")
        if path.stem in record.LESSON and hasattr(module, "SLIPS"):
            yield path.stem, module.SLIPS


CASES = [(name, slip) for name, slips in known() for slip in slips]


@pytest.mark.parametrize(("name", "slip"), CASES, ids=[f"{n}-{s.slug}" for n, s in CASES])
def test_a_slip_gets_its_own_name(name, slip, capsys):
    verdict = getattr(check, name)(slip.program)
    line = capsys.readouterr().out
    if slip.fine:
        assert (verdict.passed, verdict.equivalent) == (True, True), line
    else:
        assert (verdict.passed, verdict.mistake) == (False, slip.slug), line
    assert slip.says in line


def test_no_two_slips_of_a_checker_share_a_name():
    slugs = [(name, slip.slug) for name, slip in CASES]
    assert len(set(slugs)) == len(slugs)


def test_each_is_said_in_one_sentence_and_named_by_a_slug():
    for _, slip in CASES:
        assert "\n" not in slip.says
        assert len(slip.says) <= 160
        assert slip.slug == slip.slug.lower().replace(" ", "-")
        assert not slip.seen or "#" in slip.seen
