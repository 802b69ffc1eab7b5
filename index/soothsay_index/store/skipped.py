"""Which files of a workspace are not indexed, and why: kept beside its tables, and shown with the status."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path

from soothsay_index.types import SkippedFiles

_SHOWN = 3  # names for each reason
_FILE = "skipped.json"


def summarize(reasons: Mapping[str, str]) -> tuple[SkippedFiles, ...]:
    """Return the names in ``reasons`` by reason, the most frequent first."""
    by_reason: dict[str, list[str]] = {}
    for name in sorted(reasons):
        by_reason.setdefault(reasons[name], []).append(name)
    ordered = sorted(by_reason.items(), key=lambda item: (-len(item[1]), item[0]))
    return tuple(SkippedFiles(reason, len(names), tuple(names[:_SHOWN])) for reason, names in ordered)


def write_skipped(folder: Path, reasons: Mapping[str, str]) -> None:
    """Store the ``reasons`` by name in the database's ``folder``, in place of what was."""
    temporary = folder / f"{_FILE}.{os.getpid()}"
    temporary.write_text(json.dumps(dict(reasons)), encoding="utf-8")
    temporary.replace(folder / _FILE)


def read_skipped(folder: Path) -> dict[str, str]:
    """Return what :func:`write_skipped` stored; nothing where there is nothing that can be read."""
    try:
        plain = json.loads((folder / _FILE).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return {str(name): str(reason) for name, reason in plain.items()} if isinstance(plain, dict) else {}
