"""`make bench-crosslingual`: names that a file of another language defines, with and without what other files share.

``LIMIT=n`` takes the first n tasks, which hold the same share of each repository; ``MODEL=`` another model of the registry;
``METHODS=base;full`` some methods; ``SPLIT=dev`` one split. What was generated is kept in ``generations/``; a run goes on
where the last one stopped.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from bench.cloudapi import methods
from bench.cloudapi.methods import Variant
from bench.completing import Generations, Row, fill, fingerprint, open_model, recorded, wanted
from bench.crosslingual.sites import PATH
from bench.crosslingual.tasks import TASKS
from bench.crosslingual.world import HERE, REPOSITORIES, interpreter, workspace
from bench.opened import index_of_words
from bench.oracle.report import table, with_interval
from bench.remember import RememberingModel
from bench.repo.over_lsp import by_repository
from bench.retrieval.tasks import read_tasks
from bench.side_by_side import footer, write_rows

from soothsay.engine.pipeline import Engine
from soothsay.engine.types import CompletionRequest
from soothsay_index.worker.local import LocalIndex

GENERATIONS = HERE / "generations"
VARIANTS: Mapping[str, Variant] = {
    "base": Variant("base"),
    "full": Variant("full"),
    "base, read ahead": Variant("base", ahead=True),
    "full, read ahead": Variant("full", ahead=True),
}


def complete(root: Path, index: LocalIndex, model: RememberingModel, task: Row, method: str) -> Row:
    """Complete one task in a file that was just opened: what is on disk, with the answer in it, must not be read."""
    path = root / task["path"]
    model.reset()
    index.mirror(path, task["text"])
    try:
        engine = Engine(model, index, VARIANTS[method].settings())
        request = CompletionRequest(path, task["text"], task["offset"], root, language_id(path))
        if VARIANTS[method].ahead:
            engine.prepare(request)
        return recorded(engine.complete(request), model, [])
    finally:
        index.forget(path)


def language_id(path: Path) -> str:
    """Return the id of a file's language."""
    from soothsay_languages.registry import language_of_file

    language = language_of_file(path)
    return "plaintext" if language is None else language.id


@contextmanager
def opened(name: str) -> Iterator[LocalIndex]:
    """Open the index of a repository, and close it after the block. It has no vectors: what files share are names."""
    index = index_of_words(workspace(name), interpreter())
    try:
        yield index
    finally:
        index.close()


def is_exact(answer: str, shown: str) -> bool:
    """Return whether ``shown`` begins with ``answer`` as a whole name."""
    return re.match(rf"{re.escape(answer)}(?![\w-])", shown.lstrip(" ")) is not None


def written_path(root: Path, task: Row, shown: str) -> bool | None:
    """Return whether the first path in the first line of ``shown`` is that of a file; None where it writes none."""
    match = PATH.search(shown.partition("\n")[0])
    if match is None:
        return None
    return any((folder / match[1]).is_file() for folder in (root, (root / task["path"]).parent))


def page(rows: Sequence[Row], facts: Mapping[str, str]) -> str:
    """Return everything, as Markdown."""
    parts = [
        f"# Names that a file of another language defines: {facts['model']}\n",
        "Source distributions (`bench/crosslingual/repositories.txt`). A line of a workflow, compose file, Dockerfile, Makefile or shell script is "
        "cut where it writes a name that stands nowhere else in its file, and in a file of another language. Exact: the completion begins "
        "with that name. *Paths that no file has*: of the first path in the first line of a completion, from the root or the file's own folder. *Read ahead* has what other files share, as an editor has it once the file was read ahead. The index has no vectors: names need none. `make bench-crosslingual`.\n",
    ]
    for split in ("test", "dev"):
        part = [row for row in rows if row["split"] == split]
        for title, group in ((f"{split} split", part), *((f"{split}: {kind}", [r for r in part if r["kind"] == kind]) for kind in sorted({r["kind"] for r in part}))):  # fmt: skip
            lines = []
            for method in VARIANTS:
                mine = [row for row in group if row["method"] == method]
                if mine:
                    paths = [row["path_exists"] for row in mine if row["path_exists"] is not None]
                    exact = with_interval(sum(row["exact"] for row in mine), len(mine))
                    lines.append((method, exact, f"{paths.count(False)} of {len(paths)}"))
            if lines:
                heads = ("method", "exact match (95 % interval)", "paths that no file has")
                parts.append(f"## {title}\n\n{table(heads, lines)}\n")
    return "\n".join([*parts, footer(facts)])


def main() -> None:
    run = wanted(read_tasks(TASKS), VARIANTS, tuple(VARIANTS))
    code = fingerprint(Path(methods.__file__), Path(__file__), REPOSITORIES)
    kept = Generations(GENERATIONS / f"{run.model}.jsonl.gz", code)
    missing = kept.missing(run.tasks, run.methods)
    if missing:
        with open_model(run.model, GENERATIONS) as (model, streams):
            for name, todo in by_repository(missing):
                with opened(name) as index:
                    fill(todo, partial(complete, workspace(name), index, model), kept, streams)
    rows = [
        {**row, **{key: task[key] for key in ("repository", "split", "kind", "answer", "before")}, "exact": is_exact(task["answer"], row["shown"]), "path_exists": written_path(workspace(task["repository"]), task, row["shown"])}
        for task, row in kept.of(run.tasks, run.methods)
    ]  # fmt: skip
    text = page(rows, run.facts())
    plain = [
        {key: row[key] for key in ("id", "method", "split", "kind", "exact", "path_exists", "ms", "load")}
        for row in rows
    ]
    write_rows(f"crosslingual-{run.model}", text, run.facts(), plain)
    print(text)


if __name__ == "__main__":
    main()
