"""The checkers of notebook 04: right answers pass, wrong ones are named."""

import math
from pathlib import Path

import pytest
import torch
from torch import nn

from posenc import check, functional


class Right(nn.Module):
    def __init__(self, d_model, max_len=5000):
        super().__init__()
        if d_model % 2:
            raise ValueError(f"d_model must be even; got {d_model}")
        self.register_buffer("table", functional.sinusoidal(torch.arange(max_len), d_model))

    def forward(self, x):
        n = x.shape[1]
        if n > len(self.table):
            raise ValueError(f"{n} words, but the table holds {len(self.table)}")
        return (x + self.table[:n]).to(x.dtype)


class ByBatch(Right):
    def forward(self, x):
        return (x + self.table[: len(x), None]).to(x.dtype)


class Crashes(Right):
    def forward(self, x):
        return (x + self.table[: x.shape[1]]).to(x.dtype)


class CrashesWhenOdd(Right):
    def __init__(self, d_model, max_len=5000):
        if d_model % 2:
            torch.zeros(2) + torch.zeros(3)
        super().__init__(d_model, max_len)


class TakesOdd(Right):
    def __init__(self, d_model, max_len=5000):
        super().__init__(d_model + d_model % 2, max_len)


class Attribute(Right):
    def __init__(self, d_model, max_len=5000):
        super().__init__(d_model, max_len)
        table = self.table
        del self.table
        self.table = table


class Trained(Right):
    def __init__(self, d_model, max_len=5000):
        super().__init__(d_model, max_len)
        table = self.table
        del self.table
        self.table = nn.Parameter(table)


class Widens(Right):
    def forward(self, x):
        super().forward(x)
        return x + self.table[: x.shape[1]]


class InPlace(Right):
    def forward(self, x):
        x += self.table[: x.shape[1]]
        return x


class HalfPositions(Right):
    def forward(self, x):
        pos = torch.arange(x.shape[1], device=x.device).to(x.dtype)
        super().forward(x)
        return (x + functional.sinusoidal(pos, x.shape[2])).to(x.dtype)


class OffByOne(Right):
    def forward(self, x):
        super().forward(x)
        pos = torch.arange(1, x.shape[1] + 1, device=x.device)
        return (x + functional.sinusoidal(pos, x.shape[2])).to(x.dtype)


class Halves(Right):
    def __init__(self, d_model, max_len=5000):
        super().__init__(d_model, max_len)
        self.table = torch.cat((self.table[:, 0::2], self.table[:, 1::2]), dim=-1)


class Swapped(Right):
    def __init__(self, d_model, max_len=5000):
        super().__init__(d_model, max_len)
        self.table = self.table.unflatten(1, (-1, 2)).flip(-1).flatten(1)


class ByBatchFlat(Right):
    def forward(self, x):
        return (x + self.table[: x.shape[0]]).to(x.dtype)


class Uncut(Right):
    def forward(self, x):
        return (x + self.table).to(x.dtype)


class UncutBatched(Right):
    def forward(self, x):
        return (x + self.table[None, :][: x.shape[0]]).to(x.dtype)


class Refuses(Right):
    def forward(self, x):
        if x.shape[0] < len(self.table):
            raise ValueError("too many words")
        return super().forward(x)


class RefusesTheLast(Right):
    def forward(self, x):
        if x.shape[1] >= len(self.table):
            raise ValueError("too many words")
        return super().forward(x)


class CodeAlone(Right):
    def forward(self, x):
        return super().forward(torch.zeros_like(x))


class RowsAlone(Right):
    def forward(self, x):
        return self.table[: x.shape[1]]


class CastFirst(Right):
    def forward(self, x):
        n = x.shape[1]
        if n > len(self.table):
            raise ValueError(f"{n} words, but the table holds {len(self.table)}")
        return x + self.table[:n].to(x.dtype)


class DoubledExponent(Right):
    def __init__(self, d_model, max_len=5000):
        super().__init__(d_model, max_len)
        self.table = functional.sinusoidal(torch.arange(max_len), d_model, 1e8)


class ForwardUnwritten(nn.Module):
    def __init__(self, d_model, max_len=5000):
        super().__init__()

    def forward(self, x):
        raise NotImplementedError


