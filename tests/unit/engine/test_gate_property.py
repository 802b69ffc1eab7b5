"""Whatever the model writes, wherever the cursor is: accepting what is shown never makes a file that parsed not parse."""

from __future__ import annotations

import ast
import random
import sysconfig
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from fakes import FakeIndex, FakeModel

from soothsay.config import PATIENT, Settings
from soothsay.engine.continuation import accepted
from soothsay.engine.pipeline import Engine
from soothsay.engine.types import CompletionRequest
from soothsay_languages.base import Language
from soothsay_languages.python import LANGUAGE as PYTHON
from soothsay_languages.shell import LANGUAGE as SHELL
from soothsay_languages.syntax import parse
from soothsay_languages.yaml import LANGUAGE as YAML

ROOT = Path(__file__).parents[3]
QUICK, ALL = 60, 2_000  # places
PLACES_A_FILE = 10
LONGEST = 60_000  # characters of a file

WHOLE_FUNCTION = "def pack(crate):\n    if crate.full:\n        return None\n    return crate.items\n"
COMPOSE = 'services:\n  shop:\n    image: "shop:1"\n    ports: ["80:80", "443:443"]\n    command: [run, {at: 3}]\nvolumes: {}\n'
SCRIPT = '#!/bin/sh\nset -e\nfor crate in "$@"; do\n  if [ -f "$crate" ]; then\n    echo "packed $(cat "$crate")"\n  fi\ndone\npack() {\n  echo "$1" | tr a-z A-Z\n}\npack x\n'


@dataclass(frozen=True)
class Sample:
    path: str
    text: str
    language: Language

    def __repr__(self) -> str:
        return self.path


def parses(text: str, language: Language) -> bool:
    """As Python's parser, or the grammar of another language, sees it."""
    if language is PYTHON:
        try:
            with warnings.catch_warnings(action="ignore"):
                ast.parse(text)
        except (SyntaxError, ValueError):
            return False
        return True
    grammar = language.tree_sitter
    assert grammar is not None
    return not parse(grammar, text.encode()).root_node.has_error


def corpus(seed: random.Random) -> Iterator[Sample]:
    """Files of the standard library and of this repository that parse, in an order that ``seed`` chooses."""
    library = Path(sysconfig.get_path("stdlib"))
    found = [*library.glob("*.py"), *library.glob("*/*.py"), *ROOT.glob("server/**/*.py")]
    paths = sorted(path for path in found if "site-packages" not in path.parts)
    others = sorted([*ROOT.glob(".github/**/*.y*ml"), *ROOT.glob("*.y*ml"), *ROOT.glob("scripts/*.sh")])
    yield Sample("compose.yaml", COMPOSE, YAML)
    yield Sample("pack.sh", SCRIPT, SHELL)
    for path in others:
        yield Sample(str(path), path.read_text(), SHELL if path.suffix == ".sh" else YAML)
    seed.shuffle(paths)
    for path in paths:
        text = path.read_text(encoding="utf-8", errors="replace")
        if 0 < len(text) < LONGEST and parses(text, PYTHON):
            yield Sample(str(path), text, PYTHON)


def scripted(text: str, at: int, seed: random.Random) -> Iterator[str]:
    """What a model may write at ``at``."""
    truth = text[at : at + 400]
    yield truth
    yield truth[: seed.randrange(1, 200)]
    elsewhere = seed.randrange(len(text))
    yield text[elsewhere : elsewhere + seed.randrange(1, 300)]
    yield seed.choice([")", "))", "]}", '")', "')\n", "):\n", "]", '"""'])
    rest = truth.partition("\n")[0]
    yield seed.choice(["x, ", "", "f(x) + ", "value) > 1"]) + rest
    yield seed.choice(["'", '"', 'f("', "x = 'a", "'''", '["a'])
    yield seed.choice(["", "\n", "\n\n"]) + WHOLE_FUNCTION
    yield "\n    " + truth


def shown(sample: Sample, at: int, written: str, engines: dict[str, Engine]) -> CompletionRequest | None:
    """The file after what is shown was accepted; None when nothing is."""
    model = FakeModel([(written[i : i + 30], 1.0) for i in range(0, len(written), 30)])
    engine = engines.setdefault(
        "last", Engine(model, FakeIndex(), Settings(method="base", completion=PATIENT))
    )
    engine._model = model  # the analysis of the file is kept
    path = Path("/w") / Path(sample.path).name
    request = CompletionRequest(path, sample.text, at, Path("/w"), sample.language.id)
    completion = engine.complete(request)
    return accepted(request, completion) if completion.text else None


@pytest.mark.parametrize(
    "places", [QUICK, pytest.param(ALL, marks=[pytest.mark.slow, pytest.mark.timeout(1800)])]
)
def test_accepting_never_breaks_a_file_that_parsed(places: int) -> None:
    seed = random.Random(places)
    engines: dict[str, Engine] = {}
    tried = accepted_texts = 0
    for sample in corpus(seed):
        if tried >= places:
            break
        if not parses(sample.text, sample.language):
            continue
        engines.clear()
        for _ in range(PLACES_A_FILE):
            tried += 1
            at = seed.randrange(len(sample.text) + 1)
            for written in scripted(sample.text, at, seed):
                after = shown(sample, at, written, engines)
                if after is None:
                    continue
                accepted_texts += 1
                where = (
                    f"{sample} at {at}: {sample.text[max(0, at - 60) : at]!r} | {sample.text[at : at + 60]!r}"
                )
                assert parses(after.text, sample.language), (
                    f"{where}\nwritten: {written!r}\nshown up to {after.offset}"
                )
    assert tried >= places
    # most places are in the middle of text, where the true continuation stands already
    assert accepted_texts > places / 2, "most of what could be accepted is not simply hidden"
