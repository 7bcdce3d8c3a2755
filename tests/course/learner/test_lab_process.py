"""`lab` as a process: where it says it is, how it ends, what it leaves behind."""

import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.request

import nbformat
import psutil
import pytest
from nbformat.v4 import new_code_cell, new_notebook

from posenc.course.learner.server import running

pytestmark = pytest.mark.slow
NAME = "01_tiny.ipynb"
OPEN = re.compile(r"open at ((http://\S+?/)lab\S*?token=(\w+))")


class Lab:
    """A running `lab`, what it printed so far, and its API."""

    def __init__(self, root, *args):
        self.root, self.work = root, root / "work"
        self.said = root / f"said-{len(list(root.glob('said-*')))}.txt"
        # Without what a `make test` around it says: the last line names the way one came.
        others = ("POSENC", "MAKE")
        env = {name: os.environ[name] for name in os.environ if not name.startswith(others)}
        env |= {"HOME": str(root / "home"), "PYTHONPATH": os.pathsep.join(sys.path)}
        command = [sys.executable, "-m", "posenc.course", "lab", "--no-browser", *args]
        with open(self.said, "wb") as said:
            self.process = subprocess.Popen(command, cwd=root, env=env, stdout=said, stderr=said)

    @property
    def lines(self):
        return self.said.read_text(encoding="utf-8").splitlines(keepends=True)

    def wait_until(self, condition, seconds=90):
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            if found := condition():
                return found
            time.sleep(0.1)
        pytest.fail(f"not within {seconds} s; it said: {''.join(self.lines)}")

    def opened(self):
        return self.wait_until(lambda: OPEN.search("".join(self.lines)))

    def api(self, path, data=None):
        _, base, token = self.opened().groups()
        body = None if data is None else json.dumps(data).encode()
        with urllib.request.urlopen(f"{base}api/{path}?token={token}", body, timeout=30) as answer:
            return json.load(answer)

    def begin_a_kernel(self):
        """Start a kernel; return every process of the server."""
        self.api("kernels", {"name": "python3"})
        [server] = psutil.Process(self.process.pid).children()
        return self.wait_until(lambda: len(all := [server, *server.children(True)]) > 1 and all)


@pytest.fixture
def start(tmp_path):
    (tmp_path / "notebooks").mkdir()
    (tmp_path / "home").mkdir()
    lesson = new_notebook(cells=[new_code_cell("1")], metadata={"posenc": {"lesson": "01_tiny"}})
    nbformat.write(lesson, tmp_path / "notebooks" / NAME)
    started = []

    def start(*args):
        started.append(Lab(tmp_path, *args))
        return started[-1]

    yield start
    for lab in started:
        lab.process.terminate()
        lab.process.wait(40)


def test_the_last_lines_say_where_and_how_to_end_it(start):
    lab = start()
    lab.wait_until(lambda: "To come back later" in "".join(lab.lines))
    address, copies, end, back = lab.lines[-4:]
    assert OPEN.search(address)
    assert "/lab/tree/00_welcome.md?token=" in address
    assert copies == f"Your copies are in {lab.work}\n"
    assert "press Ctrl+C" in end
    assert "-m posenc.course lab" in back
    assert len(lab.lines) <= 8
    assert [one["name"] for one in lab.api("contents")["content"]] == ["00_welcome.md", NAME]
    assert "ServerApp" in (lab.work / ".posenc" / "lab.log").read_text()


@pytest.mark.skipif(os.name == "nt", reason="signals of POSIX")
@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM", "SIGHUP", "SIGKILL"])
def test_it_ends_with_its_server_and_kernels(start, name):
    lab = start()
    processes = lab.begin_a_kernel()
    lab.process.send_signal(getattr(signal, name))
    status = lab.process.wait(40)
    assert status == (-signal.SIGKILL if name == "SIGKILL" else 0)
    _, alive = psutil.wait_procs(processes, timeout=30)
    assert alive == []
    assert not list((lab.work / ".posenc" / "runtime").glob("jpserver-*.json"))


def test_a_second_lab_says_where_the_first_is_and_changes_nothing(start):
    first = start()
    address = first.opened()[2]
    second = start()
    assert second.process.wait(60) == 0
    said = second.wait_until(lambda: "".join(second.lines))
    assert f"The course is already open at {address}lab" in said
    assert first.process.poll() is None


def test_a_port_in_use_is_passed_over_and_the_printed_address_is_the_true_one(start):
    busy = socket.create_server(("127.0.0.1", 0))
    port = busy.getsockname()[1]
    lab = start(f"--port={port}")
    base = lab.opened()[2]
    assert f":{port}/" not in base
    assert lab.api("status")
    busy.close()


def test_a_jupyterlab_that_cannot_start_is_one_sentence_and_a_log(start):
    lab = start("--ServerApp.port=no-number")
    assert lab.process.wait(60) == 1
    lab.wait_until(lambda: "All that it said" in "".join(lab.lines))
    said = "".join(lab.lines)
    assert "JupyterLab ended with an error: " in said
    assert "no-number" in said
    assert f"All that it said is in {lab.work / '.posenc' / 'lab.log'}" in said
    assert "Traceback" not in said


def test_what_jupyterlab_answers_by_itself_is_passed_on(start):
    lab = start("--version")
    assert lab.process.wait(60) == 0
    assert re.fullmatch(r"\d+\.\d+\.\d+\S*\n", "".join(lab.wait_until(lambda: lab.lines)))
    assert not lab.work.exists()


def test_a_server_that_was_killed_is_not_taken_for_a_running_one(tmp_path):
    info = {"url": "http://localhost:9/", "token": "x", "root_dir": str(tmp_path), "pid": 1}
    (tmp_path / "jpserver-1.json").write_text(json.dumps(info))
    (tmp_path / "jpserver-2.json").write_text("{")
    assert running(tmp_path, tmp_path) is None
