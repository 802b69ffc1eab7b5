"""Makes the tasks: ``python -m bench.installed.tasks`` writes ``tasks.jsonl.gz``.

Call sites from the libraries' own tests and from the examples in their documentation (:mod:`bench.installed.sites`), each really
run up to the call, in both environments: what the libraries of February 2024 do not have is *new*. The comment above the
site is kept; where it has none, the task gets one made from the documentation, as in :mod:`bench.cloudapi`. Owners
(a module, or a class's module) are drawn into development or test as wholes.
"""

from __future__ import annotations

import hashlib
import inspect
import json
import random
import re
import sysconfig
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from bench.cloudapi.comments import comment_of
from bench.installed import child
from bench.installed.frequency import read_counts
from bench.installed.sites import Site, sites_of_examples, sites_of_tests
from bench.installed.world import CACHE, HERE, REQUIREMENTS, Referee, interpreter, old_interpreter, sources
from bench.order import interleaved
from bench.retrieval.comments import SEED, name_leak
from bench.retrieval.tasks import Task, write_tasks

TASKS = HERE / "tasks.jsonl.gz"
# Distributions by the package that is imported, and what their examples take for granted.
LIBRARIES: Mapping[str, str] = {
    "attrs": "import attrs\nfrom attrs import define, field", "click": "import click", "httpx": "import httpx",
    "jinja2": "import jinja2", "more_itertools": "import more_itertools as mi", "networkx": "import networkx as nx",
    "numpy": "import numpy as np", "pandas": "import numpy as np\nimport pandas as pd",
    "pydantic": "import pydantic\nfrom pydantic import BaseModel", "requests": "import requests", "rich": "import rich",
    "scipy": "import numpy as np\nimport scipy", "shapely": "import shapely\nfrom shapely import LineString, Point, Polygon",
    "sqlalchemy": "import sqlalchemy as sa",
}  # fmt: skip
# Modules whose tests end no process, open no socket and wait for nothing.
STANDARD = (
    "argparse", "ast", "base64", "bisect", "calendar", "collections", "colorsys", "configparser", "contextlib", "copy",
    "csv", "dataclasses", "datetime", "decimal", "difflib", "fnmatch", "fractions", "functools", "heapq", "html", "inspect",
    "ipaddress", "itertools", "json", "math", "operator", "pathlib", "random", "re", "shlex", "statistics", "string", "struct",
    "textwrap", "types", "typing", "unicodedata", "urllib", "uuid", "zlib",
)  # fmt: skip
STRATA: Mapping[str, int] = {"frequent": 100, "rare": 100, "new": 80}
FREQUENT = 40  # calls in the code of others, at least
_MOST_LEAK = 0.7  # of the name's words in the comment
_TEST = 2 / 3
_TRIED, _TRIED_NEW = 100, 250  # sites that are run, of one library
_A_NAME, _A_NEW_NAME = 2, 5  # sites that are run, of one name
_MOST_OF_AN_OWNER = 14
_NOTE = re.compile(r"^!!!.*\n(?:[ \t]+.*\n?|\n)*", re.M)  # pydantic's documentation begins with a box
_INTERNAL = re.compile(r"\btest|^sqlalchemy\.(util|testing)|^pandas\.core\.common")
_SKIPPED = re.compile(r"(^|/)(typing/|mypy|benchmarks?/|f2py/|distutils|_pyinstaller|_vendor)")


def collect(site_packages: Path, stdlib: Path, sdists: Path) -> Iterator[tuple[str, Site]]:
    """Every site, with the library in whose tests or documentation it was found."""
    for library, imports in LIBRARIES.items():
        package = site_packages / library
        for path in sorted(package.rglob("*.py")):
            where = path.relative_to(site_packages).as_posix()
            if _SKIPPED.search(where):
                continue
            source = path.read_text(encoding="utf-8", errors="replace")
            if "/tests/" in where:
                yield from ((library, site) for site in sites_of_tests(where, source))
            elif ">>>" in source:
                yield from ((library, site) for site in sites_of_examples(where, source, imports))
    for folder in sorted(sdists.iterdir()):
        library = folder.name.rpartition("-")[0].replace("-", "_").lower()
        for path in sorted((*folder.glob("test*/**/*.py"), *folder.glob("example*/**/*.py"))):
            where = f"{folder.name}/{path.relative_to(folder).as_posix()}"
            source = path.read_text(encoding="utf-8", errors="replace")
            yield from ((library, site) for site in sites_of_tests(where, source))
    for module in STANDARD:
        for path in sorted(
            {*stdlib.glob(f"test/test_{module}.py"), *stdlib.glob(f"test/test_{module}/*.py")}
        ):
            source = path.read_text(encoding="utf-8", errors="replace")
            where = path.relative_to(stdlib).as_posix()
            yield from ((module, site) for site in sites_of_tests(where, source))


