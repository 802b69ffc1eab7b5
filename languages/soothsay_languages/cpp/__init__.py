"""C and C++: two languages of one folder. Headers are read as C++, which has nearly all of C."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from soothsay_languages.base import CallSyntax, Language, ProjectLayout
from soothsay_languages.cpp.oracle import CLANGD, CLANGD_OF_C
from soothsay_languages.cpp.words import (
    BLOCKS,
    C_BUILTINS,
    C_KEYWORDS,
    CPP_BUILTINS,
    CPP_KEYWORDS,
    IMPORTS,
    LEXIS,
    STATEMENTS,
)
from soothsay_languages.queries import read_query

if TYPE_CHECKING:
    import tree_sitter

    from soothsay_languages.base import ReadsValues


def _values() -> ReadsValues:
    from soothsay_languages.cpp.known_values import CppValues

    return CppValues()


def _c() -> tree_sitter.Language:
    import tree_sitter
    import tree_sitter_c

    return tree_sitter.Language(tree_sitter_c.language())


def _cpp() -> tree_sitter.Language:
    import tree_sitter
    import tree_sitter_cpp

    return tree_sitter.Language(tree_sitter_cpp.language())


def _read(*names: str) -> str:
    return "\n".join(read_query(__name__, name) for name in names)


_C_CALLS = CallSyntax(
    query="""
        (call_expression function: (identifier) @name arguments: (argument_list) @arguments) @call
        (call_expression
            function: (field_expression argument: (_) @receiver field: (field_identifier) @name)
            arguments: (argument_list) @arguments) @call
    """,
    accesses=(".", "->"),
    names=("identifier", "field_expression"),
)
# what is qualified is nested to the right: `a::b::c(1)` is `b::c` in the scope `a`
_CPP_CALLS = CallSyntax(
    query=_C_CALLS.query
    + """
        (call_expression
            function: (template_function name: (identifier) @name)
            arguments: (argument_list) @arguments) @call
        (call_expression
            function: (field_expression argument: (_) @receiver field: (template_method name: (_) @name))
            arguments: (argument_list) @arguments) @call
        (call_expression
            function: (qualified_identifier
                scope: (_)? @receiver
                name: [(identifier) @name (template_function name: (identifier) @name)])
            arguments: (argument_list) @arguments) @call
        (call_expression
            function: (qualified_identifier
                scope: (_) @receiver
                name: (qualified_identifier
                    name: [(identifier) @name (template_function name: (identifier) @name)]))
            arguments: (argument_list) @arguments) @call
        (call_expression
            function: (qualified_identifier
                scope: (_) @receiver
                name: (qualified_identifier
                    name: (qualified_identifier
                        name: [(identifier) @name (template_function name: (identifier) @name)])))
            arguments: (argument_list) @arguments) @call
        (new_expression type: (type_identifier) @name arguments: (argument_list) @arguments) @call
        (new_expression
            type: (qualified_identifier scope: (_) @receiver name: (type_identifier) @name)
            arguments: (argument_list) @arguments) @call
    """,
    accesses=(".", "->", "::"),
    splat="parameter_pack_expansion",
    names=("identifier", "field_expression", "qualified_identifier"),
)
# `CMakeLists.txt`, `meson.build` and makefiles lie in the folders of a project as well
_LAYOUT = ProjectLayout(
    root_files=(
        *("compile_commands.json", "compile_flags.txt", "CMakePresets.json", "configure.ac"),
        *("meson.options", "meson_options.txt", "conanfile.txt", "vcpkg.json", "MODULE.bazel", "WORKSPACE"),
    ),
    skipped_folders=(
        *("CMakeFiles", "cmake-build-*", "_deps", "bazel-*", "vcpkg_installed", ".ccls-cache", ".clangd"),
        *("meson-private", "meson-info"),
    ),
    skipped_marks=("CMakeCache.txt", "build.ninja"),
)

C = Language(
    id="c",
    suffixes=frozenset({".c"}),
    lexis=LEXIS,
    blocks=BLOCKS,
    statements=STATEMENTS,
    keywords=C_KEYWORDS,
    builtins=C_BUILTINS,
    imports=re.compile(IMPORTS, re.MULTILINE),
    calls=_C_CALLS,
    grammar=_c,
    locals=_read("locals.scm"),
    layout=_LAYOUT,
    values=_values,
    oracles=(CLANGD_OF_C,),
    tags=_read("tags.scm"),
    family="c",
)

CPP = replace(
    C,
    id="cpp",
    names=frozenset({"c++"}),
    suffixes=frozenset(
        {".cpp", ".cc", ".cxx", ".c++", ".cppm", ".h", ".hpp", ".hh", ".hxx", ".h++", ".inl", ".ipp", ".tpp"}
    ),
    keywords=CPP_KEYWORDS,
    builtins=CPP_BUILTINS,
    calls=_CPP_CALLS,
    grammar=_cpp,
    locals=_read("locals.scm", "locals_cpp.scm"),
    oracles=(CLANGD,),
    tags=_read("tags.scm", "tags_cpp.scm"),
)
