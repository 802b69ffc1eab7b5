"""The tasks of the guard, made from the packages that soothsay is installed with: the same ones as long as these are.

Calls are made up from documentation as for calibration: the summary of a function as a comment, and the module that has it.
Functions are *frequent* or rare by how often the packages' own files call their names. Lines are taken out of these files.
"""

from __future__ import annotations

import hashlib
import logging
import re
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from soothsay.oracle.locations import path_of
from soothsay_index.sources.base import PackageSource
from soothsay_index.types import Parameter, Symbol
from soothsay_languages.analysis import analyse
from soothsay_languages.base import Language
from soothsay_languages.registry import language_of_file

log = logging.getLogger(__name__)

_OF_ONE_PACKAGE = 12  # functions
_BARREN = 5  # releases without a task, after which a source is left
_POOL = 3  # times as many functions as a suite has tasks: the frequent ones, the rare ones, and those between
_FEWEST_MEMBERS = 5  # functions of a module, one of which is asked for
_DOCUMENTS = 5  # the right one among them
_CALLED = re.compile(r"\b(\w+)\(")
_SHORTEST_LINE, _LONGEST_LINE = 12, 80  # characters
_LARGEST_FILE = 40_000  # characters
_LINES_TRIED = 12  # of a file


@dataclass(frozen=True, slots=True)
class CallTask:
    """A document that ends where ``wanted`` of a module is to be called, what the module has, and documents, one of ``wanted``."""

    text: str
    owner: str
    wanted: str
    members: Mapping[str, tuple[Parameter, ...] | None]
    documents: tuple[Symbol, ...]


@dataclass(frozen=True, slots=True)
class LineTask:
    """A document without one of its lines, which was at ``offset``."""

    text: str
    offset: int
    line: str


@dataclass(frozen=True, slots=True)
class Suites:
    """The tasks by what they are for; ``rare`` ones are asked without documents, and with them."""

    language: Language
    frequent: tuple[CallTask, ...]
    rare: tuple[CallTask, ...]
    lines: tuple[LineTask, ...]

    @property
    def digest(self) -> str:
        """Return what tells two suites apart."""
        calls = [
            f"{task.text} {task.wanted} {[each.name for each in task.documents]}"
            for task in (*self.frequent, *self.rare)
        ]
        return _hashed("\0".join([*calls, *(f"{task.text}{task.offset}" for task in self.lines)]))[:16]


def make_suites(
    sources: Iterable[PackageSource],
    language: Language,
    count: int,
    trained_on: Collection[str] = (),
    show: Callable[[str], object] = log.debug,
) -> Suites:
    """Return ``count`` tasks of each kind, fewer where there are not enough packages (blocking, about a minute).

    Packages that an adapter was ``trained_on`` are left out. ``show`` is told what is being read.
    """
    tasks: list[CallTask] = []
    files: dict[Path, None] = {}
    for source in sources:
        for symbols in _harvests(source, trained_on, show):
            tasks += sorted(call_tasks(symbols, language), key=lambda each: _hashed(each.text))[
                :_OF_ONE_PACKAGE
            ]
            files |= dict.fromkeys(_files_of(symbols, language))
            if len(tasks) >= _POOL * count:
                break
        if len(tasks) >= _POOL * count:
            break
    texts = {path: text for path in files if (text := _read(path)) is not None}
    frequent, rare = by_frequency(tasks, texts.values(), count)
    lines = (task for path, text in texts.items() if (task := line_task(text, language, str(path.name))))
    return Suites(language, frequent, rare, tuple(islice(lines, count)))


