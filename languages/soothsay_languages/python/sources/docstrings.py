"""What is read out of docstrings: their prose, and notes on what is new or deprecated."""

from __future__ import annotations

import ast
import inspect
import re
import textwrap
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from soothsay_index.text import first_sentence, shorten, squeeze
from soothsay_index.types import Parameter

_LIMIT = 600
_NOTE = 160
# "2.1", "version 2.1", "NumPy 2.1"
_DIRECTIVE = re.compile(
    r"^\.\. +(versionadded|versionchanged|deprecated|version-?removed) *:: *(?:[A-Za-z]+\.? +(?=v?\d))?(\S*) *(.*)$"
)
_ROLE = re.compile(r":[\w:]{1,60}:`[~!.]?\s*+((?:[^`<\s]++(?:\s++(?=[^`<\s]))?+)*+)\s*+(?:<[^`>]{0,400}>)?`")
_LINE = re.compile(r"([-+=*~#])\1{3,}")
_KINDS = {
    "versionadded": "new",
    "versionchanged": "changed",
    "deprecated": "deprecated",
    "versionremoved": "removed",
    "version-removed": "removed",
}
_LEADS = {"new": "New in", "changed": "Changed in", "deprecated": "Deprecated since", "removed": "Removed in"}


@dataclass(frozen=True, slots=True)
class Note:
    """What a docstring says of a version. ``kind`` is new, changed, deprecated or removed."""

    kind: str
    version: str = ""
    text: str = ""

    def __str__(self) -> str:
        lead = f"{_LEADS[self.kind]} {self.version}" if self.version else self.kind.capitalize()
        said = f"{lead}: {self.text}" if self.text else lead
        return said if said.endswith((".", "!", "…")) else f"{said}."


@dataclass(frozen=True, slots=True)
class Described:
    """A docstring as it is kept: the first sentence, and a longer cut with the notes in front."""

    summary: str = ""
    doc: str = ""
    notes: tuple[Note, ...] = ()


def describe(docstring: str, name: str, deprecated: str = "") -> Described:
    """Read the docstring of ``name``, its indentation already cleaned; ``deprecated`` is what its decorator says.

    Notes come from the directives at the margin (``.. versionadded:: 2.1.0``): those further in are about a parameter.
    """
    body, notes = _split(_without_signature(docstring, name))
    if deprecated and not any(note.kind == "deprecated" for note in notes):
        notes.append(Note("deprecated", text=shorten(_flat(deprecated), _NOTE)))
    # deprecation first: it decides whether the rest is read
    notes.sort(key=lambda note: note.kind != "deprecated")
    lead = " ".join(str(note) for note in notes[:3])
    text = shorten(body.strip(), _LIMIT)
    summary = _ROLE.sub(r"\1", first_sentence(body))
    return Described(summary, "\n".join(part for part in (lead, text) if part), tuple(notes))


def _split(text: str) -> tuple[str, list[Note]]:
    """Return the docstring without the directives at its margin, and what these say, in order."""
    if ":: " not in text and "::\n" not in text and not text.endswith("::"):
        return text, []
    kept: list[str] = []
    notes: list[Note] = []
    lines = text.split("\n")
    position = 0
    while position < len(lines):
        match = _DIRECTIVE.match(lines[position])
        position += 1
        if match is None:
            kept.append(lines[position - 1])
            continue
        content = [match[3]]
        while position < len(lines) and (not lines[position].strip() or lines[position][0].isspace()):
            content.append(lines[position].strip())
            position += 1
        notes.append(_note(match[1], match[2], content))
    return "\n".join(kept), notes


def _note(directive: str, version: str, content: Sequence[str]) -> Note:
    said = first_sentence(_flat("\n".join(content).strip().split("\n\n")[0]), _NOTE)
    return Note(_KINDS[directive], version.rstrip(":,."), said)


def _flat(text: str) -> str:
    """Return one line without roles and drawn lines."""
    return squeeze(_LINE.sub(" ", _ROLE.sub(r"\1", text)))


