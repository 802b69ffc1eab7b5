"""The declarations of installed npm packages, as users import them: one release for each import that is used."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path

from soothsay_index.sources.base import Harvest, Release, Relevant, Used
from soothsay_index.types import Symbol, SymbolKind
from soothsay_languages.environment import Environment
from soothsay_languages.typescript.environment.entry_points import declaration_file
from soothsay_languages.typescript.environment.finder import KIND, find_package
from soothsay_languages.typescript.environment.manifests import PackageManifest, read_manifest
from soothsay_languages.typescript.environment.specifiers import Specifier, read_specifier, specifier_of
from soothsay_languages.typescript.sources.declarations import Declared
from soothsay_languages.typescript.sources.exports import ASSIGNED, DeclarationFiles, FindModule, Found

_NODE = "@types/node"
_TYPES = "@types/"
_WITH_TYPES = "+types."  # the version of a package whose declarations are another one
_KEPT = 4_096
_NO_NAME = re.compile(r"\W")
_PATH = re.compile(r"[\w$]+(?:\.[\w$]+)*")
_MOST_SYMBOLS = 20_000
_MOST_NESTED = 3  # namespaces in namespaces
_MOST_OVERLOADS = 4  # that are written into the documentation


def open_source(environment: Environment) -> NpmPackages | None:
    """Return the source of the npm packages in ``environment``; None for an environment of another kind."""
    return NpmPackages(environment) if environment.kind == KIND else None


@dataclass(frozen=True, slots=True)
class _Typed:
    """An import and the file that declares it; ``version`` is the package's, with that of its declarations."""

    specifier: Specifier
    package: str
    version: str
    folder: Path  # of the package that the file belongs to
    file: Path


class NpmPackages:
    """The packages in folders of npm packages. They are found by name; the folders are never walked."""

    def __init__(self, environment: Environment) -> None:
        self._environment = environment
        self._typed = lru_cache(_KEPT)(self._find)

    @property
    def name(self) -> str:
        """Return what the releases have as their ``source``. Its number grows when they are read otherwise: then they are read anew."""
        return "npm2"

    def releases(self) -> Sequence[Release]:
        """Return the packages that the workspace depends on directly and that have declarations."""
        names = (each.package for each in self._environment.packages.values())
        specifiers = (read_specifier(name) for name in names if not name.startswith(_TYPES))
        return list(self._releases(each for each in specifiers if each is not None))

    def relevant(self, used: Used) -> Relevant:
        """Return what the workspace imports, Node's own modules last: every model knows them well."""
        counts = sorted(used.modules.items(), key=lambda item: (-item[1], item[0]))
        specifiers = [found for name, _ in counts if (found := specifier_of(name)) is not None]
        wanted = dict.fromkeys(sorted(specifiers, key=lambda each: bool(each.builtin)))
        return Relevant(now=tuple(self._releases(wanted)))

    def harvest(self, release: Release) -> Harvest:
        """Return the names that one import gives, and the members of the types in reach of it."""
        specifier = specifier_of(release.part)
        typed = self._typed(specifier) if specifier is not None else None
        return Harvest() if typed is None else Harvest(tuple(_Harvester(typed, self._declaring).symbols()))

    def _releases(self, specifiers: Iterable[Specifier]) -> Iterator[Release]:
        for each in specifiers:
            typed = self._typed(each)
            if typed is not None:
                yield Release(typed.package, typed.version, each.owner, source=self.name)

    def _find(self, specifier: Specifier) -> _Typed | None:
        folders = self._environment.package_folders
        if specifier.builtin:
            node = find_package(_NODE, folders)
            file = node.folder / f"{specifier.builtin}.d.ts" if node is not None else None
            if node is None or file is None or not file.is_file():
                return None
            return _Typed(specifier, _NODE, node.version, node.folder, file)
        own = find_package(specifier.package, folders)
        file = declaration_file(own, specifier.subpath) if own is not None else None
        if own is not None and file is not None:
            return _Typed(specifier, specifier.package, own.version, own.folder, file)
        return self._described(specifier, own)

    def _described(self, specifier: Specifier, own: PackageManifest | None) -> _Typed | None:
        """Return a package whose declarations are another one, of ``@types``."""
        name = _TYPES + specifier.package.removeprefix("@").replace("/", "__")
        types = find_package(name, self._environment.package_folders)
        file = declaration_file(types, specifier.subpath) if types is not None else None
        if types is None or file is None:
            return None
        version = f"{own.version}{_WITH_TYPES}{types.version}" if own is not None else types.version
        return _Typed(specifier, specifier.package if own is not None else name, version, types.folder, file)

    def _declaring(self, module: str) -> Path | None:
        """Return the declarations of a package of ``@types`` that another one is made of."""
        specifier = read_specifier(module)
        typed = self._typed(specifier) if specifier is not None else None
        return typed.file if typed is not None and _is_of_types(typed) else None


