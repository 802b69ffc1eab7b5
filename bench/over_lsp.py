"""Completing over LSP as a user gets it: the real server, default settings and time limits, a file that was just opened.

The other benchmarks ask the engine, and wait until it has finished. Here `soothsay serve --stdio` is asked as an editor
without a plugin of ours asks it: the file is opened, and one request follows 0.3 s later. Somebody has typed in another
file of the session before.
"""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bench.completing import Generations, Wanted, fill, fingerprint
from bench.environments import share_models
from bench.latency.client import LspError
from bench.latency.ours import PLUGINS, Ours, Setup
from bench.machine import head_commit
from bench.parsing import parses_with
from bench.weights import weights_settings

import soothsay
from soothsay.config import CompletionSettings
from soothsay.model.files.registry import DEFAULT_MODEL
from soothsay_languages.lines import LineTable

Row = dict[str, Any]
METHOD = "full, over LSP"
NEW = "full, over LSP, new to the workspace"  # no file of the workspace imports what the task imports
OVER_LSP = (METHOD, NEW)
OPEN_FOR = 0.3  # seconds from opening the file to the request
_TYPED_FOR = 10.0  # seconds in another file before
_PATIENCE = 60.0  # seconds; the server's own limit is 10
_AUTOMATIC = 2  # LSP's InlineCompletionTriggerKind


@dataclass(frozen=True, slots=True)
class Answer:
    """What the server said at one place. ``text`` replaces the offsets ``start`` to ``end``; "" where nothing is shown."""

    text: str
    start: int
    end: int
    ms: float
    explained: Mapping[str, Any]  # what `soothsay.explain` says of it; empty where it says nothing
    error: str = ""
    messages: tuple[str, ...] = ()  # pop-ups

    def accept(self, text: str) -> str:
        """Return the document ``text`` after the answer is accepted."""
        return text[: self.start] + self.text + text[self.end :]

    def written(self, text: str, offset: int) -> str:
        """Return what accepting leaves between the cursor at ``offset`` and the text that stays as it is."""
        typed = text[self.start : offset]
        return self.text.removeprefix(typed) if self.text.startswith(typed) else self.text


def answer_of(result: Any, text: str, offset: int, **said: Any) -> Answer:
    """Read the result of `textDocument/inlineCompletion`: its first item, whose range counts in UTF-16."""
    items = result.get("items", []) if isinstance(result, dict) else result or []
    if not items:
        return Answer("", offset, offset, **said)
    inserted, span = items[0]["insertText"], items[0].get("range")
    if not isinstance(inserted, str):
        inserted = str(inserted["value"])
    if span is None:
        return Answer(inserted, offset, offset, **said)
    lines = LineTable(text)
    start, end = (lines.offset(span[at]["line"], span[at]["character"], "utf-16") for at in ("start", "end"))
    return Answer(inserted, start, end, **said)


@dataclass(frozen=True, slots=True)
class FileKind:
    """What is typed in: LSP's id of the language, the ending of its files, a statement that means nothing."""

    language: str
    extension: str
    statement: str


PYTHON = FileKind("python", ".py", "number = 1\n")


