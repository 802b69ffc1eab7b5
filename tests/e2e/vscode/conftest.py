"""Fixtures: real VS Code with the extension installed, the real server and the real 0.5B model."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from playwright.sync_api import Browser, sync_playwright
from toolchain import MissingError, Toolchain, install
from workbench import QUIET, Profile, Workbench, install_extension, launch_browser, open_workbench

EXAMPLES = Path(__file__).parents[3] / "examples"

# a busy machine must not cut a completion short
MACHINE = {"soothsay.server.python": sys.executable, "soothsay.index.python": sys.executable}
USER = {**QUIET, "soothsay.completion.maxLatencyMs": 240_000}

OpenWorkbench = Callable[..., Workbench]


@pytest.fixture(scope="session")
def tools() -> Toolchain:
    try:
        return install()
    except MissingError as error:
        pytest.skip(f"VS Code cannot be tested here: {error}")


@pytest.fixture(scope="module")
def browser(tools: Toolchain) -> Iterator[Browser]:
    """A module's, not the session's: while it lives, no other event loop can run in this thread."""
    with sync_playwright() as playwright:
        launched = launch_browser(playwright, tools)
        yield launched
        launched.close()


@pytest.fixture(scope="module")
def installed(tools: Toolchain, tmp_path_factory: pytest.TempPathFactory) -> Profile:
    """A user's folders with the extension installed from its .vsix."""
    profile = Profile(tmp_path_factory.mktemp("vscode"))
    install_extension(tools, profile)
    return profile


@pytest.fixture(scope="module")
def start(
    tools: Toolchain, browser: Browser, installed: Profile, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[OpenWorkbench]:
    """Opens windows: ``start(workspace, user=…, machine=…, environment=…)``; all are closed at the end."""
    with ExitStack() as opened:

        def begin(
            workspace: Path,
            user: dict[str, object] | None = None,
            machine: dict[str, object] | None = None,
            environment: dict[str, str] | None = None,
        ) -> Workbench:
            profile = Profile(tmp_path_factory.mktemp("profile"))
            shutil.copytree(installed.extensions, profile.extensions)
            profile.write_settings({**USER, **(user or {})}, {**MACHINE, **(machine or {})})
            return opened.enter_context(open_workbench(browser, tools, profile, workspace, environment))

        yield begin


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the examples; ``job.py`` ends where one goes on typing."""
    folder = Path(shutil.copytree(EXAMPLES, tmp_path_factory.mktemp("workspace") / "examples"))
    text = (folder / "bedrock.py").read_text(encoding="utf-8")
    (folder / "job.py").write_text(text[: text.rindex("response")], encoding="utf-8")
    return folder
