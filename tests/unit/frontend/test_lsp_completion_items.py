"""What editors are shown for a completion."""

from __future__ import annotations

from dataclasses import replace

import pytest
from lsprotocol.types import Position, Range, TextEdit

from soothsay.engine.types import Completion, Evidence, TriggerDecision
from soothsay.frontend.completion_items import (
    Answer,
    AnswerHistory,
    inline_items,
    list_items,
    source_of,
    to_markdown,
)
from soothsay_languages.lines import Encoding


def completion(text: str = "b()", evidence: tuple[Evidence, ...] = ()) -> Completion:
    return Completion(text, "draft", "unverified", "dag++", TriggerDecision(False), evidence)


def evidence(**changes: str) -> Evidence:
    plain = Evidence("symbol", "m.f", "p", "1", "file:///m.py", "m.f(x)", 1.0)
    return replace(plain, **changes)  # type: ignore[arg-type]


def at(line: str, text: str, encoding: Encoding = "utf-16") -> tuple[str, str | None, Range, str]:
    width = (
        len(line.encode(f"{encoding}-le" if encoding != "utf-8" else encoding))
        // {"utf-8": 1, "utf-16": 2, "utf-32": 4}[encoding]
    )
    (item,) = list_items(Answer(1, completion(text), Position(3, width), line), encoding).items
    assert isinstance(item.text_edit, TextEdit)
    return item.label, item.filter_text, item.text_edit.range, item.text_edit.new_text


def test_the_word_before_the_cursor_is_replaced_so_that_clients_can_filter() -> None:
    assert at("x = cli", "ent(1)") == (
        "client(1)",
        "client(1)",
        Range(Position(3, 4), Position(3, 7)),
        "client(1)",
    )


def test_after_a_dot_nothing_is_replaced() -> None:
    assert at("x.", "f()") == ("f()", "f()", Range(Position(3, 2), Position(3, 2)), "f()")


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "utf-32"])
def test_wide_words(encoding: Encoding) -> None:
    _, _, replaced, text = at("'😀' + größ", "e", encoding)
    assert text == "größe"
    assert (
        replaced.end.character - replaced.start.character == {"utf-8": 6, "utf-16": 4, "utf-32": 4}[encoding]
    )


def test_the_label_is_the_first_line_that_says_something() -> None:
    label, filtered, _, text = at("", "\n    return x\n")
    assert (label, filtered, text) == ("return x", "return x", "\n    return x\n")


def test_blank_text_has_a_label_too() -> None:
    assert at("", " ")[0] == " "


def test_nothing_to_show() -> None:
    for answer in (None, Answer(1, completion(""), Position(0, 0), "")):
        assert not inline_items(answer).items
        assert not list_items(answer, "utf-16").items
        assert list_items(answer, "utf-16").is_incomplete


def test_the_source_is_package_and_version_of_the_best_evidence() -> None:
    assert source_of(completion()) is None
    assert source_of(completion(evidence=(evidence(), evidence(package="q")))) == "p 1"
    assert source_of(completion(evidence=(evidence(package="", version=""),))) is None


def test_markdown_survives_backticks_in_the_evidence() -> None:
    text = to_markdown(completion(evidence=(evidence(text="say ```this```", symbol="a`b"),)))
    assert "````\nsay ```this```\n````" in text
    assert "``a`b``" in text
    assert text.startswith("**? unverified** (dag++)\n\nNothing was looked up.")


def test_old_answers_are_forgotten() -> None:
    answers = AnswerHistory(capacity=2)
    ids = [answers.add(completion(text), Position(0, 0), "").id for text in ("a", "b", "")]
    assert answers.get(ids[0]) is None
    assert answers.get("1") is None
    found = answers.get(ids[1])
    assert found is not None
    assert found.completion.text == "b"
    assert answers.last() is found
    answers.add(completion(""), Position(0, 0), "")
    last = answers.last()
    assert last is not None
    assert last.id == ids[-1] + 1
    assert AnswerHistory().last() is None


def test_evidence_is_fenced_as_what_it_is_written_in() -> None:
    for language in ("python", "yaml", "shellscript", ""):
        text = to_markdown(completion(evidence=(replace(evidence(), text="x: 1", language=language),)))
        assert f"```{language}\nx: 1\n```" in text
