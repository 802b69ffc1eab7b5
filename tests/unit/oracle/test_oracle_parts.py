"""The pure parts: positions, framing, and what is read out of a server's answers."""

from __future__ import annotations

from io import BytesIO

import pytest

from soothsay.oracle import jsonrpc
from soothsay.oracle.conversion import hover_text, identifier, read_findings, read_members
from soothsay.oracle.null import NullOracle
from soothsay.oracle.positions import Positions
from soothsay.oracle.signatures import callee_offset, parameters_in, read_signatures
from soothsay.oracle.types import Oracle, Signature
from soothsay_languages.cpp.oracle import CLANGD, ClangdSignatures, plain
from soothsay_languages.parameters import Parameter
from soothsay_languages.python.oracle import TY, Signatures
from soothsay_languages.typescript.oracle import CompilerSignatures

TY_SIGNATURES = Signatures()
TEXT = "a😀b\r\nüx\r😀\n\nend"


@pytest.mark.parametrize(
    ("said", "name", "expected"),
    [
        ("cend() const", "cend", []),
        (
            "put<class T>(const path &at, std::map<int, T> value, int n = f(1, 2))",
            "put",
            ["at", "value", "n"],
        ),
        ("put(a, b", "put", None),
        ("put", "put", None),
        ("output(int a)", "put", None),
        ("->put(int a)", "put", ["a"]),
    ],
)
def test_parameters_that_a_list_says(said: str, name: str, expected: list[str] | None) -> None:
    found = parameters_in(said, name, ClangdSignatures())
    assert (None if found is None else [each.name for each in found]) == expected


def test_parameters_that_a_detail_says() -> None:
    said = "(method) List<number>.at(index: number, then: (at: number, of: string) => void, of?: Map<a, b>): number"
    found = parameters_in(said, "at", CompilerSignatures())
    assert [(each.name, each.required) for each in found or ()] == [
        ("index", True),
        ("then", True),
        ("of", False),
    ]


@pytest.mark.parametrize(
    ("documentation", "expected"),
    [
        ("/////// SVD module //////\n\\svd_module", "SVD module"),
        ("\\brief Pays \\c amount.\n\n@param amount what", "Pays amount.\n\n@param amount what"),
        ("\\returns the sum of \\a all", "returns the sum of all"),
        ("-------\nPlain.", "Plain."),
        ("C:\\new\\path", "C:\\new\\path"),
    ],
)
def test_comments_of_doxygen_are_read_without_their_marks(documentation: str, expected: str) -> None:
    assert plain(documentation) == expected


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "utf-32"])
def test_offsets_survive_the_way_there_and_back(encoding: str) -> None:
    positions = Positions(TEXT, encoding)  # type: ignore[arg-type]
    for offset in range(len(TEXT) + 1):
        if TEXT[:offset].endswith("\r") and TEXT[offset : offset + 1] == "\n":
            continue  # between the two halves of a line end is no position
        assert positions.offset(positions.position(offset)) == offset


def test_positions_count_in_the_servers_units() -> None:
    assert Positions(TEXT, "utf-32").position(2) == {"line": 0, "character": 2}
    assert Positions(TEXT, "utf-16").position(2) == {"line": 0, "character": 3}
    assert Positions(TEXT, "utf-8").position(2) == {"line": 0, "character": 5}
    assert Positions("a\x0cb\x85c", "utf-32").position(4) == {"line": 0, "character": 4}


def test_positions_beyond_the_end_are_pulled_back() -> None:
    positions = Positions("ab\ncd", "utf-32")
    assert positions.offset({"line": 0, "character": 9}) == 2
    assert positions.offset({"line": 1, "character": 9}) == 5
    assert positions.offset({"line": 7, "character": 0}) == 5


def test_messages_survive_framing() -> None:
    stream = BytesIO(jsonrpc.encode({"method": "ü😀", "params": {"x": [1]}}) + jsonrpc.encode({"id": 2}))
    assert jsonrpc.read(stream) == {"jsonrpc": "2.0", "method": "ü😀", "params": {"x": [1]}}
    assert jsonrpc.read(stream) == {"jsonrpc": "2.0", "id": 2}
    assert jsonrpc.read(stream) is None


