"""Notebook 02: what one number can say, and what two can."""

EXERCISES = ("previous_word_weights", "look_back", "same_in_every_text")
