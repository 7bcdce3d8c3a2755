"""A lesson as a page that needs nothing but itself: for screens, and for paper."""

import importlib.util
import json
import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from bs4 import BeautifulSoup
from bs4.element import Tag
from nbconvert import HTMLExporter
from nbformat import NotebookNode

from posenc.course import _audience

TEMPLATES = Path(__file__).parent / "pages"
MATHEMATICS = "<!-- mathematics -->"
# What each reader sees at the head of a printed page.
RUNNING = {"study": "Study edition", "student": "Student edition", "instructor": "For the teacher"}
CONFIGURATION = {
    "tex": {"inlineMath": [["$", "$"]], "processEscapes": True},
    # Fonts are paths inside the script, so a page needs no file beside it.
    "svg": {"fontCache": "local"},
    "options": {"enableMenu": False},
}


@dataclass(frozen=True)
class Page:
    """What a lesson is called where it is shown, and to whom."""

    stem: str
    audience: str
    medium: str  # "screen" or "paper"
    lessons: tuple[str, ...]  # the stems of all lessons, for links between them

    @property
    def paper(self) -> bool:
        """Whether nothing can be folded, scrolled or clicked."""
        return self.medium == "paper"


def page(notebook: NotebookNode, about: Page) -> str:
    """The whole page, but for the script that sets its formulas."""
    title = _audience.title(notebook)
    resources = {
        "page": {
            "title": f"{title} · posenc",
            "style": _style(about, title),
            "audience": about.audience,
            "medium": about.medium,
        }
    }
    html, _ = _exporter().from_notebook_node(notebook, resources=resources)
    soup = BeautifulSoup(html, "html.parser")
    _name_headings(soup, about)
    _links(soup, about)
    _pictures(soup)
    _predictions(soup)
    for note in soup.select(".celltag_teacher"):
        note["class"] = ["teacher-note"]
    (_for_paper if about.paper else _for_screens)(soup, about)
    _contents(soup)
    return str(soup)


def with_mathematics(html: str) -> str:
    """The page with MathJax inside, so that it can be read without a network."""
    settings = f"<script>MathJax = {json.dumps(CONFIGURATION)};</script>"
    return html.replace(MATHEMATICS, f"{settings}\n<script>{mathjax()}</script>")


@cache
def mathjax() -> str:
    """The one file of MathJax 3 with its fonts, from the package that carries it."""
    spec = importlib.util.find_spec("mathjax")
    if spec is None or not spec.submodule_search_locations:
        raise ModuleNotFoundError("No module named 'mathjax'")
    folder = Path(spec.submodule_search_locations[0])
    return (folder / "static/mathjax/es5/tex-svg.js").read_text(encoding="utf-8")


def _exporter() -> HTMLExporter:
    return HTMLExporter(
        template_name="handout",
        extra_template_basedirs=[str(TEMPLATES)],
        exclude_input_prompt=True,
        exclude_output_prompt=True,
        exclude_anchor_links=True,
    )


def _style(about: Page, title: str) -> str:
    names = {
        "--running-title": title,
        "--running-audience": RUNNING[about.audience],
        "--page-prefix": f"{about.stem[:2]} · ",
    }
    # A CSS string is a JSON string, but for letters beyond ASCII: these stay as they are.
    rows = [f"{name}: {json.dumps(text, ensure_ascii=False)};" for name, text in names.items()]
    sheet = (TEMPLATES / "handout.css").read_text(encoding="utf-8")
    return f":root {{ {' '.join(rows)} }}\n{sheet}"


# --- for every reader ------------------------------------------------------------


def _name_headings(soup: BeautifulSoup, about: Page) -> None:
    """Ids that stay apart when the lessons are bound into one volume."""
    for number, heading in enumerate(soup.select("h2, h3")):
        heading["id"] = f"{about.stem[:2]}-{number}"


def _links(soup: BeautifulSoup, about: Page) -> None:
    """Links to lessons lead to their pages; on paper, which leads nowhere, they are text."""
    for link in soup.select("a[href]"):
        stem = str(link["href"]).removesuffix(".ipynb")
        if stem in about.lessons:
            link["href"] = f"{stem}.html"
            if about.paper:
                link.unwrap()


def _pictures(soup: BeautifulSoup) -> None:
    """A picture from elsewhere (a badge) is its text: these pages need no network."""
    for image in soup.select("img[src^=http]"):
        image.replace_with(str(image.get("alt", "")))


