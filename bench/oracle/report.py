"""Tables from rows: what `make bench-oracle` prints and writes."""

from __future__ import annotations

import json
import math
import statistics
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from bench.machine import about, head_commit

Row = dict[str, Any]
BROKEN = ("no_name", "no_bind")
UNTYPED = "boto3, without stubs"
GOAL = 0.01


def wilson(hits: int, total: int, z: float = 1.96) -> tuple[float, float]:
    """The 95 % interval of a share."""
    if total == 0:
        return 0.0, 1.0
    share, square = hits / total, z * z
    middle = (share + square / (2 * total)) / (1 + square / total)
    half = z * math.sqrt(share * (1 - share) / total + square / (4 * total * total)) / (1 + square / total)
    return max(0.0, middle - half), min(1.0, middle + half)


def quantile(values: Sequence[float], share: float) -> float:
    """The value below which ``share`` of them lie (nearest rank); 0 when there are none."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, math.ceil(share * len(ordered)) - 1)] if ordered else 0.0


def table(head: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """A table that reads well as text and as markdown."""
    cells = [list(head), *([str(c) for c in row] for row in rows)]
    widths = [max(len(row[n]) for row in cells) for n in range(len(head))]
    lines = ["| " + " | ".join(c.ljust(w) for c, w in zip(row, widths, strict=True)) + " |" for row in cells]
    lines.insert(1, "|" + "|".join("-" * (w + 2) for w in widths) + "|")
    return "\n".join(lines)


def percent(hits: int, total: int) -> str:
    return f"{100 * hits / total:.1f} %" if total else "–"


def with_interval(hits: int, total: int) -> str:
    low, high = wilson(hits, total)
    return f"{percent(hits, total)} ({hits}/{total}; {100 * low:.1f}–{100 * high:.1f})" if total else "–"


def summary(rows: Sequence[Row]) -> dict[str, Any]:
    """Counts and times of one method's generations."""
    shown = [row for row in rows if row["outcome"] != "nothing"]
    outcomes = Counter(row["outcome"] for row in rows)
    totals = [row["ms"]["total"] for row in rows]
    return {
        "tasks": len(rows), "shown": len(shown), "broken": sum(outcomes[o] for o in BROKEN),
        "no_name": outcomes["no_name"], "no_bind": outcomes["no_bind"], "not_judged": outcomes["no_signature"], "no_code": outcomes["no_code"],
        "undefined_helper": sum(bool(row["undefined"]) for row in shown), "right": sum(row["right"] for row in rows),
        "verified": sum(row["verdict"] == "verified" for row in shown),
        "verified_broken": sum(row["verdict"] == "verified" and row["outcome"] in BROKEN for row in shown),
        "median_ms": round(statistics.median(totals)) if totals else 0, "p95_ms": round(quantile(totals, 0.95)),
    }  # fmt: skip


def complete_tasks(rows: Sequence[Row], methods: Sequence[str]) -> set[str]:
    """The tasks that every method has written: only these are compared."""
    done: dict[str, set[str]] = {}
    for row in rows:
        done.setdefault(row["id"], set()).add(row["method"])
    return {task for task, by in done.items() if by.issuperset(methods)}


def by_group(rows: Sequence[Row]) -> dict[str, list[Row]]:
    """Rows of each group, then of all where the receiver is typed, then of all."""
    groups: dict[str, list[Row]] = {}
    for row in sorted(rows, key=lambda r: r["group"]):
        groups.setdefault(row["group"], []).append(row)
    groups["all typed"] = [row for row in rows if row["group"] != UNTYPED]
    groups["all"] = list(rows)
    return groups


def generation_table(rows: Sequence[Row], methods: Sequence[str]) -> str:
    lines = []
    for group, of_group in by_group(rows).items():
        for method in methods:
            s = summary([row for row in of_group if row["method"] == method])
            lines.append((
                group, method, with_interval(s["broken"], s["shown"]), s["no_name"], s["no_bind"], s["no_code"], s["not_judged"],
                percent(s["shown"], s["tasks"]), percent(s["right"], s["tasks"]), s["median_ms"], s["p95_ms"],
            ))  # fmt: skip
    head = ("group", "method", "broken of shown (95 %)", "no name", "no bind", "not Python", "not judged", "shown", "right name", "median ms", "p95 ms")  # fmt: skip
    return table(head, lines)


def check_table(calls: Sequence[Row]) -> str:
    lines = []
    for key in ("kind", "group"):
        for value in sorted({call[key] for call in calls}):
            lines.append(_check_line(value, [call for call in calls if call[key] == value]))
    lines.append(_check_line("all typed", [call for call in calls if call["group"] != UNTYPED]))
    lines.append(_check_line("all", calls))
    head = ("calls", "n", "recall: broken rejected", "broken unverified", "broken verified", "false alarms: good rejected", "good unverified")  # fmt: skip
    return table(head, lines)


