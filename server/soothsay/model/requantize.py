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
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from soothsay.model.probe import DIES, FAILED, die_quietly, execute_illegal_instruction

if TYPE_CHECKING:
    import llama_cpp

_TENSOR = re.compile(r"\[ *\d+/ *\d+\]")
_LOG_LEVEL_ERROR = 4
_LEAST_IMPORTANCE = 1e-7  # nothing is of none: llama.cpp divides by their sum
_NAME = "requantize"  # among the ways to die that tests ask for


def main(arguments: Sequence[str] | None = None) -> int:
    """Write the file; return the exit code."""
    parser = argparse.ArgumentParser(prog="soothsay.model.requantize", description=__doc__)
    parser.add_argument("source", type=Path)
    parser.add_argument("target", type=Path)
    parser.add_argument("type", help="llama.cpp's name of a format, such as IQ4_NL")
    parser.add_argument("--output", default="", help="format of the output matrix (default: as it is)")
    parser.add_argument("--embedding", default="", help="format of the token embeddings (default: TYPE)")
    parser.add_argument("--importance", default="", help="which columns matter how much (`read_importance`)")
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
    importance = read_importance(Path(options.importance)) if options.importance else {}
    if importance:
        params.imatrix = _importance_matrix(importance)
    status = llama_cpp.llama_model_quantize(
        str(options.source).encode(), str(options.target).encode(), ctypes.pointer(params)
    )
    if status == 0:
        return ""
    return " ".join(errors[-1].split()) if errors else f"llama.cpp gave no reason (status {status})"


def read_importance(path: Path) -> dict[str, np.ndarray]:
    """Return how much each column of a tensor matters, by the tensor's name: mean squares of what is multiplied with it.

    Only their proportions count. The file is written by `bench.importance`. Raises `OSError`, `ValueError`.
    """
    with np.load(path, allow_pickle=False) as stored:
        return {name: np.maximum(stored[name].astype(np.float32), _LEAST_IMPORTANCE) for name in stored.files}


def _importance_matrix(
    importance: Mapping[str, np.ndarray],
) -> llama_cpp.CtypesPointer[llama_cpp.llama_model_imatrix_data]:
    """Return ``importance``, which must live as long, as llama.cpp takes it: a row a tensor, and one without a name."""
    from soothsay.model.llama import llama_cpp

    floats = ctypes.POINTER(ctypes.c_float)
    rows = [
        llama_cpp.llama_model_imatrix_data(name.encode(), values.ctypes.data_as(floats), values.size)
        for name, values in importance.items()
    ]
    rows.append(llama_cpp.llama_model_imatrix_data(None, None, 0))
    array = (llama_cpp.llama_model_imatrix_data * len(rows))(*rows)
    return ctypes.cast(array, ctypes.POINTER(llama_cpp.llama_model_imatrix_data))


if __name__ == "__main__":
    sys.stdout.reconfigure(encoding="utf-8")  # type: ignore[union-attr]
    sys.exit(main())