def choose_sites(found: Iterable[tuple[str, Site]], new: Mapping[str, set[str]]) -> list[tuple[str, Site]]:
    """The sites worth running: a few of each name, at random; more of those that may be new."""
    chance = random.Random(f"{SEED} sites")
    unique = {(site.setup, site.call): (library, site) for library, site in found}
    mixed = chance.sample(list(unique.values()), len(unique))
    mixed.sort(key=lambda each: not each[1].comment)  # a developer's own words first
    a_name: Counter[tuple[str, str]] = Counter()
    a_library: Counter[tuple[str, bool]] = Counter()
    chosen: list[tuple[str, Site]] = []
    for library, site in mixed:
        is_new = site.name in new.get(library, ())
        most = _TRIED_NEW if is_new else _TRIED if library in LIBRARIES else _TRIED // 10
        if (
            a_name[library, site.name] < (_A_NEW_NAME if is_new else _A_NAME)
            and a_library[library, is_new] < most
        ):
            a_name[library, site.name] += 1
            a_library[library, is_new] += 1
            chosen.append((library, site))
    return chosen


def new_names(library: str, now: Referee, before: Referee) -> set[str]:
    """Names that no module or class of ``library`` had: their sites are looked at first, all others are asked about, too."""
    question = {"ask": "names", "library": library, "seconds": 300}
    there, had = now.ask(question) or {}, before.ask(question) or {}
    known = {name for names in had.values() for name in names}
    return {name for names in there.values() for name in names} - known


def is_new(facts: Mapping[str, Any], name: str, before: Referee) -> bool | None:
    """Whether the libraries of February 2024 lack it under each of its names; None where that cannot be told."""
    parent, _, last = facts["module"].rpartition(".")
    places = [(facts["module"], facts["class"])]
    if parent and not facts["class"]:
        places.append((parent, last))  # numpy.rec was no module that could be imported, but it was there
    answers = [
        before.ask({"ask": "has", "module": module, "class": owner, "name": each, "preload": [module]})
        for module, owner in places
        for each in (name, *facts["others"])
    ]
    if "yes" in answers:
        return False
    if answers[0] == "no" or (
        answers[0] == "no_owner" and not facts["module"].rpartition(".")[2].startswith("_")
    ):
        return True
    # a class may have moved; a module that is public is where people find it
    return True if answers[0] == "no_module" and not facts["class"] else None


def task_of(library: str, site: Site, facts: Mapping[str, Any], new: bool, calls: int) -> Task | None:
    """The task of one site; None when nothing says what is wanted, or the comment says the name."""
    owner = ".".join(part for part in (facts["module"], facts["class"]) if part)
    comment = site.comment or comment_of(owner, site.name, _NOTE.sub("", facts["doc"])) or ""
    if not comment or name_leak(comment, site.name) > _MOST_LEAK:
        return None
    return {
        "id": f"{owner}.{site.name}", "family": "installed", "library": facts["module"].partition(".")[0], "client": f"python:{owner}",
        "module": facts["module"], "name": site.name, "group": group_of(facts["module"]), "unseen": new, "count": calls,
        "stratum": "new" if new else "frequent" if calls >= FREQUENT else "rare",
        "comment": comment, "comment_from": "site" if site.comment else "documentation", "name_leak": name_leak(comment, site.name),
        "source": site.source, "where": site.where, "found_in": library, "call": site.call,
        "setup": site.setup, "prefix": site.prefix, "receiver": site.receiver,
        "text": f"{site.setup}\n# {comment}\n{site.prefix}",
    }  # fmt: skip


def is_internal(facts: Mapping[str, Any]) -> bool:
    """Whether nobody but the library calls it. A public class may be defined in a private module, a function not."""
    seen = facts["class"] or facts["module"]
    return (
        any(part.startswith("_") for part in seen.split(".")) or _INTERNAL.search(facts["module"]) is not None
    )


def group_of(module: str) -> str:
    """What is drawn into one split as a whole: ``scipy.stats``, ``numpy``, ``json``."""
    parts = [part for part in module.split(".") if not part.startswith("_")]
    return ".".join(parts[:2])


def split_of(groups: Iterable[str]) -> dict[str, str]:
    """Each group's half."""
    ordered = sorted(set(groups))
    drawn = random.Random(SEED).sample(ordered, len(ordered))
    return {group: "test" if place < _TEST * len(drawn) else "dev" for place, group in enumerate(drawn)}


