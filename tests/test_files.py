"""Files that are there whole or not at all."""

import os

import pytest

from posenc._files import write_aside


@pytest.mark.parametrize("durably", [False, True])
def test_the_file_is_the_new_one_and_nothing_is_left_beside_it(tmp_path, durably):
    path = tmp_path / "told.json"
    path.write_bytes(b"old")
    write_aside(path, b"new", durably=durably)
    assert path.read_bytes() == b"new"
    assert os.listdir(tmp_path) == ["told.json"]


def test_a_link_under_the_name_beside_it_is_not_followed(tmp_path):
    path, other = tmp_path / "told.json", tmp_path / "other"
    other.write_bytes(b"mine")
    (tmp_path / f".told.json.{os.getpid()}.part").symlink_to(other)
    write_aside(path, b"new")
    assert other.read_bytes() == b"mine"
    assert path.read_bytes() == b"new"
    assert not path.is_symlink()


def test_what_a_broken_run_left_there_is_replaced(tmp_path):
    path = tmp_path / "told.json"
    (tmp_path / f".told.json.{os.getpid()}.part").write_bytes(b"longer than what is written now")
    write_aside(path, b"new")
    assert path.read_bytes() == b"new"
