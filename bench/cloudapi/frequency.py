"""How often public code calls each API: ``python -m bench.cloudapi.frequency FOLDER > counts.json``.

``FOLDER`` holds code, one project a folder: what `pip download` brought of ``corpora.txt``, unpacked. A call counts for an
API when the file names its service (as a literal, or in its own path) or the client's class, or when no other client
has an API of that name.
"""

from __future__ import annotations

import ast
import json
import re
import sys
import warnings
import zipfile
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Set
from pathlib import Path

from bench.cloudapi.world import CloudApis, cloud_apis

_CLOUD = re.compile(r"boto|\baws|azure", re.I)


def count(files: Iterable[tuple[str, str]], apis: CloudApis) -> Counter[tuple[str, str]]:
    """Calls by (client, name) in ``files``: paths and source texts."""
    found: Counter[tuple[str, str]] = Counter()
    having: dict[str, list[str]] = {}
    for client, names in apis.items():
        for name in names:
            having.setdefault(name, []).append(client)
    for path, source in files:
        if not _CLOUD.search(source):
            continue
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                code = ast.parse(source)
        except (SyntaxError, ValueError, RecursionError):
            continue
        literals = _literals(code) | set(re.split(r"[^a-z0-9-]+", path.lower()))
        for name, times in Counter(_called(code)).items():
            clients = having.get(name, ())
            for client in clients:
                # "close" or "get_job": many things other than a client have one
                alone = len(clients) == 1 and client.startswith("botocore:") and name.count("_") >= 2
                if alone or _names(client, literals, source):
                    found[client, name] += times
    return found


def _literals(code: ast.Module) -> set[str]:
    return {n.value for n in ast.walk(code) if isinstance(n, ast.Constant) and isinstance(n.value, str)}


def _names(client: str, literals: Set[str], source: str) -> bool:
    """Whether a file is about such a client: its service is named, or its class."""
    family, _, name = client.partition(":")
    return name in literals if family == "botocore" else name.rpartition(".")[2] in source


def _called(code: ast.Module) -> Iterator[str]:
    for node in ast.walk(code):
        if not isinstance(node, ast.Call):
            continue
        if isinstance(node.func, ast.Attribute):
            yield node.func.attr
            if node.func.attr == "get_paginator" and node.args and isinstance(node.args[0], ast.Constant):
                yield str(node.args[0].value)


def sources(folder: Path) -> Iterator[tuple[str, str]]:
    """Every Python file in a folder, and in the wheels that lie there: path and text."""
    for path in sorted(folder.rglob("*.py")):
        yield str(path.relative_to(folder)), path.read_text(encoding="utf-8", errors="replace")
    for path in sorted(folder.glob("*.whl")):
        with zipfile.ZipFile(path) as wheel:
            for name in wheel.namelist():
                if name.endswith(".py"):
                    yield name, wheel.read(name).decode("utf-8", "replace")


def main() -> None:
    if len(sys.argv) != 2 or not Path(sys.argv[1]).is_dir():
        raise SystemExit("usage: python -m bench.cloudapi.frequency FOLDER")
    counts = count(sources(Path(sys.argv[1])), cloud_apis())
    table: Mapping[str, int] = {f"{client} {name}": times for (client, name), times in sorted(counts.items())}
    json.dump(table, sys.stdout, indent=0)


if __name__ == "__main__":
    main()
