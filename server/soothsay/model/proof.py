"""A model that works is proved before it is trusted: its first tokens are written in a child process.

llama.cpp can die where nothing can be caught: compiled for another processor, with kernels that the compiler broke, on
a machine whose hypervisor hides an instruction set. Each way to use it is tried in a child until one works; which one
did is remembered for this library, processor and model.
"""

from __future__ import annotations

import contextlib
import json
import logging
import subprocess
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from soothsay.errors import SoothsayError
from soothsay.exits import Exit, read_exit
from soothsay.model.cache import models_folder
from soothsay.model.compiling import processor_flags
from soothsay.model.library import library_folder, library_id, processor
from soothsay_index.children import child_environment, python_command

log = logging.getLogger(__name__)

_PATIENCE = 180.0  # seconds for a child: a slow disk reads 500 MB in less
_CLEAN_FAILURE = 3  # the child's exit code for an error that it has described
BUILD_COMMAND = "soothsay prove --build"


@dataclass(frozen=True, slots=True)
class Way:
    """A way to use llama.cpp. ``extra_buffers``: weights are repacked for the processor, which AMX needs, too."""

    name: str
    extra_buffers: bool


WAYS: tuple[Way, ...] = (
    Way("full speed", True),
    Way("without extra buffer types", False),
)


@dataclass(frozen=True, slots=True)
class Death:
    """A way whose child died, and of what."""

    way: str
    cause: str
    name: str

    @property
    def exit(self) -> Exit:
        """How the child ended."""
        return Exit(self.cause, self.name)  # type: ignore[arg-type]


@dataclass(frozen=True, slots=True)
class Proof:
    """The fastest way that works, and the ways that do not."""

    way: Way
    deaths: tuple[Death, ...] = ()

    @property
    def is_full_speed(self) -> bool:
        """Whether nothing slower had to be chosen."""
        return not self.deaths

    def describe(self) -> str:
        """Return a line for ``soothsay doctor``."""
        if self.is_full_speed:
            return "wrote its first tokens at full speed"
        died = "; ".join(f"{death.way}: its process died of {death.exit.describe()}" for death in self.deaths)
        return f"works {self.way.name} only ({died}{_known_cause()})"


Outcome = Exit | str
"""What a probe came to: how its process ended, or the error that it described (empty: it works)."""


def prove(model: Path, run: Callable[[Path, Way], Outcome] | None = None) -> Proof:
    """Return the fastest way that works for ``model`` here; blocking, a few seconds the first time.

    ``run`` tries one way. Raises `SoothsayError` when none works, with what to do.
    """
    key = _key(model)
    file = _proofs_file()
    with _alone(file):
        known = _read(file).get(key)
        if known is not None and (proof := _from_json(known)) is not None:
            return proof
        proof = _find(model, run or run_probe)
        if not any(
            death.cause in ("killed", "hung") for death in proof.deaths
        ):  # those may pass: memory, load
            _write(file, key, proof)
    return proof


def remembered(model: Path) -> Proof | None:
    """Return what was proved for ``model`` before; None: nothing yet."""
    found = _read(_proofs_file()).get(_key(model))
    return None if found is None else _from_json(found)


def forget(model: Path) -> None:
    """Forget what was proved for ``model``: it has died since."""
    file = _proofs_file()
    with _alone(file), contextlib.suppress(OSError):
        known = _read(file)
        if known.pop(_key(model), None) is not None:
            file.write_text(json.dumps(known, indent=1), encoding="utf-8")


def _find(model: Path, run: Callable[[Path, Way], Outcome]) -> Proof:
    deaths: list[Death] = []
    for way in WAYS:
        outcome = run(model, way)
        if isinstance(outcome, str):
            if outcome:
                raise SoothsayError(outcome)
            return Proof(way, tuple(deaths))
        log.warning("llama.cpp, %s: its process died of %s", way.name, outcome.describe())
        deaths.append(Death(way.name, outcome.cause, outcome.name))
    raise SoothsayError(_no_way(model, deaths))


def _no_way(model: Path, deaths: Sequence[Death]) -> str:
    last = deaths[-1]
    if last.cause in ("killed", "aborted"):
        remedy = "close other programs, lower model.context, or choose a smaller model"
    elif last.cause == "hung":
        remedy = "try again when the machine is less busy (soothsay.resume, or soothsay prove)"
    else:
        remedy = f"run `{BUILD_COMMAND}`, which compiles llama.cpp for this processor (5 to 10 minutes)"
    return f"{model.name} cannot be run here: its process died of {last.exit.describe()}; {remedy}"


def _known_cause() -> str:
    if "amx_tile" in processor_flags():
        return "; the usual cause on this processor: llama.cpp's AMX kernels, compiled by gcc 12"
    return ""


def run_probe(model: Path, way: Way) -> Outcome:
    """Load ``model`` and write two tokens in a child process."""
    buffers = "--extra-buffers" if way.extra_buffers else "--no-extra-buffers"
    command = python_command("soothsay.model.probe", str(model), buffers)
    folder = models_folder()
    folder.mkdir(parents=True, exist_ok=True)
    try:
        done = subprocess.run(
            command,
            cwd=folder,
            env=child_environment(),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            encoding="utf-8",
            errors="replace",
            timeout=_PATIENCE,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return Exit("hung", f"no token in {_PATIENCE:.0f} s")
    except OSError as error:
        raise SoothsayError(f"cannot start a process to try the model: {error.strerror}") from error
    if done.returncode == 0:
        return ""
    if done.returncode == _CLEAN_FAILURE and done.stdout.strip():
        return done.stdout.strip().splitlines()[-1]
    exit_ = read_exit(done.returncode)
    if exit_.cause == "ended":  # Python could not even start or import llama.cpp
        last = (done.stderr.strip().splitlines() or ["no reason given"])[-1]
        return f"llama.cpp cannot be loaded: {last}; run `{BUILD_COMMAND}`"
    return exit_


def _key(model: Path) -> str:
    try:
        facts = model.stat()
    except OSError:
        return ""
    return f"{library_id(library_folder())} {processor()} {model.name} {facts.st_size} {facts.st_mtime_ns}"


def _proofs_file() -> Path:
    return models_folder().parent / "proofs.json"


@contextlib.contextmanager
def _alone(file: Path) -> Any:
    """One process at a time tries ways: two windows that start together need not both."""
    lock = FileLock(file.with_suffix(".lock"), timeout=2 * _PATIENCE)
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        lock.acquire()
    except (OSError, Timeout):  # a cache that cannot be written: it is tried each time
        yield
        return
    try:
        yield
    finally:
        lock.release()


def _read(file: Path) -> dict[str, Any]:
    try:
        found = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def _write(file: Path, key: str, proof: Proof) -> None:
    with contextlib.suppress(OSError):  # it is tried again at the next start then
        temporary = file.with_suffix(".part")
        temporary.write_text(json.dumps({**_read(file), key: asdict(proof)}, indent=1), encoding="utf-8")
        temporary.replace(file)


def _from_json(found: Any) -> Proof | None:
    with contextlib.suppress(KeyError, TypeError, StopIteration):
        way = next(each for each in WAYS if each.name == found["way"]["name"])
        return Proof(way, tuple(Death(**death) for death in found["deaths"]))
    return None
