"""A tiny model of random text, made on the spot: what proves llama.cpp before any model has been pulled.

Its weights are zeros, in the formats that pulled models use, so that the same code of llama.cpp runs as with them.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from pathlib import Path

_WIDTH = 256  # the least that the K formats take
_HIDDEN = 512
_ALIGNMENT = 32

# GGUF's numbers for types of values
_U32, _I32, _F32, _STRING, _ARRAY = 4, 5, 6, 8, 9
_NORMAL, _UNKNOWN, _CONTROL, _BYTE = 1, 2, 3, 6  # kinds of tokens

# name: GGUF's number, weights a block, bytes a block
_FORMATS = {
    "F32": (0, 1, 4),
    "Q4_0": (2, 32, 18),
    "Q4_1": (3, 32, 20),
    "Q5_0": (6, 32, 22),
    "Q8_0": (8, 32, 34),
    "Q4_K": (12, 256, 144),
    "Q6_K": (14, 256, 210),
}

_SPACE = "\u2581"
_TOKENS = [
    (_SPACE, _NORMAL),  # the first, so that it is what the model writes
    *((f"<0x{byte:02X}>", _BYTE) for byte in range(256)),
    *(("<unk>", _UNKNOWN), ("<s>", _CONTROL), ("</s>", _CONTROL)),
    *((f"<unused{number}>", _CONTROL) for number in range(28)),  # up to a multiple of 32, which AMX takes
]
_SPECIAL = {"unknown": "<unk>", "bos": "<s>", "eos": "</s>"}

# name, columns, rows, format
_TENSORS: tuple[tuple[str, int, int, str], ...] = (
    ("token_embd.weight", _WIDTH, len(_TOKENS), "Q8_0"),
    ("output_norm.weight", _WIDTH, 1, "F32"),
    ("output.weight", _WIDTH, len(_TOKENS), "Q8_0"),
    ("blk.0.attn_norm.weight", _WIDTH, 1, "F32"),
    ("blk.0.attn_q.weight", _WIDTH, _WIDTH, "Q4_0"),
    ("blk.0.attn_k.weight", _WIDTH, _WIDTH, "Q5_0"),
    ("blk.0.attn_v.weight", _WIDTH, _WIDTH, "Q8_0"),
    ("blk.0.attn_output.weight", _WIDTH, _WIDTH, "Q4_1"),
    ("blk.0.ffn_norm.weight", _WIDTH, 1, "F32"),
    ("blk.0.ffn_gate.weight", _WIDTH, _HIDDEN, "Q4_K"),
    ("blk.0.ffn_up.weight", _WIDTH, _HIDDEN, "Q4_K"),
    ("blk.0.ffn_down.weight", _HIDDEN, _WIDTH, "Q6_K"),
)


def write_tiny_model(path: Path) -> None:
    """Write the model, about 1 MB, as a GGUF file."""
    infos, data = _tensors()
    facts = _facts()
    head = b"".join([struct.pack("<4sIQQ", b"GGUF", 3, len(_TENSORS), len(facts)), *facts, *infos])
    path.write_bytes(_padded(head) + data)


def _facts() -> list[bytes]:
    numbers = {
        "block_count": 1,
        "context_length": 4096,
        "embedding_length": _WIDTH,
        "feed_forward_length": _HIDDEN,
        "attention.head_count": 4,
    }
    texts = [text for text, _ in _TOKENS]
    kinds = [struct.pack("<i", kind) for _, kind in _TOKENS]
    return [
        _fact("general.architecture", _STRING, _text("llama")),
        *(_fact(f"llama.{name}", _U32, struct.pack("<I", number)) for name, number in numbers.items()),
        _fact("llama.attention.layer_norm_rms_epsilon", _F32, struct.pack("<f", 1e-5)),
        _fact("tokenizer.ggml.model", _STRING, _text("llama")),
        *(
            _fact(f"tokenizer.ggml.{role}_token_id", _U32, struct.pack("<I", texts.index(text)))
            for role, text in _SPECIAL.items()
        ),
        _fact("tokenizer.ggml.tokens", _ARRAY, _array(_STRING, [_text(text) for text in texts])),
        _fact("tokenizer.ggml.scores", _ARRAY, _array(_F32, [struct.pack("<f", 0)] * len(_TOKENS))),
        _fact("tokenizer.ggml.token_type", _ARRAY, _array(_I32, kinds)),
    ]


def _tensors() -> tuple[list[bytes], bytes]:
    infos: list[bytes] = []
    data = b""
    for name, columns, rows, kind in _TENSORS:
        number, weights, size = _FORMATS[kind]
        shape = (columns,) if rows == 1 else (columns, rows)
        infos.append(_text(name) + struct.pack(f"<I{len(shape)}QIQ", len(shape), *shape, number, len(data)))
        data += _padded(bytes(columns * rows // weights * size))
    return infos, data


def _fact(key: str, kind: int, value: bytes) -> bytes:
    return _text(key) + struct.pack("<I", kind) + value


def _array(kind: int, values: Sequence[bytes]) -> bytes:
    return struct.pack("<IQ", kind, len(values)) + b"".join(values)


def _text(text: str) -> bytes:
    data = text.encode("utf-8")
    return struct.pack("<Q", len(data)) + data


def _padded(data: bytes) -> bytes:
    return data + bytes(-len(data) % _ALIGNMENT)
