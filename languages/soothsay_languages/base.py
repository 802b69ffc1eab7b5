"""What a language is: data, and small protocols for what data cannot say."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from functools import cached_property
from pathlib import Path, PurePath
from typing import TYPE_CHECKING, Literal, Protocol

from soothsay_languages.commands import ShellPart
from soothsay_languages.oracle import ServerSpec

if TYPE_CHECKING:  # the editor's process starts without a parser
    import tree_sitter

    from soothsay_languages.cells import CellSyntax
    from soothsay_languages.environment import EnvironmentFinder
    from soothsay_languages.keys import FindsKey
    from soothsay_languages.parameters import Parameter
    from soothsay_languages.resolving import D, Definitions, Resolver
    from soothsay_languages.scopes import ModuleName, NamesAt, ScopeTree
    from soothsay_languages.syntax import Parsed

_LOOK_BACK = 200  # characters that are read before a bracket or a line break


@dataclass(frozen=True)
class Lexis:
    """How the characters of a language group: comments, strings, brackets.

    ``strings`` are the delimiters, the longest first; those in ``multiline_strings`` may span lines. ``string_prefixes``
    are letters that may stand before one, in any case. ``escape`` precedes a character of a string that does not end it.
    ``continuation`` before a line break joins the next line to the statement. ``comment_apart``: the sign of a comment in the
    middle of a word is none; ``strings_apart``: nor does a delimiter behind a letter begin a string. ``documents`` is a regular expression of what says that the lines below are no code, down to the
    one that its group ``end`` names. ``block_comment`` are the signs around a comment that may span lines.
    ``inside_strings`` are opening brackets that hold code in some strings, with the delimiter of those. ``opaque`` is a regular
    expression of what is read as one piece, whatever signs it holds.

    ``block`` is the bracket that opens a block of statements, unless the regular expression ``expression_before`` matches what
    stands right before it, or ``members_before``: then each of its lines is a member, of a class for example. A line that ends with ``unfinished`` goes on in the next one, one that begins with ``goes_on`` goes
    on from the one above: both are regular expressions, "" where line breaks outside of brackets end statements.
    """

    line_comment: str = ""
    block_comment: tuple[str, str] = ("", "")
    strings: tuple[str, ...] = ()
    multiline_strings: tuple[str, ...] = ()
    string_prefixes: tuple[str, ...] = ()
    brackets: Mapping[str, str] = field(default_factory=dict)  # opening to closing
    escape: str = "\\"
    continuation: str = ""
    comment_apart: bool = False
    strings_apart: bool = False
    documents: str = ""
    opaque: str = ""
    block: str = ""
    expression_before: str = ""
    members_before: str = ""
    unfinished: str = ""
    goes_on: str = ""
    inside_strings: Mapping[str, str] = field(default_factory=dict)

    @cached_property
    def marks(self) -> re.Pattern[str]:
        """What a scan stops at: line ends, brackets, delimiters, comments, and an escape with what it escapes."""
        escapes = [re.escape(self.escape) + tail for tail in ("\\n", ".") if self.escape]
        plain = [*self.strings, *self.inside_strings, *self.brackets, *self.brackets.values(), "\n"]
        comment = re.escape(self.line_comment)
        if comment and self.comment_apart:
            comment = rf"(?<![^\s;&|()]){comment}"
        plain[:0] = filter(None, self.block_comment)
        marks = (*escapes, self.documents, self.opaque, comment, *(re.escape(each) for each in plain))
        return re.compile("|".join(each for each in marks if each), re.DOTALL)

    @cached_property
    def prefixed_string(self) -> re.Pattern[str]:
        """What a string with a prefix begins with; its delimiter may not be there yet."""
        delimiters = "|".join(re.escape(each) for each in self.strings)
        return re.compile(
            rf"(?:{'|'.join(self.string_prefixes) or '(?!)'})(?={delimiters}|\Z)", re.IGNORECASE
        )

    @cached_property
    def closing(self) -> frozenset[str]:
        """The closing brackets."""
        return frozenset(self.brackets.values())

    @cached_property
    def comments(self) -> frozenset[str]:
        """What a scan has for the quote in a comment: the sign of one that ends with its line, the end of another."""
        return frozenset(filter(None, (self.line_comment, self.block_comment[1])))

    @cached_property
    def comment_signs(self) -> tuple[str, ...]:
        """What comments begin with."""
        return tuple(filter(None, (self.line_comment, self.block_comment[0])))

    @cached_property
    def spanning(self) -> frozenset[str]:
        """What ends strings and comments that may span lines."""
        return frozenset(filter(None, (*self.multiline_strings, self.block_comment[1])))

    def holds(self, code: str, at: int) -> Literal["statements", "members", "parts"]:
        """Return what ``block``, at ``at`` of ``code``, holds; ``parts`` are those of an expression."""
        begin = max(0, at - _LOOK_BACK)
        if self._members.search(code, begin, at):
            return "members"
        return "parts" if self._expression.search(code, begin, at) else "statements"

    def ends_statement(self, code: str, at: int, *, behind_comment: bool) -> bool:
        """Return whether the line break at ``at`` of ``code``, outside of brackets, ends the statement."""
        if self.goes_on and self._goes_on.match(code, at + 1):
            return False
        if not self.unfinished or behind_comment:
            return True
        return self._unfinished.search(code, max(0, at - _LOOK_BACK), at) is None

    @cached_property
    def _expression(self) -> re.Pattern[str]:
        return re.compile(rf"(?:{self.expression_before or '(?!)'})\s*\Z", re.MULTILINE)

    @cached_property
    def _members(self) -> re.Pattern[str]:
        return re.compile(rf"(?:{self.members_before or '(?!)'})\s*\Z", re.MULTILINE)

    @cached_property
    def _unfinished(self) -> re.Pattern[str]:
        return re.compile(rf"(?:{self.unfinished})[ \t]*\Z")

    @cached_property
    def _goes_on(self) -> re.Pattern[str]:
        return re.compile(rf"\s*(?:{self.goes_on})")


@dataclass(frozen=True)
class Blocks:
    """How a language groups statements.

    ``opener`` ends the line before an indented block; "" where there is none. ``attached`` begins a line that belongs to the
    statement below it. ``pairs`` are words that open a block, with those that end it. ``headers`` are the words that begin a line before a block; ``statement_words`` begin statements and stand in no expression. ``placeholder`` is a statement that does nothing, and ``frame`` a header line for a block to be read alone.
    """

    opener: str = ""
    attached: str = ""
    pairs: Mapping[str, str] = field(default_factory=dict)
    headers: frozenset[str] = frozenset()
    statement_words: frozenset[str] = frozenset()
    placeholder: str = ""
    frame: str = ""


@dataclass(frozen=True)
class Statements:
    """How statements begin that are no calculation, as phrases of words.

    ``importing`` ones name modules and what is in them, ``declaring`` ones have names in their brackets, not values.
    ``colons``: a colon may stand behind the bracket of a call or a declaration.
    """

    importing: tuple[str, ...] = ()
    declaring: tuple[str, ...] = ()
    colons: bool = False

    def imports(self, statement: str) -> bool:
        """Return whether ``statement``, which may be unfinished, imports something."""
        return self._import.match(statement) is not None

    def declares(self, statement: str) -> bool:
        """Return whether the brackets of ``statement``, which may be unfinished, hold names that it makes."""
        return self.imports(statement) or self._declaration.match(statement) is not None

    @cached_property
    def _import(self) -> re.Pattern[str]:
        return _beginning(self.importing)

    @cached_property
    def _declaration(self) -> re.Pattern[str]:
        return _beginning(self.declaring)


def _beginning(phrases: tuple[str, ...]) -> re.Pattern[str]:
    """Return what matches a statement that begins with one of ``phrases`` and goes on after it."""
    spaced = (r"\s+".join(re.escape(word) for word in phrase.split()) for phrase in phrases)
    return re.compile(rf"\s*(?:{'|'.join(spaced) or '(?!)'})\s")


@dataclass(frozen=True, slots=True)
class Arguments:
    """What a call passes. ``splat`` and ``mapping`` say that it holds ``*x`` or ``**x``."""

    positional: int = 0
    keywords: tuple[str, ...] = ()
    splat: bool = False
    mapping: bool = False


@dataclass(frozen=True, slots=True)
class CallSyntax:
    """What calls look like in the syntax tree.

    ``query`` captures ``@call``, its ``@name``, its ``@arguments``, and a ``@receiver`` where there is one. Of the children
    of the arguments, nodes of the type ``keyword`` (fields ``name`` and ``value``) are given by name, those of ``splat``
    and ``mapping`` hold any number of values, and those of ``alone`` stand for the arguments themselves. ``names`` are the
    types of values that are mere names. ``accesses`` are what may stand between a receiver and a name; the receiver that is
    captured may begin what stands there.
    """

    query: str
    keyword: str = ""
    splat: str = ""
    mapping: str = ""
    alone: str = ""
    names: tuple[str, ...] = ()
    accesses: tuple[str, ...] = (".",)


@dataclass(frozen=True, slots=True)
class ParserLimits:
    """What a grammar parses safely: so many ``lines``, and blocks and brackets nested ``depth`` times."""

    lines: int
    depth: int

    def allow(self, text: str) -> bool:
        """Return whether ``text`` is within the limits; blanks and dashes before a line count as levels."""
        lines = text.split("\n")
        if len(lines) > self.lines:
            return False
        brackets = most = 0
        for line in lines:
            lead = len(line) - len(line.lstrip(" \t-?"))
            brackets = max(
                0, brackets + line.count("[") + line.count("{") - line.count("]") - line.count("}")
            )
            most = max(most, lead + brackets, lead + line.count("[") + line.count("{"))
        return most <= self.depth


SharedKind = Literal[
    "target",  # of a Makefile
    "script",  # of a package of npm
    "service",  # of a compose file
    "stage",  # of a Dockerfile
    "file",  # of the workspace, by its path: each defines its own
    "command",  # a program that the project installs
    "option",  # of such a program
    "variable",  # of the environment
]
"""What a file defines that files of other languages write."""


@dataclass(frozen=True, slots=True)
class KeySyntax:
    """How the keys of mappings are written, in files that schemas describe.

    ``query`` captures each ``@key`` and the ``@value`` of one, which may stand between ``quotes``.
    ``template`` matches what begins a part of a line that another program replaces: what the keys are called then is not known.
    """

    query: str
    quotes: str = ""
    template: re.Pattern[str] | None = None


@dataclass(frozen=True, slots=True)
class SharedNames:
    """The names that a file defines for files of other languages: the captures of ``query`` that are called as a `SharedKind`.

    ``files`` matches the names of files that have some; None for all of the language. A text in which ``mark`` does not match
    has none, and is not parsed.
    """

    query: str
    files: re.Pattern[str] | None = None
    mark: re.Pattern[str] | None = None


@dataclass(frozen=True, slots=True)
class ProjectLayout:
    """Where projects of a language are, and which folders in them hold nothing that a person writes.

    ``root_files`` lie in the root of a project. Of folders, those that match a pattern of ``skipped_folders`` are never
    read, nor those that hold one of ``skipped_marks``: an environment by any name. Files that match a pattern of
    ``generated_files`` are written by programs, such as a bundler's output.
    """

    root_files: tuple[str, ...] = ()
    skipped_folders: tuple[str, ...] = ()
    skipped_marks: tuple[str, ...] = ()
    generated_files: tuple[str, ...] = ()

    def is_generated(self, path: PurePath) -> bool:
        """Return whether a file of this name is written by a program."""
        return any(fnmatchcase(path.name.lower(), pattern) for pattern in self.generated_files)


class Binder(Protocol):
    """Reads the scopes of a language."""

    def bind(self, parsed: Parsed, module: ModuleName, around: NamesAt | None) -> ScopeTree:
        """Return the scopes of ``parsed``: a document, or a fragment of one where ``around`` are its names."""
        ...


@dataclass(frozen=True, slots=True)
class Blank:
    """A literal in place of a value that nobody knows.

    ``spots`` are the parts of ``text`` that a person is to write over: start, end, and what names them.
    """

    text: str
    spots: tuple[tuple[int, int, str], ...] = ()


@dataclass(frozen=True, slots=True)
class WrongValue:
    """A value that an argument cannot be. ``what`` it was meant to be, what is ``written``, and what is ``known`` instead.

    ``node`` is its literal; None where it stands in no argument of the call. ``closed``: nothing but what is known is taken;
    else something newer may be. ``lacking``: what ``node`` does not hold, ``written`` first, as it would be written into it.
    """

    what: str
    written: str
    known: Sequence[str]
    node: tree_sitter.Node | None = None
    closed: bool = True
    lacking: Blank | None = None


@dataclass(frozen=True, slots=True)
class Introduction:
    """Code, whole lines, after which ``receiver`` stands for something whose members can be called on a line that
    begins with ``indent``."""

    text: str
    receiver: str
    indent: str = ""


class Introduces(Protocol):
    """Writes the beginning of a file that uses the members of an owner, as the index names owners."""

    def __call__(self, owner: str, *, is_class: bool) -> Introduction | None:
        """Return it; None where the owner is nothing that a file can have at hand."""
        ...


class ReadsValues(Protocol):
    """Tells which values a language's code may pass where that is known."""

    def string(self, node: tree_sitter.Node) -> str | None:
        """Return the value of a string literal, None for anything else."""
        ...

    def strings(self, annotation: str) -> Sequence[str] | None:
        """Return the strings that a parameter of the type ``annotation`` takes; None where it may take others."""
        ...

    def wrong_service(self, call: tree_sitter.Node, index: Definitions[D]) -> WrongValue | None:
        """Return the name of a service in ``call`` that the installed packages do not have."""
        ...

    def wrong_owner(self, owner: str, index: Definitions[D]) -> WrongValue | None:
        """Return the name of a service, where ``owner`` is a client of it, that the installed packages do not have."""
        ...

    def wrong_request(self, uri: str, name: str, arguments: Sequence[tree_sitter.Node]) -> WrongValue | None:
        """Return what the client's method ``name`` of the service model at ``uri`` does not take of ``arguments``."""
        ...

    def blank(self, parameter: Parameter, quote: str, uri: str, name: str) -> Blank:
        """Return a literal for a value of ``parameter`` that nobody knows, its strings between ``quote``.

        Where it is a parameter of a request to a service, ``uri`` is that of its model and ``name`` the client's method.
        """
        ...

    def passed_to(self, call: tree_sitter.Node, index: Definitions[D]) -> D | None:
        """Return what ``call`` passes its arguments on to, where that is known though its signature does not say it."""
        ...


