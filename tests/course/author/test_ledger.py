"""Claims and verdicts: noted in their cells by the builder, gathered, and held to."""

import json

import nbformat
import pytest
import tiny
import torch

from posenc import check
from posenc.check.trial import ledger as shown_ledger
from posenc.check.trial.claims import CLAIMS
from posenc.course import __main__ as command_line
from posenc.course import places
from posenc.course.author import build, ledger
from posenc.course.author.check import older_ledgers, problems
from posenc.course.places import CourseError

ROOT = places.find_root(places.Path(__file__).parent)

LESSON = """\
# %% [markdown]
# # Is it so?

# %%
from posenc import check

check.claim("more", "two is more | than one", [2.0, 2.5], ">", 1, seeds=3)
check.claim("less", "one is less", 1, "<", 2)
check.predict("more", "Two and one?", ["three", "four"], kind="reason",
              beliefs={"four": "a thread"})

# %%
check.claim("sum", "two and one are three", 3, "in", (2.5, 4),
            settles={"more": "three"})

# %%
check.verdict("B16", "does not hold", because="it is shuffled along")
"""
README = f"# Read me\n\n{ledger.BEGIN}\n{ledger.END}\n\nThe end.\n"


@pytest.fixture(autouse=True)
def no_rulings_yet(monkeypatch):
    """What other tests of this process have ruled is not the course's."""
    monkeypatch.setattr(shown_ledger, "_given", {})


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    root = tmp_path_factory.mktemp("ledger")
    build.build_one(tiny.write(root, LESSON))
    return (root / "notebooks" / "01_tiny.ipynb").read_bytes()


@pytest.fixture
def course(tmp_path, built, monkeypatch):
    """A built lesson in a house with a README and a package."""
    tiny.write(tmp_path, LESSON)
    (tmp_path / "notebooks" / "01_tiny.ipynb").write_bytes(built)
    (tmp_path / "posenc" / "check").mkdir(parents=True)
    (tmp_path / "README.md").write_text(README)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_the_builder_notes_what_a_cell_claims_and_rules(built):
    noted = [cell["metadata"].get("posenc") for cell in json.loads(built)["cells"]]
    measured = {"op": ">", "bound": 1, "seeds": 3, "value": 2}
    assert noted[0] is None
    assert noted[1]["ledger"][0] == {"id": "more", "claim": "two is more | than one"} | measured
    assert [row["value"] for row in noted[1]["ledger"] if "value" in row] == [2, 1]
    assert noted[2]["ledger"][0]["bound"] == [2.5, 4]
    assert [row["verdict"] for row in noted[3]["ledger"]] == ["does not hold"]


def test_what_was_noted_is_no_difference_from_the_source(course):
    assert (
        list(problems(*[course / "notebooks" / p for p in ("src/01_tiny.py", "01_tiny.ipynb")]))
        == []
    )


def test_the_ledger_is_written_to_its_five_places(course, capsys):
    assert command_line.main(["claims"]) == 0
    assert capsys.readouterr().out.count("written: ") == 5
    table = (course / "notebooks" / "results" / "claims.md").read_text()
    assert r"| two is more \| than one | 2 | > 1 | 1 | 3 |" in table
    assert "| two and one are three | 3 | in 2.5 … 4 | 0.5 |  |" in table
    assert "1 verdicts" in table
    assert "3 claims of the course's own, 1 of them about trained" in table
    readme = (course / "README.md").read_text()
    assert f"{ledger.BEGIN}\n<details><summary>The verdicts" in readme
    assert (
        f"| B16 | {CLAIMS['B16']} | **does not hold** | [01](notebooks/01_tiny.ipynb#cell-id="
        in readme
    )
    assert readme.endswith("The end.\n")
    asked = json.loads((course / "posenc" / "check" / "trial" / "predictions.json").read_text())
    assert asked == [["01", "more", "Two and one?", ["three", "four"]]]
    settled = json.loads((course / "posenc" / "check" / "trial" / "settled.json").read_text())
    assert settled == {
        "claims": [["01", "sum", "two and one are three", {"more": "three"}]],
        "predictions": [["01", "more", "reason", {"four": "a thread"}]],
    }
    stored = json.loads((course / "posenc" / "check" / "trial" / "verdicts.json").read_text())
    assert [(row["id"], row["lesson"]) for row in stored] == [("B16", "01_tiny")]
    assert command_line.main(["claims"]) == 0
    assert capsys.readouterr().out == ""


