"""Keep a release's lessons for tests/full/test_last_release.py: their cells, and what they claim.

    python tools/keep_release.py 0.1.0 REVISION

Learners keep their copies of a lesson; this is what such a copy holds, without its outputs.
"""

import json
import lzma
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]


def git(*words: str) -> str:
    """What git prints for these words."""
    return subprocess.check_output(["git", *words], cwd=ROOT, text=True)


def cells(notebook: dict) -> list[dict]:
    """The code cells: id, tags, source, and the lines of claims that held."""
    found = []
    for cell in notebook["cells"]:
        if cell["cell_type"] == "code":
            texts = ["".join(output.get("text", [])) for output in cell["outputs"]]
            lines = [line for line in "".join(texts).splitlines() if line.startswith("✓")]
            source = "".join(cell["source"])
            kept = {"id": cell["id"], "tags": cell["metadata"].get("tags", []), "source": source}
            found.append({**kept, "claims": lines if "check.claim(" in source else []})
    return found


def main(release: str, revision: str) -> None:
    """Write tests/full/releases/RELEASE.json.xz."""
    names = git("ls-tree", "--name-only", revision, "notebooks/").split()
    lessons = {
        Path(name).stem: cells(json.loads(git("show", f"{revision}:{name}")))
        for name in names
        if name.endswith(".ipynb")
    }
    target = ROOT / "tests" / "full" / "releases" / f"{release}.json.xz"
    target.write_bytes(lzma.compress(json.dumps(lessons, ensure_ascii=False).encode()))
    print(f"{target}: {len(lessons)} lessons, {target.stat().st_size / 1000:.0f} kB")


if __name__ == "__main__":
    main(*sys.argv[1:])
