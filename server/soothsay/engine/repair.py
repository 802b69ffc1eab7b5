"""Repair of code that is already written: which calls are wrong, and what would be right in their place.

A hint that is wrong is worse than none. So a receiver counts here only when its name can stand for one thing at the place
of the call, and what a type checker has an opinion on is left to it unless the user wants to hear it twice.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cache
from pathlib import Path
from threading import Event
from typing import TypeVar

from tree_sitter import Node

from soothsay.engine.arguments import misfit
from soothsay.engine.query import intent
from soothsay.engine.scope import BUILTINS, Resolution, Scope, resolve
from soothsay.engine.site import Site
from soothsay.engine.types import Completion, CompletionRequest, Fault, FaultKind, Replacement
from soothsay.engine.verify import judge
from soothsay.errors import raise_if_cancelled
from soothsay.oracle.types import Finding, Oracle
from soothsay_index.imports import imports_of
from soothsay_index.sources.workspace import module_of
from soothsay_index.types import Index, Query, Symbol
from soothsay_languages.analysis import analyse, read_fragment
from soothsay_languages.base import Language
from soothsay_languages.calls import Call
from soothsay_languages.registry import PLAIN_TEXT, language_of_file
from soothsay_languages.scan import indentation, scan
from soothsay_languages.syntax import text_of, walk

T = TypeVar("T")

_MOST = 50  # faults reported for one file
_EXPLAINED = ("not_a_member", "unknown_argument", "missing_argument")
_DOTTED = re.compile(r"[\w.]+")
_OLD_CALL = 200  # characters of the wrong call that the model is shown


# -- what is wrong -----------------------------------------------------------------------------------------------


def find_faults(
    text: str,
    path: Path,
    workspace: Path,
    index: Index,
    oracle: Oracle,
    *,
    typed: bool = False,
    cancel: Event | None = None,
) -> Sequence[Fault]:
    """The wrong calls in ``text``, the content of ``path``, in source order.

    Without ``typed`` only calls of service clients that the oracle cannot judge: no type checker tells of those. With it
    also what the oracle rejects and the index can explain. Raises `Cancelled` once ``cancel`` is set.
    """
    analysis = analyse(text, language_of_file(path) or PLAIN_TEXT)
    if analysis.parsed is None:
        return ()
    root = analysis.parsed.tree.root_node
    module = module_of(workspace, path) if path.is_relative_to(workspace) else None
    imports = imports_of(root, module.name if module else "", module is not None and module.is_package)
    if not typed and not imports.services:
        return ()
    names = _Names(root, imports.aliases, analysis.calls)
    findings = oracle.findings(path, text) if typed else None
    spans = {
        (len(text[: finding.start].encode("utf-8")), finding.kind): finding
        for finding in findings or ()
        if finding.kind in _EXPLAINED
    }
    reader = _Reader(text, analysis.parsed.source, path, names, _Remembering(index), oracle, spans)
    faults: list[Fault] = []
    for call in names.calls:
        raise_if_cancelled(cancel)
        fault = reader.fault_of(call, typed=typed)
        if fault is not None:
            faults.append(fault)
        if len(faults) == _MOST:
            break
    return sorted(faults, key=lambda fault: fault.start)


class _Remembering:
    """An index for one pass over a file: the same few owners are asked for again and again."""

    def __init__(self, index: Index) -> None:
        self.members = cache(index.members)
        self.is_closed = cache(index.is_closed)
        self.lookup = cache(index.lookup)
        self.has_name = index.has_name
        self.search = index.search

    def until(self, cancel: Event | None) -> Index:
        return self


@dataclass(frozen=True, slots=True)
class _Reader:
    """One file being read. ``findings`` are the oracle's, by the byte they begin at and their kind."""

    text: str
    data: bytes
    path: Path
    names: _Names
    index: Index
    oracle: Oracle
    findings: Mapping[tuple[int, str], Finding]

    def fault_of(self, call: _Call, *, typed: bool) -> Fault | None:
        function = call.node.child_by_field_name("function")
        arguments = call.node.child_by_field_name("arguments")
        if function is None or arguments is None or call.node.has_error:
            return None
        receiver_node = function.child_by_field_name("object")
        name_node = function.child_by_field_name("attribute") or function
        receiver, name = text_of(receiver_node), text_of(name_node)
        if name_node.type != "identifier" or self._cannot_tell(receiver_node, name, call.place):
            return None
        found = resolve(
            receiver, name, self.names.scope_at(receiver, call.place, call.node.start_byte), self.index
        )
        members = self.index.members(found.owner) if found.owner else ()
        if not members or (not typed and members[0].origin != "service"):
            return None
        misfits = ""
        if found.symbol is not None and found.symbol.parameters is not None:
            misfits = misfit(found.symbol.parameters, call.call.given)
        start, end = self._characters(name_node.start_byte), self._characters(name_node.end_byte)
        finding = self._finding(call.node, name_node, arguments)
        if finding is not None:
            kind: FaultKind = "not_a_member" if finding.kind == "not_a_member" else "bad_arguments"
        elif self._is_rejected(found, misfits, members[0].origin, end, typed=typed):
            kind = "not_a_member" if found.exists is False else "bad_arguments"
        else:
            return None
        call_end = self._characters(call.node.end_byte)
        if kind == "not_a_member":
            problem = self._no_such_name(members, receiver, name, start, end, call_end)
        elif found.symbol is not None:
            problem = _does_not_fit(found.symbol, misfits or (finding.message if finding else ""))
        else:
            return None  # the index has nothing to add to what a type checker says
        return Fault(kind, receiver, name, start, end, call_end, problem)

    def _cannot_tell(self, receiver: Node | None, name: str, place: _Place) -> bool:
        """Whether the name may mean something else than what the index knows it for."""
        if receiver is None:
            return name in BUILTINS or self.names.is_bound(name, place)
        return makes_resource(receiver) or self.names.is_bound(f"{text_of(receiver)}.{name}", place)

    def _is_rejected(self, found: Resolution, misfits: str, origin: str, end: int, *, typed: bool) -> bool:
        """Whether the index rejects a call, and the oracle does not know better (the name ends at ``end``)."""
        # a signature read from source may hide overloads and decorators; of the workspace the index has seen what
        # was saved: there the oracle's findings decide
        if found.exists is not False and not (misfits and origin == "service"):
            return False
        resolved = self.oracle.resolves(self.path, self.text, end - 1)
        if resolved is None:
            return origin != "workspace"
        return resolved is False and typed

    def _finding(self, call: Node, name: Node, arguments: Node) -> Finding | None:
        """What the oracle holds against this call, not against one inside of it."""
        keys = [(name.start_byte, "not_a_member")]
        keys += [(argument.start_byte, "unknown_argument") for argument in arguments.named_children]
        found = next((self.findings[key] for key in keys if key in self.findings), None)
        missing = self.findings.get((call.start_byte, "missing_argument"))
        if found is None and missing is not None and self._characters(call.end_byte) == missing.end:
            return missing
        return found

    def _no_such_name(
        self, members: Sequence[Symbol], receiver: str, name: str, start: int, end: int, call_end: int
    ) -> str:
        owner = members[0].owner
        language = language_of_file(self.path) or PLAIN_TEXT
        wanted = intent(self.text, start, language.lexis.line_comment)
        said = f"{wanted}\n{name.replace('_', ' ')} {self.text[end:call_end][:_OLD_CALL]}"
        hits = self.index.search(Query(said, owners=(owner,), limit=1))
        best = next((hit.symbol.name for hit in hits if hit.symbol is not None), "")
        if not wanted and not set(name.split("_")) & set(best.split("_")):
            # nobody says what is wanted, and the best by meaning is any
            best = next(iter(get_close_matches(name, [member.name for member in members], n=1)), "")
        whose = members[0].qualified_name.rpartition(".")[0] or receiver
        question = f"; did you mean {best}?" if best else ""
        return f"{whose} has no {name}{question}{_origin(members[0])}"

    def _characters(self, at: int) -> int:
        return len(self.data[:at].decode("utf-8"))


