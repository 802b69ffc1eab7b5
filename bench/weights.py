"""Which weights ``MODEL=`` asks for: ``NAME`` is the pulled file, ``NAME+VARIANT`` what `soothsay models optimize` has made."""

from __future__ import annotations

from pathlib import Path

from soothsay.model.files.registry import find_spec
from soothsay.model.files.resolve import resolve_model
from soothsay.model.files.variants import choose_weights, list_made


def weights_file(model: str) -> Path:
    """Return the file; a variant that is not here, or may not be used, ends the benchmark with what to do."""
    name, _, label = model.partition("+")
    if not label:
        return resolve_model(name, "")
    command = f"soothsay models optimize {name} --variant {label}"
    found = [each for each in list_made(find_spec(name)) if each.record and each.record.variant == label]
    if not found:
        raise SystemExit(f"MODEL: {model} is not here; run: {command}")
    if found[0].problem:
        raise SystemExit(f"MODEL: {found[0].path.name} {found[0].problem}; run: {command}")
    return found[0].path


def weights_settings(model: str) -> dict[str, str]:
    """Return the server's settings that make it load `weights_file`."""
    name, _, label = model.partition("+")
    if not label:
        return {"name": name, "weights": "original"}
    file = weights_file(model)
    if choose_weights(name, "fastest").path != file:
        raise SystemExit(f"MODEL: {file.name} is not the fastest of the variants here; remove the others")
    return {"name": name, "weights": "fastest"}
