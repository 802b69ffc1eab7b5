"""Traces of calls that a completion has to look up: `python -m bench.latency.grounded_traces` writes ``grounded.jsonl.gz``.

The files are those of repositories that are younger than the model (`bench/repo/repositories.txt`), with the environments
of the other benchmarks: calls on clients of services, on installed libraries, and on what another file of the repository
defines. A trace of ``grounded.jsonl.gz`` holds the text of its file, so that it can be read without the repository. The
seed decides everything else: the same files give the same traces.
"""

from __future__ import annotations

import random
import shutil
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal

from bench.cloudapi.world import interpreter as with_clouds
from bench.installed.world import interpreter as with_libraries
from bench.installed.world import pins, unpacked
from bench.latency.calls import CallSite, call_at, choose, client_calls, library_calls, written_again
from bench.latency.peer_build import CACHE
from bench.latency.trace import HERE, Step, Trace, digest, parsed, plain, replay
from bench.order import interleaved
from bench.repo.sites import sites
from bench.repo.symbols import Repository, parse
from bench.repo.world import CACHE as REPOSITORIES_CACHE
from bench.repo.world import REPOSITORIES
from bench.repo.world import interpreter as of_repositories
from bench.repo.world import workspace as of_repository
from bench.retrieval.tasks import read_tasks, write_tasks

GROUNDED = HERE / "grounded.jsonl.gz"
SEED = 20
Kind = Literal["client", "library", "workspace"]
KINDS: tuple[Kind, ...] = ("client", "library", "workspace")
_LIBRARIES = ("numpy", "pandas", "httpx", "pydantic", "rich", "scipy", "sqlalchemy", "requests")
_LEFT_OUT = shutil.ignore_patterns("__pycache__")
_MOST_CHARACTERS = 45_000  # of a file
_A_FILE = 5  # calls of a file


@dataclass(frozen=True, slots=True)
class Place:
    """Where calls of one kind are found: a repository, and the environment that it is read with."""

    kind: Kind
    repository: str
    python: Callable[[], Path]
    wanted: int  # calls
    in_arguments: float = 0.25  # of the calls have a stop behind the bracket, too
    more: tuple[str, ...] = ()  # folders beside the packages

    def workspace(self) -> Path:
        """Return its folder, made where it is missing."""
        if not self.more:
            return of_repository(self.repository)
        pin = self._pin()
        folder = CACHE / "workspaces" / pin.replace("==", "-")
        if not folder.exists():
            source = unpacked(pin, REPOSITORIES_CACHE / "sdists", REPOSITORIES_CACHE / "sources")
            part = folder.with_suffix(".part")
            shutil.rmtree(part, ignore_errors=True)
            shutil.copytree(of_repository(self.repository), part)
            for name in self.more:
                shutil.copytree(source / name, part / name, ignore=_LEFT_OUT)
            part.rename(folder)
        return folder

    def version(self) -> str:
        """Return the version of the repository."""
        return self._pin().partition("==")[2]

    def _pin(self) -> str:
        return next(pin for pin in pins(REPOSITORIES) if pin.startswith(f"{self.repository}=="))


PLACES = (
    Place("client", "strands-agents", with_clouds, 20, 1.0, ("tests_integ",)),
    Place("library", "trackio", with_libraries, 12),
    Place("library", "verifiers", with_libraries, 12),
    Place("workspace", "openevals", of_repositories, 8),
    Place("workspace", "langextract", of_repositories, 8),
    Place("workspace", "mcp-use", of_repositories, 8),
)


@dataclass(frozen=True, slots=True)
class RepositoryFile:
    """A file of a repository, and its text."""

    kind: Kind
    repository: str
    version: str
    path: str
    sha256: str
    text: str

    def read(self) -> str:
        """Return its text."""
        return self.text

    @property
    def file(self) -> str:
        """Return its path in the workspace."""
        return self.path

    @property
    def place(self) -> Place:
        """Return where it is from."""
        return next(each for each in PLACES if (each.kind, each.repository) == (self.kind, self.repository))


def generate(place: Place) -> Iterator[Trace]:
    """Yield the traces of one place: files at random until enough calls are found."""
    root, left = place.workspace(), place.wanted
    chance, names = random.Random(f"{SEED} {place.repository}"), Counter[str]()
    found = sorted(_sites(place, root).items())
    for path, in_file in chance.sample(found, len(found)):
        chosen = choose(in_file, min(_A_FILE, left), names, chance)
        if chosen:
            left -= len(chosen)
            yield _trace(place, root, path, chosen, chance)


def _sites(place: Place, root: Path) -> dict[str, list[CallSite]]:
    """Return the calls of each file that has any."""
    repository = Repository.read(root)
    found: dict[str, list[CallSite]] = {}
    for module in repository.modules.values():
        text = (root / module.path).read_text(encoding="utf-8", errors="replace")
        tree, lines = parse(text), text.split("\n")
        if tree is None or len(text) > _MOST_CHARACTERS or "\r" in text or "\f" in text:
            continue
        match place.kind:
            case "client":
                calls = list(client_calls(tree, lines))
            case "library":
                calls = list(library_calls(tree, lines, _LIBRARIES))
            case "workspace":
                found_here = sites(repository, module, text, tree)
                calls = [
                    call
                    for each in found_here
                    if (call := call_at(tree, lines, each.line - 1, each.column, each.name)) is not None
                ]
        if calls:
            found[module.path] = calls
    return found


def _trace(place: Place, root: Path, path: str, chosen: Sequence[CallSite], chance: random.Random) -> Trace:
    text = (root / path).read_text(encoding="utf-8")
    steps: list[Step] = []
    for site in chosen:
        steps += written_again(site, text.split("\n"), chance, place.in_arguments)
    source = RepositoryFile(place.kind, place.repository, place.version(), path, digest(text), text)
    return Trace(f"{place.repository}/{path}", source, SEED, tuple(steps))


def to_json(trace: Trace) -> dict[str, Any]:
    """Return a trace as a line of ``grounded.jsonl.gz``."""
    assert isinstance(trace.source, RepositoryFile)
    return {"trace": trace.name, "seed": trace.seed, **asdict(trace.source), "steps": plain(trace.steps)}


def from_json(row: dict[str, Any]) -> Trace:
    """Return the inverse of `to_json`."""
    names = ("kind", "repository", "version", "path", "sha256", "text")
    return Trace(
        row["trace"], RepositoryFile(*(row[name] for name in names)), row["seed"], parsed(row["steps"])
    )


def grounded() -> list[Trace]:
    """Return the traces of the repository, in an order in which every beginning holds the same share of each kind."""
    return [from_json(row) for row in read_tasks(GROUNDED)]


def main() -> None:
    traces = [trace for place in PLACES for trace in generate(place)]
    for trace in traces:
        assert replay(trace, trace.source.read()) == trace.source.read(), trace.name
    groups: dict[str, list[dict[str, Any]]] = {}
    for trace in traces:
        row = to_json(trace)
        groups.setdefault(row["kind"], []).append(row)
        print(f"{row['kind']:<10} {trace.looks():>3} stops, {trace.keys():>4} keys, {trace.name}")
    write_tasks(interleaved(groups), GROUNDED)
    print(f"{len(traces)} files, {sum(trace.looks() for trace in traces)} stops")


if __name__ == "__main__":
    main()
