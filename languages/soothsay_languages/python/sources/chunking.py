"""Cutting Python files at their tree-sitter nodes: chunks to show, symbols to know."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from tree_sitter import Node

from soothsay_index.sources.base import FileFacts, OwnerFacts
from soothsay_index.text import first_sentence, shorten, squeeze
from soothsay_index.types import Chunk, Parameter, ParameterKind, Symbol, SymbolKind
from soothsay_languages.python.imports import imports_of
from soothsay_languages.python.sources.module_names import MODULE_NAMES
from soothsay_languages.python.syntax import parse_python, string_value
from soothsay_languages.syntax import text_of, walk

MAX_LINES = 80
_MAX_CHARACTERS = 4_000
_GROUP_LINES = 24
_PLAIN_BASES = frozenset({"object", "ABC", "Protocol", "Generic"})
_PLAIN_DECORATORS = frozenset({"dataclass", "final", "total_ordering", "runtime_checkable"})
_DYNAMIC = ("globals()", "sys.modules", "exec(", "vars()", "setattr(")
_OBJECT_NAMES = (*dir(object), "__dict__", "__module__", "__weakref__")


@dataclass(frozen=True, slots=True)
class _Place:
    """Where the file is."""

    path: str
    uri: str
    module: str
    package: str
    lines: tuple[str, ...]


def cut_python(
    source: str, path: str, uri: str, module: str, package: str, is_package: bool = False
) -> FileFacts:
    """Cut ``source`` into chunks and read the symbols it defines. Broken code gives what can be read of it."""
    data = source.encode("utf-8", "replace")
    root = parse_python(data).root_node
    place = _Place(path, uri, module, package, tuple(source.split("\n")))
    imports = imports_of(root, module, is_package)
    chunks: list[Chunk] = []
    symbols: list[Symbol] = []
    owners: list[OwnerFacts] = []
    loose: list[Node] = []
    for node in root.children:
        definition = _definition(node)
        if definition is None:
            loose.append(node)
            continue
        chunks += _groups(place, loose)
        loose = []
        if definition.type == "class_definition":
            _read_class(place, node, definition, module, chunks, symbols, owners)
        else:
            symbol = _function(place, node, definition, module, "function")
            symbols.append(symbol)
            chunks.append(_chunk(place, node, symbol))
    chunks += _groups(place, loose)
    bound = _bound(root)
    known = {symbol.name for symbol in symbols if symbol.owner == module}
    symbols += [_attribute(place, module, name, node) for name, node in _assigned(root) if name not in known]
    documented = {symbol.name for symbol in symbols if symbol.owner == module}
    closed = (
        not imports.stars
        and "__getattr__" not in documented
        and not root.has_error
        and not any(way in source for way in _DYNAMIC)
    )
    hidden = (bound | set(imports.aliases) | set(MODULE_NAMES)) - documented
    owners.append(OwnerFacts(module, closed, tuple(sorted(hidden))))
    return FileFacts(tuple(chunks), _unique(symbols), tuple(owners), imports)


def _definition(node: Node) -> Node | None:
    if node.type == "decorated_definition":
        node = node.child_by_field_name("definition") or node
    return node if node.type in {"function_definition", "class_definition"} else None


def _read_class(
    place: _Place,
    node: Node,
    definition: Node,
    owner: str,
    chunks: list[Chunk],
    symbols: list[Symbol],
    owners: list[OwnerFacts],
) -> None:
    name = text_of(definition.child_by_field_name("name"))
    path = f"{owner}.{name}"
    body = definition.child_by_field_name("body")
    methods: list[Symbol] = []
    method_chunks: list[Chunk] = []
    for child in body.named_children if body else ():
        inner = _definition(child)
        if inner is None:
            continue
        if inner.type == "class_definition":
            _read_class(place, child, inner, path, method_chunks, symbols, owners)
            continue
        method = _function(place, child, inner, path, "method")
        methods.append(method)
        method_chunks.append(_chunk(place, child, method))
    fields = list(_fields(body)) if body else []
    attributes = [_attribute(place, path, field_name, at) for field_name, _, at in fields]
    attributes += [_attribute(place, path, each, at) for each, at in _self_attributes(definition)]
    decorators = _decorators(node)
    symbol = _class(place, definition, owner, name, methods, fields, decorators)
    symbols.append(symbol)
    chunks.append(_class_chunk(place, node, definition, symbol, methods))
    chunks += method_chunks
    known = {method.name for method in methods}
    symbols += methods
    symbols += [attribute for attribute in attributes if attribute.name not in known]
    hidden = (_bound(body) if body else set()) | set(_OBJECT_NAMES)
    documented = known | {attribute.name for attribute in attributes}
    text = text_of(definition)
    closed = (
        not (known & {"__getattr__", "__getattribute__"})
        and all(base in _PLAIN_BASES for base in _bases(definition))
        and all(decorator in _PLAIN_DECORATORS for decorator in decorators)
        and not definition.has_error
        and "__dict__" not in text
        and not any(way in text for way in _DYNAMIC)
    )
    owners.append(OwnerFacts(path, closed, tuple(sorted(hidden - documented))))


def _bases(definition: Node) -> list[str]:
    """Return the names of the base classes, without their packages and parameters."""
    listed = definition.child_by_field_name("superclasses")
    found: list[str] = []
    for child in listed.named_children if listed else ():
        if child.type == "keyword_argument":
            found.append(text_of(child))  # a metaclass: not a plain class
        elif child.type != "comment":
            found.append(text_of(child).split("[", 1)[0].rsplit(".", 1)[-1])
    return found


def _decorators(node: Node) -> list[str]:
    if node.type != "decorated_definition":
        return []
    return [
        text_of(child).lstrip("@").strip().split("(", 1)[0].rsplit(".", 1)[-1]
        for child in node.children
        if child.type == "decorator"
    ]


def _class(
    place: _Place,
    definition: Node,
    owner: str,
    name: str,
    methods: list[Symbol],
    fields: list[tuple[str, Parameter | None, Node]],
    decorators: list[str],
) -> Symbol:
    parameters = next((m.parameters for m in methods if m.name == "__init__"), None)
    if parameters is None:
        bases = _bases(definition)
        if "dataclass" in decorators or "NamedTuple" in bases:
            # An inherited dataclass begins with the fields of its base, which are elsewhere.
            plain = all(base in _PLAIN_BASES or base == "NamedTuple" for base in bases)
            parameters = tuple(p for _, p, _ in fields if p is not None) if plain else None
        elif all(base in _PLAIN_BASES for base in bases):
            parameters = ()
    doc = _docstring(definition)
    return Symbol(
        qualified_name=f"{owner}.{name}",
        name=name,
        owner=owner,
        kind="class",
        origin="workspace",
        package=place.package,
        version="",
        uri=place.uri,
        line=definition.start_point[0] + 1,
        parameters=parameters,
        summary=first_sentence(doc),
        doc=shorten(doc, 600),
    )


def _function(place: _Place, node: Node, definition: Node, owner: str, kind: SymbolKind) -> Symbol:
    name = text_of(definition.child_by_field_name("name"))
    decorators = _decorators(node)
    is_property = kind == "method" and ("property" in decorators or "cached_property" in decorators)
    parameters = _parameters(definition.child_by_field_name("parameters"))
    if kind == "method" and "staticmethod" not in decorators and parameters:
        first = parameters[0]
        parameters = (
            parameters[1:] if first.kind in {"positional_or_keyword", "positional_only"} else parameters
        )
    doc = _docstring(definition)
    return Symbol(
        qualified_name=f"{owner}.{name}",
        name=name,
        owner=owner,
        kind="attribute" if is_property else kind,
        origin="workspace",
        package=place.package,
        version="",
        uri=place.uri,
        line=definition.start_point[0] + 1,
        parameters=None if is_property else parameters,
        returns=squeeze(text_of(definition.child_by_field_name("return_type"))),
        summary=first_sentence(doc),
        doc=shorten(doc, 600),
    )


def _attribute(place: _Place, owner: str, name: str, node: Node) -> Symbol:
    return Symbol(
        qualified_name=f"{owner}.{name}",
        name=name,
        owner=owner,
        kind="attribute",
        origin="workspace",
        package=place.package,
        version="",
        uri=place.uri,
        line=node.start_point[0] + 1,
        returns=squeeze(text_of(node.child_by_field_name("type")))[:60],
    )


def _parameters(node: Node | None) -> tuple[Parameter, ...]:
    found: list[Parameter] = []
    kind: ParameterKind = "positional_or_keyword"
    for child in node.named_children if node else ():
        if child.type == "positional_separator":
            found = [Parameter(p.name, "positional_only", p.required, p.annotation, p.default) for p in found]
        elif child.type == "keyword_separator":
            kind = "keyword_only"
        else:
            parameter = _parameter(child, kind)
            if parameter is None:
                continue
            found.append(parameter)
            if parameter.kind == "var_positional":
                kind = "keyword_only"
    return tuple(found)


def _parameter(node: Node, kind: ParameterKind) -> Parameter | None:
    annotation = squeeze(text_of(node.child_by_field_name("type")))
    default = squeeze(text_of(node.child_by_field_name("value")))
    if node.type == "identifier":
        return Parameter(text_of(node), kind, True)
    if node.type in {"default_parameter", "typed_default_parameter"}:
        name = text_of(node.child_by_field_name("name"))
        return Parameter(name, kind, False, annotation, shorten(default, 40)) if name else None
    if node.type in {"list_splat_pattern", "dictionary_splat_pattern"}:
        return _splat(node, "")
    if node.type == "typed_parameter" and node.named_children:
        inner = node.named_children[0]
        if inner.type in {"list_splat_pattern", "dictionary_splat_pattern"}:
            return _splat(inner, annotation)
        return Parameter(text_of(inner), kind, True, annotation)
    return None


def _splat(node: Node, annotation: str) -> Parameter:
    kind: ParameterKind = "var_positional" if node.type == "list_splat_pattern" else "var_keyword"
    return Parameter(text_of(node).lstrip("*").strip(), kind, False, annotation)


def _docstring(definition: Node) -> str:
    body = definition.child_by_field_name("body")
    if body is None or not body.named_children:
        return ""
    first = next((child for child in body.named_children if child.type != "comment"), None)
    if first is None or first.type != "expression_statement" or not first.named_children:
        return ""
    value = string_value(first.named_children[0]) or ""
    return "\n".join(line.strip() for line in value.strip().split("\n"))


def _fields(body: Node) -> Iterator[tuple[str, Parameter | None, Node]]:
    """Assignments in a class body: name, the parameter it makes in a dataclass, node."""
    for statement in body.named_children:
        if statement.type != "expression_statement" or not statement.named_children:
            continue
        assignment = statement.named_children[0]
        if assignment.type != "assignment":
            continue
        left = assignment.child_by_field_name("left")
        if left is None or left.type != "identifier":
            continue
        name = text_of(left)
        annotation = squeeze(text_of(assignment.child_by_field_name("type")))
        value = squeeze(text_of(assignment.child_by_field_name("right")))
        parameter = None
        if (
            annotation
            and not annotation.startswith(("ClassVar", "typing.ClassVar"))
            and "init=False" not in value
        ):
            made = value.startswith(("field(", "dataclasses.field(", "Field("))
            required = not value or (made and "default" not in value)
            kind: ParameterKind = "keyword_only" if "kw_only=True" in value else "positional_or_keyword"
            parameter = Parameter(name, kind, required, annotation, "" if made else shorten(value, 40))
        yield name, parameter, assignment


def _self_attributes(definition: Node) -> Iterator[tuple[str, Node]]:
    seen: set[str] = set()
    for node in walk(definition):
        if node.type not in {"assignment", "augmented_assignment"}:
            continue
        left = node.child_by_field_name("left")
        for target in _targets(left):
            if target.type == "attribute" and text_of(target.child_by_field_name("object")) in {
                "self",
                "cls",
            }:
                name = text_of(target.child_by_field_name("attribute"))
                if name and name not in seen:
                    seen.add(name)
                    yield name, node


def _targets(node: Node | None) -> Iterator[Node]:
    if node is None:
        return
    if node.type in {"pattern_list", "tuple_pattern", "list_pattern", "list_splat_pattern"}:
        for child in node.named_children:
            yield from _targets(child)
    else:
        yield node


def _assigned(root: Node) -> Iterator[tuple[str, Node]]:
    """Names that a module's own statements assign, inside ``if`` and ``try`` too, each once."""
    seen: set[str] = set()
    todo = list(reversed(root.children))
    while todo:
        node = todo.pop()
        if node.type in {"function_definition", "class_definition", "lambda"}:
            continue
        if node.type == "assignment":
            for target in _targets(node.child_by_field_name("left")):
                name = text_of(target)
                if target.type == "identifier" and name not in seen:
                    seen.add(name)
                    yield name, node
        todo.extend(reversed(node.children))


