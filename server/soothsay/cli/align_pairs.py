"""`soothsay align pairs`: what an adapter is trained on, made from installed packages and the workspace, judged by the type checker."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from soothsay.cli.models import INTERRUPTED, OK
from soothsay.config import Settings
from soothsay.errors import SoothsayError

if TYPE_CHECKING:
    from soothsay.align.dataset import RowFolder
    from soothsay.align.exclusions import Exclusions
    from soothsay.align.gathering import Ground
    from soothsay.align.making import RowMaker
    from soothsay.align.prompts import Markers
    from soothsay.align.rows import TrainingRow
    from soothsay.model.local.runtime import LlamaRuntime

_USUAL = ("installed", "documented", "phrased", "workspace", "feedback")
_NAMES = (*_USUAL, "history")
_PLACES, _SAMPLES = 400, 3
_CONTEXT = 2048  # tokens


def add_pairs_parser(verbs: Any) -> None:
    """Add the command to ``verbs``."""
    parser = verbs.add_parser(
        "pairs",
        help="make what an adapter is trained on, judged by the type checker; Ctrl-C keeps what is done",
    )
    parser.add_argument(
        "--workspace", type=Path, help="root folder of the project (default: the current folder)"
    )
    parser.add_argument(
        "--python", dest="interpreter", metavar="PATH", help="interpreter whose packages are used"
    )
    parser.add_argument("--model", metavar="NAME|PATH", help="the model that is to be trained")
    parser.add_argument(
        "--to",
        type=Path,
        metavar="FOLDER",
        help="default: a folder of the workspace's name among the state files",
    )
    parser.add_argument(
        "--places",
        type=int,
        default=_PLACES,
        metavar="N",
        help="calls that rows are made of (default: %(default)s)",
    )
    parser.add_argument(
        "--samples",
        type=int,
        default=_SAMPLES,
        metavar="N",
        help="calls that the model writes for each (default: %(default)s)",
    )
    parser.add_argument(
        "--from",
        dest="sources",
        nargs="+",
        choices=_NAMES,
        default=list(_USUAL),
        help="default: all of them but history, the commits of the project's repository",
    )
    parser.add_argument(
        "--packages", nargs="+", default=[], metavar="NAME", help="only these installed packages"
    )
    parser.add_argument(
        "--exclude",
        type=Path,
        metavar="FILE",
        help='JSON, {"packages": [names], "files": [patterns]}: nothing may come from them, or call them',
    )
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--fresh", action="store_true", help="begin anew in a folder that has rows")
    parser.set_defaults(run=run_pairs)


def run_pairs(args: argparse.Namespace) -> int:
    """Make the rows, and print where they are."""
    from soothsay.align.collecting import SOURCES, add_known, collect
    from soothsay.align.dataset import RowFolder, datasets_folder
    from soothsay.align.exclusions import Exclusions
    from soothsay.cli.progress import progress_bars
    from soothsay_common.priority import lower_process_priority

    if args.places < 1 or args.samples < 1:
        raise SoothsayError("--places and --samples are numbers from 1 on")
    workspace = (args.workspace or Path.cwd()).resolve()
    if not workspace.is_dir():
        raise SoothsayError(f"there is no folder {workspace}: name the workspace's root folder")
    exclusions = Exclusions.read(args.exclude) if args.exclude else Exclusions()
    folder = RowFolder((args.to or datasets_folder() / workspace.name).absolute())
    weights = _weights(args.model)
    about = _about(args, workspace, weights, exclusions)
    done = folder.begin(about, fresh=args.fresh)
    lower_process_priority()
    stopped = False
    ground = _ground(args, workspace, exclusions)
    with _maker(args, ground, weights) as (maker, markers):
        sources = [name for name in SOURCES if name in args.sources]
        try:
            if "feedback" in args.sources:
                add_known(folder, done, _settled(workspace, markers))
            if "history" in args.sources:
                add_known(folder, done, _history(workspace, exclusions, markers, args.places))
            with progress_bars() as (show, _):
                if sources:
                    collect(ground, sources, maker, folder, done, args.places, show)
        except KeyboardInterrupt:
            stopped = True
    return _finish(folder, args.seed, exclusions, about, stopped=stopped)


def _finish(
    folder: RowFolder, seed: int, exclusions: Exclusions, about: Mapping[str, Any], *, stopped: bool
) -> int:
    card = folder.finish(seed, exclusions, about)
    counts = card.counts
    print(f"soothsay: {counts['rows']} rows, {counts['pairs']} of them pairs; {card.leaked} were left out by the exclusions",
          file=sys.stderr)  # fmt: skip
    if stopped:
        print("soothsay: stopped; the same command goes on from here", file=sys.stderr)
    print(folder.folder)
    return INTERRUPTED if stopped else OK


def _weights(model: str | None) -> Path:
    from soothsay.model.files.resolve import name_and_path, resolve_model

    return resolve_model(*name_and_path(model or Settings().model.name))


def _about(
    args: argparse.Namespace, workspace: Path, weights: Path, exclusions: Exclusions
) -> dict[str, Any]:
    """Return what the rows depend on."""
    return {
        "workspace": str(workspace), "model": weights.name, "samples": args.samples, "seed": args.seed,
        "sources": sorted(args.sources), "packages": sorted(args.packages),
        "excluded": sorted(exclusions.packages), "excluded files": list(exclusions.files),
    }  # fmt: skip


def _ground(args: argparse.Namespace, workspace: Path, exclusions: Exclusions) -> Ground:
    from soothsay.align.gathering import Ground
    from soothsay_index.errors import SoothsayIndexError
    from soothsay_index.runtime.environment import locate_environment, read_environment

    try:
        environment = read_environment(locate_environment(workspace, args.interpreter).alone())
    except SoothsayIndexError as error:
        print(f"soothsay: no installed package is read: {error}", file=sys.stderr)
        environment = None
    return Ground(workspace, environment, exclusions, args.seed, frozenset(args.packages))


@contextmanager
def _maker(args: argparse.Namespace, ground: Ground, weights: Path) -> Iterator[tuple[RowMaker, Markers]]:
    """Open what rows are made with: the model, the index as it is, and the type checker of the environment."""
    from soothsay.align.drawing import drawing_from
    from soothsay.align.making import RowMaker, judging
    from soothsay.backend.session import IndexPlace, index_folder, open_in_process
    from soothsay.cli.progress import waiting
    from soothsay.model.local.runtime import LlamaRuntime
    from soothsay.oracle.opening import open_workspace_oracle

    with waiting("loading the model"):
        runtime = LlamaRuntime.load(weights, context=_CONTEXT)
    index = open_in_process(IndexPlace(index_folder(), ground.workspace, None))
    environment = ground.environment
    runtimes = {} if environment is None else {environment.kind.language: str(environment.interpreter)}
    oracle = open_workspace_oracle(ground.workspace, runtimes)
    try:
        oracle.start()
        markers = _markers(runtime)
        maker = RowMaker(
            drawing_from(runtime), judging(oracle, index), runtime, markers, index, ground.exclusions,
            args.samples, args.seed,
        )  # fmt: skip
        yield maker, markers
    finally:
        oracle.close()
        index.close()
        runtime.close()


def _markers(runtime: LlamaRuntime) -> Markers:
    from soothsay.align.prompts import Markers

    markers = Markers.of(runtime.vocab)
    if markers is None:
        raise SoothsayError("this model does not fill in the middle: it cannot be trained for completions")
    return markers


def _settled(workspace: Path, markers: Markers) -> Iterator[tuple[str, list[TrainingRow]]]:
    from soothsay.align.settled import settled_rows
    from soothsay.feedback.log import FeedbackLog, log_path
    from soothsay.feedback.rows import workspace_key

    for row in settled_rows(FeedbackLog(log_path()).rows(), workspace_key(workspace), markers):
        yield row.file, [row]


def _history(
    workspace: Path, exclusions: Exclusions, markers: Markers, most: int
) -> Iterator[tuple[str, list[TrainingRow]]]:
    from soothsay.align.history import history_rows

    found = False
    for each in history_rows(workspace, exclusions, markers, most):
        found = True
        yield each
    if not found:
        print(
            f"soothsay: no row is made of a history: {workspace} has no commits of a few lines",
            file=sys.stderr,
        )
