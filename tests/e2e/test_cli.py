"""The command line as a person uses it: real processes, good input and bad."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from soothsay.backend.session import Session

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]


def soothsay(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "soothsay", *arguments],
        capture_output=True,
        text=True,
        timeout=300,
        env={**os.environ, **environment},
        check=False,
    )


def in_workspace(workspace: Path) -> list[str]:
    return ["--workspace", str(workspace), "--python", sys.executable]


def test_complete_prints_the_contract(session: Session, workspace: Path) -> None:
    done = soothsay("complete", f"{workspace}/bedrock.py:6:19", "--json", *in_workspace(workspace))
    assert done.returncode == 0, done.stderr
    answer = json.loads(done.stdout)
    assert {
        "text",
        "draft",
        "verdict",
        "method",
        "trigger",
        "evidence",
        "tokens",
        "timings_ms",
    } <= answer.keys()
    assert answer["trigger"].keys() == {
        "fired", "reasons", "explanations", "confidence", "threshold", "name", "missing", "calibrated", "learned",
    }  # fmt: skip
    assert {"kind", "symbol", "package", "version", "uri", "text", "score"} <= answer["evidence"][0].keys()
    assert {"draft", "trigger", "retrieve", "regenerate", "total"} <= answer["timings_ms"].keys()
    assert answer["text"].startswith("create_model_customization_job(")
    explained = soothsay("explain")  # the last one
    assert explained.returncode == 0, explained.stderr
    assert "create_model_customization_job" in explained.stdout
    assert "not_in_index" in explained.stdout


def test_the_method_and_a_plain_answer(session: Session, workspace: Path) -> None:
    done = soothsay("complete", f"{workspace}/buckets.py:6:15", "--method", "base", *in_workspace(workspace))
    assert (done.returncode, done.stdout) == (0, "list_buckets()\n")


def test_index_status_and_doctor(session: Session, workspace: Path) -> None:
    status = soothsay("index", "status", "--json", *in_workspace(workspace))
    assert json.loads(status.stdout)["symbols"] > 18_000
    doctor = soothsay("doctor", "--workspace", str(workspace))
    assert doctor.returncode == 0, doctor.stdout
    broken = soothsay("doctor", "--workspace", str(workspace), "--model", "/nowhere/model.gguf")
    assert broken.returncode == 1
    assert "fix:" in broken.stdout


def test_version_and_help() -> None:
    assert soothsay("--version").stdout.startswith("soothsay 0.")
    shown = soothsay("--help").stdout
    assert all(command in shown for command in ("serve", "complete", "explain", "index", "models", "doctor"))


@pytest.fixture
def bad_files(tmp_path: Path) -> Path:
    (tmp_path / "latin.py").write_bytes("x = 'é'\n".encode("latin-1"))
    (tmp_path / "huge.py").write_bytes(b"# x\n" * 2_500_000)
    (tmp_path / "small.py").write_text("x = 1\n", encoding="utf-8")
    (tmp_path / "noise.gguf").write_bytes(os.urandom(4096))
    (tmp_path / "cut.gguf").write_bytes(b"GGUF" + bytes(4096))
    return tmp_path


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["complete", "{}/small.py:1:1", "--model", "no-such-model"], "unknown model"),
        (["complete", "{}/small.py:1:1", "--model", "{}/noise.gguf"], "not a GGUF"),
        (["complete", "{}/small.py:1:1", "--model", "{}/cut.gguf"], "GGUF"),
        (["complete", "{}/none.py:1:1"], "does not exist"),
        (["complete", "{}/small.py:9:1"], "has lines 1 to 2, not 9"),
        (["complete", "{}/small.py:1:99"], "columns 1 to 6"),
        (["complete", "{}/small.py"], "FILE:LINE:COL"),
        (["complete", "{}:1:1"], "is a directory"),
        (["complete", "{}/latin.py:1:1"], "not UTF-8"),
        (["complete", "{}/huge.py:1:1"], "10.0 MB"),
        (["complete", "{}/small.py:1:1", "--workspace", "{}/none"], "none"),
        (["index", "--workspace", "{}/none"], "none"),
        (["index", "--workspace", "{}", "--python", "/nowhere/python"], "/nowhere/python"),
        (["models", "pull", "no-such-model"], "unknown model"),
        (["models", "path", "no-such-model"], "unknown model"),
        (["serve", "--tcp", "0.0.0.0:7110"], "only this machine"),
        (["serve", "--tcp", "nonsense"], "HOST:PORT"),
    ],
)
def test_bad_input_is_one_clear_line(bad_files: Path, arguments: list[str], message: str) -> None:
    done = soothsay(*(argument.format(bad_files) for argument in arguments))
    assert done.returncode in (1, 2)
    assert message in done.stderr
    assert "Traceback" not in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1
    assert done.stdout == ""


def test_an_unwritable_cache(bad_files: Path) -> None:
    done = soothsay("complete", f"{bad_files}/small.py:1:1", SOOTHSAY_CACHE=str(bad_files / "small.py"))
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    assert "soothsay:" in done.stderr
    listed = soothsay("index", "--workspace", str(bad_files), SOOTHSAY_CACHE=str(bad_files / "small.py"))
    assert listed.returncode == 1
    assert "Traceback" not in listed.stderr
