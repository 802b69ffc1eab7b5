"""Repair of code that is already written: which calls are wrong, and what would be right in their place.

A hint that is wrong is worse than none. So a receiver counts here only when its name can stand for one thing at the place
of the call, and what a type checker has an opinion on is left to it unless the user wants to hear it twice.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cache
from pathlib import Path

from tree_sitter import Node

from soothsay.engine.analyses import Analyses
from soothsay.engine.arguments import misfit, plain
from soothsay.engine.query import intent
from soothsay.engine.site import Site
from soothsay.engine.types import Completion, CompletionRequest, Fault, FaultKind, Replacement
from soothsay.engine.verify import judge
from soothsay.errors import raise_if_cancelled
from soothsay.oracle.types import Finding, Oracle
from soothsay_common.cancellation import Cancellation
from soothsay_index.types import Index, Query, Symbol
from soothsay_languages.analysis import DocumentAnalysis, read_fragment
from soothsay_languages.base import Language
from soothsay_languages.calls import Call
from soothsay_languages.registry import PLAIN_TEXT, language_of_file
from soothsay_languages.resolving import Resolution, Resolver
from soothsay_languages.scan import indentation, scan
from soothsay_languages.scopes import CertainNamesAt, ScopeTree
from soothsay_languages.syntax import text_of

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
    cancel: Cancellation | None = None,
    analyses: Analyses | None = None,
) -> Sequence[Fault]:
    """Return the wrong calls in ``text``, the content of ``path``, in source order.

    Without ``typed`` only calls of service clients that the oracle cannot judge: no type checker tells of those. With it
    also what the oracle rejects and the index can explain. Raises `Cancelled` once ``cancel`` is set.
    ``analyses`` are those of the documents.
    """
    language = language_of_file(path) or PLAIN_TEXT
    analyses = analyses or Analyses()
    analysis = analyses.of(path, text, language, language.module_name(workspace, path))
    if analysis.scopes is None or language.resolver is None:
        return ()
    resolver = language.resolver()
    if not typed and not any(resolver.makes_client(call.node) for call in analysis.calls):
        return ()
    findings = oracle.findings(path, text) if typed else None
    spans = {
        (analysis.lines.to_bytes(finding.start), finding.kind): finding
        for finding in findings or ()
        if finding.kind in _EXPLAINED
    }
    reader = _CallReader(analysis, analysis.scopes, resolver, path, _Remembering(index), oracle, spans)
    faults: list[Fault] = []
    for call in analysis.calls:
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
        self.package_state = index.package_state
        self.search = index.search

    def until(self, cancel: Cancellation | None) -> Index:
        return self


@dataclass(frozen=True, slots=True)
class _CallReader:
    """One file being read. ``findings`` are the oracle's, by the byte they begin at and their kind."""

    analysis: DocumentAnalysis
    scopes: ScopeTree
    resolver: Resolver
    path: Path
    index: Index
    oracle: Oracle
    findings: Mapping[tuple[int, str], Finding]

    def fault_of(self, call: Call, *, typed: bool) -> Fault | None:
        """Return what is wrong with ``call``, None for nothing or nothing that is certain."""
        if call.node.has_error:
            return None
        receiver, name = text_of(call.receiver), text_of(call.name)
        names = CertainNamesAt(self.scopes.of(call.node), call.node.start_byte, self.scopes.shared)
        if self._cannot_tell(receiver, name, names):
            return None
        found = self.resolver.resolve(call.receiver or "", name, names, self.analysis.module, self.index)
        members = self.index.members(found.owner) if found.owner else ()
        if not members or (not typed and members[0].origin != "service"):
            return None
        misfits = ""
        if found.symbol is not None and found.symbol.parameters is not None:
            misfits = misfit(found.symbol.parameters, call.given)
        start, end = self._characters(call.name.start_byte), self._characters(call.name.end_byte)
        finding = self._finding(call)
        if finding is not None and self._may_be_made(finding):
            return None
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

    def _cannot_tell(self, receiver: str, name: str, names: CertainNamesAt) -> bool:
        """Return whether the name may mean something else than what the index knows it for."""
        if receiver:
            return f"{receiver}.{name}" in self.scopes.assigned_attributes
        bound = names.find(name)
        return name in self.analysis.language.builtins if bound is None else bound.kind != "import"

    def _is_rejected(
        self, found: Resolution[Symbol], misfits: str, origin: str, end: int, *, typed: bool
    ) -> bool:
        """Return whether the index rejects a call, and the oracle does not know better (the name ends at ``end``)."""
        # a signature read from source may hide overloads and decorators; of the workspace the index has seen what
        # was saved: there the oracle's findings decide
        if found.exists is not False and not (misfits and origin == "service"):
            return False
        resolved = self.oracle.resolves(self.path, self.analysis.text, end - 1)
        if resolved is None:
            return origin != "workspace"
        return resolved is False and typed

    def _finding(self, call: Call) -> Finding | None:
        """Return what the oracle finds wrong with this call, not with one inside of it."""
        keys = [(call.name.start_byte, "not_a_member")]
        keys += [(argument.start_byte, "unknown_argument") for argument in call.items]
        found = next((self.findings[key] for key in keys if key in self.findings), None)
        missing = self.findings.get((call.node.start_byte, "missing_argument"))
        if found is None and missing is not None and self._characters(call.node.end_byte) == missing.end:
            return missing
        return found

    def _may_be_made(self, finding: Finding) -> bool:
        """Return whether what the oracle does not know may be made while the program runs."""
        if finding.kind != "not_a_member":
            return False
        return bool(self.oracle.makes_names(self.path, self.analysis.text, finding.start))

    def _no_such_name(
        self, members: Sequence[Symbol], receiver: str, name: str, start: int, end: int, call_end: int
    ) -> str:
        owner = members[0].owner
        mark = self.analysis.language.lexis.line_comment
        wanted = intent(self.analysis.text, start, mark)
        said = f"{wanted}\n{name.replace('_', ' ')} {self.analysis.text[end:call_end][:_OLD_CALL]}"
        hits = self.index.search(Query(said, owners=(owner,), limit=1))
        best = next((hit.symbol.name for hit in hits if hit.symbol is not None), "")
        if not wanted and not set(name.split("_")) & set(best.split("_")):
            # nobody says what is wanted, and the best by meaning is any
            best = next(iter(get_close_matches(name, [member.name for member in members], n=1)), "")
        whose = members[0].qualified_name.rpartition(".")[0] or receiver
        question = f"; did you mean {best}?" if best else ""
        return f"{whose} has no {name}{question}{_origin(members[0])}"

    def _characters(self, at: int) -> int:
        return self.analysis.lines.to_code_points(at)


