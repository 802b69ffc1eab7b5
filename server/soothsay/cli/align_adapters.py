"""`soothsay align list`, `use`, `off`, `guard` and `compare`: which adapters there are and are used, and what they give and take away."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from soothsay.cli.models import FAILED, OK
from soothsay.errors import SoothsayError
from soothsay_common.visible import readable

if TYPE_CHECKING:
    from argparse import _SubParsersAction

    from soothsay.align.adapters import AdapterRegistry, KnownAdapter
    from soothsay.align.guard import GuardVerdict
    from soothsay.align.guard_suites import Suites
    from soothsay.engine.types import AdapterUse
    from soothsay.model.local.runtime import LlamaRuntime

_TASKS = 100
_HEADINGS = ("", "tasks", "without", "with", "points", "demand", "met")


def add_adapter_parsers(verbs: _SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the subcommands about adapters to those of `align`."""
    listing = verbs.add_parser("list", help="list the adapters, and which of them are used")
    listing.add_argument("--json", action="store_true", help="print JSON")
    listing.set_defaults(run=_list)
    using = verbs.add_parser(
        "use",
        help="use an adapter from the next completion on, if the guard lets it pass; also to go back to an older one",
    )
    _add_measured(using)
    using.set_defaults(run=_use)
    off = verbs.add_parser("off", help="use an adapter no longer; it is kept")
    off.add_argument("name", nargs="?", metavar="NAME", help="default: all")
    off.set_defaults(run=_off)
    guard = verbs.add_parser(
        "guard",
        help="measure an adapter against the model without it, and keep the result; it is refused where it takes away",
    )
    _add_measured(guard)
    guard.set_defaults(run=_guard)
    compare = verbs.add_parser("compare", help="measure adapters as the guard does, and keep nothing")
    compare.add_argument("names", nargs="+", metavar="NAME")
    compare.add_argument("--scale", type=_scale, default=1.0, metavar="S", help="how strongly they act")
    _add_tasks(compare)
    compare.set_defaults(run=_compare)


def adapter_uses(given: Sequence[str] | None) -> tuple[AdapterUse, ...] | None:
    """Return what ``NAME[=SCALE]`` ask for; None for the active ones. Raises `SoothsayError`."""
    from soothsay.engine.types import AdapterUse

    if given is None:
        return None
    uses: list[AdapterUse] = []
    for each in given:
        name, separator, scale = each.partition("=")
        try:
            uses.append(AdapterUse(name, float(scale) if separator else 1.0))
        except ValueError:
            raise SoothsayError(f"{scale!r} is not a scale: write --adapter NAME=0.5") from None
    return tuple(uses)