def test_check_notices_a_ledger_that_is_not_the_lessons(course, capsys):
    assert command_line.main(["check"]) == 1
    assert capsys.readouterr().out.count("is not what the lessons say") == 5
    command_line.main(["claims"])
    assert command_line.main(["check"]) == 0
    readme = course / "README.md"
    readme.write_text(readme.read_text().replace("does not hold", "holds"))
    capsys.readouterr()
    assert command_line.main(["check"]) == 1
    assert "README.md is not what" in capsys.readouterr().out


def test_check_notices_a_lesson_that_shows_an_older_ledger(course):
    row = {"lesson": "01_tiny", "cell": "another", "id": "B16", "claim": "c", "verdict": "holds"}
    old = shown_ledger.Ledger(({**row, "because": "b"},))._repr_markdown_()
    shows = nbformat.v4.new_code_cell("from posenc import check\ncheck.ledger()")
    shows.outputs = [nbformat.v4.new_output("execute_result", {"text/markdown": old})]
    last = course / "notebooks" / "11_tiny.ipynb"
    nbformat.write(nbformat.v4.new_notebook(cells=[shows]), last)
    said = "11_tiny.ipynb shows an older ledger; run: python -m posenc.course build 11_tiny"
    assert list(older_ledgers(course)) == [said]
    today = [row for row in ledger.rows_of(course) if "verdict" in row]
    shows.outputs[0].data["text/markdown"] = shown_ledger.Ledger(tuple(today))._repr_markdown_()
    nbformat.write(nbformat.v4.new_notebook(cells=[shows]), last)
    assert list(older_ledgers(course)) == []


def test_a_readme_without_its_marks_is_named(course):
    (course / "README.md").write_text("# Read me\n")
    with pytest.raises(CourseError, match=r"README\.md must hold once each: <!-- verdicts"):
        ledger.claims(course)


def test_every_claim_on_trial_has_its_verdict():
    assert {row["id"] for row in check.ledger().rows} == set(CLAIMS)


def test_the_ledger_shows_each_verdict_with_its_reason_and_its_cell():
    cells = {(row["lesson"], row["cell"]) for row in ledger.rows_of(ROOT)}
    shown = check.ledger()._repr_markdown_()
    for row in shown.splitlines()[2:]:
        assert row.count(" | ") == 4
    for row in check.ledger().rows:
        assert (row["lesson"], row["cell"]) in cells
        assert f"{row['because']} | [{row['lesson'][:2]}]({row['lesson']}.ipynb#" in shown


def test_a_ruling_of_this_kernel_joins_the_ledger():
    before = len(check.ledger().rows)
    check.verdict("B16", "holds", because="this test says so")
    rows = [row for row in check.ledger().rows if row["id"] == "B16"]
    assert [row["verdict"] for row in rows] == ["does not hold", "holds"]
    assert "this test says so | here |" in check.ledger()._repr_markdown_()
    known = check.ledger().rows[0]
    check.verdict(known["id"], known["verdict"], because=known["because"])
    assert len(check.ledger().rows) == before + 1


def test_a_bound_may_be_a_tensor(tmp_path, monkeypatch):
    noted = tmp_path / "noted.jsonl"
    monkeypatch.setenv("POSENC_LEDGER", str(noted))
    check.claim("c", "it is so", torch.tensor([0.123456]), "<", torch.tensor(0.5))
    assert json.loads(noted.read_text())["bound"] == 0.5
    assert json.loads(noted.read_text())["value"] == 0.123
