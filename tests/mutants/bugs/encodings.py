"""Planted in posenc.encodings and posenc.base."""

# A mutant on one line is easier to compare than a mutant on six.
# ruff: noqa: E501

from planting import Mutant


def _code(slug, cls, old, new, method="code"):
    return Mutant(slug, "encodings.absolute", f"{cls}.{method}", old, new)


ENCODINGS = [
    _code("code-cast-before-the-add", "AddedCode",
          "self.code(pos, _working(x.dtype))", "self.code(pos, x.dtype)", "embed"),
    _code("code-cast-early", "AddedCode",
          "self.code(pos, _working(x.dtype))", "self.code(pos, _working(x.dtype)).to(x.dtype)", "embed"),
    Mutant("sum-not-cast-back", "functional._blocks", "add_code", "(x + code).to(x.dtype)", "x + code"),
    _code("float64-lost", "AddedCode", "_working(x.dtype)", "torch.float32", "embed"),
    _code("pos-ignored", "AddedCode", "self.code(pos, ", "self.code(torch.arange(x.shape[1]), ", "embed"),
    _code("first-row-for-all", "AddedCode", "self.code(pos, ",
          "self.code(pos[:1] if pos.dim() == 2 else pos, ", "embed"),
    _code("word-lost", "AddedCode", "add_code(x, ", "add_code(0 * x, ", "embed"),
    _code("word-changed-in-place", "AddedCode", "add_code(x, self.code(pos, _working(x.dtype)))",
          "x.add_(self.code(pos, _working(x.dtype)))", "embed"),
    _code("word-detached", "AddedCode", "add_code(x, ", "add_code(x.detach(), ", "embed"),
    _code("table-remembered", "AddedCode", "return add_code(",
          "self.seen = [*getattr(self, 'seen', []), pos]; return add_code(", "embed"),
    _code("integers-from-one", "Integer", "pos.to(dtype)[", "(pos + 1).to(dtype)["),
    _code("real-positions-cut", "Integer", "pos.to(dtype)[", "pos.long().to(dtype)["),
    _code("integer-in-half", "IntegerChannel", "pos.to(dtype)[", "pos.bfloat16().to(dtype)["),
    _code("fixed-l", "Normalized", "pos.amax(dim=-1, keepdim=True) + 1", "self.dims.max_len"),
    _code("l-without-one", "Normalized", "keepdim=True) + 1", "keepdim=True).clamp(min=1)"),
    _code("l-of-the-whole-batch", "Normalized", "pos.amax(dim=-1, keepdim=True)", "pos.amax()"),
    _code("one-hot-rolled", "OneHot", "pos.long()[..., None] == torch", "(pos.long()[..., None] + 1) % width == torch"),
    _code("one-hot-of-height-one", "OneHot", "math.sqrt(width / 2)", "1"),
    _code("one-hot-unchecked", "OneHot", "min(width, self.dims.max_len)", "10**9"),
    _code("bits-reversed", "Binary", "digits = (pos.long()[..., None] >> bits) & 1",
          "digits = ((pos.long()[..., None] >> bits) & 1).flip(-1)"),
    _code("bits-from-one", "Binary", "pos.long()[", "(pos.long() + 1)["),
    _code("bits-not-masked", "Binary", " & 1", ""),
    _code("eight-bits", "Binary", "min(self.dims.d_model, 62)", "min(self.dims.d_model, 5)"),
    _code("random-table-drawn-anew", "RandomCodes", "_rows(self.table, pos)",
          "_rows(torch.randn_like(self.table), pos)"),
    _code("random-not-scaled", "RandomCodes", "table * math.sqrt(0.5)", "table", "__init__"),
    _code("random-table-trains", "RandomCodes",
          'self.register_buffer("table", table * math.sqrt(0.5))',
          "self.table = nn.Parameter(table * math.sqrt(0.5))", "__init__"),
    _code("table-by-index", "Learned", "_rows(self.table, pos)",
          "self.table[torch.arange(pos.shape[-1])].expand(*pos.shape, -1)"),
    _code("table-detached", "Learned", "_rows(self.table, pos)", "_rows(self.table.detach(), pos)"),
    _code("uint8-is-a-mask", "Learned", "_rows(self.table, pos)", "self.table[pos]"),
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
