"""What the mathematics of biases and turns promises, and the encodings' options."""

from copy import deepcopy
from itertools import product

import torch
from oracle import functional as loops

from contract import equal, refused
from posenc import Cache, Dims, Transformer, build
from posenc import functional as F
from posenc.encodings import AxialRope, Sinusoidal2D
from posenc.model import toeplitz

F64 = torch.float64


def _random(*shape, seed=0):
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed), dtype=F64)


def slopes_are_the_published_ones():
    for heads in (1, 2, 3, 4, 6, 8, 12, 20, 40):
        equal(F.alibi_slopes(heads), loops.alibi_slopes(heads), rtol=1e-6)


def buckets_are_the_published_ones():
    far = torch.arange(-300, 301)
    for causal in (True, False):
        for buckets, greatest in ((32, 128), (16, 64), (8, 20)):
            expected = [loops.t5_bucket(int(d), buckets, greatest, causal) for d in far]
            assert F.t5_bucket(far, buckets, greatest, causal).tolist() == expected
    assert F.t5_bucket(torch.tensor([3.9, 4.0])).tolist() == [3, 4]


def both_layouts_turn_counter_clockwise():
    for rotate in ("rotate_pairs", "rotate_halves"):
        for width, pairs in ((6, 3), (8, 2)):  # the second leaves four channels alone
            x, theta = _random(2, 3, 5, width), _random(5, pairs, seed=1) * 9
            turned = getattr(loops, rotate)
            expected = [
                [
                    [turned(row, angle) for row, angle in zip(head, theta.tolist(), strict=True)]
                    for head in text
                ]
                for text in x.tolist()
            ]
            equal(getattr(F, rotate)(x, theta), expected)
            batched = theta.expand(2, 1, 5, pairs)
            equal(getattr(F, rotate)(x, batched), expected)


def half_precision_is_turned_in_float32():
    theta = torch.arange(900.0)[:, None]
    for rotate in (F.rotate_pairs, F.rotate_halves):
        x = torch.tensor([[1.0, 0.0]]).expand(900, 2)
        found = rotate(x.bfloat16(), theta)
        assert found.dtype == torch.bfloat16
        assert (found.float() - rotate(x, theta)).abs().max() < 2**-8


WIDTHS, LENGTHS, BASES = (8, 34, 128), (2**10, 2**13, 2**17), (100.0, 1e4, 5e5)


def scaled_frequencies_equal_the_loops():
    for dim, base, factor in product((4, *WIDTHS), BASES, (1.0, 1.5, 32.0)):
        for method in ("linear", "ntk"):
            _equal_the_loops((dim, base), method, factor, None)
    for dim, base, length in product(WIDTHS, BASES, LENGTHS):
        # the second ramps begin below the fastest pair, end beyond the slowest, have no width
        for fast, slow in ((32.0, 1.0), (1000.0, 500.0), (2.0, 1e-3), (4.0, 4.0)):
            options = {"beta_fast": fast, "beta_slow": slow}
            _equal_the_loops((dim, base), "yarn", 8.0, length, **options)
        for low, high in ((1.0, 4.0), (2.0, 3.0)):
            options = {"low_freq_factor": low, "high_freq_factor": high}
            _equal_the_loops((dim, base), "llama3", 8.0, length, **options)
    assert abs(F.yarn_temperature(8.0) - 1.2079) < 1e-4
    assert F.yarn_temperature(1.0) == 1


def _equal_the_loops(speeds, method, factor, length, **options):
    asked = {"method": method, "factor": factor, "original_max_len": length, **options}
    found = F.scaled_frequencies(*speeds, **asked, dtype=F64)
    assert found.dtype == F64
    expected = loops.scaled_frequencies(*speeds, method, factor, length, **options)
    equal(found, expected, rtol=1e-12, atol=0)