def _does_not_fit(symbol: Symbol, reason: str) -> str:
    close = ""
    if reason.startswith("unknown argument "):
        close = _closest(reason.removeprefix("unknown argument "), [p.name for p in symbol.parameters or ()])
    guess = f"; did you mean {close}?" if close else ""
    return f"{symbol.qualified_name}: {reason}{guess}{_origin(symbol)}"


def _closest(name: str, names: Sequence[str]) -> str:
    """The one of ``names`` that is spelled most like ``name``, whatever its case."""
    spelled = {_plain(each): each for each in names}
    return next((spelled[each] for each in get_close_matches(_plain(name), spelled, n=1)), "")


def _plain(name: str) -> str:
    return name.replace("_", "").lower()


def _origin(symbol: Symbol) -> str:
    source = f"{symbol.package} {symbol.version}".strip()
    return f" ({source})" if source else ""


def makes_resource(node: Node) -> bool:
    """``boto3.resource("s3")`` is made like a client, and has other members, which no service model lists."""
    function = node.child_by_field_name("function") if node.type == "call" else None
    while function is not None and function.type == "attribute":
        if text_of(function.child_by_field_name("attribute")) == "resource":
            return True
        base = function.child_by_field_name("object")
        function = base.child_by_field_name("function") if base is not None and base.type == "call" else None
    return function is not None and text_of(function) == "resource"


