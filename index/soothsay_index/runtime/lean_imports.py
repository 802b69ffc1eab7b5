"""Imports of large libraries without optional parts that we do not use."""

from __future__ import annotations

import importlib
import logging
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from types import ModuleType, SimpleNamespace
from typing import Any

log = logging.getLogger(__name__)

# LanceDB's client for a server of tables: 400 generated classes, 25 MB and a second.
_REST_CLIENT = "lance_namespace_urllib3_client"
_LANCEDB = frozenset({"lancedb", "lance_namespace", _REST_CLIENT})
_NATIVE = "lancedb._lancedb"  # cannot be imported twice


class _Unavailable(MetaPathFinder):
    """Make a module unavailable for import."""

    def __init__(self, name: str) -> None:
        self._name = name

    def find_spec(self, fullname: str, path: object, target: object = None) -> ModuleSpec | None:
        if fullname == self._name:
            raise ModuleNotFoundError(f"No module named {fullname!r}", name=fullname)
        return None


class _StubModule(ModuleType):
    """A stub module with a plain class for every name, which suffices for local tables."""

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        made = type(name, (SimpleNamespace,), {})
        setattr(self, name, made)
        return made


class _StubFinder(MetaPathFinder, Loader):
    """Import stub modules in place of a package and its submodules."""

    def __init__(self, package: str) -> None:
        self._package = package

    def find_spec(self, fullname: str, path: object, target: object = None) -> ModuleSpec | None:
        if fullname == self._package or fullname.startswith(f"{self._package}."):
            return ModuleSpec(fullname, self, is_package=True)
        return None

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        return _StubModule(spec.name)

    def exec_module(self, module: ModuleType) -> None:
        pass


@contextmanager
def _first(finder: MetaPathFinder) -> Iterator[None]:
    sys.meta_path.insert(0, finder)
    try:
        yield
    finally:
        sys.meta_path.remove(finder)


def import_pyarrow() -> None:
    """Import pyarrow and have it take pandas for not installed, which saves 35 MB and half a second.

    It looks once, to know whether something is a data frame. Others can still import pandas afterwards.
    """
    with _first(_Unavailable("pandas")):
        importlib.import_module("pyarrow").array([])


def import_lancedb() -> None:
    """Import LanceDB without what it needs for remote tables alone."""
    import_pyarrow()
    try:
        with _first(_StubFinder(_REST_CLIENT)):
            importlib.import_module("lancedb")
    except Exception as error:  # another version may make something of those classes
        log.warning("LanceDB is imported in full: %s", error)
        for name in [name for name in sys.modules if name.partition(".")[0] in _LANCEDB and name != _NATIVE]:
            del sys.modules[name]
