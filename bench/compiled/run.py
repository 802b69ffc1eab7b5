"""`make bench-compiled`: calls of installed libraries in TypeScript or C++, over LSP, judged by the compiler run as a program.

``LANGUAGE=typescript`` or ``cpp``. ``LIMIT=n`` takes the first n tasks, which hold the same share of each package; ``MODEL=``
another model of the registry; ``METHODS=`` some methods, also ``full, over LSP, open for 5 s``; ``SPLIT=dev`` one split; ``SLOWDOWN=`` time limits so many times as long. What was
generated is kept in ``generations/``: a run goes on where the last one stopped. Judging is done anew each time.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path

from bench.compiled.report import BASE, FULL, write_report
from bench.compiled.sites import CACHE, CompiledLanguage, Problem
from bench.compiled.tasks import HERE, asked_language, tasks_path
from bench.completing import Generations, Row, Wanted, wanted
from bench.environments import share_judges
from bench.over_lsp import OPEN_FOR, FileKind, Project, facts, generations, write_over_lsp
from bench.retrieval.tasks import read_tasks

GENERATIONS = HERE / "generations"
# of each method `completion.method`, and the seconds that the file has been open
METHODS: Mapping[str, tuple[str, float]] = {
    BASE: ("base", OPEN_FOR),
    FULL: ("full", OPEN_FOR),
    f"{FULL}, open for 5 s": ("full", 5.0),
}
_CALLED = re.compile(r"\s*([\w$]+)")


def workspace(language: CompiledLanguage, tasks: Sequence[Row]) -> Path:
    """Return the folder with the packages; one file of it uses what the tasks use, so that it is indexed."""
    folder = language.workspace()
    if not language.uses:
        return folder
    pattern = re.compile(language.uses, re.MULTILINE)
    uses = sorted({found[0] for task in tasks for found in pattern.finditer(task["setup"])})
    path, text = folder / f"uses{language.extension}", "".join(f"{each}\n" for each in uses)
    if not path.exists() or path.read_text(encoding="utf-8") != text:
        path.write_text(text, encoding="utf-8")
    return folder


def write_generations(language: CompiledLanguage, folder: Path, run: Wanted, kept: Generations) -> None:
    """Complete every task by every method that is not there yet, one server a method."""
    home = CACHE / f"home-{language.id}"
    kind = FileKind(language.id, language.extension, language.statement)
    share_judges(home)
    for method in run.methods:
        name, seconds = METHODS[method]
        project = Project(folder, None, home, kind, {"method": name}, seconds)
        write_over_lsp(
            kept.missing(run.tasks, [method]), lambda _: f"task{language.extension}", project, run.model, kept
        )


def accepted(task: Row, row: Row, any_value: str = "", setup: str = "") -> str:
    """Return the task's file once the answer is in it, with ``any_value``, if any, at its tab stops: those are the person's to fill."""
    text, written = task["text"], row["text"]
    typed = len(written) - len(row["shown"])
    stops: Sequence[Sequence[int]] = row.get("tab_stops") or []
    for start, end in reversed(stops if any_value else []):
        written = f"{written[: typed + start]}{any_value}{written[typed + end :]}"
    return f"{setup if any_value and stops else ''}{text[: row['start']]}{written}{text[row['end'] :]}"


def outcome(task: Row, row: Row, problems: Sequence[Problem]) -> Row:
    """Return what became of an answer. The file had no error with the author's call in it: each is the answer's."""
    kinds = {each.kind: each for each in reversed(problems)}
    called = _CALLED.match(row["shown"])
    right = called is not None and called[1] == task["name"]
    if not row["shown"].strip():
        name, problem = "nothing", None
    elif problem := kinds.get("syntax"):
        name = "does_not_parse"
    elif problem := kinds.get("name"):
        name = "invented"
    elif problem := kinds.get("argument"):
        name = "invalid_usage"
    elif problem := kinds.get("other"):
        name = "other_error"
    else:
        name = "valid" if right else "wrong_name"
    return {
        "outcome": name, "called": called[1] if called else "", "callee": right, "parses": name != "does_not_parse",
        "why": f"{problem.code} {problem.message}".strip() if problem else "",
    }  # fmt: skip


def judged(language: CompiledLanguage, folder: Path, found: Sequence[tuple[Row, Row]]) -> list[Row]:
    """Return the generations with what the compiler says of them today, as they are shown and with any value at the tab stops.

    What stands for any value is none where a template asks for its type: what compiles as it is shown is right as well.
    """
    shown = [(number, task, row) for number, (task, row) in enumerate(found) if row["shown"].strip()]
    files = {
        f"shown{number}{language.extension}": accepted(task, row) for number, task, row in shown
    } | {
        f"answer{number}{language.extension}": accepted(task, row, language.any_value, language.any_setup)
        for number, task, row in shown if row.get("tab_stops")
    }  # fmt: skip
    problems = language.check(folder, files) if files else {}
    keys = ("package", "split", "name", "call", "comment_from", "name_leak")
    rows = []
    for number, (task, row) in enumerate(found):
        as_shown = problems.get(f"shown{number}{language.extension}", ())
        filled = problems.get(f"answer{number}{language.extension}", as_shown)
        rows.append({
            **row, **outcome(task, row, filled if as_shown else ()), "as_shown": outcome(task, row, as_shown)["outcome"],
            "stops": len(row.get("tab_stops") or ()), **{key: task[key] for key in keys},
        })  # fmt: skip
    return rows


def main() -> None:
    language = asked_language()
    path = tasks_path(language)
    everything = read_tasks(path)
    run = wanted(everything, METHODS, (BASE, FULL))
    folder = workspace(language, everything)
    kept = generations(GENERATIONS, f"{language.id}-{run.model}", path)
    shutil.rmtree(folder / "judged", ignore_errors=True)
    write_generations(language, folder, run, kept)
    rows = judged(language, folder, list(kept.of(run.tasks, METHODS)))
    print(write_report(language, rows, facts(run), run.model))


if __name__ == "__main__":
    main()