def choose(tasks: Sequence[Task]) -> list[Task]:
    """The wanted number of each stratum, in turns from each library, no owner too often; interleaved."""
    split = split_of(task["group"] for task in tasks)
    groups: dict[tuple[str, str], list[Task]] = {}
    for stratum, wanted in STRATA.items():
        chance = random.Random(f"{SEED} {stratum}")
        there = [task for task in tasks if task["stratum"] == stratum]
        pools: dict[str, list[Task]] = {}
        for task in chance.sample(there, len(there)):
            pools.setdefault(task["library"], []).append(task)
        owners: Counter[str] = Counter()
        chosen: list[Task] = []
        while len(chosen) < wanted and any(pools.values()):
            for library in sorted(pools):
                task = next((each for each in pools[library] if owners[each["client"]] < _MOST_OF_AN_OWNER or stratum == "new"), None)  # fmt: skip
                if task is None:
                    pools[library] = []
                    continue
                pools[library].remove(task)
                owners[task["client"]] += 1
                chosen.append(task)
        for task in chosen[:wanted]:
            half = split[task["group"]]
            groups.setdefault((stratum, half), []).append({**task, "split": half})
    return interleaved(groups)


class Kept:
    """A referee's answers, kept in a file: running every site takes many minutes."""

    def __init__(self, referee: Referee, path: Path) -> None:
        self._referee = referee
        self._answers: dict[str, Any] = {}
        if path.exists():
            self._answers = dict(json.loads(line) for line in path.read_text(encoding="utf-8").splitlines())
        self._file = path.open("a", encoding="utf-8")
        self._about = inspect.getsource(child) + REQUIREMENTS.read_text(encoding="utf-8")

    def ask(self, question: Mapping[str, Any]) -> Any:
        key = hashlib.sha256((self._about + json.dumps(question)).encode()).hexdigest()[:24]
        if key not in self._answers:
            self._answers[key] = self._referee.ask(question)
            print(json.dumps([key, self._answers[key]]), file=self._file, flush=True)
        return self._answers[key]


def make() -> list[Task]:
    """All of it; the sites that do not run, or whose call cannot be judged, fall out."""
    site_packages = Path(next((CACHE / "venv" / "lib").glob("python3*/site-packages"), CACHE))
    python, old = interpreter(), old_interpreter()
    now, before = Referee(python), Referee(old)
    new = {library: new_names(library, now, before) for library in LIBRARIES}
    print({library: len(names) for library, names in new.items()}, "names that may be new", flush=True)
    found = list(collect(site_packages, Path(sysconfig.get_path("stdlib")), sources()))
    sites = choose_sites(found, new)
    print(f"{len(found)} sites, {len(sites)} of them are run", flush=True)
    counts = read_counts()
    kept = Kept(now, CACHE / "described.jsonl")
    made: dict[str, Task] = {}
    began = time.monotonic()
    for number, (library, site) in enumerate(sites, 1):
        facts = kept.ask({"ask": "describe", "setup": site.setup, "receiver": site.receiver, "name": site.name, "call": site.call, "preload": preload(site.setup)})  # fmt: skip
        left = (time.monotonic() - began) / number * (len(sites) - number)
        print(
            f"\r{number}/{len(sites)} sites, {len(made)} tasks, {left / 60:.0f} min left  ",
            end="",
            flush=True,
        )
        top = facts["module"].partition(".")[0] if facts else ""
        if not facts or (top not in LIBRARIES and top not in STANDARD) or is_internal(facts):
            continue
        fresh = is_new(facts, site.name, before) if top in LIBRARIES else False
        if fresh is not None:
            task = task_of(library, site, facts, fresh, counts[top].get(site.name, 0))
            if task is not None:
                made.setdefault(task["id"], task)
    print()
    now.close()
    before.close()
    return choose(list(made.values()))


def preload(setup: str) -> list[str]:
    """The modules of the libraries that a script imports."""
    modules = re.findall(r"^(?:import|from) ([\w.]+)", setup, re.M)
    return sorted({each for each in modules if each.partition(".")[0] in {*LIBRARIES, *STANDARD}})


def main() -> None:
    tasks = make()
    write_tasks(tasks, TASKS)
    for key, number in sorted(Counter((task["stratum"], task["split"]) for task in tasks).items()):
        print(*key, number)
    print(Counter(task["library"] for task in tasks).most_common())
    print(Counter((task["comment_from"], task["source"]) for task in tasks))
    print(
        f"{len(tasks)} tasks, mean name_leak {sum(task['name_leak'] for task in tasks) / max(1, len(tasks)):.2f}"
    )


if __name__ == "__main__":
    main()
