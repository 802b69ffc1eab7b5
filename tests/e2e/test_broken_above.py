"""The real model below what is broken, long or new: nothing of it spoils a completion, and every prompt fits."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from soothsay.backend.session import NoIndex
from soothsay.config import PATIENT, Settings
from soothsay.engine.pipeline import Engine
from soothsay.engine.types import Completion, CompletionRequest
from soothsay.model.files.cache import model_path
from soothsay.model.local.runtime import LlamaRuntime
from soothsay_languages.python import LANGUAGE
from soothsay_languages.scan import scan

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]

LINES = "".join(f"crate_{number} = weigh({number})\n" for number in range(12))


@pytest.fixture(scope="module")
def engine() -> Iterator[Engine]:
    model = LlamaRuntime.load(model_path("qwen2.5-coder-0.5b"), context=2048)
    yield Engine(
        model, NoIndex(), replace(Settings(), method="base", completion=replace(PATIENT, max_tokens=48))
    )
    model.close()


def complete(engine: Engine, text: str) -> Completion:
    root = Path("/shop")
    return engine.complete(CompletionRequest(root / "crates.py", text, len(text), root))


@pytest.mark.parametrize(
    "broken",
    ["config = dict(\n", "import shop\n\nprices = {'Cox': [1, 2\n\n", '"""Crates, and what they weigh.\n\n'],
)
def test_below_what_was_left_open_a_completion_closes_its_own_brackets(engine: Engine, broken: str) -> None:
    line = "total = sum([crate_0, crate_1, "
    completion = complete(engine, f"{broken}def weigh(number):\n    return 3 * number\n\n\n{LINES}{line}")
    state = scan(line + completion.text, LANGUAGE.lexis)
    assert completion.before == line
    assert (state.closers, state.overclosed) == ("", -1)
    assert completion.text


@pytest.mark.parametrize(
    "above", ["# crate = weigh(shop.crate(1))\n" * 400, "x = [" + "1234, " * 3_000, "# " + "crates " * 3_000]
)
def test_below_a_long_comment_and_in_a_long_line_there_is_an_answer(engine: Engine, above: str) -> None:
    assert complete(engine, f"import shop\n\n{above}").draft is not None


@pytest.mark.parametrize("text", ["\n", "class "])
def test_a_new_file_is_of_its_language(engine: Engine, text: str) -> None:
    draft = complete(engine, text).draft
    assert not any(sign in draft for sign in (";", "{\n", "public ", "from '"))
