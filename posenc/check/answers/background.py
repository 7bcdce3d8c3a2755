"""What happens to an answer that was checked, behind the learner's back: it is judged and kept."""

import posenc
from posenc.check.answers import apart, keeping
from posenc.check.answers.hearing import Waiting
from posenc.check.answers.keeping import Answer, Spoiled
from posenc.check.answers.source import gather
from posenc.check.trial.record import CALLED, LESSON


def keep(waiting: Waiting) -> str:
    """Keep an answer if it passes by itself; return why it does not, or ""."""
    name = waiting.exercise
    source, answer = gather(waiting.cells, name, CALLED.get(name, name))
    about = LESSON[name][:2], edition(), source, answer, waiting.dtype, waiting.mistake
    found = Answer(name, *about)
    try:
        before = keeping.find(*found.slot)
    except Spoiled:
        before = None
    if before == found or (before and found.mistake):  # of wrong ones the first is kept
        return ""
    return judge(found)


def judge(answer: Answer) -> str:
    """Judge an answer in a process of its own, and keep it; return why it is not kept, or ""."""
    told = apart.tried(answer)
    if told == apart.PASSED:
        keeping.remember(answer)
    elif told == apart.STORED:
        keeping.forget(answer)
    else:
        return told
    return ""


def edition() -> str:
    """Return the version of the course that runs."""
    return posenc.__version__
