"""Claims on trial, predictions, and a checker for every exercise.

A checker prints one line and never raises: ``✓`` right, ``≈`` right in another form (solved),
``✗`` with the mistake, ``○`` not written yet.
"""

from importlib import import_module
from typing import TYPE_CHECKING

from posenc.check.answers import hearing as _answers
from posenc.check.engine import verdict as _judging
from posenc.check.engine.verdict import Verdict
from posenc.check.trial import record as _record
from posenc.check.trial.counts import guesses
from posenc.check.trial.ledger import ledger
from posenc.check.trial.predicted_values import drawn, predict_curve, predict_number
from posenc.check.trial.predictions import predict
from posenc.check.trial.report import report
from posenc.check.trial.solution import solution, watch
from posenc.check.trial.surprises import surprises
from posenc.check.trial.trial import claim, verdict

if TYPE_CHECKING:
    from posenc.check.answers.mine import mine
    from posenc.check.lesson_01.attention import attention
    from posenc.check.lesson_01.counting_weights import counting_weights
    from posenc.check.lesson_01.mended_attention import mended_attention
    from posenc.check.lesson_01.permutation_equivariant import permutation_equivariant
    from posenc.check.lesson_01.separating_run import separating_run
    from posenc.check.lesson_02.look_back import look_back
    from posenc.check.lesson_02.previous_word_weights import previous_word_weights
    from posenc.check.lesson_02.same_in_every_text import same_in_every_text
    from posenc.check.lesson_03.inverse_frequencies import inverse_frequencies
    from posenc.check.lesson_03.offset_head import offset_head
    from posenc.check.lesson_03.shift_is_shown import shift_is_shown
    from posenc.check.lesson_03.shift_matrix import shift_matrix
    from posenc.check.lesson_03.sinusoidal import sinusoidal
    from posenc.check.lesson_04.mended_table import mended_table
    from posenc.check.lesson_04.positional_module import positional_module
    from posenc.check.lesson_04.table_test import table_test
    from posenc.check.lesson_05.by_position import by_position
    from posenc.check.lesson_05.evaluate import evaluate
    from posenc.check.lesson_05.reading import reading
    from posenc.check.lesson_06.alibi_bias import alibi_bias
    from posenc.check.lesson_06.alibi_slopes import alibi_slopes
    from posenc.check.lesson_06.shaw_scores import shaw_scores
    from posenc.check.lesson_06.t5_bucket import t5_bucket
    from posenc.check.lesson_07.partial_rotary import partial_rotary
    from posenc.check.lesson_07.rotary import rotary
    from posenc.check.lesson_07.to_pairs import to_pairs
    from posenc.check.lesson_08.deciding_run import deciding_run
    from posenc.check.lesson_08.false_neighbour import false_neighbour
    from posenc.check.lesson_08.interpolated import interpolated
    from posenc.check.lesson_08.unseen_pairs import unseen_pairs
    from posenc.check.lesson_08.yarn_frequencies import yarn_frequencies
    from posenc.check.lesson_09.cached_step import cached_step
    from posenc.check.lesson_09.chosen_run import chosen_run
    from posenc.check.lesson_09.left_padded_positions import left_padded_positions
    from posenc.check.lesson_09.packed_positions import packed_positions
    from posenc.check.lesson_10.fourier_features import fourier_features
    from posenc.check.lesson_10.grid_positions import grid_positions
    from posenc.check.lesson_10.prompt_positions import prompt_positions
    from posenc.check.lesson_10.resized_table import resized_table
    from posenc.check.lesson_11.own_encoding import own_encoding
    from posenc.check.lesson_11.reported_rate import reported_rate
    from posenc.check.lesson_11.slower_or_stuck import slower_or_stuck

__all__ = [
    "Verdict",
    "alibi_bias",
    "alibi_slopes",
    "attention",
    "by_position",
    "cached_step",
    "chosen_run",
    "claim",
    "counting_weights",
    "deciding_run",
    "drawn",
    "evaluate",
    "false_neighbour",
    "fourier_features",
    "grid_positions",
    "guesses",
    "interpolated",
    "inverse_frequencies",
    "ledger",
    "left_padded_positions",
    "look_back",
    "mended_attention",
    "mended_table",
    "mine",
    "offset_head",
    "own_encoding",
    "packed_positions",
    "partial_rotary",
    "permutation_equivariant",
    "positional_module",
    "predict",
    "predict_curve",
    "predict_number",
    "previous_word_weights",
    "prompt_positions",
    "reading",
    "report",
    "reported_rate",
    "resized_table",
    "rotary",
    "same_in_every_text",
    "separating_run",
    "shaw_scores",
    "shift_is_shown",
    "shift_matrix",
    "sinusoidal",
    "slower_or_stuck",
    "solution",
    "surprises",
    "t5_bucket",
    "table_test",
    "unseen_pairs",
    "to_pairs",
    "verdict",
    "yarn_frequencies",
]

_judging.listeners.append(_record.exercise)  # in the learner's record
_judging.listeners.append(_answers.heard)  # what passes is kept for later lessons
_judging.called.update(_record.CALLED)
watch()  # a notebook's cells of solutions solve nothing for the learner


def __getattr__(name: str) -> object:
    """Return a checker; its lesson is imported when it is first asked for, and so is `mine`."""
    if name == "mine":
        globals()[name] = found = import_module(f"{__name__}.answers.mine").mine
        return found
    lessons = _record.LESSON | _record.RETIRED
    if name not in lessons:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    lesson = f"lesson_{lessons[name][:2]}"
    try:
        checker = getattr(import_module(f"{__name__}.{lesson}.{name}"), name)
    except ModuleNotFoundError as error:
        if not str(error.name).startswith(__name__):
            raise
        raise AttributeError(
            f"check.{name} is not in this copy of posenc, which holds the checkers of another "
            f"lesson: open lesson {lesson[-2:]}"
        ) from None
    globals()[name] = checker
    return checker


def __dir__() -> list[str]:
    """Return the public names, checkers that nobody asked for yet among them."""
    return sorted(__all__)
