"""The words of C and C++, and how their lines group."""

from __future__ import annotations

from soothsay_languages.base import Blocks, Lexis, Statements

C_KEYWORDS = frozenset(
    [
        *("auto", "bool", "break", "case", "char", "const", "constexpr", "continue", "default", "do"),
        *("double", "else", "enum", "extern", "false", "float", "for", "goto", "if", "inline", "int"),
        *("long", "nullptr", "register", "restrict", "return", "short", "signed", "sizeof", "static"),
        *("struct", "switch", "true", "typedef", "typeof", "union", "unsigned", "void", "volatile"),
        *("while", "alignas", "alignof", "static_assert", "thread_local"),
    ]
)

CPP_KEYWORDS = C_KEYWORDS | frozenset(
    [
        *("and", "catch", "char8_t", "char16_t", "char32_t", "class", "co_await", "co_return", "co_yield"),
        *("concept", "consteval", "constinit", "const_cast", "decltype", "delete", "dynamic_cast"),
        *("explicit", "export", "final", "friend", "import", "module", "mutable", "namespace", "new"),
        *("noexcept", "not", "operator", "or", "override", "private", "protected", "public"),
        *("reinterpret_cast", "requires", "static_cast", "template", "this", "throw", "try", "typeid"),
        *("typename", "using", "virtual", "wchar_t"),
    ]
)

# what is written like a call, and is none of a function
C_BUILTINS = frozenset({"_Alignof", "_Static_assert", "alignof", "defined", "sizeof", "static_assert"})
CPP_BUILTINS = C_BUILTINS | {
    *("const_cast", "decltype", "dynamic_cast", "noexcept", "reinterpret_cast", "static_cast", "typeid"),
}

# Right before a brace they say that it holds no statements: a value goes before it, or a type that it makes one of. A
# type stands without a blank before its brace, and words that open a block are none.
_OPERATORS = r"(?<![=!<>])=|[\[(,?&|+*%]|\b(?:return|co_return|co_yield|in)\b"
_TYPE = (
    r"^(?![^\n]*\bnamespace\b)[^\n]*[\w>]"
    r"(?<!\belse)(?<!\bdo)(?<!\btry)(?<!\bconst)(?<!\boverride)(?<!\bfinal)(?<!\bnoexcept)(?<!\bmutable)\Z"
)

LEXIS = Lexis(
    line_comment="//",
    block_comment=("/*", "*/"),
    strings=('"', "'"),
    string_prefixes=("u8R", "uR", "UR", "LR", "R", "u8", "u", "U", "L"),
    # numbers with marks between their digits, and raw strings
    opaque=r"(?<![\w'])\d\w*(?:'\w+)+|\b(?:u8|[uUL])?R\"(?P<raw>[^()\\\s]{0,16})\(.*?\)(?P=raw)\"",
    brackets={"(": ")", "[": "]", "{": "}"},
    continuation="\\",
    block="{",
    expression_before=f"{_OPERATORS}|{_TYPE}",
    members_before=r"\b(?:class|struct|union|enum)\b[^;{}()=]*",
    unfinished=r"[=,|?%^]|&&|(?<!\+)\+|(?<!-)-|<<",
    goes_on=r"\.(?!\.)|[<>?|=&{]|-(?!-)|:(?!:)|\+(?!\+)|/(?![/*])|%|!=",
)

BLOCKS = Blocks(
    opener="{",
    statement_words=frozenset(
        [
            *("break", "case", "continue", "default", "do", "for", "goto", "if", "namespace", "return"),
            *("switch", "try", "typedef", "using", "while"),
        ]
    ),
    placeholder=";",
)

STATEMENTS = Statements(
    importing=("#include", "# include", "import", "#import"),
    declaring=(
        *("void", "static void", "virtual void", "inline void", "template", "struct", "class", "enum"),
        *("union", "namespace", "typedef", "using", "extern", "explicit", "virtual", "friend", "concept"),
    ),
    colons=True,
)

# whole lines
IMPORTS = r"^(?:[ \t]*#[ \t]*include\b[^\n]*|using\s[^;=\n]+;[^\n]*)\n"
