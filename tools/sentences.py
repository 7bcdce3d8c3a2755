"""Draw sentences of a lesson, to be read and marked: `python -m tools.sentences 01 --n 40`.

The seed is the hash of the commit, so that nobody chooses which sentences are read, and
another reader of that commit gets the same ones.
"""

import argparse
import random
import re
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from posenc.course import places
from tools.words.prose import MASK, of_lesson, read

ROOT = Path(__file__).resolve().parents[1]
SHORTEST = 4  # words: less is a label
# After these a full stop ends no sentence.
_SHORT = re.compile(r"\b(?:et al|e\.g|i\.e|vs|cf|approx|Eq|Fig|Tab|Sec|No|Nos|St|Dr|p|pp|ca)\.|"
                    r"\b[A-Z]\.(?= [A-Z])|\.(?=\d)|\.\.\.")  # fmt: skip
_END = re.compile(r"[.!?…][*_”\")]*(?=\s+[*_“\"(]*[A-Z0-9" + MASK + r"]|\s*$)")


@dataclass(frozen=True)
class Sentence:
    """A sentence as it is written, and the line on which it begins."""

    line: int
    text: str


def split(shown: str, masked: str) -> Iterator[tuple[int, str]]:
    """Each sentence of a paragraph with its place; `masked` hides code and formulas.

    >>> text = "See Li et al. (2024), e.g. Fig. 3. At 0.5 it holds. Why? Because."
    >>> [sentence for _, sentence in split(text, text)]
    ['See Li et al. (2024), e.g. Fig. 3.', 'At 0.5 it holds.', 'Why?', 'Because.']
    """
    hidden = _SHORT.sub(lambda found: MASK * len(found[0]), masked)
    begin = 0
    for end in [match.end() for match in _END.finditer(hidden)] + [len(shown)]:
        sentence = " ".join(shown[begin:end].split())
        if sentence:
            yield begin + len(shown[begin:end]) - len(shown[begin:end].lstrip()), sentence
        begin = end


def sentences(path: Path) -> list[Sentence]:
    """The sentences of a lesson or a page: of its text, and of the strings that readers see."""
    pieces = [piece for piece, _ in of_lesson(path)] if path.suffix == ".py" else read(path)
    found = [
        Sentence(piece.at(place), text)
        for piece in pieces
        if piece.kind in {"text", "td", "string"}
        for place, text in split(piece.shown, piece.masked)
    ]
    return [one for one in found if len(re.findall(r"[A-Za-z]+", one.text)) >= SHORTEST]


def draw(found: list[Sentence], number: int, seed: str) -> list[Sentence]:
    """Some of the sentences, in the order of the lesson; the same for the same seed."""
    chosen = random.Random(seed).sample(range(len(found)), min(number, len(found)))
    return [found[place] for place in sorted(chosen)]


def listing(path: Path, number: int, seed: str) -> str:
    """A list to be marked: a box for each sentence, and a line below it for what to change."""
    found = sentences(path)
    chosen = draw(found, number, f"{path.stem} {seed}")
    head = f"# {path.stem}: {len(chosen)} of {len(found)} sentences, commit {seed[:12]}\n\n"
    how = "Mark with x what should be written again, and say why below it.\n\n"
    return head + how + "".join(f"- [ ] {one.line}: {one.text}\n" for one in chosen)


def commit() -> str:
    """The hash of the commit that lies here."""
    return subprocess.check_output(["git", "rev-parse", "HEAD"], cwd=ROOT, text=True).strip()


def main() -> None:
    """Print the lists of the lessons or files that are named."""
    parser = argparse.ArgumentParser(prog="python -m tools.sentences", description=__doc__)
    parser.add_argument("names", nargs="+", metavar="LESSON", help="01, or the path of a file")
    parser.add_argument("--n", type=int, default=40, help="sentences for each lesson")
    parser.add_argument("--seed", default="", help="the hash of another commit")
    asked = parser.parse_args()
    seed = asked.seed or commit()
    files = [Path(name) for name in asked.names if Path(name).is_file()]
    names = [name for name in asked.names if not Path(name).is_file()]
    lessons = places.choose(places.sources(ROOT), names) if names else []
    print("\n".join(listing(path, asked.n, seed) for path in [*lessons, *files]))


if __name__ == "__main__":
    main()
