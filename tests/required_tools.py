"""What happens to a test whose tool is missing: it is skipped at home, and fails where CI is set."""

from __future__ import annotations

import os
from typing import NoReturn

import pytest


def missing_tool(reason: str) -> NoReturn:
    """End the running test or fixture, for ``reason``: failed where the environment sets CI, otherwise skipped."""
    if os.environ.get("CI"):
        pytest.fail(f"{reason}; it may not be skipped where CI is set", pytrace=False)
    pytest.skip(reason)
