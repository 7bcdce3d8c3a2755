"""One small lesson for all tests of editions."""

import pytest
import tiny


@pytest.fixture
def source(tmp_path):
    return tiny.lesson(tmp_path)
