"""`make bench-quality`: CloudAPIBench's question, asked of every method: is the right API called, and rightly?

``LIMIT=n`` takes the first n tasks, which hold the same share of strata as all of them; ``MODEL=`` another model of
the registry; ``METHODS=base;full`` some methods; ``SPLIT=dev`` one split. What was generated is kept in ``generations/`` by what it depends on, so
a run goes on where the last one stopped, on any machine, and regenerates what a change of the engine touches.
"""

from __future__ import annotations

import gzip
import hashlib
import json
import os
import time
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from bench.cloudapi.judge import judge, stub
from bench.cloudapi.methods import VARIANTS, Bench, Variant
from bench.cloudapi.report import write_report
from bench.cloudapi.tasks import STALE, TASKS, read_names
from bench.cloudapi.world import CACHE, HERE, interpreter
from bench.machine import about, head_commit
from bench.oracle.world import built_index
from bench.remember import RememberingModel, Streams
from bench.retrieval.tasks import read_tasks

import soothsay
import soothsay_index
from soothsay.config import Settings
from soothsay.engine.pipeline import Engine
from soothsay.engine.trigger import name_tokens
from soothsay.engine.types import ApiName, Completion, CompletionRequest
from soothsay.errors import Cancelled
from soothsay.model.registry import DEFAULT_MODEL
from soothsay.model.resolve import resolve_model
from soothsay.model.runtime import LlamaRuntime
from soothsay.oracle.adapters import PYTHON
from soothsay.oracle.client import LspOracle
from soothsay_index.local import LocalIndex

GENERATIONS = HERE / "generations"
# Tasks that one method writes in a row: none finds the prompt of the method before it in the KV cache.
_BLOCK = 12
_SAVE_EVERY = 60.0  # seconds
_SAVE_STREAMS = 50  # generations
Row = dict[str, Any]


def fingerprint() -> str:
    """Changes with everything that a generation depends on beside its task: the code, and what is installed."""
    server, index = Path(soothsay.__file__).parent, Path(soothsay_index.__file__).parent
    code = [*server.glob("engine/*.py"), *server.glob("model/*.py"), *server.glob("oracle/*.py")]
    code += [*index.glob("*.py"), *index.glob("sources/*.py"), HERE / "requirements.txt", HERE / "methods.py"]
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


def open_index(tasks: Iterable[Mapping[str, Any]]) -> tuple[LocalIndex, Path]:
    """The index of the SDKs, built first; its workspace makes a client of every kind that a task has."""
    workspace = CACHE / "workspace"
    workspace.mkdir(parents=True, exist_ok=True)
    setups = sorted({task["text"].rpartition("\n# ")[0] for task in tasks})
    for number, setup in enumerate(setups):
        path = workspace / f"client_{number}.py"
        if not path.exists() or path.read_text() != setup:
            path.write_text(setup)
    return built_index(workspace, interpreter()), workspace


def owner_of(client: str) -> str:
    """What the index calls a client's class."""
    family, _, name = client.partition(":")
    return client if family == "botocore" else name


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


def generate(
    task: Row, variant: Variant, engine: Engine, model: RememberingModel, index: Bench, workspace: Path
) -> Row:
    """One completion and what there is to know about it."""
    model.reset()
    index.ask_for(owner_of(task["client"]), task["name"], variant)
    request = CompletionRequest(workspace / "task.py", task["text"], len(task["text"]), workspace)
    completion = engine.complete(request)
    return {
        "shown": completion.text, "draft": completion.draft, "verdict": completion.verdict,
        "fired": completion.trigger.fired, "reasons": list(completion.trigger.reasons),
        "confidence": completion.trigger.confidence, "certainty": name_certainty(completion),
        "found": index.found, "problem": completion.check.problem, "repaired": completion.check.repaired,
        "trimmed": completion.check.trimmed, "ms": round(completion.timings_ms["total"] + model.replayed_ms, 1),
        "evaluated": completion.evaluated, "load": round(os.getloadavg()[0], 1), "commit": head_commit(),
    }  # fmt: skip