# -- what would be right -----------------------------------------------------------------------------------------


Complete = Callable[[CompletionRequest, Event | None], Completion]


def repair(
    fault: Fault,
    text: str,
    path: Path,
    workspace: Path,
    complete: Complete,
    index: Index,
    oracle: Oracle,
    cancel: Event | None = None,
) -> Replacement | None:
    """Write the call at ``fault`` anew, from its receiver's dot to its last bracket; None unless it is verified.

    ``complete`` is the engine. It sees the names in the old call as a comment, so that what was meant is part of the
    query, and none of its values: a small model repeats those. They are put back afterwards.
    """
    language = language_of_file(path) or PLAIN_TEXT
    old = text[fault.start : fault.call_end]
    without = text[: fault.start] + text[fault.call_end :]
    # judged where it will stand, without what helps to write it
    site = Site(CompletionRequest(path, without, fault.start, workspace, language.id), index)
    line = site.analysis.statement_start(fault.start)
    indent = without[line : line + indentation(without[line:])]
    remark = f"{indent}{language.lexis.line_comment} {_in_words(old, language)[:_OLD_CALL]}\n"
    hinted = without[:line] + remark + without[line:]
    request = CompletionRequest(
        path, hinted, fault.start + len(remark), workspace, language.id, method="full"
    )
    call = keep_values(first_call(complete(request, cancel).text, language), old, language)
    if not call or call == old:
        return None
    if judge(site, call, oracle).verdict != "verified":
        return None
    name = call[: call.index("(")].strip()
    dotted = f"{fault.receiver}.{name}" if _DOTTED.fullmatch(fault.receiver) else name
    return Replacement(fault.start, fault.call_end, call, f"Replace with {dotted}(…)")


def first_call(completion: str, language: Language) -> str:
    """``name(…)`` at the beginning of ``completion``, "" when there is no whole call."""
    name, bracket, rest = completion.partition("(")
    if not bracket or not name.strip().isidentifier():
        return ""
    end = scan(rest, language.lexis).overclosed
    return f"{name}({rest[: end + 1]}" if end >= 0 else ""


def keep_values(call: str, old: str, language: Language) -> str:
    """Return ``call`` with the values that ``old`` gave to the arguments of the same name, whatever its case."""
    given = {_plain(name): text_of(value) for name, value in _outermost_keywords(old, language).items()}
    data = call.encode("utf-8")
    for name, value in reversed(list(_outermost_keywords(call, language).items())):
        kept = given.get(_plain(name))
        if kept is not None:
            data = data[: value.start_byte] + kept.encode("utf-8") + data[value.end_byte :]
    return data.decode("utf-8")


def _outermost_keywords(call: str, language: Language) -> Mapping[str, Node]:
    """Return the keyword arguments of the outermost call."""
    calls = read_fragment(call, language).calls
    return calls[0].keywords if calls else {}


def _in_words(call: str, language: Language) -> str:
    """``create job with jobName, order`` for ``create_job(order, 1, jobName="x")``: what a call says by its names.

    Prose, for what looks like a documented call the model copies.
    """
    calls = read_fragment(call, language).calls
    names = [
        text_of(argument.child_by_field_name("name") or argument)
        for argument in (calls[0].items if calls else ())
        if argument.type in ("keyword_argument", "identifier", "attribute")
    ]
    what = call.partition("(")[0].strip().replace("_", " ")
    return f"{what} with {', '.join(names)}" if names else what


# -- what names stand for ----------------------------------------------------------------------------------------

