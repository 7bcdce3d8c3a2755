"""Notebook 11: which one for what."""

EXERCISES = ("reported_rate", "slower_or_stuck", "own_encoding")
