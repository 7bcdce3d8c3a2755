"""A fresh clone with a fresh home, or a fresh Python: what a stranger has."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from posenc.course import places

ROOT = places.find_root(Path(__file__).parent)
# What the machine says about its network and its language is not a learner's doing.
KEPT = (
    r"LANG|LC_ALL|TERM|CI|TORCH|.*_proxy|.*_PROXY|.*_CA_BUNDLE|SSL_.*|"
    r"PIP_(?!CACHE).*|UV_(?!CACHE).*"
)
PYTHON = "Scripts/python.exe" if sys.platform == "win32" else "bin/python"


def environment(folder, *requirements, seen=()):
    """A fresh Python with these packages and these folders; skipped where they cannot be had."""
    python = folder / PYTHON
    subprocess.run([sys.executable, "-m", "venv", folder], check=True)
    ask = "import sysconfig; print(sysconfig.get_path('purelib'))"
    packages = subprocess.check_output([python, "-c", ask], text=True).strip()
    (Path(packages) / "seen.pth").write_text("\n".join(map(str, seen)))
    pip = [python, "-m", "pip", "install", "-q", *requirements]
    done = subprocess.run(pip, capture_output=True, text=True)
    if done.returncode:
        pytest.skip(f"cannot be installed here: {done.stderr.strip().splitlines()[-1]}")
    return python


def fresh_clone(room):
    """A clone of what is committed, as a stranger gets it."""
    clone = room / "posenc"
    subprocess.run(["git", "clone", "-q", ROOT, clone], check=True, timeout=120)
    return clone


def stranger(home):
    """The variables of a shell that knows nothing of this course, and a home of its own."""
    home.mkdir(exist_ok=True)
    kept = {name: value for name, value in os.environ.items() if re.fullmatch(KEPT, name)}
    path = [part for part in os.environ["PATH"].split(os.pathsep) if ".venv" not in part]
    return kept | {"HOME": str(home), "PATH": os.pathsep.join(path)}
