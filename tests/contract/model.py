"""What posenc.model promises."""

import math

import torch
from oracle import model as loops
from oracle.encodings import Oracle
from oracle.functional import sinusoidal

from contract import differ, equal
from posenc import Dims, PositionalEncoding, SinusoidalPositionalEncoding, Transformer, build
from posenc.model import Attention, Block

F64 = torch.float64
DIMS = Dims(d_model=8, n_heads=2, max_len=16)
VOCAB = 6


class _ThreeDoors(PositionalEncoding):
    """An encoding that uses every door, the bias with what q and k hold before they turn."""

    def embed(self, x, pos):
        return x + 0.3 * pos.to(x.dtype)[..., None]

    def rotate(self, q, k, q_pos, k_pos):
        return self._stretch(q, q_pos), self._stretch(k, k_pos)

    def _stretch(self, x, pos):
        pos = pos[:, None] if pos.dim() == 2 else pos
        return x * (1 + 0.2 * pos.to(x.dtype)[..., None])

    def bias(self, q, k, q_pos, k_pos):
        gap = (q_pos[..., :, None] - k_pos[..., None, :]).to(q.dtype)
        gap = gap[:, None] if q_pos.dim() == 2 else gap  # (b, 1, q, k) or (q, k)
        head = torch.arange(1, self.dims.n_heads + 1, dtype=q.dtype)[:, None, None]
        return 0.5 * q[..., :1] + 0.7 * k[..., None, :, 1] - 0.1 * head * gap


_ORACLE = Oracle(
    codes=lambda encoding, pos: [[0.3 * p] * encoding.dims.d_model for p in pos],
    turn=lambda encoding, vector, p: [x * (1 + 0.2 * p) for x in vector],
    bias=lambda encoding, head, q, k, i, j: 0.5 * q[0] + 0.7 * k[1] - 0.1 * (head + 1) * (i - j),
)


def _model(encoding=None, **options):
    torch.manual_seed(5)
    model = Transformer(encoding or _ThreeDoors(DIMS), vocab_size=VOCAB, **options).double()
    with torch.no_grad():  # norms and biases that do something
        for parameter in model.parameters():
            parameter.add_(0.3 * torch.randn_like(parameter))
    return model.eval()


def _tokens(b=2, n=5):
    return torch.randint(VOCAB, (b, n), generator=torch.Generator().manual_seed(6))


def _mask(*shape, seed=7):
    return torch.rand(shape, generator=torch.Generator().manual_seed(seed)) < 0.6


def equals_the_loops(**options):
    tokens = _tokens()
    mask = _mask(2, 2, 5, 5)
    pos = torch.tensor([[0, 1, 2, 3, 4], [3, 0, 7, 1, 1]])
    for norm in ("pre", "post"):
        for norm_type in ("layer", "rms"):
            causal = norm_type == "layer"
            model = _model(norm=norm, norm_type=norm_type, causal=causal)
            logits, maps = model(tokens, pos, mask=mask, return_weights=True)
            for row in range(2):
                allowed = [
                    [[bool(may) and (j <= i or not causal) for j, may in enumerate(line)]
                     for i, line in enumerate(head)]
                    for head in mask[row].tolist()
                ]  # fmt: skip
                expected, weights = loops.transformer(
                    model, _ORACLE, norm == "pre", tokens[row].tolist(), pos[row].tolist(), allowed
                )
                equal(logits[row], expected)
                equal(maps[:, row], weights)


def attention_alone_equals_the_loops():
    torch.manual_seed(8)
    attention, encoding = Attention(DIMS).double(), _ThreeDoors(DIMS)
    x, pos = torch.randn(1, 4, 8, dtype=F64), torch.tensor([2, 0, 5, 1])
    out, weights = attention(x, encoding, pos, None)
    everyone = [[[True] * 4] * 4] * 2
    expected = loops.attention(x[0].tolist(), attention, _ORACLE, encoding, pos.tolist(), everyone)
    equal(out[0], expected[0])
    equal(weights[0], expected[1])


