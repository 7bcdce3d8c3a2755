"""Notebook 09: positions in service."""

EXERCISES = ("left_padded_positions", "packed_positions", "cached_step", "chosen_run")
