"""The cache against the full pass: random schedules of prefill, decoding, eviction, rollback."""

import copy
from dataclasses import dataclass, field

import pytest
import torch
from contract import equal, refused
from contract.pattern import LAYERS
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from posenc import ENCODINGS, Cache, Dims, Transformer, build
from posenc.encodings.grid import AxialRope

DIMS = Dims(d_model=32, n_heads=2, max_len=200)
ROWS = 2
STARTS = [None, 0, 100]  # of a prefix
NO_SHRINK = [Phase.explicit, Phase.generate]
PROMISED = [name for name, cls in ENCODINGS.items() if "cache" in cls.promises]
PATTERNS = {
    "windows and NoPE": [LAYERS["window"], LAYERS["nope"], LAYERS["chunk"]],
    "sinks, groups and latents": [LAYERS["all at once"], LAYERS["latent, all"]],
    "log-n, values and wide heads": [LAYERS["log-n"], LAYERS["values"], LAYERS["wide heads"]],
}


def model_of(name):
    torch.manual_seed(0)
    if name in PATTERNS:
        embed = build("none", DIMS)
        return Transformer(embed, pattern=PATTERNS[name], vocab_size=7).double().eval()
    return Transformer(build(name, DIMS), vocab_size=7).double().eval()


@dataclass
class Text:
    """What came, row by row, and who could see whom: the full pass is made of it."""

    model: Transformer
    tokens: list = field(default_factory=list)  # each (b,)
    pos: list = field(default_factory=list)
    real: list = field(default_factory=list)
    sees: list = field(default_factory=list)  # for each token: the columns it could look at
    logits: list = field(default_factory=list)  # each (b, vocab)
    kept: list = field(default_factory=list)  # columns that stand in the cache
    follow: list = field(default_factory=lambda: [0] * ROWS)
    steady: list = field(default_factory=lambda: [True] * ROWS)
    is_new: list = field(default_factory=lambda: [True] * ROWS)
    begun: bool = False

    def counted(self, real):
        """The positions that count on, (b, n), for tokens that are real or not."""
        counts = (torch.tensor(real).cumsum(-1) - 1).clamp(min=0)
        return torch.tensor(self.follow)[:, None] + counts

    def add(self, tokens, pos, real, logits):
        self.begun = True
        for i in range(tokens.shape[1]):
            column = len(self.tokens)
            self.kept.append(column)
            self.tokens.append(tokens[:, i])
            self.pos.append(pos[:, i])
            self.real.append(torch.tensor([row[i] for row in real]))
            self.sees.append(list(self.kept))
            self.logits.append(logits[:, i])
        for row in range(ROWS):
            self._count(row, pos[row][torch.tensor(real[row])].tolist())

    def _count(self, row, new):
        if not new:
            return
        before = new[-2] if len(new) > 1 else self.follow[row] - 1
        if len(new) == 1 and self.is_new[row]:
            before = new[-1] - 1
        self.steady[row] = new[-1] == before + 1
        self.follow[row], self.is_new[row] = new[-1] + 1, False

    def take_back(self, length):
        gone = self.kept[length:]
        if not gone:
            return
        for row in range(ROWS):
            firsts = [int(self.pos[c][row]) for c in gone if self.real[c][row]]
            self.follow[row] = firsts[0] if firsts else self.follow[row]
        self.kept = self.kept[:length]
        for name in ("tokens", "pos", "real", "logits", "sees"):  # what came later never came
            del getattr(self, name)[gone[0] :]

    def agrees(self):
        """Whether every real token got the logits of the full pass, to rounding."""
        if not self.tokens:
            return
        n = len(self.tokens)
        real = torch.stack(self.real, 1)  # (b, n)
        could = torch.zeros(n, n, dtype=torch.bool)
        for column, seen in enumerate(self.sees):
            could[column, seen] = True
        mask = could & real[:, None]  # (b, n, n)
        full = self.model(torch.stack(self.tokens, 1), torch.stack(self.pos, 1), mask=mask)
        equal(torch.stack(self.logits, 1)[real], full[real], rtol=1e-9, atol=1e-9)


