"""The rooms of the package that are mutated, and the tests that mirror each of them."""

from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]


@dataclass(frozen=True)
class Room:
    """Sources, and the tests that answer for them: no other test is asked."""

    sources: str  # a folder of the package, or a file
    tests: tuple[str, ...]
    share: float  # of the minutes of a run over all rooms, by the number of mutants
    but: str = ""  # tests of the tests: they hold the readers of a figure, not the figure

    def files(self, root: Path = ROOT) -> list[Path]:
        """The modules; an ``__init__.py`` only hands names on."""
        path = root / self.sources
        found = sorted(path.rglob("*.py")) if path.is_dir() else [path]
        return [file for file in found if file.name != "__init__.py"]


ROOMS = {
    # biases, turns and views are formulas, held together with the encodings that use them
    "functional": Room(
        "posenc/functional",
        (
            "tests/functional",
            "tests/encodings/test_scores.py",
            "tests/encodings/test_number_types.py",
        ),
        0.12,
    ),
    "encodings": Room("posenc/encodings", ("tests/encodings",), 0.2),
    "model": Room("posenc/model", ("tests/model", "tests/encodings/test_scores.py"), 0.2),
    "analysis": Room(
        "posenc/analysis.py", ("tests/test_analysis.py", "tests/test_best_head.py"), 0.04
    ),
    "plots": Room("posenc/plots", ("tests/plots",), 0.44, but="a_reader_would_notice"),
}
