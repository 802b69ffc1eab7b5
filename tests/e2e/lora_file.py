"""LoRA adapters of random weights, as files that llama.cpp reads."""

from __future__ import annotations

from pathlib import Path

import gguf
import numpy as np

# of qwen2.5-coder-0.5b
_ARCHITECTURE, _LAYERS, _WIDTH = "qwen2", 24, 896


def write_lora(path: Path, *, strength: float, seed: int = 0, rank: int = 4, width: int = _WIDTH) -> Path:
    """Write an adapter of the query and output matrices whose weights are ``strength`` times a normal distribution's."""
    random = np.random.default_rng(seed)
    writer = gguf.GGUFWriter(path, _ARCHITECTURE)
    writer.add_type("adapter")
    writer.add_string("adapter.type", "lora")
    writer.add_float32("adapter.lora.alpha", float(rank))
    for layer in range(_LAYERS):
        for name in ("attn_q", "attn_output"):
            for half, shape in (("a", (rank, width)), ("b", (width, rank))):
                values = (strength * random.standard_normal(shape)).astype(np.float32)
                writer.add_tensor(f"blk.{layer}.{name}.weight.lora_{half}", values)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return path
