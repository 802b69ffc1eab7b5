"""The traces, and the buffer that they change."""

from __future__ import annotations

import random
from collections import Counter

import pytest
from bench.latency.generate import generate
from bench.latency.trace import (
    Accept,
    Buffer,
    Cut,
    Delete,
    Ghost,
    Jump,
    Look,
    Newline,
    Source,
    Through,
    Trace,
    Type,
    agreed,
    digest,
    dump,
    edits,
    load,
    replay,
    stored,
)

CODE = '''"""A module of several lines.

if this were code, it would be taken
"""

import os


def sizes(folder, names):
    found = {}
    for name in names:
        path = os.path.join(folder, name)
        if os.path.isfile(path):
            found[name] = os.path.getsize(path)
    return dict(
        found,
        total=sum(found.values()),
    )


def largest(folder, names):
    known = sizes(folder, names)
    return max(known, key=known.get)
'''


def source(text: str = CODE) -> Source:
    return Source("a-package", "1.0", "a/module.py", digest(text))


def made(seed: int = 1) -> Trace:
    return generate("a", source(), CODE, seed=seed, lines=5)


def press(buffer: Buffer, *steps: object, accepted: str = "") -> list[str]:
    kinds: list[str] = []
    for step in steps:
        if isinstance(step, Jump):
            buffer.jump(step)
        for edit in edits(buffer, step, accepted):  # type: ignore[arg-type]
            kinds.append(edit.kind)
            buffer.apply(edit)
    return kinds


def test_every_key_is_an_edit_and_the_cursor_stands_behind_it() -> None:
    buffer = Buffer("one\ntwo\n")
    kinds = press(buffer, Jump(1, 3), Type(" x"), Delete(1), Newline("\n  "), Through("y"))
    assert buffer.text == "one\ntwo \n  y\n"
    assert kinds == ["type", "type", "delete", "newline", "type"]
    assert buffer.position() == (2, 3)


def test_a_cut_goes_over_lines() -> None:
    buffer = Buffer("one\ntwo\nthree\n")
    press(buffer, Jump(0, 1), Cut(2, 2))
    assert buffer.text == "oree\n"
    assert buffer.offset == 1


def test_what_is_accepted_comes_at_once_and_the_text_is_the_same() -> None:
    accepting, typing = Buffer("x = \n", 4), Buffer("x = \n", 4)
    assert press(accepting, Accept("len(y)"), accepted="len(") == ["accept", "type", "type"]
    assert press(typing, Accept("len(y)")) == ["type"] * 6
    assert accepting.text == typing.text == "x = len(y)\n"


@pytest.mark.parametrize(
    ("ghost", "wanted", "expected"),
    [
        ("get_name()", "get_name()", "get_name()"),
        ("get_name()\n    more", "get_name()", "get_name()"),
        ("get_name(x)", "get_name()", "get_name("),
        ("get_named()", "get_name()", ""),  # another word
        ("self.user", "self.uses", "self."),
        ("get_", "get_name()", "get_"),  # all of what is shown is right
        ("name)", "other)", ""),
        ("  x", "  y", ""),  # nobody accepts blanks
        ("", "x", ""),
    ],
)
def test_a_person_accepts_the_words_that_are_right(ghost: str, wanted: str, expected: str) -> None:
    assert agreed(ghost, wanted) == expected


def test_ghost_text_stays_while_it_is_typed_and_not_longer() -> None:
    buffer = Buffer("x.\n", 2)
    ghost = Ghost(2, "name()")
    assert ghost.rest(buffer) == "name()"
    press(buffer, Type("na"))
    assert ghost.rest(buffer) == "me()"
    press(buffer, Type("x"))
    assert ghost.rest(buffer) == ""
    press(buffer, Delete(1))
    assert ghost.rest(buffer) == "me()"
    press(buffer, Jump(0, 1))
    assert ghost.rest(buffer) == ""


def test_a_trace_file_is_read_as_it_was_written() -> None:
    trace = made()
    assert load(dump(trace).splitlines()) == trace


def test_a_trace_writes_again_what_it_removes() -> None:
    for seed in range(20):
        trace = made(seed)
        assert replay(trace, CODE) == CODE
        assert any(isinstance(step, Cut) for step in trace.steps)


def test_the_seed_decides_the_trace() -> None:
    assert made(1) == made(1)
    assert made(1) != made(2)


def test_only_statements_of_one_line_are_written_again() -> None:
    rows = CODE.split("\n")
    lines = {step.line for seed in range(40) for step in made(seed).steps if isinstance(step, Jump)}
    assert {rows[line].strip() for line in lines} >= {"for name in names:", "known = sizes(folder, names)"}
    for row in ("if this were code, it would be taken", "total=sum(found.values()),", "import os"):
        assert rows.index(next(each for each in rows if each.strip() == row)) not in lines


def test_whatever_is_accepted_the_text_becomes_the_same() -> None:
    chance = random.Random(1)
    for seed in range(20):
        trace, buffer = made(seed), Buffer(CODE)
        for step in trace.steps:
            accepted = step.text[: chance.randint(0, len(step.text))] if isinstance(step, Accept) else ""
            press(buffer, step, accepted=accepted)
        assert buffer.text == CODE


def test_a_part_of_a_trace_ends_where_an_episode_does() -> None:
    trace = stored()[-1]
    jumps = sum(isinstance(step, Jump) for step in trace.steps)
    part = trace.part(0.5)
    assert trace.steps[: len(part.steps)] == part.steps
    assert isinstance(trace.steps[len(part.steps)], Jump)
    assert sum(isinstance(step, Jump) for step in part.steps) == round(jumps / 2)
    assert sum(isinstance(step, Jump) for step in trace.part(0.0001).steps) == 1
    assert trace.part(1) == trace


def test_the_stored_traces_are_about_files_that_are_installed_and_hold_every_kind_of_step() -> None:
    traces = stored()
    assert [trace.name for trace in traces] == ["small", "medium", "large"]
    kinds: Counter[type] = Counter()
    for trace in traces:
        text = trace.source.read()
        assert replay(trace, text) == text
        kinds.update(type(step) for step in trace.steps)
    assert set(kinds) == {Jump, Cut, Type, Newline, Delete, Look, Through, Accept}


def test_another_version_of_the_file_is_refused_with_what_to_do() -> None:
    wrong = Source("boto3", "0.1", "boto3/session.py", "no such hash")
    with pytest.raises(SystemExit, match=r"pip install boto3==0\.1"):
        wrong.read()
