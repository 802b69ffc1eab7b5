"""The structure holds: imports point one way, every public name has a docstring, one folder alone knows Python."""

from __future__ import annotations

from pathlib import Path

from tests.structure.counts import modules, python_places, undocumented, wrong_arrows

ROOT = Path(__file__).parents[2]


def test_imports_point_one_way() -> None:
    assert wrong_arrows(modules(ROOT)) == []


def test_every_public_name_has_a_docstring() -> None:
    assert undocumented(modules(ROOT)) == []


def test_nothing_outside_of_its_folder_knows_python() -> None:
    assert python_places(modules(ROOT)) == []
