"""Each published slip, handed to its checker, gets its own name; what is fine passes."""

import pytest
from known_slips import known

from posenc import check
from posenc.check.engine import draws

NUMBERS = range(1, 21)
CASES = [(name, slip) for name, _, slips in known() for slip in slips]


@pytest.mark.parametrize(("name", "slip"), CASES, ids=[f"{n}-{s.slug}" for n, s in CASES])
def test_a_slip_gets_its_own_name(name, slip, capsys):
    verdict = getattr(check, name)(slip.program)
    line = capsys.readouterr().out
    if slip.fine:
        assert (verdict.passed, verdict.equivalent) == (True, True), line
    else:
        assert (verdict.passed, verdict.mistake) == (False, slip.slug), line
    assert slip.says in line


@pytest.mark.full
@pytest.mark.parametrize(("name", "slip"), CASES, ids=[f"{n}-{s.slug}" for n, s in CASES])
def test_a_slip_fails_in_every_draw_and_is_named_in_nearly_all(name, slip, capsys):
    named = 0
    for number in NUMBERS:
        with draws.by(number):
            verdict = getattr(check, name)(slip.program)
        assert verdict.passed == slip.fine, f"{number}: {verdict.message}"
        named += slip.fine or verdict.mistake == slip.slug
    assert named >= 0.9 * len(NUMBERS), capsys.readouterr().out


def test_no_two_slips_of_a_checker_share_a_name():
    slugs = [(name, slip.slug) for name, slip in CASES]
    assert len(set(slugs)) == len(slugs)


def test_each_is_said_in_one_sentence_and_named_by_a_slug():
    for _, slip in CASES:
        assert "\n" not in slip.says
        assert len(slip.says) <= 160
        assert slip.slug == slip.slug.lower().replace(" ", "-")
        assert not slip.seen or "#" in slip.seen
