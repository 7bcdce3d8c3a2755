"""posenc.study: what is kept in a folder, and packed into a file."""

import json
import time
import warnings

import pandas as pd
import pytest
from small_study import run, same

from posenc import ENCODINGS, Dims, PositionalEncoding, study
from posenc.study import _keep, _load, _run, _work
from posenc.training import Setting

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

    for _ in range(2):
        with pytest.warns(UserWarning, match=r"(?s)1 of 2 cells failed.* kept in .*KeyError"):
            run(["faulty", "none"], out=tmp_path)
        assert set(study.load(tmp_path)["encoding"]) == {"none"}
    assert [name for name, *_ in trainings] == ["none"]  # a fault is met before it is trained


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


def test_a_record_that_is_none_is_refused():
    with pytest.raises(ValueError, match="which must be 'study' or 'law'; got 'laws'"):
        study.record(which="laws")


def test_a_missing_record_is_told(tmp_path, monkeypatch):
    monkeypatch.setattr(_load.resources, "files", lambda package: tmp_path)
    with pytest.raises(FileNotFoundError, match="has come without study.json"):
        study.record()
    with pytest.raises(FileNotFoundError, match="has come without law.json"):
        study.record(which="law")


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
