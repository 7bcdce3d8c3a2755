"""How sure a guess is: a few buttons below the guess itself."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Sure:
    """The steps that one can choose from; ``on_level`` is called with the number of one."""

    levels: Sequence[str]
    on_level: Callable[[int], None]
    chosen: int | None = None

    def buttons(self) -> Any:
        """Return them as one new widget."""
        import ipywidgets

        start = self.levels[self.chosen] if self.chosen is not None else None
        view = ipywidgets.ToggleButtons(
            options=list(self.levels), value=start, description="How sure are you?",
            style={"description_width": "initial"},
        )  # fmt: skip
        view.style.button_width = "auto"
        view.layout.width, view.layout.max_width = "auto", "100%"
        for name in ("posenc-control", "posenc-sure"):
            view.add_class(name)
        view.observe(lambda change: self.on_level(change["new"]), names="index")
        return view
