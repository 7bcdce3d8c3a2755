"""Which build of torch this machine should have, and whether the one that is there may stay."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

from running import Trouble

CPU = "the CPU build"
DEFAULT = (
    "pip takes the build that it finds, on Linux mostly the one with CUDA (2.8 GB); "
    "Ctrl+C stops it, and a torch that you install into .venv yourself is kept"
)
# Where the host of the CPU build is out of reach, pip should begin within seconds.
HASTY = {"UV_HTTP_TIMEOUT": "10", "UV_HTTP_CONNECT_TIMEOUT": "5", "UV_HTTP_RETRIES": "1"}
PATIENCE = float(os.environ.get("POSENC_PATIENCE", 20))
WSL = "/usr/lib/wsl/lib/nvidia-smi"


def build(from_wheelhouse=False):
    """The build of torch, and why it is that one."""
    wish = os.environ.get("TORCH", "").strip().lower()
    if wish not in ("", "cpu", "default"):
        raise Trouble(f"TORCH is {wish!r}. Say TORCH=cpu or TORCH=default, or leave it out.")
    if from_wheelhouse:
        return "the build", " of the wheelhouse"
    if wish:
        return (CPU if wish == "cpu" else "the default build"), f" (TORCH={wish})"
    if sys.platform != "linux":
        return "the default build", ""
    if nvidia():
        return "the default build", ", because there is an NVIDIA GPU here"
    return CPU, " (0.2 GB), because there is no NVIDIA GPU here"


def nvidia():
    """Whether an NVIDIA driver answers; in WSL its program does not lie on every PATH."""
    try:
        words = [shutil.which("nvidia-smi") or WSL, "-L"]
        done = subprocess.run(words, capture_output=True, text=True, timeout=20)
        if done.returncode == 0 and "GPU" in done.stdout:
            return True
    except (OSError, subprocess.TimeoutExpired):
        pass
    cards = Path("/proc/driver/nvidia/gpus")  # a container may have the driver and no nvidia-smi
    return cards.is_dir() and any(cards.iterdir())


def pin(root, name):
    """The version that constraints.txt asks for."""
    text = (root / "constraints.txt").read_text()
    return re.search(rf"^{name}==(\S+)$", text, flags=re.MULTILINE)[1]


def fits(version, pinned, root):
    """Whether a torch may stay: any build of the pinned version, or one in the course's range."""
    if version.split("+")[0] == pinned:
        return True
    least = re.search(r'"torch>=([\d.]+)"', (root / "pyproject.toml").read_text())[1]
    return _numbers(version) >= _numbers(least)


def knows_torch(uv):
    """Whether this uv starts and is new enough to choose a build of torch."""
    try:
        words = [uv, "pip", "install", "--help"]
        done = subprocess.run(words, capture_output=True, text=True, timeout=10)
        return "--torch-backend" in done.stdout
    except (OSError, subprocess.TimeoutExpired):
        return False


def without_cache():
    """What uv must be told where a home cannot be written; pip finds that out itself."""
    folder = Path(os.environ.get("XDG_CACHE_HOME") or "~/.cache").expanduser()
    while not os.path.exists(folder):  # Path.exists raises in a home of somebody else
        folder = folder.parent
    chosen = "UV_CACHE_DIR" in os.environ or os.name == "nt"
    return {} if chosen or os.access(folder, os.W_OK) else {"UV_NO_CACHE": "1"}


def _numbers(version):
    return [int(part) for part in re.findall(r"\d+", version.split("+")[0])[:2]]
