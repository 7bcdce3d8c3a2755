"""The learner's own record, taken along, brought back and deleted."""

import mornings
import pytest
from test_record import predict

from posenc import check
from posenc.course import __main__ as command_line
from posenc.functional import inverse_frequencies

record = mornings.record


def command(*words):
    return command_line.main(["record", *map(str, words)])


def test_it_can_be_taken_along_brought_back_and_deleted(record, tmp_path, capsys):
    check.inverse_frequencies(inverse_frequencies)
    predict(guess="tails")
    away = tmp_path / "away.jsonl"
    assert command("export", away) == 0
    assert command("delete") == 0
    assert "2 entries. To delete them for good, add --yes" in capsys.readouterr().out
    assert command("delete", "--yes") == 0
    assert not record.exists()
    assert command("import", away) == 0
    assert "2 entries added, 0 were there already" in capsys.readouterr().out
    assert command("import", away) == 0
    assert "0 entries added, 2 were there already" in capsys.readouterr().out
    assert record.read_text() == away.read_text()


def test_bringing_back_adds_to_what_is_there(record, tmp_path, capsys):
    check.inverse_frequencies(inverse_frequencies)
    whole = record.read_text()
    record.write_text(whole.rstrip("\n"))  # an editor has taken the last line's end
    other = tmp_path / "other.jsonl"
    other.write_text('{"exercise": "rotary", "mark": "✓"}\n', encoding="utf-8")
    assert command("import", other) == 0
    assert record.read_text(encoding="utf-8") == whole + other.read_text(encoding="utf-8")
    capsys.readouterr()


@pytest.mark.parametrize("text", ["no json", "[1]", '{"a": 1}', '{"exercise": "x"}\n{'])
def test_what_is_no_record_is_refused_whole(record, tmp_path, text, capsys):
    other = tmp_path / "other.jsonl"
    other.write_text(text)
    assert command("import", other) == 1
    assert "is no record of this course" in capsys.readouterr().err
    assert not record.exists()


def test_an_export_overwrites_nothing(record, tmp_path, capsys):
    check.inverse_frequencies(inverse_frequencies)
    (tmp_path / "mine").write_text("mine")
    assert command("export", tmp_path / "mine") == 1
    assert "is there already" in capsys.readouterr().err
    assert (tmp_path / "mine").read_text() == "mine"


def test_there_may_be_nothing_yet(record, tmp_path, capsys):
    for words in (["export", tmp_path / "x"], ["delete"], ["import", tmp_path / "y"]):
        assert command(*words) == 1
    said = capsys.readouterr().err
    assert said.count("there is no record yet") == 2
    assert "cannot be read as a record" in said


# --- the answers that are kept beside it ------------------------------------------------------


def kept_beside(record, *names):
    folder = record.parent / "answers"
    folder.mkdir()
    for name in names:
        (folder / name).write_text("{}", encoding="utf-8")
    return folder


def test_deleting_takes_the_kept_answers_too(record, capsys):
    check.inverse_frequencies(inverse_frequencies)
    folder = kept_beside(record, "rotary.json", "rotary.first_wrong.json")
    assert command("delete") == 0
    assert "holds 1 entries, and 2 answers beside it. To delete them" in capsys.readouterr().out
    assert len(list(folder.iterdir())) == 2
    assert command("delete", "--yes") == 0
    assert "deleted, with 1 entries, and 2 answers beside it." in capsys.readouterr().out
    assert not record.exists()
    assert not folder.exists()


def test_other_files_in_that_folder_stay(record):
    check.inverse_frequencies(inverse_frequencies)
    folder = kept_beside(record, "rotary.json", "my letters.json", "rotary.json.old")
    assert command("delete", "--yes") == 0
    assert {path.name for path in folder.iterdir()} == {"my letters.json", "rotary.json.old"}


def test_answers_without_a_record_are_deleted(record, capsys):
    folder = kept_beside(record, "rotary.json")
    assert command("delete", "--yes") == 0
    assert "0 entries, and 1 answers beside it" in capsys.readouterr().out
    assert not folder.exists()
