"""Links, paths and commands in the README and the documentation lead to something that is there."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from soothsay.cli import main

ROOT = Path(__file__).parents[2]
PAGES = [
    *sorted(ROOT.glob("*.md")),
    *sorted((ROOT / "docs").rglob("*.md")),
    *sorted((ROOT / "editors").glob("*/README.md")),
    ROOT / "bench" / "RESULTS.md",
]
FENCE = re.compile(r"^```.*?^```", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"\]\(([^)\s]+)\)|(?:src|srcset|href)=\"([^\"]+)\"")
SPAN = re.compile(r"`([^`\n]+)`")
SOURCE_PATH = re.compile(r"(?:server|index|languages|common|tests|bench|editors|docs|examples)/[\w./-]+")
MADE = {"editors/vscode/soothsay.vsix"}  # what a command makes
MAKE = re.compile(r"(?:^|[A-Z]+=\S+ )make ([a-z][a-z-]*[a-z])(?![\w<*-])")
COMMAND = re.compile(r"^(?:\$ )?soothsay ([a-z]+)")


def anchors(text: str) -> set[str]:
    """Return the anchors of a page's headings, as GitHub makes them."""
    found: set[str] = set()
    for title in re.findall(r"^#+ (.+)$", FENCE.sub("", text), re.MULTILINE):
        kept = re.sub(r"[^\w\s-]", "", title.lower())
        found.add(kept.strip().replace(" ", "-"))
    return found


def broken_links(page: Path) -> Iterator[str]:
    """Yield the relative links of a page that lead nowhere."""
    for match in LINK.finditer(FENCE.sub("", page.read_text(encoding="utf-8"))):
        link = match[1] or match[2]
        if re.match(r"[a-z]+:", link):
            continue
        path, _, anchor = link.partition("#")
        target = page.parent / path if path else page
        if not target.exists() or (anchor and anchor not in anchors(target.read_text(encoding="utf-8"))):
            yield link


def spans(page: Path) -> list[str]:
    """Return what a page sets as code: in backticks, and the lines of its code blocks."""
    text = page.read_text(encoding="utf-8")
    blocks = [line for block in FENCE.findall(text) for line in block.splitlines()[1:-1]]
    return SPAN.findall(FENCE.sub("", text)) + blocks


def name(page: Path) -> str:
    """Return the page's path, as the name of a test's case."""
    return str(page.relative_to(ROOT))


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_links_lead_somewhere(page: Path) -> None:
    assert list(broken_links(page)) == []


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_paths_exist(page: Path) -> None:
    named = {span for span in spans(page) if SOURCE_PATH.fullmatch(span)} - MADE
    assert sorted(path for path in named if not (ROOT / path).exists()) == []


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_make_targets_exist(page: Path) -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    targets = set(re.findall(r"^([a-z-]+):", makefile, re.MULTILINE))
    named = {target for span in spans(page) for target in MAKE.findall(span)}
    assert named - targets == set()


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_commands_exist(page: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main.main(["--help"])
    usage = capsys.readouterr().out
    commands = set(re.findall(r"^ {4}([a-z]+)", usage, re.MULTILINE))
    named = {match[1] for span in spans(page) if (match := COMMAND.match(span))}
    assert "complete" in commands
    assert named - commands == set()


def test_a_link_to_nothing_is_found(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("# A title, here\n\n[a](page.md#a-title-here) [b](page.md#other) [c](gone.md)\n")
    assert list(broken_links(page)) == ["page.md#other", "gone.md"]
