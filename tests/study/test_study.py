"""posenc.study: what is asked, what the tables say, what is refused."""

import math

import pytest
import torch
from small_study import QUICK, SMALL, run

from posenc import ENCODINGS, TASKS, Dims, PositionalEncoding, study, training
from posenc.study import _run, _work
from posenc.study._scale import Scale
from posenc.training import Setting, accuracy

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
    with pytest.raises(TypeError, match="'none' does not take 'base'"):
        run(["none(base=3)"])
