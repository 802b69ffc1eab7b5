"""Drafts of the real model for every task: ``python -m bench.retrieval.drafts`` appends to ``drafts.jsonl``, then packs it.

About a second each, so they are written once and kept beside the tasks. What is drafted is the model's own, its
hallucinations too: method ``base``, greedy, default settings, cut at 14 tokens (a query takes the name of the call, not its arguments).
"""

from __future__ import annotations

import gzip
import json
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from bench.retrieval.tasks import Task, read_tasks
from bench.retrieval.world import CACHE, HERE

from soothsay.config import CompletionSettings, Settings
from soothsay.engine.pipeline import Engine
from soothsay.engine.query import masked
from soothsay.engine.types import CompletionRequest
from soothsay.model.resolve import resolve_model
from soothsay.model.runtime import LlamaRuntime
from soothsay_index.types import Hit, Query, Symbol

DRAFTS = HERE / "drafts.jsonl.gz"
MODEL = "qwen2.5-coder-0.5b"
_SHORT = {"numpy": "np", "pandas": "pd", "networkx": "nx"}
_TYPED = 1  # bytes: the dot before the cursor is written again (token healing)


class NoIndex:
    """Method ``base`` asks nothing."""

    def members(self, owner: str) -> Sequence[Symbol]:
        return ()

    def is_closed(self, owner: str) -> bool:
        return False

    def lookup(self, qualified: str) -> Symbol | None:
        return None

    def has_name(self, name: str) -> bool:
        return False

    def search(self, query: Query) -> Sequence[Hit]:
        return ()


def file_of(task: Task) -> str:
    """A file that ends where the call is to be written, right after ``receiver.``."""
    owner, comment = task["owner"], f"# {task['comment']}"
    parent, _, last = owner.rpartition(".")
    if owner.startswith("botocore:"):
        service = owner.partition(":")[2]
        return f'import boto3\n\nclient = boto3.client("{service}")\n\n{comment}\nresult = client.'
    if last[:1].isupper():
        return (
            f"from {parent} import {last}\n\n\ndef work(value: {last}):\n    {comment}\n    result = value."
        )
    if parent:
        return f"from {parent} import {last}\n\n{comment}\nresult = {last}."
    short = _SHORT.get(owner, owner)
    imported = f"{owner} as {short}" if short != owner else owner
    return f"import {imported}\n\n{comment}\nresult = {short}."


def draft_row(task: Task, engine: Engine) -> dict[str, Any]:
    """What the model drafts, and what of it the pipeline would ask the index with."""
    text = file_of(task)
    request = CompletionRequest(Path("/work/draft.py"), text, len(text), Path("/work"), method="base")
    completion = engine.complete(request)
    # The pipeline looks at a draft once a bracket opens, and asks with what is written up to there.
    opened = next(
        (n for n, token in enumerate(completion.tokens) if b"(" in token.data), len(completion.tokens)
    )
    asked = masked(completion.tokens[: opened + 1], _TYPED)
    return {
        "id": task["id"], "receiver": text.rpartition("= ")[2], "draft": completion.draft, "masked": asked,
        "confidence": round(completion.trigger.confidence, 4) if completion.trigger.confidence is not None else None,
    }  # fmt: skip


def read_drafts(path: Path = DRAFTS) -> dict[str, dict[str, Any]]:
    """Drafts by the id of their task."""
    with gzip.open(path, "rt", encoding="utf-8") as file:
        return {row["id"]: row for row in map(json.loads, file)}


def _kept(path: Path) -> dict[str, dict[str, Any]]:
    rows: dict[str, dict[str, Any]] = {}
    for line in path.read_text(encoding="utf-8").splitlines() if path.exists() else ():
        try:
            row = json.loads(line)
        except json.JSONDecodeError:
            continue  # cut short when the last run was stopped
        rows[row["id"]] = row
    return rows


def main() -> None:
    path = CACHE / "drafts.jsonl"
    tasks = read_tasks()
    rows = _kept(path)
    settings = Settings(completion=CompletionSettings(max_tokens=14, max_latency_ms=120_000))
    runtime = LlamaRuntime(resolve_model(MODEL, ""), threads=int(os.environ.get("THREADS") or 0))
    engine = Engine(runtime, NoIndex(), settings)
    with path.open("a", encoding="utf-8") as file:
        for task in tasks:
            if task["id"] not in rows:
                rows[task["id"]] = row = draft_row(task, engine)
                file.write(json.dumps(row, ensure_ascii=False) + "\n")
                file.flush()
    text = "".join(json.dumps(rows[task["id"]], ensure_ascii=False) + "\n" for task in tasks)
    DRAFTS.write_bytes(gzip.compress(text.encode("utf-8"), mtime=0))


if __name__ == "__main__":
    main()
