"""Notebook 04: a module, a table to mend, a test to write."""

EXERCISES = ("positional_module", "mended_table", "table_test")
