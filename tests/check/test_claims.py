"""posenc.check.claim, predict, verdict, and what every checker stands on."""

import math

import pytest
import torch

from posenc import check
from posenc.check.engine.verdict import Mistake, Remark, judge, same
from posenc.check.trial import guesses as asked_before
from posenc.check.trial import record
from posenc.check.trial.claims import CLAIMS


@pytest.fixture
def lenient(monkeypatch):
    monkeypatch.delenv("POSENC_STRICT", raising=False)


@pytest.fixture
def guesses(monkeypatch):
    monkeypatch.setattr(record, "_unwritten", [])
    monkeypatch.setattr(asked_before, "_asked", {})
    monkeypatch.delenv("POSENC_RECORD", raising=False)
    monkeypatch.setenv("POSENC_QUIET", "0")
    return lambda asked, option: asked_before.guess(asked, asked.options.index(option))


@pytest.mark.parametrize(
    ("value", "op", "bound", "holds"),
    [
        (1, "<", 2, True), (2, "<", 2, False), (3, "<", 2, False),
        (2, "<=", 2, True), (3, "<=", 2, False),
        (3, ">", 2, True), (2, ">", 2, False),
        (2, ">=", 2, True), (1, ">=", 2, False),
        (2, "==", 2, True), (1, "==", 2, False),
        ([1, 2], "<", 3, True), ([1, 4], "<", 3, False), ([4, 1], "<", 3, False),
        (torch.tensor([[5.0, 6.0]]), ">", 4, True), (torch.tensor([[5.0, 3.0]]), ">", 4, False),
        (True, "==", 1, True), (torch.tensor(False), "==", 1, False),
        (math.nan, "<", 1, False), (math.nan, ">", 1, False), ([0.5, math.nan], "<", 1, False),
        (1, "<", math.nan, False), (math.inf, ">", 1, True),
    ],
)  # fmt: skip
def test_a_claim_is_true_for_every_value_or_fails(capsys, value, op, bound, holds):
    if holds:
        check.claim("c", "it is so", value, op, bound)
        assert capsys.readouterr().out == "✓ it is so\n"
    else:
        with pytest.raises(AssertionError, match="claim 'c' is false: it is so: measured "):
            check.claim("c", "it is so", value, op, bound)
        assert capsys.readouterr().out == ""


@pytest.mark.usefixtures("lenient")
def test_a_false_claim_prints_one_line_for_a_learner(capsys):
    check.claim("c", "it is so", [1.0, 7.25], "<", 3, seeds=3)
    assert capsys.readouterr().out == "✗ it is so (3 seeds): measured 7.25, claimed < 3\n"


@pytest.mark.usefixtures("lenient")
@pytest.mark.parametrize(
    ("values", "op", "worst"),
    [
        ([1, 9, 4], "<=", "9"),
        ([1, 9, 4], ">", "1"),
        ([2, 3, 2], "==", "3"),
        ([1, math.nan], ">", "nan"),
    ],
)
def test_the_worst_value_is_shown(capsys, values, op, worst):
    check.claim("c", "it is so", values, op, 2)
    assert f"measured {worst}, claimed {op} 2" in capsys.readouterr().out


def test_a_claim_names_its_seeds(capsys):
    check.claim("c", "it is so", 1, "<", 2, seeds=3)
    assert capsys.readouterr().out == "✓ it is so (3 seeds)\n"


def test_a_claim_settles_predictions(capsys, guesses):
    coin = check.predict("coin", "It lands on", ["heads", "tails"]).asked
    die = check.predict("die", "It shows", ["one", "two", "six"]).asked
    guesses(coin, "heads")
    guesses(die, "two")
    guesses(die, "six")  # another button: the last one counts
    settles = {"coin": "heads", "die": "one", "never asked": "x"}
    check.claim("c", "it is so", 1, "<", 2, settles=settles)
    expected = "✓ it is so · as you predicted: heads · you predicted: six\n"
    assert capsys.readouterr().out == expected


def test_a_trained_claim_may_carry_a_gradient(capsys):
    check.claim("c", "it is so", torch.ones(2, requires_grad=True).detach(), ">", 0)
    assert capsys.readouterr().out.startswith("✓")


