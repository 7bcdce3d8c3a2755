"""Notebook 01: attention, and a mask that leaks."""

EXERCISES = (
    "permutation_equivariant", "attention", "mended_attention", "counting_weights",
    "separating_run",
)  # fmt: skip
