"""What a file of the workspace exports, as symbols: functions, classes and their members, also those of files it exports again."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path, PurePath
from urllib.parse import urlsplit
from urllib.request import url2pathname

from soothsay_index.sources.base import IndexedFile
from soothsay_index.sources.masking import without_secrets
from soothsay_index.sources.texts import read_text
from soothsay_index.types import Symbol, SymbolKind
from soothsay_languages.typescript.sources.declarations import Declared
from soothsay_languages.typescript.sources.exports import DeclarationFiles

_ENDINGS = (".ts", ".tsx", ".mts", ".cts", ".d.ts", ".js", ".jsx", ".mjs", ".cjs")
_WRITTEN = {".js": (".ts", ".tsx"), ".jsx": (".tsx",), ".mjs": (".mts",), ".cjs": (".cts",)}
_MOST_SYMBOLS = 2_000


def symbols_of(text: str, place: IndexedFile) -> list[Symbol]:
    """Return what the file ``place`` with the contents ``text`` exports, as members of its module.

    What it exports of other files is read from disk, as those are now.
    """
    path = Path(url2pathname(urlsplit(place.uri).path))
    inside = not PurePath(place.path).is_absolute()
    root = path.parents[len(PurePath(place.path).parts) - 1] if inside else path.parent
    files = DeclarationFiles(root, lambda _: None, source_beside, _read)
    files.put(path, text)
    found: dict[tuple[str, str], Symbol] = {}
    for name, what in files.exports(path).items():
        if isinstance(what, Path):
            continue  # a module as a whole
        for symbol in _symbols(place, name, *what):
            if len(found) < _MOST_SYMBOLS:
                found.setdefault((symbol.owner, symbol.name), symbol)
    return list(found.values())


def _read(path: Path, most_bytes: int) -> str | None:
    """Return the text of another file, without its secrets."""
    text = read_text(path, most_bytes)
    return None if text is None else without_secrets(text)


def source_beside(path: Path) -> Path | None:
    """Return the file that an import of ``path`` means: itself, what it was compiled from, or the index of a folder."""
    written = [path.with_suffix(each) for each in _WRITTEN.get(path.suffix, ())]
    named = [path.with_name(path.name + each) for each in _ENDINGS]
    indexes = [path / f"index{each}" for each in _ENDINGS]
    return next((each for each in (*written, path, *named, *indexes) if each.is_file()), None)


def _symbols(place: IndexedFile, name: str, path: Path, parts: tuple[Declared, ...]) -> Iterator[Symbol]:
    shown = next((each for each in parts if each.remark.summary), parts[0])
    called = shown.name if name == "default" else name
    functions = sum(each.kind == "function" for each in parts)
    yield _symbol(place, place.module, name, called, path, shown, shown.kind, functions)
    for part in parts:
        declared = Counter(each.name for each in part.members)
        for each in part.members:
            kind: SymbolKind = "method" if each.kind == "function" else each.kind
            owner, qualified = f"{place.module}.{name}", f"{called}.{each.name}"
            yield _symbol(place, owner, each.name, qualified, path, each, kind, declared[each.name])


def _symbol(
    place: IndexedFile, owner: str, name: str, qualified: str, path: Path, declared: Declared, kind: SymbolKind, ways: int
) -> Symbol:  # fmt: skip
    # no one signature says how to call what is overloaded
    parameters = declared.parameters if ways <= 1 else None
    return Symbol(
        qualified_name=qualified,
        name=name,
        owner=owner,
        kind=kind,
        origin="workspace",
        package=place.package,
        version="",
        uri=path.as_uri(),
        line=declared.line,
        parameters=parameters,
        returns=declared.returns,
        summary=declared.remark.summary,
        doc=declared.remark.text,
    )
