"""Setting up: the index and its progress, models, *Doctor*, *Pause*; untrusted workspaces, and settings that are wrong."""

from __future__ import annotations

import stat
import sys
from pathlib import Path

import pytest
from playwright.sync_api import expect
from workbench import SECONDS, OpenWorkbench, Workbench

from soothsay.model.files.cache import models_folder

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]

MODEL = "qwen2.5-coder-0.5b"


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A cache with the default model, and without any index."""
    folder = tmp_path_factory.mktemp("cache")
    (folder / "models").mkdir()
    (folder / "models" / MODEL).symlink_to(models_folder() / MODEL)
    return folder


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workspace whose index takes some seconds."""
    folder = tmp_path_factory.mktemp("small")
    (folder / "small.py").write_text("import json\nimport asyncio\nimport numpy\n\n", encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def bench(start: OpenWorkbench, small: Path, cache: Path) -> Workbench:
    opened = start(small, environment={"SOOTHSAY_CACHE": str(cache)})
    opened.open("small.py")
    opened.wait_for_status(r"indexing( \d+ %)?")
    return opened


def test_the_status_shows_the_index_until_it_is_done(bench: Workbench) -> None:
    bench.wait_for_status("index up to date", 300)
    assert f"soothsay: {MODEL}" in bench.status_rows()
    bench.hide_status()


def test_a_model_is_downloaded_and_used(bench: Workbench, cache: Path) -> None:
    bench.run("soothsay: Select Model")
    rows = bench.rows("MB")
    assert any(MODEL in row and "not downloaded" not in row for row in rows)
    assert not any("MiniLM" in row for row in rows)  # it does not complete
    bench.choose("smollm2-135m")
    expect(bench.page.locator(".notifications-toasts")).to_contain_text(
        "soothsay: downloading smollm2-135m", timeout=60 * SECONDS
    )
    bench.wait_for_status(r"soothsay: smollm2-135m\s+ready", patience=300)
    bench.hide_status()
    assert list((cache / "models" / "smollm2-135m").glob("*.gguf"))


def test_a_download_can_be_cancelled(bench: Workbench, cache: Path) -> None:
    bench.run("soothsay: Select Model")
    bench.rows("MB")
    bench.choose("qwen2.5-coder-1.5b")
    toast = bench.page.locator(".notification-list-item").filter(has_text="downloading qwen2.5-coder-1.5b")
    toast.wait_for()
    toast.hover()
    toast.get_by_role("button", name="Cancel").click()
    toast.wait_for(state="detached")
    assert not list((cache / "models" / "qwen2.5-coder-1.5b").glob("*.gguf"))
    assert "qwen2.5-coder-1.5b" not in bench.status_rows()
    bench.hide_status()


def test_the_doctor_says_what_is_well_and_what_is_not(bench: Workbench) -> None:
    bench.run("soothsay: Doctor")
    bench.page.locator(".quick-input-titlebar").filter(has_text="things need a look").wait_for(
        timeout=120 * SECONDS
    )
    rows = bench.rows("Python")
    assert any(sys.executable in row for row in rows)
    assert any("embeddings" in row and "soothsay models pull" in row for row in rows)
    assert any("llama.cpp" in row and "writes tokens" in row for row in rows)
    assert any("threads" in row for row in rows)
    bench.page.keyboard.press("Escape")


def test_a_pause_is_the_workspaces_and_lasts(bench: Workbench) -> None:
    bench.run("soothsay: Pause or Resume for This Workspace")
    bench.wait_for_status("paused")
    bench.page.reload()
    bench.page.locator(".monaco-workbench .statusbar").wait_for()
    bench.open("small.py")
    bench.wait_for_status("paused")
    bench.hide_status()
    bench.run("soothsay: Pause or Resume for This Workspace")
    bench.wait_for_status("ready")
    bench.hide_status()


def test_an_untrusted_workspace_runs_nothing_of_its_own(
    start: OpenWorkbench, cache: Path, tmp_path: Path
) -> None:
    python = trap(tmp_path / "project" / ".venv" / "bin" / "python", tmp_path / "was-run")
    folder = tmp_path / "project"
    (folder / "small.py").write_text("import json\n", encoding="utf-8")
    (folder / "soothsay.py").write_text(f"open({str(tmp_path / 'was-imported')!r}, 'w')\n", encoding="utf-8")
    (folder / ".vscode").mkdir()
    names = ("soothsay.server.python", "soothsay.index.python", "soothsay.server.package")
    text = ", ".join(f'"{name}": "{python}"' for name in names)
    (folder / ".vscode" / "settings.json").write_text(f"{{{text}}}", encoding="utf-8")
    trust = {
        "security.workspace.trust.enabled": True,
        "security.workspace.trust.startupPrompt": "never",
        "security.workspace.trust.banner": "never",
    }
    machine = {"soothsay.index.python": ""}
    bench = start(folder, user=trust, machine=machine, environment={"SOOTHSAY_CACHE": str(cache)})
    expect(bench.page.locator(".statusbar")).to_contain_text("Restricted Mode")
    bench.open("small.py")
    bench.wait_for_index(300)
    assert not (tmp_path / "was-run").exists()
    assert not (tmp_path / "was-imported").exists()


def trap(path: Path, mark: Path) -> Path:
    """A program that leaves a mark when it is run."""
    path.parent.mkdir(parents=True)
    path.write_text(f'#!/bin/sh\ntouch {mark}\nexec {sys.executable} "$@"\n', encoding="utf-8")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    return path


def test_a_setting_that_is_wrong_is_told_with_a_way_to_the_log(start: OpenWorkbench, small: Path) -> None:
    bench = start(small, machine={"soothsay.server.python": "/nowhere/python"})
    bench.open("small.py")
    toast = bench.page.locator(".notifications-toasts")
    expect(toast).to_contain_text("/nowhere/python is no working Python", timeout=60 * SECONDS)
    toast.get_by_role("button", name="Show Log").click()
    # what it says is not looked at: without its native logger this VS Code writes no logs
    bench.page.get_by_role("textbox", name="soothsay - Output").wait_for()
