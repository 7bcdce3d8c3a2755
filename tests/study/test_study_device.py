"""A study on another device than the CPU, played by the CPU: budget, record, seeds by turns."""

from dataclasses import replace
from types import SimpleNamespace

import pytest
import torch
from small_study import QUICK, SMALL, run

from posenc import PositionalEncoding, study
from posenc.study import _budget, _crowd, _device, _run, _work
from posenc.study._plan import Request
from posenc.study._scale import Scale

SCALE = Scale(dims=SMALL, setting=QUICK, text_dims=SMALL, text=QUICK)


def cell_of(name="none", **changes):
    [cell] = Request((name,), ("back1",), seeds=2, lengths=(1, 2)).cells(SCALE)
    return replace(cell, **changes)


# --- the budget --------------------------------------------------------------------------------


class Faulty(PositionalEncoding):
    name = label = "faulty"

    def embed(self, x, pos):
        raise KeyError("my mistake")


def test_a_faulty_class_does_not_end_the_measuring(registered, capsys):
    registered(Faulty)
    with pytest.warns(UserWarning, match="faulty failed on back1: KeyError: 'my mistake'"):
        table = run(["faulty", "none"], budget=100)
    assert "2 cells of 2 seeds on this CPU: about" in capsys.readouterr().out
    assert table.query("encoding == 'none'")["accuracy"].notna().all()


def test_where_no_class_can_be_measured_the_training_tells(registered):
    registered(Faulty)
    with pytest.raises(RuntimeError, match="nothing could be trained:\nfaulty failed on back1"):
        run(["faulty"], budget=100)


def test_the_measuring_begins_on_the_cpu(registered, monkeypatch):
    asked = []
    monkeypatch.setattr(_budget, "seconds_a_step", lambda cell: asked.append(cell) or 1.0)
    registered(Faulty)
    assert _budget._measured(cell_of("faulty", device="cuda")) == 0
    assert asked == []
    assert _budget._measured(cell_of(device="cuda")) == 1


# --- what a device says of itself --------------------------------------------------------------

TALKING = SimpleNamespace(
    synchronize=lambda: None,
    get_device_name=lambda: "A GPU",
    get_device_capability=lambda: (9, 0),
    reset_peak_memory_stats=lambda: None,
    max_memory_allocated=lambda: 5 << 20,
)
SILENT = SimpleNamespace(synchronize=lambda: None)


def test_a_gpus_record_has_its_own_name_and_capability(monkeypatch):
    monkeypatch.setattr(_device, "module_of", lambda device: TALKING)
    where = _work._where(cell_of(device="cuda"))
    assert (where["device_name"], where["capability"]) == ("A GPU", "9.0")
    assert _device.peak_mib("cuda") == 5
    assert _budget._device(cell_of(device="cuda")) == "A GPU"
    cpu = _work._where(cell_of())
    assert cpu["capability"] == torch.backends.cpu.get_cpu_capability()
    assert _device.peak_mib("cpu") is None


def test_a_device_that_tells_little_has_a_record_too(monkeypatch):
    monkeypatch.setattr(_device, "module_of", lambda device: SILENT)
    where = _work._where(cell_of(device="mps"))
    assert (where["device_name"], where["capability"]) == ("mps", "")
    _device.forget_peak("mps")
    assert _device.peak_mib("mps") is None


@pytest.mark.parametrize("device", ["cuda", "xpu", "mps"])
def test_every_gpu_is_waited_for_fused_and_asked_by_one_job(device, monkeypatch):
    waited = []
    module = SimpleNamespace(synchronize=lambda: waited.append(device))
    monkeypatch.setattr(_device, "module_of", lambda name: module)
    _device.wait(device)
    _device.wait("cpu")
    assert waited == [device]
    model = _crowd._model(cell_of(device=device), 0)
    assert [block.attention.fused for block in model.blocks] == [True] * len(model.blocks)
    assert _run._place("loky", None, 4, replace(SCALE, device=device))["n_jobs"] == 1
    assert _run._place("loky", None, 4, SCALE)["n_jobs"] == 4


# --- seeds that cannot be asked as one ---------------------------------------------------------


class Looking(PositionalEncoding):
    """Asks for a value, which vmap refuses, as a GPU's kernel refuses a bias without seeds."""

    name = label = "looking"

    def embed(self, x, pos):
        return x if x.abs().max() > 0 else -x


def test_the_record_says_which_were_trained_seed_by_seed_and_why(registered, tmp_path):
    registered(Looking)
    table = run(["looking", "none"], out=tmp_path)
    why = table.groupby("encoding")["by_turns"].unique().map(list)
    assert why["none"] == [""]
    assert "vmap" in why["looking"][0]
    assert set(study.load(tmp_path)["by_turns"]) == set(table["by_turns"])


def test_on_a_gpu_it_is_said(registered, monkeypatch, capsys):
    registered(Looking)
    cells = Request(("looking", "none"), ("back1",), seeds=2, lengths=(1,)).cells(SCALE)
    monkeypatch.setattr(Request, "cells", lambda *_: cells)  # cells of the CPU, said to be a GPU's
    study.run(["none"], scale=replace(SCALE, device="cuda"))
    out = capsys.readouterr().out
    assert out.startswith("looking was trained one seed at a time, because ")
    assert len(out.splitlines()) == 1


def test_out_of_memory_is_no_reason_to_ask_by_turns(monkeypatch):
    crowd = _crowd.crowd_of(cell_of())

    def full(tokens, pos):
        raise torch.OutOfMemoryError("CUDA out of memory")

    monkeypatch.setattr(crowd, "_ask", full)
    with pytest.raises(torch.OutOfMemoryError):
        crowd(torch.zeros(2, 1, 8, dtype=torch.long))
    assert crowd.by_turns == ""
