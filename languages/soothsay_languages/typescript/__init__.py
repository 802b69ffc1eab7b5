"""TypeScript and JavaScript, with and without elements (TSX, JSX): three languages of one folder."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from soothsay_languages.base import CallSyntax, Language, ProjectLayout, SharedNames
from soothsay_languages.queries import read_query
from soothsay_languages.typescript.keys import key_among_elements, object_key
from soothsay_languages.typescript.oracle import COMPILER
from soothsay_languages.typescript.words import BLOCKS, BUILTINS, IMPORTS, KEYWORDS, LEXIS, STATEMENTS

if TYPE_CHECKING:
    import tree_sitter

    from soothsay_languages.base import ReadsValues
    from soothsay_languages.environment import EnvironmentFinder
    from soothsay_languages.resolving import Resolver
    from soothsay_languages.scopes import ModuleName


def _values() -> ReadsValues:
    from soothsay_languages.typescript.known_values import ScriptValues

    return ScriptValues()


def _environments() -> EnvironmentFinder:
    from soothsay_languages.typescript.environment.finder import NodeEnvironments

    return NodeEnvironments()


def _targets() -> Callable[[tree_sitter.Node, ModuleName], str]:
    from soothsay_languages.typescript.imports import target_of

    return target_of


def _module_of(root: Path, path: Path) -> ModuleName:
    from soothsay_languages.typescript.modules import module_of

    return module_of(root, path)


def _resolver() -> Resolver:
    from soothsay_languages.typescript.resolution import ScriptResolver

    return ScriptResolver()


def typescript_grammar() -> tree_sitter.Language:
    """Load TypeScript's grammar."""
    import tree_sitter
    import tree_sitter_typescript

    return tree_sitter.Language(tree_sitter_typescript.language_typescript())


def tsx_grammar() -> tree_sitter.Language:
    """Load the grammar of TypeScript with elements."""
    import tree_sitter
    import tree_sitter_typescript

    return tree_sitter.Language(tree_sitter_typescript.language_tsx())


def _javascript() -> tree_sitter.Language:
    import tree_sitter
    import tree_sitter_javascript

    return tree_sitter.Language(tree_sitter_javascript.language())


def _read(*names: str) -> str:
    return "\n".join(read_query(__name__, name) for name in names)


_CALLS = CallSyntax(
    query="""
        (call_expression function: (identifier) @name arguments: (arguments) @arguments) @call
        (call_expression
            function: (member_expression object: (_) @receiver property: (property_identifier) @name)
            arguments: (arguments) @arguments) @call
        (new_expression constructor: (identifier) @name arguments: (arguments) @arguments) @call
        (new_expression
            constructor: (member_expression object: (_) @receiver property: (property_identifier) @name)
            arguments: (arguments) @arguments) @call
    """,
    accesses=(".", "?."),
    splat="spread_element",
    names=("identifier", "member_expression"),
)
_SOURCES = "soothsay_languages.typescript.sources"
_LAYOUT = ProjectLayout(
    root_files=("package.json", "tsconfig.json", "jsconfig.json"),
    skipped_folders=("node_modules", "bower_components", ".next", ".nuxt", ".svelte-kit", ".turbo", ".yarn"),
    generated_files=("*[.-]min.*js", "*.bundle.*js", "*.chunk.*js"),
)


TYPESCRIPT = Language(
    id="typescript",
    suffixes=frozenset({".ts", ".mts", ".cts"}),
    lexis=LEXIS,
    blocks=BLOCKS,
    statements=STATEMENTS,
    keywords=KEYWORDS,
    builtins=BUILTINS,
    imports=re.compile(IMPORTS, re.MULTILINE),
    calls=_CALLS,
    key=object_key,
    grammar=typescript_grammar,
    locals=_read("locals.scm", "locals_typescript.scm"),
    import_targets=_targets,
    modules=_module_of,
    resolver=_resolver,
    environments=_environments,
    file_sources=(f"{_SOURCES}.files:ScriptFiles",),
    package_sources=(f"{_SOURCES}.packages:open_source",),
    layout=_LAYOUT,
    values=_values,
    oracles=(COMPILER,),
    shares=(SharedNames(_read("shared.scm"), mark=re.compile(r"\bprocess\b")),),
    tags=_read("tags.scm", "tags_typescript.scm"),
    family="javascript",
)

TSX = replace(
    TYPESCRIPT,
    id="typescriptreact",
    names=frozenset({"tsx", "typescript.tsx"}),
    suffixes=frozenset({".tsx"}),
    grammar=tsx_grammar,
    key=key_among_elements,
    file_sources=(),
)

JAVASCRIPT = replace(
    TYPESCRIPT,
    id="javascript",
    names=frozenset({"javascriptreact", "jsx", "javascript.jsx"}),
    suffixes=frozenset({".js", ".mjs", ".cjs", ".jsx"}),
    grammar=_javascript,
    key=key_among_elements,
    locals=_read("locals.scm", "locals_javascript.scm"),
    file_sources=(),
    tags=_read("tags.scm"),
)
