"""`make lab` and `make test` from a fresh clone: what is installed, once, and again."""

import os
import shutil
import sys
import time

import pytest
from machine import PIN

pytestmark = pytest.mark.skipif(
    sys.platform == "win32" or not shutil.which("make"), reason="there is no make here"
)


# --- the build of torch ---------------------------------------------------------------------


def test_torch_comes_first_and_alone_in_its_cpu_build(machine):
    done = machine.make("lab", "LAB_ARGS=--no-browser --port=8890")
    assert done.returncode == 0, done.stdout + done.stderr
    torch, rest = machine.said()
    assert torch.endswith(f"--torch-backend=cpu torch=={PIN}")
    assert rest.endswith("-c ./.venv/constraints.txt -e .[lab]")
    pins = (machine.clone / ".venv" / "constraints.txt").read_text().splitlines()
    assert [pin for pin in pins if pin.startswith("torch==")] == [f"torch=={PIN}+cpu"]
    assert "numpy" in "".join(pins)
    assert "3/5 installing torch" in done.stdout
    assert "the CPU build (0.2 GB), because there is no NVIDIA GPU here" in done.stdout
    assert done.stdout.endswith("the course: lab --no-browser --port=8890\n")


def test_a_gpu_that_is_there_is_used(machine):
    machine.add("nvidia-smi", "#!/bin/sh\necho 'GPU 0: a card (UUID: …)'\n")
    done = machine.make("lab")
    assert "because there is an NVIDIA GPU here" in done.stdout
    assert "torch-backend" not in "".join(machine.said())
    assert machine.said()[0].endswith(f"torch=={PIN}")


def test_the_default_build_can_be_asked_for(machine):
    done = machine.make("lab", "TORCH=default")
    assert "the default build (TORCH=default)" in done.stdout
    assert "torch-backend" not in "".join(machine.said())


def test_another_wish_is_named(machine):
    done = machine.make("lab", "TORCH=cuda")
    assert done.returncode
    assert "TORCH is 'cuda'. Say TORCH=cpu or TORCH=default, or leave it out." in done.stderr


@pytest.mark.parametrize(
    ("trouble", "why"), [("fail", "no CPU build for you"), ("hang", "no answer within 1 seconds")]
)
def test_without_the_cpu_build_pip_takes_over_at_once_and_says_so(machine, trouble, why):
    began = time.monotonic()
    done = machine.make("lab", UV_TROUBLE=trouble)
    assert time.monotonic() - began < 40
    assert done.returncode == 0, done.stderr
    by_uv, by_pip, rest = machine.said()
    assert "--torch-backend=cpu" in by_uv
    assert by_pip.startswith("pip ")
    assert by_pip.endswith(f"torch=={PIN}")
    assert rest.startswith("uv ")
    assert f"the CPU build cannot be had here ({why}" in done.stdout
    assert "2.8 GB" in done.stdout


def test_a_torch_that_is_there_is_kept(machine):
    there = machine.site / "torch-2.9.1.dist-info"
    there.mkdir()
    (there / "METADATA").write_text("Name: torch\nVersion: 2.9.1+cu130\n")
    done = machine.make("lab")
    assert "keeping torch 2.9.1+cu130, which is in .venv" in done.stdout
    [rest] = machine.said()
    assert rest.endswith("-e .[lab]")
    assert "torch==2.9.1+cu130\n" in (machine.clone / ".venv" / "constraints.txt").read_text()


def test_a_torch_that_is_too_old_is_not(machine):
    there = machine.site / "torch-2.3.0.dist-info"
    there.mkdir()
    (there / "METADATA").write_text("Name: torch\nVersion: 2.3.0\n")
    machine.make("lab")
    assert machine.said()[0].endswith(f"torch=={PIN}")


# --- once, and again when the lists change --------------------------------------------------


def test_it_installs_once_and_again_when_a_list_or_the_folder_changes(machine, tmp_path):
    assert machine.make("lab").returncode == 0
    first = machine.said()
    done = machine.make("lab")
    assert machine.said() == first
    assert done.stdout == "the course: lab\n"
    with open(machine.clone / "constraints.txt", "a") as pins:
        pins.write("another==1.0\n")
    machine.make("lab")
    assert len(machine.said()) == len(first) + 1  # torch stays
    # An installed course points to its folder: a moved one is installed once more.
    machine.clone = machine.clone.rename(tmp_path / "moved")
    assert machine.make("lab").returncode == 0
    assert len(machine.said()) == len(first) + 2


def test_the_stamp_of_the_last_release_is_completed(machine):
    (machine.clone / ".venv" / ".ready-lab").touch()
    later = time.time() + 1000
    os.utime(machine.clone / ".venv" / ".ready-lab", (later, later))
    (machine.clone / ".venv" / "mine").touch()
    assert machine.make("lab").returncode == 0
    assert len(machine.said()) == 2
    assert (machine.clone / ".venv" / "mine").exists()


def test_each_target_asks_for_its_own_extra(machine):
    machine.make("ready-test")
    assert machine.said()[-1].endswith("-e .[test]")
    machine.make("ready-handouts")
    assert machine.said()[-1].endswith("-e .[handouts]")


def test_a_wheelhouse_is_all_that_is_asked(machine, tmp_path):
    done = machine.make("lab", f"WHEELHOUSE={tmp_path / 'none'}")
    assert done.returncode
    assert f"There is no folder {tmp_path / 'none'}" in done.stderr
    wheels = tmp_path / "my wheels"
    wheels.mkdir()
    assert machine.make("lab", f"WHEELHOUSE={wheels}").returncode == 0
    for line in machine.said():
        assert f"--no-index --find-links {wheels}" in line
    assert "torch-backend" not in "".join(machine.said())
