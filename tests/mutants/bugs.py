"""The planted bugs: slips that people publish, and slips that a later change could make."""

# A mutant on one line is easier to compare than a mutant on six.
# ruff: noqa: E501

from planting import Mutant


def _functional(slug, function, old, new):
    file = "_checks" if function.startswith("check") else "_sinusoid"
    return Mutant(slug, f"functional.{file}", function, old, new)


def _code(slug, cls, old, new, method="code"):
    return Mutant(slug, "encodings.absolute", f"{cls}.{method}", old, new)


def _model(slug, function, old, new):
    file = {"Attention": "_attention", "masked_softmax": "_attention", "Block": "_transformer",
            "Transformer": "_transformer", "toeplitz": "_attention", "Cache": "_attention",
            "bias_as_view": "_attention"}.get(function.split(".")[0], "_masks")  # fmt: skip
    return Mutant(slug, f"model.{file}", function, old, new)


def _task(slug, function, old, new):
    return Mutant(slug, "tasks", function, old, new)


def _analysis(slug, function, old, new):
    return Mutant(slug, "analysis", function, old, new)


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

ENCODINGS = [
    _code("code-cast-before-the-add", "AddedCode",
          "self.code(pos, _working(x.dtype))", "self.code(pos, x.dtype)", "embed"),
    _code("code-cast-early", "AddedCode",
          "self.code(pos, _working(x.dtype))", "self.code(pos, _working(x.dtype)).to(x.dtype)", "embed"),
    _code("sum-not-cast-back", "AddedCode", ").to(x.dtype)", ")", "embed"),
    _code("float64-lost", "AddedCode", "_working(x.dtype)", "torch.float32", "embed"),
    _code("pos-ignored", "AddedCode", "self.code(pos, ", "self.code(torch.arange(x.shape[1]), ", "embed"),
    _code("first-row-for-all", "AddedCode", "self.code(pos, ",
          "self.code(pos[:1] if pos.dim() == 2 else pos, ", "embed"),
    _code("word-lost", "AddedCode", "(x + self", "(0 * x + self", "embed"),
    _code("word-changed-in-place", "AddedCode", "(x + self.code(pos, _working(x.dtype)))",
          "x.add_(self.code(pos, _working(x.dtype)))", "embed"),
    _code("word-detached", "AddedCode", "(x + self", "(x.detach() + self", "embed"),
    _code("table-remembered", "AddedCode", "return (x +",
          "self.seen = [*getattr(self, 'seen', []), pos]; return (x +", "embed"),
    _code("integers-from-one", "Integer", "pos.to(dtype)[", "(pos + 1).to(dtype)["),
    _code("real-positions-cut", "Integer", "pos.to(dtype)[", "pos.long().to(dtype)["),
    _code("integer-in-half", "IntegerChannel", "pos.to(dtype)[", "pos.bfloat16().to(dtype)["),
    _code("fixed-l", "Normalized", "pos.amax(dim=-1, keepdim=True) + 1", "self.dims.max_len"),
    _code("l-without-one", "Normalized", "keepdim=True) + 1", "keepdim=True).clamp(min=1)"),
    _code("l-of-the-whole-batch", "Normalized", "pos.amax(dim=-1, keepdim=True)", "pos.amax()"),
    _code("one-hot-rolled", "OneHot", "pos[..., None] == torch", "(pos[..., None] + 1) % width == torch"),
    _code("one-hot-of-height-one", "OneHot", "math.sqrt(width / 2)", "1"),
    _code("one-hot-unchecked", "OneHot", "min(width, self.dims.max_len)", "10**9"),
    _code("bits-reversed", "Binary", "digits = (pos.long()[..., None] >> bits) & 1",
          "digits = ((pos.long()[..., None] >> bits) & 1).flip(-1)"),
    _code("bits-from-one", "Binary", "pos.long()[", "(pos.long() + 1)["),
    _code("bits-not-masked", "Binary", " & 1", ""),
    _code("eight-bits", "Binary", "min(self.dims.d_model, 62)", "min(self.dims.d_model, 5)"),
    _code("random-table-drawn-anew", "RandomCodes", "self.table[pos.long()]",
          "torch.randn_like(self.table)[pos.long()]"),
    _code("random-not-scaled", "RandomCodes", "table * math.sqrt(0.5)", "table", "__init__"),
    _code("random-table-trains", "RandomCodes",
          'self.register_buffer("table", table * math.sqrt(0.5))',
          "self.table = nn.Parameter(table * math.sqrt(0.5))", "__init__"),
    _code("table-by-index", "Learned", "self.table[pos.long()]",
          "self.table[torch.arange(pos.shape[-1])].expand(*pos.shape, -1)"),
    _code("table-detached", "Learned", "self.table[pos.long()]", "self.table.detach()[pos.long()]"),
    _code("uint8-is-a-mask", "Learned", "self.table[pos.long()]", "self.table[pos]"),
    _code("base-option-lost", "Sinusoidal", "self.base, ", ""),
    _code("width-of-a-head", "Sinusoidal", "sinusoidal(pos, self.dims.d_model",
          "sinusoidal(pos, self.dims.d_head"),
    Mutant("row-check-off-by-one", "encodings.absolute", "check_rows", "high >= rows", "high > rows"),
    Mutant("row-check-one-too-strict", "encodings.absolute", "check_rows", "high >= rows", "high >= rows - 1"),
    Mutant("negative-rows-taken", "encodings.absolute", "check_rows", "low < 0 or high", "high"),
    Mutant("table-cut-at-its-end", "encodings.absolute", "check_rows", "low < 0 or high >= rows", "False"),
    Mutant("real-rows-taken", "encodings.absolute", "check_whole", "pos.is_floating_point()", "False"),
    Mutant("padded-on-the-left", "encodings.absolute", "_first_channels",
           "(0, width - values.shape[-1])", "(width - values.shape[-1], 0)"),
    Mutant("shapes-unchecked", "base", "check_positions", "tuple(pos.shape) not in wanted", "False"),
    Mutant("devices-unchecked", "base", "check_positions", "pos.device != device", "False"),
]  # fmt: skip

