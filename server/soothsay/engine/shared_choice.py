"""Which name of another file is to be written: a path, a make target, a compose service.

A small model knows what such a place looks like, and copies a name that stands further up. What is asked for is told by the words
around the place: a recipe of the target ``print-downloads`` runs ``scripts/print_downloads.py``. So where a draft writes a path that no
file has, or another one is clearly asked for, the names that exist are ranked by those words.

A path may as well be one that a command writes, or that is read in another folder. So one is looked at only where another line of the
file has an existing path in the same position, and one whose name a file has in any folder counts as existing.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from itertools import islice
from math import log

from soothsay.engine.name_choice import Around, NameChoice
from soothsay_index.types import Symbol
from soothsay_languages.base import SharedKind
from soothsay_languages.shared_names import kind_behind

# found on the development split of `make bench-crosslingual`
_CLEAR = 1.5  # the best name is written where its weight is so many times the next one's
_COVERED = 0.6  # so much of it, by the rarity of its words, stands around the place
_COVERED_NEAR = 0.3  # where the drafted name does not exist
_AMONG = 8  # names that the model chooses from where none is clear
_ABOVE = (1.0, 0.6, 0.3)  # what words of the lines above count, nearest first
_LINE = 0.5  # of the line itself
_DRAFTED = 1.0  # of the name that was drafted, and that does not exist
_NEW_FOLDER = 0.7  # what is left of a share for each folder that nothing speaks of
_BEGUN = 0.7  # of a word that another one begins with: "conf", "configuration"
_SAME_FOLDER, _OWN_FOLDER, _HEARD, _WRITTEN = 3.0, 1.2, 1.5, 0.5
_IN_FILE = 0.6  # how much a word that is rare in the file counts beside one that is rare among the names

_WORD = re.compile(r"[^\W\d_][^\W_]+")
_NAME = re.compile(r"\w[\w:.-]*")
_PLAIN = re.compile(r"[\w.+-]+(?:/[\w.+-]+)*")
_ENDING = re.compile(r"\.[a-z][a-z0-9]{0,4}\Z")
_QUOTES = "\"'"
_LISTED = 8  # lines: what one of them writes, the next one does not
_SHORTEST_BEGINNING = 4  # letters
# what is read of a line, of the file before the place, of the words around it, and how many names: more cost more than a person waits
_LINE_READ, _TEXT_READ, _WORDS_READ, _NAMES_READ = 400, 40_000, 60, 20_000

NamesOfKind = Callable[[SharedKind], Mapping[str, Symbol]]
"""Returns the names of a kind that other files define."""


@dataclass(frozen=True, slots=True)
class WrittenName:
    """A name of another file, as a draft writes it: ``text`` begins ``start`` characters behind the cursor; before it if negative."""

    kind: SharedKind
    text: str
    start: int


def choose_shared(around: Around, draft: str, names: NamesOfKind) -> NameChoice | None:
    """Return which of the ``names`` that other files define is to be written instead of a drafted one; None where it may stand."""
    drafted = draft.partition("\n")[0]
    if len(around.line) + len(drafted) > _LINE_READ:
        return None
    names = cache(names)  # they are asked for once a word
    written = _written_name(around, drafted, names)
    if written is None:
        return None
    typed = around.line[len(around.line) + written.start :] if written.start < 0 else ""
    symbols = _as_written_here(names(written.kind), around.folder, written.kind)
    is_invented = not _is_known(written, symbols, around)
    may_be_another = written.kind == "file" and written.text in symbols
    if len(symbols) > _NAMES_READ or not (is_invented or may_be_another):
        return None
    ending = _ENDING.search(written.text)
    known = [
        name for name in symbols if name.startswith(typed) and (ending is None or name.endswith(ending[0]))
    ]
    ranked = _ranked(known, around, written, is_invented)
    covered = _COVERED_NEAR if is_invented else _COVERED
    ranked = [each for each in ranked if each.covered >= covered]
    if not ranked or ranked[0].name == written.text:
        return None
    start = max(0, written.start)
    second = max((each.weight for each in ranked[1:2]), default=0.0)
    if ranked[0].weight >= _CLEAR * second:
        ranked = ranked[:1]
    elif not is_invented:
        return None
    chosen = {each.name: symbols[each.name] for each in ranked[:_AMONG]}
    return NameChoice(written.text, start, typed, chosen, is_invented)


def _written_name(around: Around, drafted: str, names: NamesOfKind) -> WrittenName | None:
    """Return the first name of another file that ``drafted`` writes at the place; None where it writes none."""
    whole, cursor = around.line + drafted, len(around.line)
    for start, word in _words_with_places(whole):
        end = start + len(word)
        if end <= cursor or (end == len(whole) and _goes_on(around.following)):
            continue
        before = whole[:start]
        is_value = whole[end : end + 1] != "="
        kind = kind_behind(before)
        if kind is not None:
            is_name = is_value and _NAME.fullmatch(word) is not None
            return WrittenName(kind, word, start - cursor) if is_name else None
        path = word.removeprefix("./")
        if is_value and _may_be_path(path, names) and _paths_stand_behind(before, around, names):
            return WrittenName("file", path, end - len(path) - cursor)
    return None


def _words_with_places(line: str) -> Iterator[tuple[int, str]]:
    """Yield the words of a line, as blanks and the ``=`` of options part them, without the quotes around them, and where they begin."""
    for match in re.finditer(r"[^\s=]+", line):
        word = match[0]
        inside = word.lstrip(_QUOTES)
        yield match.start() + len(word) - len(inside), inside.rstrip(_QUOTES)


def _goes_on(following: str) -> bool:
    return bool(following) and (following.isalnum() or following in "_-./")


def _may_be_path(word: str, names: NamesOfKind) -> bool:
    """Return whether ``word``, whole, looks like a path of the workspace: nothing in it is a pattern, a variable or an address."""
    if not _PLAIN.fullmatch(word) or word.startswith("-") or ".." in word.split("/"):
        return False
    ending, files = _ENDING.search(word), names("file")
    if word in files:
        return True
    folder = word.partition("/")
    in_folder = bool(folder[1]) and any(file.startswith(f"{folder[0]}/") for file in files)
    return in_folder or (ending is not None and any(file.endswith(ending[0]) for file in files))


def _paths_stand_behind(before: str, around: Around, names: NamesOfKind) -> bool:
    """Return whether a line above has a path that exists right behind the word that ``before``, a beginning of a line, ends with."""
    lead = _lead(before)
    if not lead:
        return False
    files = names("file")
    for line in around.before(_TEXT_READ).split("\n")[:-1]:
        at = line.find(lead)
        if at < 0 or (at and not line[at - 1].isspace()):
            continue
        rest = line[at + len(lead) :].lstrip(" \t" + _QUOTES)
        path = re.split(r"[\s\"']", rest, maxsplit=1)[0].removeprefix("./")
        if path in files or f"{around.folder}/{path}" in files or (path and around.exists(path)):
            return True
    return False


def _lead(before: str) -> str:
    """Return what stands right before a word on its line: the word before it, or the option whose value it is; "" behind a redirection."""
    parts = before.rstrip(_QUOTES).rsplit(maxsplit=1)
    lead = parts[-1] if parts else ""
    return "" if not lead or lead[-1] in "<>&|;" else lead


def _is_known(written: WrittenName, symbols: Mapping[str, Symbol], around: Around) -> bool:
    """Return whether the drafted name exists: other files define it, this one writes it elsewhere, or it is on the disk, in any folder."""
    text = written.text
    if text in symbols or f"/{around.path}".endswith(f"/{text}"):
        return True
    if written.kind != "file":
        return _stands_in(around.text, text)
    inside = f"{text.rstrip('/')}/"
    if any(name.startswith(inside) or name.endswith(f"/{text}") for name in symbols):
        return True
    return around.exists(text) or around.exists(f"{around.folder}/{text}")


def _as_written_here(names: Mapping[str, Symbol], folder: str, kind: SharedKind) -> Mapping[str, Symbol]:
    """Return ``names``, and those of files in ``folder`` or below also as they are written from there."""
    if kind != "file" or not folder:
        return names
    inside = f"{folder}/"
    below = {name.removeprefix(inside): each for name, each in names.items() if name.startswith(inside)}
    return {**below, **names}


@dataclass(frozen=True, slots=True)
class _Ranked:
    """A name, how much speaks for it, and which share of it stands around the place."""

    name: str
    weight: float
    covered: float


def _ranked(names: Iterable[str], around: Around, written: WrittenName, is_invented: bool) -> list[_Ranked]:
    """Return those of ``names`` of which words stand around the place, best first."""
    heard = _heard(around)
    if is_invented:
        heard |= dict.fromkeys(_words(written.text), _DRAFTED)
    words = {name: _words_of(name, written.kind) for name in names}
    known = Counter(word for each in words.values() for word in set(each))
    text = around.before(_TEXT_READ)
    lines = [set(_words(line)) for line in text.split("\n")]
    common = Counter(word for line in lines for word in line)
    matches = {word: weight for word in known if (weight := _match(word, heard))}

    def rarity(word: str) -> float:
        among_names = log((len(words) + 1) / known[word])
        return among_names + _IN_FILE * log((len(lines) + 1) / (common[word] + 1))

    listed = "\n".join(text.split("\n")[-_LISTED:])
    found: list[_Ranked] = []
    for name, each in words.items():
        if matches.keys().isdisjoint(each) or _stands_in(listed, name):
            continue
        whole = sum(rarity(word) for word in each)
        heard_of_it = sum(matches.get(word, 0.0) * rarity(word) for word in each)
        new = sum(not _is_heard(folder, heard) for folder in _new_folders(name, text, written))
        covered = (heard_of_it / whole if whole else 0.0) * _NEW_FOLDER**new
        weight = heard_of_it * covered * _likeness(name, text, around.folder, written)
        weight *= _HEARD if _is_heard(name.rpartition("/")[0], heard) else 1.0
        found.append(_Ranked(name, weight, covered))
    return sorted(found, key=lambda each: (-each.weight, each.name))


def _new_folders(name: str, text: str, written: WrittenName) -> list[str]:
    """Return the folders of ``name`` that neither the drafted path has nor the file writes."""
    known = set(written.text.split("/"))
    return [each for each in name.split("/")[:-1] if each not in known and f"{each}/" not in text]


def _is_heard(folder: str, heard: Mapping[str, float]) -> bool:
    return any(word in heard for word in _words(folder))


def _heard(around: Around) -> dict[str, float]:
    """Return the words around the place, and how much each counts: of its line, and of the lines right above it."""
    heard = dict.fromkeys(_words(around.line), _LINE)
    above = around.before(_TEXT_READ).split("\n")[-2::-1]
    for weight, line in zip(_ABOVE, _block(above), strict=False):
        for word in islice(_words(line[:_LINE_READ]), _WORDS_READ):
            heard[word] = max(heard.get(word, 0.0), weight)
    return heard


def _block(above: Iterable[str]) -> Iterator[str]:
    """Yield the lines of ``above``, nearest first, up to a blank one; blank ones right above the place do not end them."""
    began = False
    for line in above:
        if line.strip():
            began = True
            yield line
        elif began:
            return


def _match(word: str, heard: Mapping[str, float]) -> float:
    """Return how much speaks for ``word``: it is heard, or what is heard begins with it, or the other way round."""
    exact = heard.get(word, 0.0)
    if len(word) < _SHORTEST_BEGINNING:
        return exact
    return max((exact, *(_BEGUN * weight for other, weight in heard.items() if _begins(word, other))))


def _begins(one: str, other: str) -> bool:
    return len(other) >= _SHORTEST_BEGINNING and (one.startswith(other) or other.startswith(one))


def _likeness(name: str, text: str, own_folder: str, written: WrittenName) -> float:
    """Return by how much ``name`` is more likely than its words say: for its folder, and whether ``text`` writes it already."""
    weight = _WRITTEN if _stands_in(text, name) else 1.0
    if written.kind != "file":
        return weight
    folder = name.rpartition("/")[0]
    weight *= _SAME_FOLDER if folder == written.text.rpartition("/")[0] else 1.0
    return weight * (_OWN_FOLDER if folder == own_folder else 1.0)


def _stands_in(text: str, name: str) -> bool:
    """Return whether ``text`` writes ``name``, not as a part of a longer one."""
    return name in text and re.search(rf"(?<![\w/-]){re.escape(name)}(?![\w/-])", text) is not None


@lru_cache(maxsize=50_000)
def _words_of(name: str, kind: SharedKind) -> tuple[str, ...]:
    """Return the words that a name is made of: of a path those of the file's name."""
    return tuple(_words(name.rpartition("/")[2].partition(".")[0] if kind == "file" else name))


def _words(text: str) -> list[str]:
    return [word.lower() for word in _WORD.findall(text.replace("_", " "))]
