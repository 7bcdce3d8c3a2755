"""Claims on trial, predictions, and a checker for every exercise.

A checker prints one line and never raises: ``✓`` right, ``≈`` right in another form,
``✗`` with the mistake, ``○`` not written yet.
"""

from posenc.check._trial import claim, predict, verdict
from posenc.check._verdict import Verdict

__all__ = ["Verdict", "claim", "predict", "verdict"]
