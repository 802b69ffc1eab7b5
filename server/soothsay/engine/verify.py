"""The verdict on a completion: do the calls in it exist, and do they bind?

Two judges. The oracle, a real type checker, is asked about a shadow copy of the document with the completion in it. What it
cannot know, because a receiver has no type, the symbol index is asked. What neither knows is ``unverified``, never ``verified``.
"""

from __future__ import annotations

from collections.abc import Sequence
from copy import copy
from dataclasses import dataclass, replace

from soothsay.engine.arguments import misfit
from soothsay.engine.site import Site
from soothsay.engine.types import ApiName, FaultKind, Verdict
from soothsay.engine.usage import is_assigned, is_used
from soothsay.engine.values import Misuse, find_misuse, takes_strings
from soothsay.oracle.types import Finding, Oracle, Signature
from soothsay_index.types import Symbol
from soothsay_languages.analysis import analyse
from soothsay_languages.scan import characters, close, scan

# signatures read from these are what the call is checked against; a package's may hide overloads and decorators
_EXACT_ORIGINS = ("service", "workspace")
UNREACHABLE = "the type checker says nothing about this place, right or wrong"
_OPEN_KINDS = ("no_overload", "not_callable")  # what they mean, the name and its signatures tell
_NAME_KINDS = ("unknown_name", "not_a_member", "unresolved_import")
_FAULTS: dict[str, FaultKind] = {
    "not_a_member": "not_a_member",
    "unresolved_import": "not_a_member",
    "unknown_argument": "bad_arguments",
    "missing_argument": "bad_arguments",
}


@dataclass(frozen=True, slots=True)
class Judgement:
    """The verdict and what it rests on.

    ``symbols`` were found for the calls. ``problem`` says in a few words what is wrong, ``fault`` which kind of mistake it
    is, where writing again may mend it, and ``at`` where in the completion (code points). When rejected, ``name`` is the
    call that holds it. ``mended`` is the completion with the right value, where one is clearly meant.
    """

    verdict: Verdict
    symbols: tuple[Symbol, ...] = ()
    problem: str = ""
    fault: FaultKind | None = None
    name: ApiName | None = None
    at: int = 0
    mended: str = ""


@dataclass(frozen=True, slots=True)
class _Fact:
    """What is known of one call; None for what is not known."""

    exists: bool | None
    symbol: Symbol | None
    problem: str = ""
    fault: FaultKind | None = None
    finding: Finding | None = None  # what the oracle said of it, whether it counts or not


def judge(site: Site, text: str, oracle: Oracle, replaced: int = 0) -> Judgement:
    """Judge ``text`` as the completion of ``site``, in place of ``replaced`` characters right of the cursor."""
    names = site.names(text)
    shadow = Shadow(site, text, replaced)
    findings = shadow.findings(oracle)
    judgement = _judgement(site, names, shadow, findings, oracle)
    if findings is None or not names or judgement.verdict == "rejected":
        return judgement
    if all(_is_modelled(site.resolve(name).symbol) for name in names):
        return judgement  # the oracle was not needed
    if shadow.is_looked_at(names, oracle):
        return judgement
    exposed = shadow.exposed()
    if exposed is not None and exposed.is_looked_at(names, oracle):
        return _judgement(site, names, exposed, exposed.findings(oracle), oracle)
    return replace(judgement, verdict="unverified", problem=judgement.problem or UNREACHABLE)


def _judgement(
    site: Site, names: Sequence[ApiName], shadow: Shadow, findings: Sequence[Finding] | None, oracle: Oracle
) -> Judgement:
    """Judge the completion in ``shadow``, whose ``findings`` are the oracle's."""
    findings = findings and [_excused(site, shadow, finding, oracle) for finding in findings]
    facts = [_fact(site, name, shadow, findings, oracle) for name in names]
    about_calls = [fact.finding for fact in facts]
    strays = [finding for finding in findings or () if finding not in about_calls]
    symbols = tuple(fact.symbol for fact in facts if fact.symbol is not None)
    for name, fact in zip(names, facts, strict=True):
        if fact.fault is not None:
            return Judgement("rejected", symbols, fact.problem, fact.fault, name, shadow.within(name))
    misused = _misuse(site, names, shadow, findings is not None, oracle)
    if misused is not None:
        name, misuse = misused
        return Judgement("rejected", symbols, misuse.problem, "bad_arguments", name, misuse.at, misuse.mended)
    stray = next((finding for finding in strays if finding.kind in _FAULTS), None)
    if stray is not None:  # in no call: an import, an attribute that is read
        return Judgement(
            "rejected", symbols, stray.message, _FAULTS[stray.kind], None, shadow.relative(stray.start)
        )
    doubt = next((why for why in (*(f.problem for f in facts), *(f.message for f in strays)) if why), "")
    certain = bool(facts) and all(fact.exists for fact in facts) and not doubt
    undefined = next((finding for finding in strays if finding.kind == "unknown_name"), None)
    if undefined is not None:
        at = shadow.relative(undefined.start)
        return Judgement("unverified", symbols, doubt, "unknown_name", at=at)
    return Judgement("verified" if certain else "unverified", symbols, doubt)


