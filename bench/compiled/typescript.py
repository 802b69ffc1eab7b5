"""TypeScript: call sites of the examples that npm packages bring (READMEs, documentation comments), judged by ``tsc --noEmit``."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import tree_sitter
import tree_sitter_typescript
from bench.compiled.sites import (
    CACHE,
    CompiledLanguage,
    Problem,
    ProblemKind,
    Site,
    calls_outside,
    instruction_in,
    said_once,
)

from soothsay.oracle.installed import folder_of
from soothsay_languages.syntax import parse, text_of
from soothsay_languages.typescript.oracle import COMPILER, find_compiler

HERE = Path(__file__).resolve().parent
PACKAGES = HERE / "packages.json"
OPTIONS = {
    "strict": True, "noImplicitAny": False, "noEmit": True, "skipLibCheck": True, "target": "es2022", "lib": ["es2023", "dom"],
    "module": "esnext", "moduleResolution": "bundler", "esModuleInterop": True, "types": ["node"], "ignoreDeprecations": "6.0",
}  # fmt: skip
# What a package's examples take for granted, by the name that they use.
_GRANTED: Mapping[str, Mapping[str, str]] = {
    "commander": {name: f'import {{ {name} }} from "commander";' for name in ("program", "Command", "Option", "Argument")},
    "hono": {"Hono": 'import { Hono } from "hono";', "app": 'import { Hono } from "hono";\n\nconst app = new Hono();'},
    "immutable": {name: f'import {{ {name} }} from "immutable";' for name in ("List", "Map", "Set", "OrderedMap", "OrderedSet", "Stack", "Range", "Repeat", "Record", "Seq", "fromJS")},
    "lodash": {"_": 'import _ from "lodash";'},
    "luxon": {name: f'import {{ {name} }} from "luxon";' for name in ("DateTime", "Duration", "Interval", "Info", "Settings", "IANAZone", "FixedOffsetZone")},
    "neverthrow": {name: f'import {{ {name} }} from "neverthrow";' for name in ("ok", "err", "okAsync", "errAsync", "Result", "ResultAsync")},
    "ts-pattern": {name: f'import {{ {name} }} from "ts-pattern";' for name in ("match", "P", "isMatching")},
    "zod": {"z": 'import { z } from "zod";'},
}  # fmt: skip
SETTINGS = {"compilerOptions": OPTIONS, "include": ["*.ts"]}  # tsconfig.json
_SECONDS = 600
_FUNCTIONS = ("arrow_function", "function_expression", "class_body")  # what they call is not called here
_MOST_CHARACTERS = 3000  # of the code before a call
_COMMENT = re.compile(
    r"/\*\*(?P<text>(?:[^*]|\*(?!/))*)\*/\s*"
    r"(?:(?:export|declare|default|abstract|static|readonly|async|public|protected|const|let|var|function|class|interface|type|namespace)\s+)*"
    r"(?P<name>[\w$]+)"
)
_STAR = re.compile(r"^[ \t]*\*? ?", re.MULTILINE)
_TAG = re.compile(r"^@(\w+)[ \t]*", re.MULTILINE)
_FENCE = re.compile(
    r"^[ \t]*```[ \t]*(?P<language>\w*)[^\n]*\n(?P<code>.*?)^[ \t]*```", re.MULTILINE | re.DOTALL
)
_LANGUAGES = ("ts", "typescript", "js", "javascript", "mjs")
_REQUIRE = re.compile(
    r"^(?:const|let|var)\s+(\w+|\{[^}]*\})\s*=\s*require\(('[^']+'|\"[^\"]+\")\);?", re.MULTILINE
)
_DECLARED = ("lexical_declaration", "variable_declaration")
_KEPT = (*_DECLARED, "expression_statement", "function_declaration", "class_declaration", "interface_declaration", "type_alias_declaration", "enum_declaration")  # fmt: skip
_CHECKS = re.compile(r"^(console|assert|expect|strictEqual|deepStrictEqual|import\.meta)\b")
_SAID = re.compile(r"^(?P<path>[^(\n]+)\(\d+,\d+\): error TS(?P<code>\d+): (?P<message>.*)$", re.MULTILINE)
_NAMES = frozenset(("2304", "2552", "2503", "2339", "2551", "2305", "2724", "2614", "2694", "2613", "1192", "2307", "2349", "18004", "2318", "2663"))  # fmt: skip
_ARGUMENTS = frozenset((
    "2345", "2554", "2555", "2575", "2769", "2353", "2561", "2741", "2739", "2740", "2322", "2820", "2559", "2348", "2351", "2558",
))  # fmt: skip


@dataclass(frozen=True, slots=True)
class Example:
    """A piece of code from a package's documentation; ``documents`` is the symbol it stands at, "" in a README."""

    package: str
    where: str
    code: str
    documents: str = ""


