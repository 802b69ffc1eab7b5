"""What differs between language servers, as data.

Another server is a few lines. Pyright, for example::

    PYRIGHT = Adapter(
        language="python",
        name="pyright",
        suffixes=(".py", ".pyi"),
        find_command=on_path("pyright-langserver", "--stdio"),
        settings=lambda python: {"python": {"pythonPath": str(python)}} if python else {},
        kinds={
            "reportAttributeAccessIssue": "not_a_member",
            "reportUndefinedVariable": "unknown_name",
            "reportMissingImports": "unresolved_import",
            "reportCallIssue": "no_overload",
            "reportArgumentType": "wrong_type",
        },
        is_unknown=lambda hover: hover.rstrip().endswith(": Unknown"),
    )
"""

from __future__ import annotations

import re
import shutil
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from soothsay.oracle.types import FindingKind
from soothsay_index.types import Parameter

FindCommand = Callable[[], Sequence[str] | None]


@dataclass(frozen=True)
class Adapter:
    """One language server for one language."""

    language: str  # LSP's languageId
    name: str
    suffixes: tuple[str, ...]  # the files it judges
    find_command: FindCommand  # None: it is not installed
    settings: Callable[[Path | None], Mapping[str, Any]]  # for the environment of this interpreter
    kinds: Mapping[str, FindingKind]  # by diagnostic code; the rest are "other"
    is_unknown: Callable[[str], bool]  # whether a hover text says that the type is not known
    is_anything: Callable[[str], bool] = lambda hover: False  # … that the type is dynamic on purpose
    tells_of_union: Callable[[str], bool] = lambda message: (
        False
    )  # whether a refused member's receiver is one
    project_files: tuple[str, ...] = ()  # names of files that configure it
    canary: str = "zz_soothsay_zz\n"  # a text that there must be something to say about
    anything_label: str = "(...)"  # how a signature that takes whatever it is given is written
    # what the server adds to the parameters that it unpacked from a TypedDict, and the source that proves it did
    unpacked_extra: Parameter | None = None
    unpacked_source: str = ""


def find_ty() -> Sequence[str] | None:
    """``ty`` of our own environment (it is a dependency), else the one on PATH."""
    try:
        from ty import find_ty_bin

        return [find_ty_bin(), "server"]
    except (ImportError, OSError):
        pass
    beside = Path(sys.executable).with_name("ty.exe" if sys.platform == "win32" else "ty")
    found = str(beside) if beside.is_file() else shutil.which("ty")
    return [found, "server"] if found else None


# Every rule of ty 0.0.105 was looked at. Only what says that a name, a module or an argument is wrong counts
# as such; rules about types that a correct call may well break in untyped code are "other" or switched off.
_TY_KINDS: dict[str, FindingKind] = {
    "unresolved-reference": "unknown_name",
    "missing-attribute": "not_a_member",
    "missing-module-member": "not_a_member",
    "import-not-found": "unresolved_import",
    "unknown-argument": "unknown_argument",
    "too-many-positional-arguments": "unknown_argument",
    "positional-only-parameter-as-kwarg": "unknown_argument",
    "parameter-already-assigned": "unknown_argument",
    "unknown-typed-dict-constructor-key": "unknown_argument",
    "invalid-typed-dict-key": "unknown_argument",
    "missing-argument": "missing_argument",
    "missing-typed-dict-key": "missing_argument",
    "invalid-argument-type": "wrong_type",
    "not-callable": "wrong_type",
    "not-iterable": "wrong_type",
    "not-subscriptable": "wrong_type",
    "unsupported-operator": "wrong_type",
    "invalid-await": "wrong_type",
    "invalid-context-manager": "wrong_type",
    "invalid-assignment": "wrong_type",
    "no-matching-overload": "no_overload",
    "invalid-syntax": "syntax",
}
# the same rules before they were renamed: an older ty that is pinned by somebody still works
_TY_OLD_KINDS: dict[str, FindingKind] = {
    "unresolved-attribute": "not_a_member",
    "unresolved-import": "unresolved_import",
    "call-non-callable": "wrong_type",
    "non-subscriptable": "wrong_type",
}
# `x.upper()` where x may be None is no hallucination, and unfinished functions return nothing yet
_TY_OFF = (
    "missing-union-attribute",
    "possibly-missing-attribute",
    "possibly-missing-import",
    "possibly-missing-submodule",  # `botocore.exceptions` after `import botocore` works when boto3 is imported, too
    "possibly-missing-implicit-call",
    "possibly-unresolved-reference",
    "invalid-implicit-return",
    "invalid-implicit-return-in-function-with-stub-body",
    "deprecated",
    "redundant-cast",
    "redundant-condition",
    "truthiness-test-of-callable",
    "truthiness-test-of-iterable",
    "undefined-reveal",
    "unused-awaitable",
    "unused-ignore-comment",
    "unused-type-ignore-comment",
)


def _ty_settings(python: Path | None) -> Mapping[str, Any]:
    # said here, the user's own ty.toml cannot switch off what we need, nor switch on what disturbs
    configuration: dict[str, Any] = {
        "rules": {
            **dict.fromkeys((rule for rule in _TY_KINDS if rule != "invalid-syntax"), "error"),
            **dict.fromkeys(_TY_OFF, "ignore"),
        }
    }
    if python is not None:
        configuration["environment"] = {"python": str(python)}
    return {
        "configuration": configuration,
        "diagnosticMode": "openFilesOnly",
        "completions": {"autoImport": False},
    }


def _ty_is_unknown(hover: str) -> bool:
    return _has_part(hover, ("Unknown", "@Todo", "Todo"))


def _ty_is_anything(hover: str) -> bool:
    return _has_part(hover, ("Any",))


def _has_part(hover: str, names: tuple[str, ...]) -> bool:
    """Whether one of ``names`` is the type in ``hover`` or one of its union's; a callable's own types do not count."""
    shown = hover.partition("\n---")[0].strip()
    if "->" in shown or shown.startswith(("def ", "class ", "<", "bound method ")):
        return False
    return any(part.strip().startswith(names) for part in shown.rpartition(": ")[2].split(" | "))


_TY_RECEIVER = re.compile(r"[Oo]bject of type `(.+)` has no")
_BRACKETED = re.compile(r"\[[^\[\]]*\]|\([^()]*\)|<[^<>]*>")


def _ty_tells_of_union(message: str) -> bool:
    match = _TY_RECEIVER.search(message)
    shown = match.group(1) if match else ""
    while shown != (shown := _BRACKETED.sub("", shown)):
        pass
    return " | " in shown


PYTHON = Adapter(
    language="python",
    name="ty",
    suffixes=(".py", ".pyi"),
    find_command=find_ty,
    settings=_ty_settings,
    kinds=_TY_OLD_KINDS | _TY_KINDS,
    is_unknown=_ty_is_unknown,
    is_anything=_ty_is_anything,
    tells_of_union=_ty_tells_of_union,
    project_files=("ty.toml", "pyproject.toml"),
    # by the letter a TypedDict may hold more keys than it names; the functions described so take none of them
    unpacked_extra=Parameter("kwargs", "var_keyword", required=False, annotation="object"),
    unpacked_source="Unpack[",
)

ADAPTERS: Mapping[str, Adapter] = {adapter.language: adapter for adapter in (PYTHON,)}


def on_path(program: str, *arguments: str) -> FindCommand:
    """Finds ``program`` on PATH when it is asked to."""

    def find() -> Sequence[str] | None:
        found = shutil.which(program)
        return [found, *arguments] if found else None

    return find
