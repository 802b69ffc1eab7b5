"""``MODEL=`` names weights: the pulled file, or a variant of it that is here and may be used."""

from __future__ import annotations

from pathlib import Path

import pytest
from bench.weights import weights_file, weights_settings

from soothsay.model.files.registry import REGISTRY, ModelSpec, Variant
from soothsay.model.files.variants import Record, Speed, variant_path, write_record
from soothsay.model.library import processor, version
from soothsay.model.tiny import write_tiny_model
from tiny_spec import pull_tiny


@pytest.fixture
def spec(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ModelSpec:
    """A pulled model of one file."""
    monkeypatch.setenv("SOOTHSAY_CACHE", str(tmp_path))
    made = pull_tiny(tmp_path)
    monkeypatch.setitem(REGISTRY, "tiny", made)
    return made


def put(spec: ModelSpec, label: str, library: str, write: float = 1.0) -> Path:
    path = variant_path(spec, Variant(label))
    write_tiny_model(path)
    facts = path.stat()
    speeds = Speed(2, 2, 2), Speed(1, 1, write)
    record = Record(
        label, spec.files[0].sha256, library, processor(), facts.st_size, facts.st_mtime_ns, "", "", 1.0, *speeds
    )  # fmt: skip
    write_record(path, record)
    return path


def test_a_name_is_the_pulled_file_whatever_lies_beside_it(spec: ModelSpec) -> None:
    put(spec, "IQ4_NL", version())
    assert weights_file("tiny").name == "tiny.gguf"
    assert weights_settings("tiny") == {"name": "tiny", "weights": "original"}


def test_a_variant_is_named(spec: ModelSpec) -> None:
    path = put(spec, "IQ4_NL", version())
    assert weights_file("tiny+IQ4_NL") == path
    assert weights_settings("tiny+IQ4_NL") == {"name": "tiny", "weights": "fastest"}


def test_a_variant_that_is_not_here_or_may_not_be_used(spec: ModelSpec) -> None:
    with pytest.raises(SystemExit, match=r"tiny\+IQ4_NL is not here; run: soothsay models optimize tiny"):
        weights_file("tiny+IQ4_NL")
    put(spec, "Q4_0", "0.1.2")
    with pytest.raises(SystemExit, match=r"was made by llama-cpp-python 0\.1\.2"):
        weights_file("tiny+Q4_0")


def test_a_server_would_load_a_faster_one(spec: ModelSpec) -> None:
    put(spec, "IQ4_NL", version())
    put(spec, "Q4_0", version(), write=2.0)
    with pytest.raises(SystemExit, match="is not the fastest"):
        weights_settings("tiny+Q4_0")
