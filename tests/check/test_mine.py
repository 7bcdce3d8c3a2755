"""`check.mine`: one's own answer in a later lesson, and a line that says whose it is."""

import inspect
import time

import answering
import pytest
import torch
from answering import LOWEST_FIRST, NAME, RIGHT, SETUP, answer
from test_exercises import RIGHT as RIGHTS

from posenc import check
from posenc.check.answers import apart, background, courses, hearing, keeping, likeness
from posenc.check.answers.hearing import Waiting
from posenc.check.answers.mine import mine
from posenc.check.trial import record as keeping_record
from posenc.check.trial.record import LESSON, RETIRED

record, learner = answering.record, answering.learner
CHECK = f"check.{NAME}({NAME})"


def said(capsys):
    """The last line of `mine`; a test that judges here prints others."""
    return [line for line in capsys.readouterr().out.splitlines() if line.startswith("·")][-1]


@pytest.fixture
def judged(monkeypatch):
    """Judge here and when it is asked for, not in a process of its own; note what is judged."""
    waits = hearing.wait
    seen = []

    def tried(answer):
        seen.append(answer)
        mine, told = check.mine, apart._judged(answer)
        check.mine = mine
        stored = told == apart.PASSED and keeping.folder()
        return apart.STORED if stored and keeping.store(stored, answer) else told

    def wait(exercise, wrong):
        while not hearing._queue.empty():
            waiting = hearing._queue.get()
            waiting.why = background.keep(waiting)
            waiting.over.set()
        return waits(exercise, wrong)

    monkeypatch.setattr(apart, "tried", tried)
    monkeypatch.setattr(hearing, "_queue", hearing.queue.SimpleQueue())
    monkeypatch.setattr(hearing, "_started", lambda: None)
    monkeypatch.setattr(hearing, "wait", wait)
    yield seen
    torch.set_default_dtype(torch.float32)


# --- solved, kept, used ---------------------------------------------------------------------


def test_a_solved_answer_is_judged_in_a_process_of_its_own_and_kept(learner, monkeypatch, capsys):
    answering.run(monkeypatch, SETUP, f"{RIGHT}\n\n{CHECK}")
    own = mine(NAME)
    assert said(capsys) == f"· {NAME}: your own function, from lesson 03"
    assert own(4, 10_000).tolist() == pytest.approx([1, 0.01])
    assert inspect.getsource(own) == RIGHT  # the lines of a traceback, too
    kept = keeping.read(learner, NAME, False)
    assert (kept.source, kept.lesson) == (f"import torch\n\n{RIGHT}", "03")
    answering.another_kernel(monkeypatch)
    assert mine(NAME)(4, 100.0).tolist() == pytest.approx([1, 0.1])
    assert said(capsys).endswith("your own function, from lesson 03")


def test_nothing_solved_gives_the_courses_own(learner, capsys):
    assert mine("MyEncoding")(8)(torch.zeros(1, 2, 8)).shape == (1, 2, 8)
    assert said(capsys) == "· MyEncoding: the course's class, not yours"
    assert mine("positional_module", first_wrong=True) is None
    assert said(capsys) == "· MyEncoding: no wrong answer of yours"
    assert not learner.exists()


@pytest.mark.usefixtures("judged")
def test_the_first_wrong_answer_with_a_name_is_kept(learner, monkeypatch, capsys):
    infinite = RIGHT.replace("base **", "float('inf') * base **")
    one_short = RIGHT.replace("dim, 2)", "dim - 2, 2)")
    none = RIGHT.replace("return", "x =")
    twice = RIGHT.replace("/ dim)", "/ dim * 2)")
    cells = [f"{code}\n\n{CHECK}" for code in (infinite, one_short, none, LOWEST_FIRST, twice)]
    answering.run(monkeypatch, SETUP, *cells)
    hearing.wait(NAME, True)
    kept = keeping.read(learner, NAME, True)
    assert (kept.mistake, kept.source) == ("slowest-first", f"import torch\n\n{LOWEST_FIRST}")
    assert keeping.read(learner, NAME, False) is None
    assert mine(NAME, first_wrong=True)(4, 10_000).tolist() == pytest.approx([0.01, 1])
    assert said(capsys) == f"· {NAME}: your own first wrong function, from lesson 03"


def test_the_same_answer_is_judged_once(learner, monkeypatch, judged):
    for _ in range(3):
        answering.run(monkeypatch, SETUP, f"{RIGHT}\n\n{CHECK}")
        assert hearing.wait(NAME, False) == ""
    assert len(judged) == 1
    answering.run(monkeypatch, SETUP, f"{RIGHT}    # changed\n\n{CHECK}".replace("dim)", "dim )"))
    assert hearing.wait(NAME, False) == ""
    assert len(judged) == 2


