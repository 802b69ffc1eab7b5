"""Messages become bytes and the same messages again, whatever they hold."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import Any, get_args

import pytest

from soothsay.backend.codec import RESULTS, CodecError, decode, encode, result_from_plain, result_to_plain
from soothsay.backend.messages import (
    BackendStatus,
    BuildIndex,
    Cancel,
    Close,
    Complete,
    Describe,
    Done,
    Failed,
    FindFaults,
    Forget,
    Hello,
    IndexStatus,
    Load,
    LoadedModelStatus,
    Message,
    Mirror,
    Open,
    Ping,
    Pong,
    Prepare,
    Progressed,
    Refused,
    Repair,
    Request,
    Stop,
    UpdateFiles,
    Warned,
    Welcome,
    WindowStatus,
    Wrote,
)
from soothsay.config import (
    BackendSettings,
    DiagnosticsSettings,
    IndexSettings,
    ModelSettings,
    OracleSettings,
    Settings,
)
from soothsay.engine.types import (
    Check,
    Completion,
    CompletionRequest,
    Evidence,
    Fault,
    Replacement,
    TabStop,
    TriggerDecision,
)
from soothsay.model.types import Token
from soothsay.oracle.types import Question
from soothsay_index.types import IndexSummary, Progress

TEXTS = [
    "",
    "x",
    "\n",
    "\n\n{}\r\n\x00\x85\u2028",
    '{"is":"Close","id":1}\n',
    "\ud800 alone, \udfff too",
    "é 漢字 👩\u200d👩",
    "a\\u0000\\n",
]
PATHS = [
    Path("/home/a b/é.py"),
    Path("relative.py"),
    Path("/"),
    Path("/tmp/caf\udce9.py"),  # a name on disk that is not UTF-8
    Path("/with\nnewline.py"),
    Path(r"C:\Users\a b\x.py"),
    Path(r"\\server\share\x.py"),
]
SETTINGS = Settings(
    method="dag++",
    model=ModelSettings(path=r"C:\models\a.gguf", threads=3),
    oracle=OracleSettings(enabled=False, on_rejected="hide"),
    diagnostics=DiagnosticsSettings("all"),
    index=IndexSettings(docs=("docs", "more\ndocs"), uri="s3://bucket/path"),
    backend=BackendSettings(memory_mb=1, linger_s=0),
)
REQUEST = CompletionRequest(Path("/w/a.py"), "", 7, Path("/w"), method=None)
FAULT = Fault("bad_arguments", "s3", "get_object", 1, 2, 3, "no such\nargument \udc80")
COMPLETION = Completion(
    text="put_object(\n    Bucket='b')",
    draft="",
    verdict="unverified",
    method="full",
    trigger=TriggerDecision(True, ("not_a_member", "always"), None, 0.5, None),
    evidence=(Evidence("symbol", "a.b", "a", "1", "file:///x", "text", 1.5, {"text": 0.1}),),
    tokens=(Token(bytes(range(256)), 0.25), Token(b"\xf0\x9f", 1.0, 0.0, 2.5), Token(b"", 0.0)),
    timings_ms={"draft": 1.25},
    evaluated={"draft": 3},
    check=Check((Question("members", 1.5, True),), "p", "r", "t"),
    before="s3.",
    tab_stops=(TabStop(23, 26, "Bucket"), TabStop(27, 27, "")),
)

MESSAGES: list[Message] = [
    *(Hello(text, text, 1, text) for text in TEXTS),
    Welcome(2**40),
    Refused("another\nbuild"),
    Open(1, Settings(), Path("/w"), {}),
    *(Open(2, SETTINGS, path, {"A": text, "é": ""}) for path, text in zip(PATHS, TEXTS, strict=False)),
    Load(1),
    Complete(1, REQUEST, True),
    Complete(1, replace(REQUEST, method="base", language="javascript"), False),
    Prepare(3, REQUEST),
    *(FindFaults(4, path, True) for path in PATHS),
    Repair(5, Path("x"), FAULT),
    BuildIndex(6, False, True),
    UpdateFiles(7, (), ()),
    UpdateFiles(7, tuple(PATHS), (Path("gone"),)),
    IndexStatus(8),
    Describe(9),
    Close(10),
    Stop(11),
    *(Mirror(path) for path in PATHS),
    *(Forget(path) for path in PATHS),
    Cancel(12),
    Ping(13),
    Pong(13),
    Wrote(14),
    Progressed(15, Progress("reading", 1, 0)),
    Progressed(15, Progress("embedding", 1, 2, "boto\n3")),
    *(Warned(text) for text in TEXTS),
    Done(16, None),
    Done(16, {"a": [1, None, "\ud800"]}, 12),
    Failed(17, "error", "what to\ndo"),
    Failed(17, "cancelled"),
    Failed(17, "defect", "KeyError: 'a'"),
]

RESULT_VALUES: list[tuple[type[Any], Any]] = [
    (Open, None),
    (Load, None),
    (Prepare, None),
    (Close, None),
    (Stop, None),
    (Complete, COMPLETION),
    (Complete, Completion("", "", "verified", "base", TriggerDecision(False))),
    (FindFaults, ()),
    (FindFaults, (FAULT, replace(FAULT, kind="unknown_name"))),
    (Repair, None),
    (Repair, Replacement(1, 2, "f(\n)", "f")),
    (BuildIndex, IndexSummary(files=1, environment="3.11", folder=r"C:\x")),
    (IndexStatus, IndexSummary()),
    (UpdateFiles, 0),
    (UpdateFiles, 12),
    (Describe, BackendStatus(1, "0.1", "0.1-ab", 2.0)),
    (
        Describe,
        BackendStatus(
            1,
            "0.1",
            "0.1-ab",
            2.5,
            (WindowStatus(2, "nvim", "", "m"), WindowStatus(3, "code", "/w", "m", {"index": 4})),
            (LoadedModelStatus("/m.gguf", 5, 1, "2", "plain"),),
        ),
    ),
]


def _name(value: object) -> str:
    return type(value).__name__


@pytest.mark.parametrize("message", MESSAGES, ids=_name)
def test_a_message_comes_as_it_was(message: Message) -> None:
    assert decode(encode(message)) == (message, "")


def test_every_kind_of_message_is_tried() -> None:
    assert {type(message) for message in MESSAGES} == set(get_args(Message))


@pytest.mark.parametrize("text", TEXTS, ids=ascii)
def test_the_text_beside_a_message_comes_as_it_was(text: str) -> None:
    message = Mirror(Path("/with\nnewline\ud800.py"))
    assert decode(encode(message, text)) == (message, text)


def test_a_long_text_is_not_escaped() -> None:
    text = "é\n" * 2_500_000
    data = encode(Mirror(Path("x.py")), text)
    assert len(data) < len(text.encode()) + 100
    assert decode(data)[1] == text


def test_the_paths_of_either_platform_are_written_as_they_are() -> None:
    for path in (PurePosixPath("/a/b.py"), PureWindowsPath(r"C:\a\b.py")):
        head = json.loads(encode(Mirror(path)))  # type: ignore[arg-type]
        assert head["path"] == str(path)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\n",
        b"\nPing",
        b"{",
        b"null",
        b"[]",
        b"5",
        b"{}",
        b'{"is":null}',
        b'{"is":["Ping"]}',
        b'{"is":"Ping"}',  # without its number
        b'{"is":"Ping","number":"many"}',
        b'{"is":"NoSuchMessage","id":1}',
        b'{"is":"Failed","id":1,"kind":"no such kind"}',
        b'{"is":"Open","id":1,"settings":5,"workspace":"/","environ":{}}',
        b'{"is":"Mirror","path":5}',
        b'{"is":"Mirror","path":"x"}\n\xff\xfe',
        b"\xff\xfe\x00",
        b"GET / HTTP/1.1\r\n\r\n",
        b"\x80\x04\x95",  # a pickle
        b"[" * 100_000,
    ],
    ids=lambda data: ascii(data[:30]),
)
def test_what_is_no_message_is_an_error(data: bytes) -> None:
    with pytest.raises(CodecError):
        decode(data)


def test_every_request_has_a_result() -> None:
    assert set(RESULTS) == set(get_args(Request))
    assert {request for request, _ in RESULT_VALUES} == set(RESULTS)


@pytest.mark.parametrize(
    ("request_type", "result"), RESULT_VALUES, ids=lambda value: getattr(value, "__name__", "")
)
def test_a_result_comes_as_it_was(request_type: type[Any], result: Any) -> None:
    message, _ = decode(encode(Done(1, result_to_plain(result), 5)))
    assert isinstance(message, Done)
    assert message.evaluated == 5
    assert result_from_plain(request_type, message.result) == result


@pytest.mark.parametrize("result", [object(), {1, 2}, 1j], ids=_name)
def test_a_result_that_is_no_json_fails_where_it_is_sent(result: object) -> None:
    with pytest.raises(TypeError):
        encode(Done(1, {"a": result}))
