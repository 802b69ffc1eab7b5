"""An LSP server's answers as the oracle's values."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from soothsay.oracle.positions import Positions
from soothsay.oracle.signatures import parameters_in
from soothsay.oracle.types import Finding, Member
from soothsay_languages.oracle import ServerSpec
from soothsay_languages.parameters import Parameter

_MEMBER_PROBLEMS = ("not_a_member", "doubtful")
_HINT = 4  # DiagnosticSeverity; used for greying out, not for telling anything
_MEMBER_KINDS = {
    2: "method", 3: "function", 4: "method", 5: "field", 6: "variable", 7: "class", 8: "class",
    9: "module", 10: "property", 13: "class", 20: "field", 21: "constant", 25: "class",
}  # fmt: skip
_NO_MEMBERS = {1, 14, 15, 16, 17, 18, 19}  # text, keyword, snippet, color, file, reference, folder


def read_findings(
    items: Sequence[Mapping[str, Any]],
    text: str,
    positions: Positions,
    spec: ServerSpec,
) -> tuple[Finding, ...]:
    """Return a server's LSP diagnostics as findings, in the order of the text."""
    found = []
    for item in items:
        if item.get("severity") == _HINT:
            continue
        code, said = str(item.get("code") or item.get("source") or ""), str(item.get("message", ""))
        kind = spec.kind_of(spec.kinds.get(code, "other"), said)
        start, end = positions.offset(item["range"]["start"]), positions.offset(item["range"]["end"])
        if kind in _MEMBER_PROBLEMS:
            # servers mark `receiver.name`: what is wrong is the name
            name, name_end = identifier(text, end)
            start = max(start, name) if name < name_end == end else start
        found.append(Finding(kind, start, end, said.partition("\n")[0], code, spec.name))
    return tuple(sorted(found, key=lambda finding: (finding.start, finding.end)))


def read_members(answer: object, dunders: bool, spec: ServerSpec) -> list[Member]:
    """Return the members in the completion list of a server.

    Keywords, snippets and what would have to be imported are left out; without ``dunders`` names between double
    underscores, too.
    """
    items: Iterable[Mapping[str, Any]] = ()
    if isinstance(answer, Mapping):
        items = answer.get("items") or ()
    elif isinstance(answer, list):
        items = answer
    members: dict[str, Member] = {}
    for item in items:
        if item.get("kind") in _NO_MEMBERS | spec.no_names or item.get("additionalTextEdits"):
            continue
        # clangd has a column of marks before the names
        name = spec.proposed.match(str(item["label"]).lstrip(" •"))
        if name is None:
            continue
        label = name.group()
        if not dunders and label.startswith("__") and label.endswith("__"):
            continue
        kind = _MEMBER_KINDS.get(item.get("kind", 0), "value")
        detail, documentation = str(item.get("detail") or ""), _documentation(item, spec)
        parameters = _parameters(str(item["label"]), label, spec)
        member = Member(label, kind, detail, documentation, parameters, spec.name, item)
        members.setdefault(label, member)
    return list(members.values())


def with_details(member: Member, item: object, spec: ServerSpec) -> Member:
    """Return ``member`` with the detail and the documentation of the completion item that its server has resolved."""
    if not isinstance(item, Mapping):
        return member
    detail, parameters = str(item.get("detail") or member.detail), member.parameters
    if parameters is None:
        parameters = _parameters(detail, member.name, spec)
    said = _documentation(item, spec)
    return replace(member, detail=detail, documentation=said, parameters=parameters, item=item)


def _parameters(said: str, name: str, spec: ServerSpec) -> tuple[Parameter, ...] | None:
    """Return the parameters of ``name`` that an item's label or detail says; None where it says none."""
    return parameters_in(said, name, spec.signatures) if spec.signatures and "(" in said else None


def _documentation(item: Mapping[str, Any], spec: ServerSpec) -> str:
    """Return the documentation of a completion item; "" where it has none, or not yet."""
    documentation = item.get("documentation")
    if isinstance(documentation, Mapping):
        documentation = documentation.get("value")
    return spec.plain(str(documentation or ""))


def hover_text(answer: object) -> str:
    """Return the text of an LSP hover; empty when there is none."""
    contents = answer.get("contents") if isinstance(answer, Mapping) else None
    if isinstance(contents, Mapping):
        contents = contents.get("value")
    if isinstance(contents, list):
        contents = "\n".join(
            str(part.get("value") if isinstance(part, Mapping) else part) for part in contents
        )
    return _without_fence(contents) if isinstance(contents, str) else ""


def identifier(text: str, offset: int) -> tuple[int, int]:
    """Return start and end of the identifier that ``offset`` touches; both are ``offset`` when there is none."""
    start = end = max(0, min(offset, len(text)))
    while start > 0 and _is_part(text[start - 1]):
        start -= 1
    while end < len(text) and _is_part(text[end]):
        end += 1
    return start, end


def _is_part(char: str) -> bool:
    return char in "_$" or char.isalnum()


def _without_fence(text: str) -> str:
    """Return Markdown's first code block, for a server that sends nothing else."""
    if text.startswith("```"):
        return text.partition("\n")[2].partition("```")[0].strip()
    return text