MODULE = "SinusoidalPositionalEncoding"
DROP_IN = [
    _code("drop-in-ignores-pos", MODULE, "if pos is None:", "if True:", "forward"),
    _code("drop-in-drops-the-code-only", MODULE, "self.dropout((x + code).to(x.dtype))",
          "(x + self.dropout(code)).to(x.dtype)", "forward"),
    _code("drop-in-never-drops", MODULE, "self.dropout((x + code).to(x.dtype))",
          "(x + code).to(x.dtype)", "forward"),
    _code("drop-in-drops-always", MODULE, "self.dropout((x + code).to(x.dtype))",
          "nn.functional.dropout((x + code).to(x.dtype), self.dropout.p)", "forward"),
    _code("drop-in-by-the-batch", MODULE, "torch.arange(x.shape[1]", "torch.arange(x.shape[0]", "forward"),
    _code("drop-in-cast-early", MODULE, "dtype=_working(x.dtype)", "dtype=x.dtype", "forward"),
    _code("drop-in-scales-the-word", MODULE, "(x + code)", "(x * self.d_model**0.5 + code)", "forward"),
]  # fmt: skip

MODEL = DROP_IN + [
    _model("no-root-of-the-width", "Attention._weights", " / math.sqrt(self.dims.d_head)", ""),
    _model("root-of-the-model-width", "Attention._weights", "self.dims.d_head)  #", "self.dims.d_model)  #"),
    _model("bias-dropped", "Attention._weights", "scores = scores + bias.to(scores.dtype)", "pass"),
    _model("bias-subtracted", "Attention._weights", "scores + bias.to", "scores - bias.to"),
    _model("bias-scaled", "Attention._weights", "scores + bias.to", "scores + (bias / 2).to"),
    _model("bias-from-turned", "Attention.forward", "bias = encoding.bias(q, k, pos, k_pos)",
           "bias = encoding.bias(*encoding.rotate(q, k, pos, k_pos), pos, k_pos)"),
    _model("queries-alone-turned", "Attention.forward",
           "q, k = encoding.rotate(q, k, pos, k_pos)\n            weights = self._weights(q, k, bias",
           "q, _ = encoding.rotate(q, k, pos, k_pos)\n            weights = self._weights(q, k, bias"),
    _model("values-turned-too", "Attention.forward", "q, k = encoding.rotate(q, k, pos, k_pos)\n            weights = self._weights(q, k, bias",
           "v, _ = encoding.rotate(v, k, pos, k_pos); q, k = encoding.rotate(q, k, pos, k_pos)\n            weights = self._weights(q, k, bias"),
    _model("queries-and-keys-swapped", "Attention.forward", "q, k, v = heads", "k, q, v = heads"),
    _model("keys-as-values", "Attention.forward", "(weights @ v)", "(weights @ k)"),
    _model("heads-mixed-up", "Attention.forward", ".transpose(1, 2).flatten(2)",
           ".transpose(1, 2).transpose(2, 3).flatten(2)"),
    _model("weights-transposed", "Attention.forward", "(weights @ v)", "(weights.mT @ v)"),
    _model("doors-ignore-pos", "Attention.forward", "q, k = encoding.rotate(q, k, pos, k_pos)\n            weights = self._weights(q, k, bias",
           "q, k = encoding.rotate(q, k, *[torch.arange(x.shape[1])] * 2)\n            weights = self._weights(q, k, bias"),
    _model("softmax-over-queries", "masked_softmax", "lowest).softmax(-1)", "lowest).softmax(-2)"),
    _model("softmax-over-queries-unmasked", "masked_softmax", "scores.softmax(-1)", "scores.softmax(-2)"),
    _model("mask-inverted", "masked_softmax", "~mask, lowest", "mask, lowest"),
    _model("mask-after-softmax", "masked_softmax", "scores.masked_fill(~mask, lowest)", "scores"),
    _model("empty-rows-attend", "masked_softmax", " * mask", ""),
    _model("empty-rows-are-nan", "masked_softmax", "torch.finfo(scores.dtype).min", '-float("inf")'),
    _model("mask-too-small", "masked_softmax", "torch.finfo(scores.dtype).min", "-5.0"),
    _model("pre-residual-lost", "Block.forward", "            x = x + mixed\n", "            x = mixed\n"),
    _model("pre-norm-missing", "Block.forward", "self.attention(self.norm1(x), ", "self.attention(x, "),
    _model("second-norm-missing", "Block.forward", "x + self.mlp(self.norm2(x))", "x + self.mlp(x)"),
    _model("one-norm-twice", "Block.forward", "self.mlp(self.norm2(x))", "self.mlp(self.norm1(x))"),
    _model("post-norm-before-the-sum", "Block.forward", "self.norm1(x + mixed)", "x + self.norm1(mixed)"),
    _model("post-residual-lost", "Block.forward", "self.norm2(x + self.mlp(x))", "self.norm2(self.mlp(x))"),
    _model("mlp-residual-lost", "Block.forward", "return x + self.mlp", "return self.mlp"),
    _model("gelu-tanh", "Block.__init__", "nn.GELU()", 'nn.GELU("tanh")'),
    _model("relu", "Block.__init__", "nn.GELU()", "nn.ReLU()"),
    _model("post-with-a-last-norm", "Transformer.__init__", ' if norm == "pre" else nn.Identity()', ""),
    _model("pre-without-a-last-norm", "Transformer.__init__", 'if norm == "pre"', 'if norm == "none"'),
    _model("one-block-shared", "Transformer.__init__",
           "nn.ModuleList(Block(dims, norm, norm_type) for _ in range(n_layers))",
           "nn.ModuleList([Block(dims, norm, norm_type)] * n_layers)"),
    _model("residuals-not-scaled", "Transformer._initialise", "(2 * len(self.blocks)) ** -0.5", "1"),
    _model("init-by-the-output", "Transformer._initialise", "module.in_features", "module.out_features"),
    _model("pos-always-arange", "Transformer.forward", "if pos is None:", "if True:"),
    _model("embed-ignores-pos", "Transformer.forward", "self.encoding.embed(self.tokens(tokens), pos)",
           "self.encoding.embed(self.tokens(tokens), torch.arange(n))"),
    _model("blocks-ignore-pos", "Transformer.forward", "self.encoding, pos, allowed", "self.encoding, torch.arange(n), allowed"),
    _model("maps-of-the-last-layer", "Transformer.forward", "maps.append(weights)", "maps = [weights]"),
    _model("mask-dropped", "Transformer.forward", "self._allowed(pos, mask, ", "self._allowed(pos, None, "),
    _model("diagonal-excluded", "allowed", ".tril()", ".tril(-1)"),
    _model("one-ahead-seen", "allowed", ".tril()", ".tril(1)"),
    _model("causal-the-wrong-way", "allowed", ".tril()", ".triu()"),
    _model("never-causal", "allowed", "if causal else", "if False else"),
    _model("always-causal", "allowed", "if causal else", "if True else"),
    _model("mask-or-causal", "allowed", "mask & past", "mask | past"),
    _model("mask-replaces-causal", "allowed", "mask & past", "mask"),
    _model("batch-on-the-heads-of-a-mask", "_four_axes", "(mask.shape[0], 1, *mask.shape[1:])",
           "(1, mask.shape[0], *mask.shape[1:])"),
]  # fmt: skip

