"""`soothsay status` and `soothsay stop`: show and end the backends of this user."""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psutil

from soothsay.backend.address import BackendFiles, list_backends, read_connection_info, remove_connection_info
from soothsay.backend.launch import BackendConnection, connect_running, kill_backend
from soothsay.backend.link import Link, LostError
from soothsay.backend.messages import BackendStatus, Describe, Stop
from soothsay.errors import SoothsayError

if TYPE_CHECKING:
    from argparse import _SubParsersAction

OK, FAILED = 0, 1
_NAME = "soothsay status"
_STOP_TIMEOUT_S = 10.0


@dataclass(frozen=True, slots=True)
class Running:
    """A running backend: its status (None: it does not answer) and its log."""

    pid: int
    log: Path
    status: BackendStatus | None


def add_backend_parsers(subparsers: _SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add `status` and `stop` to the command line."""
    status = subparsers.add_parser("status", help="list the backends, their windows, memory and models")
    status.add_argument("--json", action="store_true", help="print JSON")
    status.set_defaults(run=run_status)
    stop = subparsers.add_parser("stop", help="end the backends; open editors start a new one")
    stop.set_defaults(run=run_stop)


def run_status(args: argparse.Namespace) -> int:
    """Print the running backends; return the exit code."""
    found = [_inspect(files) for files in _running()]
    if args.json:
        print(json.dumps([_to_json(each) for each in found], indent=2))
    elif not found:
        print("no backend is running; an editor or `soothsay complete` starts one")
    else:
        _print(found)
    return OK if all(each.status is not None for each in found) else FAILED


def run_stop(args: argparse.Namespace) -> int:
    """End the running backends; return the exit code."""
    stopped = 0
    for files in _running():
        info = read_connection_info(files)
        assert info is not None
        connection = connect_running(files, "soothsay stop")
        if connection is not None:
            _ask(connection, Stop)
            try:
                psutil.Process(info.pid).wait(_STOP_TIMEOUT_S)
            except psutil.Error:
                kill_backend(info)
        else:
            kill_backend(info)
        remove_connection_info(files, info)
        stopped += 1
    print(f"{stopped} backend{'' if stopped == 1 else 's'} stopped")
    return OK


def _running() -> Iterator[BackendFiles]:
    for files in list_backends():
        info = read_connection_info(files)
        if info is not None and info.is_alive():
            yield files
        elif info is not None:
            remove_connection_info(files, info)  # the backend was killed


def _inspect(files: BackendFiles) -> Running:
    info = read_connection_info(files)
    connection = connect_running(files, _NAME)
    status = _ask(connection, Describe) if connection is not None else None
    if isinstance(status, BackendStatus):  # this command is listed as a window, too
        status = replace(status, windows=tuple(each for each in status.windows if each.name != _NAME))
        return Running(status.pid, files.log, status)
    return Running(info.pid if info else 0, files.log, None)


def _ask(connection: BackendConnection, request: Any) -> object:
    link = Link(connection, lambda _: None, lambda *_: None)
    try:
        return link.ask(request)
    except (LostError, SoothsayError, RuntimeError):
        return None
    finally:
        link.close()


def _megabytes(pid: int) -> float:
    """Return the resident memory of a process and its descendants, in megabytes; 0 if it has ended."""
    try:
        children = psutil.Process(pid).children(recursive=True)
    except psutil.Error:
        return 0.0
    return round(sum(map(_own_megabytes, (pid, *(child.pid for child in children)))), 1)


def _own_megabytes(pid: int) -> float:
    """Return the resident memory of one process, in megabytes; 0 if it has ended."""
    try:
        return round(psutil.Process(pid).memory_info().rss / 1e6, 1)
    except psutil.Error:
        return 0.0


def _to_json(running: Running) -> dict[str, Any]:
    status = running.status
    if status is None:
        return {"pid": running.pid, "answers": False, "log": str(running.log)}
    plain = asdict(status)
    plain |= {"answers": True, "log": str(running.log), "megabytes": _own_megabytes(status.pid)}
    for window in plain["windows"]:
        window["megabytes"] = {
            "editor's process": _own_megabytes(window["pid"]),
            **{name: _megabytes(pid) for name, pid in window["processes"].items()},
        }
    return plain


def _print(found: list[Running]) -> None:
    from rich.console import Console
    from rich.table import Table

    console = Console(soft_wrap=True, highlight=False)
    for running in found:
        plain = _to_json(running)
        if running.status is None:
            console.print(
                f"[red]backend {running.pid} does not answer[/]; end it with `soothsay stop`; log: {running.log}"
            )
            continue
        console.print(
            f"[bold]backend {plain['pid']}[/] · {plain['version']} · up {_duration(plain['seconds'])} · "
            f"{plain['megabytes']:,.0f} MB resident · log: {running.log}"
        )
        for model in plain["models"]:
            console.print(
                f"  model {Path(model['path']).name} · {model['bytes'] / 1e6:,.0f} MB · threads {model['threads']} · "
                f"{model['way']} · windows: {model['windows']}"
            )
        table = Table(box=None, padding=(0, 2))
        for title in ("  window", "process", "workspace", "adapters", "memory"):
            table.add_column(title, justify="right" if title == "process" else "left")
        for window in plain["windows"]:
            memory = ", ".join(f"{name} {size:,.0f} MB" for name, size in window["megabytes"].items())
            adapters = ", ".join(f"{each['name']} at {each['scale']:g}" for each in window["adapters"])
            place = window["workspace"] or "-"
            table.add_row(f"  {window['name']}", str(window["pid"]), place, adapters or "-", memory)
        console.print(table if plain["windows"] else "  no window")


def _duration(seconds: float) -> str:
    minutes, left = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min" if hours else f"{minutes} min" if minutes else f"{left} s"
