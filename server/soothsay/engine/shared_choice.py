"""Which name of another file is to be written: a path, a make target, a compose service.

A small model knows what such a place looks like, and copies a name that stands further up. What is asked for is told by the words
around the place: a recipe of the target ``print-downloads`` runs ``scripts/print_downloads.py``. So where a draft writes a path that no
file has, or another one is clearly asked for, the names that exist are ranked by those words.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from math import log

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
_SAME_FOLDER, _OWN_FOLDER, _HEARD, _SAME_NAME, _WRITTEN = 3.0, 1.2, 1.5, 3.0, 0.5
_IN_FILE = 0.6  # how much a word that is rare in the file counts beside one that is rare among the names

_WORD = re.compile(r"[^\W\d_][^\W_]+")
_WRITTEN_NAME = re.compile(r"[\w@.+/-]*[\w/]")
_ENDING = re.compile(r"\.[a-z][a-z0-9]{0,4}\Z")
_BEFORE_PATH = (" ", "\t", "=", "'", '"')
_LISTED = 8  # lines: what one of them writes, the next one does not
_LIKE_IT = 2  # lines that begin as the place's line does, and go on with a path:
_SHARE = 5  # one of so many at least
_SHORTEST_BEGINNING = 4  # letters

JOINTS = "-/."
"""What joins words to a name: a path, an option."""

NamesOfKind = Callable[[SharedKind], Mapping[str, Symbol]]
"""Returns the names of a kind that other files define."""


@dataclass(frozen=True, slots=True)
class WrittenName:
    """A name of another file, as a draft writes it: ``text`` begins ``start`` characters behind the cursor; before it if negative."""

    kind: SharedKind
    text: str
    start: int


@dataclass(frozen=True, slots=True)
class NameChoice:
    """The names that may be written instead of ``drafted``, from ``start`` of the draft on, best first.

    ``typed`` is what stands before the cursor of each of them; ``is_invented`` whether the drafted name does not exist.
    """

    drafted: str
    start: int
    typed: str
    names: Mapping[str, Symbol]
    is_invented: bool

    @property
    def endings(self) -> Mapping[str, Symbol]:
        """What is to be written of each name."""
        return {name[len(self.typed) :]: symbol for name, symbol in self.names.items()}


@dataclass(frozen=True, slots=True)
class Around:
    """The place: ``text`` of the file ``path`` (from the root, with slashes), and the ``offset`` of the cursor in it."""

    text: str
    offset: int
    path: str

    @property
    def folder(self) -> str:
        """The folder of the file, "" for the root."""
        return self.path.rpartition("/")[0]

    @property
    def line(self) -> str:
        """The line up to the cursor."""
        return self.text[self.text.rfind("\n", 0, self.offset) + 1 : self.offset]


def choose_shared(around: Around, draft: str, names: NamesOfKind) -> NameChoice | None:
    """Return which of the ``names`` that other files define is to be written instead of a drafted one; None where it may stand."""
    written = _written_name(around.line, draft.partition("\n")[0], names) or _expected_path(around, names)
    if written is None:
        return None
    typed = around.line[len(around.line) + written.start :] if written.start < 0 else ""
    symbols = _as_written_here(names(written.kind), around.folder, written.kind)
    if any(name.startswith(f"{written.text.rstrip('/')}/") for name in symbols):
        return None  # a folder
    is_invented = written.text not in symbols
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


def _written_name(line: str, drafted: str, names: NamesOfKind) -> WrittenName | None:
    """Return the first name of another file that ``drafted`` writes behind ``line``; None where it writes none."""
    whole, cursor = line + drafted, len(line)
    for match in _WRITTEN_NAME.finditer(whole):
        if match.end() <= cursor:
            continue
        before = whole[: match.start()]
        kind = kind_behind(before)
        if kind is not None:
            return WrittenName(kind, match[0], match.start() - cursor)
        path = match[0].removeprefix("./")
        if _may_be_path(before, path) and (path in (files := names("file")) or _looks_known(path, files)):
            return WrittenName("file", path, match.end() - len(path) - cursor)
    return None


def _expected_path(around: Around, names: NamesOfKind) -> WrittenName | None:
    """Return a path to be written at the place, where lines that begin as its line does go on with one; None where they do not.

    It is a folder and an ending, those of most of these paths: no file is called so.
    """
    lead = around.line.strip()
    if not lead or around.line[-1:] not in _BEFORE_PATH:
        return None
    lines = (line.strip() for line in around.text.split("\n"))
    rests = [line[len(lead) :].strip(" \"'") for line in lines if line.startswith(lead) and line != lead]
    files = set(names("file"))
    paths = [path for rest in rests if (path := rest.partition(" ")[0]) in files]
    if len(paths) < _LIKE_IT or _SHARE * len(paths) < len(rests):
        return None
    (folder, ending), _ = Counter(_folder_and_ending(path) for path in paths).most_common(1)[0]
    return WrittenName("file", f"{folder}/{ending}" if folder else ending, 0)


def _folder_and_ending(path: str) -> tuple[str, str]:
    ending = _ENDING.search(path)
    return path.rpartition("/")[0], "" if ending is None else ending[0]


def _may_be_path(before: str, written: str) -> bool:
    """Return whether ``written`` may be a path of the workspace: no part of an address, a variable, a version or an absolute path."""
    return not written.startswith(("/", "-")) and "//" not in written and before[-1:] not in tuple("$:@~%{(")


def _looks_known(path: str, files: Iterable[str]) -> bool:
    """Return whether ``path`` begins with a folder of the ``files``, or ends as one of them does."""
    folder, ending = path.partition("/"), _ENDING.search(path)
    if folder[1] and any(file.startswith(f"{folder[0]}/") for file in files):
        return True
    return ending is not None and any(file.endswith(ending[0]) for file in files)


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


def _ranked(names: Sequence[str], around: Around, written: WrittenName, is_invented: bool) -> list[_Ranked]:
    """Return those of ``names`` of which words stand around the place, best first."""
    heard = _heard(around)
    if is_invented:
        heard |= dict.fromkeys(_words(written.text), _DRAFTED)
    words = {name: _words_of(name, written.kind) for name in names}
    known = Counter(word for each in words.values() for word in set(each))
    lines = [set(_words(line)) for line in around.text.split("\n")]
    common = Counter(word for line in lines for word in line)
    matches = {word: weight for word in known if (weight := _match(word, heard))}

    def rarity(word: str) -> float:
        among_names = log((len(names) + 1) / known[word])
        return among_names + _IN_FILE * log((len(lines) + 1) / (common[word] + 1))

    listed = "\n".join(around.text[: around.offset].split("\n")[-_LISTED:])
    found: list[_Ranked] = []
    for name, each in words.items():
        if matches.keys().isdisjoint(each) or _stands_in(listed, name):
            continue
        whole = sum(rarity(word) for word in each)
        heard_of_it = sum(matches.get(word, 0.0) * rarity(word) for word in each)
        new = sum(not _is_heard(folder, heard) for folder in _new_folders(name, around, written))
        covered = (heard_of_it / whole if whole else 0.0) * _NEW_FOLDER**new
        folder_is_heard = any(word in heard for word in _words(name.rpartition("/")[0]))
        weight = heard_of_it * covered * _likeness(name, around, written) * (_HEARD if folder_is_heard else 1)
        found.append(_Ranked(name, weight, covered))
    return sorted(found, key=lambda each: (-each.weight, each.name))


def _new_folders(name: str, around: Around, written: WrittenName) -> list[str]:
    """Return the folders of ``name`` that neither the drafted path has nor the file writes."""
    known = set(written.text.split("/"))
    return [each for each in name.split("/")[:-1] if each not in known and f"{each}/" not in around.text]


def _is_heard(folder: str, heard: Mapping[str, float]) -> bool:
    return any(word in heard for word in _words(folder))


def _heard(around: Around) -> dict[str, float]:
    """Return the words around the place, and how much each counts: of its line, and of the lines right above it."""
    heard = dict.fromkeys(_words(around.line), _LINE)
    above = around.text[: around.offset].split("\n")[-2::-1]
    for weight, line in zip(_ABOVE, _block(above), strict=False):
        for word in _words(line):
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
    return max((exact, *(_BEGUN * weight for other, weight in heard.items() if _begins(word, other))))


def _begins(one: str, other: str) -> bool:
    short, long = sorted((one, other), key=len)
    return len(short) >= _SHORTEST_BEGINNING and long.startswith(short)


def _likeness(name: str, around: Around, written: WrittenName) -> float:
    """Return by how much ``name`` is more likely than its words say: for its ending, its folder, and whether it is written already."""
    weight = _WRITTEN if _stands_in(around.text, name) else 1.0
    if written.kind != "file":
        return weight
    folder, _, own = name.rpartition("/")
    drafted_folder, _, drafted = written.text.rpartition("/")
    weight *= _SAME_FOLDER if folder == drafted_folder else 1.0
    weight *= _SAME_NAME if own == drafted and name != written.text else 1.0
    return weight * (_OWN_FOLDER if folder == around.folder else 1.0)


def _stands_in(text: str, name: str) -> bool:
    """Return whether ``text`` writes ``name``, not as a part of a longer one."""
    return name in text and re.search(rf"(?<![\w/-]){re.escape(name)}(?![\w/-])", text) is not None


@lru_cache(maxsize=50_000)
def _words_of(name: str, kind: SharedKind) -> tuple[str, ...]:
    """Return the words that a name is made of: of a path those of the file's name."""
    return tuple(_words(name.rpartition("/")[2].partition(".")[0] if kind == "file" else name))


def _words(text: str) -> list[str]:
    return [word.lower() for word in _WORD.findall(text.replace("_", " "))]
