"""Weights made on this machine from a pulled file, in formats that its processor computes faster with.

They lie beside the pulled file, each with a record in JSON. What the record does not vouch for is not used: weights made
from another original, by another llama.cpp, cut short, changed, or not measured on this processor.
"""

from __future__ import annotations

import contextlib
import glob
import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal

from soothsay.errors import SoothsayError
from soothsay.model.files.cache import location, model_folder, model_path
from soothsay.model.files.registry import ModelSpec, Variant, find_spec
from soothsay.model.library import processor, version

WeightsChoice = Literal["fastest", "original"]

_HASH_DIGITS = 12
# What an answer with documentation costs: most of it is read in full batches, the end in one, then it is written.
_READ, _WRITTEN = 192, 32  # tokens


@dataclass(frozen=True, slots=True)
class Speed:
    """Seconds that weights took on this processor to read 512 and 64 tokens, and to write one."""

    read_512: float
    read_64: float
    write: float

    @property
    def answer(self) -> float:
        """Return the seconds of a usual answer: 256 tokens read, 32 written."""
        return self.read_512 / 512 * _READ + self.read_64 + self.write * _WRITTEN

    def describe(self) -> str:
        """Return it as words: ``reads 231 tokens/s, writes 32``."""
        return f"reads {512 / self.read_512:.0f} tokens/s, writes {1 / self.write:.0f}"


@dataclass(frozen=True, slots=True)
class Record:
    """How a file of weights was made, and how fast it and the original were; None: not measured yet."""

    variant: str
    source_sha256: str
    llama_cpp: str
    processor: str
    size: int
    mtime_ns: int
    sha256: str
    made: str  # date and time
    seconds: float  # that it took
    original: Speed | None = None
    speed: Speed | None = None

    @property
    def gain(self) -> float:
        """Return how many times as fast as the original it was; 0: not measured."""
        return self.original.answer / self.speed.answer if self.original and self.speed else 0.0

    def describe(self) -> str:
        """Return it as words: ``IQ4_NL, 1.3 times as fast as the original``."""
        return f"{self.variant}, {self.gain:.2g} times as fast as the original"


@dataclass(frozen=True, slots=True)
class MadeWeights:
    """A file of weights made here; ``problem`` says why it is not used, and is empty if it can be."""

    path: Path
    record: Record | None
    problem: str


@dataclass(frozen=True, slots=True)
class ChosenWeights:
    """The file that is used for a model: one made here (``record``), or the pulled one.

    ``refused`` says why others that lie there are not used, each in a line with the fix.
    """

    path: Path
    record: Record | None = None
    refused: tuple[str, ...] = ()

    def describe(self) -> str:
        """Return which weights these are in a few words."""
        return self.record.describe() if self.record else "original"


def choose_weights(name: str, weights: WeightsChoice) -> ChosenWeights:
    """Return what to load for the pulled model ``name``. Raises `SoothsayError` saying how to get it."""
    original = model_path(name)
    spec = find_spec(name)
    if weights == "original" or spec.is_folder:
        return ChosenWeights(original)
    found = list_made(spec)
    refused = tuple(describe_refusal(spec, each) for each in found if each.problem)
    best = fastest_made(found)
    return ChosenWeights(best.path, best.record, refused) if best else ChosenWeights(original, None, refused)


def fastest_made(found: Sequence[MadeWeights]) -> MadeWeights | None:
    """Return the fastest of the weights that can be used; None: there are none."""
    usable = [(each.record.gain, each) for each in found if each.record and not each.problem]
    return max(usable, key=lambda pair: pair[0])[1] if usable else None


def describe_refusal(spec: ModelSpec, made: MadeWeights) -> str:
    """Return why ``made`` is not used, in a line with the fix."""
    return f"{made.path.name} is not used: it {made.problem}; run: soothsay models optimize {spec.name}"


