"""`make bench-index`: builds, search, freshness, growth and sudden deaths, one page and one JSON.

PARTS=search,crash measures only those and keeps the other figures of the last run; LIMIT divides the long parts.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from bench.index import builds, crash, freshness, growth
from bench.machine import about, head_commit
from bench.oracle.report import table

from soothsay.model.files.cache import model_path
from soothsay.model.files.registry import EMBEDDING_MODEL

RESULTS = Path(__file__).resolve().parents[1] / "results"
MB = 1_000_000
Figures = dict[str, Any]


def measure_builds(_: int) -> list[Figures]:
    """Each corpus in a process of its own, so that none pays for another's memory."""
    model = model_path(EMBEDDING_MODEL)
    return [
        asdict(builds.measure(corpus, model)) for corpus in builds.CORPORA if corpus != builds.NODE_MODULES
    ]


def measure_node_modules(_: int) -> list[Figures]:
    """A part of its own: writing the files takes a while."""
    return [asdict(builds.measure(builds.NODE_MODULES, model_path(EMBEDDING_MODEL)))]


def measure_search(divide: int) -> list[Figures]:
    """By a program of its own, whose stores stay in the temporary folder."""
    sizes = [str(size // divide) for size in (10_000, 50_000, 200_000)]
    command = [sys.executable, "-m", "bench.index.search_speed", *sizes, "--json"]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    return json.loads(done.stdout)


def measure_freshness(divide: int) -> Figures:
    model = model_path(EMBEDDING_MODEL)
    with tempfile.TemporaryDirectory() as folder:
        fresh = freshness.measure(Path(folder) / "first", 2000 // divide, 200 // divide, model)
        seconds, stale = freshness.switch(Path(folder) / "switch", 2000 // divide, None)
    return {**asdict(fresh), "switch_seconds": seconds, "switch_stale": stale, "files": 2000 // divide}


def measure_growth(divide: int) -> Figures:
    with tempfile.TemporaryDirectory() as folder:
        return asdict(growth.measure(Path(folder), 500, 10_000 // divide))


def measure_crash(divide: int) -> Figures:
    with tempfile.TemporaryDirectory() as folder:
        trials = [crash.trial(Path(folder) / str(n), n) for n in range(1, 1 + 100 // divide)]
    return {"summary": crash.summary(trials), "trials": len(trials)}


PARTS: Mapping[str, Callable[[int], Any]] = {
    "builds": measure_builds,
    "node_modules": measure_node_modules,
    "search": measure_search,
    "freshness": measure_freshness,
    "growth": measure_growth,
    "crash": measure_crash,
}


def page(results: Mapping[str, Any]) -> str:
    """The figures for people."""
    parts = [
        "# The index: how fast it is built, searched and kept fresh, and what it survives\n",
        "One command: `make bench-index` (`PARTS=search,crash` for some of it, `LIMIT=10` for a tenth of the long parts).\n",
    ]
    writers = {
        "builds": _builds, "node_modules": _builds, "search": _search, "freshness": _freshness, "growth": _growth, "crash": _crash,
    }  # fmt: skip
    for name, write in writers.items():
        if name in results:
            measured = results[name]
            facts = ", ".join(f"{key} {value}" for key, value in measured["about"].items())
            parts.append(
                f"## {name.replace('_', ' ').capitalize()}\n\n{write(measured['figures'])}\n\n*{facts}*\n"
            )
    return "\n".join(parts)


def _builds(rows: list[Figures]) -> str:
    head = (
        "corpus", "documents", "searchable by text", "documents/s", "vectors", "all vectors after", "vectors/s",
        "worker at most", "with its children", "worker afterwards",
    )  # fmt: skip
    lines = [
        (
            row["corpus"], f"{row['documents']:,}", f"{row['text_seconds']:.1f} s",
            f"{row['documents'] / row['text_seconds']:,.0f}", f"{row['vectors']:,}", f"{row['vector_seconds']:.0f} s",
            f"{row['vectors'] / row['vector_seconds']:,.0f}", f"{row['worker_peak'] / MB:,.0f} MB",
            f"{row['family_peak'] / MB:,.0f} MB", f"{row['worker_after'] / MB:,.0f} MB",
        )
        for row in rows
    ]  # fmt: skip
    goals = "Goals: botocore searchable by text in 20 s; under 700 MB with the embedding model loaded."
    return f"{table(head, lines)}\n\n{goals} Documents are symbols and chunks; vectors are of distinct texts, and begin after the text."


def _search(rows: list[Figures]) -> str:
    head = ("chunks", "vectors", "queries", "p50, p95 after other code", "p50, p95 again", "processor time")
    lines = [
        (
            f"{row['chunks']:,}", f"{row['vectors']:,}", row["queries"], _pair(row["first"]), _pair(row["again"]),
            f"{row['cpu']:.1f} ms",
        )
        for row in rows
    ]  # fmt: skip
    return f"{table(head, lines)}\n\nGoal: p95 20 ms at 50,000. No receiver is known: all packages and the workspace are searched."


def _pair(times: tuple[float, float]) -> str:
    return f"{times[0]:.1f}, {times[1]:.1f} ms"


def _freshness(row: Figures) -> str:
    lines = [(what, row[what]["count"], *_times(row[what])) for what in ("edited", "saved", "stored")]
    return (
        f"{table(('what', 'times', 'p50', 'p95', 'longest'), lines)}\n\nUntil a search finds a new function in a workspace of "
        f"{row['files']:,} files, {row['building']} of {row['trials']} times while the first build ran; *stored*: until a saved "
        f"file is reported as indexed. Goal for edited and saved: p95 300 ms. "
        f"A tenth of the files rewritten, renamed or deleted at once, told by nobody: all noticed after "
        f"{row['switch_seconds']:.1f} s, {row['switch_stale']} stale rows."
    )


def _times(spread: Figures) -> tuple[str, str, str]:
    return f"{spread['p50']:.0f} ms", f"{spread['p95']:.0f} ms", f"{spread['longest']:.0f} ms"


def _growth(row: Figures) -> str:
    lines = [
        ("made anew", f"{row['fresh_bytes'] / MB:.1f} MB", "1.0", *_times(row["fresh_search"])),
        (
            f"after {row['updates']:,} updates", f"{row['bytes_before_compaction'] / MB:.1f} MB",
            f"{row['bytes_before_compaction'] / row['fresh_bytes']:.1f}", "", "", "",
        ),
        (
            "and after compaction", f"{row['bytes_after'] / MB:.1f} MB", f"{row['bytes_after'] / row['fresh_bytes']:.1f}",
            *_times(row["search_after"]),
        ),
    ]  # fmt: skip
    head = ("store", "size", "times the fresh one", "search p50", "p95", "longest")
    return (
        f"{table(head, lines)}\n\n{row['files']} files; one update, compactions included: p50 {row['update']['p50']:.0f} ms, "
        f"p95 {row['update']['p95']:.0f} ms. Goal: at most 2 times the size of a fresh store, and no slower."
    )


def _crash(row: Figures) -> str:
    return "\n".join(f"* {line}" for line in row["summary"].splitlines())


def main() -> None:
    divide = int(os.environ.get("LIMIT") or 1)
    wanted = [name for name in (os.environ.get("PARTS") or ",".join(PARTS)).split(",") if name]
    unknown = [name for name in wanted if name not in PARTS]
    if unknown:
        raise SystemExit(f"PARTS: there is no {', '.join(unknown)}; there are {', '.join(PARTS)}")
    file = RESULTS / "index.json"
    results = json.loads(file.read_text(encoding="utf-8")) if file.exists() else {}
    for name in wanted:
        print(f"{name} ...", flush=True)
        facts = {"commit": head_commit(), **about(("lancedb", "sentence-transformers"))}
        if divide > 1:
            facts["sample"] = f"1/{divide}"
        results[name] = {"about": facts, "figures": PARTS[name](divide)}
        RESULTS.mkdir(exist_ok=True)
        file.write_text(json.dumps(results, indent=1), encoding="utf-8")
        (RESULTS / "index.md").write_text(page(results), encoding="utf-8")
    print(page(results))


if __name__ == "__main__":
    main()
