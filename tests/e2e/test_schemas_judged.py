"""YAML and JSON with the real yaml-language-server as judge: what the schemas on disk say. No model, and no network."""

from __future__ import annotations

import json
import os
import subprocess
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from marked_site import site_of
from soothsay.engine.constrain import CallConstraint
from soothsay.engine.known import Known
from soothsay.engine.verify import Judgement, judge
from soothsay.oracle.client import LspOracle
from soothsay.oracle.combined import WorkspaceOracle
from soothsay.oracle.installed import command_of, find_node
from soothsay.oracle.limits import TimeLimits
from soothsay.oracle.opening import open_workspace_oracle
from soothsay.oracle.types import Oracle
from soothsay_languages.schemas import SCHEMA_SERVER

pytestmark = [
    pytest.mark.process,
    pytest.mark.requires(
        command_of(SCHEMA_SERVER) is not None, "soothsay judges install yaml-language-server, and Node"
    ),
]

PATIENT = TimeLimits(question=10_000, members=10_000, first=20_000, start=20_000, hang=60_000)
STEP = {
    "type": "object",
    "additionalProperties": False,
    "required": ["uses"],
    "properties": {"uses": {"type": "string"}, "with": {"type": "object"}, "if": {"type": "string"}},
}
JOB = {
    "type": "object",
    "additionalProperties": False,
    "properties": {
        "runs-on": {"enum": ["linux", "mac"]},
        "timeout": {"type": "integer"},
        "steps": {"type": "array", "items": STEP},
    },
}
FLOW = {
    "$schema": "http://json-schema.org/draft-07/schema#",
    "type": "object",
    "additionalProperties": False,
    "required": ["name"],
    "properties": {
        "$schema": {"type": "string"},
        "name": {"type": "string"},
        "fast": {"type": "boolean"},
        "jobs": {"type": "object", "additionalProperties": JOB},
        "labels": {"type": "object", "properties": {"team": {"type": "string"}}},
    },
}
HEAD = "# yaml-language-server: $schema=schemas/flow.json\n"
BODY = HEAD + "name: build\njobs:\n  one:\n    |\n"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("project")
    (folder / "schemas").mkdir()
    (folder / "schemas" / "flow.json").write_text(json.dumps(FLOW), encoding="utf-8")
    package = folder / "node_modules" / "flows"
    package.mkdir(parents=True)
    (package / "schema.json").write_text(json.dumps(FLOW), encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def oracle(folder: Path) -> Iterator[Oracle]:
    opened = open_workspace_oracle(folder, {}, PATIENT)
    yield opened
    opened.close()


def judged(oracle: Oracle, folder: Path, text: str, body: str = BODY, name: str = "flow.yaml") -> Judgement:
    return judge(site_of(folder, body, name), text, oracle)


@pytest.mark.parametrize(
    ("completion", "expected"),
    [
        ("runs-on: linux", "verified"),
        ("run-on: linux", "rejected"),
        ("runs-on: windows", "unverified"),  # of a wrong value
        ("timeout: soon", "unverified"),  # of a wrong type
        ("timeout: 5\n    runs-on: mac", "verified"),
        ("timeout: 5\n    runson: mac", "rejected"),
        ("timeout: 5\n    timeout: 6", "unverified"),  # a key twice
        ("steps:", "verified"),  # to be written
        ("steps:\n      - if: always()", "verified"),  # what it lacks may follow
        ("steps:\n      - when: always()", "rejected"),
        (
            "steps:\n      - uses: a\n        with:\n          any: 1",
            "unverified",
        ),  # a name of anybody's choice
        ("steps: [{uses: a}]", "verified"),
        ("steps: [{use: a}]", "rejected"),
        ("steps: [{uses: a", "verified"),  # unfinished
        ("# a comment", "unverified"),
        ("{{ .key }}: 5", "unverified"),  # which another program writes
        ("{{- .key -}}: 5", "unverified"),
        ("run-{{ .key }}: 5", "unverified"),
        ("'{{ .key }}': 5", "unverified"),
        ('"{{ .key }}": 5', "unverified"),
        ("${{ matrix.key }}: 5", "unverified"),
        ("{% if x %}", "unverified"),
        ("{% if x %}\n    runs-on: mac\n    {% endif %}", "unverified"),
        ("{% if x %}runson{% endif %}: mac", "unverified"),
        ("runson: ${{ matrix.key }}", "rejected"),
    ],
)
def test_verdicts(oracle: Oracle, folder: Path, completion: str, expected: str) -> None:
    assert judged(oracle, folder, completion).verdict == expected


@pytest.mark.parametrize(
    ("body", "completion", "expected"),
    [
        (HEAD + "name: a\nfa|\n", "st: true", "verified"),
        (HEAD + "name: a\nfa|\n", "sd: true", "rejected"),
        (HEAD + "name: a\nfast: |\n", "true", "verified"),
        (HEAD + "name: |\n", "anything", "unverified"),  # no name that a schema has
        (HEAD + "name: a\nlabels:\n  |\n", "team: b", "verified"),
        (HEAD + "name: a\nlabels:\n  |\n", "floor: b", "unverified"),  # which may have others
        (BODY.replace("flow.json", "none.json"), "runs-on: linux", "unverified"),
        (BODY.removeprefix(HEAD), "runs-on: linux", "unverified"),
        (BODY.removeprefix(HEAD), "run-on: linux", "unverified"),
        (BODY.replace("schemas/flow.json", "node_modules/flows/schema.json"), "timeout: 5", "verified"),
        (BODY.replace("schemas/flow.json", "node_modules/flows/schema.json"), "time: 5", "rejected"),
    ],
)
def test_verdicts_by_place(oracle: Oracle, folder: Path, body: str, completion: str, expected: str) -> None:
    assert judged(oracle, folder, completion, body).verdict == expected


JSON = '{\n  "$schema": "./schemas/flow.json",\n  "name": "build",\n  "jobs": {"one": {|}}\n}\n'


@pytest.mark.parametrize(
    ("completion", "expected"),
    [
        ('"runs-on": "linux"', "verified"),
        ('"run-on": "linux"', "rejected"),
        ('"timeout": "soon"', "unverified"),
        ('"timeout": 5, "runson": "mac"', "rejected"),
        ('"timeout": 5', "verified"),
    ],
)
@pytest.mark.parametrize("above", ["", "// why: \U0001f600\n", '/* "timeout": 4 */ '])
def test_verdicts_in_json(oracle: Oracle, folder: Path, completion: str, expected: str, above: str) -> None:
    body = JSON.replace("{|}", f"{{{above}|}}")
    assert judged(oracle, folder, completion, body, "flow.json").verdict == expected
    assert (
        judged(oracle, folder, completion, JSON.replace("$schema", "schema"), "plain.json").verdict
        == "unverified"
    )


def test_a_key_that_was_begun_is_judged(oracle: Oracle, folder: Path) -> None:
    body = JSON.replace("{|}", '{"ti|": 5}')
    assert judged(oracle, folder, "meout", body, "flow.json").verdict == "verified"
    assert judged(oracle, folder, "ming", body, "flow.json").verdict == "rejected"


def test_what_is_wrong_is_found(oracle: Oracle, folder: Path) -> None:
    text = HEAD + "name: [a]\nnmae: b\njobs: {one: {runs-on: dos}}\n"
    found = oracle.findings(folder / "flow.yaml", text)
    assert found is not None
    assert {(each.kind, text[each.start : each.end]) for each in found} == {
        ("wrong_type", "[a]"),
        ("unknown_argument", "nmae"),
        ("wrong_type", "dos"),
    }
    broken = oracle.findings(folder / "flow.yaml", HEAD + "name: a\n   fast: true\n")
    assert broken is not None and "syntax" in {each.kind for each in broken}
    assert oracle.findings(folder / "flow.yaml", "name: [a\n") is None  # no schema describes it


def test_a_schema_that_changes_counts(oracle: Oracle, folder: Path) -> None:
    schema = folder / "schemas" / "changing.json"
    closed = {"type": "object", "additionalProperties": False}
    schema.write_text(json.dumps({**closed, "properties": {"old": {}}}), encoding="utf-8")
    body = HEAD.replace("flow", "changing") + "|\n"
    assert judged(oracle, folder, "old: 1", body).verdict == "verified"
    schema.write_text(json.dumps({**closed, "properties": {"new": {}}}), encoding="utf-8")
    oracle.files_changed([schema])
    assert judged(oracle, folder, "old: 1", body).verdict == "rejected"
    assert judged(oracle, folder, "new: 1", body).verdict == "verified"


def test_no_schema_is_fetched(oracle: Oracle, folder: Path) -> None:
    asked: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            self.send_response(404)
            self.end_headers()

    server = HTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    url = f"http://127.0.0.1:{server.server_port}"
    (folder / "schemas" / "refers.json").write_text(
        json.dumps({"type": "object", "properties": {"name": {"$ref": f"{url}/part.json"}}}), encoding="utf-8"
    )
    try:
        direct = BODY.replace("schemas/flow.json", f"{url}/flow.json")
        assert judged(oracle, folder, "run-on: linux", direct).verdict == "unverified"
        through = HEAD.replace("flow", "refers") + "|\n"
        assert judged(oracle, folder, "name: 1", through).verdict != "rejected"
        in_json = JSON.replace("./schemas/flow.json", f"{url}/flow.json")
        assert judged(oracle, folder, '"run-on": 1', in_json, "flow.json").verdict == "unverified"
    finally:
        server.shutdown()
        server.server_close()
    assert asked == []


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no pipes in folders")
@pytest.mark.parametrize(
    "head", [HEAD, '"\\u0024schema": schemas/flow.json\n'], ids=["in a comment", "by an escaped key"]
)
@pytest.mark.parametrize("way", ["as the schema", "from a schema"])
def test_a_pipe_is_no_schema(oracle: Oracle, folder: Path, head: str, way: str) -> None:
    """Nobody writes to it: a server that opens it waits, and a few of them leave no thread that reads files."""
    refers = {"type": "object", "properties": {"name": {"$ref": "./pipe4"}}}
    (folder / "schemas" / "to_pipe.json").write_text(json.dumps(refers), encoding="utf-8")
    for number in range(5):
        pipe = folder / "schemas" / f"pipe{number}"
        pipe.unlink(missing_ok=True)
        os.mkfifo(pipe)
        named = pipe.name if way == "as the schema" else "to_pipe.json"
        body = head.replace("flow.json", named) + "name: a\n|\n"
        began = time.monotonic()
        judgement = judged(oracle, folder, "fsat: 5", body, f"{number}.yaml")
        assert judgement.verdict == "unverified" and time.monotonic() - began < 5
    assert judged(oracle, folder, "run-on: linux").verdict == "rejected"  # it still answers


def test_the_server_reads_nothing_of_another_host(tmp_path: Path) -> None:
    node, package = find_node(), SCHEMA_SERVER.package
    assert node is not None and package is not None and package.preload is not None
    here = tmp_path / "schema.json"
    here.write_text("read", encoding="utf-8")
    paths = [str(here), f"/{here}", f"\\\\{here}", str(tmp_path)]
    script = "Promise.allSettled(process.argv.slice(1).map(path => require('fs').promises.readFile(path, 'utf-8'))).then(all => console.log(JSON.stringify(all.map(each => each.value ?? String(each.reason)))))"
    command = [node, "--require", str(package.preload), "-e", script, "--", *paths]
    said = json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)
    assert said[0] == "read"
    assert all("no regular file of this machine" in each for each in said[1:])


