"""A model that works is proved before it is trusted: its first tokens are written in a child process.

llama.cpp can die where nothing can be caught: compiled for another processor, with kernels that the compiler broke, on
a machine whose hypervisor hides an instruction set. Each way to use it is tried in a child until one works; which one
did is remembered for this library, processor and model.
"""

from __future__ import annotations

import contextlib
import logging
import os
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from soothsay.errors import SoothsayError
from soothsay.model.compiling import processor_flags
from soothsay.model.files.kept import read_kept, write_kept
from soothsay.model.library import compiled_by, has_amx_kernels, library_folder, library_id, processor
from soothsay.model.llama import loaded_id
from soothsay.model.probe import FAILED
from soothsay.model.tiny import write_tiny_model
from soothsay.paths import cache_folder
from soothsay_common.children import child_environment, python_command
from soothsay_common.exits import CAUSES, Exit, read_exit

log = logging.getLogger(__name__)

_PATIENCE = 120.0  # seconds for a child, and more for what it has to read
_READING = 10e6  # bytes a second, of a slow disk
_REMEMBERED = 50  # proofs; the oldest are dropped
_NO_MEMORY = re.compile(r"bad_alloc|out of memory|failed to allocate|cannot allocate memory", re.IGNORECASE)


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

    def describe(self) -> str:
        """Return it as words: ``at full speed its process died of an illegal instruction (SIGILL)``."""
        way = f"at {self.way}" if self.way == WAYS[0].name else self.way
        return f"{way} its process died of {self.exit.describe()}"


@dataclass(frozen=True, slots=True)
class Proof:
    """The fastest way that works, the ways that do not, and the likely reason (empty: not known)."""

    way: Way
    deaths: tuple[Death, ...] = ()
    reason: str = ""

    @property
    def is_full_speed(self) -> bool:
        """Whether nothing slower had to be chosen."""
        return not self.deaths

    @property
    def cause(self) -> str:
        """Why a slower way had to be chosen; empty at full speed."""
        died = "; ".join(death.describe() for death in self.deaths)
        return f"{died}, probably because {self.reason}" if died and self.reason else died

    @property
    def fix(self) -> str:
        """What gives the full speed back; empty at full speed."""
        if self.is_full_speed:
            return ""
        if any(death.exit.is_transient for death in self.deaths):
            return "close other programs, and start soothsay again"
        return f"{build_command()} (compiles llama.cpp for this processor, 3 to 10 minutes)"

    def describe(self) -> str:
        """Return a line for ``soothsay doctor``."""
        if self.is_full_speed:
            return "writes tokens at full speed"
        return f"writes tokens {self.way.name}, which is slower: {self.cause}"


ProbeOutcome = Exit | str
"""What a probe came to: how its process ended, or the error that it described (empty: it works)."""

Run = Callable[[Path, Way], ProbeOutcome]
"""Tries one way."""


def prove(model: Path, run: Run | None = None) -> Proof:
    """Return the fastest way that works for ``model`` here; blocking, a few seconds the first time.

    Raises `SoothsayError` when none works, with what to do.
    """
    key = _key(model)
    file = _proofs_file()
    known = _known(file, key)
    if isinstance(known, Proof):
        return known
    _check_loaded()
    with _alone(file, _patience(model) * 2 * len(WAYS)):
        known = _known(file, key)  # another process may have proved it while this one waited
        if isinstance(known, Proof):
            return known
        proof = find_way(model, run or run_probe, known)
        if not any(death.exit.is_transient for death in proof.deaths):
            _remember(file, {**read_kept(file), key: asdict(proof)})
    return proof


def prove_library(run: Run | None = None) -> Proof:
    """Return the fastest way that works for a tiny model, where no other is here; not remembered.

    Raises `SoothsayError` when none works, with what to do.
    """
    with tempfile.TemporaryDirectory(prefix="soothsay-") as folder:
        model = Path(folder) / "tiny.gguf"
        write_tiny_model(model)
        return find_way(model, run or run_probe)


