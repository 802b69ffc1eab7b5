"""`soothsay prove`: does the model write here, how fast, and what would make it faster? The proof is data and goes to
standard output, what is said about it to standard error.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from soothsay.cli.models import FAILED, INTERRUPTED, OK, USAGE
from soothsay.errors import SoothsayError
from soothsay.model.building import build, show_progress
from soothsay.model.files.cache import has_size
from soothsay.model.files.registry import DEFAULT_MODEL, UnknownModelError, find_spec
from soothsay.model.files.resolve import resolve_model
from soothsay.model.library import library_folder
from soothsay.model.proof import Proof, prove, prove_library

if TYPE_CHECKING:
    from argparse import _SubParsersAction


def add_prove_parser(subparsers: _SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add `prove` to the command line; `run_prove` runs what it parses to."""
    parser = subparsers.add_parser(
        "prove", help="try the model in a process of its own, and show how fast it can be used"
    )
    parser.add_argument("--model", metavar="NAME|PATH", default=DEFAULT_MODEL, help="default: %(default)s")
    parser.add_argument(
        "--build", action="store_true", help="first compile llama.cpp for this processor (3 to 10 minutes)"
    )
    parser.add_argument("--json", action="store_true", help="print the proof as JSON")


def run_prove(args: argparse.Namespace) -> int:
    """Run what `add_prove_parser` parsed. Returns the exit code: 0 when a way works."""
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
        print("soothsay: stopped; nothing was changed", file=sys.stderr)
        return INTERRUPTED
    if args.json:
        print(json.dumps(proof_to_json(model, proof), indent=2))
    else:
        print(f"{'llama.cpp' if model is None else model.name} {proof.describe()}")
        if proof.fix:
            print(f"soothsay: for the full speed: {proof.fix}", file=sys.stderr)
    if model is None:
        print(
            f"soothsay: {args.model} is not here yet, so a tiny model was tried; it is proved itself when it is first "
            f"used (get it with: soothsay models pull {args.model})",
            file=sys.stderr,
        )
    return OK


def find_model(name: str) -> Path | None:
    """Return the file of the model ``name`` (or path); None: it has not been pulled. Raises `SoothsayError`."""
    if name.endswith(".gguf") or os.sep in name:
        return resolve_model("", name)
    spec = find_spec(name)
    if spec.kind == "completion" and not all(has_size(spec, file) for file in spec.files):
        return None
    return resolve_model(name, "")


def proof_to_json(model: Path | None, proof: Proof) -> dict[str, Any]:
    """Return the proof for a program."""
    return {
        "model": None if model is None else str(model),
        "library": str(library_folder()),
        "way": proof.way.name,
        "fullSpeed": proof.is_full_speed,
        "message": proof.describe(),
        "cause": proof.cause,
        "fix": proof.fix,
    }