def _check_line(name: str, calls: Sequence[Row]) -> tuple[object, ...]:
    good = Counter(call["verdict"] for call in calls if call["truth"] == "ok")
    broken = Counter(call["verdict"] for call in calls if call["truth"] != "ok")
    return (
        name, len(calls), with_interval(broken["rejected"], broken.total()), percent(broken["unverified"], broken.total()),
        percent(broken["verified"], broken.total()), with_interval(good["rejected"], good.total()),
        percent(good["unverified"], good.total()),
    )  # fmt: skip


def natural_calls(rows: Sequence[Row]) -> list[Row]:
    """What `base` and `dag++` wrote, as labelled calls: they are judged by the same check, and shown all the same."""
    return [
        {**row, "kind": f"written by {row['method']}", "truth": row["outcome"], "why": row["detail"]}
        for row in rows
        if row["method"] in ("base", "dag++") and row["outcome"] in ("ok", *BROKEN)
    ]


def check_times(calls: Sequence[Row]) -> str:
    lines = []
    for group, rows in by_group(calls).items():
        ms = [row["ms"] for row in rows]
        share = sum(row["oracle_ms"] for row in rows) / max(1e-9, sum(ms))
        late = sum(bool(row["unanswered"]) for row in rows)
        lines.append((group, len(rows), f"{quantile(ms, 0.5):.1f}", f"{quantile(ms, 0.95):.1f}", f"{max(ms, default=0):.1f}", percent(round(1000 * share), 1000), late))  # fmt: skip
    return table(
        ("calls", "n", "p50 ms", "p95 ms", "max ms", "of it in the oracle", "a question unanswered"), lines
    )


def mask_cost(rows: Sequence[Row]) -> dict[str, float]:
    """Milliseconds of the constraint, over the generations in which it was used."""
    used = [row for row in rows if row["mask_n"]["_possible"]]
    tokens = sum(row["mask_n"]["_possible"] for row in used)
    total = {what: 1000 * sum(row["mask_s"][what] for row in used) for what in ("accepts", "possible", "lookup", "_possible")}  # fmt: skip
    per_generation = [1000 * (r["mask_s"]["_possible"] - r["mask_s"]["lookup"]) / r["mask_n"]["_possible"] for r in used]  # fmt: skip
    return {
        "generations": len(used), "tokens": tokens,
        "ms per token, all": total["_possible"] / max(1, tokens),
        "ms per token, without the lookups": (total["_possible"] - total["lookup"]) / max(1, tokens),
        "p95 over generations of the mean ms per token, without the lookups": quantile(per_generation, 0.95),
        "ms per token in accepts and possible, without the lookups": (total["accepts"] + total["possible"] - total["lookup"]) / max(1, tokens),
        "lookups per generation": sum(r["mask_n"]["lookup"] for r in used) / max(1, len(used)),
        "ms per lookup": total["lookup"] / max(1, sum(r["mask_n"]["lookup"] for r in used)),
    }  # fmt: skip


def failure_lists(rows: Sequence[Row], methods: Sequence[str], tasks: Mapping[str, Row]) -> str:
    """What the methods with the check got wrong, class by class."""
    parts: list[str] = []
    for method in (m for m in methods if m.startswith("full")):
        bad = [row for row in rows if row["method"] == method and row["outcome"] in (*BROKEN, "no_code")]
        parts.append(f"### `{method}`: {len(bad)} shown that are broken or no Python\n")
        for row in sorted(bad, key=lambda r: (r["outcome"], r["group"], r["id"])):
            parts.append(f"* {row['outcome']}, {row['verdict']}, {row['id']}: `{_one_line(tasks[row['id']]['prefix'] + row['shown'])}` — {row['detail']}")  # fmt: skip
        hidden = [row for row in rows if row["method"] == method and row["outcome"] == "nothing"]
        parts.append(f"\nNothing shown: {len(hidden)}\n")
        parts += [f"* {row['id']} (wanted `{tasks[row['id']]['answer']}`): trimmed `{_one_line(row['trimmed'])}` — {row['problem']}" for row in hidden]  # fmt: skip
        parts.append("")
    return "\n".join(parts)


def check_failures(calls: Sequence[Row], most: int = 60) -> str:
    missed = [c for c in calls if c["truth"] != "ok" and c["verdict"] == "verified"]
    open_ = [c for c in calls if c["truth"] != "ok" and c["verdict"] == "unverified"]
    alarms = [c for c in calls if c["truth"] == "ok" and c["verdict"] == "rejected"]
    parts: list[str] = []
    for title, found in (
        ("Good, but rejected", alarms), ("Broken, but verified", missed), ("Broken, and unverified", open_)
    ):  # fmt: skip
        parts.append(f"### {title}: {len(found)}\n")
        parts += [f"* {c['kind']}, {c['id']}: `{_one_line(c['shown'])}` — referee: {c['truth']} {c['why']}; check: {c['problem'] or '–'}" for c in found[:most]]  # fmt: skip
        if len(found) > most:
            parts.append(f"* … {len(found) - most} more in oracle.json")
        parts.append("")
    return "\n".join(parts)


