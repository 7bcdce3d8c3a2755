"""Questions on a page: circles to tick, a blank to fill, axes to draw into."""

import re

from posenc.course.editions.paper import Node

_OPTION, _BLANK, _LEVEL = re.compile(r"  \( \) "), re.compile(r"  _+ ?"), re.compile(r" +(\S.*?) │")


def predictions(soup: Node) -> None:
    """Make the text form of each question a box to answer in."""
    for pre in soup.find_all("pre"):
        text = pre.get_text().strip()
        if not text.startswith("Predict: "):
            continue
        question, *rows = re.split(r"\n(?= |How sure)", text.removeprefix("Predict: "))
        box = soup.new_tag("div", attrs={"class": "predict"})
        box.extend(coded(soup, question if question.endswith("?") else f"{question} …"))
        sure = [row for row in rows if row.startswith("How sure")]
        answers = rows[: len(rows) - len(sure)]
        if any(map(_LEVEL.match, answers)):
            box.append(_axes(soup, answers))
        elif answers and _BLANK.match(answers[0]):
            box.append(_blank(soup, _BLANK.sub("", answers[0])))
        else:
            box.append(_list(soup, [_OPTION.sub("", answer, count=1) for answer in answers]))
        for asks in sure:
            words, *levels = re.split(r"  \( \) ", asks)
            box.append(words)
            box.append(_list(soup, levels, "sure"))
        pre.replace_with(box)


def _list(soup: Node, texts: list[str], kind: str = "") -> Node:
    made = soup.new_tag("ul", attrs={"class": kind} if kind else {})
    for text in texts:
        row = soup.new_tag("li")
        row.extend(coded(soup, text))
        made.append(row)
    return made


def _blank(soup: Node, unit: str) -> Node:
    made = soup.new_tag("p")
    made.append(soup.new_tag("span", attrs={"class": "blank"}))
    made.extend(coded(soup, f" {unit}"))
    return made


def _axes(soup: Node, rows: list[str]) -> Node:
    """An empty grid: a row from each level to the next, a column around each value of x."""
    levels = [level[1] for level in map(_LEVEL.match, rows) if level]
    ylabel, (ticks, xlabel) = rows[0].strip(), rows[-2:]
    columns = re.split(r" {2,}", ticks.strip())
    made = soup.new_tag("table", attrs={"class": "axes"})
    made.append(soup.new_tag("caption", string=ylabel))
    for level in levels:
        made.append(_row(soup, [level, *[""] * len(columns)], "level"))
    made.append(_row(soup, ["", *columns]))
    made.append(_row(soup, ["", xlabel.strip()], span=len(columns)))
    return made


def _row(soup: Node, texts: list[str], kind: str = "", span: int = 1) -> Node:
    made = soup.new_tag("tr", attrs={"class": kind} if kind else {})
    for number, text in enumerate(texts):
        cell = soup.new_tag("td", attrs={"colspan": span} if number and span > 1 else {})
        cell.extend(coded(soup, text))
        made.append(cell)
    return made


def coded(soup: Node, text: str) -> list[Node]:
    """The text with what stands between backticks set as code."""
    made = []
    for number, part in enumerate(text.split("`")):
        code = soup.new_tag("code")
        code.string = part
        made.append(code if number % 2 else soup.new_string(part))
    return made
