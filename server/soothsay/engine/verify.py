"""The verdict on a completion: do the calls in it exist, and do they bind?

Two judges. The oracle, a real type checker, is asked about a shadow copy of the document with the completion in it. What it
cannot know, because a receiver has no type, the symbol index is asked. What neither knows is ``unverified``, never ``verified``.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from soothsay.engine.arguments import misfit
from soothsay.engine.site import Site
from soothsay.engine.types import ApiName, FaultKind, Verdict
from soothsay.oracle.types import Finding, Oracle
from soothsay_index.types import Symbol
from soothsay_languages.scan import characters, close, scan

# signatures read from these are what the call is checked against; a package's may hide overloads and decorators
_EXACT_ORIGINS = ("service", "workspace")
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
    call that holds it.
    """

    verdict: Verdict
    symbols: tuple[Symbol, ...] = ()
    problem: str = ""
    fault: FaultKind | None = None
    name: ApiName | None = None
    at: int = 0


@dataclass(frozen=True, slots=True)
class _Fact:
    """What is known of one call: None where nobody can tell."""

    exists: bool | None
    symbol: Symbol | None
    problem: str = ""
    fault: FaultKind | None = None
    finding: Finding | None = None  # what the oracle said of it, whether it counts or not


def judge(site: Site, text: str, oracle: Oracle) -> Judgement:
    """Judge ``text`` as the completion of ``site``."""
    names = site.names(text)
    shadow = Shadow(site, text)
    findings = shadow.findings(oracle)
    facts = [_fact(site, name, shadow, findings, oracle) for name in names]
    about_calls = [fact.finding for fact in facts]
    strays = [finding for finding in findings or () if finding not in about_calls]
    symbols = tuple(fact.symbol for fact in facts if fact.symbol is not None)
    for name, fact in zip(names, facts, strict=True):
        if fact.fault is not None:
            return Judgement("rejected", symbols, fact.problem, fact.fault, name, shadow.within(name))
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


class Shadow:
    """The document with a completion in it, closed so that what is unfinished is no error."""

    def __init__(self, site: Site, completion: str) -> None:
        request = site.request
        self._path = request.path
        self._offset = request.offset
        self._plain = request.text
        self._completion = completion
        before, language = site.rule.before, site.language
        self.unfinished = bool(scan(before + completion, language.lexis).closers)
        closed = close(before + completion, language.lexis)[len(before) :]
        if language.blocks.opener and closed.rstrip().endswith(language.blocks.opener):
            closed += f" {language.blocks.placeholder}"
        self.text = request.text[: request.offset] + closed + request.text[request.offset :]

    def findings(self, oracle: Oracle) -> list[Finding] | None:
        """What the oracle finds wrong in the completion, and did not find before; None when it does not answer."""
        found = oracle.findings(self._path, self.text)
        if found is None:
            return None
        end = self._offset + len(self._completion)
        inside = [f for f in found if f.start < end and f.end > self._offset and self._counts(f)]
        if any(f.start < self._offset for f in inside):
            before = oracle.findings(self._path, self._plain) or ()
            known = {(f.start, f.code) for f in before}
            inside = [f for f in inside if (f.start, f.code) not in known]
        return inside

    def position(self, name: ApiName) -> int:
        """Offset in the shadow of the last character of ``name``."""
        return self._offset + characters(self._completion, name.end) - 1

    def within(self, name: ApiName) -> int:
        """Where ``name`` begins in the completion."""
        return characters(self._completion, max(0, name.start))

    def relative(self, offset: int) -> int:
        """An offset in the shadow as one in the completion."""
        return max(0, offset - self._offset)

    def resolves(self, name: ApiName, oracle: Oracle) -> bool | None:
        """Return whether ``name`` exists, as the oracle sees it in the shadow; None when it cannot tell."""
        return oracle.resolves(self._path, self.text, self.position(name))

    def call_problem(self, name: ApiName, oracle: Oracle) -> str:
        """Why the call ``name`` fits none of the signatures that the oracle knows, "" when it fits one."""
        call = name.given
        inside = self.position(name) + 2
        text = self.text
        if "(" in name.arguments[1:].partition(",")[0]:
            # the first argument is a call itself: a blank keeps the place behind the bracket out of it
            text = f"{text[:inside]} {text[inside:]}"
        signatures = oracle.signature(self._path, text, inside)
        if not signatures or self.unfinished or any(signature.anything for signature in signatures):
            return ""
        problems = [misfit(signature.parameters, call) for signature in signatures]
        return problems[0] if all(problems) else ""

    def _counts(self, finding: Finding) -> bool:
        if finding.kind in ("syntax", "other"):
            return False  # unfinished code, or no hallucination
        return not (self.unfinished and finding.kind in ("missing_argument", "no_overload"))


def call_problem(symbol: Symbol, name: ApiName) -> str:
    """Why the call ``name`` does not fit ``symbol``, "" when it does or nobody can tell."""
    if symbol.parameters is None:
        return ""
    return misfit(symbol.parameters, name.given)


def _fact(
    site: Site, name: ApiName, shadow: Shadow, findings: Sequence[Finding] | None, oracle: Oracle
) -> _Fact:
    indexed = site.resolve(name)
    symbol = indexed.symbol
    finding = _finding_of(name, shadow, findings or ())
    # the service model of the installed version is right where type stubs are older or newer than it
    modelled = symbol is not None and symbol.origin == "service"
    if finding is not None and finding.kind != "no_overload" and not modelled:
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
    """The finding about this call: on its name, or on its arguments."""
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