TASKS = [
    _task("back-is-ahead", "_back.<locals>.sample", "targets[:, k:] = tokens[:, :-k]",
          "targets[:, :-k] = tokens[:, k:]"),
    _task("back-by-one-more", "_back.<locals>.sample", "targets[:, k:] = tokens[:, :-k]",
          "targets[:, k + 1 :] = tokens[:, : -k - 1]"),
    _task("back-wraps", "_back.<locals>.sample", "targets[:, k:] = tokens[:, :-k]",
          "targets = tokens.roll(k, 1)"),
    _task("before-is-after", "_before", "places[:, :1] < places", "places[:, :1] > places"),
    _task("before-asked-once", "_before", "answer.repeat(1, n)",
          "torch.cat((answer, _nothing(tokens)[:, 1:]), 1)"),
    _task("before-over-the-mark", "_before", "1 + torch.rand(b, n - 1,", "torch.rand(b, n - 1,"),
    _task("before-never-last", "_before", "torch.rand(b, n - 1,", "torch.rand(b, n - 2,"),
    _task("majority-of-a", "_majority", "2 * letters.sum(1) > ", "2 * letters.sum(1) < "),
    _task("majority-counts-the-mark", "_majority", "tokens[:, 1 : n", "tokens[:, 0 : n"),
    _task("majority-ties", "_majority", "if n % 2:", "if False:"),
    _task("index-off-by-one", "_index", "tokens.gather(1, place)", "tokens.gather(1, place - 1)"),
    _task("index-never-last", "_index", "torch.randint(1, n, ", "torch.randint(1, n - 1, "),
    _task("index-named-before-read", "_index", "SYMBOLS + place", "SYMBOLS + place - 1"),
    _task("reverse-rolled", "_reverse", "tokens.flip(1)", "tokens.flip(1).roll(1, 1)"),
    _task("reverse-of-the-batch", "_reverse", "tokens.flip(1)", "tokens.flip(0)"),
    _task("ends-stay", "_ends", "tokens[:, -1], tokens[:, 0]", "tokens[:, 0], tokens[:, -1]"),
    _task("modulo-from-one", "_modulo.<locals>.sample", "torch.arange(n) % m", "(torch.arange(n) + 1) % m"),
    _task("sort-downwards", "_sort", "prompt.sort(1)", "prompt.sort(1, descending=True)"),
    _task("sort-late-by-one", "_sort", "targets[:, n // 2 : -1] = answer", "targets[:, n // 2 + 1 :] = answer"),
    _task("sort-drops-odd", "_sort", "tokens[:, :n], targets[:, :n]", "tokens[:, :-1], targets[:, :-1]"),
    _task("letters-from-elsewhere", "_letters", ", generator=generator", ""),
    _task("nine-letters", "_letters", "torch.randint(SYMBOLS,", "torch.randint(SYMBOLS - 1,"),
    Mutant("window-not-shifted", "text", "batch", "window[:, 1:]", "window[:, :-1]"),
    Mutant("last-window-never", "text", "batch", "torch.randint(len(tokens) - n,", "torch.randint(len(tokens) - n - 1,"),
    Mutant("test-text-in-training", "text", "split", "tokens[:border], tokens", "tokens, tokens"),
    Mutant("split-in-half", "text", "split", "* 9 // 10", "// 2"),
]  # fmt: skip

