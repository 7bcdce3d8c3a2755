"""What is asked of a lesson's claims: those that settle a prediction, and how each one reads."""

from collections.abc import Iterator
from typing import Any

from posenc.course.author.asked import Asked
from posenc.course.author.leaning import leans

Row = dict[str, Any]


def one_sided(asked: Asked, rows: list[Row]) -> Iterator[str]:
    """Name each claim that settles a prediction, and would hold for another answer, too."""
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
