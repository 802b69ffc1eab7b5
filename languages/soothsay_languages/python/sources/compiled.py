"""Modules of the standard library that have no source: ``math``, ``itertools``, ``time``.

They are read from the interpreter that runs us, which has the same ones where its version is that of the environment. Nothing
of an environment or a workspace is imported.
"""

from __future__ import annotations

import importlib
import importlib.machinery
import importlib.util
import inspect
import sys
import warnings
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

from soothsay_index.sources.base import Harvest, OwnerFacts, Release
from soothsay_index.types import Parameter, ParameterKind, Symbol, SymbolKind
from soothsay_languages.python.sources.docstrings import describe

_KINDS: dict[inspect._ParameterKind, ParameterKind] = {  # pyright: ignore[reportPrivateUsage]
    inspect.Parameter.POSITIONAL_ONLY: "positional_only",
    inspect.Parameter.POSITIONAL_OR_KEYWORD: "positional_or_keyword",
    inspect.Parameter.VAR_POSITIONAL: "var_positional",
    inspect.Parameter.KEYWORD_ONLY: "keyword_only",
    inspect.Parameter.VAR_KEYWORD: "var_keyword",
}
_LONGEST_DEFAULT = 40  # characters


def is_compiled_here(name: str, version: str) -> bool:
    """Return whether our own interpreter has ``name`` compiled, and is of the ``version`` of the environment (``3.11.7``)."""
    ours = f"{sys.version_info[0]}.{sys.version_info[1]}"
    is_same = f"{version}.".startswith(f"{ours}.")
    if not is_same or name.startswith("_") or name not in sys.stdlib_module_names:
        return False
    found = importlib.util.find_spec(name)
    if found is None or found.origin == "built-in":
        return found is not None
    origin = found.origin or ""
    is_ours = Path(origin).resolve().is_relative_to(Path(sys.base_exec_prefix).resolve())
    return is_ours and origin.endswith(tuple(importlib.machinery.EXTENSION_SUFFIXES))


def harvest_compiled(release: Release) -> Harvest:
    """Return the public names of the module ``release.part``, for which `is_compiled_here` holds.

    What is missing is not denied: an environment's own build may have more.
    """
    with warnings.catch_warnings(action="ignore"):  # some are deprecated
        module = importlib.import_module(release.part)
    symbols = tuple(_symbols(module, release))
    return Harvest(symbols, tuple(OwnerFacts(owner) for owner in dict.fromkeys(s.owner for s in symbols)))


def _symbols(module: ModuleType, release: Release) -> Iterator[Symbol]:
    for name, value in _public(module):
        if inspect.ismodule(value):
            continue
        yield _symbol(release, release.part, name, value)
        if inspect.isclass(value) and value.__module__ == module.__name__:
            for member, method in _public(value):
                yield _symbol(release, f"{release.part}.{name}", member, method)


def _public(holder: object) -> list[tuple[str, object]]:
    return [(name, value) for name, value in sorted(vars(holder).items()) if not name.startswith("_")]


def _symbol(release: Release, owner: str, name: str, value: object) -> Symbol:
    is_member = owner != release.part
    kind: SymbolKind = "attribute"
    if inspect.isclass(value):
        kind = "class"
    elif callable(value) or isinstance(value, staticmethod | classmethod):
        kind = "method" if is_member else "function"
    described = describe(inspect.getdoc(value) or "", name) if kind != "attribute" else describe("", name)
    return Symbol(
        qualified_name=f"{owner}.{name}",
        name=name,
        owner=owner,
        kind=kind,
        origin="package",
        package=release.package,
        version=release.version,
        uri="",
        parameters=None
        if kind == "attribute"
        else _parameters(value, drops_first=is_member and kind == "method"),
        summary=described.summary,
        doc=described.doc,
    )


def _parameters(value: object, drops_first: bool) -> tuple[Parameter, ...] | None:
    """Return the parameters that a caller gives; None where the module does not say."""
    if isinstance(value, staticmethod | classmethod):
        value, drops_first = value.__func__, isinstance(value, classmethod)
    try:
        listed = list(inspect.signature(value).parameters.values())  # pyright: ignore[reportArgumentType]
    except (TypeError, ValueError):
        return None
    return tuple(_parameter(each) for each in listed[1 if drops_first else 0 :])


def _parameter(parameter: inspect.Parameter) -> Parameter:
    is_variadic = parameter.kind in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD)
    has_default = parameter.default is not parameter.empty
    default = repr(parameter.default) if has_default else ""
    return Parameter(
        name=parameter.name,
        kind=_KINDS[parameter.kind],
        required=not has_default and not is_variadic,
        default=default if len(default) <= _LONGEST_DEFAULT and "<" not in default else "",
    )
