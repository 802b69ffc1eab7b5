"""Run the backend: ``python -m soothsay.backend --folder FOLDER --key KEY``, started by `launch`."""

from __future__ import annotations

import argparse
import logging
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from soothsay.backend.crash_log import begin_log


def main(arguments: Sequence[str] | None = None) -> None:
    """Run a backend until its last window has disconnected."""
    parser = argparse.ArgumentParser(prog="soothsay.backend", description=__doc__)
    parser.add_argument(
        "--folder", type=Path, required=True, help="the user's private folder for sockets and logs"
    )
    parser.add_argument("--key", required=True, help="the key of this backend, part of its files' names")
    options = parser.parse_args(arguments)
    begin_log()
    level = (os.environ.get("SOOTHSAY_LOG") or "warning").upper()
    logging.basicConfig(
        stream=sys.stderr,
        level=level if level in ("DEBUG", "INFO", "WARNING", "ERROR") else "WARNING",
        format="%(asctime)s %(levelname)s %(name)s: %(message)s",
    )
    # imported after the log has begun, so that a crash during an import is in the log
    from soothsay.backend.address import BackendFiles
    from soothsay.backend.server import BackendServer
    from soothsay_common.priority import shorten_switch_interval

    shorten_switch_interval()  # threads that answer windows must not wait long for those that compute
    BackendServer(BackendFiles(options.folder, options.key)).run()
    logging.shutdown()
    os._exit(0)  # threads may still run native code whose results are not needed


if __name__ == "__main__":
    main()
