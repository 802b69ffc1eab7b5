"""`soothsay prove`: test whether the model works on this machine, how fast, and what would make it faster.

The result goes to standard output, messages to standard error.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from soothsay.cli.models import FAILED, INTERRUPTED, OK, USAGE
from soothsay.config import Settings
from soothsay.errors import SoothsayError
from soothsay.model.building import build, show_progress
from soothsay.model.files.cache import has_size
from soothsay.model.files.registry import DEFAULT_MODEL, UnknownModelError, find_spec
from soothsay.model.files.resolve import name_and_path, resolve_model
from soothsay.model.library import library_folder
from soothsay.model.proof import Proof, prove, prove_library

if TYPE_CHECKING:
    from argparse import _SubParsersAction


def add_prove_parser(subparsers: _SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add `prove` to the command line; `run_prove` runs it."""
    parser = subparsers.add_parser(
        "prove", help="test the model in a separate process, and show how fast it runs"
    )
    parser.add_argument("--model", metavar="NAME|PATH", default=DEFAULT_MODEL, help="default: %(default)s")
    parser.add_argument(
        "--build", action="store_true", help="first compile llama.cpp for this processor (3 to 10 minutes)"
    )
    parser.add_argument("--json", action="store_true", help="print the result as JSON")


def run_prove(args: argparse.Namespace) -> int:
    """Run a parsed `prove` command; return the exit code, 0 when the model works."""
    try:
        model = find_model(args.model)
        if args.build:
            with show_progress() as show:
                build(model, show)
        proof = prove_library() if model is None else prove(model)
    except SoothsayError as error:
        if args.json:
            print(json.dumps({"error": str(error)}))
        print(f"soothsay: {error}", file=sys.stderr)
        return USAGE if isinstance(error, UnknownModelError) else FAILED
    except KeyboardInterrupt:
        print("soothsay: interrupted; nothing was changed", file=sys.stderr)
        return INTERRUPTED
    if args.json:
        print(json.dumps(proof_to_json(model, proof), indent=2))
    else:
        print(f"{'llama.cpp' if model is None else model.name} {proof.describe()}")
        if proof.fix:
            print(f"soothsay: for the full speed: {proof.fix}", file=sys.stderr)
    if model is None:
        print(
            f"soothsay: {args.model} is not downloaded, so a tiny model was tested; it is tested itself when it is first "
            f"used (get it with: soothsay models pull {args.model})",
            file=sys.stderr,
        )
    return OK


def find_model(name: str) -> Path | None:
    """Return the file of model ``name`` (or path); None if it is not downloaded. Raises `SoothsayError`."""
    name, path = name_and_path(name)
    if path:
        return resolve_model("", path)
    spec = find_spec(name)
    if spec.kind == "completion" and not all(has_size(spec, file) for file in spec.files):
        return None
    return resolve_model(name, "", Settings().model.weights)


def proof_to_json(model: Path | None, proof: Proof) -> dict[str, Any]:
    """Return the test's result as JSON values; ``model`` None: a tiny model was tested."""
    return {
        "model": None if model is None else str(model),
        "library": str(library_folder()),
        "way": proof.way.name,
        "fullSpeed": proof.is_full_speed,
        "message": proof.describe(),
        "cause": proof.cause,
        "fix": proof.fix,
    }
