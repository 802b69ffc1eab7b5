"""The document with a completion in it, as the oracle is asked about it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from copy import copy
from functools import cached_property

from soothsay.engine.api_names import name_of
from soothsay.engine.arguments import forwarded, misfit, misfit_of_all
from soothsay.engine.site import Site
from soothsay.engine.types import ApiName
from soothsay.oracle.types import Finding, Oracle, Signature
from soothsay_languages.analysis import DocumentAnalysis, analyse
from soothsay_languages.base import KeySyntax
from soothsay_languages.scan import characters, close, scan
from soothsay_languages.syntax import matches, walk

_KEYWORD = re.compile(r"[\"']?[\w$.-]*")
_NAME_KINDS = ("unknown_name", "not_a_member", "unresolved_import")


class Shadow:
    """The document with a completion in it, closed so that what is unfinished is no error."""

    def __init__(self, site: Site, completion: str, replaced: int = 0) -> None:
        request = site.request
        self.path = request.path
        self._offset = request.offset
        self._plain = request.text
        self._document = site.analysis
        self.completion = completion
        before, language = site.rule.before, site.language
        self._signatures: dict[int, Sequence[Signature]] = {}  # by place
        self._inside = bool(scan(before, language.lexis).closers)
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
        found = oracle.findings(self.path, self.text)
        if found is None:
            return None
        end = self._offset + len(self.completion)
        inside = [f for f in found if f.start < end and f.end > self._offset and self._counts(f)]
        if any(f.start < self._offset for f in inside):
            before = oracle.findings(self.path, self._plain) or ()
            known = {_identity(f, self._plain) for f in before}
            inside = [f for f in inside if _identity(f, self.text) not in known]
        return inside

    def is_broken(self, oracle: Oracle) -> bool:
        """Return whether the oracle cannot read the completion, whose `findings` were asked for before."""
        end = self._offset + len(self.completion)
        found = oracle.findings(self.path, self.text) or ()
        return any(f.kind == "syntax" and f.start <= end and f.end >= self._offset for f in found)

    def written_keys(self, keys: KeySyntax) -> Iterator[tuple[int, int]]:
        """Yield where the keys that the completion writes stand in the shadow, and the value in it of a key above."""
        analysis, grammar = self._analysis, self._language.tree_sitter
        if analysis.parsed is None or grammar is None:
            return
        begin, end = self._offset, self._offset + len(self.completion)
        for found in matches(grammar, keys.query, analysis.parsed.tree.root_node):
            spans = [
                (analysis.lines.to_code_points(node.start_byte), analysis.lines.to_code_points(node.end_byte))
                for node in (*found["key"], *found.get("value", ()))
            ]
            written = [(first, last) for first, last in spans if first < end and begin < last]
            yield from written[:1]

    def is_looked_at(self, names: Sequence[ApiName], oracle: Oracle) -> bool | None:
        """Return whether the oracle would find what is wrong in the calls ``names``; False where it takes one for unreachable."""
        return oracle.looks_at(self.path, self.text, self._innermost(names))

    @cached_property
    def _analysis(self) -> DocumentAnalysis:
        return analyse(self.text, self._language, self._document)

    def exposed(self) -> Shadow | None:
        """Return the shadow without what hides the completion from the oracle; None where that cannot be told."""
        language, analysis = self._language, self._analysis
        start = self._offset + len(self.completion) - len(self.completion.lstrip())
        if language.exposes is None or analysis.parsed is None:
            return None
        edits = language.exposes()(analysis.parsed, analysis.lines.to_bytes(start))
        text = self.text
        for begin, end, instead in edits:
            first, last = analysis.lines.to_code_points(begin), analysis.lines.to_code_points(end)
            text = text[:first] + _as_long(instead, text[first:last]) + text[last:]
        if text == self.text:
            return None
        found = copy(self)
        vars(found).pop("_analysis")
        found.text, found._signatures = text, {}
        found._plain = text[: self._offset] + self._plain[self._offset :]
        return found

    def begun(self) -> list[ApiName]:
        """Return the calls whose names stand before the completion, and which it completes."""
        if not self._inside or self.unfinished:
            return []
        cursor = len(self.text[: self._offset].encode("utf-8", "surrogatepass"))
        return [
            name_of(call, cursor)
            for call in self._analysis.calls
            if call.name.end_byte <= cursor < call.arguments.end_byte and not call.node.has_error
        ]

    def closes(self, name: ApiName) -> bool:
        """Return whether the call ``name`` ends in the completion, not behind it."""
        if name.call is None:
            return False
        end = name.start + name.call.arguments.end_byte - name.call.name.start_byte
        return end <= len(self.completion.encode("utf-8", "surrogatepass"))

    def position(self, name: ApiName) -> int:
        """Return the offset in the shadow of the last character of ``name``."""
        return self._at(name.end) - 1

    def members_read(self, name: ApiName) -> list[int]:
        """Return the offsets in the shadow of the last characters of the members that the receiver of ``name`` is made of."""
        call = name.call
        if call is None or call.receiver is None:
            return []
        shift = name.start - call.name.start_byte
        nodes = (node for node in walk(call.receiver) if not node.named_children)
        accesses = self._language.accesses
        members = [
            node for node in nodes if node.prev_sibling is not None and node.prev_sibling.type in accesses
        ]
        return [self._at(node.end_byte + shift) - 1 for node in members]

    def _at(self, byte: int) -> int:
        """Return the offset in the shadow of a byte of the completion, or, negative, of what stands before it."""
        if byte >= 0:
            return self._offset + characters(self.completion, byte)
        before = self.text[: self._offset].encode("utf-8", "surrogatepass")
        return self._offset - len(before[byte:].decode("utf-8", "replace"))

    def within(self, name: ApiName) -> int:
        """Return where ``name`` begins in the completion."""
        return characters(self.completion, max(0, name.start))

    def relative(self, offset: int) -> int:
        """Return an offset in the shadow as one in the completion."""
        return max(0, offset - self._offset)

    def is_in_brackets(self, at: int) -> bool:
        """Return whether the completion has opened a bracket that is open at its character ``at``."""
        return bool(scan(self.completion[:at], self._language.lexis).opened)

    def span_within(self, finding: Finding) -> tuple[int, int] | None:
        """Return where ``finding`` is in the completion (code points); None where it began before."""
        start = finding.start - self._offset
        return (start, finding.end - self._offset) if start >= 0 else None

    def resolves(self, name: ApiName, oracle: Oracle) -> bool | None:
        """Return whether ``name`` exists, as the oracle sees it in the shadow; None when it cannot tell."""
        return oracle.resolves(self.path, self.text, self.position(name))

    def call_problem(self, name: ApiName, oracle: Oracle) -> str:
        """Return why the call ``name`` fits none of the signatures that the oracle knows, "" when it fits one."""
        signatures = self.signatures(name, oracle)
        if self.unfinished or any(signature.anything for signature in signatures):
            return ""
        return misfit_of_all([signature.parameters for signature in signatures], name.given)

    def passed_on(self, name: ApiName, oracle: Oracle) -> str:
        """Return what says that the call ``name`` passes something of which no signature tells whether it is taken."""
        signatures, given = self.signatures(name, oracle), name.given
        told = [each.parameters for each in signatures if not each.anything]
        doubts = [forwarded(parameters, given) for parameters in told if not misfit(parameters, given)]
        if not all(doubts):
            return ""
        if doubts:
            return f"{name.dotted} passes {doubts[0]} on"
        takes_anything = len(told) < len(signatures)
        return f"{name.dotted} takes any arguments, and passes them on" if takes_anything else ""

    def signatures(self, name: ApiName, oracle: Oracle) -> Sequence[Signature]:
        """Return the signatures of the call ``name`` that the oracle knows."""
        inside = self._bracket(name) + 1
        text = self.text
        if "(" in name.arguments[1:].partition(",")[0]:
            # the first argument is a call itself: a blank keeps the place behind the bracket out of it
            text = f"{text[:inside]} {text[inside:]}"
        if inside not in self._signatures:
            self._signatures[inside] = oracle.signature(self.path, text, inside) or ()
        return self._signatures[inside]

    def _bracket(self, name: ApiName) -> int:
        """Return the offset in the shadow of the bracket of the call ``name``: types may stand before it."""
        if name.call is None:
            return self.position(name) + 1
        return self._at(name.start + name.call.arguments.start_byte - name.call.name.start_byte)

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
        first = self._at(name.start - (name.call.name.start_byte - node.start_byte))
        return first, first + len(node.text.decode("utf-8", "replace"))

    def _counts(self, finding: Finding) -> bool:
        if finding.kind in ("syntax", "other"):
            return False  # unfinished code, or no hallucination
        return not (self.unfinished and finding.kind in ("missing_argument", "no_overload", "bad_arguments"))


def _identity(finding: Finding, text: str) -> tuple[int, str, str]:
    """Return what makes a finding in ``text`` the same as one in another: of a name, also what it is called."""
    match finding.kind:
        case kind if kind in _NAME_KINDS:
            said = text[finding.start : finding.end]
        case "unknown_argument":  # as far as it is a name: its value may be unfinished
            match = _KEYWORD.match(text, finding.start)
            said = match[0] if match is not None else ""
        case "missing_argument":
            said = finding.message  # there may be one argument more by now, and another one missing
        case _:
            said = ""
    return finding.start, finding.code, said


def _as_long(text: str, old: str) -> str:
    """Return ``text`` filled up to the length of ``old``, with its line ends."""
    return text + "".join(char if char in "\r\n" else " " for char in old[len(text) :])
