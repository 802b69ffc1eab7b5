"""C++ over LSP: the real server, model and clangd, and a header that no model has seen.

What is shown is judged by the compiler run as a program, on the file as it would be after the text was accepted.
"""

from __future__ import annotations

import asyncio
import re
import shutil
import subprocess
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from fake_editor import Editor, real_server

from soothsay.oracle.installed import command_of
from soothsay_languages.cpp import CPP
from soothsay_languages.cpp.oracle import CLANGD

COMPILER = shutil.which("g++") or shutil.which("clang++")

pytestmark = [
    pytest.mark.slow,
    pytest.mark.timeout(900),
    pytest.mark.requires(COMPILER is not None, "a C++ compiler"),
    pytest.mark.requires(command_of(CLANGD) is not None, "soothsay judges install clangd"),
]

HEADER = """#pragma once
#include <string>
namespace ledger {
class Journal {
 public:
  /// Books an amount in cents on an account.
  void post_entry(const std::string& account, long cents);
  /// Takes back what was booked last.
  void roll_back_latest();
  /// What an account holds, in cents.
  long holdings_of(const std::string& account) const;
};
Journal open_journal(const std::string& file);
}  // namespace ledger
"""
HEAD = (
    '#include "ledger.h"\n\nvoid settle(ledger::Journal& journal, ledger::Journal* archive, long cents) {\n'
)
PLACES = (
    "  // Add the amount to the account cash\n  journal.",
    "  // Undo the last booking\n  archive->",
    "  // Open the journal in the file 2026.db\n  auto opened = ledger::",
)


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("project")
    (folder / "ledger.h").write_text(HEADER, encoding="utf-8")
    return folder


@pytest_asyncio.fixture
async def editor(project: Path, tmp_path: Path) -> AsyncIterator[Editor]:
    async with real_server(project, tmp_path) as opened:
        yield opened


async def shown(editor: Editor, name: str, text: str) -> tuple[str, str, list[tuple[int, int]]]:
    """Return what is shown where ``text`` ends and its function is closed below, the verdict on it, and its tab stops."""
    editor.open(f"{text}\n}}\n", name, "cpp")
    line, column = text.count("\n"), len(text.rsplit("\n", 1)[-1])
    for _ in range(20):
        items = await editor.inline(line, column, name)
        explained = await editor.explain() or {}
        if items or explained.get("trigger"):
            stops = [(each["start"], each["end"]) for each in explained.get("tab_stops") or ()]
            return (items[0] if items else ""), str(explained.get("verdict", "")), stops
        await asyncio.sleep(0.5)
    pytest.fail("the model was not loaded")


def errors(project: Path, name: str, text: str, stops: list[tuple[int, int]]) -> list[str]:
    """Return the errors of the compiler, run as a program, in a file of this text. What stands at its tab ``stops`` is the person's to write."""
    assert COMPILER is not None
    path = project / name
    path.write_text(text, encoding="utf-8")
    command = [COMPILER, "-fsyntax-only", "-std=gnu++17", str(path)]
    try:
        done = subprocess.run(command, capture_output=True, encoding="utf-8", check=False, timeout=120)
    finally:
        path.unlink()
    lines = [0, *(at + 1 for at, char in enumerate(text) if char == "\n")]
    found = re.finditer(r"^[^:\n]+:(\d+):(\d+): (?:fatal )?error: .*$", done.stderr, re.MULTILINE)
    places = {each[0]: lines[int(each[1]) - 1] + int(each[2]) - 1 for each in found}
    return [said for said, at in places.items() if not any(start <= at < end for start, end in stops)]


async def completed(editor: Editor, project: Path, method: str) -> dict[str, tuple[str, list[str]]]:
    """Complete at all places; return what is shown, with its verdict and the compiler's errors. All of it parses."""
    patient = {"maxLatencyMs": 300_000, "linesMs": 300_000, "writeMs": 300_000}
    await editor.start(settings={"method": method, "completion": patient})
    found: dict[str, tuple[str, list[str]]] = {}
    for number, place in enumerate(PLACES):
        name = f"settle{number}.cpp"
        text, verdict, stops = await shown(editor, name, HEAD + place)
        whole = f"{HEAD}{place}{text}\n}}\n"
        if text:
            assert CPP.is_whole(whole), whole
            lead = len(HEAD + place)
            at_stops = [(lead + start, lead + end) for start, end in stops]
            found[text] = verdict, errors(project, name, whole, at_stops)
    return found


async def test_the_model_alone_invents_names(editor: Editor, project: Path) -> None:
    found = await completed(editor, project, "base")
    assert any(wrong for _, wrong in found.values()), found


async def test_names_of_a_header_are_not_invented(editor: Editor, project: Path) -> None:
    found = await completed(editor, project, "full")
    assert found and all(not wrong for _, wrong in found.values()), found
    assert any(verdict == "verified" for verdict, _ in found.values()), found
