"""The file of the model is removed, cut off or replaced while the model is used; windows whose editor vanishes."""

from __future__ import annotations

import asyncio
import shutil
import signal
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path

import psutil
import pytest
import pytest_asyncio
from backend_windows import SETTINGS, Window, Windows, eventually

from soothsay.backend.models import ModelPool
from soothsay.backend.session import Session
from soothsay.config import IndexSettings, ModelSettings, OracleSettings, Settings
from soothsay.engine.types import CompletionRequest
from soothsay.errors import SoothsayError
from soothsay.model.tiny import write_tiny_model

pytestmark = [
    pytest.mark.slow,
    pytest.mark.timeout(600),
    pytest.mark.skipif(sys.platform == "win32", reason="a file in use cannot be replaced there; signals"),
]


CHANGED = "the file of the model has changed: it is loaded again"


@pytest.fixture
def model(tmp_path: Path) -> Path:
    path = tmp_path / "tiny.gguf"
    write_tiny_model(path)
    return path


@pytest.fixture
def session(model: Path, tmp_path: Path) -> Iterator[Session]:
    workspace = tmp_path / "shop"
    workspace.mkdir()
    opened = open_session(model, workspace)
    ask(opened)
    yield opened
    opened.close()


def open_session(model: Path, workspace: Path, pool: ModelPool | None = None) -> Session:
    settings = Settings(
        model=ModelSettings(path=str(model)),
        index=IndexSettings(enabled=False),
        oracle=OracleSettings(enabled=False),
    )
    return Session(settings, workspace, weights=(pool or ModelPool()).within(0))


def ask(session: Session) -> None:
    before = session.evaluated
    text = f"value = {before}\nother = "
    session.complete(CompletionRequest(session.workspace / "main.py", text, len(text), session.workspace))
    assert session.evaluated > before, "the model has read it"


def put(content: bytes, model: Path) -> None:
    """Put another file in the place of the model's, as downloads do."""
    new = model.with_suffix(".new")
    new.write_bytes(content)
    new.replace(model)


def test_a_model_that_was_removed_is_used_until_the_end(session: Session, model: Path):
    content = model.read_bytes()
    model.unlink()
    ask(session)
    assert CHANGED not in session.warnings
    with pytest.raises(SoothsayError, match=r"no file .*tiny\.gguf; set model\.path"):
        open_session(model, session.workspace).load_model()
    put(content, model)
    ask(session)


def test_a_model_that_was_replaced_is_loaded_again(session: Session, model: Path):
    put(model.read_bytes(), model)
    ask(session)
    assert session.warnings.count(CHANGED) == 1
    ask(session)
    assert session.warnings.count(CHANGED) == 1


