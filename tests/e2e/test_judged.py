"""The oracle in the pipeline, for real: judged, constrained, repaired; and what happens when it dies."""

import os
import signal
from collections.abc import Iterator
from dataclasses import replace
from itertools import islice
from pathlib import Path

import numpy as np
import psutil
import pytest

from soothsay.backend.session import Session, open_in_process
from soothsay.config import OracleSettings
from soothsay.engine.constrain import CallConstraint
from soothsay.engine.site import Site
from soothsay.engine.types import Completion, CompletionRequest
from soothsay.engine.verify import Judgement, judge
from soothsay.model.constraint import NameTrie
from soothsay.model.files.cache import model_path
from soothsay.model.fim import Prompt
from soothsay.model.local.decoding import best_possible
from soothsay.model.local.runtime import LlamaRuntime
from soothsay.model.local.sampling import pick
from soothsay_index.types import Parameter
from soothsay_languages.python import LANGUAGE

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]

PREAMBLE = (
    'import json\nimport boto3\nimport numpy as np\narr = np.zeros((2, 3))\nec2 = boto3.client("ec2")\nx = '
)


@pytest.fixture(scope="module")
def runtime() -> Iterator[LlamaRuntime]:
    model = LlamaRuntime.load(model_path("qwen2.5-coder-0.5b"), context=1024)
    yield model
    model.close()


@pytest.mark.parametrize(
    ("completion", "expected"),
    [
        ("np.split(arr, 3)", "verified"),
        ("np.unstak(arr)", "rejected"),
        ("np.unstack(arr, dim=1)", "rejected"),
        ("np.split(arr)", "rejected"),
        ("arr.reshape(3, 2)", "verified"),
        ("arr.reshap(3)", "rejected"),
        ("ec2.describe_instances()", "verified"),  # no stubs: the service model is the judge
        ("ec2.describe_all_instances()", "rejected"),
        ('boto3.client("iotevents-dataa")', "rejected"),  # the installed botocore has no such service
        ('boto3.client("dynamodb")', "verified"),
        ('ec2.run_instances(MinCount=1, MaxCount=1, Placement={"HostIdd": "h"})', "rejected"),
        ('ec2.run_instances(MinCount=1, MaxCount=1, Placement={"HostId": "h"})', "verified"),
        ("json.loads('1').anything()", "unverified"),
        ("np.sum(", "verified"),  # unfinished
        ("np.log(np.sum(np.power(arr, arr), axis=0))", "verified"),  # each call by its own signature
        ("np.log(np.sum(np.power(arr, arr), axes=0))", "rejected"),
    ],
)
def test_verdicts(session: Session, workspace: Path, completion: str, expected: str) -> None:
    assert judged(session, workspace, completion).verdict == expected


@pytest.mark.parametrize("guard", ["if False:\n    ", 'import sys\nif sys.platform == "win32":\n    '])
def test_unreachable_code_is_judged_as_any_other(session: Session, workspace: Path, guard: str) -> None:
    preamble = PREAMBLE.removesuffix("x = ") + guard

    def verdict(completion: str) -> str:
        return judged(session, workspace, completion, preamble).verdict

    assert verdict("json.dump_yaml(arr)") == "rejected"
    assert verdict("np.unstak(arr)") == "rejected"
    assert verdict("json.dumps(1)") == "verified"
    assert verdict("ec2.describe_all_instances()") == "rejected"


def test_imports_are_checked_against_what_is_installed(session: Session, workspace: Path) -> None:
    def verdict(line: str) -> str:
        return judged(session, workspace, line, preamble="").verdict

    assert verdict("import numpyy") == "rejected"
    assert verdict("from numpy import unstak") == "rejected"
    assert verdict("from billing.ledgers import open_book") == "rejected"
    assert verdict("from billing.ledger import open_book") != "rejected"
    assert verdict("import numpy, json, boto3") != "rejected"
    assert (
        verdict("import lancedb, pyarrow, torch, llama_cpp, tree_sitter_python") != "rejected"
    )  # compiled ones


def judged(session: Session, workspace: Path, completion: str, preamble: str = PREAMBLE) -> Judgement:
    request = CompletionRequest(workspace / "page.py", preamble, len(preamble), workspace)
    return judge(Site(request, session.index), completion, session.oracle)