_TARGET_FIELDS = {
    "assignment": "left",
    "augmented_assignment": "left",
    "for_statement": "left",
    "named_expression": "name",
    "type_alias_statement": "left",
}


def _bound(root: Node) -> set[str]:
    """Return every name that a scope's own statements bind, in ``if``, ``try``, ``for``, ``with`` and ``match`` too."""
    names: set[str] = set()
    todo = list(root.children)
    while todo:
        node = todo.pop()
        if node.type in {"function_definition", "class_definition"}:
            names.add(text_of(node.child_by_field_name("name")))
            continue
        if node.type == "lambda":
            continue
        target = node.child_by_field_name(_TARGET_FIELDS[node.type]) if node.type in _TARGET_FIELDS else None
        if node.type in {"as_pattern_target", "case_pattern"}:
            target = node
        if target is not None:
            names.update(text_of(each) for each in walk(target) if each.type == "identifier")
        todo.extend(node.children)
    return names


def _groups(place: _Place, nodes: list[Node]) -> list[Chunk]:
    """Module-level statements between definitions, in groups; imports alone are not worth showing."""
    chunks: list[Chunk] = []
    group: list[Node] = []
    for node in [*nodes, None]:
        full = (
            bool(group) and node is not None and node.end_point[0] - group[0].start_point[0] >= _GROUP_LINES
        )
        if group and (node is None or full):
            if not all(_is_noise(each) for each in group):
                chunks.append(_lines(place, group[0].start_point[0], group[-1].end_point[0], None))
            group = []
        if node is not None and (group or not _is_noise(node)):
            group.append(node)
    return chunks


