"""Calls are filled in, not generated: what a signature says is written, and the model is asked for the rest.

The model chooses what is called, which optional arguments are given, and values. Keywords, commas and brackets follow from
the signature. A value is a name in scope that is called like the parameter, else what the model is sure of, else a literal of
the type that the person is to write over: a tab stop.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from soothsay.engine.arguments import misfit, only_way
from soothsay.engine.call_text import Argument, CallText, call_at, innermost_call, may_call
from soothsay.engine.constrain import callee_before
from soothsay.engine.layout import Style
from soothsay.engine.tab_stops import moved
from soothsay.engine.types import TabStop
from soothsay_index.types import Parameter
from soothsay_languages.base import Blank, Language, Lexis
from soothsay_languages.cells import Edit, edited
from soothsay_languages.scan import Scan, indentation, scan

# what the model must be sure of, as probabilities of single tokens: a value, and that a call goes on with an optional argument
_SURE, _WANTED = 0.5, 0.5
_NAME = re.compile(r"\w+")
# what documents have in place of values; `a[...]` is none, nor is `{...a}`
_COPIED = re.compile(r"[\"']\s*\.\.\.|(?:\A|[:={]|(?<![\w\])])\[)\s*\.\.\.(?![\w$(])")


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known at a place: the parameters of a callee, names in scope for them, and literals for unknown values.

    ``ways_of`` are the parameters of each overload. ``is_defined`` tells of a name.
    """

    ways_of: Callable[[str], Sequence[Sequence[Parameter]]]
    named: Callable[[str], Mapping[str, str]]
    blank: Callable[[str, Parameter], Blank]
    is_defined: Callable[[str], bool]

    def parameters_of(self, callee: str) -> Sequence[Parameter] | None:
        """Return the parameters of what is not overloaded."""
        return only_way(self.ways_of(callee))


@dataclass(frozen=True, slots=True)
class Step:
    """The text as far as it is known. ``ended``: it ends with a whole value, which a comma or a bracket follows."""

    text: str
    ended: bool = False


