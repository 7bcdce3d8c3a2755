"""Programs of notebook 07, right and wrong, that its answers are made from."""

import torch

import posenc


def speeds_of(dh, base=10_000.0, dtype=torch.float64):
    return base ** (-torch.arange(0, dh, 2, dtype=dtype) / dh)


def turned(x, theta):
    cos, sin = theta.cos().to(x.dtype), theta.sin().to(x.dtype)
    a, b = x[..., 0::2], x[..., 1::2]
    return torch.stack((a * cos - b * sin, a * sin + b * cos), dim=-1).flatten(-2)


def rope(x, pos):
    return turned(x, pos[:, None] * speeds_of(x.shape[-1]))


def twice_each(theta):
    return theta.repeat_interleave(2, dim=-1)


def half_of_pairs(x):
    return torch.stack((-x[..., 1::2], x[..., 0::2]), dim=-1).flatten(-2)


def signed(x, pos, in_first, in_second):
    theta = (pos[:, None] * speeds_of(x.shape[-1])).to(x.dtype)
    a, b, cos, sin = x[..., 0::2], x[..., 1::2], theta.cos(), theta.sin()
    turned = (a * cos + in_first * b * sin, a * sin + in_second * b * cos)
    return torch.stack(turned, dim=-1).flatten(-2)


def angle_per_channel(x, pos):
    theta = pos[:, None] * 10_000.0 ** (
        -torch.arange(x.shape[-1], dtype=torch.float64) / x.shape[-1]
    )
    return x * theta.cos().to(x.dtype) + half_of_pairs(x) * theta.sin().to(x.dtype)


def part(x, pos, share):
    width = int(x.shape[-1] * share)
    return torch.cat((rope(x[..., :width], pos), x[..., width:]), dim=-1)


def split(x, share):
    width = int(x.shape[-1] * share)
    return x[..., :width], x[..., width:], width


def rest_in_front(x, pos, share):
    first, rest, _ = split(x, share)
    return torch.cat((rest, rope(first, pos)), dim=-1)


def part_of_pairs(x, pos, share):
    """As many pairs as there should be channels."""
    width = min(2 * int(x.shape[-1] * share), x.shape[-1])
    return torch.cat((rope(x[..., :width], pos), x[..., width:]), dim=-1)


def every_other_pair(x, pos, share):
    theta = pos[:, None] * speeds_of(x.shape[-1])
    theta[:, 1 :: round(1 / share)] = 0
    return turned(x, theta)


def to_pairs(weight, n_heads):
    return weight.unflatten(0, (n_heads, 2, -1)).transpose(1, 2).flatten(0, 2)


def frequencies(x, base=10_000.0):
    return speeds_of(x.shape[-1], base)


def part_of(x, share):
    return int(x.shape[-1] * share)


def posencs_own(x, pos):
    rope = posenc.build("rope", posenc.Dims(d_model=x.shape[-1], n_heads=1))
    return rope.rotate(x, x, pos, pos)[0]


def by(x, pos, f):
    return turned(x, pos[:, None] * f)


def dynamic_ntk(x, pos):
    d, s = x.shape[-1], max(1.0, 2 * (int(pos.max()) + 1) / 1024 - 1)
    return by(x, pos, frequencies(x, 1e4 * s ** (d / (d - 2))))


def rows_mixed(x, pos):
    theta, a, b = pos[:, None] * frequencies(x), x[..., 0::2], x.roll(1, 0)[..., 1::2]
    both = (a * theta.cos() - b * theta.sin(), a * theta.sin() + b * theta.cos())
    return torch.stack(both, dim=-1).flatten(-2)


def table_added(x, pos):
    theta = pos[:, None] * frequencies(x)
    return x + torch.stack((theta.cos(), theta.sin()), dim=-1).flatten(-2)


def whole_head_angles(x, pos, share):
    return turned(x[..., : part_of(x, share)], pos[:, None] * frequencies(x))


def at_width_8(x):
    return 10.0 ** -torch.arange(x.shape[-1] // 2, dtype=torch.float64)


def first_pairs(x, pos, count=4):
    """As many pairs as width 8 has, in a loop."""
    return part(x, pos, min(1, 2 * count / x.shape[-1]))


def rounded_table(x, pos):
    theta = pos[:, None] * frequencies(x)
    cos, sin = theta.cos().round(decimals=3), theta.sin().round(decimals=3)
    return x * twice_each(cos) + half_of_pairs(x) * twice_each(sin)