def _is_noise(node: Node) -> bool:
    return node.type in {
        "import_statement",
        "import_from_statement",
        "future_import_statement",
        "comment",
        "newline",
        ";",
    }


def _chunk(place: _Place, node: Node, symbol: Symbol) -> Chunk:
    return _lines(place, node.start_point[0], node.end_point[0], symbol)


def _lines(place: _Place, start: int, end: int, symbol: Symbol | None) -> Chunk:
    end = min(end, start + MAX_LINES - 1)
    text = "\n".join(place.lines[start : end + 1])[:_MAX_CHARACTERS]
    return Chunk(place.path, place.uri, start + 1, end + 1, text, symbol)


def _class_chunk(place: _Place, node: Node, definition: Node, symbol: Symbol, methods: list[Symbol]) -> Chunk:
    """Return the head of a class, its fields and the signatures of its methods; the bodies are chunks of their own."""
    body = definition.child_by_field_name("body")
    parts: list[str] = []
    head_end = body.start_point[0] if body else definition.end_point[0]
    parts += place.lines[node.start_point[0] : max(head_end, node.start_point[0] + 1)]
    for child in body.named_children if body else ():
        inner = _definition(child)
        if inner is None:
            parts += place.lines[child.start_point[0] : child.end_point[0] + 1]
            continue
        inner_body = inner.child_by_field_name("body")
        stop = max(inner_body.start_point[0] if inner_body else 0, inner.start_point[0] + 1)
        signature = list(place.lines[child.start_point[0] : stop])
        parts += signature
        if signature and not signature[-1].rstrip().endswith("..."):
            parts[-1] = f"{signature[-1].rstrip()} ..."
    text = "\n".join(parts[:MAX_LINES])[:_MAX_CHARACTERS]
    return Chunk(place.path, place.uri, node.start_point[0] + 1, node.end_point[0] + 1, text, symbol)


def _unique(symbols: list[Symbol]) -> tuple[Symbol, ...]:
    """Return one symbol a name: the last definition wins, as it does when the file runs."""
    return tuple({(symbol.owner, symbol.name): symbol for symbol in symbols}.values())
