"""A model of a megabyte as if it had been pulled."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from soothsay.model.files.cache import sha256_of
from soothsay.model.files.registry import ModelFile, ModelSpec, Variant
from soothsay.model.tiny import write_tiny_model


def pull_tiny(cache: Path, variants: Sequence[Variant] = (), file_name: str = "tiny.gguf") -> ModelSpec:
    """Put the model ``tiny`` into the folder ``cache``; return its spec, which is in no registry."""
    file = cache / "models" / "tiny" / file_name
    file.parent.mkdir(parents=True)
    write_tiny_model(file)
    files = (ModelFile(file.name, file.stat().st_size, sha256_of(file)),)
    return ModelSpec("tiny", "completion", "none", files, "nobody/tiny", variants=tuple(variants))
