"""`soothsay feedback`: what the log of completions holds, and deleting it. Nothing of it is ever sent anywhere."""

from __future__ import annotations

import argparse
import json
import sys
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from soothsay.cli.models import OK
from soothsay.errors import SoothsayError
from soothsay_common.private import write_private
from soothsay_common.visible import readable

if TYPE_CHECKING:
    from argparse import _SubParsersAction

    from soothsay.feedback.log import FeedbackLog, LogSummary
    from soothsay.feedback.rows import FeedbackRow

_LAST = 10


def add_feedback_parser(subparsers: _SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add `feedback` and its subcommands to the command line."""
    feedback = subparsers.add_parser(
        "feedback", help="show, export or delete the log of what became of completions"
    )
    verbs = feedback.add_subparsers(dest="feedback_command", metavar="COMMAND", required=True)
    status = verbs.add_parser("status", help="say where the log is, and how much is in it")
    status.add_argument("--json", action="store_true", help="print JSON")
    status.set_defaults(run=_status)
    inspect = verbs.add_parser("inspect", help="print rows, the newest last")
    inspect.add_argument(
        "id", nargs="?", metavar="ID", help="everything of one row; its first letters will do"
    )
    inspect.add_argument(
        "--last", type=int, default=_LAST, metavar="N", help="so many rows (default: %(default)s)"
    )
    inspect.set_defaults(run=_inspect)
    export = verbs.add_parser("export", help="write all rows as JSON, one a line")
    export.add_argument("file", nargs="?", type=Path, metavar="FILE", help="default: to standard output")
    export.set_defaults(run=_export)
    purge = verbs.add_parser("purge", help="delete the log, with everything in it")
    purge.set_defaults(run=_purge)


def _status(args: argparse.Namespace) -> int:
    summary = _log().summary()
    print(json.dumps(_summary_to_json(summary), indent=2) if args.json else readable(_describe(summary)))
    return OK


def _inspect(args: argparse.Namespace) -> int:
    log = _log()
    if not args.id:
        for row in log.rows(last=max(0, args.last)):
            print(readable(_line(row)))
        return OK
    found = list(log.rows(last=2, id=args.id))
    if len(found) != 1:
        raise SoothsayError(f"{'several rows begin' if found else 'no row begins'} with {args.id!r}")
    for name, value in asdict(found[0]).items():
        print(f"{name}: {readable(json.dumps(value, ensure_ascii=False))}")
    return OK


def _export(args: argparse.Namespace) -> int:
    lines = (json.dumps(asdict(row), ensure_ascii=False) for row in _log().rows())
    if args.file is None:
        for line in lines:
            print(line)
        return OK
    text = "".join(f"{line}\n" for line in lines)
    try:
        write_private(args.file, text)
    except OSError as error:
        raise SoothsayError(f"cannot write {args.file}: {error.strerror}") from error
    print(f"soothsay: {text.count(chr(10))} rows written to {args.file}", file=sys.stderr)
    return OK


def _purge(_: argparse.Namespace) -> int:
    count = _log().purge()
    print(f"soothsay: {count} rows deleted", file=sys.stderr)
    return OK


def _log() -> FeedbackLog:
    from soothsay.feedback.log import FeedbackLog, log_path

    return FeedbackLog(log_path())


def _summary_to_json(summary: LogSummary) -> dict[str, Any]:
    return {**asdict(summary), "path": str(summary.path)}


def _describe(summary: LogSummary) -> str:
    if not summary.rows or summary.oldest is None or summary.newest is None:
        return f"{summary.path}: nothing is logged (the setting feedback.workspaces names the folders in which it is)"
    became = ", ".join(f"{count} {name}" for name, count in sorted(summary.became.items()))
    return "\n".join(
        [
            f"{summary.path}: {summary.rows} rows, {summary.bytes / 1e6:.1f} MB, {_when(summary.oldest)} to {_when(summary.newest)}",
            became,
            f"{summary.with_texts} with texts" if summary.with_texts else "none with texts",
        ]
    )


def _line(row: FeedbackRow) -> str:
    kept = ", ".join(
        f"{'-' if count is None else count} after {name}"
        for name, count in (("10 s", row.kept_10s), ("30 s", row.kept_30s), ("5 min", row.kept_5min))
    )
    taken = f"{row.taken} of {row.characters} characters taken, kept: {kept}"
    return f"{row.id[:8]}  {_when(row.time)}  {row.language}  {row.verdict}  {row.became}  {taken}"


def _when(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).astimezone().strftime("%Y-%m-%d %H:%M")
