"""Pairs with the real model and the real judge."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from soothsay.align.dataset import read_lines
from soothsay.cli.main import main
from soothsay.config import Settings
from soothsay.model.files.cache import is_pulled

MODEL = Settings().model.name
WEIGHTS = pytest.mark.requires(is_pulled(MODEL), f"soothsay models pull {MODEL}")
pytestmark = [pytest.mark.slow, WEIGHTS]

CODE = """import textwrap


def shown(text: str) -> str:
    # Take the common blanks away from the lines of a text
    return textwrap.dedent(text)
"""


def test_rows_of_a_workspace_are_judged_and_in_the_products_layout(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    workspace = tmp_path / "workspace"
    workspace.mkdir()
    (workspace / "texts.py").write_text(CODE)
    (workspace / "wrong.py").write_text("import textwrap\n\nx = textwrap.dedented('a')\n")
    folder = tmp_path / "rows"
    command = [
        "align",
        "pairs",
        "--workspace",
        str(workspace),
        "--python",
        sys.executable,
        "--to",
        str(folder),
    ]
    command += ["--from", "workspace", "--places", "2", "--samples", "1"]
    assert main(command) == 0
    assert capsys.readouterr().out.strip() == str(folder)
    rows = [row for split in ("train", "dev") for row in read_lines(folder, split, "completion")]
    assert {row["completion"] for row in rows} == {".dedent(text)\n"}  # what is wrong is not learned
    assert all(
        row["prompt"].endswith("    return textwrap") and "<|fim_suffix|>" in row["prompt"] for row in rows
    )
    before = (folder / "places.jsonl").read_text()
    assert main(command) == 0  # nothing is made twice
    assert (folder / "places.jsonl").read_text() == before
    assert json.loads((folder / "card.json").read_text())["counts"]["rows"] >= 1
