"""What the exercises of judgement hold for true, measured."""

import pytest
import torch
from attentions_01 import attend
from lesson_03 import hands, published
from real import SOURCES

from posenc import sinusoidal
from posenc.analysis import linear_r2
from posenc.check.lesson_01.separating_run import MOVES, OUTCOMES, STAYS
from posenc.check.lesson_03 import shift_is_shown

N, D = 8, 16
GENERATOR = torch.Generator().manual_seed(0)


def drawn(*shape):
    return torch.randn(*shape, generator=GENERATOR, dtype=torch.float64)


X, W = drawn(N, D), drawn(3, D, D) / D**0.5
SHUFFLED = torch.tensor([*torch.randperm(N - 1, generator=GENERATOR), N - 1])
SWAPPED = torch.tensor([1, 0, *range(2, N)])
MASKS = {"no mask": torch.ones(N, N).bool(), "one layer": torch.ones(N, N).tril().bool()}


def replaced(place):
    return X.index_copy(0, torch.tensor([place]), drawn(1, D))


RUNS = {  # of a layer: what it gave before, and what it gives now, where it is watched
    "more shuffles": lambda f: (f(X)[-1], f(X[SHUFFLED])[-1]),
    "another text": lambda f: (f(X.cos())[-1], f(X.cos()[SHUFFLED])[-1]),
    "replace first": lambda f: (f(X)[-1], f(replaced(0))[-1]),
    "replace last": lambda f: (f(X)[0], f(replaced(N - 1))[0]),
    "swap first two": lambda f: (f(X)[:2], f(X[SWAPPED])[SWAPPED][:2]),
    "second layer": lambda f: (f(f(X))[-1], f(f(X[SHUFFLED]))[-1]),
}


@pytest.mark.parametrize("run", OUTCOMES)
def test_each_run_has_the_outcomes_that_its_checker_knows(run):
    found = []
    for mask in MASKS.values():
        before, now = RUNS[run](lambda x, mask=mask: attend(x, *W, mask))
        found.append(MOVES if (before - now).abs().max() > 1e-3 else STAYS)
        assert found[-1] == MOVES or torch.allclose(before, now, atol=1e-12)
    assert tuple(found) == OUTCOMES[run]


def r2(vectors, k):
    return linear_r2(vectors[:-k], vectors[k:])


def test_the_table_of_lesson_03_is_measured():
    pos = torch.arange(2000, dtype=torch.float64)
    rows = [
        ("sinusoidal", sinusoidal(pos, D, dtype=pos.dtype)),
        ("with the slip of section 4", hands(pos, published(D), published(D, 1))),
        ("random vectors", drawn(60, 64)),
        ("random vectors", drawn(2000, 64)),
    ]
    [stem] = [stem for stem in SOURCES if stem.startswith("03")]
    lesson = SOURCES[stem].read_text(encoding="utf-8")
    for name, vectors in rows:
        n, d = vectors.shape
        assert f"| {name} | {n} | {d} | 7 | {round(r2(vectors, 7), 2):g} |" in lesson


@pytest.mark.parametrize("more", [-20, -1, 0, 1, 20])
def test_as_many_pairs_as_channels_fit_anything_and_one_more_does_not(more):
    n, d, k = 64 + 9 + more, 64, 9
    assert (r2(drawn(n, d), k) >= 1 - shift_is_shown.ROUNDING) == (more <= 0)
    exact = r2(sinusoidal(torch.arange(n), d, dtype=torch.float64), k)
    assert shift_is_shown.right(n, d, k, exact) == (more > 0)