@dataclass(frozen=True, slots=True)
class Described:
    """A documentation comment: what it stands at, its prose before the first tag, its examples."""

    name: str
    prose: str
    examples: tuple[str, ...]


def described(source: str) -> Iterator[Described]:
    """Yield the documentation comments of a declaration file."""
    for found in _COMMENT.finditer(source):
        text = _STAR.sub("", found["text"])
        first = _TAG.search(text)
        prose = text[: first.start()] if first else text
        tags = list(_TAG.finditer(text))
        ends = [*(tag.start() for tag in tags[1:]), len(text)]
        parts = [(tag[1], text[tag.end() : end]) for tag, end in zip(tags, ends, strict=False)]
        more = [part for tag, part in parts if tag in ("description", "remarks", "summary")]
        examples = [part for tag, part in parts if tag == "example"]
        fenced = tuple(code for part in examples for code in fences(part, any_language=True))
        plain = tuple(part for part in examples if "```" not in part)
        own = tuple(fences(prose, any_language=False))
        yield Described(
            found["name"], "\n\n".join((_FENCE.sub("", prose), *more)).strip(), fenced + plain + own
        )


def fences(text: str, *, any_language: bool) -> Iterator[str]:
    """Yield the fenced code of ``text`` that is TypeScript or JavaScript, or says nothing of its language."""
    for found in _FENCE.finditer(text):
        if found["language"].lower() in _LANGUAGES or (any_language and not found["language"]):
            yield found["code"]


def examples(modules: Path) -> Iterator[Example]:
    """Yield the examples of the packages that are asked for."""
    for package in packages():
        folder = modules / package
        named = package.removeprefix("@types/")
        for path in sorted(folder.rglob("*.md")):
            where = path.relative_to(modules).as_posix()
            if "node_modules" not in path.relative_to(folder).parts and "changelog" not in path.name.lower():
                for code in fences(path.read_text(encoding="utf-8", errors="replace"), any_language=False):
                    yield Example(named, where, code)
        for path in declarations(folder):
            where = path.relative_to(modules).as_posix()
            for each in described(path.read_text(encoding="utf-8", errors="replace")):
                for code in each.examples:
                    yield Example(named, f"{where}::{each.name}", code, each.name)


def declarations(folder: Path) -> list[Path]:
    """Return the declaration files of a package, those for CommonJS and Deno, which say the same, left out."""
    found = [
        path for path in sorted(folder.rglob("*.d.ts"))
        if not {"node_modules", "es6", "umd", "deno", "fp", "_lib", "compat", "cjs", "v3", "mini", "internal"} & set(path.relative_to(folder).parts)
    ]  # fmt: skip
    unique = {path.read_bytes(): path for path in reversed(found)}
    return sorted(unique.values())


def packages() -> list[str]:
    """Return the packages of the benchmark; those whose declarations are a package of their own are read there."""
    wanted: Mapping[str, str] = json.loads(PACKAGES.read_text(encoding="utf-8"))["dependencies"]
    return [name for name in wanted if f"@types/{name}" not in wanted]


def descriptions(workspace: Path) -> dict[tuple[str, str], str]:
    """Return what declarations say of a name, where all of a package say the same or only one says anything."""
    found: dict[tuple[str, str], set[str]] = {}
    modules = workspace / "node_modules"
    for package in packages():
        for path in declarations(modules / package):
            for each in described(path.read_text(encoding="utf-8", errors="replace")):
                if each.prose:
                    found.setdefault((package.removeprefix("@types/"), each.name), set()).add(
                        each.prose.partition("\n\n")[0]
                    )
    return said_once(found)


def sites(workspace: Path) -> Iterator[Site]:
    """Yield the calls of the examples: ``receiver.name(...)``, and functions that an example imports or documents.

    A function is called on its module: ``import * as remeda from "remeda"`` stands in place of ``import { chunk } from "remeda"``.
    """
    grammar = tree_sitter.Language(tree_sitter_typescript.language_typescript())
    for example in examples(workspace / "node_modules"):
        code = _REQUIRE.sub(r"import \1 from \2;", example.code)
        tree = parse(grammar, code.encode())
        if not tree.root_node.has_error:
            yield from _sites(example, tree.root_node)


