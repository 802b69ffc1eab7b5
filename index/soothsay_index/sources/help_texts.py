"""What the help text of a program says: how it is used, its options, its subcommands. Pure: no program is run here.

There is no standard for such texts, but habits: options stand at the beginning of a line with their values, then two blanks,
a tab or the end of the line, then what they are for; subcommands stand in a list below a heading that says so. A usage, and
lines of options in square brackets, name options too.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from soothsay_index.sources.base import Harvest, OwnerFacts
from soothsay_index.text import first_sentence, squeeze
from soothsay_index.types import Parameter, Symbol, SymbolKind
from soothsay_languages.shared_names import OPTION, SUBCOMMAND, owner_of_command

_LONGEST_USAGE = 2_000  # characters
_LONGEST_SPELLING = 400  # characters
_MOST_LINES = 8  # of what an option is for
_MOST_VALUES = 4  # of an option: `FILE [FILE ...]`

_STYLING = re.compile(r"\x1b\[[0-9;]{0,16}[A-Za-z]|.\x08")
_NAME = re.compile(r"--(?:\[no-\])?[A-Za-z0-9][\w.-]*|-[\w?@#](?:[\w-]*\w)?")
_VALUE = re.compile(
    r"\[=?[^\]\s]*\](?:\.\.\.)?"  # [=WHEN], [N]
    r"|=(?:[\[{][^\]}\n]*[\]}]|'[^'\n]*'|[^\s,]*)"  # =FILE, ={a,b}, =''
    r"| ?<[^>\n]*>(?:\.\.\.|[\w,.:]*)"  # <path>
    r"|[ ][\[({][^\])}\n]*[\])}][^\s,]*"  # [FILE ...], {a,b}, (a|b)
    r"|[ ][^\s,\-\[({<][^\s,]*(?=,|[ ]{2}|\t|\s*$)"  # FILE
)
_NEXT = re.compile(r",[ \t]*(?=-)|[ ]?[|/][ ]?(?=-)")
_USAGE = re.compile(r"\s*usage:", re.IGNORECASE)
_IN_USAGE = re.compile(
    r"(?<![\w<-])(--(?:\[no-\])?[A-Za-z0-9][\w-]*|-[A-Za-z0-9](?![\w-]))(\[?=[^\s\]|]*|[ ]?<[^>\n]*>)?"
)
_MENTIONED = re.compile(r"(?<![\w<-])--(?:\[no-\])?[a-z0-9](?:[\w-]*\w)")
_HEADING = re.compile(r"\b(?:sub)?commands?\b", re.IGNORECASE)
_SUBCOMMAND = re.compile(r"[ \t]+([a-z][a-z0-9_-]*)(?:, ?[a-z][\w-]*)*[:*]?(?:[ ]{2,}|[ ]?\t)[ \t]*(\S.*)")
_LISTED = re.compile(r"[ \t]+[a-z][\w-]*(?:,[ ]?[a-z][\w-]*)*,?[ \t]*")
_CHOICES = re.compile(r"\{([\w,-]{1,4000})\}[ ]\.\.\.")
_PLACEHOLDER = re.compile(r"[A-Z]{3,}")  # `--no-OPTION`


@dataclass(frozen=True, slots=True)
class Option:
    """An option. ``value`` is how its value is written, "" where it takes none; ``optional``: it may do without one."""

    name: str
    value: str = ""
    optional: bool = False
    summary: str = ""


@dataclass(frozen=True, slots=True)
class HelpText:
    """What a help text says: the usage in one line, options, and subcommands with what they do."""

    usage: str = ""
    options: tuple[Option, ...] = ()
    subcommands: Mapping[str, str] = field(default_factory=dict)


def read_help(text: str) -> HelpText:
    """Return what ``text`` says; nothing where it is no help text."""
    lines = [line.rstrip() for line in _STYLING.sub("", text).replace("\r", "").split("\n")]
    usage, rest = _split_usage(list(_joined(lines)))
    options: dict[str, Option] = {}
    named = (
        *_listed_options(rest),
        *_options_within(usage),
        *_bracketed_options(rest),
        *_mentioned_options(rest),
    )
    for option in named:
        known = options.setdefault(option.name, option)
        if not known.value and option.value:
            options[option.name] = replace(known, value=option.value, optional=option.optional)
    return HelpText(usage[:_LONGEST_USAGE], tuple(options.values()), _subcommands(usage, rest))


def _joined(lines: Sequence[str]) -> Iterator[str]:
    """Yield ``lines``, an option that ends in a comma together with the one below it."""
    begun = ""
    for line in lines:
        if begun and not line.lstrip().startswith("-"):
            yield begun
            begun = ""
        line = f"{begun} {line.lstrip()}" if begun else line
        if line.endswith(",") and line.lstrip().startswith("-") and len(line) < _LONGEST_SPELLING:
            begun = line
        else:
            begun = ""
            yield line
    if begun:
        yield begun


def _split_usage(lines: Sequence[str]) -> tuple[str, list[str]]:
    """Return the usage in one line, and the other lines.

    It goes on with lines that are indented or show another one; where its first line says nothing, up to a blank line.
    """
    usage: list[str] = []
    rest: list[str] = []
    is_usage = is_below = False
    for line in lines:
        if _USAGE.match(line):
            is_usage, is_below = True, not line.partition(":")[2].strip()
        elif is_usage and not line.strip():
            is_usage = _USAGE.fullmatch(usage[-1].rstrip()) is not None
        elif is_usage and (line.lstrip().startswith("-") or not (is_below or line.startswith((" ", "\t")))):
            is_usage = False
        (usage if is_usage else rest).append(line)
    return squeeze(" ".join(usage)), rest


def _listed_options(lines: Sequence[str]) -> Iterator[Option]:
    """Yield the options that lines begin with."""
    for at, line in enumerate(lines):
        begin = len(line) - len(line.lstrip())
        if line.startswith("-", begin) and (found := _read_names(line, begin)) is not None:
            names, value, described = found
            summary = first_sentence(f"{described} {_described_below(lines, at, begin)}")
            value, optional = _plain_value(value)
            for name in names:
                yield from (Option(each, value, optional, summary) for each in _spelled(name))


def _read_names(line: str, at: int) -> tuple[list[str], str, str] | None:
    """Return the names of the option that ``line`` lists at ``at``, its value, and what it is for; None for prose."""
    names: list[str] = []
    value = ""
    is_bracketed = False
    while name := _NAME.match(line, at):
        names.append(name[0])
        at = name.end()
        for _ in range(_MOST_VALUES):
            found = _VALUE.match(line, at)
            if found is None:
                break
            value, at = value or found[0], found.end()
            is_bracketed = found[0].endswith(">")
        following = _NEXT.match(line, at)
        if following is None:
            break
        at = following.end()
    described = line[at:]
    if described.startswith(("  ", "\t")) or not described.strip(" :"):
        return names, value, described.strip(" :\t") if names else ""
    if (names and described.lstrip().startswith((":", "  "))) or is_bracketed:
        return names, value, described.strip(" :\t")
    return None


def _described_below(lines: Sequence[str], at: int, indent: int) -> str:
    """Return what stands below the line ``at``, further to the right than ``indent``."""
    found: list[str] = []
    for line in lines[at + 1 : at + 1 + _MOST_LINES]:
        inner = len(line) - len(line.lstrip())
        if (
            not line.strip()
            or (inner <= indent and not line.startswith("\t"))
            or line.lstrip().startswith("-")
        ):
            break
        found.append(line.strip())
    return " ".join(found)


def _plain_value(written: str) -> tuple[str, bool]:
    """Return a value without the signs around it, and whether it may be left out."""
    optional = written.startswith("[")
    value = written.strip(" =:").removesuffix("...")
    if optional:
        value = value.removeprefix("[").removesuffix("]").strip("=")
    value = value.replace("<", "").replace(">", "")
    is_default = written.startswith("=") and value in ("true", "false")  # which the option has without one
    return ("", True) if is_default else (value or ("VALUE" if written.strip() else ""), optional)


def _spelled(name: str) -> tuple[str, ...]:
    """Return the names that ``--[no-]x`` stands for; none for a placeholder."""
    if _PLACEHOLDER.search(name):
        return ()
    plain = name.replace("[no-]", "")
    return (plain, f"--no-{plain[2:]}") if plain != name else (name,)


def _options_within(text: str) -> Iterator[Option]:
    """Yield the options that a usage shows."""
    for found in _IN_USAGE.finditer(text):
        value, optional = _plain_value(found[2] or "")
        yield from (Option(name, value, optional) for name in _spelled(found[1]))


def _bracketed_options(lines: Sequence[str]) -> Iterator[Option]:
    """Yield the options of lines that look like a usage: ``[-S|--save] [--omit <dev>]``."""
    for line in lines:
        if line.lstrip().startswith(("[-", "(-")):
            yield from _options_within(line)


def _mentioned_options(lines: Sequence[str]) -> Iterator[Option]:
    """Yield the options that are named anywhere: some are told of only where another one is described."""
    for line in lines:
        for found in _MENTIONED.finditer(line):
            yield from (Option(name) for name in _spelled(found[0]))


def _subcommands(usage: str, lines: Sequence[str]) -> dict[str, str]:
    """Return the subcommands that are listed, with what they do."""
    found: dict[str, str] = {}
    choices = _CHOICES.search(usage)
    expected = frozenset(choices[1].split(",")) if choices is not None else frozenset[str]()
    found.update(dict.fromkeys(sorted(expected), ""))
    is_list, column = False, 0
    for line in lines:
        indent = len(line) - len(line.lstrip())
        if (
            line
            and (line.endswith(":") or (line.isupper() and not line.startswith((" ", "\t"))))
            and not _SUBCOMMAND.match(line)
        ):
            is_list, column = _HEADING.search(line) is not None, 0
            continue
        entry = _SUBCOMMAND.match(line)
        if entry is not None and (entry[1] in expected or (is_list and column in (0, indent))):
            column = column if entry[1] in expected else indent
            found[entry[1]] = found.get(entry[1]) or first_sentence(entry[2])
        elif is_list and _LISTED.fullmatch(line) and column in (0, indent):
            column = indent
            found.update(
                (name.strip(), "") for name in line.split(",") if name.strip() and name.strip() not in found
            )
    return found


@dataclass(frozen=True, slots=True)
class CommandHelp:
    """What is said of a program or one of its subcommands: ``words`` (``git``, ``commit``), and whether it is all that it takes."""

    words: tuple[str, ...]
    help: HelpText
    is_complete: bool = True


def as_harvest(helps: Sequence[CommandHelp], package: str, version: str, uri: str) -> Harvest:
    """Return commands with their options and subcommands as symbols, those of ``package`` at ``version`` in the file ``uri``.

    No code can name such a symbol: there is a blank in its name.
    """
    usages = {each.words: each.help.usage for each in helps}
    symbols: list[Symbol] = []
    for each in helps:
        owner = owner_of_command(*each.words)
        made = _Maker(package, version, uri)
        if len(each.words) == 1:
            symbols.append(made.command(owner_of_command(), each.words, "", each.help.usage))
        symbols += (
            made.command(owner, (*each.words, name), summary, usages.get((*each.words, name), ""))
            for name, summary in each.help.subcommands.items()
        )
        symbols += (made.option(owner, each.words, option) for option in each.help.options)
    owners = tuple(OwnerFacts(owner_of_command(*each.words), closed=each.is_complete) for each in helps)
    return Harvest(tuple(symbols), owners)


@dataclass(frozen=True, slots=True)
class _Maker:
    """Makes the symbols of one program."""

    package: str
    version: str
    uri: str

    def command(self, owner: str, words: Sequence[str], summary: str, usage: str) -> Symbol:
        """Return a program, or a subcommand, as a member of ``owner``."""
        return self._symbol(owner, f"{SUBCOMMAND}{words[-1]}", words, "function", None, summary, usage)

    def option(self, owner: str, words: Sequence[str], option: Option) -> Symbol:
        """Return an option of a command: its value is its parameter."""
        value = Parameter(option.value, "positional_only", required=not option.optional)
        parameters = (value,) if option.value else ()
        name = f"{OPTION}{option.name}"
        return self._symbol(owner, name, (*words, option.name), "attribute", parameters, option.summary, "")

    def _symbol(
        self,
        owner: str,
        name: str,
        called: Sequence[str],
        kind: SymbolKind,
        parameters: tuple[Parameter, ...] | None,
        summary: str,
        doc: str,
    ) -> Symbol:
        return Symbol(
            qualified_name=" ".join(called),
            name=name,
            owner=owner,
            kind=kind,
            origin="package",
            package=self.package,
            version=self.version,
            uri=self.uri,
            parameters=parameters,
            summary=summary,
            doc=doc,
        )


def with_negations(text: HelpText) -> HelpText:
    """Return ``text`` with ``--no-x`` beside each ``--x``, and the other way round."""
    options = {option.name: option for option in text.options}
    for name in list(options):
        other = f"--{name[5:]}" if name.startswith("--no-") else f"--no-{name[2:]}"
        if name.startswith("--") and other not in options:
            options[other] = Option(other)
    return replace(text, options=tuple(options.values()))


def with_options(text: HelpText, others: HelpText) -> HelpText:
    """Return ``text`` with the options of ``others`` that it lacks."""
    own = {option.name for option in text.options}
    return replace(text, options=(*text.options, *(each for each in others.options if each.name not in own)))
