"""The tests in editors/vscode/test: of its logic in Node, and inside VS Code's extension host."""

from __future__ import annotations

import json
import os
import subprocess
import time
import zipfile
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from playwright.sync_api import Browser
from toolchain import EXTENSION, Toolchain, find_node
from workbench import MACHINE, SECONDS, USER, Profile, free_port, serve, wait_for_http

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]


def test_the_logic(tools: Toolchain) -> None:
    environment = {**os.environ, "PATH": f"{find_node().parent}{os.pathsep}{os.environ['PATH']}"}
    npm = subprocess.run(
        [str(find_node().with_name("npm")), "test", "--silent"],
        cwd=EXTENSION,
        env=environment,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert npm.returncode == 0, npm.stdout
    assert "pass 0" not in npm.stdout


STAND_IN = """
import os, pathlib, sys
ails = os.environ.get("SOOTHSAY_STAND_IN", "")
if ails == "memory":
    sys.exit("soothsay: the model needs more memory; close other programs")
if ails.startswith("works="):
    built = pathlib.Path(ails.removeprefix("works="))
    if "--build" in sys.argv:
        print("compiling llama.cpp: 1 of 83 (0:01)", file=sys.stderr)
        built.write_text(" ".join(sys.argv[1:]))
    if not built.exists():
        sys.exit("soothsay: its process died of an illegal instruction; run `soothsay prove --build`")
"""


def tiny_wheel(folder: Path) -> Path:
    """A package called soothsay, without dependencies, whose proof goes as $SOOTHSAY_STAND_IN says."""
    wheel = folder / "soothsay-0.0.1-py3-none-any.whl"
    info = "soothsay-0.0.1.dist-info"
    with zipfile.ZipFile(wheel, "w") as archive:
        archive.writestr("soothsay/__init__.py", "")
        archive.writestr("soothsay/__main__.py", STAND_IN)
        archive.writestr(f"{info}/METADATA", "Metadata-Version: 2.1\nName: soothsay\nVersion: 0.0.1\n")
        archive.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        archive.writestr(f"{info}/RECORD", "")
    return wheel


@pytest.fixture(scope="module")
def report(
    tools: Toolchain, browser: Browser, tmp_path_factory: pytest.TempPathFactory
) -> list[dict[str, Any]]:
    """What came of each test inside the extension host."""
    folder = tmp_path_factory.mktemp("host")
    workspace = folder / "workspace"
    workspace.mkdir()
    profile = Profile(folder)
    profile.write_settings(USER, MACHINE)
    written = folder / "report.json"
    port = free_port()
    command = [
        *(str(tools.node), str(tools.vscode_server), "--host", "127.0.0.1", "--port", str(port)),
        *("--enable-smoke-test-driver", "--without-connection-token", "--accept-server-license-terms"),
        *("--server-data-dir", str(profile.folder), "--extensions-dir", str(profile.extensions)),
    ]
    environment = {
        "SOOTHSAY_REPORT": str(written),
        "SOOTHSAY_WHEEL": str(tiny_wheel(folder)),
        "SOOTHSAY_EVIDENCE": json.__file__,
    }
    with serve(command, folder / "server.log", environment):
        wait_for_http(f"http://127.0.0.1:{port}/version")
        context = browser.new_context()
        page = context.new_page()
        payload = [
            ["extensionDevelopmentPath", f"vscode-remote://127.0.0.1:{port}{EXTENSION}"],
            ["extensionTestsPath", f"vscode-remote://127.0.0.1:{port}{EXTENSION}/dist/test/host.js"],
        ]
        page.goto(
            f"http://127.0.0.1:{port}/?folder={quote(str(workspace))}&payload={quote(json.dumps(payload))}"
        )
        until = time.monotonic() + 600
        while not (written.exists() and written.read_text(encoding="utf-8")) and time.monotonic() < until:
            page.wait_for_timeout(0.2 * SECONDS)
        page.screenshot(path=folder / "last.png")
        context.close()
    assert written.exists(), (folder / "server.log").read_text(encoding="utf-8")[-2000:]
    return json.loads(written.read_text(encoding="utf-8"))


def test_inside_the_extension_host(report: list[dict[str, Any]]) -> None:
    assert len(report) >= 14
    assert {each["name"]: each["problem"] for each in report if each["problem"]} == {}
