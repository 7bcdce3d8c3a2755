"""The package on a second device; run by ``test_second_device`` in a process of its own."""

from copy import deepcopy

import pocket
import pytest
import torch
from contract.pattern import DIMS as LAYER_DIMS
from contract.pattern import LAYERS
from planting import Mutant, planted

from posenc import ENCODINGS, Cache, Dims, Layer, Transformer, analysis, build, text, training
from posenc import functional as F
from posenc.base import PositionalEncoding, knows_distance_alone, on_trial
from posenc.encodings import MRope
from posenc.tasks import TASKS
from posenc.training import Setting

HERE = pocket.HERE
DIMS = Dims(d_model=16, n_heads=2, max_len=32)
TOKENS = torch.randint(9, (2, 7), generator=torch.Generator().manual_seed(0))
REAL = torch.ones(2, 7, dtype=torch.bool)
REAL[0, :3] = False
TEXTS = [name for name, cls in ENCODINGS.items() if cls.pos_dims == 1]
every_encoding = pytest.mark.parametrize("name", TEXTS)


def model_of(name, causal=True, **options):
    torch.manual_seed(0)
    encoding = build(name, DIMS)
    encoding = encoding if causal else on_trial(encoding)
    return Transformer(encoding, vocab_size=9, causal=causal, **options)


def both(model):
    """The model, and its copy on the second device."""
    return model, deepcopy(model).to(HERE)


def equal(there, here):
    assert there.device == HERE
    torch.testing.assert_close(there.cpu(), here, rtol=1e-5, atol=1e-5)


def test_two_devices_do_not_meet():
    with pytest.raises(RuntimeError, match="at least two devices"):
        torch.ones(2, device=HERE) + torch.ones(2)
    with pytest.raises(RuntimeError, match="generator"):
        torch.randn(2, generator=torch.Generator(), device=HERE)


@every_encoding
@pytest.mark.parametrize("causal", [True, False], ids=["causal", "both ways"])
@pytest.mark.parametrize("pos", [None, torch.arange(7).expand(2, -1), torch.arange(7.0)],
                         ids=["counted", "a row each", "real"])  # fmt: skip
