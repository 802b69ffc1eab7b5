"""The traces of calls that have to be looked up: what they say fits the files that they are about."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest
from bench.latency.figures import Replay
from bench.latency.grounded import CONDITIONS, Group, comparable, kind_of, limited, plans, type_all
from bench.latency.grounded_report import BEFORE, OURS, PEER
from bench.latency.grounded_traces import KINDS, RepositoryFile, from_json, grounded, to_json
from bench.latency.run import Kept, Plan, World
from bench.latency.trace import Accept, Buffer, Cut, Jump, Look, Through, Trace, digest, edits, replay

TRACES = grounded()


def stops(trace: Trace) -> list[int]:
    """Return the offsets of the cursor at each stop, typing without suggestions."""
    buffer, found = Buffer(trace.source.read()), []
    for step in trace.steps:
        if isinstance(step, Jump):
            buffer.jump(step)
        if isinstance(step, Look | Through | Accept):
            found.append(buffer.offset)
        for edit in edits(buffer, step):
            buffer.apply(edit)
    return found


@pytest.mark.parametrize("trace", TRACES, ids=lambda trace: trace.name)
def test_a_trace_fits_the_text_of_its_file(trace: Trace) -> None:
    assert isinstance(trace.source, RepositoryFile)
    text = trace.source.read()
    assert digest(text) == trace.source.sha256
    assert replay(trace, text) == text
    lines = text.split("\n")
    for step in trace.steps:
        if isinstance(step, Jump | Cut):
            assert step.line < len(lines) and step.column <= len(lines[step.line])


@pytest.mark.parametrize("trace", TRACES, ids=lambda trace: trace.name)
def test_every_stop_lies_in_the_statement_that_is_written_again(trace: Trace) -> None:
    text = trace.source.read()
    removed = [
        (Buffer(text).offset_of(jump.line, jump.column), Buffer(text).offset_of(cut.line, cut.column))
        for jump, cut in zip(trace.steps, trace.steps[1:], strict=False)
        if isinstance(jump, Jump) and isinstance(cut, Cut)
    ]
    for offset in stops(trace):  # what was removed before is there again, so offsets are the file's
        assert any(start < offset < end for start, end in removed)
        assert text[offset - 1] in "._([=, \"'" or text[offset - 1 : offset + 1].isidentifier()


def test_there_are_stops_enough_of_each_kind() -> None:
    counted = Counter[str]()
    for trace in TRACES:
        counted[kind_of(trace)] += trace.looks()
    assert set(counted) == set(KINDS)
    assert sum(counted.values()) >= 80 and min(counted.values()) >= 25


def test_a_trace_is_kept_as_it_is() -> None:
    assert from_json(to_json(TRACES[0])) == TRACES[0]


def test_a_beginning_holds_every_kind_and_as_much_as_is_asked_for() -> None:
    some = limited(TRACES, 0.15)
    assert {kind_of(trace) for trace in some} == set(KINDS)
    jumps = sum(isinstance(step, Jump) for trace in some for step in trace.steps)
    everything = sum(isinstance(step, Jump) for trace in TRACES for step in trace.steps)
    assert jumps == round(0.15 * everything)
    assert limited(TRACES, 1) == TRACES


def test_one_server_after_the_other_types_and_each_time_another_one_first(tmp_path: Path) -> None:
    world = World(tmp_path, tmp_path / "home", tmp_path, tmp_path, 2, "vscode")
    todo = [Group(name, world, tuple(TRACES[:2])) for name in ("one", "two")]
    found = plans(todo, CONDITIONS[:2], 120)
    assert [[plan.condition.name for plan in some] for _, some in found] == [
        [name] * 2 for name in (PEER, BEFORE, BEFORE, PEER)
    ]
    assert [place.home.name for place, _ in found] == ["home", "home-before", "home-before", "home"]


def test_only_traces_that_every_side_has_typed_are_compared() -> None:
    replays = [
        Replay(side, trace, 120, 1, (), (), 1, 0, 0, 1.0, 1.0)
        for side, trace in (("a", "both"), ("a", "one"), ("b", "both"))
    ]
    assert [(each.side, each.trace) for each in comparable(replays, 2)] == [("a", "both"), ("b", "both")]


async def test_what_was_typed_before_is_kept_and_no_trace_is_begun_after_the_time(tmp_path: Path) -> None:
    kept = Kept(tmp_path / "kept", "run")
    plan = Plan(CONDITIONS[2], TRACES[0], 120)
    done = Replay(OURS, TRACES[0].name, 120, 1, (), (), 1, 0, 0, 1.0, 1.0)
    kept.put(done)
    world = World(tmp_path, tmp_path, tmp_path, tmp_path, 2, "vscode")
    more = Plan(CONDITIONS[2], TRACES[1], 120)
    assert await type_all([(world, [plan]), (world, [more])], kept, seconds=-1) == [done]
