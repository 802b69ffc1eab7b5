"""Makes the tasks: ``LANGUAGE=typescript python -m bench.compiled.tasks`` writes ``tasks-typescript.jsonl.gz``.

A call of an example that a package brings is removed. Kept are those that compile as they stand, and whose receiver the
compiler knows: with a made-up name in place of the author's, it must object. The comment above is the author's own where it says
what is done; else it is made from what the declaration says of the function, as in :mod:`bench.cloudapi`. Packages are drawn
into development or test as wholes.
"""

from __future__ import annotations

import os
import random
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from bench.cloudapi.comments import comment_of
from bench.compiled.cpp import CPP
from bench.compiled.sites import NO_SUCH_NAME, CompiledLanguage, Problem, Site
from bench.compiled.typescript import TYPESCRIPT
from bench.installed.tasks import split_of
from bench.order import interleaved
from bench.retrieval.comments import SEED, name_leak
from bench.retrieval.tasks import Task, write_tasks

HERE = Path(__file__).resolve().parent
LANGUAGES: Mapping[str, CompiledLanguage] = {each.id: each for each in (TYPESCRIPT, CPP)}
WANTED: Mapping[str, int] = {"typescript": 270, "cpp": 150}
_MOST_OF_A_PACKAGE: Mapping[str, int] = {"typescript": 36, "cpp": 30}
_TRIED: Mapping[str, int] = {"typescript": 150, "cpp": 60}  # sites of a package that are compiled
_OF_A_NAME = 2  # sites of one name that are compiled
_MOST_LEAK = 0.7  # of the name's words in the comment


def asked_language() -> CompiledLanguage:
    """Return the language that ``LANGUAGE=`` names."""
    name = os.environ.get("LANGUAGE") or "typescript"
    if name not in LANGUAGES:
        raise SystemExit(f"LANGUAGE: there is no {name}; there are {', '.join(LANGUAGES)}")
    return LANGUAGES[name]


def tasks_path(language: CompiledLanguage) -> Path:
    """Return the file of a language's tasks."""
    return HERE / f"tasks-{language.id}.jsonl.gz"


def commented(site: Site, described: Mapping[tuple[str, str], str]) -> str:
    """Return the comment of a site's task; "" where nothing says what is wanted, or the comment says the name."""
    comment = (
        site.comment
        or comment_of(site.package, site.name, described.get((site.package, site.name), ""))
        or ""
    )
    return comment if comment and name_leak(comment, site.name) <= _MOST_LEAK else ""


def candidates(
    found: Iterable[Site], described: Mapping[tuple[str, str], str], most: int
) -> list[tuple[Site, str]]:
    """Return the sites worth compiling, with their comments: some of each package, at random, a developer's own words first."""
    chance = random.Random(f"{SEED} sites")
    unique = {(site.setup, site.prefix, site.name, site.arguments): site for site in found}
    mixed = chance.sample(list(unique.values()), len(unique))
    mixed.sort(key=lambda site: not site.comment)
    of_name: Counter[tuple[str, str]] = Counter()
    of_package: Counter[str] = Counter()
    chosen: list[tuple[Site, str]] = []
    for site in mixed:
        if of_package[site.package] >= most or of_name[site.package, site.name] >= _OF_A_NAME:
            continue
        if comment := commented(site, described):
            of_package[site.package] += 1
            of_name[site.package, site.name] += 1
            chosen.append((site, comment))
    return chosen


def judgeable(language: CompiledLanguage, folder: Path, sites: Sequence[Site]) -> list[bool]:
    """Return of each site whether it compiles, and does not with a made-up name."""
    files: dict[str, str] = {}
    for number, site in enumerate(sites):
        files[f"right{number}{language.extension}"] = site.whole
        files[f"wrong{number}{language.extension}"] = site.script(f"{NO_SUCH_NAME}{site.arguments}")
    found = language.check(folder, files)

    def problems(kind: str, number: int) -> Sequence[Problem]:
        return found[f"{kind}{number}{language.extension}"]

    return [
        not problems("right", number) and any(each.kind == "name" for each in problems("wrong", number))
        for number in range(len(sites))
    ]


def task_of(language: CompiledLanguage, site: Site, comment: str) -> Task:
    """Return the task of a site."""
    before = f"{site.setup}\n{_indentation(site.prefix)}{language.comment_mark} {comment}\n{site.prefix}"
    return {
        "id": f"{site.where} {site.name}", "family": "compiled", "language": language.id, "package": site.package, "name": site.name,
        "comment": comment, "comment_from": "site" if site.comment else "documentation", "name_leak": name_leak(comment, site.name),
        "where": site.where, "call": site.name + site.arguments, "setup": site.setup, "prefix": site.prefix, "after": site.after,
        "text": f"{before}\n{site.after}", "offset": len(before),
    }  # fmt: skip


def _indentation(line: str) -> str:
    return line[: len(line) - len(line.lstrip())]


def choose(tasks: Sequence[Task], wanted: int, most: int) -> list[Task]:
    """Return the wanted number of tasks, in turns from each package, no name twice; interleaved."""
    split = split_of(task["package"] for task in tasks)
    chance = random.Random(f"{SEED} choose")
    pools: dict[str, list[Task]] = {}
    seen: set[tuple[str, str]] = set()
    for task in chance.sample(list(tasks), len(tasks)):
        if (task["package"], task["name"]) not in seen:
            seen.add((task["package"], task["name"]))
            pools.setdefault(task["package"], []).append(task)
    groups: dict[tuple[str, str], list[Task]] = {}
    turns = [
        (place, package) for package, pool in sorted(pools.items()) for place in range(min(len(pool), most))
    ]
    for place, package in sorted(turns)[:wanted]:
        groups.setdefault((package, split[package]), []).append(
            {**pools[package][place], "split": split[package]}
        )
    return interleaved(groups)


def main() -> None:
    language = asked_language()
    folder = language.workspace()
    sites = candidates(language.sites(folder), language.descriptions(folder), _TRIED[language.id])
    print(f"{len(sites)} sites are compiled", flush=True)
    fine = judgeable(language, folder, [site for site, _ in sites])
    made = [
        task_of(language, site, comment)
        for (site, comment), is_fine in zip(sites, fine, strict=True)
        if is_fine
    ]
    tasks = choose(made, WANTED[language.id], _MOST_OF_A_PACKAGE[language.id])
    write_tasks(tasks, tasks_path(language))
    for key, number in sorted(Counter((task["split"], task["package"]) for task in tasks).items()):
        print(*key, number)
    print(
        Counter(task["split"] for task in tasks),
        Counter(task["comment_from"] for task in tasks),
        f"of {len(made)} that compile",
    )


if __name__ == "__main__":
    main()
