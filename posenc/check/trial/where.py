"""Where a cell stands that is running: the file of its notebook and its id, as JupyterLab says."""

import os
import re
import sys
from pathlib import PurePath
from typing import Any
from urllib.parse import quote

_ID = re.compile(r"[\w-]{1,64}")


def shell() -> Any:
    """Return the IPython that runs this cell, None outside of it."""
    return sys.modules["IPython"].get_ipython() if "IPython" in sys.modules else None


def notebook() -> str:
    """Return the name of the file of the running notebook, "" where nobody says it (Colab)."""
    return PurePath(os.environ.get("JPY_SESSION_NAME", "").replace("\\", "/")).name


def lesson() -> str:
    """Return the number with which the name of the running notebook begins, if it has one."""
    number = re.match(r"\d\d(?=_)", notebook())
    return number[0] if number else ""


def cell() -> str:
    """Return the id of the running cell, "" where the front end does not send it."""
    parent: dict[str, Any] = getattr(shell(), "get_parent", dict)() or {}
    return str(parent.get("metadata", {}).get("cellId", ""))


def here() -> dict[str, str]:
    """Return the running cell as the record has it; empty where it is not known."""
    name, id = notebook(), cell()
    return {"notebook": name, "cell": id} if name and _ID.fullmatch(id) else {}


def link(event: dict[str, Any]) -> str:
    """Return where a link leads to the cell of an event; "" where no link can lead there."""
    name, id = str(event.get("notebook", "")), str(event.get("cell", ""))
    if not notebook() or not _ID.fullmatch(id) or not name.endswith(".ipynb") or "/" in name:
        return ""
    return f"{quote(name)}#cell-id={id}"
