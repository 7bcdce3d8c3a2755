"""posenc.study: what is asked, what is kept, what the tables say."""

import json
import math
import time
import warnings

import pandas as pd
import pytest
import torch

from posenc import ENCODINGS, TASKS, Dims, PositionalEncoding, register, study, training
from posenc.study import _keep, _load, _run, _scale, _work
from posenc.study.__main__ import main
from posenc.study._scale import Scale, scale_of
from posenc.training import Setting, accuracy

SMALL = Dims(d_model=16, n_heads=2, max_len=16)
QUICK = Setting(steps=3, b=4, length=8, shortest=8, warmup=2)
SAME = ["when", "seconds", "tokens_per_second"]  # what two runs do not share


def run(encodings=("none", "learned"), tasks=("back1",), **options):
    options = {"seeds": 2, "lengths": (1, 2), "setting": QUICK, "dims": SMALL, **options}
    return study.run(encodings, tasks, **options)


def same(a, b):
    pd.testing.assert_frame_equal(a.drop(columns=SAME), b.drop(columns=SAME))


@pytest.fixture
def registered():
    """Register classes for the while of a test."""
    before = dict(ENCODINGS)
    yield register
    ENCODINGS.clear()
    ENCODINGS.update(before)


@pytest.fixture
def trainings(monkeypatch):
    """Which cells were trained, in order."""
    seen, train = [], _work.train

    def counted(cell, checkpoint):
        seen.append((cell.encoding, cell.task.name, cell.setting.lr))
        return train(cell, checkpoint)

    monkeypatch.setattr(_work, "train", counted)
    return seen


# --- the table -------------------------------------------------------------------------------


def test_one_row_is_one_model_at_one_length():
    table = run(tasks=("back1", "sort"), rates=(1, 3))
    assert len(table) == 2 * 2 * 2 * 2 * 2
    keys = ["encoding", "task", "lr", "seed", "length"]
    assert not table.duplicated(keys).any()
    assert set(table["length"]) == {8, 16}
    assert sorted(set(table["lr"])) == [0.01, 0.03]
    assert set(table["steps"]) == {3}
    assert table["steps_to_95"].isna().all()
    assert (table["seconds"] > 0).all()
    assert set(table["torch"]) == {torch.__version__}


def test_a_row_says_what_training_would_measure():
    row = run(["sinusoidal"], seeds=3).query("seed == 2 and length == 16").iloc[0]
    model = training.task_model("sinusoidal", TASKS["back1"], seed=2, dims=SMALL)
    training.fit(model, TASKS["back1"].sample, QUICK, seed=99)  # other texts, as short a training
    assert row["accuracy"] == pytest.approx(accuracy(model, TASKS["back1"], 16), abs=0.1)
    assert row["loss"] == pytest.approx(math.log(11), rel=0.3)
    assert row["valid_loss"] != row["loss"]


def test_a_learned_task_is_seen_as_learned():
    setting = Setting(steps=160, b=16, length=8, shortest=8, warmup=10)
    table = run(["learned"], seeds=2, setting=setting, lengths=(1,))
    assert (table["accuracy"] > 0.95).all()
    assert table["steps_to_95"].between(20, 160).all()


def test_the_text_has_losses_along_it(tmp_path):
    table = run(["none"], ["text"], out=tmp_path / "kept", seeds=2)
    along = study.load(tmp_path / "kept", by="position")
    assert len(along) == 2 * 16
    means = along.groupby("seed")["loss"].mean()
    assert table.query("length == 16")["loss"].to_numpy() == pytest.approx(means, rel=1e-3)


def test_a_table_that_ends_gives_no_answer_and_says_so():
    table = run(["learned"], lengths=(1, 2, 2.125))
    late = table["length"] == 17
    assert table.loc[late, ["accuracy", "loss"]].isna().all(axis=None)
    assert table.loc[late, "why"].str.contains("learned table holds positions 0 to 15").all()
    assert table.loc[~late, "accuracy"].notna().all()
    assert (table.loc[~late, "why"] == "").all()


