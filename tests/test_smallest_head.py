"""analysis.smallest_head and weight_on: what a head of RoPE is predicted to learn."""

import math

import pytest
import torch

from posenc.analysis import smallest_head, weight_on


def shares(inv_freq, amplitudes, n, k):
    """The weight on the key k back, query by query, in loops."""
    found = []
    for query in range(k, n):
        pairs = list(zip(amplitudes, inv_freq, strict=True))
        scores = [sum(a * math.cos(w * (query - key - k)) for a, w in pairs) for key in range(n)]
        top = max(scores)
        whole = sum(math.exp(score - top) for score in scores)
        found.append(math.exp(scores[query - k] - top) / whole)
    return found


@pytest.mark.parametrize("k", [1, 3])
def test_the_weight_is_the_mean_over_the_queries(k):
    inv_freq, amplitudes = [1.0, 0.2], [5.0, 3.0]
    expected = shares(inv_freq, amplitudes, 9, k)
    found = weight_on(torch.tensor(inv_freq), torch.tensor(amplitudes), 9, k=k)
    assert found == pytest.approx(sum(expected) / len(expected), rel=1e-5)


@pytest.mark.parametrize("k", [1, 2])
def test_no_other_amplitudes_cost_less(k):
    inv_freq = 0.3 ** torch.arange(3, dtype=torch.float64)
    best = smallest_head(inv_freq, 12, k=k)

    def cost(amplitudes):
        logs = [math.log(share) for share in shares(inv_freq.tolist(), amplitudes, 12, k)]
        return -sum(logs) / len(logs) + 1e-3 * sum(amplitudes)

    least = cost(best.tolist())
    for i in range(3):
        for step in (0.3, -0.3):
            other = best.clone()
            other[i] = (other[i] + step).clamp(min=0)
            assert cost(other.tolist()) >= least - 1e-7


def test_a_frequency_is_used_only_where_it_tells_more_than_the_fastest():
    # The fastest confuses distance 7 with 1. Another helps there if it has gone further round.
    threshold = (2 * math.pi - 6) / 6  # 0.0472
    below, above = (
        smallest_head(torch.tensor([1.0, x * threshold], dtype=torch.float64), 16)
        for x in (0.95, 1.05)
    )
    assert below[1] < 1e-3
    assert above[1] > 50


def test_more_frequencies_than_needed_change_nothing():
    two, eight = (smallest_head(0.2 ** torch.arange(m, dtype=torch.float64), 16) for m in (2, 8))
    torch.testing.assert_close(eight[:2], two, rtol=1e-3, atol=0)
    assert eight[2:].max() < 1e-3


def test_a_higher_price_makes_smaller_amplitudes():
    inv_freq = torch.tensor([1.0, 0.1])
    assert smallest_head(inv_freq, 16, price=1e-2).sum() < smallest_head(inv_freq, 16).sum()


@pytest.mark.parametrize(("trained", "k", "price"), [(4, 4, 1e-3), (4, 0, 1e-3), (4, 1, 0.0)])
def test_what_cannot_be_asked_is_refused(trained, k, price):
    with pytest.raises(ValueError, match="need trained > k ≥ 1 and price > 0"):
        smallest_head(torch.ones(1), trained, k=k, price=price)
