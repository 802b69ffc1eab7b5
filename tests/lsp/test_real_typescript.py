"""TypeScript and JavaScript over LSP: the real server, model, index and compiler, and a library that npm has installed.

What is shown is judged by the compiler run as a program, on the file as it would be after the text was accepted.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from fake_editor import Editor, real_server
from lsprotocol import types

from npm_project import HEAD, LIBRARY, NEEDS_COMPILER, NEEDS_NPM, errors_in, make_project

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900), NEEDS_NPM, NEEDS_COMPILER]

PLACES = (
    "// Wait until nothing is left to run and nothing runs\nawait queue.",
    "// Wait until fewer than five tasks are waiting\nawait queue.",
    '// Change the priority of the task with the id "mail"\nqueue.',
)


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("project")
    make_project(folder)
    return folder


@pytest_asyncio.fixture
async def editor(project: Path, tmp_path: Path) -> AsyncIterator[Editor]:
    async with real_server(project, tmp_path) as opened:
        yield opened


async def start(editor: Editor, method: str) -> None:
    patient = {"maxLatencyMs": 300_000, "linesMs": 300_000, "writeMs": 300_000}
    await editor.start(settings={"method": method, "completion": patient})


async def indexed(editor: Editor) -> None:
    """Wait until the server says that indexing has ended."""
    for _ in range(3000):
        for reports in editor.client.progress_reports.values():
            begins = [r for r in reports if isinstance(r, types.WorkDoneProgressBegin) and "Index" in r.title]
            if begins and any(isinstance(r, types.WorkDoneProgressEnd) for r in reports):
                return
        await asyncio.sleep(0.1)
    pytest.fail("indexing did not end")


async def shown(editor: Editor, name: str, language: str, text: str) -> str:
    """Return what is shown at the end of ``text``, asked again while the model is being loaded."""
    editor.open(text, name, language)
    line, column = text.count("\n"), len(text.rsplit("\n", 1)[-1])
    for _ in range(20):
        if items := await editor.inline(line, column, name):
            return items[0]
        if (await editor.explain() or {}).get("trigger"):  # it was answered: nothing is shown
            return ""
        await asyncio.sleep(0.5)
    pytest.fail("the model was not loaded")


async def wrong_names(editor: Editor, project: Path) -> dict[str, list[str]]:
    """Complete at all places; return by language what the compiler says of it: names that are not there, arguments."""
    wrong: dict[str, list[str]] = {}
    for suffix, language in ((".ts", "typescript"), (".js", "javascript")):
        for number, place in enumerate(PLACES):
            name, text = f"work{number}{suffix}", HEAD + place
            text_shown = await shown(editor, name, language, text)
            errors = errors_in(project, name, text + text_shown) if text_shown else []
            wrong.setdefault(language, []).extend(f"{text_shown!r}: {error}" for error in errors)
    return wrong


async def test_the_model_alone_invents_names(editor: Editor, project: Path) -> None:
    await start(editor, "base")
    wrong = await wrong_names(editor, project)
    assert all(any("TS2339" in each for each in errors) for errors in wrong.values()), wrong


async def test_names_of_an_installed_library_are_not_invented(editor: Editor, project: Path) -> None:
    await start(editor, "full")
    await indexed(editor)
    assert await wrong_names(editor, project) == {"typescript": [], "javascript": []}
    last = (HEAD + PLACES[-1]).split("\n")
    assert await editor.inline(len(last) - 1, len(last[-1]), f"work{len(PLACES) - 1}.js"), (
        "silence is never wrong"
    )
    evidence = (await editor.explain())["evidence"]
    assert tuple(LIBRARY.split("@")) in {(each["package"], each["version"]) for each in evidence}