class Exposes(Protocol):
    """Tells what hides a place from a type checker, which says nothing about code that it takes for unreachable."""

    def __call__(self, parsed: Parsed, byte: int) -> Sequence[tuple[int, int, str]]:
        """Return what to write instead, so that the statement at ``byte`` can be reached: start, end (bytes) and text.

        The texts are no longer than what they replace.
        """
        ...


@dataclass(frozen=True)
class Language:
    """One language. ``id`` is its LSP language id, ``names`` are other ids that editors use for it.

    ``grammar`` loads its tree-sitter grammar; None where there is none. ``limits`` are those of a grammar that does not
    parse everything safely. ``builtins`` are the names that need no import.
    ``imports`` matches statements that import something, whole lines. ``calls`` is None where the names and
    arguments of calls cannot be checked: completions are unverified, and documents have no hints. ``key`` finds the key of an object, or of what else
    has a closed set of them, that code ends in. ``keys`` are judged by a schema. ``tags`` is a tree-sitter
    query of what a file defines, for the index; ``file_sources`` and ``package_sources`` name functions that make sources of
    the index, ``module:function``, where a query does not say it all; ``companions`` are packages whose members another one
    describes, with that one's name; ``content`` is what the index calls a piece of a file. Code of another ``family`` is of no
    use to its files; "" where that of all is. ``shares`` are the names that its files define for those of other languages,
    ``writes`` the kinds of such names that its own files write. ``shell_parts`` yields the pieces of a text, whole or cut
    off, that a shell reads; None where it reads none. ``start_up_paths`` yields the paths, beside those of packages, that an
    interpreter imports from when it starts.
    ``modules`` tells the name of a file's module from the workspace's root and the path.
    ``whole`` loads its own parser, which says whether a sequence of statements is whole; None where its grammar alone says it,
    with ``wrong``, a tree-sitter query of what it takes for right and the language does not.
    ``locals`` is a tree-sitter query of the names that are bound and read (see `query_scopes`), for a language without a
    ``binder``; ``names_indexed``: the index has all names of its standard library, so that one which it has not is doubtful;
    ``import_targets`` loads what tells the dotted path that a name which a module imports stands for. ``binder`` and ``resolver`` load what reads its scopes and what tells what an expression stands for; ``exposes`` what
    makes unreachable code reachable; ``values`` what arguments of known meaning may be;
    ``line_length`` how long the lines of a project at a path may be, 0 where it does not say; ``environments`` what finds where its
    packages are installed, None for a language
    without packages; ``cells`` what reads it in notebooks, None where it is in none.
    """

    id: str
    suffixes: frozenset[str]
    lexis: Lexis
    blocks: Blocks = field(default_factory=Blocks)
    statements: Statements = field(default_factory=Statements)
    names: frozenset[str] = frozenset()
    filenames: frozenset[str] = frozenset()
    keywords: frozenset[str] = frozenset()
    builtins: frozenset[str] = frozenset()
    calls: CallSyntax | None = None
    key: FindsKey | None = None
    keys: KeySyntax | None = None
    grammar: Callable[[], tree_sitter.Language] | None = None
    modules: Callable[[Path, Path], ModuleName] | None = None
    whole: Callable[[], Callable[[str], bool]] | None = None
    wrong: str = ""
    locals: str = ""
    import_targets: Callable[[], Callable[[tree_sitter.Node, ModuleName], str]] | None = None
    binder: Callable[[], Binder] | None = None
    resolver: Callable[[], Resolver] | None = None
    names_indexed: bool = False
    exposes: Callable[[], Exposes] | None = None
    values: Callable[[], ReadsValues] | None = None
    introduces: Callable[[], Introduces] | None = None
    line_length: Callable[[Path], int] | None = None
    environments: Callable[[], EnvironmentFinder] | None = None
    layout: ProjectLayout = field(default_factory=ProjectLayout)
    cells: Callable[[], CellSyntax] | None = None
    oracles: tuple[ServerSpec, ...] = ()  # its language servers, in the order in which they are asked
    limits: ParserLimits | None = None
    imports: re.Pattern[str] | None = None
    tags: str = ""
    file_sources: tuple[str, ...] = ()
    package_sources: tuple[str, ...] = ()
    content: Literal["code", "config"] = "code"
    family: str = ""
    shares: tuple[SharedNames, ...] = ()
    writes: tuple[SharedKind, ...] = ()
    shell_parts: Callable[[str], Iterable[ShellPart]] | None = None
    start_up_paths: Callable[[Path], Iterable[Path]] | None = None
    companions: Mapping[str, str] = field(default_factory=dict)

    @cached_property
    def tree_sitter(self) -> tree_sitter.Language | None:
        """The loaded grammar."""
        return None if self.grammar is None else self.grammar()

    @cached_property
    def scope_binder(self) -> Binder | None:
        """What reads the scopes: the language's own ``binder``, else its query ``locals``; None without either."""
        if self.binder is not None:
            return self.binder()
        if not self.locals or self.tree_sitter is None:
            return None
        from soothsay_languages.query_scopes import QueryBinder  # needs the parser

        target_of = None if self.import_targets is None else self.import_targets()
        return QueryBinder(self.tree_sitter, self.locals, target_of)

    @property
    def has_interpreter(self) -> bool:
        """Whether a user may configure the interpreter that its environments belong to."""
        return self.environments is not None and self.environments().kind.has_interpreter

    @property
    def accesses(self) -> tuple[str, ...]:
        """What may stand between a receiver and the name of its member."""
        return (".",) if self.calls is None else self.calls.accesses

    def can_parse(self, text: str) -> bool:
        """Return whether the grammar parses ``text``, and does it safely."""
        return self.grammar is not None and (self.limits is None or self.limits.allow(text))

    def is_whole(self, statements: str) -> bool:
        """Return whether ``statements`` can stand alone, as the language's own parser says, or its grammar."""
        if self.whole is not None:
            return self.whole()(statements)
        if self.tree_sitter is None or not self.can_parse(statements):
            return True
        from soothsay_languages.syntax import parse  # needs the parser

        return self.takes(parse(self.tree_sitter, statements.encode("utf-8", "surrogatepass")).root_node)

    def takes(self, root: tree_sitter.Node) -> bool:
        """Return whether what was parsed as ``root`` is right: without errors, and with nothing that is ``wrong``."""
        if root.has_error or self.tree_sitter is None or not self.wrong:
            return not root.has_error
        from soothsay_languages.syntax import captures  # needs the parser

        return not captures(self.tree_sitter, self.wrong, root)

    def module_name(self, root: Path, path: Path) -> ModuleName:
        """Return the name by which files under ``root`` import ``path``; none outside of it, or without modules."""
        from soothsay_languages.scopes import ModuleName  # needs the parser

        if self.modules is None or not path.is_relative_to(root):
            return ModuleName()
        return self.modules(root, path)

    @property
    def suffix(self) -> str:
        """The suffix of a new file: the shortest of ``suffixes``."""
        return min(self.suffixes, key=lambda suffix: (len(suffix), suffix), default="")

    def handles(self, path: PurePath) -> bool:
        """Return whether a file of this name is written in the language."""
        return path.suffix.lower() in self.suffixes or path.name in self.filenames
