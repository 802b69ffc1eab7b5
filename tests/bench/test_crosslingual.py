"""The holes of the cross-lingual benchmark: names that stand nowhere else in their file, and in one of another language."""

from __future__ import annotations

from bench.crosslingual.run import is_exact
from bench.crosslingual.sites import sites
from bench.crosslingual.tasks import task_of

TEXTS = {
    "Makefile": "lint:\n\truff check\nbuild: lint\n\tpython setup.py\n",
    ".github/workflows/ci.yml": "jobs:\n  a:\n    run: make lint\n  b:\n    run: make build # make release\n  c:\n    run: make nothing\n",
    "app.py": "import os\nos.environ['API_TOKEN']\n",
    "go.sh": "export API_TOKEN=1\nexport API_OTHER=2\n",
    "twice.sh": "export API_TOKEN=1\necho $API_TOKEN\n",
    "setup.py": "",
}  # fmt: skip


def test_names_that_another_language_defines_are_found() -> None:
    found = {(site.path, site.kind, site.answer) for site in sites(TEXTS)}
    assert found == {
        (".github/workflows/ci.yml", "target", "lint"),
        ("go.sh", "variable", "API_TOKEN"),
        ("Makefile", "file", "setup.py"),
    }


def test_the_rest_of_the_line_is_removed() -> None:
    site = next(site for site in sites(TEXTS) if site.kind == "target")
    task = task_of("x", site, TEXTS[site.path])
    assert task["before"] == "    run: make "
    assert task["text"][task["offset"] :].startswith("\n  b:")


def test_a_name_is_whole() -> None:
    assert is_exact("lint", "lint") and is_exact("lint", " lint && x")
    assert (
        not is_exact("lint", "linter") and not is_exact("lint", "lint-all") and not is_exact("lint", "x lint")
    )
