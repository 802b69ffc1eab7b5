"""The TypeScript compiler as an oracle: from version 7 on, it is a language server itself."""

from __future__ import annotations

import platform
import re
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from soothsay_languages.labels import CompleteLabels
from soothsay_languages.oracle import DiagnosticKind, ServerPackage, ServerSpec, Span, is_union, not_elsewhere
from soothsay_languages.parameters import Parameter, ParameterKind

# Codes of TypeScript 7.0. Only what says that a name, a module, an argument or a key is wrong counts as such. How many
# arguments a call lacks or has too many, its signatures tell: the code is the same.
_KINDS: dict[str, DiagnosticKind] = {
    **dict.fromkeys(("2304", "2552", "2503"), "unknown_name"),
    **dict.fromkeys(("2580", "2581", "2582", "2583", "2584", "2591", "2592", "2593"), "doubtful"),
    **dict.fromkeys(("2339", "2551", "2305", "2724", "2614", "2694", "2613", "1192"), "not_a_member"),
    **dict.fromkeys(("2307", "2792", "2834", "2835"), "unresolved_import"),
    "7016": "doubtful",  # a module without declarations
    **dict.fromkeys(("2353", "2561"), "unknown_argument"),  # a key that the type does not have
    **dict.fromkeys(("2741", "2739", "2740"), "missing_argument"),  # a key that the type requires
    **dict.fromkeys(("2554", "2555", "2575", "2769"), "no_overload"),
    **dict.fromkeys(("2345", "2559", "2322", "2362", "2363", "2365", "2538", "2488", "2461"), "wrong_type"),
    **dict.fromkeys(("2531", "2532", "2533", "18046", "18047", "18048", "18049", "2571"), "wrong_type"),
    **dict.fromkeys(("2357", "2364", "2540", "2588"), "bad_arguments"),  # what cannot be assigned to
    **dict.fromkeys(("2351", "2693", "2721", "2722", "2723"), "not_callable"),
    **dict.fromkeys(
        ("2348", "2349", "6234"), "not_a_member"
    ),  # it is there, and no function: none of this name is
}
_SUGGEST = {"suggest": {"autoImports": False}}
_IDS = {
    **dict.fromkeys((".ts", ".mts", ".cts"), "typescript"),
    ".tsx": "typescriptreact",
    **dict.fromkeys((".js", ".mjs", ".cjs"), "javascript"),
    ".jsx": "javascriptreact",
}
# without it, the compiler looks at no types in JavaScript
_CHECKED: dict[str, str] = dict.fromkeys((".js", ".mjs", ".cjs", ".jsx"), "// @ts-check\n")

_NO_PROPERTY = re.compile(r"^[ \t]*Property '[^'\n]+' does not exist on type ", re.MULTILINE)
_MISSING_PROPERTY = re.compile(
    r"^ *Property '[^'\n]+' is missing in type |^ *Type '[^\n]* is missing the following properties from type ",
    re.MULTILINE,
)
_PROPOSED = re.compile(r"[\w$]+(?:[:-][\w$]+)*")  # an attribute, too: `aria-label`
_RECEIVER = re.compile(r"on type '(.+)'\.")
_BRACKETED = re.compile(r"\[[^\[\]]*\]|\([^()]*\)|<[^<>]*>|\{[^{}]*\}|\"[^\"]*\"")
_UNKNOWN = re.compile(
    r"(?:\((?:property|parameter|local \w+|alias|accessor)\) )?(?:(?:const|let|var|import) )?[\w.$]+\??: any"
)
_PARAMETER = re.compile(r"(?P<rest>\.\.\.)?(?P<name>[\w$]+)(?P<optional>\?)?(?::\s*(?P<type>.*))?", re.DOTALL)
_SYSTEMS = {"win32": "win32", "darwin": "darwin", "linux": "linux"}
_MACHINES = {"x86_64": "x64", "amd64": "x64", "aarch64": "arm64", "arm64": "arm64", "armv7l": "arm"}


