"""The welcome, and what JupyterLab is started with."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import nbformat
from nbformat.v4 import new_markdown_cell, new_notebook

from posenc.course import cells, tools
from posenc.course.learner import copies, lab, settings, welcome


def test_the_welcome_names_every_lesson_with_its_question_and_minutes(pytestconfig, tmp_path):
    root = pytestconfig.rootpath
    page = welcome.text(root, tmp_path)
    rows = re.findall(r"^- \[(\d\d) · .+\]\((.+)\), \d+ minutes$", page, re.MULTILINE)
    assert [name for _, name in rows] == [path.name for path in copies.own_lessons(root)]
    assert f"[lesson 01]({rows[0][1]})" in page
    assert str(tmp_path) in page
    assert not re.search("<[A-Z]+>", page)


def test_a_welcome_that_the_learner_changed_or_threw_away_stays_so(course):
    page = course.work / welcome.NAME
    course.lab()
    welcome.deliver(course.root, course.work)
    course.publish("1", "02_more.ipynb")
    welcome.deliver(course.root, course.work)
    assert "02_more" in page.read_text(encoding="utf-8")
    page.write_text("my notes")
    welcome.deliver(course.root, course.work)
    assert page.read_text() == "my notes"
    page.unlink()
    welcome.deliver(course.root, course.work)
    assert not page.exists()


def test_a_page_of_the_learners_own_is_not_the_welcome(course):
    course.work.mkdir()
    (course.work / welcome.NAME).write_text("mine")
    course.lab()
    welcome.deliver(course.root, course.work)
    assert (course.work / welcome.NAME).read_text() == "mine"


def test_a_copy_does_not_say_how_to_get_a_copy(tmp_path):
    lesson = new_notebook(cells=[new_markdown_cell("# 01" + cells.COMMITTED)])
    told = nbformat.writes(lesson).encode()
    [cell] = json.loads(cells.cleared(told))["cells"]
    assert cell["source"] == ["# 01"]


# --- starting JupyterLab -----------------------------------------------------


def test_arguments_are_passed_on_after_ours(tmp_path, monkeypatch):
    monkeypatch.setattr(os, "geteuid", lambda: 1000, raising=False)
    words = lab.command(tmp_path, ["--no-browser", "--port=1234"])
    assert words[-2:] == ["--no-browser", "--port=1234"]
    assert "--allow-root" not in words


def test_root_may_start_it(tmp_path, monkeypatch):
    monkeypatch.setattr(os, "geteuid", lambda: 0, raising=False)
    assert "--allow-root" in lab.command(tmp_path, [])


def test_our_defaults_come_before_other_settings_and_hide_none(tmp_path, monkeypatch):
    monkeypatch.setenv("JUPYTER_CONFIG_PATH", "/theirs")
    state = tmp_path / ".posenc"
    found = settings.environment(tmp_path)["JUPYTER_CONFIG_PATH"].split(os.pathsep)
    assert found == [str(state), "/theirs"]
    [written] = (state / "labconfig").iterdir()
    assert json.loads(written.read_text()) == settings.SETTINGS


def test_what_the_learner_has_set_stays(tmp_path, monkeypatch):
    monkeypatch.setenv("OMP_NUM_THREADS", "3")
    monkeypatch.setenv("POSENC_RECORD", "/hub/record.jsonl")
    env = settings.environment(tmp_path)
    assert (env["OMP_NUM_THREADS"], env["POSENC_RECORD"]) == ("3", "/hub/record.jsonl")
    assert env["POSENC_WORK"] == str(tmp_path)


def test_a_home_that_cannot_be_written_is_left_alone(tmp_path, monkeypatch):
    for name in settings.HOMES:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(os.path, "expanduser", lambda path: str(tmp_path / "home"))
    assert settings.homes(tmp_path) == {}
    monkeypatch.setattr(settings, "_writable", lambda place: False)
    found = settings.homes(tmp_path)
    assert set(found) == set(settings.HOMES)
    assert all(
        Path(path).is_dir() and Path(path).is_relative_to(tmp_path) for path in found.values()
    )


def test_a_place_is_writable_where_it_can_be_made(tmp_path):
    assert settings._writable(tmp_path / "not" / "yet")
    (tmp_path / "file").touch()
    assert not settings._writable(tmp_path / "file" / "below")


def test_many_new_lessons_are_one_line():
    new = [f"{number:02}_x.ipynb: new" for number in range(1, 12)]
    assert lab._summary([*new, "other"]) == ["11 lessons are new: 01 to 11.", "other"]
    assert lab._summary(new[:2]) == new[:2]


def test_without_jupyterlab_one_sentence_says_how_to_get_it(course):
    hide = (
        "import importlib.util as u, runpy, sys\n"
        "find = u.find_spec\n"
        "u.find_spec = lambda n, *a: None if n == 'jupyterlab' else find(n, *a)\n"
        "sys.argv = ['course', 'lab']\n"
        "runpy.run_module('posenc.course', run_name='__main__')\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", hide],
        cwd=course.root,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 1
    [line] = done.stderr.splitlines()
    assert line == f"jupyterlab is missing. To get it, {tools.remedy('lab')}"
    assert not course.work.exists()