def _without_signature(text: str, name: str) -> str:
    """Return the text without the lines ``name(arg, …)`` that docstrings of compiled functions begin with."""
    while True:
        head, _, rest = text.partition("\n\n")
        first = head.strip()
        called, bracket, _ = first.partition("(")
        is_call = bool(bracket) and called.rpartition(".")[2] == name
        if not (is_call or first == "--") or not _closed(first):
            return text
        lines = first.split("\n--")
        if len(lines) > 1 and lines[1].strip():  # no blank line between signature and text
            return lines[1].strip()
        if not rest.strip():
            return text
        text = textwrap.dedent(rest).strip()


def _closed(signature: str) -> bool:
    """Return whether a paragraph is nothing but signatures: all brackets closed, no sentence behind."""
    return signature == "--" or (
        signature.count("(") == signature.count(")")
        and bool(re.search(r"(\)|->[^\n]+|--|\.\.\.)\s*$", signature))
    )


# -- keyword arguments that stand in the docstring only ----------------------------------------------------

_FIELD = re.compile(r"^:(keyword|kwarg|paramtype|type|rtype)(?: +([^:]*?))?:(?: +(.*))?$")
_DOTTED = re.compile(r"~?(?<!\w)(?:\w+\.)+(\w+)")


def documented_keywords(docstring: str) -> tuple[Parameter, ...]:
    """Return the arguments described as ``:keyword int timeout:``, which a function takes through its ``**kwargs``."""
    if ":keyword" not in docstring and ":kwarg" not in docstring:
        return ()
    fields = list(_fields(docstring))
    types = {head: text for kind, head, text in fields if kind in {"paramtype", "type"}}
    found: dict[str, Parameter] = {}
    for kind, head, text in fields:
        declared, _, name = head.rpartition(" ")
        if kind in {"keyword", "kwarg"} and name.isidentifier() and name not in found:
            required = text.startswith("Required.") or text.endswith("Required.")
            found[name] = Parameter(
                name, "keyword_only", required, _annotation(declared or types.get(name, ""))
            )
    return tuple(found.values())


def documented_return(docstring: str) -> str:
    """Return the type that ``:rtype:`` names."""
    if ":rtype:" not in docstring:
        return ""
    fields = _fields(docstring)
    return next((_annotation(text) for kind, _, text in fields if kind == "rtype"), "")


def _fields(text: str) -> Iterator[tuple[str, str, str]]:
    """(kind, head, text) of the fields of a docstring, the lines of each on one."""
    kind, head = "", ""
    content: list[str] = []
    for line in [*text.split("\n"), ":type:"]:
        match = _FIELD.match(line)
        if match or (line.strip() and not line[0].isspace()):
            if kind:
                yield kind, head, squeeze(" ".join(content))
            kind, head, content = (match[1], match[2] or "", [match[3] or ""]) if match else ("", "", [])
        else:
            content.append(line)


def _annotation(text: str) -> str:
    """``str or ~azure.core.Thing`` as ``str | Thing``; nothing when it is too long to say anything."""
    flat = squeeze(_DOTTED.sub(r"\1", _ROLE.sub(r"\1", text)).replace(" or ", " | ")).strip("`. ")
    return flat if len(flat) <= 60 else ""


# -- deprecation, as the code says it ----------------------------------------------------------------------


def deprecation_of(node: ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) -> str:
    """Return what ``@deprecated(…)``, or a warning that is always given, says; empty when it is not deprecated."""
    names = [ast.unparse(each.func if isinstance(each, ast.Call) else each) for each in node.decorator_list]
    if any(name.endswith((".setter", ".deleter")) for name in names):
        return ""  # reading the property is fine
    for name, decorator in zip(names, node.decorator_list, strict=True):
        if name.rpartition(".")[2] in {"deprecated", "deprecate", "deprecated_alias"}:
            return (_first_text(decorator.args) if isinstance(decorator, ast.Call) else "") or "do not use it"
    body = node.body
    if isinstance(node, ast.ClassDef):
        body = next(
            (each.body for each in body if isinstance(each, ast.FunctionDef) and each.name == "__init__"), []
        )
    return _warned(body)


