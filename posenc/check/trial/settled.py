"""Which predictions a claim settles: the lessons' answers, kept where no learner reads them.

``settled.json`` is written by ``python -m posenc.course claims`` from the lessons' sources.
"""

import functools
import json
from importlib import resources


def settled_by(id: str, text: str) -> dict[str, str]:
    """Return the predictions that a claim settles, each with its right option.

    >>> settled_by("overflow", "in float16 the squares of only the first positions are finite")
    {'half precision': '256'}
    """
    return _claims().get((id, text), {})


@functools.cache
def _claims() -> dict[tuple[str, str], dict[str, str]]:
    stored = resources.files("posenc.check.trial").joinpath("settled.json").read_text("utf-8")
    return {(id, text): settles for _, id, text, settles in json.loads(stored)["claims"]}
