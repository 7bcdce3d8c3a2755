"""The steps of the set-up: an environment, uv, torch, everything else, and a last look.

Only the standard library is here. A step prints one line; what pip and uv say goes into
`.venv/setup.log`. The stamp `.venv/.ready-lab` is written last, so that a set-up which
was interrupted is begun again.
"""

import argparse
import hashlib
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import choosing
import running
from running import Trouble

ROOT = Path(__file__).resolve().parents[1]
WHAT = {
    "lab": "JupyterLab and the course",
    "test": "JupyterLab, the course and its tests",
    "handouts": "JupyterLab, the course and what prints its editions",
    "book": "JupyterLab, the course and what makes its web book",
    "teach": "JupyterLab, the course and what grades",
    "cluster": "JupyterLab, the course and what spreads a study over machines",
    "full": "everything that the course can use",
}

LOOK = "import sys, jupyterlab.labapp; from posenc.course import __main__ as course; "
LOOK += "sys.exit(course.main(['doctor']))"


def main(argv):
    """Do what the words ask for, and return the exit status."""
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(errors="replace")  # a terminal may know no ellipsis
    args = _parser().parse_args(argv)
    os.environ.update(choosing.without_cache())
    setup = Setup(args.extra, Path(os.path.abspath(args.venv)), args.wheelhouse)
    try:
        if not (args.if_needed and setup.is_ready()):
            setup.run()
            if not args.if_needed:
                print(f"To open the course: {shown(setup.python)} -m posenc.course lab")
        return 0
    except Trouble as trouble:
        print(f"\n{trouble}", file=sys.stderr)
        return 1
    except OSError as problem:
        print(f"\n{running.of_the_system(problem, setup.again)}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print(f"\nThe set-up was interrupted. To go on: {setup.again}", file=sys.stderr)
        return 130


def _parser():
    parser = argparse.ArgumentParser("python tools/setup.py", description=__doc__)
    parser.add_argument("extra", choices=WHAT, nargs="?", default="lab", help="for what; lab")
    parser.add_argument("--venv", default=ROOT / ".venv", help="the environment; .venv")
    parser.add_argument("--wheelhouse", help="a folder of packages, instead of the network")
    parser.add_argument("--if-needed", action="store_true", help="only what has changed since")
    return parser


def shown(path):
    """A path as it is typed in the course's folder."""
    path = Path(path)
    short = str(path.relative_to(ROOT) if path.is_relative_to(ROOT) else path)
    return f'"{short}"' if " " in short else short


class Setup:
    """One extra of the course and the environment that it goes into."""

    def __init__(self, extra, venv, wheelhouse):
        self.extra, self.venv = extra, venv
        self.python = venv / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
        self.wheels = Path(wheelhouse).expanduser().resolve() if wheelhouse else None
        self.stamp = venv / f".ready-{extra}"
        option = f" --wheelhouse {shown(wheelhouse)}" if wheelhouse else ""
        by_hand = f"{shown(sys.executable)} tools/setup.py {extra}{option}"
        self.again = os.environ.get("POSENC_AGAIN") or by_hand
        self.do = running.Runner(venv / "setup.log", 5, self.again)

    def is_ready(self):
        """Whether this very list was installed, for this very folder."""
        try:
            return self.python.exists() and self.stamp.read_text() == self._fingerprint()
        except (OSError, ValueError):
            return False

    def run(self):
        """Every step, and the stamp."""
        if self.wheels and not self.wheels.is_dir():
            raise Trouble(
                f"There is no folder {self.wheels}. On a machine with a network, "
                f"`make wheelhouse OUT=DIR` makes one, which you can copy to this machine."
            )
        self._environment()
        uv = self._uv()
        self._torch(uv)
        constraints = self._constraints()
        with self.do.step(f"installing {WHAT[self.extra]}"):
            self._install(uv, ["-c", constraints, "-e", f".[{self.extra}]"])
        with self.do.step("checking that all of it is here"):
            # Whatever this shell says: without compiled files every start takes ten seconds more.
            self.do.must([self.python, "-c", LOOK], env={"PYTHONDONTWRITEBYTECODE": ""})
        self.stamp.write_text(self._fingerprint())

    def _fingerprint(self):
        """The lists, and the folder: an installed course points to where it lay."""
        texts = [(ROOT / name).read_bytes() for name in ("pyproject.toml", "constraints.txt")]
        return hashlib.sha256(b"\0".join([*texts, os.fsencode(ROOT)])).hexdigest()

    # --- the steps ------------------------------------------------------------------------

    def _environment(self):
        version, folder = _version_of(self.python), shown(self.venv)
        fresh = f"making {folder} with Python {sys.version.split()[0]}"
        with self.do.step(f"keeping {folder}" if version else fresh):
            if version is None:
                self._make()
            elif version < (3, 11):
                raise Trouble(
                    f"{self.venv} holds Python {version[0]}.{version[1]}, and posenc needs 3.11 "
                    f"or later. Rename or remove that folder, and then run: {self.again}"
                )
            self.do.begin_log()
            if self.do.run([self.python, "-m", "pip", "--version"]):
                if self.do.run([self.python, "-m", "ensurepip"]):
                    raise Trouble(f"{self.venv} has no pip. {running.VENV_REMEDY} {self.again}")

    def _make(self):
        """A fresh environment, also where an interrupted one lies."""
        try:
            self.venv.mkdir(parents=True, exist_ok=True)
            (self.venv / "setup.log").touch()
        except FileExistsError:
            raise Trouble(f"{self.venv} is a file. Rename it, and then run: {self.again}") from None
        except OSError as problem:
            raise Trouble(running.of_the_system(problem, self.again, self.venv.parent)) from None
        if self.do.run([sys.executable, "-m", "venv", "--clear", self.venv]):
            self.do.raise_if("disk", "rights")
            raise Trouble(
                f"Python {sys.version.split()[0]} ({sys.executable}) could not make a virtual "
                f"environment. {running.VENV_REMEDY} {self.again}"
            )

    def _uv(self):
        """The program uv, which installs several times as fast as pip; None if there is none."""
        own = self.python.with_name("uv.exe" if os.name == "nt" else "uv")
        for program in (str(own), shutil.which("uv")):
            if program and choosing.knows_torch(program):
                with self.do.step("using uv" + (f" ({program})" if program != str(own) else "")):
                    return program
        with self.do.step("getting uv, which installs quickly") as step:
            words = [*self._pip(), "--retries", "1", "--timeout", "15", "-c", "constraints.txt"]
            if self.do.run([*words, *self._links(), "uv"]) == 0 and own.exists():
                return str(own)
            self.do.raise_if("disk")
            step.note("uv cannot be had here, so pip installs, which takes longer")
            return None

    def _torch(self, uv):
        """Torch first and alone: its build decides between 0.2 and 2.8 GB."""
        here, pin = self._torch_here(), choosing.pin(ROOT, "torch")
        if here and choosing.fits(here, pin, ROOT):
            with self.do.step(f"keeping torch {here}, which is in {shown(self.venv)}"):
                return
        build, why = choosing.build(bool(self.wheels))
        with self.do.step(f"installing torch {pin}, {build}{why}") as step:
            if build == choosing.CPU and self._cpu_build(uv, pin, step):
                return
            self._install(None if build == choosing.CPU else uv, [f"torch=={pin}"])

    def _cpu_build(self, uv, pin, step):
        """Whether uv could install it; a word, if pip has to take another build."""
        why = "there is no uv"
        if uv:
            words = self._uv_words(uv, ["--torch-backend=cpu", f"torch=={pin}"])
            if self.do.run(words, env=choosing.HASTY, patience=choosing.PATIENCE) == 0:
                return True
            self.do.raise_if("disk")
            why = self.do.telling()
        step.note(f"the CPU build cannot be had here ({why}), so {choosing.DEFAULT}")
        return False

    def _install(self, uv, words):
        """By uv; where it fails, by pip; where that fails, one sentence."""
        if uv and self.do.run(self._uv_words(uv, words), patience=4 * choosing.PATIENCE) == 0:
            return
        if uv:
            self.do.raise_if("disk", "unknown")
            self.do.now.note(f"uv failed ({self.do.telling()}), so pip installs")
        # Compiled when it is first imported: most of it never is.
        self.do.must([*self._pip(), "--no-compile", *self._links(), *words])

    def _constraints(self):
        """The pins, with torch at what is installed, so that no step replaces it."""
        here, path = self._torch_here(), self.venv / "constraints.txt"
        lines = (ROOT / "constraints.txt").read_text().splitlines()
        pins = [line for line in lines if not re.match(r"torch\s*==", line)]
        path.write_text("\n".join([*pins, f"torch=={here}", ""]))
        return path

    def _torch_here(self):
        ask = "from importlib import metadata; print(metadata.version('torch'))"
        done = subprocess.run([self.python, "-c", ask], capture_output=True, text=True)
        return done.stdout.strip() if done.returncode == 0 else None

    # --- words ------------------------------------------------------------------------------

    def _pip(self):
        return [self.python, "-m", "pip", "--disable-pip-version-check", "--no-input", "install"]

    def _uv_words(self, uv, words):
        return [uv, "pip", "install", "--python", self.python, *self._links(), *words]

    def _links(self):
        return ["--no-index", "--find-links", self.wheels] if self.wheels else []


def _version_of(python):
    """(3, 12), or None where it does not start."""
    try:
        words = [python, "-c", "import sys; print(*sys.version_info[:2])"]
        done = subprocess.run(words, capture_output=True, text=True, timeout=60)
        return tuple(map(int, done.stdout.split())) if done.returncode == 0 else None
    except (OSError, ValueError, subprocess.TimeoutExpired):
        return None
