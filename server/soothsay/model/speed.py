"""Measure how fast weights are, in a process that may die: ``python -P -m soothsay.model.speed MODEL``.

The seconds are JSON on standard output. Exit codes are those of `soothsay.model.probe`.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from soothsay.errors import SoothsayError
from soothsay.model.files.variants import Speed
from soothsay.model.local.runtime import LlamaRuntime
from soothsay.model.probe import FAILED, die_quietly

_CONTEXT = 1024  # tokens
_TEXT = "for number in range(100):\n    print(number, end=', ')\n" * 60
_TIMES = 3  # that the short ones are repeated
_WRITTEN = 16  # tokens


def measure_speed(path: Path, threads: int = 0) -> Speed:
    """Return how fast the weights at ``path`` are (blocking, seconds). Raises `SoothsayError`."""
    runtime = LlamaRuntime.load(path, context=_CONTEXT, threads=threads)
    try:
        tokens = runtime.vocab.encode(_TEXT)[:512]
        _read(runtime, tokens[:64])  # the pages of the file are read now
        read_64 = statistics.median(_read(runtime, tokens[:64]) for _ in range(_TIMES))
        read_512 = _read(runtime, tokens)
        began = time.perf_counter()
        for token in tokens[:_WRITTEN]:
            runtime.context.append([token])
        return Speed(read_512, read_64, (time.perf_counter() - began) / _WRITTEN)
    finally:
        runtime.close()


def _read(runtime: LlamaRuntime, tokens: Sequence[int]) -> float:
    runtime.context.forget()
    began = time.perf_counter()
    runtime.context.read(tokens)
    return time.perf_counter() - began


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure and print; return the exit code."""
    parser = argparse.ArgumentParser(prog="soothsay.model.speed", description=__doc__)
    parser.add_argument("model", type=Path)
    parser.add_argument("--threads", type=int, default=0)
    options = parser.parse_args(arguments)
    die_quietly()
    try:
        print(json.dumps(asdict(measure_speed(options.model, options.threads))), flush=True)
    except SoothsayError as error:
        print(error)
        return FAILED
    os._exit(0)  # it is measured; what libraries do at exit is not the question


if __name__ == "__main__":
    sys.stdout.reconfigure(encoding="utf-8")  # type: ignore[union-attr]
    sys.exit(main())
