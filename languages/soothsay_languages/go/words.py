"""The words of Go, and how its lines group."""

from __future__ import annotations

from soothsay_languages.base import Blocks, Lexis, Statements

KEYWORDS = frozenset(
    [
        *("break", "case", "chan", "const", "continue", "default", "defer", "else", "fallthrough", "for"),
        *("func", "go", "goto", "if", "import", "interface", "map", "package", "range", "return", "select"),
        *("struct", "switch", "type", "var", "true", "false", "nil", "iota"),
    ]
)

# what is predeclared: types, whose names convert, and functions
BUILTINS = frozenset(
    [
        *("any", "bool", "byte", "comparable", "complex64", "complex128", "error", "float32", "float64"),
        *("int", "int8", "int16", "int32", "int64", "rune", "string", "uint", "uint8", "uint16", "uint32"),
        *("uint64", "uintptr", "append", "cap", "clear", "close", "complex", "copy", "delete", "imag"),
        *("len", "make", "max", "min", "new", "panic", "print", "println", "real", "recover"),
    ]
)

# right before a brace: an operator, or a type on a line that neither opens a block nor ends a function's head
_OPERATORS = r"[=(\[,&]|(?<=[^\s])\s*:|\{[ \t]*\n|\}(?=\Z)"
_TYPE = (
    r"^(?![ \t]*(?:\}?[ \t]*else\b|if\b|for\b|switch\b|select\b|func\b|\)))(?![^\n]*\bfunc\b)"
    r"[^\n{}]*[\w\]](?:\{[^\n]*)?"
)

LEXIS = Lexis(
    line_comment="//",
    block_comment=("/*", "*/"),
    strings=("`", '"', "'"),
    multiline_strings=("`",),
    brackets={"(": ")", "[": "]", "{": "}"},
    block="{",
    expression_before=f"{_OPERATORS}|{_TYPE}",
    members_before=r"\b(?:struct|interface)\b",
    unfinished=r"[=,&|*/%^.<>]|(?<!\+)\+|(?<!-)-",
)

BLOCKS = Blocks(
    opener="{",
    statement_words=frozenset(
        [
            *("break", "case", "const", "continue", "default", "defer", "fallthrough", "for", "go", "goto"),
            *("if", "import", "package", "return", "select", "switch", "type", "var"),
        ]
    ),
    placeholder=";",
)

STATEMENTS = Statements(importing=("import", "package"), declaring=("func", "type"), colons=True)

# whole lines: `import "x"`, `import m "x"`, and `import (…)`
IMPORTS = r"^(?:package[^\n]*\n|import\s*\([^()]{0,4000}\)[^\n]*\n|import[^\n()]*\"[^\"\n]+\"[^\n]*\n)"
