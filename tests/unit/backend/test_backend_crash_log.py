"""What a backend died of, as real processes leave it in their logs."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from soothsay.backend.crash_log import last_log_line, previous_log, read_exit_from_log, rotate_log
from soothsay_common.children import child_environment
from soothsay_common.exits import Exit

posix = pytest.mark.skipif(sys.platform == "win32", reason="signals")

BEGIN = "import os, signal, sys\nfrom soothsay.backend.crash_log import begin_log, end_log\nbegin_log()\n"


def run(log: Path, script: str) -> int:
    """Run ``script`` with its standard error in ``log``; returns its process id."""
    with log.open("wb") as file:
        process = subprocess.Popen([sys.executable, "-c", script], stderr=file, env=child_environment())
    process.wait(120)
    return process.pid


@posix
@pytest.mark.parametrize(
    ("name", "cause"),
    [
        ("SIGILL", "illegal_instruction"),
        ("SIGSEGV", "memory_access"),
        ("SIGBUS", "memory_access"),
        ("SIGFPE", "arithmetic"),
        ("SIGABRT", "aborted"),
        ("SIGKILL", "killed"),
    ],
)
def test_the_signal_that_a_process_died_of(tmp_path: Path, name: str, cause: str) -> None:
    log = tmp_path / "backend-x.log"
    pid = run(log, f"{BEGIN}print('ggml: it says why', file=sys.stderr)\nos.kill(os.getpid(), signal.{name})")
    assert read_exit_from_log(log, pid) == Exit(cause, name)  # type: ignore[arg-type]
    assert last_log_line(log) == "ggml: it says why"


@posix
def test_it_is_found_behind_the_stacks_of_many_threads(tmp_path: Path) -> None:
    script = (
        f"{BEGIN}import threading\n"
        "def wait(depth):\n"
        "    if depth: wait(depth - 1)\n"
        "    else: threading.Event().wait()\n"
        "for _ in range(60): threading.Thread(target=wait, args=(60,), daemon=True).start()\n"
        "os.abort()"
    )
    log = tmp_path / "backend-x.log"
    pid = run(log, script)
    assert log.stat().st_size > 64_000
    assert read_exit_from_log(log, pid) == Exit("aborted", "SIGABRT")


def test_a_process_that_ended_as_it_should(tmp_path: Path) -> None:
    log = tmp_path / "backend-x.log"
    pid = run(log, f"{BEGIN}end_log('no window is left')\nos._exit(0)")
    assert read_exit_from_log(log, pid) == Exit("ended")


@posix
def test_the_log_of_the_backend_before_is_kept(tmp_path: Path) -> None:
    log = tmp_path / "backend-x.log"
    rotate_log(log)  # there is none
    first = run(log, f"{BEGIN}os.abort()")
    rotate_log(log)
    second = run(log, f"{BEGIN}os.kill(os.getpid(), signal.SIGSEGV)")
    assert previous_log(log).name == "backend-x.log.1"
    assert read_exit_from_log(log, first).name == "SIGABRT"
    assert read_exit_from_log(log, second).name == "SIGSEGV"
    rotate_log(log)
    assert not log.exists()
    assert read_exit_from_log(log, second).name == "SIGSEGV"
    assert read_exit_from_log(log, first) == Exit("killed", "SIGKILL")  # forgotten: nothing is said of it


def test_a_log_of_another_process_says_nothing(tmp_path: Path) -> None:
    log = tmp_path / "backend-x.log"
    log.write_text("soothsay backend 77 began\nan assertion failed\nFatal Python error: Aborted\n")
    assert read_exit_from_log(log, 77).name == "SIGABRT"
    for pid in (7, 777, 78):
        assert read_exit_from_log(log, pid) == Exit("killed", "SIGKILL")


def test_no_log_at_all(tmp_path: Path) -> None:
    assert read_exit_from_log(tmp_path / "none.log", 1) == Exit("killed", "SIGKILL")
    assert last_log_line(tmp_path / "none.log") == ""
    (tmp_path / "folder.log").mkdir()
    assert last_log_line(tmp_path / "folder.log") == ""


BEGAN = "soothsay backend 5 began\n"


@pytest.mark.parametrize(
    ("text", "cause", "name"),
    [
        (f"ERROR: ld.so: object 'x.so' cannot be preloaded.\n{BEGAN}Fatal Python error: Aborted\n", "aborted", "SIGABRT"),
        (f"{BEGAN}Fatal Python error: Segmentation fault\n\nThread 0x01\n", "memory_access", "SIGSEGV"),
        (f"{BEGAN}Fatal Python error: Floating point exception\n", "arithmetic", "SIGFPE"),  # before Python 3.13
        (f"{BEGAN}Fatal Python error: Floating-point exception\n", "arithmetic", "SIGFPE"),
        (f"{BEGAN}Windows fatal exception: code 0xc000001d\r\n\r\n", "illegal_instruction", "SIGILL"),
        (f"{BEGAN}Windows fatal exception: access violation\r\n", "memory_access", "SIGSEGV"),
        (f"{BEGAN}Windows fatal exception: page error\r\n", "memory_access", "SIGBUS"),
        (f"{BEGAN}Windows fatal exception: int divide by zero\r\n", "arithmetic", "SIGFPE"),
        (f"{BEGAN}Windows fatal exception: code 0x80000003\r\n", "other", "code 0x80000003"),
        (f"{BEGAN}Windows fatal exception: code 0x8001010d\r\n\r\nsoothsay backend 5 ended: stopped\r\n", "ended", ""),
        (f"{BEGAN}a window said: Fatal Python error: Aborted\n", "killed", "SIGKILL"),  # not at a line's start
        (f"{BEGAN}\xff\xfe\n", "killed", "SIGKILL"),
    ],
)  # fmt: skip
def test_what_a_log_says(tmp_path: Path, text: str, cause: str, name: str) -> None:
    log = tmp_path / "backend-x.log"
    log.write_bytes(text.encode("latin-1"))
    found = read_exit_from_log(log, 5)
    assert (found.cause, found.name) == (cause, name)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (BEGAN, ""),
        (f"{BEGAN}\n  \n", ""),
        (f"{BEGAN}first\n last \n\nFatal Python error: Aborted\n\nThread 1:\n", "last"),
        (f"{BEGAN}Traceback (most recent call last):\nOSError: no space\n", "OSError: no space"),
        ("python: No module named soothsay\n", "python: No module named soothsay"),  # before it could begin
        ("", ""),
    ],
)
def test_its_last_words(tmp_path: Path, text: str, words: str) -> None:
    log = tmp_path / "backend-x.log"
    log.write_text(text)
    assert last_log_line(log) == words