class Skeleton:
    """One text that is being written behind the statement ``before``. Offsets are code points of the text."""

    def __init__(self, before: str, language: Language, facts: Facts, style: Style) -> None:
        self._before = before
        self._language = language
        self._facts = facts
        self._style = style
        self._stops: list[TabStop] = []
        self._doubts: set[int] = set()  # where values begin that the model was not sure of
        self._calls: set[int] = set()  # brackets, in the statement

    def go_on(self, text: str, probability: float) -> Step | None:
        """Return ``text`` with what must follow it, or without a value that nobody knows; None where the model is to choose.

        ``probability`` is that of the last token.
        """
        for copied in _COPIED.finditer(text):  # one token may hold such a value and what ends it
            step = self._step(text[: copied.end()], 0.0)
            if step is not None:
                return step
        return self._step(text, probability)

    def _step(self, text: str, probability: float) -> Step | None:
        code = self._before + text
        state = scan(code, self._language.lexis)
        ended = self._ended_call(code, state)
        step = None if ended is None else self._without_default(*ended) or self._without_copy(*ended)
        if step is not None:
            return step
        call = innermost_call(code, state, self._language, self._facts.parameters_of)
        if call is None:
            return None
        self._calls.add(call.start)
        argument = call.arguments[-1]
        inside = not state.quote and state.opened[-1] == call.start
        if inside and self._begins_keyword(call, argument):  # in the token of the bracket or of the comma
            call = replace(call, code=code[: argument.start])
        between = inside and not call.code[argument.start :].strip()
        step = self._next(call, probability) if between else self._without_guess(call, argument, probability)
        return None if step is None or step.text == text.rstrip() else step

    def _begins_keyword(self, call: CallText, argument: Argument) -> bool:
        """Return whether all that the model has written of ``argument`` is letters of a name, where a keyword must come."""
        begun = call.code[argument.start :].strip()
        if argument.keyword or argument.start < len(self._before) or _NAME.fullmatch(begun) is None:
            return False
        lacking = call.missing
        return bool(lacking) and not call.takes_position(lacking[0])

    def _ended_call(self, code: str, state: Scan) -> tuple[str, int] | None:
        """Return ``code`` up to where it has ended an argument, and the bracket of the call that is given it."""
        end = len(code.rstrip()) - 1
        if end < len(self._before):
            return None
        if not state.quote and code.endswith(",", 0, end + 1):
            start = state.opened[-1] if state.opened else -1
        else:
            start = next((opened for opened, closed in state.pairs if closed == end), -1)
        return None if start < 0 or code[start] != "(" else (code[:end], start)

    def _without_default(self, code: str, start: int) -> Step | None:
        """Return the text up to an optional argument that was given its default, which says nothing: the call ends there."""
        call = self._call(code, start) if start in self._calls else None
        if call is None:
            return None
        argument = call.arguments[-1]
        parameter = call.parameter_of(argument) if argument.keyword else None
        if parameter is None or parameter.required or argument.start < len(self._before):
            return None
        if not _is_same(call.code[argument.value :].strip(), parameter.default) or call.missing:
            return None
        return self._without_last(call)

    def _without_copy(self, code: str, start: int) -> Step | None:
        """Return the text with a literal in place of the parameter's own name, which is defined nowhere: documents say it."""
        call = self._one_way(code, start)
        if call is None:
            return None
        argument = call.arguments[-1]
        parameter, value = call.parameter_of(argument), code[argument.value :].strip()
        if parameter is None or argument.value < len(self._before):
            return None
        if value != parameter.name or self._facts.is_defined(value):
            return None
        return self._without_value(call, argument, parameter, self._facts.blank(call.callee, parameter))

    def _next(self, call: CallText, probability: float) -> Step | None:
        """Return what follows the bracket or the comma that ``call`` ends with."""
        code = call.code.rstrip()
        if call.missing:
            return self._filled(replace(call, code=code))
        is_open = any(p.kind.startswith("var_") for p in call.parameters)
        unwanted = probability < _WANTED and not is_open
        if code.endswith(",") and len(code) > len(self._before) and unwanted:
            return Step(code[len(self._before) : -1] + self._closer)
        return None

    def _filled(self, call: CallText) -> Step:
        """Return ``call``, which ends between two arguments, with those that are known up to a value that is not."""
        named = self._facts.named(call.callee)
        while lacking := call.missing:
            parameter = lacking[0]
            head = call.up_to_value_of(parameter)
            value = named.get(parameter.name, "")
            if not value:
                return Step(head[len(self._before) :].rstrip())
            call = replace(call, code=head + value)
            if call.missing:
                call = replace(call, code=f"{call.code},")
        return Step(call.code[len(self._before) :], ended=True)

    def _without_guess(self, call: CallText, argument: Argument, probability: float) -> Step | None:
        """Return ``call`` without the value of its last ``argument``, where the model only guesses it."""
        value, parameter = call.code[argument.value :], call.parameter_of(argument)
        if argument.value < len(self._before) or not value.strip() or parameter is None:
            return None
        copied = _COPIED.search(value) is not None
        if probability >= _SURE and not copied:
            return None
        blank = self._stand_in(call.callee, parameter, value)
        if not copied and not self._is_better(blank, value):
            self._doubts.add(argument.value)
            return None
        return self._without_value(call, argument, parameter, blank)

    def _without_value(self, call: CallText, argument: Argument, parameter: Parameter, blank: Blank) -> Step:
        """Return ``call`` with ``blank`` as the value of its last ``argument``, or without that one if it need not be given."""
        if not parameter.required and argument.start > len(self._before):
            return self._without_last(call)
        start = argument.value - len(self._before)
        self._stops = [stop for stop in self._stops if stop.end <= start] + _stops(blank, start)
        self._doubts = {at for at in self._doubts if at < argument.value}
        call = replace(call, code=call.code[: argument.value] + blank.text)
        if call.missing and self._facts.parameters_of(call.callee) is not None:
            return self._filled(replace(call, code=f"{call.code},"))
        return Step(call.code[len(self._before) :], ended=True)

    def _without_last(self, call: CallText) -> Step:
        """Return ``call`` without its last argument; it ends there."""
        kept = call.code[: call.arguments[-1].start].removesuffix(",")
        return Step(kept[len(self._before) :] + self._closer)

    def _stand_in(self, callee: str, parameter: Parameter, value: str) -> Blank:
        """Return a literal in place of ``value``: a string for a string where the type is not known."""
        blank = self._facts.blank(callee, parameter)
        quote = self._style.quote
        if _is_string(value, self._language.lexis) and not blank.text.startswith(quote):
            return Blank(quote * 2, ((len(quote), len(quote), parameter.name),))
        return blank

    def _is_better(self, blank: Blank, value: str) -> bool:
        """Return whether ``blank`` says more than ``value``: of names and numbers a guess is a better beginning."""
        if _is_string(value, self._language.lexis):
            return True
        return blank.text[0] == value[0] and value[0] in self._language.lexis.brackets and len(blank.text) > 2

    def finished(self, text: str) -> tuple[str, tuple[TabStop, ...]]:
        """Return ``text`` laid out as the file is, and its tab stops."""
        text = self._without_comma(text)
        code, lead = self._before + text, len(self._before)
        closed = dict(scan(code, self._language.lexis).pairs)
        stops = [stop for stop in self._stops if stop.end <= len(text)]
        edits: list[Edit] = []
        for start in sorted(self._calls):
            call = self._call(code, start) if start in closed else None
            if call is None:
                continue
            for each in call.arguments:
                value, at = code[each.value : each.end].rstrip(), each.value - lead
                if each.value in self._doubts and value:
                    stops.append(TabStop(at, at + len(value), value))
                elif at >= 0 and (parameter := call.parameter_of(each)) is not None and parameter.required:
                    blank = self._facts.blank(
                        call.callee, parameter
                    )  # the model wrote nothing that says anything
                    stops += _stops(blank, at) if value == blank.text else []
            if start >= lead and (not edits or start > edits[-1].end):
                edits += self._line_breaks(call, closed[start])
        return edited(text, edits), moved(_apart(stops), edits)

    def _without_comma(self, text: str) -> str:
        """Return ``text`` without a comma that ends the statement right behind a call: one token may hold it and the bracket."""
        kept = text.rstrip().removesuffix(",")
        code = self._before + kept
        state = scan(code, self._language.lexis)
        ends_call = any(end == len(code) - 1 and start in self._calls for start, end in state.pairs)
        return kept if ends_call and not state.opened and text[len(kept) :].startswith(",") else text

    def _line_breaks(self, call: CallText, end: int) -> list[Edit]:
        """Return what writes ``call`` in one line where that is short enough, else each argument on a line of its own."""
        code, lead = call.code, len(self._before)
        begin, stop = code.rfind("\n", 0, call.start) + 1, code.find("\n", end)
        arguments = [each for each in call.arguments if code[each.start : each.end].strip()]
        said = [code[each.start : each.end].strip() for each in arguments]
        if not arguments or any("\n" in each for each in said):
            return []
        length = call.start + 1 - begin + len(", ".join(said)) + (stop if stop >= 0 else len(code)) - end
        plain = len(arguments) == 1 and not arguments[0].keyword  # no comma may follow a lone generator
        outer = code[begin : begin + indentation(code[begin:])]
        if length > self._style.line and not plain:
            heads, tail = [f"\n{outer}{self._style.indent}"] * len(said), f",\n{outer}"
        elif "\n" in code[call.start : end]:
            heads, tail = ["", *[" "] * (len(said) - 1)], ""
        else:
            return []
        edits = [
            Edit(each.start - lead, each.start - lead + _blanks(code[each.start :]), head)
            for each, head in zip(arguments, heads, strict=True)
        ]
        last = arguments[-1].start + len(code[arguments[-1].start : arguments[-1].end].rstrip())
        return [*edits, Edit(last - lead, end - lead, tail)]

    def mended(
        self, text: str, bracket: int, stops: Sequence[TabStop]
    ) -> tuple[str, tuple[TabStop, ...]] | None:
        """Return ``text`` with the arguments of the call whose ``bracket`` is there made to fit; None where nobody can.

        Keywords that do not exist are dropped, required ones that are missing are added. ``stops`` are its tab stops.
        """
        code, lead = self._before + text, len(self._before)
        closed = dict(scan(code, self._language.lexis).pairs)
        call = self._one_way(code, lead + bracket) if lead + bracket in closed else None
        if call is None:
            return None
        end = closed[lead + bracket] - lead
        done, kept = text[: bracket + 1], [stop for stop in stops if stop.end <= bracket]
        for each in call.arguments:
            start = each.start - lead + _blanks(code[each.start :])
            said = code[start + lead : each.end].rstrip()
            if not said or (each.keyword and not _takes(call.parameters, each.keyword)):
                continue
            done += "" if done.endswith("(") else ", "
            shift = len(done) - start
            inside = [stop for stop in stops if start <= stop.start and stop.end <= each.end - lead]
            kept += [stop.moved_by(shift) for stop in inside]
            done += said
        done, added = self._with_missing(replace(call, code=self._before + done))
        kept += added
        shift = len(done) - end
        kept += [stop.moved_by(shift) for stop in stops if stop.start >= end]
        return done + text[end:], tuple(kept)

    def without_value(self, text: str, bracket: int, value: int) -> tuple[str, tuple[TabStop, ...]] | None:
        """Return ``text`` without the argument whose value is at ``value``, in the call of ``bracket``, and new tab stops; None where it is not known.

        One that must be given gets a literal of its type instead.
        """
        code, lead = self._before + text, len(self._before)
        call = self._call(code, lead + bracket)
        if call is None:
            return None
        arguments = call.arguments
        argument = next((each for each in arguments if each.value <= lead + value < each.end), None)
        if argument is None or argument.start < lead:
            return None
        parameter = call.parameter_of(argument)
        if parameter is None:
            return None
        if parameter.required:
            blank, at = self._facts.blank(call.callee, parameter), argument.value - lead
            said = code[argument.value : argument.end].rstrip()
            return text[:at] + blank.text + text[at + len(said) :], tuple(_stops(blank, at))
        if not argument.keyword:
            return None  # those behind it would become others'
        others = [code[each.start : each.end] for each in arguments if each is not argument]
        inside = ",".join(others) if any(map(str.strip, others)) else ""
        end = arguments[-1].end - lead
        return text[: bracket + 1] + inside.removeprefix(" ") + text[end:], ()

    def ended(self, text: str) -> str:
        """Return ``text``, which was stopped while it was written, with the outermost call that it has begun filled in without the model.

        The argument that was being written is written anew if it must be given, else left out.
        """
        code, lead = self._before + text, len(self._before)
        state = scan(code, self._language.lexis)
        if not may_call(code, state, self._language):
            return text
        calls = (self._one_way(code, start) for start in state.opened)
        call = next((each for each in calls if each is not None and each.arguments[-1].start >= lead), None)
        if call is None:
            return text
        kept = code[: call.arguments[-1].start].rstrip().removesuffix(",")
        self._stops = [stop for stop in self._stops if stop.end <= len(kept) - lead]
        done, added = self._with_missing(replace(call, code=kept))
        self._stops += added
        return done + self._closer

    def _with_missing(self, call: CallText) -> tuple[str, list[TabStop]]:
        """Return ``call``, which is still open, as text with the arguments that must be given, and the tab stops in them."""
        named, stops = self._facts.named(call.callee), list[TabStop]()
        while lacking := call.missing:
            head = call.up_to_value_of(lacking[0])
            value = named.get(lacking[0].name, "")
            blank = Blank(value) if value else self._facts.blank(call.callee, lacking[0])
            stops += _stops(blank, len(head) - len(self._before))
            call = replace(call, code=head + blank.text)
        return call.code[len(self._before) :], stops

    def _call(self, code: str, start: int) -> CallText | None:
        return call_at(code, start, self._language, self._facts.parameters_of)

    def _one_way(self, code: str, start: int) -> CallText | None:
        """Return the call whose bracket is at ``start`` as one of the overloads that fit what it is given so far, or nearly do."""
        callee = callee_before(code, start, self._language)
        ways = self._facts.ways_of(callee) if callee else ()
        calls = [CallText(code, start, callee, each, self._language) for each in ways]
        return min(calls, key=lambda call: (_has_surplus(call), len(call.missing)), default=None)

    @property
    def _closer(self) -> str:
        return self._language.lexis.brackets["("]


def _has_surplus(call: CallText) -> bool:
    """Return whether ``call`` is given what its parameters do not take."""
    problem = misfit(call.parameters, call.given)
    return bool(problem) and not problem.startswith("missing")


def _stops(blank: Blank, at: int) -> list[TabStop]:
    return [TabStop(at + start, at + end, label) for start, end, label in blank.spots]


def _apart(stops: Sequence[TabStop]) -> list[TabStop]:
    """Return ``stops`` in the order of the text, of those that overlap the first."""
    found: list[TabStop] = []
    for stop in sorted(stops, key=lambda each: (each.start, each.end)):
        if not found or (stop.start >= found[-1].end and stop.end > found[-1].start):
            found.append(stop)
    return found


def _is_string(value: str, lexis: Lexis) -> bool:
    return value.startswith(lexis.strings)


def _is_same(value: str, default: str) -> bool:
    """Return whether ``value`` is ``default``, whichever quotes the two are written with."""
    return value.replace("'", '"') == default.replace("'", '"')


def _takes(parameters: Sequence[Parameter], keyword: str) -> bool:
    return any(p.name == keyword or p.kind == "var_keyword" for p in parameters)


def _blanks(text: str) -> int:
    return len(text) - len(text.lstrip())
