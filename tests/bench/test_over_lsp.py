"""What the benchmarks read of an answer over LSP."""

from __future__ import annotations

import asyncio
import re
import sys
from pathlib import Path
from typing import Any

import pytest
from bench.environments import share_models
from bench.latency.client import Client
from bench.latency.ours import PLUGINS, Setup
from bench.over_lsp import (
    METHOD,
    Answer,
    Editor,
    answer_of,
    asked_for,
    ending,
    evidence,
    generations,
    leaves_parsing,
    limits_said,
    recorded,
    server_code,
    settings,
)
from bench.side_by_side import as_shown
from hypothesis import given
from hypothesis import strategies as st

from soothsay.config import CompletionSettings
from soothsay.model.files.registry import DEFAULT_MODEL

SAID: dict[str, Any] = {"ms": 12.0, "explained": {}}
TEXT = st.text("ab😀é.(\n", max_size=40) | st.text("ab😀", max_size=20).map(
    lambda each: each.replace("b", "\r\n")
)


def position(text: str, offset: int) -> dict[str, int]:
    """The position of an offset, counted in UTF-16 as LSP says it."""
    *above, line = re.split(r"\r\n|\r|\n", text[:offset])
    return {"line": len(above), "character": len(line.encode("utf-16-le")) // 2}


def item(text: str, start: int, end: int, inserted: str) -> dict[str, Any]:
    return {"insertText": inserted, "range": {"start": position(text, start), "end": position(text, end)}}


@given(TEXT, st.data())
def test_accepting_replaces_the_range(text: str, data: st.DataObject) -> None:
    line_starts = [at for at in range(len(text) + 1) if text[at - 1 : at + 1] != "\r\n"]
    start, end = sorted((data.draw(st.sampled_from(line_starts)), data.draw(st.sampled_from(line_starts))))
    answer = answer_of({"items": [item(text, start, end, "new")]}, text, start, **SAID)
    assert answer.accept(text) == text[:start] + "new" + text[end:]


def test_an_item_without_a_range_stands_at_the_cursor() -> None:
    answer = answer_of([{"insertText": "size"}], "x = a.\n", 6, **SAID)
    assert answer.accept("x = a.\n") == "x = a.size\n"


@pytest.mark.parametrize("result", [None, [], {"items": []}])
def test_nothing_is_shown(result: Any) -> None:
    answer = answer_of(result, "x = 1", 5, **SAID)
    assert (answer.text, answer.accept("x = 1")) == ("", "x = 1")


def test_what_stood_before_the_cursor_is_not_written() -> None:
    text = "x = siz"
    assert Answer("size + 1", 4, 7, **SAID).written(text, 7) == "e + 1"
    assert Answer("e + 1", 7, 7, **SAID).written(text, 7) == "e + 1"


@pytest.mark.parametrize(
    ("explained", "error", "reason"),
    [
        ({}, "", ""),
        ({"ending": {"step": "shown", "explanation": "shown as it was written", "dropped": ""}}, "", ""),
        (
            {"ending": {"step": "gate", "explanation": "it would break the file", "dropped": ")"}},
            "",
            "it would break the file",
        ),
        (
            {
                "ending": {"step": "verdict", "explanation": "rejected"},
                "oracle": {"problem": "json has no dump_yaml"},
            },
            "",
            "rejected: json has no dump_yaml",
        ),
        ({"oracle": {"problem": "json has no dump_yaml"}}, "", "json has no dump_yaml"),
        ({}, "no answer", "no answer"),
    ],
)
def test_ending_is_shown(explained: dict[str, Any], error: str, reason: str) -> None:
    assert ending(Answer("", 0, 0, 3.0, explained, error)) == reason


def test_what_is_shown_as_written_needs_no_reason() -> None:
    assert ending(Answer("size", 0, 0, 3.0, {"oracle": {"problem": "a wrong type"}})) == ""


def test_what_is_kept() -> None:
    explained = {
        "draft": "size(", "verdict": "verified", "timings_ms": {"total": 9.0}, "evaluated": {"draft": 3},
        "trigger": {"fired": True, "reasons": ["low_confidence"], "confidence": 0.4},
        "evidence": [{"symbol": "crate.size"}, {"symbol": ""}], "oracle": {"problem": "", "repaired": "", "trimmed": ""},
    }  # fmt: skip
    row = recorded(Answer("size()", 2, 2, 10.04, explained, messages=("full",)), "a.", 2)
    assert (row["shown"], row["verdict"], row["fired"], row["found"]) == (
        "size()",
        "verified",
        True,
        ["crate.size"],
    )
    assert (row["ms"], row["evaluated"], row["messages"], row["ending"]) == (
        10.0,
        {"draft": 3},
        ["full"],
        "",
    )
    assert evidence({}) == []


def test_an_answer_depends_on_the_server_too() -> None:
    names = {path.name for path in server_code()}
    assert {"config.py", "completion_items.py", "session.py", "over_lsp.py"} <= names


def test_the_settings_are_the_defaults_with_the_pulled_weights() -> None:
    assert settings(DEFAULT_MODEL, 1) == {"model": {"name": DEFAULT_MODEL, "weights": "original"}}
    assert limits_said(1) == {}


def test_another_model_and_a_busy_machine_are_set() -> None:
    found = settings("smollm2-135m", 4)
    usual = CompletionSettings()
    assert found["model"] == {"name": "smollm2-135m", "weights": "original"}
    assert found["completion"] == {
        "maxLatencyMs": 4 * usual.max_latency_ms,
        "linesMs": 4 * usual.lines_ms,
        "writeMs": 4 * usual.write_ms,
        "readMs": 4 * usual.read_ms,
    }
    assert "4 times" in limits_said(4)["time limits"]


@pytest.mark.parametrize(
    ("task", "row", "expected"),
    [
        ({"text": "x = a."}, {"shown": "size"}, True),  # at the end of the text
        ({"text": "x = a."}, {"shown": "size("}, False),
        ({"text": "x = a.\ny = 1\n", "offset": 6}, {"shown": "size"}, True),
        ({"text": "f(a.)\n", "offset": 4}, {"shown": "size)"}, False),
        ({"text": "f(a.)\n", "offset": 4}, {"shown": "size)", "text": "size)", "start": 4, "end": 5}, True),
        ({"text": "f(a.si)\n", "offset": 6}, {"shown": "ze", "text": "size", "start": 4, "end": 6}, True),
        ({"text": "x = a."}, {"shown": ""}, True),
    ],
)
def test_what_does_not_parse(task: dict[str, Any], row: dict[str, Any], expected: bool) -> None:
    assert leaves_parsing(task, row) is expected


def test_over_lsp_is_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("LSP", raising=False)
    assert asked_for() == ()
    monkeypatch.setenv("LSP", "1")
    assert asked_for() == (METHOD,)


def test_longer_limits_are_other_generations(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    task = {"id": "1", "text": "x = "}
    monkeypatch.delenv("SLOWDOWN", raising=False)
    kept = generations(tmp_path, "tiny")
    kept.put(task, METHOD, {"shown": "1"})
    kept.save()
    again = generations(tmp_path, "tiny").get(task, METHOD)
    assert again is not None and again["shown"] == "1"
    monkeypatch.setenv("SLOWDOWN", "4")
    assert generations(tmp_path, "tiny").get(task, METHOD) is None


def test_beside_the_patient_figures() -> None:
    usual = {"id": "1", "shown": "size()", "parses": True, "ms": 300.0, "load": 1.0, "good": True}
    late = {**usual, "ms": 2500.0, "parses": False, "good": False}
    text = as_shown(
        {"full": [usual, usual], METHOD: [late, {**late, "shown": " ", "parses": True}]},
        "right",
        lambda row: row["good"],
    )
    one, other = (
        [cell.strip() for cell in line.strip("|").split("|")]
        for line in text.splitlines()
        if line.startswith("| full")
    )
    assert (one[1], one[3:5], one[7]) == ("2", ["0 of 2", "0.0 %"], "0.0 %")
    assert (other[2][:5], other[3:5], other[7]) == ("0.0 %", ["1 of 1", "50.0 %"], "100.0 %")


def test_a_cache_shares_the_models(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOOTHSAY_CACHE", str(tmp_path / "user"))
    (tmp_path / "user" / "models").mkdir(parents=True)
    for _ in range(2):
        share_models(tmp_path / "home")
    assert (tmp_path / "home" / "models").resolve() == (tmp_path / "user" / "models").resolve()


def test_vectors_may_be_missing_but_not_the_text() -> None:
    editor = Editor(Setup({}, Path(), Path(), Path(), PLUGINS["vscode"]))
    stages: list[Any] = [None, {"stage": "files"}, {"stage": "embedding"}]
    seen = []
    for stage in stages:
        editor.status = {"state": "ready", "index": stage}
        seen.append(editor.indexing)
    assert seen == [False, True, False]


SERVER = """
import json, sys

def send(message):
    body = json.dumps({"jsonrpc": "2.0", **message}).encode()
    sys.stdout.buffer.write(b"Content-Length: %d\\r\\n\\r\\n" % len(body) + body)
    sys.stdout.buffer.flush()

answers, opened = 0, ""
while True:
    length = 0
    while (line := sys.stdin.buffer.readline()).strip():
        length = int(line.split(b":")[1])
    if not line:
        break
    message = json.loads(sys.stdin.buffer.read(length))
    method, params = message["method"], message.get("params")
    result = None
    if method == "textDocument/didOpen":
        opened = params["textDocument"]["text"]
        send({"method": "window/showMessage", "params": {"type": 1, "message": "too early to count"}})
    if method == "initialized":
        send({"method": "soothsay/status", "params": {"state": "ready", "index": None}})
    if method == "textDocument/inlineCompletion":
        answers += 1
        send({"method": "window/showMessage", "params": {"type": 1, "message": "too long"}})
        if opened.endswith("."):
            result = {"items": [{"insertText": "size"}]}
    if method == "workspace/executeCommand":
        number = params["arguments"][0]["id"]
        result = {"id": number, "ending": {"step": "gate", "explanation": f"reason {number}"}} if number <= answers else None
    if "id" in message:
        send({"id": message["id"], "result": result})
    if method == "exit":
        break
"""


@pytest.mark.process
def test_each_answer_comes_with_its_own_reason(tmp_path: Path) -> None:
    script = tmp_path / "server.py"
    script.write_text(SERVER, encoding="utf-8")

    async def ask() -> list[Answer]:
        editor = Editor(Setup({}, tmp_path, tmp_path / "cache", tmp_path / "log", PLUGINS["vscode"]))
        editor._client = await Client.start([sys.executable, str(script)], tmp_path / "log", editor._note)
        try:
            editor.client.notify("initialized", {})
            return [await editor.complete(tmp_path / "a.py", text, len(text)) for text in ("a.", "a", "a.")]
        finally:
            await editor.close()

    first, second, third = asyncio.run(ask())
    assert [each.text for each in (first, second, third)] == ["size", "", "size"]
    assert ending(second) == "reason 2"
    assert third.explained["id"] == 3
    assert second.messages == ("too long",)