def _misuse(
    site: Site, names: Sequence[ApiName], shadow: Shadow, answers: bool, oracle: Oracle
) -> tuple[ApiName, Misuse] | None:
    """Return the first call with a wrong value."""
    if shadow.unfinished:
        return None
    for name in names:
        modelled = _is_modelled(site.resolve(name).symbol)
        asks = answers and not modelled and takes_strings(name, site)
        signatures = shadow.signatures(name, oracle) if asks else ()
        misuse = find_misuse(site, name, shadow.completion, [each.parameters for each in signatures])
        if misuse is not None:
            return name, misuse
    return None


class Shadow:
    """The document with a completion in it, closed so that what is unfinished is no error."""

    def __init__(self, site: Site, completion: str, replaced: int = 0) -> None:
        request = site.request
        self._path = request.path
        self._offset = request.offset
        self._plain = request.text
        self.completion = completion
        before, language = site.rule.before, site.language
        self._language = language
        behind = site.place.after[replaced:]
        whole = scan(before + completion + behind, language.lexis)
        self.unfinished = bool(whole.closers)
        closed = close(before + completion, language.lexis)[len(before) :] if self.unfinished else completion
        if language.blocks.opener and closed.rstrip().endswith(language.blocks.opener):
            closed += f" {language.blocks.placeholder}"
        self.text = request.text[: request.offset] + closed + request.text[request.offset + replaced :]

    def findings(self, oracle: Oracle) -> list[Finding] | None:
        """Return what the oracle finds wrong in the completion, and did not find before; None when it does not answer."""
        found = oracle.findings(self._path, self.text)
        if found is None:
            return None
        end = self._offset + len(self.completion)
        inside = [f for f in found if f.start < end and f.end > self._offset and self._counts(f)]
        if any(f.start < self._offset for f in inside):
            before = oracle.findings(self._path, self._plain) or ()
            known = {_identity(f, self._plain) for f in before}
            inside = [f for f in inside if _identity(f, self.text) not in known]
        return inside

    def is_looked_at(self, names: Sequence[ApiName], oracle: Oracle) -> bool | None:
        """Return whether the oracle would find what is wrong in the calls ``names``; False where it takes one for unreachable."""
        return oracle.looks_at(self._path, self.text, self._innermost(names))

    def exposed(self) -> Shadow | None:
        """Return the shadow without what hides the completion from the oracle; None where that cannot be told."""
        language = self._language
        if language.exposes is None or not language.can_parse(self.text):
            return None
        analysis = analyse(self.text, language)
        start = self._offset + len(self.completion) - len(self.completion.lstrip())
        if analysis.parsed is None:
            return None
        edits = language.exposes()(analysis.parsed, analysis.lines.to_bytes(start))
        text = self.text
        for begin, end, instead in edits:
            first, last = analysis.lines.to_code_points(begin), analysis.lines.to_code_points(end)
            text = text[:first] + _as_long(instead, text[first:last]) + text[last:]
        if text == self.text:
            return None
        found = copy(self)
        found.text = text
        return found

    def position(self, name: ApiName) -> int:
        """Return the offset in the shadow of the last character of ``name``."""
        return self._offset + characters(self.completion, name.end) - 1

    def within(self, name: ApiName) -> int:
        """Return where ``name`` begins in the completion."""
        return characters(self.completion, max(0, name.start))

    def relative(self, offset: int) -> int:
        """Return an offset in the shadow as one in the completion."""
        return max(0, offset - self._offset)

    def resolves(self, name: ApiName, oracle: Oracle) -> bool | None:
        """Return whether ``name`` exists, as the oracle sees it in the shadow; None when it cannot tell."""
        return oracle.resolves(self._path, self.text, self.position(name))

    def call_problem(self, name: ApiName, oracle: Oracle) -> str:
        """Return why the call ``name`` fits none of the signatures that the oracle knows, "" when it fits one."""
        call = name.given
        signatures = self.signatures(name, oracle)
        if not signatures or self.unfinished:
            return ""
        problems = [misfit(signature.parameters, call) for signature in signatures]
        return problems[0] if all(problems) else ""

    def signatures(self, name: ApiName, oracle: Oracle) -> Sequence[Signature]:
        """Return the signatures of the call ``name`` that the oracle knows; none where it may take anything."""
        inside = self.position(name) + 2
        text = self.text
        if "(" in name.arguments[1:].partition(",")[0]:
            # the first argument is a call itself: a blank keeps the place behind the bracket out of it
            text = f"{text[:inside]} {text[inside:]}"
        signatures = oracle.signature(self._path, text, inside)
        if not signatures or any(signature.anything for signature in signatures):
            return ()
        return signatures

    def _innermost(self, names: Sequence[ApiName]) -> list[tuple[int, int]]:
        """Return where those calls stand that hold no other of ``names``."""
        spans = sorted({self._span(name) for name in names if name.call is not None})
        return [
            (start, end)
            for start, end in spans
            if not any(start <= a and b <= end and (a, b) != (start, end) for a, b in spans)
        ]

    def _span(self, name: ApiName) -> tuple[int, int]:
        """Return where the whole call ``name`` stands in the shadow."""
        node = name.call.node if name.call is not None else None
        if node is None or name.call is None or node.text is None:
            return self.position(name), self.position(name) + 1
        start = name.start - (name.call.name.start_byte - node.start_byte)
        if start < 0:
            first = self._offset - len(node.text[:-start].decode("utf-8", "replace"))
        else:
            first = self._offset + characters(self.completion, start)
        return first, first + len(node.text.decode("utf-8", "replace"))

    def _counts(self, finding: Finding) -> bool:
        if finding.kind in ("syntax", "other"):
            return False  # unfinished code, or no hallucination
        return not (self.unfinished and finding.kind in ("missing_argument", "no_overload"))


