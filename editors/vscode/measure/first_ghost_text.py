"""How long it takes from installing the .vsix, on a machine with only Python, to the first ghost text.

A fresh VS Code, without settings; no model, no index, no environment. What is pressed: *Install*, *Download*, and the
keys of ``response = client.``. Every wait is printed as the user reads it. pip's cache is used as it is;
``PIP_NO_CACHE_DIR=1`` measures without it, llama.cpp's compilation included. Prints a table; the JSON goes to
``$REPORT`` when that is set.
"""

from __future__ import annotations

import json
import os
import re
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

PROJECT = Path(__file__).parents[3]
sys.path.insert(0, str(PROJECT / "tests" / "e2e" / "vscode"))

from playwright.sync_api import sync_playwright  # noqa: E402
from toolchain import install  # noqa: E402
from workbench import (  # noqa: E402
    QUIET,
    SECONDS,
    Profile,
    Workbench,
    install_extension,
    launch_browser,
    open_workbench,
)

HOUR = 3600.0
Note = Callable[[str], None]
TEXT = 'import boto3\n\nclient = boto3.client("bedrock")\n\n# Create a job to fine-tune a base model\n'


def main() -> None:
    tools = install()  # building the .vsix is not part of it
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        workspace = folder / "project"
        workspace.mkdir()
        (workspace / "job.py").write_text(TEXT, encoding="utf-8")
        profile = Profile(folder / "profile")
        profile.folder.mkdir()
        profile.write_settings({**QUIET, "soothsay.completion.maxLatencyMs": 240_000}, {})
        steps: list[tuple[float, str]] = []
        start = time.monotonic()

        def note(step: str) -> None:
            steps.append((time.monotonic() - start, step))
            print(f"{steps[-1][0]:7.1f} s  {step}", flush=True)

        note("installing the .vsix")
        install_extension(tools, profile)
        note("opening VS Code")
        environment = {
            "SOOTHSAY_CACHE": str(folder / "cache"),
            "PATH": path_without(Path(sys.executable).parent),
        }
        with (
            sync_playwright() as playwright,
            launch_browser(playwright, tools) as browser,
            open_workbench(browser, tools, profile, workspace, environment) as bench,
        ):
            bench.open("job.py")
            press(bench, "Install")
            note("pressed Install")
            follow(bench, "Download", note)
            press(bench, "Download")
            note("pressed Download")
            bench.end_of_file()
            wait_until_ready(bench, note)
            bench.page.keyboard.type("response = client.", delay=60)
            note("typed")
            ghost = bench.wait_for_ghost(r"\w+\(", HOUR)
            note(f"ghost text: {ghost.splitlines()[0]}")
            bench.wait_for_status("verified|rejected|trimmed")
            note(" · ".join(bench.status_rows().split("\n")))
    if target := os.environ.get("REPORT"):
        Path(target).write_text(json.dumps(steps, indent=2, ensure_ascii=False), encoding="utf-8")


def path_without(folder: Path) -> str:
    """PATH without this environment, whose Python has soothsay."""
    parts = os.environ["PATH"].split(os.pathsep)
    return os.pathsep.join(part for part in parts if Path(part) != folder)


def press(bench: Workbench, name: str) -> None:
    bench.page.locator(".notifications-toasts").get_by_role("button", name=name).click(timeout=HOUR * SECONDS)


def follow(bench: Workbench, until: str, note: Note) -> None:
    """Note each wait that the notification tells, until it has a button ``until``."""
    last = ""

    def look() -> bool | None:
        nonlocal last
        toasts = bench.page.locator(".notification-list-item").all_inner_texts()
        for text in toasts:
            words = re.sub(r"\s*\(\d+:\d\d\)", "", " ".join(text.split()))
            found = re.search(
                r"installing its server: (making|looking|downloading|building|compiling|unpacking|trying)",
                words,
            )
            if found and found[1] != last:
                last = found[1]
                note(words.split("installing its server: ")[1].split(" Cancel")[0])
            if "could not" in words or "failed" in words:
                raise SystemExit(words)
        buttons = bench.page.locator(".notifications-toasts").get_by_role("button", name=until)
        return True if buttons.count() else None

    bench.wait(look, HOUR)


def wait_until_ready(bench: Workbench, note: Note) -> None:
    """Until the model is loaded; the index goes on behind."""
    bench.wait_for_status(r"soothsay: \S+\s+ready", HOUR)
    note(" · ".join(bench.status_rows().split("\n")))
    bench.hide_status()


if __name__ == "__main__":
    main()
