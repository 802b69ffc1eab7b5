"""Which names exist at a place, and whether a written one does, as a language server knows it."""

from __future__ import annotations

import re
from pathlib import Path

from soothsay.oracle.connection import ServerConnection
from soothsay.oracle.conversion import hover_text, identifier, read_members, with_details
from soothsay.oracle.findings import PROBE, Findings
from soothsay.oracle.origins import NameOrigins, is_called
from soothsay.oracle.types import Member

_MEMBER = re.compile(r"[\w$]+")
_KEYS = ("property", "field", "method")
_REFUSALS = ("unknown_argument", "no_overload")


class NameQuestions:
    """The names that one server knows. All methods raise `NoAnswer`."""

    def __init__(self, connection: ServerConnection, findings: Findings, origins: NameOrigins) -> None:
        self._connection = connection
        self._spec = connection.spec
        self._findings = findings
        self._origins = origins

    def members(self, path: Path, text: str, offset: int, dunders: bool) -> list[Member] | None:
        """Return the members of the receiver before ``offset``, when its type is known for certain."""
        # Asking for a name that cannot exist tells more than any hover text: no complaint means that the
        # receiver is unknown, has an unknown base or a `__getattr__`, and its members are not all there is.
        start, end = identifier(text, offset)
        probe = text[:start] + PROBE + text[end:]
        at = start + len(PROBE)
        refusal = next(
            (f for f in self._findings.of(path, probe) if f.kind == "not_a_member" and f.end == at), None
        )
        # of a union, servers list only what all of its types have
        if refusal is None or self._spec.tells_of_union(refusal.message):
            return None
        if self._origins.is_made(path, probe, start):
            return None
        # servers filter by the name that stands there, so none may
        listed = self.proposed(path, text[:start] + text[end:], start, dunders) or ()
        # a key that must be written in quotes is no member
        return [each for each in listed if _MEMBER.fullmatch(each.name)] or None

    def proposed(self, path: Path, text: str, offset: int, dunders: bool) -> list[Member] | None:
        """Return what the server proposes at ``offset``."""
        answer = self._connection.ask("textDocument/completion", path, text, offset)
        return read_members(answer, dunders, self._spec) or None

    def keys(self, path: Path, text: str, offset: int, first: int) -> list[Member] | None:
        """Return the keys that the server proposes at ``offset``; None where it proposes names of another kind, or takes any key.

        ``first`` is where the first key may stand: it is tried without the others, whose values may be wrong.
        """
        found = self.proposed(path, text, offset, dunders=False)
        if not found or any(each.kind not in _KEYS for each in found):
            return None
        alone = f"{text[:first]}{self._spec.tried_key.format(PROBE)}{text[offset:]}"
        return found if self._refuses_key(path, alone, alone.index(PROBE, first)) else None

    def _refuses_key(self, path: Path, text: str, start: int) -> bool:
        """Return whether the key at ``start``, which nothing has, is refused: else any may be given.

        Where a call lacks other arguments, servers do not look at those that it has.
        """
        found = self._findings.of(path, text)
        refused = any(f.kind in _REFUSALS and f.start == start for f in found)
        return refused or any(
            f.kind == "no_overload"
            and f.end <= start
            and text.count("(", f.end, start) > text.count(")", f.end, start)
            for f in found
        )

    def details(self, member: Member) -> Member | None:
        """Return ``member`` with what the server says of it when asked to resolve the completion item."""
        server = self._connection.server()
        if member.source != self._spec.name or not server.provides("completionItem/resolve"):
            return None
        resolved = self._connection.request(server, "completionItem/resolve", member.item)
        return with_details(member, resolved, self._spec)

    def hover(self, path: Path, text: str, offset: int) -> str:
        """Return what the server shows about ``offset``."""
        return hover_text(self._connection.ask("textDocument/hover", path, text, offset))

    def resolves(self, path: Path, text: str, start: int, end: int) -> bool | None:
        """Return whether the identifier from ``start`` to ``end`` exists; None when that cannot be told."""
        for finding in self._findings.of(path, text):
            if finding.kind in ("unknown_name", "not_a_member") and finding.end == end:
                return False
            if finding.kind == "unresolved_import" and finding.start <= start < finding.end:
                return False
            if finding.kind == "doubtful" and finding.end == end:
                return None
        shown = self.hover(path, text, start)
        if not shown or self._spec.is_unknown(shown):
            return False if self._origins.is_called_data(path, text, start, end) else None
        if self._spec.is_anything(shown):
            # a member declared as anything is real; a member of something that is anything may not be
            if not self._origins.is_member(text, start):
                return None
            return bool(self._connection.definition(path, text, start)) or None
        if self._origins.has_source(path, text, start, end):
            return True
        is_refused = any(
            finding.kind == "not_callable" and finding.start <= start and end <= finding.end
            for finding in self._findings.of(path, text)
        )
        return False if is_refused and is_called(text, end) else None
