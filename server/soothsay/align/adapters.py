"""The adapters of this user: a folder each in the state folder, ``align/adapters/NAME``, that only the user may read.

A folder holds ``adapter.gguf``, a LoRA as llama.cpp reads it, and ``adapter.json``, the `AdapterRecord`. Adapters that are
used no longer stay, so that one can go back to them. An adapter fits the weights that it was trained on, and all weights
that were made from these: what counts is the SHA-256 of the file that was pulled.
"""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path
from typing import Any, Literal, get_args

from filelock import FileLock

from soothsay.align.guard import GuardVerdict, verdict_from_json
from soothsay.errors import SoothsayError, readable_errors
from soothsay.model.files.cache import file_hash, sha256_of
from soothsay.model.types import Adapter
from soothsay.paths import state_folder
from soothsay_common.file_identity import file_identity
from soothsay_common.private import make_private, replace_private

AdapterScope = Literal["user", "workspace", "organisation"]
AdapterState = Literal["candidate", "active", "refused", "retired"]
SCOPES: tuple[AdapterScope, ...] = get_args(AdapterScope)

GGUF, RECORD = "adapter.gguf", "adapter.json"
_NAME = re.compile(r"[A-Za-z0-9][\w.-]{0,63}")
_LOCK_S = 10.0


@dataclass(frozen=True, slots=True)
class AdapterRecord:
    """What is known of an adapter. ``workspace`` is the folder that one of the scope ``workspace`` is for.

    ``sha256`` is that of its file, "" until it is noted. ``packages`` are those whose calls it was trained on.
    """

    base_sha256: str  # of the pulled weights that it was trained on
    base_model: str
    created: str  # date and time
    rank: int
    alpha: float
    loss: str
    seed: int
    data_hash: str
    config_hash: str
    scope: AdapterScope = "user"
    workspace: str = ""
    guard: GuardVerdict | None = None
    state: AdapterState = "candidate"
    scale: float = 1.0
    sha256: str = ""
    packages: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class KnownAdapter:
    """An adapter in the state folder."""

    name: str
    folder: Path
    record: AdapterRecord

    @property
    def gguf(self) -> Path:
        """Its weights."""
        return self.folder / GGUF

    def problem(self, base_sha256: str) -> str:
        """Return why it cannot be used with the weights made from ``base_sha256``, in a few words; "" if it can."""
        if self.record.base_sha256 != base_sha256:
            return f"was trained on other weights ({self.record.base_model})"
        found = file_hash(self.gguf)
        if not found:
            return f"has no file {GGUF} that can be read"
        if self.record.sha256 and found != self.record.sha256:
            return "has changed since it was made"
        return ""

    def loadable(self, scale: float | None = None) -> Adapter:
        """Return it as a model loads it, by default with the scale that was chosen for it."""
        return Adapter(
            self.name, self.gguf, file_hash(self.gguf), self.record.scale if scale is None else scale
        )

    def is_for(self, workspace: Path) -> bool:
        """Return whether it may be used in ``workspace``."""
        return self.record.scope != "workspace" or workspace.is_relative_to(self.record.workspace)

    def rivals(self, other: KnownAdapter) -> bool:
        """Return whether only one of the two may be active: they are for the same people, files and weights."""
        one, two = self.record, other.record
        return (one.scope, one.workspace, one.base_sha256) == (two.scope, two.workspace, two.base_sha256)


def adapters_folder() -> Path:
    """Return the folder that holds one folder an adapter."""
    return state_folder() / "align" / "adapters"