class _Harvester:
    """Makes symbols of what one import declares."""

    def __init__(self, typed: _Typed, find_module: FindModule) -> None:
        self._typed = typed
        self._files = DeclarationFiles(typed.folder, find_module if _is_of_types(typed) else _nowhere)
        self._left = _MOST_SYMBOLS
        self._with_members: list[tuple[str, str, Path, Declared]] = []  # owner, its name, file, what has them
        self._seen: set[tuple[str, str]] = set()
        self._places: set[tuple[Path, int, str]] = set()  # what several modules export is documented once

    def symbols(self) -> Iterator[Symbol]:
        """Yield the exported names, then the members of types that are in reach without being exported."""
        owner, entry = self._typed.specifier.owner, self._typed.file
        exports = self._exports(entry)
        for name, found in exports.items():
            yield from self._exported(owner, name, found, 0)
        for within, shown, path, part in self._with_members:
            yield from self._members(within, shown, path, part, 0)
        for path in self._reached:
            declared = self._files.of(path)
            augmented = (each for name, each in declared.modules.items() if self._belongs(name))
            for module in (declared, *augmented):
                for name, part in module.everything:
                    yield from self._members(f"{owner}.{name}", name, path, part, 0)

    @cached_property
    def _reached(self) -> Sequence[Path]:
        """The files whose types are in reach."""
        typed = self._typed
        if not typed.specifier.builtin:
            return tuple(self._files.reached(typed.file))
        node = read_manifest(typed.folder)
        entry = declaration_file(node, "") if node is not None else None
        further = self._files.adding_to(entry, self._built_in) if entry is not None else ()
        return tuple(dict.fromkeys((typed.file, *further)))

    @property
    def _built_in(self) -> tuple[str, ...]:
        """What Node's own module may be called."""
        builtin = self._typed.specifier.builtin
        return (f"node:{builtin}", builtin)

    def _belongs(self, module: str) -> bool:
        """Return whether what a file declares for ``module`` belongs to the import."""
        return module in self._built_in if self._typed.specifier.builtin else module.startswith(".")

    def _exports(self, entry: Path) -> dict[str, Found | Path]:
        if not self._typed.specifier.builtin:
            return dict(self._files.exports(entry))
        named = (self._files.exports(entry, each) for each in self._built_in)
        return {name: found for exports in named for name, found in exports.items()}

    def _exported(self, owner: str, name: str, found: Found | Path, nested: int) -> Iterator[Symbol]:
        if isinstance(found, Path):
            if nested < _MOST_NESTED:
                for inner, one in self._files.exports(found).items():
                    yield from self._exported(f"{owner}.{name}", inner, one, nested + 1)
            return
        path, parts = found
        functions = [each for each in parts if each.kind == "function"]
        shown = next(
            (each for each in functions if each.remark.summary), functions[0] if functions else parts[0]
        )
        called = self._called(name, shown)
        prefix = self._typed.specifier.written if nested == 0 else owner.rpartition(".")[2]
        yield from self._symbol(owner, called, f"{prefix}.{called}", path, shown, functions)
        if called != name:
            yield self._by_default(owner, called, path, shown)
        everything = (*((path, each) for each in parts), *self._types_of(parts))
        self._with_members += [(f"{owner}.{called}", called, file, part) for file, part in everything]

    def _types_of(self, parts: Sequence[Declared]) -> Iterator[tuple[Path, Declared]]:
        """Yield the types of variables among ``parts`` that Node has for all files: what is imported has their members."""
        if not self._typed.specifier.builtin:
            return
        names = {each.returns for each in parts if each.kind == "attribute" and _PATH.fullmatch(each.returns)}
        for name in sorted(names):
            for path in self._reached:
                yield from ((path, each) for each in self._files.of(path).named(name) if each.kind == "class")

    def _by_default(self, owner: str, called: str, path: Path, shown: Declared) -> Symbol:
        """Return the symbol that says what a module is by default: its type is the name that the module calls it by."""
        package, version = self._typed.package, self._typed.version.partition(_WITH_TYPES)[0]
        return Symbol(
            called, "default", owner, "attribute", "package", package, version, path.as_uri(), shown.line, returns=called
        )  # fmt: skip

    def _called(self, name: str, shown: Declared) -> str:
        """Return what a file calls the export ``name``: the package itself has no name of its own."""
        if name not in ("default", ASSIGNED):
            return name
        plain = _NO_NAME.sub("_", self._typed.specifier.written.rpartition("/")[2])
        return shown.name if name == "default" and shown.name != "default" else plain

    def _members(
        self, owner: str, shown: str, path: Path, declared: Declared, nested: int
    ) -> Iterator[Symbol]:
        overloads: dict[str, list[Declared]] = {}
        for each in declared.members:
            overloads.setdefault(each.name, []).append(each)
        for name, parts in overloads.items():
            best = next((each for each in parts if each.remark.summary), parts[0])
            yield from self._symbol(owner, name, f"{shown}.{name}", path, best, parts, is_member=True)
            for part in parts:
                if part.members and nested < _MOST_NESTED:
                    yield from self._members(f"{owner}.{name}", name, path, part, nested + 1)

    def _symbol(
        self,
        owner: str,
        name: str,
        qualified: str,
        path: Path,
        declared: Declared,
        overloads: Sequence[Declared],
        is_member: bool = False,
    ) -> Iterator[Symbol]:
        place = path, declared.line, declared.name
        if (owner, name) in self._seen or place in self._places or not self._left:
            return
        self._seen.add((owner, name))
        self._places.add(place)
        self._left -= 1
        is_method = is_member and declared.kind == "function"
        kind: SymbolKind = "method" if is_method else declared.kind
        version, _, types = self._typed.version.partition(_WITH_TYPES)
        yield Symbol(
            qualified_name=qualified,
            name=name,
            owner=owner,
            kind=kind,
            origin="package",
            package=self._typed.package,
            version=f"{version} (types {types})" if types else version,
            uri=path.as_uri(),
            line=declared.line,
            parameters=declared.parameters if declared.kind == "function" else None,
            returns=declared.returns,
            summary=declared.remark.summary,
            doc=_documentation(declared, overloads),
        )


def _is_of_types(typed: _Typed) -> bool:
    """Return whether a package of ``@types`` declares it: those are made of each other."""
    return typed.folder.parent.name == _TYPES.strip("/") and not typed.specifier.builtin


def _nowhere(_module: str) -> None:
    """Return None: modules of other packages are not read."""


def _documentation(declared: Declared, overloads: Sequence[Declared]) -> str:
    """Return the documentation, with the ways to call what is overloaded."""
    ways = [_way(each) for each in overloads[:_MOST_OVERLOADS]] if len(overloads) > 1 else []
    return "\n".join(filter(None, (declared.remark.text, *ways)))


def _way(declared: Declared) -> str:
    given = (
        f"{'...' if each.kind == 'var_positional' else ''}{each.name}"
        f"{'' if each.required or each.kind == 'var_positional' else '?'}: {each.annotation}"
        for each in declared.parameters or ()
    )
    return f"{declared.name}({', '.join(given)}): {declared.returns}"
