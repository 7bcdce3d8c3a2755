"""Notebook 08: longer contexts."""

EXERCISES = ("unseen_pairs", "interpolated", "yarn_frequencies", "false_neighbour")
