"""What every lesson owes: its claims stand alone, and what it asks is marked."""

import pytest
import tiny
from real import ROOT, SOURCES

from posenc.course.author import build, ledger
from posenc.course.author.asked import KINDS, asked
from posenc.course.author.leaning import leans
from posenc.course.places import CourseError

LESSON = """\
# %% [markdown]
# # Is it so?

# %%
from posenc import check

check.predict("sum", "Two and one?", ["three", "four"])

# %%
check.claim("sum", "two and one are three", 3, "==", 3, settles={"sum": "three"})
check.claim("more", "so are one and two", 3, "==", 3)
"""


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("with p and p², every word looks at the one before", "begins with “with”"),
        ("so is a vector for each place", "begins with “so”"),
        ("… and without numbers, texts look alike", "begins with “and”"),
        ("The other is far away", "begins with “The other”"),
        ("both “the” leave the encoder as one vector", "begins with “both”"),
        ("two layers: it is not", "says “it”"),
        ("two causal layers: they and all later words change", "says “they”"),
        ("one-hot does so for them", "says “them”"),
        ("C and D pass: distance alone", "has no verb"),
        ("a key equal to the query: down to a random one", "has no verb"),
        ("a recurrent layer sees the order", None),
        ("the product of two codes depends on their distance alone", None),
        ("P @ x is x[order]", None),
        ("within one layer a causal mask lets order in", None),
        ("a sorted list stayed as it was", "says “it”"),
    ],
)
def test_a_text_that_leans_is_noticed(text, why):
    found = leans(text)
    assert found is None if why is None else why in (found or "")


@pytest.mark.parametrize("stem", sorted(SOURCES))
def test_the_claims_of_a_lesson_stand_alone(stem):
    rows = [row for row in ledger.rows_of(ROOT) if row["lesson"] == stem and "value" in row]
    assert rows
    assert [(row["claim"], leans(row["claim"])) for row in rows if leans(row["claim"])] == []


@pytest.mark.parametrize("stem", sorted(SOURCES))
def test_the_claims_that_settle_are_bounded_on_both_sides(stem):
    rows = {(row["id"], row["claim"]): row for row in ledger.rows_of(ROOT)
            if row["lesson"] == stem and "value" in row}  # fmt: skip
    for claim in asked(SOURCES[stem]).claims:
        assert rows[claim.id, claim.text].get("both sides"), claim


@pytest.mark.parametrize("stem", sorted(SOURCES))
def test_every_prediction_of_a_lesson_is_marked(stem):
    one = asked(SOURCES[stem])
    for asks in one.predictions:
        assert asks.kind in KINDS, asks.key
        assert set(asks.beliefs) == set(asks.options) - {one.right[asks.key]}, asks.key
    assert sum(asks.sure for asks in one.predictions) == 2


def test_a_claim_bounded_on_one_side_settles_nothing(tmp_path):
    open_above = LESSON.replace('"==", 3, settles', '">", 2, settles')
    with pytest.raises(CourseError, match=r"'sum' settles .* one side alone, > 2: write \"in\""):
        build.build_one(tiny.write(tmp_path, open_above))


def test_the_builder_asks_whether_a_text_stands_alone(tmp_path):
    said = build.build_one(tiny.write(tmp_path, LESSON)).splitlines()
    assert said[1:] == ["  does claim 'more' stand alone? it begins with “so”: so are one and two"]
