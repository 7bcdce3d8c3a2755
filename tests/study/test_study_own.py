"""A learner's own classes in a study: each kind of fault costs its class alone and has its word."""

import threading
import warnings
from dataclasses import replace

import pytest
import torch
from small_study import QUICK, SMALL, run, same
from torch import nn

from posenc import PositionalEncoding, study
from posenc.study import _crowd, _score, _work
from posenc.study._ends import ends_at
from posenc.study._fault import of_the_machine, said
from posenc.study._plan import Request
from posenc.study._scale import Scale


class Fine(PositionalEncoding):
    name = label = "fine"

    def bias_by_distance(self, distance):
        return -distance.abs().float().expand(self.dims.n_heads, -1)


class Typo(PositionalEncoding):
    name = label = "typo"

    def embed(self, x, pos):
        return x + tourch.sin(pos)  # noqa: F821


class Init(PositionalEncoding):
    name = label = "init"

    def __init__(self, dims):
        super().__init__(dims)
        self.width = dims.dhead


class Lost(PositionalEncoding):
    name = label = "lost"

    def bias_by_distance(self, distance):
        return torch.full((self.dims.n_heads, len(distance)), -torch.inf)


class Beyond(PositionalEncoding):
    name = label = "beyond"

    def embed(self, x, pos):
        return x if x.shape[1] <= QUICK.length else x + self.tabel


class Rows(PositionalEncoding):
    """A table of 12 rows: it ends between the trained length 8 and 16."""

    name = label = "rows"

    def __init__(self, dims):
        super().__init__(dims)
        self.table = nn.Embedding(12, dims.d_model)

    def embed(self, x, pos):
        return x + self.table(pos)


class BiasRows(PositionalEncoding):
    name = label = "bias-rows"

    def __init__(self, dims):
        super().__init__(dims)
        self.table = nn.Parameter(torch.zeros(dims.n_heads, 12))

    def bias_by_distance(self, distance):
        return self.table[:, distance.abs()]


class Locked(PositionalEncoding):
    name = label = "locked"
    lock = threading.Lock()


def failing(names, words, **options):
    """The table of a study in which some classes fail, and what is told of them."""
    with pytest.warns(UserWarning, match=words) as caught:
        table = run(names, **options)
    [told] = caught
    assert told.filename != study.run.__code__.co_filename  # the caller's line
    return table, str(told.message)


@pytest.mark.parametrize("cls", [Typo, Init, Locked])
def test_a_class_that_fails_costs_itself_alone_and_is_named(cls, registered, tmp_path, trainings):
    registered(cls)
    registered(Fine)
    tasks = ("back1", "before", "sort")
    options = {"tasks": tasks, "out": tmp_path}
    table, told = failing([cls.name, "fine"], "3 of 6 cells failed, the others are", **options)
    assert f"{cls.name} failed on back1 and 2 more tasks: " in told
    assert "back1-" not in told  # no key of a cell
    assert str(tmp_path) in told
    rows = table[table["encoding"] == cls.name]
    assert len(rows) == 3 * 2 * 2
    assert rows[["accuracy", "loss", "valid_loss"]].isna().all(axis=None)
    assert rows["why"].str.startswith("failed: ").all()
    good = table[table["encoding"] == "fine"].reset_index(drop=True)
    assert good["accuracy"].notna().all()
    same(good, run(["fine"], tasks))
    assert set(study.load(tmp_path)["encoding"]) == {"fine"}
    trainings.clear()
    failing([cls.name, "fine"], "cells failed", **options)
    assert {name for name, _, _ in trainings} <= {cls.name}  # what failed is tried again


def test_the_line_of_the_class_is_named(registered):
    registered(Typo)
    _, told = failing(["typo", "none"], "typo failed on back1: NameError: name 'tourch'")
    line = Typo.embed.__code__.co_firstlineno + 1
    assert f"(line {line}, in Typo.embed)" in told


def test_where_nothing_could_be_trained_it_raises_with_one_line_a_fault(registered):
    for cls in (Typo, Init):
        registered(cls)
    with pytest.raises(RuntimeError, match="nothing could be trained:\ntypo failed on .*\ninit"):
        run(["typo", "init"], ("back1", "before"))


def test_a_worker_of_a_pool_shows_no_traceback(registered):
    registered(Typo)
    with pytest.raises(RuntimeError, match="typo failed on back1: NameError") as caught:
        run(["typo"], jobs=2, backend="threading")
    assert caught.value.__cause__ is None
    assert caught.value._render_traceback_() == str(caught.value).splitlines()
    assert "Traceback" not in str(caught.value)


def test_a_fault_in_a_constructor_with_options_is_refused_before_training(registered, trainings):
    registered(Init)
    with pytest.raises(TypeError, match="does not take 'base'"):
        run(["none", "init(base=3)"])
    assert trainings == []


def test_named_encodings_that_end_too_early_do_not_stop_the_others():
    short = replace(SMALL, max_len=6)
    table, told = failing(["learned", "none"], "learned failed on back1: ValueError", dims=short)
    assert "positions 0 to 5" in told
    assert table.query("encoding == 'none'")["accuracy"].notna().all()
    with pytest.raises(ValueError, match="learned cannot be trained on back1: .* 0 to 5"):
        run(["learned"], dims=short)


