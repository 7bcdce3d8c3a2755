"""The learner's record: written where it is asked for, read whatever has become of it."""

import json
import re

import mornings
import pytest
import torch
from mornings import next_morning

from posenc import check
from posenc.check.trial import guesses
from posenc.check.trial import record as keeping
from posenc.course import places
from posenc.functional import inverse_frequencies

record = mornings.record

ALL = sum(len(row) for row in keeping.EXERCISES.values())


def predict(key="coin", question="It lands on", options=("heads", "tails"), guess=None):
    asked = check.predict(key, question, list(options)).asked
    if guess is not None:
        guesses.guess(asked, list(options).index(guess))
    return asked


def test_the_report_knows_what_is_solved_open_and_guessed(record, monkeypatch, capsys):
    check.sinusoidal(lambda pos, dim: torch.zeros(3))
    check.inverse_frequencies(lambda dim, base: 1 / 0)
    check.inverse_frequencies(inverse_frequencies)
    check.inverse_frequencies(lambda dim, base: 1 / 0)  # solved once is solved
    predict(guess="heads")
    predict("die", "It shows", ["one", "six"], guess="six")
    predict("third", "Which is it?", ["one", "six"], guess="six")
    predict("open", "And then?", ["this", "that"], guess="that")
    right = {"coin": "heads", "die": "one", "third": "one", "other": "x"}
    check.claim("c", "it is so", 1, "<", 2, settles=right)
    next_morning(monkeypatch)
    text = repr(check.report())
    assert f"Exercises: 1 of {ALL} solved" in text
    assert "✓ inverse_frequencies  ✗ sinusoidal  · shift_matrix" in text
    assert "Predictions: 1 of 3 came true; 1 noted, not settled yet" in text
    assert "It shows: you said “six”, it was “one”" in text
    assert "Which is it? you said “six”, it was “one”" in text  # a question has its own mark
    assert "It lands on" not in text
    assert f"are kept in {record}, and nowhere else" in text
    capsys.readouterr()


def test_without_a_file_the_kernel_remembers(record, monkeypatch):
    monkeypatch.delenv("POSENC_RECORD")
    check.inverse_frequencies(inverse_frequencies)
    assert f"1 of {ALL}" in repr(check.report())
    assert not record.exists()


def test_broken_lines_cost_themselves_alone(record, monkeypatch):
    check.inverse_frequencies(inverse_frequencies)
    record.write_bytes(b'{"exercise": "rotary"\n[1]\n\xff\xfe\n"x"\n{}\n' + record.read_bytes())
    assert f"1 of {ALL}" in repr(check.report())


def test_a_record_that_cannot_be_written_stops_nobody(record, monkeypatch):
    monkeypatch.setenv("POSENC_RECORD", str(record / "no" / "such" / "folder"))
    assert check.inverse_frequencies(inverse_frequencies).passed
    assert f"1 of {ALL}" in repr(check.report())


def test_what_could_not_be_written_is_added_to_what_could(record, monkeypatch):
    check.inverse_frequencies(inverse_frequencies)
    opened = keeping.Path.open
    monkeypatch.setattr(keeping.Path, "open", lambda *args, **more: refuse(opened, *args, **more))
    check.sinusoidal(lambda pos, dim: torch.zeros(3))
    assert "✓ inverse_frequencies  ✗ sinusoidal" in repr(check.report())


def refuse(opened, path, mode="r", *args, **more):
    if "a" in mode:
        raise OSError("no space left on device")
    return opened(path, mode, *args, **more)


def test_deleting_the_record_loses_the_record_alone(record):
    check.inverse_frequencies(inverse_frequencies)
    record.unlink()
    assert repr(check.report()).startswith("Nothing is recorded yet")
    assert check.inverse_frequencies(inverse_frequencies).passed


