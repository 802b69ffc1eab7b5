"""The oracle with the real ty, on what is installed here."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from importlib.util import find_spec
from pathlib import Path

import pytest

from soothsay.engine.arguments import misfit, parse_arguments
from soothsay.oracle.client import LspOracle
from soothsay.oracle.limits import TimeLimits
from soothsay.oracle.null import NullOracle
from soothsay.oracle.opening import open_oracle
from soothsay.oracle.types import Finding, Oracle
from soothsay_index.types import Parameter
from soothsay_languages.python import LANGUAGE

pytestmark = pytest.mark.slow

# a machine under load must not fail tests of what is answered
PATIENT = TimeLimits(question=10_000, members=10_000, first=20_000, start=20_000, hang=60_000)
BOTO3 = 'import boto3\n\nclient = boto3.client("bedrock")\n'
NUMPY = "import numpy as np\n\narr = np.zeros((2, 3))\n"

stubs = pytest.mark.requires(find_spec("types_boto3_bedrock") is not None, "types-boto3[bedrock]")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "billing.py").write_text("def pay(amount): ...\n")
    return tmp_path


@pytest.fixture
def oracle(folder: Path) -> Iterator[Oracle]:
    opened = open_oracle(folder, "python", sys.executable, limits=PATIENT)
    yield opened
    opened.close()


@pytest.fixture
def page(folder: Path) -> Path:
    return folder / "page.py"


def told(oracle: Oracle, page: Path, text: str) -> list[tuple[str, str]]:
    """Kind and place of what is found."""
    found = oracle.findings(page, text)
    assert found is not None
    return [(finding.kind, text[finding.start : finding.end]) for finding in found]


def names(oracle: Oracle, page: Path, text: str) -> set[str] | None:
    """The members at the last ``|``."""
    before, _, after = text.rpartition("|")
    found = oracle.members(page, before + after, len(before))
    return None if found is None else {member.name for member in found}


def resolved(oracle: Oracle, page: Path, text: str) -> bool | None:
    at = text.index("|")
    return oracle.resolves(page, text.replace("|", ""), at)


def until(holds: Callable[[], object], seconds: float = 20) -> bool:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if holds():
            return True
        time.sleep(0.05)
    return False


def is_running(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("np.unstak(arr)", [("not_a_member", "unstak")]),
        ("np.unstack(arr, dim=1)", [("no_overload", "np.unstack(arr, dim=1)")]),
        ("np.split(arr)", [("no_overload", "np.split(arr)")]),
        ("np.split(arr, 2)", []),
        ("print(arr.shapes)", [("not_a_member", "shapes")]),
        ("undefined(1)", [("unknown_name", "undefined")]),
        ("import nope.sub", [("unresolved_import", "nope.sub")]),
        ("from numpy import splitt", [("not_a_member", "splitt")]),
        ("from billing import pay\npay()", [("missing_argument", "pay()")]),
        ("from billing import pay\npay(1, tip=2)", [("unknown_argument", "tip=2")]),
        ("from billing import pay\npay(1, 2)", [("unknown_argument", "2")]),
        ("len(1)", [("wrong_type", "1")]),
        ("def later(x: int) -> int:\n    ", [("syntax", "\n")]),
        ("def later(x: int) -> int: ...", []),
        ("def f(x, *a, **k):\n    x.anything(); a[0].whatever(); k['x'].more()", []),
    ],
)
def test_what_is_found(oracle: Oracle, page: Path, code: str, expected: list[tuple[str, str]]) -> None:
    assert told(oracle, page, NUMPY + code) == expected


def test_what_is_wrong_behind_unfinished_code_is_still_found(oracle: Oracle, page: Path) -> None:
    found = told(oracle, page, NUMPY + "def f():\n    print(np.unstak(arr,\n\nx = 1\n")
    assert ("not_a_member", "unstak") in found
    assert "syntax" in {kind for kind, _ in found}


@stubs
def test_a_client_with_stubs(oracle: Oracle, page: Path) -> None:
    assert told(oracle, page, BOTO3 + "client.create_job()") == [("not_a_member", "create_job")]
    call = "client.create_model_customization_job(jobName='x')"
    found = oracle.findings(page, BOTO3 + call)
    assert found is not None
    assert [finding.kind for finding in found] == ["missing_argument"]
    assert "roleArn" in found[0].message
    members = names(oracle, page, BOTO3 + "client.create_mo|")
    assert members is not None
    assert {"create_model_customization_job", "list_guardrails"} <= members
    assert "create_job" not in members
    assert not any(name.startswith("__") for name in members)
    assert resolved(oracle, page, BOTO3 + "client.list_|guardrails()") is True
    assert resolved(oracle, page, BOTO3 + "client.create_|job()") is False


@stubs
def test_keywords_of_an_operation_are_closed(oracle: Oracle, page: Path) -> None:
    text = BOTO3 + "client.create_guardrail("
    found = oracle.signature(page, text, len(text))
    assert found is not None
    assert len(found) == 1
    assert misfit(found[0].parameters, parse_arguments("(nam=1)", LANGUAGE)) == "unknown argument nam"
    assert misfit(found[0].parameters, parse_arguments("(name=1)", LANGUAGE)).startswith("missing argument")


def test_of_a_client_without_stubs_nothing_is_certain(oracle: Oracle, page: Path) -> None:
    text = 'import boto3\nclient = boto3.client("ec2")\n'
    assert names(oracle, page, text + "client.|") is None
    assert resolved(oracle, page, text + "client.run_in|stances()") is None
    assert told(oracle, page, text + "client.no_such_thing()") == []


def test_members_of_numpy(oracle: Oracle, page: Path) -> None:
    members = names(oracle, page, "import numpy as np\nx = np.|\ny = 1\n")
    assert members is not None
    assert {"split", "linalg", "ndarray"} <= members
    assert members.isdisjoint({"while", "print", "os", "__name__"})
    assert (names(oracle, page, "from numpy import sp|") or set()) >= {"split"}
    arrays = names(oracle, page, NUMPY + "for i in [arr.re|]:\n    pass\n")
    assert arrays is not None
    assert "reshape" in arrays
    assert "split" not in arrays


@pytest.mark.parametrize(
    "text",
    [
        "def f(x):\n    x.|",
        "from typing import Any\ndef f(x: Any):\n    x.|",
        "def f(x=None):\n    x.|",
        "import nope\nnope.|",
        "from nope import Base\nclass A(Base):\n    def f(self):\n        self.|",
        "class A:\n    def __getattr__(self, name: str) -> int: ...\n\nA().|",
        "un|",
        "import re\nre.match('a', 'b').|",
        "def f(x: 'list[int] | str'):\n    x.|",
        "x = 'a.|'",
        "# a.|",
    ],
)
def test_members_that_nobody_can_list(oracle: Oracle, page: Path, text: str) -> None:
    assert names(oracle, page, text) is None


def test_members_of_what_the_workspace_defines(oracle: Oracle, page: Path) -> None:
    text = (
        "class Till:\n    def open(self):\n        self.key = 1\n        self.|\n    def _lock(self): ...\n"
    )
    assert names(oracle, page, text) == {"open", "_lock", "key"}


def test_names_in_scope(oracle: Oracle, page: Path) -> None:
    before = "import json as j\nLIMIT = 3\n\ndef f(amount):\n    local = 1\n    ("
    found = oracle.names(page, f"{before})\n\ndef g(other):\n    inner = 2\n", len(before))
    assert found is not None
    listed = {member.name for member in found}
    assert {"j", "LIMIT", "f", "g", "amount", "local", "print", "__name__"} <= listed
    assert not {"json", "other", "inner", "os", "if"} & listed


def test_a_union_inside_of_brackets_is_no_union(oracle: Oracle, page: Path) -> None:
    assert "append" in (names(oracle, page, "def f(x: 'list[int | str]'):\n    x.|") or set())


def test_what_resolves(oracle: Oracle, page: Path) -> None:
    assert resolved(oracle, page, NUMPY + "np.sp|lit(arr, 2)") is True
    assert resolved(oracle, page, NUMPY + "np.spl|itt(arr, 2)") is False
    assert resolved(oracle, page, "pri|nt(1)") is True
    assert resolved(oracle, page, "prin|d(1)") is False
    assert resolved(oracle, page, "import json\njson.|loads('')") is True
    assert resolved(oracle, page, "import json\njson.loads('').|whatever()") is None
    assert resolved(oracle, page, "def f(x):\n    x.|whatever()") is None
    assert resolved(oracle, page, "from nope import |foo") is None
    assert resolved(oracle, page, "import |nope") is False
    assert resolved(oracle, page, "x = |1 + 1") is not False


def test_signatures(oracle: Oracle, page: Path) -> None:
    text = NUMPY + "np.split(arr, )"
    found = oracle.signature(page, text, len(text) - 1)
    assert found is not None
    assert [parameter.name for parameter in found[0].parameters] == ["ary", "indices_or_sections", "axis"]
    assert [parameter.required for parameter in found[0].parameters] == [True, True, False]
    assert found[0].active == 1
    assert (
        misfit(found[0].parameters, parse_arguments("(arr)", LANGUAGE))
        == "missing argument indices_or_sections"
    )
    text = NUMPY + "np.unstack(arr, dim=1)"
    overloads = oracle.signature(page, text, len(text) - 1)
    assert overloads is not None
    call = parse_arguments("(arr, dim=1)", LANGUAGE)
    assert {misfit(signature.parameters, call) for signature in overloads} == {"unknown argument dim"}
    unknown = oracle.signature(page, "def f(g):\n    g(", len("def f(g):\n    g("))
    assert unknown is None or all(each.anything for each in unknown)
    text = "def f(**kwargs: object): ...\nf("
    open_ended = oracle.signature(page, text, len(text))
    assert open_ended is not None
    assert open_ended[0].parameters == (Parameter("kwargs", "var_keyword", False, "object"),)


def test_an_unsaved_buffer_counts(oracle: Oracle, folder: Path, page: Path) -> None:
    call = "from billing import pay\npay(1, tip=2)\n"
    assert [kind for kind, _ in told(oracle, page, call)] == ["unknown_argument"]
    oracle.mirror(folder / "billing.py", "def pay(amount, tip): ...\n")
    assert told(oracle, page, call) == []
    oracle.forget(folder / "billing.py")
    assert [kind for kind, _ in told(oracle, page, call)] == ["unknown_argument"]


def test_what_was_asked_about_one_file_is_not_seen_from_another(
    oracle: Oracle, folder: Path, page: Path
) -> None:
    call = "from billing import pay\npay(1, tip=2)\n"
    assert told(oracle, folder / "billing.py", "def pay(amount, tip): ...\n") == []
    assert [kind for kind, _ in told(oracle, page, call)] == ["unknown_argument"]


def test_what_happens_on_disk_counts(oracle: Oracle, folder: Path, page: Path) -> None:
    assert [kind for kind, _ in told(oracle, page, "import fresh\n")] == ["unresolved_import"]
    (folder / "fresh.py").write_text("def f(): ...\n")
    (folder / "billing.py").write_text("def pay(): ...\n")
    oracle.files_changed([folder / "fresh.py", folder / "billing.py"])
    assert told(oracle, page, "import fresh\n") == []
    assert told(oracle, page, "from billing import pay\npay()\n") == []
    (folder / "fresh.py").unlink()
    oracle.files_changed([folder / "fresh.py"])
    assert [kind for kind, _ in told(oracle, page, "import fresh\n")] == ["unresolved_import"]


def test_a_new_file_that_only_the_editor_has_can_be_imported(
    oracle: Oracle, folder: Path, page: Path
) -> None:
    oracle.mirror(folder / "draft.py", "def f(): ...\n")
    assert told(oracle, page, "import draft\ndraft.f()\n") == []


def test_offsets_are_code_points(oracle: Oracle, page: Path) -> None:
    text = "s = '😀😀'; s.uper()\r\nt = '😀'; t.loer()\r\n"
    assert told(oracle, page, text) == [("not_a_member", "uper"), ("not_a_member", "loer")]


def test_the_users_own_configuration_does_not_silence_it(folder: Path, page: Path) -> None:
    (folder / "ty.toml").write_text('[rules]\nall = "ignore"\n')
    oracle = open_oracle(folder, "python", sys.executable, limits=PATIENT)
    try:
        assert told(oracle, page, NUMPY + "np.unstak(arr)") == [("not_a_member", "unstak")]
    finally:
        oracle.close()


def test_of_a_file_that_is_not_looked_at_nothing_is_said(folder: Path, page: Path) -> None:
    (folder / "pyproject.toml").write_text('[tool.ty.src]\nexclude = ["old"]\n')
    oracle = open_oracle(folder, "python", sys.executable, limits=PATIENT)
    try:
        for path in (folder / "old" / "a.py", folder.parent / "elsewhere.py"):
            assert oracle.findings(path, "prin(1)") is None
            assert resolved(oracle, path, "pri|nt(1)") is None
        (folder / "pyproject.toml").write_text("")
        oracle.files_changed([folder / "pyproject.toml"])
        assert told(oracle, folder / "old" / "a.py", "prin(1)") == [("unknown_name", "prin")]
    finally:
        oracle.close()


@pytest.mark.skipif(sys.platform == "win32", reason="signals")
@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGSTOP], ids=["killed", "stopped"])
def test_a_child_that_is_killed_or_stopped_is_replaced(folder: Path, page: Path, how: int) -> None:
    oracle = open_oracle(folder, "python", sys.executable, limits=TimeLimits(first=5000, hang=500))
    assert isinstance(oracle, LspOracle)
    try:
        assert oracle.findings(page, "prin(1)")
        pid = oracle.pid
        assert pid
        os.kill(pid, how)
        answers: list[object] = []

        def answered() -> bool:
            answers.append(oracle.findings(page, f"prin({len(answers) + 2})"))
            return isinstance(answers[-1], tuple) and isinstance(answers[-1][0], Finding)

        # a process that is told to stop may answer once more
        assert until(lambda: answered() and oracle.pid != pid)
        assert until(lambda: not is_running(pid))
    finally:
        oracle.close()


@pytest.mark.skipif(sys.platform == "win32", reason="signals")
@pytest.mark.parametrize("stopped", [False, True])
def test_closing_leaves_no_child(folder: Path, page: Path, stopped: bool) -> None:
    oracle = open_oracle(folder, "python", sys.executable, limits=PATIENT)
    assert isinstance(oracle, LspOracle)
    oracle.findings(page, "x = 1")
    pid = oracle.pid
    assert pid
    if stopped:
        os.kill(pid, signal.SIGSTOP)
    oracle.close()
    assert not is_running(pid)
    assert oracle.findings(page, "x = 2") is None


@pytest.mark.skipif(sys.platform == "win32", reason="signals")
def test_the_child_goes_with_us(folder: Path) -> None:
    program = (
        "import sys, time; from pathlib import Path; from soothsay.oracle.opening import open_oracle\n"
        "folder = Path(sys.argv[1]); oracle = open_oracle(folder, 'python', sys.executable)\n"
        "oracle.findings(folder / 'a.py', 'x'); print(oracle.pid, flush=True); time.sleep(60)\n"
    )
    us = subprocess.Popen([sys.executable, "-c", program, str(folder)], stdout=subprocess.PIPE, text=True)
    assert us.stdout is not None
    child = int(us.stdout.readline())
    assert is_running(child)
    us.kill()
    us.wait()
    us.stdout.close()
    assert until(lambda: not is_running(child))


def test_without_the_program_there_is_no_oracle(
    folder: Path, page: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "ty", None)
    monkeypatch.setattr(sys, "executable", str(folder / "python"))
    monkeypatch.setenv("PATH", str(folder))
    oracle = open_oracle(folder, "python")
    assert isinstance(oracle, NullOracle)
    assert oracle.findings(page, "x") is None


def test_an_interpreter_that_is_not_there_is_no_exception(folder: Path, page: Path) -> None:
    oracle = open_oracle(folder, "python", "/no/such/python", limits=PATIENT)
    try:
        assert told(oracle, page, "prin(1)") == [("unknown_name", "prin")]
    finally:
        oracle.close()