def _sites(example: Example, root: tree_sitter.Node) -> Iterator[Site]:
    imports = [text_of(node) for node in root.named_children if node.type == "import_statement"]
    imported = {name: source for text in imports for name, source in named_imports(text)}
    kept: dict[str, str] = {}  # statements, by what they define
    above = ""
    for node in root.named_children:
        text = text_of(node)
        if node.type == "comment":
            above = text
            continue
        if (node.type in (*_DECLARED, "expression_statement") and not _CHECKS.match(text)) or _is_printed(
            node
        ):
            for call in calls_outside(_FUNCTIONS, node):
                made = _site(example, node, call, imports, imported, tuple(kept.values()), above)
                if made is not None:
                    yield made
        above = ""
        if node.type in _KEPT and not _CHECKS.match(text):
            kept[_defined(text) or text] = text


def _is_printed(node: tree_sitter.Node) -> bool:
    return node.type == "expression_statement" and text_of(node).startswith("console.log(")


def _defined(text: str) -> str:
    found = re.match(r"(?:const|let|var|function|class|interface|type|enum|async function)\s+([\w$]+)", text)
    return found[1] if found else ""


def named_imports(text: str) -> Iterator[tuple[str, str]]:
    """Yield the names that an import statement takes from a module as they are, each with the module."""
    found = re.match(r"import\s*\{(?P<names>[^}]*)\}\s*from\s*(?P<source>'[^']+'|\"[^\"]+\")", text)
    if found:
        for name in found["names"].split(","):
            if re.fullmatch(r"[\w$]+", name.strip()):
                yield name.strip(), found["source"][1:-1]


def _site(
    example: Example, statement: tree_sitter.Node, call: tree_sitter.Node, imports: Sequence[str],
    imported: Mapping[str, str], before: Sequence[str], above: str,
) -> Site | None:  # fmt: skip
    function, arguments = call.child_by_field_name("function"), call.child_by_field_name("arguments")
    if (
        function is None
        or arguments is None
        or arguments.type != "arguments"
        or call.child_by_field_name("type_arguments")
    ):
        return None
    used = list(imports)
    if function.type == "identifier":
        name = text_of(function)
        source = imported.get(name) or (example.package if name == example.documents else "")
        if not source or (
            example.package not in (source, source.partition("/")[0]) and example.package != "node"
        ):
            return None
        receiver = _alias(source)
        used = [each for text in imports if (each := _without(text, name))]
        used.append(f'import * as {receiver} from "{source}";')
    elif function.type == "member_expression":
        owner, member = function.child_by_field_name("object"), function.child_by_field_name("property")
        receiver, name = text_of(owner), text_of(member)
        if (
            not re.fullmatch(r"[\w$]+(\.[\w$]+)*", receiver)
            or not re.fullmatch(r"[\w$]+", name)
            or _CHECKS.match(receiver)
        ):
            return None
    else:
        return None
    leaks = re.compile(rf"\b{re.escape(name)}\b")
    code = "\n".join(("", *before, "", receiver, text_of(arguments)))
    used += _granted(example.package, "\n".join(used) + code)
    setup = "\n".join((*used, "", *before)).strip()
    if len(name) < 3 or leaks.search(setup) or len(setup) > _MOST_CHARACTERS:
        return None
    waits = "await " if call.parent is not None and call.parent.type == "await_expression" else ""
    target = _target(statement, call, bool(waits))
    comment = instruction_in(above, name)
    return Site(
        example.package,
        example.where,
        setup,
        f"{target}{waits}{receiver}.",
        name,
        text_of(arguments),
        "",
        comment,
    )


def _granted(package: str, code: str) -> list[str]:
    """Return the imports that an example of ``package`` takes for granted: of names it uses, and neither imports nor defines."""
    found = _GRANTED.get(package, {})
    used = set(re.findall(r"(?<![\w$.'\"])[\w$]+", code))
    defined = re.compile(r"(?:const|let|var|function|class)\s+([\w$]+)|^import\b[^;\n]*", re.MULTILINE)
    known = {name for each in defined.finditer(code) for name in re.findall(r"[\w$]+", each[0])}
    return list(dict.fromkeys(found[name] for name in found if name in used - known))