def call_tasks(symbols: Iterable[Symbol], language: Language) -> list[CallTask]:
    """Return a task for each documented function of the modules among ``symbols`` that have several."""
    members: dict[str, dict[str, tuple[Parameter, ...] | None]] = {}
    documented: dict[str, dict[str, Symbol]] = {}
    for symbol in symbols:
        members.setdefault(symbol.owner, {})[symbol.name] = symbol.parameters
        if symbol.kind == "function" and symbol.summary and not symbol.name.startswith("_"):
            documented.setdefault(symbol.owner, {})[symbol.name] = symbol
    mark = language.lexis.line_comment
    return [
        CallTask(
            f"{mark} {' '.join(symbol.summary.split())}\n{owner}.",
            owner,
            symbol.name,
            members[owner],
            _among_others(symbol, found.values()),
        )
        for owner, found in sorted(documented.items())
        if len(found) >= _FEWEST_MEMBERS
        for symbol in found.values()
    ]


def by_frequency(
    tasks: Sequence[CallTask], texts: Iterable[str], count: int
) -> tuple[tuple[CallTask, ...], tuple[CallTask, ...]]:
    """Return ``count`` tasks whose functions ``texts`` call most often, and others that they call least often."""
    called: Counter[str] = Counter()
    for text in texts:
        called.update(_CALLED.findall(text))
    ordered = sorted(tasks, key=lambda task: (-called[task.wanted], _hashed(task.text)))
    most = min(count, len(ordered) // 2)
    return tuple(ordered[:most]), tuple(ordered[len(ordered) - most :])


def line_task(text: str, language: Language, name: str) -> LineTask | None:
    """Return ``text`` without one of its lines, which is code and not short; None where a few tries find none.

    ``name`` is the file's: with the text it decides which line.
    """
    lines = text.splitlines(keepends=True)
    analysis = analyse(text, language)
    for number in sorted(range(len(lines)), key=lambda n: _hashed(f"{name} {n} {lines[n]}"))[:_LINES_TRIED]:
        line = lines[number].rstrip()
        code = line.lstrip()
        offset = sum(map(len, lines[:number])) + len(line) - len(code)
        if (
            _SHORTEST_LINE <= len(code) <= _LONGEST_LINE
            and not code.startswith(language.lexis.line_comment)
            and not analysis.in_string_or_comment(offset)
            and not analysis.in_string_or_comment(offset + len(code) // 2)
        ):
            return LineTask(text[:offset] + text[offset + len(code) :], offset, code)
    return None


def _among_others(symbol: Symbol, all_of_it: Iterable[Symbol]) -> tuple[Symbol, ...]:
    """Return ``symbol`` and others of its module, in an order that says nothing."""
    others = sorted(
        (each for each in all_of_it if each.name != symbol.name),
        key=lambda each: _hashed(f"{symbol.name} {each.name}"),
    )
    shown = (symbol, *others[: _DOCUMENTS - 1])
    return tuple(sorted(shown, key=lambda each: _hashed(f"{each.name} {symbol.name}")))


def _harvests(
    source: PackageSource, trained_on: Collection[str], show: Callable[[str], object]
) -> Iterator[Sequence[Symbol]]:
    """Yield the symbols of releases that have functions, until a source seems to have none."""
    found_any = False
    releases = sorted(source.releases(), key=lambda each: _hashed(each.part))
    for number, release in enumerate(releases):
        if number >= _BARREN and not found_any:
            return
        if release.package in trained_on or release.part in trained_on:
            continue
        show(f"reading documentation: {release.part}")
        try:
            symbols = source.harvest(release).symbols
        except Exception as error:  # a package may be broken in any way
            log.warning("%s is left out: %s", release.key, error)
            continue
        if any(symbol.kind == "function" for symbol in symbols):
            found_any = True
            yield symbols


def _files_of(symbols: Iterable[Symbol], language: Language) -> list[Path]:
    """Return the files in which ``symbols`` are defined, as far as they are of ``language``."""
    uris = dict.fromkeys(symbol.uri for symbol in symbols if symbol.uri.startswith("file:"))
    ours = [
        path for path in map(path_of, uris) if (found := language_of_file(path)) and found.id == language.id
    ]
    return sorted(ours, key=lambda path: _hashed(path.name))[:_OF_ONE_PACKAGE]


def _read(path: Path) -> str | None:
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        return None
    return text if len(text) <= _LARGEST_FILE else None


def _hashed(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
