"""A language server as data: how it is started and set up, and how its answers are read.

The client that speaks LSP is in ``soothsay.oracle``. A language names its servers in ``Language.oracles``. Pyright, for
example, is::

    ServerSpec(
        name="pyright",
        find_command=on_path("pyright-langserver", "--stdio"),
        language_ids={".py": "python", ".pyi": "python"},
        kinds={"reportAttributeAccessIssue": "not_a_member", "reportUndefinedVariable": "unknown_name"},
        settings=lambda python: {"python": {"pythonPath": str(python)}} if python else {},
        is_unknown=lambda hover: hover.rstrip().endswith(": Unknown"),
    )
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path, PurePath
from typing import Any, Literal, Protocol

from soothsay_languages.parameters import Parameter

DiagnosticKind = Literal[
    "unknown_name",  # a bare name that nothing defines
    "not_a_member",  # the receiver's type is known and has no such member; also `from module import no_such`
    "unknown_argument",  # too many arguments, or a keyword that no parameter takes
    "missing_argument",
    "wrong_type",
    "not_callable",  # what is called has a type that cannot be called
    "no_overload",  # no overload fits; whether by name, number or type its signatures can often tell
    "bad_arguments",  # nothing that is called so takes them, for certain; also operands that an operator cannot take
    "unresolved_import",
    "doubtful",  # what is named may be missing: one type of a union has it, one way through the program defines it
    "syntax",
    "other",
]

Span = tuple[int, int]
"""Start and end in a text, code points."""

FindCommand = Callable[[], Sequence[str] | None]
"""Return the program and its arguments, None when it is not installed."""

FindRuntime = Callable[[Path, str, Mapping[str, str] | None], Path | None]
"""Return the interpreter or compiler of a workspace, None when there is none; never raise.

