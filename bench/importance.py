"""`python -m bench.importance`: which columns of the 0.5B's matrices matter how much when it reads code.

Weights in 4 bits lose least where the columns that are multiplied with large values are rounded most carefully. This sends
code through the pulled weights, dequantised, and keeps the mean square of what every matrix is multiplied with. Only the
proportions count, so each row is scaled to a mean of one. The code is Python's standard library, no file of a benchmark: half
as it stands, half with a hole as the model fills one.

It needs two packages that nothing else does (``pip install gguf accelerate``), 4 GB of memory and ten minutes.
"""

from __future__ import annotations

import sysconfig
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import torch
from transformers import AutoModelForCausalLM, AutoTokenizer

import soothsay.model.files
from soothsay.model.files.cache import model_path

MODEL = "qwen2.5-coder-0.5b"
TEXTS, MOST_TOKENS = 80, 640
# what llama.cpp calls the matrices of a layer
_NAMES = {
    "self_attn.q_proj": "attn_q",
    "self_attn.k_proj": "attn_k",
    "self_attn.v_proj": "attn_v",
    "self_attn.o_proj": "attn_output",
    "mlp.gate_proj": "ffn_gate",
    "mlp.up_proj": "ffn_up",
    "mlp.down_proj": "ffn_down",
}


def texts(count: int) -> Iterator[str]:
    """Yield pieces of Python's standard library; of every second one a part in the middle is to be filled in."""
    files = [
        path
        for path in sorted(Path(sysconfig.get_paths()["stdlib"]).rglob("*.py"))
        if not {"site-packages", "test", "tests"}.intersection(path.parts)
        and 8_000 < path.stat().st_size < 60_000
    ]
    chance = np.random.default_rng(0)
    chance.shuffle(files)  # type: ignore[arg-type]
    for number, path in enumerate(files[:count]):
        text = path.read_text(encoding="utf-8", errors="ignore")
        begin = int(chance.integers(0, max(1, len(text) - 3_000)))
        hole = begin + 1_400
        if number % 2:
            before, middle, after = text[begin:hole], text[hole : hole + 120], text[hole + 120 : hole + 900]
            yield f"<|fim_prefix|>{before}<|fim_suffix|>{after}<|fim_middle|>{middle}"
        else:
            yield text[begin : begin + 2_600]


def main() -> None:
    """Write the file that `soothsay models optimize` reads."""
    pulled = model_path(MODEL)
    tokenizer = AutoTokenizer.from_pretrained(pulled.parent, gguf_file=pulled.name)
    model = AutoModelForCausalLM.from_pretrained(
        pulled.parent, gguf_file=pulled.name, dtype=torch.float32
    ).eval()
    sums: dict[str, torch.Tensor] = {}

    def adding(name: str) -> Callable[[torch.nn.Module, tuple[torch.Tensor, ...]], None]:
        def add(_module: torch.nn.Module, inputs: tuple[torch.Tensor, ...]) -> None:
            rows = inputs[0].reshape(-1, inputs[0].shape[-1]).double()
            sums[name] = sums.get(name, torch.zeros(1)) + (rows**2).sum(0)

        return add

    for number, layer in enumerate(model.model.layers):
        for module, name in _NAMES.items():
            layer.get_submodule(module).register_forward_pre_hook(adding(f"blk.{number}.{name}.weight"))
    model.lm_head.register_forward_pre_hook(adding("output.weight"))
    with torch.no_grad():
        for text in texts(TEXTS):
            tokens = tokenizer(text, return_tensors="pt", add_special_tokens=False).input_ids
            model(tokens[:, :MOST_TOKENS])
    target = Path(soothsay.model.files.__file__).parent / "importance" / f"{MODEL}.npz"
    rows = {name: (total / total.mean()).numpy().astype(np.float16) for name, total in sums.items()}
    np.savez_compressed(target, allow_pickle=False, **rows)
    print(f"{target}: {len(rows)} rows, {target.stat().st_size:,} bytes")


if __name__ == "__main__":
    main()
