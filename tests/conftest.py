"""Rules for all tests: what a test needs is required where CI is set, and no test depends on how fast it is."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from required_tools import missing_tool

# no deadline: a busy machine is no reason to fail
settings.register_profile("soothsay", deadline=None, suppress_health_check=[HealthCheck.too_slow])
# make check: fewer examples of each property, by --hypothesis-profile; make test tries all of them
settings.register_profile("check", settings.get_profile("soothsay"), max_examples=20)
settings.load_profile("soothsay")


_REAL = [Path(__file__).parent / name for name in ("e2e", "lsp")]


@pytest.hookimpl(tryfirst=True)  # xdist reads the groups in the same hook
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Keep the tests with real servers, models and editors on one worker, in order: they share an index and a machine."""
    for item in items:
        if any(item.path.is_relative_to(folder) for folder in _REAL):
            item.add_marker(pytest.mark.xdist_group("real"))


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Skip a test marked ``requires(present, what)`` where ``present`` is false; fail it where CI is set."""
    for mark in item.iter_markers("requires"):
        present, what = mark.args
        if not present:
            missing_tool(f"needs {what}")