DAMAGES: dict[str, Callable[[bytes], bytes]] = {
    "emptied": lambda content: b"",
    "cut in its head": lambda content: content[:16],
    "cut": lambda content: content[: len(content) // 2],
    "no model": lambda content: b"x" * len(content),
}


@pytest.mark.parametrize("way", ["replaced", "rewritten"])
@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_model_is_one_message_and_works_again_when_it_is_whole(
    session: Session, model: Path, damage: str, way: str
):
    content = model.read_bytes()
    damaged = DAMAGES[damage](content)
    if way == "replaced":
        put(damaged, model)
    else:
        model.write_bytes(damaged)
    for _ in range(2):
        with pytest.raises(SoothsayError, match=r"tiny\.gguf") as error:
            ask(session)
        assert "\n" not in str(error.value)
        assert any(fix in str(error.value) for fix in ("set model.path", "again"))
    put(content, model)
    ask(session)


def test_windows_that_share_a_model_change_to_the_new_file_one_by_one(model: Path, tmp_path: Path):
    pool = ModelPool()
    one, other = open_session(model, tmp_path, pool), open_session(model, tmp_path, pool)
    for each in (one, other):
        ask(each)
    put(model.read_bytes(), model)
    for each in (one, other, one):
        ask(each)
    (status,) = pool.status()
    assert status.windows == 2
    for each in (one, other):
        each.close()


# -- editors ----------------------------------------------------------------------------------------------------------


@pytest_asyncio.fixture
async def windows(tmp_path: Path) -> AsyncIterator[Windows]:
    runtime = Path(tempfile.mkdtemp(prefix="soothsay-"))
    opened = Windows(runtime, tmp_path)
    opened.environment["SOOTHSAY_CACHE"] = str(tmp_path / "cache")
    yield opened
    await opened.close()
    shutil.rmtree(runtime, ignore_errors=True)


def settings_with(model: Path) -> dict[str, object]:
    index = {"python": str(model.parent / "env" / "bin" / "python")}
    return {**SETTINGS, "index": index, "model": {"path": str(model)}, "backend": {"lingerS": 1}}


async def is_ready(window: Window) -> None:
    await eventually(lambda: window.statuses and window.statuses[-1].state == "ready", "the model")


@pytest.mark.parametrize("end", ["closed", "killed", "stopped and killed"])
async def test_an_editor_that_vanishes_leaves_no_process(windows: Windows, model: Path, end: str):
    window = await windows.open("shop", settings_with(model))
    await is_ready(window)
    window.open("import json\n\nvalue = json.")
    await window.ask("import json\n\nvalue = json.")
    backend = windows.backend()
    processes = [
        window.server,
        *window.server.children(recursive=True),
        backend,
        *backend.children(recursive=True),
    ]
    assert any("soothsay_index.worker" in process.cmdline() for process in processes)
    assert window.client._server is not None and window.client._server.stdin is not None
    if end == "closed":
        window.client._server.stdin.close()
    else:
        if end != "killed":
            window.server.send_signal(signal.SIGSTOP)
        window.server.kill()
    _, alive = await asyncio.to_thread(psutil.wait_procs, processes, 60)
    assert not alive
    assert not list(windows.runtime.glob("*.sock")) and not list(windows.runtime.glob("*.json"))


async def test_a_backend_that_is_killed_in_any_step_of_its_start_leaves_no_request_open(
    windows: Windows, model: Path
):
    window = await windows.open("shop", settings_with(model))
    await is_ready(window)
    killed: set[int] = set()
    for after in (
        0.0,
        0.05,
        0.2,
        0.5,
        1.0,
    ):  # seconds of its life: while it connects, opens, loads, indexes, answers
        backend = (
            await eventually(lambda: [each for each in windows.backends() if each.pid not in killed], "one")
        )[0]
        text = f"import json\n\nvalue_{len(killed)} = json."
        window.open(text, f"step{len(killed)}.py")
        asked = asyncio.create_task(window.ask(text, f"step{len(killed)}.py", 60))
        await asyncio.sleep(after)
        killed.add(backend.pid)
        backend.kill()
        await asked
    await is_ready(window)
    await window.ask(text, f"step{len(killed) - 1}.py", 60)
    assert len(killed) == 5


@pytest.mark.parametrize("name", ["SIGKILL", "SIGSTOP"])
async def test_a_completion_is_answered_whenever_the_backend_goes(windows: Windows, model: Path, name: str):
    window = await windows.open("shop", settings_with(model))
    await is_ready(window)
    text = "import json\n\n" + "value = 1\n" * 300 + "other = json."
    window.open(text)
    began = time.monotonic()
    await window.ask(text)
    whole = time.monotonic() - began
    gone: set[int] = set()
    for share in (0.0, 0.4, 0.8):  # parts of the time that it takes: while it is drafted, looked up, judged
        file = f"step{len(gone)}.py"
        (backend,) = await eventually(
            lambda: [each for each in windows.backends() if each.pid not in gone], "one"
        )
        window.open(text, file)
        asked = asyncio.create_task(window.ask(text, file, 60))
        await asyncio.sleep(share * whole)
        gone.add(backend.pid)
        backend.send_signal(getattr(signal, name))
        await asked
    await is_ready(window)
    await window.ask(text, "step0.py", 60)
