"""Reading the text of one file, in the encoding that it is in. What cannot be read is refused with a reason."""

from __future__ import annotations

import codecs
import os
import re
import stat
from collections.abc import Callable, Sequence
from pathlib import Path

MAX_BYTES = 1_000_000

_NO_WAITING = getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)  # a named pipe would be waited for
_WITH_MARK = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
# The line with which Emacs, Vim and Python say how a file is encoded.
_DECLARED = re.compile(rb"coding[:=][ \t]*([-\w.]+)")
_LINES_THAT_DECLARE = 2


class UnreadableError(Exception):
    """A file has no text for us; ``str(error)`` completes the sentence that begins with its name."""


class VanishedError(UnreadableError):
    """The file does not exist (any more)."""


def read_text(path: Path, max_bytes: int = MAX_BYTES) -> str | None:
    """Return the text of a file, or None where :func:`read_file` refuses it."""
    try:
        return read_file(path, max_bytes)
    except UnreadableError:
        return None


def read_file(path: Path, max_bytes: int = MAX_BYTES) -> str:
    """Return the text of a file with ``\\n`` at the line ends. Raises :class:`UnreadableError`; never waits for a writer."""
    return _text_of(lambda: os.open(path, os.O_RDONLY | _NO_WAITING), max_bytes)


def read_file_within(root: Path, path: Path, max_bytes: int = MAX_BYTES) -> str:
    """Like :func:`read_file`, for a file below ``root``: no link is followed on the way, also not one made just now.

    Where the system cannot open a file from a folder that is open (Windows), only the path as a whole is opened.
    """
    parts = path.relative_to(root).parts
    if os.open not in os.supports_dir_fd or ".." in parts:
        return read_file(path, max_bytes)
    return _text_of(lambda: _open_within(root, parts), max_bytes)


def _open_within(root: Path, parts: Sequence[str]) -> int:
    """Return a descriptor of the file ``parts`` below ``root``. Raises `OSError`, also for links."""
    folder = os.open(root, os.O_RDONLY | os.O_DIRECTORY)
    try:
        for part in parts[:-1]:
            inner = os.open(part, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW, dir_fd=folder)
            os.close(folder)
            folder = inner
        return os.open(parts[-1], os.O_RDONLY | os.O_NOFOLLOW | _NO_WAITING, dir_fd=folder)
    finally:
        os.close(folder)


def _text_of(opened: Callable[[], int], max_bytes: int) -> str:
    """Return the text of the file whose descriptor ``opened`` returns. Raises :class:`UnreadableError`."""
    try:
        with os.fdopen(opened(), "rb") as file:
            if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
                raise UnreadableError("is not a regular file")
            data = file.read(max_bytes + 1)
    except OSError as error:
        raise unreadable(error) from None
    if len(data) > max_bytes:
        raise UnreadableError(f"is larger than {max_bytes / 1e6:g} MB")
    return _decoded(data).replace("\r\n", "\n")


def unreadable(error: OSError) -> UnreadableError:
    """Return what the operating system's ``error`` means for a file or folder."""
    if isinstance(error, FileNotFoundError):
        return VanishedError("is gone")
    if isinstance(error, PermissionError):
        return UnreadableError("may not be read")
    return UnreadableError(f"cannot be read ({error.strerror or type(error).__name__})")


def _decoded(data: bytes) -> str:
    marked = next((name for mark, name in _WITH_MARK if data.startswith(mark)), "")
    if not marked and b"\0" in data:
        raise UnreadableError("is binary")
    try:
        return data.decode(marked or "utf-8")
    except UnicodeDecodeError:
        pass
    declared = _declared(data)
    if not declared:
        raise UnreadableError("is not UTF-8, and says no other encoding")
    try:
        return data.decode(declared)
    except (LookupError, ValueError):  # no such encoding, none of texts, or not what the bytes are
        raise UnreadableError(f"is not in the encoding that it says ({declared})") from None


def _declared(data: bytes) -> str:
    for line in data.split(b"\n", _LINES_THAT_DECLARE)[:_LINES_THAT_DECLARE]:
        found = _DECLARED.search(line)
        if found:
            return found[1].decode("ascii", "replace")
    return ""