ANALYSIS = [
    _analysis("wavelength-without-pi", "wavelengths", "2 * math.pi / ", "1 / "),
    _analysis("turns-of-n", "turns", "(n - 1)", "n"),
    _analysis("ramps-may-pause", "ramps", "steps > 0", "steps >= 0"),
    _analysis("ramps-only-rise", "ramps", " | (steps < 0).all(0)", ""),
    _analysis("ramps-of-rows", "ramps", "codes.diff(dim=0)", "codes.T.diff(dim=0)"),
    _analysis("kernel-of-sines", "kernel", ".cos()", ".sin()"),
    _analysis("kernel-summed", "kernel", ".mean(-1)", ".sum(-1)"),
    _analysis("kernel-base-lost", "kernel", "(dim, base, ", "(dim, "),
    _analysis("rise-one-early", "first_rise", "int(rises[0]) + 1", "int(rises[0])"),
    _analysis("level-is-a-rise", "first_rise", "> 0", ">= 0"),
    _analysis("its-own-rival", "nearest_rivals", ".fill_diagonal_(math.inf)", ""),
    _analysis("rivals-by-matmul", "nearest_rivals",
              'compute_mode="donot_use_mm_for_euclid_dist"', 'compute_mode="use_mm_for_euclid_dist"'),
    _analysis("farthest-rival", "nearest_rivals", ".fill_diagonal_(math.inf).min(dim=1)", ".max(dim=1)"),
    _analysis("r2-about-the-mean", "linear_r2", "y.pow(2).sum())", "(y - y.mean(0)).pow(2).sum())"),
    _analysis("r2-turned-round", "linear_r2", "y.pow(2).sum())", "x.pow(2).sum())"),
    _analysis("head-one-further", "best_head", "x[k:] @ weights @ x.T, wanted", "x[k:] @ weights @ x.T, wanted + 1"),
]  # fmt: skip


