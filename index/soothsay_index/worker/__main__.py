"""The index in a process of its own: ``python -m soothsay_index.worker --root … --workspace …``.

Parsing packages and embedding their documentation keep a processor busy for minutes; here they cannot make the
language server stutter. The worker ends when its standard input closes, so it never outlives its parent.
"""

from __future__ import annotations

import argparse
import logging
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from soothsay_common.garbage import freeze_existing_objects
from soothsay_common.priority import shorten_switch_interval
from soothsay_index.errors import SoothsayIndexError
from soothsay_index.pipes import encode_line, take_over_stdout
from soothsay_index.runtime.lean_imports import import_lancedb


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the worker over standard input and output."""
    parser = argparse.ArgumentParser(prog="soothsay_index.worker", description=__doc__)
    parser.add_argument("--root", type=Path, required=True, help="folder of the index")
    parser.add_argument("--workspace", type=Path, required=True)
    parser.add_argument("--model-folder", type=Path, help="embedding model; without it: full text only")
    parser.add_argument("--model-id", default="all-MiniLM-L6-v2")
    parser.add_argument("--threads", type=int, default=1, help="processors for embedding")
    parser.add_argument("--docs", type=Path, action="append", default=[], help="folder of documentation")
    parser.add_argument("--uri", default="", help="shared index that builds take from")
    parser.add_argument(
        "--no-subfolders",
        dest="subfolders",
        action="store_false",
        help="index only the files in the workspace itself",
    )
    parser.add_argument(
        "--help-texts", action="store_true", help="run installed programs that are called for their options"
    )
    parser.add_argument("--variant", default="", help="tells several indexes of one workspace apart")
    options = parser.parse_args(arguments)
    # Imported late: the processes of the pool begin by importing this module, and need neither the database nor the model.
    import_lancedb()
    from soothsay_index.worker.local import LocalIndex
    from soothsay_index.worker.server import IndexServer

    shorten_switch_interval()  # answers would wait for the build's thread
    output = take_over_stdout()
    logging.basicConfig(
        level=logging.WARNING, stream=sys.stderr, format="%(levelname)s %(name)s: %(message)s"
    )
    try:
        index = LocalIndex.open(
            options.root,
            options.workspace,
            options.model_folder,
            options.model_id,
            options.threads,
            options.docs,
            options.uri,
            embed_apart=True,
            subfolders=options.subfolders,
            variant=options.variant,
            help_texts=options.help_texts,
        )
    except SoothsayIndexError as error:
        print(error, file=sys.stderr)
        output.write(encode_line({"failed": str(error)}))
        output.flush()
        return 1
    freeze_existing_objects()
    IndexServer(index, output).serve(sys.stdin.buffer)
    output.flush()
    # Threads may be deep in a package; nothing they do needs finishing, every write is atomic.
    os._exit(0)


if __name__ == "__main__":
    sys.exit(main())
