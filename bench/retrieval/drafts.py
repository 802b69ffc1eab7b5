"""Drafts of the real model for every task: ``python -m bench.retrieval.drafts`` appends to ``drafts.jsonl``, then packs it.

About a second each, so they are written once and kept beside the tasks. What is drafted is the model's own, its
hallucinations too: greedy, by the engine's own prompt and decoding, up to the bracket that opens the call.
"""

from __future__ import annotations

import gzip
import json
import os
import time
from pathlib import Path
from typing import Any

from bench.retrieval.tasks import Task, read_tasks
from bench.retrieval.world import CACHE, HERE

from soothsay.backend.session import NoIndex
from soothsay.engine.draft import Limits, write
from soothsay.engine.query import masked
from soothsay.engine.site import Site
from soothsay.engine.trigger import confidence
from soothsay.engine.types import CompletionRequest
from soothsay.model.files.resolve import resolve_model
from soothsay.model.fim import Window, build_prompt, place_anchor
from soothsay.model.local.runtime import LlamaRuntime

DRAFTS = HERE / "drafts.jsonl.gz"
MODEL = "qwen2.5-coder-0.5b"
_SHORT = {"numpy": "np", "pandas": "pd", "networkx": "nx"}
_MOST_TOKENS = 20


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


def draft_row(task: Task, model: LlamaRuntime) -> dict[str, Any]:
    """What the model drafts up to the bracket, where the pipeline looks at it, and what it would ask the index with."""
    text = file_of(task)
    site = Site(CompletionRequest(Path("/work/draft.py"), text, len(text), Path("/work")), NoIndex())
    anchor = place_anchor(text, len(text), Window.of(model.context.size), site.language)
    limits = Limits(_MOST_TOKENS, time.monotonic() + 600)
    draft = write(
        model.open(build_prompt(anchor, text, len(text))), site.rule, limits,
        watch=lambda _, tokens: b"(" in tokens[-1].data,
    )  # fmt: skip
    names = site.names(draft.text)
    return {
        "id": task["id"], "receiver": text.rpartition("= ")[2], "draft": draft.text.rstrip(),
        "masked": masked(draft.tokens, draft.typed).rstrip(), "name": names[0].name if names else "",
        "confidence": round(confidence(names[0], draft.tokens, draft.typed) or 0.0, 4) if names else None,
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
    model = LlamaRuntime.load(resolve_model(MODEL, ""), threads=int(os.environ.get("THREADS") or 0))
    with path.open("a", encoding="utf-8") as file:
        for task in tasks:
            if task["id"] not in rows:
                rows[task["id"]] = row = draft_row(task, model)
                file.write(json.dumps(row, ensure_ascii=False) + "\n")
                file.flush()
    text = "".join(json.dumps(rows[task["id"]], ensure_ascii=False) + "\n" for task in tasks)
    DRAFTS.write_bytes(gzip.compress(text.encode("utf-8"), mtime=0))


if __name__ == "__main__":
    main()
