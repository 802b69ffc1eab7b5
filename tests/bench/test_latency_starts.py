"""How soon `initialize` is answered: a start is measured to the answer, sides take turns, and the report says what was found."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest
from bench.latency import seam, starts
from bench.latency.ours import PLUGINS, Setup

ANSWERS = """
import json, sys
while True:
    length = 0
    while (line := sys.stdin.buffer.readline().strip()):
        length = int(line.split(b":")[1]) if line.startswith(b"Content-Length") else length
    message = json.loads(sys.stdin.buffer.read(length)) if length else {"method": "exit"}
    if message["method"] == "exit":
        break
    if "id" in message:
        body = json.dumps({"jsonrpc": "2.0", "id": message["id"], "result": None}).encode()
        sys.stdout.buffer.write(b"Content-Length: %d\\r\\n\\r\\n" % len(body) + body)
        sys.stdout.buffer.flush()
    with open(sys.argv[1], "a") as told:
        told.write(sys.argv[2] + " " + message["method"] + "\\n")
"""


def one_line(text: str) -> str:
    """Return the text without the blanks that align its tables."""
    return " ".join(text.split())


def test_the_report_has_median_maximum_and_ratio() -> None:
    text = one_line(starts.section({"before": [400.0, 500.0, 2000.0], "after": [600.4, 550.0, 700.0]}))
    assert "| before | 3 | 500 | 2,000 |" in text
    assert "| after | 3 | 600 | 700 |" in text
    assert "after against before: ratio 1.20 of the medians." in text


@pytest.mark.parametrize("found", [{}, {"before": [], "after": []}])
def test_without_starts_there_is_no_such_part(found: dict[str, list[float]]) -> None:
    assert starts.section(found) == ""
    assert "nitialize" not in seam.page([], {}, found)


def test_one_side_alone_has_no_ratio() -> None:
    assert "ratio" not in starts.section({"before": [], "after": [5.0]})


def test_the_page_of_two_commits_has_it_before_the_typing() -> None:
    text = one_line(seam.page([], {"before": "abc"}, {"before": [400.0], "after": [500.0]}))
    assert text.index("* before: abc") < text.index("| before | 1 | 400 | 400 |")
    assert "typed through" not in text, "nothing was typed"


async def test_each_side_is_started_as_often_and_begins_as_often(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    told = tmp_path / "told.txt"

    def launch(setup: Setup) -> tuple[list[str], dict[str, Any]]:
        side = "other" if setup.code else "this"
        return [sys.executable, "-c", ANSWERS, str(told), side], {}

    monkeypatch.setattr(starts, "launch", launch)
    this = Setup({}, tmp_path, tmp_path, tmp_path / "log", PLUGINS["vscode"])
    other = Setup({}, tmp_path, tmp_path, tmp_path / "log", PLUGINS["vscode"], tmp_path)
    found = await starts.measure({"before": other, "after": this}, 2)
    assert {side: len(times) for side, times in found.items()} == {"before": 2, "after": 2}
    assert min(time for times in found.values() for time in times) > 0
    order = [line.split()[0] for line in told.read_text().splitlines() if line.endswith(" initialize")]
    assert order == ["other", "this", "this", "other"]
