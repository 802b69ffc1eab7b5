"""docs/adding-a-language.md, followed word for word: its files add Lua from outside, through an entry point."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.process

TESTS = Path(__file__).parents[2]
PAGE = TESTS.parent / "docs" / "adding-a-language.md"
FILE = re.compile(r"^`([\w./-]+)`:\n\n```\w+\n(.*?)^```$", re.MULTILINE | re.DOTALL)

MODULE = """local json = require("json")
local limit = 3

-- Pays.
function Shop.pay(order, ...)
  for at, item in ipairs(order.items) do
    local price = item:price(at)
    ¦
  end
  local later = 1
end

local function helper(hidden)
  return hidden
end

Shop.open = function(name) return name end
"""

ASK = """
import json, sys
from pathlib import Path
from fakes import FakeIndex, FakeModel
from soothsay.config import Settings
from soothsay.engine.pipeline import Engine
from soothsay.engine.site import Site
from soothsay.engine.types import CompletionRequest
from soothsay_index.sources.base import IndexedFile
from soothsay_index.sources.registry import file_sources
from soothsay_languages.calls import calls_of
from soothsay_languages.registry import language_of_file, may_use
from soothsay_languages.syntax import text_of

path = Path("/w/shop.lua")
text = sys.stdin.read()
at = text.index("¦")
text = text.replace("¦", "")
language = language_of_file(path)
source = next(each for each in file_sources() if each.handles(path))
chunks = source.cut(text, IndexedFile(path.name, path.as_uri(), "")).chunks
request = CompletionRequest(path, text, at, Path("/w"), language.id)
site = Site(request, FakeIndex())

def shown(*tokens):
    model = FakeModel([(token, 0.99) for token in tokens])
    return Engine(model, FakeIndex(), Settings(method="base")).complete(request)

whole, broken = shown("helper", "(", "price", ")"), shown("helper", "(", "price", "]")
print(json.dumps({
    "id": language.id,
    "chunks": [[chunk.title, chunk.start_line] for chunk in chunks],
    "names": sorted(site.names_here.visible()),
    "calls": [[text_of(call.receiver), text_of(call.name)] for call in calls_of(language, site.analysis.parsed.tree.root_node)],
    "whole": whole.text, "broken": broken.text, "verdict": whole.verdict,
    "used_by_python": may_use(Path("a.py"), path),
    "judges": [[spec.name, spec.find_command()] for spec in language.oracles],
}))
"""


@pytest.fixture(scope="module")
def answer(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What a process says that has the page's package installed."""
    folder = tmp_path_factory.mktemp("installed")
    files = dict(FILE.findall(PAGE.read_text(encoding="utf-8")))
    project = tomllib.loads(files.pop("pyproject.toml"))["project"]
    for name, text in files.items():
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")
    info = folder / f"{project['name'].replace('-', '_')}-{project['version']}.dist-info"
    info.mkdir()
    named = f"Metadata-Version: 2.1\nName: {project['name']}\nVersion: {project['version']}\n"
    (info / "METADATA").write_text(named, encoding="utf-8")
    groups = (
        f"[{group}]\n" + "".join(f"{name} = {value}\n" for name, value in entries.items())
        for group, entries in project["entry-points"].items()
    )
    (info / "entry_points.txt").write_text("\n".join(groups), encoding="utf-8")
    places = [str(folder), str(TESTS / "unit" / "engine")]
    done = subprocess.run(
        [sys.executable, "-c", ASK],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(places), "PATH": "", "PYTHONUTF8": "1"},
        input=MODULE,
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_its_files_are_known(answer: dict[str, Any]) -> None:
    assert answer["id"] == "lua"
    assert not answer["used_by_python"]
    assert answer["judges"] == [["lua-language-server", None]]


def test_it_is_cut_at_its_definitions(answer: dict[str, Any]) -> None:
    titles = [title for title, _ in answer["chunks"]]
    assert titles == ["json, limit", "Shop.pay", "helper", "Shop.open"]


def test_its_names_and_calls_are_known(answer: dict[str, Any]) -> None:
    assert answer["names"] == ["at", "helper", "item", "json", "later", "limit", "order", "price"]
    assert answer["calls"] == [["", "require"], ["", "ipairs"], ["item", "price"]]


def test_what_would_break_the_document_is_not_shown(answer: dict[str, Any]) -> None:
    assert answer["whole"] == "helper(price)"
    assert answer["verdict"] == "unverified"
    assert answer["broken"] == ""
