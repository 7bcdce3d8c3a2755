"""What the page needs beside the controls: a style, and a word when their kernel has ended.

ipywidgets marks a view whose kernel has ended with the class ``jupyter-widgets-disconnected``,
also where the view was restored from the file: a style alone can show the sentence then.
Where a kernel is shut down under an open page, the lab's extension adds ``posenc-kernel-ended``.
"""

import html as _html
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from posenc.widgets._sure import Sure

VIEW = "application/vnd.jupyter.widget-view+json"

STYLE = """<style>
.posenc-ended, .posenc-ended.widget-html { display: none; }
.posenc-ended.jupyter-widgets-disconnected, .posenc-kernel-ended .posenc-ended.widget-html {
  display: block; font-weight: bold; height: auto;
}
.posenc-control.jupyter-widgets-disconnected, .posenc-kernel-ended .posenc-control {
  opacity: 0.45; pointer-events: none;
}
.posenc-box.jupyter-widgets-disconnected::before,
.posenc-box .jupyter-widgets-disconnected::before { display: none; } /* a broken chain on each */
.posenc-control input[type=number] { min-width: 5.5em; }
.posenc-control.widget-toggle-buttons { height: auto; flex-wrap: nowrap; align-items: center; }
.posenc-control.widget-toggle-buttons > div { display: flex; flex-wrap: wrap; min-width: 0; }
.posenc-control .widget-toggle-button, .posenc-control select { min-height: 28px; }
.posenc-picture { height: auto; overflow: visible; }
.posenc-picture img { display: block; max-width: 100%; height: auto; }
.posenc-picture p { margin: 0.4em 0 0; line-height: 1.4; white-space: normal; }
.posenc-said { height: auto; min-height: 1.5em; line-height: 1.4; }
.posenc-unit { line-height: 28px; }
.posenc-sure .widget-label { white-space: nowrap; }
.posenc-choice .widget-radio-box { height: auto; width: auto; margin: 0; }
.posenc-choice.widget-radio { width: auto; max-width: 100%; height: auto; }
.posenc-choice.widget-radio .widget-radio-box label {
  display: flex; align-items: flex-start; gap: 0.5em; box-sizing: border-box;
  width: auto; max-width: 100%; height: auto; min-height: 28px; padding: 4px 0; margin: 0;
  line-height: 20px; white-space: normal; overflow: visible; overflow-wrap: anywhere;
  cursor: pointer;
}
.posenc-choice.widget-radio input[type=radio] {
  order: -1; position: static; flex: none; width: 16px; height: 16px; margin: 2px 0 0; float: none;
}
</style>"""


def text(html: str, *classes: str) -> Any:
    """Return a widget that shows HTML, over the whole width."""
    import ipywidgets

    widget = ipywidgets.HTML(value=html)
    widget.layout.width, widget.layout.max_width = "auto", "100%"
    for name in classes:
        widget.add_class(name)
    return widget


def ended(what: str) -> Any:
    """Return the sentence that is seen only where the kernel of these widgets has ended."""
    return text(STYLE + what, "posenc-ended")


def box(parts: list[Any]) -> Any:
    """Return the parts, one below the other, as one widget."""
    import ipywidgets

    whole = ipywidgets.VBox(parts)
    whole.add_class("posenc-box")
    return whole


def said(note: str) -> Any:
    """Return the line below a question that says what was noted."""
    return text(_html.escape(note), "posenc-said")


def say(line: Any, sentence: str | None) -> None:
    """Write a sentence into that line."""
    line.value = _html.escape(sentence or "")


def question(
    asks: str, controls: list[Any], said: Any, ends: str, sure: "Sure | None" = None
) -> dict[str, Any]:
    """Return the view of a question above its controls, as a bundle."""
    asked = text(f"<b>Predict.</b> {_html.escape(asks)}", "posenc-question")
    how_sure = [sure.buttons()] if sure else []
    whole = box([asked, *controls, *how_sure, said, ended(ends)])
    return {VIEW: {"version_major": 2, "version_minor": 0, "model_id": whole.model_id}}
