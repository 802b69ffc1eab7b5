"""`soothsay doctor --report`: what a maintainer needs to help, as Markdown that a person can read before they send it.

It holds no text of files and of logs, no values of environment variables, and no names of users; paths are shortened.
"""

from __future__ import annotations

import getpass
import os
import platform
import re
import sys
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from importlib.metadata import PackageNotFoundError, distribution, version
from pathlib import Path

import psutil

from soothsay import __version__
from soothsay.backend.address import list_backends, read_connection_info
from soothsay.backend.crash_log import previous_log
from soothsay.doctor import DoctorCheck
from soothsay.errors import SoothsayError
from soothsay.paths import cache_folder
from soothsay_index.runtime.file_times import changed_at
from soothsay_index.sources.masking import without_written_secrets

_LOG_LINE = re.compile(r"(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d)\S* (WARNING|ERROR|CRITICAL) ([\w.]{1,80}):")
_LOG_TAIL = 1 << 20  # bytes
_MOST_LOGS = 6
_VARIABLES = re.compile(
    r"SOOTHSAY_\w+|HF_\w+|PIP_\w+|LLAMA_\w+|(?:HTTPS?|ALL|NO)_PROXY|VIRTUAL_ENV|CONDA_PREFIX|CUDA_\w+|OMP_\w+",
    re.I,
)
_PACKAGE = re.compile(r"[A-Za-z0-9._-]+")
_SHORTEST_USER = 3  # characters; shorter names are parts of words
_PROCESSOR = re.compile(r"^model name\s*:\s*(.+)$", re.MULTILINE)


def maintainers_report(checks: Sequence[DoctorCheck], workspace: Path) -> str:
    """Return the report on this installation, whose ``checks`` have been made in ``workspace``."""
    sections = {
        "soothsay": _own_facts(),
        "Machine": _machine(),
        "Checks": [_line(check) for check in checks],
        "Libraries": list(_libraries()),
        "Environment variables that are set": sorted(filter(_VARIABLES.fullmatch, os.environ)),
        "Processes and logs": list(_logs()),
    }
    text = "\n".join(
        part
        for title, lines in sections.items()
        for part in (f"## {title}\n", *(f"* {' '.join(line.split())}" for line in lines or ["none"]), "")
    )
    return shortened(without_written_secrets(text), workspace, os.environ)


def shortened(text: str, workspace: Path, environ: Mapping[str, str]) -> str:
    """Return ``text`` with ``~`` for the home folder, and without the names of the workspace's folder and of the user."""
    home = environ.get("HOME") or environ.get("USERPROFILE") or str(Path.home())
    folders = {str(workspace): "<workspace>", str(workspace.resolve()): "<workspace>"}
    folders |= {home: "~", str(Path(home).resolve()): "~"}
    for folder in sorted(folders, key=len, reverse=True):
        if len(folder) > 1:
            text = text.replace(folder, folders[folder])
    user = _user()
    is_name = len(user) >= _SHORTEST_USER and user != "root"
    return re.sub(rf"(?<![A-Za-z0-9]){re.escape(user)}(?![A-Za-z0-9])", "<user>", text) if is_name else text


def _user() -> str:
    try:
        return getpass.getuser()
    except (OSError, KeyError, ImportError):
        return ""


def _own_facts() -> list[str]:
    version_info = f"{platform.python_implementation()} {platform.python_version()}, {sys.executable}"
    return [f"version {__version__}, in {Path(__file__).parents[1]}", version_info]


def _machine() -> list[str]:
    memory = psutil.virtual_memory()
    return [
        f"{platform.system()} {platform.release()}, {platform.machine()}",
        f"{_processor()}; {psutil.cpu_count(logical=False)} cores, {psutil.cpu_count()} threads",
        f"{memory.total / 1e9:.0f} GB of memory, {memory.available / 1e9:.0f} GB available",
    ]


def _processor() -> str:
    try:
        found = _PROCESSOR.search(Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace"))
    except OSError:
        found = None
    return found[1] if found else platform.processor() or "unknown processor"


def _line(check: DoctorCheck) -> str:
    return f"{check.state}: {check.name}: {check.found}{f' (fix: {check.fix})' if check.fix else ''}"


def _libraries() -> Iterator[str]:
    """Yield the versions of what soothsay depends on."""
    try:
        requirements = distribution("soothsay").requires or []
    except PackageNotFoundError:
        return
    for name in [
        found[0] for each in requirements if "extra ==" not in each and (found := _PACKAGE.match(each))
    ]:
        try:
            yield f"{name} {version(name)}"
        except PackageNotFoundError:
            yield f"{name}: missing"


def _logs() -> Iterator[str]:
    """Yield which backends there are, and how many problems each log holds; what it says stays there."""
    logs: list[Path] = []
    try:
        for files in list_backends():
            info = read_connection_info(files)
            yield f"backend {files.key}: {'running' if info and info.is_alive() else 'not running'}"
            logs += [files.log, previous_log(files.log)]
    except SoothsayError as error:
        yield str(error)
    logs += sorted(cache_folder().glob("**/index.log"), key=changed_at, reverse=True)
    for log in [log for log in logs if log.is_file()][:_MOST_LOGS]:
        yield _problems(log)


def _problems(log: Path) -> str:
    """Return how many problems ``log`` holds, of what kind, and the last one's time and place."""
    try:
        with log.open("rb") as file:
            size = file.seek(0, os.SEEK_END)
            file.seek(max(0, size - _LOG_TAIL))
            text = file.read().decode("utf-8", "replace")
    except OSError as error:
        return f"{log}: {error.strerror}"
    found = [match for line in text.splitlines() if (match := _LOG_LINE.match(line))]
    if not found:
        return f"{log}: no problems"
    kinds = ", ".join(
        f"{count} {level.lower()}" for level, count in Counter(each[2] for each in found).items()
    )
    return f"{log}: {kinds}; the last at {found[-1][1]} in {found[-1][3]}; read it before you send it"
