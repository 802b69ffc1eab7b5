"""ty, Python's type checker, as an oracle."""

from __future__ import annotations

import logging
import re
import shutil
import sys
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from soothsay_languages.oracle import DiagnosticKind, ReadsHooks, ReadsOrigins, ServerSpec, Span, is_union
from soothsay_languages.parameters import Parameter, ParameterKind
from soothsay_languages.python.marks import outer_marks

log = logging.getLogger(__name__)


def find_ty() -> Sequence[str] | None:
    """Return the command of ty: the one in our own environment (it is a dependency), else the one on PATH."""
    try:
        from ty import find_ty_bin

        return [find_ty_bin(), "server"]
    except (ImportError, OSError):
        pass
    beside = Path(sys.executable).with_name("ty.exe" if sys.platform == "win32" else "ty")
    found = str(beside) if beside.is_file() else shutil.which("ty")
    return [found, "server"] if found else None


def find_python(workspace: Path, configured: str, environ: Mapping[str, str] | None) -> Path | None:
    """Return the interpreter whose packages ty is to see."""
    from soothsay_languages.environment import EnvironmentNotFoundError
    from soothsay_languages.python.environment.finder import find_python as locate

    try:
        located = locate(workspace, configured, environ)
    except EnvironmentNotFoundError as error:
        log.warning("the type checker sees no installed packages: %s", error)
        return None
    for refusal in located.refused:
        log.warning("%s", refusal)
    return located.interpreter.absolute()


