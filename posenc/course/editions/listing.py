"""Code as it is printed: less what serves only those who hear a picture."""

from posenc.course.keywords import without


def listing(code: str) -> str:
    """The code without the keywords that say what a picture shows.

    Below a question of a page they would give the answer before the picture does.

    >>> print(listing('plots.lines({"a": y}, xlabel="p",\\n            alt="It falls.")'))
    plots.lines({"a": y}, xlabel="p")
    """
    return without(code, lambda call, keyword: keyword == "alt")
