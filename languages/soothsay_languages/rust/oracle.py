"""rust-analyzer, Rust's language server, as an oracle: where the user has installed it, on PATH."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from soothsay_languages.oracle import DiagnosticKind, ServerSpec, on_path

# The compiler's numbers of errors, as rust-analyzer's own checks give them. A method that it does not know (E0599) may be
# made by a derive macro, which is a program and is not run: that is a doubt.
_KINDS: dict[str, DiagnosticKind] = {
    "E0425": "unknown_name",
    **dict.fromkeys(("E0609", "E0616", "E0624"), "not_a_member"),
    **dict.fromkeys(("E0559", "E0560"), "unknown_argument"),  # a field that the struct does not have
    "E0063": "missing_argument",
    "E0107": "no_overload",  # too few arguments, or too many
    "E0308": "wrong_type",
    "E0618": "not_callable",
    **dict.fromkeys(("E0432", "E0433", "E0583"), "unresolved_import"),
    "syntax-error": "syntax",
}


def _options(_runtime: Path | None) -> Mapping[str, Any]:
    # nothing of a workspace is run: no build script, no macro that is a program, no compiler that its settings name
    return {
        "cargo": {
            "buildScripts": {"enable": False},
            "extraEnv": {"RUSTC": "rustc", "RUSTC_WRAPPER": "", "RUSTC_WORKSPACE_WRAPPER": ""},
        },
        "procMacro": {"enable": False},
        "checkOnSave": False,
        "cachePriming": {"enable": False},
        "completion": {"autoimport": {"enable": False}, "postfix": {"enable": False}},
        # names that nothing defines are told by checks that rust-analyzer calls experimental
        "diagnostics": {"experimental": {"enable": True}, "disabled": ["unresolved-proc-macro"]},
    }


def _settings(runtime: Path | None) -> Mapping[str, Any]:
    return {"rust-analyzer": _options(runtime)}


def _is_unknown(hover: str) -> bool:
    return "{unknown}" in hover


RUST_ANALYZER = ServerSpec(
    name="rust-analyzer",
    find_command=on_path("rust-analyzer"),
    language_ids={".rs": "rust"},
    kinds=_KINDS,
    settings=_settings,
    initialization_options=_options,
    install="rustup component add rust-analyzer",
    project_files=("Cargo.toml",),
    member_operators=(".", "::"),
    is_unknown=_is_unknown,
    diagnostics_ms=400,
    markup=True,
)
