"""Shell commands in files: the words of each, the program that it runs, and the command that is being written.

A text is read up to where it ends, so that an unfinished command is read like any other. Nothing is expanded: a word that
holds a variable or a substitution is not known, and neither is the program that it names.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

UNKNOWN = "\0"
"""What stands in a :class:`ShellPart` for a character that the shell is not given as it is written."""

_PLAIN = re.compile(r"[^\s\"'\\$`;&|()<>\0]+")
_IN_QUOTES = re.compile(r'[^"\\$`\0]+')
_BLANK = re.compile(r"[^\S\n]+")
_VARIABLE = re.compile(r"\$(?:\w+|[@*#?$!-])?")
_REDIRECTION = re.compile(r"&?(?:<<<|<<-?|<>|<&|>>|>\||>&|<|>)")
_ASSIGNMENT = re.compile(r"[A-Za-z_]\w*(?:\[[^\]]*\])?\+?=")
_MODULE_RUNNER = re.compile(r"python[\d.]*")
_DELIMITER = re.compile(r"[^\S\n]*[\"'\\]?([\w.-]+)")
_DIGITS = re.compile(r"\d+")
_RESERVED = re.compile(r"if|then|elif|else|do|while|until|fi|done|esac|time|[!{}]")

# Programs that run the command which they are given, with those of their options whose value is a word of its own.
_RUNNERS: Mapping[str, frozenset[str]] = {
    "builtin": frozenset(),
    "doas": frozenset(("-C", "-u")),
    "env": frozenset(("-C", "-u", "--chdir", "--unset")),
    "exec": frozenset(("-a",)),
    "ionice": frozenset(("-c", "-n", "--class", "--classdata")),
    "nice": frozenset(("-n", "--adjustment")),
    "nohup": frozenset(),
    "setsid": frozenset(),
    "stdbuf": frozenset(("-e", "-i", "-o", "--error", "--input", "--output")),
    "sudo": frozenset(("-C", "-D", "-g", "-h", "-p", "-R", "-r", "-T", "-t", "-U", "-u", "--chdir", "--group", "--host", "--prompt", "--user")),
    "timeout": frozenset(("-k", "-s", "--kill-after", "--signal")),
    "xargs": frozenset(("-a", "-d", "-E", "-I", "-L", "-n", "-P", "-s", "--arg-file", "--delimiter", "--max-args", "--max-chars", "--max-lines", "--max-procs")),
}  # fmt: skip
_OPERANDS = {"timeout": 1}  # of a runner, before the command
_DEEPEST = 100  # substitutions and brackets inside of each other
_NESTED = 8  # runners that run each other
_VALUED = frozenset(
    ("-W", "-X", "--check-hash-based-pycs")
)  # options of a module runner whose value is a word of its own


@dataclass(frozen=True, slots=True)
class ShellPart:
    """A piece of a file that a shell reads: ``text``, as long as what it stands for, from the offset ``start`` on."""

    start: int
    text: str

    @property
    def end(self) -> int:
        """The offset behind it."""
        return self.start + len(self.text)


@dataclass(frozen=True, slots=True)
class Word:
    """A word of a command, without its quotes. ``known``: it holds nothing that the shell replaces."""

    text: str
    start: int
    known: bool = True


@dataclass(frozen=True, slots=True)
class Command:
    """A command as far as it is written.

    ``arguments`` are its finished words behind the program, in place of one that is not known :data:`UNKNOWN`. ``word`` is the
    word that is being written at the offset ``start``, "" between two words.
    """

    program: str
    arguments: tuple[str, ...] = ()
    word: str = ""
    start: int = -1

    @property
    def subcommand(self) -> str:
        """The first argument that is no option: it names a subcommand where the program has some. "" without one."""
        return next((each for each in self.arguments if not each.startswith("-")), "")


def programs_in(parts: Iterable[ShellPart]) -> list[str]:
    """Return the names of the programs that the commands in ``parts`` run, each once."""
    found: dict[str, None] = {}
    for part in parts:
        for words in _Reader(part.text).commands():
            command = _resolve(words)
            if command is not None:
                found[command.program] = None
    return list(found)


def command_at_end(part: ShellPart) -> Command | None:
    """Return the command in which ``part`` ends.

    None in a comment, a quotation or a here-document, behind a redirection, where the word that is being written holds a
    variable, and where it is not known which program is run.
    """
    words = _Reader(part.text).open_command()
    if words is None or not words[-1].known:
        return None
    *finished, last = words
    command = _resolve(finished)
    if command is None:
        return None
    return Command(command.program, command.arguments, last.text, part.start + last.start)


@dataclass(slots=True)
class _Level:
    """A list of commands inside of a substitution or of brackets, which ``closer`` ends."""

    closer: str = ""
    words: list[Word] = field(default_factory=list)
    text: list[str] = field(default_factory=list)
    start: int = -1  # of the word that is being read
    known: bool = True
    quoted: bool = False  # in double quotes
    redirected: bool = False  # the next word names a file

    def write(self, text: str, at: int, *, known: bool = True) -> None:
        """Add ``text``, which stands at ``at``, to the word."""
        self.start = at if self.start < 0 else self.start
        self.known = self.known and known
        self.text.append(text)

    def end_word(self) -> None:
        """End the word, if there is one."""
        if self.start >= 0:
            word = Word("".join(self.text), self.start, self.known)
            if not self.redirected and (self.words or not _is_reserved(word)):
                self.words.append(word)
            self.redirected = False
        self.text, self.start, self.known = [], -1, True

    def end_command(self) -> list[Word]:
        """End the command, and return its words."""
        self.end_word()
        words, self.words, self.redirected = self.words, [], False
        return words


def _is_reserved(word: Word) -> bool:
    return _RESERVED.fullmatch(word.text) is not None or _ASSIGNMENT.match(word.text) is not None


class _Reader:
    """Reads a text once."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._levels = [_Level()]
        self._found: list[list[Word]] = []
        self._documents: list[str] = []  # here-documents that begin with the next line
        self._is_cut = False  # the text ends where no word of a command is written
        self._read()

    def commands(self) -> list[list[Word]]:
        """Return the words of each command, without those that belong to the shell."""
        return [*self._found, *(level.end_command() for level in reversed(self._levels))]

    def open_command(self) -> list[Word] | None:
        """Return the words of the command that the text ends in; the last may be empty. None where it ends in none."""
        level = self._levels[-1]
        if self._is_cut or level.quoted or level.redirected:
            return None
        last = Word("".join(level.text), level.start, level.known)
        return [*level.words, last if level.start >= 0 else Word("", len(self._text))]

    def _read(self) -> None:
        text, at = self._text, 0
        while at < len(text) and len(self._levels) < _DEEPEST:
            level, character = self._levels[-1], text[at]
            if level.quoted:
                at = self._read_quoted(level, at)
            elif character == "#" and level.start < 0:
                end = text.find("\n", at)
                self._is_cut |= end < 0
                at = end if end >= 0 else len(text)
            elif plain := _PLAIN.match(text, at):
                level.write(plain[0], at)
                at = plain.end()
            elif blank := _BLANK.match(text, at):
                level.end_word()
                at = blank.end()
            elif character in "\\'\"":
                at = self._read_quotation(level, at)
            elif character in "$`\0":
                at = self._read_expansion(level, at)
            elif redirection := _REDIRECTION.match(text, at):
                at = self._redirect(level, redirection)
            else:
                self._end_command(level, character)
                at = self._skip_documents(at + 1) if character == "\n" else at + 1

    def _enter(self, closer: str) -> None:
        """Begin a list of commands that ``closer`` ends; nothing is read any more where there are too many."""
        self._levels.append(_Level(closer))
        self._is_cut |= len(self._levels) >= _DEEPEST

    def _end_command(self, level: _Level, character: str) -> None:
        """End the command, at an operator or the end of a line."""
        self._found.append(level.end_command())
        if character == "(":
            self._enter(")")
        elif character == level.closer:
            self._levels.pop()

    def _read_quotation(self, level: _Level, at: int) -> int:
        """Read an escape, or what stands between single quotes; return where that ends."""
        text, character = self._text, self._text[at]
        if character == "\\":
            following = text[at + 1 : at + 2]
            if following != "\n":
                level.write(following, at)
            self._is_cut |= not following
            return at + 2
        if character == '"':
            level.write("", at)
            level.quoted = True
            return at + 1
        end = text.find("'", at + 1)
        level.write(text[at + 1 : end if end >= 0 else len(text)], at)
        self._is_cut |= end < 0
        return end + 1 if end >= 0 else len(text)

    def _read_quoted(self, level: _Level, at: int) -> int:
        """Read a piece of what stands between double quotes."""
        text, character = self._text, self._text[at]
        if character == '"':
            level.quoted = False
            return at + 1
        if character == "\\":
            level.write(text[at + 1 : at + 2], at)
            return at + 2
        plain = _IN_QUOTES.match(text, at)
        if plain is None:
            return self._read_expansion(level, at)
        level.write(plain[0], at)
        return plain.end()

    def _read_expansion(self, level: _Level, at: int) -> int:
        """Read a variable, or where a substitution begins or ends; return where that ends."""
        text = self._text
        if text[at] == "`" == level.closer and not level.quoted:
            self._end_command(level, "`")
            return at + 1
        level.write(UNKNOWN, at, known=False)
        if text[at] in "`\0":
            if text[at] == "`":
                self._enter("`")
            return at + 1
        if text.startswith("$(", at):
            self._enter(")")
            return at + 2
        if text.startswith("${", at):
            end = text.find("}", at)
            self._is_cut |= end < 0
            return end + 1 if end >= 0 else len(text)
        variable = _VARIABLE.match(text, at)
        return at + 1 if variable is None else variable.end()

    def _redirect(self, level: _Level, operator: re.Match[str]) -> int:
        """Read a redirection, or a substitution that stands for a file; return where the operator ends."""
        text, at = self._text, operator.end()
        if operator[0] in ("<", ">") and text.startswith("(", at):
            level.write(UNKNOWN, operator.start(), known=False)
            self._enter(")")
            return at + 1
        if _DIGITS.fullmatch("".join(level.text)):  # of a file descriptor
            level.text, level.start = [], -1
        level.end_word()
        level.redirected = True
        if operator[0] in ("<<", "<<-"):
            named = _DELIMITER.match(text, at)
            if named is not None:
                self._documents.append(named[1])
        return at

    def _skip_documents(self, at: int) -> int:
        """Return where the here-documents end that begin at ``at``."""
        text, documents, self._documents = self._text, self._documents, []
        for name in documents:
            is_over = False
            while at < len(text) and not is_over:
                end = text.find("\n", at)
                end = end if end >= 0 else len(text)
                is_over = text[at:end].strip() == name
                at = end + 1
            self._is_cut |= not is_over
        return min(at, len(text))


