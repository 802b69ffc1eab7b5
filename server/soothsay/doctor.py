"""`soothsay doctor`: check the installation, and say how to fix what is wrong.

Libraries that may crash, because they were compiled for another processor, are tried in child processes.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Any, Literal

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from soothsay.config import Settings, decode_settings
from soothsay.errors import SoothsayError
from soothsay.model.compiling import CompilingError, available_memory, find_compiler, jobs, usable_cores
from soothsay.model.files.cache import is_pulled
from soothsay.model.files.registry import EMBEDDING_MODEL, find_spec
from soothsay.model.files.resolve import resolve_model, resolve_weights
from soothsay.model.library import library_folder, own_build
from soothsay.model.local.tuning import ThreadTuner, Tuning, default_threads
from soothsay.model.proof import Proof, prove, prove_library
from soothsay.oracle.commands import ServerCommands, read_commands
from soothsay.oracle.installed import command_of, way_to
from soothsay.oracle.opening import open_oracle
from soothsay.paths import cache_folder
from soothsay_common.children import child_environment, python_command
from soothsay_common.exits import Exit, read_exit
from soothsay_index.errors import SoothsayIndexError
from soothsay_index.runtime.boundaries import is_too_wide
from soothsay_index.runtime.environment import locate_environment, read_environment
from soothsay_index.runtime.projects import projects_below
from soothsay_index.sources.workspace import Workspace
from soothsay_languages.base import Language
from soothsay_languages.oracle import ServerSpec
from soothsay_languages.registry import languages

State = Literal["ok", "warning", "broken"]

_MARK = {"ok": "[green]ok[/]", "warning": "[yellow]warning[/]", "broken": "[red]broken[/]"}
_TIMEOUT_S = 120.0  # for a child process
_MOST_FOLDERS, _MOST_PROJECTS = 5_000, 20  # that are looked at

# a name for the user, and a statement that imports all of the library
_LIBRARIES = {
    "llama.cpp": "from soothsay.model.llama import load; load()",
    "LanceDB": "import lancedb",
    "PyTorch": "import torch",
    "tree-sitter": "import tree_sitter, tree_sitter_python",
    "griffe": "import griffe",
    "pygls": "import pygls.lsp.server",
}


@dataclass(frozen=True, slots=True)
class DoctorCheck:
    """The result of one check. ``fix`` says what to do; it is empty when the state is ok."""

    name: str
    state: State
    found: str
    fix: str = ""


def examine(settings: Settings, workspace: Path, roots: Sequence[Path] = ()) -> list[DoctorCheck]:
    """Run all checks; ``roots`` are all folders that are open. Nothing is changed but the model's stored test; raises nothing."""
    checks: list[Callable[[], DoctorCheck]] = [
        _own_interpreter,
        _compiler,
        _libraries,
        _cache,
        lambda: _model(settings),
        lambda: _llama(settings),
        lambda: _threads(settings),
        _embeddings,
        *(partial(_environment, settings, *place) for place in _projects(workspace, roots)),
        _languages,
        lambda: _oracle(settings, workspace),
        lambda: _index(settings, workspace),
    ]
    return [check() for check in checks]


def _projects(workspace: Path, roots: Sequence[Path]) -> Iterator[tuple[Path, str]]:
    """Yield the folders that have an environment of their own, and what the check of it is called."""
    yield workspace, "environment"
    for project in _inner_projects(workspace):
        yield project, f"environment of {project.relative_to(workspace)}"
    for root in roots:
        if not root.is_relative_to(workspace):
            yield from ((each, f"environment of {each}") for each in (root, *_inner_projects(root)))


def _inner_projects(workspace: Path) -> list[Path]:
    """Return the folders below ``workspace`` that are completed with an environment of their own; the first of many."""
    if not workspace.is_dir() or is_too_wide(workspace, os.environ):
        return []
    folders = islice((folder.path for folder in Workspace(workspace).folders()), _MOST_FOLDERS)
    return [each.folder for each in islice(projects_below(workspace, folders, os.environ), _MOST_PROJECTS)]


