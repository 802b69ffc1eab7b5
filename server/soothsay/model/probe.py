"""Load a model and write two tokens, in a process that may die: ``python -m soothsay.model.probe MODEL``.

Exit code 0: it works. 3: it cannot be loaded, and the reason is on standard output. Whatever else: it died.
"""

from __future__ import annotations

import argparse
import ctypes
import mmap
import os
import sys
from collections.abc import Sequence
from itertools import islice
from pathlib import Path

FAILED = 3
DIES = "SOOTHSAY_PROBE_DIES"
"""Names of ways, separated by commas, in which the probe executes an illegal instruction: for tests."""

_CONTEXT = 256  # tokens: more than the text below
_TEXT = "for number in range(100):\n    print(number)\n" * 10


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the probe; the exit code."""
    parser = argparse.ArgumentParser(prog="soothsay.model.probe", description=__doc__)
    parser.add_argument("model", type=Path)
    parser.add_argument("--extra-buffers", action=argparse.BooleanOptionalAction, default=True)
    options = parser.parse_args(arguments)
    # imported here: what cannot be imported is an error of this process, too
    from soothsay.errors import SoothsayError
    from soothsay.model.fim import Prompt
    from soothsay.model.proof import WAYS
    from soothsay.model.runtime import LlamaRuntime
    from soothsay.model.weights import Weights

    way = next(way for way in WAYS if way.extra_buffers == options.extra_buffers)
    if way.name in os.environ.get(DIES, "").split(","):
        _execute_illegal_instruction()
    try:
        weights = Weights(options.model, way)
        runtime = LlamaRuntime(weights, context=_CONTEXT)
        written = list(islice(runtime.stream(Prompt(_TEXT, "", "", "")), 2))
    except SoothsayError as error:
        print(error)
        return FAILED
    if not written:
        print(f"{options.model.name} writes nothing: it is no model for text")
        return FAILED
    return 0


def _execute_illegal_instruction() -> None:
    code = {"x86_64": b"\x0f\x0b", "AMD64": b"\x0f\x0b"}.get(
        os.uname().machine if hasattr(os, "uname") else "AMD64"
    )
    if code is None or not hasattr(mmap, "PROT_EXEC"):
        os.abort()
    memory = mmap.mmap(-1, mmap.PAGESIZE, prot=mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC)
    memory.write(code)
    ctypes.CFUNCTYPE(None)(ctypes.addressof(ctypes.c_char.from_buffer(memory)))()


if __name__ == "__main__":
    sys.stdout.reconfigure(encoding="utf-8")  # type: ignore[union-attr]
    sys.exit(main())
