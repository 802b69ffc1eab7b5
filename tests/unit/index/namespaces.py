"""Programs that use an index in Linux namespaces of their own: without a network, or with mounts that they may change."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from soothsay_common.children import child_environment


def can_unshare(*command: str) -> bool:
    """Return whether ``unshare`` with the options and the program of ``command`` works for this user."""
    if sys.platform != "linux" or shutil.which("unshare") is None:
        return False
    return not subprocess.run(["unshare", *command], capture_output=True, check=False).returncode


def run_unshared(
    options: Sequence[str], work: str, root: Path, timeout: float
) -> subprocess.CompletedProcess[str]:
    """Run the program ``work``, which is given ``root`` and a workspace of one file beside it, with ``unshare options``."""
    workspace = root.parent / "shop"
    workspace.mkdir()
    (workspace / "ledger.py").write_text('def post_entry(a):\n    """Post an entry."""\n')
    return subprocess.run(
        ["unshare", *options, sys.executable, "-P", "-c", work, str(root), str(workspace)],
        env=child_environment(),
        cwd=root.parent,
        capture_output=True,
        text=True,
        timeout=timeout,
        check=False,
    )
