"""Modules and classes that make names while they are imported: what a type checker does not find there may exist.

Generated modules fill ``globals()``, metaclasses and decorators set attributes on the classes they see, objects take
whatever they are given (``setattr(self, key, value)``).
"""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterator, Sequence

from tree_sitter import Node

from soothsay_languages.oracle import ANY_NAME, MemberOrigin
from soothsay_languages.python import python_grammar
from soothsay_languages.python.syntax import string_value
from soothsay_languages.scan import indentation
from soothsay_languages.syntax import parse, text_of, walk

_FILLS = frozenset({"globals", "vars", "locals", "exec", "setattr"})
_TABLES = frozenset({"globals", "vars", "locals"})  # what they return may be read only
_DEFINITIONS = frozenset({"function_definition", "class_definition"})
_MODULE_WAYS = re.compile(r"\b(?:globals|vars|locals|exec|setattr)\(|sys\.modules\[|__dict__")
_LONGEST = 60  # bytes of a called name that is looked at
_MAKERS = frozenset({"__init__", "__new__", "__init_subclass__", "__prepare__"})  # they are given the class
_IMPORT_FROM = re.compile(r"\bfrom\s+([\w.]+)\s+import\b[^\n]*\Z|\bfrom\s+([\w.]+)\s+import\s*\([^)]*\Z")
_TAKES_ALL = re.compile(r"^[ \t]*from[ \t]+([\w.]+)[ \t]+import[ \t]*\*", re.MULTILINE)
_NAMES_VALUE = re.compile(r"[ \t]+\w+[ \t]*[:=]")
_RECEIVER = re.compile(r"[\w\"'\]]\s*\.\s*\Z")


class MadeNames:
    """Reads where names are made."""

    def receiver(self, text: str, start: int) -> int | None:
        """Return the offset of a character of what the name at ``start`` is a member of; None where it has no name."""
        before = text[max(0, start - 2000) : start]
        base = start - len(before)
        if (member := _RECEIVER.search(before)) is not None:
            return base + member.start()
        if (module := _IMPORT_FROM.search(before)) is not None:
            return base + module.end(1 if module.group(1) else 2) - 1
        return None

    def read(self, source: str, line: int, whole: bool) -> MemberOrigin:
        """Return what the module (``whole``), or the definition at ``line`` (from 0) of ``source``, says."""
        if whole:
            fills = bool(_MODULE_WAYS.search(source)) and _fills_module(source)
            return MemberOrigin((ANY_NAME,) if fills else (), tuple(_taken_whole(source)))
        lines = source.split("\n")
        first, last = _lines_of(lines, _line_of_class(lines, line))
        code = "\n".join(lines[first:last])
        root = _tree(textwrap.dedent(code))
        node = _definition_in(root)
        call = _call_that_defines(root) if node is None else None
        if call is not None:  # the type checker has read it
            return MemberOrigin((), tuple(_offset(each, lines, first) for each in _names_given(call)))
        if node is None:
            return MemberOrigin((ANY_NAME,))  # what it is, is not known
        if node.type == "function_definition":
            return MemberOrigin(tuple(_made_in(node)))
        made = list(_made_in_class(node))
        name = re.escape(text_of(node.child_by_field_name("name")))
        if re.search(rf"^[ \t]*setattr\(\s*{name}\s*,", source, re.MULTILINE):
            made.append(ANY_NAME)
        return MemberOrigin(tuple(made), tuple(_offset(each, lines, first) for each in _made_by(node)))


def _line_of_class(lines: Sequence[str], line: int) -> int:
    """Return ``line``, or, where a class only names a value there (a member of an enumeration), the line of the class."""
    if line >= len(lines) or not _NAMES_VALUE.match(lines[line]):
        return line
    depth = indentation(lines[line])
    around = (at for at in range(line - 1, -1, -1) if lines[at].strip() and indentation(lines[at]) < depth)
    found = next(around, line)
    return found if lines[found].lstrip().startswith("class ") else line


def _lines_of(lines: Sequence[str], line: int) -> tuple[int, int]:
    """Return the first line of the definition whose name is at ``line``, its decorators with it, and the line behind it."""
    depth = indentation(lines[line]) if line < len(lines) else 0
    first, last = line, line + 1
    while first and lines[first - 1].startswith(" " * depth + "@"):
        first -= 1
    while last < len(lines):
        text = lines[last]
        if text.strip() and indentation(text) <= depth and text.strip()[0] not in ")]}#":
            break
        last += 1
    return first, last


def _offset(node: Node, lines: Sequence[str], first: int) -> int:
    """Return the offset in the text of ``lines`` of the last character of ``node``, which was read from line ``first`` on."""
    row, column = node.end_point
    text = lines[first + row]
    indent = indentation(lines[first])
    before = len(text[indent:].encode()[: max(0, column - 1)].decode("utf-8", "ignore"))
    return sum(len(each) + 1 for each in lines[: first + row]) + indent + before


def _tree(code: str) -> Node:
    return parse(python_grammar(), code.encode("utf-8", "surrogatepass")).root_node


def _fills_module(source: str) -> bool:
    return any(_fills(node) for node in _outside_of_definitions(_tree(source)))


def _taken_whole(source: str) -> Iterator[int]:
    """Yield the offsets of the names of the modules all of whose names are those of ``source``, too."""
    for found in _TAKES_ALL.finditer(source):
        yield found.end(1) - 1


