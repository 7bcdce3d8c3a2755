"""Notebook 03: frequencies, codes, the shift matrix, a head that looks back."""

EXERCISES = (
    "inverse_frequencies", "sinusoidal", "shift_matrix", "offset_head", "shift_is_shown",
)  # fmt: skip