def test_bad_claims_are_refused():
    with pytest.raises(ValueError, match="op must be one of <, <=, >, >=, ==; got '!='"):
        check.claim("c", "it is so", 1, "!=", 2)
    with pytest.raises(ValueError, match="claim 'c' has no value to compare"):
        check.claim("c", "it is so", [], "<", 2)


# --- predictions -----------------------------------------------------------------------------


def test_a_prediction_holds_no_answer():
    prediction = check.predict("coin", "It lands on", ["heads", "tails"])
    assert repr(prediction) == "Predict: It lands on\n  ( ) heads\n  ( ) tails"
    assert prediction._repr_mimebundle_() == {"text/plain": repr(prediction)}  # POSENC_QUIET
    assert prediction.options == ("heads", "tails")


@pytest.mark.parametrize("options", [[], ["one"], ["one", "one"], ["one", "two", "one"]])
def test_a_prediction_needs_a_choice(options):
    with pytest.raises(ValueError, match="two or more different options; got"):
        check.predict("coin", "It lands on", options)


# --- verdicts --------------------------------------------------------------------------------


@pytest.mark.parametrize("id", list(CLAIMS))
def test_a_verdict_quotes_its_claim(id):
    trial = check.verdict(id, "does not hold", because="It was measured.")
    assert CLAIMS[id] in repr(trial)
    assert repr(trial).endswith("does not hold. It was measured.")
    assert CLAIMS[id] in trial._repr_markdown_()
    assert "**Verdict: does not hold.** It was measured." in trial._repr_markdown_()


def test_verdicts_are_of_known_claims_and_of_four_kinds():
    with pytest.raises(ValueError, match="no claim 'A99' is on trial; known are: A1, A2"):
        check.verdict("A99", "holds", because="x")
    with pytest.raises(ValueError, match="holds, holds only if, does not hold, .*; got 'true'"):
        check.verdict("A1", "true", because="x")
    for ruling in ("holds", "holds only if", "does not hold", "not decided at this size"):
        assert check.verdict("A1", ruling, because="x").verdict == ruling


# --- what a checker says ---------------------------------------------------------------------


def raising(error):
    def answer():
        raise error

    return answer


def examine(answer):
    return f"it gave {answer()}"


HERE = f"in line {raising.__code__.co_firstlineno + 2} of test_claims.py, `raise error`"


@pytest.mark.parametrize(
    ("answer", "line", "mistake"),
    [
        (lambda: 3, "✓ task: it gave 3", None),
        (raising(NotImplementedError()), "○ task: not written yet", None),
        (
            raising(Remark("the sign is turned")),
            "≈ task: the sign is turned (≈: right in another form; this counts as solved)",
            None,
        ),
        (raising(Mistake("slug", "it is wrong")), "✗ task: it is wrong", "slug"),
        (raising(KeyError("x\ny")), rf"✗ task: it raised KeyError {HERE}: 'x\ny'", "raises"),
        (
            raising(RecursionError("deep")),
            f"✗ task: it raised RecursionError {HERE}: deep",
            "raises",
        ),
        (3, "✗ task: hand over the function or class itself, not int", "not-callable"),
    ],
)
def test_a_checker_prints_one_line_and_never_raises(capsys, answer, line, mistake):
    verdict = judge("task", answer, examine)
    assert capsys.readouterr().out == line + "\n"
    assert verdict.passed == (line[0] in "✓≈")
    assert verdict.equivalent == (line[0] == "≈")
    assert verdict.mistake == mistake
    assert verdict._ipython_display_() is None


def test_same_names_the_first_entry_that_differs():
    right = torch.tensor([[1.0, 2.0], [3.0, 4.0]])
    same(right + 1e-6, right, case="f(2)")
    wrong = right.clone()
    wrong[1, 0] = 5
    for found, slug, words in (
        (wrong, "value", r"f\(2\) at \[1, 0\] must be 3; it is 5"),
        (right * math.nan, "not-finite", r"at \[0, 0\] must be 1; it is nan"),
        (right[0], "shape", r"must have shape \(2, 2\); it has \(2,\)"),
        ([1, 2], "not-a-tensor", "must return a tensor; it returned list"),
        (None, "not-a-tensor", "The function returned None"),
    ):
        with pytest.raises(Mistake, match=words) as raised:
            same(found, right, case="f(2)")
        assert raised.value.slug == slug
