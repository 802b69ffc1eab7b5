"""Retrieved documents as comment lines of the prompt, within a token budget."""

from __future__ import annotations

from collections.abc import Callable, Container, Sequence
from dataclasses import dataclass
from pathlib import PurePath
from textwrap import dedent

from soothsay.engine.types import Evidence
from soothsay_index.sources.masking import without_secrets
from soothsay_index.text import shorten, split_identifier, stem
from soothsay_index.types import Chunk, Hit, Parameter, Symbol
from soothsay_languages.base import Language
from soothsay_languages.registry import language_of_file

_OPTIONAL = 4  # parameters that need not be given
_SUMMARY = 100  # characters of a symbol's description that go into the prompt
_CODE_LINES = 20  # of another file
_PROSE_LINES, _PROSE_WIDTH = 8, 160
_FEWEST_LINES = 3  # with the line that says where they are from; fewer say nothing


IsShown = Callable[[Symbol, Parameter], bool]
"""Whether a call line names a parameter that need not be given."""


@dataclass(frozen=True, slots=True)
class Grounding:
    """Documentation for the prompt (whole lines, "" when nothing fits), and what it cites.

    ``call`` is what is called, as the file writes it, where nothing else can be meant.
    """

    text: str
    evidence: tuple[Evidence, ...]
    call: str = ""


def unless_request(symbol: Symbol, _parameter: Parameter) -> bool:
    """Return whether ``symbol`` is something else than an operation of a service, whose optional parameters are many."""
    return symbol.kind != "operation"


def asked_for(text: str) -> IsShown:
    """Return what is true of parameters whose names ``text`` says: a model fills in all that it sees."""
    said = _stems(text)

    def is_shown(_symbol: Symbol, parameter: Parameter) -> bool:
        words = _stems(parameter.name)
        return bool(words) and words <= said

    return is_shown


def _only_required(_symbol: Symbol, _parameter: Parameter) -> bool:
    return False


def _stems(text: str) -> frozenset[str]:
    # `terms` would leave out words that parameters are called by: `by`, `on`, `to`
    return frozenset(map(stem, split_identifier(text)))


