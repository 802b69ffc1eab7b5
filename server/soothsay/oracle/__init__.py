"""Language servers as oracles: asked about a shadow copy of a document, they say what exists and what fits."""

from __future__ import annotations

from soothsay.oracle.client import LspOracle
from soothsay.oracle.limits import TimeLimits
from soothsay.oracle.null import NullOracle
from soothsay.oracle.opening import open_oracle, open_workspace_oracle
from soothsay.oracle.types import Oracle

__all__ = ["LspOracle", "NullOracle", "Oracle", "TimeLimits", "open_oracle", "open_workspace_oracle"]