def constraint_at(oracle: Oracle, folder: Path, body: str) -> CallConstraint:
    """Return the constraint at the cursor ``|``."""
    site = site_of(folder, body, "flow.yaml")
    known = Known(site, oracle)
    return CallConstraint(
        site.rule.before, site.language, known.members_of, known.parameters_of, known.names, known.keys_of
    )


@pytest.mark.parametrize(
    ("body", "written", "piece", "accepted"),
    [
        (BODY, "", "runs", True),
        (BODY, "", "run-", False),
        (BODY, "runs-on", ":", True),
        (BODY, "runs", ":", False),
        (BODY, "runs", ":\n     ", False),
        (BODY, "runs", "\n", False),
        (BODY, "steps", ":\n     ", True),
        (BODY, "timeout: 5\n    ", "st", True),
        (BODY, "timeout: 5\n    ", "stages", False),
        (BODY, "timeout: 5\n  ", "any", True),  # the name of a job
        (BODY, "runs-on: ", "any", True),  # a value
        (BODY, "steps:\n      - ", "any", True),  # which may be a value
        (BODY, "steps:\n      - uses: a\n        ", "with", True),
        (BODY, "steps:\n      - uses: a\n        ", "width", False),
        (BODY, "", "# run", False),  # instead of a key
        (BODY, "# ", "any", True),
        (BODY, "steps: [{", "any", True),  # in brackets
        (BODY, "timeout: 5 ", "# s", True),
        (BODY.removeprefix(HEAD), "", "# run", True),
        (HEAD + "|\n", "name: |\n  ", "any", True),
        (HEAD + "name: a\nlabels:\n  |\n", "", "floor", True),  # which may have others
        (BODY.removeprefix(HEAD), "", "any", True),
    ],
)
def test_keys_are_decoded_among_those_of_the_schema(
    oracle: Oracle, folder: Path, body: str, written: str, piece: str, accepted: bool
) -> None:
    constraint = constraint_at(oracle, folder, body)
    assert constraint.accepts(written.encode(), piece.encode()) is accepted


def test_what_else_would_be_a_key_is_known(oracle: Oracle, folder: Path) -> None:
    constraint = constraint_at(oracle, folder, BODY)
    assert set(constraint.possible(b"")) == {b"runs-on", b"timeout", b"steps"}
    assert constraint.possible(b"ru") == [b"ns-on"]
    assert b" timeout" in constraint.possible(b"runs-on: linux\n   ")


def test_it_is_started_for_a_file_and_judges_both_languages(folder: Path) -> None:
    opened = open_workspace_oracle(folder, {}, PATIENT)
    assert isinstance(opened, WorkspaceOracle)
    try:
        opened.mirror(folder / "page.py", "x = 1\n")
        assert _pid_of(opened) is None
        assert judged(opened, folder, "run-on: linux").verdict == "rejected"
        pid = _pid_of(opened)
        assert judged(opened, folder, '"run-on": 1', JSON, "flow.json").verdict == "rejected"
        assert pid is not None and _pid_of(opened) == pid
    finally:
        opened.close()


def _pid_of(oracle: WorkspaceOracle) -> int | None:
    found = oracle._oracles["yaml"]
    assert isinstance(found, LspOracle) and found is oracle._oracles["json"]
    return found.pid
