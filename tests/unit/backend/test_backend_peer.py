"""Who is at the other end of the backend's socket: only processes of its own user are served."""

from __future__ import annotations

import os
import socket
import struct
from pathlib import Path

import pytest
from backend_stand_ins import PATIENCE, SmallBackend

from soothsay.backend import peer as module
from soothsay.backend.peer import is_own_user, question, user_of

pytestmark = pytest.mark.skipif(question() is None, reason="the system does not say who connects")


def test_this_process_is_this_users():
    one, other = socket.socketpair()
    with one, other:
        assert is_own_user(one.fileno())
        assert one.fileno() >= 0, "it is still open"


def test_the_user_is_found_in_the_answers_of_linux_and_macos():
    assert user_of(struct.pack("=iII", 4711, 501, 20)) == 501
    assert user_of(struct.pack("=IIh2x16I", 0, 501, 1, *[20] * 16)) == 501
    assert user_of(struct.pack("=IIh2x16I", 0, 2**32 - 2, 1, *[20] * 16)) == 2**32 - 2  # nobody


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="only root becomes somebody else")
def test_a_process_of_somebody_else_is_told_apart(runtime: Path):
    runtime.chmod(0o755)
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(runtime / "s"))
        (runtime / "s").chmod(0o777)
        listener.listen()
        child = os.fork()
        if not child:  # the interpreter may lie where others may not read: nothing is run
            os.setuid(65534)
            with socket.socket(socket.AF_UNIX) as raw:
                raw.connect(str(runtime / "s"))
                raw.recv(1)
            os._exit(0)
        listener.settimeout(PATIENCE)
        connection, _ = listener.accept()
        with connection:
            assert not is_own_user(connection.fileno())
        os.waitpid(child, 0)


def test_somebody_else_is_not_served_whatever_it_knows(
    backend: SmallBackend, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(module.os, "getuid", lambda: 65534)
    with socket.socket(socket.AF_UNIX) as raw:
        raw.connect(backend.info.address)
        raw.settimeout(PATIENCE)
        assert raw.recv(100) == b"", "it is closed before anything is read"
    monkeypatch.undo()
    assert not backend.backend.status().windows
