"""Two days of a learner with real kernels: solved on the first, used on the next."""

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import answering
import nbformat
import pytest
import torch
from nbclient import NotebookClient

from posenc import check
from posenc.check.answers import courses
from posenc.check.answers.mine import mine
from posenc.check.trial.record import LESSON
from posenc.course import lesson, places

record, learner = answering.record, answering.learner
pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]
LESSON_04 = lesson.read(ROOT / "notebooks" / "src" / "04_the_pytorch_module.py")
SETUP = next(cell.source for cell in LESSON_04.cells if cell.kind == "code")
MODULE = next(one for one in LESSON_04.exercises if one.name == "MyEncoding").answer
TRAINS = MODULE.replace("register_buffer(", "register_parameter(").replace(
    "table, persistent=False", "torch.nn.Parameter(table)"
)


class Day:
    """A home of its own, and a folder of copies in it."""

    def __init__(self, home):
        self.work = home / "course" / "work"
        self.work.mkdir(parents=True)
        quiet = {name: value for name, value in os.environ.items() if "POSENC" not in name}
        self.env = quiet | {
            "HOME": str(home),
            "XDG_DATA_HOME": str(home / "data"),
            "POSENC_RECORD": str(self.work / "record.jsonl"),
            "PYTHONPATH": str(ROOT),
        }
        self.key = home / "data" / "posenc" / "answers.key"
        self.file = self.work / "answers" / "positional_module.json"

    def run(self, *cells):
        """What the cells print, run in a new kernel."""
        book = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in cells])
        resources = {"metadata": {"path": str(self.work)}}
        NotebookClient(book, timeout=300, resources=resources).execute(env=self.env)
        return ["".join(out.get("text", "") for out in cell.outputs) for cell in book.cells]


USED = "from posenc import check\nOwn = check.mine('MyEncoding')"
YOURS = "· MyEncoding: your own class, from lesson 04\n"


def test_two_days(tmp_path):
    day = Day(tmp_path)
    said = day.run(SETUP, TRAINS, MODULE, USED, "check.mine('MyEncoding', first_wrong=True)")
    assert said[1].startswith("✗ MyEncoding")
    assert said[2].startswith("✓ MyEncoding")
    assert said[3:] == [YOURS, "· MyEncoding: your own first wrong class, from lesson 04\n"]
    assert day.key.stat().st_size == 32
    kept = json.loads(day.file.read_text())
    assert "class MyEncoding" in kept["source"]

    # The next morning.
    said = day.run(USED, "check.positional_module(Own)")
    assert said[0] == YOURS
    assert said[1].startswith("✓ MyEncoding")

    # Somebody has edited the file: it is not run, and the exercise renews it.
    evil = kept | {"source": f"open('canary', 'w').close()\n{kept['source']}"}
    day.file.write_text(json.dumps(evil))
    said = day.run(USED, SETUP, MODULE, USED)
    assert said[0].startswith(f"· MyEncoding: the course's class, not yours: {day.file} is not as")
    assert said[3] == YOURS
    assert not (day.work / "canary").exists()
    assert json.loads(day.file.read_text()) == kept


def test_an_answer_outlives_its_kernel(tmp_path):
    day = Day(tmp_path)
    begun = "import psutil, time\nwhile not psutil.Process().children(): time.sleep(0.1)"
    day.run(SETUP, MODULE, begun)  # shut down while it is being judged
    begin = time.monotonic()
    while not day.file.exists() and time.monotonic() < begin + 240:
        time.sleep(0.2)
    assert day.run(USED)[0] == YOURS


SOLVES = """
import sys, json
from dataclasses import replace
from pathlib import Path
from posenc.check.answers import apart, background, courses, keeping
from posenc.check.trial.record import LESSON
for name in LESSON:
    answer = replace(courses.find(name), edition=background.edition())
    told = apart._judged(answer)
    assert told == apart.PASSED, (name, told)
    assert keeping.store(keeping.folder(), answer)
"""


def test_every_answer_that_is_kept_passes_in_a_new_process(learner, capsys):
    env = os.environ | {"PYTHONPATH": str(ROOT)}
    subprocess.run([sys.executable, "-c", SOLVES], env=env, check=True, capture_output=True)
    assert len(list(learner.iterdir())) == len(LESSON)
    for name in LESSON:
        own = mine(name)
        assert ": your own " in capsys.readouterr().out
        torch.set_default_dtype(getattr(torch, courses.find(name).dtype))
        try:
            assert getattr(check, name)(own).passed
        finally:
            torch.set_default_dtype(torch.float32)


def test_the_files_of_the_courses_answers_are_what_the_lessons_say():
    from posenc.course.author import solutions

    for path, text in solutions.files(ROOT).items():
        assert path.read_text(encoding="utf-8") == text
    assert len(solutions.files(ROOT)) == len(places.sources(ROOT))
