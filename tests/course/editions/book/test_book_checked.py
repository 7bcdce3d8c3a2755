"""Faults of a book that stop its build, each by its page and its name."""

import json

import pytest

from posenc.course.editions.book.checked import check
from posenc.course.places import CourseError

GOOD = '<h1 id="top">T</h1><img src="a.png" alt="A."><a href="sub/b.html#there">b</a>'
EXPLORER = '<div class="posenc-explorer"><script type="application/json">{}</script></div>'


@pytest.fixture
def book(tmp_path):
    (tmp_path / "sub").mkdir()
    (tmp_path / "a.png").write_bytes(b"")
    (tmp_path / "index.html").write_text(GOOD)
    (tmp_path / "sub" / "b.html").write_text('<p id="there"><a href="../index.html">up</a></p>')
    return tmp_path


def test_a_good_book_passes(book):
    check(book)


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        ('<a href="gone.html">x</a>', "the link gone.html leads nowhere"),
        ('<a href="sub/b.html#gone">x</a>', "the link sub/b.html#gone leads to no anchor"),
        ('<a href="#gone">x</a>', "the link #gone leads to no anchor"),
        ('<img src="a.png">', "the picture a.png has no text"),
        ('<img src="a.png" alt=" ">', "the picture a.png has no text"),
        ('<img src="gone.png" alt="x">', "the picture gone.png is not there"),
        ('<p id="top">twice</p>', "the anchor 'top' stands 2 times"),
        ('<script src="https://cdn.example/x.js"></script>', "it would fetch https://cdn"),
        ('<link href="//cdn.example/x.css">', "it would fetch //cdn"),
        (
            EXPLORER.format(json.dumps({"frames": [{"src": "gone.webp", "alt": "x"}]})),
            "the frame gone.webp is not there",
        ),
        (
            EXPLORER.format(json.dumps({"frames": [{"src": "a.png", "alt": ""}]})),
            "the frame a.png has no text",
        ),
    ],
)
def test_each_fault_is_named_with_its_page(book, fault, said):
    (book / "index.html").write_text(GOOD + fault)
    with pytest.raises(CourseError) as caught:
        check(book)
    assert f"index.html: {said}" in str(caught.value)


def test_a_link_out_of_the_book_is_a_fault(book):
    (book.parent / "outside.txt").write_text("x")
    (book / "index.html").write_text(GOOD + '<a href="../outside.txt">x</a>')
    with pytest.raises(CourseError, match=r"leads out of the book"):
        check(book)
