"""What no language without service models knows of values: services, their requests, and what a call passes on."""

from __future__ import annotations

from collections.abc import Sequence

from tree_sitter import Node

from soothsay_languages.base import WrongValue
from soothsay_languages.resolving import D, Definitions


class ValuesWithoutServices:
    """The part of `ReadsValues` that is about services, for languages in which none are known."""

    def wrong_service(self, call: Node, index: Definitions[D]) -> WrongValue | None:
        """Return None: no services are known."""
        return None

    def wrong_owner(self, owner: str, index: Definitions[D]) -> WrongValue | None:
        """Return None: no services are known."""
        return None

    def wrong_request(self, uri: str, name: str, arguments: Sequence[Node]) -> WrongValue | None:
        """Return None: no services are known."""
        return None

    def passed_to(self, call: Node, index: Definitions[D]) -> D | None:
        """Return None: nothing is known of what a call passes on."""
        return None
