"""C++: call sites of the example programs that Debian's packages bring, judged by ``g++ -fsyntax-only``."""

from __future__ import annotations

import gzip
import os
import re
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import tree_sitter
import tree_sitter_cpp
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

from soothsay_languages.syntax import parse, text_of

HERE = Path(__file__).resolve().parent
DEBIAN = HERE / "debian.txt"
ROOT = CACHE / "cpp-root"  # what the packages would install into /; outside of the workspace, as /usr is
_SECONDS = 120  # for one file
_FUNCTIONS = ("lambda_expression",)  # what they call is not called here
_MOST_CHARACTERS = 3000  # of the code before a call
_NAME = re.compile(
    r"has no member named|was not declared|is not a member of|does not name a type|undeclared|no type named"
)
_ARGUMENT = re.compile(
    r"no matching function|too (?:few|many) arguments|cannot convert|could not convert|no match for|invalid (?:conversion|initialization|use)"
    r"|not convertible|use of deleted|cannot bind|static assertion"
)
_ERROR = re.compile(r"^[^\n]*?: (?:fatal )?error: (?P<message>[^\n]*)$", re.MULTILINE)
_DOCUMENTED = re.compile(
    r"(?P<doc>(?:^[ \t]*//[/!][^\n]*\n)+|/\*[*!](?:[^*]|\*(?!/))*\*/[ \t]*\n)(?P<declared>[^;{}()]{0,300}?)\b(?P<name>\w+)[ \t]*\(",
    re.MULTILINE,
)
_MARK = re.compile(r"^[ \t]*(?://[/!]<?|/?\*+[!/]?)[ \t]?", re.MULTILINE)
_HEAD = re.compile(r"\A(?:\s|//[^\n]*\n|/\*(?:[^*]|\*(?!/))*\*/)*")  # licence and authors
_TARGET = re.compile(r"[\w:<>,\s&*]*\w[>&*]*\s+\w+\s*=\s*")


def packages() -> dict[str, tuple[Path, Path]]:
    """Return the headers and the examples of each library; Boost's are libraries of their own."""
    include, documents = ROOT / "usr" / "include", ROOT / "usr" / "share" / "doc"
    found = {
        "eigen": (include / "eigen3" / "Eigen", documents / "libeigen3-dev" / "examples"),
        "nlohmann-json": (include / "nlohmann", documents / "nlohmann-json3-dev" / "examples"),
    }
    boost = documents / "libboost1.81-doc" / "examples" / "libs"
    for library in sorted(boost.iterdir()):
        headers = include / "boost" / library.name
        if headers.is_dir():
            found[f"boost-{library.name}"] = (headers, library)
    return found


def sites(_folder: Path) -> Iterator[Site]:
    """Yield the calls ``receiver.name(...)`` and ``space::name(...)`` in the functions of the examples."""
    grammar = tree_sitter.Language(tree_sitter_cpp.language())
    for package, (_, examples) in packages().items():
        for path in sorted((*examples.rglob("*.cpp"), *examples.rglob("*.cpp.gz"))):
            source = _read(path)
            code = source[_HEAD.match(source).end() :]  # type: ignore[union-attr]
            tree = parse(grammar, code.encode())
            if not tree.root_node.has_error:
                where = path.relative_to(ROOT).as_posix()
                for function in tree.root_node.named_children:
                    body = function.child_by_field_name("body")
                    if function.type == "function_definition" and body is not None:
                        yield from _sites(package, where, code.encode(), body)


def _read(path: Path) -> str:
    content = path.read_bytes()
    plain = gzip.decompress(content) if path.suffix == ".gz" else content
    return plain.decode("utf-8", "replace").replace("\r\n", "\n")


def _sites(package: str, where: str, source: bytes, body: tree_sitter.Node) -> Iterator[Site]:
    above = ""
    for node in body.named_children:
        if node.type == "comment":
            above = text_of(node)
            continue
        if node.type in ("declaration", "expression_statement"):
            for call in calls_outside(_FUNCTIONS, node):
                made = _site(package, where, source, node, call, above)
                if made is not None:
                    yield made
        above = ""


