"""The command line. Data goes to standard output, messages to standard error."""

from __future__ import annotations

import argparse
import json
import logging
import os
import sys
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from soothsay import __version__
from soothsay.cli.align import add_align_parser
from soothsay.cli.align_adapters import adapter_uses
from soothsay.cli.backends import add_backend_parsers
from soothsay.cli.feedback import add_feedback_parser
from soothsay.cli.judges import add_judges_parser
from soothsay.cli.models import FAILED, INTERRUPTED, OK, add_models_parser, run_models
from soothsay.cli.prove import add_prove_parser, run_prove
from soothsay.config import METHODS, PATIENT, Settings, decode_settings
from soothsay.errors import Cancelled, SoothsayError
from soothsay_common.private import write_private
from soothsay_common.visible import readable

if TYPE_CHECKING:
    from soothsay.backend.client import BackendSession
    from soothsay.doctor import DoctorCheck


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command in ``arguments`` (default: `sys.argv`); return the exit code."""
    args = _parser().parse_args(arguments)
    if args.run is not _serve:
        logging.getLogger().addHandler(logging.NullHandler())  # commands print what the user must know
    try:
        return args.run(args)
    except SoothsayError as error:
        return _fail(str(error))
    except Cancelled:
        return _fail("the process of the model ended before it had answered: run `soothsay doctor`")
    except KeyboardInterrupt:
        return _fail("interrupted", INTERRUPTED)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # the reader of the output has ended
        return OK
    except Exception as error:
        if os.environ.get("SOOTHSAY_DEBUG"):
            raise
        return _fail(f"internal error, please report it: {type(error).__name__}: {error} "
                     "(SOOTHSAY_DEBUG=1 shows where)")  # fmt: skip


def _fail(message: str, code: int = FAILED) -> int:
    print(f"soothsay: {readable(' '.join(message.split()))}", file=sys.stderr)
    return code


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="soothsay",
        description="Code completion that detects when the model is guessing, and looks up the documentation.",
    )
    parser.add_argument("--version", action="version", version=f"soothsay {__version__}")
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)

    serve = commands.add_parser("serve", help="run the language server")
    serve.add_argument("--stdio", action="store_true", help="use standard input and output (the default)")
    serve.add_argument("--tcp", metavar="HOST:PORT", help="use TCP on a loopback address instead")
    serve.add_argument("--log-level", choices=("debug", "info", "warning", "error"), help="how much to log")
    serve.set_defaults(run=_serve)

    complete = commands.add_parser("complete", help="complete a file at a position")
    _add_position(complete, required=True)
    complete.add_argument(
        "--json", action="store_true", help="print the completion with its explanation as JSON"
    )
    complete.add_argument(
        "--adapter",
        action="append",
        dest="adapters",
        metavar="NAME[=SCALE]",
        help="use this adapter instead of the active ones; may be given several times",
    )
    complete.add_argument(
        "--no-adapters", action="store_const", const=[], dest="adapters", help="use no adapter"
    )
    complete.set_defaults(run=_complete)

    explain = commands.add_parser("explain", help="explain the last completion, or the one at a position")
    _add_position(explain, required=False)
    explain.set_defaults(run=_explain)

    index = commands.add_parser("index", help="build, update, show or publish the index of a workspace")
    index.add_argument("action", choices=("build", "update", "status", "publish"), nargs="?", default="build")
    _add_workspace(index)
    index.add_argument(
        "--all-packages", action="store_true", help="also index packages that the workspace does not import"
    )
    index.add_argument("--no-vectors", action="store_true", help="full text search only")
    index.add_argument(
        "--shared", metavar="URI", help="a shared index to copy from: a folder, s3://bucket/path …"
    )
    index.add_argument("--to", metavar="URI", help="publish: the destination, a folder or s3://bucket/path …")
    index.add_argument(
        "--packages-only", action="store_true", help="publish: leave out the workspace's own code"
    )
    index.add_argument("--json", action="store_true", help="print the result as JSON")
    index.set_defaults(run=_index)

    add_backend_parsers(commands)
    add_models_parser(commands)
    commands.choices["models"].set_defaults(run=run_models)
    add_feedback_parser(commands)
    add_align_parser(commands)
    add_judges_parser(commands)
    add_prove_parser(commands)
    commands.choices["prove"].set_defaults(run=run_prove)

    doctor = commands.add_parser("doctor", help="check the installation, and say how to fix it")
    _add_workspace(doctor)
    _add_model(doctor)
    doctor.add_argument("--json", action="store_true", help="print the checks as JSON")
    doctor.add_argument(
        "--report",
        nargs="?",
        const="-",
        metavar="FILE",
        help="write what a maintainer needs, without text of your files (default: to standard output)",
    )
    doctor.set_defaults(run=_doctor)
    return parser


def _add_position(parser: argparse.ArgumentParser, *, required: bool) -> None:
    parser.add_argument(
        "position",
        metavar="FILE:LINE:COL",
        nargs=None if required else "?",
        help="1-based, as editors show it",
    )
    parser.add_argument("--method", choices=METHODS, help=f"when to retrieve (default: {Settings().method})")
    _add_model(parser)
    _add_workspace(parser)


def _add_model(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--model", metavar="NAME|PATH", help="a model of `soothsay models list`, or a GGUF file"
    )


def _add_workspace(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--workspace", type=Path, help="root folder of the project (default: found from the file)"
    )
    parser.add_argument(
        "--python", dest="interpreter", metavar="PATH", help="interpreter whose packages are indexed"
    )


def _settings(args: argparse.Namespace) -> Settings:
    # a command waits for the whole answer; an editor's user does not
    raw: dict[str, Any] = {"model": {}, "index": {}, "completion": asdict(PATIENT)}
    model = getattr(args, "model", None)
    if model:
        from soothsay.model.files.resolve import name_and_path

        _, path = name_and_path(model)
        raw["model"]["path" if path else "name"] = model
    if getattr(args, "method", None):
        raw["method"] = args.method
    if getattr(args, "interpreter", None):
        raw["index"]["interpreter"] = args.interpreter
    if getattr(args, "all_packages", False):
        raw["index"]["all_packages"] = True
    if getattr(args, "shared", None):
        raw["index"]["uri"] = _address(args.shared)
    settings, problems = decode_settings(raw)
    if problems:
        raise SoothsayError(problems[0])
    return settings


def _serve(args: argparse.Namespace) -> int:
    from soothsay.frontend.transport import run_stdio, run_tcp

    if not args.tcp:
        return run_stdio(log_level=args.log_level)
    host, _, port = args.tcp.rpartition(":")
    if not host or not port.isdigit():
        raise SoothsayError(f"{args.tcp!r} is not an address: write HOST:PORT, for example 127.0.0.1:7110")
    return run_tcp(host, int(port), log_level=args.log_level)


def _complete(args: argparse.Namespace) -> int:
    completion = _completion_at(args)
    if args.json:
        print(json.dumps(completion, indent=2, ensure_ascii=False))
        return OK
    print(readable(completion["text"]))
    cited = [
        f"{e['symbol']} ({e['package']} {e['version']})" for e in completion["evidence"][:1] if e["package"]
    ]
    print(readable(" · ".join([completion["verdict"], *cited])), file=sys.stderr)
    return OK


def _explain(args: argparse.Namespace) -> int:
    from rich.console import Console

    from soothsay.cli.explain import explanation

    completion = _completion_at(args) if args.position else _read_last()
    Console().print(explanation(completion))
    return OK


def _completion_at(args: argparse.Namespace) -> dict[str, Any]:
    from soothsay.backend.client import BackendSession
    from soothsay.cli.locations import offset_at, parse_location, read_document
    from soothsay.cli.progress import bring_up_to_date, waiting
    from soothsay.engine.contract import completion_to_json
    from soothsay.engine.types import CompletionRequest
    from soothsay.frontend.languages import language_named
    from soothsay.frontend.project_sessions import with_interpreter
    from soothsay_index.runtime.projects import Project, project_of

    location = parse_location(args.position)
    text = read_document(location.path)
    language, problem = language_named(location.path)
    if language is None:
        raise SoothsayError(problem)
    offset = offset_at(text, location)
    settings = _settings(args)
    path = location.path.resolve()
    project = Project(_folder(args.workspace)) if args.workspace else project_of(path, (), os.environ)
    workspace = project.folder
    settings = with_interpreter(settings, "" if args.interpreter else project.interpreter)
    session = BackendSession(settings, workspace, name="soothsay complete", subfolders=project.subfolders)
    try:
        with waiting("loading the model"):
            session.load_model()  # first: a missing model is reported before the index is built
        bring_up_to_date(session, path)
        _print_warnings(session)
        adapters = adapter_uses(getattr(args, "adapters", None))
        request = CompletionRequest(path, text, offset, workspace, language.id, adapters=adapters)
        with waiting("completing"):
            completion = completion_to_json(session.complete(request))
    finally:
        session.close()
    _write_last(completion)
    return completion


def _print_warnings(session: BackendSession) -> None:
    for warning in session.warnings:
        print(f"soothsay: {warning}", file=sys.stderr)


def _index(args: argparse.Namespace) -> int:
    from dataclasses import asdict

    from soothsay.backend.client import BackendSession
    from soothsay.cli.progress import build_with_progress_bar

    workspace = _folder(args.workspace or Path.cwd())
    if args.action == "publish":
        return _publish(args, workspace)
    session = BackendSession(_settings(args), workspace, name="soothsay index")
    try:
        if args.action == "status":
            status = session.index_status()
        else:
            status = build_with_progress_bar(session, embed=not args.no_vectors)
        _print_warnings(session)
    finally:
        session.close()
    print(json.dumps(asdict(status), indent=2) if args.json else status.describe())
    return OK


def _folder(workspace: Path) -> Path:
    """Return the workspace's absolute path. Raises `SoothsayError` if there is no such folder."""
    if not workspace.is_dir():
        raise SoothsayError(f"there is no folder {workspace}: name the workspace's root folder")
    return workspace.resolve()


