"""The entry point of ``python -m soothsay``."""

import os
import sys

# `-m` puts the current folder first: an editor starts us in the workspace, whose modules must not shadow any of ours
if not sys.flags.safe_path and sys.path and sys.path[0] in ("", os.getcwd()):  # noqa: PTH109 - pathlib is not safe yet
    del sys.path[0]

from soothsay.cli.main import main

sys.exit(main())
