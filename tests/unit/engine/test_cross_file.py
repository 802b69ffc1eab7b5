"""What a file can use of its workspace, as signatures at the head of a prompt that is read ahead."""

from __future__ import annotations

from pathlib import Path

from fakes import FakeIndex, FakeModel, function
from tiny_index import fake_index

from soothsay.config import Settings
from soothsay.engine.cross_file import by_words, cross_file
from soothsay.engine.pipeline import Engine
from soothsay.engine.site import Site
from soothsay.engine.types import CompletionRequest
from soothsay_index.types import Index, Symbol

TEXT = "import lib\nfrom market import Till, till_of, VAT\nfrom market import rates as r\n\nx = "


def request(text: str = TEXT) -> CompletionRequest:
    return CompletionRequest(Path("/w/app.py"), text, len(text), Path("/w"))


def words(text: str) -> int:
    return len(text.split())


def test_what_is_imported_by_name_comes_first_then_what_it_has(index: Index) -> None:
    """Nothing of packages, nothing private, nothing that a module merely imports itself."""
    assert cross_file(Site(request(), index), 100, words).splitlines() == [
        "# Till(name)",
        "# till_of(order, day=...)",
        "# Till.pay(amount)",
        "# r.today()",
    ]


def test_the_budget_is_kept(index: Index) -> None:
    assert cross_file(Site(request(), index), 5, words).splitlines() == [
        "# Till(name)",
        "# till_of(order, day=...)",
    ]
    assert cross_file(Site(request(), index), 0, words) == ""


def test_it_is_read_when_nobody_waits_and_stays_for_the_file(index: Index) -> None:
    model = FakeModel([("1", 1.0), ("\n", 1.0)])
    engine = Engine(model, index, Settings(method="base"))
    engine.complete(request())
    assert not model.prompts[-1].prefix.startswith("# Till")
    engine.prepare(request())
    engine.complete(request())
    assert model.prompts[-1] == model.prepared[-1]
    assert model.prompts[-1].prefix.startswith("# Till(name)\n")
    engine.complete(request(TEXT + "1\n\n\ny = "))  # another place, at once
    assert model.prompts[-1].prefix.startswith("# Till(name)\n")


def test_it_is_read_anew_when_it_has_changed() -> None:
    model = FakeModel([("1", 1.0), ("\n", 1.0)])
    index = fake_index()
    engine = Engine(model, index, Settings(method="base"))
    engine.prepare(request())
    count = len(model.prepared)
    engine.prepare(request())
    assert model.prepared[count:] == model.prepared[count - 1 : count]  # nothing new
    index.owners = {**index.owners, "market.Till": [function("market.Till.refund", "amount")]}
    engine.prepare(request())
    assert "# Till.refund(amount)\n" in model.prepared[-1].prefix
    assert "Till.pay" not in model.prepared[-1].prefix


def shared(kind: str, name: str, path: str, line: int = 1) -> Symbol:
    """A name that the file ``path`` defines for files of other languages."""
    called, uri = f"{kind} {name}", Path("/w", path).as_uri()
    return Symbol(
        called, called, f"shared {kind}", "attribute", "workspace", "w", "", uri, line, summary=path
    )


SHARED = FakeIndex(
    **{
        "shared target": [shared("target", "lint", "Makefile", 7), shared("target", "test", "Makefile", 3)],
        "shared variable": [shared("variable", "A", "src/a.py"), shared("variable", "B", "compose.yml")],
        "shared service": [shared("service", "web", "compose.yml")],
    }
)


def beside(name: str, language: str) -> Site:
    return Site(CompletionRequest(Path("/w", name), "a", 1, Path("/w"), language), SHARED)


def test_names_that_other_languages_share_are_there_for_the_files_that_write_them() -> None:
    """Those of files nearer to the root come first, each file's in its order."""
    lines = ["# make targets: test, lint", "# compose services: web", "# environment variables: B, A"]
    assert cross_file(beside("ci.yml", "yaml"), 100, words).splitlines() == lines
    assert cross_file(beside("go.sh", "shellscript"), 100, words).splitlines() == lines
    assert cross_file(beside("app.py", "python"), 100, words) == ""


def test_a_file_is_not_told_its_own_names() -> None:
    lines = cross_file(beside("compose.yml", "yaml"), 100, words).splitlines()
    assert lines == ["# make targets: test, lint", "# environment variables: A"]


def test_no_kind_of_names_takes_all_of_the_room() -> None:
    many = FakeIndex(**{"shared variable": [shared("variable", f"V{n}", "a.py", n) for n in range(50)]})
    site = Site(CompletionRequest(Path("/w/a.sh"), "a", 1, Path("/w"), "shellscript"), many)
    assert (
        cross_file(site, 30, words)
        == "# environment variables: " + ", ".join(f"V{n}" for n in range(10)) + "\n"
    )


FILES = ("setup.py", "docs/conf.py", "docs/index.md", "scripts/print_hashes.py", "scripts/print_sizes.py")


def test_files_come_last_and_those_first_that_share_rare_words_with_the_text() -> None:
    owners = {
        "shared variable": [shared("variable", "A", "src/a.py")],
        "shared file": [shared("file", path, path) for path in FILES],
    }
    text = "print-hashes:\n\t$(PYTHON) scripts/print_sizes.py\n"
    site = Site(CompletionRequest(Path("/w/Makefile"), text, 0, Path("/w"), "makefile"), FakeIndex(**owners))
    assert cross_file(site, 100, words).splitlines() == [
        "# environment variables: A",
        "# files: scripts/print_hashes.py, setup.py, docs/conf.py, docs/index.md",  # one is written already
    ]
    assert cross_file(site, 8, words).splitlines()[1] == "# files: scripts/print_hashes.py, setup.py"


def test_of_paths_without_a_word_in_common_those_near_the_root_come_first() -> None:
    assert by_words(FILES, "all:") == ["setup.py", "docs/conf.py", "docs/index.md", *FILES[3:]]
    assert by_words((), "all:") == []