def options_of_rope_reach_its_speeds():
    dims = Dims(d_model=64, n_heads=2)
    full = loops.inverse_frequencies(32, 500.0)
    equal(build("rope", dims, base=500.0).inv_freq(), full, rtol=1e-6)
    kept = build("rope", dims, base=500.0, keep=0.25).inv_freq()
    equal(kept, full[:4] + [0.0] * 12, rtol=1e-6)
    part = build("rope", dims, base=500.0, partial=0.25).inv_freq()
    equal(part, loops.inverse_frequencies(8, 500.0), rtol=1e-6)
    warm = build("rope", dims, scaling="yarn", factor=8.0, original_max_len=64)
    q, pos = _random(1, 2, 3, 32), torch.arange(3)
    norms = warm.rotate(q, q, pos, pos)[0].norm(dim=-1) / q.norm(dim=-1)
    equal(norms, torch.full_like(norms, 1.2079441), rtol=1e-6)


def layouts_are_one_up_to_a_permutation():
    dims, pos = Dims(d_model=32, n_heads=2), torch.tensor([0, 3, 70])
    q, k = _random(1, 2, 3, 16), _random(1, 2, 3, 16, seed=1)
    order = torch.cat((torch.arange(0, 16, 2), torch.arange(1, 16, 2)))
    pairs = build("rope", dims).rotate(q, k, pos, pos)
    halves = build("rope", dims, layout="halves").rotate(q[..., order], k[..., order], pos, pos)
    for a, b in zip(pairs, halves, strict=True):
        equal(a[..., order], b)


def grids_equal_their_oracles():
    dims, grid = Dims(d_model=16, n_heads=2), [[0, 0], [2, 5], [7, 1]]
    code = Sinusoidal2D(dims, base=300.0)
    expected = [loops.sinusoidal(r, 8, 300.0) + loops.sinusoidal(c, 8, 300.0) for r, c in grid]
    equal(code.code(torch.tensor(grid), F64), expected)
    axial = AxialRope(dims, base=50.0)
    q, pos = _random(1, 2, 3, 8), torch.tensor(grid)
    speeds = loops.inverse_frequencies(4, 50.0)
    expected = [
        [
            loops.rotate_pairs(row, [s * r for s in speeds] + [s * c for s in speeds])
            for row, (r, c) in zip(head, grid, strict=True)
        ]
        for head in q[0].tolist()
    ]
    equal(axial.rotate(q, q, pos, pos)[0][0], expected)
    equal(axial.rotate(q, q, pos[None], pos[None])[1][0], expected)


def a_view_holds_the_bias():
    for name in ("alibi", "t5"):
        encoding, pos = build(name, Dims(d_model=16, n_heads=2)).double(), torch.arange(3, 303)
        q = _random(1, 2, 300, 8)
        view = toeplitz(encoding, pos[40:], pos)
        equal(view.flip(-1), encoding.bias(q, q, pos[40:], pos), rtol=1e-6)
        assert view.untyped_storage().nbytes() <= 8 * 2 * (260 + 300)
        torch.manual_seed(0)
        model = Transformer(encoding, vocab_size=5, n_layers=1).double()
        tokens = torch.arange(300).remainder(5)[None]
        long, weights = model(tokens, return_weights=True)
        rows = model(tokens, pos[None] - 3)  # a batch of positions: no view
        equal(long, rows, rtol=1e-6, atol=1e-8)
        assert not weights[0].triu(1).any()


def fourier_features_are_sines_and_cosines():
    found = F.fourier_features(
        torch.tensor([[0.25, 0.5]], dtype=F64), torch.tensor([[1, 0], [0, 1.5]], dtype=F64)
    )
    equal(found, [[1, -1, 0, 0]], atol=1e-12)


