"""A learner's own encoding: what is registered passes, and the line says what is kept."""

import pytest
from lesson_11 import Right

import posenc
from posenc import check


@pytest.mark.parametrize("name", list(posenc.ENCODINGS))
def test_every_registered_encoding_passes(name, capsys):
    verdict = check.own_encoding(posenc.ENCODINGS[name])
    assert verdict.passed, capsys.readouterr().out
    kept = verdict.message.partition("keeps: ")[2].partition(";")[0].split(", ")
    promised = posenc.ENCODINGS[name].promises - {"causal only"}
    assert promised <= set(kept)


def test_what_is_kept_is_said_and_what_is_missing_remarked(capsys):
    assert check.own_encoding(Right).message == (
        "it acts on embeddings, and keeps: cache, real positions"
    )

    class Modest(Right):
        promises = frozenset()

    verdict = check.own_encoding(Modest)
    assert verdict.equivalent
    assert verdict.message.endswith("promises lacks 'cache', 'real positions'")
