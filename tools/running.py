"""Runs pip and uv out of sight: a line per step on the terminal, the rest in a log."""

import errno
import os
import re
import shutil
import subprocess
import sys
import threading
import time
from contextlib import contextmanager, suppress
from pathlib import Path

VENV_REMEDY = (
    "On Debian and Ubuntu, `sudo apt install python3-venv` brings what is missing. Then run:"
)
# What pip and uv say, and the kind of trouble that it tells of; the first that fits counts.
SIGNS = {
    "disk": r"No space left on device|Disk quota exceeded|os error 28\b|Errno 28|os error 122\b",
    "network": (
        r"dns error|error sending request|Failed to establish a new connection|timed? ?out|"
        r"Connection (refused|reset|aborted|broken)|NewConnection|NameResolution|name resolution|"
        r"Network is unreachable|IncompleteRead|SSLError|ProxyError|RemoteDisconnected|"
        r"Failed to (fetch|download)|HTTP error"
    ),
    "unknown": (
        r"\(from versions: |no wheels with a matching|ResolutionImpossible|"
        r"current Python version .* does not satisfy|depends on Python"
    ),
    "rights": r"Permission denied|Read-only file system|os error 13\b|os error 30\b",
}
SENTENCES = {
    "disk": "The disk is full: {free:.1f} GB are free in {folder}. The course needs 1.5 GB, with "
    "CUDA 7 GB. Make room, and then run: {again}",
    "network": "The network failed ({line}). When it is back, run: {again}",
    "rights": "A file cannot be written ({line}). Put that right, and then run: {again}",
    "unknown": "The packages of constraints.txt do not exist for Python {python} on this machine "
    "({line}). Remove .venv and name another Python: make lab PYTHON=python3.12",
}
TELLING = r"^\s*(error|ERROR|cause|Caused by|✗|\w*Error\b)|os error|Errno|No space left"


class Trouble(Exception):
    """One sentence that says what is wrong, and what to do."""


class Step:
    """What stands on the terminal for the step that is being done."""

    def __init__(self, text, live):
        self.text, self.live, self.began = text, live, time.monotonic()
        print(f"{text} … ", end="", flush=True)

    def beat(self, line):
        """On a terminal, the seconds so far and what is being said."""
        if self.live:
            now = f"{self.text} … {self.seconds()} s  {line.strip()}"
            # A line that wraps could not be written over.
            wide = shutil.get_terminal_size().columns - 1
            print(f"\r\x1b[2K{now[:wide]}", end="", flush=True)

    def note(self, text):
        """A word on the step, in a line of its own."""
        self.end(text="")
        self.text = "    " + text
        print(f"{self.text} … ", end="", flush=True)

    def seconds(self):
        """Whole seconds since the step began."""
        return round(time.monotonic() - self.began)

    def end(self, text):
        """The line as it stays."""
        if self.live:
            print(f"\r\x1b[2K{self.text} … ", end="")
        print(text, flush=True)


class Runner:
    """Runs commands one after the other, and remembers what the last of them said."""

    def __init__(self, log, steps, again):
        self.log, self.steps, self.again = log, steps, again
        self.number, self.lines, self.now = 0, [], None

    def begin_log(self):
        """Note the day, in a log that keeps what earlier tries said."""
        self._keep(f"--- {time.strftime('%Y-%m-%d %H:%M:%S')} ---")

    @contextmanager
    def step(self, text):
        """A line on the terminal for as long as the step takes."""
        self.number += 1
        self.now = Step(f"{self.number}/{self.steps} {text}", sys.stdout.isatty())
        said = ""
        try:
            yield self.now
            said = f"{self.now.seconds()} s"
        finally:
            self.now.end(said)

    def must(self, words, env=None):
        """Run, and raise one sentence if it fails."""
        if self.run(words, env=env):
            self.raise_if(*SIGNS)
            raise Trouble(
                f"{Path(words[0]).name} failed: {self.telling()}. "
                f"All that was said is in {self.log}. To try again: {self.again}"
            )

    def run(self, words, env=None, patience=None):
        """Run, and return the exit status; stop it if it has got nowhere for so long."""
        words, self.lines = [str(word) for word in words], []
        self._keep("$ " + " ".join(words))
        process = subprocess.Popen(
            words, cwd=Path(__file__).resolve().parents[1], env=os.environ | (env or {}),
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            text=True, encoding="utf-8", errors="replace",
        )  # fmt: skip
        reader = threading.Thread(target=self._read, args=(process,), daemon=True)
        reader.start()
        try:
            return self._wait(process, reader, patience)
        finally:
            if process.poll() is None:
                process.kill()
                process.wait()

    def _wait(self, process, reader, patience):
        began = time.monotonic()
        while True:
            with suppress(subprocess.TimeoutExpired):
                process.wait(0.5)
                reader.join(2)
                return process.returncode
            self.now.beat(self.lines[-1] if self.lines else "")
            if patience and time.monotonic() - began > patience and not self._moves():
                self._line(f"error: no answer within {patience:.0f} seconds, timed out")
                return 1

    def _moves(self):
        """Whether uv has found what it will install: from there on it watches itself."""
        return any(re.match(r"\s*(Resolved|Downloading|Prepared)", line) for line in self.lines)

    def _read(self, process):
        for line in process.stdout:
            self._line(line.rstrip())

    def _line(self, line):
        self.lines.append(line)
        self._keep(line)

    def _keep(self, line):
        # A full disk must not hide the error that tells of it.
        with suppress(OSError), open(self.log, "a", encoding="utf-8") as log:
            log.write(line + "\n")

    # --- what went wrong --------------------------------------------------------------------

    def telling(self):
        """The line that says most about why the last command failed."""
        said = [line.strip() for line in self.lines if line.strip()] or ["it said nothing"]
        told = [line for line in said if re.search(TELLING, line)] or said
        return re.sub(r"^(error|cause|Caused by):\s*", "", told[-1], flags=re.IGNORECASE)[:200]

    def raise_if(self, *kinds):
        """One sentence, if the last command failed for one of these reasons."""
        text = "\n".join(self.lines)
        for kind, sign in SIGNS.items():
            found = re.search(rf"^.*(?:{sign}).*$", text, flags=re.MULTILINE)
            if found and kind in kinds:
                # pip's lines on the network are long and name its own insides.
                words = [match[0] for match in re.finditer(sign, text)][-1:]
                line = words[0] if kind == "network" else found[0].strip()
                raise Trouble(self._sentence(kind, line[:200]))

    def _sentence(self, kind, line):
        folder = self.log.parent.parent
        said = SENTENCES[kind].format(
            free=shutil.disk_usage(folder).free / 1e9, folder=folder, again=self.again,
            line=line, python=sys.version.split()[0],
        )  # fmt: skip
        return f"{said}\nAll that was said is in {self.log}."


def of_the_system(problem, again, folder=None):
    """The sentence for a file that could not be written."""
    where = folder or problem.filename
    if problem.errno in (errno.ENOSPC, getattr(errno, "EDQUOT", errno.ENOSPC)):
        return f"The disk is full ({where}). Make room for 1.5 GB, and then run: {again}"
    if problem.errno in (errno.EACCES, errno.EROFS, errno.EPERM):
        return (
            f"You may not write in {where}, so no environment can be made there. Clone the course "
            f"into a folder of your own, and run this in it: {again}"
        )
    return f"{where}: {problem.strerror}. When that is put right, run: {again}"
