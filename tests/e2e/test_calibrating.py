"""A real model that soothsay does not know is calibrated by the command that the backend runs in the background."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from soothsay.model.files.cache import model_path
from soothsay.model.files.thresholds import measured_here, needs_measuring

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]


def calibrate(path: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-P", "-m", "soothsay", "models", "calibrate", str(path)]
    return subprocess.run(
        command, capture_output=True, text=True, timeout=800, env={**os.environ}, check=False
    )


def test_an_unknown_model_is_measured_and_the_result_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    known = model_path("smollm2-135m")
    monkeypatch.setenv("SOOTHSAY_CACHE", str(tmp_path / "cache"))
    model = tmp_path / "of-a-stranger.gguf"
    model.symlink_to(known)
    assert needs_measuring(model)
    done = calibrate(model)
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert all(0.7 <= found[measure] <= 0.95 for measure in ("certainty", "confidence"))
    kept = measured_here(model)
    assert kept is not None and kept.certainty == found["certainty"]
    assert "writing names" in done.stderr and "Traceback" not in done.stderr


def test_a_file_that_is_not_there_is_said_in_one_line(tmp_path: Path) -> None:
    done = calibrate(tmp_path / "none.gguf")
    assert done.returncode == 1
    assert done.stderr.count("\n") == 1 and "there is no file" in done.stderr
