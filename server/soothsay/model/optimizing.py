"""Making weights that fit this processor: the pulled ones are written in other formats, and the fastest file is kept.

llama.cpp works in child processes. The pulled file stays as it is; the name and the record of what is made say where it
comes from (`soothsay.model.files.variants`).
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import shutil
import statistics
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from filelock import FileLock, Timeout

from soothsay.errors import SoothsayError
from soothsay.model.building import Show, ending_cleanly, run
from soothsay.model.files.cache import check_files, model_folder, model_path, sha256_of, unstamp
from soothsay.model.files.registry import ModelSpec, Variant, find_spec
from soothsay.model.files.variants import (
    MadeWeights,
    Record,
    Speed,
    list_made,
    note_decided,
    read_record,
    remove_made,
    unmeasured,
    variant_path,
    write_record,
)
from soothsay.model.library import library_folder, processor, version
from soothsay.model.local.tuning import available_cores
from soothsay.model.proof import read_outcome
from soothsay_common.children import child_environment, python_command
from soothsay_common.exits import Exit

LEAST_GAIN = 1.05  # of the original's speed: less gained is not worth a second file
_ROUNDS = 3
_SPARE_BYTES = 64 << 20
_TENSOR = re.compile(r"\[ *(\d+)/ *(\d+)\]")

Measure = Callable[[Path], Speed]
"""Measures the weights in a file. Raises `SoothsayError`."""


@dataclass(frozen=True, slots=True)
class Optimized:
    """What came of it: the speeds by label (`original` is the pulled file), what is kept, and what did not work."""

    speeds: Mapping[str, Speed]
    kept: MadeWeights | None
    problems: tuple[str, ...]


ORIGINAL = "original"


def optimize(name: str, variants: Sequence[Variant], show: Show, least_gain: float = LEAST_GAIN) -> Optimized:
    """Make ``variants`` of the pulled model ``name``, and keep the fastest that gains enough (blocking, minutes).

    What is there already is only measured. Raises `SoothsayError`; an interrupt leaves no part of a file behind.
    """
    spec = find_spec(name)
    original = model_path(name)
    try:
        with _alone(spec), ending_cleanly():
            _check_original(spec, show)
            _remove_others(spec, variants)
            made, problems = _make_all(spec, original, variants, show)
            if not made:
                raise SoothsayError(f"{problems[0]}; the original is used as before")
            speeds, unmeasurable = _measure_all({ORIGINAL: original, **made}, show)
            kept = _keep_fastest(spec, made, speeds, least_gain)
            note_decided(spec)
    except OSError as error:
        raise SoothsayError(
            f"cannot write to {model_folder(spec)} ({error.strerror}); make it writable, or set SOOTHSAY_CACHE"
        ) from error
    return Optimized(speeds, kept, (*problems, *unmeasurable))


def choose_fastest(speeds: Mapping[str, Speed], least_gain: float) -> str:
    """Return the label of the fastest of ``speeds``, the original where none is ``least_gain`` times as fast."""
    others = {label: speed for label, speed in speeds.items() if label != ORIGINAL}
    if not others:
        return ORIGINAL
    fastest = min(others, key=lambda label: others[label].answer)
    gain = speeds[ORIGINAL].answer / others[fastest].answer
    return fastest if gain >= least_gain else ORIGINAL


def median_speed(speeds: Sequence[Speed]) -> Speed:
    """Return the median of each figure."""
    return Speed(
        statistics.median(each.read_512 for each in speeds),
        statistics.median(each.read_64 for each in speeds),
        statistics.median(each.write for each in speeds),
    )


def measure_in_turns(
    files: Mapping[str, Path], measure: Measure, rounds: int
) -> tuple[dict[str, Speed], list[str]]:
    """Return the median speed of each of ``files``, and why others could not be measured.

    The order is turned round after each round, since machines become slower or faster. Raises `SoothsayError` when the
    original cannot be measured.
    """
    found: dict[str, list[Speed]] = {label: [] for label in files}
    problems: list[str] = []
    for number in range(rounds):
        for label in list(found)[:: -1 if number % 2 else 1]:
            try:
                found[label].append(measure(files[label]))
            except SoothsayError as error:
                if label == ORIGINAL:
                    raise
                del found[label]
                problems.append(f"{label}: {error}")
    return {label: median_speed(speeds) for label, speeds in found.items()}, problems


def _check_original(spec: ModelSpec, show: Show) -> None:
    """Hash the pulled file: what is made from it is worth no more than it is."""
    show(f"checking {spec.files[0].name}")
    if any(check.problem for check in check_files(spec)):
        unstamp(spec)
        raise SoothsayError(f"model {spec.name} is damaged; run: soothsay models pull {spec.name}")


def _remove_others(spec: ModelSpec, variants: Sequence[Variant]) -> None:
    """Delete what cannot be used any more, and what an interrupted run has left."""
    wanted = {variant_path(spec, variant) for variant in variants}
    for made in list_made(spec):
        if made.problem and not (made.path in wanted and unmeasured(made.record)):
            remove_made(made.path)
    for left in model_folder(spec).glob("*.gguf.requantizing"):
        left.unlink()


def _make_all(
    spec: ModelSpec, original: Path, variants: Sequence[Variant], show: Show
) -> tuple[dict[str, Path], list[str]]:
    made: dict[str, Path] = {}
    problems: list[str] = []
    for variant in variants:
        target = variant_path(spec, variant)
        if not target.exists() or read_record(target) is None:
            outcome = _make(spec, original, variant, target, show)
            if outcome:
                problems.append(f"{variant.label}: {outcome}")
                continue
        made[variant.label] = target
    return made, problems


def _make(spec: ModelSpec, original: Path, variant: Variant, target: Path, show: Show) -> str:
    """Write ``variant`` to ``target`` with a record; return why llama.cpp could not. Raises `SoothsayError`, `OSError`."""
    _need_space(spec, spec.size)
    partial = target.with_name(f"{target.name}.requantizing")
    began = time.monotonic()
    try:
        problem = _requantize(original, partial, variant, show)
        if problem:
            _need_space(spec, 0)  # a full disk is the likely reason
            return problem
        show(f"{variant.label}: hashing")
        facts = partial.stat()
        record = Record(
            variant.label,
            spec.files[0].sha256,
            version(),
            processor(),
            facts.st_size,
            facts.st_mtime_ns,
            sha256_of(partial),
            time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
            round(time.monotonic() - began, 1),
        )
        partial.replace(target)
        write_record(target, record)
    finally:
        partial.unlink(missing_ok=True)
    return ""


def _need_space(spec: ModelSpec, size: int) -> None:
    """Raise `SoothsayError` unless the disk has room for ``size`` bytes and some more."""
    folder = model_folder(spec)
    free = shutil.disk_usage(folder).free
    if free < size + _SPARE_BYTES:
        raise SoothsayError(
            f"not enough room in {folder}: other weights of {spec.name} need {(size + _SPARE_BYTES) / 1e6:,.0f} MB, "
            f"{free / 1e6:,.0f} MB are free; free some, or set SOOTHSAY_CACHE to a folder on another disk"
        )


def _requantize(original: Path, target: Path, variant: Variant, show: Show) -> str:
    """Write ``target`` in a child process; return why that failed, empty when it did not."""

    def on_line(line: str) -> None:
        if found := _TENSOR.match(line):
            show(f"{variant.label}: tensor {found.group(1)} of {found.group(2)}")

    lines, problem = _run_child(
        "soothsay.model.requantize",
        (
            str(original),
            str(target),
            variant.type,
            f"--output={variant.output}",
            f"--embedding={variant.embedding}",
            f"--importance={importance_file(variant)}",
            f"--threads={available_cores()}",
        ),
        on_line,
    )
    if not problem and not target.exists():
        return f"llama.cpp wrote no file ({(lines or ['it gave no reason'])[-1]})"
    return problem


def importance_file(variant: Variant) -> str:
    """Return the path of the file that `read_importance` reads for ``variant``; empty: it has none."""
    return (
        str(Path(__file__).parent / "files" / "importance" / variant.importance) if variant.importance else ""
    )


def _measure_all(files: Mapping[str, Path], show: Show) -> tuple[dict[str, Speed], list[str]]:
    labels = {path: label for label, path in files.items()}
    number = 0

    def measure(path: Path) -> Speed:
        nonlocal number
        number += 1
        show(f"measuring: {labels[path]}, {number} of {len(files) * _ROUNDS}")
        return _measure(path)

    return measure_in_turns(files, measure, _ROUNDS)


def _measure(path: Path) -> Speed:
    """Return the speed of the weights at ``path``, measured in a child process. Raises `SoothsayError`."""
    lines, problem = _run_child("soothsay.model.speed", (str(path),), lambda line: None)
    if problem:
        raise SoothsayError(f"{path.name} cannot be measured: {problem}; run `soothsay prove`")
    found = next((line for line in reversed(lines) if line.startswith("{")), "")
    try:
        return Speed(**json.loads(found))
    except (ValueError, TypeError):
        raise SoothsayError(f"{path.name} cannot be measured: no figures came; please report it") from None


def _run_child(
    module: str, arguments: Sequence[str], on_line: Callable[[str], None]
) -> tuple[list[str], str]:
    """Run a module of ours to its end; return the lines that it printed, and why it failed (empty: it did not)."""
    environment = child_environment(
        os.environ, LLAMA_CPP_LIB_PATH=str(library_folder()), GGML_NO_BACKTRACE="1"
    )
    code, lines = run(python_command(module, *arguments), environment, Path(__file__).parent, on_line)
    outcome = read_outcome(code, "\n".join(lines), "\n".join(lines))
    return lines, f"its process died of {outcome.describe()}" if isinstance(outcome, Exit) else outcome


def _keep_fastest(
    spec: ModelSpec, made: Mapping[str, Path], speeds: Mapping[str, Speed], least_gain: float
) -> MadeWeights | None:
    """Record what was measured for the fastest, and delete the others."""
    best = choose_fastest(speeds, least_gain)
    kept = made.get(best)
    if kept is not None:
        record = read_record(kept)
        assert record is not None  # it was written with the file
        measured = replace(record, processor=processor(), original=speeds[ORIGINAL], speed=speeds[best])
        write_record(kept, measured)
    for each in list_made(spec):
        if each.path != kept:
            remove_made(each.path)
    return next((each for each in list_made(spec) if each.path == kept), None)


@contextlib.contextmanager
def _alone(spec: ModelSpec) -> Iterator[None]:
    try:
        with FileLock(model_folder(spec) / ".optimizing.lock", timeout=0):
            yield
    except Timeout:
        raise SoothsayError(f"{spec.name} is being optimized by another process; wait for it") from None
