"""The checks of `soothsay doctor` for a client."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from soothsay.config import Settings


def checks_to_json(settings: Settings, workspace: Path) -> list[dict[str, Any]]:
    """The answer to ``soothsay.doctor``. Blocking: it loads the libraries and starts the type checker."""
    from soothsay.doctor import examine

    return [
        {
            "name": check.name,
            "ok": check.state == "ok",
            "state": check.state,
            "message": check.found,
            "fix": check.fix,
        }
        for check in examine(settings, workspace)
    ]
