"""posenc.check.claim, predict, verdict, and what every checker stands on."""

import json
import math

import pytest
import torch

from posenc import check
from posenc.check.engine.verdict import Mistake, Remark, judge, same
from posenc.check.trial import guesses as asked_before
from posenc.check.trial import record, settled
from posenc.check.trial.claims import CLAIMS
from posenc.check.trial.shown import is_steady


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
        (1, "in", (1, 2), True), (2, "in", (1, 2), True), (2.5, "in", (1, 2), False),
        ([1.5, 0.9], "in", (1, 2), False), (math.nan, "in", (1, 2), False),
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
    assert capsys.readouterr().out.splitlines() == [
        "✓ it is so",
        "You predicted “heads”; it is “heads”.",
        "You predicted “six”; it is “one”.",
    ]


def test_a_claim_finds_in_the_package_what_it_settles(capsys, guesses):
    [(id, text, settles)] = [
        (id, text, found)
        for (id, text), found in settled._claims().items()
        if set(found) == {"dog"}
    ]
    [asked] = [question for question in asked_before.today() if question.key == "dog"]
    guesses(asked, "They are far apart.")
    check.claim(id, text, 0, "<", 1)
    assert capsys.readouterr().out.endswith(
        "You predicted “They are far apart”; it is “They are equal”.\n"
    )
    check.claim(id, "in other words", 0, "<", 1)
    assert "You predicted" not in capsys.readouterr().out


def test_a_claim_settles_a_number_with_the_one_that_it_shows(capsys, guesses):
    number = check.predict_number("half", "At which position?").asked
    asked_before.guess(number, (140,))
    check.claim(
        "c", "half is left", 13.86, "in", (10, 20), show="{:.0f}", settles={"half": "measured"}
    )
    assert capsys.readouterr().out == "✓ half is left (14)\nYou predicted 140; measured 14.\n"
    check.claim("c", "half is left", 13.86, "in", (10, 20), settles={"half": "measured"})
    assert capsys.readouterr().out.endswith("measured 13.9.\n")


def test_a_claim_settles_a_curve_with_its_values(capsys, guesses):
    about = {"low": 0, "high": 1, "xlabel": "offset", "ylabel": "similarity"}
    curve = check.predict_curve("falls", "How?", x=(0, 1, 2, 4, 8), **about).asked
    asked_before.guess(curve, (1, 0.8, 0.6, 0.4, 0.2))
    values = torch.tensor([1, 0.5, 0.25, 0.1, 0.0])
    check.claim("c", "similarity falls", values, "in", (0, 1), settles={"falls": "measured"})
    assert "\nYou predicted 0.6 at 2; measured 0.25" in capsys.readouterr().out


# --- a claim's number ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "op", "bound", "show", "line"),
    [
        (14, "==", 14, "{:.0f}", "✓ it is so (14)"),
        ([3.7, 13.86], "<", 20, "{:.0f} km", "✓ it is so (14 km)"),
        ([3, 9], "in", (0, 10), "{:.0f}", "✓ it is so (9)"),
        (-1e-17, "<", 1, "{:.0f}", "✓ it is so (0)"),
    ],
)
def test_a_claim_shows_its_number(capsys, value, op, bound, show, line):
    check.claim("c", "it is so", value, op, bound, show=show)
    assert capsys.readouterr().out == f"{line}\n"


@pytest.mark.parametrize(("quiet", "line"), [("0", "(0.57; 3 seeds)"), ("1", "(3 seeds)")])
def test_a_trained_number_is_shown_live_and_never_stored(capsys, monkeypatch, quiet, line):
    monkeypatch.setenv("POSENC_QUIET", quiet)
    check.claim("c", "it is so", 0.573, "<", 1, show="{:.2f}", seeds=3)
    assert capsys.readouterr().out == f"✓ it is so {line}\n"


@pytest.mark.parametrize(
    ("value", "show", "steady"),
    [
        (13.86, "{:.0f}", True), (13.6, "{:.0f}", False), (13.4, "{:.0f}", False),
        (3.71427, "{:.3f}", True), (3.7144, "{:.3f}", False), (0.578, "{:.0%}", True),
        (0.574, "{:.0%}", False), (0.572, "{:.0%}", True), (0.5, "{:.3g}", True),
        (0.0, "{:.1e}", True),
        (60611.4, "{:,.0f}", False), (60611.2, "{:,.0f}", True), (1.3e-16, "{:.0e}", False),
        (1.3e-16, "{:.0f}", True), (-2.32, "{:.1f}", True), (-2.34, "{:.1f}", False),
        (0.57, "{:.0%}", True), (1232, "{:.2e}", True), (1234.56, "{:.1e}", False),
    ],
)  # fmt: skip
def test_the_builder_shows_only_numbers_that_stay(tmp_path, monkeypatch, value, show, steady):
    assert is_steady(value, show) == steady
    monkeypatch.setenv("POSENC_LEDGER", str(tmp_path / "noted.jsonl"))
    if steady:
        check.claim("c", "it is so", value, "<", 1e9, show=show)
    else:
        with pytest.raises(ValueError, match=rf"claim 'c' shows {value}.* show fewer digits"):
            check.claim("c", "it is so", value, "<", 1e9, show=show)
    check.claim("c", "it is so", value, "<", 1e9, show=show, seeds=3)  # is not shown then


@pytest.mark.parametrize(
    ("value", "op", "bound", "both"),
    [
        (2, "==", 2, True), ([1, 2], "in", (1, 2), True), (0.0, "<", 1e-12, True),
        ([1e-13, 0], "<=", 1e-12, True), ([1e-13, -1], "<", 1e-12, False), (0.0, "<", 1e-9, False),
        (3, ">", 1e-12, False), (3, ">=", 3, False),
    ],
)  # fmt: skip
def test_the_ledger_says_whether_both_sides_are_bounded(
    tmp_path, monkeypatch, value, op, bound, both
):
    noted = tmp_path / "noted.jsonl"
    monkeypatch.setenv("POSENC_LEDGER", str(noted))
    check.claim("c", "it is so", value, op, bound)
    assert json.loads(noted.read_text()).get("both sides", False) == both


def test_a_trained_claim_may_carry_a_gradient(capsys):
    check.claim("c", "it is so", torch.ones(2, requires_grad=True).detach(), ">", 0)
    assert capsys.readouterr().out.startswith("✓")


def test_bad_claims_are_refused():
    with pytest.raises(ValueError, match="op must be one of <, <=, >, >=, ==, in; got '!='"):
        check.claim("c", "it is so", 1, "!=", 2)
    with pytest.raises(ValueError, match="claim 'c' has no value to compare"):
        check.claim("c", "it is so", [], "<", 2)
    for op, bound in (("in", 2), ("in", (3, 2)), ("<", (1, 2))):
        with pytest.raises(ValueError, match=rf"claim 'c': {op} takes .*; got "):
            check.claim("c", "it is so", 1, op, bound)
    for show in ("{}{}", "no field", "{:q}"):
        with pytest.raises(ValueError, match="show must be a format of one number, as '{:.0f}'"):
            check.claim("c", "it is so", 1, "<", 2, show=show)


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
