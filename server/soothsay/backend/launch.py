"""Reaching the backend of this build: the one that runs, else one that is started now."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import threading
import time
from dataclasses import dataclass
from multiprocessing.connection import Client

import psutil
from filelock import FileLock, Timeout

from soothsay.backend.address import Card, Place, build_id, find_place, read_card, remove_card
from soothsay.backend.channel import Channel
from soothsay.backend.codec import CodecError
from soothsay.backend.deaths import last_words, rotate
from soothsay.backend.messages import Hello, Refused, Welcome
from soothsay.errors import SoothsayError
from soothsay_common.children import child_environment, python_command

_STARTS_WITHIN = 30.0  # seconds until a backend must listen; it imports little before
_GREETS_WITHIN = 10.0  # seconds until a running one must answer: one that is stopped never does
_ENDS_WITHIN = 5.0  # seconds for one that was killed: its memory is given back first
_LOOK_EVERY = 0.02


@dataclass(frozen=True, slots=True)
class Reached:
    """A connection to a backend that has said `Welcome`."""

    channel: Channel
    card: Card
    place: Place


class _RefusedError(Exception):
    """The backend that runs there is not for this window."""


def reach(name: str) -> Reached:
    """Return a connection to the backend, started if there is none (blocking). Raises `SoothsayError`.

    ``name`` says who asks, for ``soothsay status``.
    """
    build = build_id()
    for variant in ("", "second"):  # a backend that answers there and is of another build is left alone
        place = find_place(build, variant)
        with contextlib.suppress(_RefusedError):
            reached = _connect(place, name, build)
            return reached if reached is not None else _start(place, name, build)
    raise SoothsayError(
        "a backend of another version of soothsay answers: restart the editor, or run `soothsay stop` and try again"
    )


def connect(place: Place, name: str) -> Reached | None:
    """Return a connection to the backend at ``place``, of whatever build, if one runs there that answers."""
    with contextlib.suppress(_RefusedError):
        return _connect(place, name, None)
    return None


def kill(card: Card) -> None:
    """End a backend that does not answer (blocking until it is gone); harmless if it is."""
    if card.is_alive():
        with contextlib.suppress(psutil.Error):
            process = psutil.Process(card.pid)
            process.kill()
            process.wait(_ENDS_WITHIN)


def _connect(place: Place, name: str, build: str | None) -> Reached | None:
    """``build``: one that does not answer is ended, and one of another build refuses. None: any, as it is."""
    card = read_card(place)
    if card is None:
        return None
    try:
        channel = Channel(Client(card.address, card.family))
    except (OSError, EOFError):
        return None
    channel.send(Hello(card.token, card.build if build is None else build, os.getpid(), name))
    try:
        if not channel.waits(_GREETS_WITHIN):
            channel.close()
            if build is not None:
                kill(card)
            return None
        answer, _ = channel.receive()
    except (EOFError, CodecError):
        channel.close()
        return None
    if isinstance(answer, Welcome) and answer.pid == card.pid:
        return Reached(channel, card, place)
    channel.close()
    if isinstance(answer, Refused):
        raise _RefusedError(answer.reason)
    return None


def _start(place: Place, name: str, build: str) -> Reached:
    lock = FileLock(place.lock, timeout=2 * _STARTS_WITHIN)
    try:
        lock.acquire()
    except (OSError, Timeout) as error:
        raise SoothsayError(f"cannot start the backend: {place.lock} is held or not writable") from error
    try:
        reached = _connect(place, name, build)  # another window may have started it meanwhile
        if reached is not None:
            return reached
        old = read_card(place)
        if old is not None:
            kill(old)
            remove_card(place, old)
        process = _spawn(place)
        deadline = time.monotonic() + _STARTS_WITHIN
        while process.poll() is None and time.monotonic() < deadline:
            card = read_card(place)
            # on Windows the process that was started may be a launcher, and the backend its child
            if card is not None and card != old:
                reached = _connect(place, name, build)
                if reached is not None:
                    return reached
            time.sleep(_LOOK_EVERY)
        words = last_words(place.log)
        process.kill()
        raise SoothsayError(
            f"the backend process does not start ({words or 'it gave no reason'}): see {place.log}"
        )
    finally:
        lock.release()


def _spawn(place: Place) -> subprocess.Popen[bytes]:
    with contextlib.suppress(OSError):  # Windows: somebody reads it
        rotate(place.log)
    command = python_command("soothsay.backend", "--folder", str(place.folder), "--key", place.key)
    flags, group = detachment()
    try:
        # MALLOC_ARENA_MAX: glibc gives each thread an arena of its own, and freed memory lies in all of them
        # GGML_NO_BACKTRACE: an abort of llama.cpp would start a debugger first, for seconds
        with place.log.open("wb") as log:
            process = subprocess.Popen(
                command,
                cwd=place.folder,
                env=child_environment(PYTHONUNBUFFERED="1", MALLOC_ARENA_MAX="2", GGML_NO_BACKTRACE="1"),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                creationflags=flags,
                process_group=group,
            )
    except OSError as error:
        raise SoothsayError(f"cannot start the backend process: {error.strerror}") from error
    threading.Thread(target=process.wait, name="backend-reaper", daemon=True).start()  # leaves no zombie
    return process


def detachment(platform: str = sys.platform) -> tuple[int, int | None]:
    """Return ``creationflags`` and ``process_group`` of a backend: it must outlive the editor that started it, and not be
    interrupted with its terminal.

    It is no session of its own: Linux shares the processors out between sessions (autogroup), and the editor's process
    waited 40 to 60 ms for one while the backend of another session computed; in the same session under 10 ms.
    """
    if platform == "win32":
        # CREATE_NO_WINDOW, not DETACHED_PROCESS: without any console, each child process would open a window of its own
        no_window, new_group = 0x08000000, 0x00000200  # and CREATE_NEW_PROCESS_GROUP
        return no_window | new_group, None
    return 0, 0
