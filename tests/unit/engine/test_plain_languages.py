"""Languages that are only data: completed from the file, with nothing looked up and nothing verified."""

from __future__ import annotations

from pathlib import Path

import pytest
from fakes import FakeIndex, FakeModel, function

from soothsay.config import METHODS, Method, Settings
from soothsay.engine.pipeline import Engine
from soothsay.engine.site import Site
from soothsay.engine.types import CompletionRequest

SHOP = FakeIndex(shop=[function("shop.pay", "order")])
CASES = [
    ("yaml", "deploy.yaml", "# How many\nreplicas:", [(" 3", 0.2), ("\n", 0.9), ("x: 1", 0.9)], " 3"),
    (
        "shellscript",
        "go.sh",
        "import shop\n# Pay.\nshop.",
        [("pay(", 0.1), ("1)", 0.1), ("\n", 1.0)],
        "pay(1)",
    ),
    (
        "typescript",
        "go.ts",
        "import shop from './shop';\n// Pay.\nshop.",
        [("pay", 0.99), ("(", 0.99), ("1", 0.99), (");", 0.9), ("\n", 0.9), ("a", 1.0)],
        "pay(1);",
    ),
]


@pytest.mark.parametrize("method", [method for method in METHODS if method != "dag"])
@pytest.mark.parametrize(("language", "name", "text", "script", "expected"), CASES)
def test_they_are_completed_and_unverified(
    method: Method, language: str, name: str, text: str, script: list[tuple[str, float]], expected: str
) -> None:
    model, path = FakeModel(script), Path("/w", name)
    request = CompletionRequest(path, text, len(text), Path("/w"), language)
    answer = Engine(model, SHOP, Settings(method=method)).complete(request)
    assert answer.text == expected
    assert answer.verdict == "unverified"
    assert not answer.trigger.fired
    assert len(model.prompts) == 1


@pytest.mark.parametrize(("language", "name", "text"), [case[:3] for case in CASES])
def test_reading_ahead_reads_the_file_alone(language: str, name: str, text: str) -> None:
    model = FakeModel([])
    request = CompletionRequest(Path("/w", name), text, len(text), Path("/w"), language)
    Engine(model, SHOP, Settings()).prepare(request)
    assert {prompt.prefix + prompt.middle + prompt.forced for prompt in model.prepared} == {text}


@pytest.mark.parametrize(
    ("language", "name", "text", "names"),
    [
        ("shellscript", "go.sh", "target=prod\ndeploy() {\n  local region=eu\n  echo $", {"deploy", "region", "target"}),
        ("yaml", "deploy.yaml", "base: &base {}\nweb:\n  <<: *", {"base"}),
    ],
)  # fmt: skip
def test_names_in_scope_are_known_at_the_cursor(language: str, name: str, text: str, names: set[str]) -> None:
    site = Site(CompletionRequest(Path("/w", name), text, len(text), Path("/w"), language), SHOP)
    assert site.names_here is not None
    assert set(site.names_here.visible()) == names
    assert (site.imports, site.owners(), site.names("pay(")) == ({}, [], [])
