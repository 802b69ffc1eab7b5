"""Which weights are kept, and what is said where none can be made."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest
from filelock import FileLock

from soothsay.cli.optimizing import all_variants, find_variant, offered_variants, optimize_pulled
from soothsay.errors import SoothsayError
from soothsay.model import optimizing
from soothsay.model.files.registry import REGISTRY, ModelSpec, Quality, Variant, find_spec
from soothsay.model.files.variants import Speed, variant_path
from soothsay.model.optimizing import (
    LEAST_GAIN,
    ORIGINAL,
    choose_fastest,
    measure_in_turns,
    median_speed,
    optimize,
)
from tiny_spec import pull_tiny

IQ4_NL, Q4_0 = Variant("IQ4_NL"), Variant("Q4_0")


def speed(factor: float) -> Speed:
    return Speed(4.0 / factor, 0.5 / factor, 0.04 / factor)


@pytest.mark.parametrize(
    ("gains", "least", "expected"),
    [
        ({"a": 1.2, "b": 1.4}, LEAST_GAIN, "b"),
        ({"a": 1.04}, LEAST_GAIN, ORIGINAL),
        ({"a": 0.9, "b": 0.8}, LEAST_GAIN, ORIGINAL),
        ({"a": 0.9}, 0.0, "a"),  # who names one gets it
        ({}, 0.0, ORIGINAL),
    ],
)
def test_the_fastest_is_chosen_if_it_gains_enough(
    gains: dict[str, float], least: float, expected: str
) -> None:
    speeds = {ORIGINAL: speed(1.0), **{label: speed(gain) for label, gain in gains.items()}}
    assert choose_fastest(speeds, least) == expected


def test_an_answer_is_mostly_read_then_written() -> None:
    assert Speed(512.0, 1.0, 2.0).answer == 192 + 1 + 64


def test_each_figure_has_its_median() -> None:
    found = median_speed([Speed(1, 9, 5), Speed(2, 8, 7), Speed(30, 1, 6)])
    assert found == Speed(2, 8, 6)


def test_measured_in_turns_the_order_turned_round() -> None:
    asked: list[str] = []

    def measure(path: Path) -> Speed:
        asked.append(path.name)
        return speed(float(len(asked)))

    speeds, problems = measure_in_turns({ORIGINAL: Path("o"), "a": Path("a")}, measure, 3)
    assert asked == ["o", "a", "a", "o", "o", "a"]
    assert (list(speeds), problems) == ([ORIGINAL, "a"], [])


def test_weights_that_cannot_be_measured_are_left_out() -> None:
    def measure(path: Path) -> Speed:
        if path.name == "a":
            raise SoothsayError("its process died")
        return speed(1.0)

    files = {ORIGINAL: Path("o"), "a": Path("a"), "b": Path("b")}
    speeds, problems = measure_in_turns(files, measure, 3)
    assert (list(speeds), problems) == ([ORIGINAL, "b"], ["a: its process died"])


def test_an_original_that_cannot_be_measured_ends_it() -> None:
    def measure(path: Path) -> Speed:
        raise SoothsayError("its process died")

    with pytest.raises(SoothsayError, match="died"):
        measure_in_turns({ORIGINAL: Path("o")}, measure, 3)


def test_nothing_is_offered_until_it_was_measured() -> None:
    spec = ModelSpec("m", "completion", "none", (), "nobody/m", variants=(IQ4_NL, Q4_0))
    with pytest.raises(SoothsayError, match=r"\(IQ4_NL, Q4_0\) has not been measured.*--unmeasured"):
        offered_variants(spec)
    assert all_variants(spec) == (IQ4_NL, Q4_0)
    assert find_variant(spec, "iq4_nl") == IQ4_NL
    with pytest.raises(SoothsayError, match=r"no variant Q8_0 \(there are: IQ4_NL, Q4_0\)"):
        find_variant(spec, "Q8_0")
    with pytest.raises(SoothsayError, match="has no other weights"):
        all_variants(find_spec("all-MiniLM-L6-v2"))


# -- failures, before any child is started ---------------------------------------------------------------------


@pytest.fixture
def spec(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ModelSpec:
    """A pulled model of one file."""
    monkeypatch.setenv("SOOTHSAY_CACHE", str(tmp_path))
    made = pull_tiny(tmp_path, [IQ4_NL])
    monkeypatch.setitem(REGISTRY, "tiny", made)
    return made


def refused(spec: ModelSpec) -> str:
    with pytest.raises(SoothsayError) as failure:
        optimize(spec.name, spec.variants, lambda text: None)
    message = str(failure.value)
    assert "\n" not in message
    return message


def in_cache(tmp_path: Path) -> set[str]:
    return {path.name for path in (tmp_path / "models" / "tiny").iterdir() if path.suffix != ".lock"}


def test_a_disk_without_room(spec: ModelSpec, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda folder: SimpleNamespace(free=1_000_000))
    message = refused(spec)
    assert message.startswith("not enough room in")
    assert "free some, or set SOOTHSAY_CACHE" in message
    assert in_cache(tmp_path) == {"tiny.gguf", ".sha256-ok"}


def test_a_pull_succeeds_although_nothing_could_be_made(
    spec: ModelSpec, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda folder: SimpleNamespace(free=1_000_000))
    optimize_pulled("tiny")
    assert capsys.readouterr().err == ""  # nothing is offered
    good = replace(IQ4_NL, quality=Quality(90.0, 90.0, 25.0, 25.0))
    monkeypatch.setitem(REGISTRY, "tiny", replace(spec, variants=(good,)))
    optimize_pulled("tiny")
    assert "soothsay: the original weights are used: not enough room in" in capsys.readouterr().err


def test_an_original_that_has_changed(spec: ModelSpec, tmp_path: Path) -> None:
    file = tmp_path / "models" / "tiny" / "tiny.gguf"
    optimizing.model_path("tiny")  # it was right, and a stamp says so
    facts = file.stat()
    with file.open("r+b") as stream:
        stream.seek(-1, 2)
        stream.write(b"x")
    os.utime(file, ns=(facts.st_atime_ns, facts.st_mtime_ns))
    assert refused(spec) == "model tiny is damaged; run: soothsay models pull tiny"


def test_an_original_that_is_not_here(spec: ModelSpec, tmp_path: Path) -> None:
    (tmp_path / "models" / "tiny" / "tiny.gguf").unlink()
    assert "soothsay models pull tiny" in refused(spec)


def test_two_at_once(spec: ModelSpec, tmp_path: Path) -> None:
    with FileLock(tmp_path / "models" / "tiny" / ".optimizing.lock"):
        assert refused(spec) == "tiny is being optimized by another process; wait for it"


def test_a_folder_that_cannot_be_written_to(spec: ModelSpec, tmp_path: Path) -> None:
    (tmp_path / "models" / "tiny" / ".optimizing.lock").mkdir()
    assert "make it writable, or set SOOTHSAY_CACHE" in refused(spec)


Run = Callable[..., tuple[int, list[str]]]


def failing(code: int, lines: Sequence[str] = ()) -> Run:
    """Return a stand-in for a child that writes a part of the file and ends so."""

    def run(command: Sequence[str], *_: object) -> tuple[int, list[str]]:
        Path(command[command.index("IQ4_NL") - 1]).write_bytes(b"GGUF")
        return code, list(lines)

    return run


@pytest.mark.parametrize(
    ("child", "message"),
    [
        (
            failing(-4),
            "IQ4_NL: its process died of an illegal instruction (SIGILL); the original is used as before",
        ),
        (
            failing(10, ["[ 1/ 12]", "no such tensor"]),
            "IQ4_NL: no such tensor; the original is used as before",
        ),
    ],
)
def test_a_child_that_fails(
    spec: ModelSpec, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, child: Run, message: str
) -> None:
    monkeypatch.setattr(optimizing, "run", child)
    assert refused(spec) == message
    assert in_cache(tmp_path) == {"tiny.gguf", ".sha256-ok"}


def test_an_interrupt_leaves_no_part_behind(
    spec: ModelSpec, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(command: Sequence[str], *_: object) -> tuple[int, list[str]]:
        failing(0)(command)
        raise KeyboardInterrupt

    monkeypatch.setattr(optimizing, "run", interrupted)
    with pytest.raises(KeyboardInterrupt):
        optimize(spec.name, spec.variants, lambda text: None)
    assert in_cache(tmp_path) == {"tiny.gguf", ".sha256-ok"}


def test_what_a_killed_run_has_left_is_deleted(
    spec: ModelSpec, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    target = variant_path(spec, IQ4_NL)
    target.write_bytes(b"GGUF")  # without a record
    target.with_name(f"{target.name}.requantizing").write_bytes(b"GG")
    monkeypatch.setattr(optimizing, "run", failing(-4))
    refused(spec)
    assert in_cache(tmp_path) == {"tiny.gguf", ".sha256-ok"}
