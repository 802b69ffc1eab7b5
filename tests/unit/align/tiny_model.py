"""A Qwen2 of two layers with random weights as a GGUF file of 32-bit numbers: training and llama.cpp read the same of it."""

from __future__ import annotations

import json
from pathlib import Path

import gguf
import numpy as np

from soothsay.align.dataset import RowFolder
from soothsay.align.exclusions import Exclusions
from soothsay.align.rows import TrainingRow

LAYERS, WIDTH, INNER, HEADS, KV_HEADS = 2, 64, 96, 2, 1
_SPECIAL = ("<|endoftext|>", "<|fim_prefix|>", "<|fim_suffix|>", "<|fim_middle|>")


def _byte_letters() -> list[str]:
    """Return how GPT-2's tokenizer spells each byte."""
    plain = [*range(33, 127), *range(161, 173), *range(174, 256)]
    others = iter(range(256, 512))
    return [chr(byte) if byte in plain else chr(next(others)) for byte in range(256)]


def write_tiny_model(path: Path, seed: int = 0) -> Path:
    """Write the model; the same for the same ``seed``."""
    random = np.random.default_rng(seed)
    tokens = [*_byte_letters(), "in", *_SPECIAL]
    writer = gguf.GGUFWriter(path, "qwen2")
    writer.add_context_length(1024)
    writer.add_block_count(LAYERS)
    writer.add_embedding_length(WIDTH)
    writer.add_feed_forward_length(INNER)
    writer.add_head_count(HEADS)
    writer.add_head_count_kv(KV_HEADS)
    writer.add_layer_norm_rms_eps(1e-6)
    writer.add_rope_freq_base(10000.0)
    writer.add_file_type(gguf.LlamaFileType.ALL_F32)
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre("qwen2")
    writer.add_token_list(tokens)
    normal, control = gguf.TokenType.NORMAL, gguf.TokenType.CONTROL
    writer.add_token_types([normal] * (len(tokens) - len(_SPECIAL)) + [control] * len(_SPECIAL))
    writer.add_token_merges(["i n"])
    end = tokens.index("<|endoftext|>")
    writer.add_bos_token_id(end)
    writer.add_eos_token_id(end)
    writer.add_pad_token_id(end)
    writer.add_add_bos_token(False)

    def add(name: str, *shape: int, scale: float = 0.2) -> None:
        writer.add_tensor(name, (scale * random.standard_normal(shape)).astype(np.float32))

    def add_ones(name: str) -> None:
        writer.add_tensor(name, np.ones(WIDTH, dtype=np.float32))

    add("token_embd.weight", len(tokens), WIDTH)
    add_ones("output_norm.weight")
    of_head = WIDTH // HEADS
    for layer in range(LAYERS):
        lead = f"blk.{layer}"
        add_ones(f"{lead}.attn_norm.weight")
        add_ones(f"{lead}.ffn_norm.weight")
        for name, width in (("q", WIDTH), ("k", KV_HEADS * of_head), ("v", KV_HEADS * of_head)):
            add(f"{lead}.attn_{name}.weight", width, WIDTH)
            add(f"{lead}.attn_{name}.bias", width)
        add(f"{lead}.attn_output.weight", WIDTH, WIDTH)
        add(f"{lead}.ffn_gate.weight", INNER, WIDTH)
        add(f"{lead}.ffn_up.weight", INNER, WIDTH)
        add(f"{lead}.ffn_down.weight", WIDTH, INNER)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return path


def write_rows(folder: Path, count: int) -> Path:
    """Write a set of rows of ``count`` places, a pair and a sample each."""
    rows = RowFolder(folder)
    rows.begin({}, fresh=True)
    for number in range(count):
        lead = f"<|fim_prefix|><|fim_suffix|><|fim_middle|># Put book {number} onto the shelf\nbooks"
        name = f"shelf{number}.py"
        pair = TrainingRow(lead, f".shelve({number})\n", f".put({number})\n", "call", "", "", name)
        sample = TrainingRow(lead, f".shelve(at={number})\n", "", "sample", "", "", name)
        rows.add(str(number), [pair, sample])
    rows.finish(0, Exclusions(), {})
    return folder


def loss_of_each_step(result: Path) -> list[float]:
    """Return the losses that a finished training has written down."""
    history = json.loads(result.read_text(encoding="utf-8"))["history"]
    return [each["loss"] for each in history if "loss" in each]