_COMPREHENSIONS = frozenset({"list_comprehension", "set_comprehension", "dictionary_comprehension", "generator_expression"})  # fmt: skip
_SCOPES = frozenset({"function_definition", "class_definition", "lambda"}) | _COMPREHENSIONS
_LOOPS = frozenset({"for_statement", "while_statement"})
_PATTERNS = frozenset({"pattern_list", "tuple_pattern", "list_pattern", "list_splat_pattern", "as_pattern_target", "tuple", "list", "parenthesized_expression"})  # fmt: skip


@dataclass(frozen=True, eq=False, slots=True)
class _Place:
    """A block, loop or scope, and what it stands in."""

    kind: str
    start: int
    end: int
    outer: _Place | None = None

    def chain(self) -> Iterator[_Place]:
        place: _Place | None = self
        while place is not None:
            yield place
            place = place.outer

    def scopes(self) -> Iterator[_Place]:
        return (place for place in self.chain() if place.kind in _SCOPES or place.outer is None)

    @property
    def scope(self) -> _Place:
        return next(self.scopes())


@dataclass(frozen=True, slots=True)
class _Call:
    node: Node
    call: Call
    place: _Place


@dataclass(frozen=True, slots=True)
class _Binding:
    """A name gets a value at ``at``; ``value`` None: one that nothing is known of."""

    at: int
    place: _Place
    value: Node | None
    annotation: str = ""

    @property
    def meaning(self) -> tuple[str, str]:
        return text_of(self.value), self.annotation


