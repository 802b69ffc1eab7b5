"""A small workspace, a small environment: enough of both to be indexed for real."""

from __future__ import annotations

from pathlib import Path

import pytest
from index_fakes import environment_of, write_site, write_workspace

from soothsay_languages.environment import Environment


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    return write_workspace(tmp_path)


@pytest.fixture
def site(tmp_path: Path) -> Path:
    return write_site(tmp_path)


@pytest.fixture
def environment(site: Path) -> Environment:
    return environment_of(site)