def test_the_default_number_type_belongs_to_the_answer(learner, monkeypatch):
    double = f"import torch\n\nhalf = torch.tensor([0.5])\n{RIGHT}".replace(
        "dim)", "dim * half * 2)"
    )
    keeping.store(learner, answer(double, dtype="float64"))
    assert mine(NAME)(4, 10_000).dtype == torch.float64
    assert torch.get_default_dtype() == torch.float32
    monkeypatch.setattr(hearing, "_queue", hearing.queue.SimpleQueue())
    torch.set_default_dtype(torch.float64)
    answering.run(monkeypatch, SETUP, f"{RIGHT}\n\n{CHECK}")
    torch.set_default_dtype(torch.float32)
    assert hearing._queue.get().dtype == "float64"


# --- who has no answer kept -----------------------------------------------------------------


def test_where_no_folder_is_named_it_lives_as_long_as_the_kernel(learner, monkeypatch, capsys):
    monkeypatch.delenv("POSENC_RECORD")
    answering.run(monkeypatch, SETUP, f"{RIGHT}\n\n{CHECK}")
    mine(NAME)
    assert "your own function" in said(capsys)
    answering.another_kernel(monkeypatch)
    mine(NAME)
    assert "not yours" in said(capsys)


@pytest.mark.usefixtures("judged")
def test_where_the_folder_cannot_be_written_it_lives_as_long_as_the_kernel(
    learner, monkeypatch, capsys
):
    learner.write_text("in the way")
    answering.run(monkeypatch, SETUP, f"{RIGHT}\n\n{CHECK}")
    mine(NAME)
    assert "your own function" in said(capsys)
    assert learner.read_text() == "in the way"


@pytest.mark.parametrize(("name", "value"), [("POSENC_STRICT", "1"), ("POSENC_QUIET", "1")])
def test_builds_tests_and_grading_neither_read_nor_write(learner, monkeypatch, capsys, name, value):
    assert keeping.store(learner, answer())
    before = (learner / f"{NAME}.json").read_bytes()
    monkeypatch.setenv(name, value)
    monkeypatch.setattr(keeping, "folder", None)  # whoever asks for it fails
    monkeypatch.setattr(hearing, "_queue", None)
    answering.run(monkeypatch, SETUP, f"{RIGHT}\n\n{CHECK}")
    mine(NAME)
    assert said(capsys) == f"· {NAME}: the course's function, not yours"
    assert mine(NAME, first_wrong=True) is None
    assert (learner / f"{NAME}.json").read_bytes() == before


def test_a_solution_of_the_lesson_is_not_the_learners(learner, monkeypatch):
    monkeypatch.setattr(hearing, "_queue", None)
    with keeping_record.left_out(NAME):
        answering.run(monkeypatch, SETUP, f"{RIGHT}\n\n{CHECK}")


@pytest.mark.usefixtures("judged")
def test_the_courses_answer_is_no_answer_of_ones_own(learner, monkeypatch, capsys):
    cell = f"own = check.mine({NAME!r})\ncheck.{NAME}(own)"
    answering.run(monkeypatch, SETUP, cell)
    assert "does not ask for the course's" in hearing.wait(NAME, False)
    mine(NAME)
    assert "not kept, because by itself it raises ValueError" in said(capsys)


# --- what no longer runs --------------------------------------------------------------------

UNFIT = {
    "a helper that is gone": ("import no_such_helper", "ModuleNotFoundError"),
    "a loop at import": ("while True: pass", "TooLong"),
    "an exit": ("raise SystemExit", "SystemExit"),
    "a name of the notebook": ("get_ipython()", "NameError"),
}


@pytest.mark.parametrize(("line", "error"), UNFIT.values(), ids=UNFIT)
def test_a_source_that_does_not_run_by_itself_is_not_kept(learner, monkeypatch, line, error):
    monkeypatch.setattr(apart.running.guard, "SECONDS", 0.3)
    found = apart._judged(answer(f"{line}\nimport torch\n\n{RIGHT}"))
    assert found.startswith(f"by itself it raises {error}")


@pytest.mark.parametrize(("line", "error"), list(UNFIT.values())[:3], ids=list(UNFIT)[:3])
def test_one_that_has_stopped_running_is_replaced(learner, monkeypatch, capsys, line, error):
    monkeypatch.setattr(apart.running.guard, "SECONDS", 0.3)
    keeping.store(learner, answer(f"{line}\nimport torch\n\n{RIGHT}"))
    assert mine(NAME)(4, 10_000).shape == (2,)
    assert f"not yours: yours cannot be run any more ({error}" in said(capsys)


