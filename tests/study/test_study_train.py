"""posenc.study trains seeds as one: the same models as one by one, and the same after a crash."""

from dataclasses import replace

import contract.study as promise
import pytest
import torch
from contract import checks

from posenc import ENCODINGS, Dims, training
from posenc.study import _train
from posenc.study._plan import Request, draw
from posenc.study._scale import Scale
from posenc.study._score import score
from posenc.study._steps import Steps
from posenc.training import Setting, length_at

SMALL = Dims(d_model=16, n_heads=2, max_len=24)
SEEDS = 2


@pytest.mark.parametrize("check", checks(promise), ids=lambda check: check.__name__)
def test_promise(check):
    check()


def cell_of(encoding="sinusoidal", task="back1", *, steps=20, seeds=SEEDS, shift=0, **sizes):
    setting = Setting(**{"steps": steps, "b": 8, "length": 8, "shortest": 5, "warmup": 5, **sizes})
    scale = Scale(dims=SMALL, text_dims=SMALL, setting=setting, text=setting)
    request = Request((encoding,), (task,), seeds=seeds, lengths=(1, 2), shift=shift)
    return request.cells(scale)[0]


def one_by_one(cell, index, steps=None):
    """The same seed in the loop of posenc.training, on the same texts."""
    setting = replace(cell.setting, steps=steps or cell.setting.steps)
    plan = torch.Generator().manual_seed(0)
    texts = torch.Generator().manual_seed(cell.seeds[index])
    step = iter(range(setting.steps))

    def batch(b, n, generator):
        return draw(cell.task, "train", b, length_at(next(step), setting, plan), texts)

    seed = cell.seeds[index]
    if cell.task.name == "text":
        model = training.text_model(cell.encoding, seed=seed, dims=cell.dims)
    else:
        model = training.task_model(cell.encoding, cell.task, seed=seed, dims=cell.dims)
    history = training.fit(model, batch, setting, seed=seed)
    return model, torch.tensor(history.losses)


@pytest.mark.parametrize("task", ["back1", "text"])
@pytest.mark.parametrize("encoding", ENCODINGS)
def test_twenty_steps_as_one_are_twenty_steps_one_by_one(encoding, task):
    cell = cell_of(encoding, task)
    trained = _train.train(cell)
    assert trained.crowd._ask == trained.crowd._as_one  # no registered class falls back
    for index in range(SEEDS):
        model, losses = one_by_one(cell, index)
        torch.testing.assert_close(trained.losses[index], losses, rtol=2e-3, atol=2e-4)
        torch.testing.assert_close(trained.losses[index, :1], losses[:1], rtol=1e-5, atol=1e-6)
        # not the weights: where softmax leaves no gradient, Adam walks along the rounding
        tokens, _ = draw(cell.task, "test", 4, 9, torch.Generator().manual_seed(5))
        with torch.no_grad():
            mine, theirs = trained.crowd.one(index, tokens), model(tokens)
        torch.testing.assert_close(mine, theirs, rtol=2e-3, atol=2e-3)


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_the_first_gradients_are_those_of_one_model(encoding):
    cell = cell_of(encoding, steps=1)
    run = Steps(cell)
    run.advance()
    for index in range(SEEDS):
        model, _ = one_by_one(cell, index)  # one step: its gradients are still there
        for name, weight in model.named_parameters():
            mine = run.crowd.params[name].grad[index]
            torch.testing.assert_close(mine, weight.grad, rtol=1e-3, atol=1e-6)


def test_positions_are_shifted_alike_for_all_seeds_and_end_where_they_must():
    cell = cell_of("sinusoidal", steps=3, shift=20)
    seen = []
    run = Steps(cell)
    ask = run.crowd._ask
    run.crowd._ask = lambda tokens, pos: seen.append(pos) or ask(tokens, pos)
    for _ in range(3):
        run.advance()
    for pos in seen:
        assert (pos.diff(dim=1) == 1).all()
        assert pos.min() >= 0
        assert pos.max() < 20
        assert len(set(pos[:, 0].tolist())) > 1


# --- a class that cannot be batched ----------------------------------------------------------


class Looking(ENCODINGS["sinusoidal"]):
    """Asks for a value, which vmap refuses."""

    def embed(self, x, pos):
        return super().embed(x, pos) if x.abs().max() > 0 else x


class Rolling(ENCODINGS["sinusoidal"]):
    """Draws random numbers, as the shifted class of notebook 08 does, and looks at a value."""

    def embed(self, x, pos):
        pos = pos + torch.randint(4, (len(x), 1)) if self.training else pos
        return super().embed(x, pos) if x.abs().max() > 0 else x


def test_a_class_that_looks_at_values_is_trained_by_turns():
    cell = cell_of()
    looking = _train.train(replace(cell, cls=Looking))
    assert looking.crowd._ask == looking.crowd._by_turns
    torch.testing.assert_close(looking.losses, _train.train(cell).losses, rtol=1e-3, atol=1e-4)