def _excused(site: Site, shadow: Shadow, finding: Finding, oracle: Oracle) -> Finding:
    """Return ``finding`` as a mere doubt where the member may be made while the program runs, or the project uses it."""
    if finding.kind != "not_a_member":
        return finding
    makes_names = oracle.makes_names(site.request.path, shadow.text, finding.start)
    place = shadow.text, finding.start, finding.end
    if makes_names or is_assigned(site, *place) or (makes_names is None and is_used(site, *place)):
        return replace(finding, kind="other")
    return finding


def _identity(finding: Finding, text: str) -> tuple[int, str, str]:
    """Return what makes a finding in ``text`` the same as one in another: of a name, also what it is called."""
    match finding.kind:
        case kind if kind in _NAME_KINDS:
            said = text[finding.start : finding.end]
        case "missing_argument":
            said = finding.message  # there may be one argument more by now, and another one missing
        case _:
            said = ""
    return finding.start, finding.code, said


def _as_long(text: str, old: str) -> str:
    """Return ``text`` filled up to the length of ``old``, with its line ends."""
    return text + "".join(char if char in "\r\n" else " " for char in old[len(text) :])


def _is_modelled(symbol: Symbol | None) -> bool:
    """Return whether a service model tells of ``symbol``: it is right where type stubs are older or newer than it."""
    return symbol is not None and symbol.origin == "service"


def call_problem(symbol: Symbol, name: ApiName) -> str:
    """Return why the call ``name`` does not fit ``symbol``, "" when it does or that is not known."""
    if symbol.parameters is None:
        return ""
    return misfit(symbol.parameters, name.given)


def _fact(
    site: Site, name: ApiName, shadow: Shadow, findings: Sequence[Finding] | None, oracle: Oracle
) -> _Fact:
    indexed = site.resolve(name)
    symbol = indexed.symbol
    finding = _finding_of(name, shadow, findings or ())
    modelled = _is_modelled(symbol)
    if finding is not None and finding.kind not in _OPEN_KINDS and not modelled:
        fault: FaultKind | None = (
            "not_a_member" if finding.kind == "unknown_name" else _FAULTS.get(finding.kind)
        )
        return _Fact(fault is None or None, symbol, finding.message, fault, finding)
    resolved = True if modelled else None if findings is None else shadow.resolves(name, oracle)
    if resolved is False or (resolved is None and indexed.exists is False):
        owner = indexed.owner.removeprefix("botocore:") or name.receiver
        return _Fact(False, symbol, f"{owner} has no {name.name}", "not_a_member", finding)
    problem = call_problem(symbol, name) if symbol is not None else ""
    if shadow.unfinished and problem.startswith("missing"):
        problem = ""
    certain = symbol is not None and symbol.origin in _EXACT_ORIGINS
    if resolved and not certain:
        # the type checker knows overloads and decorators, a signature read from the source does not
        problem, certain = shadow.call_problem(name, oracle), True
    if problem and certain:
        return _Fact(True, symbol, f"{name.dotted}: {problem}", "bad_arguments", finding)
    if finding is not None and not modelled:
        problem = finding.message
    if findings is None and symbol is not None and not certain:
        return _Fact(
            None, symbol, problem, finding=finding
        )  # a package's symbol, and no oracle to ask about it
    return _Fact(resolved or indexed.exists, symbol, problem, finding=finding)


def _finding_of(name: ApiName, shadow: Shadow, findings: Sequence[Finding]) -> Finding | None:
    """Return the finding about this call: on its name, or on its arguments."""
    last = shadow.position(name)
    arguments_end = last + 1 + len(name.arguments)
    for finding in findings:
        on_name = finding.start <= last < finding.end
        in_arguments = last < finding.start < arguments_end
        if on_name or (
            in_arguments and finding.kind in ("unknown_argument", "missing_argument", "no_overload")
        ):
            return finding
    return None