def step(draw, text, cache, n, start=None, with_pads=True):
    """Feed n tokens, with positions or without."""
    tokens = torch.tensor(draw(st.lists(
        st.lists(st.integers(0, 6), min_size=n, max_size=n), min_size=ROWS, max_size=ROWS
    )))  # fmt: skip
    real = [[True] * n for _ in range(ROWS)]
    padded = with_pads and draw(st.booleans())
    if padded:
        real = [draw(st.lists(st.booleans(), min_size=n, max_size=n)) for _ in range(ROWS)]
    mask = torch.tensor(real)[:, None] if padded else None
    pos = text.counted(real)
    if start is not None:
        pos = pos + start - torch.tensor(text.follow)[:, None]
    given_pos = pos if start is not None or draw(st.booleans()) else None
    if given_pos is not None and (pos == pos[:1]).all() and draw(st.booleans()):
        given_pos = pos[0]  # the same for all rows, (n,)
    if given_pos is None and not all(text.steady):
        with refused(ValueError, "give pos"):
            text.model(tokens, mask=mask, cache=cache)
        given_pos = pos
    if given_pos is None and not text.begun:  # the first call counts columns, as without a cache
        pos = torch.arange(n).expand(ROWS, -1)
    logits = text.model(tokens, given_pos, mask=mask, cache=cache)
    text.add(tokens, pos, real, logits)


@pytest.mark.parametrize("name", [*PROMISED, *PATTERNS])
@given(data=st.data())
@settings(max_examples=12, deadline=None, phases=NO_SHRINK)
def test_any_schedule_gives_the_logits_of_the_full_pass(name, data):
    draw, model, cache = data.draw, model_of(name), Cache()
    text = Text(model)
    with torch.no_grad():
        step(
            draw,
            text,
            cache,
            draw(st.integers(1, 5)),
            draw(st.sampled_from(STARTS[: 2 if name == "onehot" else 3])),
        )
        for _ in range(draw(st.integers(1, 6))):
            what = draw(st.sampled_from(["decode", "more", "evict", "crop", "document", "copy"]))
            if what in ("decode", "more"):
                step(draw, text, cache, 1 if what == "decode" else draw(st.integers(2, 3)))
            elif what == "document":  # packing: positions begin anew
                step(draw, text, cache, 2, draw(st.integers(0, 3)), with_pads=False)
            elif what == "evict":
                kept = draw(st.lists(st.booleans(), min_size=cache.length, max_size=cache.length))
                cache.select(torch.tensor(kept, dtype=torch.bool))
                text.kept = [c for c, stays in zip(text.kept, kept, strict=True) if stays]
            elif what == "crop":
                length = draw(st.integers(0, cache.length))
                cache.crop(length)
                text.take_back(length)
            else:
                cache = copy.deepcopy(cache)
            assert cache.length == len(text.kept)
        text.agrees()


# --- single cases -------------------------------------------------------------------------


def state(cache):
    """Everything a cache holds, as numbers."""
    parts = cache.pos, cache.real, cache.following, cache.steady, cache.seen
    return [x if x is None else x.tolist() for x in (*cache.keys, *cache.values, *parts)]


@pytest.fixture
def filled():
    model, cache = model_of("learned"), Cache()
    tokens = torch.tensor([[0, 0, 3, 4], [1, 2, 3, 4]])
    real = torch.tensor([[0, 0, 1, 1], [1, 1, 1, 1]]).bool()
    pos = (real.cumsum(-1) - 1).clamp(min=0)
    with torch.no_grad():
        model(tokens, pos, mask=real[:, None], cache=cache)
    return model, cache, tokens, pos


def test_a_new_token_counts_on_behind_left_padding(filled):
    model, cache, tokens, pos = filled
    with torch.no_grad():
        found = model(tokens[:, :1], cache=cache)
        alone = model(torch.tensor([[3, 4, 0]]))
    assert cache.pos[:, -1].tolist() == [2, 4]
    assert cache.seen.tolist() == [3, 5]
    equal(found[0, 0], alone[0, 2], rtol=1e-9, atol=1e-9)


def test_the_first_call_counts_columns_and_those_after_it_no_padding():
    model, cache = model_of("sinusoidal"), Cache()
    real = torch.tensor([[False, True, True], [True, True, True]])
    later = torch.tensor([[True, False], [True, True]])
    tokens = torch.ones(2, 3, dtype=torch.long)
    with torch.no_grad():
        found = model(tokens, mask=real[:, None], cache=cache)
        equal(found[real], model(tokens, mask=real[:, None])[real], rtol=1e-9, atol=1e-9)
        model(tokens[:, :2], mask=later[:, None], cache=cache)
    assert cache.pos.tolist() == [[0, 1, 2, 3, 3], [0, 1, 2, 3, 4]]
    assert cache.following.tolist() == [4, 5]


