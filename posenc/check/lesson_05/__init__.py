"""Notebook 05: scoring a model, loss by position, reading seeds."""

EXERCISES = ("evaluate", "reading", "by_position")