def test_one_diverged_seed_is_told_and_not_averaged_away(registered):
    @registered
    class Sometimes(PositionalEncoding):
        name, label = "sometimes", "diverges for some seeds"

        def __init__(self, dims):
            super().__init__(dims)
            first = torch.rand(())  # of the seed 0: 0.496; 1: 0.758
            self.scale = torch.nn.Parameter(torch.tensor(math.nan if first > 0.6 else 1.0))

        def embed(self, x, pos):
            return x * self.scale

    table = run(["sometimes"], seeds=2)
    assert table.groupby("seed")["accuracy"].count().tolist() == [2, 0]
    assert table.query("seed == 1")["why"].eq("diverged").all()
    summary = study.summary(table)
    assert summary["missing"].tolist() == [1, 1]
    assert summary[["low", "mean", "high"]].isna().all(axis=None)


def test_the_best_rate_is_chosen_by_validation_and_the_range_is_shown():
    table = run(["none"], rates=(1, 2, 3), seeds=2)
    rates = table["lr"].unique()
    loss = dict(zip(rates, (2.0, 1.0, 1.5), strict=True))
    table["valid_loss"] = table["lr"].map(loss)
    table["accuracy"] = table["lr"].map(dict(zip(rates, (0.9, 0.5, 0.1), strict=True)))
    assert set(study.best(table)["lr"]) == {rates[1]}
    summary = study.summary(table)
    assert summary["mean"].tolist() == pytest.approx([0.5, 0.5])
    assert summary["rates_low"].tolist() == pytest.approx([0.1, 0.1])
    assert summary["rates_high"].tolist() == pytest.approx([0.9, 0.9])
    table.loc[(table["lr"] == rates[1]) & (table["seed"] == 0), "valid_loss"] = math.nan
    assert set(study.best(table)["lr"]) == {rates[2]}


def test_options_and_shifts_are_general():
    table = run(["rope", ("rope", {"base": 100.0}), "rope(base=100.0)"], shift=16)
    assert list(table["encoding"].unique()) == ["rope", "rope(base=100.0)"]
    assert set(table["shifted"]) == {16}
    plain = run(["sinusoidal"])
    assert not plain["loss"].equals(run(["sinusoidal"], shift=16)["loss"])


def test_a_notebooks_class_needs_no_other_edit(registered):
    @registered
    class Own(ENCODINGS["sinusoidal"]):
        name, label = "my-own", "my own"

        def code(self, pos, dtype):
            return 0.5 * super().code(pos, dtype)

    assert "my-own" in set(run(None, seeds=1)["encoding"])
    by_value = b"_make_skeleton_class"
    assert by_value in _packed("my-own")
    assert by_value not in _packed("none")


def _packed(name):
    request = _run.Request((name,), ("back1",), seeds=1, lengths=(1,))
    return _work.packed(request.cells(Scale(dims=SMALL, setting=QUICK))[0])


# --- what is refused -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"encodings": ["nope"]}, "no encoding is called 'nope'; registered are: none, "),
        ({"encodings": ["rope("]}, r"named as in 'rope' or 'rope\(base=100.0\)'; got 'rope\('"),
        ({"encodings": ["rope(1)"]}, r"got 'rope\(1\)'"),
        ({"encodings": [("rope", {"base": torch.ones(1)})]}, r"got 'rope\(base=tensor"),
        ({"encodings": ["sinusoidal(base=-1)"]}, "base must be a finite number above 0; got -1"),
        ({"encodings": []}, "encodings is empty"),
        ({"tasks": ["back9"]}, "no task is called 'back9'; known are: majority, .*, text"),
        ({"tasks": []}, "tasks is empty"),
        ({"seeds": 0}, "seeds must be a number of seeds, at least 1; got 0"),
        ({"seeds": True}, "got True"),
        ({"lengths": (1, 0)}, "lengths are multiples, finite and above 0: .* got 0"),
        ({"lengths": (math.nan,)}, "got nan"),
        ({"lengths": ("long",)}, "got 'long'"),
        ({"lengths": (0.25,)}, r"length 0.25 × 8 = 2 is impossible: .* n ≥ 4; got b=1, n=2"),
        ({"tasks": ["index"], "lengths": (20,)}, "20 × 8 = 160 is impossible: .* below 128"),
        ({"rates": (-1,)}, "rates are multiples, finite and above 0: .* got -1"),
        ({"shift": 7}, "shift is the number of positions .* trained length 8 of back1; got 7"),
        ({"encodings": ["learned"], "shift": 17}, "learned cannot be trained on back1: .* 0 to 15"),
        ({"scale": "moon"}, "no scale is called 'moon'; known are: laptop, gpu"),
    ],
)
def test_what_cannot_be_is_refused_before_training(options, words, trainings, tmp_path):
    with pytest.raises(ValueError, match=words):
        run(**{"out": tmp_path / "kept", **options})
    assert trainings == []


