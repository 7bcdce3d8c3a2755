"""A limit on this process's own memory while an answer is judged.

The wire counts what comes; what a checker makes of it is known to the system alone.
"""

import contextlib
from collections.abc import Iterator

MORE = 200_000_000  # bytes beyond those that are taken


@contextlib.contextmanager
def limited(more: int = MORE) -> Iterator[None]:
    """Let the block take so many bytes more, and have what asks for others raise; on Linux alone.

    What is raised is what Python and torch raise when memory is short.
    """
    try:
        import resource

        with open("/proc/self/statm") as file:
            taken = int(file.read().split()[5]) * resource.getpagesize()
    except (ImportError, OSError):
        yield
        return
    before = resource.getrlimit(resource.RLIMIT_DATA)
    most = [taken + more, *(one for one in before if one != resource.RLIM_INFINITY)]
    resource.setrlimit(resource.RLIMIT_DATA, (min(most), before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_DATA, before)
