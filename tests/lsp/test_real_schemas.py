"""YAML over LSP: the real server, model and yaml-language-server, and a schema that no model has seen."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from fake_editor import Editor, real_server

from soothsay.oracle.installed import command_of
from soothsay_languages.schemas import SCHEMA_SERVER

pytestmark = [
    pytest.mark.slow,
    pytest.mark.timeout(900),
    pytest.mark.requires(
        command_of(SCHEMA_SERVER) is not None, "soothsay judges install yaml-language-server, and Node"
    ),
]

KEYS = {
    "image_ref": {"type": "string"},
    "replica_total": {"type": "integer"},
    "listens_on": {"type": "integer"},
    "memory_cap": {"type": "string"},
}
SCHEMA = {
    "type": "object",
    "additionalProperties": False,
    "properties": {
        "services": {
            "type": "object",
            "additionalProperties": {
                "type": "object",
                "additionalProperties": False,
                "properties": KEYS,
            },
        }
    },
}
TEXT = "services:\n  web:\n    image_ref: nginx:1.27\n    "
MODELINE = "# yaml-language-server: $schema=fleet.schema.json\n"
_KEY = re.compile(r"^ *(\w+):", re.MULTILINE)


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("project")
    (folder / "fleet.schema.json").write_text(json.dumps(SCHEMA), encoding="utf-8")
    return folder


@pytest_asyncio.fixture
async def editor(project: Path, tmp_path: Path) -> AsyncIterator[Editor]:
    async with real_server(project, tmp_path) as opened:
        yield opened


async def shown(editor: Editor, name: str, text: str) -> tuple[str, dict]:
    """Return what is shown where ``text`` ends, and its explanation."""
    editor.open(text + "\n", name, "yaml")
    line, column = text.count("\n"), len(text.rsplit("\n", 1)[-1])
    for _ in range(20):
        items = await editor.inline(line, column, name)
        explained = await editor.explain() or {}
        if items or explained.get("trigger"):
            return (items[0] if items else ""), explained
        await asyncio.sleep(0.5)
    pytest.fail("the model was not loaded")


async def test_a_key_that_the_schema_lacks_is_written_again(editor: Editor) -> None:
    patient = {"maxLatencyMs": 300_000, "linesMs": 300_000, "writeMs": 300_000, "readMs": 300_000}
    await editor.start(settings={"completion": patient})
    free, why = await shown(editor, "free.yaml", TEXT)
    invented = _KEY.findall(TEXT.rsplit("\n", 1)[-1] + free)
    assert invented and not KEYS.keys() >= set(invented), free  # what the model makes up
    assert why["verdict"] == "unverified"
    text, why = await shown(editor, "described.yaml", MODELINE + TEXT)
    written = _KEY.findall(TEXT.rsplit("\n", 1)[-1] + text)
    assert written and KEYS.keys() >= set(written), text
    assert why["verdict"] == "verified" and "is not allowed" in why["oracle"]["repaired"]
