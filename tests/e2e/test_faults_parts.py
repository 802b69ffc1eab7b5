"""The type checker or the index's process is killed or stopped at a question of a completion: it is answered."""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

import pytest

from soothsay.backend.session import Session, open_in_worker
from soothsay.config import PATIENT, ModelSettings, Settings
from soothsay.engine.ahead import SearchMemory
from soothsay.engine.types import Completion, CompletionRequest
from soothsay.model.files.cache import is_pulled
from soothsay.oracle.client import LspOracle
from soothsay_common.cancellation import Cancellation
from soothsay_index.worker.client import IndexClient

MODEL = "smollm2-135m"
LONGEST = 60.0  # seconds, on a busy machine: what has stopped is not waited for for ever
MOST_STEPS = 2

pytestmark = [
    pytest.mark.slow,
    pytest.mark.timeout(600),
    pytest.mark.skipif(sys.platform == "win32", reason="signals"),
    pytest.mark.requires(is_pulled(MODEL), f"soothsay models pull {MODEL}"),
]

TEXT = "import books\n\n\ndef main():\n    # post an entry of three\n    books."


class Questions:
    """Counts the questions to a part, and does something to its process at one of them."""

    def __init__(self) -> None:
        self.asked = 0
        self.failed_at = -1
        self._fault: Callable[[], None] = lambda: None

    def expect(self, number: int, fault: Callable[[], None]) -> None:
        """Count from zero, and call ``fault`` just before question ``number``."""
        self.asked, self.failed_at, self._fault = 0, number, fault

    def note(self) -> None:
        """Count one question."""
        self.asked += 1
        if self.asked == self.failed_at + 1:
            self._fault()


@dataclass(frozen=True, slots=True)
class Parts:
    """A session, and the questions to its parts."""

    session: Session
    questions: dict[str, Questions]

    def ask(self) -> tuple[Completion, float]:
        """Return a completion of which nothing is remembered, and the seconds that it took."""
        session = self.session
        assert isinstance(session.index, IndexClient) and session._engine is not None
        session.index._forget()
        session._engine._searched = SearchMemory()
        began = time.monotonic()
        path = session.workspace / "main.py"
        request = CompletionRequest(path, TEXT, len(TEXT), session.workspace, method="full")
        return session.complete(request), time.monotonic() - began

    def recover(self) -> None:
        """Wait until every part answers again."""
        path = self.session.workspace / "main.py"
        wrong = "import books\nbooks.nothing\n"
        deadline = time.monotonic() + 120.0
        while not (self.session.index.has_name("post_entry") and self.session.oracle.findings(path, wrong)):
            assert time.monotonic() < deadline, "a part does not come back"
            time.sleep(0.2)


@pytest.fixture(scope="module")
def parts(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Parts]:
    folder = tmp_path_factory.mktemp("parts")
    shop = folder / "shop"
    shop.mkdir()
    (shop / "books.py").write_text('def post_entry(amount, *, memo):\n    """Post an entry."""\n')
    (shop / "main.py").write_text(TEXT)
    questions = {"index": Questions(), "type checker": Questions()}
    send, question = IndexClient._send, LspOracle._question

    def asked_index(self: IndexClient, *arguments: Any) -> Any:
        questions["index"].note()
        return send(self, *arguments)

    def asked_checker(self: LspOracle, *arguments: Any) -> Any:
        questions["type checker"].note()
        return question(self, *arguments)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("soothsay.backend.session.index_folder", lambda: folder / "index")
        patch.setattr(
            "soothsay.backend.session.is_pulled", lambda _: False
        )  # no vectors: it is about processes
        patch.setattr(IndexClient, "_send", asked_index)
        patch.setattr(LspOracle, "_question", asked_checker)
        opened = Session(
            Settings(model=ModelSettings(name=MODEL), completion=replace(PATIENT, max_tokens=12)),
            shop,
            open_in_worker,
            environ={"PATH": os.environ["PATH"]},
        )
        try:
            opened.load_model()
            opened.build_index(lambda _: None, Cancellation(), embed=False, file=shop / "main.py")
            made = Parts(opened, questions)
            made.recover()
            yield made
        finally:
            opened.close()


def kill(pid: int) -> None:
    os.kill(pid, signal.SIGKILL)


def stop(pid: int) -> None:
    os.kill(pid, signal.SIGSTOP)


@pytest.mark.parametrize("part", ["index", "type checker"])
@pytest.mark.parametrize("fault", [kill, stop])
def test_a_completion_is_answered_whatever_happens_to_a_part(
    parts: Parts, part: str, fault: Callable[[int], None]
):
    questions = parts.questions[part]
    questions.expect(-1, lambda: None)
    parts.ask()
    steps = questions.asked
    assert steps, f"the {part} is asked"
    for step in range(0, steps, -(-steps // MOST_STEPS)):
        pid = parts.session.processes()[part]
        questions.expect(step, lambda pid=pid: fault(pid))
        try:
            completion, seconds = parts.ask()
        finally:
            with contextlib.suppress(ProcessLookupError):  # it may have been replaced
                os.kill(pid, signal.SIGCONT)
        assert questions.asked > step, "it has happened"
        assert seconds < LONGEST, f"question {step}"
        assert completion.verdict != "verified" or completion.text.startswith("post_entry("), "nobody says so"
        parts.recover()
