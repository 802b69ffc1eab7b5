"""Whose process is at the other end of a connection, as the operating system says."""

from __future__ import annotations

import os
import socket
import struct

_CREDENTIALS = struct.Struct("3i")  # process, user, group


def is_own_user(descriptor: int) -> bool:
    """Return whether the process at the other end of a socket is this user's.

    True where the system does not say (it is asked on Linux): the socket's folder and its secret guard it there.
    """
    option = getattr(socket, "SO_PEERCRED", None)
    if option is None:
        return True
    with socket.socket(fileno=os.dup(descriptor)) as duplicate:
        found = duplicate.getsockopt(socket.SOL_SOCKET, option, _CREDENTIALS.size)
    return _CREDENTIALS.unpack(found)[1] == os.getuid()