# --- beyond the trained length ----------------------------------------------------------------

WHY = {
    Beyond: r"raised: AttributeError: .*'tabel' \(line \d+, in Beyond.embed\)",
    Rows: "no answer: IndexError: index out of range in self",
    BiasRows: "no answer: IndexError: index 12 is out of bounds",
    Lost: "diverged",
}
WORDS = {Beyond: "raises", Rows: "ends", BiasRows: "ends", Lost: "NaN"}


@pytest.mark.parametrize("cls", WHY, ids=lambda cls: cls.name)
def test_each_kind_of_no_number_is_told_apart(cls, registered):
    registered(cls)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        table = run([cls.name])
    late = table["times"] == 2
    assert table.loc[late, "accuracy"].isna().all()
    assert table.loc[late, "why"].str.match(WHY[cls]).all()
    assert set(study.answers(table[late])) == {WORDS[cls]}
    assert table.loc[~late, "accuracy"].isna().all() == (cls is Lost)
    summary = study.summary(table).set_index("times")
    assert summary.loc[2, "word"] == WORDS[cls]
    assert summary.loc[1, "word"] == ("NaN" if cls is Lost else "")


def test_answers_are_numbers_where_there_are_some():
    table = run(["learned"], lengths=(1, 2, 2.125), seeds=1)
    found = study.answers(table)
    assert found.tolist() == [*table["accuracy"][:2], "ends"]
    assert study.answers(table, "loss").tolist() == [*table["loss"][:2], "ends"]


def test_the_word_is_of_the_best_rate():
    table = run(["learned"], lengths=(1,), seeds=1, rates=(1, 2))
    first = table["lr"] == table["lr"].min()
    table.loc[first, ["accuracy", "valid_loss"]] = float("nan")
    table.loc[first, "why"] = "diverged"
    assert study.summary(table)["word"].tolist() == [""]
    table.loc[~first, ["accuracy", "valid_loss"]] = float("nan")
    table.loc[~first, "why"] = "raised: KeyError"
    assert study.summary(table)["word"].tolist() == ["NaN"]  # the first of two that failed


FULL = [
    MemoryError(),
    torch.OutOfMemoryError("CUDA out of memory"),
    RuntimeError("DefaultCPUAllocator: can't allocate memory"),
]


@pytest.mark.parametrize("error", FULL)
def test_out_of_memory_is_no_answer_that_is_kept(error, monkeypatch, tmp_path):
    answers = _score._answers

    def full(cell, crowd, index, tokens, targets):
        if tokens.shape[1] > cell.setting.length and cell.encoding == "none":
            raise error
        return answers(cell, crowd, index, tokens, targets)

    monkeypatch.setattr(_score, "_answers", full)
    words = f"none failed on back1: {type(error).__name__}"
    _, told = failing(["none", "learned"], words, out=tmp_path)
    assert "Run the study again." in told
    assert "free memory, or give setting=Setting(b=…) fewer texts" in told
    monkeypatch.undo()
    assert set(study.load(tmp_path)["encoding"]) == {"learned"}


def test_what_is_the_machines_is_told_from_what_is_a_classs():
    assert of_the_machine(torch.AcceleratorError("CUDA error: device-side assert triggered"))
    assert not of_the_machine(RuntimeError("The size of tensor a must match"))
    assert not of_the_machine(IndexError("index out of range"))


def test_a_text_that_cannot_be_read_is_still_told():
    class Odd(Exception):
        def __str__(self):
            raise KeyError

    assert said(Odd()) == "Odd: with a text that cannot be read"


# --- asked on the CPU, before a GPU is ---------------------------------------------------------


def cell_of(cls, registered, **changes):
    registered(cls)
    scale = Scale(dims=SMALL, setting=QUICK)
    [cell] = Request((cls.name,), ("back1",), seeds=1, lengths=(1, 2)).cells(scale)
    return replace(cell, **changes)


def test_a_table_that_ends_is_found_on_the_cpu_whatever_the_device(registered):
    cell = cell_of(Rows, registered, device="cuda")
    assert ends_at(cell, 12) == ""
    assert ends_at(cell, 13) == "IndexError: index out of range in self"
    assert ends_at(cell_of(Beyond, registered), 16) == ""  # a fault, and no end


def test_what_fails_at_the_trained_length_too_does_not_end_there(registered):
    class Odd(PositionalEncoding):
        name = label = "odd"

        def bias(self, q, k, q_pos, k_pos):
            if q.shape[2] != k.shape[2]:
                raise ValueError("as many queries as keys")

    assert ends_at(cell_of(Odd, registered), 16) == ""


def test_a_fault_is_met_on_the_cpu_before_the_gpu_meets_it(registered):
    cell = cell_of(Typo, registered, device="cuda")
    with pytest.raises(NameError, match="tourch"):
        _crowd.rehearse(cell)
    cell = cell_of(Rows, registered, device="cuda", shift=13)
    with pytest.raises(IndexError, match="out of range"):
        _crowd.rehearse(cell)
    _crowd.rehearse(replace(cell, shift=12))
    assert "NameError" in _work.work(
        _work.packed(cell_of(Typo, registered, device="cuda")), {"version": _work.version()}, None
    )["error"]  # fmt: skip
