"""The log as a file: who may read it, how large it grows, and what a purge leaves of it."""

from __future__ import annotations

import os
import sqlite3
import stat
import threading
import time
from dataclasses import replace
from pathlib import Path

import pytest

from soothsay.cli.main import main
from soothsay.config import FeedbackSettings
from soothsay.errors import SoothsayError
from soothsay.feedback.log import FeedbackLog, log_path
from soothsay.feedback.rows import FeedbackRow

LIMITS = FeedbackSettings()
MARK = "unmistakable_text"


def row(id: str = "a1", **changes: object) -> FeedbackRow:
    plain = FeedbackRow(
        id=id,
        time=time.time(),
        workspace="w",
        language="plaintext",
        method="full",
        model="m",
        model_hash="",
        adapter_hash="",
        features={"confidence": 0.5},
        evidence=("symbol:shop@1.0:shop.create",),
        verdict="verified",
        became="accepted",
        characters=10,
        taken=10,
        text=MARK,
    )
    return replace(plain, **changes)  # type: ignore[arg-type]


@pytest.fixture
def log(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> FeedbackLog:
    monkeypatch.setenv("SOOTHSAY_STATE", str(tmp_path / "state"))
    return FeedbackLog(log_path())


def bytes_in(folder: Path) -> bytes:
    return b"".join(path.read_bytes() for path in folder.rglob("*") if path.is_file())


def test_a_row_is_read_as_it_was_written(log: FeedbackLog):
    written = row(prefix="before", suffix="after", kept_10s=3)
    log.add(written, LIMITS)
    assert list(log.rows()) == [written]
    log.update("a1", kept_5min=2, settled="x")
    assert list(log.rows()) == [replace(written, kept_5min=2, settled="x")]
    log.update("other", kept_5min=2)
    assert log.summary().became == {"accepted": 1}


@pytest.mark.skipif(os.name == "nt", reason="no modes")
def test_only_its_user_may_read_it(log: FeedbackLog):
    log.path.parent.mkdir(mode=0o755)
    log.path.touch(0o644)
    log.add(row(), LIMITS)
    assert stat.S_IMODE(log.path.stat().st_mode) == 0o600
    assert stat.S_IMODE(log.path.parent.stat().st_mode) == 0o700


@pytest.mark.skipif(os.name == "nt", reason="no links without a right")
def test_a_link_in_its_place_is_not_followed(log: FeedbackLog, tmp_path: Path):
    log.path.parent.mkdir()
    log.path.symlink_to(tmp_path / "elsewhere")
    with pytest.raises(SoothsayError, match="cannot use"):
        log.add(row(), LIMITS)
    assert not (tmp_path / "elsewhere").exists()


def test_old_rows_go(log: FeedbackLog):
    log.add(row("old", time=time.time() - 9 * 86_400), LIMITS)
    log.add(row("new"), LIMITS)
    log.limit(replace(LIMITS, max_days=8))
    assert [each.id for each in log.rows()] == ["new"]


def test_the_file_stays_within_its_size_and_what_is_deleted_is_overwritten(log: FeedbackLog):
    limits = replace(LIMITS, max_mb=1)
    log.add(row("first", time=1.0 + time.time() - 1000, text="the first of all " * 10), limits)
    for number in range(30):
        log.add(row(f"r{number:02}", text="x" * 60_000), limits)
    assert log.path.stat().st_size <= 1_000_000
    kept = [each.id for each in log.rows()]
    assert kept[-1] == "r29" and "first" not in kept
    assert b"the first of all" not in bytes_in(log.path.parent)


def test_a_purge_leaves_nothing_and_what_was_shown_before_is_not_written_after(log: FeedbackLog):
    shown_before = row("before")
    for number in range(50):
        log.add(row(str(number)), LIMITS)
    assert MARK.encode() in bytes_in(log.path.parent)
    assert log.purge() == 50
    assert MARK.encode() not in bytes_in(log.path.parent)
    log.update("1", settled=MARK)
    log.add(shown_before, LIMITS)
    assert MARK.encode() not in bytes_in(log.path.parent) and not log.exists()
    time.sleep(0.01)
    log.add(row("after"), LIMITS)
    assert [each.id for each in log.rows()] == ["after"]


def test_a_damaged_log_is_said_and_can_be_purged(log: FeedbackLog):
    log.path.parent.mkdir()
    log.path.write_bytes(b"no database " + MARK.encode() * 100)
    with pytest.raises(SoothsayError, match="cannot use"):
        log.add(row(), LIMITS)
    assert log.purge() == 0
    assert MARK.encode() not in bytes_in(log.path.parent)


def test_a_newer_version_is_left_alone(log: FeedbackLog):
    log.add(row(), LIMITS)
    with sqlite3.connect(log.path) as connection:
        connection.execute("PRAGMA user_version = 99")
    connection.close()
    with pytest.raises(SoothsayError, match="newer version"):
        log.add(row("b"), LIMITS)


def test_several_windows_write_at_once(log: FeedbackLog):
    def write(window: int) -> None:
        for number in range(10):
            FeedbackLog(log.path).add(row(f"{window}-{number}"), LIMITS)

    threads = [threading.Thread(target=write, args=(window,)) for window in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert log.summary().rows == 40


# -- the command line -------------------------------------------------------------------------------------


def test_commands_without_a_log(log: FeedbackLog, capsys: pytest.CaptureFixture[str]):
    for command in (("status",), ("inspect",), ("export",), ("purge",)):
        assert main(["feedback", *command]) == 0
    assert "nothing is logged" in capsys.readouterr().out
    assert not log.path.parent.exists()


def test_commands(log: FeedbackLog, tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    log.add(row("aa11", time=time.time() - 5, text="\x1b[31m" + MARK), LIMITS)
    log.add(row("bb22", became="rejected", taken=0, text=None), LIMITS)
    assert main(["feedback", "status"]) == 0
    assert "2 rows" in (said := capsys.readouterr().out) and "1 accepted, 1 rejected" in said
    assert main(["feedback", "inspect"]) == 0
    assert [line.split()[0] for line in capsys.readouterr().out.splitlines()] == ["aa11", "bb22"]
    assert main(["feedback", "inspect", "aa"]) == 0
    assert MARK in (said := capsys.readouterr().out) and "\x1b" not in said
    assert main(["feedback", "inspect", "cc"]) == 1
    assert main(["feedback", "export", str(tmp_path / "rows.jsonl")]) == 0
    assert (tmp_path / "rows.jsonl").read_text().count("\n") == 2
    assert main(["feedback", "purge"]) == 0
    assert MARK.encode() not in bytes_in(log.path.parent)
