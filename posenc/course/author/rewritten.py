"""What is asked of the claims of a lesson that has been rewritten, and of which it is not yet.

A lesson leaves the list when it is written anew; with the last one the list goes.
"""

from collections.abc import Iterator
from typing import Any

from posenc.course.author.asked import Asked
from posenc.course.author.leaning import leans

# They are in the words of the first edition: claims that settle a prediction by one bound
# alone, texts that lean on the line before, answers that stand in the next cell.
NOT_YET = {}
Row = dict[str, Any]


def one_sided(asked: Asked, rows: list[Row]) -> Iterator[str]:
    """Name each claim that settles a prediction, and would hold for another answer, too."""
    if asked.stem[:2] in NOT_YET:
        return
    settling = {(claim.id, claim.text) for claim in asked.claims}
    for row in rows:
        known = (row.get("id"), row.get("claim"))
        if known in settling and "value" in row and not row.get("both sides"):
            yield (
                f"claim {row['id']!r} settles a prediction and is bounded on one side alone, "
                f'{row["op"]} {row["bound"]}: write "in", (low, high), or =='
            )


def leaning(rows: list[Row]) -> Iterator[str]:
    """Ask whether a text stands alone, where it looks as if it leaned on the line before."""
    for row in rows:
        why = leans(row["claim"]) if "value" in row else None
        if why:
            yield f"  does claim {row['id']!r} stand alone? {why}: {row['claim']}"
