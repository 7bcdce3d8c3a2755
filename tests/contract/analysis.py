"""What posenc.analysis promises."""

import math

import torch
from oracle import functional as loops

from contract import equal
from posenc import analysis, functional

F64 = torch.float64


def _codes(n=40, dim=8):
    return functional.sinusoidal(torch.arange(n), dim, dtype=F64)


def wavelengths_are_a_turn_by_the_speed():
    for dim, base in ((8, 10_000.0), (12, 100.0)):
        expected = [2 * math.pi / speed for speed in loops.inverse_frequencies(dim, base)]
        equal(analysis.wavelengths(dim, base), expected)
    # the longest of the paper's is not 2π · 10 000
    assert round(analysis.wavelengths(512)[-1].item()) == 60_611


def turns_count_from_the_first_to_the_last():
    for n, dim in ((1, 8), (60, 12)):
        speeds = loops.inverse_frequencies(dim)
        expected = [speed * (n - 1) / (2 * math.pi) for speed in speeds]
        equal(analysis.turns(n, dim), expected)


def ramps_are_channels_that_only_rise_or_only_fall():
    codes = _codes(50, 12)
    expected = []
    for channel in codes.T.tolist():
        steps = [b - a for a, b in zip(channel, channel[1:], strict=False)]
        expected.append(all(step > 0 for step in steps) or all(step < 0 for step in steps))
    assert analysis.ramps(codes).tolist() == expected
    assert any(expected)
    assert not all(expected)
    flat = torch.tensor([[0.0, 2.0, 1.0], [0.0, 1.0, 1.0], [0.0, 0.0, 2.0]])
    assert analysis.ramps(flat).tolist() == [False, True, False]


def kernel_is_the_cosine_of_two_codes():
    offsets = torch.tensor([0, 1, -7, 50, 1234])
    found = analysis.kernel(offsets, 12, 300.0)
    equal(found, [loops.kernel(k, 12, 300.0) for k in offsets.tolist()])
    here, there = (functional.sinusoidal(pos, 12, 300.0, dtype=F64) for pos in (
        torch.tensor([2000]), offsets + 2000))  # fmt: skip
    equal(torch.cosine_similarity(here, there), found)


def first_rise_is_where_it_is():
    assert analysis.first_rise(torch.tensor([3.0, 2.0, 2.0, 1.0, 1.5, 2.0])) == 4
    assert analysis.first_rise(torch.tensor([0.0, 1.0])) == 1
    assert analysis.first_rise(torch.tensor([3.0, 3.0, 1.0])) is None
    assert analysis.first_rise(torch.tensor([3.0])) is None


def rivals_are_the_nearest_others():
    for n in (2, 25, 26, 80):  # beyond 25 rows torch would take a matrix product if it may
        order = torch.randperm(n, generator=torch.Generator().manual_seed(0))
        codes = _codes(n, 6)[order]
        _rivals_equal_the_loops(codes, 1e-12)
        # far from the origin a product of matrices forgets small gaps
        steps = torch.arange(n)[order] ** 2 * 2.0**-13
        far = torch.stack((torch.full((n,), 1000.0), 1000 + steps), 1)
        _rivals_equal_the_loops(far, 1e-6)
        _rivals_equal_the_loops(far.double(), 1e-12)
        exact = torch.cdist(
            far.double(), far.double(), compute_mode="use_mm_for_euclid_dist"
        ).fill_diagonal_(math.inf)
        equal(analysis.nearest_rivals(far).distance, exact.min(1).values, rtol=1e-2)
    twins = analysis.nearest_rivals(torch.tensor([[1.0], [7.0], [1.0]]))
    assert twins.distance.tolist() == [0, 6, 0]
    assert twins.row[[0, 2]].tolist() == [2, 0]
    close = torch.tensor([[1000.0, 0.0], [1000.0, 1e-3]])
    equal(analysis.nearest_rivals(close).distance, [1e-3] * 2, rtol=1e-5)


def _rivals_equal_the_loops(codes, rtol):
    rival = analysis.nearest_rivals(codes)
    rows = codes.tolist()
    for i, row in enumerate(rows):
        gaps = [math.dist(row, other) if j != i else math.inf for j, other in enumerate(rows)]
        assert math.isclose(rival.distance[i], min(gaps), rel_tol=rtol)
        assert math.isclose(gaps[rival.row[i]], min(gaps), rel_tol=rtol)


def linear_r2_is_the_share_explained():
    pos, k, speed = torch.arange(4000, dtype=F64), 3, 0.61
    now = torch.stack(((speed * pos).sin(), (speed * pos).cos()), 1)
    later = torch.stack(((speed * (pos + k)).sin(), (speed * (pos + k)).cos()), 1)
    assert abs(analysis.linear_r2(now, later) - 1) < 1e-12
    # one function alone: cos²(ωk)
    alone = analysis.linear_r2(now[:, :1], later[:, :1])
    assert abs(alone - math.cos(speed * k) ** 2) < 1e-3
    ones = torch.ones(10, 1, dtype=F64)
    noise = torch.randn(10, 1, dtype=F64, generator=torch.Generator().manual_seed(1))
    # no constant term: the ones explain only the mean
    share = 10 * noise.mean() ** 2 / noise.square().sum()
    assert abs(analysis.linear_r2(ones, noise) - share) < 1e-12


def one_head_finds_the_word_before_where_a_code_allows_it():
    p = torch.arange(10.0)
    assert analysis.best_head(p[:, None]) < 0.5  # a score linear in j prefers an end
    assert analysis.best_head(torch.stack((p, p**2), 1)) == 1
    assert analysis.best_head(_codes(10, 8)) == 1
    assert analysis.best_head(_codes(10, 8), 3) == 1
