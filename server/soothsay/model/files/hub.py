"""Files from the Hugging Face Hub, with the user's endpoint, token and proxies as `huggingface_hub` reads them.

`hf_hub_download` cannot go on with a download that was stopped (checked with 2.4: it writes to a temporary file of a
random name and deletes it on every error; `resume_size` counts only within one call), and its time limits add up (per
address, per retry). So the requests are made here, with the client's own session, on a thread that can be left behind:
a Hub that does not answer costs what we say and no more, whether it is the name, the connection or the first byte that
is missing.
"""

from __future__ import annotations

import queue
import re
import time
from collections.abc import Iterator, Sequence
from threading import Event, Thread

from huggingface_hub import constants, get_hf_file_metadata, hf_hub_url
from huggingface_hub.utils import build_hf_headers, get_session, hf_raise_for_status

from soothsay import __version__
from soothsay.errors import Cancelled
from soothsay.model.files.partial import PartialFile, Report, SourceUnavailableError
from soothsay.model.files.registry import ModelFile, ModelSpec

_STALLED_S = 30.0  # a transfer that brings nothing for so long is over
_POLL_S = 0.1
_SHA256 = re.compile(r"[0-9a-f]{64}")


class _LostError(Exception):
    """The transfer broke off."""


def fetch(
    spec: ModelSpec, partials: Sequence[PartialFile], report: Report, cancel: Event, patience_s: float
) -> None:
    """Complete ``partials``. The Hub must begin to answer within ``patience_s``, all requests until then together.

    Raises `SourceUnavailableError`, or `Cancelled`.
    """
    if constants.HF_HUB_OFFLINE:
        raise SourceUnavailableError("HF_HUB_OFFLINE is set")
    # it would name torch and the running tools to the Hub, and ask it once a day which tools there are
    constants.HF_HUB_DISABLE_TELEMETRY = True
    deadline = time.monotonic() + patience_s
    for partial in partials:
        while not partial.complete:
            before = partial.length
            report("from the Hub", 0)
            try:
                blocks = _blocks(spec, partial.file, before, cancel, deadline)
                partial.append(blocks, cancel, lambda: report("from the Hub", 0))
            except _LostError as lost:
                if partial.length == before:  # no progress: asking again would not help
                    raise SourceUnavailableError(str(lost)) from lost
            deadline = time.monotonic() + _STALLED_S


def _blocks(spec: ModelSpec, file: ModelFile, start: int, cancel: Event, deadline: float) -> Iterator[bytes]:
    """Yield the bytes of ``file`` from ``start``, fetched by a thread of their own."""
    arrived: queue.Queue[bytes | Exception | None] = queue.Queue(maxsize=64)
    abandoned = Event()
    Thread(target=_pump, args=(spec, file, start, arrived, abandoned), daemon=True).start()
    wanted = file.size - start
    try:
        while wanted > 0:
            item = _next(arrived, cancel, deadline)
            if isinstance(item, SourceUnavailableError):
                raise item
            if isinstance(item, Exception):
                raise _LostError(_one_line(item)) from item
            if item is None:
                raise _LostError(f"{file.name} ended after {file.size - wanted:,} of {file.size:,} bytes")
            deadline = time.monotonic() + _STALLED_S
            yield item[:wanted]
            wanted -= len(item)
    finally:
        abandoned.set()


def _next(
    arrived: queue.Queue[bytes | Exception | None], cancel: Event, deadline: float
) -> bytes | Exception | None:
    while True:
        try:
            return arrived.get(timeout=_POLL_S)
        except queue.Empty:
            if cancel.is_set():
                raise Cancelled from None
            if time.monotonic() > deadline:
                raise _LostError("no answer in time") from None


def _pump(
    spec: ModelSpec,
    file: ModelFile,
    start: int,
    arrived: queue.Queue[bytes | Exception | None],
    abandoned: Event,
) -> None:
    """Put the blocks of ``file`` into ``arrived``, then None, or the error that stopped it."""

    def put(item: bytes | Exception | None) -> bool:
        while not abandoned.is_set():
            try:
                arrived.put(item, timeout=_POLL_S)
                return True
            except queue.Full:
                pass
        return False

    try:
        for block in _request(spec, file, start):
            if not put(block):
                return
        put(None)
    except Exception as error:  # whatever it is, the thread that waits must hear of it
        put(error)


def _request(spec: ModelSpec, file: ModelFile, start: int) -> Iterator[bytes]:
    url = hf_hub_url(spec.repository, file.name, revision=spec.revision)
    # no compression: the lengths and the range are those of the file
    headers = {
        **build_hf_headers(library_name="soothsay", library_version=__version__),
        "Accept-Encoding": "identity",
    }
    _check_version(get_hf_file_metadata(url, headers=dict(headers)), file)
    if start:
        headers["Range"] = f"bytes={start}-"
    # the session drops the token when it is sent on to another host
    with get_session().stream("GET", url, headers=headers, follow_redirects=True) as response:
        hf_raise_for_status(response)
        skip = 0 if response.status_code == 206 else start  # the server may ignore the range
        for block in response.iter_bytes():  # as they come: a block size would lose what fills none
            if skip < len(block):
                yield block[skip:]
            skip = max(0, skip - len(block))


def _check_version(metadata: object, file: ModelFile) -> None:
    """Say before the download, not after it, that the Hub now holds another version of the file."""
    size, etag = getattr(metadata, "size", None), getattr(metadata, "etag", None) or ""
    other_hash = _SHA256.fullmatch(etag) and etag != file.sha256  # large files have it as their ETag
    if other_hash or (size is not None and size != file.size):
        raise SourceUnavailableError(
            f"the Hub holds another {file.name} (SHA-256 or ETag {etag}, {size} bytes; "
            f"expected SHA-256 {file.sha256}, {file.size} bytes)"
        )


def _one_line(error: Exception) -> str:
    text = str(error).strip().splitlines()
    return f"{text[0]}" if text else type(error).__name__
