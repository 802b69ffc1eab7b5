"""`soothsay doctor`: is everything there, and what to do where it is not.

What may end its process, as libraries compiled for another processor do, is tried in children.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from soothsay.config import Settings, decode_settings
from soothsay.errors import SoothsayError
from soothsay.model.compiling import CompilingError, available_memory, find_compiler, jobs, usable_cores
from soothsay.model.files.cache import is_pulled, models_folder
from soothsay.model.files.registry import EMBEDDING_MODEL
from soothsay.model.files.resolve import resolve_model
from soothsay.model.library import library_folder, own_build
from soothsay.model.proof import Proof, prove, prove_library
from soothsay.model.tuning import ThreadTuner, Tuning, default_threads
from soothsay.oracle.opening import open_oracle
from soothsay_common.children import child_environment, python_command
from soothsay_common.exits import Exit, read_exit
from soothsay_index.errors import SoothsayIndexError
from soothsay_index.runtime.environment import find_environment

State = Literal["ok", "warning", "broken"]

_MARK = {"ok": "[green]ok[/]", "warning": "[yellow]warning[/]", "broken": "[red]broken[/]"}
_PATIENCE = 120.0  # seconds for a child

# what a person calls it, and what imports all of it
_LIBRARIES = {
    "llama.cpp": "from soothsay.model.llama import load; load()",
    "LanceDB": "import lancedb",
    "PyTorch": "import torch",
    "tree-sitter": "import tree_sitter, tree_sitter_python",
    "griffe": "import griffe",
    "pygls": "import pygls.lsp.server",
}


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was looked at. ``fix`` says what to do unless it is ok."""

    name: str
    state: State
    found: str
    fix: str = ""


def examine(settings: Settings, workspace: Path) -> list[Check]:
    """Look at everything; nothing is changed but what is remembered of the model, and nothing raises."""
    checks: list[Callable[[], Check]] = [
        _python,
        _compiler,
        _libraries,
        _cache,
        lambda: _model(settings),
        lambda: _llama(settings),
        lambda: _threads(settings),
        _embeddings,
        lambda: _environment(settings, workspace),
        lambda: _oracle(settings, workspace),
        lambda: _index(settings, workspace),
    ]
    return [check() for check in checks]


def report(checks: Sequence[Check]) -> bool:
    """Print the checks; True when nothing is broken."""
    table = Table.grid(padding=(0, 2))
    for _ in range(3):
        table.add_column(overflow="fold")
    for check in checks:
        table.add_row(_MARK[check.state], check.name, escape(check.found))
        if check.fix:
            table.add_row("", "", f"[bold]fix:[/] {escape(check.fix)}")
    Console(soft_wrap=not sys.stdout.isatty()).print(table)
    return is_well(checks)


def is_well(checks: Sequence[Check]) -> bool:
    """Return whether nothing is broken."""
    return all(check.state != "broken" for check in checks)


def checks_as_json(checks: Sequence[Check]) -> list[dict[str, Any]]:
    """Return the checks as an editor is given them."""
    return [
        {
            "name": check.name,
            "ok": check.state == "ok",
            "state": check.state,
            "message": check.found,
            "fix": check.fix,
        }
        for check in checks
    ]


def main(arguments: Sequence[str]) -> int:
    """Run as ``python -m soothsay.doctor [index]``: checks for another process, which gives settings and workspace as
    JSON on standard input and gets the checks on standard output."""
    given = json.load(sys.stdin)
    settings, _ = decode_settings(given["settings"])
    workspace = Path(given["workspace"])
    checks = [_read_index(settings, workspace)] if arguments == ["index"] else examine(settings, workspace)
    json.dump(checks_as_json(checks), sys.stdout)
    return 0


def ask_child(
    settings: Settings, workspace: Path, *what: str, patience: float
) -> list[dict[str, Any]] | Exit | str:
    """Return what `main` says in a process of its own: the checks, how it died, or why it failed."""
    given = {"settings": asdict(settings), "workspace": str(workspace)}
    return _run(python_command("soothsay.doctor", *what), json.dumps(given), patience, json.loads)


