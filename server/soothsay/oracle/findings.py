"""What a language server finds wrong in a text, and whether it looks there at all."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from cachetools import FIFOCache

from soothsay.oracle.connection import ServerConnection
from soothsay.oracle.conversion import read_findings
from soothsay.oracle.process import NoAnswer
from soothsay.oracle.types import Finding
from soothsay_languages.oracle import Schemas

PROBE = "zz_soothsay_zz"  # a name that nothing has: a receiver that accepts it accepts any
_TEXTS_REMEMBERED = 16


class Findings:
    """The findings of one server. All methods raise `NoAnswer`."""

    def __init__(self, connection: ServerConnection) -> None:
        self._connection = connection
        self._spec = connection.spec
        self._blind: dict[Path, bool] = {}  # by the last report of a file
        self._reports: FIFOCache[tuple[Path, str], tuple[int, tuple[Finding, ...]]] = FIFOCache(
            _TEXTS_REMEMBERED
        )

    def of(self, path: Path, text: str) -> tuple[Finding, ...]:
        """Return what the server finds wrong in ``text``; remembered until another document changes."""
        path = path.absolute()
        known = self._reports.get((path, text))
        if known is not None and known[0] == self._connection.documents.world(path):
            return known[1]
        if not self._is_judged(path, text):
            raise NoAnswer(f"{path} is excluded, lies outside of the workspace, or is described by no schema")
        server, world = self._connection.show(path, text)
        positions = self._connection.positions(path, text, server.encoding)
        items = self._connection.diagnostics(server, path, world)
        found = read_findings(items, text, positions, self._spec)
        found = tuple(finding for finding in found if not self._is_of_unsaved_module(finding, text))
        self._blind[path] = any(finding.code in self._spec.blinding for finding in found)
        if self._blind[path]:
            found = tuple(finding for finding in found if finding.kind == "unresolved_import")
        self._reports[path, text] = (world, found)
        return found

    def is_blind(self, path: Path, text: str) -> bool:
        """Return whether the server knows too little of the file, of which it has not seen all that belongs to it."""
        if not self._spec.blinding:
            return False
        if path.absolute() not in self._blind:
            self.of(path, text)
        return self._blind[path.absolute()]

    def reaches(self, path: Path, text: str, spans: Sequence[tuple[int, int]]) -> bool:
        """Return whether a name that nothing defines is found at each of ``spans``."""
        if "unknown_name" not in self._spec.kinds.values():
            return True  # it never complains of a name: whether it looks there cannot be told
        places: list[int] = []
        written, last = "", 0
        for start, end in spans:
            written += text[last:start]
            places.append(len(written))
            written, last = written + PROBE, end
        found = {f.start for f in self.of(path, written + text[last:]) if f.kind == "unknown_name"}
        return found.issuperset(places)

    def _is_judged(self, path: Path, text: str) -> bool:
        """Return whether the server looks at ``path``: for an excluded file, it reports nothing whatever is wrong."""
        if self._spec.schemas is not None:
            return self._is_described(path, text, self._spec.schemas)
        if not self._spec.canary:
            return True
        key = path, self._connection.documents.configured
        server = self._connection.server()
        if key in server.judged:
            return server.judged[key]
        server, world = self._connection.show(path, self._spec.canary)
        judged = server.judged[key] = bool(self._connection.diagnostics(server, path, world))
        return judged

    def _is_described(self, path: Path, text: str, schemas: Schemas) -> bool:
        """Return whether schemas that are all at hand say what ``text`` may hold."""
        server, _ = self._connection.show(path, text)
        answer = self._connection.request(server, schemas.request, path.as_uri())
        known = answer if isinstance(answer, list) else ()
        uris = [str(each.get("uri")) for each in known if isinstance(each, Mapping)]
        return bool(uris) and all(schemas.is_at_hand(uri) for uri in uris)

    def _is_of_unsaved_module(self, finding: Finding, text: str) -> bool:
        """Return whether an import is unresolved only because its file exists in the editor alone."""
        return finding.kind == "unresolved_import" and self._connection.documents.is_unsaved_module(
            text[finding.start : finding.end]
        )
