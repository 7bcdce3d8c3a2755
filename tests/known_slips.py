"""Every wrong program that a checker knows by name, found in the folders of the lessons."""

import importlib
import importlib.util
import pkgutil

from posenc import check
from posenc.check import _slips


def known():
    """Each checker with its slips, and the words that fetch them: `(name, words, slips)`."""
    for found in pkgutil.iter_modules(_slips.__path__):
        module = importlib.import_module(f"{_slips.__name__}.{found.name}")
        for name, slips in module.KNOWN.items():
            yield name, f"import {module.__name__} as m; slips = m.KNOWN[{name!r}]", slips
    for folder in pkgutil.iter_modules(check.__path__):
        if not folder.name.startswith("lesson_"):
            continue
        lesson = importlib.import_module(f"{check.__name__}.{folder.name}")
        for name in lesson.EXERCISES:
            if not importlib.util.find_spec(f"{lesson.__name__}.{name}"):
                continue  # of lessons 01 to 05, whose slips still stand in `_slips`
            module = importlib.import_module(f"{lesson.__name__}.{name}")
            slips = getattr(module, "SLIPS", ())
            yield name, f"from {module.__name__} import SLIPS as slips", slips
