"""The words of Rust, and how its lines group."""

from __future__ import annotations

from soothsay_languages.base import Blocks, Lexis, Statements

KEYWORDS = frozenset(
    [
        *("as", "async", "await", "break", "const", "continue", "crate", "dyn", "else", "enum", "extern"),
        *("false", "fn", "for", "if", "impl", "in", "let", "loop", "match", "mod", "move", "mut", "pub"),
        *("ref", "return", "self", "Self", "static", "struct", "super", "trait", "true", "type", "union"),
        *("unsafe", "use", "where", "while", "yield"),
    ]
)

# the types of the language, and what the prelude of the standard library brings
BUILTINS = frozenset(
    [
        *("bool", "char", "f32", "f64", "i8", "i16", "i32", "i64", "i128", "isize", "str", "u8", "u16"),
        *("u32", "u64", "u128", "usize", "Box", "Clone", "Default", "Drop", "Err", "Fn", "FnMut", "FnOnce"),
        *("From", "Into", "Iterator", "None", "Ok", "Option", "Result", "Some", "String", "ToString", "Vec"),
        "drop",
    ]
)

# right before a brace: an operator, or the name of a struct on a line that opens no block
_OPERATORS = r"(?<![=-])[=(\[,&]|(?<=[^\s:])\s*:"
_STRUCT = (
    r"^(?!(?:[^\n]*[\s(}])?(?:fn|if|else|for|while|loop|match|impl|trait|mod|extern|where|unsafe|async|move)\b)"
    r"(?![ \t]*\))(?![^\n]*(?:->|=>)[ \t]*\Z)(?![^\n]*\|[ \t]*(?:->[^\n]*)?\Z)[^\n]*[A-Z]\w*"
)

# `'` is none: it stands before the names of lifetimes as well
LEXIS = Lexis(
    line_comment="//",
    block_comment=("/*", "*/"),
    strings=('"',),
    brackets={"(": ")", "[": "]", "{": "}"},
    block="{",
    expression_before=f"{_OPERATORS}|{_STRUCT}",
    members_before=r"\b(?:struct|enum|union)\b[^;{}()=]*|\bmatch\b[^;{}]*|\buse\b[^;]*",
    unfinished=r"[=,&|+*%^<:.-]|=>|->",
    goes_on=r"\.|\?|&&|\|\||=>|[+*/%-]\s|as\s|where\b|else\b",
)

BLOCKS = Blocks(
    opener="{",
    attached="#[",
    statement_words=frozenset(
        [
            *("break", "const", "continue", "enum", "extern", "fn", "for", "impl", "let", "loop", "mod"),
            *("pub", "return", "static", "struct", "trait", "type", "use", "while"),
        ]
    ),
    placeholder=";",
)

STATEMENTS = Statements(
    importing=("use", "pub use", "extern crate", "mod", "pub mod"),
    declaring=(
        *("fn", "pub fn", "async fn", "pub async fn", "unsafe fn", "const fn", "pub const fn", "struct"),
        *("pub struct", "enum", "pub enum", "trait", "pub trait", "type", "pub type", "impl"),
    ),
    colons=True,
)

IMPORTS = r"^[ \t]*(?:pub(?:\([^()\n]*\))?[ \t]+)?(?:use|mod|extern[ \t]+crate)\s[^;\"()=]{1,2000};[^\n]*\n"
