"""`make full`: a seeded sample of mutants, and all survivors that are recorded."""

import os
import subprocess
import sys

import pytest
from mutation.rooms import ROOMS, ROOT

pytestmark = pytest.mark.full

MINUTES = 20  # for the sample of all rooms; warming and the recorded survivors are beside it
SEED = os.environ.get("POSENC_MUTATION_SEED", "0")


@pytest.mark.parametrize("room", ROOMS)
def test_every_survivor_is_recorded_and_every_recorded_one_survives(room, tmp_path):
    command = [
        sys.executable, "-m", "tests.mutants.mutation", "sample", "--rooms", room,
        "--minutes", str(MINUTES * ROOMS[room].share), "--seed", SEED,
        "--out", tmp_path / "verdicts.jsonl",
    ]  # fmt: skip
    # Without what this very run of pytest tells its children.
    env = {name: os.environ[name] for name in os.environ if "PYTEST" not in name}
    done = subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True)
    assert done.returncode == 0, f"seed {SEED}\n{done.stdout}\n{done.stderr}"
