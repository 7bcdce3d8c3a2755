"""Planted in what turns queries and keys, and in biases."""

# A mutant on one line is easier to compare than a mutant on six.
# ruff: noqa: E501

from planting import Mutant

ROTARY, BIAS, REL, ROPE = (
    "functional._rotary",
    "functional._bias",
    "encodings.relative",
    "encodings.rotary",
)

# noticed by every encoding's promises or by those of contract.scores
PART_TWO = [
    Mutant("rope-clockwise", ROTARY, "_on_circle", "theta.sin()", "-theta.sin()"),
    Mutant("rope-halves-clockwise", ROTARY, "rotate_halves", "(a * cos - b * sin, a * sin + b * cos)",
            "(a * cos + b * sin, b * cos - a * sin)"),
    Mutant("rope-layouts-mixed", ROPE, "Rope.rotate", "turned(q, q_theta), turned(k, k_theta)",
            "turned(q, q_theta), rotate_halves(k, k_theta)"),
    Mutant("rope-keys-unrotated", ROPE, "Rope.rotate", "turned(q, q_theta), turned(k, k_theta)",
            "turned(q, q_theta), k"),
    Mutant("rope-off-by-one-key", ROPE, "Rope.rotate", "self.angles(k_pos, k)", "self.angles(k_pos + 1, k)"),
    Mutant("rope-keys-take-the-queries-angles", ROPE, "Rope.rotate", "if k_pos is q_pos else", "if k_pos.shape == q_pos.shape else"),
    Mutant("rope-speeds-in-float32", ROPE, "Rope.angles", "self.inv_freq(work)", "self.inv_freq()"),
    Mutant("fire-threshold-signed", REL, "FIRE.bias", "self.threshold.abs()", "self.threshold"),
    Mutant("rope-batch-on-heads", ROPE, "Rope.angles", "theta[:, None]", "theta[None]"),
    Mutant("rope-base-forgotten", ROPE, "Rope.inv_freq", "inverse_frequencies(self.width, self.base, ",
            "inverse_frequencies(self.width, 500.0, "),
    Mutant("xpos-keys-grow", ROPE, "XPos.rotate", "self._turned(k, k_pos, -1)", "self._turned(k, k_pos, +1)"),
    Mutant("xpos-wrong-growth", ROPE, "XPos._turned", "0.4 * width", "0.5 * width"),
    Mutant("alibi-sign", REL, "ALiBi.bias_by_distance", "-slopes[:, None]", "slopes[:, None]"),
    Mutant("alibi-nearer-by-one", REL, "ALiBi.bias_by_distance", "* far", "* (far - 1).clamp(min=0)"),
    Mutant("alibi-slopes-off-by-one", BIAS, "_geometric", "range(1, n + 1)", "range(n)"),
    Mutant("alibi-slopes-of-the-paper-text", BIAS, "alibi_slopes", "[::2]", "[1::2]"),
    Mutant("shaw-sign", REL, "Shaw.bias", "apart.clamp(", "(-apart).clamp("),
    Mutant("shaw-unscaled", REL, "Shaw.bias", " / math.sqrt(self.dims.d_head)", ""),
    Mutant("shaw-off-by-one", REL, "Shaw.bias", "+ self.clip  #", "+ self.clip - 1  #"),
    Mutant("t5-sides-swapped", BIAS, "t5_bucket", "distance < 0", "distance > 0"),
    Mutant("t5-edge", BIAS, "t5_bucket", "right=True", "right=False"),
    Mutant("t5-heads-first", REL, "T5.bias_by_distance", "self.table[bucket].T", "self.table[bucket].T.flip(0)"),
    Mutant("fire-by-the-key", REL, "FIRE.bias", "torch.maximum(q_pos.to", "torch.maximum(k_pos[: q_pos.shape[-1]].to"),
    Mutant("fire-no-log", REL, "FIRE._psi", "torch.log1p(self.log_c.exp() * x)", "self.log_c.exp() * x"),
    Mutant("bias-transposed", "base", "PositionalEncoding.bias", "distance(q_pos, k_pos)", "-distance(q_pos, k_pos)"),
    Mutant("bias-batch-on-heads", "base", "PositionalEncoding.bias", ".transpose(0, 1)", ""),
]  # fmt: skip

SCORES = [
    *(bug for bug in PART_TWO if bug.module in (ROTARY, BIAS)),
    Mutant("yarn-ramp-reversed", ROTARY, "_yarn_kept", "return 1 - (", "return ("),
    Mutant("scaled-in-float32", ROTARY, "scaled_frequencies", "base, dtype=torch.float64)", "base, dtype=torch.float32)"),
    Mutant("yarn-ramp-ends-early", ROTARY, "_yarn_kept", "(slow)), dim - 1)", "(slow)), dim - 1) - 1"),
    Mutant("yarn-ramp-ends-late", ROTARY, "_yarn_kept", "(slow)), dim - 1)", "(slow)), dim - 1) + 1"),
    Mutant("yarn-unclamped-below", ROTARY, "_yarn_kept", "max(math.floor(pair_that_turns(fast)), 0)", "math.floor(pair_that_turns(fast))"),
    Mutant("yarn-unclamped-above", ROTARY, "_yarn_kept", "min(math.ceil(pair_that_turns(slow)), dim - 1)", "math.ceil(pair_that_turns(slow))"),
    Mutant("yarn-ramp-unclamped", ROTARY, "scaled_frequencies", "kept.clamp(0, 1)", "kept"),
    Mutant("ntk-exponent", ROTARY, "ntk_base", "dim / (dim - 2)", "(dim - 2) / dim"),
    Mutant("llama3-by-half-the-length", ROTARY, "scaled_frequencies", "/ (2 * math.pi)", "/ math.pi"),
    Mutant("p-rope-keeps-the-slow", ROPE, "Rope.inv_freq", "speeds[kept:]", "speeds[: len(speeds) - kept]"),
    Mutant("temperature-forgotten", ROPE, "Rope.rotate", "if self.temperature == 1.0", "if True"),
    Mutant("view-not-flipped", "model._attention", "Attention._mix", "bias, mask).flip(-1)", "bias, mask)"),
    Mutant("view-off-by-one", "model._attention", "toeplitz", "q_pos[0] - k_pos[-1]", "q_pos[0] - k_pos[-1] + 1"),
    Mutant("cache-step-at-zero", "model._cache", "Cache.next_positions", "start = self.following", "pass"),
    Mutant("cache-counts-padding", "model._cache", "Cache._count", "real.sum(-1))", "pos.shape[-1])"),
    Mutant("cache-forgets-padding", "model._cache", "Cache.remember", "real = mask[:, 0]", "pass"),
]  # fmt: skip
