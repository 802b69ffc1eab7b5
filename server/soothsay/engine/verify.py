"""The verdict on a completion: do the calls in it exist, and do they bind?

Two judges. The oracle, a real type checker, is asked about a shadow copy of the document with the completion in it. What it
cannot know, because a receiver has no type, the symbol index is asked. What neither knows is ``unverified``, never ``verified``.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from soothsay.engine.arguments import misfit, misfit_of_all
from soothsay.engine.shadow import Shadow
from soothsay.engine.site import Site
from soothsay.engine.types import ApiName, FaultKind, Verdict
from soothsay.engine.usage import is_assigned, is_used
from soothsay.engine.values import Mended, Misuse, find_misuse, spans_of_values, takes_strings
from soothsay.engine.written_keys import are_known, first_unknown
from soothsay.oracle.types import Finding, Oracle
from soothsay_index.types import Parameter, Symbol
from soothsay_languages.base import KeySyntax

# signatures read from these are what the call is checked against; a package's may hide overloads and decorators
_EXACT_ORIGINS = ("service", "workspace")
UNREACHABLE = "the type checker says nothing about this place, right or wrong"
_LACKS = "missing"  # how problems with what is not passed begin
_OPEN_KINDS = ("no_overload", "not_callable")  # what they mean, the name and its signatures tell
_FAULTS: dict[str, FaultKind] = {
    "not_a_member": "not_a_member",
    "unresolved_import": "not_a_member",
    "unknown_argument": "bad_arguments",
    "missing_argument": "bad_arguments",
    "bad_arguments": "bad_arguments",
}


@dataclass(frozen=True, slots=True)
class Judgement:
    """The verdict and what it rests on.

    ``symbols`` were found for the calls. ``problem`` says in a few words what is wrong, ``fault`` which kind of mistake it
    is, where writing again may mend it, and ``at`` where in the completion (code points). When rejected, ``name`` is the
    call that holds it. ``mended`` is the completion with the right value, where one is clearly meant; ``of_wrong_form``: what
    is ``at`` is a value of a kind that the call does not take. ``to_write`` are the
    ranges in it that the person is to write over: names that are defined nowhere, and values of a wrong type.
    """

    verdict: Verdict
    symbols: tuple[Symbol, ...] = ()
    problem: str = ""
    fault: FaultKind | None = None
    name: ApiName | None = None
    at: int = 0
    mended: Mended | None = None
    to_write: tuple[tuple[int, int], ...] = ()
    of_wrong_form: bool = False


@dataclass(frozen=True, slots=True)
class _Fact:
    """What is known of one call: None where nobody can tell."""

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
    if site.language.keys is not None:
        return _by_schema(shadow, site.language.keys, findings, oracle)
    judgement = _judgement(site, names, shadow, findings, oracle)
    calls = names or shadow.begun() or site.builtin_calls(text)
    if findings is None or not calls or judgement.verdict == "rejected":
        return judgement
    if all(_is_modelled(site.resolve(name).symbol) for name in calls):
        return judgement  # the oracle was not needed
    if shadow.is_looked_at(calls, oracle):
        return judgement
    exposed = shadow.exposed()
    if exposed is not None and exposed.is_looked_at(calls, oracle):
        return _judgement(site, names, exposed, exposed.findings(oracle), oracle)
    return replace(judgement, verdict="unverified", problem=judgement.problem or UNREACHABLE)


def _by_schema(
    shadow: Shadow, keys: KeySyntax, findings: Sequence[Finding] | None, oracle: Oracle
) -> Judgement:
    """Judge the completion in ``shadow``, of a file that a schema describes if there are ``findings`` at all."""
    if findings is None:
        return Judgement("unverified")
    wrong = first_unknown(shadow, keys, findings, oracle)
    if wrong is not None:
        return Judgement(
            "rejected", (), wrong.message, _FAULTS[wrong.kind], None, shadow.relative(wrong.start)
        )
    doubt = next((each.message for each in findings), "")
    certain = not doubt and not shadow.is_broken(oracle) and are_known(shadow, keys, oracle)
    return Judgement("verified" if certain else "unverified", (), doubt)


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
    misused = [_misuse(site, name, shadow, findings is not None, oracle) for name in names]
    for name, misuse in zip(names, misused, strict=True):
        if misuse is not None and misuse.certain:
            return _misused(name, misuse, symbols)
    stray = next((finding for finding in strays if finding.kind in _FAULTS), None)
    if stray is not None:  # in no call: an import, an attribute that is read
        return Judgement(
            "rejected", symbols, stray.message, _FAULTS[stray.kind], None, shadow.relative(stray.start)
        )
    for name in (*shadow.begun(), *_doubtful_builtins(site, shadow, strays)):
        judgement = _of_other(site, name, shadow, findings is not None, oracle)
        if judgement is not None:
            return replace(judgement, symbols=symbols)
    doubts = (*(f.problem for f in facts), *(f.message for f in strays), *(m.problem for m in misused if m))
    doubt = next((why for why in doubts if why), "")
    certain = bool(facts) and all(fact.exists for fact in facts) and not doubt
    undefined = [finding for finding in strays if finding.kind == "unknown_name"]
    places = tuple(span for each in undefined if (span := shadow.span_within(each)) is not None)
    to_write = (*places, *_misfit_values(names, facts, findings or (), shadow))
    if undefined:
        at = shadow.relative(undefined[0].start)
        return Judgement("unverified", symbols, doubt, "unknown_name", at=at, to_write=to_write)
    return Judgement("verified" if certain else "unverified", symbols, doubt, to_write=to_write)


def _misfit_values(
    names: Sequence[ApiName], facts: Sequence[_Fact], findings: Sequence[Finding], shadow: Shadow
) -> list[tuple[int, int]]:
    """Return where values between the brackets of the completion, or parts of them, are of a wrong type.

    Where no overload takes a call's values, and which of them is wrong is not said, each is one.
    """
    wrong = [shadow.span_within(finding) for finding in findings if finding.kind == "wrong_type"]
    found = [span for span in wrong if span is not None and shadow.is_in_brackets(span[0])]
    for fact, name in zip(facts, names, strict=True):
        if fact.finding is not None and fact.finding.kind == "no_overload":
            said, values = shadow.span_within(fact.finding), spans_of_values(name, shadow.completion)
            found += [said] if said in values else values
    return found


def _misused(name: ApiName, misuse: Misuse, symbols: tuple[Symbol, ...] = ()) -> Judgement:
    """Return the judgement on the call ``name`` with a wrong value."""
    return Judgement(
        "rejected",
        symbols,
        misuse.problem,
        "bad_arguments",
        name,
        misuse.at,
        misuse.mended,
        of_wrong_form=misuse.of_wrong_form,
    )


def _misuse(site: Site, name: ApiName, shadow: Shadow, answers: bool, oracle: Oracle) -> Misuse | None:
    """Return the wrong value in the call ``name``."""
    if shadow.unfinished:
        return None
    asks = answers and not _is_modelled(site.resolve(name).symbol) and takes_strings(name, site)
    ways = _ways(shadow, name, oracle) if asks else ()
    return find_misuse(site, name, shadow.completion, ways)


def _ways(shadow: Shadow, name: ApiName, oracle: Oracle) -> Sequence[Sequence[Parameter]]:
    """Return the parameters of the overloads of ``name``; none where it takes anything."""
    signatures = shadow.signatures(name, oracle)
    return [] if any(each.anything for each in signatures) else [each.parameters for each in signatures]


def _of_other(site: Site, name: ApiName, shadow: Shadow, answers: bool, oracle: Oracle) -> Judgement | None:
    """Reject a call that the completion completes without naming it, or that names a builtin; None where it may be right."""
    symbol = site.resolve(name).symbol
    modelled = _is_modelled(symbol)
    ways = _ways(shadow, name, oracle) if answers and not modelled else []
    if modelled and symbol is not None and symbol.parameters is not None:
        ways = [symbol.parameters]
    if answers and not ways and (further := _takes_further(site, name)):
        ways = [further]
    problem = misfit_of_all(ways, name.given)
    if problem.startswith(_LACKS) and not shadow.closes(name):
        problem = ""  # who stands between the brackets may go on
    if problem and not shadow.unfinished and not _was_misfit(ways, name):
        return Judgement(
            "rejected", (), f"{name.dotted}: {problem}", "bad_arguments", name, shadow.within(name)
        )
    misuse = _misuse(site, name, shadow, answers, oracle)
    if misuse is None or not misuse.certain:
        return None
    return _misused(name, misuse)


def _was_misfit(ways: Sequence[Sequence[Parameter]], name: ApiName) -> bool:
    """Return whether what the call ``name`` passed before the completion fitted none of ``ways`` already."""
    if name.call is None or name.end > 0:
        return False
    before = misfit_of_all(ways, name.call.given_before(name.call.name.start_byte - name.start))
    return bool(before) and not before.startswith(_LACKS)


def _doubtful_builtins(site: Site, shadow: Shadow, strays: Sequence[Finding]) -> list[ApiName]:
    """Return the calls of builtins that one of ``strays`` says to fit no overload."""
    places = [finding for finding in strays if finding.kind == "no_overload"]
    found = site.builtin_calls(shadow.completion) if places else []
    return [name for name in found if any(each.start <= shadow.position(name) < each.end for each in places)]


def _excused(site: Site, shadow: Shadow, finding: Finding, oracle: Oracle) -> Finding:
    """Return ``finding`` as a mere doubt where the member may be made while the program runs, or the project uses it."""
    if finding.kind != "not_a_member":
        return finding
    makes_names = oracle.makes_names(site.request.path, shadow.text, finding.start)
    place = shadow.text, finding.start, finding.end
    if makes_names or is_assigned(site, *place) or (makes_names is None and is_used(site, *place)):
        return replace(finding, kind="other")
    return finding


def _is_modelled(symbol: Symbol | None) -> bool:
    """Return whether a service model tells of ``symbol``: it is right where type stubs are older or newer than it."""
    return symbol is not None and symbol.origin == "service"


def call_problem(symbol: Symbol, name: ApiName) -> str:
    """Return why the call ``name`` does not fit ``symbol``, "" when it does or nobody can tell."""
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
    if shadow.unfinished and problem.startswith(_LACKS):
        problem = ""
    certain = symbol is not None and symbol.origin in _EXACT_ORIGINS
    if resolved and not certain:
        # the type checker knows overloads and decorators, a signature read from the source does not
        problem, certain = shadow.call_problem(name, oracle), True
    if problem and certain:
        return _Fact(True, symbol, f"{name.dotted}: {problem}", "bad_arguments", finding)
    if finding is not None and not modelled:
        problem = finding.message
    if resolved and not modelled and not problem:
        misfit_further = _misfit_further(site, shadow, name, oracle)
        if misfit_further:
            return _Fact(True, symbol, f"{name.dotted}: {misfit_further}", "bad_arguments", finding)
        resolved, problem = _as_written(site, shadow, name, oracle)
    if findings is None and symbol is not None and not certain:
        return _Fact(
            None, symbol, problem, finding=finding
        )  # a package's symbol, and no oracle to ask about it
    return _Fact(resolved or indexed.exists, symbol, problem, finding=finding)


def _as_written(site: Site, shadow: Shadow, name: ApiName, oracle: Oracle) -> tuple[bool | None, str]:
    """Return whether all that the call ``name``, which exists, is made of is written somewhere, and what speaks against it."""
    if not all(oracle.resolves(shadow.path, shadow.text, at) for at in shadow.members_read(name)):
        return None, ""
    doubt = "" if shadow.unfinished or _takes_further(site, name) else shadow.passed_on(name, oracle)
    return True, doubt


def _misfit_further(site: Site, shadow: Shadow, name: ApiName, oracle: Oracle) -> str:
    """Return why what the call ``name`` passes on does not fit what takes it."""
    parameters = _takes_further(site, name)
    if not parameters or shadow.unfinished or not shadow.passed_on(name, oracle):
        return ""
    return misfit(parameters, name.given)


def _takes_further(site: Site, name: ApiName) -> Sequence[Parameter]:
    """Return the parameters of what gets the arguments of the call ``name``, where its own signature does not say them."""
    if name.call is None or site.language.values is None:
        return ()
    target = site.language.values().passed_to(name.call.node, site.index)
    return () if target is None else target.parameters or ()


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
