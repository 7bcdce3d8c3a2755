"""A process that ends with the one that started it, however that ends."""

import ctypes
import os
import signal
import sys

DEATH = 1  # prctl's PR_SET_PDEATHSIG


def end_with(parent: int) -> None:
    """End this process when its parent's ends; at once, if that is gone already.

    Only Linux can; bubblewrap's `--die-with-parent` does the same for what is behind walls.
    """
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(DEATH, signal.SIGKILL)
        if os.getppid() != parent:
            os._exit(1)