def _target(statement: tree_sitter.Node, call: tree_sitter.Node, waited: bool) -> str:
    """Return ``const name = `` as it stands in the statement, where the call is its whole value; else with ``result``."""
    value = call.parent if waited else call
    declarator = value.parent if value is not None else None
    if declarator is not None and declarator.type == "variable_declarator" and declarator.parent == statement:
        name = declarator.child_by_field_name("name")
        if name is not None and name.type == "identifier" and declarator.child_by_field_name("type") is None:
            return f"const {text_of(name)} = "
    return "const result = "


def _alias(source: str) -> str:
    """Return a variable's name for a module: ``es-toolkit/array`` becomes ``array``."""
    words = re.findall(r"[A-Za-z0-9]+", source.removeprefix("node:").rpartition("/")[2])
    return words[0] + "".join(word.capitalize() for word in words[1:])


def _without(statement: str, name: str) -> str:
    """Return an import statement without one of its names, "" where nothing is left."""
    found = re.match(r"(import\s*\{)([^}]*)(\}.*)", statement, re.DOTALL)
    if not found or name not in [each.strip() for each in found[2].split(",")]:
        return statement
    left = [each.strip() for each in found[2].split(",") if each.strip() and each.strip() != name]
    return f"import {{ {', '.join(left)} {found[3]}" if left else ""


def workspace() -> Path:
    """Return the folder in which npm has installed the packages, without running any of their scripts."""
    folder, wanted = CACHE / "typescript", PACKAGES.read_bytes()
    manifest = folder / "package.json"
    if not manifest.exists() or manifest.read_bytes() != wanted or not (folder / "node_modules").is_dir():
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        npm = shutil.which("npm")
        if npm is None:
            raise SystemExit("npm is not on PATH: install Node")
        manifest.write_bytes(wanted)
        subprocess.run(
            [npm, "install", "--ignore-scripts", "--no-audit", "--no-fund"], cwd=folder, check=True
        )
        manifest.write_bytes(wanted)
    (folder / "tsconfig.json").write_text(json.dumps(SETTINGS), encoding="utf-8")
    return folder


def check(folder: Path, files: Mapping[str, str]) -> dict[str, list[Problem]]:
    """Return the compiler's errors in ``files`` (name: text), each compiled as a file of ``folder``.

    Where one file cannot be parsed, the compiler says nothing of the types in any: the others are compiled once more.
    """
    assert COMPILER.package is not None
    compiler = find_compiler(folder_of(COMPILER.package))
    if compiler is None:
        raise SystemExit("the TypeScript compiler is missing: soothsay judges install typescript")
    found = _compiled(compiler, folder, files)
    broken = {name for name, problems in found.items() if any(each.kind == "syntax" for each in problems)}
    if broken and len(broken) < len(files):
        others = {name: text for name, text in files.items() if name not in broken}
        found |= check(folder, others)
    return found


def _compiled(compiler: Path, folder: Path, files: Mapping[str, str]) -> dict[str, list[Problem]]:
    place = folder / "judged"
    shutil.rmtree(place, ignore_errors=True)
    place.mkdir()
    for name, text in files.items():
        (place / name).write_text(f"{text}\nexport {{}};\n", encoding="utf-8")
    (place / "tsconfig.json").write_text(json.dumps(SETTINGS), encoding="utf-8")
    done = subprocess.run(
        [str(compiler), "--noEmit", "--pretty", "false", "-p", str(place)],
        cwd=place, capture_output=True, text=True, timeout=_SECONDS, check=False,
    )  # fmt: skip
    found: dict[str, list[Problem]] = {name: [] for name in files}
    for said in _SAID.finditer(done.stdout):
        name = Path(said["path"]).name
        if name in found:
            found[name].append(Problem(_kind(said["code"]), f"TS{said['code']}", said["message"]))
    if done.returncode and not any(found.values()):
        raise RuntimeError(f"tsc: {(done.stdout + done.stderr)[:400]}")
    shutil.rmtree(place)
    return found


def _kind(code: str) -> ProblemKind:
    if code in _NAMES:
        return "name"
    if code in _ARGUMENTS:
        return "argument"
    return "syntax" if len(code) == 4 and code.startswith("1") else "other"


TYPESCRIPT = CompiledLanguage(
    "typescript", ".ts", "//", "const number = 1;\n", "(null as any)", "", r"^import\b.*\bfrom\b.*$", workspace, sites, descriptions, check
)  # fmt: skip
