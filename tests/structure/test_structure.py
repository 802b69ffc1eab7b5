"""The structure holds: imports point one way, and every public name has a docstring."""

from __future__ import annotations

from pathlib import Path

from tests.structure.counts import modules, python_places, undocumented, wrong_arrows

ROOT = Path(__file__).parents[2]


def test_imports_point_one_way() -> None:
    assert wrong_arrows(modules(ROOT)) == []


def test_every_public_name_has_a_docstring() -> None:
    assert undocumented(modules(ROOT)) == []


def test_index_backend_and_doctor_know_no_python() -> None:
    rooms = ("common/", "index/", "server/soothsay/backend/", "server/soothsay/cli/")
    files = ("server/soothsay/config.py", "server/soothsay/doctor.py")
    assert [place for place in python_places(modules(ROOT)) if place.startswith((*rooms, *files))] == []
