"""A lesson as a page that needs nothing but itself: for screens, and for paper."""

import copy
import html
import importlib.util
import json
import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from bs4 import BeautifulSoup
from nbconvert import HTMLExporter
from nbformat import NotebookNode

from posenc.course.cells import title_of
from posenc.course.editions import links
from posenc.course.editions.folder import TEMPLATES
from posenc.course.editions.listing import listing
from posenc.course.editions.paper import Node, copied, settle
from posenc.course.editions.questions import predictions

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
    title = title_of(notebook.cells[0].source)
    resources = {
        "page": {
            "title": f"{title} · posenc",
            "style": _style(about, title),
            "audience": about.audience,
            "medium": about.medium,
        }
    }
    body, _ = _exporter().from_notebook_node(_as_listed(notebook), resources=resources)
    soup: Node = BeautifulSoup(body, "html.parser")
    _name_headings(soup, about)
    _links(soup, about)
    _pictures(soup)
    predictions(soup)
    _unbroken(soup)
    for note in soup.find_all(class_="celltag_teacher"):
        note["class"] = ["teacher-note"]
    for cell in soup.find_all(class_="celltag_graded"):
        cell.decompose()
    (settle if about.paper else _fold)(soup, about.audience)
    _contents(soup)
    return str(soup)


def _as_listed(notebook: NotebookNode) -> NotebookNode:
    made = copy.deepcopy(notebook)
    for cell in made.cells:
        if cell.cell_type == "code":
            cell.source = listing(cell.source)
    return made


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


def _name_headings(soup: Node, about: Page) -> None:
    """Ids that stay apart when the lessons are bound into one volume."""
    for number, heading in enumerate(soup.find_all(["h2", "h3"]), 1):
        heading["id"] = f"{about.stem[:2]}-{number}"


def _links(soup: Node, about: Page) -> None:
    """Links to lessons lead to their pages; on paper, which leads nowhere, they are text."""
    for link in soup.find_all("a", href=True):
        to = links.goal(str(link["href"]), about.lessons)
        if to:
            link["href"] = links.on_page(to, about.stem)
            if about.paper and not link["href"].startswith("#"):
                link.append(links.said(link.get_text(), to).removeprefix(link.get_text()))
                link.unwrap()
        elif not re.match(r"#|[a-z]+:", link["href"]):
            link.unwrap()  # a file that does not lie beside the page


def _pictures(soup: Node) -> None:
    """A picture from elsewhere (a badge) is its text: these pages need no network."""
    for image in soup.find_all("img", src=re.compile("^http")):
        image.replace_with(str(image.get("alt", "")))


def _unbroken(soup: Node) -> None:
    """A number stays on one line, as 10 000 does; and a formula with the point that follows it."""
    for text in soup.find_all(string=re.compile(r"\d \d{3}\b|\$[^$]+\$[,.;:)]")):
        if not text.find_parent(["pre", "code", "script", "style"]):
            whole = re.sub(r"(?<=\d) (?=\d{3}\b)", "\u00a0", html.escape(text, quote=False))
            held = re.sub(r"\$[^$]+\$[,.;:)]+", r'<span class="held">\g<0></span>', whole)
            text.replace_with(*copied(held).contents)


def _contents(soup: Node) -> None:
    """The sections, below the title; a printer writes their pages into it."""
    made = soup.new_tag("ol")
    for heading in soup.find_all("h2"):
        row = soup.new_tag("li")
        link = soup.new_tag("a", href=f"#{heading['id']}")
        link.extend([copied(child) for child in heading.contents])
        row.append(link)
        row.append(soup.new_tag("span", attrs={"class": "page-number", "data-of": heading["id"]}))
        made.append(row)
    box = soup.new_tag("nav", attrs={"class": "contents"})
    box.append(made)
    first = soup.find(class_="text_cell")
    if first is not None and made.contents:
        first.insert_after(box)


def _fold(soup: Node, audience: str) -> None:
    """On a screen a solution is opened by who wants to see it."""
    for cell in soup.find_all(class_="celltag_solution"):
        folded = soup.new_tag("details")
        summary = soup.new_tag("summary")
        summary.string = "One solution"
        cell.wrap(folded)
        folded.insert(0, summary)
