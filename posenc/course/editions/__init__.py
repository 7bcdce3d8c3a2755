"""Editions of the lessons: for whom, in which format, and where they lie."""
