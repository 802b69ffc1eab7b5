"""An index whose process ends when it reads what holds DEADLY: ``deadly_update.py ROOT WORKSPACE update|mirror FILE``."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from soothsay_index.sources.base import FileFacts, IndexedFile
from soothsay_index.sources.workspace import Workspace

plain_cut = Workspace.cut


def cut(self: Workspace, place: IndexedFile, text: str) -> FileFacts | None:
    if "DEADLY" in text:
        os._exit(9)
    return plain_cut(self, place, text)


Workspace.cut = cut  # type: ignore[method-assign]  # in the processes of the pool as well, which import this

if __name__ == "__main__":
    # imported late: the processes of the pool do without
    from soothsay_index.store.store import Store
    from soothsay_index.worker.local import LocalIndex

    root, workspace, file = (Path(sys.argv[at]) for at in (1, 2, 4))
    index = LocalIndex(Store(root, workspace))
    if sys.argv[3] == "update":
        index.update([file, workspace / "fine.py"])
    else:
        index.mirror(file, file.read_text(encoding="utf-8"))
    print(index.status().describe_skipped())
    print(sorted(name for name in ("fine", "mended") if index.has_name(name)))
