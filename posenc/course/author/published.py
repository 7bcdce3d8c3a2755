"""Where a teacher has put the lessons for Colab, and the badge that leads there.

The stamp is one small file, `notebooks/published.json`: sources stay as they are, and the
builder, `check` and the editions all read it.
"""

import json
from dataclasses import dataclass
from pathlib import Path

FILE = "published.json"
FOLDER = "colab"  # in the teacher's repository; the committed lessons do not carry the package
BADGE = "https://colab.research.google.com/assets/colab-badge.svg"


@dataclass(frozen=True)
class Published:
    """A repository, and its branch, that holds the Colab edition in `colab/`."""

    repo: str
    branch: str

    def url(self, stem: str) -> str:
        """Where Colab opens a lesson."""
        place = f"{self.repo}/blob/{self.branch}/{FOLDER}/{stem}.ipynb"
        return f"https://colab.research.google.com/github/{place}"

    def badge(self, stem: str) -> str:
        """The picture that leads there, in Markdown."""
        return f"[![Open in Colab]({BADGE})]({self.url(stem)})"


def published(notebooks: Path) -> Published | None:
    """What the stamp in the folder of the notebooks says, None where there is none."""
    path = notebooks / FILE
    if not path.exists():
        return None
    return Published(**json.loads(path.read_text(encoding="utf-8")))