def test_unnamed_encodings_that_end_too_early_are_left_out():
    short = Dims(d_model=16, n_heads=2, max_len=6)
    found = set(run(None, seeds=1, lengths=(1,), dims=short)["encoding"])
    assert set(ENCODINGS) - found == {"onehot", "random", "learned"}


def test_the_random_numbers_of_the_caller_go_on(tmp_path):
    torch.manual_seed(0)
    expected = torch.rand(3)
    torch.manual_seed(0)
    run(["learned"])
    assert torch.equal(torch.rand(3), expected)


def test_unknown_options_are_refused():
    with pytest.raises(TypeError, match="'none' does not take \\['base'\\]"):
        run(["none(base=3)"])


# --- what is kept ----------------------------------------------------------------------------


def test_what_is_finished_is_not_trained_again(tmp_path, trainings):
    first = run(out=tmp_path / "kept")
    assert len(trainings) == 2
    same(run(out=tmp_path / "kept"), first)
    assert len(trainings) == 2
    same(study.load(tmp_path / "kept").sort_values(["encoding", "seed"]).reset_index(drop=True),
         first.sort_values(["encoding", "seed"]).reset_index(drop=True))  # fmt: skip
    run(out=tmp_path / "kept", tasks=("back1", "before"))
    assert [task for _, task, _ in trainings[2:]] == ["before", "before"]
    same(run(), first)  # without a folder: the same numbers


@pytest.mark.parametrize(
    "change",
    [{"seeds": 3}, {"lengths": (1,)}, {"rates": (2,)}, {"shift": 16},
     {"dims": Dims(16, 4, 16)}, {"setting": Setting(steps=4, b=4, length=8, shortest=8, warmup=2)}],
)  # fmt: skip
def test_all_that_makes_numbers_is_in_the_key(change, tmp_path, trainings):
    run(["none"], out=tmp_path)
    run(["none"], out=tmp_path, **change)
    assert len(trainings) == 2


def test_a_fault_costs_its_own_cell_alone(tmp_path, registered, trainings):
    @registered
    class Faulty(PositionalEncoding):
        name, label = "faulty", "raises"

        def embed(self, x, pos):
            raise KeyError("my mistake")

    with pytest.raises(RuntimeError, match=r"1 of 2 cells failed; .* kept in .*KeyError"):
        run(["faulty", "none"], out=tmp_path)
    assert set(study.load(tmp_path)["encoding"]) == {"none"}
    with pytest.raises(RuntimeError, match="1 of 1 cells failed"):
        run(["faulty", "none"], out=tmp_path)


def test_workers_that_go_away_cost_nothing_finished(tmp_path, monkeypatch):
    def leaving(key, payload, made, checkpoint):
        if made["encoding"] == "learned":
            raise ConnectionError("gone")
        return key, _work.work(payload, made, checkpoint)

    monkeypatch.setattr(_run, "_work", leaving)
    words = "went away after 1 of 2 cells .*gone.* kept in .* run it again to go on"
    with pytest.raises(RuntimeError, match=words):
        run(out=tmp_path)
    assert set(study.load(tmp_path)["encoding"]) == {"none"}


def test_a_worker_of_another_version_is_refused(tmp_path):
    made = {"version": "torch-1.0-00000000"}
    assert "a worker has torch-" in _work.work(b"", made, None)["error"]


def test_another_backend_is_refused():
    with pytest.raises(ValueError, match="Invalid backend: moon"):
        run(backend="moon")


@pytest.mark.parametrize("content", ["", "{", '{"made": {}}', "[1]", "\x00\x00"])
def test_a_torn_file_is_told_and_done_again(content, tmp_path, trainings):
    first = run(out=tmp_path)
    torn = next(tmp_path.glob("torch-*/*.json"))
    torn.write_text(content)
    with pytest.warns(UserWarning, match=f"{torn.name} is torn: it does not count"):
        same(run(out=tmp_path), first)
    assert len(trainings) == 3
    assert json.loads(torn.read_text())["made"]