class _Names:
    """The calls of a file, and what its names stand for where they stand."""

    def __init__(self, root: Node, aliases: Mapping[str, str], calls: Sequence[Call]) -> None:
        self.calls: list[_Call] = []
        self._found = {call.node.id: call for call in calls}
        self.nothing = root  # a node that no receiver can be
        self._bindings: dict[tuple[_Place, str], list[_Binding]] = {}
        self._everywhere: set[str] = set()
        self._shared: set[str] = set()  # names that functions rebind for others
        self._definitions: set[str] = set()
        self._sources: dict[str, set[str]] = {}  # what each alias is imported from
        self._read(root)
        self._aliases = {a: t for a, t in aliases.items() if len(self._sources.get(a, ())) <= 1}
        self._definitions_seen = frozenset(self._definitions)

    def scope_at(self, receiver: str, place: _Place, at: int) -> Scope:
        """What the names in ``receiver`` stand for in a call that begins at ``at``."""

        def look_up(name: str) -> _Binding | None:
            return self._look_up(name, place, at, receiver)

        values = _Lazy(lambda name: (b.value or self.nothing) if (b := look_up(name)) else None)
        annotations = _Lazy(lambda name: (b.annotation or None) if (b := look_up(name)) else None)
        return Scope(self._aliases, values, annotations, self._definitions_seen)

    def is_bound(self, name: str, place: _Place) -> bool:
        """Whether an assignment, a parameter or the like could have given ``name`` another meaning."""
        if "." in name:
            return name in self._everywhere
        return any((scope, name) in self._bindings for scope in _visible(place))

    def _look_up(self, name: str, place: _Place, at: int, receiver: str) -> _Binding | None:
        if name not in self._everywhere:
            return None
        own = next(scope for scope in place.scopes() if scope.kind not in _COMPREHENSIONS)
        for scope in _visible(place, methods=name.startswith(("self.", "cls."))):
            bindings = self._bindings.get((scope, name))
            if bindings is None:
                continue
            first = bindings[0]
            if name not in self._shared:
                if all(each.meaning == first.meaning for each in bindings):
                    return first
                direct = receiver == name or receiver.startswith(f"{name}.")
                if direct and (scope is own or scope.kind in _COMPREHENSIONS):
                    last = _last_before(bindings, place, at)
                    if last is not None:
                        return last
            return _Binding(at, place, None)
        return None

    # reading ------------------------------------------------------------------------------------------------

    def _read(self, root: Node) -> None:
        todo = [(root, _Place("module", root.start_byte, root.end_byte))]
        while todo:
            node, place = todo.pop()
            self._read_one(node, place)
            if node.type in _SCOPES or node.type in _LOOPS or node.type == "block":
                place = _Place(node.type, node.start_byte, node.end_byte, place)
                if node.type in ("function_definition", "lambda"):
                    self._read_parameters(node, place)
            todo.extend((child, place) for child in reversed(node.children))
        for bindings in self._bindings.values():
            bindings.sort(key=lambda binding: binding.at)

    def _read_one(self, node: Node, place: _Place) -> None:
        field = node.child_by_field_name
        match node.type:
            case "call":
                found = self._found.get(node.id)
                if found is not None:
                    self.calls.append(_Call(node, found, place))
            case "function_definition" | "class_definition":
                name = text_of(field("name"))
                self._definitions.add(name)
                self._bind(name, _Binding(node.start_byte, place, None))
            case "assignment":
                value, annotation = field("right"), text_of(field("type"))
                while value is not None and value.type == "assignment":
                    value = value.child_by_field_name("right")
                self._bind_target(field("left"), node.end_byte, place, value, annotation)
            case "augmented_assignment" | "for_statement" | "for_in_clause":
                left = field("left")
                self._bind_target(left, left.end_byte if left else 0, place)
            case "named_expression":
                self._bind_target(field("name"), node.end_byte, place, field("value"))
            case "as_pattern":
                value = node.named_children[0] if node.named_children else None
                self._bind_target(field("alias"), node.end_byte, place, value)
            case "delete_statement" | "case_pattern":
                for each in walk(node):
                    self._bind_target(each, node.end_byte, place)
            case "global_statement" | "nonlocal_statement":
                self._shared.update(text_of(child) for child in node.named_children)
            case "import_statement" | "import_from_statement":
                for alias, target in imports_of(node).aliases.items():
                    self._sources.setdefault(alias, set()).add(f"{node.type} {target}")

    def _read_parameters(self, function: Node, place: _Place) -> None:
        parameters = function.child_by_field_name("parameters")
        for parameter in parameters.named_children if parameters is not None else ():
            name = parameter.child_by_field_name("name") or next(iter(parameter.named_children), parameter)
            if name.type in ("list_splat_pattern", "dictionary_splat_pattern"):
                name = next(iter(name.named_children), name)
                annotation = ""  # of its items
            else:
                annotation = text_of(parameter.child_by_field_name("type"))
            self._bind(text_of(name), _Binding(function.start_byte, place, None, annotation))

    def _bind_target(
        self, target: Node | None, at: int, place: _Place, value: Node | None = None, annotation: str = ""
    ) -> None:
        if target is None:
            return
        if target.type in ("identifier", "attribute"):
            known = None if value is not None and makes_resource(value) else value
            self._bind(text_of(target), _Binding(at, place, known, annotation))
        elif target.type == "as_pattern_target" and len(target.named_children) == 1:
            self._bind_target(target.named_children[0], at, place, value)
        elif target.type in _PATTERNS:
            for child in target.named_children:
                self._bind_target(child, at, place)

    def _bind(self, name: str, binding: _Binding) -> None:
        method = name.startswith(("self.", "cls."))
        scope = next(_visible(binding.place, methods=method), binding.place.scope)
        self._everywhere.add(name)
        self._bindings.setdefault((scope, name), []).append(binding)


class _Lazy(Mapping[str, T]):
    """A mapping that looks a name up when it is asked for."""

    def __init__(self, find: Callable[[str], T | None]) -> None:
        self._find = find

    def __getitem__(self, name: str) -> T:
        found = self._find(name)
        if found is None:
            raise KeyError(name)
        return found

    def __iter__(self) -> Iterator[str]:
        return iter(())

    def __len__(self) -> int:
        return 0


def _visible(place: _Place, *, methods: bool = False) -> Iterator[_Place]:
    """The scopes whose names can be read at ``place``, from the inside; for ``self.x`` the class it is in."""
    for depth, scope in enumerate(place.scopes()):
        if methods == (scope.kind == "class_definition") or (not methods and depth == 0):
            yield scope


def _last_before(bindings: Sequence[_Binding], place: _Place, at: int) -> _Binding | None:
    """The binding that holds at ``at``, when every way there leads through it."""
    before = [binding for binding in bindings if binding.at <= at]
    if not before:
        return None
    last, around = before[-1], list(place.chain())
    if last.place not in around:
        return None
    loops = [outer for outer in around if outer.kind in _LOOPS and not outer.start <= last.at <= outer.end]
    comes_round = any(
        loop.start <= each.at <= loop.end for loop in loops for each in bindings if each.at > at
    )
    return None if comes_round else last
