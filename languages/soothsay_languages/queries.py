"""Read the tree-sitter queries that lie in a language's folder."""

from __future__ import annotations

from importlib.resources import files


def read_query(package: str, name: str) -> str:
    """Return the text of the query file ``name`` in the folder of ``package``."""
    return files(package).joinpath(name).read_text(encoding="utf-8")
