"""Calls of npm packages and C++ libraries: how they are cut out of examples, and what the compiler's errors make of an answer."""

from __future__ import annotations

from pathlib import Path

import pytest
from bench.compiled import cpp, report, typescript
from bench.compiled.run import accepted, outcome
from bench.compiled.sites import Problem, Site
from bench.compiled.tasks import choose, commented, task_of

DECLARED = """
/**
 * @name chunk
 * @description Splits an array into smaller arrays.
 *
 * @example
 * // Split the numbers in pairs
 * const pairs = chunk([1, 2, 3], 2);
 * console.log(pairs.length);
 */
export declare function chunk<T>(array: T[], size: number): T[][];

/**
 * Sorts things.
 *
 * ```ts
 * import { Sorter } from "tools";
 *
 * const sorter = new Sorter();
 * await sorter.sortBy([3, 1], { by: (one) => one });
 * ```
 */
export declare class Sorter {}
"""


def sites(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, Site]:
    (tmp_path / "node_modules" / "tools").mkdir(parents=True)
    (tmp_path / "node_modules" / "tools" / "index.d.ts").write_text(DECLARED)
    monkeypatch.setattr(typescript, "packages", lambda: ["tools"])
    return {site.name: site for site in typescript.sites(tmp_path)}


def test_documentation_comments() -> None:
    chunk, sorter = typescript.described(DECLARED)
    assert (chunk.name, sorter.name) == ("chunk", "Sorter")
    assert "Splits an array" in chunk.prose and sorter.prose == "Sorts things."
    assert chunk.examples[0].strip().startswith("// Split the numbers")
    assert sorter.examples[0].startswith('import { Sorter } from "tools";')


def test_a_function_is_called_on_its_module(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    site = sites(tmp_path, monkeypatch)["chunk"]
    assert site.prefix == "const pairs = tools."
    assert site.whole == 'import * as tools from "tools";\nconst pairs = tools.chunk([1, 2, 3], 2)\n'
    assert site.comment == "Split the numbers in pairs"


def test_a_member_that_is_waited_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    site = sites(tmp_path, monkeypatch)["sortBy"]
    assert site.prefix == "const result = await sorter."
    assert site.setup == 'import { Sorter } from "tools";\n\nconst sorter = new Sorter();'


def test_a_name_is_taken_from_an_import() -> None:
    assert typescript._without('import { one, two } from "x";', "one") == 'import { two } from "x";'
    assert typescript._without('import { one } from "x";', "one") == ""
    assert typescript._without('import all from "x";', "one") == 'import all from "x";'
    assert dict(typescript.named_imports("import { a, b as c } from 'x'")) == {"a": "x"}


def test_what_is_taken_for_granted_is_imported_where_it_is_used() -> None:
    assert typescript._granted("lodash", "_.map([1], f)") == ['import _ from "lodash";']
    assert typescript._granted("lodash", 'import _ from "lodash";\n_.map([1], f)') == []
    assert typescript._granted("immutable", "const List = 1;\nList + Map()") == [
        'import { Map } from "immutable";'
    ]


PROGRAM = """// Copyright Somebody

#include <shop.hpp>

int main()
{
    shop::basket basket;

    // put an apple into it
    basket.add("apple", 1);

    int all = basket.count_of("apple");
    std::cout << shop::format_price(all) << std::endl;
}
"""


def test_calls_of_a_program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    examples = tmp_path / "examples"
    examples.mkdir(parents=True)
    (examples / "shop.cpp").write_text(PROGRAM)
    monkeypatch.setattr(cpp, "ROOT", tmp_path)
    monkeypatch.setattr(cpp, "packages", lambda: {"shop": (tmp_path, examples)})
    found = {site.name: site for site in cpp.sites(tmp_path)}
    assert set(found) == {"add", "count_of", "format_price"}
    add = found["add"]
    assert (add.prefix, add.arguments, add.comment) == (
        "    basket.",
        '("apple", 1);',
        "put an apple into it",
    )
    assert add.setup == "#include <shop.hpp>\n\nint main()\n{\n    shop::basket basket;"
    assert found["count_of"].prefix == "    int all = basket."
    assert found["format_price"].prefix == "    auto result = shop::"
    task = task_of(cpp.CPP, add, add.comment)
    assert task["text"][: task["offset"]].endswith("    // put an apple into it\n    basket.")
    assert task["text"][task["offset"] :] == "\n}\n"


TASK = {"name": "add", "text": "a.\n", "offset": 2}
NAME, ARGUMENT, SYNTAX = (
    Problem("name", "", "no such"),
    Problem("argument", "", "too few"),
    Problem("syntax", "", "expected ;"),
)


@pytest.mark.parametrize(
    ("shown", "problems", "expected"),
    [
        ("add(1)", [], "valid"),
        ("added(1)", [], "wrong_name"),
        ("added(1)", [NAME], "invented"),
        ("add()", [ARGUMENT], "invalid_usage"),
        ("add(x)", [ARGUMENT, NAME], "invented"),
        ("add(", [NAME, SYNTAX], "does_not_parse"),
        ("", [], "nothing"),
    ],
)
def test_outcomes(shown: str, problems: list[Problem], expected: str) -> None:
    row = {"shown": shown, "start": 2, "end": 2, "text": shown}
    assert outcome(TASK, row, problems)["outcome"] == expected
    assert accepted(TASK, row, "") == f"a.{shown}\n"


def test_a_tab_stop_is_of_any_type() -> None:
    row = {
        "shown": "add(x, one, two)",
        "start": 1,
        "end": 2,
        "text": ".add(x, one, two)",
        "tab_stops": [[7, 10], [12, 15]],
    }
    assert accepted(TASK, row, "(null as any)") == "a.add(x, (null as any), (null as any))\n"
    assert accepted(TASK, row, "") == "a.add(x, one, two)\n"


def test_messages_of_the_compilers() -> None:
    assert cpp._kind("'struct A' has no member named 'x'") == "name"
    assert cpp._kind("no matching function for call to 'f()'") == "argument"
    assert cpp._kind("expected ';' before '}' token") == "syntax"
    assert [typescript._kind(code) for code in ("2339", "2554", "1005", "18046")] == [
        "name",
        "argument",
        "syntax",
        "other",
    ]


def test_comments_that_say_the_name_are_no_tasks() -> None:
    site = Site("p", "w", "", "a.", "addAll", "()")
    assert commented(site, {("p", "addAll"): "Adds all."}) == ""
    assert commented(site, {("p", "addAll"): "Puts many elements into the list of a shop."})


def test_tasks_are_taken_in_turns() -> None:
    tasks = [{"package": package, "name": f"n{number}"} for package in ("a", "b", "c") for number in range(9)]
    chosen = choose(tasks, 6, 9)
    assert sorted(task["package"] for task in chosen) == ["a", "a", "b", "b", "c", "c"]
    assert {task["split"] for task in chosen} == {"dev", "test"}


def test_the_page() -> None:
    rows = [
        {
            "id": f"{number} {method}", "method": method, "split": split, "package": "p", "call": "add(1)", "shown": "add(1)", "verdict": "verified",
            "ms": 10.0, "load": 0.1, "fired": False, "as_shown": "invented", "stops": 1, **outcome(TASK, {"shown": "add(1)"}, [ARGUMENT] if number else []),
        }
        for method in (report.BASE, report.FULL) for split in ("test", "dev") for number in range(2)
    ]  # fmt: skip
    text = report.page(typescript.TYPESCRIPT, rows, {"model": "m"})
    assert "100.0 % (2/2" in text and "50.0 % (1/2" in text and "invalid usage" in text