def _run(command: Sequence[str], given: str, patience: float, read: Callable[[str], Any]) -> Any:
    """Return what ``read`` makes of a child's output, how it died, or why it failed."""
    try:
        done = subprocess.run(
            command,
            input=given,
            capture_output=True,
            encoding="utf-8",
            errors="replace",
            cwd=Path(__file__).parent,  # a folder of ours that is always there
            env=child_environment(os.environ, PYTHONUTF8="1"),
            timeout=patience,
            check=False,
        )
        if done.returncode == 0:
            return read(done.stdout)
    except subprocess.TimeoutExpired:
        return Exit("hung", f"no answer in {patience:.0f} s")
    except (OSError, ValueError) as error:
        return f"it could not be asked: {error}"
    exit_ = read_exit(done.returncode)
    if exit_.cause == "ended":
        return (done.stderr.strip().splitlines() or ["it gave no reason"])[-1]
    return exit_


def _python() -> Check:
    version = ".".join(map(str, sys.version_info[:3]))
    return Check("Python", "ok", f"{version} ({sys.executable})")


def _compiler() -> Check:
    try:
        compiler = find_compiler()
    except CompilingError as error:
        return Check(
            "C++ compiler", "warning", str(error), "only installing, and `soothsay prove --build`, need it"
        )
    memory = available_memory()
    cores = usable_cores()
    at_once = jobs(cores, memory)
    found = compiler.describe()
    if memory is not None:
        found += f", {memory / 1e9:.0f} GB of memory for {at_once} file{'s' if at_once > 1 else ''} at once"
    if compiler.breaks_amx:
        found += ", breaks AMX: llama.cpp is compiled without it"
    return Check("C++ compiler", "ok", found)


def _libraries() -> Check:
    with ThreadPoolExecutor(2) as pool:
        problems = list(pool.map(_import_problem, _LIBRARIES.values()))
    broken = [f"{name}: {problem}" for name, problem in zip(_LIBRARIES, problems, strict=True) if problem]
    if broken:
        fix = "pip install --force-reinstall soothsay; what still dies was built for another processor"
        return Check("libraries", "broken", "; ".join(broken), fix)
    return Check("libraries", "ok", ", ".join(_LIBRARIES))


def _import_problem(statement: str) -> str:
    outcome = _run([sys.executable, "-P", "-c", statement], "", _PATIENCE, lambda _: "")
    return f"its process died of {outcome.describe()}" if isinstance(outcome, Exit) else outcome


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


def _llama(settings: Settings) -> Check:
    path = _model_path(settings)
    try:
        proof = prove_library() if path is None else prove(path)
        library = "compiled here" if library_folder() == own_build() else "as installed"
    except SoothsayError as error:
        message, _, fix = str(error).partition("; ")
        return Check("llama.cpp", "broken", message, fix)
    return _proof_check(proof, library, is_tiny=path is None)


def _proof_check(proof: Proof, library: str, *, is_tiny: bool) -> Check:
    tried = ", tried with a tiny model" if is_tiny else ""
    state: State = "ok" if proof.is_full_speed else "warning"
    return Check("llama.cpp", state, f"{library}{tried}: {proof.describe()}", proof.fix)


def _threads(settings: Settings) -> Check:
    if settings.model.threads:
        return Check("threads", "ok", f"{settings.model.threads} (model.threads)")
    path = _model_path(settings)
    try:
        tuning = Tuning(default_threads()) if path is None else ThreadTuner(path).tuning()
    except SoothsayError:  # there is no library, which has been said
        tuning = Tuning(default_threads())
    return Check("threads", "ok", tuning.describe())


def _model_path(settings: Settings) -> Path | None:
    try:
        return resolve_model(settings.model.name, settings.model.path)
    except SoothsayError:
        return None


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
    oracle = open_oracle(workspace, "python", settings.index.python)
    try:
        answer = oracle.findings(workspace / "doctor.py", "x = 1\n")
    finally:
        oracle.close()
    if answer is None:
        return Check("oracle", "warning", "ty does not answer: little can be verified", "pip install ty")
    return Check("oracle", "ok", "ty answers")


def _index(settings: Settings, workspace: Path) -> Check:
    outcome = ask_child(settings, workspace, "index", patience=_PATIENCE)
    if isinstance(outcome, list):
        (check,) = (Check(each["name"], each["state"], each["message"], each["fix"]) for each in outcome)
        return check
    problem = f"its process died of {outcome.describe()}" if isinstance(outcome, Exit) else outcome
    return Check("index", "broken", problem, "mend the libraries first")


def _read_index(settings: Settings, workspace: Path) -> Check:
    from soothsay.backend.session import Session, index_folder, open_in_process

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


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