def test_an_edited_class_does_not_show_its_old_rows(tmp_path, registered):
    def define(factor):
        @registered
        class Own(ENCODINGS["sinusoidal"]):
            name, label = "own", "my own"

            def code(self, pos, dtype):
                return factor * super().code(pos, dtype)

    define(1.0)
    first = run(["own"], out=tmp_path)
    define(2.0)
    with pytest.warns(UserWarning, match="1 cells in .* of classes since changed"):
        assert len(study.load(tmp_path)) == 0
    second = run(["own"], out=tmp_path)
    assert not second["loss"].equals(first["loss"])
    with pytest.warns(UserWarning, match="since changed: left out"):
        assert study.load(tmp_path)["loss"].tolist() == second["loss"].tolist()
    define(1.0)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        same(run(["own"], out=tmp_path), first)


def test_versions_are_kept_apart(tmp_path, monkeypatch):
    run(["none"], out=tmp_path)
    ours = _work.version()
    for module in (_work, _run, _load):
        monkeypatch.setattr(module, "version", lambda: "torch-9.9-0")
    with pytest.raises(ValueError, match=f"no records of torch-9.9-0, only of {ours}"):
        study.load(tmp_path)
    run(["learned"], out=tmp_path)
    with pytest.warns(UserWarning, match=f"also holds records of {ours}, which are left out"):
        assert set(study.load(tmp_path)["encoding"]) == {"learned"}


def test_foreign_and_unwritable_folders_are_left_alone(tmp_path, trainings):
    (tmp_path / "letter.txt").write_text("dear")
    with pytest.raises(ValueError, match="holds other things and no study"):
        run(out=tmp_path)
    with pytest.raises(ValueError, match=r"letter.txt is a file, not a folder"):
        run(out=tmp_path / "letter.txt")
    with pytest.raises(OSError, match="cannot be written .*: name another with out="):
        run(out=tmp_path / "letter.txt" / "inside")
    with pytest.raises(ValueError, match="holds no study"):
        study.load(tmp_path)
    with pytest.raises(ValueError, match="holds no study"):
        study.load(tmp_path / "nothing")
    assert [path.name for path in tmp_path.iterdir()] == ["letter.txt"]
    assert trainings == []


def test_a_file_is_whole_or_not_there(tmp_path, monkeypatch):
    path = tmp_path / "x.json"
    _keep.write_aside(path, "old")

    def full(_):
        raise OSError("disk full")

    monkeypatch.setattr(_keep._files.os, "fsync", full)
    with pytest.raises(OSError, match="disk full"):
        _keep.write_aside(path, "new")
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


# --- packed ----------------------------------------------------------------------------------


def test_a_packed_study_reads_the_same(tmp_path, monkeypatch):
    run(["none"], ["back1", "text"], rates=(1, 2), out=tmp_path / "kept")
    file = tmp_path / "study.json"
    study.pack(tmp_path / "kept", file, "a command")
    whole = study.load(tmp_path / "kept")
    pd.testing.assert_frame_equal(study.load(file), whole)
    head = json.loads(file.read_text())
    assert head["command"] == "a command"
    best = set(study.best(whole[whole["task"] == "text"])["lr"])
    along = study.load(file, by="position")
    assert set(along["lr"]) == best
    assert len(along) == 2 * 16
    monkeypatch.setattr(_load.resources, "files", lambda package: tmp_path)
    pd.testing.assert_frame_equal(study.record(), whole)
    pd.testing.assert_frame_equal(study.record("position"), along)
    file.write_text("[]")
    with pytest.raises(ValueError, match="no packed study"):
        study.load(file)


def test_a_table_by_something_else_is_refused():
    with pytest.raises(ValueError, match="by must be 'length' or 'position'; got 'seed'"):
        study.load("x", by="seed")


def test_a_missing_record_is_told(tmp_path, monkeypatch):
    monkeypatch.setattr(_load.resources, "files", lambda package: tmp_path)
    with pytest.raises(FileNotFoundError, match="has come without study.json"):
        study.record()