def find_compiler(folder: Path) -> Path | None:
    """Return the compiler for this machine that npm has installed into ``folder``: a package of its own, which needs no Node."""
    system, machine = _SYSTEMS.get(sys.platform, ""), _MACHINES.get(platform.machine().lower(), "")
    name = "tsc.exe" if sys.platform == "win32" else "tsc"
    program = folder / "node_modules" / "@typescript" / f"typescript-{system}-{machine}" / "lib" / name
    return program if program.is_file() else None


def _settings(_runtime: Path | None) -> Mapping[str, Any]:
    return {"typescript": _SUGGEST, "javascript": _SUGGEST, "js/ts": _SUGGEST}


def _options(_runtime: Path | None) -> Mapping[str, Any]:
    return {"disablePushDiagnostics": True}


def _is_unknown(hover: str) -> bool:
    shown = hover.strip()
    return shown == "any" or _UNKNOWN.fullmatch(shown) is not None


def _tells_of_union(message: str) -> bool:
    match = _RECEIVER.search(message)
    return match is not None and is_union(match[1], _BRACKETED)


def _kind_of(kind: DiagnosticKind, message: str) -> DiagnosticKind:
    """Return what ``message`` is of: a wrong type may be an attribute that an element does not take, or lacks.

    Where elements have attributes of their own (`key`), what is missing has no code of its own.
    """
    if kind != "wrong_type" or not message.startswith("Type '{"):
        return kind
    if _NO_PROPERTY.search(message):
        return "unknown_argument"
    return "missing_argument" if _MISSING_PROPERTY.search(message) else kind


def _may_import(written: str, path: Path) -> bool:
    name = path.name.partition(".")[0]
    module = path.parent.name if name == "index" else name
    return module == written.strip("'\"`").rpartition("/")[2].partition(".")[0]


class CompilerSignatures(CompleteLabels):
    """Read the labels of the compiler's signature help: ``pay(amount: number, note?: string, ...rest: any[]): void``."""

    def takes_anything(self, label: str, parameters: Sequence[Parameter]) -> bool:
        """Return whether ``label`` says that any arguments are taken."""
        kinds = [each.kind for each in parameters]
        return kinds == ["var_positional"] and parameters[0].annotation == "any[]"

    def parameters(self, label: str, spans: Sequence[Span]) -> tuple[Parameter, ...]:
        """Return the parameters of ``label``; all are given by position."""
        return tuple(_parameter(label[start:end]) for start, end in spans)


def _parameter(text: str) -> Parameter:
    match = _PARAMETER.fullmatch(text.strip())
    if match is None:  # taken apart: `{ a, b }: Options`
        return Parameter(
            "options", "positional_only", "?" not in text.partition(":")[0], text.rpartition("}: ")[2]
        )
    is_rest = match["rest"] is not None
    kind: ParameterKind = "var_positional" if is_rest else "positional_only"
    return Parameter(match["name"], kind, not is_rest and match["optional"] is None, match["type"] or "")


COMPILER = ServerSpec(
    name="typescript",
    find_command=not_elsewhere,
    language_ids=_IDS,
    kinds=_KINDS,
    settings=_settings,
    initialization_options=_options,
    install="soothsay judges install typescript",
    project_files=("tsconfig.json", "jsconfig.json", "package.json"),
    canary="zz_soothsay_zz;\n",
    member_operators=(".", "?."),
    is_unknown=_is_unknown,
    tells_of_union=_tells_of_union,
    may_import=_may_import,
    signatures=CompilerSignatures(),
    diagnostics_ms=400,
    package=ServerPackage("typescript", "7.0.2", find_compiler, ("--lsp", "--stdio"), licence="Apache-2.0"),
    preambles=_CHECKED,
    markup=True,
    lists_keys=True,
    kind_of=_kind_of,
    proposed=_PROPOSED,
)
