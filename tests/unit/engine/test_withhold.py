"""Made-up authors and licences, and the documentation of the prompt, are never shown."""

from __future__ import annotations

import pytest

from soothsay.engine.withhold import shown_length
from soothsay_languages.registry import language_or_plain

PYTHON, YAML, SHELL = (language_or_plain(name) for name in ("python", "yaml", "shellscript"))
DOCUMENTATION = "    # shed.weigh_all(crates, unit=...): Weigh crates.\n    # pricing.md (Prices):\n    # Apples cost 3 a crate.\n"


def shown(before: str, text: str, documentation: str = "") -> str:
    return text[: shown_length(text, before, PYTHON, documentation)]


@pytest.mark.parametrize(
    "text",
    [
        "# @author: Jane Doe",
        "# Author: Jane Doe <jane@doe.org>",
        "#  Authors : Jane, Jim",
        "# Created by jane on 1/2/20.",
        "# Copyright (c) 2019, The Apple Company",
        "# COPYRIGHT 2019",
        "#!/usr/bin/env python\n# © Jane",
        "# SPDX-License-Identifier: MIT",
        "# Licensed under the Apache License, Version 2.0",
        '"""\nAuthor: Jane\n"""',
        '"""Weigh crates.\n\nLicense: MIT\n"""',
        "__author__ = 'Jane'",
        "__copyright__ = 'Copyright 2019'",
        "x = 1  # by jane.doe@example.co.uk",
    ],
)
def test_whom_a_file_names_is_not_made_up(text: str) -> None:
    kept = shown("", f"{text}\nimport os")
    assert kept == f"{text}\nimport os"[: len(kept)]
    assert kept.count("\n") <= 1
    assert "Jane" not in kept and "jane" not in kept and "20" not in kept and "MIT" not in kept


@pytest.mark.parametrize(
    ("before", "text"),
    [
        ("# Author: ", "Jane Doe"),
        ("# Copyright ", "2020"),
        ('"""\nMaintainer: ', 'Jim\n"""'),
        ("# jim@", "apples.com"),
    ],
)
def test_a_line_that_names_somebody_is_not_completed(before: str, text: str) -> None:
    assert shown(before, text) == ""


def test_good_lines_above_are_kept() -> None:
    assert shown("", "import os\n\n# Author: Jane\nx = 1") == "import os\n"


@pytest.mark.parametrize(
    "text",
    [
        "license = plate.read()",
        "authors: list[str] = []",
        "book.author = author\nprint(author)",
        "@app.get('/authors')\ndef authors():\n    return Author.all()",
        "send(to='jane@example.com')",
        "# Weigh the crates of an author\nx = weigh(author)",
        '"""Return the license of the file."""',
        "# The licence is checked above.",
    ],
)
def test_code_about_them_is_code(text: str) -> None:
    assert shown("", text) == text


def test_other_languages_have_comments_too() -> None:
    assert shown_length("# Author: Jane\na: 1", "", YAML) == 0
    assert shown_length("author: Jane", "", YAML) == len("author: Jane")
    assert shown_length("ls\n# (c) 2020 Jane", "", SHELL) == 2


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("# shed.weigh_all(crates, unit=...): Weigh crates.\nx = 1", ""),
        ("x = shed.weigh_all(a)\n    # Apples cost 3 a crate.\n    y = 2", "x = shed.weigh_all(a)"),
        ("x = shed.weigh_all(a)\n    # pricing.md (Prices): and more", "x = shed.weigh_all(a)"),
        ("x = 1\n    # Weigh them\n    y = 2", "x = 1\n    # Weigh them\n    y = 2"),
        ("shed.weigh_all(a, unit=1)", "shed.weigh_all(a, unit=1)"),
    ],
)
def test_documentation_of_the_prompt_is_not_shown(text: str, kept: str) -> None:
    assert shown("    ", text, DOCUMENTATION) == kept


def test_without_documentation_comments_are_comments() -> None:
    assert shown("", "# Apples cost 3 a crate.\nx = 3") == "# Apples cost 3 a crate.\nx = 3"
