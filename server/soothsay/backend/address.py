"""The files and addresses of a user's backends, in a folder that only this user may access.

Backends listen on a Unix domain socket in that folder, or on a named pipe on Windows.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import secrets
import stat
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from functools import lru_cache
from importlib.machinery import SOURCE_SUFFIXES
from pathlib import Path
from typing import Literal

import platformdirs
import psutil

import soothsay
import soothsay_common
import soothsay_index
import soothsay_languages
from soothsay.errors import SoothsayError
from soothsay.model.files.cache import models_folder

Family = Literal["AF_UNIX", "AF_PIPE"]

FOLDER_VARIABLE = "SOOTHSAY_RUNTIME"
_LONGEST_SOCKET_PATH = 100  # bytes; the system's limit is 104 to 108


@dataclass(frozen=True, slots=True)
class BackendFiles:
    """The paths of one backend's files, which need not exist."""

    folder: Path
    key: str

    @property
    def connection_file(self) -> Path:
        """The file with the `ConnectionInfo` of the running backend."""
        return self.folder / f"backend-{self.key}.json"

    @property
    def log(self) -> Path:
        """The backend's standard error, including the cause of a crash."""
        return self.folder / f"backend-{self.key}.log"

    @property
    def lock(self) -> Path:
        """The lock that is held while a backend is being started."""
        return self.folder / f"backend-{self.key}.lock"


@dataclass(frozen=True, slots=True)
class ConnectionInfo:
    """How to connect to a running backend. ``created`` (`process_started_at`) tells it from a later process with its id."""

    pid: int
    created: float
    family: Family
    address: str
    token: str
    build: str

    def is_alive(self) -> bool:
        """Return whether the process still runs."""
        with contextlib.suppress(psutil.Error):
            return (
                process_started_at(self.pid) == self.created
                and psutil.Process(self.pid).status() != psutil.STATUS_ZOMBIE
            )
        return False


def process_started_at(pid: int) -> float:
    """Return a number for the start of a process that never changes (Linux: clock ticks). Raises `psutil.Error`."""
    if sys.platform != "linux":
        return psutil.Process(pid).create_time()
    # not psutil: it adds the boot time, which changes when the clock is set
    try:
        facts = Path(f"/proc/{pid}/stat").read_bytes()
    except OSError as error:
        raise psutil.NoSuchProcess(pid) from error
    return float(facts.rpartition(b")")[2].split()[19])  # clock ticks since the boot


def runtime_folder() -> Path:
    """Return the folder for sockets, created with mode 0700. Raises `SoothsayError` if other users may access it."""
    given = os.environ.get(FOLDER_VARIABLE)
    folder = Path(given).expanduser().absolute() if given else _default_folder()
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        facts = folder.lstat()
    except OSError as error:
        raise SoothsayError(
            f"cannot make the folder {folder} ({error.strerror}): set {FOLDER_VARIABLE} to another one"
        ) from error
    if hasattr(os, "getuid") and not is_private(facts.st_uid, facts.st_mode, os.getuid()):
        raise SoothsayError(
            f"other users may access {folder}: run `chmod 700 {folder}`, or set {FOLDER_VARIABLE} to another folder"
        )
    return folder


def is_private(owner: int, mode: int, user: int) -> bool:
    """Return whether a folder with this owner and mode is accessible to ``user`` only."""
    return stat.S_ISDIR(mode) and owner == user and not mode & 0o077


def _default_folder() -> Path:
    if sys.platform != "linux":
        return Path(platformdirs.user_runtime_dir("soothsay", appauthor=False))
    with contextlib.suppress(OSError):
        given = os.environ.get("XDG_RUNTIME_DIR")
        if given and is_private(Path(given).stat().st_uid, Path(given).stat().st_mode, os.getuid()):
            return Path(given) / "soothsay"
    return Path(tempfile.gettempdir()) / f"soothsay-{os.getuid()}"


@lru_cache(maxsize=1)
def build_id() -> str:
    """Return an identifier of this version of the code. Windows connect only to a backend of the same build."""
    facts = [soothsay.__version__, sys.executable]
    for package in (soothsay, soothsay_index, soothsay_languages, soothsay_common):
        folder = Path(package.__file__ or "").parent
        sources = (path for path in folder.rglob("*") if path.suffix in SOURCE_SUFFIXES)
        for path in sorted(sources):
            facts.append(f"{path} {path.stat().st_mtime_ns}")
    return f"{soothsay.__version__}-{_digest(*facts)}"


def backend_files(build: str, variant: str = "") -> BackendFiles:
    """Return the files of the backend of this build and cache folder. Raises `SoothsayError`."""
    return BackendFiles(runtime_folder(), _digest(build, str(models_folder()), variant))


def list_backends() -> Iterator[BackendFiles]:
    """Yield the files of all backends, of any build, that have connection information. Raises `SoothsayError`."""
    folder = runtime_folder()
    for file in sorted(folder.glob("backend-*.json")):
        yield BackendFiles(folder, file.stem.removeprefix("backend-"))


def new_address(files: BackendFiles, platform: str = sys.platform) -> tuple[Family, str]:
    """Return an unused address. Raises `SoothsayError` when the folder's path is too long for a socket."""
    name = f"{files.key}-{secrets.token_hex(4)}"
    if platform == "win32":
        return "AF_PIPE", rf"\\.\pipe\soothsay-{name}"
    path = str(files.folder / f"{name}.sock")
    if len(os.fsencode(path)) > _LONGEST_SOCKET_PATH:
        raise SoothsayError(
            f"the path {files.folder} is too long for a socket: set {FOLDER_VARIABLE} to a shorter one"
        )
    return "AF_UNIX", path


def read_connection_info(files: BackendFiles) -> ConnectionInfo | None:
    """Return how to connect to the backend; None when it has no valid file."""
    try:
        return ConnectionInfo(**json.loads(files.connection_file.read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        return None


def write_connection_info(files: BackendFiles, info: ConnectionInfo) -> None:
    """Write the connection information, readable by this user only."""
    temporary = files.connection_file.with_suffix(".part")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        json.dump(asdict(info), file)
    temporary.replace(files.connection_file)


def remove_connection_info(files: BackendFiles, info: ConnectionInfo) -> None:
    """Remove the connection information, unless it is another backend's by now, and the socket."""
    if read_connection_info(files) == info:
        files.connection_file.unlink(missing_ok=True)
    if info.family == "AF_UNIX":
        Path(info.address).unlink(missing_ok=True)


def _digest(*texts: str) -> str:
    return hashlib.sha256("\0".join(texts).encode()).hexdigest()[:12]
