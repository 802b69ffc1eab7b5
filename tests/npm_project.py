"""Projects with a library that npm has installed, and the compiler that judges them, run as a program."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from soothsay.oracle.installed import command_of
from soothsay_languages.typescript.oracle import COMPILER

NPM = shutil.which("npm", path=f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', '')}")
NEEDS_NPM = pytest.mark.requires(NPM is not None, "npm")
NEEDS_COMPILER = pytest.mark.requires(command_of(COMPILER) is not None, "soothsay judges install typescript")
LIBRARY = "p-queue@8.1.0"
HEAD = 'import PQueue from "p-queue";\n\nconst queue = new PQueue({ concurrency: 2 });\n\n'  # uses it
_OPTIONS = '{"strict": true, "module": "nodenext", "target": "es2022", "noEmit": true, "allowJs": true, "checkJs": true}'


def make_project(folder: Path) -> None:
    """Make a project in ``folder`` with `LIBRARY` installed, as a person installs it, and a file that imports it."""
    assert NPM is not None
    (folder / "package.json").write_text('{"name": "shop", "type": "module"}', encoding="utf-8")
    (folder / "queue.ts").write_text(HEAD, encoding="utf-8")  # what files import is read
    (folder / "tsconfig.json").write_text(f'{{"compilerOptions": {_OPTIONS}}}', encoding="utf-8")
    environ = {**os.environ, "PATH": f"{Path(NPM).parent}{os.pathsep}{os.environ.get('PATH', '')}"}
    command = [NPM, "install", "--ignore-scripts", "--no-audit", "--no-fund", LIBRARY]
    subprocess.run(command, cwd=folder, env=environ, check=True, capture_output=True, timeout=300)


def errors_in(folder: Path, name: str, text: str) -> list[str]:
    """Return what the compiler says of the file ``name`` of a project, had it this text."""
    command = command_of(COMPILER)
    assert command is not None
    path = folder / name
    before = path.read_bytes() if path.exists() else None
    path.write_text(text + "\n", encoding="utf-8")
    try:
        done = subprocess.run(
            [command[0], "--pretty", "false", "-p", str(folder)],
            cwd=folder, capture_output=True, encoding="utf-8", check=False, timeout=120,
        )  # fmt: skip
    finally:
        if before is None:
            path.unlink()
        else:
            path.write_bytes(before)
    return [line for line in done.stdout.splitlines() if line.startswith(name)]