def test_the_builder_and_nbval_record_and_remember_nothing(record, monkeypatch):
    predict(guess="heads")
    monkeypatch.setenv("POSENC_QUIET", "1")
    before = record.read_bytes()
    check.inverse_frequencies(inverse_frequencies)
    assert record.read_bytes() == before
    assert repr(check.report()).startswith("Nothing is recorded yet")
    assert guesses.settle("coin", "heads") is None


def test_a_stub_is_no_answer(record):
    check.inverse_frequencies(lambda dim, base: (_ for _ in ()).throw(NotImplementedError))
    assert not record.exists()


def test_the_table_of_exercises_is_that_of_the_notebooks():
    root = places.find_root(places.Path(__file__).parent)
    found, names = {}, {}
    for source in places.sources(root):
        cells = source.read_text(encoding="utf-8").split("# %%")
        asked = [cell for cell in cells if "### BEGIN SOLUTION" in cell]
        found[source.name[:2]] = tuple(
            name for cell in asked for name in re.findall(r"^check\.(\w+)\(", cell, re.M)
        )
        handed = [re.findall(r"^check\.(\w+)\((\w+)\)", cell, re.M) for cell in asked]
        names |= {name: answer for pairs in handed for name, answer in pairs if name != answer}
    assert found == keeping.EXERCISES
    assert names == keeping.CALLED
    assert all(callable(getattr(check, name)) for row in found.values() for name in row)


# --- guesses ---------------------------------------------------------------------------------


def test_a_guess_is_kept_under_lesson_key_and_number_with_its_wording(record, monkeypatch):
    monkeypatch.setenv("JPY_SESSION_NAME", "/home/ä/work/03_mine.ipynb")
    predict("coin", "It lands\non “ä”", guess="tails")
    [line] = record.read_text(encoding="utf-8").splitlines()
    assert json.loads(line) == {
        "lesson": "03",
        "key": "coin",
        "option": 1,
        "guess": "tails",
        "question": "It lands\non “ä”",
        "options": ["heads", "tails"],
    }


def test_it_is_found_again_after_a_re_run_and_the_next_morning(record, monkeypatch, capsys):
    predict(guess="tails")
    assert guesses.last_guess(predict()).option == 1
    next_morning(monkeypatch)
    assert guesses.last_guess(predict()).option == 1
    check.claim("c", "it lands", 1, "==", 1, settles={"coin": "heads"})
    assert capsys.readouterr().out == "✓ it lands\nYou predicted “tails”; it is “heads”.\n"


def test_the_last_guess_counts_until_the_run_settles_it(record, capsys):
    predict(guess="tails")
    predict(guess="heads")
    for _ in range(2):
        check.claim("c", "it lands", 1, "==", 1, settles={"coin": "tails"})
    predict(guess="tails")  # now the answer is known
    check.claim("c", "it lands", 1, "==", 1, settles={"coin": "tails"})
    assert "0 of 1 came true" in repr(check.report())
    assert len([1 for event in keeping.events() if "right" in event]) == 1
    capsys.readouterr()


def test_other_words_for_the_same_options_keep_the_guess(record):
    predict(guess="tails")
    assert guesses.last_guess(predict(question="On which side does it land?")).option == 1


def test_a_guess_whose_options_have_changed_is_an_old_one(record, monkeypatch, capsys):
    predict(guess="tails")
    check.claim("c", "it lands", 1, "==", 1, settles={"coin": "heads"})
    changed = guesses.Question("", "coin", "It lands on", ("heads", "tails", "its edge"))
    monkeypatch.setattr(guesses, "today", lambda: (changed,))
    again = predict(options=changed.options)
    assert guesses.last_guess(again) == guesses.Guess(earlier="tails")
    check.claim("c", "it lands", 1, "==", 1, settles={"coin": "heads"})
    assert capsys.readouterr().out.splitlines()[-1] == "✓ it lands"
    text = repr(check.report())
    assert "Predictions: 0 of 0 came true" in text
    assert "whose options have changed since (not counted)" in text
    assert "It lands on: you said “tails”, it was “heads”" in text


