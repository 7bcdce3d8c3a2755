"""What readers read: its words, its numbers, its quotes, its links; `python -m tools.words FILE`."""
