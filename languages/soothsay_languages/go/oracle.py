"""gopls, Go's language server, as an oracle: where the user has installed it, on PATH."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from soothsay_languages.labels import PositionalLabels
from soothsay_languages.oracle import DiagnosticKind, ServerSpec, on_path

# the type checker's own names of its errors, which gopls gives as codes
_KINDS: dict[str, DiagnosticKind] = {
    "UndeclaredName": "unknown_name",
    "UndeclaredImportedName": "not_a_member",
    "UnexportedName": "not_a_member",
    "MissingFieldOrMethod": "not_a_member",
    "MissingLitField": "unknown_argument",
    "UnexportedLitField": "unknown_argument",
    "WrongArgCount": "no_overload",
    "BrokenImport": "unresolved_import",
    "InvalidCall": "not_callable",
    **dict.fromkeys(("IncompatibleAssign", "InvalidIfaceAssign", "MismatchedTypes"), "wrong_type"),
    **dict.fromkeys(("UndefinedOp", "NotAType", "InvalidTypeArg", "TooManyValues"), "wrong_type"),
    "syntax": "syntax",
}
_UNKNOWN = re.compile(r"(?:var|field|const) [\w.]+ invalid type")


def _options(_runtime: Path | None) -> Mapping[str, Any]:
    # no other Go is fetched and run because a go.mod asks for it, and no compiler of C is called
    return {
        "env": {"GOTOOLCHAIN": "local", "CGO_ENABLED": "0", "GOFLAGS": "-mod=readonly"},
        "completeUnimported": False,
        "semanticTokens": False,
        "staticcheck": False,
    }


def _settings(runtime: Path | None) -> Mapping[str, Any]:
    return {"gopls": _options(runtime)}


def _is_unknown(hover: str) -> bool:
    return _UNKNOWN.match(hover.strip()) is not None


GOPLS = ServerSpec(
    name="gopls",
    find_command=on_path("gopls"),
    language_ids={".go": "go"},
    kinds=_KINDS,
    settings=_settings,
    initialization_options=_options,
    install="go install golang.org/x/tools/gopls@latest",
    project_files=("go.mod", "go.work"),
    is_unknown=_is_unknown,
    signatures=PositionalLabels(re.compile(r"(?P<name>\w+) (?P<rest>\.\.\.)?(?P<type>.+)", re.DOTALL)),
    diagnostics_ms=400,
    markup=True,
)