class Unwritten(nn.Module):
    def __init__(self, d_model, max_len=5000):
        super().__init__()
        raise NotImplementedError


def interleaved(n, d, sine_exponent, cosine_exponent):
    table = torch.zeros(n, d)
    for p in range(n):
        for i in range(0, d, 2):
            table[p, i] = math.sin(p / 10_000 ** sine_exponent(i, d))
            table[p, i + 1] = math.cos(p / 10_000 ** cosine_exponent(i, d))
    return table


def right_table(n, d):
    return interleaved(n, d, lambda i, d: i / d, lambda i, d: i / d)


def published(n, d):
    return interleaved(n, d, lambda i, d: 2 * i / d, lambda i, d: 2 * (i + 1) / d)


def half_mended(n, d):
    return interleaved(n, d, lambda i, d: 2 * i / d, lambda i, d: 2 * i / d)


def exponent_halved(n, d):
    return interleaved(n, d, lambda i, d: i // 2 / d, lambda i, d: i // 2 / d)


def neighbouring_channels(n, d):
    table = torch.zeros(n, d)
    for p in range(n):
        for i in range(d // 2):
            table[p, i] = math.sin(p / 10_000 ** (2 * i / d))
            table[p, i + 1] = math.cos(p / 10_000 ** (2 * i / d))
    return table


def overwritten(n, d):
    table = right_table(n, d)
    table[:, 1::2] = table[:, 0::2].cos()
    return table


def other_base(n, d):
    return functional.sinusoidal(torch.arange(n), d, base=1000.0)


def in_halves(n, d):
    table = right_table(n, d)
    return torch.cat((table[:, 0::2], table[:, 1::2]), dim=-1)


def right_test(table):
    n, d = table.shape
    right = functional.sinusoidal(torch.arange(n), d, dtype=torch.float64)
    return (table @ table.T - right @ right.T).abs().max() < 1e-6


def by_properties(table):
    products = table @ table.T
    if max(products.diagonal(k).std() for k in range(8)) > 1e-6:
        return False
    alike = torch.cosine_similarity(table[1:], table[:-1])
    return alike.min() > 0.5 and torch.cdist(table, table).fill_diagonal_(1).min() > 1e-6


def unwritten(*_):
    raise NotImplementedError


def test_right_answers_pass():
    assert check.positional_module(Right).passed
    assert check.positional_module(CastFirst).passed
    assert check.mended_table(right_table).passed
    assert check.table_test(right_test).passed


def lesson():
    root = Path(__file__).parents[1]
    return (root / "notebooks/src/04_the_pytorch_module.py").read_text(encoding="utf-8")


def test_the_lesson_has_the_numbers_of_the_ward():
    assert "holds 23 wrong tables and five right ones, of 264 rows" in lesson()
    assert "Three properties find eleven" in lesson()
    assert "The other twelve are hands at wrong speeds" in lesson()
    assert check.table_test(by_properties).score == pytest.approx(11 / 23)


class EndsAtBase(Right):
    def __init__(self, d_model, max_len=5000):
        super().__init__(d_model, max_len)
        angles = torch.arange(max_len)[:, None] * 10_000 ** -torch.linspace(0, 1, d_model // 2)
        self.table = torch.cat((angles.sin(), angles.cos()), dim=-1)


class EndsAtBaseAndCrashes(EndsAtBase):
    def forward(self, x):
        return (x + self.table[: x.shape[1]]).to(x.dtype)


def test_another_form_is_equivalent_and_no_excuse_for_a_trap():
    assert check.positional_module(EndsAtBase).equivalent
    assert check.positional_module(EndsAtBaseAndCrashes).mistake == "length"


def test_another_order_of_channels_is_equivalent():
    assert check.positional_module(Halves).equivalent
    assert check.positional_module(Swapped).equivalent
    assert check.mended_table(in_halves).equivalent


@pytest.mark.parametrize(
    ("answer", "mistake"),
    [
        (ByBatch, "batch-axis"),
        (Crashes, "length"),
        (CrashesWhenOdd, "odd-width"),
        (TakesOdd, "odd-width"),
        (Attribute, "stays-behind"),
        (Trained, "trains"),
        (Widens, "dtype"),
        (InPlace, "mutates-input"),
        (HalfPositions, "half-positions"),
        (OffByOne, "from-one"),
        (ByBatchFlat, "batch-axis"),
        (Uncut, "not-cut"),
        (UncutBatched, "not-cut"),
        (Refuses, "raises"),
        (RefusesTheLast, "raises"),
        (CodeAlone, "code-alone"),
        (RowsAlone, "code-alone"),
        (DoubledExponent, "doubled-exponent"),
        (dict, "raises"),
    ],
)
def test_a_wrong_module_is_named(answer, mistake):
    assert check.positional_module(answer).mistake == mistake


def test_a_call_that_must_work_is_named():
    assert check.positional_module(Refuses).message == (
        "5 words with max_len=64 must work; it raised ValueError: too many words"
    )
    assert "64 words with max_len=64" in check.positional_module(RefusesTheLast).message
    assert "x.shape[1]" in check.positional_module(ByBatchFlat).message


@pytest.mark.parametrize(
    ("answer", "mistake"),
    [
        (published, "doubled-index"),
        (half_mended, "doubled-exponent"),
        (exponent_halved, "halved-exponent"),
        (neighbouring_channels, "half-empty"),
        (overwritten, "cosine-of-sine"),
        (lambda n, d: functional.sinusoidal(torch.arange(1, n + 1), d), "from-one"),
        (lambda n, d: torch.zeros(n, d), "one-code"),
        (other_base, "base-1000"),
        (lambda n, d: None, "not-a-tensor"),
        (lambda n, d: right_table(d, n), "shape"),
    ],
)
def test_a_table_still_wrong_is_named(answer, mistake):
    assert check.mended_table(answer).mistake == mistake


@pytest.mark.parametrize(
    ("answer", "mistake"),
    [
        (lambda table: True, "lets-pass"),
        (lambda table: False, "rejects"),
        (lambda table: None, "returned-none"),
        (lambda table: right_test(table) and table[0, 0] == 0, "rejects"),
        (by_properties, "lets-pass"),
        (lambda table: (table[:, 0] ** 2 + table[:, 1] ** 2).std() < 1e-6, "rejects"),
        (lambda table: table.no_such_thing, "raises"),
        (lambda table: table @ table.T < 17, "many-answers"),
        (lambda table: table.std(), "number"),
        (lambda table: float(table.std()), "number"),
    ],
)
def test_a_weak_test_is_named(answer, mistake):
    assert check.table_test(answer).mistake == mistake


def test_a_strong_test_scores_above_a_weak_one_and_that_above_none(capsys):
    tests = (right_test, by_properties, only_neighbours, lambda table: True)
    scores = [check.table_test(test).score for test in tests]
    assert scores[0] == 1
    assert scores == sorted(set(scores), reverse=True)
    assert scores[-1] == check.table_test(lambda table: False).score == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "✓ table_test: 23 of 23 wrong tables rejected, 5 of 5 right ones accepted"
    assert "5 of 5 right ones accepted; first to slip through: " in lines[1]
    assert lines[-1].endswith("wrongly rejected: the code of the paper")


def only_neighbours(table):
    return torch.cosine_similarity(table[1:], table[:-1]).min() > 0.5


def test_rejecting_a_right_table_costs_score():
    fussy = check.table_test(lambda table: right_test(table) and table[0, 0] == 0)
    assert (fussy.mistake, fussy.score) == ("rejects", pytest.approx(3 / 5))


def test_a_test_may_assert():
    def asserts(table):
        assert right_test(table)

    assert check.table_test(asserts).score == 1


@pytest.mark.parametrize(
    ("checker", "answer"),
    [
        (check.positional_module, Unwritten),
        (check.positional_module, ForwardUnwritten),
        (check.mended_table, unwritten),
        (check.table_test, unwritten),
    ],
)
def test_a_stub_is_not_written_yet(checker, answer, capsys):
    verdict = checker(answer)
    assert (verdict.passed, verdict.mistake) == (False, None)
    assert capsys.readouterr().out == f"○ {verdict.name}: not written yet\n"
