"""Where backends are found, and how their processes are told from others."""

from __future__ import annotations

import json
import os
import stat
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import psutil
import pytest

from soothsay.backend import address as module
from soothsay.backend.address import (
    FOLDER_VARIABLE,
    BackendFiles,
    ConnectionInfo,
    backend_files,
    build_id,
    is_private,
    list_backends,
    new_address,
    process_started_at,
    read_connection_info,
    remove_connection_info,
    runtime_folder,
    write_connection_info,
)
from soothsay.backend.launch import detachment
from soothsay.errors import SoothsayError

posix = pytest.mark.skipif(sys.platform == "win32", reason="owners and modes")

FOLDER = stat.S_IFDIR


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder for sockets, which does not exist yet."""
    monkeypatch.setenv(FOLDER_VARIABLE, str(tmp_path / "run"))
    monkeypatch.setenv("SOOTHSAY_CACHE", str(tmp_path / "cache"))
    return tmp_path / "run"


def card_of(pid: int, created: float, address: str = "") -> ConnectionInfo:
    return ConnectionInfo(pid, created, "AF_UNIX", address, "token", "0.1-abc")


@pytest.mark.parametrize(
    ("owner", "mode", "private"),
    [
        (7, FOLDER | 0o700, True),
        (7, FOLDER | 0o500, True),
        (7, FOLDER | stat.S_ISVTX | 0o700, True),
        (8, FOLDER | 0o700, False),
        (0, FOLDER | 0o700, False),
        (7, FOLDER | 0o710, False),
        (7, FOLDER | 0o701, False),
        (7, FOLDER | 0o702, False),
        (7, FOLDER | 0o755, False),
        (7, FOLDER | 0o777, False),
        (7, stat.S_IFREG | 0o700, False),
        (7, stat.S_IFLNK | 0o777, False),
        (7, stat.S_IFLNK | 0o700, False),
        (7, 0o700, False),
    ],
)
def test_a_folder_that_is_the_users_alone(owner: int, mode: int, private: bool) -> None:
    assert is_private(owner, mode, 7) is private


@posix
def test_the_folder_is_made_for_its_user_alone(folder: Path) -> None:
    before = os.umask(0)
    try:
        assert runtime_folder() == folder
    finally:
        os.umask(before)
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert runtime_folder() == folder


@posix
@pytest.mark.parametrize("mode", [0o755, 0o770, 0o707])
def test_a_folder_that_others_may_read_is_refused(folder: Path, mode: int) -> None:
    folder.mkdir()
    folder.chmod(mode)
    with pytest.raises(SoothsayError, match="chmod 700"):
        runtime_folder()
    folder.chmod(0o700)
    assert runtime_folder() == folder


@posix
def test_a_link_to_a_folder_is_refused(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir(mode=0o700)
    folder.symlink_to(tmp_path / "elsewhere")
    with pytest.raises(SoothsayError, match=FOLDER_VARIABLE):
        runtime_folder()


@posix
def test_a_folder_of_somebody_else_is_refused(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder.mkdir(mode=0o700)
    monkeypatch.setattr(module.os, "getuid", lambda: folder.stat().st_uid + 1)
    with pytest.raises(SoothsayError, match="other users may access"):
        runtime_folder()


def test_a_folder_that_cannot_be_made_is_an_error(folder: Path) -> None:
    folder.write_text("a file")
    with pytest.raises(SoothsayError, match=FOLDER_VARIABLE):
        runtime_folder()


@pytest.mark.skipif(sys.platform != "linux", reason="the XDG folder")
def test_the_folder_of_the_login_session_is_used_if_it_is_private(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv(FOLDER_VARIABLE, raising=False)
    monkeypatch.setattr(module.tempfile, "gettempdir", lambda: str(tmp_path / "tmp"))
    in_temp = tmp_path / "tmp" / f"soothsay-{os.getuid()}"
    session = tmp_path / "session"
    session.mkdir(mode=0o700)
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(session))
    assert runtime_folder() == session / "soothsay"
    session.chmod(0o755)  # what `sudo` leaves may be another user's
    assert runtime_folder() == in_temp
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path / "gone"))
    assert runtime_folder() == in_temp
    monkeypatch.setenv("XDG_RUNTIME_DIR", "")
    assert runtime_folder() == in_temp


def test_an_address_is_a_socket_or_a_pipe() -> None:
    files = BackendFiles(Path("/run/user/1000/soothsay"), "0123456789ab")
    family, address = new_address(files, "linux")
    assert family == "AF_UNIX"
    assert Path(address).parent == files.folder and address.endswith(".sock")
    assert new_address(files, "darwin")[0] == "AF_UNIX"
    assert new_address(files, "linux") != new_address(files, "linux")  # one that hangs keeps its own

    family, address = new_address(files, "win32")
    assert family == "AF_PIPE"
    assert address.startswith("\\\\.\\pipe\\soothsay-0123456789ab-")


def test_a_socket_path_that_is_too_long_is_an_error() -> None:
    files = BackendFiles(Path("/" + "f" * 90), "0123456789ab")
    with pytest.raises(SoothsayError, match=FOLDER_VARIABLE):
        new_address(files, "linux")
    assert new_address(files, "win32")[0] == "AF_PIPE"  # it has no such limit
    with pytest.raises(SoothsayError):
        new_address(BackendFiles(Path("/" + "é" * 45), "0123456789ab"), "linux")  # bytes count


def test_the_build_changes_with_the_code(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    one, two = tmp_path / "one", tmp_path / "two"
    for package in (one, two):
        (package / "room").mkdir(parents=True)
        (package / "__init__.py").touch()
        (package / "room" / "door.py").write_text("x")
    monkeypatch.setattr(
        module, "soothsay", SimpleNamespace(__file__=str(one / "__init__.py"), __version__="1.2")
    )
    monkeypatch.setattr(module, "soothsay_index", SimpleNamespace(__file__=str(two / "__init__.py")))
    build = build_id.__wrapped__
    found = [build()]
    assert build() == found[0]
    assert found[0].startswith("1.2-")

    (one / "notes.txt").touch()
    assert build() == found[0]

    os.utime(two / "room" / "door.py", (1, 1))
    found.append(build())
    (one / "room" / "window.py").touch()
    found.append(build())
    (one / "room" / "window.py").rename(one / "room" / "gate.py")
    found.append(build())
    monkeypatch.setattr(module.sys, "executable", "/another/python")
    found.append(build())
    monkeypatch.setattr(module.soothsay, "__version__", "1.3")
    found.append(build())
    assert len(set(found)) == len(found)


def test_each_build_and_each_cache_has_its_own_place(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    found = [backend_files("a"), backend_files("b"), backend_files("a", "second")]
    monkeypatch.setenv("SOOTHSAY_CACHE", str(folder))
    found.append(backend_files("a"))
    assert len({files.key for files in found}) == 4
    assert backend_files("a") == found[-1]
    assert len({found[0].connection_file, found[0].log, found[0].lock}) == 3


# -- cards ----------------------------------------------------------------------------------------------------


def test_a_card_comes_as_it_was(folder: Path) -> None:
    files = backend_files("a")
    assert read_connection_info(files) is None
    assert list(list_backends()) == []
    info = card_of(os.getpid(), process_started_at(os.getpid()))
    write_connection_info(files, info)
    assert read_connection_info(files) == info
    assert list(list_backends()) == [files]
    if sys.platform != "win32":
        assert stat.S_IMODE(files.connection_file.stat().st_mode) == 0o600
    write_connection_info(files, replace(info, token="another"))
    assert read_connection_info(files) == replace(info, token="another")
    assert [path.suffix for path in folder.iterdir()] == [".json"]


@pytest.mark.parametrize(
    "text", ["", "{", "null", "[]", "5", "{}", '{"pid": 1}', '{"no": "such"}', "\udcff", json.dumps("x" * 10)]
)
def test_a_spoilt_card_is_none(folder: Path, text: str) -> None:
    files = backend_files("a")
    files.connection_file.write_bytes(text.encode("utf-8", "surrogateescape"))
    assert read_connection_info(files) is None


def test_only_its_own_card_is_taken_away(folder: Path) -> None:
    files = backend_files("a")
    old = card_of(1, 1.0, str(folder / "old.sock"))
    new = card_of(2, 2.0, str(folder / "new.sock"))
    for info in (old, new):
        Path(info.address).touch()
    write_connection_info(files, new)
    remove_connection_info(files, old)
    assert read_connection_info(files) == new
    assert not Path(old.address).exists() and Path(new.address).exists()
    remove_connection_info(files, new)
    remove_connection_info(files, new)
    assert list(folder.iterdir()) == []


def test_a_running_process_is_alive_until_it_ends() -> None:
    process = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    try:
        info = card_of(process.pid, process_started_at(process.pid))
        assert info.is_alive()
        assert not replace(info, created=info.created + 0.01).is_alive()  # another process has its number now
        process.kill()
        if sys.platform != "win32":
            os.waitid(
                os.P_PID, process.pid, os.WEXITED | os.WNOWAIT
            )  # it has ended, and nobody has asked how
            assert not info.is_alive()
    finally:
        process.kill()
        process.communicate()
    assert not info.is_alive()
    with pytest.raises(psutil.Error):
        process_started_at(process.pid)


def test_its_start_does_not_move_with_the_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    before = process_started_at(os.getpid())
    if sys.platform == "linux":
        boot = psutil.boot_time()
        monkeypatch.setattr("psutil._pslinux.boot_time", lambda: boot + 3600)
        assert psutil.Process().create_time() > 0
    assert process_started_at(os.getpid()) == before
    assert card_of(os.getpid(), before).is_alive()


def test_a_number_that_no_process_has() -> None:
    assert not card_of(2**30, 1.0).is_alive()
    assert not card_of(0, 1.0).is_alive()


def test_a_backend_is_detached_from_its_terminal() -> None:
    assert detachment("linux") == (0, 0)
    assert detachment("darwin") == (0, 0)
    flags, group = detachment("win32")
    assert group is None
    assert flags & 0x00000200  # CREATE_NEW_PROCESS_GROUP: no Ctrl-C
    assert flags & 0x08000000  # CREATE_NO_WINDOW
    assert not flags & 0x00000008  # DETACHED_PROCESS: each child would open a console of its own
