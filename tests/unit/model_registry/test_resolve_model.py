from __future__ import annotations

import struct

import pytest

from soothsay.errors import SoothsayError
from soothsay.model.files.resolve import resolve_model

HEADER = struct.pack("<4sIQQ", b"GGUF", 3, 1, 1)


def test_a_path_wins(tmp_path):
    mine = tmp_path / "mine.gguf"
    mine.write_bytes(HEADER + b"rest")

    assert resolve_model("no-such-model", str(mine)) == mine


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "is not a GGUF file"),
        (b"not weights at all", "is not a GGUF file"),
        (HEADER[:10], "is cut short"),
        (struct.pack("<4sIQQ", b"GGUF", 99, 1, 1), "version 99"),
        (struct.pack("<4sIQQ", b"GGUF", 3, 0, 1), "0 tensors"),
    ],
)
def test_a_corrupt_file_is_refused(tmp_path, content, message):
    bad = tmp_path / "bad.gguf"
    bad.write_bytes(content)

    with pytest.raises(SoothsayError, match=message) as failure:
        resolve_model("", str(bad))
    assert "\n" not in str(failure.value)


def test_a_missing_file_and_a_folder(tmp_path):
    with pytest.raises(SoothsayError, match="no file"):
        resolve_model("", str(tmp_path / "none.gguf"))
    with pytest.raises(SoothsayError, match="is a folder"):
        resolve_model("", str(tmp_path))


def test_a_model_that_is_not_pulled(little):
    with pytest.raises(SoothsayError, match="run: soothsay models pull little"):
        resolve_model("little", "")


def test_an_embedding_model_completes_nothing(little):
    with pytest.raises(SoothsayError, match="is an embedding model"):
        resolve_model("all-MiniLM-L6-v2", "")
