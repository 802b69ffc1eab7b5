"""Which name of another file is written instead of a drafted one."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence

import pytest

from soothsay.engine.shared_choice import Around, NameChoice, choose_shared
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
) -> NameChoice | None:
    around = Around(before + after, len(before), path)
    return choose_shared(around, draft, lambda kind: symbols(kind, names.get(kind, ())))


def shown(before: str, draft: str, path: str = "Makefile") -> str:
    """Return what is written in place of ``draft``, where one name is clear."""
    choice = choose(before, draft, path)
    assert choice is not None
    assert len(choice.names) == 1
    return draft[: choice.start] + next(iter(choice.endings))


def test_a_path_that_the_words_above_ask_for_is_written_instead_of_one_that_was_copied() -> None:
    before = "export-customers:  ## Write the customers of a year\n\tpython "
    assert shown(before, "scripts/export_invoices.py $(ARGS)") == "scripts/export_customers.py"


def test_a_path_that_was_meant_stays() -> None:
    before = "export-customers:  ## Write the customers of a year\n\tpython "
    assert choose(before, "scripts/export_customers.py $(ARGS)") is None


def test_a_path_that_no_file_has_is_replaced_by_the_nearest_one() -> None:
    choice = choose("lint:\n\tpip install -r ", "requirements-lint.txt")
    assert choice is not None
    assert choice.is_invented
    assert next(iter(choice.names)) == "requirements/lint.txt"


def test_a_path_that_exists_stays_where_nothing_asks_for_another() -> None:
    assert choose("all:\n\tpython ", "scripts/internal/bench.py") is None


def test_what_is_typed_of_a_path_is_kept() -> None:
    before = "export-customers:\n\tpython scripts/"
    choice = choose(before, "export_invoices.py")
    assert choice is not None
    assert (choice.typed, choice.start, list(choice.endings)) == ("scripts/", 0, ["export_customers.py"])


def test_options_before_a_path_are_kept() -> None:
    assert shown("test-orders:\n\tpytest ", "-v tests/unit/test_money.py") == "-v tests/unit/test_orders.py"


def test_a_file_of_the_drafted_name_in_another_folder_is_meant() -> None:
    assert shown("all:\n\tpython ", "bench.py --fast") == "scripts/internal/bench.py"


def test_a_file_of_the_drafted_name_deep_in_folders_that_nothing_speaks_of_is_not_meant() -> None:
    names: dict[SharedKind, list[str]] = {"file": ["tests/unit/hooks/data/setup.py"]}
    assert choose("COPY README.rst .\nCOPY ", "setup.py .", path="Dockerfile", names=names) is None


def test_a_path_from_the_files_own_folder_exists() -> None:
    assert choose("html:\n\tpip install -r ", "requirements.txt", path="docs/Makefile") is None


def test_a_folder_stays() -> None:
    assert choose("test-orders:\n\tpytest ", "tests/unit") is None
    assert choose("test-orders:\n\tpytest ", "tests/unit/ -v") is None


def test_a_path_of_another_ending_is_not_meant() -> None:
    assert choose("export-customers:\n\tcat ", "export/customers.csv") is None


def test_what_the_lines_above_write_is_not_written_again() -> None:
    before = "lint:\n\tpip install -r requirements/lint.txt\n\tpip install -r "
    choice = choose(before, "requirements/lint.txt")
    assert choice is None or "requirements/lint.txt" not in choice.names


def test_lines_that_begin_alike_tell_that_a_path_follows() -> None:
    before = "bench:\n\t$(RUN) scripts/internal/bench.py\n\ninvoices:\n\t$(RUN) scripts/export_invoices.py\n\nexport-customers:\n\t$(RUN) "
    assert shown(before, '-c "import sys"') == "scripts/export_customers.py"
    assert choose("export-customers:\n\t$(RUN) ", '-c "import sys"') is None


@pytest.mark.parametrize(
    "draft",
    [
        "https://example.org/scripts/export_orders.py",
        "/usr/lib/scripts/export_orders.py",
        "$HOME/scripts/export_orders.py",
        "$(DIR)/export_orders.py",
        "user@host:scripts/export_orders.py",
    ],
)
def test_what_is_no_path_of_the_workspace_stays(draft: str) -> None:
    assert choose("export-customers:\n\tcurl ", draft) is None


def test_a_target_that_is_not_there_is_replaced() -> None:
    choice = choose("    # check the types\n    run: make ", "check-typing", path=".github/workflows/ci.yml")
    assert choice is not None
    assert (list(choice.names), choice.is_invented) == (["check-types"], True)


def test_a_target_that_nothing_here_is_like_stays() -> None:
    assert choose("RUN ./configure && make ", "install", path="Dockerfile") is None


def test_a_script_of_npm_is_one_name_with_its_colon() -> None:
    choice = choose("      # build the web pages\n      - run: npm run ", "build-web", path="ci.yml")
    assert choice is not None
    assert list(choice.names) == ["build:web"]


def test_nothing_is_known_where_nothing_is_shared() -> None:
    assert choose("export-customers:\n\tpython ", "scripts/export_invoices.py", names={}) is None


def test_a_long_file_and_many_names_take_milliseconds() -> None:
    names: dict[SharedKind, list[str]] = {"file": [f"src/part{i % 90}/module_{i}.py" for i in range(10_000)]}
    before = "".join(f"target-{i}:\n\techo {i}\n\n" for i in range(2_000)) + "module-77:\n\tpython "
    began = time.perf_counter()
    choose(before, "src/module_x.py", names=names)
    assert time.perf_counter() - began < 2.0