def report(checks: Sequence[DoctorCheck]) -> bool:
    """Print the checks; return whether nothing is broken."""
    table = Table.grid(padding=(0, 2))
    for _ in range(3):
        table.add_column(overflow="fold")
    for check in checks:
        table.add_row(_MARK[check.state], check.name, escape(check.found))
        if check.fix:
            table.add_row("", "", f"[bold]fix:[/] {escape(check.fix)}")
    Console(soft_wrap=not sys.stdout.isatty()).print(table)
    return is_well(checks)


def is_well(checks: Sequence[DoctorCheck]) -> bool:
    """Return whether nothing is broken."""
    return all(check.state != "broken" for check in checks)


def checks_as_json(checks: Sequence[DoctorCheck]) -> list[dict[str, Any]]:
    """Return the checks as JSON values for editors and ``--json``."""
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
    """Run as ``python -m soothsay.doctor [index]`` by `ask_child`; return the exit code.

    Read settings and workspace as JSON from standard input, and print the checks as JSON.
    """
    given = json.load(sys.stdin)
    settings, _ = decode_settings(given["settings"])
    workspace = Path(given["workspace"])
    roots = tuple(Path(each) for each in given["roots"])
    is_index = arguments == ["index"]
    checks = [_read_index(settings, workspace)] if is_index else examine(settings, workspace, roots)
    json.dump(checks_as_json(checks), sys.stdout)
    return 0


def ask_child(
    settings: Settings, workspace: Path, *what: str, timeout: float, roots: Sequence[Path] = ()
) -> list[dict[str, Any]] | Exit | str:
    """Run `main` in a child process (blocking); return the checks, how it crashed, or why it failed."""
    given = {
        "settings": asdict(settings),
        "workspace": str(workspace),
        "roots": [str(each) for each in roots],
    }
    return _run(python_command("soothsay.doctor", *what), json.dumps(given), timeout, json.loads)


def _run(command: Sequence[str], given: str, timeout: float, read: Callable[[str], Any]) -> Any:
    """Return ``read(output)`` of a child process, how it crashed, or why it failed."""
    try:
        done = subprocess.run(
            command,
            input=given,
            capture_output=True,
            encoding="utf-8",
            errors="replace",
            cwd=Path(__file__).parent,  # a folder that always exists
            env=child_environment(os.environ, PYTHONUTF8="1"),
            timeout=timeout,
            check=False,
        )
        if done.returncode == 0:
            return read(done.stdout)
    except subprocess.TimeoutExpired:
        return Exit("hung", f"no answer in {timeout:.0f} s")
    except (OSError, ValueError) as error:
        return f"it could not be run: {error}"
    exit_ = read_exit(done.returncode)
    if exit_.cause == "ended":
        return (done.stderr.strip().splitlines() or ["it gave no reason"])[-1]
    return exit_


def _own_interpreter() -> DoctorCheck:
    version = ".".join(map(str, sys.version_info[:3]))
    return DoctorCheck("Python", "ok", f"{version} ({sys.executable})")


def _compiler() -> DoctorCheck:
    try:
        compiler = find_compiler()
    except CompilingError as error:
        return DoctorCheck(
            "C++ compiler",
            "warning",
            str(error),
            "install one; only the installation and `soothsay prove --build` need it",
        )
    memory = available_memory()
    cores = usable_cores()
    at_once = jobs(cores, memory)
    found = compiler.describe()
    if memory is not None:
        found += f", {memory / 1e9:.0f} GB of memory for {at_once} file{'s' if at_once > 1 else ''} at once"
    if compiler.breaks_amx:
        found += ", breaks AMX: llama.cpp is compiled without it"
    return DoctorCheck("C++ compiler", "ok", found)


