"""A machine for `make`: stand-ins for pip and uv, and what they were asked.

The set-up runs for real, with a uv on PATH that writes down what it is asked, and a pip that
installs nothing: `pip.py` in the environment's own folder of packages.
"""

import os
import re
import subprocess
import sys
import venv
from pathlib import Path

SITE = Path("lib", f"python3.{sys.version_info[1]}", "site-packages")
LISTS = ("Makefile", "pyproject.toml", "constraints.txt", "tools")
# Without what a `make test` around this test tells the makes below it.
SHELL = {name: os.environ[name] for name in os.environ if not name.startswith(("MAKE", "POSENC"))}
PIN = re.search(
    r"^torch==(\S+)$",
    (Path(__file__).parents[2] / "constraints.txt").read_text(),
    flags=re.MULTILINE,
)[1]


COURSE = """
import os, sys
def main(words):
    print("the course:", *words)
    return int("DOCTOR_TROUBLE" in os.environ)
if __name__ == "__main__":
    main(sys.argv[1:])
"""
PIP = """
import os, sys
from pathlib import Path
words = sys.argv[1:]
with open(os.environ["SAID"], "a") as said:
    said.write("pip " + " ".join(words) + "\\n")
if "install" in words:
    trouble = os.environ.get("PIP_TROUBLE")
    if trouble:
        print(trouble)
        sys.exit(1)
    for word in words:
        if word.startswith("torch=="):
            folder = Path(__file__).parent / f"torch-{word[7:]}.dist-info"
            folder.mkdir(exist_ok=True)
            (folder / "METADATA").write_text(f"Name: torch\\nVersion: {word[7:]}\\n")
"""
UV = """#!/bin/sh
case "$*" in *--help*) echo "  --torch-backend"; exit 0;; esac
echo "uv $*" >> "$SAID"
echo "cache: $UV_NO_CACHE"
case "$UV_TROUBLE-$*" in
    hang-*torch-backend*) sleep 60;;
    fail-*torch-backend*) echo "error: no CPU build for you"; exit 2;;
    all-*) echo "error: $UV_SAYS"; exit 2;;
esac
case "$*" in *torch==*) mkdir -p "$SITE/torch-$PIN.dist-info"
    printf 'Name: torch\\nVersion: %s+cpu\\n' "$PIN" > "$SITE/torch-$PIN.dist-info/METADATA";;
esac
"""


class Machine:
    """An environment with stand-ins for pip and uv, and what they were asked."""

    def __init__(self, clone, tmp_path):
        self.clone, self.site = clone, clone / ".venv" / SITE
        self.programs, self.said_in = tmp_path / "programs", tmp_path / "said"
        venv.create(clone / ".venv")
        (self.site / "pip.py").write_text(PIP)
        (self.site / "jupyterlab").mkdir()
        (self.site / "jupyterlab" / "labapp.py").touch()
        self.programs.mkdir()
        self.add("uv", UV)
        self.add("nvidia-smi", "#!/bin/sh\nexit 9\n")

    def add(self, name, text):
        (self.programs / name).write_text(text)
        (self.programs / name).chmod(0o755)

    def make(self, *words, **more):
        path = f"{self.programs}:{SHELL['PATH']}"
        mine = {"PATH": path, "SAID": str(self.said_in), "SITE": str(self.site), "PIN": PIN}
        env = SHELL | mine | {"POSENC_PATIENCE": "1"} | more
        return run(self.clone, "make", *words, env=env)

    def said(self):
        """What pip and uv were asked to install, and the order."""
        lines = self.said_in.read_text().splitlines() if self.said_in.exists() else []
        return [line.replace(str(self.clone), ".") for line in lines if " install" in line]


def run(clone, *words, env=SHELL):
    return subprocess.run(words, cwd=clone, env=env, capture_output=True, text=True, timeout=120)
