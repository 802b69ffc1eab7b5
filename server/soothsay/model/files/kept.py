"""Small JSON files of what was measured on this machine. One that is lost or broken is measured again."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from soothsay_common.private import replace_private


def read_kept(file: Path) -> dict[str, Any]:
    """Return what ``file`` holds by key; nothing where it cannot be read."""
    try:
        found = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def write_kept(file: Path, known: Mapping[str, Any]) -> None:
    """Replace what ``file`` holds, as far as it can be written."""
    with contextlib.suppress(OSError):
        file.parent.mkdir(parents=True, exist_ok=True)
        replace_private(file, json.dumps(known, indent=1))
