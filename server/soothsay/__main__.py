"""``python -m soothsay``."""

import sys

from soothsay.cli import main

sys.exit(main())
