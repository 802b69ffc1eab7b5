"""Rules for all tests: what a test needs is required where CI is set, and no test depends on how fast it is."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, settings
from xdist.remote import Producer
from xdist.scheduler import LoadScopeScheduling

from required_tools import missing_tool

# no deadline: a busy machine is no reason to fail
settings.register_profile("soothsay", deadline=None, suppress_health_check=[HealthCheck.too_slow])
# make check: fewer examples of each property, by --hypothesis-profile; make test tries all of them
settings.register_profile("check", settings.get_profile("soothsay"), max_examples=20)
settings.load_profile("soothsay")


_REAL = ("tests/e2e/", "tests/lsp/")


class RealTestsOnOneWorker(LoadScopeScheduling):
    """Keeps the tests with real servers, models and editors on one worker, in order: they share an index and a machine.

    Of the others, those of one file stay together. (Groups by xdist's own mark are lost with pytest 9.2.)
    """

    def _split_scope(self, nodeid: str) -> str:
        return "real" if nodeid.startswith(_REAL) else nodeid.partition("::")[0]


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> LoadScopeScheduling:
    """Return what gives tests to workers."""
    return RealTestsOnOneWorker(config, log)


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Skip a test marked ``requires(present, what)`` where ``present`` is false; fail it where CI is set."""
    for mark in item.iter_markers("requires"):
        present, what = mark.args
        if not present:
            missing_tool(f"needs {what}")


@pytest.fixture(autouse=True)
def priority_is_kept() -> Iterator[None]:
    """Fail a test that lowers the priority of this process: all tests behind it would run at that, beside the other worker's."""
    if not hasattr(os, "nice"):  # Windows
        yield
        return
    before = os.nice(0)
    yield
    assert os.nice(0) == before, "this test lowered the priority of the tests' own process"
