"""A package that is installed while the worker runs is indexed, unasked."""

import time
import venv
from pathlib import Path

import pytest

from soothsay_index.worker.client import IndexClient

pytestmark = pytest.mark.slow


def test_an_installed_package_is_noticed(tmp_path: Path):
    environment = tmp_path / "env"
    venv.create(environment, symlinks=True)
    (site,) = environment.glob("lib/python*/site-packages")
    workspace = tmp_path / "workspace"
    workspace.mkdir()
    (workspace / "use.py").write_text("import lanterns\n")
    with IndexClient(tmp_path / "index", workspace, timeout=20.0) as client:
        client.build(interpreter=environment)
        assert not client.has_name("light_the_lantern")
        (site / "lanterns").mkdir()
        (site / "lanterns" / "__init__.py").write_text('def light_the_lantern(oil):\n    """Light it."""\n')
        (site / "lanterns-1.0.dist-info").mkdir()
        (site / "lanterns-1.0.dist-info" / "METADATA").write_text(
            "Metadata-Version: 2.1\nName: lanterns\nVersion: 1.0\n"
        )
        (site / "lanterns-1.0.dist-info" / "RECORD").write_text("lanterns/__init__.py,,\n")
        deadline = time.monotonic() + 60
        while not client.has_name("light_the_lantern"):
            assert time.monotonic() < deadline, "the new package was not noticed"
            time.sleep(0.2)
