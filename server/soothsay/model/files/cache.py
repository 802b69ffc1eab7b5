"""Where pulled models lie on disk, and whether what lies there is what it should be.

A file is hashed once, when it arrives; a stamp beside it remembers its size and time, so that later uses only look at
those. A file that changed, or that somebody put there by hand, is hashed again before it is used.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Literal

from soothsay.errors import SoothsayError
from soothsay.model.files.registry import REGISTRY, ModelFile, ModelSpec, find_spec
from soothsay.paths import cache_folder
from soothsay_common.file_identity import file_identity

State = Literal["pulled", "partial", "absent"]

_STAMP = ".sha256-ok"
_BLOCK = 1 << 20


@dataclass(frozen=True, slots=True)
class ModelStatus:
    """A known model, and how much of it is in the cache."""

    spec: ModelSpec
    state: State
    path: Path  # where it is, or will be


@dataclass(frozen=True, slots=True)
class FileCheck:
    """What hashing one file said; ``problem`` is empty if it is as it should be."""

    model: str
    file: str  # relative to the model's folder
    problem: str


def models_folder() -> Path:
    """Return the folder that holds one folder per model."""
    return cache_folder() / "models"


def model_folder(spec: ModelSpec) -> Path:
    """Return the folder of one model, which need not exist."""
    return models_folder() / spec.name


def location(spec: ModelSpec) -> Path:
    """Return what a library is given to open: the file, or for a model of several files their folder."""
    folder = model_folder(spec)
    return folder if spec.is_folder else folder / spec.files[0].name


def list_models() -> list[ModelStatus]:
    """Return every known model, and whether it is here."""
    return [ModelStatus(spec, _state(spec), location(spec)) for spec in REGISTRY.values()]


def is_pulled(name: str) -> bool:
    """Return whether the model is here whole and was checked. Cheap: hashes nothing."""
    return is_stamped(find_spec(name))


def model_path(name: str) -> Path:
    """Return the pulled model, every byte of which was checked once. Raises `SoothsayError` saying how to get it."""
    spec = find_spec(name)
    if not is_stamped(spec):
        if not all(has_size(spec, file) for file in spec.files):
            raise SoothsayError(f"model {name} is not here yet; run: soothsay models pull {name}")
        if any(check.problem for check in check_files(spec)):
            raise SoothsayError(f"model {name} is damaged; run: soothsay models pull {name}")
        stamp(spec)
    return location(spec)


def verify(name: str = "all", on_bytes: Callable[[int], None] | None = None) -> list[FileCheck]:
    """Hash the files of one model, or of all that are here; a damaged model is not used again until it is pulled.

    ``on_bytes`` is told how many bytes were read since it was last called.
    """
    specs = [s.spec for s in list_models() if s.state == "pulled"] if name == "all" else [find_spec(name)]
    checks: list[FileCheck] = []
    for spec in specs:
        of_model = list(check_files(spec, on_bytes))
        if any(check.problem for check in of_model):
            unstamp(spec)
        else:
            stamp(spec)
        checks += of_model
    return checks


def check_files(spec: ModelSpec, on_bytes: Callable[[int], None] | None = None) -> Iterator[FileCheck]:
    """Hash the files of a model (blocking) and yield a result for each, also for those that cannot be read.

    ``on_bytes`` is told how many bytes were read since it was last called.
    """
    for file in spec.files:
        path = model_folder(spec) / file.name
        yield FileCheck(spec.name, file.name, _problem(path, file, on_bytes))


def _problem(path: Path, file: ModelFile, on_bytes: Callable[[int], None] | None) -> str:
    try:
        size = path.stat().st_size
        if size != file.size:
            return f"has {size:,} bytes, should have {file.size:,}"
        found = sha256_of(path, on_bytes)
    except FileNotFoundError:
        return "is missing"
    except OSError as error:
        return f"cannot be read: {error.strerror}"
    return "" if found == file.sha256 else f"has SHA-256 {found}, should have {file.sha256}"


def sha256_of(path: Path, on_bytes: Callable[[int], None] | None = None) -> str:
    """Return the SHA-256 of a file in hexadecimal (blocking). Raises `OSError` when it cannot be read.

    ``on_bytes`` is told how many bytes were read since it was last called.
    """
    digest = hashlib.sha256()
    with path.open("rb") as stream:
        while block := stream.read(_BLOCK):
            digest.update(block)
            if on_bytes:
                on_bytes(len(block))
    return digest.hexdigest()


def file_hash(path: Path) -> str:
    """Return the SHA-256 of a file, computed once for each of its contents (blocking); "" where it cannot be read."""
    identity = file_identity(path)
    return _hashed(path, identity) if identity else ""


@lru_cache(maxsize=64)
def _hashed(path: Path, _identity: object) -> str:
    try:
        return sha256_of(path)
    except OSError:
        return ""


def has_size(spec: ModelSpec, file: ModelFile) -> bool:
    """Return whether ``file`` is here with as many bytes as it should have; its content is not read."""
    try:
        return (model_folder(spec) / file.name).stat().st_size == file.size
    except OSError:
        return False


def is_stamped(spec: ModelSpec) -> bool:
    """Return whether every file is as it was when it was hashed and found right, by size and time."""
    try:
        found = json.loads((model_folder(spec) / _STAMP).read_text())
        return found == _stamp_of(spec)
    except (OSError, ValueError):
        return False


def stamp(spec: ModelSpec) -> None:
    """Remember that the files as they are now have the right hashes."""
    path = model_folder(spec) / _STAMP
    fresh = path.with_name(f"{_STAMP}.{os.getpid()}")
    # a read-only cache cannot be stamped: its files are hashed again the next time, and that is all
    with contextlib.suppress(OSError):
        fresh.write_text(json.dumps(_stamp_of(spec)))
        fresh.replace(path)


def unstamp(spec: ModelSpec) -> None:
    """Delete the stamp, so that the next use hashes the files. Raises `SoothsayError` when that fails."""
    try:
        (model_folder(spec) / _STAMP).unlink(missing_ok=True)
    except OSError as error:
        raise SoothsayError(f"cannot write to {model_folder(spec)} ({error.strerror})") from error


def _stamp_of(spec: ModelSpec) -> dict[str, list[object]]:
    stats = {file: (model_folder(spec) / file.name).stat() for file in spec.files}
    return {file.name: [file.sha256, stat.st_size, stat.st_mtime_ns] for file, stat in stats.items()}


def _state(spec: ModelSpec) -> State:
    if all(has_size(spec, file) for file in spec.files):
        return "pulled"
    return "partial" if bytes_here(spec) else "absent"


def bytes_here(spec: ModelSpec) -> int:
    """Return how much of the model has come, whole files and partial ones."""
    total = 0
    for file in spec.files:
        for path in (model_folder(spec) / file.name, partial_path(spec, file)):
            with contextlib.suppress(OSError):
                total += path.stat().st_size
    return min(total, spec.size)


def partial_path(spec: ModelSpec, file: ModelFile) -> Path:
    """Return where the file grows until it is whole and checked."""
    path = model_folder(spec) / file.name
    return path.with_name(path.name + ".partial")
