"""What CI asks again

Time of `posenc` divided by the peer's, one thread, float32. `make bench-check` measures each pair
anew, both in one run, and fails where the ratio is more than 1.5 × the one here, three times over.
"""

import pytest
from guard import PAIRS, race
from races import threads


@pytest.mark.parametrize("name", PAIRS)
def test_pair(run, benchmark, name):
    with threads(1):
        found = run(race(name), "posenc / peer")
    benchmark.extra_info["rows"] = {name: found["posenc"]}
