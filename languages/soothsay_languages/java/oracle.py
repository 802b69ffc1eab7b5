"""Eclipse JDT's language server, of Java, as an oracle: where the user has installed it, on PATH."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from soothsay_languages.labels import PositionalLabels
from soothsay_languages.oracle import DiagnosticKind, ServerSpec, on_path

# the numbers of the compiler's problems (IProblem): what they are about is in the highest bits
_TYPE, _FIELD, _METHOD, _CONSTRUCTOR, _IMPORT, _INTERNAL = (1 << bit for bit in range(24, 30))
_NUMBERS: dict[int, DiagnosticKind] = {
    _TYPE + 2: "unknown_name",  # a type that cannot be resolved
    _INTERNAL + _FIELD + 50: "unknown_name",
    _FIELD + 83: "unknown_name",  # a variable
    _FIELD + 70: "not_a_member",
    _FIELD + 71: "not_a_member",  # there, and not visible
    _METHOD + 100: "not_a_member",
    _METHOD + 101: "not_a_member",
    _METHOD + 115: "no_overload",
    _CONSTRUCTOR + 130: "no_overload",
    _METHOD + 114: "wrong_type",  # a method of what is no object
    _TYPE + 17: "wrong_type",
    _IMPORT + 390: "unresolved_import",
}


def _settings(_runtime: Path | None) -> Mapping[str, Any]:
    # builds of Gradle are programs that a workspace brings: none is run
    return {
        "java": {
            "import": {"gradle": {"enabled": False, "wrapper": {"enabled": False}}},
            "autobuild": {"enabled": True},
            "jdt": {"ls": {"androidSupport": {"enabled": False}, "protobufSupport": {"enabled": False}}},
        }
    }


def _options(runtime: Path | None) -> Mapping[str, Any]:
    return {"settings": _settings(runtime)}


JDTLS = ServerSpec(
    name="jdtls",
    find_command=on_path("jdtls"),
    language_ids={".java": "java"},
    kinds={str(number): kind for number, kind in _NUMBERS.items()},
    settings=_settings,
    initialization_options=_options,
    install="install Eclipse JDT Language Server, with its program jdtls on PATH",
    project_files=("pom.xml",),
    signatures=PositionalLabels(re.compile(r"(?P<type>.+?)(?P<rest>\.\.\.)? (?P<name>\w+)", re.DOTALL)),
    quiet_ms=300,  # it publishes without versions, what is syntax first
    diagnostics_ms=1500,
    markup=True,
)
