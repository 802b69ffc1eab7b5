"""The words of JavaScript and TypeScript, and how their lines group."""

from __future__ import annotations

from soothsay_languages.base import Blocks, Lexis, Statements

KEYWORDS = frozenset(
    [
        *("abstract", "as", "async", "await", "break", "case", "catch", "class", "const", "continue"),
        *("debugger", "declare", "default", "delete", "do", "else", "enum", "export", "extends", "false"),
        *("finally", "for", "from", "function", "get", "if", "implements", "import", "in", "instanceof"),
        *("interface", "is", "keyof", "let", "namespace", "new", "null", "of", "override", "private"),
        *("protected", "public", "readonly", "return", "satisfies", "set", "static", "super", "switch"),
        *("this", "throw", "true", "try", "type", "typeof", "undefined", "var", "void", "while", "with"),
        "yield",
    ]
)

# what every program can call without an import, in browsers and in Node
BUILTINS = frozenset(
    [
        *("Array", "BigInt", "Boolean", "Date", "Error", "Map", "Number", "Object", "Promise", "RegExp"),
        *("Set", "String", "Symbol", "TypeError", "RangeError", "WeakMap", "WeakSet", "URL"),
        *("clearInterval", "clearTimeout", "decodeURIComponent", "encodeURIComponent", "fetch", "isFinite"),
        *("isNaN", "parseFloat", "parseInt", "queueMicrotask", "require", "setInterval", "setTimeout"),
        "structuredClone",
    ]
)

# right before a brace they say that it holds no statements: a literal, a pattern, a type
_OPERATORS = r"(?<!=)[=(\[,?&|!~^+*/%<-]"
_TYPE_OR_VALUE = r"^(?![ \t]*(?:case\b[^\n]*|default\s*):\s*\Z)[^\n]*:"
_ELEMENT = r"(?<!=)>(?=\Z|[ \t]*\n)"
_ATTRIBUTE = r"=\{"  # `style={{ width: 1 }}`
_WORDS = (
    r"\b(?:return|import|export|default|const|let|var|in|of|typeof|void|new|delete|await|yield|throw|as|"
    r"satisfies|extends|keyof|is|type|with)"
)

LEXIS = Lexis(
    line_comment="//",
    block_comment=("/*", "*/"),
    strings=("`", '"', "'"),
    multiline_strings=("`",),
    brackets={"(": ")", "[": "]", "{": "}"},
    block="{",
    expression_before="|".join((_OPERATORS, _TYPE_OR_VALUE, _ELEMENT, _ATTRIBUTE, _WORDS)),
    members_before=r"\b(?:class|interface|enum)\b[^;{}()=]*",
    unfinished=r"[=,&|?*%^]|=>|(?<!\+)\+|(?<!-)-",
    goes_on=r"\.(?!\.)|\?[.?\s]|:\s|&&|\|\|?|=>|[+*%-]\s|(?:in|instanceof|as|satisfies|extends|implements)\s",
)

BLOCKS = Blocks(
    opener="{",
    attached="@",
    statement_words=frozenset(
        [
            *("abstract", "break", "case", "const", "continue", "declare", "debugger", "default", "do"),
            *("enum", "export", "for", "if", "interface", "let", "namespace", "return", "switch", "throw"),
            *("try", "var", "while"),
        ]
    ),
    placeholder=";",
)

STATEMENTS = Statements(
    importing=("import", "export *", "export {"),
    declaring=(
        *("function", "async function", "class", "interface", "type", "enum", "abstract class"),
        *("export function", "export async function", "export default function", "export class"),
        *("export default async function", "export default class", "export abstract class"),
        *("export interface", "export type", "export enum", "declare"),
    ),
    colons=True,
)

# whole lines: `import … from "x"`, `export … from "x"`, and `const x = require("x")`
IMPORTS = (
    r"^(?:(?:import|export)\b[^;'\"()=]{0,2000}['\"][^'\"\n]+['\"][^\n]*\n"
    r"|(?:const|let|var)\s[^=;()]{1,500}=\s*require\([^()\n]*\)[^\n]*\n)"
)
