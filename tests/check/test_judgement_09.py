"""What exercise 4 of lesson 09 holds for true, measured on two faulty servers."""

import pytest
import torch

import posenc
from posenc.check.lesson_09.chosen_run import DIFFER, EQUAL, OUTCOMES

PADS, PROMPT, PADDING, OTHER = 5, 8, 0, 7
TEXT = torch.randint(8, 40, (1, PROMPT + 4), generator=torch.Generator().manual_seed(3))


def model(name):
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        return posenc.Transformer(posenc.build(name), vocab_size=40).double().eval()


ROPE, NOPE = model("rope"), model("none")


@torch.no_grad()
def served(model, pads, *, columns, hidden, padding=PADDING):
    """Logits of the text behind its padding: of its prefill's end, and of each decode step."""
    row = torch.nn.functional.pad(TEXT, (pads, 0), value=padding)  # (1, pads + n)
    real = torch.arange(row.shape[1]) >= pads  # (pads + n,)
    by_mask = (real.long().cumsum(0) - 1).clamp(min=0)  # (pads + n,)
    end, cache = pads + PROMPT, posenc.Cache()
    first = model(row[:, :end], by_mask[:end], mask=real[None, None, :end], cache=cache)[:, -1:]
    if not hidden:
        cache.real = torch.ones_like(cache.real)  # the decode steps forget the mask
    steps = [
        model(row[:, i : i + 1], torch.tensor([i if columns else int(by_mask[i])]), cache=cache)
        for i in range(end, row.shape[1])
    ]
    return first, torch.cat(steps, 1)


SERVERS = {"two counts": (True, True), "no mask": (False, False)}  # columns, hidden


def compared(run, columns, hidden):
    """The two sets of logits of a run, on one of the servers."""
    now = {"columns": columns and run != "one count", "hidden": hidden}
    chosen = NOPE if run == "NoPE model" else ROPE
    pads = 0 if run == "equal lengths" else PADS
    batch = served(chosen, pads, **now)
    second = served(chosen, 0, **now)
    if run == "other padding":
        second = served(chosen, PADS, **now, padding=OTHER)
    if run == "prefill":
        return batch[0], second[0]
    part = slice(-1, None) if run == "more steps" else slice(0, 1)
    return batch[1][:, part], second[1][:, part]


@pytest.mark.parametrize("run", OUTCOMES)
def test_each_run_has_the_outcomes_that_its_checker_knows(run):
    found = []
    for columns, hidden in SERVERS.values():
        first, second = compared(run, columns, hidden)
        found.append(DIFFER if (first - second).abs().max() > 1e-3 else EQUAL)
        assert found[-1] == DIFFER or torch.allclose(first, second, atol=1e-12)
    assert tuple(found) == OUTCOMES[run]


def test_both_servers_show_the_symptom():
    for columns, hidden in SERVERS.values():
        faulty = served(ROPE, PADS, columns=columns, hidden=hidden)
        correct = served(ROPE, 0, columns=False, hidden=True)
        assert torch.allclose(faulty[0], correct[0], atol=1e-12)
        assert (faulty[1] - correct[1]).abs().amax((0, 2)).min() > 1e-3
