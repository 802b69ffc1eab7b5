"""A missing tool skips a test, and fails it where CI is set."""

from __future__ import annotations

import pytest

from required_tools import missing_tool


def test_it_is_skipped_at_home(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CI", raising=False)
    with pytest.raises(pytest.skip.Exception, match="no browser"):
        missing_tool("no browser")


def test_it_fails_in_ci(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CI", "1")
    with pytest.raises(pytest.fail.Exception, match="no browser"):
        missing_tool("no browser")
