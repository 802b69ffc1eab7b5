"""`soothsay doctor`: is everything there, and what to do where it is not."""

from __future__ import annotations

import importlib
import os
import shutil
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from rich.console import Console
from rich.table import Table

from soothsay.config import Settings
from soothsay.errors import SoothsayError
from soothsay.model.cache import is_pulled, models_folder
from soothsay.model.registry import EMBEDDING_MODEL
from soothsay.model.resolve import resolve_model
from soothsay.oracle import open_oracle
from soothsay.session import Session, index_folder, open_in_process
from soothsay_index.environment import find_environment
from soothsay_index.errors import SoothsayIndexError

State = Literal["ok", "warning", "broken"]

_MARK = {"ok": "[green]ok[/]", "warning": "[yellow]warning[/]", "broken": "[red]broken[/]"}


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was looked at. ``fix`` says what to do unless it is ok."""

    name: str
    state: State
    found: str
    fix: str = ""


def examine(settings: Settings, workspace: Path) -> list[Check]:
    """Look at everything; nothing is changed, and nothing raises."""
    checks: list[Callable[[], Check]] = [
        _python,
        _compiler,
        _libraries,
        _cache,
        lambda: _model(settings),
        _embeddings,
        lambda: _environment(settings, workspace),
        lambda: _oracle(settings, workspace),
        lambda: _index(settings, workspace),
    ]
    return [check() for check in checks]


def report(checks: list[Check]) -> bool:
    """Print the checks; True when nothing is broken."""
    table = Table.grid(padding=(0, 2))
    for check in checks:
        table.add_row(_MARK[check.state], check.name, check.found)
        if check.fix:
            table.add_row("", "", f"[bold]fix:[/] {check.fix}")
    Console(soft_wrap=not sys.stdout.isatty()).print(table)
    return all(check.state != "broken" for check in checks)


def _python() -> Check:
    version = ".".join(map(str, sys.version_info[:3]))
    return Check("Python", "ok", f"{version} ({sys.executable})")


def _compiler() -> Check:
    compiler = next(
        (found for name in ("c++", "g++", "clang++", "cl") if (found := shutil.which(name))), None
    )
    if compiler:
        return Check("C++ compiler", "ok", compiler)
    fix = "install one (Debian, Ubuntu: apt-get install g++) before soothsay is installed anew"
    return Check("C++ compiler", "warning", "none found; only installing needs it", fix)


def _libraries() -> Check:
    broken = []
    for name in ("llama_cpp", "lancedb", "tree_sitter_python", "griffe", "pygls"):
        try:
            importlib.import_module(name)
        except Exception as error:  # a broken binary raises anything
            broken.append(f"{name}: {error}")
    if broken:
        return Check("libraries", "broken", "; ".join(broken), "pip install --force-reinstall soothsay")
    return Check("libraries", "ok", "llama.cpp, LanceDB, tree-sitter, griffe, pygls")


def _cache() -> Check:
    folder = models_folder().parent
    try:
        folder.mkdir(parents=True, exist_ok=True)
        probe = folder / f".probe-{os.getpid()}"
        probe.touch()
        probe.unlink()
    except OSError as error:
        return Check("cache", "broken", f"{folder}: {error.strerror}", "free it, or set SOOTHSAY_CACHE")
    return Check("cache", "ok", f"{folder} ({shutil.disk_usage(folder).free / 1e9:.0f} GB free)")


def _model(settings: Settings) -> Check:
    try:
        path = resolve_model(settings.model.name, settings.model.path)
    except SoothsayError as error:
        message, _, fix = str(error).partition("; ")
        return Check("model", "broken", message, fix or "soothsay models list")
    return Check("model", "ok", str(path))


def _embeddings() -> Check:
    if is_pulled(EMBEDDING_MODEL):
        return Check("embeddings", "ok", EMBEDDING_MODEL)
    fix = f"soothsay models pull {EMBEDDING_MODEL}"
    return Check("embeddings", "warning", "not here: searching by text alone", fix)


def _environment(settings: Settings, workspace: Path) -> Check:
    try:
        environment = find_environment(workspace, settings.index.python or None)
    except SoothsayIndexError as error:
        message, _, fix = str(error).partition(": ")
        return Check("environment", "broken", message, fix or "set index.python to an interpreter")
    return Check("environment", "ok", f"Python {environment.version} ({environment.python})")


def _oracle(settings: Settings, workspace: Path) -> Check:
    if not settings.oracle.enabled:
        return Check(
            "oracle", "warning", "switched off: little can be verified", "set oracle.enabled to true"
        )
    oracle = open_oracle(workspace, settings.index.python)
    try:
        answer = oracle.findings(workspace / "doctor.py", "x = 1\n")
    finally:
        oracle.close()
    if answer is None:
        return Check("oracle", "warning", "ty does not answer: little can be verified", "pip install ty")
    return Check("oracle", "ok", "ty answers")


def _index(settings: Settings, workspace: Path) -> Check:
    try:
        session = Session(settings, workspace, open_in_process)
        try:
            status = session.index.status()
        finally:
            session.close()
    except SoothsayError as error:
        return Check("index", "broken", str(error), f"remove {index_folder()} and index again")
    if not status.symbols:
        return Check("index", "warning", f"nothing yet for {workspace}", "soothsay index")
    return Check("index", "ok", status.describe())
