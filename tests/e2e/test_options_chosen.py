"""Options of a real program in a script, by the real model and index: those that the program says it takes."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path

import pytest

from soothsay.backend.session import Session
from soothsay.config import Method
from soothsay.engine.command_line import command_at, known_options
from soothsay.engine.types import Completion, CompletionRequest
from soothsay_languages.shell import LANGUAGE

OpenSession = Callable[[Path], AbstractContextManager[Session]]

pytestmark = [
    pytest.mark.slow,
    pytest.mark.timeout(900),
    pytest.mark.skipif(shutil.which("git") is None, reason="git is not installed"),
]

PLACES = (
    "# Commit everything, sign it off and do not open the editor\ngit commit --all --",
    "# Commit without running the hooks\ngit commit --",
    "# Commit as somebody else\ngit commit --message='x' --",
)


@pytest.fixture(scope="module")
def scripts(tmp_path_factory: pytest.TempPathFactory, open_session: OpenSession) -> Iterator[Session]:
    folder = tmp_path_factory.mktemp("scripts")
    (folder / "release.sh").write_text("#!/bin/sh\ngit commit -m released\n", encoding="utf-8")
    with open_session(folder) as opened:
        yield opened


def complete(session: Session, place: str, method: Method) -> tuple[str, Completion]:
    path, text = session.workspace / "new.sh", f"#!/bin/sh\nset -e\n\n{place}"
    request = CompletionRequest(path, text, len(text), session.workspace, LANGUAGE.id, method=method)
    return text, session.complete(request)


def invented(session: Session, text: str, answer: Completion) -> list[str]:
    """Return the options in the first line of ``answer`` that git does not take."""
    line = answer.text.partition("\n")[0]
    command = command_at(text[:-2], len(text) - 2, LANGUAGE)
    known = None if command is None else known_options(session.index, command)
    assert known is not None, "the index does not know git"
    written = [word.partition("=")[0] for word in f"--{line}".split() if word.startswith("--")]
    return [each for each in written if each not in known]


def test_the_model_alone_invents_options(scripts: Session) -> None:
    assert any(invented(scripts, *complete(scripts, place, "base")) for place in PLACES)


@pytest.mark.parametrize("place", PLACES)
def test_what_is_shown_is_an_option_that_git_takes(scripts: Session, place: str) -> None:
    text, answer = complete(scripts, place, "full")
    assert answer.text
    assert invented(scripts, text, answer) == []
    if answer.trigger.fired:
        assert answer.trigger.reasons == ("not_in_index",)
        assert answer.evidence[0].symbol.startswith("git commit --")
