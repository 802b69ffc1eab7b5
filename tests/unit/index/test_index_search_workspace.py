"""Pieces of other files: what imports lead to, what looks alike, what is not saved yet, and no copies."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from index_fakes import write

from hash_embedder import HashEmbedder
from soothsay_index.build.process_pool import open_single_thread
from soothsay_index.sources.base import Harvest, Release
from soothsay_index.store.rows import harvest_tables
from soothsay_index.store.store import Store
from soothsay_index.types import Chunk, Hit, Query
from soothsay_index.worker.local import LocalIndex

FILES = {
    "app.py": "from shop import charge\n\n\ndef main():\n    charge(1)\n",
    "shop/__init__.py": "from shop.payments import charge\nfrom shop import audit\n",
    "shop/payments.py": (
        "from shop.money import rounded\n\n\ndef charge(amount, *, card):\n"
        "    '''Charge a card.'''\n    return rounded(amount)\n\n\n"
        "def refund(amount):\n    '''Give money back to the customer.'''\n"
    ),
    "shop/money.py": "def rounded(value):\n    '''Round money to cents.'''\n    return round(value, 2)\n",
    "shop/audit.py": "def record(entry):\n    '''Record an entry for the audit.'''\n    print(entry)\n",
    "legacy/billing.py": "def charge_card(card):\n    '''Charge a card.'''\n    return card\n",
    "reports/totals.py": (
        "def totals(rows):\n    result = {}\n    for row in rows:\n        if row.amount > 0:\n"
        "            result[row.account] = result.get(row.account, 0) + row.amount\n    return result\n"
    ),
    "Makefile.md": "",
}
CODE = (
    "def sums(lines):\n    found = {}\n    for line in lines:\n        if line.price > 0:\n"
    "            found[line.product] = found.get(line.product, 0) + line.price\n"
)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    write(tmp_path / "work", FILES)
    return (tmp_path / "work").resolve()


@pytest.fixture
def index(tmp_path: Path, root: Path) -> LocalIndex:
    embedder = HashEmbedder()
    made = LocalIndex(
        Store(tmp_path / "index", root, "hash", embedder.dimension), embedder, open_single_thread
    )
    made.build_from(None)
    return made


def names(hits: list[Hit]) -> list[str]:
    return [f"{hit.chunk.path}:{hit.symbol.name if hit.symbol else ''}" for hit in hits if hit.chunk]


def test_a_definition_imported_by_name_comes_first_through_the_package_that_hands_it_on(index):
    hits = index.search(Query("charge a card", modules=("shop.charge",), path="app.py"))
    assert names(hits)[0] == "shop/payments.py:charge"
    assert hits[0].scores["imports"] == 1.0
    assert hits[0].symbol.parameters is not None
    without = index.search(Query("charge a card", path="app.py"))
    assert "imports" not in without[0].scores


def test_what_imports_reach_in_two_steps_counts_less_than_in_one(index):
    hits = index.search(Query("round money back to customer", modules=("shop.payments",), path="app.py"))
    scores = {name: hit.scores.get("imports", 0) for name, hit in zip(names(hits), hits, strict=True)}
    assert scores["shop/payments.py:refund"] > scores["shop/money.py:rounded"] > 0
    assert scores.get("reports/totals.py:totals", 0) == 0


def test_code_that_does_the_same_under_other_names_is_alike_in_shape(index):
    hits = index.search(Query("sum the prices", path="app.py", code=CODE))
    alike = {name: hit.scores for name, hit in zip(names(hits), hits, strict=True)}
    assert alike["reports/totals.py:totals"]["shape"] > 0.6
    best = max(alike, key=lambda name: alike[name].get("shape", 0))
    assert best == "reports/totals.py:totals"


def test_a_file_that_was_edited_just_now_wins_a_tie(index, root):
    write(
        root, {"a.py": "def ship_order(a):\n    return a\n", "b.py": "def ship_order(b):\n    return [b]\n"}
    )
    index.update([root / "a.py", root / "b.py"])
    for first, second in (("a.py", "b.py"), ("b.py", "a.py")):
        hits = index.search(Query("ship the order", recent=(first, second)))
        assert names(hits)[:2] == [f"{first}:ship_order", f"{second}:ship_order"]
        assert hits[0].scores["recent"] > hits[1].scores["recent"]


def test_an_unsaved_definition_is_found_and_its_stale_version_is_not(index, root):
    path = root / "shop" / "payments.py"
    index.mirror(path, "def charge_later(amount, *, day):\n    '''Charge a card on a later day.'''\n")
    hits = index.search(Query("charge a card on a later day", path="app.py"))
    assert names(hits)[0] == "shop/payments.py:charge_later"
    assert [p.name for p in hits[0].symbol.parameters] == ["amount", "day"]
    everything = names(index.search(Query("charge give money back refund", path="app.py", limit=50)))
    assert "shop/payments.py:charge" not in everything and "shop/payments.py:refund" not in everything
    by_name = names(index.search(Query("shop.refund(", modules=("shop.payments.refund",), path="app.py")))
    assert "shop/payments.py:refund" not in by_name


def test_the_words_of_unsaved_and_stored_files_are_judged_alike(index, root):
    query = Query("give money back to the customer", path="app.py")

    def words() -> dict[str, float]:
        hits = index.search(query)
        return {name: hit.scores.get("text", 0.0) for name, hit in zip(names(hits), hits, strict=True)}

    index.mirror(root / "new.py", "def give_back(amount):\n    '''Give something.'''\n")
    found = words()
    assert found["shop/payments.py:refund"] > found["new.py:give_back"] > found["shop/money.py:rounded"]
    index.mirror(root / "new.py", (root / "shop" / "payments.py").read_text())
    found = words()
    assert max(found, key=lambda name: found[name]) == "new.py:refund"  # a copy, nearer to app.py


def test_imports_lead_to_unsaved_definitions(index, root):
    index.mirror(root / "shop" / "later.py", "def plan(day):\n    '''Plan a day.'''\n")
    hits = index.search(Query("charge a card", modules=("shop.later.plan",), path="app.py"))
    assert "shop/later.py:plan" in names(hits)


def test_after_the_document_is_closed_the_stored_version_counts_again(index, root):
    path = root / "shop" / "payments.py"
    index.mirror(path, "def other():\n    pass\n")
    index.forget(path)
    hits = index.search(Query("give money back to the customer", path="app.py"))
    assert names(hits)[0] == "shop/payments.py:refund"


def test_code_of_another_family_is_left_out(index, root):
    code = "// Charge a card.\nexport function chargeCard(card) {\n  return card;\n}\n"
    write(root, {"web/charge.ts": code, "web/pay.js": code, "deploy.sh": "charge_card() {\n  true\n}\n"})
    index.update((root / "web/charge.ts", root / "web/pay.js", root / "deploy.sh"))
    question = Query("charge a card", path="app.py")
    assert not any("web/" in each for each in names(index.search(question)))
    assert "deploy.sh:" in names(index.search(question))
    found = names(index.search(replace(question, path="web/shop.tsx")))
    assert {"web/charge.ts:", "deploy.sh:"} <= set(found) and not any(".py" in each for each in found)
    index.mirror(root / "web/charge.ts", code.replace("chargeCard", "chargeUnsaved"))
    assert not any("web/" in each for each in names(index.search(question)))


def test_of_copies_the_nearest_stays(index, root):
    text = (root / "reports" / "totals.py").read_text()
    write(root, {"vendor/copies/totals.py": text, "reports/near/x.py": "x = 1\n"})
    index.update([root / "vendor" / "copies" / "totals.py", root / "reports" / "near" / "x.py"])
    for path, expected in (
        ("reports/near/x.py", "reports/totals.py"),
        ("vendor/x.py", "vendor/copies/totals.py"),
    ):
        hits = index.search(Query("totals of rows by account", path=path, limit=20))
        assert [hit.chunk.path for hit in hits if hit.symbol and hit.symbol.name == "totals"] == [expected]


def test_an_updated_file_is_found_as_it_is_now(index, root):
    write(
        root, {"shop/audit.py": "def record_twice(entry):\n    '''Record an entry for the audit twice.'''\n"}
    )
    index.update([root / "shop" / "audit.py"])
    found = names(index.search(Query("record an entry for the audit", path="app.py", limit=20)))
    assert "shop/audit.py:record_twice" in found and "shop/audit.py:record" not in found
    index.remove([root / "shop" / "audit.py"])
    found = names(index.search(Query("record an entry for the audit", path="app.py", limit=20)))
    assert not [name for name in found if name.startswith("shop/audit.py")]


def test_code_comes_before_prose_but_not_for_prose(index, root):
    prose = "# Refunds\n\nGive money back to the customer: refund.\n"
    write(root, {"docs/refunds.md": prose, "docs/new.md": "# New\n\nNothing.\n"})
    index.update([root / "docs" / "refunds.md", root / "docs" / "new.md"])
    in_code = names(index.search(Query("give money back to the customer", path="app.py")))
    assert in_code[0] == "shop/payments.py:refund" and "docs/refunds.md:" in in_code
    in_prose = names(index.search(Query("give money back to the customer", path="docs/new.md")))
    assert in_prose.index("docs/refunds.md:") < in_code.index("docs/refunds.md:")


def test_of_a_long_section_the_lines_that_matter_are_shown(index, root):
    filler = "\n".join(f"Line {number} says nothing of interest here." for number in range(40))
    write(root, {"docs/long.md": f"# Long\n\n{filler}\nTo requeue a parcel press the amber button.\n"})
    index.update([root / "docs" / "long.md"])
    hit = next(
        h for h in index.search(Query("requeue a parcel")) if h.chunk and h.chunk.path == "docs/long.md"
    )
    lines = (root / "docs" / "long.md").read_text().split("\n")
    assert "requeue a parcel" in hit.chunk.text and hit.chunk.start_line > 1
    assert hit.chunk.text.startswith(lines[hit.chunk.start_line - 1])


def test_notes_of_packages_are_documents_and_those_of_other_environments_are_hidden(index):
    packages = index.store.packages
    notes = Chunk(
        "shapes/CHANGES.md", "file:///c.md", 3, 4, "New in 2.0: unstack splits a shape.", None, "2.0", "prose"
    )
    for release in (Release("shapes", "2.0", "shapes"), Release("others", "1.0", "others")):
        chunk = replace(notes, path=f"{release.part}/CHANGES.md")
        packages.add("chunks", harvest_tables([(release, Harvest((), (), (chunk,)))])["chunks"])
    hits = index.search(Query("unstack splits a shape", packages=("shapes",)))
    assert {"shapes/CHANGES.md"} <= {hit.chunk.path for hit in hits if hit.kind == "document" and hit.chunk}


def test_odd_code_and_modules_do_not_fail(index):
    for code in ("", "\n\n\n", "((((", "def f(:\n\t \x00", "é" * 5_000, "    return\n"):
        index.search(
            Query("charge", modules=("", ".", "..", "shop..x", "shop."), code=code, recent=("", "nowhere.py"))
        )


def test_names_for_files_of_other_languages_are_members_of_their_kind_and_no_names_of_code(
    index: LocalIndex, root: Path
) -> None:
    makefile, package = root / "Makefile", root / "package.json"
    write(root, {makefile.name: "record: audit\n\techo\n", package.name: '{"scripts": {"refunds": "x"}}'})
    index.update([makefile, package])
    assert [each.name for each in index.members("shared target")] == ["target record"]
    assert [each.name for each in index.members("shared script")] == ["script refunds"]
    assert not index.has_name("refunds")
    paths = {each.name for each in index.members("shared file")}
    assert {"file Makefile", "file package.json"} <= paths
    write(root, {package.name: '{"scripts": {"returns": "x"}}'})
    index.update([package])
    assert [each.name for each in index.members("shared script")] == ["script returns"]
