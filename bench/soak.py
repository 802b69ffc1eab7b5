"""A long day in a short time: typing without a pause, and ten windows that open and close: `make soak`.

Real servers with default settings, the default model and a cache folder of their own. Each round types the same text into a
new document and waits for an answer at the end of each line. What is held is read at rest, after each round: resident memory
and open descriptors of each kind of process, how many processes there are, and files beside the index.

MINUTES=15  of typing
WINDOWS=10  opened and closed afterwards, one at a time
"""

from __future__ import annotations

import asyncio
import os
import shutil
import statistics
import sys
import tempfile
import time
import venv
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import psutil
from bench.environments import share_models
from bench.machine import about, head_commit
from bench.memory import EXAMPLES, Window, kind_of
from lsprotocol import types

MEMORY_GOAL, LATENCY_GOAL = 1.05, 1.10  # the last tenth over the first
_WARM = 0.2  # of the rounds: they are not compared
_REST_S = 1.0
_SETTLED_S = 8.0  # after a window has closed
_KEYS_A_MINUTE = 200  # of a person
_TEXT = """import json
from pathlib import Path

# round {number}


def load_{number}(path: Path) -> dict[str, int]:
    # read the counts as JSON
    with path.open() as file:
        return json.load(file)


def most_common(counts: dict[str, int]) -> list[str]:
    # the names, the most frequent first
    return sorted(counts, key=lambda name: -counts[name])
"""


@dataclass(frozen=True, slots=True)
class Held:
    """What the processes of one kind hold."""

    processes: int = 0
    resident: int = 0  # bytes
    descriptors: int = 0

    def __add__(self, other: Held) -> Held:
        return Held(
            self.processes + other.processes,
            self.resident + other.resident,
            self.descriptors + other.descriptors,
        )


@dataclass(frozen=True, slots=True)
class Round:
    """What was measured in one round of typing."""

    latencies: Sequence[float]  # seconds
    held: Mapping[str, Held]
    files: int


def held_by(root: psutil.Process) -> dict[str, Held]:
    """Return what ``root`` and the processes below it hold, by kind."""
    found: dict[str, Held] = {}
    for process in (root, *root.children(recursive=True)):
        try:
            kind = "editor's process" if process == root else kind_of(process)
            own = Held(1, process.memory_info().rss, process.num_fds())
        except psutil.NoSuchProcess:
            continue
        found[kind] = found.get(kind, Held()) + own
    return found


def files_in(folder: Path) -> int:
    """Return the number of files that are kept, without those of indexes: a store keeps versions for a while."""
    return sum(
        path.is_file() and not {"index", "venv"} & {*path.relative_to(folder).parts}
        for path in folder.rglob("*")
    )


class Typist:
    """Types into documents of one window."""

    def __init__(self, window: Window) -> None:
        self._window = window
        self.keys = 0

    async def type(self, number: int) -> list[float]:
        """Type `_TEXT` into a new document; return how long the answers at the ends of lines took."""
        client = self._window.client
        uri = (self._window.workspace / f"typed{number % 5}.py").as_uri()
        item = types.TextDocumentItem(uri, "python", 1, "")
        client.text_document_did_open(types.DidOpenTextDocumentParams(item))
        latencies: list[float] = []
        line = column = 0
        text = _TEXT.format(number=f"{number:04}")  # as long in every round
        for version, char in enumerate(text, 2):
            here = types.Position(line, column)
            change = types.TextDocumentContentChangePartial(types.Range(here, here), char)
            document = types.VersionedTextDocumentIdentifier(version, uri)
            client.text_document_did_change(types.DidChangeTextDocumentParams(document, [change]))
            self.keys += 1
            if char == "\n":
                latencies.append(await self._ask(uri, types.Position(line, column)))
                line, column = line + 1, 0
            else:
                column += 1
                await self._ask_and_cancel(uri, types.Position(line, column))
        client.text_document_did_close(types.DidCloseTextDocumentParams(types.TextDocumentIdentifier(uri)))
        return latencies

    async def _ask(self, uri: str, position: types.Position) -> float:
        began = time.monotonic()
        await self._window.client.text_document_inline_completion_async(_params(uri, position))
        return time.monotonic() - began

    async def _ask_and_cancel(self, uri: str, position: types.Position) -> None:
        """Ask as editors do at every key, and cancel as they do at the next."""
        protocol = self._window.client.protocol
        number = f"{uri}:{self.keys}"
        answer = protocol.send_request(
            types.TEXT_DOCUMENT_INLINE_COMPLETION, _params(uri, position), msg_id=number
        )
        await asyncio.sleep(0.02)
        if not answer.done():
            protocol.notify(types.CANCEL_REQUEST, types.CancelParams(number))
        await asyncio.gather(asyncio.wrap_future(answer), return_exceptions=True)


def _params(uri: str, position: types.Position) -> types.InlineCompletionParams:
    context = types.InlineCompletionContext(types.InlineCompletionTriggerKind.Automatic)
    return types.InlineCompletionParams(context, types.TextDocumentIdentifier(uri), position)


async def type_for(window: Window, typist: Typist, seconds: float, folder: Path) -> list[Round]:
    """Type for so long; return what was measured."""
    rounds: list[Round] = []
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline or len(rounds) < 10:
        latencies = await typist.type(len(rounds))
        await asyncio.sleep(_REST_S)
        rounds.append(Round(latencies, held_by(window.server), files_in(folder)))
        print(f"round {len(rounds)}: {_ms(latencies):.0f} ms", file=sys.stderr, flush=True)
    return rounds


