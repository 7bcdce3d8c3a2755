"""JupyterLab as a child: found when it runs already, started, watched, ended with its kernels."""

import json
import os
import re
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

SCRIPT = Path(__file__).with_name("serve.py")
INFO = "jpserver-*.json"  # what a running server writes into its runtime folder
TELLING = re.compile(r"^(\[[CE] |\w*(Error|Exception|Exit)\b|Bad config|usage:)")
SECONDS_TO_END = 20


def running(runtime: Path, work: Path) -> dict[str, Any] | None:
    """What a server says of itself that serves `work` and answers, None if there is none."""
    for path in sorted(runtime.glob(INFO)):
        with suppress(OSError, ValueError, KeyError, TypeError):
            info = json.loads(path.read_text(encoding="utf-8"))
            if os.path.samefile(info["root_dir"], work) and _answers(info):
                return info
    return None


def address(info: dict[str, Any], page: str = "lab") -> str:
    """The address of the server's page, with its token."""
    token = f"?token={info['token']}" if info.get("token") else ""
    return f"{info['url']}{page}{token}"


def _answers(info: dict[str, Any]) -> bool:
    """Whether the server is there, and takes the token as its own."""
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(address(info, "api/status"), timeout=5) as answer:
            return bool(json.load(answer))
    except urllib.error.HTTPError as refused:
        refused.close()
        return refused.code in (401, 403) and not info.get("token")  # a password guards it
    except (OSError, ValueError):
        return False


class Server:
    """A JupyterLab of ours; what it says goes to a log."""

    def __init__(self, args: list[str], env: dict[str, str], log: Path, runtime: Path) -> None:
        self.log, self.runtime = log, runtime
        self.known = set(runtime.glob(INFO))  # of servers that were killed
        # A session of its own: Ctrl+C reaches us, and we end it in good order.
        apart: dict[str, Any] = {"start_new_session": True}
        if os.name == "nt":
            apart = {"creationflags": getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0)}
        with open(log, "wb") as file:
            self.process = subprocess.Popen(
                [sys.executable, "-P", str(SCRIPT), *args],
                env=env, stdin=subprocess.PIPE, stdout=file, stderr=file, **apart,
            )  # fmt: skip

    def wait_for(self, work: Path) -> dict[str, Any] | None:
        """What the server says of itself once its page is there; None if it ended before."""
        while self.process.poll() is None:
            fresh = set(self.runtime.glob(INFO)) - self.known
            info = running(self.runtime, work) if fresh else None
            if info:
                return info
            time.sleep(0.1)
        return None

    def end(self) -> int:
        """End the server and its kernels, and return its status."""
        try:
            if self.process.stdin:
                with suppress(OSError):
                    self.process.stdin.close()
            return self.process.wait(SECONDS_TO_END)
        except (subprocess.TimeoutExpired, KeyboardInterrupt):
            self.process.kill()
            return self.process.wait()

    def last_words(self) -> str:
        """The last line of the log that says what went wrong, or simply the last one."""
        lines = self.log.read_text(encoding="utf-8", errors="replace").splitlines()
        said = [line.strip() for line in lines if line.strip()]
        telling = [line for line in said if TELLING.match(line)]
        return re.sub(r"^\[[A-Z] [^\]]*\] ", "", (telling or said or ["it said nothing"])[-1])


@contextmanager
def ended_by_signals() -> Iterator[None]:
    """A closed terminal and `kill` raise KeyboardInterrupt in here, as Ctrl+C does."""
    names = [name for name in ("SIGINT", "SIGTERM", "SIGHUP", "SIGBREAK") if hasattr(signal, name)]
    before = {getattr(signal, name): signal.getsignal(getattr(signal, name)) for name in names}
    # A signal that is ignored (nohup) stays ignored.
    heard = [number for number, handler in before.items() if handler != signal.SIG_IGN]
    try:
        for number in heard:
            signal.signal(number, signal.default_int_handler)
        yield
    finally:
        for number in heard:
            signal.signal(number, before[number])