def _second(slug, module, function, old, new):
    return Mutant(slug, module, function, old, new)


ROTARY, BIAS, REL, ROPE = (
    "functional._rotary",
    "functional._bias",
    "encodings.relative",
    "encodings.rotary",
)

# noticed by every encoding's promises or by those of contract.scores
PART_TWO = [
    _second("rope-clockwise", ROTARY, "rotate_pairs", "torch.polar(torch.ones_like(angles), angles)",
            "torch.polar(torch.ones_like(angles), -angles)"),
    _second("rope-halves-clockwise", ROTARY, "rotate_halves", "torch.cat((-sin, sin), -1)",
            "torch.cat((sin, -sin), -1)"),
    _second("rope-layouts-mixed", ROPE, "Rope.rotate", "turned(q, q_theta), turned(k, k_theta)",
            "turned(q, q_theta), rotate_halves(k, k_theta)"),
    _second("rope-keys-unrotated", ROPE, "Rope.rotate", "turned(q, q_theta), turned(k, k_theta)",
            "turned(q, q_theta), k"),
    _second("rope-off-by-one-key", ROPE, "Rope.rotate", "self.angles(k_pos, k)", "self.angles(k_pos + 1, k)"),
    _second("rope-batch-on-heads", ROPE, "Rope.angles", "theta[:, None]", "theta[None]"),
    _second("rope-base-forgotten", ROPE, "Rope.inv_freq", "inverse_frequencies(self.width, self.base, ",
            "inverse_frequencies(self.width, 500.0, "),
    _second("xpos-keys-grow", ROPE, "XPos.rotate", "self._turned(k, k_pos, -1)", "self._turned(k, k_pos, +1)"),
    _second("xpos-wrong-growth", ROPE, "XPos._turned", "0.4 * width", "0.5 * width"),
    _second("alibi-sign", REL, "ALiBi.bias_by_distance", "-slopes[:, None]", "slopes[:, None]"),
    _second("alibi-nearer-by-one", REL, "ALiBi.bias_by_distance", "* far", "* (far - 1).clamp(min=0)"),
    _second("alibi-slopes-off-by-one", BIAS, "_geometric", "range(1, n + 1)", "range(n)"),
    _second("alibi-slopes-of-the-paper-text", BIAS, "alibi_slopes", "[::2]", "[1::2]"),
    _second("shaw-sign", REL, "Shaw.bias", "apart.clamp(", "(-apart).clamp("),
    _second("shaw-unscaled", REL, "Shaw.bias", " / math.sqrt(self.dims.d_head)", ""),
    _second("shaw-off-by-one", REL, "Shaw.bias", "+ self.clip  #", "+ self.clip - 1  #"),
    _second("t5-sides-swapped", BIAS, "t5_bucket", "distance < 0", "distance > 0"),
    _second("t5-edge", BIAS, "t5_bucket", "right=True", "right=False"),
    _second("t5-heads-first", REL, "T5.bias_by_distance", "self.table[bucket].T", "self.table[bucket].T.flip(0)"),
    _second("fire-by-the-key", REL, "FIRE.bias", "torch.maximum(q_pos.to", "torch.maximum(k_pos[: q_pos.shape[-1]].to"),
    _second("fire-no-log", REL, "FIRE._psi", "torch.log1p(self.log_c.exp() * x)", "self.log_c.exp() * x"),
    _second("bias-transposed", "base", "PositionalEncoding.bias", "distance(q_pos, k_pos)", "-distance(q_pos, k_pos)"),
    _second("bias-batch-on-heads", "base", "PositionalEncoding.bias", ".transpose(0, 1)", ""),
]  # fmt: skip

