"""What measured figures depend on: the machine, the versions, the commit."""

from __future__ import annotations

import os
import platform
import subprocess
import time
from collections.abc import Sequence
from functools import cache
from importlib.metadata import version
from pathlib import Path


def about(packages: Sequence[str]) -> dict[str, str]:
    """Date, hardware, load, Python and the versions of ``packages``."""
    return {
        "date": time.strftime("%Y-%m-%d %H:%M UTC", time.gmtime()),
        "hardware": hardware(),
        "load": f"{os.getloadavg()[0]:.1f}, on {os.cpu_count()} cores",
        "python": platform.python_version(),
        **{name: version(name) for name in packages},
    }


def hardware() -> str:
    """The processor, how many cores, and the system."""
    lines = Path("/proc/cpuinfo").read_text().splitlines() if Path("/proc/cpuinfo").exists() else []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    processor = names[0] if names else platform.processor()
    return f"{processor}, {os.cpu_count()} cores, {platform.system()} {platform.machine()}"


@cache
def head_commit() -> str:
    """The commit checked out when it was first asked for; COMMIT says it where there is no repository."""
    known = os.environ.get("COMMIT")
    command = ["git", "rev-parse", "--short", "HEAD"]
    return known or subprocess.run(command, capture_output=True, text=True, check=False).stdout.strip()
