"""Mutants by the thousand: which small changes of the package do its own tests not notice?"""
