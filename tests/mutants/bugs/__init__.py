"""The planted bugs: slips that people publish, and slips that a later change could make."""

from bugs.encodings import ENCODINGS
from bugs.functional import FUNCTIONAL
from bugs.model import CAPTURE, MODEL, PATTERN
from bugs.others import ANALYSIS, STUDY, TASKS
from bugs.scores import PART_TWO, REL, ROPE, SCORES

SUBJECTS = {
    "functional": FUNCTIONAL,
    "encodings": ENCODINGS + [bug for bug in PART_TWO if bug.module in (REL, ROPE, "base")],
    "scores": SCORES,
    "model": MODEL,
    "layers": PATTERN,
    "capture": CAPTURE,
    "tasks": TASKS,
    "analysis": ANALYSIS,
    "study": STUDY,
}
