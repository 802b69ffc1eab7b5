"""`soothsay complete` of a file that is not completed: one line says so."""

from __future__ import annotations

from pathlib import Path

import pytest

from soothsay.cli.main import main


@pytest.mark.parametrize("name", ["main.zig", "data.csv", "README.md", "BUILD"])
def test_a_file_of_an_unknown_language_is_said_to_be_one(
    name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / name
    path.write_text("x\n", encoding="utf-8")
    assert main(["complete", f"{path}:1:1"]) == 1
    output = capsys.readouterr()
    assert output.out == ""
    (line,) = output.err.splitlines()
    assert line.startswith(f"soothsay: {name} is not completed: soothsay knows the languages ")
