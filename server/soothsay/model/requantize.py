"""Write weights in another format, in a process that may die: ``python -P -m soothsay.model.requantize SOURCE TARGET TYPE``.

Each tensor is a line on standard output, such as ``[ 3/ 290]``. Exit codes are those of `soothsay.model.probe`.
"""

from __future__ import annotations

import argparse
import contextlib
import ctypes
import os
import re
import sys
from collections.abc import Sequence
from pathlib import Path

from soothsay.model.probe import DIES, FAILED, die_quietly, execute_illegal_instruction

_TENSOR = re.compile(r"\[ *\d+/ *\d+\]")
_LOG_LEVEL_ERROR = 4
_NAME = "requantize"  # among the ways to die that tests ask for


def main(arguments: Sequence[str] | None = None) -> int:
    """Write the file; return the exit code."""
    parser = argparse.ArgumentParser(prog="soothsay.model.requantize", description=__doc__)
    parser.add_argument("source", type=Path)
    parser.add_argument("target", type=Path)
    parser.add_argument("type", help="llama.cpp's name of a format, such as IQ4_NL")
    parser.add_argument("--output", default="", help="format of the output matrix (default: as it is)")
    parser.add_argument("--embedding", default="", help="format of the token embeddings (default: TYPE)")
    parser.add_argument("--threads", type=int, default=0)
    options = parser.parse_args(arguments)
    die_quietly()
    if os.environ.get(DIES) == _NAME:
        execute_illegal_instruction()
    from soothsay.errors import SoothsayError
    from soothsay.model.llama import load

    try:
        load()
    except SoothsayError as error:
        print(error)
        return FAILED
    problem = _requantize(options)
    if problem:
        print(problem)
        return FAILED
    sys.stdout.flush()
    os._exit(0)  # the file is whole; what libraries do at exit is not the question


def _requantize(options: argparse.Namespace) -> str:
    """Write the file; return why that failed, empty when it did not."""
    from soothsay.model.llama import llama_cpp

    errors: list[str] = []

    def write_log(level: int, text: bytes, _data: object) -> None:
        with contextlib.suppress(Exception):
            message = text.decode("utf-8", errors="replace").strip()
            if level == _LOG_LEVEL_ERROR and message:
                errors.append(message)
            if found := _TENSOR.search(message):
                print(found.group(), flush=True)

    callback = llama_cpp.llama_log_callback(write_log)
    llama_cpp.llama_log_set(callback, ctypes.c_void_p(0))
    llama_cpp.llama_backend_init()
    params = llama_cpp.llama_model_quantize_default_params()
    params.nthread = options.threads
    params.ftype = getattr(llama_cpp, f"LLAMA_FTYPE_MOSTLY_{options.type}")
    params.allow_requantize = True
    params.quantize_output_tensor = bool(options.output)
    if options.output:
        params.output_tensor_type = getattr(llama_cpp, f"GGML_TYPE_{options.output}")
    if options.embedding:
        params.token_embedding_type = getattr(llama_cpp, f"GGML_TYPE_{options.embedding}")
    status = llama_cpp.llama_model_quantize(
        str(options.source).encode(), str(options.target).encode(), ctypes.pointer(params)
    )
    if status == 0:
        return ""
    return " ".join(errors[-1].split()) if errors else f"llama.cpp gave no reason (status {status})"


if __name__ == "__main__":
    sys.stdout.reconfigure(encoding="utf-8")  # type: ignore[union-attr]
    sys.exit(main())
