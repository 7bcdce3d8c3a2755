"""Does a claim's text stand alone? In the ledger there is no line before it.

A guess from its words, so the builder asks, and only the tests insist.
"""

import re

_FIRST = re.compile(
    r"(?:… ?)?"
    r"(with|without|so|and|but|or|then|there|here|both|neither|either|not|only|too|now|again"
    r"|this|that|these|those|the others?|the same|the rest|the first|the second|the latter"
    r"|another|as|also|still|yet|beyond|else|nor|than)\b",
    re.IGNORECASE,
)
# "Its" and "their" mostly own what the same text has named.
_PRONOUN = re.compile(r"\b(it|they|them|he|she|we|ours|theirs)\b", re.IGNORECASE)
_VERB = re.compile(
    r"\b(is|are|was|were|be|has|have|had|do|does|did|can|cannot|may|must|will|would|get|give|go"
    r"|come|keep|lose|see|know|rise|fall|fit|lie|agree|differ|change|move|stay|reach|learn|need"
    r"|fail|hold|leave|make|let|take|turn|find|show|cost|solve|repeat|grow|stop|meet|serve|read|work)\b"
    r"|\b\w{2,}(?<![su])s\b|\b\w{2,}ed\b",
    re.IGNORECASE,
)


def leans(text: str) -> str | None:
    """Return what makes a text seem to lean on the line before it, None if it stands alone.

    >>> leans("in eval() it turns out to be blind")
    'it says “it”'
    >>> leans("a recurrent layer sees the order")
    """
    first = _FIRST.match(text)
    if first:
        return f"it begins with “{first[1]}”"
    pronoun = _PRONOUN.search(text)
    if pronoun:
        return f"it says “{pronoun[0]}”"
    return None if _VERB.search(text) else "it has no verb"
