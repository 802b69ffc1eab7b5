"""How the scripted server is started."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from soothsay.oracle.client import LspOracle
from soothsay.oracle.limits import TimeLimits
from soothsay_languages.oracle import ServerSpec
from soothsay_languages.python.oracle import TY

SERVER = Path(__file__).with_name("scripted_server.py")
# generous where an answer is expected, short where none is
LIMITS = TimeLimits(
    question=2000, members=2000, first=5000, late=50, start=5000, hang=300, restart=100, longest_wait=400
)
IMPATIENT = TimeLimits(question=100, members=100, first=5000, late=20, start=5000, hang=300, restart=50)
SLOW = TimeLimits(question=100, members=100, first=5000, late=20, start=5000, hang=60_000)


def scripted_spec(words: str, notes: Path, command: list[str] | None = None, **others: Any) -> ServerSpec:
    """ty's description, for a server that does as ``words`` say."""
    command = command or [sys.executable, "-S", str(SERVER), words, str(notes)]
    spec = replace(TY, name="scripted", find_command=lambda: command, settings=lambda _: {"a": {"b": 7}})
    return replace(spec, **others)


Open = Callable[..., LspOracle]
"""Opens a scripted type checker, by the words that it obeys."""


def until(holds: Callable[[], object], seconds: float = 10) -> bool:
    """Wait until ``holds``; return whether it did within ``seconds``."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if holds():
            return True
        time.sleep(0.02)
    return False
