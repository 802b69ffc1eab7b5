"""`soothsay doctor --report` says what a maintainer needs, and nothing of what the user's files and secrets are."""

from __future__ import annotations

import json
import stat
from pathlib import Path

import pytest

from soothsay import doctor
from soothsay.backend.address import BackendFiles, ConnectionInfo, write_connection_info
from soothsay.cli.main import main
from soothsay.cli.report import maintainers_report, shortened
from soothsay.doctor import DoctorCheck

SOURCE = "launch_the_rocket(countdown=7)"
PASSWORD = "Tr0ub4" + "dor&3x"


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home with a workspace, a cache and logs; source text and secrets lie wherever they may lie."""
    home = tmp_path / "home" / "margaret"
    workspace = home / "moonshot"
    for folder in (workspace, home / "cache" / "indexes" / "a"):
        folder.mkdir(parents=True)
    (home / "run").mkdir(mode=0o700)
    for name, value in (
        ("HOME", home),
        ("SOOTHSAY_CACHE", home / "cache"),
        ("SOOTHSAY_RUNTIME", home / "run"),
    ):
        monkeypatch.setenv(name, str(value))
    monkeypatch.setenv("SOOTHSAY_TOKEN", PASSWORD)
    monkeypatch.setenv("HF_TOKEN", PASSWORD)
    monkeypatch.setenv("LOGNAME", "margaret")
    (workspace / "main.py").write_text(f"{SOURCE}\npassword = '{PASSWORD}'\n")
    (home / "cache" / "last-completion.json").write_text(json.dumps({"text": SOURCE}))
    entry = f"2026-11-29 10:00:00,000 %s soothsay.backend.session: {SOURCE} {PASSWORD}\n{SOURCE}\n"
    (home / "cache" / "indexes" / "a" / "index.log").write_text(entry % "WARNING" + entry % "ERROR")
    files = BackendFiles(home / "run", "abc")
    write_connection_info(files, ConnectionInfo(1, 0.0, "AF_UNIX", "x", PASSWORD, "build"))
    files.log.write_text(entry % "DEBUG")
    return home


def report(home: Path, found: str = "fine") -> str:
    return maintainers_report([DoctorCheck("model", "warning", found, "do this")], home / "moonshot")


def test_it_says_what_a_maintainer_needs(home: Path) -> None:
    text = report(home)
    for part in (
        "version 0.",
        "CPython 3.",
        "cores",
        "GB of memory",
        "warning: model: fine (fix: do this)",
        "pygls ",
    ):
        assert part in text
    assert "* SOOTHSAY_TOKEN\n" in text
    assert "backend abc: not running" in text
    assert "~/run/backend-abc.log: no problems" in text
    assert (
        "~/cache/indexes/a/index.log: 1 warning, 1 error; the last at 2026-11-29 10:00:00 in soothsay.backend.session"
        in text
    )


def test_it_holds_no_source_text_no_secrets_and_no_names(home: Path) -> None:
    found = (
        f"{home}/moonshot/.venv and /tmp/soothsay-margaret, from https://me:{PASSWORD}@mirror.example/simple"
    )
    text = report(home, found)
    assert "<workspace>/.venv and /tmp/soothsay-<user>, from https://me:…@mirror.example" in text
    for planted in (SOURCE, "rocket", PASSWORD, "margaret", "moonshot", str(home)):
        assert planted not in text


def test_it_is_written_to_a_file_for_its_user_alone(
    home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(doctor, "examine", lambda *_: [DoctorCheck("model", "ok", "fine")])
    target = home / "report.md"
    assert main(["doctor", "--workspace", str(home / "moonshot"), "--report", str(target)]) == 0
    assert "ok: model: fine" in target.read_text(encoding="utf-8")
    assert stat.S_IMODE(target.stat().st_mode) == 0o600
    assert "read it before you send it" in capsys.readouterr().err
    assert main(["doctor", "--workspace", str(home / "moonshot"), "--report"]) == 0
    assert "ok: model: fine" in capsys.readouterr().out


def test_a_short_user_name_is_no_part_of_words(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOGNAME", "dev")
    environ = {"HOME": "/home/dev"}
    assert (
        shortened("/home/dev/x and developers of dev", Path("/w"), environ) == "~/x and developers of <user>"
    )
