"""Several oracles that answer as one: the servers of one language, and the languages of one workspace."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from threading import Event, Lock
from typing import TypeVar

from soothsay.oracle.client import LspOracle
from soothsay.oracle.locations import Location
from soothsay.oracle.null import NullOracle
from soothsay.oracle.recording import QuestionLog
from soothsay.oracle.types import Finding, Member, Oracle, Question, Signature

T = TypeVar("T")

LanguageOf = Callable[[Path], str | None]
"""Return the id of the language that a file is written in."""


class CombinedOracle:
    """Implements `Oracle` with several servers of one language.

    Diagnostics are those of all servers; every other question is answered by the first server that can. All must share
    the log ``questions``.
    """

    def __init__(self, oracles: Sequence[Oracle], questions: QuestionLog) -> None:
        self._oracles = tuple(oracles)
        self._questions = questions

    def findings(self, path: Path, text: str) -> Sequence[Finding] | None:
        """Return the findings of all servers that answer, in the order of the text; None when none does."""
        reports = [oracle.findings(path, text) for oracle in self._oracles]
        answered = [report for report in reports if report is not None]
        if not answered:
            return None
        found = [finding for report in answered for finding in report]
        return tuple(sorted(found, key=lambda finding: (finding.start, finding.end)))

    def members(
        self, path: Path, text: str, offset: int, *, dunders: bool = False
    ) -> Sequence[Member] | None:
        """Return the members that the first server knows."""
        return self._first(lambda oracle: oracle.members(path, text, offset, dunders=dunders))

    def names(self, path: Path, text: str, offset: int) -> Sequence[Member] | None:
        """Return the names that the first server knows."""
        return self._first(lambda oracle: oracle.names(path, text, offset))

    def keys(self, path: Path, text: str, offset: int, first: int) -> Sequence[Member] | None:
        """Return the keys that the first server knows."""
        return self._first(lambda oracle: oracle.keys(path, text, offset, first))

    def details(self, member: Member) -> Member | None:
        """Return the details from the server that has listed ``member``."""
        return self._first(lambda oracle: oracle.details(member))

    def resolves(self, path: Path, text: str, offset: int) -> bool | None:
        """Return whether the identifier exists, as the first server knows."""
        return self._first(lambda oracle: oracle.resolves(path, text, offset))

    def makes_names(self, path: Path, text: str, offset: int) -> bool | None:
        """Return whether the receiver makes names, as the first server can tell."""
        return self._first(lambda oracle: oracle.makes_names(path, text, offset))

    def looks_at(self, path: Path, text: str, spans: Sequence[tuple[int, int]]) -> bool | None:
        """Return whether the first server that can tell looks there."""
        return self._first(lambda oracle: oracle.looks_at(path, text, spans))

    def signature(self, path: Path, text: str, offset: int) -> Sequence[Signature] | None:
        """Return the overloads that the first server knows."""
        return self._first(lambda oracle: oracle.signature(path, text, offset))

    def hover(self, path: Path, text: str, offset: int) -> str | None:
        """Return what the first server shows."""
        return self._first(lambda oracle: oracle.hover(path, text, offset))

    def definition(self, path: Path, text: str, offset: int) -> Sequence[Location] | None:
        """Return where the first server finds the definition."""
        return self._first(lambda oracle: oracle.definition(path, text, offset))

    def mirror(self, path: Path, text: str) -> None:
        """Note it for all servers."""
        for oracle in self._oracles:
            oracle.mirror(path, text)

    def forget(self, path: Path) -> None:
        """Note it for all servers."""
        for oracle in self._oracles:
            oracle.forget(path)

    def files_changed(self, paths: Sequence[Path]) -> None:
        """Note it for all servers."""
        for oracle in self._oracles:
            oracle.files_changed(paths)

    def asking(self, cancel: Event | None = None) -> AbstractContextManager[list[Question]]:
        """Collect the questions to all servers."""
        return self._questions.asking(cancel)

    def start(self) -> None:
        """Start all servers."""
        for oracle in self._oracles:
            oracle.start()

    def close(self) -> None:
        """End all servers."""
        for oracle in self._oracles:
            oracle.close()

    @property
    def pid(self) -> int | None:
        """The process id of the first server that runs."""
        return first_pid(self._oracles)

    def _first(self, ask: Callable[[Oracle], T | None]) -> T | None:
        answers = (ask(oracle) for oracle in self._oracles)
        return next((answer for answer in answers if answer is not None), None)


class WorkspaceOracle:
    """Implements `Oracle` for all languages of a workspace: the file's language decides which oracle is asked.

    A language's servers are started when one of its files is open.
    """

    def __init__(
        self,
        oracles: Mapping[str, Oracle],
        language_of: LanguageOf,
        questions: QuestionLog,
        waiting: frozenset[str] = frozenset(),
    ) -> None:
        """``oracles`` are by language id (languages may have the same one), and share the log ``questions``.

        Those of the languages in ``waiting`` are only started for a file.
        """
        self._oracles = dict(oracles)
        self._waiting = waiting
        self._language_of = language_of
        self._questions = questions
        self._null = NullOracle()
        self._lock = Lock()
        self._started = False
        self._seen: set[str] = set()  # languages that a file was open of

    def findings(self, path: Path, text: str) -> Sequence[Finding] | None:
        """Return the findings of the file's language."""
        return self._of(path).findings(path, text)

    def members(
        self, path: Path, text: str, offset: int, *, dunders: bool = False
    ) -> Sequence[Member] | None:
        """Return the members by the file's language."""
        return self._of(path).members(path, text, offset, dunders=dunders)

    def names(self, path: Path, text: str, offset: int) -> Sequence[Member] | None:
        """Return the names by the file's language."""
        return self._of(path).names(path, text, offset)

    def keys(self, path: Path, text: str, offset: int, first: int) -> Sequence[Member] | None:
        """Return the keys by the file's language."""
        return self._of(path).keys(path, text, offset, first)

    def details(self, member: Member) -> Member | None:
        """Return the details from the server that has listed ``member``."""
        answers = (oracle.details(member) for oracle in self._each)
        return next((answer for answer in answers if answer is not None), None)

    def resolves(self, path: Path, text: str, offset: int) -> bool | None:
        """Return whether the identifier exists by the file's language."""
        return self._of(path).resolves(path, text, offset)

    def makes_names(self, path: Path, text: str, offset: int) -> bool | None:
        """Return whether the receiver makes names, by the file's language."""
        return self._of(path).makes_names(path, text, offset)

    def looks_at(self, path: Path, text: str, spans: Sequence[tuple[int, int]]) -> bool | None:
        """Return whether the file's servers look there."""
        return self._of(path).looks_at(path, text, spans)

    def signature(self, path: Path, text: str, offset: int) -> Sequence[Signature] | None:
        """Return the overloads by the file's language."""
        return self._of(path).signature(path, text, offset)

    def hover(self, path: Path, text: str, offset: int) -> str | None:
        """Return what a server of the file's language shows."""
        return self._of(path).hover(path, text, offset)

    def definition(self, path: Path, text: str, offset: int) -> Sequence[Location] | None:
        """Return the definition by the file's language."""
        return self._of(path).definition(path, text, offset)

    def mirror(self, path: Path, text: str) -> None:
        """Note it for the file's language, and start its servers when this is its first file."""
        language = self._language_of(path)
        oracle = self._oracles.get(language or "")
        if language is None or oracle is None:
            return
        oracle.mirror(path, text)
        with self._lock:
            starts = self._started and language not in self._seen
            self._seen.add(language)
        if starts:
            oracle.start()

    def forget(self, path: Path) -> None:
        """Note it for the file's language."""
        self._of(path).forget(path)

    def files_changed(self, paths: Sequence[Path]) -> None:
        """Note it for all languages: each has its own project files."""
        for oracle in self._each:
            oracle.files_changed(paths)

    def asking(self, cancel: Event | None = None) -> AbstractContextManager[list[Question]]:
        """Collect the questions to all languages."""
        return self._questions.asking(cancel)

    def start(self) -> None:
        """Start the servers of the languages that files are open of; those that wait for no file when none is."""
        with self._lock:
            self._started = True
            seen = self._seen or set(self._oracles) - self._waiting
            self._seen = set(seen)
        for language in seen:
            self._oracles[language].start()

    def close(self) -> None:
        """End all servers."""
        for oracle in self._each:
            oracle.close()

    @property
    def pid(self) -> int | None:
        """The process id of the first server that runs."""
        return first_pid(self._each)

    @property
    def _each(self) -> tuple[Oracle, ...]:
        """The oracles, each once: languages may share one."""
        return tuple({id(each): each for each in self._oracles.values()}.values())

    def _of(self, path: Path) -> Oracle:
        return self._oracles.get(self._language_of(path) or "", self._null)


def first_pid(oracles: Sequence[Oracle]) -> int | None:
    """Return the process id of the first oracle whose server runs."""
    pids = (each.pid for each in oracles if isinstance(each, LspOracle | CombinedOracle))
    return next((pid for pid in pids if pid is not None), None)