class Editor(Ours):
    """An editor that opens files, asks once in each, and closes them."""

    def __init__(
        self, setup: Setup, slowdown: float = 1.0, kind: FileKind = PYTHON, open_for: float = OPEN_FOR
    ) -> None:
        """``open_for`` are the seconds from opening a file to the request."""
        super().__init__(setup)
        self._kind = kind
        self._open_for = open_for
        self._patience = _PATIENCE * slowdown
        self._messages: list[str] = []
        self._explained = 0  # the number of the last answer that was explained

    @property
    def indexing(self) -> bool:
        """Whether text cannot be searched yet. Vectors follow while people already work."""
        index = self.status.get("index")
        return index is not None and index["stage"] != "embedding"

    async def start(self, say: Callable[[str], None] = lambda _: None) -> None:
        """Start the server, wait until it is ready, and type in another file: nobody's first key is a request.

        Whoever types has the embedding model loaded, which takes seconds; it stays for some minutes.
        """
        await super().start(say)
        uri = (self.workspace / f"typed_before{self._kind.extension}").as_uri()
        document = {"uri": uri, "languageId": self._kind.language, "version": 1, "text": "\n"}
        self.client.notify("textDocument/didOpen", {"textDocument": document})
        await asyncio.sleep(OPEN_FOR)
        changed = {
            "textDocument": {"uri": uri, "version": 2},
            "contentChanges": [{"text": self._kind.statement}],
        }
        self.client.notify("textDocument/didChange", changed)
        await asyncio.sleep(_TYPED_FOR)
        self.client.notify("textDocument/didClose", {"textDocument": {"uri": uri}})

    async def complete(self, path: Path, text: str, offset: int, language: str | None = None) -> Answer:
        """Open ``path`` with ``text``, wait as long as a person at least does, and ask at ``offset``."""
        uri = path.as_uri()
        document = {"uri": uri, "languageId": language or self._kind.language, "version": 1, "text": text}
        self.client.notify("textDocument/didOpen", {"textDocument": document})
        await asyncio.sleep(self._open_for)
        self._messages.clear()
        line, character = LineTable(text).position(offset, "utf-16")
        params = {
            "textDocument": {"uri": uri}, "position": {"line": line, "character": character},
            "context": {"triggerKind": _AUTOMATIC},
        }  # fmt: skip
        began, result, error = time.perf_counter(), None, ""
        try:
            asked = self.client.ask("textDocument/inlineCompletion", params)
            result = await asyncio.wait_for(asked, self._patience)
        except (LspError, TimeoutError) as failed:
            error = str(failed) or "no answer"
        ms = (time.perf_counter() - began) * 1000
        explained = await self._why()
        self.client.notify("textDocument/didClose", {"textDocument": {"uri": uri}})
        messages = tuple(self._messages)
        return answer_of(result, text, offset, ms=ms, explained=explained, error=error, messages=messages)

    async def _why(self) -> Mapping[str, Any]:
        """Return what the server says of its last answer; those that show nothing have a number, too."""
        last: Mapping[str, Any] = {}
        while (found := await self.command("explain", {"id": self._explained + 1})) is not None:
            self._explained += 1
            last = found
        return last

    def _note(self, method: str, params: Any) -> None:
        super()._note(method, params)
        if method == "window/showMessage":
            self._messages.append(str(params.get("message")))


class Lsp:
    """An `Editor` for code that does not await."""

    def __init__(self, editor: Editor, runner: asyncio.Runner) -> None:
        self._editor, self._runner = editor, runner

    def complete(self, path: Path, text: str, offset: int) -> Answer:
        """Complete one place of a file."""
        return self._runner.run(self._editor.complete(path, text, offset))


@contextmanager
def open_server(project: Project, model: str = DEFAULT_MODEL, slowdown: float = 1.0) -> Iterator[Lsp]:
    """Start the server of a project, its environment activated, and wait for model and index.

    The settings are the defaults but for what `settings` says.
    """
    share_models(project.cache)
    variables = {} if project.python is None else {"VIRTUAL_ENV": str(project.python.parents[1])}
    log, workspace = project.cache / "server.log", project.workspace
    told = settings(model, slowdown)
    setup = Setup(
        {**told, **project.settings}, workspace, project.cache, log, PLUGINS["vscode"], variables=variables
    )
    with asyncio.Runner() as runner:
        editor = Editor(setup, slowdown, project.kind, project.open_for)
        runner.run(editor.start())
        try:
            yield Lsp(editor, runner)
        finally:
            runner.run(editor.close())


@dataclass(frozen=True, slots=True)
class Project:
    """Where a benchmark's tasks are completed over LSP: a workspace, the Python of its environment, and the index's folder.

    ``settings`` are those that are not the default ones, ``open_for`` the seconds from opening a file to the request.
    """

    workspace: Path
    python: Path | None
    cache: Path
    kind: FileKind = PYTHON
    settings: Mapping[str, Any] = field(default_factory=dict)
    open_for: float = OPEN_FOR


def write_over_lsp(
    todo: Sequence[tuple[Row, str]],
    name_of: Callable[[Row], str],
    project: Project,
    model: str,
    kept: Generations,
) -> None:
    """Complete the tasks that are left: the file ``name_of`` a task, with its ``text``, at its ``offset`` or at its end."""
    if not todo:
        return
    with open_server(project, model, slowdown_asked()) as lsp:

        def complete(task: Row, _: str) -> Row:
            text, offset = task["text"], offset_of(task)
            return recorded(lsp.complete(project.workspace / name_of(task), text, offset), text, offset)

        fill(todo, complete, kept)


def generations(folder: Path, model: str, *others: Path) -> Generations:
    """Return what was generated over LSP with ``model``, kept in ``folder``; it depends on the server and on ``others``."""
    limits = f"-slower-{slowdown_asked():g}" if slowdown_asked() != 1 else ""
    return Generations(folder / f"{model}.lsp.jsonl.gz", fingerprint(*server_code(), *others) + limits)


def asked_for() -> tuple[str, ...]:
    """Return the methods that ``LSP=1`` adds to a benchmark's usual ones."""
    return (METHOD,) if os.environ.get("LSP") else ()


