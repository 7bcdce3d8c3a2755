"""The drawer: configs of models that people run, small text files with the source of each value."""

import json
from functools import cache
from importlib.resources import files
from typing import Any

SOURCES = "_sources"  # in each file: which keys were read where


def models() -> list[str]:
    """Return the names of the models in the drawer, in alphabetical order.

    >>> "gpt2" in models()
    True
    """
    folder = files("posenc.config") / "models"
    return sorted(entry.name[:-5] for entry in folder.iterdir() if entry.name.endswith(".json"))


@cache
def _text(name: str) -> str:
    if name not in (known := models()):
        raise ValueError(f"no model is called {name!r}; the drawer has {', '.join(known)}")
    return (files("posenc.config") / "models" / f"{name}.json").read_text("utf-8")


def model(name: str) -> dict[str, Any]:
    """Return the config of a model in the drawer: the keys about positions and sizes alone.

    Raises ``ValueError`` for an unknown name, listing the known ones.

    >>> model("gpt2")["n_positions"]
    1024
    """
    config: dict[str, Any] = json.loads(_text(name))
    del config[SOURCES]
    return config


def sources(name: str) -> dict[str, str]:
    """Return for each key of a model's config where its value was read.

    The kinds of source are the maker's repository, a conversion script, a class's default or
    docstring in the pinned transformers, a public thread or another repository, and
    "not verified", where nothing could be opened.

    Raises ``ValueError`` for an unknown name, listing the known ones.

    >>> sources("gpt2")["n_positions"]
    "maker's repository: https://github.com/openai/gpt-2/blob/master/src/model.py"
    """
    told: dict[str, list[str]] = json.loads(_text(name))[SOURCES]
    return {key: source for source, keys in told.items() for key in keys}