def _does_not_fit(symbol: Symbol, reason: str) -> str:
    close = ""
    if reason.startswith("unknown argument "):
        close = _closest(reason.removeprefix("unknown argument "), [p.name for p in symbol.parameters or ()])
    guess = f"; did you mean {close}?" if close else ""
    return f"{symbol.qualified_name}: {reason}{guess}{_origin(symbol)}"


def _closest(name: str, names: Sequence[str]) -> str:
    """Return the one of ``names`` that is spelled most like ``name``, whatever its case."""
    spelled = {plain(each): each for each in names}
    return next((spelled[each] for each in get_close_matches(plain(name), spelled, n=1)), "")


def _origin(symbol: Symbol) -> str:
    source = f"{symbol.package} {symbol.version}".strip()
    return f" ({source})" if source else ""


# -- what would be right -----------------------------------------------------------------------------------------


Completer = Callable[[CompletionRequest, Cancellation | None], Completion]


def repair(
    fault: Fault,
    text: str,
    path: Path,
    workspace: Path,
    complete: Completer,
    index: Index,
    oracle: Oracle,
    cancel: Cancellation | None = None,
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
    """Return ``name(…)`` at the beginning of ``completion``, "" when there is no whole call."""
    name, bracket, rest = completion.partition("(")
    if not bracket or not name.strip().isidentifier():
        return ""
    end = scan(rest, language.lexis).overclosed
    return f"{name}({rest[: end + 1]}" if end >= 0 else ""


def keep_values(call: str, old: str, language: Language) -> str:
    """Return ``call`` with the values that ``old`` gave to the arguments of the same name, whatever its case."""
    given = {plain(name): text_of(value) for name, value in _outermost_keywords(old, language).items()}
    data = call.encode("utf-8")
    for name, value in reversed(list(_outermost_keywords(call, language).items())):
        kept = given.get(plain(name))
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
    names = calls[0].said if calls else []
    what = call.partition("(")[0].strip().replace("_", " ")
    return f"{what} with {', '.join(names)}" if names else what