@pytest.mark.parametrize(
    "data",
    [
        b"hello\n",
        b"x" * 10_000,
        b"\r\n",
        b"Content-Length: much\r\n\r\n",
        b"Content-Length: 3\r\n\r\n[1]",
        b"Content-Length: 2\r\n\r\n{]",
        b"Content-Length: -5\r\n\r\n",
        b"Content-Length: 99999999999\r\n\r\n",
    ],
)
def test_what_is_no_message_is_an_error(data: bytes) -> None:
    with pytest.raises(ValueError):
        jsonrpc.read(BytesIO(data))


def diagnostic(code: str | None, start: int, end: int, severity: int = 1) -> dict[str, object]:
    span = {"start": {"line": 0, "character": start}, "end": {"line": 0, "character": end}}
    return {"range": span, "code": code, "severity": severity, "message": "why\n\ninfo: more"}


def test_findings_point_at_the_name_and_hints_are_none() -> None:
    text = "client . create_job(a.b)"
    items = [
        diagnostic("new-rule", 20, 21),
        diagnostic("missing-attribute", 0, 19),
        diagnostic(None, 0, 3, severity=4),
    ]
    found = read_findings(items, text, Positions(text, "utf-32"), TY)
    assert [(f.kind, text[f.start : f.end], f.message) for f in found] == [
        ("not_a_member", "create_job", "why"),
        ("other", "a", "why"),
    ]
    assert read_findings((), text, Positions(text, "utf-32"), TY) == ()


def test_members_are_neither_keywords_nor_imports_nor_dunders() -> None:
    items = [
        {"label": "run(…)", "kind": 2, "detail": "() -> None"},
        {"label": "while", "kind": 14},
        {"label": "snippet", "kind": 15},
        {"label": "elsewhere", "kind": 3, "additionalTextEdits": [{}]},
        {"label": "__len__", "kind": 2},
        {"label": "_private", "kind": 22},
        {"label": "run", "kind": 2},
        {"label": "•open(int amount)", "kind": 2},
        {"label": '"key"', "kind": 21},
    ]
    assert [(m.name, m.kind) for m in read_members({"items": items}, False, TY)] == [
        ("run", "method"),
        ("_private", "value"),
        ("open", "method"),
    ]
    listed = read_members(items, False, CLANGD)
    assert [(each.name, each.parameters) for each in listed] == [
        ("run", None),
        ("_private", None),
        ("open", (Parameter("amount", "positional_only", True, "int"),)),
    ]
    assert [m.name for m in read_members(items, True, TY)] == ["run", "__len__", "_private", "open"]
    assert read_members(None, False, TY) == []


@pytest.mark.parametrize(
    ("hover", "unknown", "anything"),
    [
        ("Unknown", True, False),
        ("Unknown | None", True, False),
        ("(variable) x: int | Unknown", True, False),
        ("@Todo(generics)", True, False),
        ("Any", False, True),
        ("int | Any", False, True),
        ("dict[str, Unknown]", False, False),
        ("def f(x: Unknown) -> Unknown\n-----\nUnknown", False, False),
        ("bound method A.f(x: int) -> int | Unknown", False, False),
        ("<module 'json'>\n------\nReads | Any", False, False),
        ("BedrockClient", False, False),
    ],
)
def test_unknown_types_are_told_from_the_hover_text(hover: str, unknown: bool, anything: bool) -> None:
    assert TY.is_unknown(hover) is unknown
    assert TY.is_anything(hover) is anything


@pytest.mark.parametrize(
    ("message", "union"),
    [
        ("Object of type `int | str` has no attribute `x`", True),
        ("Object of type `dict[str, int | list[None | int]] | None` has no attribute `x`", True),
        ("Object of type `dict[str, int | list[None | int]]` has no attribute `x`", False),
        ("Object of type `((int | str, /) -> int)` has no attribute `x`", False),
        ("Module `numpy` has no member `x`", False),
    ],
)
def test_unions_are_told_from_the_refusal(message: str, union: bool) -> None:
    assert TY.tells_of_union(message) is union