# Every rule of ty 0.0.105 was looked at. Only what says that a name, a module or an argument is wrong counts
# as such; rules about types that a correct call may well break in untyped code are "other" or switched off.
_KINDS: dict[str, DiagnosticKind] = {
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
    "not-callable": "not_callable",
    "not-iterable": "wrong_type",
    "not-subscriptable": "wrong_type",
    "unsupported-operator": "wrong_type",
    "invalid-await": "wrong_type",
    "invalid-context-manager": "wrong_type",
    "invalid-assignment": "wrong_type",
    "no-matching-overload": "no_overload",
    "missing-union-attribute": "doubtful",
    "possibly-missing-attribute": "doubtful",
    "possibly-missing-import": "doubtful",
    # `botocore.exceptions` after `import botocore` works when boto3 is imported, too
    "possibly-missing-submodule": "doubtful",
    "possibly-missing-implicit-call": "doubtful",
    "possibly-unresolved-reference": "doubtful",
    "invalid-syntax": "syntax",
}
# the same rules before they were renamed: a user may have pinned an older ty
_OLD_KINDS: dict[str, DiagnosticKind] = {
    "unresolved-attribute": "not_a_member",
    "unresolved-import": "unresolved_import",
    "call-non-callable": "not_callable",
    "non-subscriptable": "wrong_type",
    "possibly-unbound-attribute": "doubtful",
    "possibly-unbound-import": "doubtful",
    "possibly-unbound-implicit-call": "doubtful",
}
# unfinished functions return nothing yet
_OFF = (
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


def _settings(python: Path | None) -> Mapping[str, Any]:
    # said here, the user's own ty.toml cannot switch off what we need, nor switch on what disturbs
    configuration: dict[str, Any] = {
        "rules": {
            **dict.fromkeys((rule for rule in _KINDS if rule != "invalid-syntax"), "error"),
            **dict.fromkeys(_OFF, "ignore"),
        }
    }
    if python is not None:
        configuration["environment"] = {"python": str(python)}
    return {
        "configuration": configuration,
        "diagnosticMode": "openFilesOnly",
        "completions": {"autoImport": False},
    }


def _is_unknown(hover: str) -> bool:
    return _has_part(hover, ("Unknown", "Todo", "Never"))  # Never: in code that is not reached


def _is_anything(hover: str) -> bool:
    return _has_part(hover, ("Any", "object"))


def _has_part(hover: str, names: tuple[str, ...]) -> bool:
    """Return whether one of ``names`` is the type in ``hover``, or one of its union's; a callable's own do not count."""
    shown = hover.partition("\n---")[0].strip()
    if "->" in shown or shown.startswith(("def ", "class ", "<", "bound method ")):
        return False
    parts = shown.rpartition(": ")[2].split(" | ")
    return any(re.split(r"\W", part.strip().lstrip("@"), maxsplit=1)[0] in names for part in parts)


_RECEIVER = re.compile(r"[Oo]bject of type `(.+)` has no")
_BRACKETED = re.compile(r"\[[^\[\]]*\]|\([^()]*\)|<[^<>]*>")


def _tells_of_union(message: str) -> bool:
    match = _RECEIVER.search(message)
    return match is not None and is_union(match[1], _BRACKETED)


def _may_import(written: str, path: Path) -> bool:
    module = path.parent.name if path.stem == "__init__" else path.stem
    return module == written.rpartition(".")[2].strip()


class Signatures:
    """Read the labels of ty's signature help."""

    def takes_anything(self, label: str, parameters: Sequence[Parameter]) -> bool:
        """Return whether ``label`` is of a callable that takes any arguments, or is not known."""
        if not parameters:
            return "(...)" in label
        kinds = [each.kind for each in parameters]
        return kinds == ["var_positional", "var_keyword"] and not any(each.annotation for each in parameters)

    def parameters(self, label: str, spans: Sequence[Span]) -> tuple[Parameter, ...]:
        """Return the parameters of ``label``, with their kinds."""
        parameters: list[Parameter] = []
        keyword_only = False
        end = label.rfind("(", 0, spans[0][0]) + 1 if spans else 0  # type parameters stand before
        for start, stop in spans:
            between = label[end:start]
            if "/" in between:
                parameters = [replace(each, kind="positional_only") for each in parameters]
            keyword_only = keyword_only or "*" in between
            text = label[start:stop]
            if text == "*":
                keyword_only = True
            elif text == "/":
                parameters = [replace(each, kind="positional_only") for each in parameters]
            else:
                parameter = _parameter(text, keyword_only)
                keyword_only = keyword_only or parameter.kind == "var_positional"
                parameters.append(parameter)
            end = stop
        if spans and label[end:].startswith(", /"):
            parameters = [replace(each, kind="positional_only") for each in parameters]
        return tuple(parameters)

    def needs_definition(self, parameters: Sequence[Parameter]) -> bool:
        """Return whether ``parameters`` may have been unpacked from a TypedDict."""
        return any(_is_extra(each) for each in parameters)

    def from_definition(
        self, parameters: tuple[Parameter, ...], lines: Sequence[str]
    ) -> tuple[Parameter, ...]:
        """Return ``parameters`` without the one that ty adds where the definition unpacks a TypedDict."""
        if "Unpack[" not in "".join(_head(lines)):
            return parameters
        return tuple(each for each in parameters if not _is_extra(each))


def _is_extra(parameter: Parameter) -> bool:
    """Return whether ``parameter`` may stand for more keys than a TypedDict names.

    As the type system defines it, it may hold them; the functions described so take none of them.
    """
    return parameter.kind == "var_keyword" and parameter.annotation == "object"


def _head(lines: Sequence[str]) -> Sequence[str]:
    """Return those of ``lines`` that the head of the first function stands in."""
    for count, line in enumerate(lines, 1):
        if line.rstrip().endswith((":", "...")) and "(" not in line:
            return lines[:count]
        if count > 1 and line.lstrip().startswith(("def ", "async def ", "@")):
            return lines[: count - 1]
    return lines


# of what is merely passed on: a cache asks no more of it than that it can be a key
_NO_TYPES = ("Any", "Unknown", "Hashable")


def _parameter(text: str, keyword_only: bool) -> Parameter:
    declared, has_default = _cut(text, "=")
    default = text[len(declared) + 1 :].strip()
    name, annotated = _cut(declared, ":")
    annotation = declared[len(name) + 1 :].strip() if annotated else ""
    name = name.strip()
    kind: ParameterKind = "keyword_only" if keyword_only else "positional_or_keyword"
    if name.startswith("*"):
        kind = "var_keyword" if name.startswith("**") else "var_positional"
        annotation = "" if annotation in _NO_TYPES else annotation
    required = not has_default and not name.startswith("*")
    return Parameter(name.lstrip("*"), kind, required, annotation, "" if default == "..." else default)


def _cut(text: str, mark: str) -> tuple[str, bool]:
    """Return ``text`` up to the first ``mark`` outside of brackets and strings, and whether there was one."""
    at = next(outer_marks(text, mark), None)
    return (text, False) if at is None else (text[:at], True)


def _origins() -> ReadsOrigins:
    from soothsay_languages.python.made_names import MadeNames  # needs the parser

    return MadeNames()


def _hooks() -> ReadsHooks:
    from soothsay_languages.python.attribute_hooks import AttributeHooks  # needs the parser

    return AttributeHooks()


TY = ServerSpec(
    name="ty",
    find_command=find_ty,
    language_ids={".py": "python", ".pyi": "python"},
    kinds=_OLD_KINDS | _KINDS,
    settings=_settings,
    required=True,
    install="pip install ty",
    find_runtime=find_python,
    project_files=("ty.toml", "pyproject.toml"),
    canary="zz_soothsay_zz\n",
    is_unknown=_is_unknown,
    is_anything=_is_anything,
    tells_of_union=_tells_of_union,
    may_import=_may_import,
    signatures=Signatures(),
    declarations=(".pyi",),
    origins=_origins,
    hooks=_hooks,
)