def _outside_of_definitions(node: Node) -> Iterator[Node]:
    for child in node.children:
        yield child
        if child.type not in _DEFINITIONS:
            yield from _outside_of_definitions(child)


def _definition_in(root: Node) -> Node | None:
    return next((each for each in walk(root) if each.type in _DEFINITIONS), None)


def _call_that_defines(root: Node) -> Node | None:
    """Return the call that makes a class and says its name, as ``P = namedtuple("P", "x y")`` does."""
    for assignment in (each for each in walk(root) if each.type == "assignment"):
        name, call = (assignment.child_by_field_name(field) for field in ("left", "right"))
        arguments = (
            call.child_by_field_name("arguments") if call is not None and call.type == "call" else None
        )
        said = arguments.named_children[0] if arguments is not None and arguments.named_children else None
        return call if string_value(said) == text_of(name) else None
    return None


def _names_given(call: Node) -> Iterator[Node]:
    """Yield what is named in the arguments of ``call``: bases, and types of members."""
    arguments = call.child_by_field_name("arguments")
    names = (each for each in walk(arguments) if each.type == "identifier") if arguments is not None else ()
    yield from (each for each in names if each.parent is not None and each.parent.type != "keyword_argument")


def _made_in_class(node: Node) -> Iterator[str]:
    """Yield patterns of the names that the class makes: in its own body, for its objects, for its subclasses."""
    body = node.child_by_field_name("body")
    bases = node.child_by_field_name("superclasses")
    is_metaclass = bases is not None and any(text_of(each) == "type" for each in bases.named_children)
    for each in body.named_children if body is not None else ():
        inner = each.child_by_field_name("definition") if each.type == "decorated_definition" else each
        if inner is None or inner.type == "class_definition":
            continue
        if inner.type != "function_definition":
            yield from (ANY_NAME for part in walk(inner) if _fills(part))
        elif is_metaclass or text_of(inner.child_by_field_name("name")) in _MAKERS:
            yield from _made_in(inner)


def _made_in(function: Node) -> Iterator[str]:
    """Yield patterns of the names of the attributes that ``function`` sets."""
    for node in walk(function):
        target = node.child_by_field_name("left") if node.type == "assignment" else None
        if target is not None and target.type == "attribute":
            yield re.escape(text_of(target.child_by_field_name("attribute")))
        elif _fills(node) and not _only_reads(node):
            yield _name_given(node, function)


def _only_reads(call: Node) -> bool:
    """Return whether ``call``, such as ``vars(cls)``, is looked at and not changed."""
    if text_of(call.child_by_field_name("function")) not in _TABLES or call.parent is None:
        return False
    is_changed = call.parent.type in ("attribute", "subscript") and (
        text_of(call.parent).endswith((".update", ".setdefault")) or call.parent.type == "subscript"
    )
    return not is_changed


def _name_given(call: Node, function: Node) -> str:
    """Return the pattern of the name that ``call`` makes: of ``setattr(cls, f"set_{name}", value)`` ``set_\\w+``."""
    arguments = call.child_by_field_name("arguments")
    given = arguments.named_children[1:2] if arguments is not None else []
    if text_of(call.child_by_field_name("function")) != "setattr" or not given:
        return ANY_NAME
    if given[0].type == "identifier":
        return _pattern_of(_value_of(text_of(given[0]), function))
    return _pattern_of(given[0])


def _value_of(name: str, function: Node) -> Node | None:
    """Return the only value that ``name`` is given in ``function``, None for none or several."""
    values = [
        node.child_by_field_name("right")
        for node in walk(function)
        if node.type == "assignment" and text_of(node.child_by_field_name("left")) == name
    ]
    return values[0] if len(values) == 1 else None


def _pattern_of(string: Node | None) -> str:
    if string is None or string.type != "string":
        return ANY_NAME
    parts = [each for each in string.named_children if each.type in ("string_content", "interpolation")]
    return "".join(re.escape(text_of(each)) if each.type == "string_content" else ANY_NAME for each in parts)


def _made_by(node: Node) -> Iterator[Node]:
    """Yield the expressions that a class is made by: bases, metaclass, decorators."""
    bases = node.child_by_field_name("superclasses")
    for base in bases.named_children if bases is not None else ():
        value = base.child_by_field_name("value") if base.type == "keyword_argument" else base
        if value is not None:
            yield _head(value)
    if node.parent is not None and node.parent.type == "decorated_definition":
        for decorator in node.parent.named_children:
            if decorator.type == "decorator" and decorator.named_children:
                yield _head(decorator.named_children[0])


def _head(expression: Node) -> Node:
    """Return the name in front of brackets."""
    function = expression.child_by_field_name("function") or expression.child_by_field_name("value")
    return expression if function is None else _head(function)


def _fills(node: Node) -> bool:
    """Return whether ``node`` is a call that can make any names."""
    if node.type == "subscript":
        return text_of(node).startswith("sys.modules[__name__]")
    if node.type != "call":
        return False
    function = node.child_by_field_name("function")
    is_short = function is not None and function.end_byte - function.start_byte < _LONGEST
    called = text_of(function) if is_short else ""
    return called in _FILLS or called.endswith(".__dict__.update")
