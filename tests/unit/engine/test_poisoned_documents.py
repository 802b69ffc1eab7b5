"""Documents that try to steer: they stay comments in the prompt, whatever they hold."""

from __future__ import annotations

import pytest
from poison import PAYLOADS

from soothsay.engine.ground import ground
from soothsay_index.types import Chunk, Hit, Parameter, Symbol
from soothsay_languages.registry import language_of_id

_PLACES = ("summary", "name", "default", "parameter", "example", "chunk", "title", "path")


def poisoned(place: str, payload: str) -> Hit:
    """Return a hit whose ``place`` is ``payload``."""
    if place in {"chunk", "title", "path"}:
        text, title, path = (payload if place == each else "fine" for each in ("chunk", "title", "path"))
        return Hit("cross_file", 1.0, chunk=Chunk(path, "file:///a", 1, 2, text, title=title, kind="prose"))
    parameter = Parameter(
        payload if place == "parameter" else "a",
        default=payload if place == "default" else "1",
        required=place == "example",
        example=payload if place == "example" else "",
    )
    return Hit(
        "symbol",
        1.0,
        symbol=Symbol(
            qualified_name="shop.run",
            name=payload if place == "name" else "run",
            owner="shop",
            kind="operation" if place == "example" else "function",
            origin="package",
            package="shop",
            version="1",
            uri="",
            parameters=(parameter,),
            summary=payload if place == "summary" else "Runs.",
        ),
    )


@pytest.mark.parametrize("payload", PAYLOADS, ids=lambda text: ascii(text[:24]))
@pytest.mark.parametrize("place", _PLACES)
def test_a_poisoned_document_stays_in_its_comment(place: str, payload: str):
    language = language_of_id("python")
    assert language is not None
    hit = poisoned(place, payload)
    grounding = ground(
        [hit], lambda symbol: f"shop.{symbol.name}", "    ", language, 4_000, lambda text: len(text) // 4
    )
    # every kind of line end that some reader knows
    for line in grounding.text.splitlines():
        assert line.startswith("    #")
    assert "\r" not in grounding.text
    assert "\nevil" not in grounding.text
