"""Fixtures: real VS Code with the extension installed, the real server and the real 0.5B model."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from playwright.sync_api import Browser, sync_playwright
from toolchain import MissingError, Toolchain, install
from workbench import (
    MACHINE,
    USER,
    OpenWorkbench,
    Profile,
    Workbench,
    install_extension,
    launch_browser,
    open_workbench,
)

from required_tools import missing_tool

EXAMPLES = Path(__file__).parents[3] / "examples"


@pytest.fixture(scope="session")
def tools() -> Toolchain:
    try:
        return install()
    except MissingError as error:
        missing_tool(f"VS Code cannot be tested here: {error}")


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
    """A copy of the examples, with files that end where one goes on typing."""
    folder = Path(shutil.copytree(EXAMPLES, tmp_path_factory.mktemp("workspace") / "examples"))
    text = (folder / "bedrock.py").read_text(encoding="utf-8")
    texts = {
        "job.py": text[: text.rindex("response")],
        "again.py": "import json\n\n# read the settings from a string\nsettings = ",
        "cells.ipynb": notebook(
            'import boto3\n\nstorage = boto3.client("s3")', "# list all buckets\nresponse = storage"
        ),
    }
    for name, content in texts.items():
        (folder / name).write_text(content, encoding="utf-8")
    return folder


def notebook(*cells: str) -> str:
    """An .ipynb of these code cells."""
    code = [
        {
            "cell_type": "code",
            "metadata": {},
            "execution_count": None,
            "outputs": [],
            "source": cell.splitlines(True),
        }
        for cell in cells
    ]
    metadata = {"language_info": {"name": "python"}}
    return json.dumps({"cells": code, "metadata": metadata, "nbformat": 4, "nbformat_minor": 5})