def test_forward_and_backward(name, causal, pos):
    here, there = both(model_of(name, causal))
    real = pos is not None and pos.is_floating_point()
    if real and "real positions" not in here.encoding.promises:
        return
    out = here(TOKENS, pos, mask=REAL[:, None])
    pos = None if pos is None else pos.to(HERE)
    found = there(TOKENS.to(HERE), pos, mask=REAL[:, None].to(HERE))
    equal(found, out)
    out.square().sum().backward()
    found.square().sum().backward()
    for (label, mine), other in zip(there.named_parameters(), here.parameters(), strict=True):
        assert (mine.grad is None) == (other.grad is None), label
        if mine.grad is not None:
            torch.testing.assert_close(mine.grad.cpu(), other.grad, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("name", [n for n in TEXTS if "cache" in ENCODINGS[n].promises])
def test_decoding_with_a_cache(name):
    here, there = both(model_of(name))
    left, right = Cache(), Cache()
    with torch.no_grad():
        equal(there(TOKENS[:, :4].to(HERE), mask=REAL[:, None, :4].to(HERE), cache=right),
              here(TOKENS[:, :4], mask=REAL[:, None, :4], cache=left))  # fmt: skip
        for step in range(4, 7):
            token = TOKENS[:, step : step + 1]
            equal(there(token.to(HERE), cache=right), here(token, cache=left))
        for cache, device in ((left, "cpu"), (right, HERE)):
            cache.crop(6)
            cache.select(torch.tensor([0, 3, 4, 5], device=device))
        token = TOKENS[:, 6:]
        equal(there(token.to(HERE), cache=right), here(token, cache=left))


@every_encoding
def test_fused_attention(name):
    here, there = both(model_of(name))
    for model in (here, there):
        for block in model.blocks:
            block.attention.fused = True
    equal(there(TOKENS.to(HERE)), here(TOKENS))


@pytest.mark.parametrize("name", [n for n in TEXTS if knows_distance_alone(ENCODINGS[n])])
def test_a_bias_that_is_a_view(name):
    here, there = both(model_of(name))
    tokens = TOKENS.repeat(1, 40)  # (2, 280), more than LONG
    with torch.no_grad():
        equal(there(tokens.to(HERE)), here(tokens))


@every_encoding
@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
def test_half_precision(name, dtype):
    _, there = both(model_of(name).to(dtype))
    out = there(TOKENS.to(HERE))
    assert (out.device, out.dtype) == (HERE, dtype)
    assert bool(out.isfinite().all())


PATTERNS = {
    "windows, chunks and NoPE": ["window", "chunk", "nope"],
    "sinks, groups, values": ["sink", "two groups", "values", "last channels"],
    "log-n and latents": ["log-n", "latent, both", "latent, all", "all at once"],
}


def pattern_of(name):
    torch.manual_seed(0)
    pattern = [LAYERS[layer] for layer in PATTERNS[name]]
    return Transformer(build("none", LAYER_DIMS), pattern=pattern, vocab_size=9)


@pytest.mark.parametrize("name", PATTERNS)
@pytest.mark.parametrize("fused", [False, True], ids=["plain", "fused"])
def test_patterns_of_layers(name, fused):
    here, there = both(pattern_of(name))
    for block in (*here.blocks, *there.blocks):
        block.attention.fused = fused
    out = here(TOKENS, mask=REAL[:, None])
    found = there(TOKENS.to(HERE), mask=REAL[:, None].to(HERE))
    equal(found, out)
    out.square().sum().backward()
    found.square().sum().backward()
    for (label, mine), other in zip(there.named_parameters(), here.parameters(), strict=True):
        assert (mine.grad is None) == (other.grad is None), label
        if mine.grad is not None:
            torch.testing.assert_close(mine.grad.cpu(), other.grad, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("name", PATTERNS)
@pytest.mark.parametrize("absorbed", [False, True], ids=["plain", "absorbed"])
def test_patterns_decode_with_a_cache(name, absorbed):
    here, there = both(pattern_of(name))
    for block in (*here.blocks, *there.blocks):
        block.attention.absorbed = absorbed
    left, right = Cache(), Cache()
    with torch.no_grad():
        equal(there(TOKENS[:, :4].to(HERE), mask=REAL[:, None, :4].to(HERE), cache=right),
              here(TOKENS[:, :4], mask=REAL[:, None, :4], cache=left))  # fmt: skip
        left.crop(3)
        right.crop(3)
        for step in range(3, 7):
            token = TOKENS[:, step : step + 1]
            equal(there(token.to(HERE), cache=right), here(token, cache=left))


def test_positions_with_three_axes():
    rope = MRope(DIMS, (1, 1, 2))
    torch.manual_seed(0)
    here, there = both(Transformer(pattern=[Layer(rope, window=3)], vocab_size=9))
    pos = torch.arange(21).reshape(7, 3)
    equal(there(TOKENS.to(HERE), pos.to(HERE)), here(TOKENS, pos))
    dropped = Mutant("index", "model._attention", "Attention._count", ", device=pos.device", "")
    with planted(dropped), pytest.raises((ValueError, RuntimeError), match="device"):
        there(TOKENS.to(HERE), pos.to(HERE))


def test_grids():
    rows, columns = torch.meshgrid(torch.arange(3), torch.arange(2), indexing="ij")
    grid = torch.stack((rows.flatten(), columns.flatten()), -1)
    for name in set(ENCODINGS) - set(TEXTS):
        encoding = build(name, DIMS)
        q = torch.randn(1, 2, 6, 8)
        x = torch.randn(1, 6, 16)
        equal(encoding.embed(x.to(HERE), grid.to(HERE)), encoding.embed(x, grid))
        found = encoding.rotate(q.to(HERE), q.to(HERE), grid.to(HERE), grid.to(HERE))
        for mine, other in zip(found, encoding.rotate(q, q, grid, grid), strict=True):
            equal(mine, other)


@pytest.mark.parametrize("task", ["back1", "before"])
def test_training(task):
    here = training.task_model("rope", TASKS[task])
    there = training.task_model("rope", TASKS[task]).to(HERE)
    setting = Setting(steps=3)
    losses = [training.fit(m, TASKS[task].sample, setting).losses for m in (here, there)]
    assert losses[0] == pytest.approx(losses[1], rel=1e-4)
    rates = [training.accuracy(m, TASKS[task], 16, texts=32) for m in (here, there)]
    assert rates[0] == pytest.approx(rates[1], abs=0.05)


def test_losses_by_position_come_home():
    model = training.text_model("rope").to(HERE)
    tokens = text.split()[1]
    for where in (tokens, tokens.to(HERE)):
        losses = training.loss_by_position(model, where, 8, windows=2)
        assert (losses.device.type, losses.shape) == ("cpu", (8,))


def test_analysis_takes_codes_of_the_device():
    code = F.sinusoidal(torch.arange(12), 8)
    there = code.to(HERE)
    assert analysis.linear_r2(there, there) == pytest.approx(1)
    assert analysis.best_head(there) == analysis.best_head(code)
    equal(analysis.kernel(torch.arange(4, device=HERE), 8), analysis.kernel(torch.arange(4), 8))


@pytest.mark.parametrize(
    "call",
    [
        lambda there: F.angles(torch.arange(3), there),
        lambda there: F.rotate_pairs(torch.ones(3, 8), there[None].expand(3, -1)),
        lambda there: F.rotate_halves(torch.ones(3, 8), there[None].expand(3, -1)),
        lambda there: F.distance(torch.arange(3), there),
        lambda there: F.fourier_features(torch.ones(2, 4), there[None]),
        lambda there: build("sinusoidal", DIMS).embed(torch.ones(1, 4, 16), there),
        lambda there: model_of("rope")(TOKENS.to(HERE)),
        lambda there: model_of("rope").to(HERE)(TOKENS),
    ],
)
def test_two_devices_are_told_in_a_sentence(call):
    with pytest.raises(ValueError, match="is on|are on"):
        call(torch.ones(4, device=HERE))


class OnTheCPU(PositionalEncoding):
    """A learner's class that makes its numbers on the CPU."""

    promises = frozenset({"relative", "cache"})

    def bias_by_distance(self, distance):
        slopes = 0.5 ** torch.arange(self.dims.n_heads)
        return -slopes[:, None, None] * distance.abs()


def test_a_class_on_the_wrong_device_is_told_in_a_sentence():
    model = Transformer(OnTheCPU(DIMS), vocab_size=9).to(HERE)
    with pytest.raises(RuntimeError, match="OnTheCPU makes a tensor on another device .* device="):
        model(TOKENS.to(HERE))


def test_random_numbers_of_the_device_are_its_own():
    pocket.RANDOM.manual_seed(3)
    before = pocket.RANDOM.get_state()
    training.task_model("rope", TASKS["back1"])
    assert torch.equal(pocket.RANDOM.get_state(), before)
    with training.seeded(0, pocket.NAME):
        assert pocket.RANDOM.initial_seed() == 0
    assert torch.equal(pocket.RANDOM.get_state(), before)


def test_a_default_device_breaks_no_sampler():
    torch.set_default_device(HERE)
    try:
        for task in TASKS.values():
            tokens, targets = task.sample(2, 8, torch.Generator().manual_seed(0))
            assert tokens.device.type == targets.device.type == "cpu"
        assert text.split()[0].device.type == "cpu"
        inputs, _ = text.batch(text.split()[0], 2, 8, torch.Generator().manual_seed(0))
        assert inputs.device.type == "cpu"
        for name in TEXTS:
            build(name, DIMS)
        losses = training.fit(training.task_model("rope", TASKS["back1"]),
                              TASKS["back1"].sample, Setting(steps=2)).losses  # fmt: skip
        assert len(losses) == 2
    finally:
        torch.set_default_device("cpu")


# A dropped device= is as silent on a CPU as it is fatal on a GPU.
DROPPED = [
    Mutant("onehot", "encodings.absolute", "OneHot.code", ", device=pos.device", ""),
    Mutant("alibi", "encodings.relative", "ALiBi.bias_by_distance", ", device=distance.device", ""),
    Mutant("rope", "encodings.rotary", "Rope.angles", ".to(x.device)", ""),
    Mutant("counted", "model._transformer", "Transformer._positions", "(n, device=device)", "(n)"),
    Mutant("mask", "model._masks", "allowed", ", device=device", ""),
    Mutant("cache", "model._cache", "Cache.remember", ", device=pos.device", ""),
    Mutant("view", "model._attention", "toeplitz", ", device=q_pos.device", ""),
]


@pytest.mark.parametrize("mutant", DROPPED, ids=str)
def test_a_dropped_device_is_noticed(mutant):
    name = {"onehot": "onehot", "alibi": "alibi", "view": "t5"}.get(mutant.slug, "rope")
    _, there = both(model_of(name))
    tokens = TOKENS.repeat(1, 40 if mutant.slug == "view" else 1).to(HERE)

    def ask():
        there(tokens, cache=Cache() if mutant.slug == "cache" else None)

    ask()
    with planted(mutant), pytest.raises((RuntimeError, ValueError), match="device"):
        ask()


def test_a_position_on_another_device_is_refused_at_the_door_of_base():
    code, x, pos = build("sinusoidal", DIMS), torch.ones(1, 4, 16), torch.ones(4, device=HERE)
    with pytest.raises(ValueError, match="use pos.to"):
        code.embed(x, pos)
    door = Mutant("base", "base", "check_positions", "pos.device != device", "False")
    with planted(door), pytest.raises(RuntimeError, match="same device"):
        code.embed(x, pos)
