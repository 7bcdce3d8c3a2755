"""Planted in posenc.model and in the module that drops in."""

# A mutant on one line is easier to compare than a mutant on six.
# ruff: noqa: E501

from planting import Mutant

from bugs.encodings import _code


def _model(slug, function, old, new):
    file = {"Attention": "_attention", "masked_softmax": "_attention", "Block": "_transformer",
            "Transformer": "_transformer", "toeplitz": "_attention", "Cache": "_cache",
            "bias_as_view": "_attention", "_with_sink_key": "_attention", "_negative": "_attention",
            "LatentAttention": "_latent", "LogScale": "_pattern", "axes": "_pattern"}.get(function.split(".")[0], "_masks")  # fmt: skip
    return Mutant(slug, f"model.{file}", function, old, new)


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
    _model("root-of-the-model-width", "Attention._weights", "self.dims.d_head) if", "self.dims.d_model) if"),
    _model("bias-dropped", "Attention._weights", "scores = scores + bias.to(scores.dtype)", "pass"),
    _model("bias-subtracted", "Attention._weights", "scores + bias.to", "scores - bias.to"),
    _model("bias-scaled", "Attention._weights", "scores + bias.to", "scores + (bias / 2).to"),
    _model("bias-from-turned", "Attention.forward", "encoding.bias(q, k, pos, k_pos)",
           "encoding.bias(*encoding.rotate(q, k, pos, k_pos), pos, k_pos)"),
    _model("queries-alone-turned", "Attention.forward", "q, k = encoding.rotate", "q, _ = encoding.rotate"),
    _model("values-turned-too", "Attention.forward", "q, k = encoding.rotate(q, k, pos, k_pos)",
           "v, _ = encoding.rotate(v, k, pos, k_pos); q, k = encoding.rotate(q, k, pos, k_pos)"),
    _model("queries-and-keys-swapped", "Attention.forward", "q, k, v = self", "k, q, v = self"),
    _model("keys-as-values", "Attention._mix", "return weights @ v", "return weights @ k"),
    _model("heads-mixed-up", "Attention.forward", ".transpose(1, 2).flatten(2)",
           ".transpose(1, 2).transpose(2, 3).flatten(2)"),
    _model("weights-transposed", "Attention._mix", "return weights @ v", "return weights.mT @ v"),
    _model("doors-ignore-pos", "Attention.forward", "q, k = encoding.rotate(q, k, pos, k_pos)",
           "q, k = encoding.rotate(q, k, *[torch.arange(x.shape[1])] * 2)"),
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
           "nn.ModuleList(Block(dims, norm, norm_type, layer) for layer in layers)",
           "nn.ModuleList([Block(dims, norm, norm_type, layers[0])] * len(layers))"),
    _model("residuals-not-scaled", "Transformer._initialise", "(2 * len(self.blocks)) ** -0.5", "1"),
    _model("init-by-the-output", "Transformer._initialise", "module.in_features", "module.out_features"),
    _model("pos-always-arange", "Transformer._positions", "if pos is None:", "if True:"),
    _model("embed-ignores-pos", "Transformer._forward", "self.encoding.embed(self.tokens(tokens), pos)",
           "self.encoding.embed(self.tokens(tokens), torch.arange(n))"),
    _model("blocks-ignore-pos", "Transformer._forward", "encoding, pos, allowed", "encoding, torch.arange(n), allowed"),
    _model("maps-of-the-last-layer", "Transformer._forward", "maps.append(weights)", "maps = [weights]"),
    _model("mask-dropped", "Transformer._forward", "self._allowed(pos, mask, ", "self._allowed(pos, None, "),
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

# noticed where a graph is captured, and nowhere else
CAPTURE = [
    _model(
        "a-view-looks-at-values-in-a-graph", "bias_as_view", "torch.compiler.is_compiling() or ", ""
    ),
    Mutant(
        "rows-are-looked-at-in-a-graph",
        "encodings.absolute",
        "check_rows",
        "torch.compiler.is_compiling() or ",
        "",
    ),
    Mutant(
        "signs-are-looked-at-in-a-graph",
        "encodings.absolute",
        "refuse_negative",
        "torch.compiler.is_compiling() or ",
        "",
    ),
]

