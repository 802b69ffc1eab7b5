"""`soothsay models optimize`: which variants are made, the progress, and the table of what came of it."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

from soothsay.errors import SoothsayError
from soothsay.model.building import show_progress
from soothsay.model.files.cache import location
from soothsay.model.files.registry import ModelSpec, Variant, find_spec
from soothsay.model.optimizing import LEAST_GAIN, ORIGINAL, Optimized, optimize

ANY_GAIN = 0.0
"""For a variant that the user has named: it is kept whatever its speed."""


def optimize_model(spec: ModelSpec, variants: Sequence[Variant], least_gain: float = LEAST_GAIN) -> Path:
    """Make ``variants``, say which is kept and how fast each is, and return the file to use. Raises `SoothsayError`."""
    with show_progress() as show:
        done = optimize(spec.name, variants, show, least_gain)
    _print_optimized(spec, done)
    return done.kept.path if done.kept else location(spec)


def optimize_pulled(name: str) -> None:
    """Make what is offered for a model that has just been pulled; a failure is only reported."""
    spec = find_spec(name)
    if not spec.offered:
        return
    try:
        optimize_model(spec, spec.offered)
    except SoothsayError as error:
        print(f"soothsay: the original weights are used: {error}", file=sys.stderr)


def offered_variants(spec: ModelSpec) -> Sequence[Variant]:
    """Return the variants that are no worse than the original. Raises `SoothsayError` where none is known to be."""
    if spec.offered:
        return spec.offered
    labels = ", ".join(variant.label for variant in all_variants(spec))
    raise SoothsayError(
        f"the quality of {spec.name}'s other weights ({labels}) has not been measured, or is worse; "
        "--unmeasured tries them all the same"
    )


def all_variants(spec: ModelSpec) -> Sequence[Variant]:
    """Return all variants. Raises `SoothsayError` where there are none."""
    if not spec.variants:
        raise SoothsayError(f"{spec.name} has no other weights; the pulled ones are used")
    return spec.variants


def find_variant(spec: ModelSpec, label: str) -> Variant:
    """Return the variant called ``label``. Raises `SoothsayError` with those there are."""
    found = next((each for each in spec.variants if each.label.lower() == label.lower()), None)
    if found is None:
        known = ", ".join(each.label for each in spec.variants) or "none"
        raise SoothsayError(f"{spec.name} has no variant {label} (there are: {known})")
    return found


def _print_optimized(spec: ModelSpec, done: Optimized) -> None:
    from rich.console import Console
    from rich.table import Table

    table = Table(caption="median of the rounds, in turns; tokens a second")
    for title in ("weights", "read 512", "read 64", "write", "answer"):
        table.add_column(title, justify="left" if title == "weights" else "right")
    original = done.speeds[ORIGINAL].answer
    for label, speed in done.speeds.items():
        table.add_row(
            label,
            f"{512 / speed.read_512:.0f}",
            f"{64 / speed.read_64:.0f}",
            f"{1 / speed.write:.1f}",
            f"{original / speed.answer:.2f}x",
        )
    Console(stderr=True).print(table)
    for problem in done.problems:
        print(f"soothsay: {problem}", file=sys.stderr)
    kept = done.kept.record if done.kept else None
    if kept is None:
        print(f"soothsay: {spec.name}: none is clearly faster here: the original is used", file=sys.stderr)
    else:
        print(
            f"soothsay: {spec.name}: {kept.describe()}; used from the next start on (`soothsay stop`), "
            'unless model.weights is "original"',
            file=sys.stderr,
        )