class AdapterRegistry:
    """The adapters in ``folder``. Its methods block, and raise `SoothsayError`."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def all(self) -> list[KnownAdapter]:
        """Return what can be read, by name."""
        found = (self._read(folder) for folder in self._folders())
        return [each for each in found if isinstance(each, KnownAdapter)]

    def broken(self) -> list[str]:
        """Return why folders hold no adapter that can be read, a line each."""
        found = (self._read(folder) for folder in self._folders())
        return [each for each in found if isinstance(each, str)]

    def get(self, name: str) -> KnownAdapter:
        """Return the adapter ``name``."""
        if not _NAME.fullmatch(name) or not (self.folder / name / RECORD).is_file():
            names = ", ".join(each.name for each in self.all())
            hint = f"there are {names}" if names else "train one: soothsay align train"
            raise SoothsayError(f"there is no adapter {name}; {hint}")
        found = self._read(self.folder / name)
        if isinstance(found, str):
            raise SoothsayError(found)
        return found

    def add(self, name: str, record: AdapterRecord, gguf: Path) -> KnownAdapter:
        """Keep a copy of the file ``gguf`` as the adapter ``name``."""
        if not _NAME.fullmatch(name):
            raise SoothsayError(f"{name!r} is no name of an adapter: use letters, digits, dots and dashes")
        folder = self.folder / name
        with self._locked():
            if (folder / RECORD).exists():
                raise SoothsayError(f"there is an adapter {name} already; choose another name")
            with readable_errors(folder):
                make_private(folder)
                shutil.copyfile(gguf, folder / GGUF)
                (folder / GGUF).chmod(0o600)
                noted = replace(record, sha256=sha256_of(folder / GGUF))
            return self._write(KnownAdapter(name, folder, noted))

    def judge(self, name: str, verdict: GuardVerdict) -> KnownAdapter:
        """Keep what the guard said of ``name``; what it refuses is used no longer."""
        with self._locked():
            known = self.get(name)
            state = known.record.state
            if not verdict.passed:
                state = "refused"
            elif state == "refused":
                state = "candidate"
            record = replace(known.record, guard=verdict, state=state, sha256=verdict.adapter_sha256)
            return self._write(replace(known, record=record))

    def activate(self, name: str, scale: float) -> list[KnownAdapter]:
        """Have ``name`` used, which the guard must have let pass as it is; return those that it takes the place of."""
        with self._locked():
            known = self.get(name)
            guard = known.record.guard
            if guard is None or guard.adapter_sha256 != file_hash(known.gguf):
                raise SoothsayError(f"{name} was not measured as it is; run: soothsay align guard {name}")
            if not guard.passed:
                raise SoothsayError(
                    f"{name} was refused: {guard.why}; `soothsay align list` shows the others"
                )
            if scale != guard.scale:
                raise SoothsayError(
                    f"{name} was measured with the scale {guard.scale:g}; "
                    f"run: soothsay align guard {name} --scale {scale:g}"
                )
            before = [
                each
                for each in self.all()
                if each.record.state == "active" and each.name != name and each.rivals(known)
            ]
            for each in before:
                self._write(replace(each, record=replace(each.record, state="retired")))
            self._write(replace(known, record=replace(known.record, state="active", scale=scale)))
            return before

    def retire(self, name: str) -> bool:
        """Have ``name`` used no longer; return whether it was."""
        with self._locked():
            known = self.get(name)
            if known.record.state != "active":
                return False
            self._write(replace(known, record=replace(known.record, state="retired")))
            return True

    def stamp(self) -> tuple[object, ...]:
        """Return what changes when a record does: cheap enough to be asked for at each completion."""
        return tuple((folder.name, file_identity(folder / RECORD)) for folder in self._folders())

    def _folders(self) -> list[Path]:
        try:
            return sorted(path.parent for path in self.folder.glob(f"*/{RECORD}"))
        except OSError:
            return []

    def _read(self, folder: Path) -> KnownAdapter | str:
        try:
            plain = json.loads((folder / RECORD).read_text(encoding="utf-8"))
            return KnownAdapter(folder.name, folder, _from_json(plain))
        except (OSError, ValueError, TypeError, KeyError) as error:
            reason = error.strerror if isinstance(error, OSError) else f"{type(error).__name__}: {error}"
            return f"{folder / RECORD} cannot be read ({reason}); delete {folder}, or train it again"

    def _write(self, known: KnownAdapter) -> KnownAdapter:
        path = known.folder / RECORD
        with readable_errors(path):
            replace_private(path, json.dumps(asdict(known.record), indent=1))
        return known

    @contextmanager
    def _locked(self) -> Iterator[None]:
        """Let no other process change records within the block."""
        with readable_errors(self.folder):
            make_private(self.folder)
        with FileLock(self.folder / ".lock", timeout=_LOCK_S):
            yield


def _from_json(plain: Mapping[str, Any]) -> AdapterRecord:
    """Return the record in ``plain``, whose unknown keys are left out. Raises `KeyError`, `TypeError`, `ValueError`."""
    values = {each.name: plain[each.name] for each in fields(AdapterRecord) if each.name in plain}
    guard = values.get("guard")
    values |= {
        "guard": verdict_from_json(guard) if guard else None,
        "packages": tuple(values.get("packages", ())),
        "workspace": values.get("workspace") or "",
    }
    record = AdapterRecord(**values)
    if record.scope not in SCOPES or record.state not in get_args(AdapterState):
        raise ValueError(f"scope {record.scope!r}, state {record.state!r}")
    if record.scope == "workspace" and not record.workspace:
        raise ValueError("it is for a workspace, and names none")
    return record