def bad_options_are_named():
    dims = Dims(d_model=24, n_heads=4)
    cases = [
        (lambda: build("rope", dims, partial=0.5), "of d_head=6 is 3"),
        (lambda: build("rope", dims, partial=0.0), "partial must be a share above 0"),
        (lambda: build("rope", dims, layout="quarters"), "layout must be one of interleaved"),
        (lambda: build("rope", dims, factor=2.0), "['factor'] needs scaling="),
        (lambda: build("rope", dims, scaling="yarn", factor=2.0), "needs original_max_len"),
        (lambda: build("rope", dims, scaling="linear"), "needs factor, how many times longer"),
        (lambda: build("rope", dims, scaling="magic", factor=2.0), "method must be one of linear"),
        (lambda: build("rope", dims, scaling="linear", factor=0.5), "1 or above; got 0.5"),
        (lambda: build("t5", dims, n_buckets=32, max_distance=8), "divides by zero; got 8"),
        (lambda: build("t5", dims, n_buckets=1), "n_buckets must be at least"),
        (lambda: build("shaw", dims, clip=0), "clip must be at least 1"),
        (
            lambda: build("xpos", dims, scale_base=0.0),
            "scale_base must be a finite number above 0; got 0.0",
        ),
        (lambda: AxialRope(Dims(d_model=24, n_heads=4)), "d_head must be a multiple of 4"),
        (lambda: F.rotate_pairs(torch.zeros(3, 4), torch.zeros(3, 3)), "3 angles need 6 channels"),
    ]
    for call, words in cases:
        with refused(ValueError, words):
            call()
    pos, q = torch.tensor([-1, 0]), torch.zeros(1, 4, 2, 6)
    with refused(ValueError, "since it scales by them; got -1"):
        build("xpos", dims).rotate(q, q, pos, pos)
    with refused(ValueError, "pos must be of shape (2,) or (1, 2)"):
        Transformer(build("rope", dims), vocab_size=3)(
            torch.zeros(1, 2, dtype=torch.long), torch.zeros(2, 2, 2)
        )


def decoding_gives_the_full_pass():
    torch.manual_seed(0)
    model = Transformer(build("rope", Dims(d_model=16, n_heads=2)), vocab_size=5).double()
    tokens = torch.tensor([[0, 0, 3, 1, 4, 2], [2, 1, 1, 0, 3, 4]])
    real = torch.tensor([[False, False, True, True, True, True], [True] * 6])
    pos = (real.long().cumsum(-1) - 1).clamp(min=0)
    whole = model(tokens, pos, mask=real[:, None])
    cache = Cache()
    first = model(tokens[:, :4], pos[:, :4], mask=real[:, None, :4], cache=cache)
    assert cache.seen is not None
    assert cache.seen.tolist() == real[:, :4].sum(-1).tolist()
    counted = deepcopy(cache)
    rest = [model(tokens[:, i : i + 1], pos[:, i : i + 1], cache=cache) for i in (4, 5)]
    by_itself = [model(tokens[:, i : i + 1], cache=counted) for i in (4, 5)]
    equal(torch.cat(by_itself, 1), torch.cat(rest, 1))
    equal(torch.cat((first, *rest), 1), whole)
    cache = Cache()
    steps = [model(tokens[1:, i : i + 1], cache=cache) for i in range(6)]
    equal(torch.cat(steps, 1), whole[1:])


def bad_caches_are_named():
    model = Transformer(build("rope", Dims(d_model=16, n_heads=2)), vocab_size=5)
    tokens, cache = torch.zeros(2, 3, dtype=torch.long), Cache()
    model(tokens, cache=cache)
    with refused(ValueError, "the cache holds 2 sequences, the new tokens 1"):
        model(tokens[:1], cache=cache)
    with refused(ValueError, "no padding: boolean of shape (2, 1, 3)"):
        model(tokens, mask=torch.ones(3, 3, dtype=torch.bool), cache=cache)
    other = Transformer(build("rope", Dims(d_model=16, n_heads=4)), vocab_size=5)
    with refused(ValueError, "begin with a new Cache"):
        other(tokens, cache=cache)
    with refused(ValueError, "a cache needs a causal model"):
        Transformer(build("none"), vocab_size=5, causal=False)(tokens, cache=Cache())
