"""A workspace adapter: repositories that are younger than the model, trained on one half of their files, measured on the other."""

from __future__ import annotations

import random
from collections import Counter
from pathlib import Path

from bench.completing import Row
from bench.repo.sites import Site, sites
from bench.repo.symbols import Repository, parse
from bench.repo.tasks import task_of
from bench.repo.world import workspace
from bench.retrieval.comments import SEED

REPOSITORIES = ("strands-agents", "mcp-agent")
TASKS = 120  # of one repository
_A_FILE, _A_SYMBOL = 4, 3
_MOST_CHARACTERS = 24_000  # of a file


def held_out(root: Path) -> list[str]:
    """Return every other Python file of a repository, in an order that chance makes."""
    paths = sorted(path.relative_to(root).as_posix() for path in root.rglob("*.py"))
    drawn = random.Random(f"{SEED} halves {root.name}").sample(paths, len(paths))
    return sorted(drawn[::2])


def lines_of(name: str, most: int = TASKS) -> list[Row]:
    """Return up to ``most`` lines of the files that are held out, each with a call of another file of the repository."""
    root = workspace(name)
    files = set(held_out(root))
    repository = Repository.read(root)
    found: list[tuple[Site, str]] = []
    for module in repository.modules.values():
        source = (root / module.path).read_text(encoding="utf-8", errors="replace")
        tree = parse(source)
        is_short = len(source) <= _MOST_CHARACTERS and not module.path.endswith("__init__.py")
        if module.path in files and tree is not None and is_short:
            found += [(site, source) for site in sites(repository, module, source, tree)]
    chance = random.Random(f"{SEED} lines {name}")
    of_file: Counter[str] = Counter()
    of_symbol: Counter[str] = Counter()
    chosen: list[Row] = []
    for site, source in chance.sample(found, len(found)):
        if len(chosen) < most and of_file[site.path] < _A_FILE and of_symbol[site.symbol] < _A_SYMBOL:
            of_file[site.path] += 1
            of_symbol[site.symbol] += 1
            chosen.append({**task_of(name, site, source), "split": "test"})
    return chosen
