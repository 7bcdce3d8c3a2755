"""All packages of `lab` in one folder, for machines without a network.

uv says which they are, for another Python and another system, too, and where the CPU build of
torch lies; pip downloads them.
"""

import platform
import re
import shutil
import subprocess
import sys
from pathlib import Path

from tqdm import tqdm

from posenc.course.places import COURSE, CourseError
from posenc.course.tools import remedy, requirements

TOOLS = ("uv", "setuptools>=77")  # what the set-up and the build of the package itself need
HERE = {"linux": "linux", "win32": "windows", "darwin": "macos"}.get(sys.platform, "linux")
# For uv, and the tags that pip must be told, from the newest to the oldest that is in use.
SYSTEMS = {
    "linux": ("x86_64-manylinux_2_28", [f"manylinux_2_{n}_x86_64" for n in range(28, 4, -1)]),
    "windows": ("x86_64-pc-windows-msvc", ["win_amd64"]),
    "macos": ("aarch64-apple-darwin", [f"macosx_{n}_0_arm64" for n in range(14, 10, -1)]),
}
ABOUT = """\
All packages of the course, for: {rows}.

Copy this folder and the course's own folder to a machine without a network. There, in the
course's folder:

    make lab WHEELHOUSE=/path/to/this/folder

or without make (on Windows: py instead of python3):

    python3 tools/setup.py lab --wheelhouse /path/to/this/folder
"""


def wheelhouse(out: Path, python: list[str] | None, system: list[str] | None) -> int:
    """Fill the folder `out`, for each Python and each system; packages already there are kept."""
    rows = [(p, s) for s in system or [HERE] for p in python or [_this_python()]]
    for version, place in rows:
        if place not in SYSTEMS or not re.fullmatch(r"3\.\d+", version):
            raise CourseError(
                f"{version} on {place} is not known here. A Python is written as 3.12, and the "
                f"systems are {', '.join(SYSTEMS)}."
            )
    try:
        out.mkdir(parents=True, exist_ok=True)
        for version, place in rows:
            _gather(out, version, place)
        about = ABOUT.format(rows=", ".join(f"Python {p} on {s}" for p, s in rows))
        (out / "README.txt").write_text(about, encoding="utf-8")
    except OSError as problem:
        raise CourseError(
            f"{problem.filename or out} cannot be written: {problem.strerror}. "
            "Name another folder with --out."
        ) from None
    files = list(out.glob("*.whl"))
    size = sum(path.stat().st_size for path in files) / 1e9
    print(f"{len(files)} packages, {size:.1f} GB, are in {out.resolve()}.")
    print("Its README.txt says how a machine without a network uses them.")
    return 0


def _gather(out: Path, python: str, system: str) -> None:
    pins, index = _pins(python, system)
    torch = [pin for pin in pins if pin.startswith("torch==")]
    rest = [pin for pin in pins if pin not in torch]
    place = f"Python {python} on {system}"
    with tqdm(total=len(pins), desc=place, unit="package", leave=False, disable=None) as bar:
        _pip(out, python, system, [*(["--index-url", index] if index else []), *torch], bar)
        if any(out.glob(f"torch-*+cpu-cp{python.replace('.', '')}-*")):
            rest = [pin for pin in rest if not re.match("nvidia-|cuda-|triton==", pin)]
        _pip(out, python, system, rest, bar)
    print(f"{place}: {len(torch + rest)} packages", flush=True)


def _pins(python: str, system: str) -> tuple[list[str], str | None]:
    """Every package with its version, and the index of torch's CPU build if it can be reached."""
    backends = [["--torch-backend=cpu"], []] if system == "linux" else [[]]
    said = ""
    for words in backends:
        said = said or _compile(python, system, words)
    pins = re.findall(r"^[\w.-]+==\S+", said, flags=re.MULTILINE)
    found = re.search(r"^torch==\S+\n\s+# from (\S+)", said, flags=re.MULTILINE)
    return pins, found[1] if found and "+cpu" in found[0] else None


def _compile(python: str, system: str, words: list[str]) -> str:
    wanted = [f"{name}{spec}" for name, spec in requirements("lab").items()]
    constraints = COURSE / "constraints.txt"
    if not constraints.exists():
        raise CourseError(f"There is no {constraints}. Run this in a clone of the course.")
    command = [
        *(_uv(), "pip", "compile", "-", "-c", str(constraints), "--only-binary", ":all:"),
        *("--python-version", python, "--python-platform", SYSTEMS[system][0]),
        *("--no-header", "--no-annotate", "--emit-index-annotation", *words),
    ]
    asked = "\n".join([*wanted, *TOOLS])
    done = subprocess.run(command, input=asked, capture_output=True, text=True)
    if done.returncode and not words:
        raise _failed("uv", done.stderr.splitlines())
    return "" if done.returncode else done.stdout


def _pip(out: Path, python: str, system: str, words: list[str], bar: tqdm) -> None:
    command = [sys.executable, "-m", "pip", "download", "--disable-pip-version-check", "--no-deps"]
    command += ["--only-binary=:all:", "--dest", str(out), "--python-version", python]
    if (python, system) != (_this_python(), HERE):
        command += [f"--platform={tag}" for tag in SYSTEMS[system][1]]
    lines = []
    with subprocess.Popen(
        [*command, *words], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as pip:
        for line in pip.stdout or ():
            lines.append(line)
            bar.update(line.startswith("Collecting "))
    if pip.returncode:
        raise _failed("pip", lines)


def _failed(program: str, lines: list[str]) -> CourseError:
    last = ([line for line in lines if "error" in line.lower()] or lines or ["it said nothing"])[-1]
    return CourseError(
        f"{program} failed: {last.strip()}. What is there is kept; run the same command to go on."
    )


def _uv() -> str:
    """The environment's own uv, or the one on PATH."""
    folder = str(Path(sys.executable).parent)
    found = shutil.which("uv", path=folder) or shutil.which("uv")
    if not found:
        raise CourseError(f"The program uv is missing. To get it, {remedy('lab')}")
    return found


def _this_python() -> str:
    return ".".join(platform.python_version_tuple()[:2])
