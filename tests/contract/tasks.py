"""What posenc.tasks and posenc.text promise."""

from collections import Counter

import torch
from oracle.tasks import ANSWERS

from posenc import TASKS, text
from posenc.tasks import IGNORE, SYMBOLS


def _seeded(seed=0):
    return torch.Generator().manual_seed(seed)


def targets_are_right_by_loops():
    for name, task in TASKS.items():
        assert name in ANSWERS, f"write {name} in plain loops in tests/oracle/tasks.py"
        for n in (*range(4, 13), 33, 64):
            tokens, targets = task.sample(3, n, _seeded(n))
            for row, answers in zip(tokens.tolist(), targets.tolist(), strict=True):
                assert answers == ANSWERS[name](row), (name, n)


def shapes_types_and_vocabulary_fit():
    for name, task in TASKS.items():
        for b, n in ((1, 4), (3, 5), (2, 64), (2, 63)):
            tokens, targets = task.sample(b, n, _seeded())
            assert tokens.shape == targets.shape == (b, n), (name, n)
            assert tokens.dtype == targets.dtype == torch.long
            assert tokens.min() >= 0
            assert tokens.max() < task.vocab_size
            asked = targets[targets != IGNORE]
            assert len(asked)
            assert asked.min() >= 0
            assert asked.max() < task.vocab_size
            # something is asked of every text
            assert (targets != IGNORE).any(1).all()


def the_generator_alone_decides():
    for task in TASKS.values():
        torch.manual_seed(1)
        first = task.sample(4, 9, _seeded(5))
        torch.manual_seed(2)
        again = task.sample(4, 9, _seeded(5))
        assert all(torch.equal(a, b) for a, b in zip(first, again, strict=True))
        other = task.sample(4, 9, _seeded(6))
        assert not torch.equal(first[0], other[0])
        state = torch.get_rng_state()
        task.sample(4, 9, _seeded(5))
        assert torch.equal(torch.get_rng_state(), state)


def a_blind_guess_is_right_by_chance():
    for name, task in TASKS.items():
        # 42 holds the periods 2, 3 and 7 whole
        _, targets = task.sample(2000, 42, _seeded())
        asked = targets[targets != IGNORE].tolist()
        share = Counter(asked).most_common(1)[0][1] / len(asked)
        assert abs(share - task.chance) < 0.03, name


def every_place_and_letter_is_drawn():
    tokens, _ = TASKS["index"].sample(2000, 12, _seeded())
    assert set((tokens[:, 0] - SYMBOLS).tolist()) == set(range(1, 12))
    tokens, _ = TASKS["back1"].sample(200, 12, _seeded())
    assert set(tokens.flatten().tolist()) == set(range(SYMBOLS))
    tokens, _ = TASKS["before"].sample(2000, 8, _seeded())
    for letter in (0, 1):
        places = Counter((tokens == letter).long().argmax(1).tolist())
        assert set(places) == set(range(1, 8))
        assert max(places.values()) < 1.4 * min(places.values())


def a_window_is_followed_by_its_next_character():
    tokens = torch.arange(20)
    inputs, targets = text.batch(tokens, 500, 6, _seeded())
    assert inputs.shape == targets.shape == (500, 6)
    assert torch.equal(targets, inputs + 1)
    assert torch.equal(inputs, inputs[:, :1] + torch.arange(6))
    # the first and the last window are drawn, and nothing beyond
    assert set(inputs[:, 0].tolist()) == set(range(14))


def text_is_divided_without_overlap():
    train, test = text.split()
    assert text.decode(torch.cat((train, test))) == text.corpus()
    assert abs(len(test) / (len(train) + len(test)) - 0.1) < 1e-4


def encoding_a_text_can_be_undone():
    assert text.decode(text.encode(text.ALPHABET)) == text.ALPHABET
    assert text.encode(text.ALPHABET).tolist() == list(range(len(text.ALPHABET)))
    assert text.encode("").shape == (0,)
    assert text.encode("").dtype == torch.long
