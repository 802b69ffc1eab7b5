"""The tokenizer of a loaded model: text to ids, ids to bytes, and which tokens can begin a given text."""

from __future__ import annotations

import bisect
import ctypes
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import cast

import numpy as np

from soothsay.model.llama import llama_cpp

_NO_TOKEN = -1  # what llama.cpp answers for a special token that the vocabulary lacks


@dataclass(frozen=True, slots=True)
class FimTokens:
    """Ids of the fill-in-the-middle markers, as the GGUF declares them.

    ``file`` goes before the path of a file; None for a model that was not trained with paths.
    """

    prefix: int
    suffix: int
    middle: int
    file: int | None = None


class Vocab:
    """Byte-exact view of a model's vocabulary."""

    def __init__(self, model: llama_cpp.llama_model_p) -> None:
        vocab = llama_cpp.llama_model_get_vocab(model)
        assert vocab is not None
        self._vocab = vocab
        self.size = llama_cpp.llama_vocab_n_tokens(vocab)

    def encode(self, text: str) -> list[int]:
        """Return the ids of ``text``; markers that happen to stand in the user's text are plain text."""
        data = text.encode("utf-8", errors="replace")
        if not data:
            return []
        room = len(data) + 8
        ids = (llama_cpp.llama_token * room)()
        count = llama_cpp.llama_tokenize(self._vocab, data, len(data), ids, room, False, False)
        return list(ids[:count])

    def spell(self, text: bytes) -> list[int]:
        """Return the ids of tokens that are ``text``, to the byte; none where the tokenizer would write something else."""
        tokens = self.encode(text.decode("utf-8", errors="replace"))
        return tokens if b"".join(self.pieces[token] for token in tokens) == text else []

    @cached_property
    def pieces(self) -> Sequence[bytes]:
        """The bytes of every token; control tokens are empty."""
        room = 256
        buffer = ctypes.create_string_buffer(room)
        pieces: list[bytes] = []
        for token in range(self.size):
            count = llama_cpp.llama_token_to_piece(self._vocab, token, buffer, room, 0, False)
            pieces.append(buffer.raw[:count] if count > 0 else b"")
        return pieces

    def marker(self, token: int) -> str:
        """Return the text that stands for a control token, such as ``<|fim_prefix|>``."""
        return llama_cpp.llama_vocab_get_text(self._vocab, token).decode("utf-8", errors="replace")

    @cached_property
    def fim(self) -> FimTokens | None:
        """The FIM markers, or None when the model was not trained with them."""
        markers = [
            cast(int, marker(self._vocab))  # its annotation says c_int32, ctypes gives an int
            for marker in (
                llama_cpp.llama_vocab_fim_pre,
                llama_cpp.llama_vocab_fim_suf,
                llama_cpp.llama_vocab_fim_mid,
            )
        ]
        file = cast(int, llama_cpp.llama_vocab_fim_sep(self._vocab))
        return None if _NO_TOKEN in markers else FimTokens(*markers, file=None if file == _NO_TOKEN else file)

    @cached_property
    def bos(self) -> int | None:
        """The token every prompt begins with, for the models that want one."""
        if not llama_cpp.llama_vocab_get_add_bos(self._vocab):
            return None
        return cast(int, llama_cpp.llama_vocab_bos(self._vocab))

    def beginnings(self, texts: Iterable[bytes]) -> np.ndarray:
        """Return the ids of the tokens that are a beginning of one of ``texts``, or all of it (int64)."""
        heads = {text[:end] for text in texts for end in range(1, len(text) + 1)}
        return np.array([token for head in heads for token in self._spelled(head)], dtype=np.int64)

    def _spelled(self, text: bytes) -> list[int]:
        """Return the ids of the tokens whose bytes are exactly ``text``."""
        pieces, order = self._sorted
        low, high = bisect.bisect_left(pieces, text), bisect.bisect_right(pieces, text)
        return order[low:high].tolist() if text else []

    @cached_property
    def code(self) -> np.ndarray:
        """For every token whether it can be the beginning of code: it begins no comment (bool)."""
        return np.array([not piece.lstrip().startswith(b"#") for piece in self.pieces])

    def ends(self, token: int) -> bool:
        """Return whether this is an end-of-generation token (end of text, of turn, the FIM markers)."""
        return bool(llama_cpp.llama_vocab_is_eog(self._vocab, token)) or not self.pieces[token]

    @cached_property
    def _sorted(self) -> tuple[list[bytes], np.ndarray]:
        # in parts: one sort of all would hold up every other thread of the process for a tenth of a second
        parts: dict[bytes, list[int]] = {}
        for token, piece in enumerate(self.pieces):
            if piece:
                parts.setdefault(piece[:2], []).append(token)
        order = [i for head in sorted(parts) for i in sorted(parts[head], key=self.pieces.__getitem__)]
        return [self.pieces[i] for i in order], np.array(order, dtype=np.int64)

    def warm(self) -> None:
        """Make all the tables at once, rather than at the first completion."""
        _ = self._sorted, self.code

    def beginning(self, text: bytes) -> np.ndarray:
        """Return the ids of the tokens that can come next when ``text`` must be written (int64, unordered).

        These are the tokens that begin with ``text``, and those that are a beginning of it.
        """
        pieces, order = self._sorted
        low = bisect.bisect_left(pieces, text)
        high = low
        if text:
            # 0xff occurs in no UTF-8 text, so this is the end of the range that begins with `text`
            high = bisect.bisect_right(pieces, text + b"\xff" * 8)
        longer = order[low:high]
        shorter = [token for end in range(1, len(text)) for token in self._spelled(text[:end])]
        return np.concatenate([longer, np.array(shorter, dtype=np.int64)])
