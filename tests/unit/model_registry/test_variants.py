"""Weights made from a pulled file: which may be used, which is, and why others are not."""

from __future__ import annotations

import json
import logging
import os
from dataclasses import replace
from pathlib import Path

import pytest

from soothsay import doctor
from soothsay.cli.main import main
from soothsay.config import ModelSettings, Settings
from soothsay.model.factory import OwnWeights, open_model
from soothsay.model.files.cache import models_folder
from soothsay.model.files.registry import (
    REGISTRY,
    ModelSpec,
    Quality,
    Thresholds,
    Variant,
    find_thresholds,
)
from soothsay.model.files.resolve import resolve_model, resolve_weights
from soothsay.model.files.variants import (
    Record,
    Speed,
    choose_weights,
    list_made,
    read_record,
    record_path,
    remove_made,
    variant_path,
    write_record,
)
from soothsay.model.library import processor, version
from soothsay.model.local.weights import Weights
from soothsay.model.tiny import write_tiny_model
from tiny_spec import pull_tiny

IQ4_NL, Q4_0 = Variant("IQ4_NL"), Variant("Q4_0", output="Q5_0")
SLOW, FAST = Speed(4.0, 0.4, 0.04), Speed(2.0, 0.2, 0.02)


@pytest.fixture
def spec(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ModelSpec:
    """A pulled model of one file."""
    monkeypatch.setenv("SOOTHSAY_CACHE", str(tmp_path))
    made = pull_tiny(tmp_path, [IQ4_NL, Q4_0], "tiny-q4_k_m.gguf")
    monkeypatch.setitem(REGISTRY, "tiny", made)
    return made


def put(spec: ModelSpec, variant: Variant, **changes: object) -> Path:
    """Put weights there, as if they had been made and measured."""
    path = variant_path(spec, variant)
    write_tiny_model(path)
    facts = path.stat()
    record = Record(
        variant.label, spec.files[0].sha256, version(), processor(), facts.st_size, facts.st_mtime_ns,
        "", "2026-11-29T00:00:00Z", 1.0, SLOW, FAST,
    )  # fmt: skip
    write_record(path, replace(record, **changes))  # type: ignore[arg-type]
    return path


def test_the_name_says_source_format_and_library(spec: ModelSpec) -> None:
    name = variant_path(spec, Q4_0).name
    assert name == f"tiny-q4_k_m.{spec.files[0].sha256[:12]}.Q4_0-output-Q5_0.llama-cpp-{version()}.gguf"


def test_thresholds_are_those_of_the_original(spec: ModelSpec, monkeypatch: pytest.MonkeyPatch) -> None:
    measured = Thresholds(certainty=0.6, confidence=0.5)
    monkeypatch.setitem(REGISTRY, "tiny", replace(spec, thresholds=measured))
    assert find_thresholds("", str(variant_path(spec, IQ4_NL))) == measured
    assert find_thresholds("", "/elsewhere/tiny-q4_k_m.gguf") == measured
    assert find_thresholds("", "/elsewhere/tiny.gguf") is None


def test_without_variants_the_pulled_file_is_used(spec: ModelSpec) -> None:
    chosen = choose_weights("tiny", "fastest")
    assert (chosen.path.name, chosen.describe(), chosen.refused) == ("tiny-q4_k_m.gguf", "original", ())


def test_the_fastest_is_used_unless_the_original_is_asked_for(spec: ModelSpec) -> None:
    put(spec, Q4_0, speed=Speed(3.0, 0.3, 0.03))
    fastest = put(spec, IQ4_NL)
    assert resolve_model("tiny", "", "fastest") == fastest
    assert resolve_weights("tiny", "", "fastest").describe() == "IQ4_NL, 2 times as fast as the original"
    assert resolve_model("tiny", "", "original").name == "tiny-q4_k_m.gguf"
    assert resolve_model("tiny", "").name == "tiny-q4_k_m.gguf"


def test_a_path_is_used_as_it_is(spec: ModelSpec, tmp_path: Path) -> None:
    put(spec, IQ4_NL)
    mine = tmp_path / "mine.gguf"
    write_tiny_model(mine)
    assert resolve_model("tiny", str(mine), "fastest") == mine


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"source_sha256": "0" * 64}, "was made from another original"),
        ({"llama_cpp": "0.1.2"}, "was made by llama-cpp-python 0.1.2, and"),
        ({"processor": "another"}, "was measured on another processor"),
        ({"speed": None}, "has not been measured yet"),
        ({"size": 5}, "bytes, should have 5"),
        ({"mtime_ns": 5}, "has changed since it was made"),
    ],
)
def test_what_the_record_does_not_vouch_for_is_not_used(
    spec: ModelSpec, changes: dict[str, object], problem: str
) -> None:
    put(spec, IQ4_NL, **changes)
    chosen = choose_weights("tiny", "fastest")
    assert chosen.record is None
    (refused,) = chosen.refused
    assert problem in refused
    assert refused.endswith("; run: soothsay models optimize tiny")


