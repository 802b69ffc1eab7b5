"""What makes completions faster must not change them: the same keys with everything on, and with a cold cache each time.

A token is not computed the same way alone and in a batch: kernels round differently, by up to a few hundredths of a
probability. Where two tokens are that close, and only there, the texts may part.
"""

from __future__ import annotations

import contextlib
import math
import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import islice
from pathlib import Path
from threading import Timer

import numpy as np
import pytest

from soothsay.backend.session import Session
from soothsay.engine.constrain import CallConstraint
from soothsay.engine.continuation import accepted
from soothsay.engine.pipeline import Engine
from soothsay.engine.types import CompletionRequest
from soothsay.errors import Cancelled
from soothsay.model.constraint import Constraint, NameTrie, TokenConstraint
from soothsay.model.files.cache import model_path
from soothsay.model.fim import Prompt
from soothsay.model.local.decoding import LocalPrompt
from soothsay.model.local.runtime import LlamaRuntime
from soothsay.model.local.tuning import Threads
from soothsay.model.local.weights import Weights
from soothsay.model.types import Token
from soothsay_common.cancellation import Cancellation
from soothsay_languages.python import LANGUAGE

pytestmark = pytest.mark.slow

TIE = 0.08  # margin of the best token over the next
BEDROCK = ("bedrock.py", ("", "resp", "response = ", "response = client.", "response = client.list_"))
BUCKETS = ("buckets.py", ("", "names", "names = [", "names = [bucket", 'names = [bucket["'))


class NotingPrompt(LocalPrompt):
    """Keeps what is written."""

    noted: list[Token]

    def stream(
        self,
        cancel: Cancellation | None = None,
        constraint: Constraint | None = None,
        deadline: float = math.inf,
    ) -> Iterator[Token]:
        for token in super().stream(cancel, constraint, deadline):
            self.noted.append(token)
            yield token


class NotingRuntime(LlamaRuntime):
    """Keeps what it has written since it was last looked at."""

    def __init__(self) -> None:
        weights = Weights.load(model_path("qwen2.5-coder-0.5b"))
        super().__init__(weights, context=2048, threads=lambda: Threads(2, 2), free=weights.close)
        self._noted: list[Token] = []

    def open(self, prompt: Prompt) -> LocalPrompt:
        opened = NotingPrompt(prompt, self.encode(prompt), self.context, self.vocab)
        opened.noted = self._noted
        return opened

    def noted(self) -> list[Token]:
        found = list(self._noted)
        self._noted.clear()
        return found


@pytest.fixture(scope="module")
def cold() -> Iterator[NotingRuntime]:
    model = NotingRuntime()
    yield model
    model.close()


@pytest.fixture(scope="module")
def warm() -> Iterator[NotingRuntime]:
    model = NotingRuntime()
    yield model
    model.close()


def requests(workspace: Path) -> list[CompletionRequest]:
    """Two files, typed in turn."""
    found: list[CompletionRequest] = []
    for keys in zip(BEDROCK[1], BUCKETS[1], strict=True):
        for name, typed in zip((BEDROCK[0], BUCKETS[0]), keys, strict=True):
            path = workspace / name
            text = path.read_text(encoding="utf-8").rstrip().rpartition("\n")[0] + "\n" + typed
            found.append(CompletionRequest(path, text + "\n", len(text), workspace))
    return found


def part_at_a_tie(ones: list[Token], others: list[Token]) -> bool:
    """Whether the first token in which they differ was hardly more probable than another."""
    pairs = zip(ones, others, strict=False)
    first = next((pair for pair in pairs if pair[0].data != pair[1].data), None)
    return first is not None and min(token.margin for token in first) < TIE


def test_texts_are_the_same_with_every_speed_up(
    session: Session, workspace: Path, cold: NotingRuntime, warm: NotingRuntime
) -> None:
    settings = session.settings
    plain, fast = (Engine(model, session.index, settings, session.oracle) for model in (cold, warm))
    same, evaluated = 0, {"plain": 0, "fast": 0}
    todo = requests(workspace)
    for request in todo:
        cold.context.forget_all()
        expected = plain.complete(request)
        fast.prepare(request)
        completion = fast.complete(request)
        ones, others = cold.noted(), warm.noted()
        if completion.text == expected.text:
            same += 1
        else:
            assert part_at_a_tie(ones, others), (completion.text, expected.text)
        fast.complete(accepted(request, completion))  # as the server does once it was shown
        warm.noted()
        again = fast.complete(request)
        assert again.text == completion.text or part_at_a_tie(others, warm.noted())
        warm.noted()
        evaluated["plain"] += sum(expected.evaluated.values())
        evaluated["fast"] += sum(completion.evaluated.values())
    assert same >= len(todo) / 2
    # while somebody waits: what was prepared was read before
    assert evaluated["fast"] < evaluated["plain"] / 2