def _add_measured(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("name", metavar="NAME")
    parser.add_argument(
        "--scale", type=_scale, metavar="S", help="how strongly it acts: 1 as it was trained (the default)"
    )
    _add_tasks(parser)


def _add_tasks(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--tasks",
        type=_at_least_one,
        default=_TASKS,
        metavar="N",
        help="tasks a suite (default: %(default)s)",
    )
    parser.add_argument(
        "--model",
        metavar="NAME|PATH",
        help="weights to measure with (default: those of the model that it was trained on)",
    )


def _scale(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = -1.0
    if not 0 < value <= 4:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number above 0, up to 4")
    return value


def _at_least_one(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number above 0")
    return int(text)


def _list(args: argparse.Namespace) -> int:
    registry = _registry()
    known = registry.all()
    if args.json:
        print(json.dumps([_to_json(each) for each in known], indent=2))
    elif not known:
        print(f"no adapters in {registry.folder}; train one: soothsay align train")
    for each in known if not args.json else ():
        print(readable(_line(each)))
    for problem in registry.broken():
        print(f"soothsay: {readable(problem)}", file=sys.stderr)
    return OK


def _use(args: argparse.Namespace) -> int:
    registry = _registry()
    known = registry.get(args.name)
    guard = known.record.guard
    scale = args.scale or (guard.scale if guard else 1.0)
    is_measured = (
        guard is not None and guard.scale == scale and guard.adapter_sha256 == known.loadable().sha256
    )
    if not is_measured and not _judge(registry, known, scale, args).passed:
        return FAILED
    before = registry.activate(args.name, scale)
    instead = f", instead of {', '.join(each.name for each in before)}" if before else ""
    print(f"soothsay: {args.name} is used from the next completion on{instead}", file=sys.stderr)
    return OK


def _off(args: argparse.Namespace) -> int:
    registry = _registry()
    names = [args.name] if args.name else [each.name for each in registry.all()]
    retired = [name for name in names if registry.retire(name)]
    said = f"{', '.join(retired)} is used no longer" if retired else "nothing was in use"
    print(f"soothsay: {said}", file=sys.stderr)
    return OK


def _guard(args: argparse.Namespace) -> int:
    registry = _registry()
    verdict = _judge(registry, registry.get(args.name), args.scale or 1.0, args)
    return OK if verdict.passed else FAILED


def _compare(args: argparse.Namespace) -> int:
    registry = _registry()
    known = [registry.get(name) for name in args.names]
    for each, verdict in zip(known, _measured(known, args.scale, args), strict=True):
        _print_table(each.name, verdict)
    return OK


def _judge(
    registry: AdapterRegistry, known: KnownAdapter, scale: float, args: argparse.Namespace
) -> GuardVerdict:
    """Measure one adapter, keep and print the result."""
    (verdict,) = _measured([known], scale, args)
    registry.judge(known.name, verdict)
    _print_table(known.name, verdict)
    said = "passes the guard" if verdict.passed else f"is refused: {verdict.why}"
    print(f"soothsay: {known.name} {readable(said)}", file=sys.stderr)
    return verdict


def _measured(known: Sequence[KnownAdapter], scale: float, args: argparse.Namespace) -> list[GuardVerdict]:
    """Measure the weights without an adapter, and with each of ``known``."""
    from soothsay.align.guard import GuardVerdict
    from soothsay.align.guard_measure import Counted, count, figures
    from soothsay.backend.session import NoIndex
    from soothsay.model.building import show_progress

    with _weights(known, args.model) as (runtime, base_sha256), show_progress() as show:
        suites = _suites(known, args.tasks, show)
        runs = [("without an adapter", ()), *((each.name, (each.loadable(scale),)) for each in known)]
        counted: list[Counted] = []
        for name, adapters in runs:

            def on_done(done: int, of: int, name: str = name) -> None:
                show(f"measuring {name}: {done} of {of}")

            counted.append(count(runtime, NoIndex(), suites, adapters, on_done))
        now = datetime.now().astimezone().isoformat(timespec="seconds")
        return [
            GuardVerdict(
                each.loadable().sha256,
                base_sha256,
                scale,
                suites.digest,
                now,
                figures(suites, counted[0], found),
            )
            for each, found in zip(known, counted[1:], strict=True)
        ]


@contextmanager
def _weights(known: Sequence[KnownAdapter], model: str | None) -> Iterator[tuple[LlamaRuntime, str]]:
    """Open the weights that all of ``known`` fit, with the SHA-256 of what they come from. Raises `SoothsayError`."""
    from soothsay.align.guard_measure import CONTEXT
    from soothsay.model.files.resolve import name_and_path, resolve_weights, source_sha256
    from soothsay.model.local.runtime import LlamaRuntime

    name, path = name_and_path(model or known[0].record.base_model)
    chosen = resolve_weights(name, path, "fastest")
    base_sha256 = source_sha256(name, path)
    for each in known:
        if problem := each.problem(base_sha256):
            raise SoothsayError(f"{each.name} {problem}; name its weights with --model, or train it again")
    runtime = LlamaRuntime.load(chosen.path, context=CONTEXT)
    try:
        yield runtime, base_sha256
    finally:
        runtime.close()


def _suites(known: Sequence[KnownAdapter], tasks: int, show: Any) -> Suites:
    from soothsay.align.guard_suites import make_suites
    from soothsay_index.runtime.environment import locate_environment, read_environment
    from soothsay_index.sources.registry import package_sources
    from soothsay_languages.registry import language_or_plain

    environment = read_environment(locate_environment(Path.cwd(), sys.executable).alone())
    trained_on = {package for each in known for package in each.record.packages}
    sources = package_sources(environment).values()
    return make_suites(sources, language_or_plain(environment.kind.language), tasks, trained_on, show)


def _print_table(name: str, verdict: GuardVerdict) -> None:
    from rich.console import Console
    from rich.table import Table

    from soothsay.align.guard import rows

    table = Table(title=f"{name} at {verdict.scale:g}", box=None, padding=(0, 1), title_justify="left")
    for heading in _HEADINGS:
        table.add_column(heading)
    for row in rows(verdict):
        table.add_row(*row)
    Console(soft_wrap=True, highlight=False).print(table)


def _registry() -> AdapterRegistry:
    from soothsay.align.adapters import AdapterRegistry, adapters_folder

    return AdapterRegistry(adapters_folder())


def _to_json(known: KnownAdapter) -> dict[str, Any]:
    guard = known.record.guard
    decided = {} if guard is None else {"passed": guard.passed, "problems": list(guard.problems)}
    return {
        "name": known.name,
        "folder": str(known.folder),
        **asdict(known.record),
        **decided,
        "problem": known.problem(known.record.base_sha256),
    }


def _line(known: KnownAdapter) -> str:
    record = known.record
    place = f" {record.workspace}" if record.workspace else ""
    if problem := known.problem(record.base_sha256):
        said = problem
    elif record.guard is None:
        said = "not measured"
    else:
        said = "passed the guard" if record.guard.passed else f"refused: {record.guard.why}"
    return (
        f"{known.name}  {record.state}  {record.scope}{place}  {record.base_model}  "
        f"{record.loss}, rank {record.rank}, scale {record.scale:g}  {record.created}  {said}"
    )
