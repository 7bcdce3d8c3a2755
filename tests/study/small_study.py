"""A study small enough for a test, and what two runs of it share."""

import pandas as pd

from posenc import Dims, study
from posenc.training import Setting

SMALL = Dims(d_model=16, n_heads=2, max_len=16)
QUICK = Setting(steps=3, b=4, length=8, shortest=8, warmup=2)
SAME = ["when", "seconds", "tokens_per_second"]  # what two runs do not share


def run(encodings=("none", "learned"), tasks=("back1",), **options):
    options = {"seeds": 2, "lengths": (1, 2), "setting": QUICK, "dims": SMALL, **options}
    return study.run(encodings, tasks, **options)


def same(a, b):
    pd.testing.assert_frame_equal(a.drop(columns=SAME), b.drop(columns=SAME))