# noticed by what a layer of a pattern promises
PATTERN = [
    _model("window-one-key-more", "reach", "< (window or 1)", "<= (window or 1)"),
    _model("window-one-key-less", "reach", "(window or 1)", "((window or 2) - 1)"),
    _model("window-of-the-past-alone", "reach", ".abs()", ""),
    _model("chunks-overlap", "reach", "q_pos // chunk, k_pos // chunk", "q_pos / chunk, k_pos / chunk"),
    _model("chunks-by-the-query", "reach", "k_pos // chunk", "k_pos // chunk * 0"),
    _model("a-window-replaces-the-mask", "Attention._near", "mask & near", "near"),
    _model("a-window-forgotten", "Attention._near", "self.layer.window is None and", "True or"),
    _model("windows-by-the-query-alone", "Attention._near", "self._count(k_pos)", "self._count(pos)"),
    _model("sink-forgotten", "Attention._weights", "mask, self.sink)", "mask)"),
    _model("sink-counts-as-a-key", "masked_softmax", "[..., :-1]", "[..., 1:]"),
    _model("one-sink-for-all-heads", "masked_softmax", "sink[:, None, None]", "sink[:1, None, None]"),
    _model("sink-masked", "masked_softmax", "value=True", "value=False"),
    _model("fused-sink-masked", "_with_sink_key", "value=True", "value=False"),
    _model("fused-sink-of-zero", "_with_sink_key", "sink[:, None, None]", "(0 * sink)[:, None, None]"),
    _model("fused-forgets-the-scale", "Attention._fused", "scale=self.layer.scale", "scale=None"),
    _model("scale-divides", "Attention._weights", "dots * scale", "dots / scale"),
    _model("scale-forgotten", "Attention._weights", "if scale is None", "if True"),
    _model("log-n-forgotten", "Attention._scaled", "self.layer.log_scale is None", "True"),
    _model("log-n-by-index", "Attention._scaled", "self._count(pos)", "torch.arange(pos.shape[-1])"),
    _model("log-n-without-offset", "LogScale.of", " + self.offset", ""),
    _model("log-n-without-floor", "LogScale.of", ".floor()", ""),
    _model("log-n-without-the-one", "LogScale.of", "return 1 + ", "return "),
    _model("log-n-amount-inside", "LogScale.of", "self.amount * steps.log1p()", "(self.amount * steps).log1p()"),
    _model("groups-interleaved", "Attention._for_all_heads", "x.repeat_interleave(self.dims.n_heads // self.kv_heads, 1)",
           "x.repeat(1, self.dims.n_heads // self.kv_heads, 1, 1)"),
    _model("values-not-rotated", "Attention.forward", "v = encoding.rotate(v, v, k_pos, k_pos)[1]", "pass"),
    _model("mix-not-rotated-back", "Attention.forward",
           "mixed = encoding.rotate(mixed, mixed, back := _negative(pos), back)[0]", "pass"),
    _model("mix-rotated-on", "Attention.forward", "_negative(pos)", "pos"),
    _model("values-by-the-query", "Attention.forward", "(v, v, k_pos, k_pos)", "(v, v, pos, pos)"),
    _model("unsigned-wraps", "_negative", "pos if pos.dtype.is_signed else pos.long()", "pos"),
    _model("latent-not-normed", "LatentAttention.forward", "self.kv_norm(c), pos", "c, pos"),
    _model("latent-query-not-normed", "LatentAttention._queries", "self.q_norm(self.q_down(x))", "self.q_down(x)"),
    _model("latent-key-not-rotated", "LatentAttention.forward", "turned, k = encoding", "turned, _ = encoding"),
    _model("latent-window-forgotten", "LatentAttention.forward", "mask = self._near(mask, pos, k_pos)", "pass"),
    _model("latent-log-n-forgotten", "LatentAttention.forward", "self._scaled(self._queries(x), pos)", "self._queries(x)"),
    _model("absorbed-scale", "LatentAttention._mix_latents", 'keys), None', 'keys) / 2, None'),
    _model("absorbed-values-as-keys", "LatentAttention._mix_latents", "mixed @ v_up.mT", "mixed @ k_up.mT"),
    _model("absorbed-never", "LatentAttention._mix_latents", "plain @ k_up", "plain @ k_up.flip(0)"),
    _model("every-layer-the-first", "Transformer.__init__", "one.encoding for one in self.pattern)", "self.pattern[0].encoding for one in self.pattern)"),
]  # fmt: skip