def _warned(body: Sequence[ast.stmt]) -> str:
    """Return the message of an unconditional ``warnings.warn(message, DeprecationWarning)``."""
    for statement in body:
        call = statement.value if isinstance(statement, ast.Expr) else None
        if not isinstance(call, ast.Call) or ast.unparse(call.func) not in {"warnings.warn", "warn"}:
            continue
        categories = [*call.args[1:2], *(each.value for each in call.keywords if each.arg == "category")]
        if any(ast.unparse(each).endswith(("DeprecationWarning", "FutureWarning")) for each in categories):
            return _first_text(call.args) or "do not use it"
    return ""


def _first_text(arguments: Sequence[ast.expr]) -> str:
    for argument in arguments[:1]:
        if isinstance(argument, ast.Constant) and isinstance(argument.value, str):
            return argument.value
        if isinstance(argument, ast.JoinedStr):
            return "".join(
                str(part.value) if isinstance(part, ast.Constant) else "…" for part in argument.values
            )
    return ""


# -- docstrings that are added to compiled objects ---------------------------------------------------------

# NumPy adds the docstrings of array methods through a function of its own (since 2.4).
_METHOD_ADDERS = {"_array_method_doc": "ndarray"}


@dataclass(frozen=True, slots=True)
class AddedDocs:
    """Docstrings that a package adds to its compiled objects, by path, and by class and method alone."""

    by_path: dict[str, str] = field(default_factory=dict)
    by_name: dict[str, str] = field(default_factory=dict)

    def of(self, path: str, is_class: bool = False) -> str:
        """Return the docstring of the object at ``path``.

        A compiled class is documented where it is made (``numpy._core.multiarray.ndarray``) and described in a stub
        elsewhere (``numpy.ndarray``), so its name must do.
        """
        parts = path.split(".")
        return self.by_path.get(path, "") or self.by_name.get(
            ".".join(parts[-1:] if is_class else parts[-2:]), ""
        )


def added_docs(folder: Path) -> AddedDocs:
    """Read ``add_newdoc(module, name, doc)`` and ``add_newdoc(module, class, (method, doc))`` calls in ``folder``."""
    found = AddedDocs()
    for path in folder.glob("**/*add_newdocs*.py"):
        try:
            tree = ast.parse(path.read_bytes())
        except (OSError, SyntaxError, ValueError):
            continue
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
                for owner, name, doc in _added(node.func.id, node.args):
                    found.by_path[f"{owner}.{name}"] = doc
                    is_method = "." in name
                    if is_method or name not in found.by_name:
                        found.by_name[name] = doc
    return found


def _added(function: str, arguments: Sequence[ast.expr]) -> Iterator[tuple[str, str, str]]:
    """(module, name, docstring) of one call; the name of a method is ``Class.method``."""
    try:
        values = [ast.literal_eval(argument) for argument in arguments]
    except (ValueError, TypeError, SyntaxError):
        return
    match values:
        case [str(name), str(), str(doc)] if function in _METHOD_ADDERS:
            yield "", f"{_METHOD_ADDERS[function]}.{name}", inspect.cleandoc(doc)
        case [str(module), str(name), str(doc), *_] if "newdoc" in function:
            yield module, name, inspect.cleandoc(doc)
        case [str(module), str(name), (str(method), str(doc)), *_] if "newdoc" in function:
            yield module, f"{name}.{method}", inspect.cleandoc(doc)
        case [str(module), str(name), [*pairs], *_] if "newdoc" in function:
            for pair in pairs:
                if isinstance(pair, tuple) and len(pair) == 2 and all(isinstance(each, str) for each in pair):
                    yield module, f"{name}.{pair[0]}", inspect.cleandoc(pair[1])
        case _:
            return
