"""How often code calls a name of a library: in the files of other distributions that import the library.

``python -m bench.installed.frequency FOLDER ...`` writes ``counts.json.gz``; the folders hold installed packages. Only
making tasks needs it, and only names of tasks are kept there.
"""

from __future__ import annotations

import gzip
import json
import re
import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Set
from pathlib import Path

from bench.installed.world import HERE

COUNTS = HERE / "counts.json.gz"
_FEWEST = 5  # rarer names are not kept
_IMPORT = re.compile(r"^\s*(?:from|import)\s+([\w.]+(?:\s*,\s*[\w.]+)*)", re.M)
_CALL = re.compile(r"\.(\w+)\(")


def count(files: Iterable[tuple[str, str]], libraries: Set[str]) -> dict[str, Counter[str]]:
    """Calls ``.name(`` by library and name in ``files``: the distribution's folder, and a source text."""
    found: dict[str, Counter[str]] = {library: Counter() for library in libraries}
    for owner, source in files:
        imported = {
            name.strip().partition(".")[0]
            for match in _IMPORT.finditer(source)
            for name in match[1].split(",")
        }
        wanted = (imported & libraries) - {owner}
        if wanted:
            called = Counter(_CALL.findall(source))
            for library in wanted:
                found[library].update(called)
    return found


def files_of(folders: Iterable[Path]) -> Iterator[tuple[str, str]]:
    """Every Python file below, with the name of the top folder that it is in."""
    for folder in folders:
        for path in sorted(folder.rglob("*.py")):
            yield path.relative_to(folder).parts[0], path.read_text(encoding="utf-8", errors="replace")


def read_counts() -> Mapping[str, Mapping[str, int]]:
    """Calls by library and name."""
    return json.loads(gzip.decompress(COUNTS.read_bytes()))


def main() -> None:
    from bench.installed.tasks import LIBRARIES, STANDARD

    if len(sys.argv) < 2:
        raise SystemExit("usage: python -m bench.installed.frequency FOLDER ...")
    found = count(files_of(map(Path, sys.argv[1:])), {*LIBRARIES, *STANDARD})
    plain = {library: {name: n for name, n in sorted(names.items()) if n >= _FEWEST} for library, names in sorted(found.items())}  # fmt: skip
    COUNTS.write_bytes(gzip.compress(json.dumps(plain).encode(), mtime=0))


if __name__ == "__main__":
    main()