def _resolve(words: Sequence[Word]) -> Command | None:
    """Return which program the command ``words`` runs in the end, with its arguments; None where that is not known."""
    for _ in range(_NESTED):
        program = _program(words)
        if program not in _RUNNERS:
            break
        following = _run_by(program, words[1:])
        if following is None:
            break
        words = following
    else:
        return None
    if program and _MODULE_RUNNER.fullmatch(program):
        words = _module(words)
        program = _program(words)
    if not program:
        return None
    return Command(program, tuple(each.text if each.known else UNKNOWN for each in words[1:]))


def _program(words: Sequence[Word]) -> str:
    """Return the name of the program that is called: by its name, or by a whole path."""
    if not words or not words[0].known:
        return ""
    path, _, name = words[0].text.rpartition("/")
    return name if not path or path.startswith("/") else ""


def _run_by(runner: str, words: Sequence[Word]) -> Sequence[Word] | None:
    """Return the command that ``runner`` is given in ``words``; None where there is none yet."""
    valued, operands, at = _RUNNERS[runner], _OPERANDS.get(runner, 0), 0
    while at < len(words):
        text = words[at].text
        if text in valued:
            at += 2
        elif text.startswith("-") or _ASSIGNMENT.match(text):
            at += 1
        elif operands:
            operands -= 1
            at += 1
        else:
            return words[at:]
    return None


def _module(words: Sequence[Word]) -> Sequence[Word]:
    """Return ``words``, a call of an interpreter, from the module on that it runs as a program; as they are without one."""
    at = 1
    while at < len(words) and words[at].text.startswith("-"):
        if words[at].text == "-m":
            return words[at + 1 :] or words
        if words[at].text == "-c":
            break
        at += 2 if words[at].text in _VALUED else 1
    return words