def interpreter_in(folder: Path) -> str:
    """Return an interpreter without packages: what is long in a soak is the typing, not the indexing."""
    venv.create(folder, clear=True)
    return str(folder / ("Scripts/python.exe" if sys.platform == "win32" else "bin/python"))


async def open_and_close(count: int, folder: Path, environment: Mapping[str, str], interpreter: str) -> None:
    """Open windows on one other workspace, one after the other; each completes two files."""
    workspace = Path(shutil.copytree(EXAMPLES, folder / "other", dirs_exist_ok=True))
    for _ in range(count):
        window = Window(workspace)
        await window.open(environment, interpreter)
        await window.work()
        await window.close()
    await asyncio.sleep(_SETTLED_S)


def compare(rounds: Sequence[Round]) -> tuple[Sequence[Round], Sequence[Round]]:
    """Return the first and the last tenth of the rounds behind the warm-up."""
    warm = rounds[int(len(rounds) * _WARM) :]
    tenth = max(1, len(warm) // 10)
    return warm[:tenth], warm[-tenth:]


def _ms(latencies: Sequence[float]) -> float:
    return 1000 * statistics.median(latencies)


def _resident(rounds: Sequence[Round], kind: str) -> float:
    return statistics.median(each.held.get(kind, Held()).resident for each in rounds) / 1e6


def rows(rounds: Sequence[Round], before: Mapping[str, Held], after: Mapping[str, Held]) -> list[str]:
    """Return the lines of the table."""
    first, last = compare(rounds)
    found: list[str] = []
    for kind in sorted({*first[0].held, *last[-1].held}):
        one, two = first[0].held.get(kind, Held()), last[-1].held.get(kind, Held())
        begin, end = _resident(first, kind), _resident(last, kind)
        found += [
            _row(f"{kind}: resident, MB", begin, end, MEMORY_GOAL),
            _row(f"{kind}: descriptors", one.descriptors, two.descriptors, 1.0),
            _row(f"{kind}: processes", one.processes, two.processes, 1.0),
        ]
    latencies = [[value for each in part for value in each.latencies] for part in (first, last)]
    found += [
        _row("files", first[0].files, last[-1].files, 1.0),
        _row("answer at the end of a line, ms, median", _ms(latencies[0]), _ms(latencies[1]), LATENCY_GOAL),
    ]
    for kind in sorted({*before, *after}):
        one, two = before.get(kind, Held()), after.get(kind, Held())
        found += [
            _row(
                f"{kind}, before and after windows: resident, MB",
                one.resident / 1e6,
                two.resident / 1e6,
                MEMORY_GOAL,
            ),
            _row(f"{kind}, before and after windows: descriptors", one.descriptors, two.descriptors, 1.0),
        ]
    return found


def _row(what: str, begin: float, end: float, goal: float) -> str:
    kept = "yes" if end <= begin * goal else "**no**"
    return f"| {what} | {begin:,.0f} | {end:,.0f} | {end / begin if begin else 0:.2f} | {goal:.2f} | {kept} |"


async def measure(seconds: float, windows: int) -> tuple[list[str], int, int]:
    """Return the lines of the table, the number of keys and the number of rounds."""
    with tempfile.TemporaryDirectory(prefix="soothsay-soak-") as name:
        folder = Path(name)
        share_models(folder / "cache")
        (folder / "tmp").mkdir()
        environment = {
            **os.environ,
            "SOOTHSAY_CACHE": str(folder / "cache"),
            "SOOTHSAY_RUNTIME": str(folder / "run"),
            "TMPDIR": str(folder / "tmp"),
        }
        window = Window(Path(shutil.copytree(EXAMPLES, folder / "workspace")))
        interpreter = interpreter_in(folder / "venv")
        await window.open(environment, interpreter)
        await window.work()
        typist = Typist(window)
        rounds = await type_for(window, typist, seconds, folder)
        await open_and_close(1, folder, environment, interpreter)  # its index is built once
        before = held_by(window.server)
        await open_and_close(windows, folder, environment, interpreter)
        after = held_by(window.server)
        await window.close()
        return rows(rounds, before, after), typist.keys, len(rounds)


def main() -> None:
    """Measure, and print the page."""
    minutes = float(os.environ.get("MINUTES") or 15)
    windows = int(os.environ.get("WINDOWS") or 10)
    lines, keys, rounds = asyncio.run(measure(60 * minutes, windows))
    page = [
        "# Soak",
        "",
        f"One command: `make soak`. {keys:,} keys in {rounds} rounds ({keys / _KEYS_A_MINUTE / 60:.1f} hours of a person who"
        f" types {_KEYS_A_MINUTE} a minute), then {windows} windows. The first and the last tenth after a warm-up of"
        f" {_WARM:.0%}.",
        "",
        *(
            f"* {name}: {value}"
            for name, value in {"commit": head_commit(), **about(("llama-cpp-python",))}.items()
        ),
        "",
        "| what | first | last | ratio | goal | kept |",
        "|---|---|---|---|---|---|",
        *lines,
    ]
    print("\n".join(page))


if __name__ == "__main__":
    main()
