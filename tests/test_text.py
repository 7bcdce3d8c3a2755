"""posenc.text: the characters that every Python ships."""

import contract.tasks as promise
import pytest
import torch

from posenc import text


@pytest.mark.parametrize(
    "check",
    [
        promise.a_window_is_followed_by_its_next_character,
        promise.text_is_divided_without_overlap,
        promise.encoding_a_text_can_be_undone,
    ],
    ids=lambda check: check.__name__,
)
def test_promise(check):
    check()


def test_the_alphabet_is_fixed():
    assert len(text.ALPHABET) == len(set(text.ALPHABET)) == 96
    assert text.ALPHABET[0] == "\n"
    assert text.ALPHABET[1:] == "".join(map(chr, range(32, 127)))


def test_the_corpus_is_real_text_in_the_alphabet():
    corpus = text.corpus()
    assert set(corpus) <= set(text.ALPHABET)
    assert corpus.count(" the ") > 1000
    assert text.corpus() is corpus


@pytest.mark.parametrize("character", ["é", "\t", "中"])
def test_other_characters_are_named(character):
    with pytest.raises(ValueError, match="is not printable ASCII.*leave the others") as raised:
        text.encode("abc" + character)
    assert str(raised.value).startswith(repr(character))


@pytest.mark.parametrize(("b", "n"), [(1, 8), (1, 9), (0, 2), (1, 0), (-1, 2)])
def test_windows_must_fit(b, n):
    words = rf"a window of {n} .* do not fit into 8 characters \(b={b}\): use a shorter window"
    with pytest.raises(ValueError, match=words):
        text.batch(text.encode("abcdefgh"), b, n, torch.Generator())


def test_the_longest_window_fits():
    inputs, targets = text.batch(text.encode("abcdefgh"), 3, 7, torch.Generator())
    assert text.decode(inputs[0]) == "abcdefg"
    assert text.decode(targets[2]) == "bcdefgh"


def test_the_generator_alone_decides():
    tokens = text.split()[1]
    first, again, other = (
        text.batch(tokens, 4, 16, torch.Generator().manual_seed(seed))[0] for seed in (1, 1, 2)
    )
    assert torch.equal(first, again)
    assert not torch.equal(first, other)
