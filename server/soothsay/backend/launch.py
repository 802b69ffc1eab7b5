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
from soothsay.backend.deaths import last_words, rotate
from soothsay.backend.messages import Hello, Refused, Welcome
from soothsay.errors import SoothsayError
from soothsay_index.children import child_environment, python_command

_STARTS_WITHIN = 30.0  # seconds until a backend must listen; it imports little before
_GREETS_WITHIN = 10.0  # seconds until a running one must answer: one that is stopped never does
_LOOK_EVERY = 0.02


@dataclass(frozen=True, slots=True)
class Reached:
    """A connection to a backend that has said `Welcome`."""

    channel: Channel
    card: Card
    place: Place


class _RefusedError(Exception):
    """A backend runs there that is not for this window."""


def reach(name: str) -> Reached:
    """Return a connection to the backend, started if there is none (blocking). Raises `SoothsayError`.

    ``name`` says who asks, for ``soothsay status``.
    """
    build = build_id()
    for variant in (
        "",
        "second",
    ):  # a backend that answers at our address and is of another build is left alone
        place = find_place(build, variant)
        with contextlib.suppress(_RefusedError):
            reached = _connect(place, name)
            return reached if reached is not None else _start(place, name)
    raise SoothsayError("backends of another version answer: run `soothsay stop`, then try again")


def connect(place: Place, name: str) -> Reached | None:
    """Return a connection to the backend at ``place`` if one runs there that answers."""
    with contextlib.suppress(_RefusedError):
        return _connect(place, name)
    return None


def kill(card: Card) -> None:
    """End a backend that does not answer; harmless if it is gone."""
    if card.is_alive():
        with contextlib.suppress(psutil.Error):
            psutil.Process(card.pid).kill()


def _connect(place: Place, name: str) -> Reached | None:
    card = read_card(place)
    if card is None:
        return None
    try:
        channel = Channel(Client(card.address, card.family))
    except (OSError, EOFError):
        return None
    channel.send(Hello(card.token, card.build, os.getpid(), name))
    try:
        if not channel.waits(_GREETS_WITHIN):
            channel.close()
            kill(card)
            return None
        answer, _ = channel.receive()
    except EOFError:
        channel.close()
        return None
    if isinstance(answer, Welcome) and answer.pid == card.pid:
        return Reached(channel, card, place)
    channel.close()
    if isinstance(answer, Refused):
        raise _RefusedError(answer.reason)
    return None


def _start(place: Place, name: str) -> Reached:
    lock = FileLock(place.lock, timeout=2 * _STARTS_WITHIN)
    try:
        lock.acquire()
    except (OSError, Timeout) as error:
        raise SoothsayError(f"cannot start the backend: {place.lock} is held or not writable") from error
    try:
        reached = _connect(place, name)  # another window may have started it meanwhile
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
            if card is not None and card.pid == process.pid:
                reached = _connect(place, name)
                if reached is not None:
                    return reached
            time.sleep(_LOOK_EVERY)
        words = last_words(place.log, process.pid)
        process.kill()
        raise SoothsayError(
            f"the backend process does not start ({words or 'it gave no reason'}): see {place.log}"
        )
    finally:
        lock.release()


def _spawn(place: Place) -> subprocess.Popen[bytes]:
    rotate(place.log)
    command = python_command("soothsay.backend", "--folder", str(place.folder), "--key", place.key)
    flags, new_session = detachment()
    try:
        # MALLOC_ARENA_MAX: glibc gives each thread an arena of its own, and freed memory lies in all of them
        with place.log.open("wb") as log:
            process = subprocess.Popen(
                command,
                cwd=place.folder,
                env=child_environment(PYTHONUNBUFFERED="1", MALLOC_ARENA_MAX="2"),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                creationflags=flags,
                start_new_session=new_session,
            )
    except OSError as error:
        raise SoothsayError(f"cannot start the backend process: {error.strerror}") from error
    threading.Thread(target=process.wait, name="backend-reaper", daemon=True).start()  # leaves no zombie
    return process


def detachment(platform: str = sys.platform) -> tuple[int, bool]:
    """Return ``creationflags`` and ``start_new_session`` of a backend: it must outlive the editor that started it, and
    not be interrupted with its terminal."""
    if platform == "win32":
        detached, new_group = 0x00000008, 0x00000200  # DETACHED_PROCESS, CREATE_NEW_PROCESS_GROUP
        return detached | new_group, False
    return 0, True
