"""What flows through the pipeline: frozen values, nothing else."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from soothsay.config import Method
from soothsay.model.types import Token
from soothsay.oracle.types import Question
from soothsay_languages.base import Arguments

if TYPE_CHECKING:  # the editor's process starts without a parser
    from soothsay_languages.calls import Call
    from soothsay_languages.scopes import NamesAt

Reason = Literal[
    "low_confidence",
    "not_in_index",
    "not_a_member",
    "bad_arguments",
    "not_in_workspace",
    "another_name",
    "always",
]
Verdict = Literal["verified", "unverified", "rejected"]
EndingStep = Literal[
    "shown",
    "refused",
    "settled",
    "silent",
    "repeats",
    "withheld",
    "breaks",
    "unfinished",
    "rejected",
    "unlikely",
]
FaultKind = Literal["not_a_member", "bad_arguments", "unknown_name"]


@dataclass(frozen=True, slots=True)
class AdapterUse:
    """An adapter of the user's, and how strongly it acts. ``sha256`` is that of its file, "" in a request."""

    name: str
    scale: float = 1.0
    sha256: str = ""


@dataclass(frozen=True, slots=True)
class CompletionRequest:
    """Complete ``text`` at ``offset`` (code points, 0-based), the content of ``path`` (it need not be saved)."""

    path: Path
    text: str
    offset: int
    workspace: Path
    language: str = "python"
    method: Method | None = None  # None: the setting
    adapters: tuple[AdapterUse, ...] | None = None  # None: those that are active for the workspace


@dataclass(frozen=True, slots=True)
class ApiName:
    """The name of a call found in a draft.

    ``start`` and ``end`` are byte offsets in the *draft*; a negative ``start`` means that the name began
    before the cursor. ``receiver`` is the source text of what it is a member of ("" for a plain call), ``access`` what
    stands between them.
    """

    name: str
    receiver: str
    start: int
    end: int
    arguments: str = ""  # source text between the brackets, as far as it is written
    call: Call | None = field(default=None, compare=False, repr=False)  # its nodes
    names: NamesAt | None = field(default=None, compare=False, repr=False)  # what names stand for there
    access: str = "."

    @property
    def given(self) -> Arguments:
        """What the call passes."""
        return Arguments() if self.call is None else self.call.given

    @property
    def dotted(self) -> str:
        """Return ``receiver.name``, or ``name`` alone for a plain call."""
        return f"{self.receiver}{self.access}{self.name}" if self.receiver else self.name


@dataclass(frozen=True, slots=True)
class TriggerDecision:
    """Whether to retrieve, and why.

    ``confidence`` is how sure the model was of ``name``, by the method's own measure (`trigger.py`), and ``threshold`` the
    least that is believed; None when the draft holds no API name. ``calibrated``: that value was measured for the model, or
    set by the user; ``learned``: it comes from what was kept in this workspace. ``missing`` says what would have to be known to tell whether ``name`` exists, "" when that is known.
    """

    fired: bool
    reasons: tuple[Reason, ...] = ()
    confidence: float | None = None
    threshold: float = 0.8
    name: str | None = None
    missing: str = ""
    calibrated: bool = True
    learned: bool = False


@dataclass(frozen=True, slots=True)
class Evidence:
    """What grounds a completion. ``language`` is the id of the one that ``text`` is written in, "" for prose."""

    kind: Literal["symbol", "cross_file", "document"]
    symbol: str
    package: str
    version: str
    uri: str
    text: str
    score: float
    scores: dict[str, float] = field(default_factory=dict)
    language: str = ""


@dataclass(frozen=True, slots=True)
class Check:
    """What the oracle was asked, and what came of it.

    ``problem`` is what is wrong with the completion in a few words; ``repaired`` what was wrong with the one that it
    replaces; ``trimmed`` the text that was cut off because it was wrong.
    """

    questions: tuple[Question, ...] = ()
    problem: str = ""
    repaired: str = ""
    trimmed: str = ""


@dataclass(frozen=True, slots=True)
class Ending:
    """Why less is shown than was written, or nothing: the ``step`` that ended it, and what it ``dropped``."""

    step: EndingStep = "shown"
    dropped: str = ""


@dataclass(frozen=True, slots=True)
class TabStop:
    """A value that the person is to fill in: ``text[start:end]`` of a completion (code points), which may be empty.

    That text is a literal of the type, for editors that take no snippets; in the others ``label`` stands in its place.
    """

    start: int
    end: int
    label: str

    def moved_by(self, characters: int) -> TabStop:
        """Return it where it stands once so many characters were put before it."""
        return TabStop(self.start + characters, self.end + characters, self.label)


@dataclass(frozen=True, slots=True)
class Completion:
    """The answer to one request, with everything that explains it. ``text`` may be empty.

    It stands in place of ``replaced`` characters right of the cursor, on the same line. ``tab_stops`` are in the order of
    the text and do not overlap.
    """

    text: str
    draft: str
    verdict: Verdict
    method: Method
    trigger: TriggerDecision
    evidence: tuple[Evidence, ...] = ()
    tokens: tuple[Token, ...] = ()  # of the draft
    timings_ms: dict[str, float] = field(default_factory=dict)  # draft, trigger, retrieve, regenerate, total
    evaluated: dict[str, int] = field(default_factory=dict)  # prompt tokens evaluated: draft, regenerate
    # tokens of the text that was written last: written, chosen
    generated: dict[str, int] = field(default_factory=dict)
    check: Check = field(default_factory=Check)
    before: str = ""  # the statement that it goes on with, up to the cursor
    replaced: int = 0
    ending: Ending = field(default_factory=Ending)
    tab_stops: tuple[TabStop, ...] = ()
    adapters: tuple[AdapterUse, ...] = ()  # that it was written with


@dataclass(frozen=True, slots=True)
class Fault:
    """A call that is wrong. ``start`` and ``end`` are its name's, ``call_end`` is behind its last bracket (code points)."""

    kind: FaultKind
    receiver: str
    name: str
    start: int
    end: int
    call_end: int
    problem: str


@dataclass(frozen=True, slots=True)
class Replacement:
    """What to write between ``start`` and ``end`` instead: a call that is verified. ``title`` names it."""

    start: int
    end: int
    text: str
    title: str