def remembered(model: Path) -> Proof | None:
    """Return what was proved for ``model`` before; None: nothing yet."""
    try:
        known = _known(_proofs_file(), _key(model))
    except SoothsayError:
        return None
    return known if isinstance(known, Proof) else None


def forget(model: Path) -> None:
    """Forget what was proved for ``model``."""
    _change(model, None)


def distrust(model: Path, exit_: Exit) -> None:
    """Remember that ``model`` has died of ``exit_`` in use, although it was proved: a slower way is proved next."""
    proof = remembered(model)
    if proof is not None and not exit_.is_transient:
        deaths = (*proof.deaths, Death(proof.way.name, exit_.cause, exit_.name))
        _change(model, {"way": None, "deaths": [asdict(death) for death in deaths]})


def find_way(model: Path, run: Run, died: Sequence[Death] = ()) -> Proof:
    """Try the ways that have not ``died`` already, the fastest first. Raises `SoothsayError` when none works."""
    deaths = list(died)
    for way in WAYS:
        if any(death.way == way.name for death in died):
            continue
        outcome = run(model, way)
        if isinstance(outcome, str):
            if outcome:
                raise SoothsayError(outcome)
            return Proof(way, tuple(deaths), likely_reason(deaths, library_folder()))
        log.warning("llama.cpp, %s: its process died of %s", way.name, outcome.describe())
        if outcome.cause == "stopped":
            raise SoothsayError(
                f"the trial of {model.name} was stopped from outside ({outcome.name}); try again"
            )
        deaths.append(Death(way.name, outcome.cause, outcome.name))
    raise SoothsayError(_no_way(model, deaths))


def likely_reason(deaths: Sequence[Death], folder: Path) -> str:
    """Return why the library in ``folder`` probably died; empty: not known."""
    causes = {death.cause for death in deaths}
    if not causes & {"illegal_instruction", "memory_access"}:
        return ""
    if "amx_tile" in processor_flags() and has_amx_kernels(folder) and deaths[-1].way == WAYS[0].name:
        return f"{compiled_by(folder) or 'the compiler'} breaks llama.cpp's AMX kernels"
    return "llama.cpp was compiled for another processor" if "illegal_instruction" in causes else ""


def _no_way(model: Path, deaths: Sequence[Death]) -> str:
    last = deaths[-1].exit
    if last.cause == "hung":
        remedy = "try again when the machine is less busy (soothsay prove)"
    elif last.is_transient:
        remedy = "close other programs, lower model.context, or choose a smaller model"
    else:
        remedy = f"run `{build_command()}`, which compiles llama.cpp for this processor (3 to 10 minutes)"
    reason = likely_reason(deaths, library_folder())
    because = f", probably because {reason}" if reason else ""
    return f"{model.name} cannot be run here: its process died of {last.describe()}{because}; {remedy}"


def build_command() -> str:
    """Return the command that compiles llama.cpp for this processor, as it can be typed."""
    found = shutil.which("soothsay")
    if found and Path(found).parent == Path(sys.executable).parent:
        return "soothsay prove --build"
    quoted = f'"{sys.executable}"' if sys.platform == "win32" else shlex.quote(sys.executable)
    return f"{quoted} -P -m soothsay prove --build"


