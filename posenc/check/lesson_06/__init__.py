"""Notebook 06: distances in the scores."""

EXERCISES = ("shaw_scores", "t5_bucket", "alibi_slopes", "alibi_bias")
