"""Finding calls that a completion has to look up, and writing them again."""

from __future__ import annotations

import ast
import random
from collections import Counter

from bench.latency.calls import CallSite, call_at, choose, client_calls, library_calls, written_again
from bench.latency.trace import Cut, Jump, Look, Trace, Type, replay

CODE = '''"""A module that uses a service and a library."""

import boto3
import pandas as pd
from numpy import linalg
from ours import helper


def identity(session, name):
    client = session.client("sts")
    other = session.client
    found = client.get_caller_identity()
    roles = client.assume_role(
        RoleArn=name,
        RoleSessionName="ours",
    )
    other.nothing()
    print(client.get_session_token())
    return found, roles


def table(path, frame: pd.DataFrame):
    read = pd.read_csv(path)
    if read.empty:
        return read.dropna(how="all")
    grouped = frame.groupby("name").sum()
    helper.run(grouped)
    return linalg.norm(grouped)  # how long
'''
LINES = CODE.split("\n")
TREE = ast.parse(CODE)


def named(sites: list[CallSite]) -> list[str]:
    return [LINES[site.first][site.column : site.name_at] + site.name for site in sites]


def test_calls_on_what_the_file_makes_a_client_are_found() -> None:
    assert named(list(client_calls(TREE, LINES))) == [
        "found = client.get_caller_identity",
        "roles = client.assume_role",
    ]


def test_calls_on_modules_and_objects_of_a_library_are_found_but_not_where_a_comment_follows() -> None:
    found = named(list(library_calls(TREE, LINES, {"pandas", "numpy"})))
    assert found == ["read = pd.read_csv", "return read.dropna", "grouped = frame.groupby"]


def test_a_call_is_found_by_its_place() -> None:
    line = LINES.index("    helper.run(grouped)")
    site = call_at(TREE, LINES, line, 11, "run")
    assert site == CallSite(line, line, 4, 23, 11, "run")
    assert call_at(TREE, LINES, line, 11, "walk") is None


def test_what_is_written_again_is_what_stood_there() -> None:
    for site in [*client_calls(TREE, LINES), *library_calls(TREE, LINES, {"pandas"})]:
        for share in (0.0, 1.0):
            steps = tuple(written_again(site, LINES, random.Random(1), share))
            assert isinstance(steps[0], Jump) and isinstance(steps[1], Cut)
            trace = Trace("a", Text(), 1, steps)
            assert replay(trace, CODE) == CODE
            assert trace.looks() == 1 + int(share)


def test_the_first_stop_is_where_the_name_begins() -> None:
    site = list(client_calls(TREE, LINES))[1]
    steps = list(written_again(site, LINES, random.Random(1), 1.0))
    assert steps[2:6] == [Type("roles = client."), Look(), Type("assume_role("), Look()]


def test_few_calls_of_a_name_are_chosen_and_none_inside_another() -> None:
    sites = list(client_calls(TREE, LINES))
    names = Counter({"assume_role": 2})
    assert choose(sites, 5, names, random.Random(1)) == sites[:1]
    assert choose([*sites[:1], *sites[:1]], 5, Counter(), random.Random(1)) == sites[:1]


class Text:
    """The file of the tests."""

    file = "module.py"

    def read(self) -> str:
        return CODE
