"""What every test shares: a hidden gap is a failure, and a random test can be played again."""

from __future__ import annotations

from collections.abc import Generator

import pytest
from hypothesis import HealthCheck, settings

SKIP_ALLOWED_PREFIX = "not claimed: "
"""A shipped suite may leave out what an adapter does not claim. Nothing else may be skipped."""

settings.register_profile(
    "project",
    deadline=None,
    print_blob=True,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile("project")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    if report.skipped and not hasattr(report, "wasxfail"):
        reason = str(getattr(call.excinfo, "value", ""))
        if not reason.startswith(SKIP_ALLOWED_PREFIX):
            report.outcome = "failed"
            report.longrepr = f"{item.nodeid}: a missing part is a failure, not a skip: {reason}"
    return report
