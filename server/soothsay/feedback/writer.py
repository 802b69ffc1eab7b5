"""Writing to the log on a thread of its own: the event loop hands over what it has seen, and never waits."""

from __future__ import annotations

import logging
import subprocess
from collections.abc import Callable
from dataclasses import replace
from threading import Lock
from typing import TYPE_CHECKING

from soothsay.config import FeedbackSettings, ModelSettings
from soothsay.errors import SoothsayError
from soothsay.feedback.following import kept
from soothsay.feedback.gate import OUTCOMES, DisplayGate, gate_path, read_gate
from soothsay.feedback.redaction import Passage, clean
from soothsay.feedback.rows import Delay, FeedbackRow
from soothsay_common.children import child_environment, python_command
from soothsay_common.file_identity import file_identity
from soothsay_common.priority import lower_thread_priority
from soothsay_common.threads import SerialExecutor

if TYPE_CHECKING:
    from soothsay.feedback.log import FeedbackLog

logger = logging.getLogger(__name__)

_LEARN_AFTER = 50  # rows
_WAITING = 256  # jobs: further ones are dropped


class FeedbackWriter:
    """Writes rows, in order. All methods return at once; what cannot be written is counted, and said once in the log."""

    def __init__(self) -> None:
        self._thread = SerialExecutor("soothsay-feedback", lower_thread_priority)
        self._lock = Lock()
        self._waiting = 0
        self.written = 0
        self.dropped = 0
        self.gate: DisplayGate | None = None  # as the last job has found it
        self._gate_file: object = None
        self._learning: subprocess.Popen[bytes] | None = None

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
            log = FeedbackLog(log_path())
            log.add(whole, limits)
            self.written += 1
            if limits.gate and self.written % _LEARN_AFTER == 0:
                self._learn(log)

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
        """Delete what is beyond the limits, if there is a log, and learn the gate from the rest."""

        def write() -> None:
            from soothsay.feedback.log import FeedbackLog, log_path

            log = FeedbackLog(log_path())
            log.limit(limits)
            if limits.gate:
                self._learn(log)

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
            self._look_at_gate()
        except Exception as error:
            (logger.warning if not self.dropped else logger.debug)("the feedback log: %s", error)
            self.dropped += 1
        finally:
            with self._lock:
                self._waiting -= 1

    def _look_at_gate(self) -> None:
        found = file_identity(gate_path())
        if found != self._gate_file:
            self._gate_file, self.gate = found, read_gate(gate_path()) if found else None

    def _learn(self, log: FeedbackLog) -> None:
        """Have the gate learned anew, in a process of its own, if enough is known and none is at it."""
        if (self._learning is None or self._learning.poll() is not None) and log.summary().rows >= OUTCOMES:
            self._learning = subprocess.Popen(
                python_command("soothsay.feedback.learning"),
                cwd=log.path.parent,
                env=child_environment(),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
            )


def _weights_hash(model: ModelSettings) -> str:
    """Return a hash of the weights that the settings name; "" where there are none."""
    from soothsay.model.files.cache import file_hash
    from soothsay.model.files.registry import find_spec
    from soothsay.model.files.resolve import resolve_weights

    try:
        chosen = resolve_weights(model.name, model.path, model.weights)
    except SoothsayError:
        return ""
    if chosen.record is not None:
        return chosen.record.sha256
    return file_hash(chosen.path) if model.path else find_spec(model.name).files[0].sha256
