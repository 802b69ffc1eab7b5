"""Paths in a Makefile, by the real model and the real index: those that exist, and that the recipe's target asks for."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path

import pytest

from soothsay.backend.session import Session
from soothsay.engine.types import Completion, CompletionRequest

OpenSession = Callable[[Path], AbstractContextManager[Session]]

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]

SCRIPTS = ("export_customers", "export_invoices", "import_prices", "rebuild_search", "send_reminders")
MAKEFILE = """# What is run every night.

invoices:  ## Write the invoices of a day
\tpython tools/nightly/export_invoices.py

prices:  ## Read the prices of the suppliers
\tpython tools/nightly/import_prices.py

"""
ASKED = {
    "reminders:  ## Remind who has not paid\n\tpython ": "tools/nightly/send_reminders.py",
    "search:  ## Make the search's index again\n\tpython ": "tools/nightly/rebuild_search.py",
    "customers:  ## Export all of them\n\tpython tools/": "nightly/export_customers.py",
}


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory, open_session: OpenSession) -> Iterator[Session]:
    folder = tmp_path_factory.mktemp("shop")
    scripts = folder / "tools" / "nightly"
    scripts.mkdir(parents=True)
    for name in SCRIPTS:
        (scripts / f"{name}.py").write_text("print('done')\n", encoding="utf-8")
    (folder / "Makefile").write_text(MAKEFILE, encoding="utf-8")
    with open_session(folder) as opened:
        yield opened


def complete(session: Session, recipe: str) -> Completion:
    path, text = session.workspace / "Makefile", MAKEFILE + recipe
    return session.complete(CompletionRequest(path, text, len(text), session.workspace, "makefile"))


@pytest.mark.parametrize("recipe", ASKED)
def test_the_script_that_the_target_asks_for_is_written(shop: Session, recipe: str) -> None:
    answer = complete(shop, recipe)
    assert answer.text.split()[:1] == [ASKED[recipe]], answer


def test_what_was_chosen_is_explained(shop: Session) -> None:
    answers = [complete(shop, recipe) for recipe in ASKED]
    chosen = [answer for answer in answers if answer.trigger.fired]
    assert chosen, "the model wrote all of them by itself: nothing is tested"
    for answer in chosen:
        assert set(answer.trigger.reasons) <= {"not_in_workspace", "another_name"}
        assert answer.evidence[0].uri.endswith(answer.evidence[0].symbol.removeprefix("file "))
