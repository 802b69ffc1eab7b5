"""The words of Java, and how its lines group."""

from __future__ import annotations

from soothsay_languages.base import Blocks, Lexis, Statements

KEYWORDS = frozenset(
    [
        *("abstract", "assert", "boolean", "break", "byte", "case", "catch", "char", "class", "const"),
        *("continue", "default", "do", "double", "else", "enum", "extends", "false", "final", "finally"),
        *("float", "for", "goto", "if", "implements", "import", "instanceof", "int", "interface", "long"),
        *("native", "new", "null", "package", "permits", "private", "protected", "public", "record"),
        *("return", "sealed", "short", "static", "strictfp", "super", "switch", "synchronized", "this"),
        *("throw", "throws", "transient", "true", "try", "var", "void", "volatile", "when", "while", "yield"),
    ]
)

# of the package java.lang, which needs no import
BUILTINS = frozenset(
    [
        *("Boolean", "Byte", "Character", "Class", "Double", "Enum", "Error", "Exception", "Float"),
        *("IllegalArgumentException", "IllegalStateException", "Integer", "Iterable", "Long", "Math"),
        *("NullPointerException", "Number", "Object", "Override", "Runnable", "RuntimeException", "Short"),
        *("String", "StringBuilder", "System", "Thread", "Throwable"),
    ]
)

LEXIS = Lexis(
    line_comment="//",
    block_comment=("/*", "*/"),
    strings=('"""', '"', "'"),
    multiline_strings=('"""',),
    brackets={"(": ")", "[": "]", "{": "}"},
    block="{",
    expression_before=r"[=(\[,{]|\]",  # the elements of an array
    members_before=r"\b(?:class|interface|enum|record)\b[^;{}=]*|\bnew\s[^;{}=]*\)",
    unfinished=r"[=,&|*/%^?:.<]|(?<!\+)\+|(?<!-)-|->",
    goes_on=r"\.|\?|:\s|&&|\|\||->|[+*/%-]\s|(?:instanceof|throws|extends|implements|permits)\s",
)

BLOCKS = Blocks(
    opener="{",
    attached="@",
    statement_words=frozenset(
        [
            *("abstract", "assert", "break", "case", "class", "continue", "default", "do", "enum", "final"),
            *("for", "if", "import", "interface", "package", "private", "protected", "public", "return"),
            *("static", "synchronized", "throw", "try", "while"),
        ]
    ),
    placeholder=";",
)

STATEMENTS = Statements(
    importing=("import", "package"),
    declaring=(
        *("class", "interface", "enum", "record", "public", "private", "protected", "static", "abstract"),
        *("final class", "void"),
    ),
    colons=True,
)

IMPORTS = r"^(?:package|import)\s[^;\"()=]{1,300};[^\n]*\n"
