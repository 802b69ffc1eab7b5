"""Where the backends of a user are found: a folder that is the user's alone, with a file for each.

The platforms differ here and nowhere else: a Unix domain socket in that folder, or a named pipe on Windows.
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
    """The files of one backend; none of them need exist."""

    folder: Path
    key: str

    @property
    def connection_file(self) -> Path:
        """The file that says how the running backend is reached."""
        return self.folder / f"backend-{self.key}.json"

    @property
    def log(self) -> Path:
        """What the backend writes to standard error, and what it died of."""
        return self.folder / f"backend-{self.key}.log"

    @property
    def lock(self) -> Path:
        """Held while a backend is being started."""
        return self.folder / f"backend-{self.key}.lock"


@dataclass(frozen=True, slots=True)
class ConnectionInfo:
    """How a running backend is reached. ``created`` is what `process_started_at` says of it, which tells it from a later process."""

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
    """Return when a process started, the same number whoever asks and whenever. Raises `psutil.Error`."""
    if sys.platform != "linux":
        return psutil.Process(pid).create_time()
    # psutil adds the time of the boot, which moves when the clock is set
    try:
        facts = Path(f"/proc/{pid}/stat").read_bytes()
    except OSError as error:
        raise psutil.NoSuchProcess(pid) from error
    return float(facts.rpartition(b")")[2].split()[19])  # clock ticks since the boot


def runtime_folder() -> Path:
    """Return the folder for sockets, made with mode 0700. Raises `SoothsayError` where it is not the user's alone."""
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
            f"{folder} is not yours alone: run `chmod 700 {folder}`, or set {FOLDER_VARIABLE} to another folder"
        )
    return folder


def is_private(owner: int, mode: int, user: int) -> bool:
    """Return whether ``user`` alone may use a folder with this owner and mode."""
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
    """Return a short text that changes with the code: windows and backends of different builds do not mix."""
    facts = [soothsay.__version__, sys.executable]
    for package in (soothsay, soothsay_index, soothsay_languages, soothsay_common):
        folder = Path(package.__file__ or "").parent
        for path in sorted(folder.rglob("*.py")):
            facts.append(f"{path} {path.stat().st_mtime_ns}")
    return f"{soothsay.__version__}-{_digest(*facts)}"


def backend_files(build: str, variant: str = "") -> BackendFiles:
    """Return where the backend of this build is, for the cache folder in use. Raises `SoothsayError`."""
    return BackendFiles(runtime_folder(), _digest(build, str(models_folder()), variant))


def list_backends() -> Iterator[BackendFiles]:
    """Yield all places that have a card, of whatever build."""
    folder = runtime_folder()
    for file in sorted(folder.glob("backend-*.json")):
        yield BackendFiles(folder, file.stem.removeprefix("backend-"))


def new_address(files: BackendFiles, platform: str = sys.platform) -> tuple[Family, str]:
    """Return an address that nothing listens on yet."""
    name = f"{files.key}-{secrets.token_hex(4)}"
    if platform == "win32":
        return "AF_PIPE", rf"\\.\pipe\soothsay-{name}"
    path = str(files.folder / f"{name}.sock")
    if len(os.fsencode(path)) > _LONGEST_SOCKET_PATH:
        raise SoothsayError(
            f"{files.folder} is too long a path for a socket: set {FOLDER_VARIABLE} to a shorter one"
        )
    return "AF_UNIX", path


def read_connection_info(files: BackendFiles) -> ConnectionInfo | None:
    """Return how the backend is reached; None: there is none."""
    try:
        return ConnectionInfo(**json.loads(files.connection_file.read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        return None


def write_connection_info(files: BackendFiles, info: ConnectionInfo) -> None:
    """Say how the backend is reached, to this user alone."""
    temporary = files.connection_file.with_suffix(".part")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        json.dump(asdict(info), file)
    temporary.replace(files.connection_file)


def remove_connection_info(files: BackendFiles, info: ConnectionInfo) -> None:
    """Take the card away, if it is still this one, and its socket."""
    if read_connection_info(files) == info:
        files.connection_file.unlink(missing_ok=True)
    if info.family == "AF_UNIX":
        Path(info.address).unlink(missing_ok=True)


def _digest(*texts: str) -> str:
    return hashlib.sha256("\0".join(texts).encode()).hexdigest()[:12]
