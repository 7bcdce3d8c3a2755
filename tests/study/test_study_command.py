"""posenc.study: scales, budgets and the command line."""

import json

import pytest
import torch
from small_study import QUICK, SMALL, same

from posenc import TASKS, PositionalEncoding, study
from posenc.study import _run, _scale
from posenc.study.__main__ import main
from posenc.study._scale import Scale, scale_of
from posenc.training import Setting

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


def test_the_command_line_tells_a_fault_without_a_line_of_code(
    tmp_path, capsys, monkeypatch, registered
):
    @registered
    class Faulty(PositionalEncoding):
        name = label = "faulty"

        def embed(self, x, pos):
            raise KeyError("my mistake")

    monkeypatch.setitem(TASKS, "back1", _short(TASKS["back1"]))
    arguments = ["--encodings", "faulty", "learned", "--tasks", "back1", "--seeds", "1"]
    arguments += ["--lengths", "1", "5", "--jobs", "1", "--out", str(tmp_path)]
    assert main(arguments) == 1
    out, err = capsys.readouterr()
    assert "learned      0." in out
    assert "ends" in out
    assert "raises" in out
    assert "NaN" not in out
    assert err.splitlines()[0].startswith("1 of 2 cells failed, the others are complete")
    assert err.splitlines()[1].startswith("faulty failed on back1: KeyError: 'my mistake'")


def _short(task):
    return _run.replace(task, steps=2)


def test_the_record_is_made_by_one_command(tmp_path, monkeypatch):
    from posenc.study import _record

    parts = [{"encodings": ("none",), "tasks": ("back1",), "seeds": 1, "lengths": (1,),
              "setting": QUICK, "dims": SMALL}]  # fmt: skip
    monkeypatch.setattr(_record, "parts", lambda: parts)
    file = tmp_path / "study.json"
    with monkeypatch.context() as patch:
        patch.setattr(_record, "failed", lambda table: table["why"] == "")  # all of them
        assert main(["--record", str(file), "--out", str(tmp_path / "kept"), "--jobs", "1"]) == 1
    assert not file.exists()
    assert main(["--record", str(file), "--out", str(tmp_path / "kept"), "--jobs", "1"]) == 0
    assert len(study.load(file)) == 1
    assert "--record study.json --out" in json.loads(file.read_text())["command"]


def test_the_second_record_has_its_own_runs_and_command(tmp_path, monkeypatch):
    from posenc.study import _record

    part = {"encodings": ("none",), "tasks": ("back1",), "seeds": 1, "lengths": (1,),
            "setting": QUICK, "dims": SMALL}  # fmt: skip
    monkeypatch.setattr(_record, "parts", list)
    monkeypatch.setattr(_record, "law", lambda: [part])
    file = tmp_path / "law.json"
    arguments = ["--record", str(file), "--which", "law", "--out", str(tmp_path / "kept")]
    assert main([*arguments, "--jobs", "1"]) == 0
    assert "--record law.json --which law --out" in json.loads(file.read_text())["command"]
