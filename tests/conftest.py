"""Puts this folder on the path, so that tests share `reference` and `contract`."""

import pytest
from hypothesis import settings

pytest.register_assert_rewrite("contract", "reference")

# The same examples on every run and every machine; a slow machine is no failure.
settings.register_profile("posenc", max_examples=40, deadline=None, derandomize=True, database=None)
settings.load_profile("posenc")