def run_probe(model: Path, way: Way, library: Path | None = None) -> ProbeOutcome:
    """Load ``model`` and write two tokens in a child process, with the ``library`` that this process would load.

    Raises `SoothsayError` when there is no library, or no process can be started.
    """
    patience = _patience(model)
    folder = library or library_folder()
    try:
        done = subprocess.run(
            python_command("soothsay.model.probe", str(model.absolute()), way.name),
            cwd=Path(__file__).parent,  # a folder of ours that is always there
            # GGML_NO_BACKTRACE: an abort of llama.cpp would start a debugger first, for seconds
            env=child_environment(os.environ, LLAMA_CPP_LIB_PATH=str(folder), GGML_NO_BACKTRACE="1"),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            encoding="utf-8",
            errors="replace",
            timeout=patience,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return Exit("hung", f"no token in {patience:.0f} s")
    except OSError as error:
        raise SoothsayError(f"cannot start a process to try the model: {error.strerror}") from error
    return read_outcome(done.returncode, done.stdout, done.stderr)


def read_outcome(code: int, output: str, errors: str) -> ProbeOutcome:
    """Return what a probe came to that ended with exit code ``code``."""
    if code == 0:
        return ""
    if code == FAILED and output.strip():
        return output.strip().splitlines()[-1]
    exit_ = read_exit(code)
    if exit_.cause == "ended":  # Python itself could not start, or not find its packages
        last = (errors.strip().splitlines() or [exit_.name])[-1]
        return (
            f"the process that tries the model failed ({last}); run: pip install --force-reinstall soothsay"
        )
    if exit_.cause == "aborted" and _NO_MEMORY.search(errors):
        return Exit("no_memory", exit_.name)
    return exit_


def _patience(model: Path) -> float:
    try:
        return _PATIENCE + model.stat().st_size / _READING
    except OSError:
        return _PATIENCE


def _check_loaded() -> None:
    """Raise `SoothsayError` when a child would try another library than this process has loaded."""
    loaded = loaded_id()
    if loaded is not None and loaded != library_id(library_folder()):
        raise SoothsayError(
            "llama.cpp has been replaced since this process was started; start soothsay again"
        )


def _key(model: Path) -> str:
    try:
        facts = model.stat()
    except OSError as error:
        raise SoothsayError(
            f"cannot read the model {model}: {error.strerror}; pull it again or set model.path"
        ) from error
    library = loaded_id() or library_id(library_folder())
    return f"{library} {processor()} {model.name} {facts.st_size} {facts.st_mtime_ns}"


def _proofs_file() -> Path:
    return cache_folder() / "proofs.json"


@contextlib.contextmanager
def _alone(file: Path, patience: float) -> Iterator[None]:
    """Return one process at a time tries ways: two windows that start together need not both."""
    lock = FileLock(file.with_suffix(".lock"), timeout=patience, mode=0o600)
    with contextlib.ExitStack() as held:
        try:
            file.parent.mkdir(parents=True, exist_ok=True)
            held.enter_context(lock)
        except (OSError, Timeout):
            log.debug(
                "not alone: %s cannot be locked", file
            )  # a cache that cannot be written: tried each time
        yield


def _known(file: Path, key: str) -> Proof | tuple[Death, ...]:
    """Return what is remembered: a proof, or the ways that have died without one that works."""
    found = read_kept(file).get(key)
    if not isinstance(found, dict):
        return ()
    with contextlib.suppress(KeyError, TypeError, ValueError):
        deaths = tuple(_read_death(each) for each in found["deaths"])
        if found["way"] is None:
            return deaths
        way = next((way for way in WAYS if way.name == found["way"]["name"]), None)
        if way is not None:  # else it was another version's
            return Proof(way, deaths, str(found.get("reason", "")))
    return ()


def _read_death(found: dict[str, Any]) -> Death:
    death = Death(**found)
    if death.cause not in CAUSES:
        raise ValueError(death.cause)
    return death


def _change(model: Path, entry: dict[str, Any] | None) -> None:
    file = _proofs_file()
    try:
        key = _key(model)
    except SoothsayError:
        return
    with _alone(file, _PATIENCE):
        known = read_kept(file)
        known.pop(key, None)
        _remember(file, known if entry is None else {**known, key: entry})


def _remember(file: Path, known: dict[str, Any]) -> None:
    write_kept(file, dict(list(known.items())[-_REMEMBERED:]))
