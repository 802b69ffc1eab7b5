"""The benchmark's arithmetic: intervals, orders, mutations, comments, summaries."""

from __future__ import annotations

import json
import random
from pathlib import Path
from typing import Any

import pytest
from bench.oracle import report
from bench.oracle.mutate import labelled_calls, renamed, unreachable
from bench.oracle.report import complete_tasks, mask_cost, quantile, summary, wilson, write_report
from bench.oracle.tasks import call_of, comment_of, same_word, words_of

METHODS = ("base", "full")


def row(task: str, method: str, outcome: str = "ok", ms: float = 100.0, **more: Any) -> dict[str, Any]:
    return {
        "id": task, "group": "numpy", "method": method, "shown": "f(1)", "verdict": "verified", "outcome": outcome,
        "detail": "", "undefined": [], "right": True, "problem": "", "trimmed": "", "ms": {"total": ms}, "load": 1.0, "threads": 0, "commit": "abc",
        "mask_s": {"accepts": 0.002, "possible": 0.0, "lookup": 0.001, "_possible": 0.004},
        "mask_n": {"accepts": 4, "possible": 0, "lookup": 1, "_possible": 3}, **more,
    }  # fmt: skip


def task(name: str, receiver: str = "np", arguments: tuple[str, ...] = ("1", "2")) -> dict[str, Any]:
    return {
        "id": name, "group": "numpy", "env": "stubs", "name": name, "receiver": receiver, "arguments": list(arguments),
        "answer": f"{name}({', '.join(arguments)})", "prefix": f"x = {receiver}.", "name_leak": 0.5, "setup": "", "text": "",
    }  # fmt: skip


def test_wilson_is_wide_for_few_and_never_leaves_the_unit() -> None:
    low, high = wilson(0, 50)
    assert low == 0
    assert high == pytest.approx(0.0714, abs=0.001)
    assert wilson(0, 0) == (0.0, 1.0)
    assert wilson(5, 5)[1] <= 1


def test_quantiles_are_of_the_values_themselves() -> None:
    assert quantile([3, 1, 2, 4], 0.5) == 2
    assert quantile(list(range(1, 101)), 0.95) == 95
    assert quantile([], 0.5) == 0


def test_only_tasks_that_every_method_wrote_are_compared() -> None:
    rows = [row("a", "base"), row("a", "full"), row("b", "base")]
    assert complete_tasks(rows, METHODS) == {"a"}


def test_the_summary_counts_what_is_shown_apart_from_what_is_not() -> None:
    rows = [row("a", "full"), row("b", "full", "no_bind"), row("c", "full", "nothing", right=False)]
    found = summary(rows)
    assert (found["tasks"], found["shown"], found["broken"], found["right"]) == (3, 2, 1, 2)


def test_the_mask_is_counted_without_the_questions_asked_for_it() -> None:
    found = mask_cost([row("a", "full")])
    assert found["ms per token, without the lookups"] == pytest.approx(1.0)
    assert found["ms per lookup"] == pytest.approx(1.0)


def test_each_call_is_mutated_in_every_way_that_it_can_be() -> None:
    calls = list(labelled_calls([task("get_item"), task("now", "time", ())]))
    kinds = [(call.task["name"], call.kind) for call in calls]
    assert ("get_item", "removed argument") in kinds
    assert ("now", "removed argument") not in kinds
    wrong = next(c for c in calls if c.kind == "wrong module" and c.task["name"] == "get_item")
    assert wrong.shown == "now()"
    assert {renamed("get_item", random.Random(n)) for n in range(40)} >= {"fetch_item", "item"}


def test_a_comment_loses_words_of_the_name_and_says_how_many_it_keeps() -> None:
    comment, leak = comment_of(
        "<p>Lists the tags of a queue that somebody made here.</p> More.", "list_queue_tags"
    )
    assert comment.endswith("somebody made here")
    assert 0 <= leak < 1
    assert comment_of("This operation is old. Splits an array into many parts.", "cut")[0].startswith(
        "splits"
    )
    assert words_of("describe_DBInstances") == ["describe", "db", "instances"]
    assert same_word("merging", "merge")
    assert not same_word("a", "at")


def test_a_call_holds_what_is_required_and_no_more() -> None:
    def levy(what: str, amount: int, *rest: object, vat: str, due: int = 3) -> None: ...

    assert call_of(levy, "levy") == ('levy("a", 2, vat="a")', ['"a"', "2", 'vat="a"'])


def test_the_report_is_written_for_people_and_for_programs(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = [row("f", "base"), row("f", "full", "no_name")]
    call = {
        "id": "f", "group": "numpy", "kind": "renamed", "shown": "g()", "truth": "no_name", "why": "", "verdict": "verified",
        "problem": "", "fault": None, "ms": 2.0, "oracle_ms": 1.5, "unanswered": 0,
    }  # fmt: skip
    write_report([task("f")], rows, [call], tmp_path, METHODS)
    text = (tmp_path / "oracle.md").read_text(encoding="utf-8")
    assert "missed by 99.0 points" in text
    assert "`full`: 1 shown that are broken" in text
    assert "Broken, but verified: 1" in text
    assert "100.0 % (1/1" in capsys.readouterr().out
    assert json.loads((tmp_path / "oracle.json").read_text())["summary"]["all"]["full"]["broken"] == 1


def test_the_committed_tasks_are_enough_and_whole() -> None:
    path = Path(report.__file__).with_name("tasks.jsonl")
    tasks = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    assert len(tasks) >= 200
    assert len({task["id"] for task in tasks}) == len(tasks)
    assert len({task["group"] for task in tasks}) == 6
    assert all(task["text"].endswith(f"{task['receiver']}.") for task in tasks)


def test_the_last_line_is_put_where_no_type_checker_looks() -> None:
    text = "import json\n\n# write it\nresult = json."
    assert unreachable(text) == "import json\n\n# write it\nif False:\n    result = json."
