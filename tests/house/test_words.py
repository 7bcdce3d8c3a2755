"""The words of the course: what a machine can find of its habits, terms, numbers, quotes, links."""

import nbformat
import pytest
import tiny

from tools.words import meter
from tools.words.hits import hits
from tools.words.links import Link, complaint, dead
from tools.words.prose import markdown, program
from tools.words.terms import not_bold

FILES = meter.files()
FOUND = meter.found()
every_file = pytest.mark.parametrize("name", FILES)


def said(text, read=markdown, name="05_x.py"):
    """The words that are found in a text."""
    return [hit.words for hit in hits(meter.ROOT / name, list(read(text)))]


@every_file
def test_the_places_to_rewrite_are_those_recorded_and_only_become_fewer(name):
    problem = meter.verdict(name, len(FOUND[name]), meter.recorded().get(name, 0))
    assert problem is None, problem


def test_the_record_names_files_that_are_there():
    assert set(meter.recorded()) <= set(FILES)


# What the welcome page links to is filled in when it is written.
@pytest.mark.parametrize("name", [name for name in FILES if not name.endswith("welcome.md")])
def test_every_link_leads_somewhere(name):
    assert dead(FILES[name], meter.ROOT) == []


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Draw a dot a seed.", "a dot a seed"),
        ("That is no counting.", "is no counting"),
        ("It beats none by far.", "none"),
        ("The model shall see it.", "shall"),
        ("Whoever reads on will know.", "Whoever"),
        ("It depends on the distance alone.", "the distance alone"),
        ("RoPE turns the queries.", "turns the"),
        ("All pairs have different speeds.", "speeds"),
        ("Its shares sum to 1: the shares are positive.", "the shares"),
        ("A position code per token.", "position code"),
        ("The code of a word has 64 channels.", "code of a word"),
        ("As notebook 03 showed.", "notebook 03"),
        ("It lasts, for it is large.", ", for it"),
        ("It has 4 096 rows.", "4 096"),
        ("It has 10 000 rows.", "10 000"),
        ("It has 10000 rows.", "10000"),
        ('She said "yes" at once.', '"yes"'),
        ("The second\nline is ill.", "ill"),
    ],
)
def test_a_habit_is_found(text, words):
    assert words in said(text)


@pytest.mark.parametrize(
    "text",
    [
        "There is no mask, and none of the tokens is hidden; it is no longer shown.",
        "ALiBi gives a head a slope. Two turns fit into it. The head shares a vector.",
        "Sliders turn the notebook into a game; write code in the first cell.",
        "It has 2048, 10\u00a0000 and 0.00390625 of 1810.04805.",
        "Seeds 1, and $10000^{-2i/d}$, `none`, `4 096` and “whoever asks”.",
        "**Claim: “each code has a speed”** See [03 · Which speeds?](03_x.ipynb#cell-id=a).",
        "Who, *Multilayer Perceptrons for Whoever Asks*, 2020.",
        "Asked in [AI Stack Exchange 40390](https://ai.stackexchange.com/questions/40390).",
        "The small share of tokens; on the other hand, by hand; the code runs.",
    ],
)
def test_what_only_looks_like_a_habit_is_not(text):
    assert said(text) == []


def test_strings_and_comments_of_a_cell_are_read_and_its_names_are_not():
    code = 'shall = {"none": 1}  # a row a word\ncheck.claim("x", "the codes are equal", a, "<", b)'
    assert said(code, program) == ["a row a word", "codes"]


def test_a_hit_names_its_line_in_a_lesson():
    for name, path in FILES.items():
        lines = path.read_text(encoding="utf-8").splitlines()
        for hit in FOUND[name]:
            words = hit.words.split()
            assert words[0] in " ".join(lines[hit.line - 1 : hit.line + 7]), (
                name,
                hit,
            )  # a string begins there


GLOSSARY = """| Term | Definition | Also called | Lesson |
|:--|:--|:--|:--|
| **norm** | A size. | – | [02 · B](02_b.ipynb) |
| **prefill** | A pass. | – | [02 · B](02_b.ipynb) |
"""
TITLE = "# %% [markdown]\n# # A title with prefill\n\n"


@pytest.mark.parametrize(
    ("first", "second", "found"),
    [
        ("A norm, and **prefill**.", "Its prefill; its **norm**.", []),
        ("A prefill.", "A norm, **prefill**.", [("01_a", "prefill"), ("02_b", "norm")]),
        ("A title.", "The norm is its **norm**; **prefill** is this.", []),
        ("A **norm**.", "The norms.", [("02_b", "norms")]),
    ],
)
def test_a_term_is_bold_where_it_first_occurs(tmp_path, first, second, found):
    for name, text in (("01_a", first), ("02_b", second)):
        tiny.write(tmp_path, f"{TITLE}# %% [markdown]\n# {text}\n", name)
    (tmp_path / "notebooks" / "GLOSSARY.md").write_text(GLOSSARY)
    hits = [(stem, hit.words) for stem, there in not_bold(tmp_path).items() for hit in there]
    assert hits == found


def test_a_wrong_link_is_told_with_its_remedy():
    page = meter.ROOT / "notebooks" / "QUESTIONS.md"
    lesson = "04_the_pytorch_module.ipynb"
    cells = nbformat.read(page.parent / lesson, as_version=4).cells
    second = next(cell.id for cell in cells if cell.source.startswith("## 2 · "))
    cases = {
        Link(1, "x", "04_no.ipynb"): "no such lesson",
        Link(1, "x", f"{lesson}#cell-id=0"): "no cell of lesson 04 has this id",
        Link(1, "lesson 04, section 1", f"{lesson}#cell-id={second}"): "lesson 04, section 2",
        Link(1, "x", "nowhere.md"): "no such file",
        Link(1, "x", "#nowhere"): "no such heading",
    }
    for link, words in cases.items():
        assert words in (complaint(link, page, meter.ROOT) or "")
    right = Link(1, "lesson 04, section 2", f"{lesson}#cell-id={second}")
    assert complaint(right, page, meter.ROOT) is None
