"""What paper cannot do, a page does for it beforehand: fold, scroll, run, be written into."""

import re
from typing import Any

from bs4 import BeautifulSoup

Node = Any  # a node of a parsed page; bs4's own types would need an assertion a line
COVER = "Where a box asks for a prediction, tick it before you look at what follows."
SHORT = 12  # lines of code that leave no great gap where they move to the next page
EXPLAINED = 9  # lines for an answer in words
LINES = 3  # of room that stay with their exercise; the others may go on overleaf
SAID = {"check.predict", "check.predict_number", "check.predict_curve", "check.verdict"}
LAST = {"Hint": "Hints", "Answer": "Answers", "Rubric": "Rubrics"}  # folds -> their section
_ARTICLE = {"Hint": "A hint", "Answer": "The answer", "Rubric": "The rubric"}
_STEPS = re.compile(r"difficulty (\d) of 5")


def settle(soup: Node, audience: str) -> None:
    """Make the page of a lesson fit to be printed."""
    _said_already(soup)
    _folds_last(soup)
    _together(soup)
    _with_picture(soup)
    _lead(soup)
    for fold in soup.find_all("details"):
        fold["open"] = ""
    for heading in soup.find_all("h2"):
        if heading.get_text() == "Solutions":
            heading["class"] = ["on-new-page"]
    if audience == "student":
        _who(soup)
        _room(soup)


def copied(node: Node) -> Node:
    """The node once more, to be put elsewhere."""
    return BeautifulSoup(str(node), "html.parser")


def _said_already(soup: Node) -> None:
    """Code that is nothing but a question or a verdict, which stand below it in words."""
    for cell in soup.select(".code_cell:has(.predict), .code_cell:has(blockquote)"):
        calls = re.findall(r"^(\w.*?)\(", cell.select_one(".input").get_text(), flags=re.MULTILINE)
        said = len(cell.select(".predict, blockquote"))
        # A cell that asks twice shows its last question alone.
        if set(calls) <= SAID and len(calls) == said:
            cell.select_one(".input").decompose()


def _folds_last(soup: Node) -> None:
    """What cannot be folded goes where it is not seen before it is wanted, each kind by itself."""
    for kind, heading in LAST.items():
        folds = [fold for fold in soup.find_all("details") if _is(kind, fold)]
        if not folds:
            continue
        section = copied(f'<section><h2 id="{heading.lower()}">{heading}</h2></section>').section
        for fold in folds:
            label = soup.new_tag("p")
            about = fold.find_previous("strong", string=re.compile("^(Exercise|Recall)"))
            label.extend([copied(about), f" · {kind}"])
            fold.summary.decompose()
            fold.replace_with(copied(f"<p><em>{_ARTICLE[kind]} is at the end.</em></p>"))
            fold.name = "div"
            section.extend([label, fold])
        _end(soup).insert_before(section)


def _is(kind: str, fold: Node) -> bool:
    """Whether a fold is of this kind, and not in a teacher's note, which stays where it is."""
    begins = fold.summary.get_text().startswith(kind)
    return begins and not fold.find_parent(class_="teacher-note")


def _together(soup: Node) -> None:
    """A statement and the cell in which it is answered, on one page."""
    for cell in soup.select(".text_cell + .celltag_exercise"):
        box = cell.find_previous_sibling().wrap(soup.new_tag("div", attrs={"class": "together"}))
        box.append(cell.extract())
    for note in soup.select(".text_cell + .teacher-note:has(+ .celltag_exercise)"):
        statement = note.find_previous_sibling()
        statement["class"] = [*statement["class"], "together"]


def _with_picture(soup: Node) -> None:
    """A few lines of code go with the picture that they draw; several pictures are smaller."""
    for cell in soup.select(".code_cell:has(img)"):
        lines = cell.select_one(".input").get_text().strip().count("\n") + 1
        if len(cell.find_all("img")) > 1:
            cell["class"] = [*cell["class"], "stills"]
        elif lines <= SHORT:
            cell["class"] = [*cell["class"], "together"]


def _lead(soup: Node) -> None:
    """What ends in a colon stays with what it announces, and in a comma with its formula."""
    for cell in soup.find_all(class_="text_cell"):
        texts = cell.find_all("p")
        for text in texts:
            if text.get_text().rstrip().endswith((":", ",")):
                text["class"] = ["lead"]
        if texts and texts[-1].has_attr("class"):
            cell["class"] = [*cell["class"], "lead"]


def _end(soup: Node) -> Node:
    """Where the hints go: before the solutions, else after all."""
    for heading in soup.find_all("h2"):
        if heading.get_text() == "Solutions":
            return heading.find_parent(class_="cell")
    last = soup.new_tag("div")
    soup.main.append(last)
    return last


def _who(soup: Node) -> None:
    line = '<div class="who">Name <span></span> Date <span></span></div>'
    soup.h1.insert_after(copied(f"<div>{line}<p><em>{COVER}</em></p></div>"))


def _room(soup: Node) -> None:
    """Lines below each exercise, more for a harder one, and not what its stub says."""
    for cell in soup.find_all(class_="celltag_exercise"):
        for output in cell.select(".output_wrapper"):
            output.decompose()
        texts = (text.get_text() for text in cell.find_all_previous(class_="text_cell"))
        steps = int(next((found[-1] for found in map(_STEPS.findall, texts) if found), "2"))
        more = 2 * steps + 4 * ("class " in cell.get_text())
        cell.append(_lines(soup, LINES))
        (cell.find_parent(class_="together") or cell).insert_after(_lines(soup, more))

    for cell in soup.find_all(class_="celltag_explain"):
        cell.clear()
        cell.append(_lines(soup, EXPLAINED))


def _lines(soup: Node, count: int) -> Node:
    room, last = (soup.new_tag("div", attrs={"class": name}) for name in ("room", "last"))
    lines = [soup.new_tag("div", attrs={"class": "line"}) for _ in range(count)]
    last.extend(lines[-LINES - 1 :])  # fewer would look forgotten at the head of a page
    room.extend([*lines[: -LINES - 1], last])
    return room
