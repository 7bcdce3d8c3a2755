"""JupyterLab as a process that ends with the one that started it.

Run as a script, so that nothing of the course is imported here. The starting process holds
the other end of standard input: when it closes that end, or is gone in any way, JupyterLab
stops as it does when asked to, with its kernels.
"""

import os
import signal
import sys
import threading


def main() -> None:
    """Run JupyterLab with the arguments of this script."""
    threading.Thread(target=_end_with_the_parent, daemon=True).start()
    from jupyterlab.labapp import main as jupyterlab

    sys.exit(jupyterlab())


def _end_with_the_parent() -> None:
    while os.read(0, 1024):
        pass
    if os.name == "posix":
        os.kill(os.getpid(), signal.SIGTERM)
    else:  # there, os.kill would end the process at once and leave its kernels
        signal.raise_signal(signal.SIGTERM)


if __name__ == "__main__":
    main()