def _publish(args: argparse.Namespace, workspace: Path) -> int:
    from dataclasses import asdict

    from soothsay.cli.publishing import publish

    if not args.to:
        raise SoothsayError(
            "the destination is missing: soothsay index publish --to URI (a folder, s3://bucket/path …)"
        )
    publication, warnings = publish(
        _settings(args),
        workspace,
        _address(args.to),
        itself=not args.packages_only,
        embed=not args.no_vectors,
    )
    for warning in warnings:
        print(f"soothsay: {warning}", file=sys.stderr)
    print(json.dumps(asdict(publication), indent=2) if args.json else publication.describe())
    return OK


def _address(uri: str) -> str:
    """Return ``uri``; a folder is made absolute, relative to the current folder."""
    return uri if "://" in uri else str(Path(uri).expanduser().resolve())


def _doctor(args: argparse.Namespace) -> int:
    from soothsay.doctor import checks_as_json, examine, is_well, report

    workspace = (args.workspace or Path.cwd()).resolve()
    checks = examine(_settings(args), workspace)
    if args.report:
        return _report(args.report, checks, workspace)
    if args.json:
        print(json.dumps(checks_as_json(checks), indent=2))
        return OK if is_well(checks) else FAILED
    return OK if report(checks) else FAILED


def _report(target: str, checks: Sequence[DoctorCheck], workspace: Path) -> int:
    from soothsay.cli.report import maintainers_report
    from soothsay.doctor import is_well

    text = maintainers_report(checks, workspace)
    if target == "-":
        print(readable(text))
    else:
        try:
            write_private(Path(target), text + "\n")
        except OSError as error:
            raise SoothsayError(f"cannot write {target}: {error.strerror}") from error
        print(f"soothsay: written to {target}; read it before you send it", file=sys.stderr)
    return OK if is_well(checks) else FAILED


def _last_file() -> Path:
    from soothsay.paths import cache_folder

    return cache_folder() / "last-completion.json"


def _write_last(completion: dict[str, Any]) -> None:
    try:
        write_private(_last_file(), json.dumps(completion))
    except OSError as error:
        print(
            f"soothsay: the completion is not saved for `soothsay explain`: {error.strerror}", file=sys.stderr
        )


def _read_last() -> dict[str, Any]:
    try:
        return json.loads(_last_file().read_text(encoding="utf-8"))
    except (OSError, ValueError):
        raise SoothsayError("there is no last completion: name a position, FILE:LINE:COL") from None


if __name__ == "__main__":
    sys.exit(main())