def list_made(spec: ModelSpec) -> list[MadeWeights]:
    """Return the weights that were made here from the pulled file of ``spec``; nothing is hashed."""
    stem = location(spec).stem
    paths = () if spec.is_folder else sorted(model_folder(spec).glob(f"{glob.escape(stem)}.*.gguf"))
    found = ((path, read_record(path)) for path in paths)
    return [MadeWeights(path, record, _problem(spec, path, record)) for path, record in found]


def variant_path(spec: ModelSpec, variant: Variant) -> Path:
    """Return where ``variant`` lies, or will: its name says what it was made from, in which format, and by what."""
    source = location(spec)
    digest = spec.files[0].sha256[:_HASH_DIGITS]
    return source.with_name(f"{source.stem}.{digest}.{variant.label}.llama-cpp-{version()}.gguf")


def record_path(path: Path) -> Path:
    """Return where the record of the weights at ``path`` lies."""
    return path.with_name(f"{path.name}.json")


def read_record(path: Path) -> Record | None:
    """Return the record of the weights at ``path``; None: there is none that can be read."""
    with contextlib.suppress(OSError, ValueError, TypeError, KeyError):
        found: Mapping[str, Any] = json.loads(record_path(path).read_text(encoding="utf-8"))
        speeds = {key: Speed(**found[key]) if found[key] else None for key in ("original", "speed")}
        return Record(**{**found, **speeds})
    return None


def write_record(path: Path, record: Record) -> None:
    """Write the record of the weights at ``path``, whole or not at all. Raises `OSError`."""
    target = record_path(path)
    fresh = target.with_name(f"{target.name}.{os.getpid()}")
    fresh.write_text(json.dumps(asdict(record), indent=1), encoding="utf-8")
    fresh.replace(target)


def remove_made(path: Path) -> None:
    """Delete weights that were made here, and their record. Raises `SoothsayError`."""
    try:
        record_path(path).unlink(missing_ok=True)
        path.unlink(missing_ok=True)
    except OSError as error:
        raise SoothsayError(
            f"cannot delete {path} ({error.strerror}); run `soothsay stop`, and then the command again"
        ) from error


def is_decided(spec: ModelSpec) -> bool:
    """Return whether what is offered for ``spec`` was compared here, by this llama.cpp on this processor."""
    with contextlib.suppress(OSError, ValueError):
        return json.loads(_decision_path(spec).read_text(encoding="utf-8")) == _decision(spec)
    return False


def note_decided(spec: ModelSpec) -> None:
    """Note that what is offered for ``spec`` was compared here. Raises `OSError`."""
    _decision_path(spec).write_text(json.dumps(_decision(spec)), encoding="utf-8")


def _decision_path(spec: ModelSpec) -> Path:
    return model_folder(spec) / ".optimized.json"


def _decision(spec: ModelSpec) -> dict[str, object]:
    labels = [variant.label for variant in spec.offered]
    return {"llama_cpp": version(), "processor": processor(), "variants": labels}


def unmeasured(record: Record | None) -> bool:
    """Return whether all that is missing is a measurement on this processor."""
    return record is not None and (record.speed is None or record.processor != processor())


def _problem(spec: ModelSpec, path: Path, record: Record | None) -> str:
    """Return why the weights at ``path`` are not used; the last two can be mended by measuring."""
    if record is None:
        return "has no record of how it was made"
    if record.source_sha256 != spec.files[0].sha256:
        return "was made from another original"
    if record.llama_cpp != version():
        return f"was made by llama-cpp-python {record.llama_cpp}, and {version()} is installed"
    try:
        facts = path.stat()
    except OSError as error:
        return f"cannot be read ({error.strerror})"
    if facts.st_size != record.size:
        return f"has {facts.st_size:,} bytes, should have {record.size:,}"
    if facts.st_mtime_ns != record.mtime_ns:
        return "has changed since it was made"
    if record.speed is None:
        return "has not been measured yet"
    return "" if record.processor == processor() else "was measured on another processor"
