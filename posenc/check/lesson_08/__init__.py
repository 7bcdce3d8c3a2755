"""Notebook 08: longer contexts."""

EXERCISES = ("unseen_pairs", "yarn_frequencies", "false_neighbour", "deciding_run")
RETIRED = ("interpolated",)  # no exercise any more; copies of the first release still ask for it
