"""The index server: answers one client's requests and maintains the index."""

from __future__ import annotations

import contextlib
import logging
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any, BinaryIO

from soothsay_common.priority import lower_thread_priority
from soothsay_index.codec import from_plain, pack_hit, pack_symbol, to_plain
from soothsay_index.errors import SoothsayIndexError, refused_by_system
from soothsay_index.pipes import decode_line, encode_line
from soothsay_index.sources.base import Used
from soothsay_index.types import Progress, Query
from soothsay_index.worker.called_programs import CalledPrograms
from soothsay_index.worker.imported import ImportedPackages
from soothsay_index.worker.local import LocalIndex
from soothsay_index.worker.maintenance import Maintenance
from soothsay_index.worker.writer import BuildOptions

log = logging.getLogger(__name__)


class IndexServer:
    """Answer requests from ``index``; builds and updates run on their own threads beside searches."""

    def __init__(self, index: LocalIndex, output: BinaryIO) -> None:
        self._index = index
        self._output = output
        self._write_lock = threading.Lock()
        self._cancel = threading.Event()
        self._readers = ThreadPoolExecutor(2, "answer")
        self._builds = ThreadPoolExecutor(1, "build", initializer=lower_thread_priority)
        self._awaited = ThreadPoolExecutor(1, "awaited-build")
        self._updates = ThreadPoolExecutor(1, "update")
        self._documents = DocumentUpdates(index)
        self._imported = ImportedPackages(index.writer, self._packages_read)
        self._called = CalledPrograms(index.writer, self._packages_read)
        index.on_use, index.on_build = self._note_use, self._imported.note_again
        self._maintenance = Maintenance(index, self._notify_changed, self._notify_warning)
        self._methods: dict[str, tuple[ThreadPoolExecutor, Callable[[dict[str, Any]], Any]]] = {
            "members": (self._readers, lambda p: [pack_symbol(each) for each in index.members(p["owner"])]),
            "is_closed": (self._readers, lambda p: index.is_closed(p["owner"])),
            "lookup": (self._readers, self._lookup),
            "has_name": (self._readers, lambda p: index.has_name(p["name"])),
            "package_state": (self._readers, lambda p: index.package_state(p["owner"])),
            "search": (self._readers, self._search),
            "status": (self._readers, lambda _: to_plain(index.status())),
            "update": (self._updates, lambda p: index.update([Path(path) for path in p["paths"]])),
            "remove": (self._updates, lambda p: index.remove([Path(path) for path in p["paths"]])),
            "build": (self._builds, self._build),
        }

    def serve(self, requests: BinaryIO) -> None:
        """Answer requests until ``shutdown`` or the end of the input."""
        self._documents.start()
        self._maintenance.start()
        self._imported.start()
        self._called.start()
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
            elif method in {"mirror", "forget"}:  # notifications, without an answer
                self._documents.show(Path(message["params"]["path"]), message["params"].get("text"))
            elif method in self._methods:
                if method == "build":
                    self._cancel = threading.Event()
                thread, answer = self._methods[method]
                if (message.get("params") or {}).get("awaited"):
                    thread = self._awaited
                thread.submit(self._answer, message, answer)
            else:
                self._send({"id": message.get("id"), "error": f"unknown method {method}"})
        self._cancel.set()
        self._maintenance.stop()
        self._imported.stop()
        self._called.stop()

    def _note_use(self, used: Used) -> None:
        self._imported.note(used)
        self._called.note(used)

    def _answer(self, message: dict[str, Any], method: Callable[[dict[str, Any]], Any]) -> None:
        identifier = message.get("id")
        parameters = {**(message.get("params") or {}), "_id": identifier}
        try:
            self._send({"id": identifier, "result": method(parameters)})
        except SoothsayIndexError as error:
            self._send({"id": identifier, "error": str(error)})
        except Exception as error:
            log.exception("%s failed", message.get("method"))
            refused = refused_by_system(error, self._index.store.packages.folder.parent)
            if refused is not None:
                self._send({"id": identifier, "error": str(refused)})
                return
            self._maintenance.look_for_damage()
            reason = " ".join(f"{type(error).__name__}: {error}".split())
            fix = "run `soothsay doctor`, and report it with the log of the index"
            self._send(
                {"id": identifier, "error": f"The index cannot {message.get('method')} ({reason}): {fix}."}
            )

    def _build(self, parameters: dict[str, Any]) -> Any:
        cancel = self._cancel

        def report(progress: Progress) -> None:
            self._send({"id": parameters["_id"], "progress": to_plain(progress)})

        options = BuildOptions(
            parameters.get("interpreter"),
            bool(parameters.get("all_packages")),
            bool(parameters.get("embed", True)),
            bool(parameters.get("awaited")),
            parameters.get("file"),
        )
        self._maintenance.follow(replace(options, awaited=False, file=None))
        status = self._index.build_with(options, report, cancel)
        self._builds.submit(self._index.warm_quietly)  # once this is answered
        return to_plain(status)

    def _lookup(self, parameters: dict[str, Any]) -> Any:
        symbol = self._index.lookup(parameters["qualified"])
        return pack_symbol(symbol) if symbol is not None else None

    def _search(self, parameters: dict[str, Any]) -> Any:
        return [pack_hit(hit) for hit in self._index.search(from_plain(Query, parameters["query"]))]

    def _packages_read(self) -> None:
        self._index.packages_read()
        self._notify_changed()

    def _notify_changed(self) -> None:
        """Tell the client to drop its cached answers."""
        self._send({"event": "changed"})

    def _notify_warning(self, warning: str) -> None:
        """Tell the client what the person should know, though nobody has asked."""
        self._send({"event": "warning", "detail": warning})

    def _send(self, message: dict[str, Any]) -> None:
        with self._write_lock, contextlib.suppress(BrokenPipeError, ValueError):
            self._output.write(encode_line(message))
            self._output.flush()


class DocumentUpdates:
    """Apply document changes on a background thread; of several texts of one document only the last."""

    def __init__(self, index: LocalIndex) -> None:
        self._index = index
        self._shown: dict[Path, str | None] = {}
        self._stamps: dict[Path, int] = {}  # of the last text of each open document
        self._is_typing = False
        self._news = threading.Condition()

    def start(self) -> None:
        """Start the background thread."""
        threading.Thread(target=self._run, name="documents", daemon=True).start()

    def show(self, path: Path, text: str | None) -> None:
        """Set the text of an open document; None: it was closed. Returns at once."""
        with self._news:
            self._note_typing(path, text)
            self._shown.pop(path, None)
            self._shown[path] = text
            self._news.notify()

    def _note_typing(self, path: Path, text: str | None) -> None:
        """Record whether an open document has changed: then the user is typing."""
        if text is None:
            self._stamps.pop(path, None)
            return
        stamp = hash(text)
        self._is_typing |= self._stamps.get(path, stamp) != stamp
        self._stamps[path] = stamp

    def _run(self) -> None:
        while True:
            with self._news:
                self._news.wait_for(lambda: self._shown)
                path = next(iter(self._shown))
                text = self._shown.pop(path)
                is_typing, self._is_typing = self._is_typing, False
            try:
                if is_typing:
                    self._index.prepare_for_searches()
                if text is None:
                    self._index.forget(path)
                else:
                    self._index.mirror(path, text)
            except Exception:
                log.exception("%s is not indexed as it is typed", path)
