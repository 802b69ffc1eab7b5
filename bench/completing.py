"""Completing many tasks by many methods: what is missing is written, what was written is kept."""

from __future__ import annotations

import gzip
import hashlib
import json
import os
import time
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench.machine import about, head_commit
from bench.remember import RememberingModel, Streams
from bench.weights import weights_file

import soothsay
import soothsay_index
import soothsay_languages
from soothsay.config import Settings
from soothsay.engine.trigger import name_tokens
from soothsay.engine.types import ApiName, Completion
from soothsay.errors import Cancelled
from soothsay.model.files.registry import DEFAULT_MODEL
from soothsay.model.local.runtime import LlamaRuntime
from soothsay.model.types import Adapter

Row = dict[str, Any]
_SAVE_EVERY = 60.0  # seconds
_SAVE_STREAMS = 50  # generations


@dataclass(frozen=True, slots=True)
class Wanted:
    """What ``LIMIT=``, ``MODEL=``, ``METHODS=`` and ``SPLIT=`` ask for."""

    tasks: list[Row]
    total: int
    model: str
    methods: tuple[str, ...]

    def facts(self) -> dict[str, str]:
        """What the page says of the run: the commit, the model, the share of the tasks, the machine, the versions."""
        return {
            "commit": head_commit(), "model": self.model, "weights": weights_file(self.model).name, "tasks": f"{len(self.tasks)} of {self.total}",
            **about(("llama-cpp-python", "lancedb", "sentence-transformers", "ty")),
        }  # fmt: skip


def wanted(everything: Sequence[Row], variants: Collection[str], usual: Sequence[str]) -> Wanted:
    """The tasks and methods of this run, from the environment's variables."""
    split = os.environ.get("SPLIT") or "all"
    tasks = [task for task in everything if split in ("all", task["split"])]
    if not tasks:
        raise SystemExit(f"SPLIT: there is no {split}; there are dev and test")
    methods = tuple(name for name in (os.environ.get("METHODS") or ";".join(usual)).split(";") if name)
    unknown = [name for name in methods if name not in variants]
    if unknown:
        raise SystemExit(f"METHODS: there is no {', '.join(unknown)}; there are {'; '.join(variants)}")
    limit = int(os.environ.get("LIMIT") or len(tasks))
    return Wanted(tasks[:limit], len(everything), os.environ.get("MODEL") or DEFAULT_MODEL, methods)


def fingerprint(*others: Path) -> str:
    """Changes with everything that a generation depends on beside its task: the code, and ``others``."""
    server = Path(soothsay.__file__).parent
    code = [path for room in ("engine", "model", "oracle") for path in (server / room).rglob("*.py")]
    for package in (soothsay_index, soothsay_languages):
        code += Path(package.__file__ or "").parent.rglob("*.py")
    code += others
    return hashlib.sha256(b"".join(path.read_bytes() for path in sorted(code))).hexdigest()[:12]


class Generations:
    """What was generated with one model, by task and method; saved as it grows."""

    def __init__(self, path: Path, code: str) -> None:
        self._path, self._code = path, code
        self._rows: dict[tuple[str, str], Row] = {}
        self._saved = time.monotonic()
        if path.exists():
            for line in gzip.decompress(path.read_bytes()).decode().splitlines():
                row = json.loads(line)
                self._rows[row["id"], row["method"]] = row

    def get(self, task: Mapping[str, Any], method: str) -> Row | None:
        """The generation, if it is there and would come out the same today."""
        row = self._rows.get((task["id"], method))
        return row if row and row["key"] == self._key(task) else None

    def of(self, tasks: Iterable[Row], methods: Collection[str]) -> Iterator[tuple[Row, Row]]:
        """Yield each task with its generation by each of ``methods``, where it is there."""
        for task in tasks:
            for method in methods:
                if row := self.get(task, method):
                    yield task, row

    def missing(self, tasks: Iterable[Row], methods: Sequence[str]) -> list[tuple[Row, str]]:
        """Return the tasks and methods of which nothing is kept, one task after the other."""
        return [(task, method) for task in tasks for method in methods if self.get(task, method) is None]

    def put(self, task: Mapping[str, Any], method: str, row: Row) -> None:
        """Keep a generation."""
        self._rows[task["id"], method] = {
            "id": task["id"],
            "method": method,
            "key": self._key(task),
            **row,
        }
        if time.monotonic() - self._saved > _SAVE_EVERY:
            self.save()

    def save(self) -> None:
        """Write all of them."""
        rows = [json.dumps(self._rows[key]) + "\n" for key in sorted(self._rows)]
        temporary = self._path.with_suffix(".part")
        self._path.parent.mkdir(exist_ok=True)
        temporary.write_bytes(gzip.compress("".join(rows).encode(), mtime=0))
        temporary.replace(self._path)
        self._saved = time.monotonic()

    def _key(self, task: Mapping[str, Any]) -> str:
        return hashlib.sha256(f"{self._code} {task['text']}".encode()).hexdigest()[:16]


