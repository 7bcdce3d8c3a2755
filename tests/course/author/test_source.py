"""From a lesson's source to the cells of its notebook."""

import pytest
import tiny

from posenc.course.author.source import notebook_from
from posenc.course.places import CourseError

EXERCISE = """\
# %% [markdown]
# **Exercise 3 · Turn it** · difficulty 2 of 5

# %% tags=["exercise"]
class Turn:
    def __init__(self, k):
        ### BEGIN SOLUTION
        self.k = k
        ### END SOLUTION

    def forward(self, x):
        y = x + 1
        ### BEGIN SOLUTION
        return y * self.k
        ### END SOLUTION


print(Turn)
"""


def test_an_exercise_becomes_a_stub_and_its_answer_goes_last(tmp_path):
    cells = notebook_from(tiny.write(tmp_path, EXERCISE)).cells
    stub, heading, answer = cells[1], cells[-2], cells[-1]
    assert stub.source == (
        "class Turn:\n"
        "    def __init__(self, k):\n"
        "        raise NotImplementedError\n"
        "\n"
        "    def forward(self, x):\n"
        "        y = x + 1\n"
        "        raise NotImplementedError\n"
        "\n\n"
        "print(Turn)"
    )
    assert cells[-3].source.startswith("## Solutions\n")
    assert heading.source == "**Exercise 3 · Turn it** · `Turn`"
    assert answer.source.startswith('# One solution: check.solution("Turn") runs it\n')
    assert "self.k = k\n" in answer.source
    assert "return y * self.k" in answer.source
    assert "SOLUTION" not in stub.source + answer.source
    assert stub.metadata == {"tags": ["exercise"]}
    assert answer.metadata == {"tags": ["solution"], "jupyter": {"source_hidden": True}}
    assert [stub.id, answer.id] == ["exercise-Turn", "solution-Turn"]


def test_solutions_come_after_the_last_section_and_nothing_else_changes(tmp_path):
    cells = notebook_from(tiny.write(tmp_path)).cells
    headings = [cell.source for cell in cells if cell.source.startswith("## ")]
    assert [text.splitlines()[0] for text in headings] == ["## References", "## Solutions"]
    assert cells[2].source == "6 * 7"


def test_title_and_last_section_say_the_edition_and_the_ids_do_not_depend_on_it(
    tmp_path, monkeypatch
):
    source = tiny.write(tmp_path)
    before = notebook_from(source).cells
    monkeypatch.setattr("posenc.course.author.source.__version__", "7.8.9")
    cells = notebook_from(source).cells
    assert "*Edition 7.8.9*" in cells[0].source
    [last] = [cell.source for cell in cells if cell.source.startswith("## References")]
    assert "edition (7.8.9)" in last
    assert [cell.id for cell in cells] == [cell.id for cell in before]


def test_no_solutions_section_without_exercises(tmp_path):
    cells = notebook_from(tiny.write(tmp_path, "# %%\n1 + 1\n")).cells
    assert [cell.source for cell in cells] == ["1 + 1"]


def test_ids_are_stable_and_unique(tmp_path):
    twice = tiny.write(tmp_path, "# %%\n1 + 1\n\n# %%\n1 + 1\n\n# %%\n2 + 2\n")
    before = [cell.id for cell in notebook_from(twice).cells]
    assert len(set(before)) == 3
    assert before[1] == f"{before[0]}-2"
    tiny.write(tmp_path, "# %%\n0 + 0\n\n# %%\n1 + 1\n")
    assert notebook_from(twice).cells[1].id == before[0]


@pytest.mark.parametrize("text", ["# # A title\n\n# %%\n1\n", "# %%\n\n# %%\n1\n"])
def test_a_code_cell_without_code_is_named(tmp_path, text):
    with pytest.raises(CourseError, match=r"# %% \[markdown\]"):
        notebook_from(tiny.write(tmp_path, text))


def test_blank_lines_between_cells_leave_no_trace(tmp_path):
    spread = tiny.SOURCE.replace("\n\n# %%", "\n\n\n\n# %%")
    wide = notebook_from(tiny.write(tmp_path, spread))
    assert wide == notebook_from(tiny.write(tmp_path))


@pytest.mark.parametrize(
    ("text", "word"),
    [
        (EXERCISE.replace(' tags=["exercise"]', ""), "tag `exercise`"),
        (EXERCISE.replace("### END SOLUTION", ""), "END SOLUTION"),
        (EXERCISE.replace("**Exercise 3 · Turn it**", "Turn it"), "statement"),
        ('# %% [markdown]\n# **Exercise 1**\n\n# %% tags=["exercise"]\n'
         "### BEGIN SOLUTION\nx = 1\n### END SOLUTION\n", "inside a function"),
        ('# %% [markdown]\n# **Exercise 1**\n\n# %% tags=["exercise"]\n'
         "class A:\n    ### BEGIN SOLUTION\n    x = 1\n    ### END SOLUTION\n",
         "inside a function"),
    ],
    ids=["no tag", "no end", "no statement", "no function", "class body"],
)  # fmt: skip
def test_a_broken_exercise_is_named(tmp_path, text, word):
    with pytest.raises(CourseError, match=word):
        notebook_from(tiny.write(tmp_path, text))


def test_a_cell_has_the_id_that_its_author_gave_it(tmp_path):
    text = '# %% [markdown] id="trap-two"\n# An odd width.\n'
    [cell] = notebook_from(tiny.write(tmp_path, text)).cells
    assert (cell.id, dict(cell.metadata)) == ("trap-two", {})


@pytest.mark.parametrize("name", ["Trap two", "exercise-double", "solutions", "a"])
def test_an_id_that_cannot_be_given_is_named(tmp_path, name):
    with pytest.raises(CourseError, match=f"id='{name}'"):
        notebook_from(tiny.write(tmp_path, f'# %% [markdown] id="{name}"\n# Text.\n'))


def test_an_id_is_given_once(tmp_path):
    text = '# %% [markdown] id="trap"\n# One.\n\n# %% [markdown] id="trap"\n# Two.\n'
    with pytest.raises(CourseError, match="two cells have id='trap'"):
        notebook_from(tiny.write(tmp_path, text))
