"""A LoRA of PEFT's as a GGUF file, as llama.cpp reads it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from soothsay.errors import SoothsayError

ARCHITECTURES = ("qwen2",)
"""Those whose matrices are laid out alike in both: others, such as ``llama``, have rows of two of them in another order."""

_MATRIX = re.compile(r"model\.layers\.(\d+)\.(\w+\.\w+)\.lora_(A|B)(?:\.\w+)?\.weight$")
_NAMES: Mapping[str, str] = {
    "self_attn.q_proj": "attn_q", "self_attn.k_proj": "attn_k", "self_attn.v_proj": "attn_v",
    "self_attn.o_proj": "attn_output", "mlp.gate_proj": "ffn_gate", "mlp.up_proj": "ffn_up", "mlp.down_proj": "ffn_down",
}  # fmt: skip
TARGETS = tuple(name.rpartition(".")[2] for name in _NAMES)
"""The matrices that are adapted, as PEFT calls them."""


def renamed(matrices: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """Yield the matrices of PEFT's state by their names in a GGUF file. Raises `SoothsayError` for others."""
    for name, matrix in matrices.items():
        found = _MATRIX.search(name)
        if found is None or found[2] not in _NAMES:
            raise SoothsayError(f"the adapter holds {name}, which llama.cpp cannot load")
        yield f"blk.{found[1]}.{_NAMES[found[2]]}.weight.lora_{found[3].lower()}", matrix


def write_lora(path: Path, architecture: str, alpha: float, matrices: Mapping[str, np.ndarray]) -> None:
    """Write ``matrices`` (PEFT's names; rank x input, and output x rank) to ``path``. Raises `SoothsayError`, `OSError`."""
    from gguf import GGUFWriter

    if architecture not in ARCHITECTURES:
        raise SoothsayError(
            f"adapters for {architecture} models cannot be written, only for: {', '.join(ARCHITECTURES)}"
        )
    writer = GGUFWriter(path, architecture)
    writer.add_type("adapter")
    writer.add_string("adapter.type", "lora")
    writer.add_float32("adapter.lora.alpha", alpha)
    for name, matrix in sorted(renamed(matrices)):
        writer.add_tensor(name, np.ascontiguousarray(matrix, dtype=np.float32))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def read_architecture(path: Path) -> tuple[str, dict[str, int]]:
    """Return the architecture of a GGUF file, and its sizes by their names without the architecture."""
    from gguf import GGUFReader

    fields = GGUFReader(path).fields
    name = str(fields["general.architecture"].contents())
    lead = f"{name}."
    sizes = {
        key.removeprefix(lead): found
        for key, field in fields.items()
        if key.startswith(lead) and isinstance(found := field.contents(), int)
    }
    return name, sizes