def _site(
    package: str, where: str, source: bytes, statement: tree_sitter.Node, call: tree_sitter.Node, above: str
) -> Site | None:
    function, arguments = call.child_by_field_name("function"), call.child_by_field_name("arguments")
    if function is None or arguments is None:
        return None
    if function.type == "field_expression":
        member = function.child_by_field_name("field")
    elif function.type == "qualified_identifier":
        member = function.child_by_field_name("name")
    else:
        return None
    name, whole = text_of(member), text_of(function)
    receiver = whole.removesuffix(name)
    if (
        not re.fullmatch(r"\w+", name)
        or not re.fullmatch(r"\w+(?:(?:::|\.|->)\w+)*(?:::|\.|->)", receiver)
        or receiver == "std::"
    ):
        return None
    line = source.rfind(b"\n", 0, statement.start_byte) + 1
    setup = source[:line].decode().rstrip()
    if len(name) < 3 or re.search(rf"\b{re.escape(name)}\b", setup) or len(setup) > _MOST_CHARACTERS:
        return None
    indentation = source[line : statement.start_byte].decode()
    if indentation.strip():
        return None
    target = source[statement.start_byte : call.start_byte].decode()
    if target and not _TARGET.fullmatch(target):
        target = "auto result = "
    comment = instruction_in(above, name)
    if comment:  # it stands in the task's text again
        setup = setup.removesuffix(above).rstrip()
    return Site(
        package,
        where,
        setup,
        f"{indentation}{target}{receiver}",
        name,
        f"{text_of(arguments)};",
        "}\n",
        comment,
    )


def descriptions(_folder: Path) -> dict[tuple[str, str], str]:
    """Return what headers say of a function, where all of a library say the same or only one says anything."""
    found: dict[tuple[str, str], set[str]] = {}
    for package, (headers, _) in packages().items():
        for path in sorted(headers.rglob("*")):
            if path.is_file() and path.suffix in ("", ".h", ".hpp"):
                for each in _DOCUMENTED.finditer(_read(path)):
                    said = re.sub(r"[@\\](?:brief|c|p|a)\s", "", _MARK.sub("", each["doc"])).strip()
                    first = re.split(r"\n\s*\n|[@\\]\w+", said)[0].strip()
                    if first:
                        found.setdefault((package, each["name"]), set()).add(first)
    return said_once(found)


def workspace() -> Path:
    """Return the folder in which files are completed, with the flags that they are compiled with; the packages are unpacked beside it."""
    folder = CACHE / "cpp"
    stamp = ROOT / "debian.txt"
    if not stamp.exists() or stamp.read_bytes() != DEBIAN.read_bytes():
        shutil.rmtree(ROOT, ignore_errors=True)
        debs = ROOT / "debs"
        debs.mkdir(parents=True)
        lines = (line.partition("#")[0].strip() for line in DEBIAN.read_text(encoding="utf-8").splitlines())
        subprocess.run(["apt-get", "-q", "download", *filter(None, lines)], cwd=debs, check=True)
        for path in sorted(debs.glob("*.deb")):
            subprocess.run(["dpkg-deb", "-x", str(path), str(ROOT)], check=True)
        shutil.copy(DEBIAN, stamp)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "compile_flags.txt").write_text("\n".join(_flags()) + "\n", encoding="utf-8")
    return folder


def _flags() -> list[str]:
    include = ROOT / "usr" / "include"
    return ["-std=c++17", "-xc++", f"-isystem{include}", f"-isystem{include / 'eigen3'}"]


def check(folder: Path, files: Mapping[str, str]) -> dict[str, list[Problem]]:
    """Return the compiler's errors in ``files`` (name: text), each compiled as a file of ``folder``."""
    if shutil.which("g++") is None:
        raise SystemExit("g++ is not on PATH")
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        return dict(zip(files, pool.map(lambda text: _compiled(folder, text), files.values()), strict=True))


def _compiled(folder: Path, text: str) -> list[Problem]:
    command = [
        "g++",
        "-fsyntax-only",
        "-w",
        "-fmax-errors=5",
        "-fno-diagnostics-show-caret",
        *_flags(),
        "-",
    ]
    done = subprocess.run(
        command, input=text, cwd=folder, capture_output=True, text=True, errors="replace", timeout=_SECONDS, check=False,
        env={**os.environ, "LC_ALL": "C"},
    )  # fmt: skip
    if done.returncode == 0:
        return []
    found = [each["message"] for each in _ERROR.finditer(done.stderr)] or ["it gives no reason"]
    return [Problem(_kind(message), "", message[:200]) for message in found]


def _kind(message: str) -> ProblemKind:
    if _NAME.search(message):
        return "name"
    if _ARGUMENT.search(message):
        return "argument"
    return "syntax" if message.startswith("expected") else "other"


CPP: CompiledLanguage = CompiledLanguage(
    "cpp", ".cpp", "//", "int number = 1;\n", "SoothsayAny{}", "struct SoothsayAny { template <class T> operator T() const; };\n", "", workspace,
    sites, descriptions, check,
)  # fmt: skip
