"""One version: the package's, the project's, the one to cite, and the one that lessons name."""

import tomllib

import pytest
import yaml
from real import ROOT, SOURCES, every_lesson

import posenc
from posenc.course.author.source import notebook_from
from posenc.course.cells import EDITION, REPORT

CITATION = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]


def test_the_project_and_what_to_cite_have_the_version_of_the_package():
    assert PROJECT["version"] == CITATION["version"] == posenc.__version__


@every_lesson
def test_a_lesson_says_its_edition_and_its_source_does_not(stem):
    cells = notebook_from(SOURCES[stem]).cells
    assert EDITION.format(posenc.__version__) in cells[0].source
    [reports] = [cell for cell in cells if REPORT.format(posenc.__version__) in cell.source]
    assert reports.source.startswith("## References")
    assert "Edition" not in SOURCES[stem].read_text(encoding="utf-8").partition("# %%\n")[0]


@pytest.mark.parametrize("key", ["cff-version", "message", "title", "authors"])
def test_what_the_format_demands_is_there(key):
    assert CITATION[key]


def test_nobody_is_invented():
    assert CITATION["authors"] == [{"name": "The posenc authors"}]
    assert not {"doi", "url", "repository-code", "contact"} & set(CITATION)
