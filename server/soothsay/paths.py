"""Folders of this user's that soothsay writes to."""

from __future__ import annotations

import os
from pathlib import Path

import platformdirs


def cache_folder() -> Path:
    """Return the folder of models, indexes and measurements: ``$SOOTHSAY_CACHE``, else the platform's cache folder."""
    root = os.environ.get("SOOTHSAY_CACHE") or platformdirs.user_cache_dir("soothsay")
    return Path(root).expanduser().absolute()
