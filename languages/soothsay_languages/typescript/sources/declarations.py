"""What a file of declarations (``.d.ts``) declares and exports: read from its tree, broken code included."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Literal

from tree_sitter import Node

from soothsay_languages.parameters import Parameter
from soothsay_languages.syntax import parse, text_of
from soothsay_languages.typescript import tsx_grammar, typescript_grammar
from soothsay_languages.typescript.sources.comments import NOTHING, Remark, read_comment

DeclaredKind = Literal["function", "class", "attribute", "module"]

_TYPE_CHARACTERS = 200
_CONTAINERS = {
    "class_declaration": "class",
    "abstract_class_declaration": "class",
    "interface_declaration": "class",
    "internal_module": "module",
    "module": "module",
}
_FUNCTIONS = ("function_signature", "function_declaration", "generator_function_declaration")
_METHODS = ("method_signature", "method_definition", "abstract_method_signature")
_FIELDS = ("property_signature", "public_field_definition")
_VARIABLES = ("lexical_declaration", "variable_declaration")
_WRITTEN_FUNCTIONS = ("arrow_function", "function_expression", "generator_function")
_WITHOUT_ELEMENTS = (".ts", ".mts", ".cts")  # where ``<T>x`` is a cast
_ALL = "*"
_GLOBAL = "global"


@dataclass(frozen=True, slots=True)
class Declared:
    """One declared name. ``parameters`` are None for what cannot be called; ``line`` counts from 1.

    ``members`` are those of a class, an interface or a namespace.
    """

    name: str
    kind: DeclaredKind
    line: int
    remark: Remark = NOTHING
    parameters: tuple[Parameter, ...] | None = None
    returns: str = ""
    members: tuple[Declared, ...] = ()


@dataclass(frozen=True, slots=True)
class Reference:
    """A name of another module; ``*`` stands for the module itself."""

    module: str
    name: str


@dataclass(frozen=True, slots=True)
class Taken:
    """A name that is taken out of something: ``const { member: name }: type``."""

    type: str
    member: str


@dataclass(slots=True)
class ModuleDeclarations:
    """What one module declares.

    ``declared`` are its own names, the overloads of a function in their order. ``imported`` are names of others by what
    they are called here. ``exported`` maps a name to what it is called here, or to one of another module; ``stars`` are
    modules whose names are exported as well. ``assigned`` is what ``export =`` names. ``exports_all``: what is declared
    is exported. ``modules`` are those that the file declares by name (``declare module "fs"``), ``globals`` what it declares for
    all files (``declare global``). ``taken`` are names that are taken out of something of a type, with that type.
    """

    declared: dict[str, list[Declared]] = field(default_factory=dict)
    imported: dict[str, Reference] = field(default_factory=dict)
    exported: dict[str, str | Reference] = field(default_factory=dict)
    stars: list[str] = field(default_factory=list)
    assigned: str = ""
    exports_all: bool = False
    modules: dict[str, ModuleDeclarations] = field(default_factory=dict)
    globals: dict[str, list[Declared]] = field(default_factory=dict)
    taken: dict[str, Taken] = field(default_factory=dict)

    @property
    def everything(self) -> Iterator[tuple[str, Declared]]:
        """What it declares for itself and for all files, by name."""
        for names in (self.declared, self.globals):
            for name, parts in names.items():
                yield from ((name, each) for each in parts)

    def named(self, path: str) -> tuple[Declared, ...]:
        """Return what the file declares as ``path`` (``NodeJS.Process``), for itself, for a module or for all files."""
        head, *further = path.split(".")
        found = (*self.declared.get(head, ()), *self.globals.get(head, ()))
        for name in further:
            found = tuple(member for each in found for member in each.members if member.name == name)
        if not found and (taken := self.taken.get(path)) is not None:
            of_type = (member for each in self.named(taken.type) for member in each.members)
            found = tuple(member for member in of_type if member.name == taken.member)
        return (*found, *(each for module in self.modules.values() for each in module.named(path)))


def read_declarations(source: str, suffix: str = ".ts") -> ModuleDeclarations:
    """Return what a file with this ``suffix`` declares. JavaScript is read as TypeScript without types."""
    grammar = typescript_grammar() if suffix in _WITHOUT_ELEMENTS else tsx_grammar()
    root = parse(grammar, source.encode("utf-8", "replace")).root_node
    found = ModuleDeclarations()
    _read_block(root.named_children, found)
    return found


def _read_block(nodes: Sequence[Node], found: ModuleDeclarations) -> None:
    comment = before = ""
    for node in nodes:
        if node.type == "comment":
            comment = text_of(node)
            continue
        if node.type == "statement_block" and before == _GLOBAL:  # in a module that is declared by name
            _read_globals(node, found)
        _read_statement(node, found, read_comment(comment))
        comment, before = "", text_of(node)


def _read_globals(block: Node, found: ModuleDeclarations) -> None:
    inner = ModuleDeclarations()
    _read_block(block.named_children, inner)
    for name, parts in inner.declared.items():
        found.globals.setdefault(name, []).extend(parts)


def _read_statement(node: Node, found: ModuleDeclarations, remark: Remark) -> None:
    match node.type:
        case "import_statement":
            found.imported.update(_imports(node))
        case "import_alias":
            names = node.named_children
            if len(names) == 2:
                found.imported[text_of(names[0])] = Reference("", text_of(names[1]))
        case "export_statement":
            _read_export(node, found, remark)
        case "assignment_expression":
            _read_assignment(node, found, remark)
        case "ambient_declaration" if any(child.type == _GLOBAL for child in node.children):
            for child in node.named_children:
                _read_globals(child, found)
        case "ambient_declaration" | "expression_statement":
            for child in node.named_children:
                _read_statement(child, found, remark)
        case "module" if (name := node.child_by_field_name("name")) is not None and name.type == "string":
            inner = found.modules.setdefault(_string(name), ModuleDeclarations(exports_all=True))
            body = node.child_by_field_name("body")
            _read_block(body.named_children if body is not None else [], inner)
        case _:
            found.taken.update(_taken(node))
            for declared in _declared(node, remark):
                found.declared.setdefault(declared.name, []).append(declared)


def _taken(node: Node) -> Iterator[tuple[str, Taken]]:
    """Yield the names that a declaration takes out of something whose type has a name."""
    for each in node.named_children if node.type in _VARIABLES else ():
        pattern, annotation = each.child_by_field_name("name"), each.child_by_field_name("type")
        kind = annotation.named_children[0] if annotation is not None and annotation.named_children else None
        if pattern is None or pattern.type != "object_pattern" or kind is None:
            continue
        for one in pattern.named_children:
            key, value = one.child_by_field_name("key"), one.child_by_field_name("value")
            member = text_of(one) if one.type == "shorthand_property_identifier_pattern" else text_of(key)
            if member:
                yield text_of(value) if value is not None else member, Taken(text_of(kind), member)


def _imports(node: Node) -> Iterator[tuple[str, Reference]]:
    module = _source(node)
    for child in node.named_children:
        if child.type == "import_require_clause":
            name = child.named_children[0] if child.named_children else None
            yield text_of(name), Reference(_string(_last_string(child)), "=")
        elif child.type == "import_clause":
            for clause in child.named_children:
                if clause.type == "identifier":
                    yield text_of(clause), Reference(module, "default")
                elif clause.type == "namespace_import":
                    yield text_of(clause.named_children[-1]), Reference(module, _ALL)
                else:
                    for each in clause.named_children:
                        name, alias = _named(each)
                        yield alias or name, Reference(module, name)


def _read_export(node: Node, found: ModuleDeclarations, remark: Remark) -> None:
    module = _source(node)
    words = {child.type for child in node.children}
    declaration = node.child_by_field_name("declaration")
    if declaration is not None:
        inner = declaration.named_children if declaration.type == "ambient_declaration" else [declaration]
        taken = dict(each for part in inner for each in _taken(part))
        found.taken.update(taken)
        found.exported.update({name: name for name in taken})
        for declared in (each for part in inner for each in _declared(part, remark)):
            found.declared.setdefault(declared.name, []).append(declared)
            found.exported["default" if "default" in words else declared.name] = declared.name
        return
    for child in node.named_children:
        if child.type == "export_clause":
            for each in child.named_children:
                name, alias = _named(each)
                found.exported[alias or name] = Reference(module, name) if module else name
        elif child.type == "namespace_export":
            found.exported[text_of(child.named_children[-1])] = Reference(module, _ALL)
        elif child.type == "identifier" and "default" in words:
            found.exported["default"] = text_of(child)
        elif child.type == "identifier" and "=" in words:
            found.assigned = text_of(child)
    if module and "*" in words:
        found.stars.append(module)


def _read_assignment(node: Node, found: ModuleDeclarations, remark: Remark) -> None:
    """Read what a CommonJS module gives: ``module.exports = {a, b: c}``, ``exports.a = …``."""
    left, right = node.child_by_field_name("left"), node.child_by_field_name("right")
    if left is None or right is None:
        return
    of, _, name = text_of(left).rpartition(".")
    if (of, name) == ("module", "exports"):
        if right.type == "identifier":
            found.exported["default"] = text_of(right)
        for each in right.named_children if right.type == "object" else ():
            if each.type == "shorthand_property_identifier":
                found.exported[text_of(each)] = text_of(each)
            elif each.type == "pair":
                _read_assigned(
                    text_of(each.child_by_field_name("key")),
                    each.child_by_field_name("value"),
                    found,
                    NOTHING,
                )
            elif each.type == "method_definition":
                _read_assigned(text_of(each.child_by_field_name("name")), each, found, NOTHING)
    elif of in ("exports", "module.exports"):
        _read_assigned(name, right, found, remark)


def _read_assigned(name: str, value: Node | None, found: ModuleDeclarations, remark: Remark) -> None:
    if value is None:
        return
    if value.type == "identifier":
        found.exported[name] = text_of(value)
    elif value.type in (*_WRITTEN_FUNCTIONS, "method_definition"):
        function = Declared(
            name, "function", value.start_point.row + 1, remark, _parameters(value), _returns(value)
        )
        found.declared.setdefault(name, []).append(function)
        found.exported[name] = name


def _declared(node: Node, remark: Remark) -> Iterator[Declared]:
    """Yield what a declaration declares."""
    name, line = text_of(node.child_by_field_name("name")), node.start_point.row + 1
    if node.type in _FUNCTIONS:
        yield Declared(name or "default", "function", line, remark, _parameters(node), _returns(node))
    elif node.type in _VARIABLES:
        for each in node.named_children:
            named = each.child_by_field_name("name")
            if each.type == "variable_declarator" and named is not None and named.type == "identifier":
                yield _variable(each, text_of(named), remark)
    elif node.type == "enum_declaration":
        yield Declared(name, "class", line, remark, members=tuple(_enumerated(node)))
    elif node.type == "type_alias_declaration":
        value = node.child_by_field_name("value")
        if value is not None and value.type == "object_type":
            yield Declared(name, "class", line, remark, members=tuple(_members(value)))
    elif node.type in _CONTAINERS:
        body = node.child_by_field_name("body")
        if _CONTAINERS[node.type] == "module":
            yield Declared(name, "module", line, remark, members=tuple(_of_namespace(body)))
        else:
            members = tuple(_members(body)) if body is not None else ()
            made = next((each.parameters for each in members if each.name == "constructor"), None)
            kept = tuple(each for each in members if each.name != "constructor")
            yield Declared(name or "default", "class", line, remark, made, members=kept)


def _of_namespace(body: Node | None) -> Iterator[Declared]:
    inner = ModuleDeclarations()
    _read_block(body.named_children if body is not None else [], inner)
    for declared in inner.declared.values():
        yield from declared


def _enumerated(node: Node) -> Iterator[Declared]:
    body = node.child_by_field_name("body")
    for each in body.named_children if body is not None else ():
        named = each.child_by_field_name("name") if each.type == "enum_assignment" else each
        if named is not None and named.type != "comment":
            yield Declared(text_of(named), "attribute", each.start_point.row + 1)


def _members(body: Node) -> Iterator[Declared]:
    comment = ""
    for node in body.named_children:
        if node.type == "comment":
            comment = text_of(node)
            continue
        remark, comment = read_comment(comment), ""
        named = node.child_by_field_name("name")
        if named is None or named.type not in ("property_identifier", "string") or _is_private(node):
            continue
        name = _string(named) if named.type == "string" else text_of(named)
        if node.type in _METHODS and not _is_accessor(node):
            line = node.start_point.row + 1
            yield Declared(name, "function", line, remark, _parameters(node), _returns(node))
        elif node.type in (*_METHODS, *_FIELDS):
            yield _variable(node, name, remark)


def _variable(node: Node, name: str, remark: Remark) -> Declared:
    """Return a variable or a property; one whose type is a function can be called."""
    line = node.start_point.row + 1
    annotation = node.child_by_field_name("type") or node.child_by_field_name("return_type")
    kind = annotation.named_children[0] if annotation is not None and annotation.named_children else None
    if kind is not None and kind.type == "function_type":
        return Declared(name, "function", line, remark, _parameters(kind), _returns(kind))
    value = node.child_by_field_name("value")
    if value is not None and value.type in _WRITTEN_FUNCTIONS:
        return Declared(name, "function", line, remark, _parameters(value), _returns(value))
    return Declared(name, "attribute", line, remark, returns=_short(text_of(kind)))


def _parameters(node: Node) -> tuple[Parameter, ...]:
    alone = node.child_by_field_name("parameter")
    if alone is not None:  # of ``x => x``
        return (Parameter(text_of(alone), "positional_only", True, ""),)
    listed = node.child_by_field_name("parameters")
    found = (_parameter(each) for each in (listed.named_children if listed is not None else ()))
    return tuple(each for each in found if each is not None)


def _parameter(node: Node) -> Parameter | None:
    if node.type not in ("required_parameter", "optional_parameter"):
        return None
    pattern = node.child_by_field_name("pattern")
    annotation = node.child_by_field_name("type")
    kind = _short(text_of(annotation).removeprefix(":").strip())
    if pattern is None or text_of(pattern) == "this":
        return None
    if pattern.type == "rest_pattern":
        return Parameter(text_of(pattern).removeprefix("..."), "var_positional", False, kind)
    required = node.type == "required_parameter" and node.child_by_field_name("value") is None
    name = text_of(pattern) if pattern.type == "identifier" else "options"
    return Parameter(name, "positional_only", required, kind)


def _returns(node: Node) -> str:
    annotation = node.child_by_field_name("return_type")
    return _short(text_of(annotation).removeprefix(":").strip())


def _is_private(node: Node) -> bool:
    words = {text_of(each) for each in node.children if each.type == "accessibility_modifier"}
    return "private" in words


def _is_accessor(node: Node) -> bool:
    return any(each.type in ("get", "set") for each in node.children)


def _source(node: Node) -> str:
    return _string(node.child_by_field_name("source"))


def _last_string(node: Node) -> Node | None:
    strings = [each for each in node.named_children if each.type == "string"]
    return strings[-1] if strings else None


def _named(node: Node) -> tuple[str, str]:
    name, alias = node.child_by_field_name("name"), node.child_by_field_name("alias")
    return _plain(name), _plain(alias)


def _plain(node: Node | None) -> str:
    return _string(node) if node is not None and node.type == "string" else text_of(node)


def _string(node: Node | None) -> str:
    return text_of(node)[1:-1]


def _short(text: str) -> str:
    return " ".join(text.split())[:_TYPE_CHARACTERS]
