"""A small course, and a class that handed in, for the tests of grading."""

import handed_in
import pytest
from handed_in import RIGHT, STUB, WHOLE, WRONG, root_of

from posenc.course.grade import run, tasks


@pytest.fixture(scope="module")
def small(tmp_path_factory):
    """A course of one lesson with two exercises."""
    return handed_in.course(tmp_path_factory.mktemp("small"), ["first", "second"])


@pytest.fixture
def lessons(small):
    return [tasks.read(small)]


@pytest.fixture(scope="module")
def graded(small, tmp_path_factory):
    """A class handed in, graded without walls; its folder, and what came out."""
    folder = tmp_path_factory.mktemp("handed_in")
    out = tmp_path_factory.mktemp("graded") / "out"
    one = {"first": RIGHT.format("first"), "second": WRONG.format("second")}
    hand_in, submission = handed_in.hand_in, handed_in.submission
    hand_in(folder / "ada", submission(small, one))
    hand_in(folder / "ada", handed_in.of_code(RIGHT.format("second")), "01 again.ipynb")
    hand_in(folder / "=1+1", handed_in.of_code(RIGHT.format("first"), STUB.format("first")))
    hand_in(folder / "<b>李", submission(small, {}))
    (folder / "bob").mkdir()
    (folder / "bob" / "01_small.ipynb").write_text(WHOLE[:-30])
    (folder / "essay.ipynb").write_text("an essay")
    code = run.run(root_of(small), folder, out, jobs=0, trusted=True)
    assert code == 0
    return folder, out
