"""What makes completions faster must not change them: the same keys with everything on, and with a cold cache each time."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from soothsay.engine.continuation import accepted
from soothsay.engine.pipeline import Engine
from soothsay.engine.types import CompletionRequest
from soothsay.model.cache import model_path
from soothsay.model.fim import Prompt
from soothsay.model.runtime import LlamaRuntime
from soothsay.session import Session

pytestmark = pytest.mark.slow

BEDROCK = ("bedrock.py", ("", "resp", "response = ", "response = client.", "response = client.list_"))
BUCKETS = ("buckets.py", ("", "names", "names = [", "names = [bucket", 'names = [bucket["'))


class ColdRuntime(LlamaRuntime):
    """Reads every prompt from its first token."""

    def encode(self, prompt: Prompt) -> list[int]:  # the first thing that is done with one
        for sequence in range(self._count):
            self._empty(sequence)
        return super().encode(prompt)


@pytest.fixture(scope="module")
def cold() -> Iterator[LlamaRuntime]:
    model = ColdRuntime(model_path("qwen2.5-coder-0.5b"), context=2048, threads=2)
    yield model
    model.close()


@pytest.fixture(scope="module")
def warm() -> Iterator[LlamaRuntime]:
    model = LlamaRuntime(model_path("qwen2.5-coder-0.5b"), context=2048, threads=2)
    yield model
    model.close()


def requests(workspace: Path) -> list[CompletionRequest]:
    """Two files, typed in turn: every line of keys goes on where the last one stopped."""
    found: list[CompletionRequest] = []
    for keys in zip(BEDROCK[1], BUCKETS[1], strict=True):
        for name, typed in zip((BEDROCK[0], BUCKETS[0]), keys, strict=True):
            path = workspace / name
            text = path.read_text(encoding="utf-8").rstrip().rpartition("\n")[0] + "\n" + typed
            found.append(CompletionRequest(path, text + "\n", len(text), workspace))
    return found


def test_texts_are_the_same_with_every_speed_up(
    session: Session, workspace: Path, cold: LlamaRuntime, warm: LlamaRuntime
) -> None:
    settings = session.settings
    plain, fast = (Engine(model, session.index, settings, session.oracle) for model in (cold, warm))
    evaluated = {"plain": 0, "fast": 0}
    for request in requests(workspace):
        expected = plain.complete(request)
        fast.prepare(request)
        completion = fast.complete(request)
        assert (completion.text, completion.draft) == (expected.text, expected.draft)
        fast.complete(accepted(request, completion))  # as the server does once it was shown
        assert fast.complete(request).text == expected.text
        evaluated["plain"] += sum(expected.evaluated.values())
        evaluated["fast"] += sum(completion.evaluated.values())
    assert evaluated["fast"] < evaluated["plain"] / 3
