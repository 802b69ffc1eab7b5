"""Rows of a repository's history, with real git."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from git_repository import git
from soothsay.align.exclusions import Exclusions
from soothsay.align.history import Change, change_rows, changes, history_rows
from soothsay.align.prompts import Markers

MARKERS = Markers("", "<P>", "<S>", "<M>", "")
BEFORE = "import shop\n\n\ndef sell(item):\n    shop.remove(item)\n    return shop.total()\n"
AFTER = BEFORE.replace("shop.remove(item)", "shop.sell(item, shop.price(item))")
CHANGE = Change("c" * 40, "Sell items at their price", "sales.py", BEFORE, AFTER)
NONE = Exclusions()


def commit(folder: Path, message: str, **files: str) -> None:
    for name, text in files.items():
        path = folder / f"{name}.py"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    git(folder, "add", ".")
    git(folder, "commit", "-m", message)


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    folder = tmp_path / "shop"
    folder.mkdir()
    git(folder, "init", "-q")
    commit(folder, "Sell things", sales=BEFORE)
    commit(folder, "Sell items at their price", sales=AFTER)
    return folder


def test_a_hunk_is_asked_for_by_its_message_and_the_lines_that_it_replaces() -> None:
    (row,) = change_rows(CHANGE, NONE, MARKERS)
    told = "    # Sell items at their price\n    # shop.remove(item)\n"
    assert told in row.prompt and "return shop.total()" in row.prompt
    assert row.chosen == "    shop.sell(item, shop.price(item))\n"
    assert row.rejected == "    shop.remove(item)\n"
    assert (row.kind, row.file, row.reason) == ("commit", "sales.py", "replaced by cccccccccccc")


def test_lines_that_were_added_reject_nothing() -> None:
    added = replace(CHANGE, after=BEFORE.replace("    return", "    shop.close()\n    return"))
    (row,) = change_rows(added, NONE, MARKERS)
    assert row.chosen == "    shop.close()\n" and not row.is_pair


@pytest.mark.parametrize(
    "change",
    [
        replace(CHANGE, message="wip"),
        replace(CHANGE, message="Use the <M> mark"),
        replace(CHANGE, after=AFTER.replace("price(item))", "price(item)")),
        replace(CHANGE, after=BEFORE + "x = 1\n" * 9),
        replace(CHANGE, file="sales.unknown"),
        replace(CHANGE, after=BEFORE.replace("    shop.remove(item)\n", "")),
    ],
)
def test_what_teaches_nothing_gives_no_row(change: Change) -> None:
    assert list(change_rows(change, NONE, MARKERS)) == []


def test_excluded_files_give_no_row() -> None:
    assert list(change_rows(CHANGE, Exclusions.of([], ["sales.*"]), MARKERS)) == []


def test_secrets_are_masked() -> None:
    secret = "ghp_" + "a1B2c3D4e5" * 4
    change = replace(CHANGE, message=f"Use the token {secret}", after=AFTER + f'\ntoken = "{secret}"\n')
    rows = list(change_rows(change, NONE, MARKERS))
    assert rows and all(secret not in f"{row.prompt}{row.chosen}{row.rejected}" for row in rows)


def test_commits_of_the_workspace_are_read_the_newest_first(repository: Path) -> None:
    commit(repository, "Close the shop", sales=AFTER + "\n\nshop.close()\n")
    found = list(changes(repository))
    assert [each.message for each in found] == ["Close the shop", "Sell items at their price"]
    assert (found[1].before, found[1].after, found[1].file) == (BEFORE, AFTER, "sales.py")


def test_a_folder_of_a_repository_gives_its_own_files_alone(repository: Path) -> None:
    commit(repository, "Begin a part", **{"part/goods": BEFORE})
    commit(repository, "Change both of them", **{"part/goods": AFTER, "sales": BEFORE})
    assert [each.file for each in changes(repository / "part")] == ["goods.py"]


def test_secret_files_and_folders_without_a_repository_give_nothing(repository: Path, tmp_path: Path) -> None:
    commit(repository, "Keep the keys here", secrets="KEY = 1\n")
    commit(repository, "Change the keys now", secrets="KEY = 2\n")
    assert {each.file for each in changes(repository)} == {"sales.py"}
    (tmp_path / "empty").mkdir()
    assert list(changes(tmp_path / "empty")) == []


def test_no_program_of_the_repositorys_settings_is_run(repository: Path, tmp_path: Path) -> None:
    trap = tmp_path / "trap.sh"
    trap.write_text(f"#!/bin/sh\ntouch {tmp_path}/sprung\ncat\n")
    trap.chmod(0o755)
    (repository / ".git" / "info").mkdir(exist_ok=True)
    (repository / ".git" / "info" / "attributes").write_text("*.py diff=trap filter=trap\n")
    for setting in ("diff.trap.textconv", "diff.trap.command", "diff.external", "filter.trap.smudge", "core.pager",
                    "core.fsmonitor", "gpg.program"):  # fmt: skip
        git(repository, "config", setting, str(trap))
    git(repository, "config", "log.showSignature", "true")
    assert len(list(changes(repository))) == 1
    assert not (tmp_path / "sprung").exists()


def test_no_more_rows_than_were_asked_for(repository: Path) -> None:
    commit(repository, "Close the shop", sales=AFTER + "\n\nshop.close()\n")
    found = list(history_rows(repository, NONE, MARKERS, 1))
    assert [len(rows) for _, rows in found] == [1]
    assert len({source for source, _ in history_rows(repository, NONE, MARKERS, 9)}) == 2