def test_a_claim_finds_the_guess_though_its_question_was_not_asked_in_this_kernel(record, capsys):
    asked = next(q for q in guesses.today() if q.key not in ("swap", "half", "nearest"))
    guesses.guess(asked, 0)
    check.claim("c", "it is so", 1, "==", 1, settles={asked.key: asked.options[1]})
    assert f"You predicted “{asked.options[0].removesuffix('.')}”; it is" in capsys.readouterr().out


def test_every_question_knows_its_lesson():
    for question in guesses.today():
        assert guesses._lesson_of(question.key, question.words) == question.lesson


# --- records of the first release --------------------------------------------------------------


def write(record, *events):
    lines = [json.dumps(event, ensure_ascii=False) + "\n" for event in events]
    record.write_text("".join(lines), encoding="utf-8")


def test_a_guess_of_the_first_release_is_read_on(record, capsys):
    question = guesses._read("first_release.json")[0]
    guessed, right = question.options[0], question.options[1]
    write(record, {"question": question.words, "guess": guessed})
    assert guesses.last_guess(question).option == 0
    write(
        record,
        {"question": question.words, "guess": guessed},
        {"question": question.words, "right": right},
    )
    assert f"{question.words}" in repr(check.report())
    assert f"you said “{guessed}”, it was “{right}”" in repr(check.report())
    capsys.readouterr()


def test_a_guess_on_ones_own_question_is_read_on(record):
    write(record, {"question": "It lands on", "guess": "tails"})
    assert guesses.last_guess(predict()).option == 1


def old(name, mark):
    return {"exercise": name, "mark": mark, "mistake": None}


@pytest.mark.parametrize("mark", "✓≈")
def test_what_was_solved_stays_solved_though_its_checker_says_more_today(record, mark, capsys):
    write(record, old("table_test", mark), old("attention", "✗"))
    assert not check.table_test(lambda table: True).passed
    text = repr(check.report())
    assert f"Exercises: 1 of {ALL} solved" in text
    assert f"{mark} is_healthy" in text  # under the name that the notebook gives it
    assert "✗ masked_attention" in text
    assert "≈ solved in another form than asked for" in text
    capsys.readouterr()


ROW = keeping.EXERCISES["02"]


@pytest.mark.parametrize(
    ("marks", "solved"),
    [
        ("○○○ ✓✓✓", 0),  # Run All, nothing solved: the second pass was the solutions
        ("✓○✗ ✓✓✓", 1),
        ("✓✓✓", 3),  # three answers of one's own
        ("○○○ ✓✓✓ ✓✓✓ ✓✓✓", 3),  # and then solved, and run again
    ],
)
def test_what_run_all_marked_as_solved_is_not_counted(record, marks, solved):
    passes = [zip(ROW, row, strict=True) for row in marks.split()]
    write(record, *(old(name, mark) for each in passes for name, mark in each))
    assert sum(mark == "✓" for mark in check.report().marks.values()) == solved


def test_the_passes_of_the_first_release_are_known_where_exercises_were_added_since(record):
    then = ("permutation_equivariant", "attention", "mended_attention", "counting_weights")
    assert set(then) < set(keeping.EXERCISES["01"])
    write(record, *(old(name, mark) for mark in "○✓" for name in then))
    assert not any(mark == "✓" for mark in check.report().marks.values())


def test_an_exercise_that_went_keeps_its_checker_and_its_place_in_old_passes(record, capsys):
    assert set(keeping.RETIRED).isdisjoint(keeping.LESSON)
    assert all(callable(getattr(check, name)) for name in keeping.RETIRED)
    then = ("unseen_pairs", "interpolated", "yarn_frequencies", "false_neighbour")
    assert "interpolated" in keeping.RETIRED
    write(record, *(old(name, mark) for mark in "○✓" for name in then))
    assert not any(mark == "✓" for mark in check.report().marks.values())
    assert check.interpolated(lambda pos, factor: pos / factor).passed
    assert json.loads(record.read_text(encoding="utf-8").splitlines()[-1])["lesson"] == "08"
    capsys.readouterr()
