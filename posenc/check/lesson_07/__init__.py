"""Notebook 07: turning positions."""

EXERCISES = ("rotary", "to_pairs", "partial_rotary")
