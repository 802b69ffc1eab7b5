"""Python."""

from __future__ import annotations

import builtins
import keyword
import re
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from soothsay_languages.base import (
    Blocks,
    CallSyntax,
    Language,
    Lexis,
    ProjectLayout,
    SharedNames,
    Statements,
)
from soothsay_languages.python.environment.start_up import start_up_paths
from soothsay_languages.python.oracle import TY
from soothsay_languages.queries import read_query

if TYPE_CHECKING:
    import tree_sitter

    from soothsay_languages.base import Binder, Exposes, Introduces, ReadsValues
    from soothsay_languages.cells import CellSyntax
    from soothsay_languages.environment import EnvironmentFinder
    from soothsay_languages.resolving import Resolver
    from soothsay_languages.scopes import ModuleName


def python_grammar() -> tree_sitter.Language:
    """Load Python's grammar."""
    import tree_sitter
    import tree_sitter_python

    return tree_sitter.Language(tree_sitter_python.language())


_SOURCES = "soothsay_languages.python.sources"


def _binder() -> Binder:
    from soothsay_languages.python.binder import PythonBinder

    return PythonBinder()


def _resolver() -> Resolver:
    from soothsay_languages.python.resolution import PythonResolver

    return PythonResolver()


def _exposes() -> Exposes:
    from soothsay_languages.python.reachability import exposing_edits

    return exposing_edits


def _cells() -> CellSyntax:
    from soothsay_languages.python.cells import PythonCells

    return PythonCells()


def _whole() -> Callable[[str], bool]:
    from soothsay_languages.python.whole import is_whole

    return is_whole


def _values() -> ReadsValues:
    from soothsay_languages.python.known_values import KnownValues

    return KnownValues()


def _introduces() -> Introduces:
    from soothsay_languages.python.introducing import introduce

    return introduce


def _line_length(root: Path) -> int:
    from soothsay_languages.python.line_length import line_length

    return line_length(root)


def _module_of(root: Path, path: Path) -> ModuleName:
    from soothsay_languages.python.modules import module_of

    return module_of(root, path)


def _environments() -> EnvironmentFinder:
    from soothsay_languages.python.environment.finder import PythonEnvironments

    return PythonEnvironments()


LANGUAGE = Language(
    id="python",
    suffixes=frozenset({".py", ".pyi", ".pyw"}),
    lexis=Lexis(
        line_comment="#",
        strings=('"""', "'''", '"', "'"),
        multiline_strings=('"""', "'''"),
        string_prefixes=("f", "r", "u", "b", "br", "rb", "fr", "rf"),
        brackets={"(": ")", "[": "]", "{": "}"},
        continuation="\\",
    ),
    blocks=Blocks(
        opener=":",
        attached="@",
        headers=frozenset(
            [
                "async",
                "class",
                "def",
                "elif",
                "else",
                "except",
                "finally",
                "for",
                "if",
                "match",
                "case",
                "try",
                "while",
                "with",
            ]
        ),
        statement_words=frozenset(
            [
                "assert",
                "break",
                "class",
                "continue",
                "def",
                "del",
                "elif",
                "except",
                "finally",
                "global",
                "import",
                "nonlocal",
                "pass",
                "raise",
                "return",
                "try",
                "while",
                "with",
            ]
        ),
        placeholder="pass",
        frame="if _:\n",
    ),
    statements=Statements(importing=("import", "from"), declaring=("def", "async def", "class")),
    keywords=frozenset(keyword.kwlist),
    builtins=frozenset(dir(builtins)),
    imports=re.compile(r"^(?:import\b.*|from\b.+?\bimport\b *(?:\([^()]*\)|[^(\n]*))\n", re.MULTILINE),
    calls=CallSyntax(
        query="""
            (call function: (identifier) @name arguments: (_) @arguments) @call
            (call function: (attribute object: (_) @receiver attribute: (identifier) @name)
                arguments: (_) @arguments) @call
        """,
        keyword="keyword_argument",
        splat="list_splat",
        mapping="dictionary_splat",
        alone="generator_expression",
        names=("identifier", "attribute"),
    ),
    grammar=python_grammar,
    whole=_whole,
    binder=_binder,
    resolver=_resolver,
    names_indexed=True,
    exposes=_exposes,
    values=_values,
    introduces=_introduces,
    line_length=_line_length,
    environments=_environments,
    start_up_paths=start_up_paths,
    layout=ProjectLayout(
        root_files=("pyproject.toml", "setup.py", "setup.cfg", "requirements.txt"),
        skipped_folders=(
            *(".venv", "venv", ".tox", ".nox", ".eggs", "*.egg-info", "site-packages"),
            *("__pycache__", ".mypy_cache", ".ruff_cache", ".pytest_cache", ".ipynb_checkpoints"),
        ),
        skipped_marks=("pyvenv.cfg",),
    ),
    cells=_cells,
    oracles=(TY,),
    shares=(
        SharedNames(
            read_query(__name__, "shared.scm"), mark=re.compile(r"\b(?:environ|getenv|add_argument|option)\b")
        ),
    ),
    modules=_module_of,
    file_sources=(f"{_SOURCES}.notebooks:Notebooks", f"{_SOURCES}.files:PythonFiles"),
    package_sources=(
        f"{_SOURCES}.azure_clients:open_source",
        f"{_SOURCES}.botocore_models:open_source",
        f"{_SOURCES}.installed:open_source",
        f"{_SOURCES}.release_notes:open_source",
        f"{_SOURCES}.stubs:open_source",
    ),
    family="python",
    companions={"boto3": "botocore", "aioboto3": "botocore", "aiobotocore": "botocore"},
)
