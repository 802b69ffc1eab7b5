"""Which files the setting ``completion.exclude`` leaves alone."""

from __future__ import annotations

from pathlib import Path

import pytest

from soothsay.frontend.exclusion import is_excluded, unusable

HOME = Path("/home/ada/shed")


@pytest.mark.parametrize(
    ("name", "patterns", "excluded"),
    [
        ("vendor/a.py", ["vendor/"], True),
        ("deep/vendor/a.py", ["vendor/"], True),
        ("deep/vendor/a.py", ["/vendor/"], False),
        ("app.min.js", ["*.min.js"], True),
        ("a/b/secrets/c.py", ["**/secrets/**"], True),
        ("a/b/c.py", ["**/secrets/**"], False),
        ("generated/keep.py", ["generated/*", "!generated/keep.py"], False),
        ("a.py", [], False),
    ],
)
def test_patterns_are_those_of_a_gitignore(name: str, patterns: list[str], excluded: bool) -> None:
    assert is_excluded(HOME / name, HOME, patterns) is excluded


def test_a_file_outside_the_workspace_is_matched_by_its_whole_path() -> None:
    assert is_excluded(Path("/tmp/scratch/a.py"), HOME, ["scratch/"])
    assert is_excluded(Path("/tmp/scratch/a.py"), None, ["/tmp/"])
    assert not is_excluded(Path("/tmp/other/a.py"), HOME, ["scratch/"])


def test_an_unsaved_document_is_not_excluded() -> None:
    assert not is_excluded(None, HOME, ["*"])


def test_a_pattern_that_says_nothing_is_named_and_the_others_hold() -> None:
    patterns = ["!", "vendor/"]
    assert unusable(patterns) == ["!"]
    assert is_excluded(HOME / "vendor/a.py", HOME, patterns)


def test_a_pattern_that_makes_no_regular_expression_is_named_too() -> None:
    assert unusable(["[z-a]", "vendor/"]) == ["[z-a]"]
    assert is_excluded(HOME / "vendor/a.py", HOME, ["[z-a]", "vendor/"])