@contextmanager
def open_model(
    name: str, folder: Path, adapter: Adapter | None = None
) -> Iterator[tuple[RememberingModel, Streams]]:
    """The model, with ``adapter`` if there is one, and the streams of tokens that it has written, in ``folder``.

    ``THREADS=`` are its threads.
    """
    runtime = LlamaRuntime.load(
        weights_file(name), context=Settings().model.context, threads=int(os.environ.get("THREADS") or 0)
    )
    folder.mkdir(parents=True, exist_ok=True)
    streams = Streams(folder / f"{written_by(name, adapter)}.streams.jsonl.gz")
    try:
        if adapter is not None:
            runtime.apply([adapter])
        yield RememberingModel(runtime, streams), streams
    finally:
        streams.save()
        runtime.close()


def written_by(model: str, adapter: Adapter | None) -> str:
    """Return what names the files with what a model has written."""
    return model if adapter is None else f"{model}@{adapter.name}-{adapter.sha256[:8]}"


def fill(
    missing: Sequence[tuple[Row, str]], complete: Callable[[Row, str], Row], kept: Generations, streams: Streams | None = None,
) -> None:  # fmt: skip
    """Each task by its method, with the time that is left; an interrupted run loses nothing.

    ``streams`` is None where a server writes, whose tokens are not seen.
    """
    began = time.monotonic()
    try:
        for number, (task, method) in enumerate(missing, 1):
            kept.put(task, method, complete(task, method))
            if streams is not None and number % _SAVE_STREAMS == 0:
                streams.save()
            left = (time.monotonic() - began) / number * (len(missing) - number)
            print(f"\r{number}/{len(missing)} generations, {left / 60:.0f} min left   ", end="", flush=True)
    except (KeyboardInterrupt, Cancelled):  # Ctrl-C while the model writes ends what it writes
        print("\nstopped: the next run goes on from here")
        raise SystemExit(130) from None
    finally:
        kept.save()
    print()


def recorded(completion: Completion, model: RememberingModel, found: Sequence[str]) -> Row:
    """What is kept of one completion."""
    return {
        "shown": completion.text, "draft": completion.draft, "verdict": completion.verdict,
        "fired": completion.trigger.fired, "reasons": list(completion.trigger.reasons),
        "confidence": completion.trigger.confidence, "certainty": name_certainty(completion), "found": list(found),
        "problem": completion.check.problem, "repaired": completion.check.repaired, "trimmed": completion.check.trimmed,
        "tab_stops": [[stop.start, stop.end] for stop in completion.tab_stops], "generated": completion.generated,
        "ms": round(completion.timings_ms["total"] + model.replayed_ms, 1), "evaluated": completion.evaluated,
        "load": round(os.getloadavg()[0], 1), "commit": head_commit(),
    }  # fmt: skip


def name_certainty(completion: Completion) -> list[tuple[float, float, float]]:
    """Probability, margin and entropy of the tokens of the first name in the draft."""
    name = completion.trigger.name or ""
    at = completion.draft.find(name)
    if not name or at < 0:
        return []
    start = len(completion.draft[:at].encode())
    typed = sum(len(token.data) for token in completion.tokens) - len(completion.draft.encode())
    api = ApiName(name, "", start, start + len(name.encode()))
    return [
        (round(token.probability, 4), round(token.margin, 4), round(token.entropy, 4))
        for token in name_tokens(api, completion.tokens, max(0, typed))
    ]
