"""An explorer on a page: controls whose settings were drawn beforehand, one picture for each."""

import base64
import io
import json
from collections.abc import Mapping
from typing import Any

from markupsafe import Markup
from PIL import Image

from posenc.course.editions.book.templating import render, said

UP = "../"  # from a lesson's page to the top of the book


def explorer(
    frames: Mapping[str, Any], folder: str, stills: list[str]
) -> tuple[str, dict[str, bytes]]:
    """Return the piece of the page, and its pictures by their paths below the book's top.

    ``stills`` are what a page without a script shows.
    """
    files = {f"{folder}/{n}.webp": frame["webp"] for n, frame in enumerate(frames["frames"])}
    shown = [{"src": UP + path, "alt": frame["alt"]}
             for path, frame in zip(files, frames["frames"], strict=True)]  # fmt: skip
    controls = [
        control | {"words": [said(value) for value in control["values"]],
                   "thinned": len(control["values"]) < control["of"]}
        for control in frames["controls"]
    ]
    settings = {"controls": controls, "frames": shown, "start": frames["start"]}
    html = render(
        "explorer.html.j2", controls=controls, frame=frames["frames"][frames["start"]],
        name=folder.replace("/", "-"), start=at(controls, frames["start"]),
        data=Markup(in_page(settings)), stills=[Markup(still) for still in stills],
    )  # fmt: skip
    return html, files


def at(controls: list[dict[str, Any]], number: int) -> list[int]:
    """Where each control stands in the frame of that number, the last one moving fastest."""
    places = []
    for control in reversed(controls):
        number, place = divmod(number, len(control["values"]))
        places.append(place)
    return places[::-1]


def in_page(data: Any) -> str:
    """JSON that no text in it can end the script that holds it."""
    return json.dumps(data, ensure_ascii=False, sort_keys=True).replace("<", "\\u003c")


def webp(png: str) -> bytes:
    """The picture in fewer bytes, without a loss: a third less than the PNG, in base64, has."""
    buffer = io.BytesIO()
    Image.open(io.BytesIO(base64.b64decode(png))).convert("RGBA").save(
        buffer, "webp", lossless=True, method=4
    )
    return buffer.getvalue()