Takes the workspace, what the user has configured ("" for nothing) and the environment (None: this process's).
"""

Settings = Callable[[Path | None], Mapping[str, Any]]
"""Return the settings of a server, given the workspace's interpreter or compiler."""


class ReadsSignatures(Protocol):
    """What a language's signature labels say."""

    def takes_anything(self, label: str, parameters: Sequence[Parameter]) -> bool:
        """Return whether ``label``, of which ``parameters`` were read, says that any arguments are taken."""
        ...

    def parameters(self, label: str, spans: Sequence[Span]) -> tuple[Parameter, ...]:
        """Return the parameters of ``label``; ``spans`` are where the server says that they stand in it."""
        ...

    def needs_definition(self, parameters: Sequence[Parameter]) -> bool:
        """Return whether the source of the definition can tell more about ``parameters`` than the label does."""
        ...

    def from_definition(
        self, parameters: tuple[Parameter, ...], lines: Sequence[str]
    ) -> tuple[Parameter, ...]:
        """Return ``parameters`` as the definition has them; ``lines`` are the first of its source."""
        ...


def is_union(shown: str, bracketed: re.Pattern[str]) -> bool:
    """Return whether the type ``shown`` is a union. What stands in brackets, which ``bracketed`` finds from within, is not looked at."""
    while shown != (shown := bracketed.sub("", shown)):
        pass
    return " | " in shown


class ReadsHooks(Protocol):
    """What stands behind members that a class does not name: a function that is called for every unknown one."""

    @property
    def name(self) -> str:
        """The name of that function."""
        ...

    def gives_items_only(self, lines: Sequence[str]) -> bool:
        """Return whether the function gives only what the object holds as data; ``lines`` are the first of its source."""
        ...

    @property
    def mapping_member(self) -> str:
        """The name of a member that only mappings have: their data may be functions."""
        ...

    def bound(self, line: str, name: str) -> int | None:
        """Return where in ``line`` stands what ``name`` is bound to by it: the name itself, or what is imported as it."""
        ...


@dataclass(frozen=True, slots=True)
class MemberOrigin:
    """Where members are defined. ``made`` are patterns of the names of those that no type checker sees.

    ``made_by`` are offsets (code points) of the names of what else has a say: base classes, decorators.
    """

    made: tuple[str, ...] = ()
    made_by: tuple[int, ...] = ()


ANY_NAME = r"\w+"
"""The pattern of a name that is computed."""


class ReadsOrigins(Protocol):
    """Tells where names are made while a program runs."""

    def receiver(self, text: str, start: int) -> int | None:
        """Return the offset of a character of what the name at ``start`` is a member of; None where it has no name."""
        ...

    def read(self, source: str, line: int, whole: bool) -> MemberOrigin:
        """Return what the module ``source`` (``whole``), or the definition at its ``line`` (from 0), says."""
        ...


@dataclass(frozen=True, slots=True)
class ServerPackage:
    """A server that is installed apart, on the user's command: ``name`` in ``version``, by the client of its ``registry``.

    ``program`` finds what is run in the folder that it was installed into; None where it has none for this
    machine. ``runner`` is what runs it where it is a script, and ``preload`` the folder of
    a package of our own that Node runs before it. ``arguments`` are the program's. ``licence`` is the package's.
    """

    name: str
    version: str
    program: Callable[[Path], Path | None]
    arguments: tuple[str, ...] = ()
    registry: Literal["npm", "pip"] = "npm"
    licence: str = ""
    runner: Literal["", "node"] = ""
    preload: Path | None = None


@dataclass(frozen=True, slots=True)
class Schemas:
    """How a server tells which schemas describe a document.

    ``request`` is given the document's URI, and answered by a list of schemas, each with its ``uri``. ``is_at_hand`` tells
    from a schema's URI whether it is read without a network, and without waiting.
    """

    request: str
    is_at_hand: Callable[[str], bool]


def npm_script(path: str) -> Callable[[Path], Path | None]:
    """Return a function that finds a script in the folder that npm has installed packages into: ``path`` begins with its package."""

    def find(folder: Path) -> Path | None:
        return next(folder.glob(f"*/{path}"), None)

    return find


def not_elsewhere() -> Sequence[str] | None:
    """Return None: a server that is run only where its package was installed."""
    return None


def _never(text: str) -> bool:
    return False


def _as_it_is(text: str) -> str:
    return text


def _as_its_code(kind: DiagnosticKind, message: str) -> DiagnosticKind:
    return kind


def _no_runtime(workspace: Path, configured: str, environ: Mapping[str, str] | None) -> Path | None:
    return None


def _no_settings(runtime: Path | None) -> Mapping[str, Any]:
    return {}


def _no_import(written: str, path: Path) -> bool:
    return False


@dataclass(frozen=True)
class ServerSpec:
    """One language server.

    ``language_ids`` are LSP's language ids by suffix, or by whole name, of the files that the server judges. ``settings`` are what it gets
    when it asks for its configuration, ``initialization_options`` what it gets at the start (None: the settings).
    ``project_files`` are names of files that configure it.

    ``kinds`` are what its diagnostic codes mean, or, of those without a code, their sources; one that is not named is "other".
    ``kind_of`` tells from that and the message what a diagnostic is. ``canary`` is a text that it must
    have something to say about, if it looks at a file at all; "" when it looks at all files. ``is_unknown`` and
    ``is_anything`` tell from a hover text whether the type is not known, or dynamic on purpose. ``tells_of_union`` tells
    from a "not_a_member" message whether the receiver is one of several types. ``may_import`` tells whether an import that is
    written so may mean the file. Where a code of ``blinding`` is found, the server knows too little of the file: of what it
    finds there, only what is not found counts.

    ``required``: it is installed with soothsay, and that it is missing is a fault; others are there where a user wants them, and
    are only started for a file of their languages. ``change`` is what a change of a document says beside what LSP has.
    ``install`` is the command that installs it, ``package`` what `soothsay judges install` installs; that goes before what
    ``find_command`` finds. ``preambles`` are lines that the server sees above the text, by suffix. ``markup``: its hover texts
    are Markdown, with what is documented in the first block of code. ``plain`` returns documentation without the marks of its language. ``lists_keys``: where a key is written it proposes those that the type has. ``tried_key`` is
    how a key is written, in place of ``{}``, to see whether it is refused. ``proposed``
    finds the name in the label of what it proposes, and ``no_names`` are LSP's kinds of what it proposes that is none. ``schemas`` are for a server that judges by schemas: a
    document that none describes is not judged. ``announced`` are notifications that it is sent once it is initialized,
    ``unasked`` the methods that it is never asked. ``seen`` are, by suffix, what it sees instead of a text, which is as long. ``quiet_ms`` is for a server that publishes diagnostics without the version of the document: a publication counts when
    none has followed for so long. ``diagnostics_ms`` is how long diagnostics may take, and ``opening_ms`` the first ones of a document,
    which may have much to read; ``file_status`` is the notification by which it says that it is done with a document
    (state "idle"), "" where it does not, and ``rereading`` the state in which it reads again what the document rests on. After ``hang_ms`` without an answer the server is killed. 0 is for the default.
    """

    name: str
    find_command: FindCommand
    language_ids: Mapping[str, str]
    kinds: Mapping[str, DiagnosticKind] = field(default_factory=dict)
    settings: Settings = _no_settings
    initialization_options: Settings | None = None
    required: bool = False
    install: str = ""
    find_runtime: FindRuntime = _no_runtime
    project_files: tuple[str, ...] = ()
    blinding: frozenset[str] = frozenset()
    change: Mapping[str, Any] = field(default_factory=dict)
    canary: str = ""
    member_operators: tuple[str, ...] = (".",)
    is_unknown: Callable[[str], bool] = _never
    is_anything: Callable[[str], bool] = _never
    tells_of_union: Callable[[str], bool] = _never
    may_import: Callable[[str, Path], bool] = _no_import
    signatures: ReadsSignatures | None = None  # None: its labels are not read, a call may take anything
    declarations: tuple[str, ...] = ()  # suffixes of files that only declare what is made elsewhere
    origins: Callable[[], ReadsOrigins] | None = None  # None: no names are made while a program runs
    hooks: Callable[[], ReadsHooks] | None = (
        None  # None: where a class answers to any name, nothing is known of it
    )
    quiet_ms: float = 50
    diagnostics_ms: float = 0
    opening_ms: float = 0
    file_status: str = ""
    rereading: str = ""
    hang_ms: float = 0
    package: ServerPackage | None = None
    preambles: Mapping[str, str] = field(default_factory=dict)
    markup: bool = False
    plain: Callable[[str], str] = _as_it_is
    lists_keys: bool = False
    tried_key: str = " {} "
    kind_of: Callable[[DiagnosticKind, str], DiagnosticKind] = _as_its_code
    proposed: re.Pattern[str] = re.compile(r"[\w$]+")
    no_names: frozenset[int] = frozenset()
    schemas: Schemas | None = None
    announced: tuple[str, ...] = ()
    unasked: frozenset[str] = frozenset()
    seen: Mapping[str, Callable[[str], str]] = field(default_factory=dict)

    def language_id(self, path: PurePath) -> str:
        """Return LSP's language id of the file; "" for one that the server does not judge."""
        return self.language_ids.get(path.suffix) or self.language_ids.get(path.name, "")

    def as_seen(self, path: PurePath, text: str) -> str:
        """Return what the server sees of ``text``, the content of ``path``."""
        return self.preambles.get(path.suffix, "") + self.seen.get(path.suffix, _as_it_is)(text)

    def options(self, runtime: Path | None) -> Mapping[str, Any]:
        """Return the initialization options for the workspace's interpreter or compiler."""
        return (self.initialization_options or self.settings)(runtime)


def on_path(program: str, *arguments: str) -> FindCommand:
    """Return a function that finds ``program`` on PATH when it is called."""

    def find() -> Sequence[str] | None:
        found = shutil.which(program)
        return [found, *arguments] if found else None

    return find
