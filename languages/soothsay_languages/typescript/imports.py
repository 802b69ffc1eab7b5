"""What a file of TypeScript or JavaScript imports: read from its tree, broken code included."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from tree_sitter import Node

from soothsay_languages.scopes import ModuleName
from soothsay_languages.syntax import text_of, walk
from soothsay_languages.typescript.environment.specifiers import read_specifier
from soothsay_languages.typescript.modules import imported_module

_DEFAULT = "default"


@dataclass(frozen=True, slots=True)
class Imported:
    """One imported module, as written; ``names`` are those that it binds, with what they are called there ("" for the module)."""

    specifier: str
    names: tuple[tuple[str, str], ...] = ()


def imports_of(root: Node) -> Iterator[Imported]:
    """Yield what is imported, exported from another module, and required, in source order."""
    for node in walk(root):
        if node.type in ("import_statement", "export_statement"):
            source = _string(node.child_by_field_name("source") or _required(node))
            if source:
                yield Imported(source, tuple(_names(node)))
        elif node.type == "call_expression":
            source = required_by(node)
            if source:
                yield Imported(source)


def target_of(name: Node, module: ModuleName) -> str:
    """Return the dotted path in the index that the ``name`` imported by ``module`` stands for; "" where there is none."""
    statement: Node | None = name
    while statement is not None and statement.type not in ("import_statement", "variable_declarator"):
        statement = statement.parent
    if statement is None:
        return ""
    if statement.type == "variable_declarator":
        value = statement.child_by_field_name("value")
        written, there = required_by(value) if value is not None else "", _taken_out(name)
    else:
        written = _string(statement.child_by_field_name("source") or _required(statement))
        there = next((there for here, there in _names(statement) if here == text_of(name)), "")
    specifier = read_specifier(written)
    owner = imported_module(written, module) or (specifier.owner if specifier is not None else "")
    return f"{owner}.{there}" if owner and there else owner


def _taken_out(name: Node) -> str:
    """Return what ``{a}`` and ``{a: b}`` take out of a module to call it ``name``; "" for the module itself."""
    if name.type == "shorthand_property_identifier_pattern":
        return text_of(name)
    pair = name.parent
    return (
        text_of(pair.child_by_field_name("key")) if pair is not None and pair.type == "pair_pattern" else ""
    )


def required_by(call: Node) -> str:
    """Return the module of ``require("x")`` and ``import("x")``, "" for any other call."""
    function, arguments = call.child_by_field_name("function"), call.child_by_field_name("arguments")
    if function is None or arguments is None or text_of(function) not in ("require", "import"):
        return ""
    given = arguments.named_children
    return _string(given[0]) if len(given) == 1 and given[0].type == "string" else ""


def _names(node: Node) -> Iterator[tuple[str, str]]:
    for child in node.named_children:
        if child.type == "import_require_clause" and child.named_children:
            yield text_of(child.named_children[0]), ""
        for clause in child.named_children if child.type == "import_clause" else ():
            if clause.type == "identifier":
                yield text_of(clause), _DEFAULT
            elif clause.type == "namespace_import":
                yield text_of(clause.named_children[-1]), ""
            else:
                for each in clause.named_children:
                    there, here = each.child_by_field_name("name"), each.child_by_field_name("alias")
                    yield text_of(here or there), text_of(there)


def _required(node: Node) -> Node | None:
    """Return the module of ``import x = require("x")``."""
    clause = next((each for each in node.named_children if each.type == "import_require_clause"), None)
    strings = [each for each in clause.named_children if each.type == "string"] if clause is not None else []
    return strings[-1] if strings else None


def _string(node: Node | None) -> str:
    return text_of(node)[1:-1] if node is not None and node.type == "string" else ""