def judged(task: Row, row: Row, names: Mapping[str, frozenset[str]]) -> Row:
    """A generation with what the judge says of it today, and the place of the right document (0: not found)."""
    verdict = judge(
        task["name"], stub(task["parameters"]), names[task["client"]], task["prefix"], row["shown"]
    )
    found = row["found"]
    return {
        **row, "outcome": verdict.outcome, "called": verdict.called, "why": verdict.why,
        "rank": found.index(task["name"]) + 1 if task["name"] in found else 0,
        **{key: task[key] for key in ("client", "name", "family", "split", "stratum", "unseen", "name_leak", "count") if key in task},
    }  # fmt: skip


def write_generations(
    tasks: Sequence[Row], methods: Sequence[str], model_name: str, kept: Generations
) -> None:
    """Every task by every method that is not there yet."""
    missing = [
        (task, method)
        for begin in range(0, len(tasks), _BLOCK)
        for method in methods
        for task in tasks[begin : begin + _BLOCK]
        if kept.get(task, method) is None
    ]
    if not missing:
        return
    index, workspace = open_index(tasks)
    bench = Bench(index)
    oracle = LspOracle(PYTHON, workspace, interpreter())
    oracle.start()
    runtime = LlamaRuntime(
        resolve_model(model_name, ""),
        context=Settings().model.context,
        threads=int(os.environ.get("THREADS") or 0),
    )
    streams = Streams(GENERATIONS / f"{model_name}.streams.jsonl.gz")
    model = RememberingModel(runtime, streams)
    engines = {method: Engine(model, bench, VARIANTS[method].settings(), oracle) for method in methods}
    began = time.monotonic()
    try:
        for number, (task, method) in enumerate(missing, 1):
            kept.put(task, method, generate(task, VARIANTS[method], engines[method], model, bench, workspace))
            if number % _SAVE_STREAMS == 0:
                streams.save()
            left = (time.monotonic() - began) / number * (len(missing) - number)
            print(
                f"\r{number}/{len(missing)} generations, {left / 60:.0f} min left   ",
                end="",
                flush=True,
            )
    except (KeyboardInterrupt, Cancelled):  # Ctrl-C while the model writes ends what it writes
        print("\nstopped: the next run goes on from here")
        raise SystemExit(130) from None
    finally:
        kept.save()
        streams.save()
        runtime.close()
        oracle.close()
        index.close()
    print()


def main() -> None:
    split = os.environ.get("SPLIT") or "all"
    tasks = [task for task in read_tasks(TASKS) if split in ("all", task["split"])]
    if not tasks:
        raise SystemExit(f"SPLIT: there is no {split}; there are dev and test")
    limit = int(os.environ.get("LIMIT") or len(tasks))
    model_name = os.environ.get("MODEL") or DEFAULT_MODEL
    methods = [name for name in (os.environ.get("METHODS") or ";".join(VARIANTS)).split(";") if name]
    unknown = [name for name in methods if name not in VARIANTS]
    if unknown:
        raise SystemExit(f"METHODS: there is no {', '.join(unknown)}; there are {'; '.join(VARIANTS)}")
    chosen = tasks[:limit]
    stale = read_tasks(STALE)[: limit // 6]
    kept = Generations(GENERATIONS / f"{model_name}.jsonl.gz", fingerprint())
    write_generations(chosen, methods, model_name, kept)
    write_generations(
        stale, [name for name in methods if name in ("base", "dag++", "full")], model_name, kept
    )
    names = read_names()
    rows = [
        judged(task, row, names)
        for task in (*chosen, *stale)
        for method in VARIANTS
        if (row := kept.get(task, method))
    ]
    facts = {
        "commit": head_commit(), "model": model_name, "tasks": f"{len(chosen)} of {len(tasks)}",
        **about(("llama-cpp-python", "lancedb", "sentence-transformers", "ty")),
    }  # fmt: skip
    print(write_report(rows, facts, model_name))


if __name__ == "__main__":
    main()
