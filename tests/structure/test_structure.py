"""The structure holds: imports point one way."""

from __future__ import annotations

from pathlib import Path

from tests.structure.counts import modules, wrong_arrows

ROOT = Path(__file__).parents[2]


def test_imports_point_one_way() -> None:
    assert wrong_arrows(modules(ROOT)) == []
