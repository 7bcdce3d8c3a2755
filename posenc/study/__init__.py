"""Encodings × tasks × seeds × lengths: trained, scored, kept, and read as one tidy table."""

from posenc.study._load import load, pack, record
from posenc.study._run import run
from posenc.study._table import answers, best, summary

__all__ = ["answers", "best", "load", "pack", "record", "run", "summary"]
