"""Virtual environments with pinned packages, kept in the cache folder and made anew when their requirements change.

And cache folders for servers whose indexes are not the user's.
"""

from __future__ import annotations

import hashlib
import subprocess
import sys
import venv
from collections.abc import Sequence
from pathlib import Path

from soothsay.model.files.cache import models_folder
from soothsay.paths import cache_folder


def environment(folder: Path, requirements: Path, depends_on: Sequence[Path] = ()) -> Path:
    """The Python of an environment in ``folder`` with the packages of ``requirements``.

    ``depends_on`` are files that the requirements include.
    """
    wanted = hashlib.sha256(
        b"".join(path.read_bytes() for path in (depends_on or [requirements]))
    ).hexdigest()
    python = folder / ("Scripts/python.exe" if sys.platform == "win32" else "bin/python")
    stamp = folder / "requirements.sha256"
    if not stamp.exists() or stamp.read_text() != wanted:
        print(f"making the environment {folder} ...", file=sys.stderr, flush=True)
        venv.create(folder, clear=True, with_pip=True)
        pip = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        subprocess.run([*pip, "-r", str(requirements)], check=True)
        stamp.write_text(wanted)
    return python


def share_models(cache: Path) -> None:
    """Let the user's models be those of ``cache``, a folder for ``SOOTHSAY_CACHE`` that is made where it is missing."""
    _share(models_folder(), cache / "models")


def share_judges(cache: Path) -> None:
    """Let the user's installed judges be those of ``cache``."""
    _share(cache_folder() / "judges", cache / "judges")


def _share(folder: Path, link: Path) -> None:
    link.parent.mkdir(parents=True, exist_ok=True)
    if not link.is_symlink() or link.resolve() != folder.resolve():
        link.unlink(missing_ok=True)
        link.symlink_to(folder, target_is_directory=True)
