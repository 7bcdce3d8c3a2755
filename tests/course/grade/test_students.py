"""Results put to students: who is who, which file counts, and what a teacher is told."""

from pathlib import Path

import pytest

from posenc.course.grade import students
from posenc.course.grade.naming import student_of
from posenc.course.grade.submissions import Submission
from posenc.course.grade.tasks import Lesson

LESSONS = ["03_the_formula", "04_other"]
THREE, FOUR = LESSONS


def settled(files):
    """What becomes of files: a path -> the lessons that were found in it, or what its name says."""
    folder = Path("in")
    handed = []
    for path, lessons in files.items():
        file = Submission(student_of(Path(path), LESSONS), folder / path, folder)
        rows = [{"student": file.student, "lesson": name, "file": path} for name in lessons]
        handed.append((file, rows))
    return students.settle(handed, [Lesson(name, (), ()) for name in LESSONS], LESSONS)


def work(files):
    """Whose each lesson is, and in which file."""
    return sorted((row["student"], row["lesson"][:2], row["file"]) for row in settled(files).rows)


@pytest.mark.parametrize("names", [
    ("03_12345678.ipynb", "04_12345678.ipynb"),
    ("12345678_03.ipynb", "12345678_04 (1).ipynb"),
    ("ada_03.ipynb", "ada_04.ipynb"),
    ("03_ada.ipynb", "ada-04.ipynb"),
    ("ada.ipynb", "ada_lesson_04.ipynb"),
    ("03_99.ipynb", "99/x.ipynb"),
])  # fmt: skip
def test_the_number_of_the_lesson_is_no_part_of_a_name(names):
    first, second = names
    found = work({first: [THREE], second: [FOUR]})
    assert len({student for student, *_ in found}) == 1
    assert found[0][0] in ("12345678", "ada", "99")


def test_a_number_that_is_not_the_lesson_s_stays():
    files = {f"student_{number:02}.ipynb": [THREE] for number in range(1, 13)}
    assert len({student for student, *_ in work(files)}) == 12
    years = {"03_2024.ipynb": [THREE], "04_2024.ipynb": [THREE]}
    assert {student for student, *_ in work(years)} == {"03_2024", "04_2024"}


def test_of_a_notebook_and_its_program_the_notebook_counts_and_the_other_is_told():
    files = {"ada/03.ipynb": [THREE], "ada/03.py": [THREE], "ada/notes.docx": [""],
             "ada/photo.png": [""], "ada/04.zip": [FOUR], "ada/fig04.png": [FOUR]}  # fmt: skip
    assert work(files) == [("ada", "03", "ada/03.ipynb"), ("ada", "04", "ada/04.zip")]
    assert settled(files).notes() == [
        "not read, hand in the .ipynb itself: ada/04.zip",
        "not read, because a notebook of the same student counts: ada/03.py, ada/notes.docx",
    ]


def test_without_a_notebook_a_student_has_a_row_for_a_lesson():
    files = {"ada/a.py": [""], "ada/b.py": [""], "bob/x.py": [""], "bob/03.zip": [THREE],
             "bob/03.pdf": [THREE], "cleo.jpg": [""]}  # fmt: skip
    assert work(files) == [
        ("ada", "", "ada/a.py"),
        ("bob", "03", "bob/03.zip"),
        ("cleo", "", "cleo.jpg"),
    ]
    assert settled(files).notes() == [
        "not read, hand in the .ipynb itself: "
        "ada/a.py, ada/b.py, bob/03.pdf, bob/03.zip, bob/x.py and 1 more"
    ]


def test_names_that_became_one_are_told():
    files = {"ada/03.ipynb": [THREE], "ada (1).ipynb": [FOUR], "04_other_bob.ipynb": [FOUR],
             "bob_03.ipynb": [THREE], "_cleo.ipynb": [THREE], "cleo/04.ipynb": [FOUR],
             "x\ny.ipynb": [THREE], "x\ty.ipynb": [FOUR]}  # fmt: skip
    assert settled(files).notes() == [
        "taken for one student: ada (ada and ada (1)); cleo (_cleo and cleo); x?y (x?y and x?y)"
    ]
    many = {f"{name}{copy}.ipynb": [THREE] for name in "abcdefgh" for copy in ("", " (1)")}
    first, *_ = settled(many).notes()
    assert first.endswith("e (e and e (1)); and 3 more")


def test_long_names_that_are_cut_to_one_are_told():
    files = {f"{'x' * 200}{end}.ipynb": [THREE] for end in "ab"}
    (student,) = {student for student, *_ in work(files)}
    assert len(student) == 150
    assert "taken for one student" in settled(files).notes()[0]


MOODLE = "{}_{}_assignsubmission_file_/x.ipynb"
CANVAS = "{}_{}_{}_x.ipynb"


@pytest.mark.parametrize(
    ("files", "names"),
    [
        ({MOODLE.format("Ada L", 11): [THREE], MOODLE.format("Ada L", 12): [FOUR]}, ["Ada L"]),
        ({MOODLE.format("Ada L", 11): [THREE], MOODLE.format("Ada L", 12): [THREE]},
         ["Ada L 11", "Ada L 12"]),
        ({MOODLE.format("Participant", n): [THREE] for n in (1, 2, 3)},
         ["Participant 1", "Participant 2", "Participant 3"]),
        ({CANVAS.format("ada", 11, 777): [THREE], CANVAS.format("ada", 11, 778): [FOUR]}, ["ada"]),
        ({CANVAS.format("ada", 11, 777): [THREE], CANVAS.format("ada", 12, 778): [FOUR]},
         ["ada 11", "ada 12"]),
    ],
)  # fmt: skip
def test_a_platform_s_number_tells_namesakes_apart(files, names):
    assert sorted({student for student, *_ in work(files)}) == names
    told = "told apart by the platform's number: " + ", ".join(names)
    assert any(told in note for note in settled(files).notes()) == (len(names) > 1)


def test_a_notebook_of_two_lessons_is_told():
    assert settled({"ada.ipynb": LESSONS}).notes() == [
        "ada.ipynb holds exercises of 03_the_formula, 04_other, and each of these lessons is graded"
    ]
    assert len(work({"ada.ipynb": LESSONS})) == 2


def test_several_notebooks_for_one_lesson_are_told():
    (note,) = settled({"ada/a.ipynb": [THREE], "ada/b.ipynb": [THREE]}).notes()
    assert note.startswith("ada has 2 files for 03_the_formula, and the best of each exercise")
