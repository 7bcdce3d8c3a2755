"""What runs sealed off: it reads a submission, and serves the calls of the teacher's side."""

import os
import sys

import torch

from posenc.course.grade.inside import calls, settings
from posenc.course.grade.inside.answers import Notebook
from posenc.course.grade.wire.parent import end_with
from posenc.course.grade.wire.peer import Peer
from posenc.course.grade.wire.remote import Objects

MEMORY = 1 << 29  # beyond what Python and torch take
THREADS = 4  # beyond those that run
BUBBLEWRAP = 1  # its own process in there counts, too
CPU_SECONDS = 120
FILE_BYTES = 16 << 20


def _limit() -> None:
    """Lower what this process may take, for good."""
    import resource  # Windows has none, and no walls either

    threads = len(os.listdir("/proc/self/task")) + BUBBLEWRAP + THREADS if calls.refuse() else 0
    with open("/proc/self/statm") as file:
        taken = int(file.read().split()[0]) * resource.getpagesize()
    limits = {
        resource.RLIMIT_AS: taken + MEMORY,
        resource.RLIMIT_CPU: CPU_SECONDS,
        resource.RLIMIT_FSIZE: FILE_BYTES,
        resource.RLIMIT_CORE: 0,
        resource.RLIMIT_NOFILE: 64,
        resource.RLIMIT_NPROC: threads,  # the kernel counts processes and threads as one
        resource.RLIMIT_MSGQUEUE: 0,
    }
    for kind, most in limits.items():
        resource.setrlimit(kind, (most, most))


def main(sealed: bool) -> None:
    """Serve the teacher's side over what were stdin and stdout; print into nothing."""
    source, sink = os.dup(0), os.dup(1)
    nothing = os.open(os.devnull, os.O_RDWR)
    for standard in (0, 1, 2):
        os.dup2(nothing, standard)
    torch.set_num_threads(1)
    peer = Peer(source, sink, Objects())
    books: list[Notebook] = []

    def read(*given: list[str]) -> None:
        books[:] = [Notebook(*given)]

    peer.commands |= {"read": read, "answer": lambda *given: books[0].answer(*given)}
    peer.commands |= {do: settings.in_force(peer.commands[do]) for do in ("call", "method")}
    peer.commands |= {"hello": lambda: None, "dtype": torch.get_default_dtype}
    if sealed:
        _limit()
    else:
        end_with(os.getppid())
    peer.serve()


if __name__ == "__main__":
    main(sealed=sys.argv[1:] == ["--sealed"])