def every_mask_shape_means_the_same():
    b, h, n = 2, 2, 5
    tokens = _tokens()
    for causal in (True, False):
        model = _model(causal=causal)
        for shape in (
            (n, n), (1, n, n), (b, n, n), (b, 1, n), (1, 1, n),
            (1, 1, 1, n), (b, 1, 1, n), (b, 1, n, n), (b, h, n, n), (1, h, n, n), (b, h, 1, n),
        ):  # fmt: skip
            mask = _mask(*shape)
            whole = mask
            while whole.dim() < 4:  # the axis of the heads comes second
                whole = whole[None] if whole.dim() == 2 else whole[:, None]
            whole = whole.expand(b, h, n, n)
            logits, maps = model(tokens, mask=mask, return_weights=True)
            expected = model(tokens, mask=whole.contiguous())
            equal(logits, expected)
            may = whole.tril() if causal else whole
            assert not maps[:, ~may].any()
            sums = may.any(-1).double().expand(2, b, h, n)  # one, or zero where nothing is left
            equal(maps.sum(-1), sums)
            assert (maps[:, may] > 0).all()


def a_row_that_may_attend_to_nothing_gives_zeros():
    model = _model(causal=False).train()
    mask = torch.ones(2, 1, 5, 5, dtype=torch.bool)
    mask[0, :, 2] = False
    logits, maps = model(_tokens(), mask=mask, return_weights=True)
    assert not maps[:, 0, :, 2].any()
    assert maps[:, 0, :, 1].all()
    assert logits.isfinite().all()
    logits.square().sum().backward()
    assert all(parameter.grad.isfinite().all() for parameter in model.parameters())
    nobody = model(_tokens(), mask=torch.zeros(5, 5, dtype=torch.bool))
    assert nobody.isfinite().all()


def masked_keys_cannot_be_felt():
    model, tokens = _model(causal=False), _tokens(1, 6)
    mask = torch.ones(6, 6, dtype=torch.bool)
    mask[:, 4] = False
    other = tokens.clone()
    other[0, 4] = (tokens[0, 4] + 1) % VOCAB
    kept = [0, 1, 2, 3, 5]
    equal(model(other, mask=mask)[:, kept], model(tokens, mask=mask)[:, kept])
    differ(model(other)[:, kept], model(tokens)[:, kept])


def causal_is_by_index_also_where_positions_restart():
    tokens = _tokens(1, 6)
    later = tokens.clone()
    later[0, 4] = (tokens[0, 4] + 1) % VOCAB
    for pos in (None, torch.tensor([0, 1, 2, 0, 1, 2]), torch.tensor([5, 4, 3, 2, 1, 0])):
        model = _model(causal=True)
        equal(model(later, pos)[:, :4], model(tokens, pos)[:, :4])
        differ(model(later, pos)[:, 4:], model(tokens, pos)[:, 4:])
        maps = model(tokens, pos, return_weights=True)[1]
        assert (maps.diagonal(dim1=-2, dim2=-1) > 0).all()  # a token sees itself
        assert not maps.triu(1).any()
    differ(_model(causal=False)(later)[:, :4], _model(causal=False)(tokens)[:, :4])


def positions_are_what_is_given():
    model, tokens = _model(), _tokens()
    default = model(tokens)
    assert torch.equal(model(tokens, torch.arange(5)), default)
    equal(model(tokens, torch.arange(5).repeat(2, 1)), default)
    equal(model(tokens, torch.arange(5).float()), default)
    differ(model(tokens, torch.arange(5) + 1), default)
    mixed = model(tokens, torch.stack((torch.arange(5), torch.arange(5).flip(0))))
    equal(mixed[0], default[0])
    differ(mixed[1], default[1])


def texts_do_not_feel_each_other():
    model, tokens = _model(), _tokens(3)
    whole = model(tokens)
    for row in range(3):
        equal(model(tokens[row : row + 1]), whole[row : row + 1])


def weights_come_only_when_asked_for():
    model = _model(n_layers=3)
    logits, maps = model(_tokens(), return_weights=True)
    assert maps.shape == (3, 2, 2, 5, 5)
    plain = model(_tokens())
    assert isinstance(plain, torch.Tensor)
    assert torch.equal(plain, logits)
    equal(maps.sum(-1), torch.ones(3, 2, 2, 5))
    differ(maps[0], maps[1])  # each layer its own
    differ(maps[:, :, 0], maps[:, :, 1])