def _libraries() -> DoctorCheck:
    with ThreadPoolExecutor(2) as pool:
        problems = list(pool.map(_import_problem, _LIBRARIES.values()))
    broken = [f"{name}: {problem}" for name, problem in zip(_LIBRARIES, problems, strict=True) if problem]
    if broken:
        fix = "pip install --force-reinstall soothsay; a library that still crashes was built for another processor"
        return DoctorCheck("libraries", "broken", "; ".join(broken), fix)
    return DoctorCheck("libraries", "ok", ", ".join(_LIBRARIES))


def _import_problem(statement: str) -> str:
    outcome = _run([sys.executable, "-P", "-c", statement], "", _TIMEOUT_S, lambda _: "")
    return f"its process died of {outcome.describe()}" if isinstance(outcome, Exit) else outcome


def _cache() -> DoctorCheck:
    folder = cache_folder()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        probe = folder / f".probe-{os.getpid()}"
        probe.touch()
        probe.unlink()
    except OSError as error:
        return DoctorCheck(
            "cache",
            "broken",
            f"{folder}: {error.strerror}",
            "make it writable, or set SOOTHSAY_CACHE to another folder",
        )
    return DoctorCheck("cache", "ok", f"{folder} ({shutil.disk_usage(folder).free / 1e9:.0f} GB free)")


def _model(settings: Settings) -> DoctorCheck:
    try:
        chosen = resolve_weights(settings.model.name, settings.model.path, settings.model.weights)
    except SoothsayError as error:
        message, _, fix = str(error).partition("; ")
        return DoctorCheck("model", "broken", message, fix or "soothsay models list")
    found = f"{chosen.path} ({chosen.describe()})"
    if chosen.refused:
        message, _, fix = chosen.refused[0].partition("; run: ")
        return DoctorCheck("model", "warning", f"{found}; {message}", fix)
    can_be_faster = chosen.record is None and settings.model.weights == "fastest" and _is_offered(settings)
    hint = f"; `soothsay models optimize {settings.model.name}` may make it faster" if can_be_faster else ""
    return DoctorCheck("model", "ok", found + hint)


def _is_offered(settings: Settings) -> bool:
    """Return whether other weights of the model could be made here."""
    return not settings.model.path and bool(find_spec(settings.model.name).offered)


def _llama(settings: Settings) -> DoctorCheck:
    path = _model_path(settings)
    try:
        proof = prove_library() if path is None else prove(path)
        library = "compiled here" if library_folder() == own_build() else "as installed"
    except SoothsayError as error:
        message, _, fix = str(error).partition("; ")
        return DoctorCheck("llama.cpp", "broken", message, fix)
    return _proof_check(proof, library, is_tiny=path is None)


def _proof_check(proof: Proof, library: str, *, is_tiny: bool) -> DoctorCheck:
    tried = ", tried with a tiny model" if is_tiny else ""
    state: State = "ok" if proof.is_full_speed else "warning"
    return DoctorCheck("llama.cpp", state, f"{library}{tried}: {proof.describe()}", proof.fix)


def _threads(settings: Settings) -> DoctorCheck:
    if settings.model.threads:
        return DoctorCheck("threads", "ok", f"{settings.model.threads} (model.threads)")
    path = _model_path(settings)
    try:
        tuning = Tuning(default_threads()) if path is None else ThreadTuner(path).tuning()
    except SoothsayError:  # the check of the library has reported it
        tuning = Tuning(default_threads())
    return DoctorCheck("threads", "ok", tuning.describe())


def _model_path(settings: Settings) -> Path | None:
    try:
        return resolve_model(settings.model.name, settings.model.path, settings.model.weights)
    except SoothsayError:
        return None


def _embeddings() -> DoctorCheck:
    if is_pulled(EMBEDDING_MODEL):
        return DoctorCheck("embeddings", "ok", EMBEDDING_MODEL)
    fix = f"soothsay models pull {EMBEDDING_MODEL}"
    return DoctorCheck("embeddings", "warning", "not downloaded: the index is searched by text only", fix)


