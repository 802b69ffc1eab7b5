"""What a Python file imports, and which service clients it makes: read from its tree, broken code included."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from tree_sitter import Node

from soothsay_index.sources.base import Imports
from soothsay_languages.python.syntax import parse_python, python_language, string_value
from soothsay_languages.syntax import nodes_of, text_of

_FROM = ("import_from_statement", "future_import_statement")
IMPORTS = ("import_statement", *_FROM)
_CLIENT_MAKERS = frozenset({"client", "resource"})


def parse_imports(source: str | bytes, module: str = "", is_package: bool = False) -> Imports:
    """Read the imports of a file whose own dotted name is ``module`` (``is_package``: it is an ``__init__``)."""
    data = source.encode("utf-8", "replace") if isinstance(source, str) else source
    return imports_of(parse_python(data).root_node, module, is_package)


def imports_of(root: Node, module: str = "", is_package: bool = False) -> Imports:
    """Like :func:`parse_imports`, for a tree that is already there."""
    return _read(nodes_of(python_language(), root, *IMPORTS, "call"), module, is_package)


def aliases_of(imports: Iterable[Node], module: str = "", is_package: bool = False) -> Mapping[str, str]:
    """Return the names that nodes of the types `IMPORTS` bind."""
    return _read(imports, module, is_package).aliases


def _read(nodes: Iterable[Node], module: str, is_package: bool) -> Imports:
    aliases: dict[str, str] = {}
    modules: list[str] = []
    stars: list[str] = []
    services: list[str] = []
    for node in nodes:
        if node.type == "import_statement":
            for name, alias in _names(node):
                modules.append(name)
                aliases[alias or name.split(".", 1)[0]] = name if alias else name.split(".", 1)[0]
        elif node.type in _FROM:
            source = _source_module(node, module, is_package)
            if source is None:
                continue
            modules.append(source)
            if any(child.type == "wildcard_import" for child in node.children):
                stars.append(source)
            for name, alias in _names(node):
                target = f"{source}.{name}" if source else name
                aliases[alias or name] = target
                modules.append(target)  # "from billing import ledger" imports a module
        elif node.type == "call":
            service = service_of(node)
            if service:
                services.append(service)
    return Imports(
        aliases,
        tuple(dict.fromkeys(each for each in modules if each)),
        tuple(dict.fromkeys(stars)),
        tuple(dict.fromkeys(services)),
    )


def resolve_relative(dots: int, rest: str, module: str, is_package: bool) -> str | None:
    """Return the absolute name of ``from ..rest`` in ``module``; None when it leaves the top-level package."""
    parts = module.split(".") if module else []
    drop = dots - 1 if is_package else dots
    if drop > len(parts):
        return None
    base = parts[: len(parts) - drop]
    return ".".join([*base, rest] if rest else base)


def _names(node: Node) -> list[tuple[str, str]]:
    """Return the (name, alias) pairs of an import statement."""
    found: list[tuple[str, str]] = []
    for child in node.children_by_field_name("name"):
        if child.type == "aliased_import":
            found.append(
                (text_of(child.child_by_field_name("name")), text_of(child.child_by_field_name("alias")))
            )
        else:
            found.append((text_of(child), ""))
    return [(name, alias) for name, alias in found if name]


def _source_module(node: Node, module: str, is_package: bool) -> str | None:
    source = node.child_by_field_name("module_name")
    if node.type == "future_import_statement":
        return "__future__"
    if source is None:
        return None
    if source.type != "relative_import":
        return text_of(source)
    text = text_of(source)
    rest = text.lstrip(".")
    return resolve_relative(len(text) - len(rest), rest.strip(), module, is_package)


def service_of(call: Node) -> str | None:
    """Return ``bedrock`` for ``boto3.client("bedrock")``, ``session.client("bedrock")``, ``client("bedrock")``."""
    function = call.child_by_field_name("function")
    name = (
        function.child_by_field_name("attribute") if function and function.type == "attribute" else function
    )
    if name is None or text_of(name) not in _CLIENT_MAKERS:
        return None
    arguments = call.child_by_field_name("arguments")
    if arguments is None:
        return None
    for argument in arguments.named_children:
        if argument.type == "keyword_argument":
            if text_of(argument.child_by_field_name("name")) != "service_name":
                continue
            argument_value = argument.child_by_field_name("value")
            return string_value(argument_value) or None
        if argument.type != "comment":
            return string_value(argument) or None
    return None
