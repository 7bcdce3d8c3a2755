"""What a notebook's kernel gives to every cell: `display`, `get_ipython`, `In`, `Out`, `_`."""

from typing import Any


def names() -> dict[str, Any]:
    """Return new names for a notebook; IPython is started where one of them is called."""
    space: dict[str, Any] = {"__name__": "__main__", "In": [""], "Out": {}}
    space |= {"_": "", "__": "", "___": ""}

    space |= {"display": display, "get_ipython": lambda: _shell(space)}
    return space


def display(*shown: Any, **named: Any) -> Any:
    """Show objects as IPython does; here nobody sees them."""
    from IPython.display import display as shows

    return shows(*shown, **named)


def _shell(space: dict[str, Any]) -> Any:
    from IPython.core.interactiveshell import InteractiveShell
    from traitlets.config import Config

    if InteractiveShell.initialized() and InteractiveShell.instance().user_ns is space:
        return InteractiveShell.instance()
    InteractiveShell.clear_instance()  # that of another answer
    config = Config()
    config.HistoryManager.enabled = False
    return InteractiveShell.instance(config=config, user_ns=space)
