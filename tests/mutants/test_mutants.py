"""Bugs are planted one by one, and what the tests call must notice every one."""

import importlib
import warnings
from functools import partial
from itertools import product

import pytest
import torch
from bugs import SUBJECTS
from contract import checks, pattern
from planting import Mutant, mutated, planted

from posenc import ENCODINGS, functional

MUTANTS = [(subject, mutant) for subject, bugs in SUBJECTS.items() for mutant in bugs]


def every_call(subject, mutant=None):
    """Each promise of a subject as a call without arguments, the encodings one by one."""
    own = mutant.function.split(".")[0] if mutant else ""
    names = [name for name, cls in ENCODINGS.items() if cls.__name__ == own] or list(ENCODINGS)
    if subject == "layers":
        for check, name in product(pattern.named(), pattern.LAYERS):
            yield f"{check.__name__}[{name}]", partial(check, name)
    for check in checks(importlib.import_module(f"contract.{subject}")):
        if subject in ("encodings", "capture"):
            for name in names:
                yield f"{check.__name__}[{name}]", partial(check, name)
        else:
            yield check.__name__, check
    if subject == "encodings":
        yield from every_call("absolute")


def noticed_by(subject, mutant=None):
    """The first promise that is found broken, or None."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")  # as in the tests
        for name, call in every_call(subject, mutant):
            try:
                call()
            except Exception:  # an error is as good a notice as a failed assertion
                return name
    return None


@pytest.mark.parametrize("subject", SUBJECTS)
def test_without_a_bug_nothing_is_noticed(subject):
    assert noticed_by(subject) is None


@pytest.mark.parametrize(
    ("subject", "mutant"), MUTANTS, ids=[f"{subject}-{mutant}" for subject, mutant in MUTANTS]
)
def test_no_mutant_survives(subject, mutant):
    with planted(mutant):
        assert noticed_by(subject, mutant), (
            f"{mutant.slug} survived: {mutant.old!r} -> {mutant.new!r}"
        )


def test_slugs_are_unique():
    slugs = [mutant.slug for _, mutant in MUTANTS]
    assert len(set(slugs)) == len(slugs)


def test_a_bug_is_in_the_package_only_for_the_while():
    bug = Mutant("plus", "functional._sinusoid", "sinusoidal", "angles(pos, ", "angles(pos + 1, ")
    pos = torch.arange(3)
    before = functional.sinusoidal(pos, 4)

    def stumble():
        with planted(bug):
            assert torch.equal(functional.sinusoidal(pos, 4)[:2], before[1:])
            raise KeyError

    with pytest.raises(KeyError):
        stumble()
    assert torch.equal(functional.sinusoidal(pos, 4), before)


@pytest.mark.parametrize(
    ("function", "old", "words"),
    [
        ("sinusoidal", "no such text", "0 times and not once: bring this mutant up to date"),
        ("sinusoidal", "dim", "times and not once"),
        ("sinusoid", "dim", "has no function sinusoid"),
    ],
)
def test_a_mutant_that_is_out_of_date_fails_loudly(function, old, words):
    with pytest.raises(LookupError, match=words):
        mutated(Mutant("stale", "functional._sinusoid", function, old, "x"))