def test_a_hundred_thousand_rows_open_in_a_second(tmp_path):
    run(["none"], seeds=5, lengths=(1, 1.5, 2, 2.5), out=tmp_path)
    text = next(tmp_path.glob("torch-*/*.json")).read_text()
    file = tmp_path / "many.json"
    file.write_text('{"records": [' + ",".join([text] * 5000) + "]}")
    seconds = []
    for _ in range(3):  # the least: what the rest of the process collects is not the table's
        start = time.process_time()
        table = study.load(file)
        seconds.append(time.process_time() - start)
    assert min(seconds) < 1
    assert len(table) == 100_000


# --- scales and budgets ----------------------------------------------------------------------


def test_without_a_gpu_it_says_what_it_would_do(monkeypatch, capsys):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    assert scale_of("gpu") is _scale.LAPTOP
    said = capsys.readouterr().out
    assert "No CUDA GPU here" in said
    assert "width 256" in said
    assert "tested to 4096" in said


@pytest.mark.parametrize(("capability", "dtype"), [((7, 5), "float16"), ((9, 0), "bfloat16")])
def test_the_precision_is_what_the_gpu_is_fast_in(capability, dtype, monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "get_device_capability", lambda: capability)
    assert scale_of("gpu").dtype == dtype
    assert scale_of("gpu").device == "cuda"


TINY = Scale(
    name="tiny",
    tasks=("back1",),
    lengths=(1, 2),
    dims=SMALL,
    setting=Setting(steps=8, b=4, length=8, shortest=8),
    layers=3,
    dtype="bfloat16",
    minutes=100.0,
)


def test_a_scale_of_ones_own_runs_in_half_precision(capsys):
    table = study.run(["none", "rope"], seeds=2, scale=TINY)
    assert set(table["dtype"]) == {"bfloat16"}
    assert set(table["n_layers"]) == {3}
    assert set(table["steps"]) == {8}
    assert table["loss"].notna().all()
    assert "2 cells of 2 seeds on this CPU: about" in capsys.readouterr().out


def test_a_plan_is_fitted_to_the_budget_and_stays_so(tmp_path, capsys, monkeypatch):
    from posenc.study import _budget

    def slow(cell):
        return 1.0

    monkeypatch.setattr(_budget, "seconds_a_step", slow)
    needed = 2 * 8 * _budget.MARGIN / 60
    plan = {"encodings": ["none", "rope"], "seeds": 1, "scale": TINY, "out": tmp_path}
    table = study.run(**plan, budget=needed / 2)
    assert set(table["steps"]) == {4}
    assert "with 50% of the usual steps to fit the budget" in capsys.readouterr().out
    monkeypatch.setattr(_budget, "seconds_a_step", None)  # is not measured again
    same(study.run(**plan, budget=needed / 2), table)
    monkeypatch.setattr(_budget, "seconds_a_step", slow)
    with pytest.raises(ValueError, match="name fewer encodings, tasks or rates, or give more"):
        study.run(**plan, budget=needed / 5)


# --- the command line ------------------------------------------------------------------------


def test_the_command_line_runs_and_tells(tmp_path, capsys, monkeypatch):
    monkeypatch.setitem(TASKS, "back1", _short(TASKS["back1"]))
    arguments = ["--encodings", "none", "--seeds", "1", "--lengths", "1", "2", "--jobs", "1"]
    arguments += ["--out", str(tmp_path / "kept")]
    assert main([*arguments, "--tasks", "back1"]) == 0
    said = capsys.readouterr().out
    assert "accuracy, mean of the seeds" in said
    assert "back1 none" in said
    assert main([*arguments, "--tasks", "back9"]) == 1
    assert "no task is called 'back9'" in capsys.readouterr().err
    assert len(study.load(tmp_path / "kept")) == 2


def _short(task):
    return _run.replace(task, steps=2)


def test_the_record_is_made_by_one_command(tmp_path, monkeypatch):
    from posenc.study import _record

    parts = [{"encodings": ("none",), "tasks": ("back1",), "seeds": 1, "lengths": (1,),
              "setting": QUICK, "dims": SMALL}]  # fmt: skip
    monkeypatch.setattr(_record, "parts", lambda: parts)
    file = tmp_path / "study.json"
    assert main(["--record", str(file), "--out", str(tmp_path / "kept"), "--jobs", "1"]) == 0
    assert len(study.load(file)) == 1
    assert "--record study.json" in json.loads(file.read_text())["command"]
