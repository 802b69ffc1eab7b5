"""One analysis of a document for completions and hints, whichever thread asks for it."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from fakes import FakeIndex

from soothsay.engine import analyses as module
from soothsay.engine.analyses import Analyses
from soothsay.engine.repair import find_faults
from soothsay.engine.site import Site
from soothsay.engine.types import CompletionRequest
from soothsay.oracle.null import NullOracle
from soothsay_languages.analysis import DocumentAnalysis, analyse
from soothsay_languages.python import LANGUAGE

W = Path("/w")
PATH = W / "shop.py"


@pytest.fixture
def analysed(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The texts that were analysed, in order."""
    texts: list[str] = []

    def note(text: str, *more: object) -> DocumentAnalysis:
        texts.append(text)
        return analyse(text, *more)  # type: ignore[arg-type]

    monkeypatch.setattr(module, "analyse", note)
    return texts


def test_hints_and_completions_share_the_analysis_of_a_version(analysed: list[str]) -> None:
    analyses, index = Analyses(), FakeIndex()
    versions = ["client = 1\nclient.", "client = 1\nclient.a()\n", "client = 2\nclient.a(b)\n"]
    for text in versions:
        site = Site(CompletionRequest(PATH, text, len(text), W, "python"), index, analyses)
        assert site.analysis.text == text
        find_faults(text, PATH, W, index, NullOracle(), typed=True, analyses=analyses)
        find_faults(text, PATH, W, index, NullOracle(), analyses=analyses)
        assert analyses.of(PATH, text, LANGUAGE, site.analysis.module) is site.analysis
    assert analysed == versions


def test_each_thread_gets_the_analysis_of_its_own_text() -> None:
    analyses = Analyses()
    lines = [f"def f{number}(x):\n    return g{number}(x, key={number})\n" for number in range(40)]

    def work(seed: int) -> list[tuple[str, int]]:
        found = []
        for step in range(60):
            text = "".join(lines[: (seed * 7 + step) % 40 + 1])
            analysis = analyses.of(PATH, text, LANGUAGE)
            assert analysis.text == text and analysis.parsed is not None
            assert analysis.parsed.source == text.encode()
            found.append((text, len(analysis.calls)))
            assert analysis.statement_start(len(text)) == len(text)
        return found

    with ThreadPoolExecutor(6) as pool:
        for found in pool.map(work, range(6)):
            assert all(calls == text.count("def f") for text, calls in found)