def ground(
    hits: Sequence[Hit],
    spell: Callable[[Symbol], str],
    indent: str,
    language: Language,
    max_tokens: int,
    count_tokens: Callable[[str], int],
    is_shown: IsShown = unless_request,
) -> Grounding:
    """Render ``hits``, best first, as long as they fit. ``spell`` gives the name as the file would write it.

    Each line is a comment of ``language``, the file's: nothing is rendered for one without comments.

    An excerpt gives its last lines up before it is left out, and takes no more than half of the budget.
    """
    mark = language.lexis.line_comment

    def comment(lines: Sequence[str]) -> str:
        return "".join(f"{indent}{mark} {line}".rstrip() + "\n" for line in lines)

    texts: list[str] = []
    evidence: list[Evidence] = []
    left = max_tokens
    for hit in hits if mark else ():
        lines = document(hit, spell, is_shown).splitlines()
        if len(lines) >= _FEWEST_LINES:
            room = min(left, max_tokens // 2)
            lines = lines[: _how_many_fit(lines, lambda some, room=room: count_tokens(comment(some)) <= room)]
        text = comment(lines)
        cost = count_tokens(text) if lines else 0
        if not lines or cost > left:
            continue  # a shorter one further down may still fit
        left -= cost
        texts.append(text)
        evidence.append(_evidence(hit, "\n".join(lines), language))
    return Grounding("".join(texts), tuple(evidence))


def of_members(hits: Sequence[Hit], members: Container[bytes]) -> list[Hit]:
    """Return those of ``hits`` that are about one of ``members`` (names, UTF-8), the first of each."""
    kept: dict[str, Hit] = {}
    for hit in hits:
        symbol = _symbol(hit)
        if symbol is not None and symbol.name.encode("utf-8") in members:
            kept.setdefault(symbol.name, hit)
    return list(kept.values())


def called_apart(hits: Sequence[Hit]) -> list[Hit]:
    """Return ``hits`` without those that a receiver of an unknown type has called just like a better one."""
    kept: list[Hit] = []
    calls = set[str]()
    for hit in hits:
        symbol = _symbol(hit)
        if symbol is not None and symbol.parameters is not None:
            call = signature_line(symbol, symbol.name, _only_required)
            if call in calls:
                continue
            calls.add(call)
        kept.append(hit)
    return kept


def _how_many_fit(lines: Sequence[str], fits: Callable[[Sequence[str]], bool]) -> int:
    """Return how many of the first lines fit: as many as are worth showing, or none."""
    if fits(lines):
        return len(lines)
    low, high = _FEWEST_LINES - 1, len(lines)  # low fits (or is too few), high does not
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if fits(lines[:middle]) else (low, middle)
    return low if low >= _FEWEST_LINES else 0


def document(hit: Hit, spell: Callable[[Symbol], str], is_shown: IsShown = unless_request) -> str:
    """Return one hit as text: a call line for what can be called, else an excerpt of the piece that was found."""
    symbol = _symbol(hit)
    if symbol is not None and symbol.parameters is not None:
        return call_line(symbol, spell(symbol), is_shown)
    if hit.chunk is not None:
        return _excerpt(hit.chunk)
    assert symbol is not None
    return _summed_up(spell(symbol), symbol)


def _summed_up(line: str, symbol: Symbol) -> str:
    summary = _short(symbol.summary)
    return f"{line}: {summary}" if summary else line


def _symbol(hit: Hit) -> Symbol | None:
    return hit.symbol or (hit.chunk.symbol if hit.chunk else None)


def call_line(symbol: Symbol, spelled: str, is_shown: IsShown = unless_request) -> str:
    """Return ``client.create_job(jobName=..., roleArn=...): Creates a job.``"""
    return _summed_up(signature_line(symbol, spelled, is_shown), symbol)


def signature_line(symbol: Symbol, spelled: str, is_shown: IsShown = unless_request) -> str:
    """Return ``client.create_job(jobName=..., roleArn=...)``: what must be given, and of the rest what ``is_shown``."""
    assert symbol.parameters is not None
    # a type checker reads files as they are
    return without_secrets(f"{spelled}({', '.join(_arguments(symbol, is_shown))})")


def _arguments(symbol: Symbol, is_shown: IsShown) -> list[str]:
    assert symbol.parameters is not None
    optional = [p for p in symbol.parameters if not p.required and not p.kind.startswith("var_")]
    left_out = [p for p in optional if not is_shown(symbol, p)]
    left_out += [p for p in optional if p not in left_out][_OPTIONAL:]
    # `**kwargs` would be copied as it stands, and names nothing in the file
    left_out += [p for p in symbol.parameters if p.kind == "var_keyword"]
    # `name=...` is no way to give these, and a name alone would be copied
    left_out += [p for p in optional if p.kind == "positional_only" and not p.default]
    given = [p for p in symbol.parameters if p not in left_out]
    if symbol.kind == "operation":
        return [f"{p.name}={p.example or '...'}" for p in given]
    return [_parameter(p) for p in given]


def _parameter(parameter: Parameter) -> str:
    match parameter.kind:
        case "var_positional":
            return f"*{parameter.name}"
        case "keyword_only" if parameter.required:
            return f"{parameter.name}=..."
        case _ if parameter.required:
            return parameter.name
    return f"{parameter.name}={parameter.default or '...'}"


def _short(summary: str) -> str:
    words = " ".join(summary.split())
    if len(words) <= _SUMMARY:
        return words
    return words[:_SUMMARY].rsplit(" ", 1)[0] + " …"


def _excerpt(chunk: Chunk) -> str:
    """Return where the piece is from, and its first lines; those of prose are cut, too."""
    lines = [line.rstrip() for line in dedent(chunk.text).splitlines() if line.strip()]
    if chunk.kind == "prose":
        lines = [shorten(line, _PROSE_WIDTH) for line in lines[:_PROSE_LINES]]
    source = f"{chunk.path} ({chunk.title})" if chunk.title else chunk.path
    return "\n".join((f"{source}:", *lines[:_CODE_LINES]))


def _evidence(hit: Hit, text: str, language: Language) -> Evidence:
    symbol = _symbol(hit)
    is_excerpt = hit.chunk is not None and (symbol is None or symbol.parameters is None)
    written_in = language_of_file(PurePath(hit.chunk.path)) if is_excerpt and hit.chunk else language
    return Evidence(
        kind=hit.kind,
        symbol=symbol.qualified_name if symbol else (hit.chunk.path if hit.chunk else ""),
        package=symbol.package if symbol else "",
        version=symbol.version if symbol else "",
        uri=symbol.uri if symbol else (hit.chunk.uri if hit.chunk else ""),
        text=text,
        score=hit.score,
        scores=hit.scores,
        language=written_in.id if written_in else "",
    )
