"""What readers read: its words, numbers, quotes and links; `python -m tools.words FILE`."""