def test_what_a_source_prints_is_not_shown(learner, capsys):
    keeping.store(learner, answer(f"print('loud')\nimport torch\n\n{RIGHT}"))
    mine(NAME)
    assert capsys.readouterr().out == f"· {NAME}: your own function, from lesson 03\n"


def test_what_a_source_sets_is_put_back(learner):
    text = f"import torch\ntorch.set_default_dtype(torch.float64)\n\n{RIGHT}"
    keeping.store(learner, answer(text))
    mine(NAME)
    assert torch.get_default_dtype() == torch.float32


def test_an_answer_that_does_not_end_is_given_up(learner, monkeypatch):
    monkeypatch.setattr(apart, "SECONDS", 0.2)
    assert apart.tried(answer()) == "it did not end within 0.2 s"


def test_where_no_process_starts_the_reason_is_said(learner, monkeypatch, capsys):
    monkeypatch.setattr(apart.sys, "executable", "/no/such/python")
    answering.run(monkeypatch, SETUP, f"{RIGHT}\n\n{CHECK}")
    mine(NAME)
    assert "not kept, because it cannot be judged by itself here (FileNotFoundError" in said(capsys)


@pytest.mark.usefixtures("judged")
def test_an_answer_to_another_edition_must_pass_once_more(learner, capsys):
    keeping.store(learner, answer(edition="0.0.1"))
    mine(NAME)
    assert "your own function" in said(capsys)
    assert keeping.read(learner, NAME, False).edition == background.edition()
    keeping.store(learner, answer(f"import torch\n\n{LOWEST_FIRST}", edition="0.0.1"))
    mine(NAME)
    assert "not yours: yours is of another edition of the course, and by itself" in said(capsys)


def test_an_unknown_name_is_told_with_a_near_one():
    with pytest.raises(ValueError, match="'positional_modul'; is it 'positional_module'"):
        mine("positional_modul")


# --- costs ----------------------------------------------------------------------------------


def test_a_check_hands_over_its_cells_in_a_millisecond(learner, monkeypatch):
    monkeypatch.setattr(hearing, "_started", lambda: None)
    cells = ["x = 1\n" * 20] * 500
    run = answering.run(monkeypatch, SETUP)
    shell = answering.types.SimpleNamespace(user_ns=run | {"In": cells})
    monkeypatch.setattr(hearing.where, "shell", lambda: shell)
    monkeypatch.setattr(hearing, "_queue", hearing.queue.SimpleQueue())
    begin = time.process_time()
    for _ in range(20):
        hearing.heard(NAME, "✓", None)
    assert (time.process_time() - begin) / 20 < 0.001
    assert isinstance(hearing._queue.get(), Waiting)


# --- every exercise -------------------------------------------------------------------------


@pytest.mark.parametrize("name", LESSON)
def test_the_courses_answer_passes(name, capsys):
    dtype = getattr(torch, courses.find(name).dtype)
    torch.set_default_dtype(dtype)
    try:
        assert getattr(check, name)(mine(name)).passed
    finally:
        torch.set_default_dtype(torch.float32)


def test_there_is_an_answer_to_every_exercise():
    assert LESSON.keys() | RETIRED.keys() == RIGHTS.keys()


def test_an_answer_that_is_not_in_this_copy_is_named(monkeypatch, tmp_path):
    monkeypatch.setattr(courses.resources, "files", lambda package: tmp_path)
    with pytest.raises(ValueError, match="'rotary' is not in this copy .* in lesson 07"):
        mine("rotary")


def test_results_are_compared_by_their_form():
    ones, nan = torch.ones(2), torch.tensor([1, torch.nan])
    same = likeness._same_form
    assert same(ones, torch.zeros(2))
    assert same([ones, 1.0], (ones, 2.0))
    assert same({"a": True}, {"a": False})
    for found, right in ((ones, torch.ones(3)), (nan, ones), (None, ones), ([ones], [ones] * 2),
                         ({"a": 1}, {"b": 1}), (float("inf"), 1.0), ("word", True)):  # fmt: skip
        assert not same(found, right)


def test_without_a_right_program_no_wrong_answer_is_kept(learner, monkeypatch, tmp_path):
    monkeypatch.setattr(courses.resources, "files", lambda package: tmp_path)
    wrong = answer(f"import torch\n\n{LOWEST_FIRST}", mistake="slowest-first")
    mine_of_the_course = check.mine
    assert "is not in this copy of posenc" in apart._judged(wrong)
    check.mine = mine_of_the_course
