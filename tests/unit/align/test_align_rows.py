"""Rows: what says the same is one row, and what belongs together is in one split."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from soothsay.align.card import card_of, without_leaks
from soothsay.align.dataset import RowFolder, read_lines
from soothsay.align.exclusions import Exclusions
from soothsay.align.rows import TrainingRow, data_hash, without_repetitions
from soothsay.errors import SoothsayError

ROW = TrainingRow("above\nx = np", ".zeros(3)\n", ".zeroes(3)\n", "call", "pandas", "numpy", "pandas/io.py")
ABOUT = {"model": "m", "seed": 0}


def test_a_row_that_differs_only_far_above_is_a_repetition() -> None:
    again = replace(ROW, prompt="other\n" * 5 + "above\nx = np", file="pandas/other.py")
    other = replace(ROW, rejected=".zeross(3)\n")
    assert list(without_repetitions([ROW, again, other])) == [ROW, other]


def test_a_package_is_in_one_split_whether_its_code_is_shown_or_called() -> None:
    rows = [replace(ROW, package=f"p{n}", target="") for n in range(200)]
    held_back = {row.package for row in rows if row.split(1) == "dev"}
    assert 5 < len(held_back) < 50
    one = sorted(held_back)[0]
    assert all(replace(ROW, package=p, target=one).split(1) == "dev" for p in ("", "p0", "other"))
    assert held_back != {row.package for row in rows if row.split(2) == "dev"}


def test_files_of_the_workspace_are_split_as_wholes() -> None:
    rows = [replace(ROW, package="", target="", file=f"f{n}.py") for n in range(200)]
    assert 5 < sum(row.split(1) == "dev" for row in rows) < 50


@pytest.mark.parametrize(
    ("name", "covered"),
    [
        ("scipy.stats", True), ("scipy.stats.norm", True), ("scipy.statsmodels", False), ("scipy", False),
        ("botocore:s3", True), ("botocore:s3control", False), ("More-Itertools", True), ("more_itertools.more", True), ("", False),
        ("pip._vendor.more_itertools.more", True), ("shop.vendor.more_itertools", True), ("shop.more_itertools", False),
        ("pip._vendor.scipy", False), ("vendors.more_itertools", False),
    ],
)  # fmt: skip
def test_an_exclusion_covers_what_is_in_it(name: str, covered: bool) -> None:
    exclusions = Exclusions.of(["scipy.stats", "botocore:s3", "more_itertools"])
    assert exclusions.cover(name) is covered


def test_rows_of_what_is_excluded_are_left_out() -> None:
    exclusions = Exclusions.of(["requests"], ["tests/*.py"])
    kept = replace(ROW, chosen=".request(3)\n")
    leaks = [
        replace(ROW, package="Requests"),
        replace(ROW, target="requests"),
        replace(ROW, file="tests/test_a.py"),
        replace(ROW, file="pip/_vendor/requests/api.py"),
        replace(ROW, file="pip/_vendor/requests.py"),
        replace(ROW, chosen=" requests.get(3)\n"),
        replace(ROW, prompt="x = requests.sessions"),
    ]
    assert without_leaks([kept, *leaks], exclusions) == [kept]


@pytest.mark.parametrize("text", ["[]", "{", '{"package": []}', '{"packages": "numpy"}', '{"files": [1]}'])
def test_exclusions_that_are_none_are_refused_in_one_line(tmp_path: Path, text: str) -> None:
    path = tmp_path / "test-split.json"
    path.write_text(text)
    with pytest.raises(SoothsayError, match=r"test-split\.json"):
        Exclusions.read(path)
    with pytest.raises(SoothsayError, match="cannot read"):
        Exclusions.read(tmp_path / "none.json")


def begun(folder: RowFolder, about: dict[str, Any] = ABOUT, *, fresh: bool = False) -> dict[str, int]:
    return folder.begin(about, fresh=fresh)


def test_a_folder_goes_on_where_it_was_left_even_in_the_middle_of_a_line(tmp_path: Path) -> None:
    folder = RowFolder(tmp_path / "rows")
    assert begun(folder) == {}
    folder.add("one", [ROW])
    folder.add("none", [])
    places = folder.folder / "places.jsonl"
    with places.open("a") as file:
        file.write('{"place": "half')
    assert begun(folder) == {"one": 1, "none": 0}
    folder.add("two", [replace(ROW, chosen=".ones(3)\n")])
    assert begun(folder) == {"one": 1, "none": 0, "two": 1}
    assert places.stat().st_mode & 0o077 == 0


def test_a_folder_of_other_options_is_refused_unless_it_is_begun_anew(tmp_path: Path) -> None:
    folder = RowFolder(tmp_path)
    begun(folder)
    folder.add("one", [ROW])
    with pytest.raises(SoothsayError, match="--fresh"):
        begun(folder, {"model": "another"})
    assert begun(folder, {"model": "another"}, fresh=True) == {}


def test_the_finished_set_holds_pairs_and_completions_and_a_card(tmp_path: Path) -> None:
    folder = RowFolder(tmp_path)
    begun(folder)
    written = replace(ROW, rejected="", kind="written")
    leaked = replace(ROW, target="requests", chosen=".x()\n")
    folder.add("one", [ROW, written, ROW, leaked])
    card = folder.finish(0, Exclusions.of(["requests"]), ABOUT)
    split = ROW.split(0)
    assert read_lines(tmp_path, split, "preference") == [
        {"prompt": ROW.prompt, "chosen": ROW.chosen, "rejected": ROW.rejected, "kind": "call"}
    ]
    completions = read_lines(tmp_path, split, "completion")
    assert [(each["prompt"], each["completion"]) for each in completions] == [(ROW.prompt, ROW.chosen)]
    assert (card.counts["rows"], card.counts["pairs"], card.repeated, card.leaked) == (2, 1, 1, 1)
    assert card.to_json()["shares"] == {"call": 0.5, "written": 0.5}
    assert "| call | 1 | 50.0 % | 1 |" in (tmp_path / "card.md").read_text()
    assert card.hash == data_hash([ROW, written])
    with pytest.raises(SoothsayError, match="align pairs"):
        read_lines(tmp_path / "elsewhere", "train", "preference")


def test_a_card_of_nothing_can_be_written() -> None:
    assert "| kind |" in card_of([], 0, 0, 0, ABOUT).to_markdown()
