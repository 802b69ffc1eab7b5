"""The index in a process of its own: ``python -m soothsay_index.worker --root … --workspace …``.

Parsing packages and embedding their documentation keep a processor busy for minutes; here they cannot make the
language server stutter. The worker ends when its standard input closes, so it never outlives its parent.
"""

from __future__ import annotations

import argparse
import contextlib
import logging
import os
import sys
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, BinaryIO

from .codec import from_plain, pack_hit, pack_symbol, to_plain
from .errors import SoothsayIndexError
from .local import LocalIndex
from .protocol import decode_line, encode_line
from .types import Progress, Query

log = logging.getLogger(__name__)


class Worker:
    """Answers requests from ``index``; builds run on their own thread, so that searches go on meanwhile."""

    def __init__(self, index: LocalIndex, workspace: Path, output: BinaryIO) -> None:
        self._index = index
        self._workspace = workspace
        self._output = output
        self._write_lock = threading.Lock()
        self._cancel = threading.Event()
        self._readers = ThreadPoolExecutor(2, "answer")
        self._writers = ThreadPoolExecutor(1, "build", initializer=_be_nice)
        self._methods: dict[str, Callable[[dict[str, Any]], Any]] = {
            "members": lambda p: [pack_symbol(symbol) for symbol in index.members(p["owner"])],
            "is_closed": lambda p: index.is_closed(p["owner"]),
            "lookup": self._lookup,
            "has_name": lambda p: index.has_name(p["name"]),
            "search": lambda p: [pack_hit(hit) for hit in index.search(from_plain(Query, p["query"]))],
            "status": lambda _: to_plain(index.status()),
            "update": self._update,
            "remove": lambda p: index.remove([Path(path) for path in p["paths"]]),
        }

    def serve(self, requests: BinaryIO) -> None:
        """Answer until ``shutdown`` is asked for or the input ends."""
        for line in requests:
            message = decode_line(line)
            if message is None:
                continue
            method = message.get("method", "")
            if method == "shutdown":
                self._send({"id": message.get("id"), "result": True})
                break
            if method == "cancel":
                self._cancel.set()
                self._send({"id": message.get("id"), "result": True})
            elif method == "build":
                self._cancel = threading.Event()
                self._writers.submit(self._answer, message, self._build)
            elif method in self._methods:
                self._readers.submit(self._answer, message, self._methods[method])
            else:
                self._send({"id": message.get("id"), "error": f"unknown method {method}"})
        self._cancel.set()

    def _answer(self, message: dict[str, Any], method: Callable[[dict[str, Any]], Any]) -> None:
        identifier = message.get("id")
        parameters = {**(message.get("params") or {}), "_id": identifier}
        try:
            self._send({"id": identifier, "result": method(parameters)})
        except SoothsayIndexError as error:
            self._send({"id": identifier, "error": str(error)})
        except Exception as error:
            log.exception("%s failed", message.get("method"))
            self._send({"id": identifier, "error": f"{type(error).__name__}: {error}".splitlines()[0]})

    def _build(self, parameters: dict[str, Any]) -> Any:
        cancel = self._cancel

        def report(progress: Progress) -> None:
            self._send({"id": parameters["_id"], "progress": to_plain(progress)})

        status = self._index.build(
            report,
            cancel,
            parameters.get("interpreter"),
            all_packages=bool(parameters.get("all_packages")),
            embed=bool(parameters.get("embed", True)),
        )
        return to_plain(status)

    def _lookup(self, parameters: dict[str, Any]) -> Any:
        symbol = self._index.lookup(parameters["qualified"])
        return pack_symbol(symbol) if symbol is not None else None

    def _update(self, parameters: dict[str, Any]) -> int:
        texts = {Path(path): text for path, text in (parameters.get("texts") or {}).items()}
        return self._index.update([Path(path) for path in parameters["paths"]], texts)

    def _send(self, message: dict[str, Any]) -> None:
        with self._write_lock, contextlib.suppress(BrokenPipeError, ValueError):
            self._output.write(encode_line(message))
            self._output.flush()


def _be_nice() -> None:
    """Let the builder's thread stand back: the model that completes needs the processors more."""
    with contextlib.suppress(AttributeError, OSError):
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), 10)


def _own_stdout() -> BinaryIO:
    """The real standard output, taken away from everyone else: a stray print must not break the protocol."""
    real = os.dup(1)
    os.dup2(2, 1)
    return os.fdopen(real, "wb")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the worker over standard input and output."""
    parser = argparse.ArgumentParser(prog="soothsay_index.worker", description=__doc__)
    parser.add_argument("--root", type=Path, required=True, help="folder of the index")
    parser.add_argument("--workspace", type=Path, required=True)
    parser.add_argument("--model-folder", type=Path, help="embedding model; without it: full text only")
    parser.add_argument("--model-id", default="all-MiniLM-L6-v2")
    parser.add_argument("--threads", type=int, default=1, help="processors for embedding")
    options = parser.parse_args(arguments)
    output = _own_stdout()
    logging.basicConfig(
        level=logging.WARNING, stream=sys.stderr, format="%(levelname)s %(name)s: %(message)s"
    )
    try:
        index = LocalIndex.open(
            options.root, options.workspace, options.model_folder, options.model_id, options.threads
        )
    except SoothsayIndexError as error:
        print(error, file=sys.stderr)
        return 1
    threading.Thread(target=index.load_quietly, name="load", daemon=True).start()
    Worker(index, options.workspace, output).serve(sys.stdin.buffer)
    output.flush()
    # Threads may be deep in a package; nothing they do needs finishing, every write is atomic.
    os._exit(0)


if __name__ == "__main__":
    sys.exit(main())
