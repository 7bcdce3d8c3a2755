"""`make bench-check`: no pair is slower than BENCHMARKS.md has it, and a slower one is noticed."""

import pytest
from guard import PAIRS, RECORD, fault
from markdown_it import MarkdownIt


def recorded(name):
    tokens = MarkdownIt().enable("table").parse(RECORD.read_text(encoding="utf-8"))
    cells = [token.content for token in tokens if token.type == "inline"]
    return float(cells[cells.index(name) + 1].split()[0])


@pytest.mark.parametrize("name", PAIRS)
def test_ours_is_as_quick_beside_the_peer_as_recorded(name):
    assert fault(name, recorded(name)) == ""


@pytest.mark.parametrize("name", PAIRS)
def test_a_slowdown_by_two_is_noticed(name):
    """Ours is run twice for once of the peer."""
    assert "in 3 tries, recorded is" in fault(name, recorded(name), times=2)