def nothing_but_position_breaks_equivariance():
    order = torch.tensor([4, 2, 0, 1, 3])
    for norm in ("pre", "post"):
        blind = _model(PositionalEncoding(DIMS), causal=False, norm=norm)
        tokens = _tokens()
        equal(blind(tokens[:, order]), blind(tokens)[:, order])
        causal = _model(PositionalEncoding(DIMS), causal=True, norm=norm)
        differ(causal(tokens[:, order]), causal(tokens)[:, order])


def it_begins_in_proportion():
    torch.manual_seed(9)
    dims, layers = Dims(d_model=64, n_heads=4), 8
    model = Transformer(PositionalEncoding(dims), vocab_size=200, n_layers=layers)
    weights = {
        "tokens": (model.tokens.weight, 1),
        "qkv": (model.blocks[0].attention.qkv.weight, 64**-0.5),
        "head": (model.head.weight, 64**-0.5),
        "up": (model.blocks[0].mlp[0].weight, 64**-0.5),
        "out": (model.blocks[3].attention.out.weight, 64**-0.5 / (2 * layers) ** 0.5),
        "down": (model.blocks[3].mlp[2].weight, 256**-0.5 / (2 * layers) ** 0.5),
    }
    for key, (weight, std) in weights.items():
        assert math.isclose(weight.detach().std(), std, rel_tol=0.05), key
    assert not model.blocks[0].mlp[0].bias.any()


def a_block_alone_equals_the_loops():
    everyone = [[[True] * 3] * 3] * 2
    for norm in ("pre", "post"):
        torch.manual_seed(10)
        block = Block(DIMS, norm, "rms").double()
        x, pos = torch.randn(1, 3, 8, dtype=F64), torch.arange(3)
        with torch.no_grad():
            block.norm1.weight.mul_(1.5)
        encoding = _ThreeDoors(DIMS)
        expected = loops.block(
            x[0].tolist(), block, norm == "pre", _ORACLE, encoding, pos.tolist(), everyone
        )
        found = block(x, encoding, pos, None)
        equal(found[0][0], expected[0])
        equal(found[1][0], expected[1])


def the_drop_in_module_adds_the_codes():
    module = SinusoidalPositionalEncoding(8).double()
    x = torch.randn(2, 5, 8, dtype=F64)
    equal(module(x) - x, [[sinusoidal(p, 8) for p in range(5)]] * 2)
    pos = torch.tensor([[0, 1, 2, 3, 4], [9, 2.5, 0, 7, 1]])
    equal(module(x, pos)[1] - x[1], [sinusoidal(p, 8) for p in pos[1].tolist()])
    equal(module(x, pos[1]), module(x, pos[1].expand(2, 5)))
    equal(module(torch.zeros(1, 900, 8, dtype=F64))[0, 899], sinusoidal(899, 8))
    half = module(torch.zeros(1, 600, 8, dtype=torch.bfloat16))
    assert half.dtype == torch.bfloat16
    exact = torch.tensor([sinusoidal(p, 8) for p in range(600)])
    equal(half[0], exact.bfloat16(), atol=1e-4, rtol=2**-7)
    lost = module(-exact.bfloat16()[None])  # what bfloat16 lost of the codes
    equal(lost[0], exact - exact.bfloat16().float(), atol=1e-4, rtol=2**-7)


def the_drop_in_module_drops_the_sum_in_training_only():
    torch.manual_seed(11)
    module = SinusoidalPositionalEncoding(16, dropout=0.25)
    x = torch.randn(4, 50, 16)
    whole = SinusoidalPositionalEncoding(16)(x)
    assert torch.equal(module.eval()(x), whole)
    dropped = module.train()(x)
    kept = dropped != 0
    equal(dropped[kept], whole[kept] / 0.75, rtol=1e-5)
    assert abs(kept.float().mean() - 0.75) < 0.03  # code and word go together


def the_drop_in_module_equals_the_encoding():
    x, pos = torch.randn(2, 5, 8), torch.tensor([4, 0, 2, 900, 1])
    encoding = build("sinusoidal", DIMS)
    assert torch.equal(SinusoidalPositionalEncoding(8)(x, pos), encoding.embed(x, pos))
