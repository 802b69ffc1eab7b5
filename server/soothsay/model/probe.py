"""Load a model and write two tokens, in a process that may die: ``python -P -m soothsay.model.probe MODEL WAY``.

Exit code 0: it works. `FAILED`: it cannot be loaded, and the reason is on standard output. Whatever else: it died.
"""

from __future__ import annotations

import argparse
import contextlib
import ctypes
import mmap
import os
import platform
import signal
import sys
from collections.abc import Sequence
from itertools import islice
from pathlib import Path

FAILED = 10  # not 3, which is an abort on Windows
DIES = "SOOTHSAY_PROBE_DIES"
"""Names of ways, separated by commas, in which the probe executes an illegal instruction: for tests."""

_CONTEXT = 256  # tokens
_TEXT = (
    "for number in range(100):\n    print(number)\n" * 10
)  # more than a batch, so that batches are tried, too

# an instruction that no processor has, by machine; where there is none, the signal is raised
_ILLEGAL = {
    "x86_64": b"\x0f\x0b",
    "amd64": b"\x0f\x0b",
    "i686": b"\x0f\x0b",
    "aarch64": b"\0\0\0\0",
    "arm64": b"\0\0\0\0",
}
# Windows' exit codes of processes that died, as signed numbers
_ACCESS_VIOLATION, _ILLEGAL_INSTRUCTION = 0xC0000005 - (1 << 32), 0xC000001D - (1 << 32)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the probe; the exit code."""
    parser = argparse.ArgumentParser(prog="soothsay.model.probe", description=__doc__)
    parser.add_argument("model", type=Path)
    parser.add_argument("way")
    options = parser.parse_args(arguments)
    die_quietly()
    # imported here: what cannot be imported is an error of this process, too
    from soothsay.errors import SoothsayError
    from soothsay.model.fim import Prompt
    from soothsay.model.local.runtime import LlamaRuntime
    from soothsay.model.local.weights import Weights
    from soothsay.model.proof import WAYS

    way = next(way for way in WAYS if way.name == options.way)
    if way.name in [name.strip() for name in os.environ.get(DIES, "").split(",")]:
        execute_illegal_instruction()
    try:
        weights = Weights(options.model, way)
        runtime = LlamaRuntime(weights, context=_CONTEXT)
        for _ in islice(runtime.open(Prompt(_TEXT, "", "", "")).stream(), 2):
            pass
        runtime.close()
        weights.close()
    except SoothsayError as error:
        print(error)
        return FAILED
    except OSError as error:
        if sys.platform != "win32":
            raise
        return _died_of(error)  # ctypes makes an exception of what would have ended the process
    os._exit(0)  # it works; what libraries do at exit is not the question


def die_quietly() -> None:
    """Leave no core file, of the size of the model, and open no dialog when this process dies."""
    if sys.platform == "win32":
        ctypes.windll.kernel32.SetErrorMode(
            0x0001 | 0x0002
        )  # no boxes for critical errors and general faults
        return
    import resource

    with contextlib.suppress(OSError, ValueError):
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def execute_illegal_instruction() -> None:
    """Die as a library does that was compiled for another processor."""
    code = _ILLEGAL.get(platform.machine().lower())
    with contextlib.suppress(OSError, ValueError):  # memory that is executable is not to be had everywhere
        if code is not None and sys.platform != "win32":
            memory = mmap.mmap(-1, mmap.PAGESIZE, prot=mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC)
            memory.write(code)
            ctypes.CFUNCTYPE(None)(ctypes.addressof(ctypes.c_char.from_buffer(memory)))()
    if sys.platform == "win32":
        os._exit(_ILLEGAL_INSTRUCTION)
    signal.raise_signal(signal.SIGILL)


def _died_of(error: OSError) -> int:
    return _ACCESS_VIOLATION if "access violation" in str(error) else _ILLEGAL_INSTRUCTION


if __name__ == "__main__":
    sys.stdout.reconfigure(encoding="utf-8")  # type: ignore[union-attr]
    sys.exit(main())
