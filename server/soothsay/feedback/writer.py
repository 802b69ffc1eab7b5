"""Writing to the log on a thread of its own: the event loop hands over what it has seen, and never waits."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from threading import Lock

from soothsay.config import FeedbackSettings, ModelSettings
from soothsay.errors import SoothsayError
from soothsay.feedback.following import kept
from soothsay.feedback.redaction import Passage, clean
from soothsay.feedback.rows import Delay, FeedbackRow
from soothsay_common.file_identity import file_identity
from soothsay_common.priority import lower_thread_priority
from soothsay_common.threads import SerialExecutor

logger = logging.getLogger(__name__)

_WAITING = 256  # jobs: further ones are dropped


class FeedbackWriter:
    """Writes rows, in order. All methods return at once; what cannot be written is counted, and said once in the log."""

    def __init__(self) -> None:
        self._thread = SerialExecutor("soothsay-feedback", lower_thread_priority)
        self._lock = Lock()
        self._waiting = 0
        self.written = 0
        self.dropped = 0

    def add(
        self, row: FeedbackRow, model: ModelSettings, passage: Passage | None, limits: FeedbackSettings
    ) -> None:
        """Write ``row``, with the texts of ``passage`` unless they hold a secret."""

        def write() -> None:
            from soothsay.feedback.log import FeedbackLog, log_path  # SQLite takes milliseconds to load

            cleaned = clean(passage) if passage else None
            texts = (cleaned.prefix, cleaned.text, cleaned.suffix) if cleaned else (None, None, None)
            whole = replace(
                row, model_hash=_weights_hash(model), prefix=texts[0], text=texts[1], suffix=texts[2]
            )
            FeedbackLog(log_path()).add(whole, limits)
            self.written += 1

        self._submit(write)

    def settle(self, id: str, delay: Delay | None, proposed: str, now: str, passage: Passage | None) -> None:
        """Write how much of ``proposed`` stands in ``now`` after a delay, and what stands there, unless it is a secret."""

        def write() -> None:
            from soothsay.feedback.log import FeedbackLog, log_path

            values: dict[str, object] = {delay: kept(proposed, now)} if delay else {}
            if passage is not None:
                cleaned = clean(passage)
                values["settled"] = cleaned.text if cleaned else None
            if values:
                FeedbackLog(log_path()).update(id, **values)

        self._submit(write)

    def change(self, id: str, **values: object) -> None:
        """Change columns of a row."""

        def write() -> None:
            from soothsay.feedback.log import FeedbackLog, log_path

            FeedbackLog(log_path()).update(id, **values)

        self._submit(write)

    def limit(self, limits: FeedbackSettings) -> None:
        """Delete what is beyond the limits, if there is a log."""

        def write() -> None:
            from soothsay.feedback.log import FeedbackLog, log_path

            FeedbackLog(log_path()).limit(limits)

        self._submit(write)

    def stop(self, timeout: float) -> bool:
        """Write what waits, and end the thread; False when it has not ended in ``timeout`` seconds."""
        return self._thread.stop(timeout)

    def _submit(self, job: Callable[[], None]) -> None:
        with self._lock:
            if self._waiting >= _WAITING:
                self.dropped += 1
                return
            self._waiting += 1
        self._thread.submit(self._run, job)

    def _run(self, job: Callable[[], None]) -> None:
        try:
            job()
        except Exception as error:
            (logger.warning if not self.dropped else logger.debug)("the feedback log: %s", error)
            self.dropped += 1
        finally:
            with self._lock:
                self._waiting -= 1


def _weights_hash(model: ModelSettings) -> str:
    """Return a hash of the weights that the settings name; "" where there are none."""
    from soothsay.model.files.registry import find_spec
    from soothsay.model.files.resolve import resolve_weights

    try:
        chosen = resolve_weights(model.name, model.path, model.weights)
    except SoothsayError:
        return ""
    if chosen.record is not None:
        return chosen.record.sha256
    return (
        _file_hash(chosen.path, file_identity(chosen.path))
        if model.path
        else find_spec(model.name).files[0].sha256
    )


@lru_cache(maxsize=4)
def _file_hash(path: Path, identity: object) -> str:
    """Return the hash of a file, which takes a second, once for each of its contents."""
    from soothsay.model.files.cache import sha256_of

    try:
        return sha256_of(path)
    except OSError:
        return ""
