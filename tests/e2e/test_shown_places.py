"""What the real model has shown at places that are no line's end: accepting it leaves the file whole."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from soothsay.backend.session import NoIndex
from soothsay.config import PATIENT, Settings
from soothsay.engine.continuation import accepted
from soothsay.engine.pipeline import Engine
from soothsay.engine.types import Completion, CompletionRequest
from soothsay.model.files.cache import model_path
from soothsay.model.local.runtime import LlamaRuntime

pytestmark = [pytest.mark.slow, pytest.mark.timeout(1800)]

SHED = """import os

class Shed:
    def __init__(self, crates):
        self.crates = crates

    def count(self):
        return len(self.crates)
"""


@pytest.fixture(scope="module")
def engine() -> Iterator[Engine]:
    model = LlamaRuntime.load(model_path("qwen2.5-coder-0.5b"), context=1024)
    yield Engine(model, NoIndex(), Settings(method="base", completion=PATIENT))
    model.close()


def complete(engine: Engine, marked: str) -> tuple[Completion, str]:
    """The completion at ``|``, and the file after it was accepted."""
    text, at = marked.replace("|", "", 1), marked.index("|")
    request = CompletionRequest(Path("/w/shed.py"), text, at, Path("/w"))
    completion = engine.complete(request)
    return completion, accepted(request, completion).text


@pytest.mark.parametrize(
    "marked",
    [
        SHED.replace("self.crates)", "self.cra|tes)"),
        SHED.replace("len(self.crates)", "len(self.crates|)"),
        SHED + '\n\nKILOS = {\n    "Cox": 18,\n    "Gala": 21,|\n}\n',
        SHED + "\n\nnames = [|]\n",
        SHED + "\n\nlimit = 20|\n",
    ],
    ids=["word", "bracket", "closer below", "list", "number"],
)
def test_a_file_that_parsed_parses(engine: Engine, marked: str) -> None:
    completion, after = complete(engine, marked)
    ast.parse(after)
    assert len(completion.tokens) < PATIENT.max_tokens, "it ended by itself"


@pytest.mark.parametrize(
    "marked",
    [SHED + '\n\nhome = os.environ["|"]\n', SHED + '\n\nwith open("|") as file:\n    pass\n'],
    ids=["key", "path"],
)
def test_a_string_is_not_left(engine: Engine, marked: str) -> None:
    completion, after = complete(engine, marked)
    assert '"' not in completion.text and "\n" not in completion.text
    ast.parse(after)


@pytest.mark.parametrize("quotes", ['"""|"""', '"""|\n        """'], ids=["one line", "two lines"])
def test_a_docstring_is_prose(engine: Engine, quotes: str) -> None:
    completion, after = complete(
        engine, SHED.replace("        return len", f"        {quotes}\n        return len")
    )
    assert not completion.text.lstrip().startswith(('"', "'"))
    ast.parse(after)


def test_a_comment_is_one_line(engine: Engine) -> None:
    completion, after = complete(engine, SHED + "\n\n# Weigh|\nkilos = 1\n")
    assert "\n" not in completion.text.strip("\n")
    ast.parse(after)
