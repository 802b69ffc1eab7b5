"""`soothsay judges`: the language servers that judge completions, and the command that installs those that are fetched."""

from __future__ import annotations

import argparse
import json
import sys
from typing import Any

from soothsay.cli.models import OK
from soothsay.errors import SoothsayError
from soothsay.oracle.installed import command_of, folder_of, install, installable, way_to
from soothsay_languages.registry import languages


def add_judges_parser(commands: Any) -> None:
    """Add the command to ``commands``."""
    parser = commands.add_parser(
        "judges", help="list the language servers that judge completions; install one"
    )
    actions = parser.add_subparsers(title="actions", metavar="ACTION", required=True)
    listed = actions.add_parser("list", help="list them, with the languages that they judge")
    listed.add_argument("--json", action="store_true", help="print the list as JSON")
    listed.set_defaults(run=_list)
    installs = actions.add_parser(
        "install", help="install one that is fetched by npm or pip, into the cache folder"
    )
    installs.add_argument("name", metavar="NAME", help="as `soothsay judges list` shows it")
    installs.set_defaults(run=_install)


def _list(args: argparse.Namespace) -> int:
    found: dict[str, dict[str, Any]] = {}
    for language in languages():
        for spec in language.oracles:
            known = found.setdefault(
                spec.name,
                {"installed": command_of(spec) is not None, "install": way_to(spec), "languages": []},
            )
            known["languages"].append(language.id)
    if args.json:
        print(json.dumps(found, indent=2))
        return OK
    for name, each in found.items():
        state = "installed" if each["installed"] else f"not installed: {each['install']}"
        print(f"{name:34} {', '.join(each['languages'])} ({state})")
    return OK


def _install(args: argparse.Namespace) -> int:
    package = installable().get(args.name)
    if package is None:
        known = ", ".join(installable()) or "none"
        raise SoothsayError(f"there is no judge {args.name!r} to install; known: {known}")
    program = install(package, lambda text: print(text, file=sys.stderr))
    licence = f", {package.licence}" if package.licence else ""
    print(f"{package.name} {package.version}{licence}: {folder_of(package)}", file=sys.stderr)
    print(program)
    return OK
