"""From what the settings say to a weights file that is there and looks like one."""

from __future__ import annotations

import os
import struct
from pathlib import Path

from soothsay.errors import SoothsayError
from soothsay.model.files.cache import file_hash
from soothsay.model.files.registry import REGISTRY, find_spec
from soothsay.model.files.variants import ChosenWeights, WeightsChoice, choose_weights, read_record

_HEADER = struct.Struct("<4sIQQ")  # magic, version, tensors, keys
_VERSIONS = (2, 3)  # those that llama.cpp reads


def resolve_model(settings_name: str, settings_path: str, weights: WeightsChoice = "original") -> Path:
    """Return the GGUF to load: ``settings_path`` if there is one, else ``weights`` of the pulled ``settings_name``.

    Raises `SoothsayError` with the fix.
    """
    return resolve_weights(settings_name, settings_path, weights).path


def resolve_weights(settings_name: str, settings_path: str, weights: WeightsChoice) -> ChosenWeights:
    """Return the GGUF to load as `resolve_model` does, with what is known of it. Raises `SoothsayError` with the fix."""
    if settings_path:
        chosen = ChosenWeights(Path(settings_path).expanduser())
    else:
        spec = find_spec(settings_name)
        if spec.kind != "completion":
            usable = ", ".join(known.name for known in REGISTRY.values() if known.kind == "completion")
            raise SoothsayError(
                f"{settings_name} is an {spec.kind} model; set model.name to one of: {usable}"
            )
        chosen = choose_weights(settings_name, weights)
    check_gguf(chosen.path)
    return chosen


def name_and_path(given: str) -> tuple[str, str]:
    """Return the name and the path of the model that ``given`` is, a name or a path; the other of the two is ""."""
    return ("", given) if given.endswith(".gguf") or os.sep in given else (given, "")


def source_sha256(settings_name: str, settings_path: str) -> str:
    """Return the SHA-256 of the file that the weights come from: of the pulled one, where they were made from it here.

    A file of the user's own is hashed once, which takes a second. Raises `SoothsayError` for an unknown name.
    """
    if not settings_path:
        return find_spec(settings_name).files[0].sha256
    path = Path(settings_path).expanduser()
    record = read_record(path)
    return record.source_sha256 if record else file_hash(path)


def check_gguf(path: Path) -> None:
    """Raise `SoothsayError` unless the file begins as a GGUF does. Its end is checked when it is loaded."""
    if path.is_dir():
        raise SoothsayError(f"{path} is a folder; set model.path to a .gguf file")
    try:
        with path.open("rb") as stream:
            header = stream.read(_HEADER.size)
    except FileNotFoundError:
        raise SoothsayError(f"no file {path}; set model.path to a .gguf file, or leave it empty") from None
    except OSError as error:
        raise SoothsayError(f"cannot read {path} ({error.strerror}); check its permissions") from error
    if not header.startswith(b"GGUF"):
        raise SoothsayError(f"{path} is not a GGUF file; set model.path to one")
    if len(header) < _HEADER.size:
        raise SoothsayError(f"{path} is cut short ({len(header)} bytes); download it again")
    _, version, tensors, _ = _HEADER.unpack(header)
    if version not in _VERSIONS or tensors == 0:
        raise SoothsayError(
            f"{path} is a damaged or unsupported GGUF (version {version}, {tensors} tensors); download it again"
        )