def test_a_truncated_file_is_not_used(spec: ModelSpec) -> None:
    path = put(spec, IQ4_NL)
    os.truncate(path, 100)
    assert "has 100 bytes, should have" in choose_weights("tiny", "fastest").refused[0]


@pytest.mark.parametrize("content", ["", "{", "[]", '{"variant": "IQ4_NL"}'])
def test_a_file_without_a_readable_record_is_not_used(spec: ModelSpec, content: str) -> None:
    path = put(spec, IQ4_NL)
    record_path(path).write_text(content, encoding="utf-8")
    assert "has no record" in choose_weights("tiny", "fastest").refused[0]


def test_a_record_is_read_as_it_was_written(spec: ModelSpec) -> None:
    record = read_record(put(spec, IQ4_NL))
    assert record is not None
    assert (record.original, record.speed, record.gain) == (SLOW, FAST, 2.0)


def test_removed_with_its_record(spec: ModelSpec) -> None:
    path = put(spec, IQ4_NL)
    remove_made(path)
    assert list_made(spec) == []
    assert not record_path(path).exists()


def test_the_list_says_which_are_used_and_which_are_not(
    spec: ModelSpec, capsys: pytest.CaptureFixture[str]
) -> None:
    put(spec, IQ4_NL)
    put(spec, Q4_0, llama_cpp="0.1.2")
    assert main(["models", "list"]) == 0
    said = capsys.readouterr()
    assert "tiny: IQ4_NL, 2 times as fast as the original\n" in said.out
    assert "was made by llama-cpp-python 0.1.2" in said.err
    assert main(["models", "list", "--json"]) == 0
    (row,) = (row for row in json.loads(capsys.readouterr().out) if row["name"] == "tiny")
    assert (row["weights"]["used"], row["weights"]["gain"]) == ("IQ4_NL", 2.0)
    assert "run: soothsay models optimize tiny" in row["weights"]["refused"][0]


def test_the_doctor_says_which_are_used_and_which_are_not(
    spec: ModelSpec, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = Settings(model=ModelSettings(name="tiny"))
    assert doctor._model(settings).found.endswith("tiny-q4_k_m.gguf (original)")
    offered = replace(spec, variants=(replace(IQ4_NL, quality=Quality(90.0, 90.0, 25.0, 25.0)),))
    monkeypatch.setitem(REGISTRY, "tiny", offered)
    assert "`soothsay models optimize tiny` may make it faster" in doctor._model(settings).found
    path = put(spec, IQ4_NL)
    assert doctor._model(settings).found == f"{path} (IQ4_NL, 2 times as fast as the original)"
    put(spec, IQ4_NL, processor="another")
    check = doctor._model(settings)
    assert (check.state, check.fix) == ("warning", "soothsay models optimize tiny")
    assert "was measured on another processor" in check.found


def test_the_log_says_which_are_loaded(
    spec: ModelSpec, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(spec, Q4_0, llama_cpp="0.1.2")
    path = put(spec, IQ4_NL)

    class Loaded(Exception):  # noqa: N818 - only ends the test
        pass

    def load(path: Path) -> None:
        raise Loaded(path)

    monkeypatch.setattr(Weights, "load", load)
    caplog.set_level(logging.INFO, "soothsay")
    with pytest.raises(Loaded, match="IQ4_NL"):
        open_model(ModelSettings(name="tiny"), OwnWeights())
    assert f"weights: {path} (IQ4_NL, 2 times as fast as the original)" in caplog.messages
    assert any("is not used: it was made by llama-cpp-python 0.1.2" in text for text in caplog.messages)


def test_weights_beside_no_original_are_not_used(spec: ModelSpec) -> None:
    put(spec, IQ4_NL)
    (models_folder() / "tiny" / spec.files[0].name).unlink()
    with pytest.raises(Exception, match="soothsay models pull tiny"):
        choose_weights("tiny", "fastest")


@pytest.mark.parametrize(
    ("quality", "offered"),
    [
        (None, False),
        (Quality(90.0, 91.0, 25.0, 25.0), True),
        (Quality(89.9, 91.0, 30.0, 25.0), False),
        (Quality(92.0, 91.0, 23.9, 25.0), False),
    ],
)
def test_only_what_was_measured_to_be_no_worse_is_offered(
    spec: ModelSpec, quality: Quality | None, offered: bool
) -> None:
    variant = replace(IQ4_NL, quality=quality)
    assert replace(spec, variants=(variant,)).offered == ((variant,) if offered else ())


def test_formats_of_the_registry_are_llama_cpps() -> None:
    import llama_cpp

    for spec in REGISTRY.values():
        for variant in spec.variants:
            assert hasattr(llama_cpp, f"LLAMA_FTYPE_MOSTLY_{variant.type}")
            for kind in filter(None, (variant.output, variant.embedding)):
                assert hasattr(llama_cpp, f"GGML_TYPE_{kind}")