def _one_line(text: str) -> str:
    line = " ⏎ ".join(text.split("\n"))
    return line if len(line) <= 160 else line[:157] + "..."


def goal_line(rows: Sequence[Row]) -> str:
    s = summary([row for row in rows if row["method"] == "full" and row["group"] != UNTYPED])
    share = s["broken"] / max(1, s["shown"])
    missed = "met" if share <= GOAL else f"missed by {100 * (share - GOAL):.1f} points"
    low, high = wilson(s["broken"], s["shown"])
    return f"Goal: with `full`, at most 1 % of what is shown is broken where the receiver is typed. Measured {100 * share:.1f} % ({s['broken']} of {s['shown']}, 95 % interval {100 * low:.1f}–{100 * high:.1f} %): {missed}. Counting what is no Python as well: {with_interval(s['broken'] + s['no_code'], s['shown'])}; {s['not_judged']} could not be judged."  # fmt: skip


def machine() -> dict[str, str]:
    """What the figures depend on."""
    packages = ("soothsay", "ty", "llama-cpp-python", "sentence-transformers", "lancedb")
    settings = "qwen2.5-coder-0.5b, greedy, default settings but max_latency_ms=120000"
    return {"commit of the check": head_commit(), "model": settings, **about(packages)}


def write_report(
    tasks: Sequence[Row], rows: Sequence[Row], calls: Sequence[Row], folder: Path, methods: Sequence[str]
) -> None:
    """Print the tables and write ``oracle.json`` and ``oracle.md`` into ``folder``."""
    complete = complete_tasks(rows, methods)
    compared = [row for row in rows if row["id"] in complete]
    by_id = {task["id"]: task for task in tasks}
    hidden = [call for call in calls if call.get("place") == "unreachable"]
    calls = [call for call in calls if call.get("place") != "unreachable"]
    mask = mask_cost([row for row in compared if row["method"] == "full"])
    loads = [row["load"] for row in compared]
    leak = statistics.mean(task["name_leak"] for task in tasks)
    facts = machine()
    facts["commit of the completions"] = ", ".join(sorted({row["commit"] for row in compared}))
    threads = ", ".join(sorted({str(row["threads"] or "default") for row in compared}))
    goal = goal_line(compared)
    tables = {
        "Completions": generation_table(compared, methods),
        "The check: recall and false alarms": check_table(calls),
        "The check in unreachable code (behind `if False:`)": check_table(hidden),
        "The check on what models write (`base` and `dag++`)": check_table(natural_calls(compared)),
        "The check: time, warm": check_times(calls),
        "The constraint: time": table(("what", "value"), [(k, f"{v:.3f}".rstrip("0").rstrip(".")) for k, v in mask.items()]),
    }  # fmt: skip
    for title, text in tables.items():
        print(f"\n{title}\n{text}")
    print(f"\n{goal}")
    undefined = summary([row for row in compared if row["method"] == "full"])["undefined_helper"]
    parts = [
        "# The oracle: what it prevents, what it misses, what it costs\n",
        f"One command: `make bench-oracle` (`LIMIT=n` for a sample; goes on where it stopped; `FRESH=1` begins again). {len(complete)} of {len(tasks)} tasks by {len(methods)} methods; {len(calls)} labelled calls. Mean load of the machine while generating: {statistics.mean(loads) if loads else 0:.1f}; model threads: {threads}.\n",
        table(("", ""), facts.items()),
        f"\nTasks: `bench/oracle/tasks.jsonl`, made by `bench/oracle/tasks.py` (seed 20261123) from what `requirements-stubs.txt` installs; mean share of the name's words in the comment {leak:.2f}. The referee (`judge.py`) imports the package in a child process, looks the name up and binds the arguments (`inspect.signature(...).bind`; for boto3 the service model); it judges every dotted call in what is shown that starts at a name of the file and never asks the oracle. *Not Python*: it has no syntax tree even with brackets closed. *Not judged*: the name exists, its signature cannot be read. An unfinished call lacks no argument. Calls of bare functions that the file does not define are not counted ({undefined} of `full`'s).\n",
        goal + "\n",
    ]  # fmt: skip
    for title, text in tables.items():
        parts.append(f"## {title}\n\n{text}\n")
    parts.append(
        f"## Failures of the methods with the check\n\n{failure_lists(compared, methods, by_id)}\n## Failures of the check: labelled calls\n\n{check_failures(calls, 30)}\n## Failures of the check: what models write\n\n{check_failures(natural_calls(compared), 30)}"
    )
    folder.mkdir(exist_ok=True)
    (folder / "oracle.md").write_text("\n".join(parts), encoding="utf-8")
    results = {
        "about": facts, "goal": goal, "mask": mask,
        "summary": {g: {m: summary([r for r in of_group if r["method"] == m]) for m in methods} for g, of_group in by_group(compared).items()},
        "generations": rows, "calls": [*calls, *hidden],
    }  # fmt: skip
    (folder / "oracle.json").write_text(json.dumps(results, indent=1, ensure_ascii=False), encoding="utf-8")