@pytest.mark.parametrize("new", [
    {"pos": torch.tensor([[200], [201]])},  # the table ends
    {"mask": torch.ones(2, 1, dtype=torch.bool)},
    {"pos": torch.tensor([[-1], [3]])},
])  # fmt: skip
def test_a_refused_step_leaves_the_cache_as_it_was(filled, new):
    model, cache, tokens, _ = filled
    before = state(cache)
    with torch.no_grad(), pytest.raises((ValueError, IndexError)):
        model(tokens[:, :1], cache=cache, **new)
    assert state(cache) == before


def test_a_step_that_breaks_in_a_later_layer_leaves_it_as_it_was(filled, monkeypatch):
    model, cache, tokens, _ = filled
    before = state(cache)

    def stop(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(model.blocks[1].attention.out, "forward", stop)
    with torch.no_grad(), pytest.raises(KeyboardInterrupt):
        model(tokens[:, :1], cache=cache)
    assert state(cache) == before


def test_positions_that_jump_cannot_be_continued():
    model, cache = model_of("rope"), Cache()
    with torch.no_grad():
        model(torch.tensor([[1, 2, 3]]), torch.tensor([0, 2, 4]), cache=cache)
        with refused(ValueError, "do not rise by 1: give pos"):
            model(torch.tensor([[1]]), cache=cache)
        model(torch.tensor([[1]]), torch.tensor([6]), cache=cache)
    assert cache.pos.tolist() == [0, 2, 4, 6]


def test_what_was_put_in_by_hand_is_counted():
    model, cache = model_of("rope"), Cache()
    with torch.no_grad():
        model(torch.tensor([[1, 2, 3]]), torch.tensor([4, 5, 6]), cache=cache)
        by_hand = Cache(cache.keys, cache.values, cache.pos, cache.real)
        model(torch.tensor([[1]]), cache=by_hand)
    assert by_hand.pos.tolist() == [4, 5, 6, 7]
    assert by_hand.seen.tolist() == [4]


def test_half_precision_positions_are_continued_in_full():
    model, cache = model_of("rope"), Cache()
    with torch.no_grad():
        model(torch.tensor([[1, 2]]), torch.tensor([255, 256], dtype=torch.bfloat16), cache=cache)
        model(torch.tensor([[1]]), cache=cache)
    assert cache.pos[-1] == 257


def test_a_copy_carries_gradients_and_is_its_own():
    model, cache = model_of("rope"), Cache()
    model(torch.tensor([[1, 2]]), cache=cache)
    other = copy.deepcopy(cache)
    model(torch.tensor([[3]]), cache=other)
    assert (cache.length, other.length) == (2, 3)


def test_grids_are_refused():
    model = Transformer(AxialRope(DIMS), vocab_size=5)
    for pos in (None, torch.zeros(1, 2, dtype=torch.long)):
        with refused(ValueError, "for texts and not for grids"):
            model(torch.tensor([[1]]), pos, cache=Cache())


@pytest.mark.parametrize(("method", "value", "error", "words"), [
    ("crop", 5, ValueError, "from 0 to 4"),
    ("crop", -1, ValueError, "from 0 to 4"),
    ("crop", True, TypeError, "must be an integer; got True"),
    ("crop", 2.0, TypeError, "must be an integer; got 2.0"),
    ("select", torch.tensor([1, 0]), ValueError, "must rise"),
    ("select", torch.tensor([1, 1]), ValueError, "must rise"),
    ("select", torch.tensor([0, 4]), ValueError, "from 0 to 3"),
    ("select", torch.tensor([-1, 0]), ValueError, "from 0 to 3"),
    ("select", torch.tensor([[0, 1]]), ValueError, "of shape (m,)"),
    ("select", torch.tensor([True]), ValueError, "boolean of shape (4,)"),
    ("select", torch.tensor([0.0]), TypeError, "a boolean or an int64 tensor"),
    ("select", [0], TypeError, "a boolean or an int64 tensor"),
])  # fmt: skip
def test_what_cannot_be_kept_is_refused_and_changes_nothing(filled, method, value, error, words):
    cache = filled[1]
    before = state(cache)
    with refused(error, words):
        getattr(cache, method)(value)
    assert state(cache) == before


def test_an_empty_cache_can_be_cropped():
    cache = Cache()
    cache.crop(0)
    assert cache.length == 0
