"""Folders of this user's that soothsay writes to."""

from __future__ import annotations

import os
from pathlib import Path

import platformdirs


def cache_folder() -> Path:
    """Return the folder of models, indexes and measurements: ``$SOOTHSAY_CACHE``, else the platform's cache folder."""
    root = os.environ.get("SOOTHSAY_CACHE") or platformdirs.user_cache_dir("soothsay")
    return Path(root).expanduser().absolute()


def state_folder() -> Path:
    """Return the folder of what is remembered of this user: ``$SOOTHSAY_STATE``, else the platform's state folder."""
    root = os.environ.get("SOOTHSAY_STATE") or platformdirs.user_state_dir("soothsay", appauthor=False)
    return Path(root).expanduser().absolute()