SCORES = [
    *(bug for bug in PART_TWO if bug.module in (ROTARY, BIAS)),
    _second("yarn-ramp-reversed", ROTARY, "_yarn_kept", "return 1 - (", "return ("),
    _second("ntk-exponent", ROTARY, "ntk_base", "dim / (dim - 2)", "(dim - 2) / dim"),
    _second("llama3-by-half-the-length", ROTARY, "scaled_frequencies", "/ (2 * math.pi)", "/ math.pi"),
    _second("p-rope-keeps-the-slow", ROPE, "Rope.inv_freq", "speeds[kept:]", "speeds[: len(speeds) - kept]"),
    _second("temperature-forgotten", ROPE, "Rope.rotate", "if self.temperature == 1.0", "if True"),
    _second("view-not-flipped", "model._attention", "Attention.forward", "bias, mask).flip(-1)", "bias, mask)"),
    _second("view-off-by-one", "model._attention", "toeplitz", "q_pos[0] - k_pos[-1]", "q_pos[0] - k_pos[-1] + 1"),
    _second("cache-step-at-zero", "model._transformer", "Transformer.forward",
            "cache.length if cache is not None else 0", "0"),
    _second("cache-forgets-padding", "model._attention", "Cache.remember", "real = mask[:, 0]", "pass"),
]  # fmt: skip


def _study(slug, module, function, old, new):
    return Mutant(slug, f"study.{module}", function, old, new)


STUDY = [
    _study("losses-of-all-seeds-mixed", "_steps", "_losses", ".flatten(1).sum(1)", ".sum()"),
    _study("loss-over-everything", "_steps", "_losses", "(targets != IGNORE)", "(targets > -999)"),
    _study("right-where-nothing-is-asked", "_steps", "_right", "== targets) & asked", "== targets) | ~asked"),
    _study("steps-from-the-window's-start", "_steps", "Trained.steps_to", "+ WINDOW if", "if"),
    _study("never-told-as-the-first", "_steps", "Trained.steps_to", "if row.any() else None", ""),
    _study("shift-one-too-far", "_steps", "_shifted", "shift - n + 1", "shift - n + 2"),
    _study("shift-alike-for-all-rows", "_steps", "_shifted", "(b, 1), generator=generator)", "(1, 1), generator=generator).expand(b, 1) * 0"),
    _study("one-text-for-all-seeds", "_steps", "Steps.batch", "for generator in self.texts", "for generator in [Generator() for _ in self.texts]"),
    _study("rate-never-falls", "_steps", "Steps.advance", "setting.lr_at(self.step)", "setting.lr"),
    _study("one-length", "_steps", "Steps.advance", "length_at(self.step, setting, self.plan)", "setting.length"),
    _study("all-seeds-alike", "_crowd", "_model", "manual_seed(seed)", "manual_seed(0)"),
    _study("validated-on-the-test", "_score", "score", "cell.setting.length, VALIDATE", "cell.setting.length, TEST"),
    _study("tested-on-the-validation-text", "_score", "_one", "if seed == TEST else", "if seed == VALIDATE else"),
    _study("first-model-for-all", "_crowd", "Crowd.one", "v[index] for k, v in self.params", "v[0] for k, v in self.params"),
    _study("trained-on-the-test", "_plan", "text_part", '"train": train', '"train": held'),
    _study("best-is-the-last", "_table", "best", ".idxmin()", ".idxmax()"),
    _study("diverged-seeds-forgotten", "_table", "best", '.fillna({"valid_loss": float("inf")})', ""),
    _study("missing-averaged-away", "_table", "_spread", 'found["missing"] > 0', 'found["missing"] > 99'),
]  # fmt: skip


SUBJECTS = {
    "functional": FUNCTIONAL,
    "encodings": ENCODINGS + [bug for bug in PART_TWO if bug.module in (REL, ROPE, "base")],
    "scores": SCORES,
    "model": MODEL,
    "tasks": TASKS,
    "analysis": ANALYSIS,
    "study": STUDY,
}