def test_of_a_document_that_was_read_ahead_no_token_is_read_again(
    session: Session, workspace: Path, warm: NotingRuntime, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine = Engine(warm, session.index, session.settings, session.oracle)
    # with signatures of the imported file nothing would be looked up
    engine._window = replace(engine._window, cross_file=0)
    path = workspace / "refund.py"
    text = path.read_text(encoding="utf-8").rstrip()
    request = CompletionRequest(path, text, len(text), workspace)
    evaluated: list[int] = []
    append = warm.context.append

    def noting(tokens: Sequence[int]) -> np.ndarray:
        evaluated.extend(tokens)
        return append(tokens)

    monkeypatch.setattr(warm.context, "append", noting)

    def taken() -> str:
        text = b"".join(warm.vocab.pieces[token] for token in evaluated).decode("utf-8", "replace")
        evaluated.clear()
        return text

    called, said = "ledger.post_reversal_to_customer", "Give a customer money back"
    engine.prepare(request)
    ahead = taken()
    assert f"{called}(" in ahead and said in ahead and ahead.endswith(called)
    answer = engine.complete(request)
    answered = taken()
    warm.noted()
    assert "regenerate" in answer.evaluated and answer.text.startswith("post_reversal_to_customer(")
    assert "#" not in answered and said not in answered


class Unforced:
    """A constraint that forces nothing."""

    def __init__(self, constraint: TokenConstraint) -> None:
        self._constraint = constraint

    def accepts(self, written: bytes, piece: bytes) -> bool:
        return self._constraint.accepts(written, piece)

    def possible(self, written: bytes) -> Sequence[bytes]:
        return self._constraint.possible(written)

    def forced(self, written: bytes) -> bytes:
        return b""


NAMES = (
    "create_model_customization_job",
    "create_model_copy_job",
    "list_foundation_models",
    "get_model_import_job",
)


@pytest.mark.parametrize(
    "wanted",
    [
        "Start a job to fine-tune a base model",
        "List the models there are",
        "Read how the import of a model goes",
    ],
)
def test_a_name_is_the_same_where_its_rest_is_written_at_once(cold: NotingRuntime, wanted: str) -> None:
    head = 'import boto3\n\nclient = boto3.client("bedrock")\n\n'
    cold.context.forget_all()
    opened = cold.open(Prompt(head, "", f"# {wanted}\nresponse = client", "."))
    constraint = CallConstraint(
        "response = client", LANGUAGE, {"client.": NameTrie(NAMES)}.get, lambda _: None
    )
    texts: list[str] = []
    chosen: list[int] = []
    for each in (constraint, Unforced(constraint)):
        tokens = list(islice(opened.stream(constraint=each), 12))
        texts.append(b"".join(token.data for token in tokens).decode().partition("(")[0])
        chosen.append(sum(token.chosen for token in tokens))
    cold.noted()
    assert texts[0] == texts[1] and texts[0].removeprefix(".") in NAMES
    assert chosen[0] < chosen[1]


def test_reading_that_is_cancelled_at_every_key_comes_to_its_end(cold: NotingRuntime) -> None:
    prompts = [
        Prompt("\n".join(f"{name}_{at} = compute({at}, 'name')" for at in range(30)), "", "")
        for name in ("first", "other")
    ]
    began = time.perf_counter()
    opened = cold.open(prompts[0])
    tokens = opened.unread
    opened.read()
    between_keys = (time.perf_counter() - began) * 20 / tokens  # 64 tokens take longer, 8 do not
    for _ in range(tokens):
        opened, cancel = cold.open(prompts[1]), Cancellation()
        Timer(between_keys, cancel.set).start()
        with contextlib.suppress(Cancelled):
            opened.read(cancel)
            break
    assert cold.open(prompts[1]).unread <= 1
