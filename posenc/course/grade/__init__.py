"""Grading: a submission runs sealed off, and is judged from outside."""
