"""A study on a real Dask cluster, on a machine's cores, and killed again and again."""

import os
import random
import signal
import subprocess
import sys
import threading
import time

import pandas as pd
import pytest

from posenc import ENCODINGS, Dims, register, study
from posenc.training import Setting

pytestmark = pytest.mark.full

SMALL = Dims(d_model=16, n_heads=2, max_len=16)
SAME = ["when", "seconds", "tokens_per_second"]


def same(a, b):
    pd.testing.assert_frame_equal(a.drop(columns=SAME), b.drop(columns=SAME))


@pytest.fixture
def own():
    """A class that workers do not know: this module is none of theirs."""

    @register
    class Own(ENCODINGS["sinusoidal"]):
        name, label = "own", "my own"

        def code(self, pos, dtype):
            return 0.5 * super().code(pos, dtype)

    yield "own"
    ENCODINGS.pop("own")


def plan(*encodings, steps=60):
    setting = Setting(steps=steps, b=16, length=8, shortest=8, warmup=5)
    return {"encodings": encodings, "tasks": ("back1", "before"), "seeds": 2, "lengths": (1, 2),
            "setting": setting, "dims": SMALL}  # fmt: skip


# --- a cluster -------------------------------------------------------------------------------


@pytest.fixture
def cluster():
    distributed = pytest.importorskip("distributed")
    with distributed.LocalCluster(
        n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None
    ) as made:
        yield made


@pytest.mark.filterwarnings("ignore")  # of a cluster that loses a worker
def test_a_cluster_that_loses_a_worker_gives_the_same_table(cluster, own, tmp_path):
    from distributed import Client

    asked = plan("none", own, "rope", "alibi", steps=300)
    kept = tmp_path / "kept"
    with Client(cluster) as client:
        workers = list(client.run(os.getpid).values())
    assert len(set(workers)) == 2

    def kill():
        while not list(kept.glob("torch-*/*.json")):
            time.sleep(0.05)
        os.kill(workers[0], signal.SIGKILL)

    killer = threading.Thread(target=kill)
    killer.start()
    table = study.run(**asked, out=kept, backend="dask", scheduler=cluster.scheduler_address)
    killer.join()
    with pytest.raises(ProcessLookupError):
        os.kill(workers[0], 0)
    same(table, study.run(**asked))


@pytest.mark.filterwarnings("ignore")
def test_a_cluster_that_goes_away_loses_nothing_finished(cluster, tmp_path):
    asked = plan("none", "rope", "alibi", "t5", steps=600)
    kept = tmp_path / "kept"

    def leave():
        while not list(kept.glob("torch-*/*.json")):
            time.sleep(0.05)
        cluster.close()

    leaver = threading.Thread(target=leave)
    leaver.start()
    with pytest.raises(RuntimeError, match="went away after .* is kept in .* run it again"):
        study.run(**asked, out=kept, backend="dask", scheduler=cluster.scheduler_address)
    leaver.join()
    assert 1 <= len(list(kept.glob("torch-*/*.json"))) < 8
    same(study.run(**asked, out=kept), study.run(**asked))


def test_the_cores_of_a_machine_give_the_same_table(own):
    asked = plan("none", own)
    same(study.run(**asked, jobs=2), study.run(**asked))


# --- kill -9 ---------------------------------------------------------------------------------

SCRIPT = """
import sys
from posenc import Dims, study
from posenc.study import _train
from posenc.training import Setting

_train.CHECKPOINT_SECONDS = 0.1
setting = Setting(steps=150, b=16, length=8, shortest=8, warmup=5)
study.run(["none", "rope", "alibi", "learned"], ["back1", "text"], seeds=2, lengths=(1, 2),
          setting=setting, dims=Dims(d_model=16, n_heads=2, max_len=16), out=sys.argv[1])
print("finished")
"""


def start(kept):
    return subprocess.Popen([sys.executable, "-c", SCRIPT, str(kept)], stdout=subprocess.PIPE)


def test_killed_ten_times_at_random_moments_it_ends_with_the_same_table(tmp_path):
    chance = random.Random(0)
    begun = time.monotonic()
    process = start(tmp_path / "undisturbed")
    assert b"finished" in process.communicate()[0]
    lasts = time.monotonic() - begun
    for _ in range(10):
        process = start(tmp_path / "killed")
        time.sleep(chance.uniform(0.3, 0.9) * lasts)
        process.kill()
        process.communicate()
    process = start(tmp_path / "killed")
    assert b"finished" in process.communicate()[0]
    same(study.load(tmp_path / "killed"), study.load(tmp_path / "undisturbed"))
    left = [path.suffix for path in (tmp_path / "killed").rglob("*") if path.is_file()]
    assert left.count(".json") == 8 + 1
    assert left.count(".pt") == 0
