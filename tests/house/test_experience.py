"""Texts for teachers do not speak from classes that nobody has taught.

A slip is published, and then its thread is named, or it is to be expected, for a reason.
"""

import re

import pytest
from real import ROOT

from posenc.course.editions.audience import read_notes

NOTES = sorted((ROOT / "notebooks" / "src" / "teaching").glob("*.md"))
TEXTS = {path.name: path for path in (*NOTES, ROOT / "TEACHING.md", ROOT / "README.md")}
PEOPLE = "(?:students|learners|readers|classes|people|votes)"
THINK = "(?:will|think|say|guess|predict|expect|believe|forget|draw|return|merge|get wrong)"
CLAIMS = re.compile(
    "|".join(
        rf"\b{phrase}\b"
        for phrase in (
            "(?:every|each) (?:year|term|semester|class)",
            "come (?:back|up|each|every) (?:time|year|term)",
            "half (?:of )?(?:a|the|every|your) (?:class|room|students)",
            "the other half(?! of)",
            "(?:the|whole|your) room",
            f"(?:most|many|some|nearly all|almost all)(?: of the)? {PEOPLE}",
            f"(?:most|many|some|someone|somebody|everybody|nobody) {THINK}",
            "(?:nearly|almost) (?:everyone|everybody|all|nobody|no one)",
            "(?:on nobody|met by everybody|(?:lost|believed) by (?:most|many|those))",
            f"{PEOPLE} (?:always |often |never )?{THINK}",
            "always (?:ask|say|forget|want|come)",
            "usually|rarely|frequently|more often than not",
            "(?:most|second|third) (?:most )?(?:frequent|common)",
            "(?:fewest|most) votes",
            "(?:our|my) (?:experience|students|classes)",
            "(?:laughs|laughed|gasps)",
        )
    ),
    re.IGNORECASE,
)
THREAD = re.compile(r"[\w.-]+/[\w.-]+\#\d+")
FORMERLY = [
    "Three wrong programs come back every year.",
    "Rows against columns costs every class ten minutes once.",
    "Half the class shifts the keys and the queries.",
    "The other half has the sign wrong.",
    "Half of a class will forget `eval()` in 04.",
    "The room laughs; then ask where the ghosts come from.",
    "Let the room take sides.",
    "Most students arrive with it.",
    "Most predict that the last term knows the distance.",
    "Many return weights that work for n = 3.",
    "Someone will say it.",
    "The prediction is lost by almost everyone.",
    "It is new to nearly all.",
    "The first reason is on nobody's list.",
    "The advice is believed by most.",
    "Students merge the two.",
    "What students\nget wrong there.",
    "Row and column are exchanged more often than not.",
    "The most frequent wrong answer tries one shuffle.",
    "The second most frequent compares with `==`.",
    "D gets the fewest votes.",
    "In our experience the plan holds.",
    "Two questions come each time.",
    "It is met by everybody who logs events.",
    "The answer is usually wrong.",
    "Readers always ask for the sign.",
    "Most classes vote for RoPE.",
]
ALLOWED = [
    "The usual rate, three seeds.",
    "Let everyone press a button.",
    "Two objections to raise, if nobody does.",
    "Let half of the pairs rotate, and the other half of the channels rest.",
    "Let someone prove it; each group takes one row.",
]


def claims(text):
    """Every phrase of a text that tells how classes went, on whatever lines it stands."""
    return [found.group() for found in CLAIMS.finditer(re.sub(r"\s+", " ", text))]


@pytest.mark.parametrize("sentence", FORMERLY)
def test_a_claim_of_experience_is_found(sentence):
    assert claims(sentence)


@pytest.mark.parametrize("sentence", ALLOWED)
def test_other_sentences_are_left_alone(sentence):
    assert claims(sentence) == []


@pytest.mark.parametrize("name", TEXTS)
def test_no_text_speaks_from_classes_that_nobody_taught(name):
    assert claims(TEXTS[name].read_text(encoding="utf-8")) == [], "say what is true instead"


@pytest.mark.parametrize("path", NOTES, ids=lambda path: path.stem)
def test_a_published_slip_names_its_thread(path):
    without = [
        f"{place}: {line}"
        for place, note in read_notes(path)
        for line in note.splitlines()
        if re.search(r"\bpublished\b[^.]*\bslips?\b|\bslips?\b[^.]*\bpublished\b", line)
        and not THREAD.search(note)
    ]
    assert without == []
