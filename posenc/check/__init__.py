"""Claims on trial, predictions, and a checker for every exercise.

A checker prints one line and never raises: ``✓`` right, ``≈`` right in another form,
``✗`` with the mistake, ``○`` not written yet.
"""

from posenc.check._attention import attention, counting_weights, mended_attention
from posenc.check._blind import permutation_equivariant, same_in_every_text
from posenc.check._frequency import (
    inverse_frequencies,
    offset_head,
    shift_matrix,
    sinusoidal,
)
from posenc.check._module import mended_table, positional_module, table_test
from posenc.check._numbers import look_back, previous_word_weights
from posenc.check._seeds import reading
from posenc.check._training import by_position, evaluate
from posenc.check.engine import verdict as _judging
from posenc.check.engine.verdict import Verdict
from posenc.check.lesson_06.alibi_bias import alibi_bias
from posenc.check.lesson_06.alibi_slopes import alibi_slopes
from posenc.check.lesson_06.shaw_scores import shaw_scores
from posenc.check.lesson_06.t5_bucket import t5_bucket
from posenc.check.lesson_07.partial_rotary import partial_rotary
from posenc.check.lesson_07.rotary import rotary
from posenc.check.lesson_07.to_pairs import to_pairs
from posenc.check.lesson_08.false_neighbour import false_neighbour
from posenc.check.lesson_08.interpolated import interpolated
from posenc.check.lesson_08.unseen_pairs import unseen_pairs
from posenc.check.lesson_08.yarn_frequencies import yarn_frequencies
from posenc.check.lesson_09.cached_step import cached_step
from posenc.check.lesson_09.left_padded_positions import left_padded_positions
from posenc.check.lesson_09.packed_positions import packed_positions
from posenc.check.lesson_10.fourier_features import fourier_features
from posenc.check.lesson_10.grid_positions import grid_positions
from posenc.check.lesson_10.resized_table import resized_table
from posenc.check.lesson_11.own_encoding import own_encoding
from posenc.check.lesson_11.reported_rate import reported_rate
from posenc.check.lesson_11.slower_or_stuck import slower_or_stuck
from posenc.check.trial import record as _record
from posenc.check.trial.ledger import ledger
from posenc.check.trial.report import report
from posenc.check.trial.solution import solution, watch
from posenc.check.trial.trial import claim, predict, verdict

__all__ = [
    "Verdict",
    "alibi_bias",
    "alibi_slopes",
    "attention",
    "by_position",
    "cached_step",
    "claim",
    "counting_weights",
    "evaluate",
    "false_neighbour",
    "fourier_features",
    "grid_positions",
    "interpolated",
    "inverse_frequencies",
    "ledger",
    "left_padded_positions",
    "look_back",
    "mended_attention",
    "mended_table",
    "offset_head",
    "own_encoding",
    "packed_positions",
    "partial_rotary",
    "permutation_equivariant",
    "positional_module",
    "predict",
    "previous_word_weights",
    "reading",
    "report",
    "reported_rate",
    "resized_table",
    "rotary",
    "same_in_every_text",
    "shaw_scores",
    "shift_matrix",
    "sinusoidal",
    "slower_or_stuck",
    "solution",
    "t5_bucket",
    "table_test",
    "unseen_pairs",
    "to_pairs",
    "verdict",
    "yarn_frequencies",
]

_judging.listeners.append(_record.exercise)  # in the learner's record
watch()  # a notebook's cells of solutions solve nothing for the learner
