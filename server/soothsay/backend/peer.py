"""Whose process is at the other end of a connection, as the operating system says."""

from __future__ import annotations

import os
import socket
import struct
import sys
from typing import NamedTuple


class _Question(NamedTuple):
    """The socket option that tells, and how long the answer is: the user is the second of its numbers."""

    level: int
    option: int
    size: int


_HEAD = struct.Struct("=iI")  # Linux: process, user, group; macOS: version, user, groups
_DARWIN = _Question(0, 1, 76)  # SOL_LOCAL, LOCAL_PEERCRED, struct xucred: not all builds of Python name them


def question() -> _Question | None:
    """Return how this system is asked, None where it is not."""
    if sys.platform == "darwin":
        return _DARWIN
    option = getattr(socket, "SO_PEERCRED", None)
    return None if option is None else _Question(socket.SOL_SOCKET, option, 12)


def is_own_user(descriptor: int) -> bool:
    """Return whether the process at the other end of a socket is this user's.

    True where the system does not say (it is asked on Linux and macOS): the socket's folder and its secret guard it there.
    """
    asked = question()
    if asked is None:
        return True
    with socket.socket(fileno=os.dup(descriptor)) as duplicate:
        found = duplicate.getsockopt(*asked)
    return user_of(found) == os.getuid()


def user_of(credentials: bytes) -> int:
    """Return the user in a system's answer."""
    return _HEAD.unpack_from(credentials)[1]