def offset_of(task: Mapping[str, Any]) -> int:
    """Return where the cursor is: at a task's ``offset``, else at the end of its text."""
    return int(task.get("offset", len(task["text"])))


def leaves_parsing(task: Mapping[str, Any], row: Mapping[str, Any]) -> bool:
    """Return whether the task's file parses once the answer is in it; what showed nothing breaks nothing."""
    if not row["shown"].strip():
        return True
    text, offset = task["text"], offset_of(task)
    start, end = row.get("start", offset), row.get("end", offset)
    return parses_with(text[:start], row.get("text", row["shown"]), text[end:])


def settings(model: str, slowdown: float) -> dict[str, Any]:
    """Return the settings of the server: the weights that are asked for, and time limits where the machine is busy.

    On a machine that computes ``slowdown`` times slower than usual because others work on it, the time limits are so many
    times longer: the answers are then those of the machine at rest. Their times are not.
    """
    found: dict[str, Any] = {"model": weights_settings(model)}
    if slowdown != 1:
        usual = CompletionSettings()
        limits = {
            "maxLatencyMs": usual.max_latency_ms,
            "linesMs": usual.lines_ms,
            "writeMs": usual.write_ms,
            "readMs": usual.read_ms,
        }
        found["completion"] = {name: round(ms * slowdown) for name, ms in limits.items()}
    return found


def facts(run: Wanted) -> dict[str, str]:
    """Return what a page says of a run that may be over LSP."""
    return {**run.facts(), **limits_said(slowdown_asked())}


def limits_said(slowdown: float) -> dict[str, str]:
    """Return what a page says of the time limits where they are not the default ones."""
    return {} if slowdown == 1 else {"time limits": f"{slowdown:g} times the default ones, on a busy machine"}


def slowdown_asked() -> float:
    """Return ``SLOWDOWN=``: how many times slower than usual the machine is; 1 by default."""
    return float(os.environ.get("SLOWDOWN") or 1)


def server_code() -> list[Path]:
    """The files of the server that `bench.completing.fingerprint` does not know by itself: an answer over LSP depends on them."""
    server = Path(soothsay.__file__).parent
    rooms = [path for room in ("frontend", "backend") for path in (server / room).rglob("*.py")]
    return [*rooms, server / "config.py", Path(__file__)]


def ending(answer: Answer) -> str:
    """Return the server's reason for showing less than was written, or nothing; "" where it gives none."""
    told = answer.explained.get("ending") or {}
    problem = (answer.explained.get("oracle") or {}).get("problem")
    if answer.error:
        return answer.error
    if told.get("step", "shown") == "shown":
        return str(problem or "") if not answer.text else ""
    return f"{told['explanation']}: {problem}" if problem else str(told["explanation"])


def recorded(answer: Answer, text: str, offset: int) -> Row:
    """Return what is kept of an answer, as `bench.completing.recorded` does of a completion."""
    explained = answer.explained
    trigger, oracle = explained.get("trigger") or {}, explained.get("oracle") or {}
    return {
        "shown": answer.written(text, offset), "start": answer.start, "end": answer.end, "text": answer.text,
        "draft": explained.get("draft", ""), "verdict": explained.get("verdict", "unverified"),
        "fired": bool(trigger.get("fired")), "reasons": list(trigger.get("reasons", ())),
        "confidence": trigger.get("confidence"), "certainty": [], "found": evidence(explained),
        "problem": oracle.get("problem", ""), "repaired": oracle.get("repaired", ""), "trimmed": oracle.get("trimmed", ""),
        "ending": ending(answer), "messages": list(answer.messages),
        "tab_stops": tab_stops(answer, text, offset), "generated": dict(explained.get("generated") or {}),
        "ms": round(answer.ms, 1), "steps": dict(explained.get("timings_ms") or {}), "evaluated": dict(explained.get("evaluated") or {}),
        "load": round(os.getloadavg()[0], 1), "commit": head_commit(),
    }  # fmt: skip


def tab_stops(answer: Answer, text: str, offset: int) -> list[list[int]]:
    """Return where the tab stops of an answer begin and end in what it writes behind the cursor."""
    typed = len(answer.text) - len(answer.written(text, offset))
    told: Sequence[Mapping[str, Any]] = answer.explained.get("tab_stops") or ()
    return [[each["start"] - typed, each["end"] - typed] for each in told if answer.text]


def evidence(explained: Mapping[str, Any]) -> list[str]:
    """Return the symbols that an explanation cites."""
    cited: Sequence[Mapping[str, Any]] = explained.get("evidence") or ()
    return [str(each["symbol"]) for each in cited if each.get("symbol")]