def _environment(settings: Settings, workspace: Path, name: str) -> DoctorCheck:
    try:
        located = locate_environment(workspace, settings.index.interpreter or None)
        environment = read_environment(located)
    except SoothsayIndexError as error:
        message, _, fix = str(error).partition(": ")
        return DoctorCheck(name, "broken", message, fix or "set index.python to an interpreter")
    found = f"{environment.describe()}, from {located.origin}"
    if located.is_default:
        return DoctorCheck(
            name,
            "warning",
            f"no environment of {workspace} was found; it is completed with {found}",
            "create one in the workspace, activate it before the editor starts, or set index.python",
        )
    if located.refused:
        return DoctorCheck(name, "warning", f"{found}. {' '.join(located.refused)}", "see above")
    return DoctorCheck(name, "ok", found)


def _languages() -> DoctorCheck:
    return DoctorCheck("languages", "ok", ", ".join(f"{each.id} ({_judge_of(each)})" for each in languages()))


def _judge_of(language: Language) -> str:
    """Return what judges completions of ``language``, and how it is installed where it is not."""
    names = [each.name for each in language.oracles if command_of(each) is not None]
    missing = [way_to(each) for each in language.oracles if command_of(each) is None]
    return " and ".join(names) or "; ".join(f"unverified: {each}" for each in missing) or "unverified"


def _oracle(settings: Settings, workspace: Path) -> DoctorCheck:
    if not settings.oracle.enabled:
        return DoctorCheck(
            "oracle", "warning", "disabled: little can be verified", "set oracle.enabled to true"
        )
    commands = read_commands(settings.oracle.commands)
    firsts = [(each, commands.applied_to(spec)) for each in languages() for spec in each.oracles[:1]]
    # several languages may have one
    servers = {s.name: (each, s) for each, s in firsts if s.required or command_of(s) is not None}
    silent = [s for each, s in servers.values() if not _answers(each, s, settings, workspace, commands)]
    broken = [spec for spec in silent if spec.required or spec.package is not None]
    if broken:
        names = ", ".join(spec.name for spec in broken)
        found = f"{names} does not answer: little can be verified"
        return DoctorCheck("oracle", "warning", found, "; ".join(spec.install for spec in broken))
    if commands.problems:
        return DoctorCheck(
            "oracle", "warning", " ".join(commands.problems), "correct the setting oracle.commands"
        )
    said = [f"{name} answers" for name in servers if name not in {spec.name for spec in silent}]
    # a program of the user's, for a language that they may not use
    said += [f"{spec.name} of PATH does not answer ({spec.install})" for spec in silent]
    return DoctorCheck("oracle", "ok", ", ".join(said))


def _answers(
    language: Language, spec: ServerSpec, settings: Settings, workspace: Path, commands: ServerCommands
) -> bool:
    """Return whether the first language server of ``language`` judges a file that it has something to say about."""
    runtime = settings.index.interpreter if language.has_interpreter else ""
    oracle = open_oracle(workspace, language.id, runtime, commands=commands)
    try:
        return oracle.findings(workspace / f"doctor{language.suffix}", spec.canary or "\n") is not None
    finally:
        oracle.close()


def _index(settings: Settings, workspace: Path) -> DoctorCheck:
    outcome = ask_child(settings, workspace, "index", timeout=_TIMEOUT_S)
    if isinstance(outcome, list):
        (check,) = (
            DoctorCheck(each["name"], each["state"], each["message"], each["fix"]) for each in outcome
        )
        return check
    problem = f"its process died of {outcome.describe()}" if isinstance(outcome, Exit) else outcome
    return DoctorCheck("index", "broken", problem, "fix the libraries first")


def _read_index(settings: Settings, workspace: Path) -> DoctorCheck:
    from soothsay.backend.session import Session, index_folder, open_in_process

    try:
        session = Session(settings, workspace, open_in_process)
        try:
            status = session.index.status()
        finally:
            session.close()
    except SoothsayError as error:
        return DoctorCheck("index", "broken", str(error), f"remove {index_folder()} and index again")
    if not status.symbols:
        return DoctorCheck("index", "warning", f"nothing is indexed for {workspace}", "soothsay index")
    return DoctorCheck("index", "ok", status.describe())


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
