"""Every wrong program that a checker knows by name, found in the folders of the lessons."""

import importlib
import pkgutil

from posenc import check


def known():
    """Each checker with its slips, and the words that fetch them: `(name, words, slips)`."""
    for folder in pkgutil.iter_modules(check.__path__):
        if not folder.name.startswith("lesson_"):
            continue
        lesson = importlib.import_module(f"{check.__name__}.{folder.name}")
        for name in (*lesson.EXERCISES, *getattr(lesson, "RETIRED", ())):
            module = importlib.import_module(f"{lesson.__name__}.{name}")
            slips = getattr(module, "SLIPS", ())
            yield name, f"from {module.__name__} import SLIPS as slips", slips