def test_a_fault_that_is_no_matter_of_batching_is_raised():
    class Faulty(ENCODINGS["none"]):
        def embed(self, x, pos):
            return x @ torch.zeros(3, 3)

    with pytest.raises(RuntimeError, match="shape|size"):
        _train.train(replace(cell_of(), cls=Faulty))


# --- checkpoints -----------------------------------------------------------------------------


class Crash(BaseException):
    """As sudden as a closed lid."""


@pytest.fixture
def crashing(monkeypatch):
    """Checkpoints at every step; a crash after the steps that are set."""
    monkeypatch.setattr(_train, "CHECKPOINT_SECONDS", -1.0)
    advance, left = Steps.advance, []

    def crashes(run):
        if left and run.step == left[0]:
            left.pop(0)
            raise Crash
        advance(run)

    monkeypatch.setattr(Steps, "advance", crashes)
    return left


@pytest.mark.parametrize("cls", [ENCODINGS["learned"], Rolling])
def test_a_training_that_crashed_goes_on_to_the_same_numbers(cls, crashing, tmp_path):
    cell = replace(cell_of("learned", "back1", steps=9), cls=cls)
    undisturbed = _train.train(cell)
    path = tmp_path / "cell.pt"
    crashing += [3, 4, 8]
    for _ in range(3):
        with pytest.raises(Crash):
            _train.train(cell, path)
    found = _train.train(cell, path)
    assert torch.equal(found.losses, undisturbed.losses)
    assert torch.equal(found.right, undisturbed.right)
    assert found.tokens == undisturbed.tokens
    for name, weight in undisturbed.crowd.params.items():
        assert torch.equal(found.crowd.params[name], weight)
    assert score(cell, found.crowd) == score(cell, undisturbed.crowd)


def test_a_checkpoint_holds_nothing_but_numbers(crashing, tmp_path):
    cell, path = cell_of(steps=3), tmp_path / "cell.pt"
    _train.train(cell, path)
    assert torch.load(path, weights_only=True)["step"] == 3
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("content", [b"", b"torn", None])
def test_a_torn_checkpoint_begins_again(content, crashing, tmp_path):
    cell, path = cell_of(steps=4), tmp_path / "cell.pt"
    crashing.append(2)
    with pytest.raises(Crash):
        _train.train(cell, path)
    path.write_bytes(path.read_bytes()[:500] if content is None else content)
    assert torch.equal(_train.train(cell, path).losses, _train.train(cell).losses)


def test_where_no_checkpoint_can_be_written_the_training_goes_on(crashing, tmp_path):
    cell = cell_of(steps=3)
    found = _train.train(cell, tmp_path / "not" / "here" / "cell.pt")
    assert torch.equal(found.losses, _train.train(cell).losses)


# --- half precision --------------------------------------------------------------------------


@pytest.mark.parametrize("dtype", ["bfloat16", "float16"])
def test_half_precision_trains_like_float32(dtype):
    cell = cell_of(steps=10)
    half = _train.train(replace(cell, dtype=dtype))
    full = _train.train(cell)
    torch.testing.assert_close(half.losses, full.losses, rtol=0.05, atol=0.05)
    assert not torch.equal(half.losses, full.losses)
    assert all(param.dtype == torch.float32 for param in half.crowd.params.values())


class Lost(ENCODINGS["none"]):
    """Diverges in one seed: whose first random number is above 0.6."""

    def __init__(self, dims):
        super().__init__(dims)
        self.scale = torch.nn.Parameter(torch.where(torch.rand(()) > 0.6, torch.inf, 1.0))

    def embed(self, x, pos):
        return x * self.scale


@pytest.mark.parametrize("dtype", ["float32", "float16"])
def test_a_seed_that_diverged_does_not_stop_the_others(dtype):
    cell = replace(cell_of(steps=12, seeds=3), cls=Lost, dtype=dtype)
    losses = _train.train(cell).losses
    assert losses.isfinite().all(1).tolist() == [True, False, False]
    assert losses[0, 8:].mean() < losses[0, :2].mean()


# --- fused attention, as on a GPU ------------------------------------------------------------


@pytest.mark.filterwarnings("ignore:There is a performance drop:UserWarning")  # on a CPU alone
@pytest.mark.parametrize("encoding", ["none", "t5", "shaw", "rope"])
def test_seeds_are_trained_as_one_with_fused_attention_too(encoding):
    cell = cell_of(encoding, "sort", steps=4)
    plain = _train.train(cell)
    run = Steps(cell)
    for module in run.crowd.model.modules():
        if hasattr(module, "fused"):
            module.fused = True
    for _ in range(4):
        run.advance()
    torch.testing.assert_close(run.trained.losses, plain.losses, rtol=1e-3, atol=1e-4)
