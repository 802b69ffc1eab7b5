"""Which name of another file is written instead of a drafted one."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence

import pytest

from soothsay.engine.name_choice import Around, NameChoice
from soothsay.engine.shared_choice import choose_shared
from soothsay_index.types import Symbol
from soothsay_languages.base import SharedKind
from soothsay_languages.shared_names import owner_of_shared

FILES = (
    "Makefile",
    "docs/conf.py",
    "docs/requirements.txt",
    "requirements/lint.txt",
    "requirements/test.txt",
    "scripts/export_invoices.py",
    "scripts/export_customers.py",
    "scripts/internal/bench.py",
    "tests/unit/test_money.py",
    "tests/unit/test_orders.py",
)
NAMES: Mapping[SharedKind, Sequence[str]] = {
    "file": FILES,
    "target": ("build-wheels", "check-types", "clean"),
    "script": ("build:web", "lint"),
}


def symbols(kind: SharedKind, names: Sequence[str]) -> dict[str, Symbol]:
    owner = owner_of_shared(kind)
    return {
        name: Symbol(
            f"{kind} {name}", f"{kind} {name}", owner, "attribute", "workspace", "shop", "", f"file:///{name}"
        )
        for name in names
    }


def choose(
    before: str,
    draft: str,
    path: str = "Makefile",
    after: str = "\n",
    names: Mapping[SharedKind, Sequence[str]] = NAMES,
    exists: Sequence[str] = (),
) -> NameChoice | None:
    around = Around(before + after, len(before), path, lambda asked: asked in exists)
    return choose_shared(around, draft, lambda kind: symbols(kind, names.get(kind, ())))


def shown(before: str, draft: str, path: str = "Makefile") -> str:
    """Return what is written in place of ``draft``, where one name is clear."""
    choice = choose(before, draft, path)
    assert choice is not None
    assert len(choice.names) == 1
    return draft[: choice.start] + next(iter(choice.endings))


RECIPES = "invoices:\n\tpython scripts/export_invoices.py\n\n"


def test_a_path_that_the_words_above_ask_for_is_written_instead_of_one_that_was_copied() -> None:
    before = f"{RECIPES}export-customers:  ## Write the customers of a year\n\tpython "
    assert shown(before, "scripts/export_invoices.py $(ARGS)") == "scripts/export_customers.py"


def test_a_path_that_was_meant_stays() -> None:
    before = f"{RECIPES}export-customers:  ## Write the customers of a year\n\tpython "
    assert choose(before, "scripts/export_customers.py $(ARGS)") is None


def test_a_path_that_no_file_has_is_replaced_by_the_nearest_one() -> None:
    choice = choose(
        "all:\n\tpip install -r docs/requirements.txt\n\nlint:\n\tpip install -r ", "requirements-lint.txt"
    )
    assert choice is not None
    assert choice.is_invented
    assert next(iter(choice.names)) == "requirements/lint.txt"


@pytest.mark.parametrize("lead", ["python ", "./run ", "node --test ", "> ", "-o ", "rm -f "])
def test_a_path_is_looked_at_only_where_another_line_has_one_that_exists(lead: str) -> None:
    assert (
        choose(f"{RECIPES}export-customers:\n\t{lead}", "scripts/customers.py") is None or lead == "python "
    )
    assert choose(f"export-customers:\n\t{lead}", "scripts/customers.py") is None


def test_a_path_that_exists_stays_where_nothing_asks_for_another() -> None:
    assert choose(f"{RECIPES}all:\n\tpython ", "scripts/internal/bench.py") is None


def test_a_path_that_is_on_the_disk_exists_though_the_index_does_not_know_it() -> None:
    before = f"{RECIPES}export-customers:\n\tpython "
    assert choose(before, "scripts/customers.py") is not None
    assert choose(before, "scripts/customers.py", exists=("scripts/customers.py",)) is None
    assert choose(before, "customers.py", path="jobs/Makefile", exists=("jobs/customers.py",)) is None


def test_a_file_of_the_drafted_name_in_any_folder_exists() -> None:
    assert choose(f"{RECIPES}customers:\n\tcd scripts && python ", "export_customers.py") is None
    assert choose(f"{RECIPES}customers:\n\tpython ", "export_customers.py") is None


def test_what_is_typed_of_a_path_is_kept() -> None:
    before = f"{RECIPES}export-customers:\n\tpython scripts/"
    choice = choose(before, "export_invoices.py")
    assert choice is not None
    assert (choice.typed, choice.start, list(choice.endings)) == ("scripts/", 0, ["export_customers.py"])


def test_options_before_a_path_are_kept() -> None:
    before = "test-money:\n\tpytest -v tests/unit/test_money.py\n\ntest-orders:\n\tpytest "
    assert shown(before, "-v tests/unit/test_money.py") == "-v tests/unit/test_orders.py"


def test_a_path_within_quotes_and_the_value_of_an_option_are_looked_at() -> None:
    before = "lint:\n\tcheck --config='requirements/test.txt'\n\ntest-lint:\n\tcheck "
    assert shown(before, "--config='requirements/lints.txt'") == "--config='requirements/lint.txt"


def test_a_path_from_the_files_own_folder_exists() -> None:
    before = "all:\n\tpip install -r requirements/lint.txt\n\nhtml:\n\tpip install -r "
    assert choose(before, "requirements.txt", path="docs/Makefile") is None


def test_a_folder_stays() -> None:
    before = "test-money:\n\tpytest tests/unit/test_money.py\n\ntest-orders:\n\tpytest "
    assert choose(before, "tests/unit") is None
    assert choose(before, "tests/unit/ -v") is None


def test_a_path_of_another_ending_is_not_meant() -> None:
    assert choose(f"{RECIPES}export-customers:\n\tpython ", "scripts/customers.pyc") is None


def test_what_the_lines_above_write_is_not_written_again() -> None:
    before = "lint:\n\tpip install -r requirements/lint.txt\n\tpip install -r "
    choice = choose(before, "requirements/lint.txt")
    assert choice is None or "requirements/lint.txt" not in choice.names


@pytest.mark.parametrize(
    "draft",
    [
        "https://example.org/scripts/export_orders.py",
        "git+https://example.org/shop#subdirectory=scripts/export",
        "/usr/lib/scripts/export_orders.py",
        "../scripts/export_orders.py",
        "$HOME/scripts/export_orders.py",
        "$(DIR)/export_orders.py",
        "user@host:scripts/export_orders.py",
        "scripts/export-orders@v4",
        "scripts/export_$(NAME).py",
        "scripts/export_${n}.py",
        "scripts/export_{a,b}.py",
        "scripts/export_*.py",
        "scripts\\\\export_orders.py",
        "${{ inputs.export_orders.py }}",
        "scripts/export_orders.py:ro",
    ],
)
def test_what_is_no_path_of_the_workspace_stays(draft: str) -> None:
    assert choose(f"{RECIPES}export-customers:\n\tpython ", draft) is None


def test_a_path_that_goes_on_behind_the_cursor_stays() -> None:
    assert choose(f"{RECIPES}export-customers:\n\tpython scripts/", "customers", after=".py\n") is None


def test_a_target_that_is_not_there_is_replaced() -> None:
    choice = choose("    # check the types\n    run: make ", "check-typing", path=".github/workflows/ci.yml")
    assert choice is not None
    assert (list(choice.names), choice.is_invented) == (["check-types"], True)


def test_a_target_that_nothing_here_is_like_stays() -> None:
    assert choose("RUN ./configure && make ", "install", path="Dockerfile") is None


def test_a_target_of_the_file_itself_stays() -> None:
    assert choose("check:\n\ttrue\n\n# check the types\nall:\n\tmake ", "check") is None


@pytest.mark.parametrize("draft", ["-s check-types", "-C types all", "TYPES=1 check-types", "$(CHECKS)"])
def test_what_is_no_target_stays(draft: str) -> None:
    assert choose("# check the types\nall:\n\tmake ", draft) is None


def test_a_script_of_npm_is_one_name_with_its_colon() -> None:
    choice = choose("      # build the web pages\n      - run: npm run ", "build-web", path="ci.yml")
    assert choice is not None
    assert list(choice.names) == ["build:web"]
    assert choose("      # build the web pages\n      - run: npm run ", "build:web", path="ci.yml") is None


def test_nothing_is_known_where_nothing_is_shared() -> None:
    assert choose(f"{RECIPES}export-customers:\n\tpython ", "scripts/customers.py", names={}) is None


@pytest.mark.parametrize("hostile", ["-", ".", "compose -", "a/", "make "])
def test_a_long_line_is_not_read(hostile: str) -> None:
    began = time.thread_time()
    assert choose(hostile * 100_000, "scripts/customers.py") is None
    assert choose("all:\n\tpython ", hostile * 100_000) is None
    assert time.thread_time() - began < 1.0


def test_a_long_file_and_many_names_take_a_moment() -> None:
    names: dict[SharedKind, list[str]] = {"file": [f"src/part{i % 90}/module_{i}.py" for i in range(10_000)]}
    before = (
        "".join(f"target-{i}:\n\tpython src/part1/module_1.py\n\n" for i in range(20_000))
        + "module-77:\n\tpython "
    )
    began = time.thread_time()
    choose(before, "src/module_x.py", names=names)
    assert time.thread_time() - began < 2.0
