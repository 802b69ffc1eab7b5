"""The structure holds: imports point one way, and every public name has a docstring."""

from __future__ import annotations

from pathlib import Path

from tests.structure.counts import modules, undocumented, wrong_arrows

ROOT = Path(__file__).parents[2]


def test_imports_point_one_way() -> None:
    assert wrong_arrows(modules(ROOT)) == []


def test_every_public_name_has_a_docstring() -> None:
    assert undocumented(modules(ROOT)) == []