def test_hover_text_in_all_its_shapes() -> None:
    assert hover_text({"contents": {"kind": "plaintext", "value": "int"}}) == "int"
    assert hover_text({"contents": "```python\nint\n```\n---\nmore"}) == "int"
    assert hover_text({"contents": [{"language": "x", "value": "int"}, "more"]}) == "int\nmore"
    assert hover_text(None) == ""


def test_the_identifier_around_an_offset() -> None:
    assert identifier("a.bcd()", 2) == identifier("a.bcd()", 5) == (2, 5)
    assert identifier("a.", 2) == identifier("a.", 99) == (2, 2)


def signature(label: str, *parameters: str, active: int | None = None) -> Signature:
    answer = {"signatures": [{"label": label, "parameters": [{"label": p} for p in parameters]}]}
    read = read_signatures({**answer, "activeParameter": active}, TY_SIGNATURES)
    assert read is not None
    return read[0]


def test_parameters_are_read_from_the_label() -> None:
    label = '(a, /, b: Literal["=", ","] = "x", *, c, d: dict[str, int]=..., **e) -> int'
    parts = ["a", 'b: Literal["=", ","] = "x"', "c", "d: dict[str, int]=...", "**e"]
    read = signature(label, *parts, active=1)
    assert [(p.name, p.kind, p.required) for p in read.parameters] == [
        ("a", "positional_only", True),
        ("b", "positional_or_keyword", False),
        ("c", "keyword_only", True),
        ("d", "keyword_only", False),
        ("e", "var_keyword", False),
    ]
    assert read.parameters[1].annotation == 'Literal["=", ","]'
    assert [p.default for p in read.parameters] == ["", '"x"', "", "", ""]
    assert read.active == 1


def test_parameters_after_star_args_are_keywords_and_slash_may_come_last() -> None:
    assert [p.kind for p in signature("(*args, x)", "*args", "x").parameters] == [
        "var_positional",
        "keyword_only",
    ]
    assert [p.kind for p in signature("(x, /)", "x").parameters] == ["positional_only"]


def test_type_parameters_are_no_parameters() -> None:
    read = signature(
        "[**_P, _R](wrapped: (**_P) -> _R, times: int = 1)", "wrapped: (**_P) -> _R", "times: int = 1"
    )
    assert [p.kind for p in read.parameters] == ["positional_or_keyword", "positional_or_keyword"]


def test_label_offsets_are_utf_16() -> None:
    answer = {
        "signatures": [{"label": '(s="😀", t=1)', "parameters": [{"label": [1, 7]}, {"label": [9, 12]}]}]
    }
    read = read_signatures(answer, TY_SIGNATURES)
    assert read is not None
    assert [p.name for p in read[0].parameters] == ["s", "t"]


def test_a_signature_that_takes_anything_says_nothing() -> None:
    assert read_signatures(None, TY_SIGNATURES) is None
    assert signature("(...) -> Unknown").anything
    assert signature("[_T](*args: Any, **kwargs: Any) -> _T", "*args: Any", "**kwargs: Any").anything
    assert signature(
        "(*args: Hashable, **kwargs: Hashable)", "*args: Hashable", "**kwargs: Hashable"
    ).anything
    assert not signature("(*args: int, **kwargs: int)", "*args: int", "**kwargs: int").anything
    assert signature("() -> None").parameters == ()


def test_the_callee_of_the_innermost_call() -> None:
    text = "outer(inner(1, [2, 3]), x["
    assert callee_offset(text, len("outer(inner(1, [2, 3]")) == len("outer(inner") - 1
    assert callee_offset(text, len("outer(inner(1, [2, 3]), ")) == len("outer") - 1
    assert callee_offset(text, len(text)) == len("outer") - 1
    assert callee_offset("x = 1", 5) is None


def test_no_oracle_is_an_oracle() -> None:
    oracle: Oracle = NullOracle()
    with oracle.asking() as asked:
        oracle.start()
        oracle.close()
    assert asked == []