def _predictions(soup: BeautifulSoup) -> None:
    """The text form of a question becomes a list of circles to tick."""
    for pre in soup.select(".output_text pre"):
        text = pre.get_text().strip()
        if not text.startswith("Predict: "):
            continue
        question, *options = re.split(r"\n +\( \) ", text)
        box = soup.new_tag("div", attrs={"class": "predict"})
        box.append(question.removeprefix("Predict: ") + " …")
        box.append(_list(soup, options))
        pre.replace_with(box)


def _list(soup: BeautifulSoup, texts: list[str]) -> Tag:
    made = soup.new_tag("ul")
    for text in texts:
        row = soup.new_tag("li")
        row.string = text
        made.append(row)
    return made


def _contents(soup: BeautifulSoup) -> None:
    """The sections, below the title; a printer writes their pages into it."""
    made = soup.new_tag("ol")
    for heading in soup.select("h2"):
        row = soup.new_tag("li")
        link = soup.new_tag("a", href=f"#{heading['id']}")
        link.extend([_copy(child) for child in heading.contents])
        row.append(link)
        row.append(soup.new_tag("span", attrs={"class": "page-number", "data-of": heading["id"]}))
        made.append(row)
    box = soup.new_tag("nav", attrs={"class": "contents"})
    box.append(made)
    first = soup.select_one(".text_cell")
    if first is not None and made.contents:
        first.insert_after(box)


def _copy(node: object) -> object:
    return BeautifulSoup(str(node), "html.parser")


# --- screens ---------------------------------------------------------------------


def _for_screens(soup: BeautifulSoup, about: Page) -> None:
    for cell in soup.select(".celltag_solution"):
        folded = soup.new_tag("details")
        summary = soup.new_tag("summary")
        summary.string = "One solution"
        cell.wrap(folded)
        folded.insert(0, summary)


# --- paper -----------------------------------------------------------------------


def _for_paper(soup: BeautifulSoup, about: Page) -> None:
    _said_already(soup)
    _hints_last(soup, about)
    for fold in soup.select("details"):
        fold["open"] = ""
    for cell in soup.select(".celltag_solution"):
        cell["class"] = [*cell["class"], "solved"]
    for heading in soup.select("h2"):
        if heading.get_text() in ("Solutions", "Hints"):
            heading["class"] = ["on-new-page"]
    if about.audience == "student":
        _who(soup)
        _room(soup)


def _said_already(soup: BeautifulSoup) -> None:
    """Code that is nothing but a question or a verdict, which stand below it in words."""
    for cell in soup.select(".code_cell:has(.predict), .code_cell:has(blockquote)"):
        if re.match(r"check\.(predict|verdict)\(", cell.select_one(".input").get_text().strip()):
            cell.select_one(".input").decompose()


def _hints_last(soup: BeautifulSoup, about: Page) -> None:
    """Hints that cannot be folded go where they are not seen before they are wanted."""
    hints = [d for d in soup.select("details") if d.summary and d.summary.get_text() == "Hint"]
    if not hints:
        return
    section = soup.new_tag("section")
    heading = soup.new_tag("h2", id=f"{about.stem[:2]}-hints")
    heading.string = "Hints"
    section.append(heading)
    for hint in hints:
        label = soup.new_tag("p")
        label.append(_name_of(hint))
        hint.summary.decompose()
        hint.replace_with(_seen_below(soup))
        hint.name = "div"
        section.extend([label, hint])
    _end(soup).insert_before(section)


def _name_of(hint: Tag) -> Tag:
    """The bold words with which the statement around a hint begins."""
    statement = hint.find_previous("strong")
    return _copy(statement)


def _seen_below(soup: BeautifulSoup) -> Tag:
    made = soup.new_tag("p")
    made.append(_copy("<em>A hint is at the end.</em>"))
    return made


def _end(soup: BeautifulSoup) -> Tag:
    """Where the hints go: before the solutions, else after all."""
    for heading in soup.select("h2"):
        if heading.get_text() == "Solutions":
            return heading.find_parent(class_="cell")
    last = soup.new_tag("div")
    soup.main.append(last)
    return last


def _who(soup: BeautifulSoup) -> None:
    line = soup.new_tag("div", attrs={"class": "who"})
    for word in ("Name", "Date"):
        line.append(word)
        line.append(soup.new_tag("span"))
    soup.h1.insert_after(line)


def _room(soup: BeautifulSoup) -> None:
    """Lines below each exercise, more for a harder one; what its unwritten stub says is left out."""
    for cell in soup.select(".celltag_exercise"):
        for output in cell.select(".output_wrapper"):
            output.decompose()
        steps = re.findall(
            r"difficulty (\d) of 5", cell.find_previous(class_="text_cell").get_text()
        )
        height = 24 + 16 * int(steps[-1] if steps else 2)
        cell.append(soup.new_tag("div", attrs={"class": "room", "style": f"--room: {height}mm"}))
