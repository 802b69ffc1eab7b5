"""Weights in other formats, made from real files by llama.cpp, measured, chosen, and loaded."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from soothsay.config import ModelSettings
from soothsay.errors import SoothsayError
from soothsay.model import optimizing
from soothsay.model.factory import OwnWeights, open_model
from soothsay.model.files.cache import model_path, sha256_of
from soothsay.model.files.registry import REGISTRY, ModelSpec, Variant
from soothsay.model.files.variants import choose_weights, list_made, read_record, write_record
from soothsay.model.fim import Prompt
from soothsay.model.library import CHOSEN, library_folder
from soothsay.model.optimizing import ORIGINAL, importance_file, optimize
from soothsay.model.probe import DIES
from soothsay.model.requantize import read_importance
from soothsay_common.children import child_environment, python_command
from tiny_spec import pull_tiny

pytestmark = [pytest.mark.slow, pytest.mark.timeout(1800)]

IQ4_NL = Variant("IQ4_NL", output="Q5_0")
ANY_GAIN = 0.0
OPTIMIZE = """
import sys
from soothsay.cli.main import main
from soothsay.model.files.registry import REGISTRY, Variant
from dataclasses import replace
REGISTRY["smollm2-135m"] = replace(REGISTRY["smollm2-135m"], variants=(Variant("IQ4_NL"),))
sys.exit(main(["models", "optimize", "smollm2-135m", "--unmeasured"]))
"""


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty cache, and the library in use: the new cache has no build of its own."""
    library = library_folder()
    monkeypatch.setenv("SOOTHSAY_CACHE", str(tmp_path / "my cache"))
    monkeypatch.setenv(CHOSEN, str(library))
    return tmp_path / "my cache"


@pytest.fixture
def tiny(cache: Path, monkeypatch: pytest.MonkeyPatch) -> ModelSpec:
    """A pulled model of a megabyte."""
    spec = pull_tiny(cache, [IQ4_NL])
    monkeypatch.setitem(REGISTRY, "tiny", spec)
    monkeypatch.setattr(optimizing, "_ROUNDS", 1)
    return spec


def quiet(text: str) -> None:
    """Show nothing."""


def test_made_measured_used_and_not_made_again(tiny: ModelSpec) -> None:
    original = model_path("tiny").read_bytes()
    told: list[str] = []
    done = optimize("tiny", tiny.variants, told.append, ANY_GAIN)
    assert done.problems == ()
    assert set(done.speeds) == {ORIGINAL, IQ4_NL.label}
    assert any("IQ4_NL-output-Q5_0: tensor 12 of 12" in text for text in told)
    chosen = choose_weights("tiny", "fastest")
    assert done.kept is not None
    assert (chosen.path, chosen.refused) == (done.kept.path, ())
    assert chosen.record is not None
    assert chosen.record.sha256 == sha256_of(chosen.path)
    assert chosen.path.read_bytes()[:4] == b"GGUF"
    assert model_path("tiny").read_bytes() == original

    model = open_model(ModelSettings(name="tiny"), OwnWeights())
    try:
        assert list(model.open(Prompt("a", "", "", "")).stream())[:1]
    finally:
        model.close()

    # measured on another machine: only measured again
    write_record(chosen.path, replace(chosen.record, processor="another"))
    made_at = chosen.path.stat().st_mtime_ns
    optimize("tiny", tiny.variants, quiet, ANY_GAIN)
    again = read_record(chosen.path)
    assert again is not None
    assert (again.mtime_ns, again.processor != "another") == (made_at, True)
    assert choose_weights("tiny", "fastest").path == chosen.path


def test_what_is_not_faster_is_deleted(tiny: ModelSpec) -> None:
    done = optimize("tiny", tiny.variants, quiet, least_gain=1000.0)
    assert done.kept is None
    assert list_made(tiny) == []
    assert choose_weights("tiny", "fastest").describe() == "original"


def test_a_child_that_dies(tiny: ModelSpec, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(DIES, "requantize")
    with pytest.raises(SoothsayError) as failure:
        optimize("tiny", tiny.variants, quiet)
    assert "its process died of an illegal instruction (SIGILL)" in str(failure.value)
    assert list_made(tiny) == []


def test_a_real_model(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SOOTHSAY_CACHE")
    real = model_path("smollm2-135m")
    monkeypatch.setenv("SOOTHSAY_CACHE", str(cache))
    folder = cache / "models" / "smollm2-135m"
    folder.mkdir(parents=True)
    (folder / real.name).symlink_to(real)
    spec = replace(REGISTRY["smollm2-135m"], variants=(Variant("IQ4_NL"),))
    monkeypatch.setitem(REGISTRY, "smollm2-135m", spec)
    monkeypatch.setattr(optimizing, "_ROUNDS", 1)
    done = optimize("smollm2-135m", spec.variants, quiet, ANY_GAIN)
    assert done.kept is not None
    assert done.kept.path.stat().st_size < real.stat().st_size
    model = open_model(ModelSettings(name="smollm2-135m"), OwnWeights())
    try:
        prompt = Prompt("The capital of France is", "", "", "")
        text = b"".join(token.data for _, token in zip(range(4), model.open(prompt).stream(), strict=False))
    finally:
        model.close()
    assert b"Paris" in text


def test_columns_that_matter_are_rounded_more_carefully(
    cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("SOOTHSAY_CACHE")
    real = model_path("smollm2-135m")
    rows = {"blk.0.attn_q.weight": np.geomspace(0.001, 100, 576)}
    np.savez(tmp_path / "rows.npz", allow_pickle=False, **rows)
    written: list[bytes] = []
    for importance in ("", str(tmp_path / "rows.npz")):
        target = tmp_path / "written.gguf"
        command = python_command(
            "soothsay.model.requantize", str(real), str(target), "IQ4_NL", f"--importance={importance}"
        )
        subprocess.run(command, env=child_environment(LLAMA_CPP_LIB_PATH=str(library_folder())), check=True)
        written.append(target.read_bytes())
    assert written[0] != written[1]


def test_what_is_offered_has_its_file() -> None:
    offered = REGISTRY["qwen2.5-coder-0.5b"].offered
    assert offered
    for variant in offered:
        rows = read_importance(Path(importance_file(variant)))
        assert len(rows) == 24 * 7 + 1  # the matrices of each layer, and the output
        assert all(values.mean() == pytest.approx(1.0, rel=0.01) for values in rows.values())


@pytest.mark.skipif(sys.platform == "win32", reason="signals")
def test_ctrl_c_removes_the_part(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SOOTHSAY_CACHE")
    real = model_path("smollm2-135m")
    folder = cache / "models" / "smollm2-135m"
    folder.mkdir(parents=True)
    (folder / real.name).symlink_to(real)
    process = subprocess.Popen(
        [sys.executable, "-P", "-c", OPTIMIZE],
        env={**os.environ, "SOOTHSAY_CACHE": str(cache)},
        stderr=subprocess.PIPE,
        text=True,
        # a shell that starts the tests in the background has them ignore it, and children inherit that
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )
    assert wait_for(lambda: any(folder.glob("*.requantizing")), 120)
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "interrupted" in errors
    left = {path.name for path in folder.iterdir()}
    assert left <= {real.name, ".sha256-ok", ".optimizing.lock"}


def wait_for(condition: Callable[[], bool], seconds: float) -> bool:
    """Return whether ``condition`` came true in time."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if condition():
            return True
        time.sleep(0.05)
    return False
