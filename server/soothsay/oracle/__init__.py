"""Language servers as judges: `open_oracle` gives the one for a language, or one that answers nothing."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from pathlib import Path

from soothsay.oracle.adapters import ADAPTERS
from soothsay.oracle.client import LspOracle
from soothsay.oracle.keeper import Budget
from soothsay.oracle.null import NoOracle
from soothsay.oracle.types import Oracle
from soothsay_index.errors import SoothsayIndexError
from soothsay_index.runtime.environment import find_interpreter

log = logging.getLogger(__name__)

__all__ = ["Budget", "LspOracle", "NoOracle", "Oracle", "open_oracle"]


def open_oracle(
    workspace: Path,
    python: str = "",
    language: str = "python",
    budget: Budget | None = None,
    environ: Mapping[str, str] | None = None,
) -> Oracle:
    """The oracle for ``language`` in ``workspace``. ``python``: the configured interpreter, empty to find it in
    ``environ`` (None: this process's environment).

    Nothing is started yet. A language server that is not installed makes it a `NoOracle`; this never raises.
    """
    adapter = ADAPTERS.get(language)
    if adapter is None or adapter.find_command() is None:
        log.warning("no oracle for %s: completions will be unverified", language)
        return NoOracle()
    try:
        interpreter = find_interpreter(workspace, python or None, environ).absolute()
    except SoothsayIndexError as error:
        log.warning("the oracle sees no installed packages: %s", error)
        interpreter = None
    return LspOracle(adapter, workspace, interpreter, budget, environ)
