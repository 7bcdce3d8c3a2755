"""Puts this folder on the path, so that tests share `oracle` and `contract`."""

import os
import re

import pytest
from hypothesis import settings

pytest.register_assert_rewrite("contract", "oracle")

# The same examples on every run and every machine; a slow machine is no failure.
settings.register_profile("posenc", max_examples=40, deadline=None, derandomize=True, database=None)
settings.load_profile("posenc")


# Where everything is installed, as in .ci/run, what is missing is a failure.
MUST_RUN = re.compile(
    r"Chromium|playwright|browser|bubblewrap|unshare|pypdf|second device", re.IGNORECASE
)


def _forbid_skips(report):
    reason = str(report.longrepr)
    if os.environ.get("POSENC_MUST_RUN") == "1" and report.skipped and MUST_RUN.search(reason):
        report.outcome = "failed"
        report.longrepr = f"Skipped, which POSENC_MUST_RUN=1 forbids: {reason}"
    return report


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item):
    return _forbid_skips((yield))


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report(collector):
    return _forbid_skips((yield))
