"""Sphinx with MyST-NB and the book theme: from a folder of sources to a folder of pages."""

import re
import shutil
from collections.abc import Iterator
from io import StringIO
from pathlib import Path
from typing import Any

from sphinx.application import Sphinx
from sphinx.util.docutils import docutils_namespace, patch_docutils

from posenc import __version__
from posenc.course.editions.page import mathjax
from posenc.course.places import CourseError

STATIC = Path(__file__).parent / "static"
MATHJAX = "mathjax.js"
CONFIGURATION: dict[str, Any] = {
    "project": "posenc",
    "author": "posenc",
    "copyright": "",
    "release": __version__,
    "language": "en",
    "extensions": ["myst_nb", "sphinx.ext.mathjax", "sphinx.ext.autodoc"],
    "html_theme": "sphinx_book_theme",
    "html_title": "posenc",
    "html_static_path": [str(STATIC), "static"],
    "html_extra_path": ["extra"],
    "exclude_patterns": ["extra", "static"],
    "html_css_files": ["book.css"],
    "html_js_files": [(name, {"defer": "defer"}) for name in ("numbers.js", "heroes.js", "book.js")],
    "html_copy_source": False,
    "html_show_sourcelink": False,
    "html_show_sphinx": False,
    "html_show_copyright": False,
    "html_last_updated_fmt": None,
    "html_context": {"default_mode": "auto"},
    "html_theme_options": {
        "use_download_button": False,
        "use_fullscreen_button": False,
        "navigation_with_keys": False,
        "navbar_start": [], "navbar_center": [], "navbar_end": [], "navbar_persistent": [],
        "show_navbar_depth": 1,
        "max_navbar_depth": 1,
        "pygments_light_style": "a11y-high-contrast-light",
        "pygments_dark_style": "a11y-high-contrast-dark",
    },
    # What is shown was run by the builder; the widgets' scripts would come from a network.
    "nb_execution_mode": "off",
    "nb_ipywidgets_js": {},
    "myst_enable_extensions": ["dollarmath", "amsmath"],
    "myst_heading_anchors": 3,
    "mathjax_path": MATHJAX,
    "mathjax3_config": {
        "tex": {"inlineMath": [["\\(", "\\)"]]},
        "svg": {"fontCache": "local"},
        "options": {"enableMenu": False},
    },
    "autodoc_member_order": "bysource",
    "autodoc_typehints": "signature",
    "default_role": "code",
    # One docstring writes a distance without its sign, which is a substitution in RST.
    "rst_epilog": ".. |distance| replace:: \\|distance\\|",
}
_NOISE = re.compile(r"\x1b\[[0-9;]*m")


def make(source: Path, out: Path, **more: Any) -> None:
    """Build the pages of the sources; raise ``CourseError`` with what Sphinx warns of."""
    (source / "static").mkdir(parents=True, exist_ok=True)
    (source / "static" / MATHJAX).write_text(mathjax(), encoding="utf-8")
    (source / "extra").mkdir(exist_ok=True)
    warnings = StringIO()
    with patch_docutils(), docutils_namespace():
        app = Sphinx(
            srcdir=source, confdir=None, outdir=out, doctreedir=source.parent / "doctrees",
            buildername="html", confoverrides={**CONFIGURATION, **more}, status=None,
            warning=warnings, freshenv=True,
        )  # fmt: skip
        app.build(force_all=True)
    problems = list(_problems(warnings.getvalue(), source))
    if problems:
        raise CourseError("\n".join(problems))
    for leftover in ("objects.inv", ".buildinfo"):
        (out / leftover).unlink(missing_ok=True)
    shutil.rmtree(source.parent / "doctrees", ignore_errors=True)


def _problems(said: str, source: Path) -> Iterator[str]:
    """The warnings, one a line, with paths as the book has them."""
    for line in _NOISE.sub("", said).splitlines():
        if line.strip():
            yield line.replace(f"{source}/", "")
