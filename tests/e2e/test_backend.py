"""The backend process as editors have it: shared, killed, stopped, starved of memory, and of another version."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import AsyncIterator
from multiprocessing.connection import Listener
from pathlib import Path
from typing import Any

import psutil
import pytest
import pytest_asyncio
from backend_windows import SETTINGS, TEXTS, Window, Windows, eventually

from required_tools import missing_tool
from soothsay.backend.address import ConnectionInfo, backend_files, build_id, write_connection_info
from soothsay.backend.message_stream import MessageStream
from soothsay.backend.messages import Refused

pytestmark = [
    pytest.mark.slow,
    pytest.mark.timeout(900),
    pytest.mark.skipif(sys.platform == "win32", reason="signals"),
]

LONG = "".join(f"value_{i} = {i}\n" for i in range(400)) + "total = "


@pytest_asyncio.fixture
async def windows(tmp_path: Path) -> AsyncIterator[Windows]:
    runtime = Path(tempfile.mkdtemp(prefix="soothsay-"))  # pytest's own paths are too long for sockets
    opened = Windows(runtime, tmp_path)
    yield opened
    await opened.close()
    shutil.rmtree(runtime, ignore_errors=True)


def soothsay(windows: Windows, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-P", "-m", "soothsay", *arguments]
    return subprocess.run(
        command, capture_output=True, text=True, timeout=300, env=windows.environment, check=False
    )


async def under_way(window: Window) -> asyncio.Task[str]:
    """A completion that takes seconds, begun."""
    window.open(LONG, "long.py")
    asked = asyncio.create_task(window.ask(LONG, "long.py"))
    await asyncio.sleep(0.5)
    assert not asked.done()
    return asked


@pytest.mark.parametrize("name", ["SIGILL", "SIGSEGV", "SIGABRT", "SIGKILL"])
async def test_a_backend_that_dies_costs_the_request_under_way(windows: Windows, name: str) -> None:
    window = await windows.open("shop")
    expected = await window.complete(TEXTS["shop"])
    server = window.server.pid

    asked = await under_way(window)
    windows.backend().send_signal(getattr(signal, name))
    assert await asked == ""

    assert await window.complete_again(TEXTS["shop"], 1) == expected
    assert window.server.pid == server
    assert not [message for message in window.shown if "ended" in message]  # once is no news

    windows.backend().send_signal(getattr(signal, name))
    await eventually(lambda: [message for message in window.shown if name in message], "a message", 60)
    (message,) = [message for message in window.shown if name in message]
    assert "\n" not in message
    assert "soothsay doctor" in message or "smaller model" in message
    assert await window.complete_again(TEXTS["shop"], 2) == expected


async def test_a_backend_that_is_stopped_is_replaced(windows: Windows) -> None:
    window = await windows.open("shop")
    expected = await window.complete(TEXTS["shop"])
    stopped = windows.backend()
    asked = await under_way(window)
    stopped.send_signal(signal.SIGSTOP)
    assert await asyncio.wait_for(asked, 60) == ""
    await eventually(lambda: not stopped.is_running() or stopped.status() == psutil.STATUS_ZOMBIE, "its end")
    assert await window.complete_again(TEXTS["shop"], 1) == expected


async def test_documents_and_index_survive_the_backend(windows: Windows) -> None:
    window = await windows.open("shop")
    window.open('def price_of_apples(kilos: int) -> int:\n    """Price of apples."""\n', "prices.py")
    text = "from prices import price_of_apples\n\n# what three kilos of apples cost\ncost = price_"
    expected = await window.complete(text, "main.py")
    assert expected.startswith("of_apples(")  # prices.py was never saved
    windows.backend().kill()
    assert await window.complete_again(text, 1) == expected


async def test_too_little_address_space_is_one_clear_message(windows: Windows) -> None:
    prlimit = shutil.which("prlimit")
    if prlimit is None:
        missing_tool("prlimit is not here")
    window = await windows.open("shop", SETTINGS, prlimit, f"--as={900 * 1024 * 1024}")
    window.open(TEXTS["shop"])
    assert await window.ask(TEXTS["shop"]) == ""
    failed = await eventually(
        lambda: [status for status in window.statuses if status.state == "error"], "an error", 300
    )
    assert "\n" not in failed[-1].message
    assert "model" in failed[-1].message
    assert await window.ask(TEXTS["shop"]) == ""  # still answered
    assert window.server.is_running()


async def test_a_running_backend_that_gets_no_more_memory_still_answers(windows: Windows) -> None:
    prlimit = shutil.which("prlimit")
    if prlimit is None:
        missing_tool("prlimit is not here")
    window = await windows.open("shop")
    expected = await window.complete(TEXTS["shop"])
    backend = windows.backend()
    subprocess.run([prlimit, "--pid", str(backend.pid), f"--as={64 * 1024 * 1024}:"], check=True)
    for name in ("geometry", "dates"):
        window.open(TEXTS[name], f"{name}.py")
        await window.ask(TEXTS[name], f"{name}.py")  # whatever it is, there is an answer
    with contextlib.suppress(psutil.NoSuchProcess):  # it may have died of it, and been replaced
        backend.kill()
    assert await window.complete_again(TEXTS["shop"], 1) == expected


async def test_windows_share_a_backend_and_answer_as_if_alone(windows: Windows) -> None:
    # what is retrieved depends on how far the index and its vectors are by then, with one window as with four
    settings = {**SETTINGS, "index": {"enabled": False}}
    alone: dict[str, str] = {}
    for name, text in TEXTS.items():
        window = await windows.open(name, settings)
        alone[name] = await window.complete(text)
        await window.leave()
    memory_of_one = _megabytes(windows.backend())

    opened = {name: await windows.open(name, settings) for name in TEXTS}
    together = await asyncio.gather(*(opened[name].complete(text) for name, text in TEXTS.items()))
    assert dict(zip(TEXTS, together, strict=True)) == alone
    backend = windows.backend()  # one for all
    # one copy of the weights (491 MB), and a context for each window
    assert _megabytes(backend) < memory_of_one + 4 * 120

    # the newest request goes first, and no window starves: all are answered, again and again
    for turn in range(3):
        texts = {name: f"{text}\n# {turn}\nx = " for name, text in TEXTS.items()}
        for name, text in texts.items():
            opened[name].open(text, f"turn{turn}.py")
        answers = await asyncio.gather(*(opened[n].ask(t, f"turn{turn}.py") for n, t in texts.items()))
        assert len(answers) == 4
    assert windows.backend().pid == backend.pid


async def test_a_window_that_is_killed_is_forgotten_and_the_backend_ends(windows: Windows) -> None:
    settings = {**SETTINGS, "backend": {"lingerS": 3}}
    window = await windows.open("shop", settings)
    await window.complete(TEXTS["shop"])
    backend = windows.backend()
    children = backend.children(recursive=True)
    assert any("soothsay_index.worker" in child.cmdline() for child in children)
    window.server.kill()
    _, alive = await asyncio.to_thread(psutil.wait_procs, [backend, *children], 60)
    assert not alive
    assert not list(windows.runtime.glob("*.sock")) and not list(windows.runtime.glob("*.json"))


async def test_commands_use_the_backend_that_runs_and_status_tells_of_it(windows: Windows) -> None:
    window = await windows.open("shop")
    await window.complete(TEXTS["shop"])
    pid = windows.backend().pid
    (window.workspace / "area.py").write_text(TEXTS["geometry"])
    line = TEXTS["geometry"].count("\n") + 1
    files = f"{window.workspace}/area.py:{line}:12"
    done = await asyncio.to_thread(soothsay, windows, "complete", files, "--python", sys.executable)
    assert (done.returncode, "math" in done.stdout) == (0, True), done.stderr
    assert windows.backend().pid == pid

    told = await asyncio.to_thread(soothsay, windows, "status", "--json")
    (status,) = json.loads(told.stdout)
    assert status["pid"] == pid
    (model,) = status["models"]
    assert (Path(model["path"]).suffix, model["windows"]) == (".gguf", 1)
    (shown,) = [each for each in status["windows"] if each["pid"] == window.server.pid]
    assert shown["workspace"] == str(window.workspace)
    assert shown["megabytes"]["index"] > 10
    plain = await asyncio.to_thread(soothsay, windows, "status")
    assert str(pid) in plain.stdout and "MB resident" in plain.stdout

    ended = await asyncio.to_thread(soothsay, windows, "stop")
    assert (ended.returncode, ended.stdout) == (0, "1 backend stopped\n")
    assert await window.complete_again(TEXTS["shop"], 1)
    assert windows.backend().pid != pid


async def test_a_backend_of_another_version_is_left_alone(windows: Windows) -> None:
    os.environ["SOOTHSAY_RUNTIME"] = str(windows.runtime)
    try:
        files = backend_files(build_id())
    finally:
        del os.environ["SOOTHSAY_RUNTIME"]
    address = str(windows.runtime / "other.sock")
    listener = Listener(address, "AF_UNIX")
    asked: list[Any] = []

    def refuse() -> None:
        while True:
            try:
                stream = MessageStream(listener.accept())
            except OSError:
                return  # the listener was closed
            asked.append(stream.receive()[0])
            stream.send(Refused("this is build 9.9.9"))
            stream.close_when_sent()

    threading.Thread(target=refuse, daemon=True).start()
    created = psutil.Process().create_time()
    info = ConnectionInfo(os.getpid(), created, "AF_UNIX", address, "token", "9.9.9")
    write_connection_info(files, info)
    window = await windows.open("shop")
    assert await window.complete(TEXTS["shop"])
    assert asked
    mine = [backend for backend in windows.backends() if backend.pid != os.getpid()]
    assert len(mine) == 1
    assert json.loads(files.connection_file.read_text())["pid"] == os.getpid()
    files.connection_file.unlink()
    listener.close()


async def test_no_process_of_ours_starts_in_the_workspace(windows: Windows) -> None:
    window = await windows.open("shop")
    await window.complete(TEXTS["shop"])
    backend = windows.backend()
    for process in (backend, *backend.children(recursive=True)):
        command = process.cmdline()
        if "python" in Path(command[0]).name:
            assert "-P" in command or "-I" in command, command
        if Path(command[0]).name != "ty":
            assert not Path(process.cwd()).is_relative_to(window.workspace), command


def _megabytes(process: psutil.Process) -> float:
    return process.memory_info().rss / 1e6
