"""The methods that are compared: never, always, and selectively."""

from __future__ import annotations

from collections.abc import Mapping

from bench.cloudapi.methods import HURRIED, Variant

VARIANTS: Mapping[str, Variant] = {
    "base": Variant("base"),
    "dag": Variant("dag"),
    "index_lookup": Variant("index_lookup"),
    "confidence": Variant("confidence"),
    "dag++": Variant("dag++"),
    "full": Variant("full"),
    "full, at a new place": Variant("full", completion=HURRIED),
    "base, read ahead": Variant("base", ahead=True),
    "full, read ahead": Variant("full", ahead=True),
}
USUAL = ("base", "dag", "dag++", "full", "full, at a new place", "base, read ahead", "full, read ahead")
