"""`soothsay align train`: an adapter for the local model, trained on this machine from what `soothsay align pairs` has made."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from soothsay.align.adapters import SCOPES
from soothsay.align.training_plan import DEFAULT_LOSS, LOSSES, TrainingPlan
from soothsay.cli.models import INTERRUPTED, OK
from soothsay.config import Settings
from soothsay.errors import SoothsayError

if TYPE_CHECKING:
    from soothsay_index.types import Progress


def add_train_parser(verbs: Any) -> None:
    """Add the command to ``verbs``."""
    parser = verbs.add_parser(
        "train", help="train an adapter on this machine; Ctrl-C stops it, and the same command goes on"
    )
    plan = TrainingPlan(Path(), Path(), Path())
    parser.add_argument("--name", metavar="NAME", help="of the adapter (default: that of the data's folder)")
    parser.add_argument(
        "--data",
        type=Path,
        metavar="FOLDER",
        help="of `soothsay align pairs` (default: the one of the current folder)",
    )
    parser.add_argument(
        "--model", metavar="NAME|PATH", help="a model of `soothsay models list`, or a GGUF file"
    )
    parser.add_argument("--loss", choices=LOSSES, default=DEFAULT_LOSS, help="default: %(default)s")
    parser.add_argument("--steps", type=int, default=0, metavar="N", help="default: once over the data")
    parser.add_argument(
        "--rank", type=int, default=plan.rank, metavar="N", help="of the matrices (default: %(default)s)"
    )
    parser.add_argument(
        "--alpha", type=int, default=plan.alpha, metavar="N", help="their scale (default: %(default)s)"
    )
    parser.add_argument(
        "--rate", type=float, default=0.0, metavar="X", help="default: the usual one of the loss"
    )
    parser.add_argument(
        "--longest",
        type=int,
        default=plan.longest,
        metavar="TOKENS",
        help="longer rows are left out (default: %(default)s)",
    )
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument(
        "--scope", choices=SCOPES, default="user", help="whom it is for (default: %(default)s)"
    )
    parser.add_argument(
        "--workspace",
        type=Path,
        help="root folder of the project, for the scope workspace (default: the current folder)",
    )
    parser.add_argument("--fresh", action="store_true", help="begin anew what was stopped")
    parser.set_defaults(run=run_train)


def run_train(args: argparse.Namespace) -> int:
    """Train, and print where the adapter is."""
    from soothsay.align.adapters import RECORD, AdapterRegistry, adapters_folder
    from soothsay.align.dataset import datasets_folder
    from soothsay.align.trained import keep, prepare, record_of, run, trainings_folder
    from soothsay.cli.progress import progress_bars
    from soothsay.model.files.resolve import name_and_path, resolve_model

    if min(args.rank, args.alpha, args.longest) < 1 or args.steps < 0 or args.rate < 0:
        raise SoothsayError(
            "--rank, --alpha and --longest are numbers from 1 on, --steps and --rate from 0 on"
        )
    workspace = (args.workspace or Path.cwd()).resolve()
    data = (args.data or datasets_folder() / workspace.name).absolute()
    name = args.name or data.name
    registry = AdapterRegistry(adapters_folder())
    if (registry.folder / name / RECORD).exists():
        raise SoothsayError(f"there is an adapter {name} already; choose another --name")
    model = args.model or Settings().model.name
    weights = resolve_model(*name_and_path(model))
    plan = TrainingPlan(
        weights, data, trainings_folder() / name, args.loss, args.rank, args.alpha, args.rate, steps=args.steps,
        longest=args.longest, seed=args.seed,
    )  # fmt: skip
    if prepare(plan, fresh=args.fresh):
        print("soothsay: going on from the last checkpoint, if there is one", file=sys.stderr)
    with progress_bars() as (show, _):
        done = run(plan, _shown_by(show))
    if not done:
        print("soothsay: stopped; the same command goes on from here", file=sys.stderr)
        return INTERRUPTED
    mine = str(workspace) if args.scope == "workspace" else ""
    print(keep(registry, name, plan, record_of(plan, model, args.scope, mine)))
    return OK


def _shown_by(show: Callable[[Progress], None]) -> Callable[[Mapping[str, Any]], None]:
    from soothsay_index.types import Progress

    def told(line: Mapping[str, Any]) -> None:
        if line.get("stage") == "training":
            show(Progress("training", line["step"], line["steps"], f"loss {line['loss']:.3f}"))
        elif "stage" in line:
            show(Progress(line["stage"], 0, 0, f"{line['rows']} rows" if "rows" in line else ""))

    return told
