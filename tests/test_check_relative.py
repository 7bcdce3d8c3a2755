"""The checkers of notebook 06: right answers pass, wrong ones are named."""

import math

import pytest
import torch

from posenc import check, functional


def shaw(q, k, table, clip, sign=1, shift=0, root=True):
    p = torch.arange(len(q))
    row = (sign * (p[:, None] - p)).clamp(-clip, clip) + clip + shift
    scores = q @ k.T + (q @ table.T).gather(1, row % len(table))
    return scores / math.sqrt(q.shape[-1]) if root else scores


def words(q, k):
    return q @ k.T / math.sqrt(q.shape[-1])


def on_keys(q, k, table, clip):
    p = torch.arange(len(q))
    vectors = table[(p[:, None] - p).clamp(-clip, clip) + clip]
    return words(q, k) + (k * vectors).sum(-1) / math.sqrt(q.shape[-1])


def unclipped(q, k, table, clip):
    p = torch.arange(len(q))
    return (q[:, None] * (k + table[p[:, None] - p + clip])).sum(-1) / math.sqrt(q.shape[-1])


def in_place(q, k, table, clip):
    q /= math.sqrt(q.shape[-1])
    return q @ k.T


WRONG_SHAW = {
    "no-table": lambda q, k, table, clip: words(q, k),
    "no-root": lambda *given: shaw(*given, root=False),
    "half-root": lambda q, k, t, c: words(q, k) + shaw(q, k, t, c, root=False) - q @ k.T,
    "sign": lambda *given: shaw(*given, sign=-1),
    "row": lambda q, k, t, c: shaw(q, k, t, c, shift=-c),
    "key": on_keys,
    "no-clip": unclipped,
    "raises": lambda q, k, t, c: q @ k,
    "mutates-input": in_place,
    "shape": lambda q, k, t, c: shaw(q, k, t, c)[None],
    "words": lambda *given: shaw(*given) + 1,
    "not-a-tensor": lambda *given: None,
}


def bucket(distance):
    far = distance.clamp(min=16)
    shared = 16 + ((far / 16).log() / math.log(8) * 16).long()
    return torch.where(distance < 16, distance.clamp(min=0), shared.clamp(max=31))


def uncapped(distance):
    far = distance.clamp(min=16)
    return torch.where(
        distance < 16, distance.clamp(min=0), 16 + ((far / 16).log() / math.log(8) * 16).long()
    )


def fractions(distance):
    far = distance.clamp(min=16, max=127)
    shared = 16 + (far / 16).log() / math.log(8) * 16
    return torch.where(distance < 16, distance.clamp(min=0), shared)


WRONG_BUCKET = {
    "not-shared": lambda distance: distance.clamp(0, 31),
    "no-cap": uncapped,
    "not-whole": fractions,
    "symmetric": lambda distance: bucket(distance.abs()),
    "no-offset": lambda d: torch.where(d < 16, bucket(d), bucket(d) - 16),
    "last": lambda distance: functional.t5_bucket(distance, max_distance=256),
    "shape": lambda distance: bucket(distance)[:-1],
    "not-a-tensor": lambda distance: bucket(distance).tolist(),
    "raises": lambda distance: distance / "16",
}


def geometric(n):
    return [2 ** (-8 * h / n) for h in range(1, n + 1)]


def slopes(n):
    lower = 2 ** (n.bit_length() - 1)
    return geometric(lower) + geometric(2 * lower)[::2][: n - lower]


def bias(n, q_pos, k_pos):
    return -torch.tensor(slopes(n))[:, None, None] * (q_pos[:, None] - k_pos)


WRONG_BIAS = {
    "sign": lambda *given: -bias(*given),
    "ignores-pos": lambda n, q, k: bias(n, torch.arange(len(q)), torch.arange(len(k))),
    "one-slope": lambda n, q, k: bias(n, q, k)[:1].expand(n, -1, -1),
    "not-linear": lambda n, q, k: -((-bias(n, q, k)).clamp(min=0).sqrt()),
    "shape": lambda n, q, k: bias(n, q, k).permute(1, 2, 0),
    "raises": lambda n, q, k: torch.tensor(slopes(n)) * (q[:, None] - k),
    "not-a-tensor": lambda n, q, k: bias(n, q, k).tolist(),
}


WRONG_SLOPES = {
    "off-by-one": lambda n: [2 ** (-8 * h / n) for h in range(n)],
    "geometric": geometric,
    "not-every-second": lambda n: (
        geometric(2 ** (n.bit_length() - 1))
        + geometric(2 ** n.bit_length())[: n - 2 ** (n.bit_length() - 1)]
    ),
    "sign": lambda n: [-slope for slope in slopes(n)],
    "ratio": lambda n: [1 / (h + 2) for h in range(n)],
    "shape": lambda n: slopes(n)[:-1],
    "raises": lambda n: 1 / 0,
}

EXERCISES = {
    "shaw_scores": (shaw, WRONG_SHAW),
    "t5_bucket": (bucket, WRONG_BUCKET),
    "alibi_slopes": (slopes, WRONG_SLOPES),
    "alibi_bias": (bias, WRONG_BIAS),
}


def test_what_is_right_in_another_form_passes_with_a_remark():
    assert check.t5_bucket(lambda distance: bucket(distance).double()).equivalent
    assert check.alibi_slopes(lambda n: sorted(slopes(n), reverse=True)).equivalent
    assert check.alibi_slopes(lambda n: torch.tensor(slopes(n))).passed


@pytest.mark.parametrize(
    "other",
    [
        lambda n, q, k: -bias(n, q, k).abs(),
        lambda n, q, k: torch.tensor(slopes(n))[:, None, None] * k.expand(len(q), -1),
        lambda n, q, k: bias(n, q, k).where(q[:, None] >= k, -torch.inf),
    ],
)
def test_what_a_causal_mask_makes_equal_passes_with_a_remark(other):
    assert check.alibi_bias(other).equivalent


def test_what_is_said_of_a_missing_clip_and_of_another_order(capsys):
    check.shaw_scores(unclipped)
    check.alibi_slopes(lambda n: slopes(n)[::-1])
    clip, order = capsys.readouterr().out.splitlines()
    assert clip.startswith("✗ shaw_scores: a distance beyond the clip has no row of its own")
    assert order.startswith("≈ alibi_slopes: the right slopes in another order")