def test_names_are_decoded_among_members_only(runtime: LlamaRuntime) -> None:
    names = ["create_model_customization_job", "öffne_größe", "zz"]
    constraint = CallConstraint("client", LANGUAGE, {"client.": NameTrie(names)}.get, lambda _: None)
    prompt = Prompt("import boto3\n\n# Create a job\n", "", "client", ".")
    tokens = list(islice(runtime.open(prompt).stream(constraint=constraint), 12))
    assert b"".join(token.data for token in tokens).startswith(b".create_model_customization_job")
    free = next(iter(runtime.open(prompt).stream()))
    # the model's own opinion, not the mask's; a batch of one token is rounded differently than one of many
    assert tokens[0].probability == pytest.approx(free.probability, abs=0.08)
    assert tokens[0].probability < 0.6


def test_a_call_is_not_closed_before_it_is_complete(runtime: LlamaRuntime) -> None:
    parameters = [Parameter(name, "keyword_only", required=True) for name in ("alpha", "beta", "gamma")]
    constraint = CallConstraint("f", LANGUAGE, lambda _: None, {"f": parameters}.get)
    text = b""
    for token in islice(
        runtime.open(Prompt("def f(**k): ...\n\n", "\n", "f", "(")).stream(constraint=constraint), 60
    ):
        text += token.data
        if b")" in token.data:
            break
    assert all(f"{name}=".encode() in text for name in ("alpha", "beta", "gamma"))


def test_the_most_probable_possible_token_is_taken(runtime: LlamaRuntime) -> None:
    logits = np.full(runtime.vocab.size, -10.0, dtype=np.float32)
    wanted, unwanted = runtime.vocab.encode("zz")[0], runtime.vocab.encode("create")[0]
    logits[wanted], logits[unwanted] = 1.0, 5.0
    constraint = CallConstraint("client.", LANGUAGE, {"client.": NameTrie(["zz"])}.get, lambda _: None)
    first = pick(logits, None)
    assert first.token == unwanted
    assert best_possible(runtime.vocab, logits, None, constraint, b"", first).token == wanted


class TestWithoutAnOracle:
    """Whatever happens to the child process, a completion comes, and claims less."""

    @pytest.fixture
    def mortal(self, session: Session, workspace: Path) -> Iterator[Session]:
        opened = Session(replace(session.settings), workspace, open_in_process)
        opened.load_model()
        yield opened
        opened.close()

    def complete(self, session: Session, workspace: Path, shape: str = "(4, 3, 2)") -> Completion:
        path = workspace / "arrays.py"
        text = path.read_text(encoding="utf-8").rstrip("\n").replace("(4, 3, 2)", shape)
        return session.complete(CompletionRequest(path, text, len(text), workspace))

    def child(self) -> psutil.Process:
        (newest, *_) = sorted(
            (p for p in psutil.Process().children(recursive=True) if "ty" in p.name()),
            key=lambda p: -p.create_time(),
        )
        return newest

    def test_killed(self, mortal: Session, workspace: Path) -> None:
        assert self.complete(mortal, workspace).verdict == "verified"
        for _ in range(3):  # the first death is answered with a fresh one, the next ones with patience
            self.child().kill()
            answer = self.complete(mortal, workspace)
            assert answer.text
            assert answer.verdict in ("verified", "unverified")

    def test_stopped(self, mortal: Session, workspace: Path) -> None:
        assert self.complete(mortal, workspace).verdict == "verified"
        child = self.child()
        os.kill(child.pid, signal.SIGSTOP)
        try:
            answer = self.complete(mortal, workspace, "(4, 3, 5)")  # a text it has not answered about before
            assert answer.text
            assert answer.verdict == "unverified"
            assert any(not question.answered for question in answer.check.questions)
        finally:
            os.kill(child.pid, signal.SIGCONT)

    def test_missing(self, session: Session, workspace: Path) -> None:
        settings = replace(session.settings, oracle=OracleSettings(enabled=False))
        silent = Session(settings, workspace, open_in_process)
        try:
            answer = self.complete(silent, workspace)
            assert (bool(answer.text), answer.verdict) == (True, "unverified")
        finally:
            silent.close()
