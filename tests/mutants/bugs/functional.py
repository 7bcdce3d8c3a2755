"""Planted in posenc.functional."""

# A mutant on one line is easier to compare than a mutant on six.
# ruff: noqa: E501

from planting import Mutant


def _functional(slug, function, old, new):
    file = "_checks" if function.startswith("check") else "_sinusoid"
    return Mutant(slug, f"functional.{file}", function, old, new)


PAIRS = "pairs = torch.stack((theta.sin(), theta.cos()), dim=-1)"


FUNCTIONAL = [
    _functional("exponent-doubled", "inverse_frequencies", "(-i / dim)", "(-2 * i / dim)"),
    _functional("frequencies-grow", "inverse_frequencies", "(-i / dim)", "(i / dim)"),
    _functional("base-1000", "inverse_frequencies", "[base **", "[1000.0 **"),
    _functional("last-is-one-over-base", "inverse_frequencies", "-i / dim", "-i / max(dim - 2, 1)"),
    _functional("exponent-odd", "inverse_frequencies", "-i / dim", "-(i + 1) / dim"),
    _functional("frequencies-in-float32", "inverse_frequencies",
                "torch.tensor(speeds, dtype=dtype, device=device)",
                "torch.tensor(speeds, device=device).to(dtype)"),
    _functional("degrees", "angles", "* inv_freq.to(dtype)", "* inv_freq.to(dtype) * (math.pi / 180)"),
    _functional("angles-in-half", "angles",
                "torch.promote_types(inv_freq.dtype, torch.float32)", "inv_freq.dtype"),
    _functional("angles-lose-real-positions", "angles", "pos.to(dtype)[", "pos.long().to(dtype)["),
    _functional("angles-lose-float64", "angles", "dtype = torch.promote_types(dtype, pos.dtype)", "pass"),
    _functional("off-by-one", "sinusoidal", "angles(pos, inv_freq)", "angles(pos + 1, inv_freq)"),
    _functional("restarts-at-zero", "sinusoidal", "angles(pos, inv_freq)",
                "angles(pos - pos.min(), inv_freq)"),
    _functional("sines-then-cosines", "sinusoidal", "dim=-1)", "dim=-2)"),
    _functional("sine-and-cosine-swapped", "sinusoidal",
                "(theta.sin(), theta.cos())", "(theta.cos(), theta.sin())"),
    _functional("sine-alone", "sinusoidal", "theta.cos()", "theta.sin()"),
    _functional("cosine-of-the-next-pair", "sinusoidal", PAIRS,
                "theta2 = angles(pos, inv_freq * base ** (-1 / dim)); "
                "pairs = torch.stack((theta.sin(), theta2.cos()), dim=-1)"),
    _functional("base-forgotten", "sinusoidal", "inverse_frequencies(dim, base, ", "inverse_frequencies(dim, "),
    _functional("codes-in-half", "sinusoidal",
                "theta = angles(pos, inv_freq)", "theta = angles(pos, inv_freq).to(dtype)"),
    _functional("sine-sign", "shift_matrix",
                "torch.stack((cos, sin), -1), torch.stack((-sin, cos), -1)",
                "torch.stack((cos, -sin), -1), torch.stack((sin, cos), -1)"),
    _functional("a-reflection", "shift_matrix", "(-sin, cos)", "(sin, -cos)"),
    _functional("blocks-transposed", "shift_matrix", "dim=-2)", "dim=-1)"),
    _functional("shift-in-float32", "shift_matrix", "dtype=torch.float64) * k", "dtype=torch.float32) * k"),
    _functional("key-minus-query", "distance",
                "q_pos[..., :, None] - k_pos[..., None, :]", "k_pos[..., None, :] - q_pos[..., :, None]"),
    _functional("distance-transposed", "distance",
                "q_pos[..., :, None] - k_pos[..., None, :]", "q_pos[..., None, :] - k_pos[..., :, None]"),
    _functional("absolute-distance", "distance", "return difference[:, None] if batched else difference",
                "return difference.abs()[:, None] if batched else difference.abs()"),
    _functional("batch-on-the-heads", "distance", "difference[:, None] if", "difference[None] if"),
    _functional("distance-wraps", "distance", "pos.long() for", "pos for"),
    _functional("odd-width-taken", "check_dim", "dim <= 0 or dim % 2", "dim <= 0"),
]  # fmt: skip
