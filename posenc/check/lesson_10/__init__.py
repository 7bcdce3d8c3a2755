"""Notebook 10: beyond text."""

EXERCISES = ("grid_positions", "resized_table", "fourier_features", "prompt_positions")
